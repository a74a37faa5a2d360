//! Parse, call, report, exit.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use auth_tarball_from_git::cli;
use auth_tarball_from_git::cli::quorum::{Invocation, run};

fn main() -> ExitCode {
    cli::run(start)
}

fn start() -> anyhow::Result<u8> {
    match Invocation::parse(std::env::args_os()) {
        Ok(invocation) => Ok(run(&invocation, &mut std::io::stdout().lock(), &mut std::io::stderr().lock())?),
        Err(error) => Ok(cli::explain_usage(&error)),
    }
}
