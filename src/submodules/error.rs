//! Why the content of a submodule is not known.

use std::borrow::Cow;

use foreign::{Foreign, Meaning, Problem};

use crate::archive;
use crate::git::{self, ObjectId, SourceError};

/// Why the content of a submodule is not known.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error("a limit was reached: {what}")]
    Limit { what: &'static str },
    #[error("the commit's .gitmodules{} could not be read: {error}", of_submodule(of))]
    Names { of: Foreign, error: Box<git::Error> },
    #[error("line {line} of the commit's .gitmodules{} cannot be understood", of_submodule(of))]
    NamesLine { of: Foreign, line: usize },
    #[error("the commit's .gitmodules names no URL for the submodule {path}")]
    NoUrl { path: Foreign },
    #[error("the commit's .gitmodules says that the submodule {path} is at {url}, and {why}")]
    Url { path: Foreign, url: Foreign, why: Why },
    #[error("the submodule {path} ({repo}): {error}")]
    Git { path: Foreign, repo: Foreign, error: Box<git::Error> },
    #[error("the submodule {path}: {repo} does not have the commit {id}, which the signed tree names")]
    NotThere { path: Foreign, repo: Foreign, id: ObjectId },
    #[error("{} cannot be told: {error}", if path.as_bytes().is_empty() { "which submodules there are".to_owned() } else { format!("what the submodule {path} has") })]
    Archive { path: Foreign, error: Box<archive::Error> },
    #[error("this machine gave no thread to work with: {why}")]
    Thread { why: Foreign },
    #[error("a thread of this program ended before its time")]
    ThreadEnded,
}

/// Why a URL is not used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum Why {
    #[error("that is no UTF-8")]
    NoText,
    #[error("that leads above the root of where its repository is")]
    AboveRoot,
    #[error("a commit must not name folders of this machine")]
    Local,
    #[error("{0}")]
    NotSupported(SourceError),
}

fn of_submodule(path: &Foreign) -> String {
    if path.as_bytes().is_empty() { String::new() } else { format!(" of the submodule {path}") }
}

impl Error {
    /// The submodule that it is about.
    fn path(&self) -> Option<&Foreign> {
        match self {
            Error::NoUrl { path } | Error::Url { path, .. } => Some(path),
            Error::Git { path, .. } | Error::NotThere { path, .. } => Some(path),
            _ => None,
        }
    }
}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Error::Limit { .. } => "limit",
            Error::Names { .. } | Error::NamesLine { .. } => "gitmodules-unreadable",
            Error::NoUrl { .. } | Error::Url { .. } => "submodule-without-url",
            Error::NotThere { .. } => "submodule-not-found",
            Error::Git { error, .. } => error.code(),
            Error::Archive { error, .. } => error.code(),
            Error::Thread { .. } | Error::ThreadEnded => "internal-error",
        }
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotChecked
    }

    fn help(&self) -> Cow<'static, str> {
        match (self, self.path()) {
            (Error::Git { error, .. }, Some(path)) => {
                format!("{} If the submodule is elsewhere, give --submodule {path}=REPO.", error.help()).into()
            }
            (_, Some(path)) => format!("Give its repository with --submodule {path}=REPO.").into(),
            (Error::Archive { error, .. }, _) => error.help(),
            (Error::Names { error, .. }, _) => error.help(),
            (Error::NamesLine { .. }, _) => "Give the repository of each submodule with --submodule PATH=REPO.".into(),
            (Error::Thread { .. } | Error::ThreadEnded, _) => {
                "Try again. If that does not help, this is a bug: please report it.".into()
            }
            _ => "Give a REPO with fewer submodules, or leave --submodules out.".into(),
        }
    }
}
