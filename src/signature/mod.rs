//! Who signed it: from a tag object and trusted keyrings to a [`VerifiedTag`].

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use foreign::Foreign;
use foreign::Time;

use crate::git::{self, Commit, Repository, Tag, TagName};

mod openpgp;
mod payload;
mod policy;
pub mod ssh;
mod trust;

pub use policy::{Conditions, Policy};
pub use trust::{Trust, TrustError, Trusted};

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
}

impl VerifiedTag {
    /// Follow the tag to its commit.
    ///
    /// # Errors
    /// Those of [`git::peel`].
    pub fn peel(self, repository: &dyn Repository) -> Result<VerifiedCommit, git::Error> {
        let (further, commit) = git::peel(repository, &self.tag)?;
        let tags = std::iter::once(self.tag).chain(further).collect();
        Ok(VerifiedCommit { tags, is_tag_signed: true, commit, signers: self.signers })
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
}

/// Check that `tag` is the tag called `name`, and that someone in `trust` signed it.
///
/// # Errors
/// [`Error`], which tells the ways apart in which this can fail.
pub fn verify_tag(tag: Tag, name: &TagName, trust: &Trust, policy: &Policy) -> Result<VerifiedTag, Error> {
    if tag.name().as_bytes() != name.short().as_bytes() {
        return Err(Error::OtherName { found: tag.name().clone() });
    }
    let signers = verify(&payload::of_tag(&tag)?, trust, policy)?;
    Ok(VerifiedTag { tag, signers })
}

/// Check that someone in `trust` signed the commit itself. `tags` are unsigned ones that lead to it.
///
/// # Errors
/// [`Error`], which tells the ways apart in which this can fail.
pub fn verify_commit(commit: Commit, tags: Vec<Tag>, trust: &Trust, policy: &Policy) -> Result<VerifiedCommit, Error> {
    let signers = verify(&payload::of_commit(&commit)?, trust, policy)?;
    Ok(VerifiedCommit { tags, is_tag_signed: false, commit, signers })
}

fn verify(signed: &payload::Signed<'_>, trust: &Trust, policy: &Policy) -> Result<Vec<Signer>, Error> {
    let (signers, problem): (Vec<Signer>, _) = match signed.kind {
        payload::Kind::Ssh => (vec![verify_ssh(signed, trust, policy)?], None),
        _ => {
            let (good, problem) = openpgp::verify(signed, &trust.keyring, policy)?;
            (good.into_iter().map(Signer::OpenPgp).collect(), problem)
        }
    };
    if signers.len() < policy.signatures() {
        let (found, wanted) = (signers.len(), policy.signatures());
        let other = problem.map_or_else(String::new, |problem| format!("; and it {problem}"));
        return Err(Error::TooFew { found, wanted, other });
    }
    // Stricter than git. It comes last, since a stranger's signature is the better reason to refuse.
    if signed.has_text_after { Err(Error::TextAfterSignature) } else { Ok(signers) }
}

fn verify_ssh(signed: &payload::Signed<'_>, trust: &Trust, policy: &Policy) -> Result<Signer, Error> {
    let date = signed.date.unwrap_or_default();
    let signer = ssh::verify(&signed.payload, &signed.armor, date, &trust.allowed_signers)?;
    let signed_at = UNIX_EPOCH + Duration::from_secs(date);
    if !policy.accepts_time(signed_at) {
        return Err(Error::outside_dates(&signer.fingerprint, signed_at));
    }
    Ok(Signer::Ssh(signer, signed_at))
}

/// RFC 3339, in UTC, to the second.
pub fn utc(time: SystemTime) -> String {
    Time(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()).to_string()
}

/// Why a tag or commit is not believed: sentences to go on after its name.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error("is really the tag {found}: somebody serves it under another name")]
    OtherName { found: Foreign },
    #[error("is not signed")]
    Unsigned,
    #[error("is signed with {kind}, which is not supported")]
    OtherKind { kind: &'static str },
    #[error("has something other than blank space after its signature")]
    TextAfterSignature,
    #[error("has a damaged signature: {why}")]
    Damaged { why: Foreign },
    #[error("is signed by a key that is not in the keyring: {issuer}")]
    UnknownSigner { issuer: Foreign },
    #[error(
        "is signed by a key that is not in the keyring: {issuer}; the keyring has another certificate of a person of that \
         mail address, {certificate}"
    )]
    OtherKeyOfPerson { issuer: Foreign, certificate: String },
    #[error("is signed by {certificate}, which is in the keyring and not among the fingerprints that count")]
    NotAmongFingerprints { certificate: String },
    #[error(transparent)]
    Ssh(#[from] ssh::Error),
    #[error("is signed by {found} of the {wanted} that are wanted{other}")]
    TooFew { found: usize, wanted: usize, other: String },
    #[error("is signed by {signer} on {signed_at}, which is outside of --not-before and --not-after")]
    OutsideDates { signer: String, signed_at: String },
    #[error("has a bad signature by {signer}: it was made over something else")]
    Bad { signer: Foreign },
    #[error("is signed by the key {signer}, which had expired by then ({why})")]
    Expired { signer: Foreign, why: Foreign },
    #[error("is signed by the key {signer}, which was not valid at that time: {why}")]
    NotYetValid { signer: Foreign, why: Foreign },
    #[error(
        "is signed by the key {signer}, which had expired by then, in a copy of it that is older than the signature \
         (of {copy}: {why})"
    )]
    StaleCopy { signer: Foreign, copy: String, why: Foreign },
    #[error("is signed by the key {signer}, which is revoked{how}")]
    Revoked { signer: Foreign, how: String },
    #[error("is signed by the key {signer}, which may not be used for signatures: {why}")]
    NotForSigning { signer: Foreign, why: Foreign },
    #[error("has a signature by {signer} with an algorithm that is too weak: {why}")]
    WeakSignature { signer: Foreign, why: Foreign },
    #[error("is signed by the key {signer}, which is held together by signatures that are too weak: {why}")]
    WeakKey { signer: Foreign, why: Foreign },
    #[error("has a signature by {signer} that is dated outside the time at which it can be valid: {why}")]
    SignatureTime { signer: Foreign, why: Foreign },
    #[error("reaches a limit: {what}")]
    Limit { what: &'static str },
    #[error(
        "has a signature by {signer} over lines of text, and carriage returns, which such a signature does not see"
    )]
    TextWithCarriageReturns { signer: Foreign },
}

impl Error {
    fn outside_dates(signer: &str, signed_at: SystemTime) -> Self {
        Error::OutsideDates { signer: signer.to_owned(), signed_at: utc(signed_at) }
    }

    /// Whether it was checked and found wrong; everything else could not be checked.
    pub fn is_verdict(&self) -> bool {
        match self {
            Error::Limit { .. } | Error::OtherKind { .. } => false,
            Error::Ssh(error) => error.is_verdict(),
            _ => true,
        }
    }

    /// What a person can do about it.
    pub fn help(&self) -> &'static str {
        use Error::*;
        match self {
            OtherName { .. } => {
                "Do not build from it: this is how an old release is passed off as a new one. Tell the maintainer."
            }
            Unsigned => {
                "Ask the maintainer for a signed tag (`git tag -s`); where the commit is signed, see --resolve-unsigned-tag."
            }
            OtherKind { .. } => "Ask the maintainer for a signature with OpenPGP or SSH.",
            Ssh(error) => error.help(),
            OtherKeyOfPerson { .. } => {
                "Ask the maintainer, on another way than the one this tag came, whether the key is new; if so, add it with \
                 --keyring. Anybody can write somebody else's name into a tag."
            }
            NotAmongFingerprints { .. } => "If this certificate is to count, add its fingerprint with --fingerprint.",
            TooFew { .. } => "Ask the maintainers for more signatures, or be content with fewer (--signatures).",
            OutsideDates { .. } => "Check whether this is the release that you mean.",
            StaleCopy { .. } => {
                "Get a current copy of the certificate (`gpg --refresh-keys`, or from the maintainer's site); if it still \
                 says so, ask for a new tag."
            }
            TextAfterSignature | Bad { .. } => {
                "Do not build from it: it was changed after it was signed. Compare with another mirror."
            }
            TextWithCarriageReturns { .. } => "Ask the maintainer for a tag made with `git tag -s`.",
            Damaged { .. } => "Do not trust it; compare with another mirror.",
            UnknownSigner { .. } => {
                "Find out whether this is a key of the maintainer's; if so, add its certificate with --keyring."
            }
            Expired { .. } => "Ask the maintainer for a tag that is signed with a key that was valid at the time.",
            NotYetValid { .. } | SignatureTime { .. } => {
                "Check this machine's clock and get a current copy of the certificate; if it still says so, ask for a new tag."
            }
            Revoked { .. } => "Do not trust it. Ask the maintainer for a tag that is signed with a good key.",
            NotForSigning { .. } => "Ask the maintainer for a tag signed with a signing key.",
            WeakSignature { .. } => "Ask the maintainer for a tag signed with SHA-256 or better.",
            WeakKey { .. } => {
                "Get a current copy of the certificate, or ask the maintainer to renew it. --policy-as-of judges as on an \
                 earlier day: who can forge the weak signatures today can then make a key of his own look like this one's."
            }
            Limit { .. } => "Do not trust it; compare with another mirror.",
        }
    }
}
