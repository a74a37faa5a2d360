//! `$Format:...$` in files with `export-subst` (specification, section 6).
//!
//! What the commit itself decides is expanded. What only the forge knew becomes a `Hole`, to be filled from the tarball;
//! what cannot be checked at all is an error that names the placeholder.

mod accepted;
mod color;
mod commit_text;
mod day;
mod expand;
mod fit;
mod grammar;
mod hole;
mod options;
mod output;
mod padding;
mod person;
mod place;
mod placeholder;
mod trailers;
mod width;
mod work;
mod wrap;

pub use accepted::AcceptedTexts;
pub use commit_text::{CommitText, Encoding};
pub use expand::expand;
pub use fit::{Filled, fit};
pub use hole::Piece;
pub use placeholder::{Context, Known};
pub use work::Work;
