//! What may be taken for the tag that was asked for.

use crate::environment::servers::{GitDaemon, HttpServer};
use crate::environment::{Environment, Key};

#[test]
fn a_release_is_authentic() {
    let env = Environment::new();
    let release = env.release();
    let tag = release.repo.git(&["rev-parse", "refs/tags/v1"]);
    for name in ["v1", "refs/tags/v1"] {
        let outcome = env.authenticate(&release.key, name, &release.repo.path, &release.tarball).expect_authentic();
        for fact in [tag.as_str(), &release.commit, "Alice <alice@example.org>", "prefix x-1/", "umask 0002"] {
            assert!(outcome.err.contains(fact), "{fact} in {outcome:?}");
        }
        assert!(outcome.err.contains(&release.key.fingerprint()), "{outcome:?}");
    }
}

#[test]
fn an_unknown_tag_is_refused() {
    let env = Environment::new();
    let release = env.release();
    release.repo.git(&["branch", "v2", "main"]);
    release.repo.git(&["update-ref", "refs/tags/refs/tags/v3", "refs/tags/v1"]);
    let daemon = GitDaemon::start(&env.path(""));
    for repo in [release.repo.path.to_str().unwrap().to_owned(), daemon.url("x.git")] {
        for name in ["v2", "V1", "v", "v1^", "heads/main", "v3"] {
            let outcome = env.authenticate(&release.key, name, &repo, &release.tarball).run();
            let expected = if name == "v1^" { 2 } else { 1 };
            assert_eq!(outcome.code, Some(expected), "{name}: {outcome:?}");
        }
    }
}

/// The attack that the existing tool says yes to: an old, signed tag served under the new one's name.
#[test]
fn a_signed_tag_shown_under_another_name_is_a_rollback() {
    let env = Environment::new();
    let release = env.release();
    release.repo.git(&["update-ref", "refs/tags/v2", "refs/tags/v1"]);
    release.repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let (daemon, http) = (GitDaemon::start(&env.path("")), HttpServer::start(&env.path("")));
    let bundle = release.repo.bundle("x.bundle", &["--all"]);
    let local = release.repo.path.to_str().unwrap().to_owned();
    for repo in [local, bundle.to_str().unwrap().into(), daemon.url("x.git"), http.http("x.git")] {
        env.authenticate(&release.key, "v2", repo, &release.tarball).expect_refused("is really the tag v1");
    }
}

#[test]
fn a_tag_that_was_moved_gives_another_commit() {
    let env = Environment::new();
    let release = env.release();
    let moved = release.repo.commit(&[("README", "Something else.\n")]);
    release.repo.sign_tag("v1", &moved, &release.key);
    let outcome =
        env.authenticate(&release.key, "v1", &release.repo.path, &release.tarball).expect_refused("of another commit");
    assert!(outcome.err.contains(&release.commit) && outcome.err.contains(&moved), "{outcome:?}");
}

#[test]
fn lightweight_and_unsigned_tags_are_told_apart() {
    let env = Environment::new();
    let release = env.release();
    release.repo.git(&["update-ref", "refs/tags/light", &release.commit]);
    let text = release.repo.tag_text("plain", &release.commit);
    release.repo.set_tag("plain", text.as_bytes());
    let check = |tag| env.authenticate(&release.key, tag, &release.repo.path, &release.tarball);
    check("light").expect_refused("lightweight tag");
    check("plain").expect_refused("is not signed");
}

/// gitoxide and old scripts write them: without the empty line that ends the headers.
#[test]
fn a_tag_without_a_message_is_unsigned() {
    let env = Environment::new();
    let release = env.release();
    let text = release.repo.tag_text("v2", &release.commit).replace("\n\nrelease\n", "\n");
    release.repo.set_tag("v2", text.as_bytes());
    let check = || env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball);
    let outcome = check().expect_refused("the tag v2 is not signed");
    assert!(outcome.err.contains("--resolve-unsigned-tag"), "{outcome:?}");
    check().arg("--resolve-unsigned-tag").expect_refused(&format!("the commit {} is not signed", release.commit));
}

#[test]
fn tags_of_trees_and_blobs_are_refused() {
    let env = Environment::new();
    let release = env.release();
    for (name, target) in [("tree", "main^{tree}"), ("blob", "main:README")] {
        let target = release.repo.git(&["rev-parse", target]);
        release.repo.sign_tag(name, &target, &release.key);
        let words = format!("leads to a {name}");
        env.authenticate(&release.key, name, &release.repo.path, &release.tarball).expect_refused(&words);
    }
}

#[test]
fn the_outermost_of_nested_tags_decides() {
    let env = Environment::new();
    let release = env.release();
    let repo = &release.repo;
    let unsigned = repo.set_tag("inner", repo.tag_text("inner", &release.commit).as_bytes());
    repo.sign_tag("outer", &unsigned, &release.key);
    let outcome = env.authenticate(&release.key, "outer", &repo.path, &release.tarball).expect_authentic();
    assert!(outcome.err.contains("tag outer") && outcome.err.contains("leads to tag inner"), "{outcome:?}");

    let signed = repo.git(&["rev-parse", "v1"]);
    repo.set_tag("reverse", repo.tag_text("reverse", &signed).as_bytes());
    env.authenticate(&release.key, "reverse", &repo.path, &release.tarball).expect_refused("not signed");

    let mut last = release.commit.clone();
    for n in 0..12 {
        last = repo.sign_tag(&format!("deep{n}"), &last, &release.key);
    }
    env.authenticate(&release.key, "deep11", &repo.path, &release.tarball).expect_not_checked("limit");
    env.authenticate(&release.key, "deep5", &repo.path, &release.tarball).expect_authentic();
}

#[test]
fn malformed_tag_objects_are_refused_even_when_signed() {
    let env = Environment::new();
    let release = env.release();
    let good = release.repo.tag_text("v2", &release.commit);
    let commit = &release.commit;
    let tree = release.repo.git(&["rev-parse", "main^{tree}"]);
    let change = |from: &str, to: &str| good.replacen(from, to, 1);
    let cases = [
        ("twice the object", format!("object {tree}\n{good}")),
        ("object again later", change("tagger", &format!("object {tree}\ntagger"))),
        ("twice the name", change("tag v2\n", "tag v2\ntag v1\n")),
        ("twice the tagger", change("tagger", "tagger X <x> 1 +0000\ntagger")),
        ("another order", change("type commit\ntag v2\n", "tag v2\ntype commit\n")),
        ("a strange header", change("\n\n", "\nstrange yes\n\n")),
        ("a wrong type", change("type commit", "type tree")),
        ("an upper-case id", change(commit, &commit.to_uppercase())),
        ("a short id", change(commit, &commit[..39])),
        ("CRLF", good.replace('\n', "\r\n")),
        ("NUL in the name", change("tag v2\n", "tag v2\0\n")),
        ("no empty line", change("\n\nrelease\n", "\n")),
        ("a name with a blank", change("tag v2\n", "tag v2 \n")),
        ("no name", change("tag v2\n", "")),
    ];
    for (what, text) in cases {
        let signature = release.key.sign(text.as_bytes());
        release.repo.set_tag("v2", format!("{text}{signature}").as_bytes());
        let outcome = env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball).run();
        assert_eq!(outcome.code, Some(1), "{what}: {outcome:?}");
    }
    // The same without any change.
    release.repo.sign_tag("v2", commit, &release.key);
    env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball).expect_authentic();
}

#[test]
fn tag_names_with_slashes_and_other_letters() {
    let env = Environment::new();
    let release = env.release();
    for name in ["release/v1.0", "\u{fc}ml\u{e4}ut", "v1+2_3@x"] {
        release.repo.sign_tag(name, &release.commit, &release.key);
        env.authenticate(&release.key, name, &release.repo.path, &release.tarball).expect_authentic();
    }
    let named = release.repo.archive("v1", "x-release-v1.0/", "tar");
    let check = || env.authenticate(&release.key, "release/v1.0", &release.repo.path, &named).arg("--name");
    check().arg("x").expect_authentic();
    check().arg("y").expect_refused("prefix x-release-v1.0/ instead of y-release-v1.0/");
}

#[test]
fn a_stranger_who_quotes_a_trusted_tag_is_still_a_stranger() {
    let env = Environment::new();
    let release = env.release();
    let stranger = Key::new("Mallory <mallory@example.org>");
    let trusted = String::from_utf8(release.repo.read("v1")).unwrap();
    let text = format!("{}{trusted}", release.repo.tag_text("v2", &release.commit));
    let signature = stranger.sign(text.as_bytes());
    release.repo.set_tag("v2", format!("{text}{signature}").as_bytes());
    let check = || env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball);
    check().expect_refused("not in the keyring");
    // Without the stranger's own block, the trusted one is the last: it was made over something else.
    release.repo.set_tag("v2", text.as_bytes());
    check().expect_refused("made over something else");
}
