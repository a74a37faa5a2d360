//! Git LFS: the signed tree has pointers, and the forge may have put what they name into the archive.

use std::path::PathBuf;

use crate::environment::servers::GitDaemon;
use crate::environment::{Environment, Key, Repository, with_input};

const ATTRIBUTES: (&str, &str) = (".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");

/// A pointer to this content, as Git LFS writes it.
fn pointer(content: &[u8]) -> String {
    let sum = String::from_utf8(with_input(std::process::Command::new("sha256sum"), content)).expect("text");
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n", &sum[..64], content.len())
}

/// The archive that a forge makes whose filter puts this in the place of every pointer.
fn smudged(env: &Environment, repo: &Repository, commit: &str, content: &[u8]) -> PathBuf {
    let file = env.file("content", content);
    let smudge = format!("filter.lfs.smudge=cat >/dev/null; cat {}", file.display());
    let tar = env.path("smudged.tar");
    let out = format!("--output={}", tar.display());
    repo.git(&["-c", &smudge, "archive", "--format=tar", "--prefix=x-1/", &out, commit]);
    tar
}

/// Content with the SHA-256 and the size that the signed pointer names could only be checked by hand.
#[test]
fn content_with_the_pointers_hash_and_size_is_proven() {
    let env = Environment::new();
    let (key, repo) = (Key::new("Alice"), env.repository("x.git"));
    let daemon = GitDaemon::start(&env.path(""));
    let content = b"a large file\n".repeat(50_000);
    let commit = repo.commit(&[
        ("a.bin", &pointer(&content)),
        ("README", "Read me.\n"),
        ("b.bin", "no pointer at all\n"),
        ATTRIBUTES,
    ]);
    repo.sign_tag("t", &commit, &key);
    let plain = repo.archive(&commit, "x-1/", "tar");
    // b.bin as it is: smudging gives all files the same content.
    let whole = std::fs::read(smudged(&env, &repo, &commit, &content)).unwrap();
    let at = whole.windows(9).position(|window| window == b"x-1/b.bin").expect("b.bin");
    let tail = std::fs::read(&plain).unwrap();
    let tail_at = tail.windows(9).position(|window| window == b"x-1/b.bin").expect("b.bin");
    let mut tar = [&whole[..at], &tail[tail_at..]].concat();
    tar.truncate(tar.len() / 512 * 512);
    while tar.ends_with(&[0; 512]) {
        tar.truncate(tar.len() - 512);
    }
    tar.resize((tar.len() + 1024).div_ceil(10_240) * 10_240, 0);
    let good = env.file("good.tar", &tar);
    let changed = |name: &str, from: &str, to: &str| {
        let at = tar.windows(from.len()).rposition(|window| window == from.as_bytes()).expect("there");
        let mut tar = tar.clone();
        tar[at..at + to.len()].copy_from_slice(to.as_bytes());
        env.file(name, tar)
    };
    let wrong = changed("wrong.tar", "large", "small");
    for url in [repo.path.display().to_string(), daemon.url("x.git")] {
        let check = |tarball: &PathBuf| env.authenticate(&key, "t", &url, tarball);
        check(&plain).expect_authentic();
        let proven = check(&good).arg("--strict").expect_authentic();
        assert!(proven.err.contains("content of Git LFS in the place of 1 signed pointers"), "{proven:?}");
        let json = check(&good).arg("--json").run();
        let json: serde_json::Value = serde_json::from_str(&json.out).expect("one object");
        let lfs = &json["lfs"][0];
        assert_eq!((&lfs["path"], &lfs["bytes"]), (&"a.bin".into(), &content.len().into()));
        check(&wrong).expect_refused("content of x-1/a.bin differs");
        // What is no pointer is nothing else either.
        check(&changed("b.tar", "no pointer", "another on")).expect_not_checked("b.bin is kept in Git LFS");
        check(&changed("readme.tar", "Read me.", "Run this")).expect_refused("content of x-1/README differs");
        let short = smudged(&env, &repo, &commit, b"short");
        check(&short).expect_refused("content of x-1/a.bin differs");
    }
}

/// A pointer in a form that Git LFS may read and does not write names nothing for sure.
#[test]
fn odd_pointers_are_not_checked() {
    let env = Environment::new();
    let (key, repo) = (Key::new("Alice"), env.repository("x.git"));
    let good = pointer(b"content\n");
    for odd in [good.replace("size 8", "ext-0-x sha256:0\nsize 8"), good.replace("size 8", "size 08")] {
        let commit = repo.commit(&[("a.bin", &odd), ATTRIBUTES]);
        repo.sign_tag("t", &commit, &key);
        let check = |tarball: &PathBuf| env.authenticate(&key, "t", &repo.path, tarball);
        check(&smudged(&env, &repo, &commit, b"content\n")).expect_not_checked("a.bin is kept in Git LFS");
        check(&repo.archive(&commit, "x-1/", "tar")).expect_authentic();
    }
    // Without the attribute, nobody puts anything in its place.
    let commit = repo.commit(&[("a.bin", &good)]);
    repo.sign_tag("t", &commit, &key);
    let plain = repo.tar(&commit, "x-1/");
    let at = plain.windows(10).position(|window| window == b"version ht").expect("there");
    let mut other = plain;
    other[at] = b'V';
    env.authenticate(&key, "t", &repo.path, &env.file("o.tar", other)).expect_refused("content of x-1/a.bin differs");
}
