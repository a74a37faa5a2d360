//! Why an SSH signature is not believed.

use foreign::Foreign;
use foreign::Time;

use super::certificate::CertificateProblem;
use crate::limits;

/// Why an SSH signature is not believed: sentences to go on after the name of the tag or commit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum Error {
    #[error("has a damaged SSH signature: {why}")]
    Damaged { why: &'static str },
    #[error("has an SSH signature that was made for {found} and not for git")]
    OtherNamespace { found: Foreign },
    #[error("has an SSH signature with {what}, which is not supported")]
    Unsupported { what: Foreign },
    #[error(
        "has an SSH signature by an RSA key of {bits} bits, outside {min} to {max}",
        min = limits::SSH_RSA_SMALLEST_BITS,
        max = limits::SSH_RSA_LARGEST_BITS
    )]
    RsaSize { bits: usize },
    #[error("is signed by the SSH key {signer}, which is not among the allowed signers")]
    UnknownKey { signer: String },
    #[error("is signed by the SSH key {signer}, which the allowed signers have as an authority only (line {line})")]
    OnlyAuthority { signer: String, line: usize },
    #[error(
        "is signed by the SSH key {signer} with a certificate by {authority}, \
         which is not an authority among the allowed signers"
    )]
    UnknownAuthority { signer: String, authority: String },
    #[error("is signed by the SSH key {signer}, whose certificate by {authority} does not count: {problem}")]
    Certificate { signer: String, authority: String, problem: CertificateProblem },
    #[error("has a bad signature by the SSH key {signer}: it was made over something else")]
    Bad { signer: String },
    #[error("has a signature by the SSH key {signer} with SHA-1, which is too weak")]
    Sha1 { signer: String },
    #[error("has a signature of the kind {algorithm}, which does not fit the SSH key {signer}")]
    OtherAlgorithm { signer: String, algorithm: Foreign },
    #[error("is signed at {signed_at} by the SSH key {signer}, which is not valid before {from} (line {line})")]
    NotYetValid { signer: String, signed_at: Time, from: Time, line: usize },
    #[error("is signed at {signed_at} by the SSH key {signer}, which is not valid after {until} (line {line})")]
    NoLongerValid { signer: String, signed_at: Time, until: Time, line: usize },
    #[error("is signed by the SSH key {signer}, which may sign for {namespaces} and not for git (line {line})")]
    NotForGit { signer: String, namespaces: Foreign, line: usize },
    #[error("is signed by the SSH key {signer}, for which the allowed signers name nobody (line {line})")]
    NoPrincipal { signer: String, line: usize },
    #[error("is dated {signed_at}, with which no SSH signature can be judged")]
    Date { signed_at: Time },
    #[error("reaches a limit: {what}")]
    Limit { what: &'static str },
}

impl Error {
    /// Whether it was checked and found wrong; everything else could not be checked.
    pub fn is_verdict(&self) -> bool {
        !matches!(self, Error::Limit { .. } | Error::Unsupported { .. })
    }

    /// What a person can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Error::Damaged { .. } | Error::Limit { .. } => "Do not trust it; compare with another mirror.",
            Error::Bad { .. } => {
                "Do not build from it: it was changed after it was signed. Compare with another mirror."
            }
            Error::OtherNamespace { .. } => {
                "Do not build from it: a signature of something else passes for one of git's. Tell the maintainer."
            }
            Error::Unsupported { .. } | Error::OtherAlgorithm { .. } => {
                "Ask the maintainer for a tag that is signed with an Ed25519 key."
            }
            Error::RsaSize { .. } => "Ask the maintainer for a tag that is signed with an Ed25519 key.",
            Error::Sha1 { .. } => "Ask the maintainer for a tag signed with SHA-256 or better.",
            Error::UnknownKey { .. } => {
                "Find out whether this is a key of the maintainer's; if so, add it to the allowed signers."
            }
            Error::OnlyAuthority { .. } => {
                "Find out whether the maintainer signs with this key itself; if so, add it without cert-authority."
            }
            Error::UnknownAuthority { .. } => {
                "Find out whether the maintainer uses this authority; if so, add its key with cert-authority. \
                 The key itself, if it is listed, vouches only for signatures without a certificate."
            }
            Error::Certificate { .. } => "Ask the maintainer for a tag signed with a certificate that was valid then.",
            Error::NotYetValid { .. } | Error::NoLongerValid { .. } | Error::NotForGit { .. } => {
                "Get a current copy of the allowed signers; if it still says so, ask for a new tag."
            }
            Error::NoPrincipal { .. } => "Check the principals of the line in the allowed signers.",
            Error::Date { .. } => "Ask the maintainer for a tag with a date.",
        }
    }
}
