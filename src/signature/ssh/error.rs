//! Why an SSH signature is not believed.

use std::borrow::Cow;

use foreign::{Foreign, Meaning, Problem, Time};

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

/// Why a certificate of a trusted authority does not help: the rest of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    /// Somebody else made it.
    #[error("the authority did not sign it")]
    Forged,
    /// The authority signed it with SHA-1.
    #[error("the authority signed it with SHA-1")]
    Sha1,
    /// The authority's signature is of another kind than its key.
    #[error("the authority's signature is of the kind {algorithm}, which does not fit its key")]
    OtherAlgorithm {
        /// The name of the algorithm.
        algorithm: Foreign,
    },
    /// The authority's signature cannot be read.
    #[error("the authority's signature is damaged: {why}")]
    Damaged {
        /// A sentence about "it".
        why: &'static str,
    },
    /// It is for a computer.
    #[error("it is for a host, not for a user")]
    Host,
    /// The signature is older.
    #[error("it was not valid before {from}")]
    NotYetValid {
        /// The first moment of its validity.
        from: Time,
    },
    /// The signature is newer.
    #[error("it was no longer valid at {until}")]
    NoLongerValid {
        /// The first moment after its validity.
        until: Time,
    },
    /// It is for everybody, and so for nobody.
    #[error("it names no principals")]
    NoPrincipals,
    /// It depends on something that cannot be judged here.
    #[error("it has the critical option {name}, which is not supported")]
    CriticalOption {
        /// What it is called.
        name: Foreign,
    },
}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Error::Damaged { .. } => "ssh-signature-damaged",
            Error::OtherNamespace { .. } => "ssh-other-namespace",
            Error::Unsupported { .. } => "ssh-unsupported",
            Error::RsaSize { .. } => "ssh-rsa-size",
            Error::UnknownKey { .. } => "ssh-unknown-key",
            Error::OnlyAuthority { .. } => "ssh-only-authority",
            Error::UnknownAuthority { .. } => "ssh-unknown-authority",
            Error::Certificate { .. } => "ssh-certificate",
            Error::Bad { .. } => "ssh-bad-signature",
            Error::Sha1 { .. } => "ssh-weak-signature",
            Error::OtherAlgorithm { .. } => "ssh-other-algorithm",
            Error::NotYetValid { .. } => "ssh-key-not-yet-valid",
            Error::NoLongerValid { .. } => "ssh-key-no-longer-valid",
            Error::NotForGit { .. } => "ssh-key-not-for-git",
            Error::NoPrincipal { .. } => "ssh-no-principal",
            Error::Date { .. } => "ssh-date",
            Error::Limit { .. } => "ssh-limit",
        }
    }

    fn meaning(&self) -> Meaning {
        match self {
            Error::Limit { .. } | Error::Unsupported { .. } => Meaning::NotChecked,
            _ => Meaning::NotAuthentic,
        }
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            Error::Damaged { .. } | Error::Limit { .. } => "Do not trust it. Compare with another mirror.".into(),
            Error::Bad { .. } => {
                "Do not build from it: it was changed after it was signed. Compare with another mirror.".into()
            }
            Error::OtherNamespace { .. } => {
                "Do not build from it: a signature of something else passes for one of git's. Tell the maintainer.".into()
            }
            Error::Unsupported { .. } | Error::OtherAlgorithm { .. } | Error::RsaSize { .. } => {
                "Ask the maintainer for a tag that is signed with an Ed25519 key.".into()
            }
            Error::Sha1 { .. } => "Ask the maintainer for a tag signed with SHA-256 or better.".into(),
            Error::UnknownKey { signer } => format!(
                "Find out whether {signer} is a key of the maintainer's. If it is, add it to the allowed signers."
            )
            .into(),
            Error::OnlyAuthority { line, .. } => format!(
                "Find out whether the maintainer signs with this key itself. If so, add it once more, without the \
                 cert-authority of line {line}."
            )
            .into(),
            Error::UnknownAuthority { authority, .. } => format!(
                "Find out whether the maintainer uses the authority {authority}. If so, add its key with cert-authority. \
                 The key itself, if it is listed, vouches only for signatures without a certificate."
            )
            .into(),
            Error::Certificate { .. } => {
                "Ask the maintainer for a tag signed with a certificate that was valid then.".into()
            }
            Error::NotYetValid { line, .. } | Error::NoLongerValid { line, .. } | Error::NotForGit { line, .. } => format!(
                "Get a current copy of the allowed signers: line {line} decides. If it still says so, ask for a new tag."
            )
            .into(),
            Error::NoPrincipal { line, .. } => {
                format!("Check the principals in line {line} of the allowed signers.").into()
            }
            Error::Date { .. } => "Ask the maintainer for a tag with a date.".into(),
        }
    }
}
