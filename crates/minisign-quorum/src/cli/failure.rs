//! What went wrong, in one sentence, and what to do.

use std::fmt::Display;
use std::path::Path;

use foreign::{Foreign, Meaning, Problem, ReadError};

use crate::{CosignError, PayloadError, PlainError, SetTooLarge, SignError, StoreError};

/// Why the answer is not yes.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what}")]
pub struct Failure {
    /// What kind of answer it is.
    pub kind: Kind,
    /// A stable name of the problem.
    pub code: &'static str,
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

impl From<Meaning> for Kind {
    fn from(meaning: Meaning) -> Self {
        match meaning {
            Meaning::NotAuthentic => Kind::Verdict,
            Meaning::NotChecked => Kind::Unchecked,
        }
    }
}

impl Failure {
    /// It was checked, and is wrong.
    pub fn verdict(code: &'static str, what: impl Into<String>, help: impl Into<String>) -> Self {
        Failure { kind: Kind::Verdict, code, what: what.into(), help: help.into() }
    }

    /// It could not be checked, or done.
    pub fn unchecked(code: &'static str, what: impl Into<String>, help: impl Into<String>) -> Self {
        Failure { kind: Kind::Unchecked, code, what: what.into(), help: help.into() }
    }

    /// The arguments make no sense.
    pub fn usage(what: impl Into<String>, help: impl Into<String>) -> Self {
        Failure { kind: Kind::Usage, code: "usage", what: what.into(), help: help.into() }
    }

    /// A problem that says all by itself.
    pub fn of(problem: &impl Problem) -> Self {
        Failure::told(problem, problem.to_string())
    }

    /// A problem with a file, whose name is missing in the sentence: `NAME: ...`
    pub fn within(path: &Path, problem: &impl Problem) -> Self {
        Failure::told(problem, format!("{}: {problem}", Foreign::path(path)))
    }

    /// A problem of something that begins the sentence: `SUBJECT is not ...`
    pub fn about(subject: impl Display, problem: &impl Problem) -> Self {
        Failure::told(problem, format!("{subject} {problem}"))
    }

    fn told(problem: &impl Problem, what: String) -> Self {
        Failure { kind: problem.meaning().into(), code: problem.code(), what, help: problem.help().into_owned() }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let what = format!("the results could not be printed: {error}");
        Failure::unchecked("output-unwritable", what, "Check where the output goes.")
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Failure::unchecked("file-unreadable", error.to_string(), error.help())
    }
}

macro_rules! told_by_themselves {
    ($($problem:ty),*) => {$(
        impl From<$problem> for Failure {
            fn from(problem: $problem) -> Self {
                Failure::of(&problem)
            }
        }
    )*};
}

told_by_themselves!(CosignError, PayloadError, PlainError, SetTooLarge, SignError, StoreError);
