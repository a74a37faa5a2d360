//! Servers, packs and files made to hurt.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::environment::servers::{GitDaemon, packet, read_request, script, serve};
use crate::environment::{Environment, Key, compressed, git, with_input};

/// A git daemon that shows the tag, and then sends whatever it likes for a pack.
fn daemon_with_pack(tag: &str, pack: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> String {
    let tag = tag.to_owned();
    let port = serve(move |mut client| {
        let mut greeting = [0; 4];
        // git-upload-pack /x\0host=...\0\0version=2\0
        if client.read_exact(&mut greeting).is_err() {
            return;
        }
        let length = usize::from_str_radix(std::str::from_utf8(&greeting).unwrap(), 16).unwrap() - 4;
        let _ = client.read_exact(&mut vec![0; length]);
        let capabilities = ["version 2\n", "ls-refs\n", "fetch=shallow filter\n", "object-format=sha1\n"];
        let mut answer: Vec<u8> = capabilities.iter().flat_map(|line| packet(line.as_bytes())).collect();
        answer.extend(b"0000");
        let _ = client.write_all(&answer);
        read_request(&mut client);
        let _ = client.write_all(&[packet(format!("{tag} refs/tags/v1\n").as_bytes()), b"0000".to_vec()].concat());
        read_request(&mut client);
        let _ = client.write_all(&packet(b"packfile\n"));
        pack(&mut client);
    });
    format!("git://127.0.0.1:{port}/x.git")
}

/// Send bytes as band 1 of the sideband.
fn send_pack(client: &mut TcpStream, pack: &[u8]) {
    for chunk in pack.chunks(60_000) {
        if client.write_all(&packet(&[b"\x01", chunk].concat())).is_err() {
            return;
        }
    }
    let _ = client.write_all(b"0000");
}

/// The memory that a process had at its peak, and how long it ran, from GNU time or the shell.
fn limited(program: crate::environment::Program, megabytes: u64) -> crate::environment::Program {
    let mut command = std::process::Command::new("prlimit");
    command.arg(format!("--as={}", megabytes << 20)).arg("--").arg(program.command.get_program());
    command.args(program.command.get_args()).stdin(std::process::Stdio::null());
    command.current_dir(program.command.get_current_dir().unwrap());
    for (name, value) in program.command.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    crate::environment::Program { command }
}

fn varint(mut size: u64, kind: u8) -> Vec<u8> {
    let mut bytes = vec![kind << 4 | (size & 15) as u8];
    size >>= 4;
    while size > 0 {
        *bytes.last_mut().unwrap() |= 0x80;
        bytes.push((size & 0x7f) as u8);
        size >>= 7;
    }
    bytes
}

fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A pack with these entries, its checksum right.
fn pack_of(count: u32, entries: &[u8]) -> Vec<u8> {
    let pack = [b"PACK\0\0\0\x02", &count.to_be_bytes()[..], entries].concat();
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(&pack);
    [pack, hasher.try_finalize().unwrap().as_slice().to_vec()].concat()
}

#[test]
fn hostile_packs() {
    let env = Environment::new();
    let release = env.release();
    let tag = release.repo.git(&["rev-parse", "refs/tags/v1"]);
    let big = vec![0; 64 << 20];
    let mut zeros = Vec::new();
    for _ in 0..40 {
        zeros.extend([varint(big.len() as u64, 3), zlib(&big)].concat());
    }
    // A delta that copies 16 MiB over and over: 64 times its base.
    let base = vec![0; 16 << 20];
    let base_entry = [varint(base.len() as u64, 3), zlib(&base)].concat();
    let number = |mut n: u64| {
        let mut bytes = Vec::new();
        while n >= 0x80 {
            bytes.push((n & 0x7f) as u8 | 0x80);
            n >>= 7;
        }
        bytes.push(n as u8);
        bytes
    };
    let copies: Vec<u8> = std::iter::repeat_n([0xf0, 0xff, 0xff, 0xff], 256).flatten().collect();
    let result = 256 * 0xff_ffff_u64;
    let delta = [number(base.len() as u64), number(result), copies].concat();
    let mut distance = base_entry.len() as u64;
    let mut offset = vec![(distance & 0x7f) as u8];
    while distance >= 0x80 {
        distance = (distance >> 7) - 1;
        offset.insert(0, (distance & 0x7f) as u8 | 0x80);
    }
    let bomb = [base_entry, varint(delta.len() as u64, 6), offset, zlib(&delta)].concat();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("noise", b"This is not a pack.".to_vec()),
        ("no objects", pack_of(0, b"")),
        ("2^32 objects announced", pack_of(u32::MAX, b"")),
        ("an object of 2^40 bytes", pack_of(1, &[varint(1 << 40, 3), zlib(b"x")].concat())),
        ("a delta bomb", pack_of(2, &bomb)),
        ("many large objects", pack_of(40, &zeros)),
        ("a wrong checksum", [pack_of(0, b""), vec![0; 4]].concat()),
        ("something else", pack_of(1, &[varint(1, 3), zlib(b"x")].concat())),
    ];
    for (what, pack) in cases {
        let url = daemon_with_pack(&tag, move |client| send_pack(client, &pack));
        let begun = Instant::now();
        let program = env.authenticate(&release.key, "v1", url, &release.tarball).arg("--timeout=60");
        let outcome = limited(program, 2048).run();
        assert_eq!(outcome.code, Some(3), "{what}: {outcome:?}");
        assert!(begun.elapsed() < Duration::from_secs(50), "{what} took {:?}", begun.elapsed());
    }
}

/// A bundle that takes hours to unpack is stopped by the deadline.
#[test]
fn a_bundle_that_is_a_delta_bomb() {
    let env = Environment::new();
    let release = env.release();
    let size = |mut n: u64| {
        let mut bytes = Vec::new();
        while n >= 0x80 {
            bytes.push((n & 0x7f) as u8 | 0x80);
            n >>= 7;
        }
        bytes.push(n as u8);
        bytes
    };
    // Each delta makes 480 MiB of 16, with a copy of its own at the end.
    let base = vec![0; 16 << 20];
    let mut entries = [varint(base.len() as u64, 3), zlib(&base)].concat();
    for n in 0..400u64 {
        let copies: Vec<u8> = std::iter::repeat_n([0xf0, 0xff, 0xff, 0xff], 30).flatten().collect();
        let length = 30 * 0xff_ffff + 8;
        let delta = [size(base.len() as u64), size(length), copies, vec![8], n.to_be_bytes().to_vec()].concat();
        let mut distance = entries.len() as u64;
        let mut offset = vec![(distance & 0x7f) as u8];
        while distance >= 0x80 {
            distance = (distance >> 7) - 1;
            offset.insert(0, (distance & 0x7f) as u8 | 0x80);
        }
        entries.extend([varint(delta.len() as u64, 6), offset, zlib(&delta)].concat());
    }
    let id = release.repo.git(&["rev-parse", "refs/tags/v1"]);
    let header = format!("# v2 git bundle\n{id} refs/tags/v1\n\n");
    let bundle = env.file("bomb.bundle", [header.as_bytes(), &pack_of(401, &entries)].concat());
    let begun = Instant::now();
    let program = env.authenticate(&release.key, "v1", bundle, &release.tarball).arg("--timeout=3");
    limited(program, 4096).expect_not_checked("longer than 3 seconds");
    assert!(begun.elapsed() < Duration::from_secs(8));
}

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

#[test]
fn an_endless_delta_chain() {
    let env = Environment::new();
    let release = env.release();
    let tag = release.repo.git(&["rev-parse", "refs/tags/v1"]);
    let mut entries = [varint(1, 3), zlib(b"x")].concat();
    let mut last = entries.len() as u64;
    for _ in 0..20_000 {
        // Copy the one byte of the base.
        let delta = zlib(&[1, 1, 0x90, 1]);
        let mut distance = last;
        let mut offset = vec![(distance & 0x7f) as u8];
        while distance >= 0x80 {
            distance = (distance >> 7) - 1;
            offset.insert(0, (distance & 0x7f) as u8 | 0x80);
        }
        let entry = [varint(4, 6), offset, delta].concat();
        last = entry.len() as u64;
        entries.extend(entry);
    }
    let url = daemon_with_pack(&tag, move |client| send_pack(client, &pack_of(20_001, &entries)));
    let begun = Instant::now();
    limited(env.authenticate(&release.key, "v1", url, &release.tarball), 2048).expect_not_checked("is missing");
    assert!(begun.elapsed() < Duration::from_secs(30));
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
        let begun = Instant::now();
        let program = env.authenticate(&release.key, "v1", &url, &release.tarball).arg("--timeout=2");
        program.env("PATH", env.path("bin")).expect_not_checked("fetching took longer than 2 seconds");
        assert!(begun.elapsed() < Duration::from_secs(6), "{url}");
    }
}

/// The speed counts, too, while the deadline is far away.
#[test]
fn a_dripping_pack_is_too_slow() {
    let env = Environment::new();
    let release = env.release();
    let tag = release.repo.git(&["rev-parse", "refs/tags/v1"]);
    let url = daemon_with_pack(&tag, |client| {
        while client.write_all(&packet(b"\x01x")).is_ok() {
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    let begun = Instant::now();
    env.authenticate(&release.key, "v1", url, &release.tarball).expect_not_checked("too slowly");
    assert!(begun.elapsed() < Duration::from_secs(45));
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
fn decompression_bombs() {
    let env = Environment::new();
    let release = env.release();
    let tar = release.repo.tar("v1", "x-1/");
    // A file that claims 7 GiB, in a tar of zeros: refused when its first header differs.
    let zeros = vec![0; 256 << 20];
    for format in ["tar.gz", "tar.xz", "tar.zst", "tar.bz2"] {
        let bomb = compressed(&env.path("bomb"), &[&tar[..1024], &zeros].concat(), format);
        let begun = Instant::now();
        let outcome = limited(env.authenticate(&release.key, "v1", &release.repo.path, &bomb), 1024).run();
        assert_eq!(outcome.code, Some(1), "{format}: {outcome:?}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{format}");
    }
    // Behind a complete archive.
    let bomb = compressed(&env.path("bomb"), &[&tar[..], &zeros].concat(), "tar.gz");
    limited(env.authenticate(&release.key, "v1", &release.repo.path, &bomb), 1024).expect_refused("after the end");
    // A header that says the content is larger than any limit: read until the limit, in constant memory.
    let readme = tar.chunks(512).position(|block| block.starts_with(b"x-1/README")).unwrap() * 512;
    let mut header = tar[..readme + 512].to_vec();
    header[readme + 124..readme + 135].copy_from_slice(b"77777777777");
    header[readme + 148..readme + 156].fill(b' ');
    let sum: u32 = header[readme..].iter().map(|byte| u32::from(*byte)).sum();
    header[readme + 148..readme + 156].copy_from_slice(format!("{sum:07o}\0").as_bytes());
    let bomb = compressed(&env.path("bomb"), &[&header[..], &zeros].concat(), "tar.gz");
    limited(env.authenticate(&release.key, "v1", &release.repo.path, &bomb), 1024).expect_refused("ends in the middle");
    // Windows and dictionaries that need gigabytes.
    for (program, options) in [("zstd", "--ultra --long=31"), ("xz", "--lzma2=dict=1GiB")] {
        let mut command = std::process::Command::new(program);
        command.args(options.split(' ')).arg("-c");
        let bomb = env.file("bomb", with_input(command, &tar));
        limited(env.authenticate(&release.key, "v1", &release.repo.path, &bomb), 1024).expect_not_checked("damaged");
    }
}

/// Trees that contain themselves many times over.
#[test]
fn tree_bombs() {
    let env = Environment::new();
    let release = env.release();
    let repo = &release.repo;
    let raw = |id: &str| {
        (0..id.len() / 2).map(|n| u8::from_str_radix(&id[2 * n..2 * n + 2], 16).unwrap()).collect::<Vec<_>>()
    };
    let wrap = |mode: &str, id: &str, times: u8| {
        let lines = (0..times).map(|n| [mode.as_bytes(), b" ", &[b'a' + n], b"\0", &raw(id)].concat());
        repo.object("tree", &lines.collect::<Vec<_>>().concat())
    };
    let mut wide = wrap("100644", &repo.object("blob", b"x"), 10);
    for _ in 0..10 {
        wide = wrap("40000", &wide, 10);
    }
    let mut deep = wrap("100644", &repo.object("blob", b"x"), 1);
    let mut lines = Vec::new();
    for _ in 0..2100 {
        lines.push(deep.clone());
        let content = [b"40000 a\0", &raw(&deep)[..]].concat();
        deep = gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Tree, &content).unwrap().to_string();
        let path = repo.loose(&deep);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, zlib(&[format!("tree {}\0", content.len()).as_bytes(), &content].concat())).unwrap();
    }
    for (what, tree) in [("wide", wide), ("deep", deep)] {
        let commit = format!("tree {tree}\nauthor A <a> 1 +0000\ncommitter C <c> 1600000000 +0000\n\nm\n");
        let commit = repo.object("commit", commit.as_bytes());
        repo.sign_tag("t", &commit, &release.key);
        let begun = Instant::now();
        let program = env.authenticate(&release.key, "t", &repo.path, &release.tarball);
        limited(program, 2048).expect_not_checked("a limit was reached");
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
    }
}

/// 40 KB of placeholders that would become gigabytes.
#[test]
fn substitution_bombs() {
    let env = Environment::new();
    let release = env.release();
    let keywords = format!("$Format:{}$", "%B".repeat(20_000));
    release.repo.commit(&[("f", &keywords), (".gitattributes", "f export-subst\n")]);
    let tree = release.repo.git(&["rev-parse", "main^{tree}"]);
    let with_message = |message: &str| {
        let commit = format!("tree {tree}\nauthor A <a> 1 +0000\ncommitter C <c> 1600000000 +0000\n\n{message}\n");
        release.repo.object("commit", commit.as_bytes())
    };
    let (small, large) = (with_message("m"), with_message(&"m".repeat(1 << 20)));
    release.repo.sign_tag("t", &large, &release.key);
    // A tarball that fits up to the file in question.
    let mut tar = release.repo.tar(&small, "x-1/");
    let at = tar.windows(40).position(|window| window == small.as_bytes()).unwrap();
    tar[at..at + 40].copy_from_slice(large.as_bytes());
    let tarball = env.file("x.tar", tar);
    let program = env.authenticate(&release.key, "t", &release.repo.path, &tarball);
    limited(program, 4096).expect_not_checked("a limit was reached: the size of a converted file");
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
    kill.arg("-INT").arg(child.id().to_string());
    with_input(kill, b"");
    assert!(!child.wait().unwrap().success());
    assert!(is_empty());
}
