//! `keygen`: two files, or neither.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use foreign::Foreign;

use super::args::Keygen;
use super::failure::Failure;
use super::keys::{DEFAULT_PUBLIC, default_secret, password, secret_key};
use super::streams::Streams;
use crate::replace::{beside, create, folder_of, resolve, sync_folder};
use crate::{Lock, SecretKey, SecretKeyError};

/// `keygen`
pub fn keygen(request: &Keygen, streams: &mut Streams) -> Result<u8, Failure> {
    if request.only_public {
        writeln!(streams.out, "{}", secret_key(&request.signer)?.public())?;
        return Ok(0);
    }
    let public = request.public.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_PUBLIC));
    let secret = request.signer.secret.clone().map_or_else(default_secret, Ok)?;
    if request.comment.chars().any(char::is_control) || request.comment.len() > 900 {
        return Err(Failure::usage("the comment has control characters, or is too long", "Choose another."));
    }
    if is_same(&public, &secret) {
        let what = format!("{} would hold both keys", Foreign::path(&secret));
        return Err(Failure::usage(what, "Give -s and -p different names."));
    }
    if let Some(path) = [&public, &secret].into_iter().find(|path| !request.force && is_there(path)) {
        let what = format!("{} is there already", Foreign::path(path));
        let help = "Choose another name; --force replaces the key, which nobody can then get back.";
        return Err(Failure::unchecked("key-exists", what, help));
    }
    if let Some(path) =
        [&public, &secret].into_iter().find(|path| std::fs::metadata(path).is_ok_and(|it| !it.is_file()))
    {
        let what = format!("{} is a folder, a pipe or a device, and not a file", Foreign::path(path));
        return Err(Failure::unchecked("file-not-regular", what, "Choose another name."));
    }
    let password = if request.signer.no_password { None } else { Some(password(&request.signer, true)?) };
    let wrong = |error: SecretKeyError| Failure::about("the key", &error);
    let key = SecretKey::generate().map_err(wrong)?;
    let secret_file = key.to_file(password.as_ref(), &request.comment).map_err(wrong)?;
    let id = key.public().id();
    let public_file = format!("untrusted comment: minisign public key {id}\n{}\n", key.public());
    if let Some(folder) = secret.parent().filter(|_| request.signer.secret.is_none()) {
        std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    }
    let files = [(&secret, secret_file.as_slice(), 0o600), (&public, public_file.as_bytes(), 0o666)];
    write_all(&files, request.force)?;
    let [secret, public] = [&secret, &public].map(|path| Foreign::path(path));
    writeln!(streams.err, "secret key: {secret} (keep it secret)\npublic key: {public}")?;
    writeln!(streams.out, "{}", key.public())?;
    Ok(0)
}

fn is_there(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

/// Whether two names lead to one file, which may not be there yet.
fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        let path = resolve(path);
        (folder_of(&path).canonicalize().ok(), path.file_name().map(ToOwned::to_owned))
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let id = |path: &Path| std::fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino())).ok();
        if id(one).is_some_and(|one| id(other) == Some(one)) {
            return true;
        }
    }
    place(one) == place(other)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    let what = format!("{}: {error}", Foreign::path(path));
    Failure::unchecked("file-unwritable", what, "Check the folder's permissions and space; no key was made.")
}

/// Write new files whole, on the disk, before the first takes its place; whatever fails before that leaves nothing behind.
fn write_all(files: &[(&PathBuf, &[u8], u32)], force: bool) -> Result<(), Failure> {
    // Two programs that make keys of the same names do it one after the other, and wait for each other in one order.
    let mut paths: Vec<PathBuf> = files.iter().map(|(path, ..)| resolve(path)).collect();
    paths.sort();
    let _locks = paths.iter().map(|path| Lock::acquire(path)).collect::<Result<Vec<_>, _>>()?;
    let mut written = Vec::new();
    let result = files.iter().try_for_each(|(path, bytes, mode)| {
        let target = resolve(path);
        let temporary = beside(&target, ".new");
        let file = create(&temporary, *mode);
        written.push((temporary, target));
        let whole = file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
        whole.map_err(|error| unwritable(path, &error))
    });
    let result = result.and_then(|()| place_all(&written, force));
    for (temporary, _) in &written {
        let _ = std::fs::remove_file(temporary);
    }
    result
}

fn place_all(written: &[(PathBuf, PathBuf)], force: bool) -> Result<(), Failure> {
    let mut placed: Vec<&Path> = Vec::new();
    for (temporary, target) in written {
        if let Err(error) = place(temporary, target, force) {
            if !force {
                placed.iter().for_each(|path| drop(std::fs::remove_file(path)));
            }
            return Err(unwritable(target, &error));
        }
        placed.push(target);
    }
    // They are in the folders; that the folders are on the disk is all that may still be missing.
    placed.iter().try_for_each(|path| sync_folder(path).map_err(|error| unwritable(path, &error)))
}

fn place(temporary: &Path, target: &Path, force: bool) -> std::io::Result<()> {
    if force {
        return std::fs::rename(temporary, target);
    }
    // A link fails where a name is taken, and so takes nothing away that came in the meantime.
    match std::fs::hard_link(temporary, target) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists && !is_there(target) => {
            // Some file systems have no links.
            std::fs::rename(temporary, target)
        }
        result => result,
    }
}
