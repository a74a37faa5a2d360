//! Options, exit codes, and what is printed where.

use crate::environment::Environment;
use crate::environment::servers::GitDaemon;

#[test]
fn wrong_arguments_are_usage_errors() {
    let env = Environment::new();
    let release = env.release();
    let check = || env.authenticate(&release.key, "v1", &release.repo.path, &release.tarball);
    check().arg("--prefix=a").arg("--name=b").expect_usage_error("cannot be used with");
    check().arg("-q").arg("-v").expect_usage_error("cannot be used with");
    check().arg("--timeout=0").expect_usage_error("--timeout");
    check().arg("--timeout=never").expect_usage_error("--timeout");
    check().arg("--format=zip").expect_usage_error("--format zip");
    check().arg("--sha256=12").expect_usage_error("64 hexadecimal digits");
    check().arg("--policy-as-of=yesterday").expect_usage_error("YYYY-MM-DD");
    check().arg("--policy-as-of=2024-02-30").expect_usage_error("YYYY-MM-DD");
    check().arg("--unknown").expect_usage_error("--unknown");
    env.program().expect_usage_error("required");
    let without_keyring = env.program().arg("--tag=v1").arg(&release.repo.path).arg(&release.tarball);
    without_keyring.expect_usage_error("--keyring");
    let without_tag = env.program().arg("--keyring=trusted.pgp").arg(&release.repo.path).arg(&release.tarball);
    without_tag.expect_usage_error("--tag");
    for tag in ["", "a..b", "-d", "a b", "x\u{1b}[31m"] {
        let program = env.program().arg("--keyring=trusted.pgp").arg(format!("--tag={tag}"));
        let outcome = program.arg(&release.repo.path).arg(&release.tarball).expect_usage_error("tag name");
        assert!(!outcome.err.contains('\x1b'), "{outcome:?}");
    }
}

#[test]
fn help_and_version_are_no_errors() {
    let env = Environment::new();
    for (option, words) in [("--help", "Exit codes:"), ("-h", "Usage:"), ("--version", env!("CARGO_PKG_VERSION"))] {
        let outcome = env.program().arg(option).run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(outcome.out.contains(words) && outcome.err.is_empty(), "{outcome:?}");
    }
}

#[test]
fn quiet_prints_nothing_but_errors() {
    let env = Environment::new();
    let release = env.release();
    let good = env.authenticate(&release.key, "v1", &release.repo.path, &release.tarball).arg("-q").run();
    assert_eq!((good.code, good.out.as_str(), good.err.as_str()), (Some(0), "", ""));
    env.authenticate(&release.key, "v2", &release.repo.path, &release.tarball).arg("-q").expect_not_found("no tag v2");
}

/// The documented object (README.md), in its three forms.
#[test]
fn json_has_the_same_facts() {
    let env = Environment::new();
    let release = env.release();
    let json = |tag: &str, tarball: &std::path::Path| {
        let outcome = env.authenticate(&release.key, tag, &release.repo.path, tarball).arg("--json").run();
        assert!(outcome.err.is_empty(), "{outcome:?}");
        (outcome.code, serde_json::from_str::<serde_json::Value>(&outcome.out).expect("one JSON object"))
    };
    let (code, good) = json("v1", &release.tarball);
    assert_eq!(code, Some(0));
    assert_eq!(good["verdict"], "authentic");
    assert_eq!(good["commit"], release.commit.as_str());
    assert_eq!(good["tags"][0]["name"], "v1");
    assert_eq!(good["tags"][0]["id"], release.repo.git(&["rev-parse", "v1"]).as_str());
    assert_eq!(good["tags"][0]["verified"], true);
    assert_eq!(good["signers"][0]["certificate"], release.key.fingerprint().as_str());
    assert_eq!(good["signers"][0]["key"], release.key.signer().public().fingerprint().to_hex().as_str());
    assert_eq!(good["signers"][0]["user_id"], "Alice <alice@example.org>");
    assert!(good["signers"][0]["signed_at"].as_str().is_some_and(|time| time.starts_with("20") && time.contains('T')));
    let tarball = &good["tarball"];
    assert_eq!(
        (&tarball["prefix"], &tarball["umask"], &tarball["container"]),
        (&"x-1/".into(), &"0002".into(), &"gzip".into())
    );
    assert_eq!(tarball["entries"], 9);
    assert_eq!(tarball["tar_bytes"], release.repo.tar("v1", "x-1/").len());
    assert_eq!(good["warnings"], serde_json::json!([]));

    let (code, bad) = json("v2", &release.tarball);
    assert_eq!((code, &bad["verdict"]), (Some(1), &"not-authentic".into()));
    assert!(bad["reason"].as_str().is_some_and(|reason| reason.contains("no tag v2")) && bad["help"].is_string());
    let (code, unknown) = json("v1", &env.path("missing"));
    assert_eq!((code, &unknown["verdict"]), (Some(3), &"not-checked".into()));
}

/// The name of version 0.2.0's options, in the order in which its users write them.
#[test]
fn the_command_line_of_version_0_2_0() {
    let env = Environment::new();
    let release = env.release();
    let other = crate::environment::Key::new("Other");
    env.file("a.pgp", other.public());
    env.file("b.pgp", release.key.public());
    let program = env.program().arg("--keyring").arg("a.pgp").arg("--keyring").arg("b.pgp").arg("--tag").arg("v1");
    let program = program.arg("--prefix").arg("x-1").arg("--format").arg("tar.gz");
    program.arg(&release.repo.path).arg(&release.tarball).expect_authentic();
    let named = release.repo.archive("v1", "x-v1/", "tar.gz");
    let program = env.program().arg("--keyring").arg("b.pgp").arg("--tag").arg("v1").arg("--name").arg("x");
    program.arg(&release.repo.path).arg(named).expect_authentic();
}

/// A damaged certificate among good ones is told, and does not matter.
#[test]
fn warnings_are_printed() {
    let env = Environment::new();
    let release = env.release();
    let mut keyring = release.key.public_binary();
    keyring.extend([0xc6, 0x05, 0x63, 0, 0, 0, 0]);
    let keyring = env.file("damaged.pgp", keyring);
    let program = env.program().arg("--keyring").arg(keyring).arg("--tag=v1").arg(&release.repo.path);
    let outcome = program.arg(&release.tarball).expect_authentic();
    assert!(outcome.err.contains("warning: "), "{outcome:?}");
}

/// Bars are for terminals; the tests above have none, and see none.
#[test]
fn progress_bars_on_a_terminal() {
    let env = Environment::new();
    let release = env.release();
    let daemon = GitDaemon::start(&env.path(""));
    let said = |repo: &str| {
        let program = env.authenticate(&release.key, "v1", repo, &release.tarball).command;
        let words = std::iter::once(program.get_program()).chain(program.get_args());
        let line: Vec<String> = words.map(|word| format!("'{}'", word.to_str().unwrap())).collect();
        let mut script = std::process::Command::new("script");
        script.args(["-q", "-e", "-c", &line.join(" "), "/dev/null"]).current_dir(env.path(""));
        let said = String::from_utf8(crate::environment::with_input(script, b"")).unwrap();
        assert!(said.contains("comparing: ") && said.contains("100%") && said.trim_end().ends_with("OK"), "{said:?}");
        said
    };
    assert!(!said("x.git").contains("fetching"));
    // The rate is one since the connection was begun, not since the first bytes were there.
    let fetched = said(&daemon.url("x.git"));
    assert!(fetched.contains("fetching: 0 B (0 B/s)") && !fetched.contains("GiB/s"), "{fetched:?}");
}

/// As with `2>&1 | true` and on full disks: the exit code is the verdict, and nothing aborts.
#[test]
fn streams_that_cannot_be_written_to_leave_the_exit_code_as_it_is() {
    let env = Environment::new();
    let release = env.release();
    let tarball = release.repo.archive("v1", "x-1/", "tar.gz");
    for (tag, code) in [("v1", 0), ("v2", 1)] {
        for extra in [&[][..], &["-v"], &["--json"]] {
            let program = env.authenticate(&release.key, tag, &release.repo.path, &tarball);
            let mut command = program.command;
            let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk");
            command.args(extra).stdout(full()).stderr(full());
            assert_eq!(command.status().expect("a status").code(), Some(code), "{tag} {extra:?}");
        }
    }
    let mut help = std::process::Command::new(crate::environment::program());
    help.arg("--help").stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk"));
    assert_eq!(help.status().expect("a status").code(), Some(0));
}
