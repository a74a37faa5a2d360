//! Write the man page and the completions anew: `cargo run --release --example generate-docs`

use std::path::Path;

fn main() -> anyhow::Result<()> {
    for (path, text) in auth_tarball_from_git::cli::documents()? {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, text)?;
    }
    Ok(())
}
