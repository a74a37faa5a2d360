//! What is wrong with a signature or key, in terms that tell a person what to do.

use std::time::SystemTime;

use sequoia_openpgp as pgp;

use foreign::Foreign;
use pgp::KeyHandle;
use pgp::cert::Cert;
use pgp::cert::amalgamation::ValidAmalgamation as _;
use pgp::packet::Signature;
use pgp::parse::stream::VerificationError;
use pgp::types::{ReasonForRevocation, RevocationStatus, RevocationType};

use super::Helper;
use crate::signature::{Error, utc};

/// One signature that does not count.
pub(super) fn explain(error: VerificationError, context: &Helper<'_>) -> Error {
    match error {
        VerificationError::MissingKey { sig } => missing(sig, context),
        VerificationError::UnboundKey { sig, cert, error } => explain_key(sig, cert, &error, context),
        VerificationError::BadKey { sig, ka, error } => match revocation(&ka.revocation_status()) {
            Some(how) => Error::Revoked { signer: Foreign::from(&ka.cert().fingerprint().to_hex()), how },
            None => explain_key(sig, ka.cert(), &error, context),
        },
        VerificationError::BadSignature { ka, error, .. } => {
            let signer = Foreign::from(&ka.cert().fingerprint().to_hex());
            let why = || Foreign::from(&chain(&error));
            match root(&error) {
                Some(pgp::Error::PolicyViolation(..)) => Error::WeakSignature { signer, why: why() },
                Some(pgp::Error::Expired(_) | pgp::Error::NotYetLive(_)) => Error::SignatureTime { signer, why: why() },
                _ => Error::Bad { signer },
            }
        }
        VerificationError::MalformedSignature { error, .. } => Error::Damaged { why: Foreign::from(&chain(&error)) },
        VerificationError::UnknownSignature { sig } => Error::Damaged { why: Foreign::from(&sig.error().to_string()) },
        _ => Error::Damaged { why: Foreign::from("it is of an unknown kind") },
    }
}

/// No certificate that counts has the key.
fn missing(sig: &Signature, context: &Helper<'_>) -> Error {
    let issuers = sig.get_issuers();
    // A fingerprint says more than a key id.
    let issuer = issuers.iter().find(|issuer| matches!(issuer, KeyHandle::Fingerprint(_))).or(issuers.first());
    let issuer = Foreign::from(&issuer.map_or_else(|| "it names no issuer".into(), KeyHandle::to_hex));
    if let Some(certificate) = context.keyring.find_excluded(&issuers) {
        return Error::NotAmongFingerprints { certificate: certificate.to_hex() };
    }
    let user_id = sig.signers_user_id().map(pgp::packet::UserID::from);
    let of_signature = user_id.and_then(|user_id| user_id.email_normalized().ok().flatten());
    let addresses: Vec<String> = of_signature.into_iter().chain(context.signed.mail.clone()).collect();
    match context.keyring.of_person(&addresses) {
        Some(certificate) => Error::OtherKeyOfPerson { issuer, certificate: certificate.to_hex() },
        None => Error::UnknownSigner { issuer },
    }
}

/// What is wrong with a key whose certificate is in the keyring.
fn explain_key(sig: &Signature, cert: &Cert, error: &pgp::anyhow::Error, context: &Helper<'_>) -> Error {
    let (signer, why) = (Foreign::from(&cert.fingerprint().to_hex()), Foreign::from(&chain(error)));
    match root(error) {
        Some(pgp::Error::Expired(_)) if is_older(cert, sig) => {
            let copy = newest(cert).map_or_else(|| "an unknown day".into(), utc);
            Error::StaleCopy { signer, copy, why }
        }
        Some(pgp::Error::Expired(_)) => Error::Expired { signer, why },
        Some(pgp::Error::NotYetLive(_) | pgp::Error::NoBindingSignature(_)) => Error::NotYetValid { signer, why },
        Some(pgp::Error::PolicyViolation(..)) => Error::WeakKey { signer, why },
        Some(pgp::Error::InvalidKey(what)) if what.contains("revoked") => {
            let status = cert.revocation_status(&context.policy.algorithms, sig.signature_creation_time());
            Error::Revoked { signer, how: revocation(&status).unwrap_or_default() }
        }
        _ => Error::NotForSigning { signer, why },
    }
}

/// Whether the copy of the certificate knows nothing of the time when the signature was made.
fn is_older(cert: &Cert, sig: &Signature) -> bool {
    newest(cert).zip(sig.signature_creation_time()).is_some_and(|(copy, signed)| copy < signed)
}

/// When the certificate's owner last changed this copy.
fn newest(cert: &Cert) -> Option<SystemTime> {
    let keys = cert.keys().flat_map(|key| key.self_signatures().collect::<Vec<_>>());
    let user_ids = cert.userids().flat_map(|user_id| user_id.self_signatures().collect::<Vec<_>>());
    keys.chain(user_ids).filter_map(|sig| sig.signature_creation_time()).max()
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
