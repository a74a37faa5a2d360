//! One writer at a time: `docs/quorum.md`, section 3.

use std::borrow::Cow;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use foreign::{Foreign, Meaning, Problem};

use crate::limits;
use crate::replace::{beside, replace, resolve};

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum StoreError {
    #[error("{path} cannot be written: {error}")]
    Write { path: Foreign, error: std::io::Error },
    #[error("{path} is a folder, a pipe, a device or a circle of links, and not a file")]
    NotAFile { path: Foreign },
    #[error("another program has been writing {path} for {} seconds", limits::LOCK_TIME.as_secs())]
    Locked { path: Foreign, lock: Foreign },
}

impl Problem for StoreError {
    fn code(&self) -> &'static str {
        match self {
            StoreError::Write { .. } => "file-unwritable",
            StoreError::NotAFile { .. } => "file-not-regular",
            StoreError::Locked { .. } => "set-locked",
        }
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotChecked
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            StoreError::Write { .. } => {
                "Check the folder's permissions and space; what was there before is unchanged.".into()
            }
            StoreError::NotAFile { .. } => "Name a file; what was there before is unchanged.".into(),
            StoreError::Locked { lock, .. } => {
                format!("Wait for the other program, or end it: it holds {lock}. What was there before is unchanged.")
                    .into()
            }
        }
    }
}

/// While this lives, no other program of this kind writes the file.
///
/// The lock is on a file of its own, which only those can open who may write the set: a reader cannot hold it. A lock on
/// the set would be one on the old set as soon as it is replaced. The system lets go of the lock with the process, however
/// that ends; the file goes with this value, or with the next one.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
    target: PathBuf,
}

impl Lock {
    /// For a file that is there, or will be.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn acquire(path: &Path) -> Result<Self, StoreError> {
        // A link stays one: what it leads to is replaced.
        let target = resolve(path);
        // Of a chain of links that does not end, nothing is replaced.
        if std::fs::symlink_metadata(&target).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(StoreError::NotAFile { path: Foreign::path(path) });
        }
        let lock = beside(&target, ".lock");
        let wrong = |error| StoreError::Write { path: Foreign::path(&lock), error };
        let deadline = Instant::now() + limits::LOCK_TIME;
        loop {
            let file = open(&lock, &target).map_err(wrong)?;
            match file.try_lock() {
                Ok(()) if is_still(&file, &lock) => return Ok(Lock { file, path: lock, target }),
                // Its last holder has removed it in between: others lock another file by now.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
                Err(TryLockError::Error(error)) => return Err(wrong(error)),
            }
            if Instant::now() > deadline {
                return Err(StoreError::Locked { path: Foreign::path(path), lock: Foreign::path(&lock) });
            }
        }
    }

    /// What is in the file now, if it is there.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Replace the file that the lock is for. After a crash of any kind there is the old one or the new one, whole.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn write(&self, bytes: &[u8]) -> Result<(), StoreError> {
        replace(&self.target, bytes).map_err(|error| StoreError::Write { path: Foreign::path(&self.target), error })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Under the lock still: nobody else has taken this file for theirs, or they will see that it is gone.
        if is_still(&self.file, &self.path) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Nobody can open it for reading, and only those for writing who may write the set.
#[cfg(unix)]
fn open(lock: &Path, target: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    options.custom_flags((rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed());
    let present = std::fs::metadata(target).ok();
    // The owner may always: a set that nobody may write is replaced all the same.
    let mode = present.as_ref().map_or(0o222, |metadata| metadata.permissions().mode()) & 0o222 | 0o200;
    let file = options.mode(mode).open(lock)?;
    let (Some(present), metadata) = (present, file.metadata()?) else { return Ok(file) };
    // The umask is this user's; the set may be a group's. Only who made the lock can say so, and only of a plain file.
    if metadata.is_file() && metadata.uid() == present.uid() && metadata.gid() != present.gid() {
        let _ = fchown(&file, None, Some(present.gid()));
    }
    let is_same_group = file.metadata()?.gid() == present.gid();
    let mode = if is_same_group { mode } else { mode & 0o202 };
    if metadata.is_file() && metadata.permissions().mode() & 0o777 != mode {
        let _ = file.set_permissions(std::fs::Permissions::from_mode(mode));
    }
    Ok(file)
}

#[cfg(not(unix))]
fn open(lock: &Path, _target: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).open(lock)
}

/// Whether the path still leads to this file.
fn is_still(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let same =
            |one: &std::fs::Metadata, other: &std::fs::Metadata| (one.dev(), one.ino()) == (other.dev(), other.ino());
        matches!((file.metadata(), std::fs::symlink_metadata(path)), (Ok(one), Ok(other)) if same(&one, &other))
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        path.exists()
    }
}
