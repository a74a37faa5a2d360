//! Servers, packs and files made to hurt.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use auth_tarball_from_git::limits;

use crate::environment::bounded::limited_data;
use crate::environment::packs::{blob, daemon_with_pack, pack_of, send_pack};
use crate::environment::servers::{GitDaemon, packet, script, serve};
use crate::environment::{Environment, Key, git, with_input};

#[test]
fn a_pack_that_never_ends() {
    let env = Environment::new();
    let release = env.release();
    let tag = release.repo.git(&["rev-parse", "refs/tags/v1"]);
    let url = daemon_with_pack(&tag, |client| {
        let line = packet(&[&b"\x01"[..], &[0; 60_000]].concat());
        while client.write_all(&line).is_ok() {}
    });
    env.authenticate(&release.key, "v1", url, &release.tarball).expect_not_checked("a limit was reached");
    // The same with refs.
    let port = serve(|mut client| {
        let _ = client.write_all(&[packet(b"version 2\n"), packet(b"ls-refs\n"), b"0000".to_vec()].concat());
        let id = "1".repeat(40);
        let line: Vec<u8> = (0..500).flat_map(|n| packet(format!("{id} refs/tags/v1{n}\n").as_bytes())).collect();
        while client.write_all(&line).is_ok() {}
    });
    let url = format!("git://127.0.0.1:{port}/x");
    env.authenticate(&release.key, "v1", url, &release.tarball).expect_not_checked("a limit was reached");
}

/// Objects that hash to something else than what was asked for do not count.
#[test]
fn a_server_that_sends_other_objects() {
    let env = Environment::new();
    let release = env.release();
    let evil = release.repo.commit(&[("evil", "evil\n")]);
    let mut pack_objects = git();
    pack_objects.arg("-C").arg(&release.repo.path).args(["pack-objects", "-q", "--revs", "--stdout"]);
    let pack = with_input(pack_objects, format!("{evil}\n").as_bytes());
    let tag = release.repo.git(&["rev-parse", "refs/tags/v1"]);
    let url = daemon_with_pack(&tag, move |client| send_pack(client, &pack));
    env.authenticate(&release.key, "v1", url, &release.tarball).expect_not_checked(&format!("object {tag} is missing"));
}

#[test]
fn servers_that_stall_or_drip_are_cut_off() {
    let env = Environment::new();
    let release = env.release();
    let silent = serve(|client| {
        std::thread::sleep(Duration::from_secs(60));
        drop(client);
    });
    let dripping = serve(|mut client| {
        for byte in packet(&[b'x'; 2000]) {
            if client.write_all(&[byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let dripping_http = serve(|mut client| {
        for byte in b"HTTP/1.1 200 OK\r\nX: ".iter().chain(&[b'x'; 2000]) {
            if client.write_all(&[*byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    std::fs::create_dir(env.path("bin")).unwrap();
    script(&env.path("bin/ssh"), "#!/bin/sh\nexec /bin/sleep 60\n");
    let urls = [
        format!("git://127.0.0.1:{silent}/x"),
        format!("http://127.0.0.1:{silent}/x"),
        format!("git://127.0.0.1:{dripping}/x"),
        format!("http://127.0.0.1:{dripping_http}/x"),
        "somewhere:x".to_owned(),
    ];
    for url in urls {
        let program = env.authenticate(&release.key, "v1", &url, &release.tarball).arg("--timeout=2");
        program.env("PATH", env.path("bin")).expect_not_checked("reading the repository took longer than 2 seconds");
    }
}

/// The speed counts, too, while the deadline is far away.
#[test]
fn a_dripping_pack_is_too_slow() {
    let env = Environment::new();
    let release = env.release();
    let tag = release.repo.git(&["rev-parse", "refs/tags/v1"]);
    let drips = Arc::new(AtomicU64::new(0));
    let count = drips.clone();
    let pause = Duration::from_millis(200);
    let url = daemon_with_pack(&tag, move |client| {
        while client.write_all(&packet(b"\x01x")).is_ok() {
            count.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(pause);
        }
    });
    env.authenticate(&release.key, "v1", url, &release.tarball).expect_not_checked("too slowly");
    // Spans, not the deadline, which is far away: this many drips fit into two spans. On a slow machine there are fewer.
    let most = 2 * limits::SLOWEST_SPAN.as_millis() / pause.as_millis();
    assert!(u128::from(drips.load(Ordering::Relaxed)) <= most, "{drips:?} drips");
}

#[test]
fn servers_that_talk_nonsense() {
    let env = Environment::new();
    let release = env.release();
    for answer in [
        &b""[..],
        b"0000",
        b"0004",
        b"0003",
        b"zzzz",
        b"ffff",
        b"000eversion 2\n",
        b"0009ERR x",
        b"0016ERR \x1b[31mred\x1b[0m\n0000",
        b"000eversion 2\n000bls-refs\n0000",
        b"000eversion 1\n0000",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"003e0000000000000000000000000000000000000000 capabilities^{}\0x\n0000",
        b"0041ffffffffffffffffffffffffffffffffffffffff refs/tags/v1\0filter x\n0000",
    ] {
        let answer = answer.to_vec();
        let port = serve(move |mut client| {
            let mut greeting = [0; 16];
            let _ = client.read(&mut greeting);
            let _ = client.write_all(&answer);
        });
        let url = format!("git://127.0.0.1:{port}/x");
        let outcome = env.authenticate(&release.key, "v1", url, &release.tarball).arg("--timeout=20").run();
        assert!(matches!(outcome.code, Some(1 | 3)), "{outcome:?}");
        assert!(!outcome.err.contains('\x1b') && !outcome.err.contains("internal error"), "{outcome:?}");
    }
}

#[test]
fn foreign_text_is_escaped() {
    let env = Environment::new();
    let key = Key::new("Evil \x1b]0;title\x07 \u{202e}gnp");
    let repo = env.repository("x.git");
    let commit = repo.commit(&[("a\x1b[2Jb\u{202e}c", "x\n")]);
    let text = repo.tag_text("v1", &commit).replace("T Agger", "T \x1b[31mAgger");
    let text = format!("{text}\x1b[2J\n");
    repo.set_tag("v1", format!("{text}{}", key.sign(text.as_bytes())).as_bytes());
    let tarball = repo.archive(&commit, "x-1\x1b[31m/", "tar");
    let plain = |text: &str| text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}');
    let check = |tarball: &std::path::Path| env.authenticate(&key, "v1", &repo.path, tarball);
    let outcome = check(&tarball).arg("--prefix=x-1\x1b[31m/").expect_authentic();
    assert!(plain(&outcome.err) && outcome.err.contains("\\u{1b}"), "{outcome:?}");
    let outcome = check(&tarball).arg("--json").arg("--prefix=x-1\x1b[31m/").run();
    assert!(plain(&outcome.out) && outcome.code == Some(0), "{outcome:?}");
    let outcome = check(&tarball).expect_refused("prefix");
    assert!(plain(&outcome.err), "{outcome:?}");
    let other = repo.commit(&[("other", "x\n")]);
    repo.set_tag("v2", repo.tag_text("v2", &other).as_bytes());
    let mut changed = repo.tar(&commit, "x-1/");
    let at = changed.windows(2).position(|window| window == b"x\n").unwrap();
    changed[at] ^= 1;
    let outcome = check(&env.file("changed.tar", changed)).expect_refused("the content of x-1/a\\u{1b}[2Jb\\u{202e}c");
    assert!(plain(&outcome.err), "{outcome:?}");
    // What a server says.
    let port = serve(|mut client| {
        let _ = client.write_all(&[packet(b"ERR \x1b[31mgo away\x07\n"), b"0000".to_vec()].concat());
    });
    let outcome =
        env.authenticate(&key, "v1", format!("git://127.0.0.1:{port}/x"), &tarball).expect_not_checked("go away");
    assert!(plain(&outcome.err), "{outcome:?}");
}

/// Nothing is left behind, also after Ctrl-C.
#[test]
fn no_files_are_left_behind() {
    let env = Environment::new();
    let release = env.release();
    let daemon = GitDaemon::start(&env.path(""));
    let temporary = env.path("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let is_empty = || std::fs::read_dir(&temporary).unwrap().next().is_none();
    env.authenticate(&release.key, "v1", daemon.url("x.git"), &release.tarball)
        .env("TMPDIR", &temporary)
        .expect_authentic();
    assert!(is_empty());
    let tag = release.repo.git(&["rev-parse", "refs/tags/v1"]);
    let url = daemon_with_pack(&tag, |client| {
        let line = packet(&[&b"\x01"[..], &[0; 1000]].concat());
        while client.write_all(&line).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let mut program = env.authenticate(&release.key, "v1", url, &release.tarball).env("TMPDIR", &temporary).command;
    let mut child = program.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    let mut kill = std::process::Command::new("kill");
    // Not an interrupt: shells let what runs in the background ignore those.
    kill.arg("-TERM").arg(child.id().to_string());
    with_input(kill, b"");
    assert!(!child.wait().unwrap().success());
    assert!(is_empty());
}

/// 13 million objects of a few bytes each took 1.7 GB: their number is limited, and so is the memory that it takes.
#[test]
fn packs_of_tiny_objects_without_number() {
    let env = Environment::new();
    let release = env.release();
    let tag = release.repo.git(&["rev-parse", "refs/tags/v1"]);
    let check = |count: u32, words: &str| {
        let url = daemon_with_pack(&tag, move |client| {
            send_pack(client, &pack_of(count, &blob(b"x").repeat(count as usize)));
        });
        let program = env.authenticate(&release.key, "v1", url, &release.tarball);
        limited_data(program, 256).expect_not_checked(words);
    };
    check(limits::BLOBLESS_PACK.objects as u32, "is missing");
    check(limits::BLOBLESS_PACK.objects as u32 + 1, "it has more than 500000 objects");
    // A bundle may have more of them, in proportion.
    let count = limits::FULL_PACK.objects as u32 + 1;
    let header = format!("# v2 git bundle\n{tag} refs/tags/v1\n\n");
    let bundle = env.file("x.bundle", [header.as_bytes(), &pack_of(count, b"")].concat());
    let program = env.authenticate(&release.key, "v1", bundle, &release.tarball);
    limited_data(program, 256).expect_not_checked("it has more than 3000000 objects");
}
