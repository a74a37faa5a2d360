//! Arguments, terminals, progress bars, exit codes, JSON: everything that people and scripts see.

mod args;
mod documents;
mod program;
mod progress;
pub mod quorum;
mod report;

pub use args::{Args, Invocation, Output, command};
pub use documents::documents;
pub use program::{explain_usage, run};
pub use progress::Bars;
pub use report::{exit_code, report};
