//! The second reader: any tar, and any zip, entry by entry.
//!
//! It is used after a no of the comparison, to tell what differs. Its answers can be accepted, so that it must not be
//! misled: whatever two programs could read in two ways is [`Error::Unclear`], and nothing behind it counts.
//!
//! ```text
//! tarball --> tar    headers, long names, the end
//!             pax    records before a header
//! file    --> zip    central directory beside local headers
//!         --> path   what both may name
//! ```

mod header;
mod path;
mod pax;
mod tar;
mod zip;

pub use self::path::components;
pub use self::tar::TarItems;
pub use self::zip::ZipItems;
use super::error::Error;

/// One entry, as every program reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// From the root of the archive: no slash at its ends, no empty, `.` or `..` component. Empty for the root itself.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: ItemKind,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// A folder.
    Folder,
    /// A file, whose content comes next.
    File {
        /// Its permission bits.
        mode: u32,
        /// How many bytes it has.
        size: u64,
    },
    /// A symbolic link.
    Symlink {
        /// Where it points to.
        target: Vec<u8>,
    },
    /// Another name of a file that came before.
    HardLink {
        /// That file's path, in the same form as [`Item::path`].
        target: Vec<u8>,
        /// The permission bits that stand here; some programs give them to the file.
        mode: u32,
    },
}

/// The entries of an archive, one after the other.
pub trait Items {
    /// The next entry; what is left of the content of the one before is passed over. `None` at the end, after everything
    /// that belongs to the end was checked.
    ///
    /// # Errors
    /// Where the archive cannot be read, or could be read in two ways.
    fn next(&mut self) -> Result<Option<Item>, Error>;

    /// All bytes of the file that [`next`](Self::next) has given.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    fn content(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<(), Error>;

    /// How many bytes of the file were read.
    fn bytes_read(&self) -> u64;

    /// Whether it is a zip archive.
    fn is_zip(&self) -> bool {
        false
    }
}

/// An entry that could be read in two ways.
pub fn unclear(path: &[u8], what: &'static str) -> Error {
    Error::Unclear { path: foreign::Foreign::from(path), what }
}
