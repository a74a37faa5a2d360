//! The entries of an archive (specification 3).

use gix_hash::ObjectId;
use gix_object::bstr::BString;

use super::convert::{Conversion, Doubt};

/// What an entry of the archive is (3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder.
    Directory,
    /// Another repository's commit: an empty folder.
    Submodule,
    /// A symbolic link.
    Symlink,
    /// A file.
    File {
        /// Whether it may be executed.
        executable: bool,
    },
}

impl EntryKind {
    /// From the mode in a tree object.
    pub fn of_mode(mode: u32) -> Self {
        match mode & 0o170000 {
            0o100000 => EntryKind::File { executable: mode & 0o100 != 0 },
            0o120000 => EntryKind::Symlink,
            0o040000 => EntryKind::Directory,
            _ => EntryKind::Submodule,
        }
    }

    /// The type in a tar header.
    pub fn typeflag(self) -> u8 {
        match self {
            EntryKind::Directory | EntryKind::Submodule => b'5',
            EntryKind::Symlink => b'2',
            EntryKind::File { .. } => b'0',
        }
    }

    /// The permission bits before the umask is taken away, and whether it is (2.2).
    pub fn mode(self) -> (u32, bool) {
        match self {
            EntryKind::Symlink => (0o777, false),
            EntryKind::File { executable: false } => (0o666, true),
            _ => (0o777, true),
        }
    }
}

/// One entry of the expected archive.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The path in the tree, without the archive's prefix and without a slash at its end.
    pub path: BString,
    /// What it is.
    pub kind: EntryKind,
    /// The blob, tree or commit.
    pub id: ObjectId,
    /// A folder without a file in the archive: gits before 2.15 wrote an entry for it (3.4, 10).
    pub only_in_old_archives: bool,
    pub(super) conversion: Option<Conversion>,
    pub(super) doubt: Option<Doubt>,
}

impl Entry {
    /// Whether a forge may have put what a pointer of Git LFS names in its place. What git converts after that is not known.
    pub(super) fn may_be_lfs(&self) -> bool {
        self.conversion.is_none() && matches!(self.doubt, Some(Doubt::Lfs))
    }

    /// Whether git changes the content on its way into the archive.
    pub fn is_converted(&self) -> bool {
        self.conversion.is_some()
    }

    /// The path in the archive.
    pub fn full_path(&self, prefix: &[u8]) -> Vec<u8> {
        let mut path = [prefix, &self.path].concat();
        if matches!(self.kind, EntryKind::Directory | EntryKind::Submodule) {
            path.push(b'/');
        }
        path
    }
}
