//! The tarball is the archive of another commit: what is known of that one, for those who ask.

use foreign::{Foreign, Time};
use serde::Serialize;

use crate::facts::SignerFact;
use crate::git::{Ancestry, Commit, Error, ObjectId, Repository, ancestry};
use crate::limits;
use crate::signature::{self, Policy, Trust};

/// What is known of the commit that the tarball names. The tarball's first bytes name it: whether the tarball is its archive
/// was not checked.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OtherCommit {
    /// Its id.
    pub commit: String,
    /// Where it stands, seen from the signed commit.
    pub ancestry: Option<Ancestry>,
    /// The date of its committer: RFC 3339, in UTC.
    pub committed_at: Option<String>,
    /// Everyone trusted who signed that commit itself.
    pub signers: Vec<SignerFact>,
    /// Why its signature is not good, or that it has none.
    pub unsigned: Option<Foreign>,
    /// Why it is not known.
    pub unknown: Option<Foreign>,
}

/// Look at the commit `id`, if the repository has it or hands it out.
pub fn look(
    repository: &mut dyn Repository,
    signed: &Commit,
    id: ObjectId,
    trust: &Trust,
    policy: &Policy,
) -> OtherCommit {
    let other = OtherCommit { commit: id.to_string(), ..OtherCommit::default() };
    let found = repository
        .prepare_history(&[signed.id(), id])
        .and_then(|()| Commit::parse(repository.read(id, limits::TAG_OR_COMMIT_BYTES)?));
    let commit = match found {
        Ok(commit) => commit,
        Err(error) => return OtherCommit { unknown: Some(said(&error)), ..other },
    };
    let committed_at = Some(Time(commit.committer_time()).to_string());
    let (ancestry, unknown) = match ancestry(&*repository, signed.id(), id) {
        Ok(ancestry) => (Some(ancestry), None),
        Err(error) => (None, Some(said(&error))),
    };
    let (signers, unsigned) = match signature::verify_commit(commit, Vec::new(), trust, policy) {
        Ok(verified) => (verified.signers().iter().map(SignerFact::from).collect(), None),
        Err(problem) => (Vec::new(), Some(Foreign::said(problem))),
    };
    OtherCommit { ancestry, committed_at, signers, unsigned, unknown, ..other }
}

fn said(error: &Error) -> Foreign {
    match error {
        Error::Missing { .. } => Foreign::said("the repository does not have it"),
        error => Foreign::said(error),
    }
}
