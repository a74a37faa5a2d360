//! What nobody but the maker of a tarball knew, read off it: the umask, and which git it was.
//!
//! Each fact is open until an entry shows it; from then on it holds for all that follow.

use crate::archive::header::{Dialect, Header};
use crate::archive::{Archive, EntryKind, Part};

/// The facts so far.
pub struct Maker {
    umask: u32,
    /// Permission bits that some entry has shown to be in the umask or not.
    known: u32,
    /// What fits all headers so far, today's git first.
    dialects: Vec<Dialect>,
    /// Whether folders without files have entries.
    writes_empty_folders: Option<bool>,
    /// When an archive of a tree was made; that of a commit has the commit's time.
    time: Option<u64>,
}

impl Maker {
    /// Nothing is known but what the archive says.
    pub fn new(archive: &Archive<'_>) -> Self {
        Self::at(if matches!(archive.part(), Part::Tree(_)) { None } else { Some(archive.time()) })
    }

    fn at(time: Option<u64>) -> Self {
        Maker { umask: 0, known: 0, dialects: Dialect::ALL.to_vec(), writes_empty_folders: None, time }
    }

    /// The time that an entry must have; if nobody knew it, the first one shows it.
    pub fn time(&mut self, found: &tar::Header) -> u64 {
        *self.time.get_or_insert_with(|| found.mtime().unwrap_or_default())
    }

    /// The mode that an entry of this kind must have; the first of a kind shows the umask.
    pub fn mode(&mut self, kind: EntryKind, found: u32) -> u32 {
        let (mode, applies) = kind.mode();
        if !applies {
            return mode;
        }
        self.umask |= mode & !self.known & !found;
        self.known |= mode;
        mode & !self.umask
    }

    /// Whether these blocks are what one git writes that may have made this tarball; all others are out then.
    pub fn writes(&mut self, header: &Header<'_>, found: &[u8]) -> bool {
        if !header.depends_on_dialect() {
            return header.blocks(self.dialect()) == found;
        }
        let possible: Vec<_> =
            self.dialects.iter().filter(|dialect| header.blocks(**dialect) == found).copied().collect();
        if !possible.is_empty() {
            self.dialects = possible;
            return true;
        }
        false
    }

    /// Whether a folder without files may have an entry, or may have none; the first one shows which.
    pub fn writes_empty_folder(&mut self, has_entry: bool) -> bool {
        *self.writes_empty_folders.get_or_insert(has_entry) == has_entry
    }

    /// The permission bits that are missing everywhere.
    pub fn umask(&self) -> u32 {
        self.umask
    }

    /// What is most like today's git and fits.
    pub fn dialect(&self) -> Dialect {
        self.dialects.first().copied().unwrap_or_default()
    }

    /// What tells an old git, for the report.
    pub fn signs_of_age(&self) -> Vec<&'static str> {
        let dialect = self.dialect();
        let signs = [
            (dialect.split_at_last_slash, "long folder names are split as before git 1.8.1.1 (at GitHub until 2017)"),
            (dialect.short_pax_length, "pax records are as before git 2.24"),
            (self.writes_empty_folders == Some(true), "folders without files have entries as before git 2.15"),
        ];
        signs.into_iter().filter(|(is_so, _)| *is_so).map(|(_, sign)| sign).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_umask_is_read_off_and_then_fixed() {
        let plain = EntryKind::File { executable: false };
        let mut maker = Maker::at(None);
        assert_eq!(maker.mode(plain, 0o644), 0o644);
        assert_eq!(maker.mode(EntryKind::Directory, 0o755), 0o755);
        assert_eq!(maker.mode(plain, 0o664), 0o644);
        assert_eq!(maker.mode(EntryKind::Symlink, 0o755), 0o777);
        assert_eq!(maker.umask(), 0o022);
    }
}
