//! What every error of the libraries can say beside its sentence.

use std::borrow::Cow;

/// What an error means for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// It was checked, and is wrong: exit code 1.
    NotAuthentic,
    /// It could not be checked: exit code 3.
    NotChecked,
}

/// An error that programs and people can act on. Its `Display` is one plain sentence: what happened.
pub trait Problem: std::error::Error {
    /// A stable name for programs, in lower case with dashes: the same kind of problem keeps it from version to version.
    fn code(&self) -> &'static str;

    /// Whether it is an answer, or there is none.
    fn meaning(&self) -> Meaning;

    /// What a person can do about it, in plain sentences. Foreign text in it is escaped.
    fn help(&self) -> Cow<'static, str>;
}
