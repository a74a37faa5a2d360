//! Arguments, terminals, progress bars, exit codes, JSON: everything that people and scripts see.

mod args;
mod grade;
mod progress;
mod report;
mod values;

pub use args::{Args, EXAMPLE, EXIT_CODES, Invocation, Output, command};
pub use progress::Bars;
pub use report::{exit_code, report};
