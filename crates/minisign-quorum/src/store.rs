//! Files that are replaced as a whole, by one program at a time: `docs/quorum.md`, section 3.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use foreign::Foreign;

use crate::limits;

/// Why a file was not read or written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum StoreError {
    #[error("{path} cannot be written: {error}")]
    Write { path: Foreign, error: std::io::Error },
    #[error("another program has been writing in {path} for {} seconds", limits::LOCK_TIME.as_secs())]
    Locked { path: Foreign },
}

impl StoreError {
    /// What a person can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            StoreError::Write { .. } => "Check the folder's permissions and space; what was there before is unchanged.",
            StoreError::Locked { .. } => "Wait for the other program, or end it; what was there before is unchanged.",
        }
    }
}

/// While this lives, no other program of this kind writes in the folder.
///
/// The folder itself is locked: a lock on a file that is about to be replaced would be a lock on the old one, and a lock
/// file beside it would stay behind. The system lets go of the lock with the process, however that ends.
#[derive(Debug)]
pub struct Lock {
    _folder: File,
    target: PathBuf,
}

impl Lock {
    /// For a file that is there, or will be.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn acquire(path: &Path) -> Result<Self, StoreError> {
        // A link stays one: what it leads to is replaced.
        let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let folder = folder_of(&target);
        let wrong = |error| StoreError::Write { path: Foreign::path(path), error };
        let file = File::open(&folder).map_err(wrong)?;
        let deadline = Instant::now() + limits::LOCK_TIME;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _folder: file, target }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(TryLockError::WouldBlock) => return Err(StoreError::Locked { path: Foreign::path(&folder) }),
                Err(TryLockError::Error(error)) => return Err(wrong(error)),
            }
        }
    }

    /// Replace the file that the lock is for.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn write(&self, bytes: &[u8]) -> Result<(), StoreError> {
        write_atomically(&self.target, bytes)
    }
}

/// Write a file so that after a crash of any kind there is the old one or the new one, whole.
///
/// # Errors
/// [`StoreError`]
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    replace(path, bytes).map_err(|error| StoreError::Write { path: Foreign::path(path), error })
}

fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = folder_of(path);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".minisigs-").suffix(".tmp");
    // A new file is readable as the umask says; one that is replaced stays as readable as it was.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut temporary = builder.tempfile_in(&folder)?;
    if let Ok(metadata) = std::fs::metadata(path) {
        temporary.as_file().set_permissions(metadata.permissions())?;
    }
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    // The name is in the folder, which has to reach the disk as well.
    #[cfg(unix)]
    File::open(&folder)?.sync_all()?;
    Ok(())
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}
