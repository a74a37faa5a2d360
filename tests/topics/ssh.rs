//! Tags and commits that are signed with SSH keys. (The folder tests/ssh compares every verdict with ssh-keygen's.)

use std::path::PathBuf;
use std::process::Command;

use crate::environment::{Environment, Key, Program, Repository, git, succeed};

struct Setting {
    env: Environment,
    repo: Repository,
    commit: String,
    tarball: PathBuf,
}

impl Setting {
    fn new() -> Self {
        let env = Environment::new();
        let repo = env.repository("x.git");
        let commit = repo.commit(&[("README", "Read me.\n")]);
        let tarball = repo.archive(&commit, "x-1/", "tar.gz");
        for (name, kind) in [("alice", "ed25519"), ("bob", "ecdsa"), ("mallory", "ed25519")] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", kind, "-N", "", "-C", name, "-f"]).arg(env.path(name));
            succeed(keygen);
        }
        let setting = Setting { env, repo, commit, tarball };
        setting.allow(&format!("alice@example.org {}", setting.public("alice")));
        setting
    }

    fn public(&self, name: &str) -> String {
        std::fs::read_to_string(self.env.path(&format!("{name}.pub"))).unwrap()
    }

    fn allow(&self, lines: &str) {
        self.env.file("allowed", lines);
    }

    fn git(&self, key: &str, args: &[&str]) -> String {
        let mut command = git();
        let key = format!("user.signingKey={}", self.env.path(key).display());
        command.arg("-C").arg(&self.repo.path).args(["-c", "gpg.format=ssh", "-c", &key]).args(args);
        String::from_utf8(succeed(command)).unwrap().trim_end().to_owned()
    }

    fn sign(&self, key: &str, tag: &str) {
        self.git(key, &["tag", "--force", "-s", "-m", "release", tag, &self.commit]);
    }

    fn check(&self, tag: &str) -> Program {
        let program = self.env.program().arg("--allowed-signers").arg(self.env.path("allowed"));
        program.arg("--tag").arg(tag).arg(&self.repo.path).arg(&self.tarball)
    }
}

#[test]
fn tags_and_commits_that_git_signed() {
    let mut s = Setting::new();
    s.sign("alice", "v1");
    let outcome = s.check("v1").expect_authentic();
    let fingerprint = {
        let mut keygen = Command::new("ssh-keygen");
        keygen.arg("-lf").arg(s.env.path("alice.pub"));
        String::from_utf8(succeed(keygen)).unwrap().split(' ').nth(1).unwrap().to_owned()
    };
    for fact in ["signed by alice@example.org", &format!("ssh-ed25519 key {fingerprint}"), "dated 2023-11-14T22:13:20Z"]
    {
        assert!(outcome.err.contains(fact), "{fact} in {outcome:?}");
    }
    let json: serde_json::Value = serde_json::from_str(&s.check("v1").arg("--json").run().out).unwrap();
    let signer = &json["signers"][0];
    assert_eq!(signer["kind"], "ssh");
    assert_eq!(signer["principal"], "alice@example.org");
    assert_eq!(signer["fingerprint"], fingerprint.as_str());

    let tree = s.repo.git(&["rev-parse", "main^{tree}"]);
    s.commit = s.git("alice", &["commit-tree", "-S", "-m", "signed", &tree]);
    s.tarball = s.repo.archive(&s.commit, "x-1/", "tar.gz");
    let commit = s.commit.clone();
    let by_id = || {
        let program = s.env.program().arg("--allowed-signers").arg(s.env.path("allowed"));
        program.arg("--commit").arg(&commit).arg(&s.repo.path).arg(&s.tarball)
    };
    by_id().expect_authentic();
    s.repo.git(&["update-ref", "refs/tags/light", &commit]);
    s.check("light").arg("--resolve-unsigned-tag").expect_authentic();
    s.allow(&format!("bob@example.org {}", s.public("bob")));
    by_id().expect_refused("which is not among the allowed signers");
}

#[test]
fn what_is_wrong_with_a_signature_is_told_apart() {
    let s = Setting::new();
    s.sign("mallory", "v1");
    s.check("v1").expect_refused("which is not among the allowed signers");
    s.sign("alice", "v1");
    for (options, words) in [
        ("namespaces=\"file\" ", "which may sign for file and not for git"),
        ("valid-before=\"20230101Z\" ", "which is not valid after 2023-01-01T00:00:00Z (line 1)"),
        ("valid-after=\"20240101Z\" ", "which is not valid before 2024-01-01T00:00:00Z (line 1)"),
        ("cert-authority ", "which the allowed signers have as an authority only (line 1)"),
    ] {
        s.allow(&format!("alice {options}{}", s.public("alice")));
        s.check("v1").expect_refused(words);
    }
    s.allow(&format!("bob {}\nalice {}", s.public("bob"), s.public("alice")));
    s.check("v1").expect_authentic();
    let good = String::from_utf8(s.repo.read("refs/tags/v1")).unwrap();
    s.repo.set_tag("v1", good.replace("release\n", "Release\n").as_bytes());
    s.check("v1").expect_refused("has a bad signature by the SSH key");
    s.repo.set_tag("v2", good.as_bytes());
    s.check("v2").expect_refused("is really the tag v1");
    s.repo.set_tag("v1", format!("{good}words\n").as_bytes());
    s.check("v1").expect_refused("after its signature");
    s.repo.set_tag("v1", good.replacen("tagger T", "tagger  T", 1).as_bytes());
    s.repo.set_tag("v1", good.replacen(" 1700000000 +0100\n", "\n", 1).as_bytes());
    s.check("v1").expect_refused("with which no SSH signature can be judged");
    let cut = good.replace("-----END SSH SIGNATURE-----", "-----END PGP SIGNATURE-----");
    s.repo.set_tag("v1", cut.as_bytes());
    s.check("v1").expect_refused("damaged");
}

/// A signature over the same bytes, for files and not for git.
#[test]
fn a_signature_for_another_purpose_is_none() {
    let s = Setting::new();
    let text = s.repo.tag_text("v1", &s.commit);
    let payload = s.env.file("payload", &text);
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-Y", "sign", "-n", "file", "-f"]).arg(s.env.path("alice")).arg(&payload);
    succeed(keygen);
    let signature = std::fs::read_to_string(s.env.path("payload.sig")).unwrap();
    s.repo.set_tag("v1", format!("{text}{signature}").as_bytes());
    s.check("v1").expect_refused("that was made for file and not for git");
}

#[test]
fn openpgp_and_ssh_trust_stand_side_by_side() {
    let s = Setting::new();
    let key = Key::new("Carol <carol@example.org>");
    let keyring = s.env.file("keyring.pgp", key.public());
    let check = |tag| s.check(tag).arg("--keyring").arg(&keyring);
    s.sign("alice", "ssh");
    s.repo.sign_tag("openpgp", &s.commit, &key);
    check("ssh").expect_authentic();
    check("openpgp").expect_authentic();
    s.check("openpgp").expect_refused("not in the keyring");
    let only_openpgp = s.env.program().arg("--keyring").arg(&keyring).arg("--tag").arg("ssh");
    only_openpgp.arg(&s.repo.path).arg(&s.tarball).expect_refused("which is not among the allowed signers");
    check("ssh").arg("--signatures=2").expect_refused("is signed by 1 of the 2 that are wanted");
    check("ssh").arg("--not-before=2024-01-01").expect_refused("outside of --not-before and --not-after");
    check("ssh").arg("--not-after=2023-11-14").expect_authentic();
}

#[test]
fn files_of_allowed_signers_that_are_none_and_lines_that_are_left_out() {
    let s = Setting::new();
    s.sign("alice", "v1");
    for (content, words) in [
        ("", "lists no key"),
        ("\n# nothing\n", "lists no key"),
        ("x\0", "is not a text file"),
        ("a b c\n", "line 1 is left out"),
    ] {
        s.allow(content);
        s.check("v1").expect_not_checked(words);
    }
    s.allow(&format!("what is this\nalice {}", s.public("alice")));
    let outcome = s.check("v1").expect_authentic();
    assert!(outcome.err.contains("warning: ") && outcome.err.contains("line 1 is left out"), "{outcome:?}");
    std::fs::remove_file(s.env.path("allowed")).unwrap();
    s.check("v1").expect_not_checked("could not be read");
    let nobody = s.env.program().arg("--tag").arg("v1").arg(&s.repo.path).arg(&s.tarball);
    nobody.expect_usage_error("--keyring <FILE>|--allowed-signers <FILE>");
}
