//! Where a repository's parts are: its folder, bare or not, a linked work tree's, and what its configuration says of its form.
//!
//! Nothing of the user's or the machine's configuration counts, and no file that the configuration includes.

use std::path::{Path, PathBuf};

use foreign::Foreign;
use gix_object::bstr::ByteSlice as _;

use super::super::config;
use super::file;
use crate::git::error::Error;
use crate::git::error::Why;
use crate::limits;

/// A repository on this machine.
pub struct Layout {
    /// The folder with `HEAD`.
    pub git_dir: PathBuf,
    /// The folder with `objects` and `refs`: the same, if this is no linked work tree.
    pub common_dir: PathBuf,
    /// What its ids are made with.
    pub hash: gix_hash::Kind,
    /// The URL that it was cloned from, without a password.
    pub remote: Option<Foreign>,
}

impl Layout {
    /// The repository in this very folder, or behind this `.git` file: no search upwards.
    pub fn find(path: &Path) -> Result<Self, Error> {
        let not_one = |why| Error::NotARepository { path: Foreign::path(path), why };
        // A link that leads nowhere is there, and no repository.
        if path.symlink_metadata().is_err() {
            return Err(Error::NoSuchPath { path: Foreign::path(path) });
        }
        let inner = path.join(".git");
        let git_dir = match (path.is_dir(), inner.symlink_metadata().is_ok()) {
            (true, true) if inner.is_dir() => inner,
            (true, true) => linked(&inner)?.ok_or_else(|| not_one("its .git is damaged".into()))?,
            (true, false) => path.to_owned(),
            (false, _) if path.is_file() => {
                linked(path)?.ok_or_else(|| not_one("it is neither a bundle nor a work tree's .git".into()))?
            }
            (false, _) => return Err(not_one("it is neither a folder nor a file".into())),
        };
        let Some(head) = file::read(&git_dir.join("HEAD"), limits::REF_FILE_BYTES)? else {
            return Err(not_one("it has no HEAD".into()));
        };
        if !head.starts_with(b"ref:") && !head.first().is_some_and(u8::is_ascii_hexdigit) {
            return Err(not_one("its HEAD is damaged".into()));
        }
        let common_dir = match file::read(&git_dir.join("commondir"), limits::PATH_FILE_BYTES)? {
            None => git_dir.clone(),
            Some(bytes) => {
                let common = file::path_of(bytes.trim_end_with(|c| matches!(c, '\n' | '\r')));
                git_dir.join(common.ok_or_else(|| not_one("its commondir is damaged".into()))?)
            }
        };
        let mut layout = Layout { git_dir, common_dir, hash: gix_hash::Kind::Sha1, remote: None };
        layout.read_config()?;
        for name in ["objects", "refs"] {
            if !layout.common_dir.join(name).is_dir() {
                return Err(not_one(format!("it has no folder {name}").into()));
            }
        }
        Ok(layout)
    }

    fn read_config(&mut self) -> Result<(), Error> {
        let path = self.common_dir.join("config");
        let Some(bytes) = file::read(&path, limits::CONFIG_BYTES)? else { return Ok(()) };
        let mut problem = None;
        let read = config::each(&bytes, &mut |setting| {
            if let Err(error) = self.apply(setting) {
                problem.get_or_insert(error);
            }
        });
        read.map_err(|line| file::unusable(&path, format!("its line {line} is not understood")))?;
        problem.map_or(Ok(()), Err)
    }

    /// An extension that is not known may change where objects and refs are: git refuses it as well.
    fn apply(&mut self, setting: config::Setting<'_>) -> Result<(), Error> {
        let unsupported = |text: &[&[u8]]| Error::Extension { extension: Foreign::from(&text.concat()) };
        let value = setting.value.unwrap_or_default();
        match (setting.section, setting.subsection, setting.key) {
            (b"core", None, b"repositoryformatversion") if !matches!(value, b"0" | b"1") => {
                return Err(unsupported(&[b"the repository format version ", value]));
            }
            (b"extensions", None, b"objectformat") => {
                self.hash = match value.to_ascii_lowercase().as_slice() {
                    b"sha1" => gix_hash::Kind::Sha1,
                    b"sha256" => gix_hash::Kind::Sha256,
                    _ => return Err(unsupported(&[b"the object format ", value])),
                };
            }
            (b"extensions", None, b"refstorage") => match value.to_ascii_lowercase().as_slice() {
                b"files" => {}
                // Its form may be followed by a place.
                reftable if reftable == b"reftable" || reftable.starts_with(b"reftable:") => {
                    return Err(Error::Reftable);
                }
                _ => return Err(unsupported(&[b"the ref storage ", value])),
            },
            (
                b"extensions",
                None,
                b"noop"
                | b"noop-v1"
                | b"preciousobjects"
                | b"partialclone"
                | b"worktreeconfig"
                | b"compatobjectformat"
                | b"relativeworktrees"
                | b"submodulepathconfig",
            ) => {}
            (b"extensions", None, key) => return Err(unsupported(&[b"the extension ", key])),
            (b"remote", Some(name), b"url") if self.remote.is_none() || name == b"origin" => {
                self.remote = Some(Foreign::from(&without_password(value)));
            }
            _ => {}
        }
        Ok(())
    }
}

/// The folder that a `.git` file names: `gitdir: PATH`.
fn linked(path: &Path) -> Result<Option<PathBuf>, Error> {
    // Larger files are tarballs and the like, and pipes are no files.
    let Some(bytes) = file::read(path, limits::PATH_FILE_BYTES).or_else(|error| match error {
        Error::RepositoryFile { why: Why::Own(_), .. } if path.is_file() => Ok(None),
        error => Err(error),
    })?
    else {
        return Ok(None);
    };
    let name = bytes.strip_prefix(b"gitdir: ").map(|name| name.trim_end_with(|c| matches!(c, '\n' | '\r')));
    Ok(name.and_then(file::path_of).map(|name| path.parent().unwrap_or(Path::new("")).join(name)))
}

/// `https://user:secret@host/path` without what stands before the at sign.
fn without_password(url: &[u8]) -> Vec<u8> {
    let Some((scheme, rest)) = url.split_once_str("://") else { return url.to_owned() };
    let authority = rest.find_byte(b'/').map_or(rest, |end| &rest[..end]);
    match authority.rfind_byte(b'@') {
        Some(at) if scheme != b"ssh" => [scheme, b"://", &rest[at + 1..]].concat(),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn remotes_are_shown_without_passwords() {
        for (url, shown) in [
            ("https://me:s3cr3t@host/x.git", "https://host/x.git"),
            ("https://t0ken@host/a@b", "https://host/a@b"),
            ("ssh://git@host/x", "ssh://git@host/x"),
            ("git@host:x", "git@host:x"),
            ("/srv/x@y", "/srv/x@y"),
        ] {
            assert_eq!(without_password(url.as_bytes()), shown.as_bytes(), "{url}");
        }
    }
}
