//! Checksums and ids that a release is pinned to, and what moved away from them.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::environment::{Environment, Program, Release, compressed, with_input};

fn check(env: &Environment, release: &Release, tarball: &Path) -> Program {
    env.authenticate(&release.key, "v1", &release.repo.path, tarball)
}

/// What a program of the coreutils prints for a file.
fn sum(program: &str, file: &Path) -> String {
    let mut command = Command::new(program);
    command.arg(file);
    let text = String::from_utf8(with_input(command, b"")).expect("text");
    text.split(' ').next().expect("a checksum").to_owned()
}

/// As npm and Nix write it, from the same.
fn sri(bits: u32, file: &Path) -> String {
    let hex = sum(&format!("sha{bits}sum"), file);
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect();
    format!("sha{bits}-{}", STANDARD.encode(bytes))
}

#[test]
fn checksums_are_compared_in_the_same_pass() {
    let env = Environment::new();
    let release = env.release();
    let tarball = compressed(&env.path("y.tar.gz"), &release.repo.tar("v1", "x-1/"), "tar.gz");
    // A byte of gzip's header that means nothing to the tar.
    let mut changed = std::fs::read(&tarball).unwrap();
    changed[9] ^= 1;
    let changed = env.file("changed.tar.gz", changed);
    check(&env, &release, &changed).expect_authentic();
    let all = [
        ("--sha256", sum("sha256sum", &tarball), sum("sha256sum", &changed)),
        ("--sha512", sum("sha512sum", &tarball), sum("sha512sum", &changed)),
        ("--b2sum", sum("b2sum", &tarball), sum("b2sum", &changed)),
        ("--integrity", sri(256, &tarball), sri(256, &changed)),
        ("--integrity", sri(384, &tarball), sri(384, &changed)),
        ("--integrity", sri(512, &tarball), sri(512, &changed)),
    ];
    for (option, good, other) in &all {
        check(&env, &release, &tarball).arg(option).arg(good).expect_authentic();
        if *option != "--integrity" {
            check(&env, &release, &tarball).arg(option).arg(good.to_uppercase()).expect_authentic();
        }
        // A wrong one shows the one that the file has, and the one that was asked for.
        let refused = check(&env, &release, &changed).arg(option).arg(good).expect_refused(other);
        assert!(refused.err.contains(good), "{refused:?}");
    }
    // Several: all must hold.
    let with = |wrong: Option<usize>| {
        let one_each = all.iter().enumerate().take(4);
        one_each.fold(check(&env, &release, &tarball), |check, (number, (option, good, other))| {
            check.arg(option).arg(if wrong == Some(number) { other } else { good })
        })
    };
    let json = with(None).arg("--json").run();
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("one object");
    assert_eq!(json["tarball"]["sha256"], all[0].1.as_str());
    let checksums = json["tarball"]["checksums"].as_array().expect("a list");
    assert_eq!(checksums[2], format!("b2:{}", all[2].1));
    for wrong in 0..4 {
        with(Some(wrong)).expect_refused("and is pinned to");
    }
}

/// The first difference in a file was told, and not that it was another file than the pinned one.
#[test]
fn another_file_is_told_before_what_differs_in_it() {
    let env = Environment::new();
    let release = env.release();
    let good = compressed(&env.path("y.tar.gz"), &release.repo.tar("v1", "x-1/"), "tar.gz");
    let pin = sum("sha256sum", &good);
    release.repo.commit(&[("other", "content\n")]);
    let other = compressed(&env.path("z.tar.gz"), &release.repo.tar("HEAD", "x-1/"), "tar.gz");
    let cut = std::fs::read(&good).unwrap();
    let cut = env.file("cut.tar.gz", &cut[..cut.len() / 2]);
    for file in [&other, &cut] {
        let refused = check(&env, &release, file).arg("--sha256").arg(&pin).expect_refused("and is pinned to");
        assert!(refused.err.contains(&sum("sha256sum", file)), "{refused:?}");
    }
    // The file is the pinned one, and wrong.
    let refused = check(&env, &release, &other).arg("--sha256").arg(sum("sha256sum", &other));
    refused.expect_refused("is the archive of another commit");
}

#[test]
fn what_is_no_checksum() {
    let env = Environment::new();
    let release = env.release();
    let (good, long) = (sum("sha256sum", &release.tarball), sum("sha512sum", &release.tarball));
    for (option, digits, good) in [("--sha256", 64, &good), ("--sha512", 128, &long), ("--b2sum", 128, &long)] {
        let words = format!("{option} takes {digits} hexadecimal digits");
        let odd = [
            String::new(),
            "abc".to_owned(),
            good[1..].to_owned(),
            format!("{good}0"),
            good.replace(&good[..1], "g"),
            "\u{e9}".repeat(digits / 2),
        ];
        for bad in odd {
            check(&env, &release, &release.tarball).arg(option).arg(bad).expect_usage_error(&words);
        }
    }
    for bad in ["", "sha256", "sha256-", "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "sha256-2jmj7l5rSw0yVb/vlWAYkK/YBwk="] {
        check(&env, &release, &release.tarball).arg("--integrity").arg(bad).expect_usage_error("--integrity takes");
    }
}

/// A signed tag was replaced by another signed one of the same name, and nothing told the two apart.
#[test]
fn a_tag_that_moved_away_from_its_pins() {
    let env = Environment::new();
    let release = env.release();
    let id = release.repo.git(&["rev-parse", "refs/tags/v1"]).trim().to_owned();
    let commit = release.commit.clone();
    let pinned = || check(&env, &release, &release.tarball).arg("--tag-id").arg(&id).arg("--commit").arg(&commit);
    pinned().expect_authentic();
    // Signed by the same maintainer.
    let now = release.repo.commit(&[("other", "content\n")]);
    let now_id = release.repo.sign_tag("v1", &now, &release.key);
    let refused = pinned().expect_refused(&format!("v1 is the object {now_id} now, and {id} is pinned"));
    assert!(refused.err.contains("what held:") && refused.err.contains("signed by"), "{refused:?}");
    let leads = check(&env, &release, &release.tarball).arg("--commit").arg(&commit);
    let refused = leads.expect_refused(&format!("v1 leads to the commit {now} now, and {commit} is pinned"));
    assert!(refused.err.contains("signed by") && refused.err.contains("Ask the maintainer"), "{refused:?}");
    let json = pinned().arg("--json").run();
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("one object");
    assert_eq!((&json["code"], &json["held"]["commit"]), (&"tag-moved".into(), &now.clone().into()));

    // What is there now is signed by nobody.
    release.repo.git(&["tag", "-f", "-a", "-m", "x", "v1", &now]);
    let refused = pinned().expect_refused("is pinned; what is there now is not good either: the tag");
    assert!(refused.err.contains("is not signed"), "{refused:?}");
}

#[test]
fn what_is_no_full_id() {
    let env = Environment::new();
    let release = env.release();
    for option in ["--commit", "--tag-id"] {
        for bad in ["", &release.commit[..12], "HEAD", &format!("{}0", release.commit)] {
            let words = format!("{option} takes a full id");
            check(&env, &release, &release.tarball).arg(option).arg(bad).expect_usage_error(&words);
        }
    }
    let keyring = env.file("k.pgp", release.key.public());
    let without_a_tag = env.program().arg("--keyring").arg(keyring).arg("--tag-id").arg(&release.commit);
    without_a_tag.arg(&release.repo.path).arg(&release.tarball).expect_usage_error("--tag");
}
