//! The man page and the completions are what the program says of itself.

use std::path::Path;

use auth_tarball_from_git::cli;

/// `cargo run --example generate-docs` writes them anew.
#[test]
fn man_page_and_completions_are_in_step() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (path, text) in cli::documents().expect("documents") {
        let found = std::fs::read_to_string(root.join(&path)).unwrap_or_default();
        assert!(found == text, "{path} is not in step: run `cargo run --release --example generate-docs`");
    }
}

#[test]
fn the_man_pages_name_every_option_and_exit_code() {
    for (name, command) in [("auth-tarball-from-git", cli::command()), ("minisign-quorum", cli::quorum::command())] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("man/{name}.1"));
        let page = std::fs::read_to_string(path).unwrap();
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
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("man/minisign-quorum.1")).unwrap();
    for words in ["They prove nothing", "who can sign with any timestamp", "checks one signature", "publisher NAME KEY"]
    {
        assert!(page.contains(words), "{words}");
    }
    for command in ["VERIFY", "SIGN", "COSIGN", "MERGE", "SHOW", "LINT", "KEYGEN"] {
        assert!(page.contains(&format!("MINISIGN\\-QUORUM {command}")), "{command}");
    }
}
