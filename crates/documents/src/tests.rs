//! The man page and the completions are what the program says of itself.

use std::path::Path;

use auth_tarball_from_git::cli;

use crate::{documents, limits};

#[test]
fn man_page_and_completions_are_in_step() {
    for (path, text) in documents().expect("documents") {
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{} is not in step: run `cargo run --release -p documents`", path.display());
    }
}

#[test]
fn the_man_pages_name_every_option_and_exit_code() {
    let quorum = "crates/minisign-quorum/man/minisign-quorum.1";
    for (name, path, command) in [
        ("auth-tarball-from-git", "man/auth-tarball-from-git.1", cli::command()),
        ("minisign-quorum", quorum, minisign_quorum::cli::command()),
    ] {
        let page = read(path);
        let subcommands = command.get_subcommands().flat_map(clap::Command::get_arguments);
        for long in command.get_arguments().chain(subcommands).filter_map(|argument| argument.get_long()) {
            let escaped = long.replace('-', "\\-");
            assert!(page.contains(&format!("\\-\\-{escaped}")), "{name} --{long}");
        }
        for section in ["EXIT STATUS", "EXAMPLES", "FILES", "SEE ALSO"] {
            assert!(page.contains(section), "{name}: {section}");
        }
    }
}

#[test]
fn the_man_page_tells_what_dates_cannot_prove() {
    let page = read("crates/minisign-quorum/man/minisign-quorum.1");
    for words in ["They prove nothing", "who can sign with any timestamp", "checks one signature", "publisher NAME KEY"]
    {
        assert!(page.contains(words), "{words}");
    }
    for command in ["VERIFY", "SIGN", "COSIGN", "MERGE", "SHOW", "LINT", "KEYGEN"] {
        assert!(page.contains(&format!("MINISIGN\\-QUORUM {command}")), "{command}");
    }
}

/// Constants that no input can run into: they say how something is done, or belong to another one.
const NOT_MET: [&str; 26] = [
    "RETRIES",
    "RETRY_AFTER",
    "SSH_MESSAGE_BYTES",
    "SSH_LAST_WORDS",
    "KEYRING_PROBLEMS",
    "LISTED_REFS",
    "NEAR_NAMES",
    "NEAR_NAME_BYTES",
    "WAITING_EVENTS",
    "LOOSE_HEADER_BYTES",
    "ATTRIBUTES_FILE_BYTES",
    "ATTRIBUTES_LINE_BYTES",
    "BIG_FILE_BYTES",
    "INVERTED_BYTES",
    "GUESSED_BYTES",
    "IDENT_BYTES",
    "MOVE_CANDIDATES",
    "DESCRIBED_DIGITS",
    "HASHED_AT_ONCE",
    "HASHING_THREADS",
    "NETRC_WARNINGS",
    "SSH_RSA_LARGEST_BITS",
    "SSH_RSA_SMALLEST_BITS",
    "XZ_PARALLEL_MEMORY",
    "XZ_THREADS",
    "DATE_BYTES",
];

/// Every limit has its line, or is one that no input can run into.
#[test]
fn the_man_page_tells_every_limit() {
    let source = read("src/limits.rs");
    let names = source.lines().filter_map(|line| line.strip_prefix("pub const ")?.split(':').next());
    let lines = limits::lines();
    let told: Vec<&str> = lines.iter().flat_map(|line| line.0).copied().chain(NOT_MET).collect();
    let names: Vec<&str> = names.collect();
    assert!(names.len() > 80, "{names:?}");
    for name in &names {
        assert_eq!(told.iter().filter(|told| *told == name).count(), 1, "{name}");
    }
    assert_eq!(told.len(), names.len(), "a limit that is told is not there");
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).expect(path)
}
