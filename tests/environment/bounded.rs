//! The program with less memory and processor time than it could have.

use std::process::{Command, Stdio};

use super::Program;

/// Seconds of processor time that no input may take: the system ends what needs more.
///
/// Each case is bounded by work that is counted, and takes less than five seconds on a slow machine. Without a bound it takes
/// hours. The factor between is wide; and unlike time on the clock, this does not grow with what else the machine does.
const CPU_SECONDS: u64 = 120;

/// More memory than this many megabytes of addresses cannot be had.
pub fn limited(program: Program, megabytes: u64) -> Program {
    bounded(program, "--as", megabytes)
}

/// The same for memory that is written to.
pub fn limited_data(program: Program, megabytes: u64) -> Program {
    bounded(program, "--data", megabytes)
}

fn bounded(program: Program, memory: &str, megabytes: u64) -> Program {
    let mut command = Command::new("prlimit");
    command.arg(format!("{memory}={}", megabytes << 20)).arg(format!("--cpu={CPU_SECONDS}")).arg("--");
    command.arg(program.command.get_program()).args(program.command.get_args()).stdin(Stdio::null());
    command.current_dir(program.command.get_current_dir().expect("a folder"));
    for (name, value) in program.command.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Program { command }
}
