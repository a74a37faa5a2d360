//! The files of a repository, which somebody else may have made: regular ones, up to a size.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use foreign::Foreign;

use crate::git::error::Error;
use crate::git::error::Why;

/// Why a file is of no use.
pub fn unusable(path: &Path, why: impl Into<Why>) -> Error {
    Error::RepositoryFile { path: Foreign::path(path), why: why.into() }
}

/// Whether the file is there. It must be a regular one of at most `limit` bytes, or a link to one.
///
/// Opening a pipe would wait for a writer, and a device has no end: so this comes before.
pub fn check(path: &Path, limit: u64) -> Result<bool, Error> {
    match path.metadata() {
        Ok(found) if !found.is_file() => Err(unusable(path, "it is not a regular file")),
        Ok(found) if found.len() > limit => Err(unusable(path, format!("it is larger than {limit} bytes"))),
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(unusable(path, Why::said(error))),
    }
}

/// A file that [was checked](check), to be read up to one byte more than the limit.
pub fn open(path: &Path, limit: u64) -> Result<Option<std::io::Take<File>>, Error> {
    if !check(path, limit)? {
        return Ok(None);
    }
    let file = File::open(path).map_err(|error| unusable(path, Why::said(error)))?;
    Ok(Some(file.take(limit.saturating_add(1))))
}

/// The whole file; `None` if there is none.
pub fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    let Some(mut file) = open(path, limit)? else { return Ok(None) };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| unusable(path, Why::said(error)))?;
    // It has grown since it was checked, or does not tell its size (as those below /proc).
    if bytes.len() as u64 > limit {
        return Err(unusable(path, format!("it is larger than {limit} bytes")));
    }
    Ok(Some(bytes))
}

/// A path as a file of the repository has it.
pub fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    #[cfg(unix)]
    let path = Some(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes));
    #[cfg(not(unix))]
    let path = std::str::from_utf8(bytes).ok();
    path.filter(|_| !bytes.is_empty() && !bytes.contains(&0)).map(PathBuf::from)
}
