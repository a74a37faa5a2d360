//! What went wrong, in one sentence, and what to do.

use std::path::Path;

use foreign::{Foreign, ReadError};

use crate::{BlockError, PayloadError, PlainError, PolicyError, Refusal, SetTooLarge, SignError, StoreError};

/// Why the answer is not yes.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Failure {
    /// What kind of answer it is.
    pub kind: Kind,
    /// One sentence.
    pub what: String,
    /// What to do.
    pub help: String,
}

/// What kind of answer a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It was checked, and is wrong.
    Verdict,
    /// It could not be checked, or done.
    Unchecked,
    /// The arguments make no sense.
    Usage,
}

impl Failure {
    /// It was checked, and is wrong.
    pub fn verdict(what: impl Into<String>, help: impl Into<String>) -> Self {
        Failure { kind: Kind::Verdict, what: what.into(), help: help.into() }
    }

    /// It could not be checked, or done.
    pub fn unchecked(what: impl Into<String>, help: impl Into<String>) -> Self {
        Failure { kind: Kind::Unchecked, what: what.into(), help: help.into() }
    }

    /// The arguments make no sense.
    pub fn usage(what: impl Into<String>, help: impl Into<String>) -> Self {
        Failure { kind: Kind::Usage, what: what.into(), help: help.into() }
    }

    /// About a file.
    pub fn about(path: &Path, what: impl std::fmt::Display, help: impl Into<String>) -> Self {
        Failure::unchecked(format!("{}: {what}", Foreign::path(path)), help)
    }

    pub(super) fn block(path: &Path, error: &BlockError) -> Self {
        Failure::about(path, error, error.help())
    }

    pub(super) fn policy(path: &Path, error: &PolicyError) -> Self {
        Failure::about(path, error, error.help())
    }

    pub(super) fn refusal(path: &Path, number: usize, refusal: &Refusal) -> Self {
        Failure::verdict(format!("block {number} of {} is refused: {refusal}", Foreign::path(path)), refusal.help())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::unchecked(format!("the results could not be printed: {error}"), "Check where the output goes.")
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Failure::unchecked(error.to_string(), error.help())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::unchecked(error.to_string(), error.help())
    }
}

impl From<PayloadError> for Failure {
    fn from(error: PayloadError) -> Self {
        Failure::unchecked(error.to_string(), error.help())
    }
}

impl From<SignError> for Failure {
    fn from(error: SignError) -> Self {
        Failure::unchecked(error.to_string(), error.help())
    }
}

impl From<SetTooLarge> for Failure {
    fn from(error: SetTooLarge) -> Self {
        Failure::unchecked(error.to_string(), "Merge fewer sets, or with --policy, so that only trusted keys get in.")
    }
}

impl From<PlainError> for Failure {
    fn from(error: PlainError) -> Self {
        Failure::verdict(error.to_string(), error.help())
    }
}
