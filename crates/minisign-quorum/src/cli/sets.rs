//! Where sets are, and what is in them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use foreign::read_limited;

use super::failure::Failure;
use crate::limits;
use crate::{Block, Policy};

/// `FILE.minisigs`
pub fn set_of(file: &Path) -> PathBuf {
    with_suffix(file, ".minisigs")
}

/// `FILE.minisig`
pub fn single_of(file: &Path) -> PathBuf {
    with_suffix(file, ".minisig")
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(suffix);
    PathBuf::from(name)
}

/// `FILE` of `FILE.minisigs`
pub fn file_of(set: &Path) -> Option<PathBuf> {
    let name = set.file_name()?.to_str()?.strip_suffix(".minisigs").filter(|name| !name.is_empty())?;
    Some(set.with_file_name(name))
}

/// The blocks of a file.
pub fn read(path: &Path) -> Result<Vec<Block>, Failure> {
    let text = read_limited(path, limits::SET_BYTES)?;
    Block::parse_all(&text).map_err(|error| Failure::block(path, &error))
}

/// The blocks for a file to be verified: of the set that is named, of `FILE.minisigs`, or of `FILE.minisig`.
pub fn read_for(file: &Path, named: Option<&Path>) -> Result<Vec<Block>, Failure> {
    if let Some(path) = named {
        return read(path);
    }
    let set = set_of(file);
    match read_limited(&set, limits::SET_BYTES) {
        Ok(text) => Block::parse_all(&text).map_err(|error| Failure::block(&set, &error)),
        Err(error) if error.is_not_found() && single_of(file).exists() => read(&single_of(file)),
        Err(error) => Err(error.into()),
    }
}

/// A policy file.
pub fn policy(path: &Path) -> Result<Policy, Failure> {
    let text = read_limited(path, limits::POLICY_BYTES)?;
    Policy::parse(&text).map_err(|error| Failure::policy(path, &error))
}
