//! Why there is no expected archive.

use std::borrow::Cow;

use foreign::{Foreign, Meaning, Problem};

use crate::git;

/// Why there is no expected archive.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error("the tree has a path that git refuses to archive: {path}")]
    BadPath { path: Foreign },
    #[error("{path} has the attribute working-tree-encoding without a value, which makes `git archive` fail")]
    EncodingWithoutValue { path: Foreign },
    #[error("{path} may have been re-encoded as {encoding}, which this program does not know")]
    UnknownEncoding { path: Foreign, encoding: Foreign },
    #[error("{path} is kept in Git LFS, and the forge may have put its content in the place of the pointer")]
    Lfs { path: Foreign },
    #[error("{path} has the placeholder {placeholder}, which {why}")]
    Undecided { path: Foreign, placeholder: Foreign, why: &'static str },
    #[error(
        "{path} has {} for {placeholder} in line {line}: git can write this, but it could change more than its own place \
         in the file",
        shown(text)
    )]
    TextNotAccepted { path: Foreign, placeholder: Foreign, text: Foreign, line: usize },
    #[error("the commit has no folder {path}")]
    NoFolder { path: Foreign },
    #[error("a limit was reached: {what}")]
    Limit { what: &'static str },
}

/// A text, or that there is none.
fn shown(text: &Foreign) -> String {
    if text.as_bytes().is_empty() { "nothing".to_owned() } else { text.to_string() }
}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Error::Git(error) => error.code(),
            Error::BadPath { .. } => "path-refused-by-git",
            Error::EncodingWithoutValue { .. } => "encoding-without-value",
            Error::UnknownEncoding { .. } => "encoding-unknown",
            Error::Lfs { .. } => "lfs-content",
            Error::Undecided { .. } => "placeholder-undecided",
            Error::TextNotAccepted { .. } => "text-not-accepted",
            Error::NoFolder { .. } => "no-folder",
            Error::Limit { .. } => "archive-limit",
        }
    }

    fn meaning(&self) -> Meaning {
        match self {
            Error::Git(error) => error.meaning(),
            Error::BadPath { .. } | Error::EncodingWithoutValue { .. } => Meaning::NotAuthentic,
            Error::NoFolder { .. } => Meaning::NotAuthentic,
            _ => Meaning::NotChecked,
        }
    }

    fn help(&self) -> Cow<'static, str> {
        let help = match self {
            Error::Git(error) => return error.help(),
            Error::BadPath { .. } | Error::EncodingWithoutValue { .. } => {
                "No tarball can be the archive of this commit: ask the maintainer what it was made from."
            }
            Error::UnknownEncoding { .. } => "Compare this tarball by hand, and report the encoding as missing.",
            Error::Lfs { .. } => {
                "Use a tarball without LFS objects, or compare this file by hand with its pointer's SHA-256."
            }
            Error::TextNotAccepted { path, text, line, .. } => {
                let pair = format!("{path}:{line}:{text}").replace('\'', "'\\''");
                return format!(
                    "Look at this place in the file. If the text is the forge's own and does no harm there, accept it with \
                     --accept-text '{pair}'."
                )
                .into();
            }
            Error::Undecided { .. } => {
                "Compare this tarball by hand: unpack it, and diff it with a checkout of the tag."
            }
            Error::NoFolder { .. } => "Check what --subdir names: a folder of the repository, from its root.",
            Error::Limit { .. } => "The repository is too large for this program, or made to exhaust it.",
        };
        help.into()
    }
}
