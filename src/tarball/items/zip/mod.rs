//! Entries of a zip archive, in the one way in which all programs read it.
//!
//! Programs differ in whether they believe the central directory or the headers beside the contents, and in where they look for
//! both. Here the two must say the same, and the file must consist of them and of nothing else: no byte before, between or
//! behind. That is why this is no task for a crate that reads what can be read.

mod directory;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;

use flate2::bufread::DeflateDecoder;
use foreign::Foreign;

use self::directory::{Member, Method};
use super::super::error::Error;
use super::super::pins::{Pin, check};
use super::{Item, ItemKind, Items, path, unclear};
use crate::limits;

/// A zip archive that is being read entry by entry, in the order in which the entries lie in the file.
pub struct ZipItems {
    file: BufReader<File>,
    members: VecDeque<Member>,
    /// The member that was given last, if its content was not read.
    open: Option<Member>,
    position: u64,
    written: u64,
}

impl ZipItems {
    /// Open the file, and read its directory. `pins` are checksums that it must have.
    pub fn open(path: &Path, pins: &[Pin]) -> Result<Self, Error> {
        let unreadable =
            |error: std::io::Error| Error::Unreadable { path: Foreign::path(path), why: Foreign::said(error) };
        let mut file = File::open(path).map_err(unreadable)?;
        check(&mut file, pins)?;
        let members = directory::read(&mut file)?;
        Ok(ZipItems { file: BufReader::new(file), members, open: None, position: 0, written: 0 })
    }

    fn item(&mut self, member: Member) -> Result<Item, Error> {
        let fail = |what| unclear(&member.name, what);
        let path = path::plain(&member.name).map_err(fail)?;
        if path.is_empty() {
            return Err(fail("has no name"));
        }
        let (mode, size) = (member.mode & 0o7777, member.size);
        let kind = match member.mode & 0o170000 {
            0o040000 => ItemKind::Folder,
            0o120000 if size > limits::LINK_TARGET_BYTES as u64 => {
                return Err(Error::Limit { what: "the length of a link target" });
            }
            0o120000 => {
                let mut target = Vec::new();
                self.open = Some(member.clone());
                self.content(&mut |bytes| target.extend_from_slice(bytes))?;
                if target.is_empty() || target.contains(&0) {
                    return Err(fail("has no link target"));
                }
                return Ok(Item { path, kind: ItemKind::Symlink { target } });
            }
            _ => ItemKind::File { mode, size },
        };
        self.open = Some(member);
        Ok(Item { path, kind })
    }
}

impl Items for ZipItems {
    fn next(&mut self) -> Result<Option<Item>, Error> {
        self.content(&mut |_| ())?;
        match self.members.pop_front() {
            Some(member) => self.item(member).map(Some),
            None => Ok(None),
        }
    }

    fn content(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
        let Some(member) = self.open.take() else { return Ok(()) };
        self.written = self.written.saturating_add(member.size);
        if self.written > limits::TAR_BYTES {
            return Err(Error::Limit { what: "the size of what is in the zip archive" });
        }
        self.file.seek(SeekFrom::Start(member.start))?;
        let stored = (&mut self.file).take(member.stored);
        let is_whole = match member.method {
            Method::Stored => is_whole(stored, &member, each)?,
            Method::Deflated => {
                let mut decoder = DeflateDecoder::new(stored);
                is_whole(&mut decoder, &member, each)? && decoder.into_inner().fill_buf()?.is_empty()
            }
        };
        self.position = member.start + member.stored;
        if is_whole { Ok(()) } else { Err(unclear(&member.name, "has other content than its header says")) }
    }

    fn bytes_read(&self) -> u64 {
        self.position
    }

    fn is_zip(&self) -> bool {
        true
    }
}

/// Read to the end; whether these are as many bytes as there should be, with the right checksum.
fn is_whole(mut content: impl Read, member: &Member, each: &mut dyn FnMut(&[u8])) -> Result<bool, Error> {
    let mut crc = flate2::Crc::new();
    let mut buffer = vec![0; 64 << 10];
    let mut size = 0u64;
    loop {
        let length = content.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else { break };
        size += length as u64;
        if size > member.size {
            return Ok(false);
        }
        crc.update(bytes);
        each(bytes);
    }
    Ok(size == member.size && crc.sum() == member.crc)
}
