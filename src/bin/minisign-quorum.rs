//! Parse, call, report, exit.
#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use auth_tarball_from_git::cli::quorum::{Invocation, run};

/// Usage errors, as clap has it.
const USAGE: u8 = 2;
/// Whatever happened, nothing was proven.
const NOT_CHECKED: u8 = 3;

fn main() -> ExitCode {
    // A panic is a mistake of ours (or of a library's): say so without the foreign text that may be in its message.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        eprintln!("internal error at {place}; please report it");
    }));
    match catch_unwind(AssertUnwindSafe(start)) {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(error)) => {
            eprintln!("could not check: {error:#}");
            ExitCode::from(NOT_CHECKED)
        }
        Err(_) => ExitCode::from(NOT_CHECKED),
    }
}

fn start() -> anyhow::Result<u8> {
    match Invocation::parse(std::env::args_os()) {
        Ok(invocation) => Ok(run(&invocation, &mut std::io::stdout().lock(), &mut std::io::stderr().lock())?),
        Err(error) => {
            error.print()?;
            Ok(if error.use_stderr() { USAGE } else { 0 })
        }
    }
}
