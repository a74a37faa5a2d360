//! Servers that cannot be reached, each with its own reason and advice; and what -v tells on the way.

use std::io::Write as _;
use std::time::Duration;

use crate::environment::packs::{daemon_with_pack, daemon_without_shallow};
use crate::environment::servers::{GitDaemon, Sshd, packet, script, serve};
use crate::environment::{Environment, Release};

fn retries(text: &str) -> usize {
    text.matches("trying again").count()
}

#[test]
fn names_ports_and_hang_ups_are_told_apart() {
    let env = Environment::new();
    let release = env.release();
    let check = |url: &str| env.authenticate(&release.key, "v1", url, &release.tarball).arg("-v");
    let silent = serve(drop);
    for (url, words) in [
        ("git://no-such-host.invalid/x", "no address is known for no-such-host.invalid"),
        ("http://no-such-host.invalid/x", "no address is known for no-such-host.invalid"),
        ("git://127.0.0.1:1/x", "127.0.0.1 (port 1) refuses connections"),
        ("https://127.0.0.1:1/x", "127.0.0.1 (port 1) refuses connections"),
        (&format!("http://127.0.0.1:{silent}/x"), "ended the connection without an answer"),
    ] {
        let outcome = check(url).expect_not_checked(words);
        assert_eq!(retries(&outcome.err), 3, "{outcome:?}");
    }
}

#[test]
fn ssh_says_why() {
    let env = Environment::new();
    let release = env.release();
    let sshd = Sshd::start(&env.path(""));
    let path = |bin: &std::path::Path| format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let user = std::process::Command::new("id").arg("-un").output().unwrap().stdout;
    let url = |port: u16| {
        format!("ssh://{}@127.0.0.1:{port}{}", String::from_utf8_lossy(&user).trim(), release.repo.path.display())
    };
    let check = |url: &str| env.authenticate(&release.key, "v1", url, &release.tarball).env("PATH", path(&sshd.bin));
    check(&url(sshd.port)).expect_authentic();
    check(&url(1)).expect_not_checked("ssh says: ssh: connect to host 127.0.0.1 port 1: Connection refused");
    check("ssh://no-such-host.invalid/x").expect_not_checked("Could not resolve hostname no-such-host.invalid");
    // In brackets, as scp has it.
    let in_brackets = url(sshd.port).replacen("ssh://", "", 1);
    let (destination, rest) = in_brackets.split_once('/').unwrap();
    let (user_at, host) = destination.split_once('@').unwrap();
    check(&format!("{user_at}@[{host}]:/{rest}")).expect_authentic();
    check(&format!("[{user_at}@{host}]:/{rest}")).expect_authentic();
    // Another host key than the known one, and none.
    let known = env.path("ssh/known");
    let other = std::fs::read_to_string(env.path("ssh/user.pub")).unwrap();
    for text in [format!("[127.0.0.1]:{} {other}", sshd.port), String::new()] {
        std::fs::write(&known, text).unwrap();
        script(
            &sshd.bin.join("ssh"),
            &format!(
                "#!/bin/sh\nexec /usr/bin/ssh -F {} -o StrictHostKeyChecking=yes \"$@\"\n",
                env.path("ssh/ssh_config").display(),
            ),
        );
        let outcome = check(&url(sshd.port)).expect_not_checked("host key");
        assert!(outcome.err.contains("known_hosts"), "{outcome:?}");
    }
    // A key that is not known there.
    std::fs::write(env.path("ssh/authorized"), "").unwrap();
    std::fs::remove_file(&known).unwrap();
    script(
        &sshd.bin.join("ssh"),
        &format!("#!/bin/sh\nexec /usr/bin/ssh -F {} \"$@\"\n", env.path("ssh/ssh_config").display(),),
    );
    let outcome = check(&url(sshd.port)).expect_not_checked("Permission denied");
    assert!(outcome.err.contains("ssh-add"), "{outcome:?}");
}

/// Whether a program runs with an argument that only one test uses. (It may take a moment to go.)
#[track_caller]
fn ends_soon(marker: &str) {
    let is_running = || {
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let mut lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
        lines.any(|line| line.split(|byte| *byte == 0).any(|argument| argument == marker.as_bytes()))
    };
    for _ in 0..100 {
        if !is_running() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it was left running");
}

/// Programs in the background kept ssh's streams open: the wait was 20 seconds, the reason "too slowly", and they went on.
#[test]
fn ssh_whose_children_hold_its_streams_open() {
    let env = Environment::new();
    let release = env.release();
    std::fs::create_dir(env.path("bin")).unwrap();
    let marker = format!("39{}", std::process::id());
    let check = |text: &str| {
        script(
            &env.path("bin/ssh"),
            &format!("#!/bin/sh\n{}\n", text.replace("SLEEP", &format!("/bin/sleep {marker}"))),
        );
        env.authenticate(&release.key, "v1", "somewhere:x", &release.tarball).env("PATH", env.path("bin"))
    };
    for text in [
        // Standard error alone, and both.
        "SLEEP >/dev/null </dev/null & echo 'no way' >&2; exit 255",
        "SLEEP & echo 'no way' >&2; exit 255",
    ] {
        // The deadline is far: it is not what ends this.
        check(text).arg("--timeout=3000").expect_not_checked("ssh says: no way");
        ends_soon(&marker);
    }
    // At the deadline the children end as well, also those that do not want to.
    check("trap '' TERM; SLEEP & SLEEP").arg("--timeout=2").expect_not_checked("longer than 2 seconds");
    ends_soon(&marker);
    // Words without end are read, and not kept.
    let outcome = check("yes 'no way' | head -c 10000000 >&2; exit 255")
        .env("PATH", format!("{}:/usr/bin:/bin", env.path("bin").display()));
    let outcome = outcome.expect_not_checked("ssh says: no way");
    assert!(outcome.err.len() < 20_000, "{}", outcome.err.len());
}

/// What it is, and what helps: nothing of "try again later".
#[test]
fn servers_without_shallow_fetches() {
    let env = Environment::new();
    let release = env.release();
    let tag = release.repo.git(&["rev-parse", "refs/tags/v1"]);
    let url = daemon_without_shallow(&tag);
    let outcome = env.authenticate(&release.key, "v1", url, &release.tarball).expect_not_checked("shallow");
    assert!(outcome.err.contains("git clone --bare") && !outcome.err.contains("again later"), "{outcome:?}");
}

#[test]
fn a_reason_is_told_once() {
    let env = Environment::new();
    let release = env.release();
    let port = serve(|mut client| {
        let _ = client.write_all(&[packet(b"ERR go away, please\n"), b"0000".to_vec()].concat());
    });
    let url = format!("git://127.0.0.1:{port}/x");
    let outcome = env.authenticate(&release.key, "v1", url, &release.tarball).expect_not_checked("go away, please");
    assert_eq!(outcome.err.matches("go away").count(), 1, "{outcome:?}");
}

/// -v tells the URL, the steps and their times.
#[test]
fn steps_on_the_way() {
    let env = Environment::new();
    let Release { key, repo, tarball, .. } = env.release();
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let daemon = GitDaemon::start(&env.path(""));
    let outcome = env.authenticate(&key, "v1", daemon.url("x.git"), &tarball).arg("-v").expect_authentic();
    let mut rest = outcome.err.as_str();
    for step in [
        &format!("connecting to {}", daemon.url("x.git")),
        "asking for the ref",
        "the server is preparing the pack",
        "receiving the pack",
        "unpacking and hashing its objects",
    ] {
        let at = rest.find(step).unwrap_or_else(|| panic!("{step}: {outcome:?}"));
        assert!(rest[..at].ends_with(" s: "), "{outcome:?}");
        rest = &rest[at..];
    }
    let secret = env.authenticate(&key, "v1", "http://me:s3cr3t@127.0.0.1:1/x", &tarball).arg("-v").run();
    assert!(secret.err.contains("connecting to http://127.0.0.1:1/x") && !secret.err.contains("s3cr3t"), "{secret:?}");
    // A server that thinks says so: the program waits, and is not too slow.
    let tag = repo.git(&["rev-parse", "refs/tags/v1"]);
    let url = daemon_with_pack(&tag, |client| {
        std::thread::sleep(Duration::from_millis(200));
        drop(client.write_all(b"0000"));
    });
    let outcome = env.authenticate(&key, "v1", url, &tarball).arg("-v").run();
    assert!(outcome.err.contains("the server is preparing the pack"), "{outcome:?}");
}
