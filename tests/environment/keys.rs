//! OpenPGP keys, made for a test and thrown away with it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use sequoia_openpgp as pgp;

use pgp::cert::{Cert, CertBuilder, CertRevocationBuilder};
use pgp::crypto::KeyPair;
use pgp::packet::signature::SignatureBuilder;
use pgp::packet::{Packet, Signature, UserID};
use pgp::policy::StandardPolicy;
use pgp::serialize::{Serialize as _, SerializeInto as _};
use pgp::types::{HashAlgorithm, KeyFlags, ReasonForRevocation, SignatureType};

use super::{Environment, succeed};

/// A certificate with its secret keys; a signing subkey makes the signatures.
pub struct Key {
    pub cert: Cert,
}

/// Long before any signature of the tests.
pub fn created() -> SystemTime {
    days_ago(3000)
}

/// One moment for a whole run: on a slow machine, "a second before the key" would come after it otherwise.
static NOW: LazyLock<u64> =
    LazyLock::new(|| SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs());

pub fn days_ago(days: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(*NOW - days * 86400)
}

impl Key {
    pub fn new(user_id: &str) -> Self {
        Self::with(user_id, |builder| builder)
    }

    /// A key that stops being valid this many days ago.
    pub fn expired(days: u64) -> Self {
        Self::with("Expired <expired@example.org>", |builder| {
            builder.set_validity_period(days_ago(days).duration_since(created()).expect("later"))
        })
    }

    pub fn with(user_id: &str, change: impl FnOnce(CertBuilder<'static>) -> CertBuilder<'static>) -> Self {
        let builder = CertBuilder::new().set_creation_time(created()).add_userid(user_id).add_signing_subkey();
        let (cert, _) = change(builder).generate().expect("a key");
        Key { cert }
    }

    /// The same key, revoked as of a day, for a reason.
    pub fn revoked(&self, reason: ReasonForRevocation, when: SystemTime) -> Self {
        let mut primary = self.primary();
        let revocation = CertRevocationBuilder::new()
            .set_reason_for_revocation(reason, b"a test")
            .and_then(|builder| builder.set_signature_creation_time(when))
            .and_then(|builder| builder.build(&mut primary, &self.cert, None))
            .expect("a revocation");
        let (cert, _) = self.cert.clone().insert_packets(vec![Packet::from(revocation)]).expect("a certificate");
        Key { cert }
    }

    /// The same key, with another user id as of a day: a copy that is that new.
    pub fn renewed(&self, when: SystemTime) -> Self {
        let mut primary = self.primary();
        let user_id = UserID::from("Renewed <renewed@example.org>");
        let binding = SignatureBuilder::new(SignatureType::PositiveCertification)
            .set_signature_creation_time(when)
            .and_then(|builder| builder.sign_userid_binding(&mut primary, None, &user_id))
            .expect("a binding");
        let packets = vec![Packet::from(user_id), binding.into()];
        let (cert, _) = self.cert.clone().insert_packets(packets).expect("a certificate");
        Key { cert }
    }

    /// A copy of the certificate in which some packets are missing, and with a user id all signatures on it.
    pub fn without(&self, is_dropped: impl Fn(&Packet) -> bool) -> Self {
        let (mut kept, mut with_component) = (Vec::new(), false);
        for packet in self.cert.clone().into_packets() {
            let is_signature = matches!(packet, Packet::Signature(_));
            let drops = is_dropped(&packet) || is_signature && with_component;
            if !is_signature {
                with_component = drops;
            }
            if !drops {
                kept.push(packet);
            }
        }
        Key { cert: Cert::from_packets(kept.into_iter()).expect("a certificate") }
    }

    /// A primary key that signs, and whose self-signature is made as of a day, with this hash.
    pub fn bound_with(hash: HashAlgorithm, when: SystemTime, validity: Option<Duration>) -> Self {
        let flags = KeyFlags::empty().set_certification().set_signing();
        let builder = CertBuilder::new().set_creation_time(created()).set_primary_key_flags(flags);
        let (cert, _) = builder.generate().expect("a key");
        let secret = cert.primary_key().key().clone().parts_into_secret().expect("secret");
        Key { cert: Cert::from_packets(vec![Packet::from(secret)].into_iter()).expect("a key") }
            .bound(hash, when, validity)
    }

    /// The same key, with a further user id and self-signature.
    pub fn bound(&self, hash: HashAlgorithm, when: SystemTime, validity: Option<Duration>) -> Self {
        let user_id = UserID::from("Weak <weak@example.org>");
        let binding = SignatureBuilder::new(SignatureType::PositiveCertification)
            .set_hash_algo(hash)
            .set_signature_creation_time(when)
            .and_then(|builder| builder.set_key_flags(KeyFlags::empty().set_certification().set_signing()))
            .and_then(|builder| builder.set_key_validity_period(validity))
            .and_then(|builder| builder.sign_userid_binding(&mut self.primary(), None, &user_id))
            .expect("a binding");
        let (cert, _) =
            self.cert.clone().insert_packets(vec![Packet::from(user_id), binding.into()]).expect("a certificate");
        Key { cert }
    }

    /// The certificate as it is published, armored.
    pub fn public(&self) -> Vec<u8> {
        self.cert.armored().to_vec().expect("armor")
    }

    /// The certificate in binary.
    pub fn public_binary(&self) -> Vec<u8> {
        self.cert.to_vec().expect("packets")
    }

    pub fn fingerprint(&self) -> String {
        self.cert.fingerprint().to_hex()
    }

    pub fn primary(&self) -> KeyPair {
        self.cert.primary_key().key().clone().parts_into_secret().expect("secret").into_keypair().expect("unlocked")
    }

    /// The signing subkey.
    pub fn signer(&self) -> KeyPair {
        let policy = StandardPolicy::new();
        let key = self.cert.keys().with_policy(&policy, created() + Duration::from_secs(1)).for_signing().secret();
        let key = key.last().expect("a signing key").key().clone();
        key.into_keypair().expect("unlocked")
    }

    /// An armored signature of today over a text.
    pub fn sign(&self, text: &[u8]) -> String {
        self.sign_at(text, days_ago(1))
    }

    pub fn sign_at(&self, text: &[u8], when: SystemTime) -> String {
        armored(&[self.signature(text, when, HashAlgorithm::SHA256)])
    }

    pub fn signature(&self, text: &[u8], when: SystemTime, hash: HashAlgorithm) -> Signature {
        signature(&mut self.signer(), text, when, hash)
    }
}

/// A signature over a text.
pub fn signature(signer: &mut KeyPair, text: &[u8], when: SystemTime, hash: HashAlgorithm) -> Signature {
    SignatureBuilder::new(SignatureType::Binary)
        .set_hash_algo(hash)
        .set_signature_creation_time(when)
        .and_then(|builder| builder.sign_message(signer, text))
        .expect("a signature")
}

/// Signature packets in one armored block, as they stand in a tag.
pub fn armored(signatures: &[Signature]) -> String {
    let mut writer = pgp::armor::Writer::new(Vec::new(), pgp::armor::Kind::Signature).expect("armor");
    for signature in signatures {
        Packet::from(signature.clone()).serialize(&mut writer).expect("a packet");
    }
    let mut block = writer.finalize().expect("armor");
    block.flush().expect("memory");
    String::from_utf8(block).expect("ASCII")
}

/// gpg, with a folder of its own.
pub struct Gpg {
    pub home: PathBuf,
}

impl Gpg {
    pub fn new(env: &Environment) -> Self {
        let home = env.path("gnupg");
        std::fs::create_dir(&home).expect("a folder");
        Gpg { home }
    }

    fn run(&self, args: &[&str]) -> Vec<u8> {
        let mut gpg = Command::new("gpg");
        gpg.env("GNUPGHOME", &self.home).args(["--batch", "--quiet", "--pinentry-mode=loopback", "--passphrase="]);
        gpg.args(args);
        succeed(gpg)
    }

    /// Make a key for this address, and export it.
    pub fn key(&self, env: &Environment, address: &str, algorithm: &str) -> PathBuf {
        self.run(&["--quick-gen-key", &format!("T Agger <{address}>"), algorithm, "sign,cert", "never"]);
        env.file("gpg.asc", self.run(&["--armor", "--export", address]))
    }
}

/// Its agent would live on, in a folder that is gone.
impl Drop for Gpg {
    fn drop(&mut self) {
        let mut agent = Command::new("gpgconf");
        agent.env("GNUPGHOME", &self.home).args(["--kill", "gpg-agent"]);
        agent.status().ok();
    }
}
