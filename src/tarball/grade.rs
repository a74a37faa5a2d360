//! How much of the commit a tarball has, and whether that is enough for the caller.

use foreign::Foreign;
use serde::Serialize;

use super::compare::{LfsFile, SubmoduleFact};
use super::difference::{Cause, Difference, Kind, Surveyed, What};
use super::path_pattern::PathPattern;
use super::preset::Preset;
use crate::archive::Filled;

/// How much of the commit a tarball has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// It is the tar that `git archive` writes, byte for byte.
    SameTar,
    /// It has every file, link and executable bit of the commit's archive, and nothing else but what export-ignore leaves out.
    SameFiles,
    /// It has all of that, and more.
    Added,
    /// Something of the commit's archive is missing or is another.
    Changed,
}

impl std::fmt::Display for Grade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Grade::SameTar => "same-tar",
            Grade::SameFiles => "same-files",
            Grade::Added => "added",
            Grade::Changed => "changed",
        })
    }
}

/// What is asked about a tarball that is not the archive.
#[derive(Clone, Debug, Default)]
pub struct Grading {
    /// List every difference.
    pub explain: bool,
    /// Show changed texts line by line.
    pub diff: bool,
    /// A tarball with the same files is good enough.
    pub same_files: bool,
    /// Files that export-ignore leaves out may be there.
    pub with_ignored: bool,
    /// Paths that may be there beside the commit's,
    pub added: Vec<PathPattern>,
    /// may be others,
    pub changed: Vec<PathPattern>,
    /// or may be missing.
    pub missing: Vec<PathPattern>,
    /// What a packaging tool does.
    pub preset: Option<Preset>,
    /// How many components stand before every path; `None` to read the prefix off.
    pub strip: Option<usize>,
    /// The content of submodules belongs into the tarball.
    pub submodules: bool,
}

impl Grading {
    /// Whether a grade is asked for at all.
    pub fn is_asked(&self) -> bool {
        self.explain || self.diff || self.submodules || self.accepts_any()
    }

    /// Whether anything but the archive can be accepted.
    pub fn accepts_any(&self) -> bool {
        let patterns = [&self.added, &self.changed, &self.missing];
        self.same_files || self.preset.is_some() || patterns.iter().any(|patterns| !patterns.is_empty())
    }

    /// Whether the bytes of a file are needed that is not the commit's; `has_other` tells whether the commit has another one
    /// there.
    pub fn keeps(&self, path: &[u8], has_other: bool) -> bool {
        self.diff && has_other || self.preset.is_some_and(|preset| preset.reads(path))
    }
}

/// A tarball that was read to its end and is not the archive: how much of the commit it has.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Graded {
    /// In one word.
    #[serde(skip)]
    pub grade: Grade,
    /// Whether it is a zip archive.
    #[serde(skip)]
    pub is_zip: bool,
    /// What stands before every path.
    pub prefix: Foreign,
    /// How many entries the tarball has.
    pub entries: usize,
    /// How many files and links are as in the commit's archive.
    pub same: usize,
    /// Of these, files that are as in the repository, where the archive has them converted.
    pub as_in_repository: Vec<Foreign>,
    /// Everything else.
    pub differences: Vec<Difference>,
    /// Differences that the caller does not accept, as places in `differences`.
    #[serde(skip)]
    pub not_accepted: Vec<usize>,
    /// The preset by which some are accepted.
    pub preset: Option<Preset>,
    /// Texts that only the maker of the tarball knew.
    #[serde(skip)]
    pub holes: Vec<Filled>,
    /// Files of Git LFS whose content stands in the place of their pointers.
    #[serde(skip)]
    pub lfs: Vec<LfsFile>,
    /// Whether the tarball begins with all that the archive has, byte for byte, and goes on.
    pub begins_as_archive: bool,
    /// Submodules that it was compared with.
    #[serde(skip)]
    pub submodules: Vec<SubmoduleFact>,
    /// Whether the caller accepts anything but the archive,
    #[serde(skip)]
    is_choosing: bool,
    /// and all of this.
    #[serde(skip)]
    is_accepted: bool,
}

impl Graded {
    /// Grade what was found, and apply what the caller accepts.
    pub fn new(found: Surveyed, submodules: Vec<SubmoduleFact>, grading: &Grading, commit: gix_hash::ObjectId) -> Self {
        let Surveyed { is_zip, prefix, entries, same, as_in_repository, holes, lfs, mut differences } = found;
        let has = |kind| differences.iter().any(|difference| difference.kind == kind);
        let grade = match () {
            () if has(Kind::Changed) || has(Kind::Missing) => Grade::Changed,
            () if has(Kind::Added) => Grade::Added,
            () => Grade::SameFiles,
        };
        let by_preset = grading.preset.map(|preset| preset.accepted(&differences, commit)).unwrap_or_default();
        let is_accepted =
            |(at, difference): (usize, &Difference)| is_accepted(difference, grading) || by_preset.contains(&at);
        let each = differences.iter().enumerate();
        let not_accepted: Vec<usize> = each.filter(|one| !is_accepted(*one)).map(|(at, _)| at).collect();
        let is_accepted = grading.accepts_any() && not_accepted.is_empty();
        differences.iter_mut().for_each(Difference::forget_contents);
        Graded {
            grade,
            is_zip,
            prefix,
            entries,
            same,
            as_in_repository,
            differences,
            not_accepted,
            preset: grading.preset,
            holes,
            lfs,
            begins_as_archive: false,
            submodules,
            is_choosing: grading.accepts_any(),
            is_accepted,
        }
    }

    /// Whether the caller accepts every difference, and more than the archive at all.
    pub fn is_accepted(&self) -> bool {
        self.is_accepted
    }

    /// Whether the caller accepts anything but the archive, so that each difference is accepted or not.
    pub fn is_choosing(&self) -> bool {
        self.is_choosing
    }

    /// How many differences there are of a kind.
    pub fn count(&self, kind: Kind) -> usize {
        self.differences.iter().filter(|difference| difference.kind == kind).count()
    }

    /// Those that the caller does not accept.
    pub fn not_accepted(&self) -> impl Iterator<Item = &Difference> {
        self.not_accepted.iter().filter_map(|at| self.differences.get(*at))
    }

    /// Whether all that is not accepted may be right in a way that cannot be checked here.
    pub fn is_doubtful(&self) -> bool {
        !self.not_accepted.is_empty() && self.not_accepted().all(|difference| difference.cause.is_doubt())
    }
}

/// Whether the options name this difference. What lies beside the prefix is never accepted: no pattern is for it.
fn is_accepted(difference: &Difference, grading: &Grading) -> bool {
    let any = |patterns: &[PathPattern]| patterns.iter().any(|pattern| pattern.matches(difference.path.as_bytes()));
    match difference.kind {
        _ if difference.cause == Cause::OutsidePrefix => false,
        Kind::Missing => any(&grading.missing),
        // A pattern names a file, and not what becomes of it.
        Kind::Changed => any(&grading.changed) && !has_become_link(difference) && is_tame(difference),
        Kind::Added => any(&grading.added) && is_tame(difference),
        Kind::Ignored => grading.with_ignored || any(&grading.added),
    }
}

/// No bits that make a program somebody else's, and no link that leads out of the folder.
fn is_tame(difference: &Difference) -> bool {
    difference.found.as_ref().is_none_or(|found| {
        let leads_out = |target: &Foreign| {
            let target = target.as_bytes();
            target.starts_with(b"/") || target.split(|byte| *byte == b'/').any(|part| part == b"..")
        };
        found.mode.is_none_or(|mode| mode & 0o7000 == 0) && !found.target.as_ref().is_some_and(leads_out)
    })
}

/// What was a file must not lead elsewhere. (A file in the place of a link is what zip archives have that know no links.)
fn has_become_link(difference: &Difference) -> bool {
    difference.cause == Cause::OtherKind && difference.found.as_ref().is_some_and(|found| found.what == What::Link)
}
