//! The pinned file, and whether it is the expected archive.
//!
//! ```text
//! file --> decode    decompressed, on a thread of its own, in buffers that go around
//!          preview   attribute files that its beginning shows
//!          stream    the tar, from its first to its last byte
//!          group     the header of an entry, with its pax header
//!          compare   the lock step with the archive; maker and proofs help it
//!          explain   the difference in words
//!
//! after a no, if somebody asks what differs:
//!          items       any tar or zip, entry by entry, and nothing that could be read in two ways
//!          difference  each entry beside the archive's
//!          grade       how much of the commit there is, and whether the caller accepts that; preset helps
//! ```
//!
//! # Buffers
//!
//! `BUFFERS` buffers of `BUFFER` bytes go around: the decompressor fills one, a reader has it, and gives it
//! back when its last `Slice` is dropped. Nobody may wait for a buffer that only he himself could give back:
//!
//! - `preview` keeps at most `BUFFERS - 1`, so that one is left to be filled. It ends before the comparison begins, which
//!   reads those first.
//! - The comparison waits for the next buffer after it has let go of its present one. What it holds then is a file that it is
//!   collecting and the `proofs` that it has not handed over. A file in there is at most [`HASHED_AT_ONCE`] bytes, which is
//!   less than a buffer, and so lies in at most two; a batch is handed over as soon as it reaches into a second buffer. That is
//!   three buffers at most, of eight.
//! - Threads that hash wait for nobody: they finish what they have, and give its buffers back. Their queue has one place, and
//!   a full queue is not waited for: then the comparison hashes the batch itself.
//! - Giving back never waits: the way back has room for all buffers, and so has the way forth.
//!
//! [`HASHED_AT_ONCE`]: crate::limits::HASHED_AT_ONCE

mod compare;
mod container;
mod decode;
pub mod difference;
mod error;
mod explain;
mod grade;
mod group;
mod items;
mod kind;
mod maker;
mod path_pattern;
mod pins;
mod prefix;
mod preset;
mod preview;
mod proofs;
mod second;
mod stream;

pub use compare::{LfsFile, Match, Outcome, SubmoduleFact, compare, compare_row};
pub use container::Container;
pub use error::Error;
pub use grade::{Grade, Graded, Grading};
pub use items::{Item, ItemKind, Items, TarItems, ZipItems};
pub use path_pattern::PathPattern;
pub use pins::{Algorithm, Pin, PinError, check_file};
pub use preset::Preset;
pub use second::{Pinned, grade};
pub use stream::Tarball;
