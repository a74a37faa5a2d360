//! Objects of a repository's folder: loose ones, packs, and those of its alternates.
//!
//! Packs are found through their own `.idx`: a multi-pack index only makes that faster, and git never has it alone.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use gix_hash::ObjectId;
use gix_object::bstr::ByteSlice as _;

use super::file;
use crate::git::error::Error;
use crate::git::error::Why;
use crate::git::object::Object;
use crate::git::store::{MappedPack, Pack};
use crate::limits;

/// Where the objects of a repository are.
pub struct Objects {
    hash: gix_hash::Kind,
    folders: Vec<PathBuf>,
    packs: Vec<LocalPack>,
}

impl Objects {
    /// Look for packs and alternates; nothing of them is read yet.
    pub fn open(folder: PathBuf, hash: gix_hash::Kind) -> Result<Self, Error> {
        let folders = with_alternates(folder)?;
        let mut packs = Vec::new();
        for folder in &folders {
            for entry in std::fs::read_dir(folder.join("pack")).into_iter().flatten() {
                let index = entry.map_err(|error| file::unusable(folder, Why::said(error)))?.path();
                if index.extension().is_some_and(|extension| extension == "idx") {
                    packs.push(LocalPack { index, opened: OnceLock::new() });
                }
                if packs.len() > limits::LOCAL_PACKS {
                    return Err(Error::Limit { what: "the number of packs" });
                }
            }
        }
        // The order of a folder is anybody's; what happens should not be.
        packs.sort_by(|a, b| a.index.cmp(&b.index));
        Ok(Objects { hash, folders, packs })
    }

    /// Whether an object of this id is here, whatever it turns out to be.
    pub fn contains(&self, id: ObjectId) -> Result<bool, Error> {
        if id.kind() != self.hash {
            return Ok(false);
        }
        for pack in &self.packs {
            if pack.open(self.hash)?.is_some_and(|pack| pack.contains(&id)) {
                return Ok(true);
            }
        }
        for folder in &self.folders {
            if file::check(&loose_path(folder, id), limits::LOOSE_OBJECT_BYTES)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The same as [`read`](Self::read) where that opens no file.
    pub fn read_mapped(&self, id: ObjectId, limit: usize) -> Result<Option<Object>, Error> {
        let mut opened = self.packs.iter().filter_map(|pack| pack.opened.get()?.as_ref());
        let found = opened.find(|pack| id.kind() == self.hash && pack.contains(&id));
        found.map_or(Ok(None), |pack| pack.read(id, limit))
    }

    /// An object of at most `limit` bytes, re-hashed.
    pub fn read(&self, id: ObjectId, limit: usize) -> Result<Object, Error> {
        if id.kind() == self.hash {
            for pack in &self.packs {
                let Some(pack) = pack.open(self.hash)? else { continue };
                if let Some(object) = pack.read(id, limit)? {
                    return Ok(object);
                }
            }
            for folder in &self.folders {
                if let Some(object) = read_loose(&loose_path(folder, id), id, limit)? {
                    return Ok(object);
                }
            }
        }
        Err(Error::Missing { id })
    }
}

/// A pack that is opened when it is first looked into.
struct LocalPack {
    index: PathBuf,
    opened: OnceLock<Option<MappedPack>>,
}

impl LocalPack {
    /// `None` if it went away, or has no `.pack` (yet).
    fn open(&self, hash: gix_hash::Kind) -> Result<Option<&MappedPack>, Error> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened.as_ref());
        }
        let data = self.index.with_extension("pack");
        let is_there =
            file::check(&self.index, limits::LOCAL_INDEX_BYTES)? && file::check(&data, limits::LOCAL_PACK_BYTES)?;
        let opened = if is_there {
            let opened = Pack::at(&self.index, &data, hash, limits::OBJECT_BYTES);
            Some(opened.map_err(|error| file::unusable(&self.index, Why::said(error)))?)
        } else {
            None
        };
        Ok(self.opened.get_or_init(|| opened).as_ref())
    }
}

fn loose_path(folder: &Path, id: ObjectId) -> PathBuf {
    let hex = id.to_string();
    let (first, rest) = hex.split_at(2);
    folder.join(first).join(rest)
}

fn read_loose(path: &Path, id: ObjectId, limit: usize) -> Result<Option<Object>, Error> {
    let Some(file) = file::open(path, limits::LOOSE_OBJECT_BYTES)? else { return Ok(None) };
    let unreadable = |why| Error::Unreadable { id, why };
    let mut bytes = Vec::new();
    let most = (limit as u64).saturating_add(limits::LOOSE_HEADER_BYTES as u64);
    flate2::read::ZlibDecoder::new(file)
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(Why::said(error)))?;
    let start = &bytes[..bytes.len().min(limits::LOOSE_HEADER_BYTES)];
    let (kind, size, header) = gix_object::decode::loose_header(start).map_err(|error| unreadable(Why::said(error)))?;
    if size > limit as u64 {
        return Err(Error::Limit { what: "the size of an object" });
    }
    bytes.drain(..header);
    if bytes.len() as u64 != size {
        return Err(unreadable("its size is not what it says".into()));
    }
    Object::check(id, kind, bytes).map(Some)
}

/// The folder, and those that it and they borrow from (`info/alternates`), each once.
fn with_alternates(first: PathBuf) -> Result<Vec<PathBuf>, Error> {
    let mut known: HashSet<PathBuf> = first.canonicalize().into_iter().collect();
    let mut folders = vec![first];
    let mut at = 0;
    while let Some(folder) = folders.get(at).cloned() {
        at += 1;
        let list = folder.join("info/alternates");
        let Some(text) = file::read(&list, limits::PATH_FILE_BYTES)? else { continue };
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with(b"#")) {
            let name = file::path_of(line).filter(|_| !line.starts_with(b"\""));
            let name = name.ok_or_else(|| file::unusable(&list, "one of its lines is no plain path"))?;
            // git goes on without one that is not there; what is missing then has an id.
            let Ok(alternate) = folder.join(name).canonicalize() else { continue };
            if known.insert(alternate.clone()) {
                folders.push(alternate);
            }
            if folders.len() > limits::ALTERNATES {
                return Err(Error::Limit { what: "the number of alternates" });
            }
        }
    }
    Ok(folders)
}
