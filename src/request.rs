//! What is asked, and what is told meanwhile.

use std::path::PathBuf;
use std::time::Duration;

use foreign::Foreign;

use crate::archive::AcceptedTexts;
use crate::git::{self, Source, Wanted};
use crate::limits;
use crate::pinned::PinnedIds;
use crate::signature::Conditions;
use crate::submodules::Submodules;
use crate::tarball::{Container, Grading, Pin};

/// What is to be authenticated, against what.
#[derive(Clone, Debug)]
pub struct Request {
    /// What the signatures of those who are trusted must fulfil.
    pub conditions: Conditions,
    /// The tag or commit that must be signed.
    pub wanted: Wanted,
    /// What the tag has to be and to lead to.
    pub pinned: PinnedIds,
    /// Where the tag is not signed, its commit must be.
    pub resolve_unsigned_tag: bool,
    /// The repository that has it.
    pub source: Source,
    /// The pinned file.
    pub tarball: PathBuf,
    /// What stands before every path in it (empty, or with a slash at its end); `None` to read it off.
    pub prefix: Option<Vec<u8>>,
    /// What the file must be compressed with; `None` to recognise it.
    pub container: Option<Container>,
    /// Checksums that the file must have, all of them.
    pub pins: Vec<Pin>,
    /// How long the network part may take.
    pub timeout: Duration,
    /// Refuse text in the tarball that signed data does not fully decide.
    pub strict: bool,
    /// Texts in files that are accepted although programs could read something into them.
    pub accepted_texts: AcceptedTexts,
    /// The folder of the repository that the tarball is the archive of, from the root; `None` for all of it.
    pub folder: Option<Vec<u8>>,
    /// What is asked about submodules.
    pub submodules: Submodules,
    /// What is asked, and accepted, of a tarball that is not the archive.
    pub grading: Grading,
}

impl Request {
    /// A release as most are: any trusted signature is enough, and what the tarball's maker chose is read off it.
    pub fn new(wanted: Wanted, source: Source, tarball: PathBuf) -> Self {
        Request {
            conditions: Conditions::default(),
            wanted,
            pinned: PinnedIds::default(),
            resolve_unsigned_tag: false,
            source,
            tarball,
            prefix: None,
            container: None,
            pins: Vec::new(),
            timeout: limits::NETWORK_DEADLINE,
            strict: false,
            accepted_texts: AcceptedTexts::default(),
            folder: None,
            submodules: Submodules::default(),
            grading: Grading::default(),
        }
    }
}

/// What is going on, for progress bars.
#[derive(Debug)]
pub enum Progress {
    /// Something is to be known that does not matter for the verdict.
    Warning(Foreign),
    /// Objects are being fetched.
    Fetching(git::Event),
    /// The tarball is being compared.
    Comparing {
        /// Bytes of the file that were read.
        read: u64,
        /// The size of the file.
        of: u64,
    },
}
