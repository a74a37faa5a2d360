//! What was proven, or why it was not.

use std::borrow::Cow;

use foreign::{Foreign, Meaning, Problem};
use serde::Serialize;

use crate::archive::{self, Filled, Part};
pub use crate::facts::{SignedFact, SignerFact, TagFact};
use crate::git::{self, Wanted};
pub use crate::other_commit::OtherCommit;
use crate::pinned::Moved;
use crate::signature::{self, TrustError, VerifiedCommit};
use crate::submodules;
use crate::tarball::{self, Container, Grade, Graded, Grading, LfsFile, Match, Pin, SubmoduleFact};

/// The tarball is the archive of a commit that a trusted key's tag leads to.
///
/// Only [`new`](Authentic::new) makes one, from what the steps have proven; and [`accepted`](Authentic::accepted), if the
/// caller accepts less than the archive.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Authentic {
    /// Who signed what.
    #[serde(flatten)]
    pub signed: SignedFact,
    /// How much of the commit the tarball has. It is the archive, unless the caller accepts less.
    pub grade: Grade,
    /// What differs, if it is not the archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Graded>,
    /// What was read off the tarball.
    pub tarball: TarballFact,
    /// Texts in files with `export-subst` that were taken from the tarball.
    pub holes: Vec<Filled>,
    /// Files of Git LFS whose content stands in the place of the pointers that are signed.
    pub lfs: Vec<LfsFile>,
    /// Submodules whose content is in the tarball, at the commits that the signed tree names.
    pub submodules: Vec<SubmoduleFact>,
    /// What went wrong without mattering.
    pub warnings: Vec<Foreign>,
}

/// What the tarball turned out to be.
#[derive(Clone, Debug, Serialize)]
pub struct TarballFact {
    /// Before every path.
    pub prefix: Foreign,
    /// In octal, `0002`; only archives have one.
    pub umask: Option<String>,
    /// What tells that an old git made it.
    pub signs_of_age: Vec<&'static str>,
    /// Whether the attributes export-ignore and export-subst were off when it was made.
    pub exports_all: bool,
    /// Whether it is the archive of a folder, and how git was told so: `folder`, `old-folder`, `path` or `tree`.
    pub part: Option<&'static str>,
    /// What the tar is compressed with.
    pub container: Container,
    /// How many entries it has.
    pub entries: usize,
    /// The size of the tar inside; only of archives.
    pub tar_bytes: Option<u64>,
    /// The file's SHA-256, if it was asked for and so compared.
    pub sha256: Option<String>,
    /// All checksums that were asked for and so compared, as `sha512:HEX` and so on.
    pub checksums: Vec<String>,
}

impl Authentic {
    /// Put together what every step has proven.
    pub fn new(
        verified: &VerifiedCommit,
        found: Match,
        container: Container,
        pins: &[Pin],
        warnings: &[Foreign],
    ) -> Self {
        let checksums: Vec<_> = pins.iter().map(Pin::to_string).collect();
        Authentic {
            signed: SignedFact::of(verified),
            grade: Grade::SameTar,
            comparison: None,
            tarball: TarballFact {
                prefix: found.prefix,
                umask: Some(format!("{:04o}", found.umask)),
                signs_of_age: found.signs_of_age,
                exports_all: found.exports_all,
                part: match found.part {
                    Part::Whole => None,
                    Part::Folder(_) => Some("folder"),
                    Part::OldFolder(_) => Some("old-folder"),
                    Part::Path(_) => Some("path"),
                    Part::Tree(_) => Some("tree"),
                },
                container,
                entries: found.entries,
                tar_bytes: Some(found.tar_bytes),
                sha256: checksums.iter().find_map(|sum| sum.strip_prefix("sha256:")).map(str::to_owned),
                checksums,
            },
            holes: found.holes,
            lfs: found.lfs,
            submodules: found.submodules,
            warnings: warnings.to_vec(),
        }
    }

    /// The same for a tarball that is not the archive, and that the caller accepts as it is; `None` if not all of it is
    /// accepted.
    pub fn accepted(
        verified: &VerifiedCommit,
        graded: Graded,
        container: Container,
        pins: &[Pin],
        warnings: &[Foreign],
    ) -> Option<Self> {
        let checksums: Vec<_> = pins.iter().map(Pin::to_string).collect();
        graded.is_accepted().then(|| Authentic {
            signed: SignedFact::of(verified),
            grade: graded.grade,
            tarball: TarballFact {
                prefix: graded.prefix.clone(),
                umask: None,
                signs_of_age: Vec::new(),
                exports_all: false,
                part: None,
                container,
                entries: graded.entries,
                tar_bytes: None,
                sha256: checksums.iter().find_map(|sum| sum.strip_prefix("sha256:")).map(str::to_owned),
                checksums,
            },
            holes: graded.holes.clone(),
            lfs: graded.lfs.clone(),
            submodules: graded.submodules.clone(),
            warnings: warnings.to_vec(),
            comparison: Some(graded),
        })
    }
}

/// That there is no proof: why, and what held nevertheless.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// Why there is no proof.
    pub why: Failure,
    /// What was found to be right before, or beside that.
    pub held: Held,
}

impl Refusal {
    /// Nothing was proven before this.
    pub fn before_all(why: impl Into<Failure>) -> Self {
        Refusal { why: why.into(), held: Held::default() }
    }
}

/// Parts of a proof.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Held {
    /// The signature is good, whatever is wrong with the tarball.
    #[serde(flatten)]
    pub signed: Option<SignedFact>,
    /// The signature is not good, and the tarball was compared all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_of: Option<ArchiveFact>,
    /// The tarball names another commit: what is known of that, if differences were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_commit: Option<OtherCommit>,
    /// How much of the commit the tarball has, if that was asked.
    #[serde(skip)]
    pub graded: Option<Graded>,
    /// Why there is no answer to that.
    #[serde(skip)]
    pub not_graded: Option<Foreign>,
}

impl Held {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.signed.is_none() && self.archive_of.is_none()
    }
}

/// Whether a tarball is the archive of a commit that nobody trusted has signed. It says nothing of who wrote it.
#[derive(Clone, Debug, Serialize)]
pub struct ArchiveFact {
    /// The commit's id.
    pub commit: String,
    /// Whether the tarball is its archive.
    pub same: bool,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The tarball is not the archive, and its grade is not accepted.
    #[error("the tarball is not the archive; its grade is {grade}{}", first_of(*count, first.as_ref()))]
    Grade {
        /// How much of the commit it has.
        grade: Grade,
        /// How many differences are not accepted.
        count: usize,
        /// The first one's path.
        first: Option<Foreign>,
    },
    /// All that is not accepted may be right in a way that cannot be checked.
    #[error("{path} is not as in the commit, and may be right in a way that cannot be checked here")]
    Doubtful {
        /// The first such path.
        path: Foreign,
    },
    /// The repository does not have the tag or commit.
    #[error("the repository has no {wanted}")]
    NotThere {
        /// What was asked for.
        wanted: Wanted,
        /// What may have been meant.
        near: git::Near,
    },
    /// The tag is not the pinned one, or leads elsewhere.
    #[error("{moved}{}", .unsigned.as_ref().map(|why| format!("; what is there now is not good either: {why}")).unwrap_or_default())]
    Moved {
        /// What moved.
        moved: Moved,
        /// Why it is not signed, if it is not.
        unsigned: Option<Box<Failure>>,
    },
    /// With `--strict`: signed data does not fully decide a text.
    #[error("{} has {} for {}, which signed data does not fully decide", hole.path, hole.text, hole.placeholder)]
    Undecided {
        /// The text and its place.
        hole: Filled,
    },
    /// A file that git converts could not be compared, even with the repository's blobs: a mistake of this program.
    #[error("the files that git converts could not be compared")]
    NoBlobs,
    /// With `--submodules`: the tarball is the archive alone.
    #[error("the tarball is the archive, without the content of its submodules: {}", several(paths))]
    WithoutSubmodules {
        /// All of them.
        paths: Vec<Foreign>,
    },
    /// There is nobody to trust.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// Objects.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// The signature.
    #[error("the {what} {problem}")]
    Signature {
        /// What is, or is not, signed.
        what: Wanted,
        /// What is wrong with it.
        problem: signature::Error,
    },
    /// The expected archive.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// The tarball.
    #[error(transparent)]
    Tarball(#[from] tarball::Error),
    /// A submodule.
    #[error(transparent)]
    Submodule(#[from] submodules::Error),
}

impl Failure {
    /// The same, if the thing that it is about is the pinned one.
    pub fn of_what_moved(self, moved: Option<Moved>) -> Self {
        match moved {
            Some(moved) => Failure::Moved { moved, unsigned: Some(Box::new(self)) },
            None => self,
        }
    }

    /// Whether a second reading of the tarball could say more.
    pub fn is_worth_another_reading(&self) -> bool {
        match self {
            Failure::Tarball(error) => error.is_worth_another_reading(),
            Failure::NoBlobs => true,
            _ => false,
        }
    }

    /// The commit that the tarball names, if that is another one.
    pub fn other_commit(&self) -> Option<git::ObjectId> {
        match self {
            Failure::Tarball(tarball::Error::OtherCommit { found, .. }) => {
                git::ObjectId::from_hex(found.as_bytes()).ok()
            }
            _ => None,
        }
    }

    /// What is to be said after a second reading that is not accepted.
    pub fn with_grade(self, graded: &Graded, grading: &Grading) -> Self {
        let is_zip = matches!(self, Failure::Tarball(tarball::Error::OtherKind { .. }));
        // Without a word of what could be accepted, the first difference stays the answer; a zip archive has none.
        if !grading.accepts_any() && !grading.submodules && !is_zip {
            return self;
        }
        let first = graded.not_accepted().next().map(|difference| difference.path.clone());
        match first {
            // What the comparison says of such a text has better advice.
            Some(_) if graded.is_doubtful() && self.meaning() == Meaning::NotChecked && !is_zip => self,
            Some(path) if graded.is_doubtful() => Failure::Doubtful { path },
            first => Failure::Grade { grade: graded.grade, count: graded.not_accepted.len(), first },
        }
    }

    /// What one of the steps says, if it is a step's.
    fn of_step(&self) -> Option<&dyn Problem> {
        match self {
            Failure::NotThere { .. } | Failure::Moved { .. } | Failure::Undecided { .. } | Failure::NoBlobs => None,
            Failure::Grade { .. } | Failure::Doubtful { .. } | Failure::WithoutSubmodules { .. } => None,
            Failure::Trust(error) => Some(error),
            Failure::Git(error) => Some(error),
            Failure::Signature { problem, .. } => Some(problem),
            Failure::Archive(error) => Some(error),
            Failure::Tarball(error) => Some(error),
            Failure::Submodule(error) => Some(error),
        }
    }
}

/// Some of these paths.
fn several(paths: &[Foreign]) -> String {
    let shown: Vec<_> = paths.iter().take(3).map(ToString::to_string).collect();
    let more = paths.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// How many differences are not accepted, and the first of them.
fn first_of(count: usize, first: Option<&Foreign>) -> String {
    match first {
        Some(first) if count == 1 => format!(", and one difference is not accepted: {first}"),
        Some(first) => format!(", and {count} differences are not accepted, the first at {first}"),
        None => String::new(),
    }
}

/// Names like the one that is not there.
fn help_with_name(wanted: &Wanted, near: &git::Near) -> Cow<'static, str> {
    let tags: Vec<String> = near.tags.iter().map(ToString::to_string).collect();
    let advice = match (tags.is_empty(), near.is_branch) {
        (false, _) => format!("It has {}: was that meant?", tags.join(", ")),
        (true, true) => "It has a branch of that name, which anybody who may push can move: ask for a tag.".to_owned(),
        (true, false) if matches!(wanted, Wanted::Commit(_)) => "Check the id and the repository's URL.".to_owned(),
        (true, false) => "Check the name and the repository's URL.".to_owned(),
    };
    advice.into()
}

impl Problem for Failure {
    fn code(&self) -> &'static str {
        match self {
            Failure::NotThere { .. } => "not-found",
            Failure::Moved { .. } => "tag-moved",
            Failure::Undecided { .. } => "text-undecided",
            Failure::Grade { .. } => "grade-not-accepted",
            Failure::WithoutSubmodules { .. } => "submodules-missing",
            Failure::Doubtful { .. } => "grade-doubtful",
            step => step.of_step().map_or("internal-error", Problem::code),
        }
    }

    fn meaning(&self) -> Meaning {
        match self {
            Failure::NotThere { .. } | Failure::Moved { .. } | Failure::Undecided { .. } | Failure::Grade { .. } => {
                Meaning::NotAuthentic
            }
            Failure::WithoutSubmodules { .. } => Meaning::NotAuthentic,
            Failure::Doubtful { .. } => Meaning::NotChecked,
            step => step.of_step().map_or(Meaning::NotChecked, Problem::meaning),
        }
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            Failure::NotThere { wanted, near } => help_with_name(wanted, near),
            Failure::Moved { .. } => {
                "Somebody replaced the tag, or this is the pin of another release. Ask the maintainer before you change the pin."
                    .into()
            }
            Failure::WithoutSubmodules { .. } => {
                "If a tarball without them is enough, leave --submodules out: it is authentic then.".into()
            }
            Failure::Undecided { .. } => "Look at the text; if you accept it, leave --strict out.".into(),
            Failure::Grade { grade: Grade::SameFiles, count: 0, .. } => {
                "It has the files of the signed commit and no others. If that is enough, give --accept same-files."
                    .into()
            }
            Failure::Doubtful { .. } => {
                "Look at the file. If it is right, accept it with --allow-changed; a text that only the forge knew, with \
                 --accept-text."
                    .into()
            }
            Failure::Grade { .. } => {
                "Look at each difference before you build from it. What you want to accept, name with --allow-added, \
                 --allow-changed, --allow-missing or --with-ignored."
                    .into()
            }
            step => step.of_step().map_or("This is a bug: please report it.".into(), Problem::help),
        }
    }
}
