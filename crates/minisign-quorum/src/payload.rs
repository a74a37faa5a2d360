//! The file that is signed: its name and its hash, in one pass.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::Path;

use blake2::{Blake2b512, Digest as _};
use foreign::{Foreign, Meaning, Problem};

use crate::limits;
use crate::name::{file_name, is_file_name};

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
    /// It is a folder, a pipe or a device: nobody can read the same bytes from it again.
    #[error("{} is a folder, a pipe or a device, and not a file", .path)]
    NotAFile {
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
    #[error("{} has a legacy signature, and is more than fits into memory or into {} bytes of it", .path, limits::LEGACY_BYTES)]
    TooLarge {
        /// As it was given.
        path: Foreign,
    },
}

impl Problem for PayloadError {
    fn code(&self) -> &'static str {
        match self {
            PayloadError::Name { .. } => "file-name",
            PayloadError::NotAFile { .. } => "file-not-regular",
            PayloadError::Read { .. } => "file-unreadable",
            PayloadError::TooLarge { .. } => "file-too-large-for-legacy",
        }
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotChecked
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            PayloadError::Name { .. } => "Name the file itself.".into(),
            PayloadError::NotAFile { .. } => "Save the bytes to a file first, and name that file.".into(),
            PayloadError::Read { .. } => "Check the file's name and its permissions.".into(),
            PayloadError::TooLarge { .. } => "Ask for a signature of today's kind, which is over the hash.".into(),
        }
    }
}

impl Payload {
    /// Read a file; keep its content as well, if legacy signatures are to be checked.
    ///
    /// # Errors
    /// [`PayloadError`]
    pub fn read(path: &Path, with_content: bool) -> Result<Self, PayloadError> {
        let shown = || Foreign::path(path);
        let name = file_name(path).ok_or_else(|| PayloadError::Name { path: shown() })?;
        let read = |error| PayloadError::Read { path: shown(), error };
        // Opening a pipe waits for its other end: look first. It may be exchanged in between: look again.
        let is_file = std::fs::metadata(path).map_err(read)?.is_file();
        let file = if is_file { Some(open(path).map_err(read)?) } else { None };
        let Some(file) = file.filter(|file| file.metadata().is_ok_and(|metadata| metadata.is_file())) else {
            return Err(PayloadError::NotAFile { path: shown() });
        };
        match Self::hash(name, file, with_content) {
            Ok(Some(payload)) => Ok(payload),
            Ok(None) => Err(PayloadError::TooLarge { path: shown() }),
            Err(error) => Err(read(error)),
        }
    }

    /// Bytes that came in another way, under this name.
    ///
    /// # Errors
    /// Where the name is none, or reading fails.
    pub fn from_reader(name: &[u8], reader: impl Read) -> Result<Self, PayloadError> {
        let shown = || Foreign::from(name);
        if !is_file_name(name) {
            return Err(PayloadError::Name { path: shown() });
        }
        let read = Self::hash(name.to_vec(), reader, false);
        let payload = read.map_err(|error| PayloadError::Read { path: shown(), error })?;
        payload.ok_or_else(|| PayloadError::TooLarge { path: shown() })
    }

    /// Nothing, if the content should be kept and is too large for that.
    fn hash(name: Vec<u8>, mut reader: impl Read, with_content: bool) -> std::io::Result<Option<Self>> {
        let (mut hash, mut whole) = (Blake2b512::new(), with_content.then(Vec::new));
        let mut chunk = vec![0; CHUNK];
        loop {
            let count = match reader.read(&mut chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result?,
            };
            let bytes = chunk.get(..count).unwrap_or_default();
            if bytes.is_empty() {
                return Ok(Some(Payload { name, digest: hash.finalize().into(), whole }));
            }
            hash.update(bytes);
            if let Some(whole) = &mut whole {
                if (whole.len() + count) as u64 > limits::LEGACY_BYTES || whole.try_reserve(count).is_err() {
                    return Ok(None);
                }
                whole.extend_from_slice(bytes);
            }
        }
    }

    /// Its name, without folders.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// BLAKE2b-512: what signatures are over.
    pub(crate) fn digest(&self) -> &[u8; 64] {
        &self.digest
    }

    /// The file, if it was kept.
    pub(crate) fn whole(&self) -> Option<&[u8]> {
        self.whole.as_deref()
    }
}

/// Without waiting, should it have become a pipe.
fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags((rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY).bits().cast_signed());
    }
    options.open(path)
}
