//! Files that are replaced as a whole, and stay whose they were.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use blake2::{Blake2b512, Digest as _};

use crate::limits;

/// Who else may do what, as Linux keeps it.
#[cfg(target_os = "linux")]
const ACCESS_LIST: &str = "system.posix_acl_access";

/// Where a name leads, if it is a link or a chain of them; the last need not be there.
pub(crate) fn resolve(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..limits::LINKS {
        let Ok(next) = std::fs::read_link(&path) else { break };
        path = folder_of(&path).join(next);
    }
    path
}

/// A name for what belongs to a file, in its folder: hidden, and not longer than names may be.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    /// Of the 255 that file systems allow.
    const NAME_BYTES: usize = 200;
    let name = path.file_name().unwrap_or_default();
    let mut hidden = std::ffi::OsString::from(".");
    if name.len() <= NAME_BYTES {
        hidden.push(name);
    } else {
        let hash = Blake2b512::digest(name.as_encoded_bytes());
        hidden.push(hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>());
    }
    hidden.push(suffix);
    folder_of(path).join(hidden)
}

/// Write a file so that after a crash of any kind there is the old one or the new one, whole.
///
/// Only one program at a time may do this for one file: what an earlier one left behind is taken away.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = beside(path, ".new");
    let present = std::fs::metadata(path).ok();
    let written = write(&temporary, bytes, present.as_ref(), path).and_then(|()| std::fs::rename(&temporary, path));
    if let Err(error) = written {
        let _ = std::fs::remove_file(&temporary);
        return Err(error);
    }
    sync_folder(path)
}

/// The name is in the folder, which has to reach the disk as well.
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    File::open(folder_of(path))?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// A new file that nobody else has made, with these permissions from the first byte on.
pub(crate) fn create(path: &Path, mode: u32) -> std::io::Result<File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}

fn write(temporary: &Path, bytes: &[u8], present: Option<&Metadata>, path: &Path) -> std::io::Result<()> {
    // A new file is readable as the umask says; one that is replaced is nobody's until it is like the old one.
    let mut file = create(temporary, if present.is_some() { 0o600 } else { 0o666 })?;
    if let Some(present) = present {
        keep_owner(&file, present, path)?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// Owner, group, permissions and access lists: as they were, where the system lets us.
#[cfg(unix)]
fn keep_owner(file: &File, present: &Metadata, path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
    let _ = fchown(file, Some(present.uid()), None);
    let _ = fchown(file, None, Some(present.gid()));
    let is_same_group = file.metadata()?.gid() == present.gid();
    let mut mode = present.permissions().mode() & 0o777;
    if !is_same_group {
        // Another group gets no more than everybody.
        mode = mode & 0o707 | (mode & 0o7) << 3;
    }
    #[cfg(target_os = "linux")]
    let list = access_list(file, path);
    #[cfg(not(target_os = "linux"))]
    let _ = path;
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    #[cfg(target_os = "linux")]
    if let Some(list) = list.filter(|_| is_same_group) {
        let _ = rustix::fs::fsetxattr(file, ACCESS_LIST, &list, rustix::fs::XattrFlags::empty());
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_owner(file: &File, present: &Metadata, _path: &Path) -> std::io::Result<()> {
    file.set_permissions(present.permissions())
}

/// The old file's; the new one has none, not even the folder's. Many file systems know no such lists.
#[cfg(target_os = "linux")]
fn access_list(file: &File, path: &Path) -> Option<Vec<u8>> {
    let _ = rustix::fs::fremovexattr(file, ACCESS_LIST);
    let mut list = [0; 4096];
    let length = rustix::fs::getxattr(path, ACCESS_LIST, &mut list).ok()?;
    list.get(..length).map(<[u8]>::to_vec)
}

pub(crate) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}
