//! Random repositories, archived by git: the library must write the same tar, and the program accept that one and no other.
//!
//! `RANDOM_REPOSITORIES=5000 cargo test --release random` tries more than the usual number of them.

use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestRunner};

use crate::environment::{Environment, Key, Repository, git, raw_id, with_input};
use crate::forge::Run;

/// An entry to be: path, mode, content.
#[derive(Clone, Debug)]
struct Planned {
    path: Vec<u8>,
    mode: &'static str,
    content: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Plan {
    files: Vec<Planned>,
    attributes: Vec<(Vec<u8>, Vec<u8>)>,
    message: String,
    person: String,
    prefix: String,
    sha256: bool,
    server: &'static str,
    info: Vec<u8>,
}

fn component() -> impl Strategy<Value = Vec<u8>> {
    let odd = prop::sample::select(vec![
        "a", "b", "c.txt", "d.c", "e f", "\u{e9}", "\\x", "[a]", "*", "?", "!n", "#c", "-o", "\"q", "\u{1}", "\n",
        "a.", "...", "x:",
    ]);
    prop_oneof![
        6 => odd.prop_map(|name| name.as_bytes().to_vec()),
        1 => (60..130usize).prop_map(|length| b"l".repeat(length)),
        1 => Just(b"\xff\xfe".to_vec()),
    ]
}

fn path() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(component(), 1..5).prop_map(|parts| parts.join(&b'/'))
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "x",
        "\n",
        "\r\n",
        "\r",
        "$Id$",
        "$Id: old $",
        "$Id: a b $",
        "$Id",
        "$",
        "\u{e4}\u{20ac}",
        "\0",
        "\u{1a}",
        "\t",
        "word ",
        "$Format:",
        "$Format:%H$",
        "$Format:%an %ae%n$",
        "$Format:%ci|%cI|%cD$",
        "$Format:%s$",
        "$Format:%-b$",
        "$Format:%+f$",
        "$Format:% e%B$",
        "$Format:%h$",
        "$Format:%d$",
        "$Format:%x41%%%q%m$",
        "$Format:%-p$",
        "$Format:%T %P$",
        "$Format:%aN$",
    ]);
    prop::collection::vec(words, 0..12).prop_map(|words| words.concat().into_bytes())
}

fn attribute_line() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "*",
        "**",
        "a",
        "b",
        "/",
        ".c",
        "[ab]",
        "[!a]",
        "?",
        "d.c",
        "\\x",
        "e",
        "c.txt",
        "[[:alpha:]]",
        "l*",
    ]);
    let pattern = prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat());
    let state = prop::sample::select(vec![
        "export-ignore",
        "-export-ignore",
        "!export-ignore",
        "export-subst",
        "-export-subst",
        "ident",
        "-ident",
        "text",
        "-text",
        "text=auto",
        "eol=crlf",
        "eol=lf",
        "binary",
        "crlf",
        "-crlf",
        "text eol=crlf",
        "text=auto eol=crlf",
        "gone",
        "-gone",
        "bad@name",
        "working-tree-encoding=UTF-16",
        "working-tree-encoding=UTF-16LE-BOM",
        "working-tree-encoding=ISO-8859-1",
        "working-tree-encoding=Shift_JIS",
        "working-tree-encoding=windows-1252",
        "-working-tree-encoding",
        "filter=lfs",
        "ident export-subst",
    ]);
    let states = prop::collection::vec(state, 1..3).prop_map(|states| states.join(" "));
    prop_oneof![
        8 => (pattern, states).prop_map(|(pattern, states)| format!("{pattern} {states}")),
        1 => Just("[attr]gone export-ignore".to_owned()),
        1 => Just("\"e f\" export-ignore".to_owned()),
        1 => Just("# comment".to_owned()),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let kinds = prop::sample::select(vec!["100644", "100644", "100644", "100755", "120000", "160000"]);
    let file = (path(), kinds, content()).prop_map(|(path, mode, content)| Planned { path, mode, content });
    let folder = prop_oneof![3 => Just(Vec::new()), 1 => path()];
    let lines = prop::collection::vec(attribute_line(), 1..6).prop_map(|lines| lines.join("\n").into_bytes()).boxed();
    let messages =
        prop::sample::select(vec!["m\n", "Subject: two words\n\nBody\n", "\n\n  s\nt\n\nb\n\n", "", "x.y--z..\n"]);
    let people = prop::sample::select(vec![
        "A U Thor <a@example.org> 1112911993 -0700",
        "\u{c9} <e> 1700000000 +0000",
        "X <x> 1 +0530",
    ]);
    let prefixes = prop::sample::select(vec!["x-1/", "a/b/", "", "p/"]);
    let servers = prop::sample::select(vec![
        "",
        "core.autocrlf=true",
        "core.autocrlf=input ; core.eol=crlf",
        "core.eol=crlf",
        "core.ignoreCase=true",
        "core.bigFileThreshold=20",
        "tar.umask=022",
    ]);
    let info = prop_oneof![3 => Just(Vec::new()), 1 => lines.clone()];
    (
        prop::collection::vec(file, 0..12),
        prop::collection::vec((folder, lines), 0..3),
        messages,
        people,
        prefixes,
        any::<bool>(),
        (servers, info),
    )
        .prop_map(|(files, attributes, message, person, prefix, sha256, (server, info))| Plan {
            files,
            attributes,
            message: message.into(),
            person: person.into(),
            prefix: prefix.into(),
            sha256,
            server,
            info,
        })
}

fn quoted(path: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for byte in path {
        out.extend(format!("\\{byte:03o}").into_bytes());
    }
    out.push(b'"');
    out
}

/// git's stream of commands for the plan's files.
fn commands(plan: &Plan) -> Vec<u8> {
    let mut out = b"commit refs/heads/main\ncommitter C <c> 1700000000 +0000\ndata 0\ndeleteall\n".to_vec();
    let attributes = plan.attributes.iter().map(|(folder, text)| {
        let path =
            if folder.is_empty() { b".gitattributes".to_vec() } else { [folder, &b"/.gitattributes"[..]].concat() };
        Planned { path, mode: "100644", content: text.clone() }
    });
    for file in plan.files.iter().cloned().chain(attributes) {
        let id = "1".repeat(if plan.sha256 { 64 } else { 40 });
        let data = if file.mode == "160000" { id.as_str() } else { "inline" };
        out.extend([b"M ", file.mode.as_bytes(), b" ", data.as_bytes(), b" ", &quoted(&file.path), b"\n"].concat());
        if file.mode != "160000" {
            out.extend(format!("data {}\n", file.content.len()).into_bytes());
            out.extend([&file.content[..], b"\n"].concat());
        }
    }
    out
}

/// What the server writes, with its own configuration and attributes, is what the library writes.
fn check_written(env: &Environment, repo: &Repository, commit: &str, plan: &Plan) {
    if !plan.info.is_empty() {
        std::fs::create_dir_all(repo.path.join("info")).expect("a folder");
        std::fs::write(repo.path.join("info/attributes"), &plan.info).expect("attributes");
    }
    let mut command = git();
    command.arg("-C").arg(&repo.path);
    for pair in plan.server.split(" ; ").filter(|pair| !pair.is_empty()) {
        command.args(["-c", pair]);
    }
    command.args(["archive", "--format=tar", &format!("--prefix={}", plan.prefix), commit]);
    let tar = with_input(command, b"");
    let mut run = Run::new(&repo.path, commit, &plan.prefix, plan.server, "").expect("a run");
    run.fill = Some(env.file("fill.tar", &tar));
    assert!(run.write().expect("an archive") == tar, "written with other bytes");
}

/// Check one; `flip` says which byte is then changed.
fn check(plan: &Plan, flip: usize) {
    let env = Environment::new();
    let key = Key::new("Alice");
    let repo = env.repository_with("x.git", if plan.sha256 { &["--object-format=sha256"] } else { &[] });
    repo.git_with(&["-c", "core.quotePath=true", "fast-import", "--quiet", "--force"], &commands(plan));
    let tree = repo.git(&["rev-parse", "refs/heads/main^{tree}"]);
    let commit = format!("tree {tree}\nauthor {}\ncommitter C <c> 1700000000 +0000\n\n{}", plan.person, plan.message);
    let commit = repo.object("commit", commit.as_bytes());
    assert_eq!(raw_id(&commit).len() * 2, commit.len());
    repo.sign_tag("t", &commit, &key);
    let tar = repo.tar(&commit, &plan.prefix);
    let authenticate = |tar: &[u8]| {
        let tarball = env.file("x.tar", tar);
        env.authenticate(&key, "t", &repo.path, &tarball).arg(format!("--prefix={}", plan.prefix)).run()
    };
    let outcome = authenticate(&tar);
    // Right behind one hole another one that may take away what ends it: that is not decided, and said.
    if outcome.code == Some(3) && outcome.err.contains("takes line feeds away behind text that only the forge knew") {
        return;
    }
    // A text that means something where it stands is for people.
    let is_for_people = outcome.code == Some(3) && outcome.err.contains("git can write this");
    assert!(outcome.code == Some(0) || is_for_people, "{outcome:?}");
    check_written(&env, &repo, &commit, plan);
    // Holes aside, every byte counts.
    if !is_for_people && !outcome.err.contains("only its maker knew") {
        let mut changed = tar.clone();
        let at = flip % changed.len();
        changed[at] ^= 1 << (flip % 7);
        let outcome = authenticate(&changed);
        // The target of a link may be as long as it likes; beyond a limit, nobody knows.
        let is_unknown =
            outcome.code == Some(3) && outcome.err.contains("a limit was reached: the size of a pax header");
        assert!(outcome.code == Some(1) || is_unknown, "byte {at}: {outcome:?}");
    }
}

#[test]
fn random_repositories_are_archived_as_git_does() {
    let count = std::env::var("RANDOM_REPOSITORIES").ok().and_then(|count| count.parse().ok());
    let config = Config {
        cases: count.unwrap_or(250),
        // The usual run is the same everywhere; anyone who asks for a number gets others.
        rng_seed: if count.is_some() { RngSeed::Random } else { RngSeed::Fixed(1) },
        max_shrink_iters: 300,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    runner
        .run(&(plan(), any::<usize>()), |(plan, flip)| {
            check(&plan, flip);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}
