//! Prove that a pinned source tarball is exactly what `git archive` writes for the commit that a trusted maintainer's
//! signed tag points to.
//!
//! [`authenticate`](authenticate::authenticate) is the whole of it; the modules are its steps, in the order in which data
//! flows through them:
//!
//! ```text
//! URL + tag --> objects --> who signed --> what git archive would write --> lock step with the tarball --> verdict
//!               git         signature      archive                          tarball                        verdict
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod archive;
pub mod authenticate;
mod c_text;
#[cfg(feature = "cli")]
pub mod cli;
mod comparison;
mod facts;
pub mod git;
pub mod limits;
mod other_commit;
pub mod pinned;
mod request;
pub mod signature;
pub mod submodules;
pub mod tarball;
pub mod verdict;
