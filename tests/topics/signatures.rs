//! Who may vouch for a tag.

use std::time::Duration;

use sequoia_openpgp::cert::CipherSuite;
use sequoia_openpgp::packet::signature::SignatureBuilder;
use sequoia_openpgp::types::{HashAlgorithm, ReasonForRevocation, SignatureType};

use crate::environment::keys::{Gpg, armored, created, days_ago};
use crate::environment::{Environment, Key, Release, succeed};

#[track_caller]
fn refused(env: &Environment, trusted: &Key, release: &Release, words: &str) {
    env.authenticate(trusted, "v2", &release.repo.path, &release.tarball).expect_refused(words);
}

#[test]
fn keyrings_armored_and_binary_small_and_large() {
    let env = Environment::new();
    let release = env.release();
    let others: Vec<Key> = (0..30).map(|n| Key::new(&format!("Other {n}"))).collect();
    let mut large: Vec<u8> = others.iter().flat_map(Key::public_binary).collect();
    large.extend(release.key.public_binary());
    let check = |keyring| {
        let program = env.program().arg("--keyring").arg(keyring).arg("--tag").arg("v1");
        program.arg(&release.repo.path).arg(&release.tarball)
    };
    check(env.file("binary.pgp", release.key.public_binary())).expect_authentic();
    check(env.file("armored.pgp", release.key.public())).expect_authentic();
    check(env.file("large.pgp", &large)).expect_authentic();
    let others_only = large[..large.len() - release.key.public_binary().len()].to_vec();
    check(env.file("others.pgp", &others_only)).expect_refused("not in the keyring: ");
    let second = check(env.file("others.pgp", others_only)).arg("--keyring").arg(env.path("armored.pgp"));
    second.expect_authentic();
}

#[test]
fn keyrings_that_are_none() {
    let env = Environment::new();
    let release = env.release();
    let check = |keyring: &str| {
        let program = env.program().arg("--keyring").arg(keyring).arg("--tag").arg("v1");
        program.arg(&release.repo.path).arg(&release.tarball)
    };
    env.file("empty.pgp", "");
    env.file("text.pgp", "This is not a key.\n");
    env.file("signature.pgp", release.key.sign(b"x"));
    let armor = String::from_utf8(release.key.public()).unwrap();
    env.file("cut.pgp", &armor[..armor.len() / 10]);
    for name in ["empty.pgp", "text.pgp", "signature.pgp", "cut.pgp"] {
        check(name).expect_not_checked("holds no OpenPGP certificates");
    }
    check("missing.pgp").expect_not_checked("could not be read");
    check(".").expect_not_checked("holds no OpenPGP certificates");
}

#[test]
fn a_strangers_signature_names_the_issuer() {
    let env = Environment::new();
    let release = env.release();
    let stranger = Key::new("Mallory");
    release.tag_with(|text| stranger.sign(text));
    let subkey = stranger.signer().public().fingerprint().to_hex();
    refused(&env, &release.key, &release, &subkey);
}

#[test]
fn a_signature_over_something_else_is_bad() {
    let env = Environment::new();
    let release = env.release();
    release.tag_with(|text| release.key.sign(&[text, b"x"].concat()));
    refused(&env, &release.key, &release, "made over something else");
    // Spliced from another tag, and from another repository's.
    release.tag_with(|_| {
        let other = String::from_utf8(release.repo.read("v1")).unwrap();
        other[other.find("-----BEGIN").unwrap()..].to_owned()
    });
    refused(&env, &release.key, &release, "made over something else");
    // The payload edited under its signature.
    let signed = String::from_utf8(release.repo.read("v1")).unwrap();
    let evil = release.repo.commit(&[("evil", "evil\n")]);
    release.repo.set_tag("v1", signed.replace(&release.commit, &evil).as_bytes());
    let tarball = release.repo.archive(&evil, "x-1/", "tar.gz");
    env.authenticate(&release.key, "v1", &release.repo.path, &tarball).expect_refused("made over something else");
}

#[test]
fn keys_that_expired_before_they_signed_and_after() {
    let env = Environment::new();
    let release = env.release();
    let key = Key::expired(100);
    // Its owner may have prolonged it since this copy was made,
    release.tag_with(|text| key.sign_at(text, days_ago(50)));
    refused(&env, &key, &release, "which had expired by then, in a copy of it that is older than the signature (of 20");
    // and has not where the copy is newer.
    let newer = key.renewed(days_ago(10));
    release.tag_with(|text| key.sign_at(text, days_ago(50)));
    refused(&env, &newer, &release, "which had expired by then (");
    release.tag_with(|text| key.sign_at(text, days_ago(200)));
    env.authenticate(&key, "v2", &release.repo.path, &release.tarball).expect_authentic();
}

#[test]
fn revoked_keys() {
    let env = Environment::new();
    let release = env.release();
    let key = Key::new("Revoked");
    release.tag_with(|text| key.sign_at(text, days_ago(200)));
    let compromised = key.revoked(ReasonForRevocation::KeyCompromised, days_ago(100));
    refused(&env, &compromised, &release, "is revoked: Key material has been compromised on 20");
    refused(&env, &compromised, &release, "which counts for all its signatures, older ones too");
    // Retired after it signed: good, as sqv has it. Before: not.
    let retired = key.revoked(ReasonForRevocation::KeyRetired, days_ago(100));
    env.authenticate(&retired, "v2", &release.repo.path, &release.tarball).expect_authentic();
    let retired = key.revoked(ReasonForRevocation::KeyRetired, days_ago(300));
    refused(&env, &retired, &release, "is revoked: Key is retired and no longer used on 20");
    refused(&env, &retired, &release, "before it signed");
}

#[test]
fn weak_algorithms() {
    let env = Environment::new();
    let release = env.release();
    for hash in [HashAlgorithm::SHA1, HashAlgorithm::RipeMD] {
        release.tag_with(|text| armored(&[release.key.signature(text, days_ago(1), hash)]));
        refused(&env, &release.key, &release, "too weak");
    }
    release.tag_with(|text| armored(&[release.key.signature(text, days_ago(1), HashAlgorithm::SHA1)]));
    let day =
        env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball).arg("--policy-as-of=2012-01-01");
    day.expect_authentic();
    for hash in [HashAlgorithm::SHA384, HashAlgorithm::SHA512] {
        release.tag_with(|text| armored(&[release.key.signature(text, days_ago(1), hash)]));
        env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball).expect_authentic();
    }
}

#[test]
fn a_key_whose_own_binding_is_weak() {
    let env = Environment::new();
    let release = env.release();
    let weak = Key::bound_with(HashAlgorithm::SHA1, created(), None);
    release.tag_with(|text| {
        let mut signer = weak.primary();
        let builder = SignatureBuilder::new(SignatureType::Binary).set_hash_algo(HashAlgorithm::SHA256);
        armored(&[builder.sign_message(&mut signer, text).unwrap()])
    });
    refused(&env, &weak, &release, "held together by signatures that are too weak");
    let day = env.authenticate(&weak, "v2", &release.repo.path, &release.tarball).arg("--policy-as-of=2012-01-01");
    day.expect_authentic();
}

#[test]
fn only_blank_space_may_follow_the_signature() {
    let env = Environment::new();
    let release = env.release();
    for blank in ["", "\n", "\n\n  \t\r\n"] {
        release.tag_with(|text| format!("{}{blank}", release.key.sign(text).trim_end()));
        env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball).expect_authentic();
    }
    for words in ["\nI did not sign this.\n", "x", "\n\0", "\n-----BEGIN OPENTIMESTAMPS GIT TIMESTAMP-----\n"] {
        release.tag_with(|text| format!("{}{words}", release.key.sign(text).trim_end()));
        refused(&env, &release.key, &release, "after its signature");
    }
}

/// OpenTimestamps' wrapper around gpg puts it there. It is not checked, and must hold nothing else.
#[test]
fn an_opentimestamps_block_behind_a_signature() {
    let env = Environment::new();
    let release = env.release();
    let (begin, end) = ("-----BEGIN OPENTIMESTAMPS GIT TIMESTAMP-----", "-----END OPENTIMESTAMPS GIT TIMESTAMP-----");
    let check = || env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball);
    let line = "AQAAAAhUaGlzIGlzIG5vdCByZWFsbHkgYSB0aW1lc3RhbXAsIGJ1dCBiYXNlNjQ=";
    for good in [
        format!("{begin}\n\n{line}\n{end}\n"),
        format!("{begin}\n{line}\n{end}\n\n"),
        format!("\n{begin}\n\n{}\n{line}\n{end}", "YWJj".repeat(16)),
    ] {
        release.tag_with(|text| format!("{}{good}", release.key.sign(text)));
        let outcome = check().expect_authentic();
        assert!(outcome.err.contains("an OpenTimestamps block behind its signature: it is not checked"), "{outcome:?}");
    }
    for bad in [
        format!("{begin}\nwords\n{end}\n"),
        format!("{begin}\nComment: words\n\n{line}\n{end}\n"),
        format!("{begin}\n{line}\n{end}\n{begin}\n{line}\n{end}\n"),
        format!("{begin}\n{line}\n{end}\nwords\n"),
        format!("words\n{begin}\n{line}\n{end}\n"),
        format!("{begin} words\n{line}\n{end}\n"),
        format!("{begin}\n{line}\n"),
        format!("{begin}\n{end}\n"),
    ] {
        release.tag_with(|text| format!("{}{bad}", release.key.sign(text)));
        check().expect_refused("after its signature");
    }
}

#[test]
fn the_last_block_at_the_start_of_a_line_counts() {
    let env = Environment::new();
    let release = env.release();
    let stranger = Key::new("Mallory");
    let check = || env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball);
    // A block quoted in the message is part of the payload.
    let text = format!("{}{}", release.repo.tag_text("v2", &release.commit), stranger.sign(b"x"));
    let signed = format!("{text}{}", release.key.sign(text.as_bytes()));
    release.repo.set_tag("v2", signed.as_bytes());
    check().expect_authentic();
    let indented = format!("{} {BEGIN}\n", release.repo.tag_text("v2", &release.commit));
    release.repo.set_tag("v2", format!("{indented}{}", release.key.sign(indented.as_bytes())).as_bytes());
    check().expect_authentic();
    // A good block, and another behind it.
    release.tag_with(|text| format!("{}{}", release.key.sign(text), stranger.sign(text)));
    check().expect_refused("not in the keyring");
    release.tag_with(|text| format!("{}{BEGIN}\n", release.key.sign(text)));
    check().expect_refused("damaged");
    release.tag_with(|text| format!("{}-----BEGIN SSH SIGNATURE-----\n", release.key.sign(text)));
    check().expect_refused("damaged");
    release.tag_with(|text| format!("{}-----BEGIN SIGNED MESSAGE-----\nx\n", release.key.sign(text)));
    check().expect_not_checked("an X.509 certificate");
}

const BEGIN: &str = "-----BEGIN PGP SIGNATURE-----";

#[test]
fn two_signature_packets_in_one_block() {
    let env = Environment::new();
    let release = env.release();
    let stranger = Key::new("Mallory");
    let good = |text: &[u8]| release.key.signature(text, days_ago(1), HashAlgorithm::SHA256);
    let foreign = |text: &[u8]| stranger.signature(text, days_ago(1), HashAlgorithm::SHA256);
    let check = || env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball);
    release.tag_with(|text| armored(&[foreign(text), good(text)]));
    check().expect_authentic();
    release.tag_with(|text| armored(&[good(text), foreign(text)]));
    check().expect_authentic();
    // A good signature over another text makes nothing good.
    release.tag_with(|text| armored(&[good(b"x"), foreign(text)]));
    check().expect_refused("made over something else");
    release.tag_with(|text| armored(&[foreign(text), good(b"x")]));
    check().expect_refused("made over something else");
    release.tag_with(|text| armored(&vec![good(text); 65]));
    check().expect_not_checked("limit");
}

#[test]
fn damaged_signature_blocks() {
    let env = Environment::new();
    let release = env.release();
    let damage: [fn(String) -> String; 6] = [
        |block| block.replace("-----END PGP SIGNATURE-----", ""),
        |block| block.replace("-----END PGP SIGNATURE-----", "-----END PGP MESSAGE-----"),
        |block| format!("{BEGIN}\n\n-----END PGP SIGNATURE-----\n{}", &block[..0]),
        |block| block.replace('w', "!"),
        |block| block.lines().take(3).chain(["-----END PGP SIGNATURE-----"]).collect::<Vec<_>>().join("\n"),
        |block| block.replace("SIGNATURE", "MESSAGE"),
    ];
    for (index, damage) in damage.into_iter().enumerate() {
        release.tag_with(|text| damage(release.key.sign(text)));
        let outcome = env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball).run();
        let expected = if index == 5 { 3 } else { 1 };
        assert_eq!(outcome.code, Some(expected), "{index}: {outcome:?}");
    }
    // A key in the place of a signature.
    release.tag_with(|_| {
        let key = String::from_utf8(release.key.public()).unwrap();
        key.replace("PUBLIC KEY BLOCK", "SIGNATURE")
    });
    refused(&env, &release.key, &release, "damaged");
}

#[test]
fn signatures_of_other_types_and_times() {
    let env = Environment::new();
    let release = env.release();
    for kind in [SignatureType::Text, SignatureType::Binary] {
        release.tag_with(|text| {
            let mut signer = release.key.signer();
            armored(&[SignatureBuilder::new(kind).sign_message(&mut signer, text).unwrap()])
        });
        let ours = env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball).run();
        assert_eq!(ours.code == Some(0), release.sqv_accepts(&env, &release.key), "{kind}: {ours:?}");
    }
    // The lines of a text signature are the same whatever ends them: with a carriage return it says too little.
    let text = release.repo.tag_text("v2", &release.commit);
    let mut signer = release.key.signer();
    let signature = SignatureBuilder::new(SignatureType::Text).sign_message(&mut signer, text.as_bytes()).unwrap();
    let changed = text.replace("\nrelease\n", "\nrelease\r\n");
    release.repo.set_tag("v2", format!("{changed}{}", armored(&[signature])).as_bytes());
    refused(&env, &release.key, &release, "made over something else");

    let tomorrow = std::time::SystemTime::now() + Duration::from_secs(86400);
    release.tag_with(|text| release.key.sign_at(text, tomorrow));
    refused(&env, &release.key, &release, "dated outside");
    let before_the_key = created() - Duration::from_secs(86400);
    release.tag_with(|text| release.key.sign_at(text, before_the_key));
    let outcome = env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball).run();
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
}

#[test]
fn sqv_agrees() {
    // 8 keys, 4 hashes, 4 times, good and spoilt: 256 tags.
    let env = Environment::new();
    let mut release = env.release();
    let hashes = [HashAlgorithm::SHA1, HashAlgorithm::SHA224, HashAlgorithm::SHA256, HashAlgorithm::SHA512];
    let keys = [
        Key::new("Plain"),
        Key::expired(100),
        Key::new("Retired").revoked(ReasonForRevocation::KeyRetired, days_ago(150)),
        Key::new("Compromised").revoked(ReasonForRevocation::KeyCompromised, days_ago(150)),
        Key::with("Own", |builder| builder.add_transport_encryption_subkey()),
        Key::with("RSA", |builder| builder.set_cipher_suite(CipherSuite::RSA2k)),
        Key::with("NIST", |builder| builder.set_cipher_suite(CipherSuite::P256)),
        Key::with("Brief", |builder| builder.set_validity_period(Duration::from_secs(2890 * 86400))),
    ];
    let mut verdicts = [0; 2];
    for key in keys {
        release.key = key;
        for hash in hashes {
            for when in [created() - Duration::from_secs(1), days_ago(200), days_ago(120), days_ago(20)] {
                for spoil in [false, true] {
                    release.tag_with(|text| {
                        let text = if spoil { b"spoilt" } else { text };
                        armored(&[release.key.signature(text, when, hash)])
                    });
                    let ours = env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball).run();
                    let theirs = release.sqv_accepts(&env, &release.key);
                    assert_eq!(ours.code == Some(0), theirs, "{hash} {when:?} {spoil}: {ours:?}");
                    verdicts[usize::from(theirs)] += 1;
                }
            }
        }
    }
    assert!(verdicts.iter().all(|count| *count > 10), "both verdicts occur: {verdicts:?}");
}

/// Keys that gpg made, and tags that git signed with them.
#[test]
fn tags_that_git_signed_with_gpg() {
    let env = Environment::new();
    let release = env.release();
    let gpg = Gpg::new(&env);
    for (index, algorithm) in ["ed25519", "rsa2048", "nistp384"].into_iter().enumerate() {
        let address = format!("{algorithm}@example.org");
        let keyring = gpg.key(&env, &address, algorithm);
        let tag = format!("g{index}");
        let mut git = crate::environment::git();
        let key = format!("user.signingKey={address}");
        git.env("GNUPGHOME", &gpg.home).arg("-C").arg(&release.repo.path).args(["-c", &key]);
        git.args(["tag", "-s", "-m", "signed by git", &tag, &release.commit]);
        // gpg signs as of now, and git says so; the tagger's date plays no part.
        succeed(git);
        let check = || {
            let program = env.program().arg("--keyring").arg(&keyring).arg("--tag").arg(&tag);
            program.arg(&release.repo.path).arg(&release.tarball)
        };
        check().expect_authentic();
        let text = String::from_utf8(release.repo.read(&format!("refs/tags/{tag}"))).unwrap();
        release.repo.set_tag(&tag, text.replace("signed by git", "signed by Git").as_bytes());
        check().expect_refused("made over something else");
    }
}
