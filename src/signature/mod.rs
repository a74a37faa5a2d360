//! Who signed it: from a tag object and trusted keyrings to a [`VerifiedTag`].

use crate::foreign::Foreign;
use crate::git::{self, Commit, Repository, Tag, TagName};

mod keyring;
mod openpgp;
mod payload;

pub use keyring::{Keyring, KeyringError};
pub use openpgp::{Policy, Signer};

/// A tag that carries a good signature of a trusted key, and the name that was asked for.
///
/// Only [`verify`] makes one.
#[derive(Clone, Debug)]
pub struct VerifiedTag {
    tag: Tag,
    signers: Vec<Signer>,
}

impl VerifiedTag {
    /// The tag object.
    pub fn tag(&self) -> &Tag {
        &self.tag
    }

    /// Every trusted certificate with a good signature, each once; at least one.
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }

    /// Follow the tag to its commit.
    ///
    /// # Errors
    /// Those of [`git::peel`].
    pub fn peel(&self, repository: &dyn Repository) -> Result<VerifiedCommit, git::Error> {
        let (tags, commit) = git::peel(repository, &self.tag)?;
        Ok(VerifiedCommit { tags, commit })
    }
}

/// The commit that a [`VerifiedTag`] leads to, and the tags on the way.
///
/// Only [`VerifiedTag::peel`] makes one.
#[derive(Clone, Debug)]
pub struct VerifiedCommit {
    tags: Vec<Tag>,
    commit: Commit,
}

impl VerifiedCommit {
    /// The commit.
    pub fn commit(&self) -> &Commit {
        &self.commit
    }

    /// The tags behind the verified one; the signature vouches for them by their ids.
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }
}

/// Check that `tag` is the tag called `name`, and that a certificate of `keyring` signed it.
///
/// # Errors
/// [`Error`], which tells the ways apart in which this can fail.
pub fn verify(tag: Tag, name: &TagName, keyring: &Keyring, policy: &Policy) -> Result<VerifiedTag, Error> {
    if tag.name().as_bytes() != name.short().as_bytes() {
        return Err(Error::OtherName { asked: Foreign::from(name.short()), found: tag.name().clone() });
    }
    let signed = payload::split(&tag)?;
    let signers = openpgp::verify(&signed, keyring, policy)?;
    // Stricter than git. It comes last, since a stranger's signature is the better reason to refuse a tag.
    if signed.has_text_after {
        return Err(Error::TextAfterSignature);
    }
    Ok(VerifiedTag { tag, signers })
}

/// Why a tag is not believed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error("the tag shown as {asked} is really the tag {found}: somebody serves it under another name")]
    OtherName { asked: Foreign, found: Foreign },
    #[error("the tag is annotated, but not signed")]
    Unsigned,
    #[error("the tag is signed with {kind}, which is not supported yet")]
    OtherKind { kind: &'static str },
    #[error("something other than blank space follows the tag's signature")]
    TextAfterSignature,
    #[error("the tag's signature is damaged: {why}")]
    Damaged { why: Foreign },
    #[error("the tag is signed by a key that is not in the keyring: {issuer}")]
    UnknownSigner { issuer: Foreign },
    #[error("the signature by {signer} is bad: it was not made over this tag")]
    Bad { signer: Foreign },
    #[error("the key {signer} had expired when it signed ({why})")]
    Expired { signer: Foreign, why: Foreign },
    #[error("the key {signer} is not valid at the time of the signature: {why}")]
    NotYetValid { signer: Foreign, why: Foreign },
    #[error("the key {signer} is revoked")]
    Revoked { signer: Foreign },
    #[error("the key {signer} may not be used for signatures: {why}")]
    NotForSigning { signer: Foreign, why: Foreign },
    #[error("the signature by {signer} uses an algorithm that is too weak: {why}")]
    WeakSignature { signer: Foreign, why: Foreign },
    #[error("the key {signer} is held together by signatures that are too weak: {why}")]
    WeakKey { signer: Foreign, why: Foreign },
    #[error("the signature by {signer} is dated outside the time at which it can be valid: {why}")]
    SignatureTime { signer: Foreign, why: Foreign },
    #[error("a limit was reached: {what}")]
    Limit { what: &'static str },
    #[error(
        "the signature by {signer} is over lines of text, and the tag has carriage returns, which such a signature does not see"
    )]
    TextWithCarriageReturns { signer: Foreign },
}

impl Error {
    /// Whether the tag was checked and found wrong; everything else could not be checked.
    pub fn is_verdict(&self) -> bool {
        !matches!(self, Error::Limit { .. } | Error::OtherKind { .. })
    }

    /// What a person can do about it.
    pub fn help(&self) -> &'static str {
        use Error::*;
        match self {
            OtherName { .. } => {
                "Do not build from it: this is how an old release is passed off as a new one. Tell the maintainer."
            }
            Unsigned => "Ask the maintainer for a signed tag (`git tag -s`).",
            OtherKind { .. } => "Ask the maintainer for a tag signed with OpenPGP.",
            TextAfterSignature | Bad { .. } => {
                "Do not build from it: the tag was changed after it was signed. Compare with another mirror."
            }
            TextWithCarriageReturns { .. } => "Ask the maintainer for a tag made with `git tag -s`.",
            Damaged { .. } => "Do not trust this tag; compare with another mirror.",
            UnknownSigner { .. } => {
                "Find out whether this is a key of the maintainer's; if so, add its certificate with --keyring."
            }
            Expired { .. } => "Get a current copy of the certificate; if it still says so, ask for a new tag.",
            NotYetValid { .. } | SignatureTime { .. } => {
                "Check this machine's clock and get a current copy of the certificate; if it still says so, ask for a new tag."
            }
            Revoked { .. } => "Do not trust this tag. Ask the maintainer for one that is signed with a good key.",
            NotForSigning { .. } => "Ask the maintainer for a tag signed with a signing key.",
            WeakSignature { .. } => "Ask the maintainer for a tag signed with SHA-256 or better.",
            WeakKey { .. } => {
                "Get a current copy of the certificate, or ask the maintainer to renew it. \
                 If its weakness did not matter on the day of the signature, see --policy-as-of."
            }
            Limit { .. } => "Do not trust this tag; compare with another mirror.",
        }
    }
}
