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
use pgp::types::SignatureType;
use pgp::{Fingerprint, KeyHandle};

use foreign::Foreign;

use super::explain::{Context, Missing, explain};
use super::keyring::Keyring;
use crate::limits;
use crate::signature::error::Error;
use crate::signature::payload::Signed;
use crate::signature::policy::Policy;

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

/// Everyone in `keyring` who made a good signature over exactly the payload, and what is wrong with another signature.
///
/// # Errors
/// Where there is nobody: what is wrong with the signature that came closest.
pub fn verify(signed: &Signed<'_>, keyring: &Keyring, policy: &Policy) -> Result<(Vec<Signer>, Option<Error>), Error> {
    only_signatures(&signed.armor)?;
    let context = Context { keyring, policy, mail: signed.mail.as_deref() };
    let helper = Helper { signed, context, good: Vec::new(), missing: Vec::new(), problem: None };
    let damaged = |error: pgp::anyhow::Error| Error::Unreadable { why: Foreign::said(error) };
    let mut verifier = DetachedVerifierBuilder::from_bytes(&signed.armor[..])
        .and_then(|builder| builder.with_policy(&policy.algorithms, None, helper))
        .map_err(damaged)?;
    verifier.verify_bytes(&signed.payload[..]).map_err(damaged)?;
    let (good, problem) = verifier.into_helper().finish();
    match problem {
        problem if !good.is_empty() => Ok((good, problem)),
        Some(problem) => Err(problem),
        None => Err(Error::Damaged { why: "it holds no signature" }),
    }
}

/// The block must hold signature packets and nothing else, and not too many.
fn only_signatures(armor: &[u8]) -> Result<(), Error> {
    let damaged = |error: pgp::anyhow::Error| Error::Unreadable { why: Foreign::said(error) };
    let mut parser = PacketParser::from_bytes(armor).map_err(damaged)?;
    let mut count = 0;
    while let PacketParserResult::Some(packet) = parser {
        // An unknown packet may be a signature of a newer version: the verifier leaves it out.
        if !matches!(packet.packet, Packet::Signature(_) | Packet::Unknown(_)) {
            return Err(Error::Damaged { why: "it holds something other than signatures" });
        }
        if let Packet::Signature(signature) = &packet.packet
            && signature.get_issuers().len() > limits::ISSUERS
        {
            return Err(Error::Limit { what: "the number of issuers that a signature names" });
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
    signed: &'a Signed<'a>,
    context: Context<'a>,
    good: Vec<Signer>,
    /// Signatures by keys that no certificate has which counts.
    missing: Vec<Missing>,
    /// The most telling problem so far.
    problem: Option<Error>,
}

impl VerificationHelper for Helper<'_> {
    fn get_certs(&mut self, ids: &[KeyHandle]) -> pgp::Result<Vec<Cert>> {
        Ok(self.context.keyring.find(ids))
    }

    fn check(&mut self, structure: MessageStructure) -> pgp::Result<()> {
        for layer in structure {
            let MessageLayer::SignatureGroup { results } = layer else { continue };
            for result in results {
                match result {
                    // A text signature is made over the lines whatever ends them: with carriage returns about, it does
                    // not say which bytes were signed.
                    Ok(good) if good.sig.typ() == SignatureType::Text && self.signed.payload.contains(&b'\r') => {
                        let signer = good.ka.cert().fingerprint();
                        self.reject(Error::TextWithCarriageReturns { signer });
                    }
                    Ok(good) => self.accept(&good),
                    Err(VerificationError::MissingKey { sig }) => self.missing.push(Missing::of(sig)),
                    Err(error) => {
                        let problem = explain(error, &self.context);
                        self.reject(problem);
                    }
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
        if !self.context.policy.accepts_time(signed_at) {
            return self.reject(Error::outside_dates(certificate.to_hex(), signed_at));
        }
        if self.good.iter().any(|signer| signer.certificate == certificate) {
            return;
        }
        let user_id = good.ka.valid_cert().primary_userid().ok();
        let user_id = user_id.map(|user_id| Foreign::from(user_id.userid().value()));
        self.good.push(Signer { certificate, key: good.ka.key().fingerprint(), user_id, signed_at });
    }

    /// Who signed, and the most telling problem. The keyring is looked through for unknown signers once, and only if nothing else
    /// says more.
    fn finish(mut self) -> (Vec<Signer>, Option<Error>) {
        if self.problem.as_ref().is_none_or(|known| rank(known) < RANK_OF_KNOWN_KEYS)
            && let Some(problem) = self.context.explain_missing(&self.missing)
        {
            self.reject(problem);
        }
        (self.good, self.problem)
    }

    /// A problem with a known key says more than an unknown one, and the first of them most.
    fn reject(&mut self, problem: Error) {
        if self.problem.as_ref().is_none_or(|known| rank(&problem) > rank(known)) {
            self.problem = Some(problem);
        }
    }
}

const RANK_OF_KNOWN_KEYS: u8 = 3;

/// How much a problem says.
fn rank(problem: &Error) -> u8 {
    match problem {
        Error::Damaged { .. } | Error::Unreadable { .. } => 0,
        Error::UnknownSigner { .. } | Error::NoIssuer => 1,
        Error::OtherKeyOfPerson { .. } | Error::NotAmongFingerprints { .. } => 2,
        _ => RANK_OF_KNOWN_KEYS,
    }
}
