//! Text encodings, converted as git does: by glibc's iconv, with a few names of git's own.
//!
//! encoding_rs has most of the tables. It follows the web, though, and its labels mean other things than glibc's names,
//! so that both the names and the differences between the tables are here, measured against iconv (the tests repeat
//! that).
//!
//! What every conversion has in common: it succeeds or fails as a whole, as git keeps the bytes when iconv(3) fails;
//! and nothing is ever flushed at the end, because git does not ask iconv(3) for it.

mod charset;
mod hebrew;
mod legacy;
mod names;
mod table;
#[cfg(test)]
mod tests;
mod wide;

pub use charset::{Charset, Named};
pub use names::named;
