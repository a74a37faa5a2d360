//! Random repositories, and random edits of their unpacked tarballs: what is listed is exactly what was edited, and nothing is
//! called the same files that is not.
//!
//! `RANDOM_EDITS=2000 cargo test --release edits` tries more than the usual number of them.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestRunner};

use crate::environment::{Environment, Key, succeed};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Thing {
    File { content: Vec<u8>, executable: bool },
    Link(String),
}

type Tree = BTreeMap<String, Thing>;

#[derive(Clone, Debug)]
enum Edit {
    Remove(usize),
    Write(usize, Vec<u8>),
    Toggle(usize),
    Relink(usize, String),
    Add(String, Thing),
    Move(usize, String),
    /// Line ends alone.
    Crlf(usize),
}

fn component() -> impl Strategy<Value = String> {
    let long = "l".repeat(70);
    let names =
        ["a", "b", "c.txt", "e f", "\u{e9}", "\u{fc}", "x-1", "run.sh", "*", "-o", &long, "A", "configure", "\\q"];
    prop::sample::select(names.map(str::to_owned).to_vec())
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(component(), 1..4).prop_map(|parts| parts.join("/"))
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::collection::vec(prop::sample::select(vec!["a\n", "b", "\r\n", "\0", "$Id$\n", "\n"]), 0..6)
            .prop_map(|parts| parts.concat().into_bytes()),
        1 => (500..1600usize).prop_map(|length| vec![b'x'; length]),
    ]
}

fn thing() -> impl Strategy<Value = Thing> {
    prop_oneof![
        5 => (content(), any::<bool>()).prop_map(|(content, executable)| Thing::File { content, executable }),
        1 => path().prop_map(Thing::Link),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        any::<usize>().prop_map(Edit::Remove),
        (any::<usize>(), content()).prop_map(|(at, content)| Edit::Write(at, content)),
        any::<usize>().prop_map(Edit::Toggle),
        (any::<usize>(), path()).prop_map(|(at, target)| Edit::Relink(at, target)),
        (path(), thing()).prop_map(|(path, thing)| Edit::Add(path, thing)),
        (any::<usize>(), path()).prop_map(|(at, path)| Edit::Move(at, path)),
        any::<usize>().prop_map(Edit::Crlf),
    ]
}

/// Whether something can be put there: nothing is there, and nothing that is no folder is above it.
fn has_room(tree: &Tree, path: &str) -> bool {
    let above = path.match_indices('/').any(|(at, _)| tree.contains_key(&path[..at]));
    let below = format!("{path}/");
    !above && !tree.contains_key(path) && !tree.keys().any(|other| other.starts_with(&below))
}

fn apply(tree: &mut Tree, edit: &Edit) {
    let nth = |tree: &Tree, at: usize| tree.keys().nth(at % tree.len().max(1)).cloned();
    match edit {
        Edit::Remove(at) => {
            if let Some(path) = nth(tree, *at) {
                tree.remove(&path);
            }
        }
        Edit::Write(at, new) => {
            if let Some(Thing::File { content, .. }) = nth(tree, *at).and_then(|path| tree.get_mut(&path)) {
                content.clone_from(new);
            }
        }
        Edit::Toggle(at) => {
            if let Some(Thing::File { executable, .. }) = nth(tree, *at).and_then(|path| tree.get_mut(&path)) {
                *executable = !*executable;
            }
        }
        Edit::Relink(at, target) => {
            if let Some(thing) = nth(tree, *at).and_then(|path| tree.get_mut(&path)) {
                *thing = Thing::Link(target.clone());
            }
        }
        Edit::Add(path, thing) if has_room(tree, path) => drop(tree.insert(path.clone(), thing.clone())),
        Edit::Add(..) => {}
        Edit::Move(at, to) => {
            let Some(thing) = nth(tree, *at).and_then(|path| tree.remove_entry(&path)) else { return };
            let path = if has_room(tree, to) { to.clone() } else { thing.0 };
            tree.insert(path, thing.1);
        }
        Edit::Crlf(at) => {
            if let Some(Thing::File { content, .. }) = nth(tree, *at).and_then(|path| tree.get_mut(&path)) {
                let text = String::from_utf8_lossy(content).replace("\r\n", "\n").replace('\n', "\r\n");
                *content = text.into_bytes();
            }
        }
    }
}

fn write(tree: &Tree, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for (path, thing) in tree {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        match thing {
            Thing::Link(target) => symlink(target, &path).unwrap(),
            Thing::File { content, executable } => {
                std::fs::write(&path, content).unwrap();
                let mode = if *executable { 0o755 } else { 0o644 };
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            }
        }
    }
}

/// Every path of an unpacked folder, what it is, and whether it may be executed.
fn listing(folder: &Path) -> String {
    let script = r#"find x-1 -mindepth 1 \( -type f -perm -u+x -printf '%P x ' -exec sha256sum {} \; -o -type f -printf '%P - ' \
        -exec sha256sum {} \; -o -printf '%P %y %l\n' \) | LC_ALL=C sort"#;
    let mut command = Command::new("bash");
    command.args(["-c", script]).current_dir(folder);
    String::from_utf8_lossy(&succeed(command)).into_owned()
}

/// As an ordinary user does it.
fn unpack(archive: &Path, folder: &Path) -> String {
    std::fs::create_dir_all(folder).unwrap();
    let mut command = Command::new("bsdtar");
    command.args(["-x", "--no-same-owner", "--no-same-permissions", "-f"]).arg(archive).current_dir(folder);
    succeed(command);
    listing(folder)
}

const PACKERS: [&[&str]; 8] = [
    &["tar", "--format=gnu", "-cf"],
    &["tar", "--format=pax", "-cf"],
    &["tar", "--format=oldgnu", "--sort=inode", "-cf"],
    &["bsdtar", "--format=pax", "-cf"],
    &["bsdtar", "--format=gnutar", "-cf"],
    &["tar", "--format=gnu", "--owner=0", "--mode=go-rwx", "-cf"],
    &["tar", "--format=pax", "-czf"],
    &["zip", "-q", "-r", "--symlinks"],
];

fn check(before: &Tree, edits: &[Edit], packer: &[&str], sha256: bool) {
    let env = Environment::new();
    let key = Key::new("Alice");
    let repo = env.repository_with("x.git", if sha256 { &["--object-format=sha256"] } else { &[] });
    let work = env.path("work");
    write(before, &work);
    let mut git = crate::environment::git();
    git.arg("--git-dir").arg(&repo.path).arg("--work-tree").arg(&work).args(["add", "-A", "-f", "."]);
    succeed(git);
    let tree = repo.git(&["write-tree"]);
    let commit = repo.git(&["commit-tree", "-m", "m", &tree]);
    repo.sign_tag("t", &commit, &key);
    let archive = env.file("archive.tar", repo.tar(&commit, "x-1/"));
    let mut after = before.clone();
    edits.iter().for_each(|edit| apply(&mut after, edit));
    let folder = env.path("edited");
    write(&after, &folder.join("x-1"));
    let packed = env.path(if packer[0] == "zip" { "packed.zip" } else { "packed.tar" });
    let mut command = Command::new(packer[0]);
    command.args(&packer[1..]).arg(&packed).arg("x-1").current_dir(&folder);
    succeed(command);

    // The commit may have something that is called as the prefix is.
    let authenticate = || env.authenticate(&key, "t", &repo.path, &packed).arg("--strip=1");
    let outcome = authenticate().arg("--explain").arg("--json").run();
    let object: serde_json::Value = serde_json::from_str(&outcome.out).unwrap_or_else(|_| panic!("{outcome:?}"));
    if object["not_graded"].is_string() {
        // Backslashes in names of zip archives mean two things.
        let is_known = packer[0] == "zip" && outcome.out.contains("in its name") || outcome.out.contains("encoding");
        assert!(is_known, "{outcome:?}");
        return;
    }
    let listed: BTreeSet<(String, String)> = object["comparison"]["differences"]
        .as_array()
        .unwrap_or_else(|| panic!("{outcome:?}"))
        .iter()
        .map(|one| (one["kind"].as_str().unwrap().to_owned(), one["path"].as_str().unwrap().to_owned()))
        .collect();
    let shown = |path: &String| path.replace('\\', "\\\\");
    let mut expected = BTreeSet::new();
    for path in before.keys().chain(after.keys()) {
        // A folder in the place of a file is something else at its path.
        let is_folder = after.keys().any(|other| other.starts_with(&format!("{path}/")));
        let kind = match (before.get(path), after.get(path)) {
            (Some(_), None) if is_folder => "changed",
            (Some(_), None) => "missing",
            (None, Some(_)) if before.keys().any(|other| other.starts_with(&format!("{path}/"))) => "changed",
            (None, Some(_)) => "added",
            (old, new) if old != new => "changed",
            _ => continue,
        };
        expected.insert((kind.to_owned(), shown(path)));
    }
    assert_eq!(listed, expected, "{outcome:?}");
    let same = unpack(&archive, &env.path("one")) == unpack(&packed, &env.path("other"));
    assert_eq!(object["grade"] == "same-files", same, "{outcome:?}");
    let accepted = authenticate().arg("--accept=same-files").run();
    assert_eq!(accepted.code == Some(0), same, "{accepted:?}");
}

#[test]
fn the_listed_differences_are_exactly_the_edits() {
    let count = std::env::var("RANDOM_EDITS").ok().and_then(|count| count.parse().ok());
    let config = Config {
        cases: count.unwrap_or(80),
        rng_seed: if count.is_some() { RngSeed::Random } else { RngSeed::Fixed(1) },
        max_shrink_iters: 300,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    };
    let files = prop::collection::vec((path(), thing()), 1..10).prop_map(|files| {
        let mut tree = Tree::from([("README".to_owned(), Thing::File { content: b"r\n".to_vec(), executable: false })]);
        files.iter().for_each(|(path, thing)| apply(&mut tree, &Edit::Add(path.clone(), thing.clone())));
        tree
    });
    let edits = prop_oneof![1 => Just(Vec::new()), 5 => prop::collection::vec(edit(), 1..5)];
    TestRunner::new(config)
        .run(
            &(files, edits, prop::sample::select(PACKERS.to_vec()), any::<bool>()),
            |(before, edits, packer, sha256)| {
                check(&before, &edits, packer, sha256);
                Ok(())
            },
        )
        .unwrap_or_else(|failure| panic!("{failure}"));
}
