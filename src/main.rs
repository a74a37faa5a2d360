//! Parse, call, report, exit.
#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::rc::Rc;

use auth_tarball_from_git::authenticate::authenticate;
use auth_tarball_from_git::cli::{Bars, Invocation, exit_code, report};

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
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(error)) => {
            eprintln!("could not check: {error:#}");
            ExitCode::from(NOT_CHECKED)
        }
        Err(_) => ExitCode::from(NOT_CHECKED),
    }
}

fn run() -> anyhow::Result<u8> {
    let invocation = match Invocation::parse(std::env::args_os()) {
        Ok(invocation) => invocation,
        Err(error) => {
            // Whoever closes the pipe has read enough of the help.
            let _ = error.print();
            return Ok(if error.use_stderr() { USAGE } else { 0 });
        }
    };
    let bars = Rc::new(Bars::new(invocation.output));
    let shown = bars.clone();
    let result = authenticate(&invocation.request, Rc::new(move |progress| shown.show(progress)));
    bars.finish();
    report(&result, invocation.output, &mut std::io::stdout().lock(), &mut std::io::stderr().lock())?;
    Ok(exit_code(&result))
}
