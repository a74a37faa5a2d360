//! What a refusal says beside its reason: what held.

use crate::environment::{Environment, Key};

#[test]
fn a_tarball_that_differs_leaves_the_signature_good() {
    let env = Environment::new();
    let release = env.release();
    let mut tar = release.repo.tar("v1", "x-1/");
    let last = tar.len() - 1;
    tar[last] = 1;
    let tarball = env.file("changed.tar", tar);
    let check = || env.authenticate(&release.key, "v1", &release.repo.path, &tarball);
    let outcome = check().expect_refused("in the zeros that end the archive");
    for words in ["what held:", "tag v1 (", "signed by Alice", &format!("commit {}", release.commit)] {
        assert!(outcome.err.contains(words), "{words} in {outcome:?}");
    }
    let json: serde_json::Value = serde_json::from_str(&check().arg("--json").run().out).expect("JSON");
    assert_eq!(json["verdict"], "not-authentic");
    assert_eq!(json["code"], "trailing-data");
    assert_eq!(json["held"]["commit"], release.commit.as_str());
    assert_eq!(json["held"]["signers"][0]["user_id"], "Alice <alice@example.org>");
}

#[test]
fn a_signature_that_does_not_hold_leaves_the_archive_compared() {
    let env = Environment::new();
    let release = env.release();
    let stranger = Key::new("Mallory <mallory@example.org>");
    let tarball = release.repo.archive("v1", "x-1/", "tar.gz");
    let check = |tarball: &std::path::Path| env.authenticate(&stranger, "v1", &release.repo.path, tarball);
    let outcome = check(&tarball).expect_refused("a key that is not in the keyring");
    let words = format!("beside the signature: the tarball is the archive of the commit {}", release.commit);
    assert!(outcome.err.contains(&words), "{outcome:?}");
    let json: serde_json::Value = serde_json::from_str(&check(&tarball).arg("--json").run().out).expect("JSON");
    assert_eq!(json["held"], serde_json::json!({"archive_of": {"commit": release.commit, "same": true}}));
    let other = release.repo.commit(&[("other", "content\n")]);
    let other = release.repo.archive(&other, "x-1/", "tar.gz");
    let outcome = check(&other).expect_refused("a key that is not in the keyring");
    let words = format!("beside the signature: the tarball is not the archive of the commit {}", release.commit);
    assert!(outcome.err.contains(&words), "{outcome:?}");
}

/// uscan's `gitexport=all` makes the archive without regard to export-ignore and export-subst.
#[test]
fn an_archive_without_export_attributes_is_proven_and_reported() {
    let env = Environment::new();
    let mut release = env.release();
    release.commit = release.repo.commit(&[
        (".gitattributes", "tests export-ignore\nversion export-subst\n*.txt eol=crlf\n"),
        ("version", "$Format:%H$\n"),
        ("tests/data", "1\n"),
        ("a.txt", "line\n"),
        ("b", "2\n"),
    ]);
    release.repo.sign_tag("v1", &release.commit, &release.key);
    let filtered = release.repo.archive("v1", "x-1/", "tar.gz");
    let check = |tarball: &std::path::Path| env.authenticate(&release.key, "v1", &release.repo.path, tarball);
    let outcome = check(&filtered).expect_authentic();
    assert!(!outcome.err.contains("gitexport"), "{outcome:?}");
    let info = release.repo.path.join("info");
    std::fs::create_dir_all(&info).unwrap();
    std::fs::write(info.join("attributes"), "* -export-subst\n* -export-ignore\n").unwrap();
    let all = release.repo.archive("v1", "x-1/", "tar");
    let mut changed = std::fs::read(&all).unwrap();
    check(&all).arg("--strict").expect_refused("");
    let outcome = check(&all).expect_authentic();
    assert!(outcome.err.contains("as uscan does it with gitexport=all"), "{outcome:?}");
    // Only both together, and nothing else.
    std::fs::write(info.join("attributes"), "* -export-ignore\n").unwrap();
    check(&release.repo.archive("v1", "x-1/", "tar")).expect_refused("");
    let at = changed.windows(8).position(|window| window == b"$Format:").unwrap();
    changed[at + 9] = b'h';
    check(&env.file("changed.tar", changed)).expect_refused("");
}

/// An older release under a new name: which one it is.
#[test]
fn the_archive_of_another_tag_is_named() {
    let env = Environment::new();
    let release = env.release();
    let older = release.repo.archive("v1", "x-1/", "tar.gz");
    let commit = release.repo.commit(&[("README", "Newer.\n")]);
    release.repo.sign_tag("v2", &commit, &release.key);
    let outcome = env.authenticate(&release.key, "v2", &release.repo.path, &older).expect_refused("another commit");
    let words = format!("{} (tag v1) instead of {commit}", release.commit);
    assert!(outcome.err.contains(&words), "{outcome:?}");
}
