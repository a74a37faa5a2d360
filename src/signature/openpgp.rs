//! OpenPGP signatures, judged as sqv judges them.

use std::time::SystemTime;

use sequoia_openpgp as pgp;

use pgp::cert::Cert;
use pgp::cert::amalgamation::ValidAmalgamation as _;
use pgp::packet::Packet;
use pgp::parse::stream::{
    DetachedVerifierBuilder, GoodChecksum, MessageLayer, MessageStructure, VerificationError, VerificationHelper,
};
use pgp::parse::{PacketParser, PacketParserResult, Parse};
use pgp::policy::StandardPolicy;
use pgp::types::SignatureType;
use pgp::{Fingerprint, KeyHandle};

use super::payload::Signed;
use super::{Error, Keyring};
use crate::foreign::Foreign;
use crate::limits;

/// Which algorithms are good enough.
pub struct Policy(StandardPolicy<'static>);

impl Policy {
    /// Today's policy, or that of an earlier day: `sqv --policy-as-of`.
    pub fn as_of(day: Option<SystemTime>) -> Self {
        Policy(day.map_or_else(StandardPolicy::new, StandardPolicy::at))
    }
}

/// A trusted certificate that made a good signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The certificate's primary key.
    pub certificate: Fingerprint,
    /// The key that made the signature: the primary key or a subkey.
    pub key: Fingerprint,
    /// The user id that the certificate puts first, if it has a valid one.
    pub user_id: Option<Foreign>,
    /// When the signature says it was made.
    pub signed_at: SystemTime,
}

/// Everyone in `keyring` who made a good signature over exactly the payload.
///
/// # Errors
/// Where there is nobody: what is wrong with the signature that came closest.
pub fn verify(signed: &Signed<'_>, keyring: &Keyring, policy: &Policy) -> Result<Vec<Signer>, Error> {
    only_signatures(&signed.armor)?;
    let has_cr = signed.payload.contains(&b'\r');
    let helper = Helper { keyring, has_cr, good: Vec::new(), problem: None };
    let damaged = |error: pgp::anyhow::Error| Error::Damaged { why: Foreign::from(&error.to_string()) };
    let mut verifier = DetachedVerifierBuilder::from_bytes(&signed.armor[..])
        .and_then(|builder| builder.with_policy(&policy.0, None, helper))
        .map_err(damaged)?;
    verifier.verify_bytes(&signed.payload[..]).map_err(damaged)?;
    let Helper { good, problem, .. } = verifier.into_helper();
    match problem {
        _ if !good.is_empty() => Ok(good),
        Some(problem) => Err(problem),
        None => Err(Error::Damaged { why: Foreign::from("it holds no signature") }),
    }
}

/// The block must hold signature packets and nothing else, and not too many.
fn only_signatures(armor: &[u8]) -> Result<(), Error> {
    let damaged = |error: pgp::anyhow::Error| Error::Damaged { why: Foreign::from(&error.to_string()) };
    let mut parser = PacketParser::from_bytes(armor).map_err(damaged)?;
    let mut count = 0;
    while let PacketParserResult::Some(packet) = parser {
        // An unknown packet may be a signature of a newer version: the verifier leaves it out.
        if !matches!(packet.packet, Packet::Signature(_) | Packet::Unknown(_)) {
            return Err(Error::Damaged { why: Foreign::from("it holds something other than signatures") });
        }
        count += 1;
        if count > limits::SIGNATURES {
            return Err(Error::Limit { what: "the number of signatures" });
        }
        (_, parser) = packet.next().map_err(damaged)?;
    }
    Ok(())
}

struct Helper<'a> {
    keyring: &'a Keyring,
    /// Whether the payload has carriage returns.
    has_cr: bool,
    good: Vec<Signer>,
    /// The most telling problem so far.
    problem: Option<Error>,
}

impl VerificationHelper for Helper<'_> {
    fn get_certs(&mut self, ids: &[KeyHandle]) -> pgp::Result<Vec<Cert>> {
        Ok(self.keyring.find(ids))
    }

    fn check(&mut self, structure: MessageStructure) -> pgp::Result<()> {
        for layer in structure {
            let MessageLayer::SignatureGroup { results } = layer else { continue };
            for result in results {
                match result {
                    // A text signature is made over the lines whatever ends them: with carriage returns about, it does
                    // not say which bytes were signed.
                    Ok(good) if self.has_cr && good.sig.typ() == SignatureType::Text => {
                        let signer = Foreign::from(&good.ka.cert().fingerprint().to_hex());
                        self.reject(Error::TextWithCarriageReturns { signer });
                    }
                    Ok(good) => self.accept(&good),
                    Err(error) => self.reject(explain(error)),
                }
            }
        }
        Ok(())
    }
}

impl Helper<'_> {
    fn accept(&mut self, good: &GoodChecksum) {
        let certificate = good.ka.cert().fingerprint();
        // The verifier accepts no signature without a creation time.
        let Some(signed_at) = good.sig.signature_creation_time() else { return };
        if self.good.iter().any(|signer| signer.certificate == certificate) {
            return;
        }
        let user_id = good.ka.valid_cert().primary_userid().ok();
        let user_id = user_id.map(|user_id| Foreign::from(user_id.userid().value()));
        self.good.push(Signer { certificate, key: good.ka.key().fingerprint(), user_id, signed_at });
    }

    /// A problem with a known key says more than an unknown one.
    fn reject(&mut self, problem: Error) {
        let says_more = !matches!(problem, Error::UnknownSigner { .. } | Error::Damaged { .. });
        if self.problem.is_none() || says_more {
            self.problem = Some(problem);
        }
    }
}

fn explain(error: VerificationError) -> Error {
    match error {
        VerificationError::MissingKey { sig } => {
            let issuer = sig.get_issuers().first().map_or_else(|| "it names no issuer".into(), KeyHandle::to_hex);
            Error::UnknownSigner { issuer: Foreign::from(&issuer) }
        }
        VerificationError::UnboundKey { cert, error, .. } => {
            explain_key(Foreign::from(&cert.fingerprint().to_hex()), &error)
        }
        VerificationError::BadKey { ka, error, .. } => {
            explain_key(Foreign::from(&ka.cert().fingerprint().to_hex()), &error)
        }
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

/// What is wrong with a key whose certificate is in the keyring.
fn explain_key(signer: Foreign, error: &pgp::anyhow::Error) -> Error {
    let why = Foreign::from(&chain(error));
    match root(error) {
        Some(pgp::Error::Expired(_)) => Error::Expired { signer, why },
        Some(pgp::Error::NotYetLive(_) | pgp::Error::NoBindingSignature(_)) => Error::NotYetValid { signer, why },
        Some(pgp::Error::PolicyViolation(..)) => Error::WeakKey { signer, why },
        Some(pgp::Error::InvalidKey(what)) if what.contains("revoked") => Error::Revoked { signer },
        _ => Error::NotForSigning { signer, why },
    }
}

/// The innermost error of sequoia's that tells what it is about.
fn root(error: &pgp::anyhow::Error) -> Option<&pgp::Error> {
    error.chain().filter_map(|cause| cause.downcast_ref::<pgp::Error>()).last()
}

fn chain(error: &pgp::anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
