//! Where repositories are read from.

use std::process::Command;

use crate::environment::servers::{CountingProxy, GitDaemon, HttpServer, Sshd, script};
use crate::environment::{Environment, Key, Release, succeed};

/// Files enough for blobs to weigh more than trees.
fn heavy_release(env: &Environment, options: &[&str], attributes: &str) -> Release {
    let key = Key::new("Alice <alice@example.org>");
    let repo = env.repository_with("x.git", options);
    let noise = |seed: u64| -> String {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
        let mut letter = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(b'a' + (state % 26) as u8)
        };
        (0..3000).map(|_| letter()).collect()
    };
    let files: Vec<(String, String)> = (0..300).map(|n| (format!("d{}/f{n}", n % 7), noise(n))).collect();
    let mut files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    files.extend([
        ("run.sh*", "#!/bin/sh\n"),
        ("link", "-> d1/f1"),
        ("subst", "$Format:%H$\n"),
        ("crlf.txt", "a\nb\n"),
    ]);
    if !attributes.is_empty() {
        files.push((".gitattributes", attributes));
    }
    let commit = repo.commit(&files);
    repo.sign_tag("v1", &commit, &key);
    // Another tag whose name begins the same way: servers list by prefix.
    repo.sign_tag("v1-rc1", &commit, &key);
    let tarball = repo.archive("v1", "x-1/", "tar.gz");
    Release { key, repo, commit, tarball }
}

const ATTRIBUTES: &str = ".gitattributes export-ignore\nsubst export-subst\n*.txt text eol=crlf\n";

#[test]
fn local_repositories_in_every_form() {
    let env = Environment::new();
    let release = env.release();
    let check = |repo: &str| env.authenticate(&release.key, "v1", repo, &release.tarball).expect_authentic();
    let bare = release.repo.path.to_str().unwrap().to_owned();
    check(&bare);
    check("x.git");
    check(&format!("file://{bare}"));
    // A clone with a work tree, its .git, packed and loose objects, a borrowed object store, a linked work tree.
    release.repo.git(&["clone", "-q", ".", "../work"]);
    check("work");
    check("work/.git");
    release.repo.git(&["gc", "-q"]);
    check(&bare);
    release.repo.git(&["clone", "-q", "--bare", "--shared", ".", "../shared.git"]);
    check("shared.git");
    release.repo.git(&["-C", "../work", "worktree", "add", "-q", "../linked", "HEAD"]);
    check("linked");
    // Several packs with one index over all of them, and nothing else.
    release.repo.git(&["config", "gc.auto", "0"]);
    for number in 0..3 {
        release.repo.commit(&[("more", &format!("{number}\n"))]);
        release.repo.git(&["repack", "-dq"]);
    }
    release.repo.git(&["multi-pack-index", "write"]);
    check(&bare);
}

#[test]
fn sha256_repositories_from_everywhere() {
    let env = Environment::new();
    let release = heavy_release(&env, &["--object-format=sha256"], ATTRIBUTES);
    let bundle = release.repo.bundle("x.bundle", &["--all"]);
    let (daemon, http) = (GitDaemon::start(&env.path("")), HttpServer::start(&env.path("")));
    release.repo.git(&["config", "uploadpack.allowFilter", "true"]);
    for repo in ["x.git".into(), bundle.to_str().unwrap().into(), daemon.url("x.git"), http.http("x.git")] {
        let outcome = env.authenticate(&release.key, "v1", &repo, &release.tarball).expect_authentic();
        assert!(outcome.err.contains(&release.commit) && release.commit.len() == 64, "{outcome:?}");
    }
}

#[test]
fn bundles_are_read_without_git() {
    let env = Environment::new();
    let release = env.release();
    let bundle = release.repo.bundle("x.bundle", &["refs/tags/v1"]);
    env.authenticate(&release.key, "v1", &bundle, &release.tarball).env("PATH", "").expect_authentic();
    env.authenticate(&release.key, "v2", &bundle, &release.tarball).expect_not_found("no tag v2");
    // A bundle that builds on something else, one that is cut short, one with a flipped bit.
    release.repo.git(&["branch", "old", "main"]);
    release.repo.commit(&[("new", "file")]);
    let partial = release.repo.bundle("partial.bundle", &["old..main"]);
    env.authenticate(&release.key, "v1", partial, &release.tarball).expect_not_checked("incomplete");
    let bytes = std::fs::read(&bundle).unwrap();
    for cut in [17, 100, bytes.len() / 2, bytes.len() - 1] {
        let short = env.file("short.bundle", &bytes[..cut]);
        let outcome = env.authenticate(&release.key, "v1", short, &release.tarball).run();
        assert_eq!(outcome.code, Some(3), "cut at {cut}: {outcome:?}");
    }
    for flipped in (0..bytes.len()).step_by(bytes.len() / 40) {
        let mut damaged = bytes.clone();
        damaged[flipped] ^= 0x10;
        let damaged = env.file("damaged.bundle", damaged);
        let outcome = env.authenticate(&release.key, "v1", damaged, &release.tarball).run();
        assert!(matches!(outcome.code, Some(1 | 3)), "flipped at {flipped}: {outcome:?}");
    }
}

#[test]
fn git_protocol_with_and_without_filter() {
    let env = Environment::new();
    let release = heavy_release(&env, &[], ATTRIBUTES);
    let daemon = GitDaemon::start(&env.path(""));
    let outcome =
        env.authenticate(&release.key, "v1", daemon.url("x.git"), &release.tarball).arg("-v").expect_authentic();
    assert!(outcome.err.contains("cannot leave out blobs"), "{outcome:?}");

    release.repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let full = CountingProxy::to(daemon.port);
    let clone = env.path("clone.git");
    let url = format!("git://127.0.0.1:{}/x.git", full.port);
    release.repo.git(&["clone", "-q", "--bare", "--depth=1", "--branch=v1", &url, clone.to_str().unwrap()]);
    let counted = CountingProxy::to(daemon.port);
    let url = format!("git://127.0.0.1:{}/x.git", counted.port);
    env.authenticate(&release.key, "v1", url, &release.tarball).expect_authentic();
    assert_eq!(counted.connections(), 1);
    let (ours, theirs) = (counted.received(), full.received());
    assert!(ours * 10 <= theirs, "{ours} bytes instead of {theirs}");
}

/// `deepen 1` must not bring the whole history where the server speaks an old protocol.
#[test]
fn old_protocol_version_brings_one_commit_only() {
    let env = Environment::new();
    let release = heavy_release(&env, &[], ATTRIBUTES);
    let head =
        release.repo.commit(&[("subst", "$Format:%H$\n"), (".gitattributes", ATTRIBUTES), ("crlf.txt", "a\nb\n")]);
    release.repo.sign_tag("v2", &head, &release.key);
    let tarball = release.repo.archive("v2", "x-2/", "tar.gz");
    release.repo.git(&["config", "uploadpack.allowFilter", "true"]);
    // upload-pack speaks version 2 when asked: so it is kept from hearing that.
    let bin = env.path("bin");
    std::fs::create_dir(&bin).unwrap();
    let count = env.path("answers");
    let ssh = format!(
        "#!/bin/sh\nwhile [ $# -gt 1 ]; do shift; done\nunset GIT_PROTOCOL\neval \"$1\" | tee -a {}\n",
        count.display()
    );
    script(&bin.join("ssh"), &ssh);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let repo = format!("somewhere:{}", release.repo.path.display());
    let outcome = env.authenticate(&release.key, "v2", repo, &tarball).arg("-v").env("PATH", path).expect_authentic();
    assert!(outcome.err.contains("speaks an old protocol"), "{outcome:?}");
    // The commit before it has 300 files of 3,000 letters.
    assert!(std::fs::metadata(count).unwrap().len() < 10_000);
}

#[test]
fn http_with_a_second_request_for_converted_files() {
    let env = Environment::new();
    let release = heavy_release(&env, &[], ATTRIBUTES);
    release.repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let http = HttpServer::start(&env.path(""));
    let outcome =
        env.authenticate(&release.key, "v1", http.http("x.git"), &release.tarball).arg("-v").expect_authentic();
    assert!(outcome.err.contains("blobs asked for by id: 1"), "{outcome:?}");
    let requests = http.requests();
    assert_eq!(requests.len(), 5, "info/refs, ls-refs, fetch, attributes, blobs: {requests:#?}");
    let connection = |line: &String| line.split(' ').next().unwrap_or_default().to_owned();
    assert!(requests.iter().all(|line| connection(line) == connection(&requests[0])), "one connection: {requests:#?}");
}

/// A release on a server that can leave out blobs.
fn blobless(env: &Environment) -> (Release, HttpServer) {
    let release = env.release();
    release.repo.git(&["config", "uploadpack.allowFilter", "true"]);
    (release, HttpServer::start(&env.path("")))
}

/// What `eol` and `ident` do to a file can be undone: its blob is proven by its id, and need not be fetched.
#[test]
fn files_whose_conversion_can_be_undone_are_not_asked_for() {
    let env = Environment::new();
    let (mut release, http) = blobless(&env);
    let attributes = "*.bat eol=crlf\n*.c ident\n*.both eol=crlf ident\n*.auto text=auto eol=crlf ident\n";
    let usual = ["echo\n\nend\n", "/* $Id$ */\n", "$Id$\n$Id$ x\n", "one\n$Id$\n"];
    for ([bat, c, both, auto], expected) in [
        (usual, 3),
        // Mixed line ends, and ids of another day, in the repository itself: the blobs are needed after all.
        (["echo\r\n\nend\n", usual[1], usual[2], usual[3]], 4),
        ([usual[0], "/* $Id: old $ */\n", usual[2], usual[3]], 4),
        // Files that the conversion leaves as they are.
        (["echo\r\nend\r\n", "none\n", "\r\n", "a\0\n"], 3),
        (["", "", "", ""], 3),
    ] {
        let files = [("a.bat", bat), ("a.c", c), ("a.both", both), ("a.auto", auto), (".gitattributes", attributes)];
        release.commit = release.repo.commit(&files);
        release.repo.sign_tag("v1", &release.commit, &release.key);
        let tar = release.repo.tar("v1", "x-1/");
        let check = |tar: &[u8]| {
            let tarball = env.file("x.tar", tar);
            env.authenticate(&release.key, "v1", http.http("x.git"), &tarball)
        };
        let before = http.requests().len();
        check(&tar).expect_authentic();
        let requests = http.requests().split_off(before);
        assert_eq!(requests.len(), expected, "{requests:#?}");
        // Unconverted, or changed in another way, they are refused.
        for (from, to) in [("echo\r\n", "echo\n\0"), ("\nend", "\nEnd"), (" $ */", "x$ */"), ("$Id: ", "$ID: ")] {
            let text = String::from_utf8_lossy(&tar);
            if let Some(at) = text.find(from).filter(|_| text.len() == tar.len()) {
                let changed = [&tar[..at], to.as_bytes(), &tar[at + from.len()..]].concat();
                check(&changed).expect_refused("content of x-1/a.");
            }
        }
    }
}

/// The tarball has them, and their ids prove them. Only those that it leaves out or shows late are asked for.
#[test]
fn attribute_files_that_the_tarball_shows_are_not_asked_for() {
    let env = Environment::new();
    let (mut release, http) = blobless(&env);
    let large = "0123456789abcde\n".repeat(300_000);
    let long = format!("{}.gitattributes", "long/".repeat(60));
    let link = ("link/.gitattributes", "-> ../.gitattributes");
    for (files, expected) in [
        (vec![(".gitattributes", "x/* -text\n"), ("b/.gitattributes", "y export-ignore\n"), ("b/y", "no\n")], 3),
        (vec![(".gitattributes", "x/* -text\n"), (".a", &large[..3 << 20]), ("b/.gitattributes", "y binary\n")], 3),
        (vec![(".gitattributes", "*.bat eol=crlf\n"), ("a.bat", "a\n"), ("b/.gitattributes", "*.bat text\n")], 3),
        // Left out, or only some of them.
        (vec![(".gitattributes", ".gitattributes export-ignore\n"), ("a", "a\n")], 4),
        (vec![(".gitattributes", "b/.gitattributes export-ignore\n"), ("b/.gitattributes", "* -text\n")], 4),
        // Behind the beginning that is looked at, with a long name, converted, as a link.
        (vec![("a", &large), ("b/.gitattributes", "* -text\n")], 4),
        (vec![(&long, "* -text\n")], 4),
        (vec![(".gitattributes", "* text eol=crlf\n"), ("a", "a\n")], 4),
        (vec![link, ("a", "a\n")], 4),
    ] {
        release.commit = release.repo.commit(&files);
        release.repo.sign_tag("v1", &release.commit, &release.key);
        let tarball = release.repo.archive("v1", "x-1/", "tar.gz");
        let before = http.requests().len();
        env.authenticate(&release.key, "v1", http.http("x.git"), &tarball).expect_authentic();
        let requests = http.requests().split_off(before);
        assert_eq!(requests.len(), expected, "{files:.60?}: {requests:#?}");
    }
}

/// What the tarball says of itself counts for nothing: attributes of its own would let it leave files out.
#[test]
fn attribute_files_of_the_tarball_s_own() {
    let env = Environment::new();
    let (mut release, http) = blobless(&env);
    let files = [("a", "a\n"), ("b", "b\n"), ("check", "important\n")];
    let with = |attributes| [&[(".gitattributes", attributes)], &files[..]].concat();
    let forged = release.repo.commit(&with("check export-ignore\n"));
    let tarball = release.repo.archive(&forged, "x-1/", "tar");
    release.commit = release.repo.commit(&with("check -export-ignore\n"));
    release.repo.sign_tag("v1", &release.commit, &release.key);
    let mut tar = std::fs::read(&tarball).unwrap();
    let id = tar.windows(40).position(|window| window == forged.as_bytes()).expect("the commit's id");
    tar[id..id + 40].copy_from_slice(release.commit.as_bytes());
    let tarball = env.file("x.tar", tar);
    let refused =
        env.authenticate(&release.key, "v1", http.http("x.git"), &tarball).arg("-v").expect_refused("differs");
    assert!(refused.err.contains("blobs asked for by id: 1"), "{refused:?}");
}

/// A size of 2^64 - 1 in a header made the program stop with an internal error while it looked ahead.
#[test]
fn sizes_beyond_all_bounds_in_a_tarball_that_is_looked_at() {
    let env = Environment::new();
    let (mut release, http) = blobless(&env);
    let files = [("a", "a\n"), ("b/.gitattributes", "* -text\n")];
    release.commit = release.repo.commit(&files);
    release.repo.sign_tag("v1", &release.commit, &release.key);
    let tar = release.repo.tar("v1", "x-1/");
    let header = tar.windows(6).position(|window| window == b"x-1/a\0").expect("an entry");
    for size in [*b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", [0xff; 12]] {
        for at in [0, header] {
            let mut tar = tar.clone();
            tar[at + 124..at + 136].copy_from_slice(&size);
            let tarball = env.file("x.tar", tar);
            for repo in [http.http("x.git"), "x.git".into()] {
                env.authenticate(&release.key, "v1", repo, &tarball).expect_refused("");
            }
        }
    }
}

/// Anyone who feeds a pipe may take his time: no server waits for him.
#[test]
fn a_slow_pipe_takes_none_of_the_network_s_time() {
    let env = Environment::new();
    let (mut release, http) = blobless(&env);
    let large = "0123456789abcde\n".repeat(100_000);
    release.commit = release.repo.commit(&[("a", &large), (".gitattributes", ".gitattributes export-ignore\n")]);
    release.repo.sign_tag("v1", &release.commit, &release.key);
    let tarball = release.repo.archive("v1", "x-1/", "tar");
    let keyring = env.file("keyring.pgp", release.key.public());
    let mut shell = Command::new("sh");
    let text = r#"(head -c 1000000 "$1"; sleep 12; tail -c +1000001 "$1") | "$0" --keyring "$2" --timeout 10 --tag v1 "$3" /dev/stdin"#;
    shell.args(["-c", text, env!("CARGO_BIN_EXE_auth-tarball-from-git")]).arg(&tarball).arg(keyring);
    shell.arg(http.http("x.git"));
    succeed(shell);
}

#[test]
fn http_without_attributes_takes_three_requests() {
    let env = Environment::new();
    let release = heavy_release(&env, &[], "");
    release.repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let http = HttpServer::start(&env.path(""));
    env.authenticate(&release.key, "v1", http.http("x.git"), &release.tarball).expect_authentic();
    assert_eq!(http.requests().len(), 3, "{:#?}", http.requests());
}

#[test]
fn ssh_with_a_real_server() {
    let env = Environment::new();
    let release = heavy_release(&env, &[], ATTRIBUTES);
    release.repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let sshd = Sshd::start(&env.path(""));
    let path = format!("{}:{}", sshd.bin.display(), std::env::var("PATH").unwrap());
    let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let repo = release.repo.path.display();
    let url = format!("ssh://{}@127.0.0.1:{}{repo}", user.trim(), sshd.port);
    let outcome =
        env.authenticate(&release.key, "v1", &url, &release.tarball).arg("-v").env("PATH", &path).expect_authentic();
    assert!(outcome.err.contains("blobs asked for by id: 1"), "version 2 and its filter: {outcome:?}");
    // user@host:path, with the port in the configuration.
    script(
        &sshd.bin.join("ssh"),
        &std::fs::read_to_string(sshd.bin.join("ssh")).unwrap().replace("\"$@\"", &format!("-p {} \"$@\"", sshd.port)),
    );
    let short = format!("{}@127.0.0.1:{repo}", user.trim());
    env.authenticate(&release.key, "v1", short, &release.tarball).env("PATH", &path).expect_authentic();
    let missing = format!("ssh://{}@127.0.0.1:{}/no/such.git", user.trim(), sshd.port);
    let outcome = env.authenticate(&release.key, "v1", missing, &release.tarball).env("PATH", &path);
    // What the other side said.
    outcome.expect_not_checked("'/no/such.git' does not appear to be a git repository");
}

#[test]
fn nothing_but_ssh_is_ever_needed() {
    let env = Environment::new();
    let release = heavy_release(&env, &[], ATTRIBUTES);
    release.repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let (daemon, http) = (GitDaemon::start(&env.path("")), HttpServer::start(&env.path("")));
    for repo in ["x.git".to_owned(), daemon.url("x.git"), http.http("x.git")] {
        env.authenticate(&release.key, "v1", repo, &release.tarball).env("PATH", "").expect_authentic();
    }
    let ssh = env.authenticate(&release.key, "v1", "ssh://localhost/x.git", &release.tarball).env("PATH", "");
    ssh.expect_not_checked("ssh could not be started");
}

#[test]
fn urls_that_run_programs_are_usage_errors_and_start_none() {
    let env = Environment::new();
    let release = env.release();
    let bin = env.path("bin");
    std::fs::create_dir(&bin).unwrap();
    for name in ["sh", "ssh", "git", "git-upload-pack", "git-remote-ext", "git-remote-fd"] {
        script(&bin.join(name), &format!("#!/bin/sh\n/bin/touch {}\n", env.path("started").display()));
    }
    for (repo, words) in [
        ("ext::sh -c 'touch started'", "ext::"),
        ("fd::3", "fd::"),
        ("ssh://-oProxyCommand=touch%20started/x", "dash"),
        ("-oProxyCommand=x@host:p", "tip: to pass"),
        ("git@-oProxyCommand=x:p", "dash"),
        ("host:--upload-pack=touch", "dash"),
        ("ftp://host/x", "ftp://"),
        ("git://-host/x", "dash"),
    ] {
        env.authenticate(&release.key, "v1", repo, &release.tarball).env("PATH", &bin).expect_usage_error(words);
    }
    let after_dashes = env.program().arg("--keyring=trusted.pgp").arg("--tag=v1").arg("--").arg("-x").arg("y");
    after_dashes.env("PATH", &bin).expect_usage_error("dash");
    assert!(!env.path("started").exists());
}

#[test]
fn nothing_of_the_repositorys_configuration_matters() {
    let env = Environment::new();
    let release = env.release();
    let repo = &release.repo;
    // A replaced commit, attributes beside the repository, a filter and a hook that would show.
    let other = repo.commit(&[("README", "Replaced.\n")]);
    repo.git(&["replace", &release.commit, &other]);
    std::fs::create_dir_all(repo.path.join("info")).unwrap();
    std::fs::write(repo.path.join("info/attributes"), "* export-ignore\n").unwrap();
    repo.git(&["config", "filter.x.smudge", "touch ran"]);
    repo.git(&["config", "core.autocrlf", "true"]);
    repo.git(&["config", "tar.umask", "0077"]);
    env.authenticate(&release.key, "v1", &repo.path, &release.tarball).expect_authentic();
    assert!(!env.path("ran").exists());
    // What git itself makes of it now is something else.
    let replaced = repo.archive("v1", "x-1/", "tar");
    env.authenticate(&release.key, "v1", &repo.path, &replaced).expect_refused("x-1/README");
}

#[test]
fn what_is_not_a_repository_could_not_be_checked() {
    let env = Environment::new();
    let release = env.release();
    std::fs::create_dir(env.path("empty")).unwrap();
    env.file("text", "not a bundle\n");
    env.authenticate(&release.key, "v1", "no/such", &release.tarball)
        .expect_not_checked("there is no file or folder no/such");
    for repo in ["empty", "text", release.tarball.to_str().unwrap()] {
        env.authenticate(&release.key, "v1", repo, &release.tarball).expect_not_checked("not a git repository");
    }
    let version = String::from_utf8(Command::new("git").arg("version").output().unwrap().stdout).unwrap();
    let minor: u32 = version.split('.').nth(1).unwrap().parse().unwrap();
    if minor >= 45 {
        let reftable = env.repository_with("reftable.git", &["--ref-format=reftable"]);
        env.authenticate(&release.key, "v1", &reftable.path, &release.tarball).expect_not_checked("reftable");
    }
    env.authenticate(&release.key, "v1", "git://127.0.0.1:1/x", &release.tarball)
        .expect_not_checked("could not be reached");
}

/// A local object whose bytes do not hash to its name.
#[test]
fn a_forged_object_file_is_found() {
    let env = Environment::new();
    let release = env.release();
    let repo = &release.repo;
    let other = repo.commit(&[("evil", "evil\n")]);
    let (good, evil) = (repo.git(&["rev-parse", "v1^{tree}"]), repo.git(&["rev-parse", &format!("{other}^{{tree}}")]));
    repo.unpack();
    let evil = std::fs::read(repo.loose(&evil)).unwrap();
    std::fs::remove_file(repo.loose(&good)).unwrap();
    std::fs::write(repo.loose(&good), evil).unwrap();
    env.authenticate(&release.key, "v1", &repo.path, &release.tarball).expect_refused("not what its id says");
}
