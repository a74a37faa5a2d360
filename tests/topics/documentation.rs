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
fn the_man_page_names_every_option_and_exit_code() {
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("man/auth-tarball-from-git.1")).unwrap();
    for argument in cli::command().get_arguments() {
        if let Some(long) = argument.get_long() {
            let escaped = long.replace('-', "\\-");
            assert!(page.contains(&format!("\\-\\-{escaped}")), "--{long}");
        }
    }
    for section in ["EXIT STATUS", "EXAMPLES", "ENVIRONMENT", "FILES", "SEE ALSO"] {
        assert!(page.contains(section), "{section}");
    }
}
