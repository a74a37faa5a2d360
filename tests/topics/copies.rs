//! Copies of certificates as keyservers, distributions and old programs hand them out: what is missing, and what to do.

use std::path::Path;
use std::process::Command;

use sequoia_openpgp::crypto::{KeyPair, Signer as _};
use sequoia_openpgp::packet::key::{Key4, SecretParts, SubordinateRole};
use sequoia_openpgp::packet::signature::SignatureBuilder;
use sequoia_openpgp::packet::{Key as PacketKey, Packet};
use sequoia_openpgp::serialize::{Marshal as _, SerializeInto as _};
use sequoia_openpgp::types::{Curve, HashAlgorithm, KeyFlags, ReasonForRevocation, SignatureType};
use sha2::{Digest as _, Sha256};

use crate::environment::keys::{Gpg, armored, created, days_ago, signature};
use crate::environment::{Environment, Key, Program, Release, succeed, with_input};

fn check(env: &Environment, release: &Release, tag: &str, keyring: &Path) -> Program {
    let program = env.program().arg("--keyring").arg(keyring).arg("--tag").arg(tag);
    program.arg(&release.repo.path).arg(&release.tarball)
}

fn is_direct_signature(packet: &Packet) -> bool {
    matches!(packet, Packet::Signature(signature) if signature.typ() == SignatureType::DirectKey)
}

/// Keyservers and `export-clean` keep the newest self-signature only. What helps is an older copy, beside the current one.
#[test]
fn a_copy_whose_self_signatures_are_newer_than_the_tag() {
    let env = Environment::new();
    let release = env.release();
    let is_old = |packet: &Packet| matches!(packet, Packet::UserID(id) if id.value().starts_with(b"Alice"));
    let renewed = release.key.renewed(days_ago(10));
    let newest = renewed.without(|packet| is_old(packet) || is_direct_signature(packet));
    release.tag_with(|text| release.key.sign_at(text, days_ago(200)));
    let newest = env.file("newest.pgp", newest.public());
    let outcome = check(&env, &release, "v2", &newest).expect_refused("says nothing of the time before");
    assert!(
        outcome.err.contains("Find an older copy") && outcome.err.contains(&release.key.fingerprint()),
        "{outcome:?}"
    );
    assert!(!outcome.err.contains("clock"), "{outcome:?}");
    // The advice is right: beside an older copy, it counts; and what the newer copy knows counts as well.
    let older = env.file("older.pgp", release.key.public());
    check(&env, &release, "v2", &newest).arg("--keyring").arg(&older).expect_authentic();
    let revoked = renewed.revoked(ReasonForRevocation::KeyCompromised, days_ago(5));
    let revoked = revoked.without(|packet| is_old(packet) || is_direct_signature(packet));
    let revoked = env.file("revoked.pgp", revoked.public());
    check(&env, &release, "v2", &revoked).arg("--keyring").arg(&older).expect_refused("is revoked");
}

/// As keys.openpgp.org hands them out until their owner has confirmed an address.
#[test]
fn a_copy_without_user_id() {
    let env = Environment::new();
    let release = env.release();
    let is_user_id = |packet: &Packet| matches!(packet, Packet::UserID(_));
    let bare = release.key.without(|packet| is_user_id(packet) || is_direct_signature(packet));
    let outcome =
        check(&env, &release, "v1", &env.file("bare.pgp", bare.public())).expect_refused("a copy without user id");
    assert!(outcome.err.contains("Some keyservers") && !outcome.err.contains("clock"), "{outcome:?}");
    let stripped = release.key.without(|packet| matches!(packet, Packet::Signature(_)));
    let stripped = env.file("stripped.pgp", stripped.public());
    check(&env, &release, "v1", &stripped).expect_refused("a copy without self-signature");
}

#[test]
fn a_key_made_by_gpg_enarmor() {
    let env = Environment::new();
    let release = env.release();
    let mut gpg = Command::new("gpg");
    gpg.args(["--batch", "--quiet", "--no-autostart", "--homedir"]).arg(env.path("")).arg("--enarmor");
    let enarmored = with_input(gpg, &release.key.public_binary());
    assert!(enarmored.starts_with(b"-----BEGIN PGP ARMORED FILE-----"), "what gpg writes");
    let outcome = check(&env, &release, "v1", &env.file("key.asc", &enarmored)).expect_authentic();
    assert!(!outcome.err.contains("warning"), "{outcome:?}");
    let page = [b"Our keys:\n\n".as_slice(), &Key::new("Other").public(), &enarmored].concat();
    check(&env, &release, "v1", &env.file("page.asc", page)).expect_authentic();
}

/// It is not what belongs into a keyring. What it knows of revocations counts nevertheless.
#[test]
fn private_keys_are_refused_with_a_warning() {
    let env = Environment::new();
    let release = env.release();
    let (public, secret) = (release.key.public(), release.key.cert.as_tsk());
    for (name, secret) in [("secret.pgp", secret.to_vec().unwrap()), ("secret.asc", secret.armored().to_vec().unwrap())]
    {
        let secret = env.file(name, secret);
        let outcome = check(&env, &release, "v1", &secret).expect_not_checked("the private key");
        assert!(outcome.err.contains("gpg --export"), "{outcome:?}");
        let both = check(&env, &release, "v1", &secret).arg("--keyring").arg(env.file("public.asc", &public));
        // The first of the keyrings holds nothing else.
        both.expect_not_checked("the private key");
        let other = Key::new("Other").public_binary();
        let mixed =
            [std::fs::read(&secret).unwrap(), if name == "secret.pgp" { other } else { Key::new("Other").public() }];
        let mixed = check(&env, &release, "v1", &env.file("mixed", mixed.concat()));
        let outcome = mixed.arg("--keyring").arg(env.file("public.asc", &public)).expect_authentic();
        assert!(outcome.err.contains("warning: keyring") && outcome.err.contains("the private key"), "{outcome:?}");
    }
    let revoked = release.key.revoked(ReasonForRevocation::KeyCompromised, days_ago(3));
    let revoked = [revoked.cert.as_tsk().to_vec().unwrap(), release.key.public_binary()].concat();
    check(&env, &release, "v1", &env.file("revoked.pgp", revoked)).expect_refused("is revoked");
}

/// They are the maintainer's, and good: this build cannot compute with them, which is no verdict.
#[test]
fn curves_that_are_not_built_in_are_not_checked() {
    let env = Environment::new();
    let release = env.release();
    let gpg = Gpg::new(&env);
    for curve in ["brainpoolP256r1", "secp256k1"] {
        let address = format!("{curve}@example.org");
        let keyring = gpg.key(&env, &address, curve);
        let mut git = crate::environment::git();
        let key = format!("user.signingKey={address}");
        git.env("GNUPGHOME", &gpg.home).arg("-C").arg(&release.repo.path).args(["-c", &key]);
        git.args(["tag", "-s", "-m", "signed by git", curve, &release.commit]);
        succeed(git);
        let outcome = check(&env, &release, curve, &keyring).expect_not_checked("whose algorithm is not supported: ");
        assert!(outcome.err.contains(curve) && !outcome.err.contains("clock"), "{outcome:?}");
    }
}

/// As PGP 2 and GnuPG before 1.2 made them.
#[test]
fn a_version_3_signature_is_obsolete_and_not_damaged() {
    let env = Environment::new();
    let release = env.release();
    let text = release.repo.tag_text("v2", &release.commit);
    let time = u32::try_from(days_ago(200).duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let mut signer = release.key.signer();
    let signed = [&[0][..], &time.to_be_bytes()].concat();
    let digest = Sha256::new().chain_update(&text).chain_update(&signed).finalize();
    let numbers = signer.sign(HashAlgorithm::SHA256, &digest).unwrap();
    let mut body = [&[3, 5][..], &signed[..], signer.public().keyid().as_bytes(), &[22, 8], &digest[..2]].concat();
    numbers.serialize(&mut body).unwrap();
    let packet = [&[0xc2, u8::try_from(body.len()).unwrap()], &body[..]].concat();
    let mut writer = sequoia_openpgp::armor::Writer::new(Vec::new(), sequoia_openpgp::armor::Kind::Signature).unwrap();
    std::io::Write::write_all(&mut writer, &packet).unwrap();
    let block = String::from_utf8(writer.finalize().unwrap()).unwrap();
    release.repo.set_tag("v2", format!("{text}{block}").as_bytes());
    let keyring = env.file("trusted.pgp", release.key.public());
    let outcome = check(&env, &release, "v2", &keyring).expect_refused("of the obsolete version 3");
    assert!(outcome.err.contains("--policy-as-of 2021-01-31 accepts it"), "{outcome:?}");
    check(&env, &release, "v2", &keyring).arg("--policy-as-of=2021-01-31").expect_authentic();
    check(&env, &release, "v2", &keyring).arg("--policy-as-of=2021-02-01").expect_refused("of the obsolete version 3");
}

/// The advice is exact: the day before the rules changed suffices, and no later one.
#[test]
fn the_latest_day_that_suffices_is_named() {
    let env = Environment::new();
    let release = env.release();
    let weak = Key::bound_with(HashAlgorithm::SHA1, days_ago(3000), None);
    let by_weak_key =
        |text: &[u8]| armored(&[signature(&mut weak.primary(), text, days_ago(1), HashAlgorithm::SHA256)]);
    let weakly = |text: &[u8]| armored(&[release.key.signature(text, days_ago(1), HashAlgorithm::SHA1)]);
    type Block<'a> = &'a dyn Fn(&[u8]) -> String;
    let cases: [(&Key, Block<'_>, &str, &str); 2] =
        [(&weak, &by_weak_key, "2023-01-31", "2023-02-01"), (&release.key, &weakly, "2013-01-31", "2013-02-01")];
    for (key, block, day, next) in cases {
        release.tag_with(block);
        let check = || check(&env, &release, "v2", &env.file("trusted.pgp", key.public()));
        let outcome = check().expect_refused("too weak");
        assert!(outcome.err.contains(&format!("--policy-as-of {day} accepts it")), "{outcome:?}");
        check().arg(format!("--policy-as-of={day}")).expect_authentic();
        check().arg(format!("--policy-as-of={next}")).expect_refused("too weak");
    }
    // Where no day helps, none is named.
    release.tag_with(|text| {
        armored(&[weak.primary()].map(|mut key| signature(&mut key, text, days_ago(1), HashAlgorithm::SHA1)))
    });
    let outcome = check(&env, &release, "v2", &env.file("trusted.pgp", weak.public())).expect_refused("too weak");
    assert!(outcome.err.contains("--policy-as-of 2013-01-31"), "{outcome:?}");
    let outcome = check(&env, &release, "v2", &env.file("trusted.pgp", weak.public())).arg("--not-before=2100-01-01");
    assert!(!outcome.expect_refused("too weak").err.contains("--policy-as-of"));
}

/// Nothing that SHA-1 protects there is needed: see the rules in `openpgp/verify.rs`.
#[test]
fn a_primary_key_with_a_sha1_self_signature_counts_if_its_fingerprint_is_given() {
    let env = Environment::new();
    let release = env.release();
    let weak = Key::bound_with(HashAlgorithm::SHA1, days_ago(3000), None);
    let check = |key: &Key, hash: HashAlgorithm| {
        release.tag_with(|text| armored(&[signature(&mut key.primary(), text, days_ago(100), hash)]));
        check(&env, &release, "v2", &env.file("trusted.pgp", key.public()))
    };
    let pinned = |key: &Key, hash| check(key, hash).arg("--fingerprint").arg(key.fingerprint());
    check(&weak, HashAlgorithm::SHA256).expect_refused("held together by signatures that are too weak");
    let outcome = pinned(&weak, HashAlgorithm::SHA256).expect_authentic();
    assert!(outcome.err.contains("with SHA-1 only"), "{outcome:?}");
    // The name is anybody's.
    assert!(!outcome.err.contains("weak@example.org"), "{outcome:?}");
    // The tag's own signature must be strong.
    pinned(&weak, HashAlgorithm::SHA1).expect_refused("too weak");
    // Another one's fingerprint says nothing of this key.
    let both = [weak.public_binary(), release.key.public_binary()].concat();
    let other = env.file("both.pgp", both);
    let program = env.program().arg("--keyring").arg(&other).arg("--tag").arg("v2").arg(&release.repo.path);
    program.arg(&release.tarball).arg("--fingerprint").arg(release.key.fingerprint()).expect_refused("");
    // What it says of itself counts where it is to its disadvantage: that it has expired, or is revoked.
    let year = std::time::Duration::from_secs(365 * 86400);
    let expired = Key::bound_with(HashAlgorithm::SHA1, days_ago(3000), Some(year));
    pinned(&expired, HashAlgorithm::SHA256).expect_refused("");
    let revoked = weak.revoked(ReasonForRevocation::KeyCompromised, days_ago(3));
    pinned(&revoked, HashAlgorithm::SHA256).expect_refused("");
    // A weak self-signature does not take back what a strong one says.
    let strong = Key::bound_with(HashAlgorithm::SHA256, days_ago(3000), Some(year));
    pinned(&strong.bound(HashAlgorithm::SHA1, days_ago(300), None), HashAlgorithm::SHA256)
        .expect_refused("had expired");
}

/// There, a forged SHA-1 binding would add a subkey of the attacker's.
#[test]
fn a_subkey_that_is_bound_with_sha1_never_counts() {
    let env = Environment::new();
    let release = env.release();
    for key in [Key::bound_with(HashAlgorithm::SHA1, days_ago(3000), None), Key::new("Strong <strong@example.org>")] {
        let (key, mut subkey) = with_subkey(&key, HashAlgorithm::SHA1);
        release.tag_with(|text| armored(&[signature(&mut subkey, text, days_ago(100), HashAlgorithm::SHA256)]));
        let keyring = env.file("trusted.pgp", key.public());
        check(&env, &release, "v2", &keyring).arg("--fingerprint").arg(key.fingerprint()).expect_refused("too weak");
    }
}

/// A certificate with a further subkey that signs, and is bound with this hash.
pub fn with_subkey(key: &Key, hash: HashAlgorithm) -> (Key, KeyPair) {
    let mut subkey: Key4<SecretParts, SubordinateRole> = Key4::generate_ecc(true, Curve::Ed25519).unwrap();
    subkey.set_creation_time(created()).unwrap();
    let subkey: PacketKey<SecretParts, SubordinateRole> = subkey.into();
    let mut signer = subkey.clone().into_keypair().unwrap();
    let consent = SignatureBuilder::new(SignatureType::PrimaryKeyBinding)
        .set_signature_creation_time(days_ago(2000))
        .and_then(|consent| consent.sign_primary_key_binding(&mut signer, key.cert.primary_key().key(), &subkey))
        .unwrap();
    let binding = SignatureBuilder::new(SignatureType::SubkeyBinding)
        .set_hash_algo(hash)
        .set_signature_creation_time(days_ago(2000))
        .and_then(|builder| builder.set_key_flags(KeyFlags::empty().set_signing()))
        .and_then(|builder| builder.set_embedded_signature(consent))
        .and_then(|builder| builder.sign_subkey_binding(&mut key.primary(), None, &subkey))
        .unwrap();
    let (cert, _) = key.cert.clone().insert_packets(vec![Packet::from(subkey), binding.into()]).unwrap();
    (Key { cert }, signer)
}
