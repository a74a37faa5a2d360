//! The tarball is the archive of another commit than the signed one: what that commit is.

use std::path::PathBuf;

use crate::environment::servers::GitDaemon;
use crate::environment::{Environment, Key, Outcome, Repository};

/// A history of four commits, the third of them tagged, and one beside it.
struct Lab {
    env: Environment,
    key: Key,
    repo: Repository,
    commits: Vec<String>,
    apart: String,
}

impl Lab {
    fn new() -> Self {
        let env = Environment::new();
        let key = Key::new("Alice <alice@example.org>");
        let repo = env.repository("x.git");
        let commits: Vec<_> =
            ["1", "2", "3", "4"].iter().map(|text| repo.commit(&[("README", text), ("same", "same\n")])).collect();
        repo.sign_tag("v1", &commits[2], &key);
        let text = repo.read(&commits[2]);
        let signature = key.sign(&text);
        let text = String::from_utf8(text).unwrap();
        let (header, message) = text.split_once("\n\n").unwrap();
        let signature = signature.trim_end().replace('\n', "\n ");
        let apart = repo.object("commit", format!("{header}\ngpgsig {signature}\n\n{message}").as_bytes());
        repo.git(&["branch", "apart", &apart]);
        Lab { env, key, repo, commits, apart }
    }

    fn tarball(&self, commit: &str) -> PathBuf {
        self.repo.archive(commit, "x-1/", "tar.gz")
    }

    fn explained(&self, repo: &str, commit: &str) -> Outcome {
        let program = self.env.authenticate(&self.key, "v1", repo, &self.tarball(commit));
        let outcome = program.arg("--explain").expect_refused("the archive of another commit");
        assert!(outcome.err.contains(&format!("the tarball names the commit {commit}\n")), "{outcome:?}");
        outcome
    }
}

#[test]
fn commits_before_after_and_beside_the_signed_one() {
    let lab = Lab::new();
    let daemon = GitDaemon::start(lab.env.path("").as_path());
    lab.repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let bundle = lab.repo.bundle("x.bundle", &["--all"]);
    for repo in [lab.repo.path.display().to_string(), daemon.url("x.git"), bundle.display().to_string()] {
        for (commit, words) in [
            (&lab.commits[0], "it comes before the signed commit"),
            (&lab.commits[1], "it comes before the signed commit"),
            (&lab.commits[3], "it comes after the signed commit"),
            (&lab.apart, "neither of the two commits is in the history of the other"),
        ] {
            let outcome = lab.explained(&repo, commit);
            assert!(outcome.err.contains(words), "{repo}: {outcome:?}");
            assert!(outcome.err.contains("committed on 2023-11-14T22:13:20Z"), "{outcome:?}");
            assert!(outcome.err.contains("grade "), "{outcome:?}");
            let is_signed = *commit == lab.apart;
            assert_eq!(outcome.err.matches("signed by Alice").count(), 1 + usize::from(is_signed), "{outcome:?}");
            assert_eq!(outcome.err.contains("that commit is not signed"), !is_signed, "{outcome:?}");
        }
    }
}

/// Such a server would send all files of the history: only the commit itself is fetched.
#[test]
fn a_server_that_cannot_leave_out_files() {
    let lab = Lab::new();
    let daemon = GitDaemon::start(lab.env.path("").as_path());
    let outcome = lab.explained(&daemon.url("x.git"), &lab.commits[1]);
    assert!(outcome.err.contains("it comes before the signed commit"), "{outcome:?}");
    let outcome = lab.explained(&daemon.url("x.git"), &lab.commits[0]);
    assert!(outcome.err.contains("the part of the history that was looked at does not have both"), "{outcome:?}");
    assert!(outcome.err.contains("that commit is not signed"), "{outcome:?}");
}

#[test]
fn nothing_more_is_asked_without_explain() {
    let lab = Lab::new();
    let tarball = lab.tarball(&lab.commits[1]);
    let outcome = lab.env.authenticate(&lab.key, "v1", &lab.repo.path, &tarball).expect_refused("of another commit");
    assert!(!outcome.err.contains("the tarball names"), "{outcome:?}");
}

/// Whether the repository never had it, or no longer has.
#[test]
fn a_commit_that_the_repository_does_not_have() {
    let lab = Lab::new();
    let other = lab.env.repository("other.git");
    let commit = other.commit(&[("README", "elsewhere")]);
    let daemon = GitDaemon::start(lab.env.path("").as_path());
    let tarball = other.archive(&commit, "x-1/", "tar.gz");
    lab.repo.git(&["config", "uploadpack.allowFilter", "true"]);
    for (repo, words) in
        [(lab.repo.path.display().to_string(), "the repository does not have it"), (daemon.url("x.git"), "")]
    {
        let program = lab.env.authenticate(&lab.key, "v1", &repo, &tarball);
        let outcome = program.arg("--explain").expect_refused("the archive of another commit");
        assert!(outcome.err.contains("what it is cannot be told: ") && outcome.err.contains(words), "{outcome:?}");
        // What differs is told all the same.
        assert!(outcome.err.contains("missing (1):"), "{outcome:?}");
    }
}

#[test]
fn the_object_has_the_other_commit() {
    let lab = Lab::new();
    let tarball = lab.tarball(&lab.apart);
    let program = lab.env.authenticate(&lab.key, "v1", &lab.repo.path, &tarball).arg("--explain").arg("--json");
    let object: serde_json::Value = serde_json::from_str(&program.run().out).unwrap();
    let other = &object["held"]["other_commit"];
    assert_eq!(other["commit"], lab.apart.as_str());
    assert_eq!(other["ancestry"], "apart");
    assert_eq!(other["signers"][0]["user_id"], "Alice <alice@example.org>");
    assert!(other["unsigned"].is_null() && other["unknown"].is_null());
    let documented = include_str!("../../docs/json.md");
    for key in other.as_object().unwrap().keys() {
        assert!(documented.contains(&format!("`{key}`")), "{key} is not in docs/json.md");
    }
}
