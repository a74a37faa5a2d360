//! A look ahead: attribute files that the tarball shows need not be fetched.
//!
//! They decide what the archive has, so that they are needed before it is compared. Nothing in the tarball is believed:
//! an attribute file counts for the blob that it hashes to.

use std::collections::{HashSet, VecDeque};

use gix::ObjectId;
use gix::objs::Kind;

use super::decode::{BUFFERS, Decompression, Piece};
use crate::archive::header::{self, NAME_BYTES, RECORD};
use crate::git::Object;

/// How much is looked at, in buffers: what the decompressor fills anyway while others work.
const AHEAD: usize = BUFFERS - 1;

/// The beginning of a tar, as far as it is looked at.
struct Preview<'a> {
    decompression: &'a mut Decompression,
    ahead: &'a mut VecDeque<Piece>,
    piece: usize,
    at: usize,
}

/// The attribute files with these ids, as far as the first pieces of the tar have them. `ahead` keeps the pieces, for
/// the comparison.
pub fn attribute_files(
    decompression: &mut Decompression,
    ahead: &mut VecDeque<Piece>,
    wanted: &[ObjectId],
) -> Vec<Object> {
    let mut wanted: HashSet<_> = wanted.iter().copied().collect();
    let mut preview = Preview { decompression, ahead, piece: 0, at: 0 };
    let mut found = Vec::new();
    while let Some(hash) = wanted.iter().next().map(|id| id.kind())
        && let Some(entry) = preview.entry()
    {
        let Some(content) = entry else { continue };
        let id = gix::objs::compute_hash(hash, Kind::Blob, &content).ok().filter(|id| wanted.remove(id));
        found.extend(id.and_then(|id| Object::check(id, Kind::Blob, content).ok()));
    }
    found
}

impl Preview<'_> {
    /// The next entry, and its content where it is an attribute file; `None` where the tar or the preview ends.
    fn entry(&mut self) -> Option<Option<Vec<u8>>> {
        let mut block = [0; RECORD];
        self.read(RECORD, |at, bytes| block[at..at + bytes.len()].copy_from_slice(bytes))?;
        let header = tar::Header::from_byte_slice(&block);
        let size = usize::try_from(header.entry_size().ok()?).ok()?;
        let mut content = Vec::new();
        let name = block[..NAME_BYTES].split(|byte| *byte == 0).next().unwrap_or_default();
        let is_wanted = header.entry_type().is_file() && name.ends_with(b".gitattributes");
        self.read(size, |_, bytes| {
            if is_wanted {
                content.extend_from_slice(bytes);
            }
        })?;
        self.read(header::padding(size as u64), |_, _| ())?;
        Some(is_wanted.then_some(content))
    }

    /// The next `count` bytes, piece by piece with their offsets; `None` where there are not so many.
    fn read(&mut self, count: usize, mut see: impl FnMut(usize, &[u8])) -> Option<()> {
        let mut done = 0;
        while done < count {
            if self.piece == self.ahead.len() {
                if self.piece == AHEAD {
                    return None;
                }
                self.ahead.push_back(self.decompression.next());
            }
            // An end or an error is for the comparison to find.
            let Some(Piece::Bytes(buffer)) = self.ahead.get(self.piece) else { return None };
            let part = &buffer[self.at..buffer.len().min(self.at + (count - done))];
            see(done, part);
            done += part.len();
            self.at += part.len();
            if self.at == buffer.len() {
                (self.piece, self.at) = (self.piece + 1, 0);
            }
        }
        Some(())
    }
}
