//! The file that is signed: its name and its hash, in one pass.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use blake2::{Blake2b512, Digest as _};
use foreign::Foreign;

use super::statement::is_file_name;
use crate::limits;

/// Large enough that the hash is not kept waiting, small enough for the processor's cache.
const CHUNK: usize = 64 << 10;

/// A file, read once.
pub struct Payload {
    name: Vec<u8>,
    digest: [u8; 64],
    /// The file itself, where there are legacy signatures to check.
    whole: Option<Vec<u8>>,
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// It has no name that a statement could have.
    #[error("{} is not the name of a file", .path)]
    Name {
        /// As it was given.
        path: Foreign,
    },
    /// Reading.
    #[error("{} cannot be read: {error}", .path)]
    Read {
        /// As it was given.
        path: Foreign,
        /// The system's reason.
        error: std::io::Error,
    },
    /// Too large to be held in memory, as legacy signatures ask for.
    #[error("{} has a legacy signature and more than the {} bytes that may be held in memory", .path, limits::LEGACY_BYTES)]
    TooLarge {
        /// As it was given.
        path: Foreign,
    },
}

impl PayloadError {
    /// What a person can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            PayloadError::Name { .. } => "Name the file itself.",
            PayloadError::Read { .. } => "Check the file's name and its permissions.",
            PayloadError::TooLarge { .. } => "Ask for a signature of today's kind, over the hash.",
        }
    }
}

impl Payload {
    /// Read a file.
    ///
    /// # Errors
    /// [`PayloadError`]
    pub fn read(path: &Path, with_content: bool) -> Result<Self, PayloadError> {
        let mut tee = Tee::open(path)?;
        if with_content {
            tee.whole = Some(Vec::new());
        }
        let mut chunk = vec![0; CHUNK];
        loop {
            match tee.read(&mut chunk) {
                Ok(0) => return tee.finish(),
                Ok(_) => {}
                Err(error) => return Err(read_error(path, error)),
            }
        }
    }

    /// Its name, without folders.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// BLAKE2b-512: what signatures are over.
    pub(super) fn digest(&self) -> &[u8; 64] {
        &self.digest
    }

    /// The file, if it was kept.
    pub(super) fn whole(&self) -> Option<&[u8]> {
        self.whole.as_deref()
    }
}

/// The name of a path's last part, for [`Payload`] and for statements.
///
/// # Errors
/// Where there is none.
pub fn file_name(path: &Path) -> Result<Vec<u8>, PayloadError> {
    let name = path.file_name().map(|name| name.as_encoded_bytes().to_vec());
    name.filter(|name| is_file_name(name)).ok_or_else(|| PayloadError::Name { path: Foreign::path(path) })
}

fn read_error(path: &Path, error: std::io::Error) -> PayloadError {
    PayloadError::Read { path: Foreign::path(path), error }
}

/// A reader of a file that hashes what goes through: for signing, where the hash is computed elsewhere and checked here.
pub(super) struct Tee<'a> {
    path: &'a Path,
    name: Vec<u8>,
    file: File,
    hash: Blake2b512,
    whole: Option<Vec<u8>>,
    is_too_large: bool,
}

impl<'a> Tee<'a> {
    pub fn open(path: &'a Path) -> Result<Self, PayloadError> {
        let name = file_name(path)?;
        let file = File::open(path).map_err(|error| read_error(path, error))?;
        Ok(Tee { path, name, file, hash: Blake2b512::new(), whole: None, is_too_large: false })
    }

    /// After the last byte.
    pub fn finish(self) -> Result<Payload, PayloadError> {
        if self.is_too_large {
            return Err(PayloadError::TooLarge { path: Foreign::path(self.path) });
        }
        Ok(Payload { name: self.name, digest: self.hash.finalize().into(), whole: self.whole })
    }
}

impl Read for Tee<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        // Whoever reads here may not expect to be interrupted.
        let count = loop {
            match self.file.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        let bytes = buffer.get(..count).unwrap_or_default();
        self.hash.update(bytes);
        if let Some(whole) = &mut self.whole {
            self.is_too_large = self.is_too_large || (whole.len() + count) as u64 > limits::LEGACY_BYTES;
            if !self.is_too_large {
                whole.extend_from_slice(bytes);
            }
        }
        Ok(count)
    }
}
