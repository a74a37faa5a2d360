//! Why a tarball is not the archive, or could not be compared.

use std::borrow::Cow;

use foreign::{Foreign, Meaning, Problem};
use gix_hash::ObjectId;

use super::kind::Kind;
use crate::archive;

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
    #[error("a thread of this program ended before its time")]
    ThreadEnded,
    #[error("the tarball is not a {asserted} but a {found}")]
    Format { asserted: &'static str, found: &'static str },
    #[error("the tarball has the {algorithm} {found}, and is pinned to {pinned}")]
    Pin { algorithm: &'static str, pinned: String, found: String },
    #[error("a limit was reached: {what}")]
    Limit { what: &'static str },
    #[error(transparent)]
    Archive(#[from] archive::Error),
    #[error("the tarball is not a tar file, compressed or not")]
    NotATar,
    #[error("{} {}, not a tar", if *is_inside { "what is compressed in the tarball is" } else { "the tarball is" }, kind.name)]
    OtherKind { kind: Kind, is_inside: bool },
    #[error("the tarball was not made by `git archive`: it does not begin with the id of a commit")]
    NotGitArchive,
    #[error("the tarball is the archive of another commit: {found}{} instead of {expected}", named(tags))]
    OtherCommit { expected: ObjectId, found: Foreign, tags: Vec<Foreign> },
    #[error("the archive's global header differs")]
    GlobalHeader,
    #[error("the tarball's prefix cannot be read off its first entry ({found})")]
    NoPrefix { found: Foreign },
    #[error("the tarball has the prefix {found} instead of {expected}")]
    Prefix { expected: Foreign, found: Foreign },
    #[error("the entry {path} is missing from the tarball")]
    Missing { path: Foreign },
    #[error("the tarball has an entry that does not belong there: {path}{}", below(submodule.as_ref()))]
    Extra { path: Foreign, submodule: Option<Foreign>, folder: Option<Foreign>, is_behind_all: bool },
    #[error("the entries are in another order: {found} stands where {expected} belongs")]
    Order { expected: Foreign, found: Foreign },
    #[error("the content of {path} differs{}", if *only_line_ends { ": only its line ends do" } else { "" })]
    Content { path: Foreign, only_line_ends: bool },
    #[error("{path} has the {field} {found} instead of {expected}")]
    Field { path: Foreign, field: &'static str, expected: Foreign, found: Foreign },
    #[error("the tarball has a header that is longer than any that `git archive` writes for this commit")]
    LongHeader,
    #[error("the header of {path} differs")]
    Header { path: Foreign },
    #[error("the tarball ends in the middle")]
    Truncated,
    #[error("the archive of {path} was made with another umask than the one before it")]
    Umask { path: Foreign },
    #[error("the bytes between the end of {path} and the next entry differ from what `git archive` writes")]
    Padding { path: Foreign },
    #[error("there are bytes {place}")]
    TrailingData { place: &'static str },
    #[error("{path} {what}: programs could read this tarball in more than one way")]
    Unclear { path: Foreign, what: &'static str },
    #[error("something stands in the place of a header in the tar")]
    NotATarHeader,
    #[error("there is something behind the end of the archive, which some programs read and others do not")]
    Hidden,
    #[error("the tarball has a file that was made for a collision of SHA-1")]
    Collision,
    #[error("the tarball is not a regular file, and can be read only once")]
    OnlyOnce,
}

impl Error {
    /// Whether the second reader could say more about the tarball.
    pub fn is_worth_another_reading(&self) -> bool {
        match self {
            Error::OtherKind { kind, is_inside } => kind.is_zip() && !is_inside,
            Error::Unreadable { .. } | Error::Format { .. } | Error::Pin { .. } => false,
            Error::Thread { .. } | Error::ThreadEnded | Error::Damaged { .. } => false,
            Error::Archive(archive::Error::Git(_) | archive::Error::Limit { .. }) => false,
            _ => true,
        }
    }

    /// Whether an archive with export-ignore and export-subst off may differ from one with them in this way: by further
    /// entries, or by contents.
    pub fn may_come_of_exporting_all(&self) -> bool {
        match self {
            Error::Extra { .. } | Error::Content { .. } | Error::Order { .. } | Error::Missing { .. } => true,
            Error::Field { field, .. } => *field == "size",
            _ => false,
        }
    }
}

fn below(submodule: Option<&Foreign>) -> String {
    submodule.map(|path| format!(", below the submodule {path}")).unwrap_or_default()
}

/// Which tags of the repository lead to a commit, in brackets.
fn named(tags: &[Foreign]) -> String {
    let names: Vec<String> = tags.iter().take(3).map(|tag| format!("tag {tag}")).collect();
    if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
}

/// What a decompressor or the file system says.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        use liblzma::stream::Error::{Mem, MemLimit};
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        // zstd's own errors are only texts.
        if matches!(inner, Some(Mem | MemLimit)) || error.to_string().ends_with("too much memory for decoding") {
            return Error::Limit { what: "the memory that its decompression takes" };
        }
        Error::Damaged { why: Foreign::said(error) }
    }
}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Error::Archive(error) => error.code(),
            Error::Unreadable { .. } => "tarball-unreadable",
            Error::Damaged { .. } => "tarball-damaged",
            Error::Thread { .. } => "no-thread",
            Error::ThreadEnded => "internal-error",
            Error::Format { .. } => "tarball-format",
            Error::Pin { .. } => "tarball-checksum",
            Error::Limit { .. } => "tarball-limit",
            Error::NotATar => "not-a-tar",
            Error::OtherKind { .. } => "tarball-kind",
            Error::NotGitArchive => "not-git-archive",
            Error::OtherCommit { .. } => "other-commit",
            Error::GlobalHeader => "global-header-differs",
            Error::NoPrefix { .. } => "prefix-unclear",
            Error::Prefix { .. } => "prefix-differs",
            Error::Missing { .. } => "entry-missing",
            Error::Extra { .. } => "entry-added",
            Error::Order { .. } => "entry-order",
            Error::Content { only_line_ends: true, .. } => "line-ends-differ",
            Error::Content { .. } => "content-differs",
            Error::Field { .. } | Error::LongHeader | Error::Header { .. } => "header-differs",
            Error::Truncated => "tarball-truncated",
            Error::Padding { .. } => "padding-differs",
            Error::Umask { .. } => "umask-differs",
            Error::TrailingData { .. } => "trailing-data",
            Error::Unclear { .. } | Error::NotATarHeader | Error::Hidden => "tarball-unclear",
            Error::Collision => "sha1-collision",
            Error::OnlyOnce => "tarball-pipe",
        }
    }

    fn meaning(&self) -> Meaning {
        match self {
            Error::Archive(error) => error.meaning(),
            Error::Unreadable { .. } | Error::Damaged { .. } | Error::Limit { .. } => Meaning::NotChecked,
            Error::Thread { .. } | Error::ThreadEnded | Error::OtherKind { .. } => Meaning::NotChecked,
            Error::Unclear { .. } | Error::NotATarHeader | Error::Hidden => Meaning::NotChecked,
            Error::Collision | Error::OnlyOnce => Meaning::NotChecked,
            _ => Meaning::NotAuthentic,
        }
    }

    fn help(&self) -> Cow<'static, str> {
        let help = match self {
            Error::Archive(error) => return error.help(),
            Error::Unreadable { .. } => "Check the name and the permissions of the file.",
            Error::Damaged { .. } | Error::Truncated => "Download it again, and compare its checksum.",
            Error::Pin { .. } => {
                "Find out why the file is another one, before you change the checksum: download it again, and from elsewhere."
            }
            Error::Thread { .. } => "Try again when less is running, or allow more threads.",
            Error::ThreadEnded => "This is a bug: please report it.",
            Error::Format { .. } => "Leave --format out, or find out why the file is not what it is called.",
            Error::NotATar => "Look at the file: the server may have sent an error page. Then download it again.",
            Error::OtherKind { kind, .. } => kind.help,
            Error::Unclear { .. } | Error::NotATarHeader | Error::Hidden => {
                "Do not accept it: what one program compares and another one extracts may differ. Ask for a tarball that was \
                 packed plainly."
            }
            Error::Collision => "Do not build from it: nobody makes such a file by accident.",
            Error::OnlyOnce => "Save it to a file, and name that.",
            Error::Limit { .. } => "The tarball is too large for this program, or made to exhaust it.",
            Error::NotGitArchive => {
                "Use the forge's own source archive of the tag. Other tools leave the commit's id out, and so do JGit, Gitiles \
                 and `git archive` when they are given a tree or a folder and not the tag."
            }
            Error::OtherCommit { .. } => {
                "Do not build from it before you know why: the tag may have been moved, or the tarball replaced."
            }
            Error::NoPrefix { .. } => "Name it with --prefix; --prefix '' is for archives without one.",
            Error::Prefix { .. } => "Name the right one with --prefix, or leave --prefix and --name out.",
            Error::Content { only_line_ends: true, .. } => {
                "A git with core.autocrlf or core.eol may have made it. Ask for an archive without these, or get it elsewhere."
            }
            Error::Field { field: "time", .. } => {
                "`git archive --mtime` and tools that pack again give entries another time. Get the forge's own archive."
            }
            Error::Extra { submodule: Some(_), .. } => {
                "`git archive` leaves the content of submodules out. To compare it with their repositories, give --submodules."
            }
            Error::Extra { folder: Some(folder), .. } => {
                return format!(
                    "The commit has such a file in {folder}. If the tarball is of that folder, give --subdir {folder}. Otherwise, do \
                     not build from it."
                )
                .into();
            }
            Error::Missing { .. } => {
                "Do not build from it: files of the signed commit are missing. `git archive` with a path leaves out the others."
            }
            _ => {
                "Do not build from it: it is not the archive of the signed commit. Download it again, and tell the maintainer."
            }
        };
        help.into()
    }
}
