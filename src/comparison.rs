//! The tarball beside the commit: is it the archive that git writes for it; and if it is not, how much of the commit it has.
#![allow(clippy::result_large_err, reason = "a refusal is made once, and it says much")]

use std::time::Instant;

use foreign::Foreign;

use crate::archive::{Archive, Configuration, Known, Part, Planned, Trees};
use crate::git::{Commit, Events, ObjectId, Repository};
use crate::request::{Progress, Request};
use crate::submodules::{self, Submodule};
use crate::tarball::{self, Graded, Match, Outcome, Pinned, Tarball};
use crate::verdict::{Failure, Held};

/// A commit, and what is asked about its archive.
pub struct Comparison<'a> {
    request: &'a Request,
    commit: &'a Commit,
    /// What the signatures and the caller say, which the archive may depend on.
    known: Known,
    progress: &'a (dyn Fn(Progress) + Sync),
}

impl<'a> Comparison<'a> {
    /// `names` are tags of the commit that signatures vouch for.
    pub fn new(
        request: &'a Request,
        commit: &'a Commit,
        names: Vec<Vec<u8>>,
        progress: &'a (dyn Fn(Progress) + Sync),
    ) -> Self {
        let known = Known { signed_tags: names, advertised_tags: None, accepted: request.accepted_texts.clone() };
        Comparison { request, commit, known, progress }
    }

    /// The tarball beside what `git archive` writes for the commit, or for a folder of it, in each of the ways in which git can
    /// be told so.
    pub fn compare(&self, repository: &mut dyn Repository, tarball: Tarball) -> Result<Match, Failure> {
        let Some(folder) = &self.request.folder else { return self.part(repository, Part::Whole, tarball) };
        let can_be_read_again = tarball.is_rereadable();
        let [first, others @ ..] = Part::of_folder(folder);
        match self.part(repository, first, tarball) {
            Err(failure) if can_be_read_again && failure.is_worth_another_reading() => {
                self.others(repository, others, failure)
            }
            outcome => outcome,
        }
    }

    fn others<const N: usize>(
        &self,
        repository: &mut dyn Repository,
        parts: [Part; N],
        failure: Failure,
    ) -> Result<Match, Failure> {
        for part in parts {
            match self.part(repository, part, self.open()?) {
                Err(other) if other.is_worth_another_reading() => {}
                outcome => return outcome,
            }
        }
        Err(failure)
    }

    fn open(&self) -> Result<Tarball, Failure> {
        Ok(Tarball::open(&self.request.tarball, self.request.container, &self.request.pins)?)
    }

    /// The tarball in lock step with one archive.
    fn part(&self, repository: &mut dyn Repository, part: Part, mut tarball: Tarball) -> Result<Match, Failure> {
        let trees = Trees::read_part(repository, self.commit.tree(), part.clone())?;
        let shown = tarball.shown(trees.attribute_files());
        repository.prepare(trees.attribute_files(), shown)?;
        let mut archive = Archive::plan(repository, self.commit, trees, self.known.clone())?;
        let (can_be_read_again, exports) = (tarball.is_rereadable(), archive.exports());
        let failure = match self.lock_step(&mut archive, tarball) {
            // Not with --strict: the tarball's host, and no signer, chose to leave out the attributes.
            Err(Failure::Tarball(error))
                if can_be_read_again && !self.request.strict && error.may_come_of_exporting_all() =>
            {
                Failure::Tarball(error)
            }
            Err(Failure::Tarball(tarball::Error::OtherCommit { expected, found, .. })) => {
                return Err(other_commit(repository, expected, found).into());
            }
            outcome => return outcome,
        };
        // uscan's gitexport=all makes archives without regard to export-ignore and export-subst. That can be proven as well.
        let trees = Trees::read_part(repository, self.commit.tree(), part)?;
        let configuration = Configuration::exporting_all();
        let mut whole = Archive::plan_with(repository, self.commit, trees, self.known.clone(), &configuration)?;
        if whole.exports() == exports {
            return Err(failure);
        }
        let found = self.lock_step(&mut whole, self.open()?).map_err(|_| failure)?;
        Ok(Match { exports_all: true, ..found })
    }

    /// Once, and a second time if the tarball did not show what the repository's own files have to.
    fn lock_step(&self, archive: &mut Archive<'_>, tarball: Tarball) -> Result<Match, Failure> {
        let compare = |archive: &Archive<'_>, tarball: Tarball| {
            let of = tarball.size();
            tarball::compare(archive, tarball, self.request.prefix.as_deref(), &mut |read| {
                (self.progress)(Progress::Comparing { read, of });
            })
        };
        if !tarball.is_rereadable() {
            archive.prepare_converted()?;
        }
        let mut outcome = compare(archive, tarball)?;
        if outcome == Outcome::NeedsBlobs {
            archive.prepare_converted()?;
            outcome = compare(archive, self.open()?)?;
        }
        match outcome {
            Outcome::Same(found) => Ok(found),
            Outcome::NeedsBlobs => Err(Failure::NoBlobs),
        }
    }

    /// After a no: the submodules, if their content belongs into the tarball.
    pub fn submodules<'e>(
        &self,
        repository: &mut dyn Repository,
        failure: &Failure,
        deadline: Instant,
        events: Events<'e>,
    ) -> Result<Vec<Submodule<'e>>, Failure> {
        let Request { submodules: asked, source, folder, .. } = self.request;
        let is_file = std::fs::metadata(&self.request.tarball).is_ok_and(|metadata| metadata.is_file());
        if !asked.are_wanted || !failure.is_worth_another_reading() || !is_file {
            return Ok(Vec::new());
        }
        Ok(submodules::fetch(asked, (repository, source, self.commit), folder.as_deref(), deadline, events)?)
    }

    /// The tarball beside the archive and those of the submodules, one behind the other; `None` if it is not that.
    pub fn compare_row(
        &self,
        repository: &mut dyn Repository,
        submodules: &mut [Submodule<'_>],
    ) -> Result<Option<Match>, Failure> {
        if submodules.is_empty() || self.request.folder.is_some() {
            return Ok(None);
        }
        let tarball = self.open()?;
        let (mut own, mut others) = self.plan_all(repository, submodules)?;
        own.prepare_converted()?;
        others.iter_mut().try_for_each(|planned| planned.archive.prepare_converted())?;
        let of = tarball.size();
        let progress = &mut |read| (self.progress)(Progress::Comparing { read, of });
        match tarball::compare_row(&own, &others, tarball, self.request.prefix.as_deref(), progress) {
            Ok(Outcome::Same(found)) => Ok(Some(found)),
            Ok(Outcome::NeedsBlobs) => Err(Failure::NoBlobs),
            Err(error) if error.is_worth_another_reading() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What git writes today for the commit, or for the folder if it is run there, and for each submodule.
    fn plan_all<'r>(
        &'r self,
        repository: &'r mut dyn Repository,
        submodules: &'r mut [Submodule<'_>],
    ) -> Result<(Archive<'r>, Vec<Planned<'r>>), Failure> {
        let part = self.request.folder.clone().map_or(Part::Whole, Part::Folder);
        let trees = Trees::read_part(repository, self.commit.tree(), part)?;
        let own = Archive::plan(repository, self.commit, trees, self.known.clone())?;
        let plan = |Submodule { path, commit, repository, .. }: &'r mut Submodule<'_>| {
            let trees = Trees::read(&**repository, commit.tree())?;
            // No signature of ours names tags of it.
            let known = Known { accepted: self.known.accepted.clone(), ..Known::default() };
            let archive = Archive::plan(&mut **repository, commit, trees, known)?;
            Ok(Planned { folder: [path, &b"/"[..]].concat(), archive })
        };
        Ok((own, submodules.iter_mut().map(plan).collect::<Result<_, Failure>>()?))
    }

    /// After a no: what differs, if that was asked; and whether the caller accepts it.
    pub fn grade(
        &self,
        repository: &mut dyn Repository,
        submodules: &mut [Submodule<'_>],
        failure: Failure,
        held: &mut Held,
    ) -> Result<Graded, Failure> {
        let Request { grading, .. } = self.request;
        if !grading.is_asked() || !failure.is_worth_another_reading() {
            return Err(failure);
        }
        let (mut archive, mut submodules) = self.plan_all(repository, submodules)?;
        let (path, prefix) = (self.request.tarball.as_path(), self.request.prefix.as_deref());
        let file = Pinned { path, container: self.request.container, pins: &self.request.pins, prefix };
        let of = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        let progress = &mut |read| (self.progress)(Progress::Comparing { read, of });
        let graded = tarball::grade(&mut archive, &mut submodules, file, grading, progress).map(|mut graded| {
            graded.begins_as_archive =
                matches!(failure, Failure::Tarball(tarball::Error::Extra { is_behind_all: true, .. }));
            graded
        });
        match graded {
            Ok(graded) if graded.is_accepted() => Ok(graded),
            Ok(graded) => {
                let failure = failure.with_grade(&graded, grading);
                held.graded = Some(graded);
                Err(failure)
            }
            // Nothing unclear is accepted.
            Err(error) if grading.accepts_any() => Err(error.into()),
            Err(error) => {
                held.not_graded = Some(Foreign::said(error));
                Err(failure)
            }
        }
    }
}

/// With the tags of this repository that lead to the other commit, if it tells them.
fn other_commit(repository: &mut dyn Repository, expected: ObjectId, found: Foreign) -> tarball::Error {
    let id = ObjectId::from_hex(found.as_bytes()).ok();
    let tags = id.and_then(|id| repository.tags_of(id).ok().flatten()).unwrap_or_default();
    let tags = tags.iter().map(|tag| Foreign::from(tag.as_slice())).collect();
    tarball::Error::OtherCommit { expected, found, tags }
}
