//! Who counts, and how often; and what finding out costs.

use std::path::Path;
use std::process::Command;

use sequoia_openpgp::KeyHandle;
use sequoia_openpgp::cert::Cert;
use sequoia_openpgp::crypto::KeyPair;
use sequoia_openpgp::packet::key::{Key4, PrimaryRole, SecretParts};
use sequoia_openpgp::packet::signature::SignatureBuilder;
use sequoia_openpgp::packet::signature::subpacket::{Subpacket, SubpacketValue};
use sequoia_openpgp::packet::{Key as PacketKey, Packet, Signature, UserID};
use sequoia_openpgp::types::{Curve, HashAlgorithm, KeyFlags, SignatureType};

use crate::environment::keys::{armored, created, days_ago, signature};
use crate::environment::{Environment, Key, Program, Release};

fn check(env: &Environment, release: &Release, keyring: &Path) -> Program {
    let program = env.program().arg("--keyring").arg(keyring).arg("--tag").arg("v2");
    program.arg(&release.repo.path).arg(&release.tarball)
}

/// A certificate that signs with its primary key, the same key as another's if that is given.
fn certificate(user_id: &str, seconds: u64, curve: Curve, key: Option<&PacketKey<SecretParts, PrimaryRole>>) -> Key {
    let mut key = key.cloned().unwrap_or_else(|| {
        let key: Key4<SecretParts, PrimaryRole> = Key4::generate_ecc(true, curve).unwrap();
        key.into()
    });
    let PacketKey::V4(four) = &mut key else { panic!("a version 4 key") };
    four.set_creation_time(created() + std::time::Duration::from_secs(seconds)).unwrap();
    let user_id = UserID::from(user_id);
    let mut signer = key.clone().into_keypair().unwrap();
    let binding = SignatureBuilder::new(SignatureType::PositiveCertification)
        .set_signature_creation_time(days_ago(2000))
        .and_then(|builder| builder.set_key_flags(KeyFlags::empty().set_certification().set_signing()))
        .and_then(|builder| builder.sign_userid_binding(&mut signer, key.parts_as_public(), &user_id))
        .unwrap();
    Key { cert: Cert::from_packets(vec![Packet::from(key), user_id.into(), binding.into()].into_iter()).unwrap() }
}

/// As the key of a card that was imported twice: another creation time, another fingerprint, the same secret.
fn two_certificates_of_one_key(curve: Curve) -> [Key; 2] {
    let first = certificate("Alice <alice@example.org>", 0, curve.clone(), None);
    let key = first.cert.primary_key().key().clone().parts_into_secret().unwrap();
    let second = certificate("Alice again <alice@example.com>", 1, curve, Some(&key));
    assert_ne!(first.fingerprint(), second.fingerprint());
    [first, second]
}

fn sign(key: &mut KeyPair, text: &[u8]) -> Signature {
    signature(key, text, days_ago(1), HashAlgorithm::SHA256)
}

/// A signature in which the key is named in its unsigned part only, as another.
fn renamed(mut signature: Signature, key: &Key) -> Signature {
    let issuer = KeyHandle::from(key.cert.primary_key().key().keyid());
    let KeyHandle::KeyID(issuer) = issuer else { panic!("a key id") };
    signature.unhashed_area_mut().clear();
    signature.unhashed_area_mut().add(Subpacket::new(SubpacketValue::Issuer(issuer), false).unwrap()).unwrap();
    signature
}

#[test]
fn one_key_in_two_certificates_counts_once() {
    let env = Environment::new();
    let release = env.release();
    for curve in [Curve::Ed25519, Curve::NistP256] {
        let [first, second] = two_certificates_of_one_key(curve);
        for order in [[&first, &second], [&second, &first]] {
            let keyring = env.file("both.pgp", order.map(Key::public_binary).concat());
            let of_first = |text: &[u8]| sign(&mut first.primary(), text);
            let of_second = |text: &[u8]| sign(&mut second.primary(), text);
            type Block<'a> = &'a dyn Fn(&[u8]) -> Vec<Signature>;
            let blocks: [Block<'_>; 4] = [
                &|text| vec![of_first(text), of_second(text)],
                &|text| vec![of_first(text), renamed(of_first(text), &second)],
                // One signature, copied.
                &|text| {
                    let one = of_first(text);
                    vec![one.clone(), renamed(one, &second)]
                },
                &|text| vec![unnamed(&first, text), renamed(unnamed(&first, text), &second)],
            ];
            for block in blocks {
                release.tag_with(|text| armored(&block(text)));
                check(&env, &release, &keyring).expect_authentic();
                let outcome = check(&env, &release, &keyring).arg("--signatures=2");
                outcome.expect_refused("is signed by 1 of the 2 that are wanted");
            }
        }
    }
}

/// A signature that names no issuer in its signed part, as old versions of GnuPG made them.
fn unnamed(key: &Key, text: &[u8]) -> Signature {
    let signature = SignatureBuilder::new(SignatureType::Binary)
        .set_hash_algo(HashAlgorithm::SHA256)
        .set_signature_creation_time(days_ago(1))
        .and_then(|builder| builder.set_issuer(key.cert.primary_key().key().keyid()))
        .and_then(|builder| builder.sign_message(&mut key.primary(), text))
        .unwrap();
    renamed(signature, key)
}

/// A certificate whose primary key is another's subkey, both with signing subkeys of their own: one owner.
#[test]
fn certificates_that_share_a_signing_key_count_once() {
    let env = Environment::new();
    let release = env.release();
    let [first, second] = two_certificates_of_one_key(Curve::Ed25519);
    let (first, mut one) = crate::topics::copies::with_subkey(&first, HashAlgorithm::SHA256);
    let (second, mut two) = crate::topics::copies::with_subkey(&second, HashAlgorithm::SHA256);
    let keyring = env.file("both.pgp", [first.public_binary(), second.public_binary()].concat());
    release.tag_with(|text| armored(&[sign(&mut one, text), sign(&mut two, text)]));
    check(&env, &release, &keyring).expect_authentic();
    let outcome = check(&env, &release, &keyring).arg("--signatures=2").expect_refused("is signed by 1 of the 2");
    assert!(outcome.err.contains("which has the same key as"), "{outcome:?}");
}

/// 50,000 certificates, and a tag signed by 64 strangers: the keyring is looked through once and not for each of them.
///
/// What is compared is CPU time with CPU time of the same program on the same keyring with one signature, which stays in the same
/// proportion on any machine. 64 times the search would be some twenty times as much.
#[test]
fn many_strangers_and_a_large_keyring() {
    let env = Environment::new();
    let release = env.release();
    let mut keyring = release.key.public_binary();
    for number in 0..50_000u32 {
        // A public key need not be a good one to be looked at.
        let point: Vec<u8> =
            (0..32u32).map(|n| (number.rotate_left(n).wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let mut key = [&[4][..], &(1_500_000_000 + number).to_be_bytes(), &[22, 9]].concat();
        key.extend_from_slice(&[0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01, 0x01, 0x07, 0x40]);
        key.extend_from_slice(&point);
        let user_id = format!("Somebody <somebody{number}@example.org>");
        for (tag, body) in [(0xc6, &key[..]), (0xcd, user_id.as_bytes())] {
            keyring.extend_from_slice(&[tag, u8::try_from(body.len()).unwrap()]);
            keyring.extend_from_slice(body);
        }
    }
    let keyring = env.file("large.pgp", keyring);
    let strangers: Vec<Key> = (0..64).map(|n| Key::new(&format!("Stranger <stranger{n}@example.com>"))).collect();
    let cpu = |strangers: &[Key]| {
        release.tag_with(|text| {
            let signature = |key: &Key| key.signature(text, days_ago(1), HashAlgorithm::SHA256);
            armored(&strangers.iter().map(signature).collect::<Vec<_>>())
        });
        let mut shell = Command::new("bash");
        shell.args(["-c", "TIMEFORMAT='%U %S'; time \"$@\"", "bash", env!("CARGO_BIN_EXE_auth-tarball-from-git")]);
        shell.arg("--keyring").arg(&keyring).arg("--tag").arg("v2").arg(&release.repo.path).arg(&release.tarball);
        let output = shell.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && said.contains("not in the keyring"), "{said}");
        said.lines().last().unwrap().split(' ').map(|seconds| seconds.parse::<f64>().unwrap()).sum::<f64>()
    };
    let (one, many) = (cpu(&strangers[..1]), cpu(&strangers));
    assert!(many < 4.0 * one + 0.2, "{many} s instead of {one} s");
}
