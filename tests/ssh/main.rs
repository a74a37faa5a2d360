//! The verdicts of the installed ssh-keygen and git, and ours: the same, except for the differences that are listed here.
//!
//! They fail where ssh-keygen or git is missing.

mod certificates;
mod git;
mod lab;
mod lines;
mod signatures;
mod wire;
