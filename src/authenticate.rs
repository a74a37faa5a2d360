//! The whole program on one page: from a URL, a tag and a tarball to a verdict.
#![allow(clippy::result_large_err, reason = "a refusal is made once, and it says much")]

use std::time::Instant;

use foreign::Foreign;
use gix_object::Kind;

use crate::archive::Filled;
use crate::comparison::Comparison;
use crate::git::{self, Commit, Object, Repository, Tag, Wanted};
use crate::limits;
use crate::other_commit;
pub use crate::request::{Progress, Request};
use crate::signature::{self, Policy, Trust, VerifiedCommit};
use crate::tarball::{self, Container, Tarball};
use crate::verdict::{ArchiveFact, Authentic, Failure, Held, Refusal, SignedFact};

/// Prove that the tarball is the archive of the commit that the signed tag leads to, or that is signed itself.
///
/// `trust` is read before, and can be shared by many calls. `progress` is told what is going on.
///
/// ```
/// use auth_tarball_from_git::authenticate::{Request, authenticate};
/// use auth_tarball_from_git::git::{Source, TagName, Wanted};
/// use auth_tarball_from_git::signature::{Trust, Trusted};
///
/// let trust = Trust::read(&Trusted { keyrings: vec!["test-repos/hello.pgp".into()], ..Trusted::default() })?;
/// let wanted = Wanted::Tag(TagName::parse("v1.0")?);
/// let request = Request::new(wanted, Source::parse("test-repos/hello.bundle")?, "test-repos/hello-1.0.tar.gz".into());
/// let authentic = authenticate(&request, &trust, &|_| ())?;
/// assert_eq!(authentic.signed.tags[0].name.as_bytes(), b"v1.0");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Refusal`] says whether that was disproven, or could not be checked; and what held nevertheless.
pub fn authenticate(
    request: &Request,
    trust: &Trust,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Authentic, Refusal> {
    let mut held = Held::default();
    prove(request, trust, progress, &mut held).map_err(|why| Refusal { why, held })
}

fn prove(
    request: &Request,
    trust: &Trust,
    progress: &(dyn Fn(Progress) + Sync),
    held: &mut Held,
) -> Result<Authentic, Failure> {
    let deadline = Instant::now() + request.timeout;
    let tarball = Tarball::open(&request.tarball, request.container, &request.pins)?;
    let (container, can_be_read_again) = (tarball.container(), tarball.is_rereadable());

    let events = |event| progress(Progress::Fetching(event));
    let mut repository = git::open(&request.source, limits::PACKS, deadline, &events)?;
    let Some(id) = repository.find(&request.wanted)? else { return Err(not_there(&request.wanted, &mut *repository)) };
    let object = repository.read(id, limits::TAG_OR_COMMIT_BYTES)?;
    let verified = match verify(request, object.clone(), &*repository, trust) {
        Ok(verified) => verified,
        Err(failure) => {
            let commit = commit_behind(object, &*repository);
            let moved = request.pinned.moved(&request.wanted, id, commit.as_ref().map(Commit::id));
            held.archive_of = archive_of_unsigned(request, &mut *repository, commit, tarball, &failure, progress);
            return Err(failure.of_what_moved(moved));
        }
    };
    held.signed = Some(SignedFact::of(&verified));
    if let Some(moved) = request.pinned.moved(&request.wanted, id, Some(verified.commit().id())) {
        return Err(Failure::Moved { moved, unsigned: None });
    }
    let remarks = remarks(request, &verified)?;
    remarks.iter().for_each(|remark| progress(Progress::Warning(remark.clone())));

    let warnings = [trust.warnings(), &remarks].concat();
    let comparison = Comparison::new(request, verified.commit(), verified.signed_names(), progress);
    match comparison.compare(&mut *repository, tarball) {
        Ok(found) => {
            require_decided(request, &found.holes)?;
            if request.submodules.are_wanted && !found.empty_submodules.is_empty() {
                return Err(Failure::WithoutSubmodules { paths: found.empty_submodules });
            }
            Ok(Authentic::new(&verified, found, container, &request.pins, &warnings))
        }
        Err(failure) => {
            let failure = if can_be_read_again { or_not_pinned(request, failure) } else { failure };
            if let Some(id) = failure.other_commit().filter(|_| request.grading.is_asked()) {
                let policy = Policy::new(request.conditions.clone());
                held.other_commit = Some(other_commit::look(&mut *repository, verified.commit(), id, trust, &policy));
            }
            let mut submodules = comparison.submodules(&mut *repository, &failure, deadline, &events)?;
            if let Some(found) = comparison.compare_row(&mut *repository, &mut submodules)? {
                require_decided(request, &found.holes)?;
                return Ok(Authentic::new(&verified, found, container, &request.pins, &warnings));
            }
            let graded = comparison.grade(&mut *repository, &mut submodules, failure, held)?;
            require_decided(request, &graded.holes)?;
            let container = if graded.is_zip { Container::Zip } else { container };
            Authentic::accepted(&verified, graded, container, &request.pins, &warnings).ok_or(Failure::NoBlobs)
        }
    }
}

/// That it is not the pinned file at all is told before what differs in it.
fn or_not_pinned(request: &Request, failure: Failure) -> Failure {
    match (&failure, tarball::check_file(&request.tarball, &request.pins)) {
        (Failure::Tarball(_), Err(not_pinned @ tarball::Error::Pin { .. })) => not_pinned.into(),
        _ => failure,
    }
}

/// With --strict, signed data decides every text.
fn require_decided(request: &Request, holes: &[Filled]) -> Result<(), Failure> {
    let undecided = holes.iter().find(|hole| request.strict && !hole.decided);
    undecided.map_or(Ok(()), |hole| Err(Failure::Undecided { hole: hole.clone() }))
}

/// What is to be said of the signature, although it is good. That the id holds words that nobody signed is a refusal, unless
/// the caller gave that id, or a signed tag did.
fn remarks(request: &Request, verified: &VerifiedCommit) -> Result<Vec<Foreign>, Failure> {
    let what = if verified.is_tag_signed() { request.wanted.clone() } else { Wanted::Commit(verified.commit().id()) };
    let remarks = verified.remarks().iter().map(|remark| Foreign::said(format_args!("the {what} {remark}"))).collect();
    let is_id_given = verified.is_tag_signed() || matches!(request.wanted, Wanted::Commit(_));
    if request.strict || !is_id_given {
        verified.require_covered().map_err(|problem| Failure::Signature { what, problem })?;
    }
    Ok(remarks)
}

/// With names that may have been meant, if the repository tells them.
fn not_there(wanted: &Wanted, repository: &mut dyn Repository) -> Failure {
    let near = match wanted {
        // That it cannot list them changes nothing: the tag is not there.
        Wanted::Tag(name) => repository.near(name).unwrap_or_default(),
        Wanted::Commit(_) => git::Near::default(),
    };
    Failure::NotThere { wanted: wanted.clone(), near }
}

/// What a tag, or a commit itself, leads to, signed or not.
fn commit_behind(object: Object, repository: &dyn Repository) -> Option<Commit> {
    match object.kind() {
        Kind::Commit => Commit::parse(object).ok(),
        _ => Some(git::peel(repository, &Tag::parse(object).ok()?).ok()?.1),
    }
}

/// The signature does not hold: whether the tarball is the archive of what it stands under nevertheless, for the report. This
/// proves nothing of who wrote it.
fn archive_of_unsigned(
    request: &Request,
    repository: &mut dyn Repository,
    commit: Option<Commit>,
    tarball: Tarball,
    failure: &Failure,
    progress: &(dyn Fn(Progress) + Sync),
) -> Option<ArchiveFact> {
    if !matches!(failure, Failure::Signature { .. }) {
        return None;
    }
    let commit = commit?;
    let comparison = Comparison::new(request, &commit, Vec::new(), progress);
    let same = comparison.compare(repository, tarball).is_ok();
    Some(ArchiveFact { commit: commit.id().to_string(), same })
}

/// Who signed it: the tag, or the commit where that was asked for.
fn verify(
    request: &Request,
    object: Object,
    repository: &dyn Repository,
    trust: &Trust,
) -> Result<VerifiedCommit, Failure> {
    let policy = Policy::new(request.conditions.clone());
    let verify_commit = |commit: Commit, tags| {
        let what = Wanted::Commit(commit.id());
        signature::verify_commit(commit, tags, trust, &policy).map_err(|problem| Failure::Signature { what, problem })
    };
    let name = match &request.wanted {
        Wanted::Commit(_) => return verify_commit(Commit::parse(object)?, Vec::new()),
        Wanted::Tag(_) if request.resolve_unsigned_tag && object.kind() == Kind::Commit => {
            return verify_commit(Commit::parse(object)?, Vec::new());
        }
        Wanted::Tag(name) => name,
    };
    let tag = Tag::parse(object).map_err(|error| repository.explain(error, &request.wanted))?;
    match signature::verify_tag(tag.clone(), name, trust, &policy) {
        Ok(verified) => Ok(verified.peel(repository)?),
        Err(signature::Error::Unsigned) if request.resolve_unsigned_tag => {
            let (further, commit) = git::peel(repository, &tag)?;
            verify_commit(commit, std::iter::once(tag).chain(further).collect())
        }
        Err(problem) => Err(Failure::Signature { what: request.wanted.clone(), problem }),
    }
}
