//! Each entry of the tarball beside the one of its path in the archive, and what is left over on both sides.

use std::collections::{HashMap, HashSet};

use foreign::Foreign;
use gix_hash::ObjectId;
use gix_object::Kind as ObjectKind;
use gix_object::bstr::ByteSlice;
use unicode_normalization::UnicodeNormalization as _;

use super::super::compare::LfsFile;
use super::super::error::Error;
use super::super::items::{Item, ItemKind, Items, unclear};
use super::content::{self, Hashed};
use super::judge::Reading;
use super::prefix::{Place, Prefix, Strip};
use super::sides::{Expected, Sides, Target};
use super::{Cause, Difference, Fact, Kind, What, cause};
use crate::archive::{Content, Entry, EntryKind, Filled};
use crate::limits;

/// What was found in the whole tarball.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// Whether it is a zip archive.
    pub is_zip: bool,
    /// What stands before every path.
    pub prefix: Foreign,
    /// How many entries the tarball has.
    pub entries: usize,
    /// How many files and links are as in the commit's archive, in one of the two readings.
    pub same: usize,
    /// Those of them that are as in the repository, where the archive has them converted.
    pub as_in_repository: Vec<Foreign>,
    /// Texts that only the maker of the tarball knew, in files that are as in the archive.
    pub holes: Vec<Filled>,
    /// Files of Git LFS whose content stands in the place of their pointers.
    pub lfs: Vec<LfsFile>,
    /// Everything else, in the order of [`Kind`] and then of paths.
    pub differences: Vec<Difference>,
}

/// Tells of which files the bytes are to be kept that are not the commit's: by path, and by whether the commit has another one
/// there.
pub type Keeps<'a> = &'a dyn Fn(&[u8], bool) -> bool;

/// What a survey ends in.
pub enum Found {
    /// All of it.
    All(Surveyed),
    /// A converted file cannot be told without its blob: see `Archive::prepare_converted`.
    NeedsBlobs,
}

/// Look at every entry.
///
/// # Errors
/// Where the tarball cannot be read, could be read in two ways, or a limit is reached.
pub fn survey<'a, 'r>(
    items: &mut dyn Items,
    own: Expected<'a, 'r>,
    submodules: &[Expected<'a, 'r>],
    strip: Strip,
    keeps: Keeps<'a>,
    progress: &mut dyn FnMut(u64),
) -> Result<Found, Error> {
    let mut survey = Survey::new(Sides::new(own, submodules), strip, keeps);
    while let Some(item) = items.next()? {
        survey.item(items, item)?;
        if survey.sides.needs_blobs() {
            return Ok(Found::NeedsBlobs);
        }
        if survey.differences.len() + survey.further_folders.len() > limits::DIFFERENCES {
            return Err(Error::Limit { what: "the number of differences" });
        }
        progress(items.bytes_read());
    }
    let surveyed = survey.finish()?;
    Ok(Found::All(Surveyed { is_zip: items.is_zip(), ..surveyed }))
}

/// An entry of the tarball that was seen.
enum Seen {
    Folder,
    Symlink,
    File { mode: u32, size: u64, id: ObjectId, sha256: Option<Box<[u8; 32]>> },
}

struct Survey<'a, 'r> {
    sides: Sides<'a, 'r>,
    prefix: Prefix,
    keeps: Keeps<'a>,
    kept: u64,
    /// Every entry by its path in the tarball.
    seen: HashMap<Box<[u8]>, Seen>,
    path_bytes: usize,
    /// Paths that are not ASCII, in the form in which letters and accents are one.
    composed: HashSet<Box<[u8]>>,
    /// Folders that entries lie in.
    folders: HashSet<Box<[u8]>>,
    /// Folders that the commit's archive does not have.
    further_folders: Vec<(Vec<u8>, Difference)>,
    same: usize,
    as_in_repository: Vec<Foreign>,
    differences: Vec<Difference>,
}

impl<'a, 'r> Survey<'a, 'r> {
    fn new(sides: Sides<'a, 'r>, strip: Strip, keeps: Keeps<'a>) -> Self {
        Survey {
            sides,
            prefix: Prefix::new(strip),
            keeps,
            kept: 0,
            seen: HashMap::new(),
            path_bytes: 0,
            composed: HashSet::new(),
            folders: HashSet::new(),
            further_folders: Vec::new(),
            same: 0,
            as_in_repository: Vec::new(),
            differences: Vec::new(),
        }
    }

    fn item(&mut self, items: &mut dyn Items, item: Item) -> Result<(), Error> {
        self.check_place(&item)?;
        let is_folder = item.kind == ItemKind::Folder;
        let sides = &self.sides;
        let place = self.prefix.place(&item.path, is_folder, |name| sides.target(name).is_some())?;
        let (relative, target) = match place {
            Place::Root => (None, None),
            Place::Inside(relative) => (Some(relative), self.sides.target(relative)),
            Place::Outside => (None, None),
        };
        let is_outside = place == Place::Outside;
        let shown = relative.unwrap_or(&item.path).to_vec();
        let seen = match &item.kind {
            ItemKind::Folder => {
                if relative.is_some() || is_outside {
                    self.folder(&item.path, &shown, target, is_outside);
                }
                Seen::Folder
            }
            ItemKind::Symlink { target: to } => {
                self.symlink(&shown, to, target, is_outside)?;
                Seen::Symlink
            }
            ItemKind::File { mode, size } => {
                self.file(items, &item.path, &shown, (*mode, *size), target, is_outside)?
            }
            ItemKind::HardLink { target: to, mode } => {
                self.hard_link(&item.path, &shown, (to, *mode), target, is_outside)?
            }
        };
        self.seen.insert(item.path.into_boxed_slice(), seen);
        Ok(())
    }

    /// Each path is there once, and what is above it is a folder.
    fn check_place(&mut self, item: &Item) -> Result<(), Error> {
        let path = item.path.as_slice();
        self.path_bytes += path.len();
        if self.seen.len() >= limits::TARBALL_ENTRIES || self.path_bytes > limits::TARBALL_PATH_BYTES {
            return Err(Error::Limit { what: "the number of entries in the tarball" });
        }
        // The folder of a submodule is in the archives of both repositories.
        let is_folder_again = |before: &Seen| {
            matches!(before, Seen::Folder) && item.kind == ItemKind::Folder && self.is_open_submodule(path)
        };
        if self.seen.get(path).is_some_and(|before| !is_folder_again(before)) {
            return Err(unclear(path, "is there twice"));
        }
        // Some programs compose letters and their accents: then two names are one.
        if let Ok(text) = std::str::from_utf8(path)
            && !text.is_ascii()
        {
            let composed: String = text.nfc().collect();
            let is_again = !self.composed.insert(composed.into_bytes().into_boxed_slice());
            if is_again && !self.seen.contains_key(path) {
                return Err(unclear(path, "has the name of another entry, in another Unicode form"));
            }
        }
        if item.kind != ItemKind::Folder && self.folders.contains(path) {
            return Err(unclear(path, "has entries below it, and is no folder"));
        }
        let mut above = path;
        while let Some(slash) = above.rfind_byte(b'/') {
            above = &above[..slash];
            if self.folders.contains(above) {
                break;
            }
            if self.seen.get(above).is_some_and(|seen| !matches!(seen, Seen::Folder)) {
                return Err(unclear(path, "lies below something that is no folder"));
            }
            self.path_bytes += above.len();
            if self.path_bytes > limits::TARBALL_PATH_BYTES {
                return Err(Error::Limit { what: "the number of entries in the tarball" });
            }
            self.folders.insert(above.into());
        }
        Ok(())
    }

    fn is_open_submodule(&self, path: &[u8]) -> bool {
        let relative = path.strip_prefix(self.prefix.bytes());
        let target = relative.and_then(|path| self.sides.target(path));
        target.is_some_and(|target| self.sides.is_open_submodule(target))
    }

    fn folder(&mut self, path: &[u8], shown: &[u8], target: Option<Target>, is_outside: bool) {
        let found = Fact::bare(What::Folder);
        let difference = match target.map(|target| (target, self.sides.entry(target))) {
            Some((target, entry)) if !target.is_ignored => {
                self.sides.meet(target);
                if !matches!(entry.kind, EntryKind::Directory | EntryKind::Submodule) {
                    self.changed(target, shown, Cause::OtherKind, found);
                }
                return;
            }
            Some((_, entry)) if entry.kind == EntryKind::Directory => {
                let expected = Some(fact_of(entry));
                Difference { expected, ..difference(Kind::Ignored, shown, Cause::Plain, Some(found)) }
            }
            Some(_) => difference(Kind::Added, shown, Cause::ExportIgnored, Some(found)),
            None => difference(Kind::Added, shown, self.cause_of_added(shown, is_outside), Some(found)),
        };
        self.further_folders.push((path.to_vec(), difference));
    }

    fn symlink(&mut self, shown: &[u8], to: &[u8], target: Option<Target>, is_outside: bool) -> Result<(), Error> {
        let id = gix_object::compute_hash(self.sides.hash, ObjectKind::Blob, to).map_err(|_| Error::Collision)?;
        let found = Fact {
            target: Some(Foreign::from(to)),
            id: Some(id),
            size: Some(to.len() as u64),
            ..Fact::bare(What::Link)
        };
        let Some(target) = target else {
            self.added(shown, is_outside, found, None);
            return Ok(());
        };
        let entry = self.sides.entry(target);
        let is_link = entry.kind == EntryKind::Symlink;
        if target.is_ignored {
            self.ignored(target, shown, is_link && entry.id == id, found);
            return Ok(());
        }
        self.sides.meet(target);
        match (is_link, entry.id == id) {
            (true, true) => self.same += 1,
            (true, false) => self.changed(target, shown, Cause::Target, found),
            (false, _) => self.changed(target, shown, Cause::OtherKind, found),
        }
        Ok(())
    }

    fn file(
        &mut self,
        items: &mut dyn Items,
        path: &[u8],
        shown: &[u8],
        (mode, size): (u32, u64),
        target: Option<Target>,
        is_outside: bool,
    ) -> Result<Seen, Error> {
        let file = target.filter(|target| self.sides.is_file(*target));
        let (expected, doubt) = match file {
            Some(file) => self.sides.content(file)?,
            None => (Content::Blob { at_least: 0 }, None),
        };
        let bytes = if let Content::Bytes(bytes) = &expected { Some(bytes.as_slice()) } else { None };
        let mut hashed = Hashed::read(items, self.sides.hash, size, content::needed(&expected), bytes)?;
        let reading = match file {
            Some(file) => Some(self.sides.reading(file, &expected, doubt, &hashed, path)?),
            None => None,
        };
        let is_same = matches!(reading, Some(Reading::Archive | Reading::Repository));
        // What is the commit's needs no second hash.
        let sha256 = if is_same { None } else { hashed.sha256() };
        let content = if is_same { None } else { self.keep(shown, file.is_some(), &mut hashed) };
        let what = if mode & 0o111 == 0 { What::File } else { What::Executable };
        let found = Fact { mode: Some(mode), size: Some(size), id: Some(hashed.id), sha256, ..Fact::bare(what) };
        match (target, reading) {
            (Some(target), Some(reading)) => self.judged(target, shown, mode, reading, found, content),
            (Some(target), None) if target.is_ignored => {
                let entry = self.sides.entry(target);
                let is_it = entry.id == hashed.id && has_mode(entry.kind, mode);
                self.ignored(target, shown, is_it, found);
            }
            (Some(target), None) => {
                self.sides.meet(target);
                self.changed(target, shown, Cause::OtherKind, found);
            }
            (None, _) => self.added(shown, is_outside, found, content),
        }
        Ok(Seen::File { mode, size, id: hashed.id, sha256: sha256.map(Box::new) })
    }

    /// A file that the archive has as well.
    fn judged(
        &mut self,
        target: Target,
        shown: &[u8],
        mode: u32,
        reading: Reading,
        found: Fact,
        content: Option<Vec<u8>>,
    ) {
        self.sides.meet(target);
        let has_mode = has_mode(self.sides.entry(target).kind, mode);
        match reading {
            Reading::Neither(cause) => {
                self.changed(target, shown, cause, found);
                if let Some(difference) = self.differences.last_mut() {
                    difference.content = content;
                }
            }
            _ if !has_mode => self.changed(target, shown, Cause::Mode, found),
            Reading::Archive => self.same += 1,
            Reading::Repository => {
                self.same += 1;
                self.as_in_repository.push(Foreign::from(shown));
            }
        }
    }

    fn hard_link(
        &mut self,
        path: &[u8],
        shown: &[u8],
        (to, link_mode): (&[u8], u32),
        target: Option<Target>,
        is_outside: bool,
    ) -> Result<Seen, Error> {
        let Some(Seen::File { mode, size, id, sha256 }) = self.seen.get(to) else {
            return Err(unclear(path, "is a hard link to something that is no file before it"));
        };
        let (mode, size, id, sha256) = (*mode, *size, *id, sha256.clone());
        if link_mode != mode {
            return Err(unclear(path, "is a hard link with other permission bits than its file"));
        }
        let what = if mode & 0o111 == 0 { What::File } else { What::Executable };
        let found = Fact {
            mode: Some(mode),
            size: Some(size),
            id: Some(id),
            sha256: sha256.as_deref().copied(),
            ..Fact::bare(what)
        };
        match target.map(|target| (target, self.sides.entry(target))) {
            Some((target, entry)) if target.is_ignored => {
                self.ignored(target, shown, entry.id == id && has_mode(entry.kind, mode), found);
            }
            Some((target, entry)) if matches!(entry.kind, EntryKind::File { .. }) => {
                let reading = match entry.id == id {
                    true if entry.is_converted() => Reading::Repository,
                    true => Reading::Archive,
                    false => Reading::Neither(Cause::Content),
                };
                self.judged(target, shown, mode, reading, found, None);
            }
            Some((target, _)) => {
                self.sides.meet(target);
                self.changed(target, shown, Cause::OtherKind, found);
            }
            None => self.added(shown, is_outside, found, None),
        }
        Ok(Seen::File { mode, size, id, sha256 })
    }

    fn changed(&mut self, target: Target, shown: &[u8], cause: Cause, found: Fact) {
        let expected = Some(fact_of(self.sides.entry(target)));
        let entry = Some(target);
        self.differences.push(Difference { expected, entry, ..difference(Kind::Changed, shown, cause, Some(found)) });
    }

    fn ignored(&mut self, target: Target, shown: &[u8], is_it: bool, found: Fact) {
        let expected = Some(fact_of(self.sides.entry(target)));
        let (kind, cause) = if is_it { (Kind::Ignored, Cause::Plain) } else { (Kind::Added, Cause::ExportIgnored) };
        let runs = kind == Kind::Added && cause::runs(shown, found.what);
        self.differences.push(Difference { expected, runs, ..difference(kind, shown, cause, Some(found)) });
    }

    fn added(&mut self, shown: &[u8], is_outside: bool, found: Fact, content: Option<Vec<u8>>) {
        let runs = cause::runs(shown, found.what);
        let cause = self.cause_of_added(shown, is_outside);
        self.differences.push(Difference { runs, content, ..difference(Kind::Added, shown, cause, Some(found)) });
    }

    fn cause_of_added(&self, shown: &[u8], is_outside: bool) -> Cause {
        if is_outside {
            return Cause::OutsidePrefix;
        }
        let mut above = shown;
        while let Some(slash) = above.rfind_byte(b'/') {
            above = &above[..slash];
            if let Some(target) = self.sides.target(above).filter(|target| !target.is_ignored) {
                let is_submodule = self.sides.entry(target).kind == EntryKind::Submodule;
                let is_closed = is_submodule && !self.sides.is_open_submodule(target);
                return if is_closed { Cause::Submodule } else { Cause::Plain };
            }
        }
        Cause::Plain
    }

    /// The bytes of a file of which they are wanted, if there is room.
    fn keep(&mut self, shown: &[u8], has_other: bool, hashed: &mut Hashed) -> Option<Vec<u8>> {
        let is_small = hashed.size <= limits::KEPT_FILE_BYTES && self.kept + hashed.size <= limits::KEPT_BYTES;
        if !is_small || !(self.keeps)(shown, has_other) {
            return None;
        }
        self.kept += hashed.size;
        hashed.bytes.take()
    }

    fn finish(mut self) -> Result<Surveyed, Error> {
        for path in self.prefix.finish() {
            let found = Some(Fact::bare(What::Folder));
            self.further_folders.push((path.clone(), difference(Kind::Added, &path, Cause::OutsidePrefix, found)));
        }
        // A folder with something in it says nothing that this does not say.
        let folders = &self.folders;
        let empty = self.further_folders.into_iter().filter(|(path, _)| !folders.contains(path.as_slice()));
        self.differences.extend(empty.map(|(_, difference)| difference));
        for (target, path) in self.sides.not_met() {
            let entry = self.sides.entry(target);
            let has_entries = || folders.contains([self.prefix.bytes(), &path].concat().as_slice());
            let cause = match entry.kind {
                // What is in it is missing as well, and says so.
                EntryKind::Directory if entry.only_in_old_archives || !self.sides.is_leaf(target) => continue,
                EntryKind::Directory | EntryKind::Submodule if has_entries() => continue,
                EntryKind::Submodule => Cause::Submodule,
                _ => Cause::Plain,
            };
            let expected = Some(fact_of(entry));
            let missing = difference(Kind::Missing, &path, cause, None);
            self.differences.push(Difference { expected, entry: Some(target), ..missing });
        }
        cause::find_moves(&mut self.differences);
        self.differences.sort_by(|a, b| (a.kind, !a.runs, &a.path).cmp(&(b.kind, !b.runs, &b.path)));
        let (holes, lfs) = self.sides.into_texts();
        Ok(Surveyed {
            is_zip: false,
            prefix: Foreign::from(self.prefix.bytes()),
            entries: self.seen.len(),
            same: self.same,
            as_in_repository: self.as_in_repository,
            holes,
            lfs,
            differences: self.differences,
        })
    }
}

/// Whether a file has the executable bit as the commit does, can be read, and has no bits that no archive has.
fn has_mode(kind: EntryKind, mode: u32) -> bool {
    let is_executable = match kind {
        EntryKind::File { executable: true } => mode & 0o100 != 0,
        EntryKind::File { executable: false } => mode & 0o111 == 0,
        _ => false,
    };
    is_executable && mode & 0o400 != 0 && mode & 0o7000 == 0
}

fn difference(kind: Kind, path: &[u8], cause: Cause, found: Option<Fact>) -> Difference {
    Difference {
        kind,
        path: Foreign::from(path),
        cause,
        other_path: None,
        runs: false,
        expected: None,
        found,
        text: None,
        entry: None,
        content: None,
        commits_content: None,
    }
}

fn fact_of(entry: &Entry) -> Fact {
    let what = match entry.kind {
        EntryKind::Directory => What::Folder,
        EntryKind::Submodule => What::Submodule,
        EntryKind::Symlink => What::Link,
        EntryKind::File { executable: false } => What::File,
        EntryKind::File { executable: true } => What::Executable,
    };
    Fact { id: Some(entry.id), ..Fact::bare(what) }
}

impl Fact {
    fn bare(what: What) -> Self {
        Fact { what, target: None, mode: None, size: None, id: None, sha256: None }
    }
}
