//! Parse, call, report, exit.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use foreign::program;
use minisign_quorum::cli::{Invocation, run};

fn main() -> ExitCode {
    program::run(start)
}

fn start() -> std::io::Result<u8> {
    match Invocation::parse(std::env::args_os()) {
        Ok(invocation) => run(&invocation, &mut std::io::stdout().lock(), &mut std::io::stderr().lock()),
        Err(error) => Ok(program::usage(error.print(), error.use_stderr())),
    }
}
