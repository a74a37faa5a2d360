//! The pinned file as the stream of bytes that was compressed into it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::Error;
use super::container::Container;
use super::decode::{Decompression, End, Piece};
use crate::foreign::Foreign;
use crate::limits;

/// A tarball that is being read, once, from its first to its last byte.
pub struct Tarball {
    decompression: Decompression,
    pin: Option<[u8; 32]>,
    size: u64,
    is_rereadable: bool,
    position: u64,
    /// A piece of the tar, and how far it was read.
    buffer: Vec<u8>,
    at: usize,
    end: Option<End>,
}

impl Tarball {
    /// Open a file. `container` is an assertion about it; `pin` is its SHA-256.
    ///
    /// # Errors
    /// Where it is not a file that can be read, is empty, or is of another kind.
    pub fn open(path: &Path, container: Option<Container>, pin: Option<[u8; 32]>) -> Result<Self, Error> {
        let unreadable = |why: &str| Error::Unreadable { path: Foreign::path(path), why: Foreign::from(why) };
        let file = File::open(path).map_err(|error| unreadable(&error.to_string()))?;
        let metadata = file.metadata().map_err(|error| unreadable(&error.to_string()))?;
        if metadata.is_dir() {
            return Err(unreadable("it is a directory"));
        }
        if metadata.is_file() && metadata.len() == 0 {
            return Err(unreadable("it is empty"));
        }
        let tarball = Self::from_reader(Box::new(file), metadata.len(), container, pin)?;
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
        pin: Option<[u8; 32]>,
    ) -> Result<Self, Error> {
        let decompression = Decompression::begin(file, container, pin.is_some())?;
        Ok(Tarball {
            decompression,
            pin,
            size,
            is_rereadable: false,
            position: 0,
            buffer: Vec::new(),
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

    /// The next bytes of the tar, in place: at least one and at most `most`, and none only at its end.
    ///
    /// # Errors
    /// Where the file cannot be read or decompressed, or the tar is too large.
    pub fn take(&mut self, most: u64) -> Result<&[u8], Error> {
        if self.at == self.buffer.len() && self.end.is_none() && most > 0 {
            self.at = 0;
            match self.decompression.next(std::mem::take(&mut self.buffer)) {
                Piece::Bytes(bytes) => self.buffer = bytes,
                Piece::End(end) => self.end = Some(end),
                Piece::Failed(error) => return Err(error),
            }
        }
        let left = self.buffer.len() - self.at;
        let length = usize::try_from(most).map_or(left, |most| left.min(most));
        self.position += length as u64;
        if self.position > limits::TAR_BYTES {
            return Err(Error::Limit { what: "the size of the tar" });
        }
        let start = self.at;
        self.at += length;
        Ok(&self.buffer[start..self.at])
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

    /// The tar must end here, and the file with it; then the pin is compared.
    ///
    /// # Errors
    /// Where anything follows, or the checksum is another.
    pub fn finish(mut self) -> Result<(), Error> {
        if !self.take(1)?.is_empty() {
            return Err(Error::TrailingData { place: "after the end of the archive" });
        }
        match self.end {
            Some(End { is_followed: false, digest }) if digest == self.pin => Ok(()),
            Some(End { is_followed: false, .. }) | None => Err(Error::Pin),
            Some(_) => Err(Error::TrailingData { place: "after the compressed archive" }),
        }
    }
}
