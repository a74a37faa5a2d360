//! What the commit has, and what its submodules have: one side each, and which entry a path is of.

use std::borrow::Cow;
use std::collections::HashMap;

use super::super::compare::LfsFile;
use super::super::error::Error;
use super::Cause;
use super::content::Hashed;
use super::judge::{Judge, Reading};
use crate::archive::{Archive, Content, Entry, EntryKind, Filled};

/// What a repository has, and where in the tarball.
#[derive(Clone, Copy)]
pub struct Expected<'a, 'r> {
    /// In front of its paths: nothing, or the path of a submodule with a slash at its end.
    pub folder: &'a [u8],
    /// The archive.
    pub archive: &'a Archive<'r>,
    /// Entries that its attributes leave out of archives.
    pub ignored: &'a [Entry],
}

/// An entry of one of the sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// 0 for the repository itself.
    pub side: usize,
    at: usize,
    /// Whether its attributes leave it out of archives.
    pub is_ignored: bool,
}

impl Target {
    /// The entry's place in the archive of its side.
    pub fn place(self) -> Option<usize> {
        (!self.is_ignored).then_some(self.at)
    }
}

struct Side<'a, 'r> {
    expected: Expected<'a, 'r>,
    judge: Judge<'a, 'r>,
    /// Which entries of the archive were there.
    met: Vec<bool>,
}

/// All sides.
pub struct Sides<'a, 'r> {
    sides: Vec<Side<'a, 'r>>,
    /// Of the repository, and so of its submodules.
    pub hash: gix_hash::Kind,
    targets: HashMap<Cow<'a, [u8]>, Target>,
}

impl<'a, 'r> Sides<'a, 'r> {
    /// The repository itself is the first.
    pub fn new(own: Expected<'a, 'r>, submodules: &[Expected<'a, 'r>]) -> Self {
        let expected = || std::iter::once(&own).chain(submodules);
        let mut targets = HashMap::new();
        let full = |folder: &[u8], path: &'a [u8]| match folder {
            [] => Cow::Borrowed(path),
            folder => Cow::Owned([folder, path].concat()),
        };
        for (side, Expected { folder, archive, ignored }) in expected().enumerate() {
            let target = |at, is_ignored| Target { side, at, is_ignored };
            let ignored = ignored.iter().enumerate();
            targets.extend(ignored.map(|(at, entry)| (full(folder, &entry.path), target(at, true))));
            let entries = archive.entries().iter().enumerate();
            targets.extend(entries.map(|(at, entry)| (full(folder, &entry.path), target(at, false))));
        }
        let side = |expected: &Expected<'a, 'r>| Side {
            expected: *expected,
            judge: Judge::new(expected.archive),
            met: vec![false; expected.archive.entries().len()],
        };
        Sides { sides: expected().map(side).collect(), hash: own.archive.commit().id().kind(), targets }
    }

    /// The entry with this path, without the tarball's prefix.
    pub fn target(&self, path: &[u8]) -> Option<Target> {
        self.targets.get(path).copied()
    }

    /// What it is.
    pub fn entry(&self, target: Target) -> &'a Entry {
        let Expected { archive, ignored, .. } = self.sides[target.side].expected;
        if target.is_ignored { &ignored[target.at] } else { &archive.entries()[target.at] }
    }

    /// Whether it is a file of the archive.
    pub fn is_file(&self, target: Target) -> bool {
        !target.is_ignored && matches!(self.entry(target).kind, EntryKind::File { .. })
    }

    /// The tarball has something in the place of this entry.
    pub fn meet(&mut self, target: Target) {
        if let Some(met) = self.sides[target.side].met.get_mut(target.at) {
            *met = true;
        }
    }

    /// Entries of archives in whose place there is nothing, with their paths.
    pub fn not_met(&self) -> impl Iterator<Item = (Target, Vec<u8>)> {
        self.sides.iter().enumerate().flat_map(|(number, side)| {
            let Expected { folder, archive, .. } = side.expected;
            let missing = archive.entries().iter().enumerate().filter(|(at, _)| !side.met[*at]);
            missing.map(move |(at, entry)| {
                (Target { side: number, at, is_ignored: false }, [folder, &entry.path].concat())
            })
        })
    }

    /// Whether it is a submodule that is a side.
    pub fn is_open_submodule(&self, target: Target) -> bool {
        let entry = self.entry(target);
        let path = [self.sides[target.side].expected.folder, &entry.path].concat();
        let is_its_folder = |side: &Side<'_, '_>| side.expected.folder.strip_suffix(b"/") == Some(&path);
        entry.kind == EntryKind::Submodule && self.sides.iter().any(is_its_folder)
    }

    /// Whether its archive has nothing below this folder: all that the commit has there is export-ignored, file by file.
    pub fn is_leaf(&self, target: Target) -> bool {
        let entries = self.sides[target.side].expected.archive.entries();
        let mut below = entries.iter().skip(target.at + 1).filter(|entry| !entry.only_in_old_archives);
        let folder = self.entry(target).path.as_slice();
        let is_below = |entry: &Entry| entry.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with(b"/"));
        !below.next().is_some_and(is_below)
    }

    /// See [`Judge::expected`].
    pub fn content(&mut self, target: Target) -> Result<(Content, Option<Cause>), Error> {
        let entry = self.entry(target);
        self.sides[target.side].judge.expected(entry)
    }

    /// See [`Judge::reading`].
    pub fn reading(
        &mut self,
        target: Target,
        expected: &Content,
        doubt: Option<Cause>,
        hashed: &Hashed,
        path: &[u8],
    ) -> Result<Reading, Error> {
        let entry = self.entry(target);
        self.sides[target.side].judge.reading(entry, expected, doubt, hashed, path)
    }

    /// Whether a converted file could not be told without its blob.
    pub fn needs_blobs(&self) -> bool {
        self.sides.iter().any(|side| side.judge.needs_blobs)
    }

    /// Texts that only the maker of the tarball knew, and files of Git LFS.
    pub fn into_texts(self) -> (Vec<Filled>, Vec<LfsFile>) {
        let (mut holes, mut lfs) = (Vec::new(), Vec::new());
        for side in self.sides {
            holes.extend(side.judge.holes);
            lfs.extend(side.judge.lfs);
        }
        (holes, lfs)
    }
}
