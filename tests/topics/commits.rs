//! Signed commits: by id, and behind tags that are not signed.

use crate::environment::servers::{GitDaemon, HttpServer};
use crate::environment::{Environment, Key, Program, Release};

/// The text of a commit with a signature in the header, made over the rest.
fn signed(text: &str, header: &str, signature: &str) -> String {
    let folded = signature.trim_end().replace('\n', "\n ");
    text.replacen("\n\n", &format!("\n{header} {folded}\n\n"), 1)
}

/// A release whose commit is signed, and has tags that are not.
fn release(env: &Environment, options: &[&str]) -> Release {
    let key = Key::new("Alice <alice@example.org>");
    let repo = env.repository_with("x.git", options);
    let parent =
        repo.commit(&[("README", "Read me.\n"), ("d/f", "$Format:%H$\n"), (".gitattributes", "f export-subst\n")]);
    let text = String::from_utf8(repo.read(&parent)).unwrap();
    let text = text.replacen("\nauthor", &format!("\nparent {parent}\nauthor"), 1);
    let header = if parent.len() == 64 { "gpgsig-sha256" } else { "gpgsig" };
    let commit = repo.object("commit", signed(&text, header, &key.sign(text.as_bytes())).as_bytes());
    repo.git(&["update-ref", "refs/heads/main", &commit]);
    repo.git(&["update-ref", "refs/tags/light", &commit]);
    repo.set_tag("plain", repo.tag_text("plain", &commit).as_bytes());
    let tarball = repo.archive(&commit, "x-1/", "tar.gz");
    Release { key, repo, commit, tarball }
}

fn by_id(env: &Environment, release: &Release, id: &str, repo: &str) -> Program {
    let keyring = env.file("trusted.pgp", release.key.public());
    env.program().arg("--keyring").arg(keyring).arg("--commit").arg(id).arg(repo).arg(&release.tarball)
}

#[test]
fn commits_by_their_full_id_from_everywhere() {
    for options in [&[][..], &["--object-format=sha256"]] {
        let env = Environment::new();
        let release = release(&env, options);
        let bundle = release.repo.bundle("x.bundle", &["--all"]);
        let (daemon, http) = (GitDaemon::start(&env.path("")), HttpServer::start(&env.path("")));
        for filter in ["false", "true"] {
            release.repo.git(&["config", "uploadpack.allowFilter", filter]);
            for repo in ["x.git".into(), bundle.to_str().unwrap().into(), daemon.url("x.git"), http.http("x.git")] {
                let outcome = by_id(&env, &release, &release.commit, &repo).expect_authentic();
                assert!(outcome.err.contains("signed by Alice") && !outcome.err.contains("tag "), "{outcome:?}");
            }
        }
        by_id(&env, &release, &release.commit.to_uppercase(), "x.git").expect_authentic();
        by_id(&env, &release, &release.commit[..12], "x.git").expect_usage_error("a full id");
        by_id(&env, &release, "main", "x.git").expect_usage_error("a full id");
        let unknown = "1".repeat(release.commit.len());
        by_id(&env, &release, &unknown, "x.git").expect_not_found("the repository has no commit 1111");
        let tree = release.repo.git(&["rev-parse", "main^{tree}"]);
        by_id(&env, &release, &tree, "x.git").expect_refused("is a tree where a commit belongs");
    }
}

#[test]
fn git_made_signatures_verify() {
    let env = Environment::new();
    let mut release = release(&env, &[]);
    // git's own way of putting a signature into a commit, with a program in the place of gpg.
    let text = String::from_utf8(release.repo.read("main")).unwrap();
    let tree = text.lines().next().unwrap().trim_start_matches("tree ").to_owned();
    let script = env.path("gpg");
    let plain = release.repo.git(&["commit-tree", &tree, "-m", "signed by git"]);
    let signature = env.file("signature", release.key.sign(&release.repo.read(&plain)));
    let fake = format!("#!/bin/sh\ncat >/dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\ncat {}\n", signature.display());
    crate::environment::servers::script(&script, &fake);
    let program = format!("gpg.program={}", script.display());
    release.commit = release.repo.git(&["-c", &program, "commit-tree", "-Skey", &tree, "-m", "signed by git"]);
    release.tarball = release.repo.archive(&release.commit, "x-1/", "tar.gz");
    by_id(&env, &release, &release.commit, "x.git").expect_authentic();
}

#[test]
fn unsigned_tags_resolve_to_signed_commits_only_when_asked() {
    let env = Environment::new();
    let release = release(&env, &[]);
    let check = |tag: &str| env.authenticate(&release.key, tag, &release.repo.path, &release.tarball);
    check("light").expect_refused("lightweight tag");
    check("plain").expect_refused("tag plain is not signed");
    for tag in ["light", "plain"] {
        let outcome = check(tag).arg("--resolve-unsigned-tag").expect_authentic();
        assert!(outcome.err.contains("signed by Alice"), "{outcome:?}");
    }
    // A tag in disguise, a tag that a stranger signed, and a commit that nobody signed stay refused.
    release.repo.git(&["update-ref", "refs/tags/other", "refs/tags/plain"]);
    check("other").arg("--resolve-unsigned-tag").expect_refused("is really the tag plain");
    release.repo.sign_tag("strange", &release.commit, &Key::new("Mallory"));
    check("strange").arg("--resolve-unsigned-tag").expect_refused("not in the keyring");
    let unsigned = release.repo.commit(&[("README", "Read me.\n")]);
    release.repo.git(&["update-ref", "refs/tags/unsigned", &unsigned]);
    check("unsigned").arg("--resolve-unsigned-tag").expect_refused(&format!("the commit {unsigned} is not signed"));
    // A signed tag needs no signed commit, with or without the option.
    release.repo.sign_tag("good", &release.commit, &release.key);
    check("good").arg("--resolve-unsigned-tag").expect_authentic();
    // Which commit it is to lead to can be said as well.
    let pinned = |id: &str| check("plain").arg("--resolve-unsigned-tag").arg("--commit").arg(id);
    pinned(&release.commit).expect_authentic();
    pinned(&unsigned).expect_refused(&format!("leads to the commit {} now, and {unsigned} is pinned", release.commit));
}

#[test]
fn only_the_signature_of_this_very_commit_counts() {
    let env = Environment::new();
    let mut release = release(&env, &[]);
    let original = String::from_utf8(release.repo.read(&release.commit)).unwrap();
    let start = original.find("gpgsig ").unwrap();
    let end = original.find("\n\n").unwrap();
    let (header, plain) = (&original[start..end], format!("{}{}", &original[..start - 1], &original[end..]));
    let block = header.trim_start_matches("gpgsig ").replace("\n ", "\n");
    let stranger = Key::new("Mallory").sign(plain.as_bytes());
    let cases = [
        ("another message", original.replace("\n\nmessage", "\n\nmassage"), Some("made over something else")),
        ("another author", original.replacen("\nauthor ", "\nauthor X ", 1), Some("made over something else")),
        ("twice", original.replacen("\n\n", &format!("\n{header}\n\n"), 1), Some("two of them")),
        ("a stranger", signed(&plain, "gpgsig", &stranger), Some("not in the keyring")),
        ("in the message", format!("{plain}\n{header}\n"), Some("is not signed")),
        ("under another name", signed(&plain, "gpgsigx", &block), Some("is not signed")),
        ("of the other hash", signed(&plain, "gpgsig-sha256", &block), Some("is not signed")),
        ("words behind it", signed(&plain, "gpgsig", &format!("{block}\nwords")), Some("after its signature")),
        ("x509", signed(&plain, "gpgsig", "-----BEGIN SIGNED MESSAGE-----\nx"), Some("X.509 certificate")),
        ("nothing", signed(&plain, "gpgsig", "x"), Some("unknown kind")),
        (
            "before the author",
            original.replacen("\nauthor", "\ngpgsig-sha256 x\nauthor", 1),
            Some("before the committer"),
        ),
    ];
    for (what, text, words) in cases {
        release.commit = release.repo.object("commit", text.as_bytes());
        let outcome = by_id(&env, &release, &release.commit, "x.git").run();
        let expected = if what == "x509" { 3 } else { 1 };
        assert_eq!(outcome.code, Some(expected), "{what}: {outcome:?}");
        assert!(words.is_none_or(|words| outcome.err.contains(words)), "{what}: {outcome:?}");
    }
    // A signature for the other hash beside it is not part of what is signed.
    let both = signed(&original, "gpgsig-sha256", &block);
    release.commit = release.repo.object("commit", both.as_bytes());
    release.tarball = release.repo.archive(&release.commit, "x-1/", "tar.gz");
    by_id(&env, &release, &release.commit, "x.git").expect_authentic();
}

/// No signature covers the header of the other hash: with words in it, anybody could give a signed commit another id, and so put
/// another into files with `$Format:%H$`.
#[test]
fn a_commit_id_that_nobody_made() {
    let env = Environment::new();
    let mut release = release(&env, &[]);
    let original = String::from_utf8(release.repo.read(&release.commit)).unwrap();
    let block = Key::new("Mallory").sign(b"x");
    let with_comment = block.replacen("\n\n", "\nComment: words\n\n", 1);
    let public_key = String::from_utf8(release.key.public()).unwrap();
    let twice = format!("{}\n\n{}", block.trim_end(), block);
    for words in [
        "words",
        "words\nand more",
        "-----BEGIN PGP SIGNATURE-----",
        &with_comment,
        &format!("{block}words"),
        &format!("words\n{block}"),
        &twice,
        &public_key,
        &public_key.replace("PUBLIC KEY BLOCK", "SIGNATURE"),
        &block.replace("PGP", "SSH"),
    ] {
        release.commit = release.repo.object("commit", signed(&original, "gpgsig-sha256", words).as_bytes());
        release.tarball = release.repo.archive(&release.commit, "x-1/", "tar.gz");
        let refused = by_id(&env, &release, &release.commit, "x.git");
        refused.expect_refused("something in its header gpgsig-sha256 that is no signature");
    }
    let twice = signed(&signed(&original, "gpgsig-sha256", &block), "gpgsig-sha256", &block);
    release.commit = release.repo.object("commit", twice.as_bytes());
    by_id(&env, &release, &release.commit, "x.git").expect_refused("two headers for the other hash");
    // A signature of anybody's: it is named, and is not enough where the id is all that is known.
    release.commit = release.repo.object("commit", signed(&original, "gpgsig-sha256", &block).as_bytes());
    release.tarball = release.repo.archive(&release.commit, "x-1/", "tar.gz");
    let outcome = by_id(&env, &release, &release.commit, "x.git").expect_authentic();
    assert!(outcome.err.contains("a signature for the other hash in its header gpgsig-sha256"), "{outcome:?}");
    let strict = by_id(&env, &release, &release.commit, "x.git").arg("--strict");
    strict.expect_refused("no signature covers it");
    release.repo.git(&["update-ref", "refs/tags/light", &release.commit]);
    let unsigned = env.authenticate(&release.key, "light", &release.repo.path, &release.tarball);
    unsigned.arg("--resolve-unsigned-tag").expect_refused("no signature covers it");
}

#[test]
fn names_and_json_of_commits() {
    let env = Environment::new();
    let release = release(&env, &[]);
    let named = release.repo.archive(&release.commit, &format!("x-{}/", release.commit), "tar");
    let keyring = env.file("trusted.pgp", release.key.public());
    let program = env.program().arg("--keyring").arg(keyring).arg("--commit").arg(&release.commit).arg("--name=x");
    program.arg("x.git").arg(named).expect_authentic();
    let outcome = by_id(&env, &release, &release.commit, "x.git").arg("--json").run();
    let json: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!((&json["commit_verified"], &json["tags"]), (&true.into(), &serde_json::json!([])));
    assert_eq!(json["signers"][0]["certificate"], release.key.fingerprint().as_str());
}
