//! Random `$Format:...$` texts in commits of all kinds, expanded as the installed git expands them.
//!
//! `RANDOM_REPOSITORIES=5000 cargo test --release placeholders` tries more than the usual number of commits.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::Read as _;

use auth_tarball_from_git::archive::{AcceptedTexts, Archive, Content, Error, Piece, fit};
use foreign::Foreign;
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestRunner};

use crate::environment::{Environment, Repository, git, raw_id};
use crate::forge::Run;

const ITEMS: &[&str] = &[
    "%H",
    "%T",
    "%P",
    "%m",
    "%n",
    "%x41",
    "%xzz",
    "%an",
    "%ae",
    "%al",
    "%at",
    "%ad",
    "%aD",
    "%ai",
    "%as",
    "%cn",
    "%cI",
    "%s",
    "%s",
    "%f",
    "%b",
    "%B",
    "%e",
    "%gD",
    "%N",
    "%q",
    "%%",
    "%G?",
    "%GT",
    "%Gx",
    "%aZ",
    "%h",
    "%p",
    "%d",
    "%D",
    "%aN",
    "%cE",
    "%(decorate)",
    "%(describe)",
    "%(foo)",
    "%",
    "%(decorate:prefix=,tag)",
    "%C(always,red)",
    "%Cred",
    "%C(always,bold #102030)",
    "%C(auto)",
    "%C(red",
    "%(trailers)",
    "%(trailers:only)",
    "%(trailers:unfold)",
    "%(trailers:key=signed-off-by)",
    "%(trailers:key=Acked-by:,valueonly,separator=%x2c )",
    "%(trailers:keyonly)",
    "%(trailers:only=no,separator=|,unfold=1)",
    "%(trailers:key_value_separator=%x3d,separator=%n)",
    "%(trailers:key)",
    "%(trailers:key=x,only=0)",
    "%(trailers:,only)",
    "%(trailers:separator)",
    "%(trailers:only,)",
    "%(trailers:only=maybe)",
    "%<(12)",
    "%>(12)",
    "%><(11)",
    "%>>(6)",
    "%<|(20)",
    "%>|(30)",
    "%<(6,trunc)",
    "%>(7,ltrunc)",
    "%><(8,mtrunc)",
    "%<(1,trunc)",
    "%<(3,mtrunc)",
    "%<(2,ltrunc)",
    "%<(0)",
    "%<(-5)",
    "%<|(-60)",
    "%<( 9 x)",
    "%<(5,bad)",
    "%<(12,",
    "%>",
    "%>>(30,trunc)",
    "%>>|(40)",
    "%w(20,2,4)",
    "%w(12)",
    "%w()",
    "%w(0,3,1)",
    "%w(,2)",
    "%w(1,2,3,4)",
    "%w(30,,5)",
    "%w(x)",
];
const TEXTS: &[&str] =
    &["x", " ", "  ", "\n", "\n\n", "\u{e9}", "\u{4f60}", "word ", "\t", "\u{1b}[31m", "0", ",", ")", "e\u{301}"];
const SIGNS: &[&str] = &["", "", "", "", "+", "-", " "];
const OUTSIDE: &[&str] =
    &["", "a", "\n", "\n\n", "caf\u{e9} ", "    ", "\u{1b}[m ", "\u{4f60}\u{597d}", "line\nline ", "\u{2603}"];
const ENCODINGS: &[&str] = &[
    "",
    "",
    "",
    "",
    "UTF-8",
    "ISO-8859-1",
    "latin-1",
    "KOI8-R",
    "windows-1252",
    "UTF-16",
    "UTF-16LE",
    "Shift_JIS",
    "GB18030",
    "CP1255",
    "nosuch",
    "us-ascii",
];
const PARAGRAPHS: &[&str] = &[
    "Subject line",
    "Subject with quite some words in it, more than fit\nand a second line",
    "\u{4f60}\u{597d}\u{4e16}\u{754c} abc \u{e9}\u{ea}",
    "Body paragraph that is long enough to be wrapped more than once.\n\n  indented line\n- item one\n- item two",
    "tab\there and\ttabs\t\tmore  blanks   and\na\r\ncarriage return \u{7}bell \u{1b}[1mbold\u{1b}[m text",
    "Signed-off-by: A <a@x>\nAcked-by: B\n  continued <b@x>\nsigned-off-by : C",
    "Key: value\nother line\nSigned-off-by: A <a@x>",
    "Key: value\nanother line\nnot a trailer\n",
    "(cherry picked from commit 123)\n# comment\nFoo-Bar: baz",
    "Conflicts:\n\tfile\n",
    "# only comments",
    "averyveryveryverylongwordthatdoesnotfitanywhere short averyveryveryverylongwordagain",
    "x--y..z. ",
    "bad \u{fffd} byte",
    "",
];

/// A commit to be, and the formats of its files.
#[derive(Clone, Debug)]
struct Plan {
    files: Vec<String>,
    person: &'static str,
    encoding: &'static str,
    message: String,
    spoilt: bool,
}

fn choice(from: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(from)
}

fn format() -> impl Strategy<Value = String> {
    let item = (choice(SIGNS), choice(ITEMS)).prop_map(|(sign, item)| item.replacen('%', &format!("%{sign}"), 1));
    let piece = prop_oneof![4 => item, 2 => choice(TEXTS).prop_map(str::to_owned)];
    prop::collection::vec(piece, 1..6).prop_map(|pieces| format!("$Format:{}$", pieces.concat()))
}

fn plan() -> impl Strategy<Value = Plan> {
    let part = (choice(OUTSIDE), format(), choice(OUTSIDE)).prop_map(|(a, b, c)| format!("{a}{b}{c}"));
    let file = prop::collection::vec(part, 1..3).prop_map(|parts| parts.concat());
    let people = [
        "A U Thor <a@example.org> 1112911993 -0700",
        "\u{c9}tienne <e@y> 1700000000 +0000",
        "X <x> 1 +0530",
        "\u{4f60}\u{597d} <@n@m> 951782400 -0001",
        "nobody",
        "A <a> x",
    ];
    let message = prop::collection::vec(choice(PARAGRAPHS), 0..4).prop_map(|parts| parts.join("\n\n"));
    let end = choice(&["", "\n", "\n\n\n"]);
    (
        prop::collection::vec(file, 12),
        prop::sample::select(people.to_vec()),
        choice(ENCODINGS),
        (message, end).prop_map(|(message, end)| format!("{message}{end}")),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(files, person, encoding, message, spoilt)| Plan { files, person, encoding, message, spoilt })
}

/// The plan as a commit; returns its id.
fn commit(repo: &Repository, plan: &Plan) -> String {
    let mut tree = Vec::new();
    let attributes = repo.object("blob", b"f* export-subst\n");
    tree.extend([b"100644 .gitattributes\0".to_vec(), raw_id(&attributes)].concat());
    for (index, file) in plan.files.iter().enumerate() {
        let blob = repo.object("blob", file.as_bytes());
        tree.extend([format!("100644 f{index:02}\0").into_bytes(), raw_id(&blob)].concat());
    }
    let tree = repo.object("tree", &tree);
    let encoding = if plan.encoding.is_empty() { String::new() } else { format!("encoding {}\n", plan.encoding) };
    let header = format!("tree {tree}\nauthor {}\ncommitter C <c> 1700000000 +0000\n{encoding}\n", plan.person);
    let text = [header.as_bytes(), plan.message.as_bytes()].concat();
    // Bytes as another encoding has them.
    let text = if plan.spoilt { text.iter().copied().filter(|byte| *byte != 0xc3).collect() } else { text };
    repo.object("commit", &text)
}

/// What git makes of each file.
fn expanded(tar: &[u8]) -> HashMap<Vec<u8>, Vec<u8>> {
    let mut archive = tar::Archive::new(tar);
    let entries = archive.entries().expect("a tar");
    let read = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.ok()?;
        let mut content = Vec::new();
        entry.read_to_end(&mut content).ok()?;
        Some((entry.path_bytes().into_owned(), content))
    };
    // Where git fails, the last one is cut short.
    entries.map_while(read).collect()
}

/// Whether the pieces fit, if people accept what git wrote and programs could read something into.
fn fits_if_accepted(pieces: &[Piece], content: &[u8], path: &Foreign) -> bool {
    let mut accepted = AcceptedTexts::default();
    loop {
        match fit(pieces, content, path, &accepted, &mut 0) {
            Err(Error::TextNotAccepted { text, line, .. })
                if !accepted.has_at(path.as_bytes(), line, text.as_bytes()) =>
            {
                accepted.accept(path.as_bytes(), [format!("{line}:").as_bytes(), text.as_bytes()].concat());
            }
            outcome => return outcome.expect("few ways").is_some(),
        }
    }
}

/// Returns how many files were compared, and how many could not be decided.
fn check(repo: &Repository, plan: &Plan) -> (u32, u32) {
    let id = commit(repo, plan);
    // What describes it.
    repo.set_tag("v1", repo.tag_text("v1", &id).as_bytes());
    let made = git().arg("-C").arg(&repo.path).args(["archive", "--format=tar", &id]).output().expect("git runs");
    let expected = expanded(&made.stdout);
    let (mut files, mut undecided) = (0, 0);
    let compare = |archive: &Archive<'_>| {
        let mut contents = archive.contents();
        if !made.status.success() {
            let fails = archive.entries().iter().any(|entry| contents.of(entry).is_err());
            assert!(fails, "git fails: {:?}", plan.files);
            return Ok(());
        }
        for entry in archive.entries().iter().filter(|entry| entry.path.starts_with(b"f")) {
            files += 1;
            let path = Foreign::from(&entry.path);
            let right = &expected[entry.path.as_slice()];
            let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let file = &plan.files[entry.path[1..].iter().fold(0, |n, digit| n * 10 + usize::from(digit - b'0'))];
            match contents.of(entry) {
                Ok(Content::Bytes(bytes)) => assert_eq!(shown(&bytes), shown(right), "{file:?}"),
                Ok(Content::Pieces(pieces)) => {
                    let fits = fits_if_accepted(&pieces, right, &path);
                    assert!(fits, "{file:?} does not fit {:?}: {pieces:?}", shown(right));
                }
                Ok(Content::Blob { .. } | Content::Converted(_) | Content::Lfs(_)) => {
                    panic!("{file:?} is not expanded")
                }
                // Whether the rest is described is open then.
                Err(Error::Undecided { .. }) => {
                    undecided += 1;
                    break;
                }
                Err(error) => panic!("{file:?}: {error}"),
            }
        }
        Ok(())
    };
    Run::new(&repo.path, &id, "", "", "").and_then(|run| run.plan(compare)).expect("a plan");
    (files, undecided)
}

#[test]
fn random_placeholders_are_expanded_as_git_does() {
    let count = std::env::var("RANDOM_REPOSITORIES").ok().and_then(|count| count.parse().ok());
    let config = Config {
        cases: count.unwrap_or(150),
        // As in `random`: the usual run is the same everywhere.
        rng_seed: if count.is_some() { RngSeed::Random } else { RngSeed::Fixed(1) },
        max_shrink_iters: 500,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    };
    let env = Environment::new();
    let repo = env.repository("x.git");
    let (files, undecided) = (Cell::new(0), Cell::new(0));
    TestRunner::new(config)
        .run(&plan(), |plan| {
            let (more, open) = check(&repo, &plan);
            files.set(files.get() + more);
            undecided.set(undecided.get() + open);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    assert!(undecided.get() * 8 < files.get(), "{} of {} files were not decided", undecided.get(), files.get());
}
