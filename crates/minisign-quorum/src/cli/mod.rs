//! The program: arguments, reports, exit codes.

mod advice;
mod args;
mod failure;
mod inspect;
mod invocation;
mod json;
mod keygen;
mod keys;
mod merge;
mod report;
mod sets;
mod streams;
mod verify;
mod write;

pub use args::{EXAMPLE, EXIT_CODES};
pub use failure::Failure;
pub use invocation::{Invocation, command};

use std::io::Write;

use invocation::Action;

/// Do what the arguments ask for, and return the exit code: 0 yes, 1 no, 3 could not check.
///
/// # Errors
/// Where the results cannot be printed.
pub fn run(invocation: &Invocation, out: &mut dyn Write, err: &mut dyn Write) -> std::io::Result<u8> {
    let mut streams = streams::Streams::new(out, err);
    let result = match &invocation.action {
        Action::Plain(plain) => verify::plain(plain, &mut streams),
        Action::Verify(request) => verify::verify(request, &mut streams),
        Action::Sign(request) => write::sign(request, &mut streams),
        Action::Cosign(request) => write::cosign(request, &mut streams),
        Action::Merge(request) => merge::merge(request, &mut streams),
        Action::Prune(request) => merge::prune(request, &mut streams),
        Action::Show(request) => inspect::show(request, &mut streams),
        Action::Lint(request) => inspect::lint(request, &mut streams),
        Action::Keygen(request) => keygen::keygen(request, &mut streams),
    };
    let code = match result {
        Ok(code) => code,
        Err(failure) => streams.failure(&failure, invocation.is_check(), invocation.is_json())?,
    };
    streams.out.flush()?;
    Ok(code)
}
