//! The program, run as its users run it. One module a topic.

mod environment;
#[path = "../examples/git-archive/forge.rs"]
mod forge;
mod topics;
