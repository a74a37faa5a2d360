//! Where sets are, and what is in them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use foreign::{Foreign, read_limited};

use super::failure::Failure;
use crate::limits;
use crate::{Block, Policy, PublicKey};

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
    without_suffix(set, ".minisigs")
}

fn without_suffix(set: &Path, suffix: &str) -> Option<PathBuf> {
    (set.extension()? == suffix.trim_start_matches('.')).then(|| set.with_extension(""))
}

/// The bytes of a file of signatures. A pipe is read as well; a device never ends.
pub fn text(path: &Path) -> Result<Vec<u8>, Failure> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        let kind = std::fs::metadata(path).map(|metadata| metadata.file_type());
        if kind.is_ok_and(|kind| kind.is_char_device() || kind.is_block_device()) {
            let what = format!("{} is a device, and not a file", Foreign::path(path));
            return Err(Failure::unchecked("file-not-regular", what, "Name a file of signatures."));
        }
    }
    Ok(read_limited(path, limits::SET_BYTES)?)
}

/// The blocks of a file.
pub fn read(path: &Path) -> Result<Vec<Block>, Failure> {
    Block::parse_all(&text(path)?).map_err(|error| Failure::within(path, &error))
}

/// The blocks for a file to be verified: of the set that is named, of `FILE.minisigs`, or of `FILE.minisig`.
pub fn read_for(file: &Path, named: Option<&Path>) -> Result<Vec<Block>, Failure> {
    if let Some(path) = named {
        return read(path);
    }
    // The set was named as if it were the file.
    let signed = [".minisigs", ".minisig"].iter().find_map(|suffix| without_suffix(file, suffix));
    let (set, single) = (set_of(file), single_of(file));
    if set.exists() {
        return read(&set);
    }
    if single.exists() {
        return read(&single);
    }
    if let Some(signed) = signed {
        let what = format!("{} is a file of signatures, and not the file that is signed", Foreign::path(file));
        let help = format!("Name the signed file: {} (and these signatures with -x).", Foreign::path(&signed));
        return Err(Failure::usage(what, help));
    }
    if !file.exists() {
        let what = format!("{} cannot be read: there is no such file", Foreign::path(file));
        return Err(Failure::unchecked("file-unreadable", what, "Check the file's name."));
    }
    let what = format!(
        "{} has no signatures: {} cannot be read, and neither can {}",
        Foreign::path(file),
        Foreign::path(&set),
        Foreign::path(&single)
    );
    let help = "Get FILE.minisigs, or the FILE.minisig of today's minisign, from where the file is from; -x names another place.";
    Err(Failure::unchecked("no-signatures", what, help))
}

/// A policy file.
pub fn policy(path: &Path) -> Result<Policy, Failure> {
    let text = read_limited(path, limits::POLICY_BYTES)?;
    Policy::parse(&text).map_err(|error| {
        if PublicKey::parse_file(&text).is_ok() {
            let what = format!("{} is a public key, and not a policy", Foreign::path(path));
            let help = "Use -p for a key, or write a policy: a line such as `publisher NAME KEY`, and `quorum NAME`.";
            return Failure::unchecked("policy-is-a-key", what, help);
        }
        Failure::within(path, &error)
    })
}
