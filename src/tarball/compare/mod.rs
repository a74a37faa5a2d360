//! The lock step: the tarball beside the expected archive, byte for byte, in one pass and constant memory.

mod step;

use foreign::Foreign;

use self::step::{End, LockStep};
use super::error::Error;
use super::stream::Tarball;
use crate::archive::{Archive, Entry, Filled, Part, Planned, Pointer};

/// What was read off a tarball that is the archive.
///
/// Only [`compare`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Match {
    /// What stands before every path: empty, or with a slash at its end.
    pub prefix: Foreign,
    /// The permission bits that are missing everywhere.
    pub umask: u32,
    /// What tells that an old git made it.
    pub signs_of_age: Vec<&'static str>,
    /// How many entries there are, the one of the prefix included.
    pub entries: usize,
    /// The tar's size in bytes.
    pub tar_bytes: u64,
    /// Texts that only the forge knew, and what they are.
    pub holes: Vec<Filled>,
    /// Files of Git LFS whose content stands in the place of their pointers.
    pub lfs: Vec<LfsFile>,
    /// Whether `export-ignore` and `export-subst` were off when it was made.
    pub exports_all: bool,
    /// Which part of the commit it is the archive of.
    pub part: Part,
    /// Submodules whose archives follow that of the repository itself.
    pub submodules: Vec<SubmoduleFact>,
    /// Submodules that are empty folders: the paths of all that the archive has.
    pub empty_submodules: Vec<Foreign>,
}

/// A submodule whose content is in the tarball.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct SubmoduleFact {
    /// Its path in the tree.
    pub path: Foreign,
    /// The commit that the signed tree names.
    pub commit: String,
}

impl SubmoduleFact {
    pub(super) fn of(submodules: &[Planned<'_>]) -> Vec<Self> {
        let path = |folder: &[u8]| Foreign::from(folder.strip_suffix(b"/").unwrap_or(folder));
        let fact = |one: &Planned<'_>| SubmoduleFact {
            path: path(&one.folder),
            commit: one.archive.commit().id().to_string(),
        };
        submodules.iter().map(fact).collect()
    }
}

/// A file that is what its pointer names.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct LfsFile {
    /// The path in the tree.
    pub path: Foreign,
    /// The SHA-256 that the signed tree names, in hexadecimal.
    pub sha256: String,
    /// The size in bytes.
    pub bytes: u64,
}

impl LfsFile {
    pub(super) fn new(entry: &Entry, pointer: &Pointer) -> Self {
        let sha256 = faster_hex::hex_string(&pointer.sha256);
        LfsFile { path: Foreign::from(&entry.path), sha256, bytes: pointer.size }
    }
}

/// What a comparison without differences ends in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The tarball is the archive.
    Same(Match),
    /// A file that git converts could not be turned back into its blob. The blobs of all such files are needed
    /// ([`Archive::prepare_converted`]), and then a comparison from the first byte.
    NeedsBlobs,
}

/// Compare a tarball with an archive, from the first to the last byte.
///
/// `prefix` is what the caller says it must be (empty, or with a slash at its end); `None` reads it off the first entry.
/// `progress` is told how many bytes of the file were read.
///
/// # Errors
/// The first difference, or the reason why there was no comparison.
pub fn compare(
    archive: &Archive<'_>,
    tarball: Tarball,
    prefix: Option<&[u8]>,
    progress: &mut dyn FnMut(u64),
) -> Result<Outcome, Error> {
    compare_row(archive, &[], tarball, prefix, progress)
}

/// The same with the archives of submodules behind it, as `tar --concatenate` puts them together: each with its own global
/// header, and the zeros of an end only behind the last one.
///
/// # Errors
/// As [`compare`].
pub fn compare_row(
    archive: &Archive<'_>,
    submodules: &[Planned<'_>],
    tarball: Tarball,
    prefix: Option<&[u8]>,
    progress: &mut dyn FnMut(u64),
) -> Result<Outcome, Error> {
    match same(archive, submodules, tarball, prefix, progress) {
        Ok(found) => Ok(Outcome::Same(found)),
        Err(Stop::NeedsBlobs) => Ok(Outcome::NeedsBlobs),
        Err(Stop::Error(error)) => Err(error),
    }
}

/// What ends a comparison before its time.
enum Stop {
    Error(Error),
    NeedsBlobs,
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Error(error.into())
    }
}

fn same(
    archive: &Archive<'_>,
    submodules: &[Planned<'_>],
    mut tarball: Tarball,
    prefix: Option<&[u8]>,
    progress: &mut dyn FnMut(u64),
) -> Result<Match, Stop> {
    let end = |left: usize| match left {
        0 if submodules.is_empty() => End::OfArchive,
        0 => End::OfRow,
        _ => End::Another,
    };
    let step = LockStep::new(archive, &mut tarball, None, progress);
    let (mut found, mut next) = step.run(prefix, end(submodules.len()))?;
    for (number, Planned { folder, archive }) in (1..).zip(submodules) {
        let prefix = [found.prefix.as_bytes(), folder].concat();
        let step = LockStep::new(archive, &mut tarball, next, progress);
        let (further, ahead) = step.run(Some(&prefix), end(submodules.len() - number))?;
        if further.umask != found.umask {
            return Err(Error::Umask { path: Foreign::from(&prefix) }.into());
        }
        for sign in further.signs_of_age {
            if !found.signs_of_age.contains(&sign) {
                found.signs_of_age.push(sign);
            }
        }
        found.entries += further.entries;
        found.holes.extend(further.holes);
        found.lfs.extend(further.lfs);
        next = ahead;
    }
    if !submodules.is_empty() {
        found.submodules = SubmoduleFact::of(submodules);
        found.empty_submodules = Vec::new();
    }
    found.tar_bytes = tarball.position();
    tarball.finish()?;
    Ok(found)
}
