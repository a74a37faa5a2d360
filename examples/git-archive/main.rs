//! Print the tar that `git archive` writes for a commit, from this project's own understanding of it.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Parser;

mod forge;

/// Print the tar that git archive writes for a commit
#[derive(Parser)]
struct Args {
    /// Permission bits to take away, in octal [default: 0002, or tar.umask of CONFIG]
    #[arg(long, value_parser = |text: &str| u32::from_str_radix(text, 8))]
    umask: Option<u32>,
    /// A file of attributes that overrule the tree's, in place of the repository's info/attributes
    #[arg(long)]
    info_attributes: Option<PathBuf>,
    /// A tar to take text from that only the forge knew [default: $RECORDED_TAR]
    #[arg(long)]
    fill: Option<PathBuf>,
    /// A local repository
    repo: PathBuf,
    /// A full commit id, or the ref of a commit or tag
    rev: String,
    /// What is glued to every path
    prefix: String,
    /// NAME=VALUE, as git's configuration has it; several with " ; " between them
    #[arg(default_value = "")]
    config: String,
    /// Arguments of git archive; only "-- ; ." is known
    #[arg(default_value = "")]
    args: String,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let mut run = forge::Run::new(&args.repo, &args.rev, &args.prefix, &args.config, &args.args)?;
    run.umask = args.umask.unwrap_or(run.umask);
    run.fill = args.fill.or_else(|| std::env::var_os("RECORDED_TAR").map(PathBuf::from));
    if let Some(file) = &args.info_attributes {
        run.server.info_attributes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    }
    std::io::stdout().write_all(&run.write()?)?;
    Ok(())
}
