//! Servers that fail: a reason and exit 3, or another way; never a yes, and never for long.

use crate::environment::packs::{daemon_with_pack, send_pack};
use crate::environment::servers::{CountingProxy, GitDaemon, HttpServer, unreliable_proxy};
use crate::environment::{Environment, Release, git, raw_id, with_input};

/// A release with a file that git converts, on a server that can leave out blobs.
fn release(env: &Environment) -> Release {
    let mut release = env.release();
    let files = [("README", "Read me.\n"), ("v", "$Format:%H$\n"), (".gitattributes", "v export-subst\n")];
    release.commit = release.repo.commit(&files);
    release.repo.sign_tag("v1", &release.commit, &release.key);
    release.tarball = release.repo.archive("v1", "x-1/", "tar.gz");
    release.repo.git(&["config", "uploadpack.allowFilter", "true"]);
    release
}

#[test]
fn connections_that_fail_at_once_are_tried_again() {
    let env = Environment::new();
    let release = release(&env);
    let (daemon, http) = (GitDaemon::start(&env.path("")), HttpServer::start(&env.path("")));
    for (scheme, port) in [("git", daemon.port), ("http", http.http)] {
        let check = |failures| {
            let url = format!("{scheme}://127.0.0.1:{}/x.git", unreliable_proxy(port, failures, u64::MAX));
            env.authenticate(&release.key, "v1", url, &release.tarball)
        };
        check(0).expect_authentic();
        let outcome = check(3).arg("-v").expect_authentic();
        assert_eq!(outcome.err.matches("trying again").count(), 3, "{outcome:?}");
        check(4).arg("--timeout=20").expect_not_checked("");
    }
    // Nobody listens at all: that is said after as many tries, and not at the deadline.
    let nobody = env.authenticate(&release.key, "v1", "git://127.0.0.1:1/x.git", &release.tarball);
    let outcome = nobody.arg("-v").expect_not_checked("be reached");
    assert_eq!(outcome.err.matches("trying again").count(), 3, "{outcome:?}");
}

#[test]
fn connections_that_end_in_the_middle() {
    let env = Environment::new();
    let release = release(&env);
    let (daemon, http) = (GitDaemon::start(&env.path("")), HttpServer::start(&env.path("")));
    for (scheme, port) in [("git", daemon.port), ("http", http.http)] {
        let counter = CountingProxy::to(port);
        let url = format!("{scheme}://127.0.0.1:{}/x.git", counter.port);
        env.authenticate(&release.key, "v1", url, &release.tarball).expect_authentic();
        let whole = counter.received();
        for part in 1..12 {
            let proxy = unreliable_proxy(port, 0, whole * part / 12);
            let url = format!("{scheme}://127.0.0.1:{proxy}/x.git");
            let outcome = env.authenticate(&release.key, "v1", url, &release.tarball).arg("--timeout=30").run();
            // http may go on with a new connection; git:// may have had everything but the last words.
            assert!(outcome.code == Some(3) || outcome.code == Some(0), "{scheme} {part}: {outcome:?}");
            assert!(outcome.code == Some(3) || part > 2, "{scheme} {part}: {outcome:?}");
            assert!(
                !outcome.err.contains("longer than 30 seconds"),
                "not at the deadline: {scheme} {part}: {outcome:?}"
            );
        }
    }
}

/// A pack as `git pack-objects` makes it from what is asked for.
fn pack(release: &Release, args: &[&str], input: &str) -> Vec<u8> {
    let mut command = git();
    command.arg("-C").arg(&release.repo.path).args(["pack-objects", "-q", "--stdout"]).args(args);
    with_input(command, input.as_bytes())
}

#[test]
fn packs_that_are_incomplete_or_have_too_much() {
    let env = Environment::new();
    let mut release = env.release();
    let tag = release.repo.git(&["rev-parse", "refs/tags/v1"]);
    let commit = release.commit.clone();
    let tree = release.repo.git(&["rev-parse", "v1^{tree}"]);
    let inner = release.repo.git(&["rev-parse", "v1:src"]);
    let all = release.repo.git(&["rev-list", "--objects", "--no-object-names", "refs/tags/v1"]);
    let check = |env: &Environment, release: &Release, bytes: Vec<u8>| {
        let url = daemon_with_pack(&tag, move |client| send_pack(client, &bytes));
        env.authenticate(&release.key, "v1", url, &release.tarball)
    };
    let ids = |without: &str| format!("{tag}\n{all}\n").replace(&format!("{without}\n"), "");
    check(&env, &release, pack(&release, &[], &ids("none"))).expect_authentic();
    for missing in [&tree, &inner, &commit, &tag] {
        let bytes = pack(&release, &[], &ids(missing));
        check(&env, &release, bytes).expect_not_checked(&format!("object {missing} is missing"));
    }
    // An object that nobody asked for does no harm.
    let extra = release.repo.object("blob", b"nobody asked for this");
    check(&env, &release, pack(&release, &[], &format!("{}{extra}\n", ids("none")))).expect_authentic();
    // A thin pack: a delta against an object that is not in it.
    let large: String = (0..4000).map(|line| format!("line {line}\n")).collect();
    release.repo.commit(&[("large", &large)]);
    let base = release.repo.git(&["rev-parse", "refs/heads/main"]);
    release.commit = release.repo.commit(&[("large", &format!("{large}one more\n"))]);
    let thin = pack(&release, &["--thin", "--revs", "--delta-base-offset"], &format!("{}\n^{base}\n", release.commit));
    let outcome = check(&env, &release, thin).run();
    assert_eq!(outcome.code, Some(3), "{outcome:?}");
}

/// A blob whose object file holds something else: git sends it, and it is not what was asked for.
#[test]
fn a_wrong_or_missing_blob_in_the_second_answer() {
    let env = Environment::new();
    let release = release(&env);
    release.repo.unpack();
    let blob = release.repo.git(&["rev-parse", "v1:v"]);
    let daemon = GitDaemon::start(&env.path(""));
    let check = || env.authenticate(&release.key, "v1", daemon.url("x.git"), &release.tarball).arg("--timeout=30");
    check().expect_authentic();
    let file = release.repo.loose(&blob);
    let other = release.repo.object("blob", b"$Format:%H$ evil\n");
    std::fs::remove_file(&file).unwrap();
    std::fs::copy(release.repo.loose(&other), &file).unwrap();
    check().expect_not_checked("");
    std::fs::remove_file(&file).unwrap();
    check().expect_not_checked("");
    assert_eq!(raw_id(&blob).len(), 20);
}
