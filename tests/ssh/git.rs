//! The same questions, put to git itself, with tags that it made.

use std::path::PathBuf;

use auth_tarball_from_git::signature::ssh::{AllowedSigners, verify};

use crate::lab::{NOW, lab, must, report, run};

struct Repository(PathBuf);

impl Repository {
    fn new(name: &str) -> Self {
        let repository = Repository(lab().path().join(name));
        std::fs::create_dir(&repository.0).unwrap();
        repository.git(&["init", "--quiet"], "UTC");
        repository.git(&["commit", "--quiet", "--allow-empty", "--no-gpg-sign", "-m", "x"], "UTC");
        repository
    }

    fn run(&self, arguments: &[&str], zone: &str) -> std::process::Output {
        let date = format!("@{NOW} +0200");
        let environment = [
            ("TZ", zone),
            ("GIT_COMMITTER_DATE", &date),
            ("GIT_AUTHOR_DATE", &date),
            ("GIT_COMMITTER_NAME", "n"),
            ("GIT_COMMITTER_EMAIL", "e"),
            ("GIT_AUTHOR_NAME", "n"),
            ("GIT_AUTHOR_EMAIL", "e"),
        ];
        let format = ["-c", "gpg.format=ssh", "-c", "gpg.ssh.allowedSignersFile=signers"];
        run("git", &self.0, &[&format[..], arguments].concat(), &environment, b"")
    }

    fn git(&self, arguments: &[&str], zone: &str) -> Vec<u8> {
        must(self.run(arguments, zone))
    }

    /// What `git verify-tag` says, and what we say of the same tag.
    fn verdicts(&self, key: &str, signers: &str, zone: &str) -> (bool, bool) {
        let key = lab().path().join(key);
        let signing_key = format!("user.signingkey={}", key.to_str().unwrap());
        self.git(&["-c", &signing_key, "tag", "--force", "-s", "-m", "Version 1", "v1"], zone);
        std::fs::write(self.0.join("signers"), signers).unwrap();
        let theirs = self.run(&["verify-tag", "v1"], zone).status.success();
        let tag = self.git(&["cat-file", "tag", "v1"], zone);
        let begin = tag.windows(20).position(|bytes| bytes == b"-----BEGIN SSH SIGNA").unwrap();
        let (payload, signature) = tag.split_at(begin);
        let ours = AllowedSigners::parse(signers.as_bytes())
            .is_ok_and(|(allowed, _)| verify(payload, signature, NOW, &allowed).is_ok());
        (theirs, ours)
    }
}

#[test]
fn tags() {
    let lab = lab();
    let repository = Repository::new("tags");
    let certificate = lab.certify("for-git", "p256", "ca", &["-n", "a,b", "-V", "20240601:20240801"]);
    let late = lab.certify("late-for-git", "p256", "ca", &["-n", "a,b", "-V", "20240702:20240801"]);
    let (ed, other, ca) = (lab.public("ed"), lab.public("other"), lab.public("ca"));
    for (key, signers, is_good) in [
        ("ed", format!("a {ed}"), true),
        ("ed", format!("*@example.org,!x@* namespaces=\"git,file\" {ed}"), true),
        ("ed", format!("\"a b\" {ed}\r\n"), true),
        ("ed", format!("a with key {ed}"), false),
        ("ed", format!("\"a with b key c\" {ed}"), true),
        ("ed", format!("a {other}"), false),
        ("ed", format!("garbage\n\na {other}\nb {ed}"), true),
        ("ed", format!("a namespaces=\"file\" {ed}\nb {ed}"), false),
        ("ed", format!("a namespaces=\"file\" {ed}\n* {ed}"), true),
        ("ed", format!("a,b namespaces=\"file\" {ed}\nb {ed}"), true),
        ("ed", format!("!a,b {ed}\n"), true),
        ("ed", format!("\"a\r\" {ed}\n"), false),
        ("ed", format!("\"a\r\" {ed}\na {ed}"), true),
        ("ed", format!("a cert-authority {ed}"), false),
        ("ed", format!("a valid-before=\"20240701100000Z\" {ed}"), true),
        ("ed", format!("a valid-before=\"20240701095959Z\" {ed}"), false),
        ("ed", format!("a valid-after=\"20240701100000\" {ed}"), true),
        ("ed", format!("a valid-after=\"20240701100001\" {ed}"), false),
        ("p384", format!("a {}", lab.public("p384")), true),
        ("p521", format!("a {}", lab.public("p521")), true),
        ("rsa3072", format!("a {}", lab.public("rsa3072")), true),
        ("rsa4224", format!("a {}", lab.public("rsa4224")), true),
        (&certificate, format!("a cert-authority {ca}"), true),
        (&certificate, format!("c,b* cert-authority {ca}"), true),
        (&certificate, format!("c cert-authority {ca}"), false),
        (&certificate, format!("a {}", lab.public("p256")), false),
        (&late, format!("a cert-authority {ca}"), false),
    ] {
        assert_eq!(repository.verdicts(key, &signers, "UTC"), (is_good, is_good), "{key}\n{signers}");
    }
    report();
}

/// Away from UTC, git and ssh-keygen read times without a zone as local ones, and, in summer, the date of the signature
/// as an hour later than it is. Ours are exact, everywhere.
#[test]
fn zones() {
    let repository = Repository::new("zones");
    let ed = lab().public("ed");
    for (zone, option, ours) in [
        // The signature is of 10:00Z, 12:00 in Berlin. A quarter of an hour later, it would have been too late.
        ("Europe/Berlin", "valid-before=\"202407011015Z\"", true),
        ("Europe/Berlin", "valid-after=\"202407011015Z\"", false),
        ("Europe/Berlin", "valid-before=\"202407011015\"", true),
        ("Pacific/Honolulu", "valid-before=\"202407010100\"", false),
    ] {
        let (theirs, verdict) = repository.verdicts("ed", &format!("a {option} {ed}"), zone);
        assert_eq!(verdict, ours, "{zone} {option}");
        println!("in {zone}, {option}: git {}, we {ours}", theirs);
        // Where the zone is UTC, they agree.
        assert_eq!(repository.verdicts("ed", &format!("a {option} {ed}"), "UTC"), (ours, ours), "{option}");
    }
}
