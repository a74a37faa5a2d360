//! Write the man pages and shell completions anew: `cargo run --release -p documents`

mod authenticator;
mod limits;
mod quorum;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use clap_complete::Shell;

fn main() -> anyhow::Result<()> {
    for (path, text) in documents()? {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, text)?;
    }
    Ok(())
}

/// Each document, and where it belongs.
fn documents() -> std::io::Result<Vec<(PathBuf, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let quorum = root.join("crates/minisign-quorum");
    let programs = [
        (root, authenticator::NAME, authenticator::man_page()?, auth_tarball_from_git::cli::command()),
        (quorum, quorum::NAME, quorum::man_page()?, minisign_quorum::cli::command()),
    ];
    let mut documents = Vec::new();
    for (house, name, page, mut command) in programs {
        documents.push((house.join(format!("man/{name}.1")), page));
        for (shell, file) in [
            (Shell::Bash, format!("{name}.bash")),
            (Shell::Zsh, format!("_{name}")),
            (Shell::Fish, format!("{name}.fish")),
        ] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command, name, &mut script);
            documents.push((house.join("completions").join(file), String::from_utf8_lossy(&script).into_owned()));
        }
    }
    Ok(documents)
}

/// Text as roff wants it.
fn escape(line: &str) -> String {
    line.replace('\\', "\\\\").replace('-', "\\-")
}
