//! Public keys of SSH and signatures by them: RFC 4253 (6.6), RFC 5656, RFC 8332, RFC 8709, PROTOCOL.u2f.
//!
//! The crate ssh-key reads and verifies them, except for RSA, where it knows no keys of more than 4096 bits; there the
//! crate rsa is asked, on which ssh-key stands as well.

use foreign::Foreign;
use rsa::signature::Verifier as _;
use rsa::{BigUint, RsaPublicKey, pkcs1v15, sha2};
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, Signature};

use super::blob::{Damage, Reader};
use super::error::Error;
use crate::limits;

/// A kind of key.
struct Kind {
    /// What it is called in a key and, except for RSA, in a signature.
    name: &'static str,
    /// What its certificates are called.
    certificate: &'static str,
    /// How many fields a key has after its name.
    fields: usize,
}

const KINDS: [Kind; 7] = [
    Kind { name: "ssh-ed25519", certificate: "ssh-ed25519-cert-v01@openssh.com", fields: 1 },
    Kind { name: "ssh-rsa", certificate: "ssh-rsa-cert-v01@openssh.com", fields: 2 },
    Kind { name: "ecdsa-sha2-nistp256", certificate: "ecdsa-sha2-nistp256-cert-v01@openssh.com", fields: 2 },
    Kind { name: "ecdsa-sha2-nistp384", certificate: "ecdsa-sha2-nistp384-cert-v01@openssh.com", fields: 2 },
    Kind { name: "ecdsa-sha2-nistp521", certificate: "ecdsa-sha2-nistp521-cert-v01@openssh.com", fields: 2 },
    Kind { name: "sk-ssh-ed25519@openssh.com", certificate: "sk-ssh-ed25519-cert-v01@openssh.com", fields: 2 },
    Kind {
        name: "sk-ecdsa-sha2-nistp256@openssh.com",
        certificate: "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
        fields: 3,
    },
];

/// How many fields the keys of a kind have, and their name, by the name of its certificates.
pub fn certified(name: &[u8]) -> Option<(&'static str, usize)> {
    let kind = KINDS.iter().find(|kind| kind.certificate.as_bytes() == name)?;
    Some((kind.name, kind.fields))
}

/// Whether this is the name of a kind of key or certificate.
pub fn is_kind(name: &[u8]) -> bool {
    KINDS.iter().any(|kind| kind.name.as_bytes() == name || kind.certificate.as_bytes() == name)
}

/// Why a key is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    #[error("its key is damaged: {}", .0.0)]
    Damaged(Damage),
    #[error("its key is of the kind {0}, which is not supported")]
    Kind(Foreign),
    #[error(
        "its RSA key has {0} bits, outside {min} to {max}",
        min = limits::SSH_RSA_SMALLEST_BITS,
        max = limits::SSH_RSA_LARGEST_BITS
    )]
    RsaSize(usize),
    #[error("it is about a certificate; to trust who issued it, list the authority's key with cert-authority")]
    Certificate,
}

impl From<Damage> for KeyProblem {
    fn from(damage: Damage) -> Self {
        KeyProblem::Damaged(damage)
    }
}

impl KeyProblem {
    /// The same, about a signature.
    pub fn in_signature(self) -> Error {
        match self {
            KeyProblem::Damaged(Damage(why)) => Error::Damaged { why },
            KeyProblem::Kind(kind) => {
                Error::Unsupported { what: Foreign::from(&[b"a key of the kind ", kind.as_bytes()].concat()) }
            }
            KeyProblem::RsaSize(bits) => Error::RsaSize { bits },
            KeyProblem::Certificate => Error::Damaged { why: "a certificate in it is signed by another certificate" },
        }
    }
}

/// A key, in its only spelling.
#[derive(Clone, Debug)]
pub struct PublicKey {
    kind: &'static str,
    blob: Vec<u8>,
    data: KeyData,
}

/// Keys are equal where their blobs are, since [`PublicKey::parse`] accepts one spelling of each.
impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.blob == other.blob
    }
}

impl Eq for PublicKey {}

impl PublicKey {
    /// Read one that is not a certificate.
    pub fn parse(blob: &[u8]) -> Result<Self, KeyProblem> {
        let name = Reader::new(blob).text()?;
        if certified(name).is_some() {
            return Err(KeyProblem::Certificate);
        }
        let kind = KINDS.iter().find(|kind| kind.name.as_bytes() == name);
        let kind = kind.ok_or_else(|| KeyProblem::Kind(Foreign::from(name)))?.name;
        let damaged = KeyProblem::Damaged(Damage("it does not hold what a key of its kind holds"));
        let Ok(key) = ssh_key::PublicKey::from_bytes(blob) else { return Err(damaged) };
        // The decoder is lenient about some lengths (ssh-encoding 0.2), which would let one key have several blobs.
        if key.to_bytes().ok().as_deref() != Some(blob) {
            return Err(damaged);
        }
        let data = key.key_data().clone();
        // OpenSSH knows no compressed points, and no NUL in the application.
        let is_spelled_well = match &data {
            KeyData::Ecdsa(point) => point.as_sec1_bytes().first() == Some(&4),
            KeyData::SkEcdsaSha2NistP256(key) => {
                key.ec_point().as_bytes().first() == Some(&4) && !key.application().as_bytes().contains(&0)
            }
            KeyData::SkEd25519(key) => !key.application().as_bytes().contains(&0),
            KeyData::Rsa(key) => {
                let bits = BigUint::try_from(&key.n).map_or(0, |modulus| modulus.bits());
                if !(limits::SSH_RSA_SMALLEST_BITS..=limits::SSH_RSA_LARGEST_BITS).contains(&bits) {
                    return Err(KeyProblem::RsaSize(bits));
                }
                true
            }
            _ => true,
        };
        if is_spelled_well { Ok(PublicKey { kind, blob: blob.to_vec(), data }) } else { Err(damaged) }
    }

    /// What it is called: `ssh-ed25519` and so on.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// `SHA256:` and the hash in base64, as ssh-keygen shows it.
    pub fn fingerprint(&self) -> String {
        self.data.fingerprint(HashAlg::Sha256).to_string()
    }

    /// Check that `signature`, with its algorithm's name in front, is the key's over `message`.
    ///
    /// For a security key this tells whether it was touched.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<Option<bool>, BadSignature> {
        let mut reader = Reader::new(signature);
        let (name, value) = (reader.text()?, reader.string()?);
        let trailer = reader.rest();
        let algorithm = self.data.algorithm();
        if let KeyData::Rsa(key) = &self.data {
            reader.finish()?;
            return verify_rsa(&key.n, &key.e, name, message, value).map(|()| None);
        }
        if name != self.kind.as_bytes() {
            return Err(BadSignature::Algorithm(Foreign::from(name)));
        }
        let (mut bytes, mut is_touched) = (value.to_vec(), None);
        if matches!(algorithm, Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256) {
            // Flags and a counter, which the key signs as well; the lowest flag is the touch. ssh-key wants them behind
            // the signature, where they are, less the length of what is before them.
            let flags = reader.bytes(1)?;
            reader.u32()?;
            is_touched = flags.first().map(|flags| flags & 1 == 1);
            bytes.extend_from_slice(trailer);
        }
        reader.finish()?;
        let damaged = BadSignature::Damaged(Damage("it does not hold what a signature of its kind holds"));
        let Ok(signature) = Signature::new(algorithm, bytes) else { return Err(damaged) };
        self.data.verify(message, &signature).map_err(|_| BadSignature::Mismatch)?;
        Ok(is_touched)
    }
}

/// RFC 8332. A signature that begins with zeros may have them left out, as in OpenSSH.
fn verify_rsa(
    modulus: &ssh_key::Mpint,
    exponent: &ssh_key::Mpint,
    name: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), BadSignature> {
    let damaged = BadSignature::Damaged(Damage("its RSA key is impossible"));
    let (Ok(modulus), Ok(exponent)) = (BigUint::try_from(modulus), BigUint::try_from(exponent)) else {
        return Err(damaged);
    };
    let length = modulus.bits().div_ceil(8);
    let Ok(key) = RsaPublicKey::new_with_max_size(modulus, exponent, limits::SSH_RSA_LARGEST_BITS) else {
        return Err(damaged);
    };
    let padding = length.checked_sub(signature.len()).ok_or(Damage("its RSA signature is longer than the key"))?;
    let padded = [&vec![0; padding], signature].concat();
    let signature = pkcs1v15::Signature::try_from(&padded[..]).map_err(|_| BadSignature::Mismatch)?;
    let outcome = match name {
        b"rsa-sha2-256" => pkcs1v15::VerifyingKey::<sha2::Sha256>::new(key).verify(message, &signature),
        b"rsa-sha2-512" => pkcs1v15::VerifyingKey::<sha2::Sha512>::new(key).verify(message, &signature),
        b"ssh-rsa" => return Err(BadSignature::Sha1),
        other => return Err(BadSignature::Algorithm(Foreign::from(other))),
    };
    outcome.map_err(|_| BadSignature::Mismatch)
}

/// Why a signature is not good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadSignature {
    /// It was made over something else, or by another key.
    Mismatch,
    /// It is an RSA signature with SHA-1.
    Sha1,
    /// It is not of the key's kind.
    Algorithm(Foreign),
    /// It cannot be read.
    Damaged(Damage),
}

impl From<Damage> for BadSignature {
    fn from(damage: Damage) -> Self {
        BadSignature::Damaged(damage)
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyProblem, PublicKey};

    /// A field whose length is off by `more`.
    fn field(bytes: &[u8], more: u32) -> Vec<u8> {
        [&(u32::try_from(bytes.len()).unwrap() + more).to_be_bytes(), bytes].concat()
    }

    #[test]
    fn keys_have_one_spelling() {
        let key = |more| [field(b"ssh-ed25519", 0), field(&[7; 32], more)].concat();
        assert!(PublicKey::parse(&key(0)).is_ok());
        // What ssh-key itself takes for the same key.
        assert!(ssh_key::PublicKey::from_bytes(&key(8)).is_ok());
        assert!(matches!(PublicKey::parse(&key(8)), Err(KeyProblem::Damaged(_))));
        assert!(matches!(PublicKey::parse(&[key(0), vec![0]].concat()), Err(KeyProblem::Damaged(_))));
    }

    #[test]
    fn rsa_keys_have_limits() {
        let key = |bytes: usize| {
            let modulus = [&[0, 0x80][..], &vec![1; bytes - 1]].concat();
            [field(b"ssh-rsa", 0), field(&[1, 0, 1], 0), field(&modulus, 0)].concat()
        };
        assert!(PublicKey::parse(&key(2048 / 8)).is_ok());
        assert!(PublicKey::parse(&key(16_384 / 8)).is_ok());
        assert_eq!(PublicKey::parse(&key(2040 / 8)), Err(KeyProblem::RsaSize(2040)));
        assert_eq!(PublicKey::parse(&key(16_392 / 8)), Err(KeyProblem::RsaSize(16_392)));
    }

    #[test]
    fn other_kinds() {
        assert!(matches!(PublicKey::parse(&field(b"ssh-dss", 0)), Err(KeyProblem::Kind(_))));
        let certificate = field(b"ssh-ed25519-cert-v01@openssh.com", 0);
        assert_eq!(PublicKey::parse(&certificate), Err(KeyProblem::Certificate));
        assert!(matches!(PublicKey::parse(b""), Err(KeyProblem::Damaged(_))));
    }
}
