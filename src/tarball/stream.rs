//! The pinned file as the stream of bytes that was compressed into it.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use foreign::Foreign;
use gix_hash::ObjectId;

use super::container::Container;
use super::decode::{Buffer, Decompression, End, Piece};
use super::error::Error;
use super::kind::is_tar_header;
use super::pins::{Digests, Pin};
use super::preview;
use crate::archive::header::RECORD;
use crate::git::Object;
use crate::limits;

/// Some bytes of the tar, which can go to another thread.
pub struct Slice {
    buffer: Arc<Buffer>,
    range: Range<usize>,
}

impl Slice {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.range.clone()]
    }

    /// Whether both keep the same buffer from its round.
    pub fn is_in_buffer_of(&self, other: &Slice) -> bool {
        Arc::ptr_eq(&self.buffer, &other.buffer)
    }
}

/// A tarball that is being read, once, from its first to its last byte.
pub struct Tarball {
    decompression: Decompression,
    /// What was looked at before it was its turn.
    ahead: VecDeque<Piece>,
    pins: Vec<Pin>,
    size: u64,
    is_rereadable: bool,
    position: u64,
    /// A piece of the tar, and how far it was read.
    buffer: Option<Arc<Buffer>>,
    at: usize,
    end: Option<End>,
}

impl Tarball {
    /// Open a file. `container` is an assertion about it, and so are `pins`.
    ///
    /// # Errors
    /// Where it is not a file that can be read, is empty, or is of another kind.
    pub fn open(path: &Path, container: Option<Container>, pins: &[Pin]) -> Result<Self, Error> {
        let unreadable = |why: &str| Error::Unreadable { path: Foreign::path(path), why: Foreign::from(why) };
        let file = File::open(path).map_err(|error| unreadable(&error.to_string()))?;
        let metadata = file.metadata().map_err(|error| unreadable(&error.to_string()))?;
        if metadata.is_dir() {
            return Err(unreadable("it is a directory"));
        }
        if metadata.is_file() && metadata.len() == 0 {
            return Err(unreadable("it is empty"));
        }
        let tarball = Self::from_reader(Box::new(file), metadata.len(), container, pins)?;
        Ok(Tarball { is_rereadable: metadata.is_file(), ..tarball })
    }

    /// The same for bytes from anywhere; `size` is for progress bars.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_reader(
        file: Box<dyn Read + Send>,
        size: u64,
        container: Option<Container>,
        pins: &[Pin],
    ) -> Result<Self, Error> {
        let decompression = Decompression::begin(file, container, Digests::of(pins))?;
        Ok(Tarball {
            decompression,
            ahead: VecDeque::new(),
            pins: pins.to_vec(),
            size,
            is_rereadable: false,
            position: 0,
            buffer: None,
            at: 0,
            end: None,
        })
    }

    /// How the tar is wrapped up.
    pub fn container(&self) -> Container {
        self.decompression.container
    }

    /// The file's size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether the file can be opened and read a second time.
    pub fn is_rereadable(&self) -> bool {
        self.is_rereadable
    }

    /// How many bytes of the file were read.
    pub fn bytes_read(&self) -> u64 {
        self.decompression.bytes_read()
    }

    /// How many bytes of the tar were read.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Those of these attribute files that the beginning of the tar shows. Nothing is read off for this: it can still be
    /// compared from its first byte.
    ///
    /// Anyone who feeds a pipe may take his time, while a server waits: there it is none.
    pub fn shown(&mut self, attribute_files: &[ObjectId]) -> Vec<Object> {
        // Only the very beginning is looked at.
        if self.position > 0 || !self.ahead.is_empty() || !self.is_rereadable {
            return Vec::new();
        }
        preview::find(&mut self.decompression, &mut self.ahead, attribute_files)
    }

    /// The next bytes of the tar, in place: at least one and at most `most`, and none only at its end.
    ///
    /// # Errors
    /// Where the file cannot be read or decompressed, or the tar is too large.
    pub fn take(&mut self, most: u64) -> Result<&[u8], Error> {
        let range = self.advance(most)?;
        Ok(self.buffer.as_ref().map_or(&[], |buffer| &buffer[range]))
    }

    /// The same to keep; but what is kept for long is missing in the round of the decompressor's buffers.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn take_shared(&mut self, most: u64) -> Result<Option<Slice>, Error> {
        let range = self.advance(most)?;
        let buffer = self.buffer.clone().filter(|_| !range.is_empty());
        Ok(buffer.map(|buffer| Slice { buffer, range }))
    }

    /// Which part of the buffer is next.
    fn advance(&mut self, most: u64) -> Result<Range<usize>, Error> {
        let is_used_up = self.buffer.as_ref().is_none_or(|buffer| self.at == buffer.len());
        if is_used_up && self.end.is_none() && most > 0 {
            (self.buffer, self.at) = (None, 0);
            match self.ahead.pop_front().unwrap_or_else(|| self.decompression.next()) {
                Piece::Bytes(buffer) => self.buffer = Some(Arc::new(buffer)),
                Piece::End(end) => self.end = Some(end),
                Piece::Failed(error) => return Err(error),
            }
        }
        let left = self.buffer.as_ref().map_or(0, |buffer| buffer.len() - self.at);
        let length = usize::try_from(most).map_or(left, |most| left.min(most));
        self.position += length as u64;
        if self.position > limits::TAR_BYTES {
            return Err(Error::Limit { what: "the size of the tar" });
        }
        let start = self.at;
        self.at += length;
        Ok(start..self.at)
    }

    /// Fill `buf` from the tar; less only at its end.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn fill(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        let mut length = 0;
        while length < buf.len() {
            let bytes = self.take((buf.len() - length) as u64)?;
            if bytes.is_empty() {
                break;
            }
            buf[length..length + bytes.len()].copy_from_slice(bytes);
            length += bytes.len();
        }
        Ok(length)
    }

    /// The tar must end here, and the file with it; then the pins are compared.
    ///
    /// # Errors
    /// Where anything follows, or the checksum is another.
    pub fn finish(mut self) -> Result<(), Error> {
        let mut next = [0; RECORD];
        let length = self.fill(&mut next)?;
        if length > 0 {
            let is_tar = is_tar_header(&next[..length]);
            let place =
                if is_tar { "after the end of the archive: another tar" } else { "after the end of the archive" };
            return Err(Error::TrailingData { place });
        }
        match self.end {
            Some(End { is_followed: false, digested }) => digested.check(&self.pins),
            Some(_) => Err(Error::TrailingData { place: "after the compressed archive" }),
            None => Err(Error::Truncated),
        }
    }
}
