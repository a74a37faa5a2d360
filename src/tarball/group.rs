//! What the tarball has where an entry's header should be: a header, with its pax header before it.

use gix_object::bstr::ByteSlice;

use super::error::Error;
use super::stream::Tarball;
use crate::archive::header::{self, RECORD};
use crate::limits;

/// The records of one entry's header, as they are in the tarball.
pub struct Group {
    /// All of them.
    pub bytes: Vec<u8>,
    /// The last one: the entry's own header.
    block: [u8; RECORD],
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Group {
    /// Read the next header; `None` at the very end of the stream. One that is too long to be read is
    /// [`Error::LongHeader`].
    pub fn read(tarball: &mut Tarball) -> Result<Option<Self>, Error> {
        let mut block = [0; RECORD];
        if !read_block(tarball, &mut block)? {
            return Ok(None);
        }
        let mut group = Group { bytes: block.to_vec(), block, path: None, target: None, size: None };
        if block[156] == b'x' {
            group.read_records(tarball)?;
            if !read_block(tarball, &mut group.block)? {
                return Err(Error::Truncated);
            }
            group.bytes.extend_from_slice(&group.block);
        }
        Ok(Some(group))
    }

    fn read_records(&mut self, tarball: &mut Tarball) -> Result<(), Error> {
        let length = self.header().entry_size().unwrap_or_default();
        if length > limits::PAX_BYTES as u64 {
            return Err(Error::LongHeader);
        }
        let mut records = vec![0; length as usize + header::padding(length)];
        if tarball.fill(&mut records)? < records.len() {
            return Err(Error::Truncated);
        }
        self.bytes.extend_from_slice(&records);
        // What cannot be read here differs from what is expected, and is found then.
        let mut rest = &records[..length as usize];
        while let Some((key, value, after)) = take_record(rest) {
            match key {
                b"path" => self.path = Some(value.to_vec()),
                b"linkpath" => self.target = Some(value.to_vec()),
                b"size" => self.size = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok()),
                _ => {}
            }
            rest = after;
        }
        Ok(())
    }

    /// The entry's own header.
    pub fn header(&self) -> &tar::Header {
        tar::Header::from_byte_slice(&self.block)
    }

    /// Whether there is nothing: the archive's end.
    pub fn is_end(&self) -> bool {
        self.bytes.iter().all(|byte| *byte == 0)
    }

    /// The whole path.
    pub fn path(&self) -> Vec<u8> {
        self.path.clone().unwrap_or_else(|| self.header().path_bytes().into_owned())
    }

    /// Where a link points to.
    pub fn target(&self) -> Vec<u8> {
        let of_header = || {
            let field = &self.block[157..257];
            field[..field.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)].to_vec()
        };
        self.target.clone().unwrap_or_else(of_header)
    }

    /// How many bytes of content it says follow.
    pub fn size(&self) -> u64 {
        self.size.or_else(|| self.header().entry_size().ok()).unwrap_or_default()
    }

    /// The content with its padding, in bytes; none for what is no file.
    pub fn content_bytes(&self) -> u64 {
        let size = if self.header().entry_type().is_file() { self.size() } else { 0 };
        size.saturating_add(header::padding(size) as u64)
    }

    /// The permission bits.
    pub fn mode(&self) -> u32 {
        self.header().mode().unwrap_or_default() & 0o7777
    }
}

/// The first pax record: key, value, and what follows it. (tar's own reader takes a line for a record; paths may hold line
/// feeds.)
fn take_record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (length, _) = records.split_once_str(b" ")?;
    let digits = length.len() + 1;
    let length: usize = std::str::from_utf8(length).ok()?.parse().ok()?;
    // gits before 2.24 sometimes said one too few.
    let length = if records.get(length.checked_sub(1)?) == Some(&b'\n') { length } else { length.checked_add(1)? };
    let (record, rest) = records.split_at_checked(length)?;
    let (key, value) = record.get(digits..)?.strip_suffix(b"\n")?.split_once_str(b"=")?;
    Some((key, value, rest))
}

fn read_block(tarball: &mut Tarball, block: &mut [u8; RECORD]) -> Result<bool, Error> {
    match tarball.fill(block)? {
        RECORD => Ok(true),
        0 => Ok(false),
        _ => Err(Error::Truncated),
    }
}
