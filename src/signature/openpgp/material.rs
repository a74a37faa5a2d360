//! What keys and signatures are made of, whatever is written around it.

use sequoia_openpgp::crypto::mpi;
use sequoia_openpgp::packet::Key;
use sequoia_openpgp::packet::key::{KeyParts, KeyRole};
use sequoia_openpgp::serialize::MarshalInto as _;
use sequoia_openpgp::types::Curve;

/// Who has the secret to one of these has it to the other.
///
/// A fingerprint covers the time when a key was made as well: one key that was imported twice from a card has two fingerprints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Material(Vec<u8>);

impl Material {
    /// The numbers of a public key.
    pub fn of<P: KeyParts, R: KeyRole>(key: &Key<P, R>) -> Self {
        use mpi::PublicKey::{DSA, ECDH, ECDSA, Ed448, Ed25519, EdDSA, ElGamal, RSA};
        let of = |kind: &str, number: &[u8]| Material([kind.as_bytes(), b"\0", number].concat());
        match key.mpis() {
            RSA { n, .. } => of("RSA", n.value()),
            DSA { y, .. } | ElGamal { y, .. } => of("discrete logarithm", y.value()),
            // The same key in two forms: as GnuPG writes it, and as RFC 9580 has it.
            EdDSA { curve: Curve::Ed25519, q } => of("Ed25519", q.value().strip_prefix(&[0x40]).unwrap_or(q.value())),
            Ed25519 { a } => of("Ed25519", a),
            Ed448 { a } => of("Ed448", &a[..]),
            EdDSA { curve, q } | ECDSA { curve, q } | ECDH { curve, q, .. } => {
                of(&curve.to_string(), abscissa(q.value()))
            }
            other => of("other", &other.to_vec().unwrap_or_default()),
        }
    }
}

/// Of a point on a curve, which can be written with or without its second coordinate.
fn abscissa(point: &[u8]) -> &[u8] {
    match point {
        [4, both @ ..] => both.get(..both.len() / 2).unwrap_or_default(),
        [2 | 3, first @ ..] => first,
        other => other,
    }
}

/// The part of a signature that no other signature shares, not even one that was made from it without the key.
///
/// (With ECDSA, `(r, -s)` is as good as `(r, s)`. And for a given signature, somebody can make up a key that fits.)
pub fn value(signature: &mpi::Signature) -> Vec<u8> {
    use mpi::Signature::{DSA, ECDSA, Ed448, Ed25519, EdDSA, ElGamal, RSA};
    let number = match signature {
        RSA { s } => s.value().to_vec(),
        DSA { r, .. } | ElGamal { r, .. } | EdDSA { r, .. } | ECDSA { r, .. } => r.value().to_vec(),
        Ed25519 { s } => s.iter().take(32).copied().collect(),
        Ed448 { s } => s.iter().take(57).copied().collect(),
        other => other.to_vec().unwrap_or_default(),
    };
    // As in numbers of any length.
    number.into_iter().skip_while(|byte| *byte == 0).collect()
}

#[cfg(test)]
mod tests {
    use sequoia_openpgp::crypto::mpi::{MPI, PublicKey, Signature};
    use sequoia_openpgp::packet::Key;
    use sequoia_openpgp::packet::key::{Key4, PrimaryRole, PublicParts};
    use sequoia_openpgp::types::{Curve, PublicKeyAlgorithm};

    use super::{Material, value};

    fn of(algorithm: PublicKeyAlgorithm, numbers: PublicKey, made: u64) -> Material {
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(made);
        let key: Key4<PublicParts, PrimaryRole> = Key4::new(time, algorithm, numbers).unwrap();
        Material::of(&Key::from(key))
    }

    #[test]
    fn one_key_in_several_forms() {
        use PublicKeyAlgorithm as Algorithm;
        let a = [7; 32];
        let old = PublicKey::EdDSA { curve: Curve::Ed25519, q: MPI::new_compressed_point(&a) };
        let new = of(Algorithm::Ed25519, PublicKey::Ed25519 { a }, 2);
        assert_eq!(of(Algorithm::EdDSA, old.clone(), 1), new);
        assert_eq!(of(Algorithm::EdDSA, old, 3), new);
        assert_ne!(of(Algorithm::Ed25519, PublicKey::Ed25519 { a: [8; 32] }, 2), new);
        let point = |first: u8, length: usize| {
            let bytes = [&[first][..], &vec![9; length]].concat();
            of(Algorithm::ECDSA, PublicKey::ECDSA { curve: Curve::NistP256, q: MPI::new(&bytes) }, 1)
        };
        assert_eq!(point(4, 64), point(2, 32));
        assert_eq!(point(4, 64), point(3, 32));
        let rsa = |e: u8, n: u8| PublicKey::RSA { e: MPI::new(&[e]), n: MPI::new(&[n; 256]) };
        assert_eq!(of(Algorithm::RSAEncryptSign, rsa(3, 1), 1), of(Algorithm::RSAEncryptSign, rsa(5, 1), 1));
        assert_ne!(of(Algorithm::RSAEncryptSign, rsa(3, 1), 1), of(Algorithm::RSAEncryptSign, rsa(3, 2), 1));
    }

    #[test]
    fn one_signature_in_several_forms() {
        let ecdsa = |r: &[u8], s: u8| value(&Signature::ECDSA { r: MPI::new(r), s: MPI::new(&[s]) });
        assert_eq!(ecdsa(&[5; 32], 1), ecdsa(&[5; 32], 2));
        assert_ne!(ecdsa(&[5; 32], 1), ecdsa(&[6; 32], 1));
        let mut bytes = [3; 64];
        bytes[0] = 0;
        let new = Signature::Ed25519 { s: Box::new(bytes) };
        let old = Signature::EdDSA { r: MPI::new(&bytes[..32]), s: MPI::new(&bytes[32..]) };
        assert_eq!(value(&new), value(&old));
    }
}
