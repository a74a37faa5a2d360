//! What is accepted of a tarball that is not the archive, and by which option.

use std::path::Path;
use std::process::Command;

use crate::environment::{compressed, succeed};
use crate::topics::grades::{Unpacked, listed, paths};

#[test]
fn added_paths_are_accepted_by_pattern() {
    let unpacked = Unpacked::new();
    unpacked.write("VERSION", "1\n");
    unpacked.write("po/de.gmo", "text\n");
    let file = unpacked.packed();
    let outcome =
        unpacked.check(&file).arg("--accept=same-files").expect_refused("its grade is added, and 2 differences");
    assert!(outcome.err.contains("--allow-added"), "{outcome:?}");
    unpacked.check(&file).arg("--allow-added=VERSION").expect_refused("one difference is not accepted: po/de.gmo");
    unpacked.check(&file).arg("--allow-added=VERSION").arg("--allow-added=po/*.gmo").expect_authentic();
    unpacked.check(&file).arg("--allow-added=**").expect_authentic();
    unpacked.check(&file).arg("--allow-added=*").expect_refused("po/de.gmo");
    // Nothing is accepted under another name.
    unpacked.check(&file).arg("--allow-changed=**").arg("--allow-missing=**").expect_refused("2 differences");
    for bad in ["/VERSION", "po/", "", "["] {
        unpacked.check(&file).arg(format!("--allow-added={bad}")).expect_usage_error("a pattern for whole paths");
    }
}

#[test]
fn changed_and_missing_paths_are_accepted_by_pattern() {
    let unpacked = Unpacked::new();
    unpacked.write("README", "Other.\n");
    unpacked.remove("bin/run");
    let file = unpacked.packed();
    unpacked.check(&file).arg("--accept=same-files").expect_refused("its grade is changed, and 2 differences");
    unpacked.check(&file).arg("--allow-changed=README").expect_refused("bin/run");
    unpacked.check(&file).arg("--allow-missing=bin/*").expect_refused("README");
    let outcome = unpacked.check(&file).arg("--allow-missing=bin/*").arg("--allow-changed=README").expect_authentic();
    assert!(listed(&outcome, "changed")[0].ends_with("; accepted"), "{outcome:?}");
}

/// `tar --append` of a version file leaves the archive's end behind: the rest is the archive, and one entry is added.
#[test]
fn an_appended_file_is_added() {
    let unpacked = Unpacked::new();
    unpacked.write("version", "1\n");
    let file = unpacked.release.repo.archive("v1", "x-1/", "tar");
    unpacked.run("tar", &["--append", "-f", file.to_str().unwrap(), "x-1/version"]);
    let outcome = unpacked.check(&file).arg("--explain").expect_refused("does not belong there: x-1/version");
    assert!(outcome.err.contains("grade added: "), "{outcome:?}");
    assert_eq!(paths(&listed(&outcome, "added")), ["version"], "{outcome:?}");
    unpacked.check(&file).arg("--allow-added=version").expect_authentic();
}

#[test]
fn what_export_ignore_leaves_out_is_told_apart() {
    let unpacked = Unpacked::new();
    unpacked.write("tests/check.c", "int main(void) { return 0; }\n");
    let file = unpacked.packed();
    let outcome = unpacked.check(&file).arg("--explain").expect_refused("");
    assert_eq!(paths(&listed(&outcome, "from the commit, export-ignored")), ["tests/check.c"], "{outcome:?}");
    assert!(outcome.err.contains("grade same-files: "), "{outcome:?}");
    unpacked.check(&file).arg("--accept=same-files").expect_refused("one difference is not accepted: tests/check.c");
    unpacked.check(&file).arg("--accept=same-files").arg("--with-ignored").expect_authentic();
    unpacked.check(&file).arg("--with-ignored").expect_usage_error("are for grades");
    // Another file of that name is added, whatever the commit has.
    unpacked.write("tests/check.c", "int main(void) { return 1; }\n");
    let outcome = unpacked.explained();
    assert!(listed(&outcome, "added")[0].contains("not the commit's file of this path"), "{outcome:?}");
    let file = unpacked.packed();
    unpacked.check(&file).arg("--accept=same-files").arg("--with-ignored").expect_refused("its grade is added");
}

#[test]
fn prefixes_and_folders_before_them() {
    let unpacked = Unpacked::new();
    let root = unpacked.folder.parent().unwrap().to_owned();
    let packed = |arguments: &[&str]| {
        let file = unpacked.env.path("packed.tar");
        unpacked.run("tar", &[&["-cf", file.to_str().unwrap()], arguments].concat());
        file
    };
    let flat = packed(&["-C", "x-1", "."]);
    unpacked.check(&flat).arg("--accept=same-files").arg("--strip=0").expect_authentic();
    unpacked.check(&flat).arg("--accept=same-files").arg("--prefix=").expect_authentic();
    std::fs::create_dir_all(root.join("a/b")).unwrap();
    std::fs::rename(&unpacked.folder, root.join("a/b/.git")).unwrap();
    let deep = packed(&["a"]);
    unpacked.check(&deep).arg("--accept=same-files").arg("--strip=3").expect_refused("prefix cannot be read off");
    unpacked.check(&deep).arg("--accept=same-files").arg("--prefix=a/b/.git").expect_authentic();
    unpacked.check(&deep).arg("--accept=same-files").arg("--strip=2").expect_refused("its grade is changed");
    // Nobody is led to files at such a place without a word.
    std::fs::rename(root.join("a/b/.git"), root.join(".git")).unwrap();
    unpacked.check(&packed(&[".git"])).arg("--accept=same-files").expect_refused("prefix cannot be read off");
    // The folder of a project can have the name of a folder in it.
    std::fs::rename(root.join(".git"), root.join("src")).unwrap();
    let doubtful = packed(&["src"]);
    unpacked.check(&doubtful).arg("--accept=same-files").expect_refused("prefix cannot be read off");
    unpacked.check(&doubtful).arg("--accept=same-files").arg("--prefix=src").expect_authentic();
}

/// What lies beside the folder of all others ends up in the folder in which somebody unpacks.
#[test]
fn entries_beside_the_prefix_are_never_accepted() {
    let unpacked = Unpacked::new();
    std::fs::write(unpacked.folder.parent().unwrap().join("Makefile"), "all:\n").unwrap();
    let file = unpacked.env.path("packed.tar");
    unpacked.run("tar", &["-cf", file.to_str().unwrap(), "x-1", "Makefile"]);
    let outcome =
        unpacked.check(&file).arg("--allow-added=**").expect_refused("one difference is not accepted: Makefile");
    assert!(outcome.err.contains("beside the folder of all other entries"), "{outcome:?}");
}

/// The whole file must still be the pinned one, and end where the tar ends.
#[test]
fn the_pin_and_the_end_count_for_every_grade() {
    let unpacked = Unpacked::new();
    let tar = std::fs::read(unpacked.packed()).unwrap();
    let gz = compressed(&unpacked.env.path("packed.tar.gz"), &tar, "tar.gz");
    let mut sum = Command::new("sha256sum");
    sum.arg(&gz);
    let sum = String::from_utf8(succeed(sum)).unwrap()[..64].to_owned();
    let accept = |path: &Path| unpacked.check(path).arg("--accept=same-files");
    accept(&gz).arg(format!("--sha256={sum}")).expect_authentic();
    let wrong = sum.replace(char::is_numeric, "0");
    accept(&gz).arg(format!("--sha256={wrong}")).expect_refused("and is pinned to");
    let mut bytes = std::fs::read(&gz).unwrap();
    bytes.extend_from_slice(b"more");
    let outcome = accept(&unpacked.env.file("more.tar.gz", &bytes)).run();
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
}

#[test]
fn a_pipe_is_read_once_only() {
    let unpacked = Unpacked::new();
    let file = unpacked.packed();
    let pipe = unpacked.env.path("pipe");
    let mut fifo = Command::new("mkfifo");
    fifo.arg(&pipe);
    succeed(fifo);
    let (from, to) = (file, pipe.clone());
    let feeder = std::thread::spawn(move || std::fs::copy(from, to));
    unpacked.check(&pipe).arg("--accept=same-files").expect_not_checked("can be read only once");
    // The program may have stopped reading first.
    let _ = feeder.join();
}

/// Files that are export-ignored one by one leave an empty folder behind. Without it, the trees differ.
#[test]
fn a_folder_that_is_empty_in_the_archive_belongs_to_the_files() {
    let attributes = "tests/* export-ignore\ngone export-ignore\n";
    let files = [("a", "a\n"), ("tests/one", "1\n"), ("gone/deep/two", "2\n"), (".gitattributes", attributes)];
    let unpacked = Unpacked::with(&files);
    assert!(unpacked.folder.join("tests").is_dir() && !unpacked.folder.join("gone").exists());
    unpacked.check(&unpacked.packed()).arg("--accept=same-files").expect_authentic();
    std::fs::remove_dir(unpacked.folder.join("tests")).unwrap();
    let outcome = unpacked.explained();
    assert!(listed(&outcome, "missing")[0].starts_with("tests: the commit has a folder"), "{outcome:?}");
    unpacked.check(&unpacked.packed()).arg("--accept=same-files").expect_refused("its grade is changed");
}
