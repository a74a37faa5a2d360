//! What was proven, or why it was not.

use std::borrow::Cow;

use foreign::{Foreign, Meaning, Problem};
use serde::Serialize;

use crate::archive::{self, Filled};
use crate::git::{self, Tag, Wanted};
use crate::pinned::Moved;
use crate::signature::{self, Signer, TrustError, VerifiedCommit, utc};
use crate::tarball::{self, Container, LfsFile, Match, Pin};

/// The tarball is the archive of a commit that a trusted key's tag leads to.
///
/// Only [`new`](Authentic::new) makes one, from what the steps have proven.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Authentic {
    /// Who signed what.
    #[serde(flatten)]
    pub signed: SignedFact,
    /// What was read off the tarball.
    pub tarball: TarballFact,
    /// Texts in files with `export-subst` that were taken from the tarball.
    pub holes: Vec<Filled>,
    /// Files of Git LFS whose content stands in the place of the pointers that are signed.
    pub lfs: Vec<LfsFile>,
    /// What went wrong without mattering.
    pub warnings: Vec<Foreign>,
}

/// What is signed, and by whom.
#[derive(Clone, Debug, Serialize)]
pub struct SignedFact {
    /// The tag that was asked for, and the tags that it leads through.
    pub tags: Vec<TagFact>,
    /// The commit's id.
    pub commit: String,
    /// Whether the commit's own signature was checked, and not a tag's.
    pub commit_verified: bool,
    /// Everyone trusted who signed that.
    pub signers: Vec<SignerFact>,
}

impl SignedFact {
    /// From the proof.
    pub fn of(verified: &VerifiedCommit) -> Self {
        let fact = |tag: &Tag, verified| TagFact {
            name: tag.name().clone(),
            id: tag.id().to_string(),
            tagger: tag.tagger().cloned(),
            verified,
        };
        SignedFact {
            tags: (0..).zip(verified.tags()).map(|(n, tag)| fact(tag, n == 0 && verified.is_tag_signed())).collect(),
            commit_verified: !verified.is_tag_signed(),
            commit: verified.commit().id().to_string(),
            signers: verified.signers().iter().map(SignerFact::from).collect(),
        }
    }
}

/// A tag object.
#[derive(Clone, Debug, Serialize)]
pub struct TagFact {
    /// The name in the object.
    pub name: Foreign,
    /// The object's id.
    pub id: String,
    /// Its `tagger` line.
    pub tagger: Option<Foreign>,
    /// Whether its own signature was checked; a checked first one vouches for those behind it.
    pub verified: bool,
}

/// A good signature's maker.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum SignerFact {
    /// An OpenPGP certificate.
    OpenPgp {
        /// The certificate's fingerprint.
        certificate: String,
        /// The fingerprint of the key that signed.
        key: String,
        /// The certificate's primary user id.
        user_id: Option<Foreign>,
        /// RFC 3339, in UTC.
        signed_at: String,
    },
    /// An SSH key.
    Ssh {
        /// Whom the allowed signers name: a pattern, if that is what the line has.
        principal: Foreign,
        /// `ssh-ed25519` and so on.
        key_type: &'static str,
        /// `SHA256:` and the hash in base64.
        fingerprint: String,
        /// The authority that certified the key, in the same form.
        authority: Option<String>,
        /// Whether a security key was touched.
        touched: Option<bool>,
        /// The date of the tagger or committer: RFC 3339, in UTC.
        signed_at: String,
    },
}

impl From<&Signer> for SignerFact {
    fn from(signer: &Signer) -> Self {
        match signer {
            Signer::OpenPgp(signer) => SignerFact::OpenPgp {
                certificate: signer.certificate.to_hex(),
                key: signer.key.to_hex(),
                user_id: signer.user_id.clone(),
                signed_at: utc(signer.signed_at),
            },
            Signer::Ssh(signer, signed_at) => SignerFact::Ssh {
                principal: signer.principal.clone(),
                key_type: signer.key_type,
                fingerprint: signer.fingerprint.clone(),
                authority: signer.authority.clone(),
                touched: signer.is_touched,
                signed_at: utc(*signed_at),
            },
        }
    }
}

/// What the tarball turned out to be.
#[derive(Clone, Debug, Serialize)]
pub struct TarballFact {
    /// Before every path.
    pub prefix: Foreign,
    /// In octal, `0002`.
    pub umask: String,
    /// What tells that an old git made it.
    pub signs_of_age: Vec<&'static str>,
    /// Whether the attributes export-ignore and export-subst were off when it was made.
    pub exports_all: bool,
    /// What the tar is compressed with.
    pub container: Container,
    /// How many entries it has.
    pub entries: usize,
    /// The size of the tar inside.
    pub tar_bytes: u64,
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
            tarball: TarballFact {
                prefix: found.prefix,
                umask: format!("{:04o}", found.umask),
                signs_of_age: found.signs_of_age,
                exports_all: found.exports_all,
                container,
                entries: found.entries,
                tar_bytes: found.tar_bytes,
                sha256: checksums.iter().find_map(|sum| sum.strip_prefix("sha256:")).map(str::to_owned),
                checksums,
            },
            holes: found.holes,
            lfs: found.lfs,
            warnings: warnings.to_vec(),
        }
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
}

impl Failure {
    /// The same, if the thing that it is about is the pinned one.
    pub fn of_what_moved(self, moved: Option<Moved>) -> Self {
        match moved {
            Some(moved) => Failure::Moved { moved, unsigned: Some(Box::new(self)) },
            None => self,
        }
    }

    /// What one of the steps says, if it is a step's.
    fn of_step(&self) -> Option<&dyn Problem> {
        match self {
            Failure::NotThere { .. } | Failure::Moved { .. } | Failure::Undecided { .. } | Failure::NoBlobs => None,
            Failure::Trust(error) => Some(error),
            Failure::Git(error) => Some(error),
            Failure::Signature { problem, .. } => Some(problem),
            Failure::Archive(error) => Some(error),
            Failure::Tarball(error) => Some(error),
        }
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
            step => step.of_step().map_or("internal-error", Problem::code),
        }
    }

    fn meaning(&self) -> Meaning {
        match self {
            Failure::NotThere { .. } | Failure::Moved { .. } | Failure::Undecided { .. } => Meaning::NotAuthentic,
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
            Failure::Undecided { .. } => "Look at the text; if you accept it, leave --strict out.".into(),
            step => step.of_step().map_or("This is a bug: please report it.".into(), Problem::help),
        }
    }
}
