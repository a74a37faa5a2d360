//! Who signed what, as data.

use foreign::Foreign;
use serde::Serialize;

use crate::git::Tag;
use crate::signature::{Signer, VerifiedCommit, utc};

/// What is signed, and by whom.
#[derive(Clone, Debug, Serialize)]
pub struct SignedFact {
    /// The tag that was asked for, and the tags that it leads through.
    pub tags: Vec<TagFact>,
    /// The commit's id.
    pub commit: String,
    /// Whether the commit's own signature was checked, and not a tag's.
    pub commit_verified: bool,
    /// Everyone trusted who signed that.
    pub signers: Vec<SignerFact>,
}

impl SignedFact {
    /// From the proof.
    pub fn of(verified: &VerifiedCommit) -> Self {
        let fact = |tag: &Tag, verified| TagFact {
            name: tag.name().clone(),
            id: tag.id().to_string(),
            tagger: tag.tagger().cloned(),
            verified,
        };
        SignedFact {
            tags: (0..).zip(verified.tags()).map(|(n, tag)| fact(tag, n == 0 && verified.is_tag_signed())).collect(),
            commit_verified: !verified.is_tag_signed(),
            commit: verified.commit().id().to_string(),
            signers: verified.signers().iter().map(SignerFact::from).collect(),
        }
    }
}

/// A tag object.
#[derive(Clone, Debug, Serialize)]
pub struct TagFact {
    /// The name in the object.
    pub name: Foreign,
    /// The object's id.
    pub id: String,
    /// Its `tagger` line.
    pub tagger: Option<Foreign>,
    /// Whether its own signature was checked; a checked first one vouches for those behind it.
    pub verified: bool,
}

/// A good signature's maker.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum SignerFact {
    /// An OpenPGP certificate.
    OpenPgp {
        /// The certificate's fingerprint.
        certificate: String,
        /// The fingerprint of the key that signed.
        key: String,
        /// The certificate's primary user id.
        user_id: Option<Foreign>,
        /// RFC 3339, in UTC.
        signed_at: String,
    },
    /// An SSH key.
    Ssh {
        /// Whom the allowed signers name: a pattern, if that is what the line has.
        principal: Foreign,
        /// `ssh-ed25519` and so on.
        key_type: &'static str,
        /// `SHA256:` and the hash in base64.
        fingerprint: String,
        /// The authority that certified the key, in the same form.
        authority: Option<String>,
        /// Whether a security key was touched.
        touched: Option<bool>,
        /// The date of the tagger or committer: RFC 3339, in UTC.
        signed_at: String,
    },
}

impl From<&Signer> for SignerFact {
    fn from(signer: &Signer) -> Self {
        match signer {
            Signer::OpenPgp(signer) => SignerFact::OpenPgp {
                certificate: signer.certificate.to_hex(),
                key: signer.key.to_hex(),
                user_id: signer.user_id.clone(),
                signed_at: utc(signer.signed_at),
            },
            Signer::Ssh(signer, signed_at) => SignerFact::Ssh {
                principal: signer.principal.clone(),
                key_type: signer.key_type,
                fingerprint: signer.fingerprint.clone(),
                authority: signer.authority.clone(),
                touched: signer.is_touched,
                signed_at: utc(*signed_at),
            },
        }
    }
}
