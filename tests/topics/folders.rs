//! Tarballs of one folder of the repository.

use std::process::Command;

use crate::environment::{Environment, Release, git, succeed};

fn release(env: &Environment) -> Release {
    let mut release = env.release();
    release.commit = release.repo.commit(&[
        ("README", "Read me.\n"),
        ("lib/one/a", "a\n"),
        ("lib/one/b*", "#!/bin/sh\n"),
        ("lib/one/deep/c", "c\n"),
        ("lib/one/left-out", "no\n"),
        ("lib/one/kept", "yes\n"),
        ("lib/one/.gitattributes", "left-out export-ignore\nsubst export-subst\n"),
        ("lib/one/subst", "$Format:%H$\n"),
        ("lib/two/a", "a\n"),
        (".gitattributes", "kept export-ignore\nlib/one/deep/gone export-ignore\n*.txt eol=crlf\n"),
        ("lib/one/deep/gone", "gone\n"),
        ("lib/one/dos.txt", "a\nb\n"),
        ("zz", "last\n"),
    ]);
    release.repo.sign_tag("v1", &release.commit, &release.key);
    release
}

/// As SELinux's userspace makes its tarballs: git runs in the folder of one library.
fn made_in_folder(env: &Environment, release: &Release, folder: &str, arguments: &[&str]) -> Vec<u8> {
    let clone = env.path("clone");
    if !clone.exists() {
        let mut command = git();
        command.args(["clone", "-q"]).arg(&release.repo.path).arg(&clone);
        succeed(command);
    }
    let mut command = git();
    command.arg("-C").arg(clone.join(folder)).args(["archive", "--format=tar"]).args(arguments).arg("v1");
    succeed(command)
}

#[test]
fn archives_of_a_folder_are_proven_in_each_form() {
    let env = Environment::new();
    let release = release(&env);
    let check = |tar: Vec<u8>| {
        env.authenticate(&release.key, "v1", &release.repo.path, &env.file("x.tar", tar)).arg("--subdir=lib/one")
    };
    let in_folder = made_in_folder(&env, &release, "lib/one", &["--prefix=one-1/"]);
    let outcome = check(in_folder.clone()).expect_authentic();
    assert!(outcome.err.contains("git archive was run in it"), "{outcome:?}");
    let outcome = check(release.repo.tar("v1:lib/one", "one-1/")).expect_authentic();
    assert!(outcome.err.contains("times that nobody signed"), "{outcome:?}");
    let mut by_path = git();
    by_path.arg("-C").arg(&release.repo.path).args(["archive", "--format=tar", "--prefix=x-1/", "v1", "lib/one"]);
    let by_path = succeed(by_path);
    let outcome = check(by_path.clone()).expect_authentic();
    assert!(outcome.err.contains("whose path git archive was given"), "{outcome:?}");
    // Each is the archive of that folder and of no other, nor of the whole.
    for tar in [in_folder, by_path, release.repo.tar("v1:lib/one", "one-1/")] {
        let file = env.file("x.tar", &tar);
        let program = || env.authenticate(&release.key, "v1", &release.repo.path, &file);
        program().expect_refused("");
        program().arg("--subdir=lib/two").expect_refused("");
        program().arg("--subdir=lib").expect_refused("");
        program().arg("--subdir=nothing").expect_refused("the commit has no folder nothing");
        program().arg("--subdir=README").expect_refused("the commit has no folder README");
        // Not one byte is without meaning, but for the time of a tree that everything has.
        for at in (0..tar.len()).step_by(97) {
            let mut changed = tar.clone();
            changed[at] ^= 1;
            let outcome = check(changed).run();
            assert_eq!(outcome.code, Some(1), "byte {at}: {outcome:?}");
        }
    }
    for bad in ["", "/", "/lib", "lib//one", "../x", "lib/./one"] {
        check(Vec::new()).arg(format!("--subdir={bad}")).run();
        let outcome = env
            .authenticate(&release.key, "v1", &release.repo.path, &release.tarball)
            .arg(format!("--subdir={bad}"))
            .run();
        assert_eq!(outcome.code, Some(2), "{bad}: {outcome:?}");
    }
}

/// All entries of an archive of a tree have one time, whichever it is.
/// Without the option, the first entry that is in no place of the archive tells.
#[test]
fn the_folder_that_a_tarball_may_be_of_is_named() {
    let env = Environment::new();
    let mut release = env.release();
    release.commit = release.repo.commit(&[("README", "Read me.\n"), ("lib/one/a", "a\n"), ("lib/two/b", "b\n")]);
    release.repo.sign_tag("v1", &release.commit, &release.key);
    let tar = env.file("x.tar", made_in_folder(&env, &release, "lib/one", &["--prefix=one-1/"]));
    let check = env.authenticate(&release.key, "v1", &release.repo.path, &tar);
    let outcome = check.expect_refused("does not belong there: one-1/a");
    assert!(outcome.err.contains("If the tarball is of that folder, give --subdir lib/one."), "{outcome:?}");
}

#[test]
fn times_of_a_tree_are_one_time() {
    let env = Environment::new();
    let release = release(&env);
    let mut command = git();
    command.arg("-C").arg(&release.repo.path).args([
        "archive",
        "--format=tar",
        "--prefix=one-1/",
        "--mtime=1999-01-01",
    ]);
    command.arg("v1:lib/one");
    let tar = succeed(command);
    let check = |tar: &[u8]| {
        env.authenticate(&release.key, "v1", &release.repo.path, &env.file("x.tar", tar)).arg("--subdir=lib/one/")
    };
    check(&tar).expect_authentic();
    let mut changed = tar.clone();
    let header = &mut changed[1024..1536];
    header[146] ^= 1;
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:07o}\0").as_bytes());
    check(&changed).expect_refused("");
}

#[test]
fn grades_of_a_folder() {
    let env = Environment::new();
    let release = release(&env);
    let tar = made_in_folder(&env, &release, "lib/one", &["--prefix=one-1/"]);
    let tar = env.file("x.tar", tar);
    let folder = env.path("unpacked");
    std::fs::create_dir(&folder).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new("tar");
        command.args(arguments).current_dir(&folder);
        succeed(command);
    };
    run(&["-xf", tar.to_str().unwrap()]);
    let packed = env.path("packed.tar");
    run(&["-cf", packed.to_str().unwrap(), "one-1"]);
    let check = || env.authenticate(&release.key, "v1", &release.repo.path, &packed).arg("--accept=same-files");
    check().arg("--subdir=lib/one").expect_authentic();
    check().expect_refused("its grade is changed");
    std::fs::write(folder.join("one-1/left-out"), "no\n").unwrap();
    run(&["-cf", packed.to_str().unwrap(), "one-1"]);
    check().arg("--subdir=lib/one").expect_refused("left-out");
    check().arg("--subdir=lib/one").arg("--with-ignored").expect_authentic();
}
