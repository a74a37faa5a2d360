//! Keyrings as people have them, and which of their certificates count.

use std::path::Path;
use std::process::Command;

use crate::environment::keys::{armored, days_ago};
use crate::environment::{Environment, Key, Program, Release, succeed};
use sequoia_openpgp::armor;
use sequoia_openpgp::packet::Packet;
use sequoia_openpgp::serialize::Serialize as _;
use sequoia_openpgp::types::{HashAlgorithm, ReasonForRevocation, SignatureType};

fn check(env: &Environment, release: &Release, keyring: &Path) -> Program {
    let program = env.program().arg("--keyring").arg(keyring).arg("--tag").arg("v1");
    program.arg(&release.repo.path).arg(&release.tarball)
}

fn text(key: &Key) -> String {
    String::from_utf8(key.public()).unwrap()
}

#[test]
fn several_armored_blocks_with_text_around_them() {
    let env = Environment::new();
    let release = env.release();
    let other = Key::new("Other <other@example.org>");
    let page = format!(
        "<html>My old key:\n\n{}\n and the new one:\r\n{}\nThanks!\n",
        text(&other),
        text(&release.key).replace('\n', "\r\n")
    );
    let outcome = check(&env, &release, &env.file("keys.gpg", page)).expect_authentic();
    assert!(!outcome.err.contains("warning"), "{outcome:?}");
    // The first one is damaged: the second counts nevertheless.
    let damaged = format!("{}\n{}", text(&other).replace('w', "!"), text(&release.key));
    let outcome = check(&env, &release, &env.file("damaged.asc", damaged)).expect_authentic();
    assert!(outcome.err.contains("warning: keyring"), "{outcome:?}");
    let cut = format!("{}{}", text(&release.key), &text(&other)[..200]);
    check(&env, &release, &env.file("cut.asc", cut)).expect_authentic();
}

#[test]
fn a_keybox_of_gnupg() {
    let env = Environment::new();
    let release = env.release();
    let home = env.path("gnupg");
    std::fs::create_dir(&home).unwrap();
    for key in [&Key::new("First <1@example.org>"), &release.key, &Key::new("Last <3@example.org>")] {
        let mut gpg = Command::new("gpg");
        gpg.args(["--batch", "--quiet", "--no-autostart", "--homedir"]).arg(&home).arg("--import");
        gpg.arg(env.file("import.asc", key.public()));
        succeed(gpg);
    }
    let keybox = home.join("pubring.kbx");
    assert!(std::fs::read(&keybox).unwrap()[8..].starts_with(b"KBXf"), "gpg makes keyboxes");
    check(&env, &release, &keybox).expect_authentic();
    let mut bytes = std::fs::read(&keybox).unwrap();
    bytes.truncate(bytes.len() - 100);
    check(&env, &release, &env.file("cut.kbx", &bytes)).expect_authentic();
    check(&env, &release, &env.file("empty.kbx", &bytes[..32])).expect_not_checked("holds no OpenPGP certificates");
}

#[test]
fn a_folder_of_certificates() {
    let env = Environment::new();
    let release = env.release();
    let folder = env.path("keys");
    std::fs::create_dir(&folder).unwrap();
    check(&env, &release, &folder).expect_not_checked("holds no OpenPGP certificates");
    env.file("keys/other.asc", Key::new("Other").public());
    env.file("keys/README", "Keys of our maintainers.\n");
    let outcome = check(&env, &release, &folder).expect_refused("not in the keyring");
    assert!(outcome.err.contains("README"), "{outcome:?}");
    env.file("keys/alice.pgp", release.key.public_binary());
    check(&env, &release, &folder).expect_authentic();
    // As sq and others keep them.
    let store = env.path("pgp.cert.d");
    let (start, rest) =
        (&release.key.fingerprint().to_lowercase()[..2], &release.key.fingerprint().to_lowercase()[2..]);
    std::fs::create_dir_all(store.join(start)).unwrap();
    env.file("pgp.cert.d/writelock", "");
    env.file(&format!("pgp.cert.d/{start}/{rest}"), release.key.public_binary());
    let outcome = check(&env, &release, &store).expect_authentic();
    assert!(!outcome.err.contains("warning"), "{outcome:?}");
}

#[test]
fn only_certificates_with_these_fingerprints_count() {
    let env = Environment::new();
    let release = env.release();
    let other = Key::new("Other <other@example.org>");
    let both = env.file("both.pgp", [release.key.public_binary(), other.public_binary()].concat());
    let check = || check(&env, &release, &both).arg("--fingerprint");
    let alice = release.key.fingerprint();
    let spaced: Vec<_> = alice.as_bytes().chunks(4).map(|four| std::str::from_utf8(four).unwrap()).collect();
    check().arg(&alice).expect_authentic();
    check().arg(alice.to_lowercase()).expect_authentic();
    check().arg(spaced.join(" ")).expect_authentic();
    check().arg(other.fingerprint()).arg("--fingerprint").arg(&alice).expect_authentic();
    let outcome = check().arg(other.fingerprint()).expect_refused("in the keyring and not among the fingerprints");
    assert!(outcome.err.contains(&alice), "{outcome:?}");
    // A subkey's fingerprint is not a certificate's.
    let subkey = release.key.signer().public().fingerprint().to_hex();
    check().arg(&subkey).expect_not_checked("none of the keyrings has a certificate with the fingerprint");
    check().arg(&alice[24..]).expect_usage_error("--fingerprint takes 40 or 64 hexadecimal digits");
}

#[test]
fn so_many_must_have_signed() {
    let env = Environment::new();
    let release = env.release();
    let (bob, mallory) = (Key::new("Bob <bob@example.org>"), Key::new("Mallory"));
    let both = env.file("both.pgp", [release.key.public_binary(), bob.public_binary()].concat());
    let tag = |keys: &[&Key]| {
        let text = release.repo.tag_text("v1", &release.commit);
        let signature = |key: &&Key| key.signature(text.as_bytes(), days_ago(1), HashAlgorithm::SHA256);
        let block = armored(&keys.iter().map(signature).collect::<Vec<_>>());
        release.repo.set_tag("v1", format!("{text}{block}").as_bytes());
    };
    let check = |count: &str| check(&env, &release, &both).arg(format!("--signatures={count}"));
    tag(&[&release.key, &mallory, &bob]);
    let outcome = check("2").expect_authentic();
    assert!(outcome.err.contains("Alice") && outcome.err.contains("Bob"), "{outcome:?}");
    check("3").expect_refused("is signed by 2 of the 3 that are wanted");
    // One certificate counts once, however often it signs.
    tag(&[&release.key, &release.key]);
    check("2").expect_refused("is signed by 1 of the 2 that are wanted");
    check("0").expect_usage_error("0 is not in 1..");
}

#[test]
fn signatures_count_within_these_dates() {
    let env = Environment::new();
    let release = env.release();
    let keyring = env.file("trusted.pgp", release.key.public());
    let text = release.repo.tag_text("v1", &release.commit);
    let noon = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_049_600);
    let signed = release.key.sign_at(text.as_bytes(), noon);
    release.repo.set_tag("v1", format!("{text}{signed}").as_bytes());
    for (options, is_good) in [
        (&["--not-before=2023-11-15"][..], true),
        (&["--not-before=2023-11-15T12:00:00Z", "--not-after=2023-11-15T12:00:00Z"], true),
        (&["--not-after=2023-11-15"], true),
        (&["--not-before=2023-11-15T12:00:01Z"], false),
        (&["--not-before=2023-11-16"], false),
        (&["--not-after=2023-11-14"], false),
        (&["--not-after=2023-11-15T11:59:59Z"], false),
    ] {
        let program = options.iter().fold(check(&env, &release, &keyring), |program, option| program.arg(option));
        if is_good {
            program.expect_authentic();
        } else {
            program.expect_refused("on 2023-11-15T12:00:00Z, which is outside of --not-before and --not-after");
        }
    }
    for bad in ["--not-before=yesterday", "--not-after=2023-13-01", "--not-before=2023-11-15T12:00:00"] {
        check(&env, &release, &keyring).arg(bad).expect_usage_error("takes YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ");
    }
}

#[test]
fn another_key_of_the_same_person_is_pointed_at_and_does_not_count() {
    let env = Environment::new();
    let release = env.release();
    let keyring = env.file("trusted.pgp", Key::new("Tee <t@example.org>").public());
    let outcome =
        check(&env, &release, &keyring).expect_refused("another certificate of a person of that mail address");
    assert!(outcome.err.contains("Anybody can write somebody else's name into a tag."), "{outcome:?}");
}

/// Armor in a place where nobody sees it: in a keybox, what is no certificate's own blob; in packets, anywhere.
#[test]
fn armor_that_is_hidden_in_a_binary_keyring() {
    let env = Environment::new();
    let release = env.release();
    let mallory = Key::new("Mallory <mallory@example.org>");
    let text = release.repo.tag_text("v2", &release.commit);
    release.repo.set_tag("v2", format!("{text}{}", mallory.sign(text.as_bytes())).as_bytes());
    let blob = |kind: u8, content: &[u8]| {
        let mut blob = vec![0; 32];
        blob[4] = kind;
        blob[8..12].copy_from_slice(&32u32.to_be_bytes());
        blob[12..16].copy_from_slice(&(content.len() as u32).to_be_bytes());
        blob.extend_from_slice(content);
        let length = blob.len() as u32;
        blob[..4].copy_from_slice(&length.to_be_bytes());
        blob
    };
    let mut header = blob(1, b"");
    header[8..12].copy_from_slice(b"KBXf");
    let armor = [b"\n\n", &mallory.public()[..], b"\n"].concat();
    let own = release.key.public_binary();
    for (what, bytes) in [
        ("an X.509 blob", [header.clone(), blob(2, &own), blob(3, &armor)].concat()),
        ("a deleted blob", [header.clone(), blob(0, &armor), blob(2, &own)].concat()),
        ("behind the blobs", [header.clone(), blob(2, &own), armor.clone()].concat()),
        ("behind the packets", [own.clone(), armor.clone()].concat()),
    ] {
        let keyring = env.file("hidden", bytes);
        check(&env, &release, &keyring).expect_authentic();
        let of_mallory = env.program().arg("--keyring").arg(&keyring).arg("--tag").arg("v2");
        let outcome = of_mallory.arg(&release.repo.path).arg(&release.tarball).run();
        assert_eq!(outcome.code, Some(1), "{what}: {outcome:?}");
    }
}

/// What any copy of a certificate knows counts, wherever it is: an old copy does not bring a revoked key back.
#[test]
fn a_revoked_key_with_an_older_copy_beside_it() {
    let env = Environment::new();
    let release = env.release();
    let revoked = release.key.revoked(ReasonForRevocation::KeyCompromised, days_ago(3));
    let revocation = revoked.cert.clone().into_packets().find_map(|packet| match packet {
        Packet::Signature(signature) if signature.typ() == SignatureType::KeyRevocation => Some(signature),
        _ => None,
    });
    let mut armor = armor::Writer::new(Vec::new(), armor::Kind::PublicKey).unwrap();
    Packet::from(revocation.unwrap()).serialize(&mut armor).unwrap();
    let revocation = armor.finalize().unwrap();
    let (old, new) = (release.key.public_binary(), revoked.public_binary());
    let (old_text, new_text) = (release.key.public(), revoked.public());
    let file = |name: &str, parts: &[&[u8]]| env.file(name, parts.concat());
    let folder = env.path("copies");
    std::fs::create_dir(&folder).unwrap();
    env.file("copies/old.asc", &old_text);
    env.file("copies/revocation.rev", &revocation);
    for keyrings in [
        vec![file("1", &[&old]), file("2", &[&new])],
        vec![file("3", &[&new]), file("4", &[&old_text])],
        vec![file("5", &[&old, &new])],
        vec![file("6", &[&new_text, b"\n", &old_text])],
        vec![file("7", &[&old_text, b"\n", &revocation])],
        vec![folder],
    ] {
        let program = keyrings.iter().fold(env.program(), |program, keyring| program.arg("--keyring").arg(keyring));
        let program = program.arg("--tag").arg("v1").arg(&release.repo.path).arg(&release.tarball);
        program.expect_refused("is revoked: Key material has been compromised");
    }
}

#[test]
fn texts_about_keys_and_blocks_without_an_end() {
    let env = Environment::new();
    let release = env.release();
    let other = text(&Key::new("Other"));
    let own = text(&release.key);
    let begin = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
    for page in [
        format!("Copy everything from {begin} to the end:\n\n{own}"),
        format!("{}\n{own}", other.lines().take(5).collect::<Vec<_>>().join("\n")),
        format!("  {begin}\n{own}"),
        format!("<pre>{own}</pre>"),
    ] {
        check(&env, &release, &env.file("page", &page)).expect_authentic();
    }
    let quoted: String = own.lines().map(|line| format!("> {line}\n")).collect();
    check(&env, &release, &env.file("quoted", quoted)).expect_not_checked("a text without a public key block");
}

#[test]
fn folders_with_other_things_than_keys() {
    let env = Environment::new();
    let release = env.release();
    let folder = env.path("keys");
    std::fs::create_dir(&folder).unwrap();
    let mallory = Key::new("Mallory <mallory@example.org>");
    env.file("keys/alice.pgp", release.key.public_binary());
    env.file("keys/gone.asc~", mallory.public());
    env.file("keys/gone.asc.bak", mallory.public());
    std::os::unix::fs::symlink("nowhere", folder.join("dangling")).unwrap();
    let mut fifo = Command::new("mkfifo");
    fifo.arg(folder.join("fifo"));
    succeed(fifo);
    let outcome = check(&env, &release, &folder).expect_authentic();
    assert_eq!(outcome.err.matches("it is not a file").count(), 2, "{outcome:?}");
    let text = release.repo.tag_text("v1", &release.commit);
    release.repo.set_tag("v1", format!("{text}{}", mallory.sign(text.as_bytes())).as_bytes());
    check(&env, &release, &folder).expect_refused("not in the keyring");
}

#[test]
fn too_few_signatures_and_why_the_others_do_not_count() {
    let env = Environment::new();
    let release = env.release();
    let bob = Key::new("Bob <bob@example.org>");
    let revoked = bob.revoked(ReasonForRevocation::KeyCompromised, days_ago(3));
    let both = env.file("both.pgp", [release.key.public_binary(), revoked.public_binary()].concat());
    let text = release.repo.tag_text("v1", &release.commit);
    let signature = |key: &Key| key.signature(text.as_bytes(), days_ago(1), HashAlgorithm::SHA256);
    let block = armored(&[signature(&release.key), signature(&bob)]);
    release.repo.set_tag("v1", format!("{text}{block}").as_bytes());
    let outcome = check(&env, &release, &both).arg("--signatures=2").expect_refused("is signed by 1 of the 2");
    assert!(outcome.err.contains("and it is signed by the key") && outcome.err.contains("is revoked"), "{outcome:?}");
}

/// What a signature by SSH needs is another option.
#[test]
fn an_ssh_signed_tag_with_keyrings_only() {
    let env = Environment::new();
    let release = env.release();
    let fingerprint = sign_with_ssh(&env, &release);
    let keyring = env.file("trusted.pgp", release.key.public());
    let program = env.program().arg("--keyring").arg(&keyring).arg("--tag").arg("v2");
    let outcome = program
        .arg(&release.repo.path)
        .arg(&release.tarball)
        .expect_refused("not among the allowed signers: none are given");
    assert!(outcome.err.contains("--allowed-signers") && outcome.err.contains(&fingerprint), "{outcome:?}");
    // And the other way round.
    let signers = env.file("signers", format!("alice {}", std::fs::read_to_string(env.path("key.pub")).unwrap()));
    let outcome = with_signers(&env, &release, "v1", &signers).expect_refused("no keyring is given");
    assert!(outcome.err.contains("with --keyring"), "{outcome:?}");
    with_signers(&env, &release, "v2", &signers).expect_authentic();
}

/// People have these rather than a file of allowed signers.
#[test]
fn a_public_key_file_or_a_forges_page_as_allowed_signers() {
    let env = Environment::new();
    let release = env.release();
    sign_with_ssh(&env, &release);
    let public = std::fs::read_to_string(env.path("key.pub")).unwrap();
    let outcome = with_signers(&env, &release, "v2", &env.path("key.pub")).expect_authentic();
    assert!(outcome.err.contains("its comment alice@example.org is taken for its owner"), "{outcome:?}");
    assert!(outcome.err.contains("signed by alice@example.org"), "{outcome:?}");
    let (bare, _) = public.rsplit_once(' ').unwrap();
    for page in [format!("{bare}\n"), format!("{bare}\n{bare}\n"), format!("{bare} two words\n"), format!("{bare} *\n")]
    {
        let outcome = with_signers(&env, &release, "v2", &env.file("page.keys", page));
        let outcome = outcome.expect_not_checked("is a file of public keys and not of allowed signers: line 1");
        assert!(outcome.err.contains("Write the owner's name before each key"), "{outcome:?}");
    }
    // Among other lines, such a line stays what it is to ssh-keygen: nothing.
    let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJVwNBrxTZkYnaNRVKMiTXyTgqNnQIyDSVtJmo7YS1Xr";
    let mixed = format!("bob {other}\n{public}");
    with_signers(&env, &release, "v2", &env.file("mixed", mixed)).expect_refused("not among the allowed signers");
}

fn with_signers(env: &Environment, release: &Release, tag: &str, signers: &Path) -> Program {
    let program = env.program().arg("--allowed-signers").arg(signers).arg("--tag").arg(tag);
    program.arg(&release.repo.path).arg(&release.tarball)
}

/// A tag `v2` that a new SSH key signed; the key's fingerprint.
fn sign_with_ssh(env: &Environment, release: &Release) -> String {
    let key = env.path("key");
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "alice@example.org", "-f"]).arg(&key);
    succeed(keygen);
    let mut git = crate::environment::git();
    git.arg("-C").arg(&release.repo.path).args(["-c", "gpg.format=ssh", "-c"]);
    git.arg(format!("user.signingKey={}", key.display())).args(["tag", "-s", "-m", "x", "v2", &release.commit]);
    succeed(git);
    let mut keygen = Command::new("ssh-keygen");
    keygen.arg("-lf").arg(env.path("key.pub"));
    String::from_utf8(succeed(keygen)).unwrap().split(' ').nth(1).unwrap().to_owned()
}
