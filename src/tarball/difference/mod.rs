//! What differs between a tarball and the expected archive: every entry, and not only the first.
//!
//! ```text
//! items --> survey    each entry beside the archive's, in whatever order
//!           sides     the commit's entries, and those of its submodules
//!           judge     whether a file is the commit's, in one of two readings
//!           content   hashes, and what kind of change it is
//!           prefix    what stands before every path
//!           cause     files that moved, and files that builds run
//!           text      line by line, for those who want to see it
//! ```
//!
//! None of this decides what is the archive: that is `compare`.

mod cause;
mod content;
mod judge;
mod prefix;
mod setup;
mod sides;
mod survey;
mod text;

use foreign::Foreign;
use gix_hash::ObjectId;
use serde::{Serialize, Serializer};

pub use self::prefix::Strip;
pub use self::setup::is_written_by_setuptools;
pub use self::sides::Expected;
pub use self::survey::{Found, Surveyed, survey};
pub use self::text::{Hunk, Line, Sign, TextDifference, add_commits};

/// One path that is not as in the commit's archive.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// What happened to it.
    pub kind: Kind,
    /// Without the tarball's prefix, unless it lies outside of that.
    pub path: Foreign,
    /// What the difference consists of, as far as that is known.
    pub cause: Cause,
    /// Where a file went to, or came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_path: Option<Foreign>,
    /// An added file that a build runs or includes.
    pub runs: bool,
    /// What the commit has.
    pub expected: Option<Fact>,
    /// What the tarball has.
    pub found: Option<Fact>,
    /// Line by line, if that was asked for and both are texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<TextDifference>,
    /// The commit's entry.
    #[serde(skip)]
    pub(super) entry: Option<sides::Target>,
    /// The bytes that the tarball has: of few files, and for a short time.
    #[serde(skip)]
    pub(super) content: Option<Vec<u8>>,
    /// The bytes that the commit has, for such a file.
    #[serde(skip)]
    pub(super) commits_content: Option<Vec<u8>>,
}

impl Difference {
    /// They are no part of an answer.
    pub(super) fn forget_contents(&mut self) {
        (self.content, self.commits_content) = (None, None);
    }
}

/// What happened to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The tarball has something else.
    Changed,
    /// The tarball does not have it.
    Missing,
    /// The commit's archive does not have it.
    Added,
    /// The commit has it, and its attributes leave it out of archives.
    Ignored,
}

/// What a difference consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Nothing more is known than the kind.
    Plain,
    /// Other bytes.
    Content,
    /// Only line ends differ.
    LineEnds,
    /// Only the text of `$Id$` differs.
    Ident,
    /// Only text differs that export-subst puts in.
    Substitution,
    /// Only the executable bit differs, or bits are there that no archive has.
    Mode,
    /// It is of another kind: a link in the place of a file, for example.
    OtherKind,
    /// A symbolic link points elsewhere.
    Target,
    /// The same file has another path.
    Moved,
    /// The same file has a name with other capitals.
    NameCase,
    /// The same file has a name that is written with other characters for the same letters.
    NameForm,
    /// It lies below a submodule, or is the empty folder of one.
    Submodule,
    /// The commit has another file of this path, which its attributes leave out of archives.
    ExportIgnored,
    /// It lies beside the folder that everything else is in.
    OutsidePrefix,
    /// The commit has a Git LFS pointer, and the tarball something else.
    Lfs,
    /// The file may have been re-encoded in a way that is not known here.
    Encoding,
    /// The file has text for a placeholder that cannot be accepted as it is, or not be computed.
    Placeholder,
}

impl Cause {
    /// In words; nothing if there is nothing to say.
    pub fn words(self) -> &'static str {
        match self {
            Cause::Plain | Cause::Content => "",
            Cause::LineEnds => "only line ends differ",
            Cause::Ident => "only the text of $Id$ differs",
            Cause::Substitution => "only text in the place of $Format$ differs",
            Cause::Mode => "only its permission bits differ",
            Cause::OtherKind => "it is of another kind",
            Cause::Target => "the link points elsewhere",
            Cause::Moved => "moved",
            Cause::NameCase => "only capitals of the name differ",
            Cause::NameForm => "only the Unicode form of the name differs",
            Cause::Submodule => "below a submodule",
            Cause::ExportIgnored => "not the commit's file of this path, which export-ignore leaves out",
            Cause::OutsidePrefix => "beside the folder of all other entries",
            Cause::Lfs => "the commit has a Git LFS pointer",
            Cause::Encoding => "may have been re-encoded in a way that is not known here",
            Cause::Placeholder => "has text for a placeholder that cannot be decided",
        }
    }

    /// Whether the tarball may be right in a way that cannot be checked here.
    pub fn is_doubt(self) -> bool {
        matches!(self, Cause::Lfs | Cause::Encoding | Cause::Placeholder)
    }
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is.
    pub what: What,
    /// Where a link points to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Foreign>,
    /// Permission bits that the tarball has.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "octal")]
    pub mode: Option<u32>,
    /// Bytes, if that is known.
    pub size: Option<u64>,
    /// Its id as a git object, or a submodule's commit.
    #[serde(serialize_with = "id")]
    pub id: Option<ObjectId>,
    /// The SHA-256 of its bytes, if that is known.
    #[serde(serialize_with = "hex")]
    pub sha256: Option<[u8; 32]>,
}

/// Kinds of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A file.
    File,
    /// A file that may be executed.
    Executable,
    /// A symbolic link.
    Link,
    /// A folder.
    Folder,
    /// The place of another repository.
    Submodule,
}

fn hex<S: Serializer>(bytes: &Option<[u8; 32]>, serializer: S) -> Result<S::Ok, S::Error> {
    bytes.map(|bytes| faster_hex::hex_string(&bytes)).serialize(serializer)
}

fn id<S: Serializer>(id: &Option<ObjectId>, serializer: S) -> Result<S::Ok, S::Error> {
    id.map(|id| id.to_string()).serialize(serializer)
}

fn octal<S: Serializer>(mode: &Option<u32>, serializer: S) -> Result<S::Ok, S::Error> {
    mode.map(|mode| format!("{mode:04o}")).serialize(serializer)
}
