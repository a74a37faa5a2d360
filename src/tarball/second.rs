//! The second reading: the whole tarball once more, and its grade.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use foreign::Foreign;

use super::container::Container;
use super::difference::{self, Expected, Found, Strip};
use super::error::Error;
use super::grade::{Graded, Grading};
use super::items::{Items, TarItems, ZipItems};
use super::kind::ZIP_MAGIC;
use super::pins::Pin;
use super::stream::Tarball;
use crate::archive::{Archive, Entry};

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

/// Read all of the tarball, a tar or a zip archive, and grade it.
///
/// # Errors
/// Where it cannot be read, could be read in more than one way, or a limit is reached: then there is no grade.
pub fn grade(
    archive: &mut Archive<'_>,
    file: Pinned<'_>,
    grading: &Grading,
    progress: &mut dyn FnMut(u64),
) -> Result<Graded, Error> {
    let is_file = std::fs::metadata(file.path).is_ok_and(|metadata| metadata.is_file());
    if !is_file {
        return Err(Error::OnlyOnce);
    }
    let ignored = archive.export_ignored()?;
    let mut found = read(archive, &ignored, file, grading, progress)?;
    if matches!(found, Found::NeedsBlobs) {
        archive.prepare_converted()?;
        found = read(archive, &ignored, file, grading, progress)?;
    }
    // With all blobs at hand, nothing is left to be asked for.
    let Found::All(mut found) = found else { return Err(Error::ThreadEnded) };
    let reads = |path: &[u8]| grading.preset.is_some_and(|preset| preset.reads(path));
    difference::add_commits(&mut found.differences, archive, grading.diff, &reads)?;
    Ok(Graded::new(found, grading, archive.commit().id()))
}

fn read(
    archive: &Archive<'_>,
    ignored: &[Entry],
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
            Expected { archive, ignored },
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
