//! `keygen`: two files, or neither.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use foreign::{Foreign, read_limited};

use super::args::Keygen;
use super::failure::Failure;
use super::keys::{DEFAULT_PUBLIC, default_secret, password, secret_key};
use super::streams::Streams;
use crate::replace::{beside, create, folder_of, replace, resolve, sync_folder};
use crate::{Lock, SecretKey, SecretKeyError, limits};

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
    if let Some(path) = in_each_others_way(&public, &secret) {
        let what = format!("{} is the name of a file that is only there while keys are made", Foreign::path(path));
        return Err(Failure::usage(what, "Choose another name."));
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
    // The public key first: it can be made again from the secret one, whichever that is in the end.
    let files = [(&public, public_file.as_bytes(), 0o666), (&secret, secret_file.as_slice(), 0o600)];
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

/// The one whose name is that of a lock or of a half-written file of the other.
fn in_each_others_way<'a>(public: &'a Path, secret: &'a Path) -> Option<&'a Path> {
    let is_of = |path: &Path, other: &Path| {
        let other = resolve(other);
        [".new", ".lock"].iter().any(|suffix| is_same(path, &beside(&other, suffix)))
    };
    [(public, secret), (secret, public)].into_iter().find(|(path, other)| is_of(path, other)).map(|(path, _)| path)
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
    let before = |target: &Path| match read_limited(target, limits::KEY_FILE_BYTES) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_not_found() => Ok(None),
        // What could not be put back is not replaced.
        Err(error) => Err(Failure::from(error)),
    };
    let before = written.iter().map(|(_, target)| before(target)).collect::<Result<Vec<_>, _>>()?;
    for (number, (temporary, target)) in written.iter().enumerate() {
        let Err(error) = place(temporary, target, force) else { continue };
        // Those that were placed give way to what was there.
        for ((_, target), before) in written.iter().zip(&before).take(number) {
            match before {
                Some(before) => drop(replace(target, before)),
                None => drop(std::fs::remove_file(target)),
            }
        }
        return Err(unwritable(target, &error));
    }
    // They are in the folders; that the folders are on the disk is all that may still be missing.
    written.iter().try_for_each(|(_, target)| sync_folder(target).map_err(|error| unwritable(target, &error)))
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

#[cfg(test)]
mod tests {
    use super::place_all;

    /// The first of two keys was in its place, and the second could not be.
    #[test]
    fn both_are_placed_or_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        for name in ["new.pub", "new.key"] {
            std::fs::write(path(name), "new").expect("a file");
        }
        // Nothing takes the place of a folder.
        std::fs::create_dir(path("own.key")).expect("a folder");
        let written = [(path("new.pub"), path("own.pub")), (path("new.key"), path("own.key"))];
        assert!(place_all(&written, true).is_err() && !path("own.pub").exists());
        std::fs::write(path("new.pub"), "new").expect("a file");
        std::fs::write(path("own.pub"), "old").expect("a file");
        assert!(place_all(&written, true).is_err());
        assert_eq!(std::fs::read(path("own.pub")).expect("a file"), b"old");
    }
}
