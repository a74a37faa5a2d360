//! Who made the signatures of a block.

use std::time::SystemTime;

use foreign::Foreign;
use sequoia_openpgp as pgp;

use pgp::Fingerprint;
use pgp::KeyHandle;
use pgp::cert::Cert;
use pgp::cert::amalgamation::ValidAmalgamation as _;
use pgp::cert::amalgamation::key::PrimaryKey as _;
use pgp::packet::Signature;
use pgp::parse::Parse;
use pgp::parse::stream::{
    DetachedVerifierBuilder, GoodChecksum, MessageLayer, MessageStructure, VerificationError, VerificationHelper,
};
use pgp::policy::{HashAlgoSecurity, Policy as _, StandardPolicy};
use pgp::types::{HashAlgorithm, RevocationStatus, SignatureType};

use super::block;
use super::explain::{Context, Missing, explain};
use super::keyring::Keyring;
use super::material::{self, Material};
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
    /// Whether all that the key says of itself is signed with SHA-1. Its fingerprint was given, so that this does not matter; its
    /// user id could be anybody's, and is left out.
    pub is_weakly_bound: bool,
}

/// Everyone in `keyring` who made a good signature over exactly the payload, and what is wrong with another signature.
///
/// # Errors
/// If there is nobody: what is wrong with the signature that came closest.
pub fn verify(signed: &Signed<'_>, keyring: &Keyring, policy: &Policy) -> Result<(Vec<Signer>, Option<Error>), Error> {
    let outcome = judge(signed, keyring, policy).map(Helper::finish);
    let is_enough = |good: &[Counted]| !good.is_empty() && good.len() >= policy.signatures();
    let is_of_the_day = match &outcome {
        Ok((good, _)) if is_enough(good) => false,
        Ok((_, problem)) => problem.as_ref().is_some_and(Error::is_of_the_day),
        Err(error) => error.is_of_the_day(),
    };
    // Only rules of the day keep it out: name the latest day whose rules let it in.
    let accepts = |earlier: &Policy| judge(signed, keyring, earlier).is_ok_and(|helper| is_enough(&helper.good));
    let day = if is_of_the_day { policy.latest_day(accepts) } else { None };
    let (good, problem) = outcome.map_err(|error| error.with_day(day))?;
    match problem.map(|problem| problem.with_day(day)) {
        problem if !good.is_empty() => Ok((good.into_iter().map(|counted| counted.signer).collect(), problem)),
        Some(problem) => Err(problem),
        None => Err(Error::Damaged { why: "it holds no signature" }),
    }
}

/// All signatures under one policy.
fn judge<'a>(signed: &'a Signed<'_>, keyring: &'a Keyring, policy: &'a Policy) -> Result<Helper<'a>, Error> {
    let packets = block::packets(&signed.armor, policy)?;
    let context = Context { keyring, policy, mail: signed.mail.as_deref() };
    let rules = Rules::OfTheDay;
    let helper =
        Helper { signed, context, rules, good: Vec::new(), missing: Vec::new(), weak: Vec::new(), problem: None };
    let mut helper = run(helper, &packets, &policy.algorithms)?;
    if helper.good.len() < policy.signatures() && !helper.weak.is_empty() {
        let mut lenient = policy.algorithms.clone();
        lenient.accept_hash(HashAlgorithm::SHA1);
        helper.rules = Rules::WeakSelfSignatures;
        helper = run(helper, &packets, &lenient)?;
    }
    Ok(helper)
}

fn run<'a>(helper: Helper<'a>, packets: &[u8], rules: &StandardPolicy<'_>) -> Result<Helper<'a>, Error> {
    let signed = helper.signed;
    let mut verifier = DetachedVerifierBuilder::from_bytes(packets)
        .and_then(|builder| builder.with_policy(rules, None, helper))
        .map_err(block::unreadable)?;
    verifier.verify_bytes(&signed.payload[..]).map_err(block::unreadable)?;
    Ok(verifier.into_helper())
}

/// Which signatures are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rules {
    /// All, by the rules of the day.
    OfTheDay,
    /// Those that a primary key made, if its fingerprint was given, and if the rules of the day object to nothing but the SHA-1
    /// with which the key signed what it says of itself.
    ///
    /// Is that safe? Somebody without the key wants a yes for a tag of their own.
    ///
    /// - The signature of the tag itself must be good by the rules of the day, and it is verified with the very key that the
    ///   caller named. No self-signature stands between the two, as it does between a primary key and its subkeys: there,
    ///   a forged SHA-1 binding adds a subkey of the attacker's, so subkeys stay out.
    /// - A forged self-signature can say that the key may sign, or that it has not expired. That helps only somebody who has the
    ///   key, and who has it can make self-signatures with SHA-256 as well.
    /// - A forged self-signature can give the key another name: no user id is reported.
    /// - Revocations count as always, and those that are made with SHA-1 too. If there is a strong self-signature, for example one
    ///   by which the key has expired, the rules of the day judge by it, and what they say stays.
    /// - The numbers of the key must be strong by the rules of the day (no 1024-bit keys).
    WeakSelfSignatures,
}

struct Helper<'a> {
    signed: &'a Signed<'a>,
    context: Context<'a>,
    rules: Rules,
    good: Vec<Counted>,
    /// Signatures by keys that no certificate has which counts.
    missing: Vec<Missing>,
    /// Signatures for [`Rules::WeakSelfSignatures`].
    weak: Vec<Signature>,
    /// The most telling problem so far.
    problem: Option<Error>,
}

/// A signer, and what nobody else who counts may have.
struct Counted {
    signer: Signer,
    /// The numbers of the primary key and of all keys with which the certificate signs.
    keys: Vec<Material>,
    /// That of the signature.
    value: Vec<u8>,
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
                    _ if self.rules == Rules::WeakSelfSignatures => {
                        if let Ok(good) = result {
                            self.accept_weakly_bound(&good);
                        }
                    }
                    Ok(good) => self.accept(&good, false),
                    Err(VerificationError::MissingKey { sig }) => self.missing.push(Missing::of(sig)),
                    Err(error) => {
                        let problem = explain(&error, &self.context);
                        if let (Error::WeakKey { .. }, VerificationError::UnboundKey { sig, cert, .. }) =
                            (&problem, error)
                            && self.context.keyring.is_pinned(&cert.fingerprint())
                        {
                            self.weak.push(sig.clone());
                        }
                        self.reject(problem);
                    }
                }
            }
        }
        Ok(())
    }
}

impl Helper<'_> {
    fn accept_weakly_bound(&mut self, good: &GoodChecksum) {
        let is_strong = self.context.policy.algorithms.signature(good.sig, HashAlgoSecurity::default()).is_ok();
        let is_pinned = self.context.keyring.is_pinned(&good.ka.cert().fingerprint());
        // A weak self-signature that is newer does not take a revocation back.
        let rules = &self.context.policy.algorithms;
        let status = good.ka.cert().revocation_status(rules, good.sig.signature_creation_time());
        let is_revoked = matches!(status, RevocationStatus::Revoked(_));
        if good.ka.primary() && is_pinned && is_strong && !is_revoked && self.weak.contains(good.sig) {
            // It is no problem any more.
            let certificate = good.ka.cert().fingerprint();
            self.problem.take_if(|problem| matches!(problem, Error::WeakKey { signer, .. } if *signer == certificate));
            self.accept(good, true);
        }
    }

    fn accept(&mut self, good: &GoodChecksum, is_weakly_bound: bool) {
        let certificate = good.ka.cert().fingerprint();
        // A text signature is made over the lines whatever ends them: with carriage returns about, it does not say which bytes
        // were signed.
        if good.sig.typ() == SignatureType::Text && self.signed.payload.contains(&b'\r') {
            return self.reject(Error::TextWithCarriageReturns { signer: certificate });
        }
        // The verifier accepts no signature without a creation time.
        let Some(signed_at) = good.sig.signature_creation_time() else { return };
        if !self.context.policy.accepts_time(signed_at) {
            return self.reject(Error::outside_dates(certificate.to_hex(), signed_at));
        }
        // A certificate counts once, however often it signs. So does a key, in however many certificates it is, and a signature,
        // however many keys are made up that fit it.
        if self.good.iter().any(|other| other.signer.certificate == certificate) {
            return;
        }
        let value = material::value(good.sig.mpis());
        let valid = good.ka.valid_cert();
        let signing = valid.keys().for_signing().map(|key| Material::of(key.key()));
        let keys: Vec<Material> =
            [Material::of(valid.primary_key().key()), Material::of(good.ka.key())].into_iter().chain(signing).collect();
        let is_same = |other: &&Counted| other.value == value || other.keys.iter().any(|key| keys.contains(key));
        if let Some(other) = self.good.iter().find(is_same) {
            let first = Box::new(other.signer.certificate.clone());
            return self.reject(Error::SameKey { first, second: certificate });
        }
        let user_id = valid.primary_userid().ok().filter(|_| !is_weakly_bound);
        let user_id = user_id.map(|user_id| Foreign::from(user_id.userid().value()));
        let signer = Signer { certificate, key: good.ka.key().fingerprint(), user_id, signed_at, is_weakly_bound };
        self.good.push(Counted { signer, keys, value });
    }

    /// Who signed, and the most telling problem. The keyring is looked through for unknown signers once, and only if nothing else
    /// says more.
    fn finish(mut self) -> (Vec<Counted>, Option<Error>) {
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
        Error::UnknownSigner { .. } | Error::NoIssuer | Error::NoKeyring { .. } => 1,
        Error::OtherKeyOfPerson { .. } | Error::NotAmongFingerprints { .. } => 2,
        _ => RANK_OF_KNOWN_KEYS,
    }
}
