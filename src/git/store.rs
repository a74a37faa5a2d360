//! A pack held in memory: how objects of a server or a bundle are kept.

use std::io::{BufRead, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use foreign::Foreign;
use gix_error::Exn;
use gix_hash::ObjectId;

use gix_pack::data::input;

use super::{Error, Object};
use crate::limits::PackLimits;

/// An indexed pack. Ids in the index were computed from the objects, not taken from anywhere.
pub struct Pack {
    data: gix_pack::data::File<Vec<u8>>,
    index: gix_pack::index::File<Vec<u8>>,
    object_bytes: usize,
}

impl Pack {
    /// Index the bytes of a pack file: header, entries, checksum, and nothing after it.
    ///
    /// `interrupt` ends the work early, with an error.
    pub fn index(
        bytes: Vec<u8>,
        hash: gix_hash::Kind,
        limits: PackLimits,
        interrupt: &AtomicBool,
    ) -> Result<Self, Error> {
        let failed = |error: gix_error::Error| Error::Pack(Foreign::from(&error.to_string()));
        let mut cursor = Interruptible { rest: &bytes, interrupt };
        let entries = input::BytesToEntriesIter::new_from_header(
            &mut cursor,
            input::Mode::Verify,
            input::EntryDataMode::Crc32,
            hash,
        )
        .map_err(failed)?;
        let mut entries = Budget { entries, left: limits.inflated_bytes };
        let mut index = Vec::new();
        gix_pack::index::write_data_iter_to_stream(
            gix_pack::index::Version::V2,
            || Ok((entry_slice, &bytes)),
            &mut entries,
            None,
            &mut gix_utils::progress::Discard,
            &mut index,
            interrupt,
            hash,
            Some(limits.object_bytes),
            gix_pack::data::Version::V2,
        )
        .map_err(failed)?;
        if !cursor.rest.is_empty() {
            return Err(Error::Pack(Foreign::from("bytes follow its end")));
        }
        let in_memory = PathBuf::new;
        let data = gix_pack::data::File::from_data(bytes, in_memory(), hash).map_err(failed)?;
        let index = gix_pack::index::File::from_data(index, in_memory(), hash).map_err(failed)?;
        let data = data.with_alloc_limit_bytes(Some(limits.object_bytes));
        Ok(Pack { data, index, object_bytes: limits.object_bytes })
    }

    /// Whether the pack has this object.
    pub fn contains(&self, id: &gix_hash::oid) -> bool {
        self.index.lookup(id).is_some()
    }

    /// The object with this id, `None` where the pack does not have it.
    pub fn read(&self, id: ObjectId, limit: usize) -> Result<Option<Object>, Error> {
        let unreadable = |error: gix_error::Error| Error::Unreadable { id, why: Foreign::from(&error.to_string()) };
        let Some(entry) = self.index.lookup(id) else { return Ok(None) };
        let entry = self.data.entry(self.index.pack_offset_at_index(entry)).map_err(unreadable)?;
        if entry.decompressed_size > limit.min(self.object_bytes) as u64 {
            return Err(Error::Limit { what: "the size of an object" });
        }
        let resolve = |base: &gix_hash::oid, _: &mut Vec<u8>| match self.index.lookup(base) {
            Some(base) => {
                let entry = self.data.entry(self.index.pack_offset_at_index(base))?;
                Ok(Some(gix_pack::data::decode::entry::ResolvedBase::InPack(entry)))
            }
            None => Ok(None),
        };
        let mut out = Vec::new();
        let mut inflate = gix_zlib::Inflate::default();
        let outcome = self
            .data
            .decode_entry(entry, &mut out, &mut inflate, &resolve, &mut gix_pack::cache::Never)
            .map_err(unreadable)?;
        if out.len() > limit {
            return Err(Error::Limit { what: "the size of an object" });
        }
        Object::check(id, outcome.kind, out).map(Some)
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
