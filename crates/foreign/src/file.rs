//! Reading a whole file that must not be larger than it should be.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use crate::Foreign;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system's reason.
    #[error("{path} cannot be read: {error}")]
    Read {
        /// As it was given.
        path: Foreign,
        /// What the system says.
        error: std::io::Error,
    },
    /// It is a folder, a pipe or a device.
    #[error("{path} is not a file")]
    NotAFile {
        /// As it was given.
        path: Foreign,
    },
    /// It is too large.
    #[error("{path} is larger than {limit} bytes")]
    TooLarge {
        /// As it was given.
        path: Foreign,
        /// What was allowed, in bytes.
        limit: u64,
    },
}

impl ReadError {
    /// Whether there simply is no such file.
    pub fn is_not_found(&self) -> bool {
        matches!(self, ReadError::Read { error, .. } if error.kind() == ErrorKind::NotFound)
    }

    /// What a person can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            ReadError::Read { .. } => "Check the file's name and its permissions.",
            ReadError::NotAFile { .. } | ReadError::TooLarge { .. } => "Check whether this is the right file.",
        }
    }
}

/// A whole file of at most `limit` bytes. A pipe without a name is read as well: shells give one for `<(command)`.
///
/// # Errors
/// [`ReadError`]: a larger file is an error, and never a part of a file.
pub fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let wrong = |error| ReadError::Read { path: Foreign::path(path), error };
    if is_named_pipe(path) {
        return Err(ReadError::NotAFile { path: Foreign::path(path) });
    }
    let file = File::open(path).map_err(wrong)?;
    if file.metadata().map_err(wrong)?.is_dir() {
        return Err(ReadError::NotAFile { path: Foreign::path(path) });
    }
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(wrong)?;
    if bytes.len() as u64 > limit {
        return Err(ReadError::TooLarge { path: Foreign::path(path), limit });
    }
    Ok(bytes)
}

/// Whether this would wait for somebody who opens the other end, perhaps for ever. What shells give for `<(command)` has its
/// other end already, and no name that leads to it.
fn is_named_pipe(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        path.canonicalize().and_then(std::fs::metadata).is_ok_and(|metadata| metadata.file_type().is_fifo())
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::{ReadError, read_limited};

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"12345").unwrap();
        assert_eq!(read_limited(&path, 5).unwrap(), b"12345");
        assert!(matches!(read_limited(&path, 4), Err(ReadError::TooLarge { limit: 4, .. })));
        assert!(matches!(read_limited(folder.path(), 5), Err(ReadError::NotAFile { .. })));
        assert!(read_limited(&folder.path().join("none"), 5).unwrap_err().is_not_found());
    }
}
