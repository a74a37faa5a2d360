//! The worked example of the README, run as it stands there.

use std::path::Path;
use std::process::Command;

use crate::lab::{Lab, outcome};

/// The shell blocks of the chapter, one after the other in one folder.
#[test]
fn the_readme_example() {
    let lab = Lab::new();
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("a README");
    let chapter = readme.split("\n## ").find(|chapter| chapter.starts_with("minisign-quorum")).expect("a chapter");
    let script: Vec<&str> = chapter.split("```sh\n").skip(1).filter_map(|block| block.split("```").next()).collect();
    assert!(script.len() >= 4, "publisher, two builders, a user");
    let program = Path::new(env!("CARGO_BIN_EXE_minisign-quorum")).parent().expect("a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").expect("PATH"));
    let mut command: Command = lab.command("bash");
    command.args(["-euxo", "pipefail", "-c", &script.join("\n")]).env("PATH", path);
    let done = outcome(command, "");
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.trim_end().ends_with("OK"), "{done:?}");
}
