//! The frame of a program: panics, errors that nobody expected, usage errors, streams that are closed.

use std::fmt::Display;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

/// Usage errors, as clap has it.
pub const USAGE: u8 = 2;
/// Whatever happened, nothing was proven.
pub const NOT_CHECKED: u8 = 3;

/// Do the work of a program; its result is the exit code.
pub fn run<E: Display>(work: impl FnOnce() -> Result<u8, E>) -> ExitCode {
    // A panic is a mistake of ours (or of a library's): say so without the foreign text that may be in its message.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        say(format_args!("internal error at {place}; please report it"));
    }));
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(error)) => {
            say(format_args!("could not check: {error:#}"));
            ExitCode::from(NOT_CHECKED)
        }
        Err(_) => ExitCode::from(NOT_CHECKED),
    }
}

/// The exit code after clap's message about the arguments, which may be the help that was asked for.
///
/// `printed` is whether it could be printed: a reader who closes the pipe has read enough of the help.
pub fn usage(printed: std::io::Result<()>, is_error: bool) -> u8 {
    drop(printed);
    if is_error { USAGE } else { 0 }
}

/// A line on standard error, if anybody still reads it: `eprintln!` panics where that stream is closed or full.
pub fn say(text: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A stream that may be closed or full: what cannot be written is dropped, and the work goes on. A report that nobody reads
/// does not change a verdict.
pub struct Lossy<W>(pub W);

impl<W: std::io::Write> std::io::Write for Lossy<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}
