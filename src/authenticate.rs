//! The whole program on one page: from a URL, a tag and a tarball to a verdict.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use foreign::Foreign;
use gix_object::Kind;

use crate::archive::{Archive, Trees};
use crate::git::{self, Commit, Object, Repository, Source, Tag, Wanted};
use crate::limits;
use crate::signature::{self, Conditions, Policy, Trust, Trusted, VerifiedCommit};
use crate::tarball::{self, Container, Outcome, Tarball};
use crate::verdict::{Authentic, Failure};

/// What is to be authenticated, against what.
#[derive(Clone, Debug)]
pub struct Request {
    /// Whose signatures count.
    pub trusted: Trusted,
    /// What these must fulfil.
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
}

/// What is going on, for progress bars.
#[derive(Debug)]
pub enum Progress {
    /// Something went wrong that need not matter.
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
/// # Errors
/// [`Failure`] says whether that was disproven, or could not be checked.
pub fn authenticate(request: &Request, progress: Rc<dyn Fn(Progress)>) -> Result<Authentic, Failure> {
    let deadline = Instant::now() + request.timeout;
    let trust = Trust::read(&request.trusted)?;
    trust.warnings().iter().for_each(|warning| progress(Progress::Warning(warning.clone())));
    let mut tarball = Tarball::open(&request.tarball, request.container, request.pin)?;

    let fetching = progress.clone();
    let events = Rc::new(move |event| fetching(Progress::Fetching(event)));
    let mut repository = git::open(&request.source, deadline, events)?;
    let id = repository.find(&request.wanted)?.ok_or_else(|| Failure::NotThere { wanted: request.wanted.clone() })?;
    let object = repository.read(id, limits::TAG_OR_COMMIT_BYTES)?;
    let verified = verify(request, object, &*repository, &trust)?;

    let (commit, names) = (verified.commit(), verified.signed_names());
    let trees = Trees::read(&*repository, commit.tree())?;
    let shown = tarball.shown(trees.attribute_files());
    repository.prepare(trees.attribute_files(), shown)?;
    let mut archive = Archive::plan(&mut *repository, commit, trees, names)?;
    if !tarball.is_rereadable() {
        archive.prepare_converted()?;
    }
    let container = tarball.container();
    let compare = |archive: &Archive<'_>, tarball: Tarball| {
        let of = tarball.size();
        tarball::compare(archive, tarball, request.prefix.as_deref(), &mut |read| {
            progress(Progress::Comparing { read, of });
        })
    };
    let mut outcome = compare(&archive, tarball)?;
    if outcome == Outcome::NeedsBlobs {
        archive.prepare_converted()?;
        outcome = compare(&archive, Tarball::open(&request.tarball, request.container, request.pin)?)?;
    }
    let Outcome::Same(found) = outcome else { return Err(Failure::NoBlobs) };

    if let Some(hole) = found.holes.iter().find(|hole| request.strict && !hole.decided) {
        return Err(Failure::Undecided { hole: hole.clone() });
    }
    Ok(Authentic::new(&verified, found, container, request.pin, trust.warnings()))
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
    let tag = Tag::parse(object)?;
    match signature::verify_tag(tag.clone(), name, trust, &policy) {
        Ok(verified) => Ok(verified.peel(repository)?),
        Err(signature::Error::Unsigned) if request.resolve_unsigned_tag => {
            let (further, commit) = git::peel(repository, &tag)?;
            verify_commit(commit, std::iter::once(tag).chain(further).collect())
        }
        Err(problem) => Err(Failure::Signature { what: request.wanted.clone(), problem }),
    }
}
