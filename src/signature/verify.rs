//! From an object and the trusted keys to proof that it is signed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::armor;
use super::error::Error;
use super::openpgp;
use super::payload::{self, Behind, Kind, OtherHash, Signed};
use super::policy::Policy;
use super::remark::Remark;
use super::ssh;
use super::trust::Trust;
use crate::git::{self, Commit, Repository, Tag, TagName};

/// A trusted key that made a good signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// An OpenPGP certificate.
    OpenPgp(openpgp::Signer),
    /// An SSH key, and when the tagger or committer says it signed: SSH signatures have no time of their own.
    Ssh(ssh::Signer, SystemTime),
}

/// A tag that carries a good signature of a trusted key, and the name that was asked for.
///
/// Only [`verify_tag`] makes one.
#[derive(Clone, Debug)]
pub struct VerifiedTag {
    tag: Tag,
    signers: Vec<Signer>,
    remarks: Vec<Remark>,
}

impl VerifiedTag {
    /// Follow the tag to its commit.
    ///
    /// # Errors
    /// Those of [`git::peel`].
    pub fn peel(self, repository: &dyn Repository) -> Result<VerifiedCommit, git::Error> {
        let (further, commit) = git::peel(repository, &self.tag)?;
        let tags = std::iter::once(self.tag).chain(further).collect();
        Ok(VerifiedCommit { tags, is_tag_signed: true, commit, signers: self.signers, remarks: self.remarks })
    }
}

/// A commit that a [`VerifiedTag`] leads to, or that carries a good signature of a trusted key itself.
///
/// Only [`VerifiedTag::peel`] and [`verify_commit`] make one.
#[derive(Clone, Debug)]
pub struct VerifiedCommit {
    tags: Vec<Tag>,
    is_tag_signed: bool,
    commit: Commit,
    signers: Vec<Signer>,
    remarks: Vec<Remark>,
}

impl VerifiedCommit {
    /// The commit.
    pub fn commit(&self) -> &Commit {
        &self.commit
    }

    /// The tags that lead to the commit, the one that was asked for first.
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// Names of the commit's tags that the signature vouches for.
    pub fn signed_names(&self) -> Vec<Vec<u8>> {
        self.tags.iter().filter(|_| self.is_tag_signed).map(|tag| tag.name().as_bytes().to_vec()).collect()
    }

    /// Whether the first tag is what is signed; otherwise the commit is.
    pub fn is_tag_signed(&self) -> bool {
        self.is_tag_signed
    }

    /// Everyone trusted with a good signature, each once; at least one, and as many as were asked for.
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }

    /// What deserves a word about what is signed: the tag, or the commit.
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// Check that nobody but the signer could give what is signed another id.
    ///
    /// The id of a commit is in the archive, and placeholders such as `%H` write it into files. A signed tag names its commit's id,
    /// so that only the tag's own id can be another, by its header for the other hash.
    ///
    /// # Errors
    /// The first of the [`remarks`](Self::remarks) that is about such a part.
    pub fn require_covered(&self) -> Result<(), Error> {
        let is_open = |remark: &&Remark| match remark {
            Remark::OtherHash { .. } => true,
            Remark::Timestamp => !self.is_tag_signed,
            Remark::WeakSelfSignature { .. } => false,
        };
        self.remarks.iter().find(is_open).cloned().map_or(Ok(()), |remark| Err(remark.into()))
    }
}

/// Check that `tag` is the tag called `name`, and that someone in `trust` signed it.
///
/// # Errors
/// [`Error`], which tells the ways apart in which this can fail.
pub fn verify_tag(tag: Tag, name: &TagName, trust: &Trust, policy: &Policy) -> Result<VerifiedTag, Error> {
    if tag.name().as_bytes() != name.short().as_bytes() {
        return Err(Error::OtherName { found: tag.name().clone() });
    }
    let (signers, remarks) = verify(&payload::of_tag(&tag)?, trust, policy)?;
    Ok(VerifiedTag { tag, signers, remarks })
}

/// Check that someone in `trust` signed the commit itself. `tags` are unsigned ones that lead to it.
///
/// # Errors
/// [`Error`], which tells the ways apart in which this can fail.
pub fn verify_commit(commit: Commit, tags: Vec<Tag>, trust: &Trust, policy: &Policy) -> Result<VerifiedCommit, Error> {
    let (signers, remarks) = verify(&payload::of_commit(&commit)?, trust, policy)?;
    Ok(VerifiedCommit { tags, is_tag_signed: false, commit, signers, remarks })
}

fn verify(signed: &Signed<'_>, trust: &Trust, policy: &Policy) -> Result<(Vec<Signer>, Vec<Remark>), Error> {
    let (signers, problem): (Vec<Signer>, _) = match signed.kind {
        Kind::Ssh => (vec![verify_ssh(signed, trust, policy)?], None),
        _ => {
            let (good, problem) = openpgp::verify(signed, &trust.keyring, policy)?;
            (good.into_iter().map(Signer::OpenPgp).collect(), problem)
        }
    };
    if signers.len() < policy.signatures() {
        let (found, wanted) = (signers.len(), policy.signatures());
        return Err(Error::TooFew { found, wanted, other: problem.map(Box::new) });
    }
    // Stricter than git. It comes last, since a stranger's signature is the better reason to refuse.
    if signed.behind == Behind::Text {
        return Err(Error::TextAfterSignature);
    }
    let remarks = remarks(signed, &signers)?;
    Ok((signers, remarks))
}

/// What no signature covers, as far as it is allowed, and what else deserves a word.
fn remarks(signed: &Signed<'_>, signers: &[Signer]) -> Result<Vec<Remark>, Error> {
    let mut remarks = Vec::new();
    if let Some(OtherHash { header, value }) = &signed.other {
        if !is_signature(value) {
            return Err(Error::WordsInHeader { header });
        }
        remarks.push(Remark::OtherHash { header });
    }
    if signed.behind == Behind::Timestamp {
        remarks.push(Remark::Timestamp);
    }
    remarks.extend(signers.iter().filter_map(|signer| match signer {
        Signer::OpenPgp(signer) if signer.is_weakly_bound => {
            Some(Remark::WeakSelfSignature { certificate: signer.certificate.clone() })
        }
        _ => None,
    }));
    Ok(remarks)
}

/// Whether these bytes are a signature block as programs write it. Nobody checks who made it, and of what.
fn is_signature(block: &[u8]) -> bool {
    let of_kind = |(first, last): (&[u8], &[u8])| armor::only_block(block, first, last);
    of_kind(payload::OPENPGP).is_some_and(|binary| openpgp::is_signature(&binary))
        || of_kind(payload::SSH).is_some_and(|binary| ssh::is_signature(&binary))
}

fn verify_ssh(signed: &Signed<'_>, trust: &Trust, policy: &Policy) -> Result<Signer, Error> {
    let date = signed.date.unwrap_or_default();
    let verified = ssh::verify(&signed.payload, &signed.armor, date, &trust.allowed_signers);
    let signer = verified.map_err(|error| match error {
        ssh::Error::UnknownKey { signer } if trust.allowed_signers.is_empty() => Error::NoAllowedSigners { signer },
        error => error.into(),
    })?;
    let signed_at = UNIX_EPOCH + Duration::from_secs(date);
    if !policy.accepts_time(signed_at) {
        return Err(Error::outside_dates(signer.fingerprint, signed_at));
    }
    Ok(Signer::Ssh(signer, signed_at))
}
