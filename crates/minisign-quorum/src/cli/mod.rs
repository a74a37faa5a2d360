//! The program: arguments, reports, exit codes.

mod args;
mod failure;
mod inspect;
mod keys;
mod report;
mod sets;
mod verify;
mod write;

pub use args::{EXAMPLE, EXIT_CODES, Invocation, command};
pub use failure::Failure;

use std::io::Write;

use args::Action;

/// Do what the arguments ask for, and return the exit code: 0 yes, 1 no, 3 could not check.
///
/// # Errors
/// Where the results cannot be printed.
pub fn run(invocation: &Invocation, out: &mut dyn Write, err: &mut dyn Write) -> std::io::Result<u8> {
    let mut streams = report::Streams { out, err };
    let result = match &invocation.action {
        Action::Plain(plain) => verify::plain(plain, &mut streams),
        Action::Verify(request) => verify::verify(request, &mut streams),
        Action::Sign(request) => write::sign(request, &mut streams),
        Action::Cosign(request) => write::cosign(request, &mut streams),
        Action::Merge(request) => write::merge(request, &mut streams),
        Action::Show(request) => inspect::show(request, &mut streams),
        Action::Lint(request) => inspect::lint(request, &mut streams),
        Action::Keygen(request) => keys::keygen(request, &mut streams),
    };
    let code = match result {
        Ok(code) => code,
        Err(failure) => report::failure(&failure, invocation, &mut streams)?,
    };
    streams.out.flush()?;
    Ok(code)
}
