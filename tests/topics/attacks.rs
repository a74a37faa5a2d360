//! Attacks on git signatures, with real keys: what counts is a signature of a trusted key over exactly this payload.
//!
//! (More of them are with their topics: other names in `tags`, splicing and packets in `signatures`, headers in `commits`.)

use std::process::Command;
use std::time::Duration;

use sequoia_openpgp as pgp;

use pgp::KeyID;
use pgp::cert::CipherSuite;
use pgp::packet::key::{Key4, SecretParts, SubordinateRole};
use pgp::packet::signature::SignatureBuilder;
use pgp::packet::signature::subpacket::{Subpacket, SubpacketValue};
use pgp::packet::{Key as PacketKey, Packet, Signature};
use pgp::policy::StandardPolicy;
use pgp::types::{Curve, HashAlgorithm, KeyFlags, SignatureType};

use crate::environment::keys::{armored, created, days_ago};
use crate::environment::{Environment, Key, Release, succeed};

#[track_caller]
fn refused(env: &Environment, trusted: &Key, release: &Release, words: &str) {
    env.authenticate(trusted, "v2", &release.repo.path, &release.tarball).expect_refused(words);
    assert!(!release.sqv_accepts(env, trusted), "sqv says yes");
}

/// A certificate with a further subkey that its owner bound with these flags, with or without the subkey's consent.
fn with_subkey(key: &Key, subkey: &PacketKey<SecretParts, SubordinateRole>, flags: KeyFlags, consents: bool) -> Key {
    let mut primary = key.primary();
    let mut builder = SignatureBuilder::new(SignatureType::SubkeyBinding)
        .set_signature_creation_time(created())
        .and_then(|builder| builder.set_key_flags(flags))
        .unwrap();
    if consents {
        let mut signer = subkey.clone().into_keypair().unwrap();
        let consent = SignatureBuilder::new(SignatureType::PrimaryKeyBinding)
            .set_signature_creation_time(created())
            .and_then(|consent| consent.sign_primary_key_binding(&mut signer, key.cert.primary_key().key(), subkey))
            .unwrap();
        builder = builder.set_embedded_signature(consent).unwrap();
    }
    let binding = builder.sign_subkey_binding(&mut primary, None, subkey).unwrap();
    let packets = vec![Packet::from(subkey.clone()), binding.into()];
    let (cert, _) = key.cert.clone().insert_packets(packets).unwrap();
    Key { cert }
}

fn new_subkey() -> PacketKey<SecretParts, SubordinateRole> {
    let mut key: Key4<SecretParts, SubordinateRole> = Key4::generate_ecc(true, Curve::Ed25519).unwrap();
    key.set_creation_time(created()).unwrap();
    key.into()
}

fn sign_with(key: &PacketKey<SecretParts, SubordinateRole>, text: &[u8]) -> Signature {
    let mut signer = key.clone().into_keypair().unwrap();
    SignatureBuilder::new(SignatureType::Binary)
        .set_hash_algo(HashAlgorithm::SHA256)
        .set_signature_creation_time(days_ago(1))
        .and_then(|builder| builder.sign_message(&mut signer, text))
        .unwrap()
}

#[test]
fn subkeys_sign_only_with_their_own_consent_and_if_they_may() {
    let env = Environment::new();
    let release = env.release();
    let subkey = new_subkey();
    let signing = KeyFlags::empty().set_signing();
    release.tag_with(|text| armored(&[sign_with(&subkey, text)]));
    let good = with_subkey(&release.key, &subkey, signing.clone(), true);
    env.authenticate(&good, "v2", &release.repo.path, &release.tarball).expect_authentic();
    // Bound by the owner, without the back-signature of the subkey.
    let without_consent = with_subkey(&release.key, &subkey, signing, false);
    refused(&env, &without_consent, &release, "is signed by");
    for flags in [KeyFlags::empty().set_transport_encryption(), KeyFlags::empty().set_authentication()] {
        let other = with_subkey(&release.key, &subkey, flags, true);
        refused(&env, &other, &release, "which may not be used for signatures");
    }
    // Not bound at all.
    refused(&env, &release.key, &release, "not in the keyring");
}

/// Mallory takes Alice's signing subkey into a certificate of her own: she cannot speak for it, nor silence it.
#[test]
fn a_subkey_that_a_stranger_claims_stays_its_owners() {
    let env = Environment::new();
    let release = env.release();
    let policy = StandardPolicy::new();
    let alices = release.key.cert.keys().with_policy(&policy, None).for_signing().secret().next().unwrap();
    let alices = alices.key().clone().role_into_subordinate();
    let mallory = with_subkey(&Key::new("Mallory"), &alices, KeyFlags::empty().set_signing(), false);
    release.tag_with(|text| release.key.sign(text));
    refused(&env, &mallory, &release, "is signed by");
    for order in [[&mallory, &release.key], [&release.key, &mallory]] {
        let keyring = env.file("both.pgp", order.map(Key::public_binary).concat());
        let program = env.program().arg("--keyring").arg(keyring).arg("--tag").arg("v2");
        let outcome = program.arg(&release.repo.path).arg(&release.tarball).expect_authentic();
        assert!(outcome.err.contains("signed by Alice") && !outcome.err.contains("Mallory"), "{outcome:?}");
    }
}

#[test]
fn signatures_of_other_types_say_nothing_of_the_payload() {
    let env = Environment::new();
    let release = env.release();
    release.tag_with(|_| {
        let mut signer = release.key.signer();
        armored(&[SignatureBuilder::new(SignatureType::Standalone).sign_standalone(&mut signer).unwrap()])
    });
    refused(&env, &release.key, &release, "");
    // A certification of a user id, and a revocation, from the certificate itself.
    for packet in release.key.cert.clone().into_packets() {
        if let Packet::Signature(signature) = packet {
            release.tag_with(|_| armored(&[signature]));
            refused(&env, &release.key, &release, "");
        }
    }
}

#[test]
fn a_signature_without_an_issuer_has_none_to_be_found() {
    let env = Environment::new();
    let release = env.release();
    release.tag_with(|text| {
        let mut signature = release.key.signature(text, days_ago(1), HashAlgorithm::SHA256);
        // Anyone who passes it on can strip what is not hashed.
        signature.unhashed_area_mut().clear();
        armored(&[signature])
    });
    let ours = env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball).run();
    assert_eq!(ours.code == Some(0), release.sqv_accepts(&env, &release.key), "{ours:?}");
}

/// Anyone who passes a signature on can write into its unhashed area what they like. If the signed part names the key, they cannot have
/// another key looked for, nor somebody else pointed at.
#[test]
fn unsigned_issuers_decide_nothing() {
    let env = Environment::new();
    let release = env.release();
    let bob = Key::new("Bob <bob@example.org>");
    let hint = |signature: &mut Signature, key: &Key| {
        let issuer = SubpacketValue::IssuerFingerprint(key.signer().public().fingerprint());
        signature.unhashed_area_mut().add(Subpacket::new(issuer, false).unwrap()).unwrap();
    };
    // Mallory's signature, with Bob named in the unsigned part.
    let mallory = Key::new("Mallory");
    release.tag_with(|text| {
        let mut signature = mallory.signature(text, days_ago(1), HashAlgorithm::SHA256);
        hint(&mut signature, &bob);
        armored(&[signature])
    });
    let outcome =
        env.authenticate(&bob, "v2", &release.repo.path, &release.tarball).expect_refused("not in the keyring");
    assert!(outcome.err.contains(&mallory.signer().public().fingerprint().to_hex()), "{outcome:?}");
    // Alice's: it stays hers.
    release.tag_with(|text| {
        let mut signature = release.key.signature(text, days_ago(1), HashAlgorithm::SHA256);
        hint(&mut signature, &bob);
        armored(&[signature])
    });
    env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball).expect_authentic();
}

/// Anyone who passes a signature on can name thousands of issuers, each of which would be looked for in a large keyring.
#[test]
fn a_signature_with_very_many_issuers() {
    let env = Environment::new();
    let release = env.release();
    let with = |count: u64| {
        release.tag_with(|text| {
            let mut signature = release.key.signature(text, days_ago(1), HashAlgorithm::SHA256);
            for id in 0..count {
                let issuer = SubpacketValue::Issuer(KeyID::from(id));
                signature.unhashed_area_mut().add(Subpacket::new(issuer, false).unwrap()).unwrap();
            }
            armored(&[signature])
        });
        env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball)
    };
    with(10).expect_authentic();
    with(5000).expect_not_checked("reaches a limit: the number of issuers");
}

#[test]
fn armor_in_other_forms() {
    let env = Environment::new();
    let release = env.release();
    type Form = fn(String) -> String;
    let forms: [(&str, Form); 7] = [
        ("headers", |block| block.replacen("\n\n", "\nVersion: GnuPG v2\nComment: hello\n\n", 1)),
        ("a strange header", |block| block.replacen("\n\n", "\nX-Key: value\n\n", 1)),
        ("a checksum", |block| block.replace("\n-----END", "\n=AAAA\n-----END")),
        ("no empty line", |block| block.replacen("\n\n", "\n", 1)),
        ("blanks", |block| block.lines().map(|line| format!("{line}  \n")).collect()),
        ("CRLF", |block| block.replace('\n', "\r\n")),
        ("short lines", |block| {
            let (head, body) = block.split_once("\n\n").unwrap();
            let (body, end) = body.split_at(body.find("-----END").unwrap());
            let body: Vec<&str> =
                body.lines().flat_map(|line| [&line[..line.len() / 2], &line[line.len() / 2..]]).collect();
            format!("{head}\n\n{}\n{end}", body.join("\n"))
        }),
    ];
    for (what, form) in forms {
        release.tag_with(|text| form(release.key.sign(text)));
        let ours = env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball).run();
        assert_eq!(ours.code == Some(0), release.sqv_accepts(&env, &release.key), "{what}: {ours:?}");
    }
}

/// The last block is that of a cleartext-signed text in the message: it was made over that text.
#[test]
fn cleartext_signed_words_are_not_the_tag() {
    let env = Environment::new();
    let release = env.release();
    release.tag_with(|_| {
        let mut signer = release.key.signer();
        let signature = SignatureBuilder::new(SignatureType::Text).sign_message(&mut signer, b"I released v2").unwrap();
        let block = armored(&[signature]);
        format!("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nI released v2\n{block}")
    });
    refused(&env, &release.key, &release, "made over something else");
}

#[test]
fn a_signature_from_the_future_or_from_before_its_key() {
    let env = Environment::new();
    let release = env.release();
    for when in [std::time::SystemTime::now() + Duration::from_secs(3 * 86400), created() - Duration::from_secs(1)] {
        release.tag_with(|text| release.key.sign_at(text, when));
        refused(&env, &release.key, &release, "");
    }
}

/// A tag that was made under both hashes: the signature of the other one is in a header, and no part of this one's payload.
#[test]
fn the_other_hashs_signature_is_a_header_of_its_own() {
    let env = Environment::new();
    let release = env.release();
    let mallory = Key::new("Mallory");
    let plain = release.repo.tag_text("v2", &release.commit);
    let folded = |signature: &str| signature.trim_end().replace('\n', "\n ");
    let with_header =
        |name: &str, signature: &str| plain.replacen("\n\n", &format!("\n{name} {}\n\n", folded(signature)), 1);
    let check = || env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball);
    let own = release.key.sign(plain.as_bytes());
    for other in [&own, &mallory.sign(b"x")] {
        let text = with_header("gpgsig-sha256", other);
        release.repo.set_tag("v2", format!("{text}{own}").as_bytes());
        check().expect_authentic();
        // git agrees that the header is no part of what is signed.
        git_agrees(&env, &release, true);
        // Signed with the header, it is not what a verifier sees.
        release.repo.set_tag("v2", format!("{text}{}", release.key.sign(text.as_bytes())).as_bytes());
        check().expect_refused("made over something else");
        git_agrees(&env, &release, false);
    }
    // Words in it would be an id that nobody made; a signature there is named.
    release.repo.set_tag("v2", format!("{}{own}", with_header("gpgsig-sha256", "words")).as_bytes());
    check().expect_refused("something in its header gpgsig-sha256 that is no signature");
    release.repo.set_tag("v2", format!("{}{own}", with_header("gpgsig-sha256", &own)).as_bytes());
    let outcome = check().expect_authentic();
    assert!(outcome.err.contains("no signature covers it"), "{outcome:?}");
    check().arg("--strict").expect_refused("no signature covers it");
    // The header alone does not make it a signed tag, and headers stay where and as they belong.
    release.repo.set_tag("v2", with_header("gpgsig-sha256", &own).as_bytes());
    check().expect_refused("is not signed");
    let text = with_header("gpgsig", &own);
    release.repo.set_tag("v2", format!("{text}{own}").as_bytes());
    check().expect_refused("a header line that does not belong there");
    let text = with_header("gpgsig-sha256", &own).replacen("\n\n", "\nmore x\n\n", 2);
    release.repo.set_tag("v2", format!("{text}{own}").as_bytes());
    check().expect_refused("");
    let text = plain.replacen("\n\n", "\n continued\n\n", 1);
    release.repo.set_tag("v2", format!("{text}{}", release.key.sign(text.as_bytes())).as_bytes());
    check().expect_refused("a header line that does not belong there");
}

/// What `git verify-tag` says, with gpg and the release's key.
fn git_agrees(env: &Environment, release: &Release, is_good: bool) {
    let home = env.path("gnupg");
    if !home.exists() {
        std::fs::create_dir(&home).unwrap();
        let mut gpg = Command::new("gpg");
        gpg.args(["--batch", "--quiet", "--no-autostart", "--homedir"]).arg(&home).arg("--import");
        gpg.arg(env.file("import.asc", release.key.public()));
        succeed(gpg);
    }
    let mut git = crate::environment::git();
    git.env("GNUPGHOME", &home).arg("-C").arg(&release.repo.path).args(["verify-tag", "v2"]);
    let output = git.output().unwrap();
    assert_eq!(output.status.success(), is_good, "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_rsa_key_that_may_only_encrypt() {
    let env = Environment::new();
    let release = env.release();
    let key = Key::with("Enc <enc@example.org>", |builder| {
        builder.set_cipher_suite(CipherSuite::RSA2k).add_transport_encryption_subkey()
    });
    let policy = StandardPolicy::new();
    let secret = key.cert.keys().with_policy(&policy, None).for_transport_encryption().secret().next().unwrap();
    let mut signer = secret.key().clone().into_keypair().unwrap();
    release.tag_with(|text| {
        let builder = SignatureBuilder::new(SignatureType::Binary).set_hash_algo(HashAlgorithm::SHA256);
        armored(&[builder.sign_message(&mut signer, text).unwrap()])
    });
    refused(&env, &key, &release, "which may not be used for signatures");
}
