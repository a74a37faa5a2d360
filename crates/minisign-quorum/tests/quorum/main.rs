//! `minisign-quorum` as its users run it, beside C minisign, rsign2 and minisign-verify; and the laws that it must keep.
//!
//! They fail where minisign or rsign is missing: tests/run installs both.

mod commands;
mod counting;
mod crashes;
mod files;
mod interoperation;
mod keys;
mod lab;
mod laws;
mod others;
mod policies;
mod room;
mod spoilers;
mod steps;
mod walkthrough;
