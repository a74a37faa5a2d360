//! What `git archive` would write for a commit.
//!
//! The specification of these bytes, `docs/git-archive.md`, numbers its sections; comments here name them. Nothing of this machine or of the
//! server enters: no configuration, no `info/attributes`, no replace refs, no filters.
//!
//! ```text
//! trees --> attributes decide --> entries in order --> what is known of each file's bytes
//! trees     select                plan                 convert, substitute
//! ```

mod attributes;
mod configuration;
mod convert;
mod encoding;
mod entry;
mod error;
pub mod header;
mod lfs;
mod pattern;
mod plan;
mod select;
mod substitute;
mod trees;
mod write;

pub use configuration::{AutoCrlf, Configuration};
pub use convert::Conversion;
pub use entry::{Entry, EntryKind};
pub use error::Error;
pub use lfs::Pointer;
pub(crate) use pattern::{Pattern, Scratch};
pub use plan::{Archive, Content, Contents, Planned};
pub use substitute::{AcceptedTexts, Filled, Known, Piece, fit};
pub use trees::{Part, Trees};
pub use write::WriteError;
