//! Packs: in memory from a server or a bundle, on disk in a local repository; and objects that came from elsewhere.

use std::collections::HashMap;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use gix_error::Exn;
use gix_hash::ObjectId;
use gix_pack::data::decode;
use gix_pack::data::input;
use gix_pack::{FileData, MMap, cache, data, index};

use super::error::Error;
use super::error::Why;
use super::object::Object;
use crate::limits::PackLimits;

/// An indexed pack.
pub struct Pack<T> {
    data: data::File<T>,
    index: index::File<T>,
    object_bytes: usize,
}

/// A pack whose index was computed from its objects, and not taken from anywhere.
pub type MemoryPack = Pack<Vec<u8>>;

/// A pack on disk with the index that lies beside it. What it says is checked when an object is read.
pub type MappedPack = Pack<MMap>;

impl MemoryPack {
    /// Index the bytes of a pack file: header, entries, checksum, and nothing after it.
    ///
    /// `interrupt` ends the work early, with an error.
    pub fn index(
        bytes: Vec<u8>,
        hash: gix_hash::Kind,
        limits: PackLimits,
        interrupt: &AtomicBool,
    ) -> Result<Self, Error> {
        let failed = |error: gix_error::Error| Error::Pack(Why::said(error));
        let mut cursor = Interruptible { rest: &bytes, interrupt };
        let entries = input::BytesToEntriesIter::new_from_header(
            &mut cursor,
            input::Mode::Verify,
            input::EntryDataMode::Crc32,
            hash,
        )
        .map_err(failed)?;
        // The header announces them. Each costs memory, however small it is.
        if entries.size_hint().0 > limits.objects {
            return Err(Error::Pack(format!("it has more than {} objects", limits.objects).into()));
        }
        let mut entries = Budget { entries, left: limits.inflated_bytes };
        let mut index = Vec::new();
        index::write_data_iter_to_stream(
            index::Version::V2,
            || Ok((entry_slice, &bytes)),
            &mut entries,
            None,
            &mut gix_utils::progress::Discard,
            &mut index,
            interrupt,
            hash,
            Some(limits.object_bytes),
            data::Version::V2,
        )
        .map_err(failed)?;
        if !cursor.rest.is_empty() {
            return Err(Error::Pack("bytes follow its end".into()));
        }
        let in_memory = PathBuf::new;
        let data = data::File::from_data(bytes, in_memory(), hash).map_err(failed)?;
        let index = index::File::from_data(index, in_memory(), hash).map_err(failed)?;
        let data = data.with_alloc_limit_bytes(Some(limits.object_bytes));
        Ok(Pack { data, index, object_bytes: limits.object_bytes })
    }
}

impl MappedPack {
    /// The two files of a pack, which are there and are regular ones.
    pub fn at(index: &Path, data: &Path, hash: gix_hash::Kind, object_bytes: usize) -> Result<Self, gix_error::Error> {
        let index = index::File::at(index, hash)?;
        let data = data::File::at(data, hash)?.with_alloc_limit_bytes(Some(object_bytes));
        Ok(Pack { data, index, object_bytes })
    }
}

impl<T: FileData> Pack<T> {
    /// How long it is.
    pub fn bytes(&self) -> u64 {
        self.data.data_len() as u64
    }

    /// Whether the pack has this object.
    pub fn contains(&self, id: &gix_hash::oid) -> bool {
        self.index.lookup(id).is_some()
    }

    /// The object with this id, re-hashed; `None` if the pack does not have it.
    pub fn read(&self, id: ObjectId, limit: usize) -> Result<Option<Object>, Error> {
        let unreadable = |error: gix_error::Error| Error::Unreadable { id, why: Why::said(error) };
        let Some(entry) = self.entry(&id).map_err(unreadable)? else { return Ok(None) };
        let mut inflate = gix_zlib::Inflate::default();
        // What a delta becomes stands at its beginning: nothing is made that is too large.
        let base = |base: &gix_hash::oid| Ok(self.entry(base)?.map(decode::header::ResolvedBase::InPack));
        let header = self.data.decode_header(entry.clone(), &mut inflate, &base).map_err(unreadable)?;
        if header.object_size > limit.min(self.object_bytes) as u64 {
            return Err(Error::Limit { what: "the size of an object" });
        }
        let base =
            |base: &gix_hash::oid, _: &mut Vec<u8>| Ok(self.entry(base)?.map(decode::entry::ResolvedBase::InPack));
        let mut out = Vec::new();
        let outcome =
            self.data.decode_entry(entry, &mut out, &mut inflate, &base, &mut cache::Never).map_err(unreadable)?;
        if out.len() > limit {
            return Err(Error::Limit { what: "the size of an object" });
        }
        Object::check(id, outcome.kind, out).map(Some)
    }

    fn entry(&self, id: &gix_hash::oid) -> gix_error::Result<Option<data::Entry>> {
        let Some(at) = self.index.lookup(id) else { return Ok(None) };
        self.data.entry(self.index.pack_offset_at_index(at)).map(Some)
    }
}

/// Objects that were found elsewhere: in the tarball.
#[derive(Default)]
pub struct Given(HashMap<ObjectId, Object>);

impl Given {
    /// Keep them.
    pub fn add(&mut self, objects: Vec<Object>) {
        self.0.extend(objects.into_iter().map(|object| (object.id(), object)));
    }

    /// Whether this one was given.
    pub fn contains(&self, id: &gix_hash::oid) -> bool {
        self.0.contains_key(id)
    }

    /// The object with this id; `None` if it was not given.
    pub fn read(&self, id: ObjectId, limit: usize) -> Result<Option<Object>, Error> {
        match self.0.get(&id) {
            Some(object) if object.data().len() > limit => Err(Error::Limit { what: "the size of an object" }),
            object => Ok(object.cloned()),
        }
    }
}

/// The bytes of one entry. (A named function, since its lifetimes cannot be inferred for a closure.)
fn entry_slice<'a>(range: std::ops::Range<u64>, pack: &'a &Vec<u8>) -> Option<&'a [u8]> {
    pack.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
}

/// Entries, until their sizes add up to too much.
struct Budget<I> {
    entries: I,
    left: u64,
}

impl<I: Iterator<Item = gix_error::Result<input::Entry>>> Iterator for Budget<I> {
    type Item = gix_error::Result<input::Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = match self.entries.next()? {
            Ok(entry) => entry,
            error => return Some(error),
        };
        match self.left.checked_sub(entry.decompressed_size) {
            Some(left) => {
                self.left = left;
                Some(Ok(entry))
            }
            None => Some(Err(Exn::new(gix_error::Message::new("its objects are too large together")).into())),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

/// The pack as a stream that fails once the work is to end; inflating alone never looks at the flag.
struct Interruptible<'a> {
    rest: &'a [u8],
    interrupt: &'a AtomicBool,
}

impl BufRead for Interruptible<'_> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.interrupt.load(Ordering::Relaxed) {
            return Err(std::io::Error::other("interrupted"));
        }
        // Small pieces, so that the flag is looked at often.
        Ok(&self.rest[..self.rest.len().min(64 << 10)])
    }

    fn consume(&mut self, amount: usize) {
        self.rest = &self.rest[amount..];
    }
}

impl Read for Interruptible<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let length = self.fill_buf()?.read(buf)?;
        self.consume(length);
        Ok(length)
    }
}
