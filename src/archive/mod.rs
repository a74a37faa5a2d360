//! What `git archive` would write for a commit.
//!
//! The specification of these bytes, `docs/git-archive.md`, numbers its sections; comments here name them. Nothing of this machine or of the
//! server enters: no configuration, no `info/attributes`, no replace refs, no filters.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use foreign::Foreign;
use gix_hash::ObjectId;
use gix_object::Kind;
use gix_object::bstr::BString;

use crate::git::{self, Commit, Repository};
use crate::limits;

mod attributes;
mod convert;
mod encoding;
pub mod header;
mod pattern;
mod server;
mod substitute;
mod walk;
mod write;

pub use convert::Conversion;
pub use server::{AutoCrlf, Server};
pub use substitute::hole::{Filled, Piece, fit};
use substitute::{CommitText, Context, Encoding};
pub use write::WriteError;

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
    conversion: Option<Conversion>,
    doubt: Option<Doubt>,
}

/// What a server may have done to a file, and nobody else can.
#[derive(Clone, Debug)]
enum Doubt {
    /// Put content from elsewhere in the place of the repository's (5.4).
    Lfs,
    /// Re-encoded it as something that is not known here (5.3).
    Encoding(Rc<[u8]>),
}

impl Entry {
    /// The path in the archive.
    pub fn full_path(&self, prefix: &[u8]) -> Vec<u8> {
        let mut path = [prefix, &self.path].concat();
        if matches!(self.kind, EntryKind::Directory | EntryKind::Submodule) {
            path.push(b'/');
        }
        path
    }
}

/// What is known of a file's bytes.
pub enum Content {
    /// They hash to the entry's id as a git blob, and there are at least so many.
    Blob {
        /// 0 but for blobs that are too big to be converted.
        at_least: u64,
    },
    /// They are these.
    Bytes(Vec<u8>),
    /// They are these, one after the other, with holes among them.
    Pieces(Vec<Piece>),
    /// They are what this makes of the entry's blob, which is not at hand.
    Converted(Conversion),
}

/// The blobs of files with such a conversion, each once.
fn converted(entries: &[Entry], is_meant: impl Fn(&Conversion) -> bool) -> Vec<ObjectId> {
    let meant = entries.iter().filter(|entry| entry.conversion.as_ref().is_some_and(&is_meant));
    let mut ids: Vec<_> = meant.map(|entry| entry.id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The archive of one commit, but for what its maker chose: prefix and umask.
pub struct Archive<'a> {
    repository: &'a mut dyn Repository,
    /// Whether every blob that git converts was made ready, and not only those whose conversion cannot be undone.
    has_all_converted: bool,
    commit: &'a Commit,
    tags: Vec<Vec<u8>>,
    big_file_threshold: u64,
    entries: Vec<Entry>,
}

/// The contents of an archive's files, in archive order, each asked for once.
pub struct Contents<'a, 'r> {
    archive: &'a Archive<'r>,
    converted: u64,
    described: Cell<bool>,
    work: Cell<u64>,
    text: OnceCell<CommitText<'a>>,
}

impl<'a> Archive<'a> {
    /// Read the trees, make ready what converting files needs, and put the entries in order.
    ///
    /// `tags` are names of tags of the commit that signatures vouch for. `elsewhere` may have attribute files that the
    /// repository would have to fetch.
    ///
    /// # Errors
    /// For commits that git makes no archive of, for missing objects, and where a limit is reached.
    pub fn plan(
        repository: &'a mut dyn Repository,
        commit: &'a Commit,
        tags: Vec<Vec<u8>>,
        server: &Server,
        elsewhere: git::Elsewhere<'_>,
    ) -> Result<Self, Error> {
        let nodes = walk::read_trees(repository, commit.tree())?;
        repository.prepare(&walk::attribute_files(&nodes), elsewhere)?;
        let entries = walk::select(repository, nodes, server)?;
        repository.prepare(&converted(&entries, |conversion| !conversion.is_invertible()), &mut git::nowhere)?;
        let big_file_threshold = server.big_file_threshold;
        Ok(Archive { repository, has_all_converted: false, commit, tags, big_file_threshold, entries })
    }

    /// The commit.
    pub fn commit(&self) -> &Commit {
        self.commit
    }

    /// The time of every entry, in seconds since the epoch (1.2).
    pub fn time(&self) -> u64 {
        self.commit.committer_time()
    }

    /// The entries in archive order, without the one for the prefix, but with those that only old archives have.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Make ready every blob that git converts: where [`Content::Converted`] did not do.
    ///
    /// # Errors
    /// Those of [`Repository::prepare`].
    pub fn prepare_converted(&mut self) -> Result<(), Error> {
        self.repository.prepare(&converted(&self.entries, |_| true), &mut git::nowhere)?;
        self.has_all_converted = true;
        Ok(())
    }

    /// Begin with the contents of the files.
    pub fn contents(&self) -> Contents<'_, 'a> {
        let (described, work, text) = (Cell::new(false), Cell::new(0), OnceCell::new());
        Contents { archive: self, converted: 0, described, work, text }
    }

    /// Why a file may be different in an authentic archive, where that cannot be checked.
    pub fn doubt(&self, entry: &Entry) -> Option<Error> {
        let path = Foreign::from(&entry.path);
        match &entry.doubt {
            Some(Doubt::Lfs) => return Some(Error::Lfs { path }),
            Some(Doubt::Encoding(name)) => {
                return Some(Error::UnknownEncoding { path, encoding: Foreign::from(&**name) });
            }
            None => {}
        }
        let substitutes = entry.conversion.as_ref().is_some_and(Conversion::substitutes);
        let is_unknown = substitutes && Encoding::of(self.commit) == Encoding::Unknown;
        let name = self.commit.fields("encoding").next().filter(|_| is_unknown)?;
        Some(Error::UnknownEncoding { path, encoding: Foreign::from(name) })
    }
}

impl Contents<'_, '_> {
    /// What is known of the content of a file.
    ///
    /// # Errors
    /// Where its conversion is not to be computed here, or reaches a limit.
    pub fn of(&mut self, entry: &Entry) -> Result<Content, Error> {
        let Some(conversion) = &entry.conversion else { return Ok(Content::Blob { at_least: 0 }) };
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
        let commit = self.archive.commit;
        let context = Context {
            commit,
            text: &|| self.text.get_or_init(|| CommitText::of(commit)),
            tags: &self.archive.tags,
            described: &self.described,
            work: &self.work,
        };
        let mut pieces = convert::to_archive(conversion, blob, &context, &entry.path)?;
        Ok(match pieces.pop() {
            Some(Piece::Bytes(bytes)) if pieces.is_empty() => Content::Bytes(bytes),
            last => Content::Pieces(pieces.into_iter().chain(last).collect()),
        })
    }
}

/// Why there is no expected archive.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error("the tree has a path that git refuses to archive: {path}")]
    BadPath { path: Foreign },
    #[error("{path} has the attribute working-tree-encoding without a value, which makes `git archive` fail")]
    EncodingWithoutValue { path: Foreign },
    #[error("{path} may have been re-encoded as {encoding}, which this program does not know")]
    UnknownEncoding { path: Foreign, encoding: Foreign },
    #[error("{path} is kept in Git LFS, and the forge may have put its content in the place of the pointer")]
    Lfs { path: Foreign },
    #[error("{path} has the placeholder {placeholder}, which {why}")]
    Undecided { path: Foreign, placeholder: Foreign, why: &'static str },
    #[error("a limit was reached: {what}")]
    Limit { what: &'static str },
}

impl Error {
    /// Whether this was checked and found wrong; everything else could not be checked.
    pub fn is_verdict(&self) -> bool {
        match self {
            Error::Git(error) => error.is_verdict(),
            Error::BadPath { .. } | Error::EncodingWithoutValue { .. } => true,
            _ => false,
        }
    }

    /// What a person can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Error::Git(error) => error.help(),
            Error::BadPath { .. } | Error::EncodingWithoutValue { .. } => {
                "No tarball can be the archive of this commit: ask the maintainer what it was made from."
            }
            Error::UnknownEncoding { .. } => "Compare this tarball by hand, and report the encoding as missing.",
            Error::Lfs { .. } => {
                "Use a tarball without LFS objects, or compare this file by hand with its pointer's SHA-256."
            }
            Error::Undecided { .. } => {
                "Compare this tarball by hand: unpack it, and diff it with a checkout of the tag."
            }
            Error::Limit { .. } => "The repository is too large for this program, or made to exhaust it.",
        }
    }
}
