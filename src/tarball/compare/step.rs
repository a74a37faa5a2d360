//! The entries of one archive beside the tarball's, byte for byte.
//!
//! What only the maker of the tarball knew (prefix, umask, and the sizes and link targets that a blobless tree does not tell)
//! is read off the tarball, put into the expected header, and that is compared whole. Sizes and targets are then proven by
//! the content's hash.

use foreign::Foreign;
use gix_object::Kind;
use gix_object::bstr::ByteSlice;
use sha2::{Digest as _, Sha256};

use super::super::error::Error;
use super::super::explain;
use super::super::group::Group;
use super::super::maker::Maker;
use super::super::prefix::is_plain_prefix;
use super::super::proofs::{BlobHash, Claim, Proofs};
use super::super::stream::{Slice, Tarball};
use super::{LfsFile, Match, Stop};
use crate::archive::header::{self, Header, RECORD};
use crate::archive::{self, Archive, Content, Contents, Conversion, Entry, EntryKind, Filled, Part, Piece, Pointer};
use crate::limits;

/// What must stand behind the entries of an archive.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The zeros that git writes.
    OfArchive,
    /// Another archive.
    Another,
    /// Zeros, behind the last one of several archives.
    OfRow,
}

/// One archive, and a tarball that was read up to where it has to begin.
pub struct LockStep<'a, 'r> {
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

impl<'a, 'r> LockStep<'a, 'r> {
    /// `next` is what was read ahead of it.
    pub fn new(
        archive: &'a Archive<'r>,
        tarball: &'a mut Tarball,
        next: Option<Group>,
        progress: &'a mut dyn FnMut(u64),
    ) -> Self {
        LockStep {
            archive,
            contents: archive.contents(),
            proofs: Proofs::of(tarball.container()),
            tarball,
            prefix: Vec::new(),
            maker: Maker::new(archive),
            next,
            holes: Vec::new(),
            lfs: Vec::new(),
            hole_steps: 0,
            progress,
        }
    }

    /// All of the archive, and what was read ahead behind it.
    pub fn run(mut self, prefix: Option<&[u8]>, end: End) -> Result<(Match, Option<Group>), Stop> {
        self.prefix = prefix.unwrap_or_default().to_vec();
        let outcome = self.all_entries(prefix, end);
        // Files were handed over before whatever ended the comparison: what is wrong with them comes first.
        if let Some(wrong) = self.proofs.finish()? {
            return Err(self.wrong_content(&self.archive.entries()[wrong.entry], wrong.only_line_ends));
        }
        let found = Match {
            prefix: Foreign::from(&self.prefix),
            umask: self.maker.umask(),
            signs_of_age: self.maker.signs_of_age(),
            entries: outcome?,
            tar_bytes: self.tarball.position(),
            holes: self.holes,
            lfs: self.lfs,
            exports_all: false,
            part: self.archive.part().clone(),
            submodules: Vec::new(),
            empty_submodules: {
                let entries = self.archive.entries().iter().filter(|entry| entry.kind == EntryKind::Submodule);
                entries.map(|entry| Foreign::from(&entry.path)).collect()
            },
        };
        Ok((found, self.next))
    }

    /// From the first byte to the last, except for files in [`proofs`](Self::proofs); returns how many entries there are.
    fn all_entries(&mut self, prefix: Option<&[u8]>, end: End) -> Result<usize, Stop> {
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
        match end {
            End::OfArchive => self.trailer()?,
            End::OfRow => self.end_of_row()?,
            End::Another => {}
        }
        Ok(count)
    }

    fn global_header(&mut self) -> Result<(), Error> {
        if matches!(self.archive.part(), Part::Tree(_)) {
            return Ok(());
        }
        let expected = header::global(self.archive.commit().id(), self.archive.time());
        let mut found = self.next.take().map(|group| group.bytes).unwrap_or_default();
        let ahead = found.len();
        found.resize(expected.len().max(ahead), 0);
        let length = ahead + self.tarball.fill(&mut found[ahead..])?;
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
            return Err(explain::extra(self.archive, &self.prefix, &first.path(), true));
        }
        if !self.zeros(expected - RECORD as u64)? {
            return Err(Error::TrailingData { place: "in the zeros that end the archive" });
        }
        Ok(())
    }

    /// Zeros to the end, at least two records: how many depends on the program that put the archives together.
    fn end_of_row(&mut self) -> Result<(), Error> {
        let first = self.group()?.ok_or(Error::Truncated)?;
        if !first.is_end() {
            return Err(explain::extra(self.archive, &self.prefix, &first.path(), true));
        }
        let mut count = first.bytes.len() as u64;
        loop {
            let bytes = self.tarball.take(limits::ROW_END_BYTES)?;
            count += bytes.len() as u64;
            if bytes.iter().any(|byte| *byte != 0) || count > limits::ROW_END_BYTES {
                return Err(Error::TrailingData { place: "in the zeros that end the archive" });
            }
            if bytes.is_empty() {
                break;
            }
        }
        let is_whole = count.is_multiple_of(RECORD as u64) && count >= 2 * RECORD as u64;
        if is_whole { Ok(()) } else { Err(Error::Truncated) }
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
