//! What all programs around `auth-tarball-from-git` share.
//!
//! ```text
//! bytes from outside --> Foreign       escaped wherever they are shown
//! a file's name      --> read_limited  all of it, or an error
//! a written date     --> Time          a moment in UTC
//! an error           --> Problem       its code, what it means, what to do
//! a program's work   --> program::run  its exit code, whatever happens
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod file;
mod problem;
pub mod program;
mod text;
mod time;

pub use file::{ReadError, read_limited};
pub use problem::{Meaning, Problem};
pub use text::{Foreign, SHOWN_BYTES};
pub use time::{DAY, LAST, Time, moment, parse_date};
