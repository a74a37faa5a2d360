//! What is wrong with a signature or key, in terms that tell a person what to do.

use std::collections::BTreeSet;
use std::time::SystemTime;

use sequoia_openpgp as pgp;

use foreign::{Foreign, Time};
use pgp::KeyHandle;
use pgp::cert::Cert;
use pgp::cert::amalgamation::ValidAmalgamation as _;
use pgp::crypto::mpi::PublicKey;
use pgp::packet::key::{PublicParts, UnspecifiedRole};
use pgp::packet::{Key, Signature};
use pgp::parse::stream::VerificationError;
use pgp::types::{Curve, ReasonForRevocation, RevocationStatus, RevocationType};

use super::keyring::Keyring;
use crate::signature::error::{Error, to_time, utc};
use crate::signature::policy::Policy;

/// What signatures are held against.
pub struct Context<'a> {
    pub keyring: &'a Keyring,
    pub policy: &'a Policy,
    /// The mail address of the tagger or committer, normalized.
    pub mail: Option<&'a str>,
}

/// A signature by a key that no certificate has which counts.
pub struct Missing {
    issuers: Vec<KeyHandle>,
    /// The mail address of whom the signature says it is by, normalized.
    mail: Option<String>,
}

impl Missing {
    pub fn of(sig: &Signature) -> Self {
        let user_id = sig.signers_user_id().map(pgp::packet::UserID::from);
        let mail = user_id.and_then(|user_id| user_id.email_normalized().ok().flatten());
        Missing { issuers: sig.get_issuers(), mail }
    }

    fn explain(&self) -> Error {
        // A fingerprint says more than a key id.
        let is_fingerprint = |issuer: &&KeyHandle| matches!(issuer, KeyHandle::Fingerprint(_));
        match self.issuers.iter().find(is_fingerprint).or(self.issuers.first()) {
            Some(issuer) => Error::UnknownSigner { issuer: issuer.clone() },
            None => Error::NoIssuer,
        }
    }
}

impl Context<'_> {
    /// The most telling thing about all signatures by unknown keys; `None` if there are none.
    ///
    /// The keyring may be large: it is looked through once for all of them.
    pub fn explain_missing(&self, missing: &[Missing]) -> Option<Error> {
        let first = missing.first()?;
        if self.keyring.copies() == 0 {
            return Some(match first.explain() {
                Error::UnknownSigner { issuer } => Error::NoKeyring { issuer },
                other => other,
            });
        }
        if let Some(certificate) = missing.iter().find_map(|missing| self.keyring.find_excluded(&missing.issuers)) {
            return Some(Error::NotAmongFingerprints { certificate });
        }
        let of_signatures = missing.iter().filter_map(|missing| missing.mail.as_deref());
        let addresses: BTreeSet<&str> = of_signatures.chain(self.mail).collect();
        let Some((certificate, address)) = self.keyring.of_person(&addresses) else { return Some(first.explain()) };
        let of_person = missing.iter().find(|missing| missing.mail.as_deref() == Some(address)).unwrap_or(first);
        Some(match of_person.explain() {
            Error::UnknownSigner { issuer } => Error::OtherKeyOfPerson { issuer, certificate: Box::new(certificate) },
            other => other,
        })
    }
}

/// One signature that does not count, by a key that is in the keyring.
pub fn explain(error: &VerificationError, context: &Context<'_>) -> Error {
    match error {
        VerificationError::UnboundKey { sig, cert, error } => explain_key(sig, cert, error, context),
        VerificationError::BadKey { sig, ka, error } => match revocation(&ka.revocation_status()) {
            Some(how) => Error::Revoked { signer: ka.cert().fingerprint(), how },
            None => explain_key(sig, ka.cert(), error, context),
        },
        VerificationError::BadSignature { sig, ka, error } => {
            let signer = ka.cert().fingerprint();
            let why = || Foreign::said(chain(error));
            match root(error) {
                Some(pgp::Error::PolicyViolation(..)) => Error::WeakSignature { signer, why: why(), day: None },
                Some(pgp::Error::Expired(_) | pgp::Error::NotYetLive(_)) => Error::SignatureTime { signer, why: why() },
                _ => match unsupported(sig, ka.cert()) {
                    Some(algorithm) => Error::UnsupportedKey { signer, algorithm },
                    None => Error::Bad { signer },
                },
            }
        }
        VerificationError::MalformedSignature { error, .. } => Error::Unreadable { why: Foreign::said(chain(error)) },
        VerificationError::UnknownSignature { sig } => Error::Unreadable { why: Foreign::said(sig.error()) },
        _ => Error::Damaged { why: "it is of an unknown kind" },
    }
}

/// What is wrong with a key whose certificate is in the keyring.
fn explain_key(sig: &Signature, cert: &Cert, error: &pgp::anyhow::Error, context: &Context<'_>) -> Error {
    let (signer, why) = (cert.fingerprint(), Foreign::said(chain(error)));
    // Nothing that such a key signed can be verified, itself included: nothing is known to be wrong with it.
    if let Some(algorithm) = unsupported(sig, cert) {
        return Error::UnsupportedKey { signer, algorithm };
    }
    match root(error) {
        Some(pgp::Error::Expired(_)) if is_older(cert, sig) => {
            let copy = newest(cert).map_or(Time(0), to_time);
            Error::StaleCopy { signer, copy, why }
        }
        Some(pgp::Error::Expired(_)) => Error::Expired { signer, why },
        Some(pgp::Error::NotYetLive(_)) => Error::NotYetValid { signer, why },
        Some(pgp::Error::NoBindingSignature(_)) => explain_binding(sig, cert, why),
        Some(pgp::Error::PolicyViolation(..)) => {
            let is_stronger_now = cert.with_policy(&context.policy.algorithms, None).is_ok();
            Error::WeakKey { signer, why, is_stronger_now, day: None }
        }
        Some(pgp::Error::InvalidKey(what)) if what.contains("revoked") => {
            let status = cert.revocation_status(&context.policy.algorithms, sig.signature_creation_time());
            Error::Revoked { signer, how: revocation(&status).unwrap_or_default() }
        }
        _ => Error::NotForSigning { signer, why },
    }
}

/// Nothing that the key says of itself holds at the time of the signature.
fn explain_binding(sig: &Signature, cert: &Cert, why: Foreign) -> Error {
    let signer = cert.fingerprint();
    let signed_at = sig.signature_creation_time();
    let of_primary = self_signatures(cert).min();
    let Some(of_primary) = of_primary else {
        // As keyservers hand them out that ask for a person's consent first.
        let what = if cert.userids().next().is_none() { "user id" } else { "self-signature" };
        return Error::BareCopy { signer, what };
    };
    // The primary key, and if a subkey signed, that as well.
    let issuers = sig.get_issuers();
    let subkeys =
        cert.keys().subkeys().filter(|key| issuers.iter().any(|issuer| issuer.aliases(key.key().key_handle())));
    let of_subkeys =
        subkeys.filter_map(|key| key.self_signatures().filter_map(|sig| sig.signature_creation_time()).min());
    let oldest = of_subkeys.fold(of_primary, std::cmp::max);
    match signed_at {
        Some(signed_at) if signed_at < cert.primary_key().key().creation_time() => Error::NotYetValid { signer, why },
        Some(signed_at) if signed_at < oldest => {
            Error::NewerCopy { signer, signed_at: to_time(signed_at), copy: to_time(oldest) }
        }
        _ => Error::NotForSigning { signer, why },
    }
}

/// The algorithm of the key, or of the primary key behind it, if this program was built without it.
fn unsupported(sig: &Signature, cert: &Cert) -> Option<String> {
    let issuers = sig.get_issuers();
    let is_used =
        |key: &Key<PublicParts, UnspecifiedRole>| issuers.iter().any(|issuer| issuer.aliases(key.key_handle()));
    let primary = cert.primary_key().key().fingerprint();
    let keys = cert.keys().map(|key| key.key().clone());
    let mut keys = keys.filter(|key| key.fingerprint() == primary || is_used(key));
    keys.find_map(|key| match key.mpis() {
        PublicKey::EdDSA { curve, .. } | PublicKey::ECDSA { curve, .. } if !curve.is_supported() => {
            Some(name_of(curve))
        }
        _ if !key.pk_algo().is_supported() => Some(key.pk_algo().to_string()),
        _ => None,
    })
}

/// As people know it.
fn name_of(curve: &Curve) -> String {
    const SECP256K1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x0a];
    if curve.oid() == SECP256K1 { "secp256k1".into() } else { curve.to_string() }
}

/// Whether the copy of the certificate knows nothing of the time when the signature was made.
fn is_older(cert: &Cert, sig: &Signature) -> bool {
    newest(cert).zip(sig.signature_creation_time()).is_some_and(|(copy, signed)| copy < signed)
}

/// When the certificate's owner last changed this copy.
fn newest(cert: &Cert) -> Option<SystemTime> {
    let subkeys = cert.keys().subkeys().flat_map(|key| key.self_signatures().collect::<Vec<_>>());
    self_signatures(cert).chain(subkeys.filter_map(|sig| sig.signature_creation_time())).max()
}

/// The times of what the primary key says of itself.
fn self_signatures(cert: &Cert) -> impl Iterator<Item = SystemTime> {
    let direct = cert.primary_key().self_signatures().collect::<Vec<_>>();
    let user_ids = cert.userids().flat_map(|user_id| user_id.self_signatures().collect::<Vec<_>>());
    direct.into_iter().chain(user_ids).filter_map(|sig| sig.signature_creation_time())
}

/// How and when a key was revoked; `None` where it was not.
fn revocation(status: &RevocationStatus<'_>) -> Option<String> {
    let RevocationStatus::Revoked(revocations) = status else { return None };
    // A hard one makes all others meaningless.
    let is_hard = |sig: &&&Signature| kind(sig) == RevocationType::Hard;
    let sig = revocations.iter().find(is_hard).or(revocations.first())?;
    let reason = sig.reason_for_revocation().map_or(ReasonForRevocation::Unspecified, |(reason, _)| reason);
    let when = sig.signature_creation_time().map_or_else(String::new, |time| format!(" on {}", utc(time)));
    let what = match kind(sig) {
        RevocationType::Hard => "which counts for all its signatures, older ones too",
        RevocationType::Soft => "before it signed",
    };
    Some(format!(": {reason}{when}, {what}"))
}

fn kind(sig: &Signature) -> RevocationType {
    sig.reason_for_revocation().map_or(RevocationType::Hard, |(reason, _)| reason.revocation_type())
}

/// The innermost error of sequoia's that tells what it is about.
fn root(error: &pgp::anyhow::Error) -> Option<&pgp::Error> {
    error.chain().filter_map(|cause| cause.downcast_ref::<pgp::Error>()).last()
}

fn chain(error: &pgp::anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
