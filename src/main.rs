//! Parse, call, report, exit.
#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::rc::Rc;

use auth_tarball_from_git::authenticate::authenticate;
use auth_tarball_from_git::cli::{Bars, Invocation, exit_code, report};
use foreign::program;

fn main() -> ExitCode {
    program::run(start)
}

fn start() -> anyhow::Result<u8> {
    let invocation = match Invocation::parse(std::env::args_os()) {
        Ok(invocation) => invocation,
        Err(error) => return Ok(program::usage(error.print(), error.use_stderr())),
    };
    let bars = Rc::new(Bars::new(invocation.output));
    let shown = bars.clone();
    let result = authenticate(&invocation.request, Rc::new(move |progress| shown.show(progress)));
    bars.finish();
    report(&result, invocation.output, &mut std::io::stdout().lock(), &mut std::io::stderr().lock())?;
    Ok(exit_code(&result))
}
