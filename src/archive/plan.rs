//! The archive of one commit: its entries, and what is known of their contents.

use std::cell::{Cell, OnceCell};
use std::collections::HashSet;

use foreign::Foreign;
use gix_hash::ObjectId;
use gix_object::Kind;
use gix_object::bstr::ByteSlice;

use super::configuration::Configuration;
use super::convert::{self, Conversion, Doubt};
use super::entry::Entry;
use super::error::Error;
use super::lfs::Pointer;
use super::select;
use super::substitute::{AcceptedTexts, CommitText, Context, Encoding, Known, Piece, Work};
use super::trees::{Part, Trees};
use crate::git::{self, Commit, Repository};
use crate::limits;

/// What is known of a file's bytes.
pub enum Content {
    /// They hash to the entry's id as a git blob, and there are at least this many.
    Blob {
        /// 0 except for blobs that are too big to be converted.
        at_least: u64,
    },
    /// They are these.
    Bytes(Vec<u8>),
    /// They are these, one after the other, with holes among them.
    Pieces(Vec<Piece>),
    /// They are this pointer of Git LFS, or what it names.
    Lfs(Pointer),
    /// They are what this makes of the entry's blob, which is not at hand.
    Converted(Conversion),
}

/// The blobs of files with such a conversion, each once.
fn converted(entries: &[Entry], is_meant: impl Fn(&Conversion) -> bool) -> Vec<ObjectId> {
    blobs_of(entries, |entry| entry.conversion.as_ref().is_some_and(&is_meant))
}

fn blobs_of(entries: &[Entry], is_meant: impl Fn(&Entry) -> bool) -> Vec<ObjectId> {
    let mut ids: Vec<_> = entries.iter().filter(|entry| is_meant(entry)).map(|entry| entry.id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Whether a file has a placeholder that describes the commit.
fn describes(repository: &dyn Repository, entries: &[Entry]) -> bool {
    converted(entries, Conversion::substitutes).into_iter().any(|id| {
        let blob = repository.read(id, limits::HOLE_FILE_BYTES as usize);
        blob.is_ok_and(|blob| blob.data().contains_str("%(describe"))
    })
}

/// The archive of one commit, except for what its maker chose: prefix and umask.
pub struct Archive<'a> {
    repository: &'a mut dyn Repository,
    /// Whether every blob that git converts was made ready, and not only those whose conversion cannot be undone.
    has_all_converted: bool,
    commit: &'a Commit,
    /// The tree that is the root, and which part of the commit it is.
    tree: ObjectId,
    part: Part,
    time: u64,
    /// Taken apart when the first placeholder is met.
    text: OnceCell<CommitText<'a>>,
    known: Known,
    big_file_threshold: u64,
    entries: Vec<Entry>,
}

/// An archive, and where it is in the tarball.
pub struct Planned<'a> {
    /// In front of its paths: nothing, or the path of a submodule with a slash at its end.
    pub folder: Vec<u8>,
    /// The archive.
    pub archive: Archive<'a>,
}

/// The contents of an archive's files, in archive order, each asked for once.
pub struct Contents<'a, 'r> {
    archive: &'a Archive<'r>,
    converted: u64,
    described: Cell<bool>,
    work: Work,
}

impl<'a> Archive<'a> {
    /// Put the entries in order, and make ready the blobs that converting files needs.
    ///
    /// `trees` are those of the commit, and their attribute files are in the repository. Which tags of the commit the
    /// repository has is asked if a file describes the commit and `known` does not say it.
    ///
    /// # Errors
    /// For commits that git makes no archive of, for missing objects, and where a limit is reached.
    pub fn plan(
        repository: &'a mut dyn Repository,
        commit: &'a Commit,
        trees: Trees,
        known: Known,
    ) -> Result<Self, Error> {
        Self::plan_with(repository, commit, trees, known, &Configuration::default())
    }

    /// The same for a server with a configuration of its own.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub fn plan_with(
        repository: &'a mut dyn Repository,
        commit: &'a Commit,
        trees: Trees,
        mut known: Known,
        configuration: &Configuration,
    ) -> Result<Self, Error> {
        let (tree, part) = (trees.root(), trees.part().clone());
        let mut entries = select::select(repository, trees, configuration)?;
        part.narrow(&mut entries);
        repository.prepare(&converted(&entries, |conversion| !conversion.is_invertible()), Vec::new())?;
        if known.advertised_tags.is_none() && describes(repository, &entries) {
            known.advertised_tags = repository.tags_of(commit.id())?;
        }
        Ok(Archive {
            repository,
            has_all_converted: false,
            commit,
            tree,
            part,
            time: commit.committer_time(),
            text: OnceCell::new(),
            known,
            big_file_threshold: configuration.big_file_threshold,
            entries,
        })
    }

    /// The commit.
    pub fn commit(&self) -> &Commit {
        self.commit
    }

    /// The tree that is the archive's root.
    pub fn tree(&self) -> ObjectId {
        self.tree
    }

    /// Which part of the commit this is.
    pub fn part(&self) -> &Part {
        &self.part
    }

    /// The time of every entry, in seconds since the epoch (1.2).
    pub fn time(&self) -> u64 {
        self.time
    }

    /// The entries in archive order, without the one for the prefix, but with those that only old archives have.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many entries there are, and how many of them are files with placeholders: what the attributes `export-ignore` and
    /// `export-subst` make of the trees.
    pub fn exports(&self) -> (usize, usize) {
        let substitutes = |entry: &&Entry| entry.conversion.as_ref().is_some_and(Conversion::substitutes);
        (self.entries.len(), self.entries.iter().filter(substitutes).count())
    }

    /// Make ready every blob that git converts, or Git LFS: where [`Content::Converted`] did not do.
    ///
    /// # Errors
    /// Those of [`Repository::prepare`].
    pub fn prepare_converted(&mut self) -> Result<(), Error> {
        let is_meant = |entry: &Entry| entry.conversion.is_some() || entry.may_be_lfs();
        self.repository.prepare(&blobs_of(&self.entries, is_meant), Vec::new())?;
        self.has_all_converted = true;
        Ok(())
    }

    /// Entries that the commit has, and that the attribute `export-ignore` leaves out of its archives.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub fn export_ignored(&self) -> Result<Vec<Entry>, Error> {
        let trees = Trees::read_part(&*self.repository, self.commit.tree(), self.part.clone())?;
        let mut all = select::select(&*self.repository, trees, &Configuration::exporting_all())?;
        self.part.narrow(&mut all);
        let here: HashSet<&[u8]> = self.entries.iter().map(|entry| entry.path.as_slice()).collect();
        Ok(all.into_iter().filter(|entry| !here.contains(entry.path.as_slice())).collect())
    }

    /// Make these blobs ready, to show what is in them.
    ///
    /// # Errors
    /// Those of [`Repository::prepare`].
    pub fn fetch(&mut self, blobs: &[ObjectId]) -> Result<(), Error> {
        Ok(self.repository.prepare(blobs, Vec::new())?)
    }

    /// The bytes of a blob that is small and at hand already.
    pub fn blob_at_hand(&self, id: ObjectId) -> Option<Vec<u8>> {
        let blob = self.repository.read(id, limits::KEPT_FILE_BYTES as usize).ok()?;
        Some(blob.of_kind(Kind::Blob).ok()?.into_data())
    }

    /// Files that describe the commit, in archive order: git expands only the first such placeholder of an archive.
    pub fn describing(&self) -> impl Iterator<Item = &Entry> {
        let describes = |entry: &&Entry| {
            let substitutes = entry.conversion.as_ref().is_some_and(Conversion::substitutes);
            substitutes && self.blob_at_hand(entry.id).is_some_and(|blob| blob.contains_str("%(describe"))
        };
        self.entries.iter().filter(describes)
    }

    /// Texts in holes that the caller accepts.
    pub fn accepted(&self) -> &AcceptedTexts {
        &self.known.accepted
    }

    /// Begin with the contents of the files.
    pub fn contents(&self) -> Contents<'_, 'a> {
        Contents { archive: self, converted: 0, described: Cell::new(false), work: Work::default() }
    }

    /// The bytes of a blob.
    pub(super) fn blob(&self, id: ObjectId) -> Result<Vec<u8>, Error> {
        Ok(self.repository.read(id, limits::OBJECT_BYTES)?.of_kind(Kind::Blob)?.into_data())
    }

    /// The commit as placeholders see it.
    fn text(&self) -> &CommitText<'a> {
        self.text.get_or_init(|| CommitText::of(self.commit))
    }

    /// Whether a file may be what a pointer names that is not at hand yet.
    pub fn lacks_pointer(&self, entry: &Entry) -> bool {
        entry.may_be_lfs() && !self.has_all_converted
    }

    /// The pointer of Git LFS that this file is in the tree, if it is at hand and one.
    fn pointer(&self, entry: &Entry) -> Option<Pointer> {
        if !entry.may_be_lfs() || !self.has_all_converted {
            return None;
        }
        // Larger blobs are no pointers.
        let blob = self.repository.read(entry.id, limits::LFS_POINTER_BYTES).ok()?.of_kind(Kind::Blob).ok()?;
        Pointer::parse(blob.data())
    }

    /// Why a file may be different in an authentic archive, where that cannot be checked.
    pub fn doubt(&self, entry: &Entry) -> Option<Error> {
        let path = Foreign::from(&entry.path);
        match &entry.doubt {
            // Its pointer decides.
            Some(Doubt::Lfs) if self.pointer(entry).is_some() => return None,
            Some(Doubt::Lfs) => return Some(Error::Lfs { path }),
            Some(Doubt::Encoding(name)) => {
                return Some(Error::UnknownEncoding { path, encoding: Foreign::from(&**name) });
            }
            None => {}
        }
        let substitutes = entry.conversion.as_ref().is_some_and(Conversion::substitutes);
        let text = substitutes.then(|| self.text()).filter(|text| text.encoding() == Encoding::Unknown)?;
        let name = text.encoding_name()?;
        Some(Error::UnknownEncoding { path, encoding: Foreign::from(name) })
    }
}

impl Contents<'_, '_> {
    /// The work that placeholders have taken so far, in bytes that were looked at or written.
    pub fn work(&self) -> u64 {
        self.work.spent()
    }

    /// What is known of the content of a file.
    ///
    /// # Errors
    /// Where its conversion is not to be computed here, or reaches a limit.
    pub fn of(&mut self, entry: &Entry) -> Result<Content, Error> {
        let Some(conversion) = &entry.conversion else {
            return Ok(self.archive.pointer(entry).map_or(Content::Blob { at_least: 0 }, Content::Lfs));
        };
        let spares_big_files = !conversion.substitutes();
        let blob = match self.archive.repository.read(entry.id, limits::OBJECT_BYTES) {
            // The tarball's content then shows that it is as big.
            Err(git::Error::Limit { .. }) if spares_big_files => {
                return Ok(Content::Blob { at_least: limits::BIG_FILE_BYTES + 1 });
            }
            Err(git::Error::Missing { .. }) if conversion.is_invertible() && !self.archive.has_all_converted => {
                return Ok(Content::Converted(*conversion));
            }
            blob => blob?.of_kind(Kind::Blob)?,
        };
        let size = blob.data().len() as u64;
        if spares_big_files && size > self.archive.big_file_threshold {
            return Ok(Content::Blob { at_least: size });
        }
        self.converted += size;
        if self.converted > limits::ALL_CONVERTED_BYTES {
            return Err(Error::Limit { what: "the size of all converted files" });
        }
        let context = || Context {
            text: self.archive.text(),
            known: &self.archive.known,
            described: &self.described,
            work: &self.work,
        };
        let mut pieces = convert::to_archive(conversion, blob, context, &entry.path)?;
        Ok(match pieces.pop() {
            Some(Piece::Bytes(bytes)) if pieces.is_empty() => Content::Bytes(bytes),
            last => Content::Pieces(pieces.into_iter().chain(last).collect()),
        })
    }
}
