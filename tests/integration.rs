//! The program, run as its users run it. One module a topic.

mod environment;
mod topics;
