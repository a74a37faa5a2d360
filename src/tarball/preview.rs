//! A look ahead: attribute files that the tarball shows need not be fetched.
//!
//! They decide what the archive has, so that they are needed before it is compared. Nothing in the tarball is believed:
//! an attribute file counts for the blob that it hashes to.

use std::collections::{HashSet, VecDeque};

use gix_hash::ObjectId;

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
pub fn find(decompression: &mut Decompression, ahead: &mut VecDeque<Piece>, wanted: &[ObjectId]) -> Vec<Object> {
    let mut wanted: HashSet<_> = wanted.iter().copied().collect();
    let mut preview = Preview { decompression, ahead, piece: 0, at: 0 };
    let mut found = Vec::new();
    while let Some(hash) = wanted.iter().next().map(|id| id.kind())
        && let Some(entry) = preview.entry()
    {
        let blob = entry.and_then(|content| Object::blob(hash, content).ok());
        found.extend(blob.filter(|blob| wanted.remove(&blob.id())));
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

    /// The next `count` bytes, piece by piece with their offsets; `None` where there are not this many.
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
            let rest = &buffer[self.at..];
            let part = &rest[..rest.len().min(count - done)];
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

#[cfg(test)]
mod tests {
    use gix_hash::Kind::Sha1;
    use proptest::prelude::*;

    use super::super::container::Container;
    use super::super::pins::Digests;
    use super::*;

    /// An entry with its size field as it is given.
    fn entry(name: &[u8], size: &[u8; 12], content: &[u8]) -> Vec<u8> {
        let mut block = [0; RECORD];
        block[..name.len()].copy_from_slice(name);
        block[124..136].copy_from_slice(size);
        block[156] = b'0';
        [&block[..], content, &vec![0; header::padding(content.len() as u64)]].concat()
    }

    fn plain(name: &str, content: &[u8]) -> Vec<u8> {
        let size = format!("{:011o}\0", content.len());
        entry(name.as_bytes(), size.as_bytes().try_into().expect("twelve"), content)
    }

    /// What is found; and whether the tar is still whole for the next reader.
    fn look(tar: &[u8], wanted: &[&[u8]]) -> (usize, bool) {
        let wanted: Vec<_> =
            wanted.iter().map(|content| Object::blob(Sha1, content.to_vec()).expect("no collision").id()).collect();
        let reader = Box::new(std::io::Cursor::new(tar.to_vec()));
        let mut decompression = Decompression::begin(reader, Some(Container::Tar), Digests::of(&[])).expect("a thread");
        let mut ahead = VecDeque::new();
        let found = find(&mut decompression, &mut ahead, &wanted);
        assert!(found.iter().all(|object| wanted.contains(&object.id())));
        let mut read = Vec::new();
        while let Piece::Bytes(bytes) = ahead.pop_front().unwrap_or_else(|| decompression.next()) {
            read.extend_from_slice(&bytes);
        }
        (found.len(), read == tar)
    }

    #[test]
    fn attribute_files_are_found_by_their_ids() {
        let tar = [plain("x/.gitattributes", b"a"), plain("x/b", &[0; 700_000]), plain("x/b/.gitattributes", b"b")];
        assert_eq!(look(&tar.concat(), &[b"a", b"b", b"c"]), (2, true));
        assert_eq!(look(&tar.concat(), &[b"c"]), (0, true));
        assert_eq!(look(&[plain("x/attributes", b"a"), tar[2].clone()].concat(), &[b"a", b"b"]), (1, true));
    }

    /// Sizes of 2^64 - 1 and the like, with which nothing may be computed.
    #[test]
    fn sizes_beyond_all_bounds() {
        for size in [*b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", [0xff; 12], *b"777777777777", *b"            "] {
            let tar = [entry(b"x/a", &size, b""), plain("x/.gitattributes", b"a")].concat();
            assert!(look(&tar, &[b"a"]).1, "{size:?}");
        }
    }

    proptest! {
        #[test]
        fn any_tar_is_left_whole(
            bytes in prop::collection::vec(any::<u8>(), 0..3000),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        ) {
            // Once in a while, random bytes begin as a gzip file does.
            prop_assume!(Container::recognise(&bytes) == Container::Tar);
            prop_assert!(look(&bytes, &[b"a"]).1);
            let mut tar = [plain("x/a", &bytes), plain("x/.gitattributes", b"a")].concat();
            for (at, byte) in changes {
                let at = at.index(tar.len());
                tar[at] = byte;
            }
            prop_assume!(Container::recognise(&tar) == Container::Tar);
            prop_assert!(look(&tar, &[b"a"]).1);
        }
    }
}
