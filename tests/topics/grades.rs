//! Tarballs that are not the archive: how much of the commit they have, what differs, and what is accepted.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::environment::bounded::limited_data;
use crate::environment::servers::HttpServer;
use crate::environment::{Environment, Key, Outcome, Program, Release, compressed, succeed};

/// A release with every kind of file, and the folder that its tarball is unpacked in.
pub struct Unpacked {
    pub env: Environment,
    pub release: Release,
    /// The tarball's one folder.
    pub folder: PathBuf,
}

pub const FILES: [(&str, &str); 9] = [
    ("README", "Read me.\nTwice.\n"),
    ("bin/run*", "#!/bin/sh\nexit 0\n"),
    ("empty", ""),
    ("link", "-> README"),
    ("src/deep/er/lib.c", "int f(void) { return 0; }\n"),
    ("subst", "$Format:%H %an$\n"),
    (".gitattributes", "subst export-subst\ntests export-ignore\ndos.txt eol=crlf\n"),
    ("dos.txt", "a\nb\n"),
    ("tests/check.c", "int main(void) { return 0; }\n"),
];

impl Unpacked {
    pub fn new() -> Self {
        Self::with(&FILES)
    }

    pub fn with(files: &[(&str, &str)]) -> Self {
        let env = Environment::new();
        let mut release = env.release();
        release.commit = release.repo.commit(files);
        release.repo.sign_tag("v1", &release.commit, &release.key);
        release.tarball = release.repo.archive("v1", "x-1/", "tar.gz");
        let root = env.path("unpacked");
        std::fs::create_dir(&root).unwrap();
        let folder = root.join("x-1");
        let unpacked = Unpacked { env, release, folder };
        unpacked.run("tar", &["-xzpf", unpacked.release.tarball.to_str().unwrap()]);
        unpacked
    }

    /// Run a program beside the tarball's folder.
    #[track_caller]
    pub fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.parent().unwrap());
        succeed(command);
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.folder.join(path)).unwrap();
    }

    pub fn rename(&self, from: &str, to: &str) {
        let to = self.folder.join(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::rename(self.folder.join(from), to).unwrap();
    }

    /// The folder, packed by GNU tar.
    pub fn packed(&self) -> PathBuf {
        let file = self.env.path("packed.tar");
        self.run("tar", &["-cf", file.to_str().unwrap(), "x-1"]);
        file
    }

    pub fn check(&self, tarball: &Path) -> Program {
        self.env.authenticate(&self.release.key, "v1", &self.release.repo.path, tarball)
    }

    /// What `--explain` says of the folder, which is not the archive.
    #[track_caller]
    pub fn explained(&self) -> Outcome {
        self.check(&self.packed()).arg("--explain").expect_refused("")
    }
}

/// The lines under a title of the report.
pub fn listed(outcome: &Outcome, title: &str) -> Vec<String> {
    let start = format!("{title} (");
    let lines = outcome.err.lines().skip_while(|line| !line.starts_with(&start)).skip(1);
    lines.take_while(|line| line.starts_with("  ")).map(|line| line.trim().to_owned()).collect()
}

/// The paths among these lines.
pub fn paths(lines: &[String]) -> Vec<&str> {
    lines.iter().map(|line| line.split(": ").next().unwrap()).collect()
}

#[test]
fn tars_of_other_programs_have_the_same_files() {
    let long = "l".repeat(120);
    let deep = format!("deep/{}/{}", "d".repeat(90), "f".repeat(90));
    let target = format!("-> {}", "t/".repeat(70));
    let with_long = [&FILES[..], &[(&long, "long\n"), (&deep, "deep\n"), ("far", &target)]].concat();
    for (files, program, formats) in [
        (&FILES[..], "tar", &["v7", "oldgnu", "gnu", "ustar", "pax"][..]),
        (&FILES[..], "bsdtar", &["v7tar", "gnutar", "ustar", "pax"][..]),
        (&with_long[..], "tar", &["oldgnu", "gnu", "pax"][..]),
        (&with_long[..], "bsdtar", &["gnutar", "pax"][..]),
    ] {
        let unpacked = Unpacked::with(files);
        for format in formats {
            for folder in ["x-1", "./x-1"] {
                let file = unpacked.env.path("packed.tar");
                unpacked.run(program, &["--format", format, "-cf", file.to_str().unwrap(), folder]);
                let outcome = unpacked.check(&file).expect_refused("");
                assert!(outcome.err.ends_with("more: run with --explain to see every difference\n"), "{outcome:?}");
                let outcome = unpacked.check(&file).arg("--explain").expect_refused("");
                assert!(outcome.err.contains("grade same-files: "), "{program} {format}: {outcome:?}");
                assert!(!outcome.err.contains("more: "), "{outcome:?}");
                let outcome = unpacked.check(&file).arg("--accept=same-files").expect_authentic();
                assert!(outcome.err.contains("not its archive, and accepted"), "{outcome:?}");
                assert!(outcome.err.contains("0 changed, 0 missing, 0 added"), "{outcome:?}");
            }
        }
    }
}

/// git-archive-all and the tools of Python write with this module.
#[test]
fn tars_and_zips_of_python_have_the_same_files() {
    let long = "l".repeat(120);
    let unpacked = Unpacked::with(&[&FILES[..], &[(&long, "long\n"), ("caf\u{e9}", "\u{e9}\n")]].concat());
    let file = unpacked.env.path("packed.tar");
    let tar = "import sys, tarfile\nwith tarfile.open(sys.argv[1], 'w', format=int(sys.argv[2])) as t: t.add('x-1')";
    for format in ["1", "2"] {
        unpacked.run("python3", &["-c", tar, file.to_str().unwrap(), format]);
        unpacked.check(&file).arg("--accept=same-files").expect_authentic();
    }
    // Its zip archives have no links: what they point to is stored in their place.
    let zip = unpacked.env.path("packed.zip");
    unpacked.run("python3", &["-m", "zipfile", "-c", zip.to_str().unwrap(), "x-1"]);
    let outcome = unpacked.check(&zip).arg("--explain").expect_refused("its grade is changed");
    assert_eq!(paths(&listed(&outcome, "changed")), ["link"], "{outcome:?}");
    unpacked.check(&zip).arg("--allow-changed=link").expect_authentic();
}

/// Compression, order, times, owners and the modes of groups do not matter; the archive itself has the best grade.
#[test]
fn what_does_not_matter_for_same_files() {
    let unpacked = Unpacked::new();
    unpacked.run("chmod", &["-R", "go-rwx", "x-1"]);
    let file = unpacked.env.path("packed.tar");
    let options = ["--sort=inode", "--mtime=1999-01-01", "--owner=nobody:65534", "-cf", file.to_str().unwrap(), "x-1"];
    unpacked.run("tar", &options);
    let tar = std::fs::read(&file).unwrap();
    for format in ["tar", "tar.gz", "tar.xz", "tar.bz2", "tar.zst"] {
        let tarball = compressed(&unpacked.env.path("some.name"), &tar, format);
        unpacked.check(&tarball).arg("--accept=same-files").expect_authentic();
    }
    let archive = unpacked.release.tarball.clone();
    for option in ["--explain", "--diff", "--accept=same-files", "--allow-added=x", "--preset=dist"] {
        let outcome = unpacked.check(&archive).arg(option).expect_authentic();
        assert!(outcome.err.contains("): its archive"), "{outcome:?}");
    }
}

#[test]
fn every_difference_is_listed_with_its_cause() {
    let unpacked = Unpacked::new();
    unpacked.write("README", "Read me.\r\nTwice.\r\n");
    unpacked.write("src/deep/er/lib.c", "int f(void) { return 1; }\n");
    unpacked.write("subst", "0123 Somebody\n");
    unpacked.run("chmod", &["-x", "x-1/bin/run"]);
    unpacked.remove("link");
    unpacked.run("ln", &["-s", "elsewhere", "x-1/link"]);
    unpacked.remove("empty");
    unpacked.write("configure", "#!/bin/sh\n");
    unpacked.write("doc/notes", "notes\n");
    unpacked.run("mkdir", &["x-1/hollow"]);
    let outcome = unpacked.explained();
    assert!(outcome.err.contains("grade changed: "), "{outcome:?}");
    let changed = listed(&outcome, "changed");
    let expected = ["README", "bin/run", "link", "src/deep/er/lib.c", "subst"];
    assert_eq!(paths(&changed), expected, "{outcome:?}");
    for (line, words) in changed.iter().zip([
        "only line ends differ",
        "only its permission bits differ",
        "the link points elsewhere; a link to elsewhere",
        "26 bytes, SHA-256 ",
        "only text in the place of $Format$ differs",
    ]) {
        assert!(line.contains(words), "{words} in {outcome:?}");
    }
    assert_eq!(paths(&listed(&outcome, "missing")), ["empty"], "{outcome:?}");
    assert_eq!(paths(&listed(&outcome, "added, and run or included by builds")), ["configure"], "{outcome:?}");
    assert_eq!(paths(&listed(&outcome, "added")), ["doc/notes", "hollow"], "{outcome:?}");
    assert!(outcome.err.contains("5 changed, 1 missing, 3 added, 2 as in the commit (prefix x-1/)"), "{outcome:?}");
}

#[test]
fn files_that_moved_are_named_as_moved() {
    let files = [&FILES[..], &[("caf\u{e9}", "form\n"), ("Makefile", "all:\n")]].concat();
    let unpacked = Unpacked::with(&files);
    unpacked.rename("src/deep/er/lib.c", "lib/lib.c");
    unpacked.rename("caf\u{e9}", "cafe\u{301}");
    unpacked.rename("Makefile", "makefile");
    let outcome = unpacked.explained();
    let missing = listed(&outcome, "missing");
    assert!(missing[0].starts_with("Makefile: the same file is at makefile; only capitals"), "{outcome:?}");
    assert!(missing[1].contains("only the Unicode form of the name differs"), "{outcome:?}");
    assert!(missing[2].starts_with("src/deep/er/lib.c: the same file is at lib/lib.c; "), "{outcome:?}");
    let added = listed(&outcome, "added");
    assert!(added.iter().any(|line| line.starts_with("lib/lib.c: the same file as the commit's src/deep/er/lib.c")));
}

/// As in the xz backdoor: an added m4 file, and a test file that is another one. Both are in the first screen.
#[test]
fn the_pattern_of_the_xz_backdoor() {
    let mut files = vec![("configure.ac".to_owned(), "AC_INIT\n".to_owned())];
    files.extend((0..200).map(|n| (format!("src/file{n}.c"), format!("int f{n};\n"))));
    files.push(("tests/files/bad-3-corrupt_lzma2.xz".to_owned(), "\0corrupt\u{1}".to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, content)| (&path[..], &content[..])).collect();
    let unpacked = Unpacked::with(&files);
    unpacked.write("m4/build-to-host.m4", "dnl\n");
    unpacked.write("tests/files/bad-3-corrupt_lzma2.xz", b"\0another\x02");
    for n in 0..300 {
        unpacked.write(&format!("po/text{n}.gmo"), "text\n");
        unpacked.write(&format!("aaa/doc{n}.html"), "text\n");
    }
    let outcome = unpacked.explained();
    let screen: Vec<&str> = outcome.err.lines().take(24).collect();
    let has = |path: &str| screen.iter().any(|line| line.trim_start().starts_with(path));
    assert!(has("tests/files/bad-3-corrupt_lzma2.xz: 9 bytes") && has("m4/build-to-host.m4: 4 bytes"), "{screen:?}");
}

/// An sdist is made from a checkout: there, files are as the repository has them, and not as the archive converts them.
#[test]
fn both_readings_of_a_converted_file_are_the_commits() {
    let unpacked = Unpacked::new();
    unpacked.write("subst", "$Format:%H %an$\n");
    unpacked.write("dos.txt", "a\nb\n");
    let outcome = unpacked.check(&unpacked.packed()).arg("--accept=same-files").expect_authentic();
    let raw = listed(&outcome, "as in the repository, where git archive would convert them");
    assert_eq!(raw, ["dos.txt", "subst"], "{outcome:?}");
    // A mixture is neither.
    unpacked.write("dos.txt", "a\r\nb\n");
    let outcome = unpacked.explained();
    assert!(listed(&outcome, "changed")[0].starts_with("dos.txt: only line ends differ"), "{outcome:?}");
}

#[test]
fn modes_that_no_archive_has_are_a_change() {
    for mode in ["4755", "2755", "0000", "0011"] {
        let unpacked = Unpacked::new();
        unpacked.run("chmod", &[mode, "x-1/README"]);
        let outcome = unpacked.explained();
        assert!(listed(&outcome, "changed")[0].starts_with("README: only its permission bits"), "{outcome:?}");
        unpacked.check(&unpacked.packed()).arg("--accept=same-files").expect_refused("its grade is changed");
    }
}

#[test]
fn things_in_the_place_of_other_things() {
    let unpacked = Unpacked::new();
    unpacked.remove("README");
    unpacked.run("mkdir", &["x-1/README"]);
    unpacked.remove("empty");
    unpacked.run("ln", &["-s", "README", "x-1/empty"]);
    unpacked.remove("link");
    unpacked.write("link", "README");
    unpacked.run("rm", &["-r", "x-1/bin"]);
    unpacked.write("bin", "a file\n");
    let outcome = unpacked.explained();
    let changed = listed(&outcome, "changed");
    assert_eq!(paths(&changed), ["README", "bin", "empty", "link"], "{outcome:?}");
    assert!(changed.iter().all(|line| line.contains("it is of another kind")), "{outcome:?}");
    assert_eq!(paths(&listed(&outcome, "missing")), ["bin/run"], "{outcome:?}");
}

/// GNU tar stores the second name of a file as a link to the first.
#[test]
fn hard_links_are_the_file_that_they_link_to() {
    let files = [&FILES[..], &[("same-a", "same\n"), ("same-b", "same\n")]].concat();
    let unpacked = Unpacked::with(&files);
    unpacked.remove("same-b");
    unpacked.run("ln", &["x-1/same-a", "x-1/same-b"]);
    unpacked.check(&unpacked.packed()).arg("--accept=same-files").expect_authentic();
    unpacked.remove("empty");
    unpacked.run("ln", &["x-1/same-a", "x-1/empty"]);
    let outcome = unpacked.explained();
    assert_eq!(paths(&listed(&outcome, "changed")), ["empty"], "{outcome:?}");
}

#[test]
fn entries_below_a_submodule_are_named() {
    let env = Environment::new();
    let key = Key::new("Alice <alice@example.org>");
    let repo = env.repository("x.git");
    let module = "1".repeat(40);
    let text = format!(
        "commit refs/heads/main\ncommitter C <c> 1700000000 +0000\ndata 0\nM 100644 inline a\ndata 2\na\nM 160000 {module} sub\n"
    );
    repo.git_with(&["fast-import", "--quiet", "--force"], text.as_bytes());
    repo.sign_tag("v1", &repo.git(&["rev-parse", "main"]), &key);
    let tarball = repo.archive("v1", "x-1/", "tar");
    let unpack = env.path("unpacked");
    std::fs::create_dir(&unpack).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new("tar");
        command.args(arguments).current_dir(&unpack);
        succeed(command);
    };
    run(&["-xf", tarball.to_str().unwrap()]);
    let packed = env.path("packed.tar");
    let pack = || run(&["-cf", packed.to_str().unwrap(), "x-1"]);
    pack();
    env.authenticate(&key, "v1", &repo.path, &packed).arg("--accept=same-files").expect_authentic();
    std::fs::write(unpack.join("x-1/sub/file"), "file\n").unwrap();
    pack();
    let outcome = env.authenticate(&key, "v1", &repo.path, &packed).arg("--explain").expect_refused("");
    assert!(listed(&outcome, "added")[0].starts_with("sub/file: below a submodule"), "{outcome:?}");
    // Without the empty folder, the trees differ.
    std::fs::remove_dir_all(unpack.join("x-1/sub")).unwrap();
    pack();
    env.authenticate(&key, "v1", &repo.path, &packed).arg("--accept=same-files").expect_refused("changed");
}

/// Text that only the forge knew is reported and, with --strict, refused, whatever the grade.
#[test]
fn holes_are_reported_with_every_grade() {
    let unpacked = Unpacked::with(&[("a", "a\n"), ("v", "$Format:%d$\n"), (".gitattributes", "v export-subst\n")]);
    let file = unpacked.packed();
    let outcome = unpacked.check(&file).arg("--accept=same-files").expect_authentic();
    assert!(outcome.err.contains("v: %d is"), "{outcome:?}");
    unpacked.check(&file).arg("--accept=same-files").arg("--strict").expect_refused("does not fully decide");
    // What could be more than a name is for people, here as well.
    unpacked.write("v", " (tag: $(reboot))\n");
    let outcome = unpacked.check(&unpacked.packed()).arg("--accept=same-files").run();
    assert!(matches!(outcome.code, Some(1 | 3)) && !outcome.out.contains("OK"), "{outcome:?}");
}

/// git describes a commit once in an archive. Which file that is does not depend on the order in another tar.
#[test]
fn only_the_first_file_of_the_archive_describes_the_commit() {
    let text = "$Format:%(describe)$\n";
    let unpacked = Unpacked::with(&[("a", text), ("z", text), (".gitattributes", "* export-subst\n")]);
    let read = |path: &str| std::fs::read_to_string(unpacked.folder.join(path)).unwrap();
    assert_eq!((read("a"), read("z")), ("v1\n".to_owned(), "%(describe)\n".to_owned()));
    let file = unpacked.env.path("packed.tar");
    let pack = || unpacked.run("tar", &["-cf", file.to_str().unwrap(), "x-1/z", "x-1/a", "x-1/.gitattributes"]);
    pack();
    let outcome = unpacked.check(&file).arg("--accept=same-files").expect_authentic();
    assert!(outcome.err.contains("a: %(describe) is \"v1\""), "{outcome:?}");
    unpacked.write("z", "v1\n");
    pack();
    unpacked.check(&file).arg("--accept=same-files").expect_refused("one difference is not accepted: z");
}

#[test]
fn content_of_lfs_cannot_be_graded() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    let unpacked = Unpacked::with(&[("a", "a\n"), ("big", pointer), (".gitattributes", "big filter=lfs\n")]);
    unpacked.check(&unpacked.packed()).arg("--accept=same-files").expect_authentic();
    unpacked.write("big", "content\n");
    let file = unpacked.packed();
    unpacked.check(&file).arg("--accept=same-files").expect_not_checked("big is not as in the commit");
    let outcome = unpacked.check(&file).arg("--explain").run();
    assert!(outcome.err.contains("big: the commit has a Git LFS pointer"), "{outcome:?}");
    unpacked.check(&file).arg("--allow-changed=big").expect_authentic();
}

#[test]
fn changed_texts_are_shown_line_by_line() {
    let unpacked = Unpacked::new();
    unpacked.write("README", "Read me.\nThrice\u{1b}[2J.\n");
    unpacked.write("empty", b"\0binary");
    let outcome = unpacked.check(&unpacked.packed()).arg("--diff").expect_refused("");
    let hunk = "    @@ -1,2 +1,2 @@\n     Read me.\n    -Twice.\n    +Thrice\\u{1b}[2J.\n";
    assert!(outcome.err.contains(hunk), "{outcome:?}");
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert!(outcome.err.contains(&format!("the commit has a file, 0 bytes, SHA-256 {empty}")), "{outcome:?}");
}

/// The keys of an object, and of those in it.
fn all_keys(value: &serde_json::Value, keys: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members) => members.iter().for_each(|(key, value)| {
            keys.push(key.clone());
            all_keys(value, keys);
        }),
        serde_json::Value::Array(values) => values.iter().for_each(|value| all_keys(value, keys)),
        _ => {}
    }
}

#[test]
fn the_object_has_the_grade_and_every_difference() {
    let unpacked = Unpacked::new();
    unpacked.write("README", "Read me.\nThrice.\n");
    unpacked.remove("empty");
    unpacked.write("configure", "#!/bin/sh\n");
    let file = unpacked.packed();
    let object = |program: Program, code| {
        let outcome = program.arg("--json").run();
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        serde_json::from_str::<serde_json::Value>(&outcome.out).expect("an object")
    };
    let explained = object(unpacked.check(&file).arg("--diff"), 1);
    assert_eq!(explained["verdict"], "not-authentic");
    assert_eq!(explained["grade"], "changed");
    let differences = explained["comparison"]["differences"].as_array().unwrap();
    let kinds: Vec<_> = differences.iter().map(|one| (one["kind"].as_str(), one["path"].as_str())).collect();
    let expected = [("changed", "README"), ("missing", "empty"), ("added", "configure")];
    assert_eq!(kinds, expected.map(|(kind, path)| (Some(kind), Some(path))));
    assert_eq!(differences[0]["text"]["hunks"][0]["lines"][1]["sign"], "-");
    assert_eq!(differences[2]["runs"], true);
    assert_eq!(differences[2]["found"]["size"], 10);
    assert_eq!(differences[2]["found"]["sha256"].as_str().map(str::len), Some(64));
    assert_eq!(differences[1]["expected"]["what"], "file");
    let arguments = ["--allow-changed=README", "--allow-missing=empty", "--allow-added=configure"];
    let accepted = object(arguments.iter().fold(unpacked.check(&file), |program, argument| program.arg(argument)), 0);
    assert_eq!((&accepted["verdict"], &accepted["grade"]), (&"accepted".into(), &"changed".into()));
    assert!(accepted["tarball"]["umask"].is_null());
    // The documentation names every key.
    let documented = include_str!("../../docs/json.md");
    let mut keys = Vec::new();
    [&explained, &accepted].into_iter().for_each(|object| all_keys(object, &mut keys));
    for key in keys {
        assert!(documented.contains(&format!("`{key}`")), "{key} is not in docs/json.md");
    }
    let same = object(unpacked.check(&unpacked.release.tarball), 0);
    assert_eq!((&same["verdict"], &same["grade"]), (&"authentic".into(), &"same-tar".into()));
}

/// From a server that hands out blobs by id, the commit's files are fetched in one request, and only if they are to be shown.
#[test]
fn what_the_commit_has_is_fetched_in_one_request() {
    let unpacked = Unpacked::with(&[
        ("a", "a\n"),
        ("b", "b\n"),
        ("c", "c\n"),
        ("dos.txt", "a\nb\n"),
        (".gitattributes", "*.txt eol=crlf\n"),
    ]);
    unpacked.release.repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let http = HttpServer::start(&unpacked.env.path(""));
    unpacked.write("a", "A\n");
    unpacked.write("b", "B\n");
    let file = unpacked.packed();
    let check = || unpacked.env.authenticate(&unpacked.release.key, "v1", http.http("x.git"), &file).arg("-v");
    let outcome = check().arg("--explain").expect_refused("");
    assert_eq!(paths(&listed(&outcome, "changed")), ["a", "b"], "{outcome:?}");
    assert_eq!(outcome.err.matches("blobs asked for by id").count(), 0, "{outcome:?}");
    let outcome = check().arg("--diff").expect_refused("");
    assert!(outcome.err.contains("blobs asked for by id: 2"), "{outcome:?}");
    assert!(outcome.err.contains("    -a\n    +A\n") && outcome.err.contains("    -b\n    +B\n"), "{outcome:?}");
    // A converted file that cannot be told without its blob is asked for as well.
    unpacked.write("dos.txt", "a\r\nc\r\n");
    let outcome = unpacked
        .env
        .authenticate(&unpacked.release.key, "v1", http.http("x.git"), &unpacked.packed())
        .arg("--explain")
        .expect_refused("");
    assert_eq!(paths(&listed(&outcome, "changed")), ["a", "b", "dos.txt"], "{outcome:?}");
}

/// 50,000 differences in less than 64 MiB beside the list itself, and many more entries below one that is known.
#[test]
fn fifty_thousand_differences_in_bounded_memory() {
    let files: Vec<(String, String)> =
        (0..50_000).map(|n| (format!("d{}/file{n}", n % 100), format!("{n}\n"))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, content)| (&path[..], &content[..])).collect();
    let unpacked = Unpacked::with(&files);
    let tar = std::fs::read(unpacked.release.repo.archive("v1", "x-1/", "tar")).unwrap();
    // One more letter in each.
    let mut changed = tar.clone();
    for at in (0..tar.len() - 512).step_by(512) {
        if &tar[at + 257..at + 262] == b"ustar" && tar[at + 156] == b'0' {
            changed[at + 512] = b'x';
        }
    }
    let file = unpacked.env.file("changed.tar", changed);
    let outcome = limited_data(unpacked.check(&file).arg("--explain"), 256).expect_refused("");
    assert!(outcome.err.contains("50000 changed, 0 missing, 0 added"), "{}", &outcome.err[..2000]);
    // Another tar with the same files takes less than twice what the archive takes; the factor is wide, since machines differ.
    let archive = unpacked.env.file("archive.tar", tar);
    let cpu = |program: Program| {
        let mut shell = Command::new("bash");
        shell.args(["-c", "TIMEFORMAT='%U %S'; time \"$@\"", "bash"]).arg(program.command.get_program());
        let output = shell.args(program.command.get_args()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        said.lines().last().unwrap().split(' ').map(|seconds| seconds.parse::<f64>().unwrap()).sum::<f64>()
    };
    let strict = cpu(unpacked.check(&archive));
    let graded = cpu(unpacked.check(&unpacked.packed()).arg("--accept=same-files"));
    assert!(graded < 4.0 * strict + 0.2, "{graded} s instead of {strict} s");
}
