//! What both programs do around their work: panics, errors that nobody expected, usage errors.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

/// Usage errors, as clap has it.
const USAGE: u8 = 2;
/// Whatever happened, nothing was proven.
const NOT_CHECKED: u8 = 3;

/// Do the work of a program; its result is the exit code.
pub fn run<E: Display>(work: impl FnOnce() -> Result<u8, E>) -> ExitCode {
    // A panic is a mistake of ours (or of a library's): say so without the foreign text that may be in its message.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        eprintln!("internal error at {place}; please report it");
    }));
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(error)) => {
            eprintln!("could not check: {error:#}");
            ExitCode::from(NOT_CHECKED)
        }
        Err(_) => ExitCode::from(NOT_CHECKED),
    }
}

/// Print what clap says of the arguments, which may be the help that was asked for; returns the exit code.
pub fn explain_usage(error: &clap::Error) -> u8 {
    // Whoever closes the pipe has read enough of the help.
    let _ = error.print();
    if error.use_stderr() { USAGE } else { 0 }
}
