//! The pinned file, and whether it is the expected archive.

use gix::ObjectId;

use crate::archive;
use crate::foreign::Foreign;

mod compare;
mod container;
mod decode;
mod explain;
mod group;
mod maker;
mod preview;
mod proofs;
mod stream;

pub use compare::{Match, compare};
pub use container::Container;
pub use stream::Tarball;

/// What a decompressor or the file system says.
fn damaged(error: std::io::Error) -> Error {
    use liblzma::stream::Error::{Mem, MemLimit};
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    // zstd's own errors are but texts.
    if matches!(inner, Some(Mem | MemLimit)) || error.to_string().ends_with("too much memory for decoding") {
        return Error::Limit { what: "the memory that its decompression takes" };
    }
    Error::Damaged { why: Foreign::from(&error.to_string()) }
}

/// Why a tarball is not the archive, or could not be compared.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error("the tarball {path} could not be read: {why}")]
    Unreadable { path: Foreign, why: Foreign },
    #[error("the tarball is damaged: {why}")]
    Damaged { why: Foreign },
    #[error("this machine gave no thread to work with: {why}")]
    Thread { why: Foreign },
    #[error("a thread ended before its time")]
    Died,
    #[error("the tarball is not a {asserted} but a {found}")]
    Format { asserted: &'static str, found: &'static str },
    #[error("the tarball does not have the SHA-256 that it is pinned to")]
    Pin,
    #[error("a limit was reached: {what}")]
    Limit { what: &'static str },
    #[error("the files that git converts cannot be compared without the repository's")]
    NeedsBlobs,
    #[error(transparent)]
    Archive(#[from] archive::Error),
    #[error("the tarball is not a tar file, compressed or not")]
    NotATar,
    #[error("the tarball was not made by `git archive`: it does not begin with the id of a commit")]
    NotGitArchive,
    #[error("the tarball is the archive of another commit: {found} instead of {expected}")]
    OtherCommit { expected: ObjectId, found: Foreign },
    #[error("the archive's global header differs")]
    GlobalHeader,
    #[error("the tarball's prefix cannot be read off its first entry ({found})")]
    NoPrefix { found: Foreign },
    #[error("the tarball has the prefix {found} instead of {expected}")]
    Prefix { expected: Foreign, found: Foreign },
    #[error("the entry {path} is missing from the tarball")]
    Missing { path: Foreign },
    #[error("the tarball has an entry that does not belong there: {path}")]
    Extra { path: Foreign },
    #[error("the entries are in another order: {found} stands where {expected} belongs")]
    Order { expected: Foreign, found: Foreign },
    #[error("the content of {path} differs")]
    Content { path: Foreign },
    #[error("{path} has the {field} {found} instead of {expected}")]
    Field { path: Foreign, field: &'static str, expected: Foreign, found: Foreign },
    #[error("the tarball has a header that is longer than any that `git archive` writes for this commit")]
    LongHeader,
    #[error("the header of {path} differs")]
    Header { path: Foreign },
    #[error("the tarball ends in the middle")]
    Truncated,
    #[error("the bytes between the end of {path} and the next entry differ from what `git archive` writes")]
    Padding { path: Foreign },
    #[error("there are bytes {place}")]
    TrailingData { place: &'static str },
}

impl Error {
    /// Whether the tarball was checked and found wrong; everything else could not be checked.
    pub fn is_verdict(&self) -> bool {
        match self {
            Error::Archive(error) => error.is_verdict(),
            Error::Unreadable { .. } | Error::Damaged { .. } | Error::Limit { .. } | Error::NeedsBlobs => false,
            Error::Thread { .. } | Error::Died => false,
            _ => true,
        }
    }

    /// What a person can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Error::Archive(error) => error.help(),
            Error::Unreadable { .. } => "Check the name and the permissions of the file.",
            Error::Damaged { .. } | Error::Truncated | Error::Pin => "Download it again, and compare its checksum.",
            Error::Thread { .. } => "Try again when less is running, or allow more threads.",
            Error::Died => "This is a bug: please report it.",
            Error::Format { .. } => "Leave --format out, or find out why the file is not what it is called.",
            Error::NotATar => "Look at the file: the server may have sent an error page. Then download it again.",
            Error::NeedsBlobs => "Clone the repository, and name the clone.",
            Error::Limit { .. } => "The tarball is too large for this program, or made to exhaust it.",
            Error::NotGitArchive => {
                "Use the forge's own source archive of the tag, not one that was made with other tools."
            }
            Error::OtherCommit { .. } => {
                "Do not build from it before you know why: the tag may have been moved, or the tarball replaced."
            }
            Error::NoPrefix { .. } => "Name it with --prefix; --prefix '' is for archives without one.",
            Error::Prefix { .. } => "Name the right one with --prefix, or leave --prefix and --name out.",
            _ => "Do not build from it: this is not what the tag's signer published. Download it again, and tell them.",
        }
    }
}
