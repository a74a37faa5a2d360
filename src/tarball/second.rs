//! The second reading: the whole tarball once more, and its grade.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use foreign::Foreign;

use super::compare::SubmoduleFact;
use super::container::Container;
use super::difference::{self, Expected, Found, Strip};
use super::error::Error;
use super::grade::{Graded, Grading};
use super::items::{Items, TarItems, ZipItems};
use super::kind::ZIP_MAGIC;
use super::pins::Pin;
use super::stream::Tarball;
use crate::archive::{Archive, Entry, Planned};

/// The file, and what is said about it.
#[derive(Clone, Copy, Debug)]
pub struct Pinned<'a> {
    /// Where it is.
    pub path: &'a Path,
    /// What it is compressed with.
    pub container: Option<Container>,
    /// Checksums that it must have.
    pub pins: &'a [Pin],
    /// What stands before every path in it.
    pub prefix: Option<&'a [u8]>,
}

/// Read all of the tarball, a tar or a zip archive, and grade it: beside the archive of the repository itself, and those of its
/// submodules.
///
/// # Errors
/// Where it cannot be read, could be read in more than one way, or a limit is reached: then there is no grade.
pub fn grade<'r>(
    own: &mut Archive<'r>,
    submodules: &mut [Planned<'r>],
    file: Pinned<'_>,
    grading: &Grading,
    progress: &mut dyn FnMut(u64),
) -> Result<Graded, Error> {
    let is_file = std::fs::metadata(file.path).is_ok_and(|metadata| metadata.is_file());
    if !is_file {
        return Err(Error::OnlyOnce);
    }
    let ignored_of = |planned: &Planned<'_>| planned.archive.export_ignored();
    let ignored = (own.export_ignored()?, submodules.iter().map(ignored_of).collect::<Result<Vec<_>, _>>()?);
    let mut found = read(expected(own, submodules, &ignored), file, grading, progress)?;
    if matches!(found, Found::NeedsBlobs) {
        own.prepare_converted()?;
        submodules.iter_mut().try_for_each(|planned| planned.archive.prepare_converted())?;
        found = read(expected(own, submodules, &ignored), file, grading, progress)?;
    }
    // With all blobs at hand, nothing is left to be asked for.
    let Found::All(mut found) = found else { return Err(Error::ThreadEnded) };
    let reads = |path: &[u8]| grading.preset.is_some_and(|preset| preset.reads(path));
    let (commit, facts) = (own.commit().id(), SubmoduleFact::of(submodules));
    let archives = std::iter::once(own).chain(submodules.iter_mut().map(|planned| &mut planned.archive));
    difference::add_commits(&mut found.differences, archives, grading.diff, &reads)?;
    Ok(Graded::new(found, facts, grading, commit))
}

/// The repository itself, and its submodules.
fn expected<'a, 'r>(
    own: &'a Archive<'r>,
    submodules: &'a [Planned<'r>],
    (own_ignored, ignored): &'a (Vec<Entry>, Vec<Vec<Entry>>),
) -> (Expected<'a, 'r>, Vec<Expected<'a, 'r>>) {
    let submodules = submodules.iter().zip(ignored);
    let of_submodule = |(planned, ignored): (&'a Planned<'r>, &'a Vec<Entry>)| Expected {
        folder: &planned.folder,
        archive: &planned.archive,
        ignored,
    };
    (Expected { folder: b"", archive: own, ignored: own_ignored }, submodules.map(of_submodule).collect())
}

fn read<'r>(
    (own, submodules): (Expected<'_, 'r>, Vec<Expected<'_, 'r>>),
    file: Pinned<'_>,
    grading: &Grading,
    progress: &mut dyn FnMut(u64),
) -> Result<Found, Error> {
    let strip = match (grading.strip, file.prefix) {
        (Some(count), _) => Strip::Components(count),
        (None, Some(prefix)) => Strip::Exactly(prefix.to_vec()),
        (None, None) => Strip::ReadOff,
    };
    let mut survey = |items: &mut dyn Items| -> Result<Found, Error> {
        difference::survey(
            items,
            own,
            &submodules,
            strip.clone(),
            &|path, has_other| grading.keeps(path, has_other),
            progress,
        )
    };
    if file.container.is_none() && is_zip(file.path)? {
        let mut items = ZipItems::open(file.path, file.pins)?;
        return survey(&mut items);
    }
    let mut tarball = Tarball::open(file.path, file.container, file.pins)?;
    let found = survey(&mut TarItems::new(&mut tarball))?;
    if matches!(found, Found::All(_)) {
        tarball.finish()?;
    }
    Ok(found)
}

/// Whether the file begins as a zip archive does.
pub fn is_zip(path: &Path) -> Result<bool, Error> {
    let unreadable = |error: std::io::Error| Error::Unreadable { path: Foreign::path(path), why: Foreign::said(error) };
    let mut start = Vec::new();
    File::open(path).and_then(|file| file.take(4).read_to_end(&mut start)).map_err(unreadable)?;
    Ok(start == ZIP_MAGIC)
}
