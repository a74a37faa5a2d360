//! What deserves a word although the signature is good.

use std::borrow::Cow;

use foreign::{Meaning, Problem};
use sequoia_openpgp::Fingerprint;

/// What deserves a word although the signature is good: a sentence to go on after the name of the tag or commit.
///
/// As an error (see [`VerifiedCommit::require_covered`](super::VerifiedCommit::require_covered)) it says the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Remark {
    /// The header for the other hash. Everybody who passes the object on can put a signature block there, take it out, or put
    /// another in its place: the object then has another id, and nobody made that one.
    #[error("has a signature for the other hash in its header {header}: no signature covers it, and it changes the id")]
    OtherHash {
        /// `gpgsig` or `gpgsig-sha256`.
        header: &'static str,
    },
    /// A timestamp behind the signature. The same holds for it.
    #[error(
        "has an OpenTimestamps block behind its signature: it is not checked, no signature covers it, and it changes the id"
    )]
    Timestamp,
    /// See [`OpenPgpSigner::is_weakly_bound`](super::OpenPgpSigner::is_weakly_bound).
    #[error(
        "is signed by the primary key {certificate}, which signed what it says of itself with SHA-1 only: it counts since its \
         fingerprint was given"
    )]
    WeakSelfSignature {
        /// The certificate.
        certificate: Fingerprint,
    },
}

impl Problem for Remark {
    fn code(&self) -> &'static str {
        match self {
            Remark::OtherHash { .. } => "other-hash-not-covered",
            Remark::Timestamp => "timestamp-not-covered",
            Remark::WeakSelfSignature { .. } => "weak-self-signature",
        }
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotAuthentic
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            Remark::OtherHash { .. } | Remark::Timestamp => {
                "Ask the maintainer for a signed tag of this commit. If you know the commit's full id from elsewhere, use \
                 --commit."
                    .into()
            }
            Remark::WeakSelfSignature { .. } => "Ask the maintainer to renew the certificate with a current program.".into(),
        }
    }
}
