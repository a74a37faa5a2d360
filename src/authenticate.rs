//! The whole program on one page: from a URL, a tag and a tarball to a verdict.
#![allow(clippy::result_large_err, reason = "a refusal is made once, and it says much")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use foreign::Foreign;
use gix_object::Kind;

use crate::archive::{AcceptedTexts, Archive, Configuration, Filled, Known, Part, Trees};
use crate::git::{self, Commit, Object, ObjectId, Repository, Source, Tag, Wanted};
use crate::limits;
use crate::signature::{self, Conditions, Policy, Trust, VerifiedCommit};
use crate::tarball::{self, Container, Graded, Grading, Match, Outcome, Pinned, Tarball};
use crate::verdict::{ArchiveFact, Authentic, Failure, Held, Refusal, SignedFact};

/// What is to be authenticated, against what.
#[derive(Clone, Debug)]
pub struct Request {
    /// What the signatures of those who are trusted must fulfil.
    pub conditions: Conditions,
    /// The tag or commit that must be signed.
    pub wanted: Wanted,
    /// Where the tag is not signed, its commit must be.
    pub resolve_unsigned_tag: bool,
    /// The repository that has it.
    pub source: Source,
    /// The pinned file.
    pub tarball: PathBuf,
    /// What stands before every path in it (empty, or with a slash at its end); `None` to read it off.
    pub prefix: Option<Vec<u8>>,
    /// What the file must be compressed with; `None` to recognise it.
    pub container: Option<Container>,
    /// The SHA-256 of the file.
    pub pin: Option<[u8; 32]>,
    /// How long the network part may take.
    pub timeout: Duration,
    /// Refuse text in the tarball that signed data does not fully decide.
    pub strict: bool,
    /// Texts in files that are accepted although programs could read something into them.
    pub accepted_texts: AcceptedTexts,
    /// The folder of the repository that the tarball is the archive of, from the root; `None` for all of it.
    pub folder: Option<Vec<u8>>,
    /// What is asked, and accepted, of a tarball that is not the archive.
    pub grading: Grading,
}

impl Request {
    /// A release as most are: any trusted signature is enough, and what the tarball's maker chose is read off it.
    pub fn new(wanted: Wanted, source: Source, tarball: PathBuf) -> Self {
        Request {
            conditions: Conditions::default(),
            wanted,
            resolve_unsigned_tag: false,
            source,
            tarball,
            prefix: None,
            container: None,
            pin: None,
            timeout: limits::NETWORK_DEADLINE,
            strict: false,
            accepted_texts: AcceptedTexts::default(),
            folder: None,
            grading: Grading::default(),
        }
    }
}

/// What is going on, for progress bars.
#[derive(Debug)]
pub enum Progress {
    /// Something is to be known that does not matter for the verdict.
    Warning(Foreign),
    /// Objects are being fetched.
    Fetching(git::Event),
    /// The tarball is being compared.
    Comparing {
        /// Bytes of the file that were read.
        read: u64,
        /// The size of the file.
        of: u64,
    },
}

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
    let tarball = Tarball::open(&request.tarball, request.container, request.pin)?;
    let container = tarball.container();

    let events = |event| progress(Progress::Fetching(event));
    let mut repository = git::open(&request.source, deadline, &events)?;
    let Some(id) = repository.find(&request.wanted)? else { return Err(not_there(&request.wanted, &mut *repository)) };
    let object = repository.read(id, limits::TAG_OR_COMMIT_BYTES)?;
    let verified = match verify(request, object.clone(), &*repository, trust) {
        Ok(verified) => verified,
        Err(failure) => {
            held.archive_of = archive_of_unsigned(request, &mut *repository, object, tarball, &failure, progress);
            return Err(failure);
        }
    };
    held.signed = Some(SignedFact::of(&verified));
    let remarks = remarks(request, &verified)?;
    remarks.iter().for_each(|remark| progress(Progress::Warning(remark.clone())));

    let warnings = [trust.warnings(), &remarks].concat();
    match compare(request, &mut *repository, verified.commit(), verified.signed_names(), tarball, progress) {
        Ok(found) => {
            require_decided(request, &found.holes)?;
            Ok(Authentic::new(&verified, found, container, request.pin, &warnings))
        }
        Err(failure) => {
            let graded = grade(request, &mut *repository, &verified, failure, held, progress)?;
            require_decided(request, &graded.holes)?;
            let container = if graded.is_zip { Container::Zip } else { container };
            Authentic::accepted(&verified, graded, container, request.pin, &warnings).ok_or(Failure::NoBlobs)
        }
    }
}

/// With --strict, signed data decides every text.
fn require_decided(request: &Request, holes: &[Filled]) -> Result<(), Failure> {
    let undecided = holes.iter().find(|hole| request.strict && !hole.decided);
    undecided.map_or(Ok(()), |hole| Err(Failure::Undecided { hole: hole.clone() }))
}

/// After a no: what differs, if that was asked; and whether the caller accepts it.
fn grade(
    request: &Request,
    repository: &mut dyn Repository,
    verified: &VerifiedCommit,
    failure: Failure,
    held: &mut Held,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Graded, Failure> {
    let grading = &request.grading;
    if !grading.is_asked() || !failure.is_worth_another_reading() {
        return Err(failure);
    }
    let commit = verified.commit();
    let part = request.folder.clone().map_or(Part::Whole, Part::Folder);
    let trees = Trees::read_part(repository, commit.tree(), part)?;
    let mut archive = Archive::plan(repository, commit, trees, known(request, verified.signed_names()))?;
    let (path, prefix) = (request.tarball.as_path(), request.prefix.as_deref());
    let file = Pinned { path, container: request.container, pin: request.pin, prefix };
    let of = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    match tarball::grade(&mut archive, file, grading, &mut |read| progress(Progress::Comparing { read, of })) {
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

/// What the signatures and the caller say, which the archive may depend on.
fn known(request: &Request, names: Vec<Vec<u8>>) -> Known {
    Known { signed_tags: names, advertised_tags: None, accepted: request.accepted_texts.clone() }
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

/// The tarball beside what `git archive` writes for the commit, or for a folder of it, in each of the ways in which git can be
/// told so. `names` are tags of the commit that signatures vouch for.
fn compare(
    request: &Request,
    repository: &mut dyn Repository,
    commit: &Commit,
    names: Vec<Vec<u8>>,
    tarball: Tarball,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Match, Failure> {
    let known = known(request, names);
    let Some(folder) = &request.folder else {
        return compare_part(request, repository, commit, Part::Whole, known, tarball, progress);
    };
    let can_be_read_again = tarball.is_rereadable();
    let [first, others @ ..] = Part::of_folder(folder);
    let failure = match compare_part(request, repository, commit, first, known.clone(), tarball, progress) {
        Err(failure) if can_be_read_again && failure.is_worth_another_reading() => failure,
        outcome => return outcome,
    };
    for part in others {
        let tarball = Tarball::open(&request.tarball, request.container, request.pin)?;
        match compare_part(request, repository, commit, part, known.clone(), tarball, progress) {
            Err(other) if other.is_worth_another_reading() => {}
            outcome => return outcome,
        }
    }
    Err(failure)
}

/// The tarball in lock step with one archive.
fn compare_part(
    request: &Request,
    repository: &mut dyn Repository,
    commit: &Commit,
    part: Part,
    known: Known,
    mut tarball: Tarball,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Match, Failure> {
    let trees = Trees::read_part(repository, commit.tree(), part.clone())?;
    let shown = tarball.shown(trees.attribute_files());
    repository.prepare(trees.attribute_files(), shown)?;
    let mut archive = Archive::plan(repository, commit, trees, known.clone())?;
    let (can_be_read_again, exports) = (tarball.is_rereadable(), archive.exports());
    let failure = match lock_step(request, &mut archive, tarball, progress) {
        // Not with --strict: the tarball's host, and no signer, chose to leave out the attributes.
        Err(Failure::Tarball(error)) if can_be_read_again && !request.strict && error.may_come_of_exporting_all() => {
            Failure::Tarball(error)
        }
        Err(Failure::Tarball(tarball::Error::OtherCommit { expected, found, .. })) => {
            return Err(other_commit(repository, expected, found).into());
        }
        outcome => return outcome,
    };
    // uscan's gitexport=all makes archives without regard to export-ignore and export-subst. That can be proven as well.
    let trees = Trees::read_part(repository, commit.tree(), part)?;
    let mut whole = Archive::plan_with(repository, commit, trees, known, &Configuration::exporting_all())?;
    if whole.exports() == exports {
        return Err(failure);
    }
    let tarball = Tarball::open(&request.tarball, request.container, request.pin)?;
    let found = lock_step(request, &mut whole, tarball, progress).map_err(|_| failure)?;
    Ok(Match { exports_all: true, ..found })
}

/// With the tags of this repository that lead to the other commit, if it tells them.
fn other_commit(repository: &mut dyn Repository, expected: ObjectId, found: Foreign) -> tarball::Error {
    let id = ObjectId::from_hex(found.as_bytes()).ok();
    let tags = id.and_then(|id| repository.tags_of(id).ok().flatten()).unwrap_or_default();
    let tags = tags.iter().map(|tag| Foreign::from(tag.as_slice())).collect();
    tarball::Error::OtherCommit { expected, found, tags }
}

/// Once, and a second time if the tarball did not show what the repository's own files have to.
fn lock_step(
    request: &Request,
    archive: &mut Archive<'_>,
    tarball: Tarball,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Match, Failure> {
    let compare = |archive: &Archive<'_>, tarball: Tarball| {
        let of = tarball.size();
        tarball::compare(archive, tarball, request.prefix.as_deref(), &mut |read| {
            progress(Progress::Comparing { read, of });
        })
    };
    if !tarball.is_rereadable() {
        archive.prepare_converted()?;
    }
    let mut outcome = compare(archive, tarball)?;
    if outcome == Outcome::NeedsBlobs {
        archive.prepare_converted()?;
        outcome = compare(archive, Tarball::open(&request.tarball, request.container, request.pin)?)?;
    }
    match outcome {
        Outcome::Same(found) => Ok(found),
        Outcome::NeedsBlobs => Err(Failure::NoBlobs),
    }
}

/// The signature does not hold: whether the tarball is the archive of what it stands under nevertheless, for the report. This
/// proves nothing of who wrote it.
fn archive_of_unsigned(
    request: &Request,
    repository: &mut dyn Repository,
    object: Object,
    tarball: Tarball,
    failure: &Failure,
    progress: &(dyn Fn(Progress) + Sync),
) -> Option<ArchiveFact> {
    if !matches!(failure, Failure::Signature { .. }) {
        return None;
    }
    let commit = match object.kind() {
        Kind::Commit => Commit::parse(object).ok()?,
        _ => git::peel(repository, &Tag::parse(object).ok()?).ok()?.1,
    };
    let same = compare(request, repository, &commit, Vec::new(), tarball, progress).is_ok();
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
