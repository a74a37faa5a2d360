//! Parse, call, report, exit.
#![forbid(unsafe_code)]
#![allow(clippy::result_large_err, reason = "a refusal is made once, and it says much")]

use std::process::ExitCode;

use auth_tarball_from_git::authenticate::authenticate;
use auth_tarball_from_git::cli::{Bars, Invocation, exit_code, report};
use auth_tarball_from_git::signature::Trust;
use auth_tarball_from_git::verdict::Refusal;
use foreign::program::{self, Lossy};

fn main() -> ExitCode {
    program::run(start)
}

fn start() -> anyhow::Result<u8> {
    let Invocation { trusted, request, output } = match Invocation::parse(std::env::args_os()) {
        Ok(invocation) => invocation,
        Err(error) => return Ok(program::usage(error.print(), error.use_stderr())),
    };
    let bars = Bars::new(output);
    let result = Trust::read(&trusted).map_err(Refusal::before_all).and_then(|trust| {
        trust.warnings().iter().for_each(|warning| bars.warn(warning));
        authenticate(&request, &trust, &|progress| bars.show(progress))
    });
    bars.finish();
    // The exit code is the verdict, whether anybody reads the report or not.
    report(&result, output, &mut Lossy(std::io::stdout().lock()), &mut Lossy(std::io::stderr().lock()))?;
    Ok(exit_code(&result))
}
