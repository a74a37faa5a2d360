//! The lock step: the tarball beside the expected archive, byte for byte, in one pass and constant memory.
//!
//! What only the maker of the tarball knew (prefix, umask, and the sizes and link targets that a blobless tree does not tell)
//! is read off the tarball, put into the expected header, and that is compared whole. Sizes and targets are then proven by
//! the content's hash.

use foreign::Foreign;
use gix_object::Kind;
use gix_object::bstr::ByteSlice;
use sha2::{Digest as _, Sha256};

use super::error::Error;
use super::explain;
use super::group::Group;
use super::maker::Maker;
use super::prefix::is_plain_prefix;
use super::proofs::{BlobHash, Claim, Proofs};
use super::stream::Slice;
use super::stream::Tarball;
use crate::archive::header::{self, Header, RECORD};
use crate::archive::{self, Archive, Content, Contents, Conversion, Entry, EntryKind, Filled, Part, Piece, Pointer};
use crate::limits;

/// What was read off a tarball that is the archive.
///
/// Only [`compare`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Match {
    /// What stands before every path: empty, or with a slash at its end.
    pub prefix: Foreign,
    /// The permission bits that are missing everywhere.
    pub umask: u32,
    /// What tells that an old git made it.
    pub signs_of_age: Vec<&'static str>,
    /// How many entries there are, the one of the prefix included.
    pub entries: usize,
    /// The tar's size in bytes.
    pub tar_bytes: u64,
    /// Texts that only the forge knew, and what they are.
    pub holes: Vec<Filled>,
    /// Files of Git LFS whose content stands in the place of their pointers.
    pub lfs: Vec<LfsFile>,
    /// Whether `export-ignore` and `export-subst` were off when it was made.
    pub exports_all: bool,
    /// Which part of the commit it is the archive of.
    pub part: Part,
}

/// A file that is what its pointer names.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct LfsFile {
    /// The path in the tree.
    pub path: Foreign,
    /// The SHA-256 that the signed tree names, in hexadecimal.
    pub sha256: String,
    /// The size in bytes.
    pub bytes: u64,
}

impl LfsFile {
    pub(super) fn new(entry: &Entry, pointer: &Pointer) -> Self {
        let sha256 = faster_hex::hex_string(&pointer.sha256);
        LfsFile { path: Foreign::from(&entry.path), sha256, bytes: pointer.size }
    }
}

/// What a comparison without differences ends in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The tarball is the archive.
    Same(Match),
    /// A file that git converts could not be turned back into its blob. The blobs of all such files are needed
    /// ([`Archive::prepare_converted`]), and then a comparison from the first byte.
    NeedsBlobs,
}

/// Compare a tarball with an archive, from the first to the last byte.
///
/// `prefix` is what the caller says it must be (empty, or with a slash at its end); `None` reads it off the first entry.
/// `progress` is told how many bytes of the file were read.
///
/// # Errors
/// The first difference, or the reason why there was no comparison.
pub fn compare(
    archive: &Archive<'_>,
    tarball: Tarball,
    prefix: Option<&[u8]>,
    progress: &mut dyn FnMut(u64),
) -> Result<Outcome, Error> {
    match same(archive, tarball, prefix, progress) {
        Ok(found) => Ok(Outcome::Same(found)),
        Err(Stop::NeedsBlobs) => Ok(Outcome::NeedsBlobs),
        Err(Stop::Error(error)) => Err(error),
    }
}

/// What ends a comparison before its time.
enum Stop {
    Error(Error),
    NeedsBlobs,
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Error(error.into())
    }
}

fn same(
    archive: &Archive<'_>,
    mut tarball: Tarball,
    prefix: Option<&[u8]>,
    progress: &mut dyn FnMut(u64),
) -> Result<Match, Stop> {
    let proofs = Proofs::of(tarball.container());
    let mut step = LockStep {
        archive,
        contents: archive.contents(),
        tarball: &mut tarball,
        prefix: prefix.unwrap_or_default().to_vec(),
        maker: Maker::new(archive),
        next: None,
        proofs,
        holes: Vec::new(),
        lfs: Vec::new(),
        hole_steps: 0,
        progress,
    };
    let outcome = step.all_entries(prefix);
    // Files were handed over before whatever ended the comparison: what is wrong with them comes first.
    if let Some(wrong) = step.proofs.finish()? {
        return Err(step.wrong_content(&archive.entries()[wrong.entry], wrong.only_line_ends));
    }
    let entries = outcome?;
    let (prefix, holes, lfs) = (Foreign::from(&step.prefix), step.holes, step.lfs);
    let (umask, signs_of_age) = (step.maker.umask(), step.maker.signs_of_age());
    let tar_bytes = tarball.position();
    tarball.finish()?;
    let part = archive.part().clone();
    Ok(Match { prefix, umask, signs_of_age, entries, tar_bytes, holes, lfs, exports_all: false, part })
}

struct LockStep<'a, 'r> {
    archive: &'a Archive<'r>,
    contents: Contents<'a, 'r>,
    tarball: &'a mut Tarball,
    prefix: Vec<u8>,
    maker: Maker,
    /// A group that was read, and is for a later entry.
    next: Option<Group>,
    /// Files whose blobs are still to be proven.
    proofs: Proofs,
    holes: Vec<Filled>,
    lfs: Vec<LfsFile>,
    /// The work that holes have taken so far.
    hole_steps: u64,
    progress: &'a mut dyn FnMut(u64),
}

impl LockStep<'_, '_> {
    /// From the first byte to the last, except for files in [`proofs`](Self::proofs); returns how many entries there are.
    fn all_entries(&mut self, prefix: Option<&[u8]>) -> Result<usize, Stop> {
        self.global_header()?;
        let mut count = 0;
        if prefix != Some(b"") {
            self.prefix_entry(prefix.is_none())?;
            count += 1;
        }
        let entries = self.archive.entries();
        // A prefix that was read off may be the first folder of an archive that has none.
        let is_doubtful = prefix.is_none() && entries.first().is_some_and(|first| first.full_path(b"") == self.prefix);
        for index in 0..entries.len() {
            let found = self.entry(index);
            if index == 0 && is_doubtful && found.is_err() {
                return Err(Error::NoPrefix { found: Foreign::from(&self.prefix) }.into());
            }
            count += usize::from(found?);
        }
        self.trailer()?;
        Ok(count)
    }

    fn global_header(&mut self) -> Result<(), Error> {
        if matches!(self.archive.part(), Part::Tree(_)) {
            return Ok(());
        }
        let expected = header::global(self.archive.commit().id(), self.archive.time());
        let mut found = vec![0; expected.len()];
        let length = self.tarball.fill(&mut found)?;
        if found[..length] == expected {
            Ok(())
        } else {
            Err(explain::global(self.archive.commit().id(), self.tarball.container(), &found[..length]))
        }
    }

    /// The next header. One that was read for an entry that is not there is kept for the next entry.
    fn group(&mut self) -> Result<Option<Group>, Error> {
        match self.next.take() {
            Some(group) => Ok(Some(group)),
            None => Group::read(self.tarball),
        }
    }

    /// The same where an entry, or one behind it, is due. A header that is too long to be read is not the expected one,
    /// unless that may be as long.
    fn group_of(&mut self, index: usize) -> Result<Option<Group>, Error> {
        let group = self.group();
        if !matches!(group, Err(Error::LongHeader)) {
            return group;
        }
        let may_be_long = |entry: &Entry| entry.kind == EntryKind::Symlink || entry.path.len() > limits::PAX_BYTES / 2;
        let from_here = &self.archive.entries()[index..];
        let sure = from_here.iter().position(|entry| !entry.only_in_old_archives).unwrap_or(from_here.len());
        if from_here.iter().take(sure + 1).any(may_be_long) {
            return Err(Error::Limit { what: "the size of a pax header" });
        }
        group
    }

    fn prefix_entry(&mut self, read_off: bool) -> Result<(), Error> {
        let group = self.group()?.ok_or(Error::Truncated)?;
        let found = group.path();
        if read_off {
            if !group.header().entry_type().is_dir() || !is_plain_prefix(&found) {
                return Err(Error::NoPrefix { found: Foreign::from(&found) });
            }
            self.prefix = found.clone();
        }
        // Only this entry is cleaned of further slashes (3.5).
        let path = [self.prefix.trim_end_with(|c| c == '/'), b"/"].concat();
        if found != path {
            return Err(Error::Prefix { expected: Foreign::from(&path), found: Foreign::from(&found) });
        }
        let kind = EntryKind::Directory;
        let mode = self.maker.mode(kind, group.mode());
        let (id, time) = (self.archive.tree(), self.maker.time(group.header()));
        let expected = Header { path: &path, kind, mode, size: 0, time, id, target: b"" };
        self.same_header(&expected, &group)
    }

    /// Compare one entry; returns whether the tarball has it.
    fn entry(&mut self, index: usize) -> Result<bool, Stop> {
        let archive = self.archive;
        let entry = &archive.entries()[index];
        let path = entry.full_path(&self.prefix);
        let group = match self.group_of(index)? {
            Some(group) if group.path() == path && self.may_be_there(entry, true) => group,
            other if entry.only_in_old_archives && self.may_be_there(entry, false) => {
                self.next = other;
                return Ok(false);
            }
            other => {
                let prefix = self.prefix.clone();
                let comes_later = |path: &[u8]| self.comes_later(other.as_ref(), path);
                return Err(explain::other_entry(archive, &prefix, index, other.as_ref(), comes_later).into());
            }
        };
        let content = match entry.kind {
            EntryKind::File { .. } => Some(self.contents.of(entry)?),
            _ => None,
        };
        let doubt = archive.doubt(entry);
        let size = match &content {
            None => 0,
            Some(Content::Bytes(bytes)) if doubt.is_none() => bytes.len() as u64,
            // The content will show whether it is right.
            Some(_) => group.size(),
        };
        let is_link = entry.kind == EntryKind::Symlink;
        let proven = if is_link { link_target(entry, &group) } else { Some(Vec::new()) };
        let target = proven.clone().unwrap_or_else(|| group.target());
        let mode = self.maker.mode(entry.kind, group.mode());
        let time = self.maker.time(group.header());
        let expected = Header { path: &path, kind: entry.kind, mode, size, time, id: entry.id, target: &target };
        self.same_header(&expected, &group)?;
        if proven.is_none() {
            return Err(Error::Field {
                path: Foreign::from(&path),
                field: "link target",
                expected: Foreign::from(&format!("the one with the blob id {}", entry.id)),
                found: Foreign::from(&target),
            }
            .into());
        }
        let same = match content {
            None => true,
            Some(Content::Blob { at_least }) => size >= at_least && self.same_blob(index, size)?,
            Some(Content::Bytes(bytes)) => size == bytes.len() as u64 && self.same_bytes(&bytes)?,
            Some(Content::Pieces(pieces)) => self.fits(&pieces, size, &path)?,
            Some(Content::Converted(conversion)) => self.is_made(&conversion, entry, size)?,
            Some(Content::Lfs(pointer)) => self.is_pointer_or_content(&pointer, entry, size)?,
        };
        if !same {
            return Err(self.wrong_content(entry, false));
        }
        let padding = header::padding(size) as u64;
        if !self.zeros(padding)? {
            return Err(Error::Padding { path: Foreign::from(&path) }.into());
        }
        (self.progress)(self.tarball.bytes_read());
        Ok(true)
    }

    /// Whether an entry may be there, or may be missing.
    fn may_be_there(&mut self, entry: &Entry, is_there: bool) -> bool {
        if entry.only_in_old_archives { self.maker.writes_empty_folder(is_there) } else { is_there }
    }

    fn same_header(&mut self, expected: &Header<'_>, found: &Group) -> Result<(), Error> {
        if self.maker.writes(expected, &found.bytes) {
            return Ok(());
        }
        Err(explain::header(expected, self.maker.dialect(), found))
    }

    /// Whether an entry of this path stands behind this one: for an explanation, after the verdict.
    fn comes_later(&mut self, from: Option<&Group>, path: &[u8]) -> bool {
        let mut left = from.map_or(0, Group::content_bytes);
        for _ in 0..limits::TREE_ENTRIES {
            while left > 0 {
                match self.tarball.take(left) {
                    Ok(bytes) if !bytes.is_empty() => left -= bytes.len() as u64,
                    _ => return false,
                }
            }
            match Group::read(self.tarball) {
                Ok(Some(group)) if group.is_end() => return false,
                Ok(Some(group)) if group.path() == path => return true,
                Ok(Some(group)) => left = group.content_bytes(),
                _ => return false,
            }
        }
        false
    }

    fn wrong_content(&self, entry: &Entry, only_line_ends: bool) -> Stop {
        // Its pointer tells what else it may be.
        if self.archive.lacks_pointer(entry) {
            return Stop::NeedsBlobs;
        }
        let path = || Foreign::from(&entry.full_path(&self.prefix));
        self.archive.doubt(entry).map_or_else(|| Error::Content { path: path(), only_line_ends }, Error::from).into()
    }

    /// Whether the next bytes are the blob of this entry. Of small files that is only known in the end.
    fn same_blob(&mut self, index: usize, size: u64) -> Result<bool, Error> {
        let id = self.archive.entries()[index].id;
        if (1..=limits::HASHED_AT_ONCE).contains(&size) {
            let claim = Claim { entry: index, id, content: self.shared(size)? };
            self.proofs.add(claim);
            // If not, another file is wrong, and that is what will be told.
            return Ok(!self.proofs.has_failed());
        }
        self.proofs.hand_over();
        let mut hash = BlobHash::new(id, size);
        self.each_piece(size, |bytes| {
            hash.update(bytes);
            true
        })?;
        Ok(hash.matches())
    }

    /// The next `count` bytes.
    fn shared(&mut self, count: u64) -> Result<Vec<Slice>, Error> {
        let (mut slices, mut left) = (Vec::new(), count);
        while left > 0 {
            let slice = self.tarball.take_shared(left)?.ok_or(Error::Truncated)?;
            left -= slice.bytes().len() as u64;
            slices.push(slice);
        }
        Ok(slices)
    }

    fn same_bytes(&mut self, expected: &[u8]) -> Result<bool, Error> {
        let mut rest = expected;
        self.each_piece(expected.len() as u64, |bytes| {
            let (part, after) = rest.split_at(bytes.len());
            rest = after;
            bytes == part
        })
    }

    fn zeros(&mut self, count: u64) -> Result<bool, Error> {
        self.each_piece(count, |bytes| bytes.iter().all(|byte| *byte == 0))
    }

    /// Look at the next `count` bytes, piece by piece and in place, until one is not as it should be.
    fn each_piece(&mut self, count: u64, mut is_good: impl FnMut(&[u8]) -> bool) -> Result<bool, Error> {
        let mut left = count;
        while left > 0 {
            let bytes = self.tarball.take(left)?;
            if bytes.is_empty() {
                return Err(Error::Truncated);
            }
            left -= bytes.len() as u64;
            if !is_good(bytes) || self.proofs.has_failed() {
                return Ok(false);
            }
            (self.progress)(self.tarball.bytes_read());
        }
        Ok(true)
    }

    /// Whether the next bytes are what a conversion makes of the entry's blob.
    fn is_made(&mut self, conversion: &Conversion, entry: &Entry, size: u64) -> Result<bool, Stop> {
        if size > limits::INVERTED_BYTES {
            return Err(Stop::NeedsBlobs);
        }
        let mut content = vec![0; size as usize];
        if self.tarball.fill(&mut content)? < content.len() {
            return Err(Error::Truncated.into());
        }
        conversion.made(&content, entry.id).ok_or(Stop::NeedsBlobs)
    }

    /// Whether the next bytes are a pointer of Git LFS, as git has it, or what that names.
    fn is_pointer_or_content(&mut self, pointer: &Pointer, entry: &Entry, size: u64) -> Result<bool, Error> {
        let is_content = size == pointer.size;
        if size != pointer.text.len() as u64 && !is_content {
            return Ok(false);
        }
        let (mut hash, mut rest) = (Sha256::new(), Some(pointer.text.as_slice()));
        self.each_piece(size, |bytes| {
            hash.update(bytes);
            rest = rest.and_then(|rest| rest.strip_prefix(bytes));
            true
        })?;
        // An object that is as long as its own pointer may be either.
        if rest == Some(b"") {
            return Ok(true);
        }
        let is_content = is_content && hash.finalize().as_slice() == pointer.sha256;
        if is_content {
            self.lfs.push(LfsFile::new(entry, pointer));
        }
        Ok(is_content)
    }

    /// Whether the next bytes are these pieces, with holes between them.
    fn fits(&mut self, pieces: &[Piece], size: u64, path: &[u8]) -> Result<bool, Error> {
        if size > limits::HOLE_FILE_BYTES {
            return Err(Error::Limit { what: "the size of a file with placeholders that only the forge knew" });
        }
        let mut content = vec![0; size as usize];
        if self.tarball.fill(&mut content)? < content.len() {
            return Err(Error::Truncated);
        }
        let filled =
            archive::fit(pieces, &content, &Foreign::from(path), self.archive.accepted(), &mut self.hole_steps)?;
        let fits = filled.is_some();
        self.holes.extend(filled.into_iter().flatten());
        if self.holes.len() > limits::ALL_HOLES {
            return Err(Error::Limit { what: "the number of placeholders that only the forge knew" });
        }
        Ok(fits)
    }

    /// Zeros up to a whole block, after the last entry.
    fn trailer(&mut self) -> Result<(), Error> {
        let first = self.group()?.ok_or(Error::Truncated)?;
        let expected = header::trailer(self.tarball.position() - first.bytes.len() as u64);
        if !first.is_end() {
            return Err(Error::Extra { path: Foreign::from(&first.path()) });
        }
        if !self.zeros(expected - RECORD as u64)? {
            return Err(Error::TrailingData { place: "in the zeros that end the archive" });
        }
        Ok(())
    }
}

/// The target in the tarball, if it is the entry's blob. A header does not tell NULs at a target's end from the field's
/// padding: the blob's id does.
fn link_target(entry: &Entry, group: &Group) -> Option<Vec<u8>> {
    let mut target = group.target();
    loop {
        if gix_object::compute_hash(entry.id.kind(), Kind::Blob, &target).is_ok_and(|id| id == entry.id) {
            return Some(target);
        }
        if target.len() >= header::NAME_BYTES {
            return None;
        }
        target.push(0);
    }
}
