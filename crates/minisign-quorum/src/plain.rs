//! One good signature by any of some keys: what `minisign -V` asks for. `docs/quorum.md`, section 4.

use foreign::Foreign;

use super::block::{Algorithm, Block};
use super::key::KeyId;
use super::payload::Payload;
use super::policy::Policy;
use super::set::other_file;
use super::verify::{BadSignature, VerifiedBlock};

/// Why there is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlainError {
    /// A block with the id of one of the keys is not by it.
    #[error("block {number} has the id {id} of a trusted key, and is not by it: {why}")]
    Bad {
        /// Its place, from 1.
        number: usize,
        /// The id in it.
        id: KeyId,
        /// What is wrong.
        why: BadSignature,
    },
    /// The good one is for another file.
    #[error("the signature is good, and for a file named {name}")]
    OtherFile {
        /// In its comment.
        name: Foreign,
    },
    /// The good one is not over the hash.
    #[error("the signature is a legacy one, over the file itself and not over its hash")]
    Legacy,
    /// Nobody who is trusted has signed.
    #[error("none of the {blocks} signatures is by a trusted key")]
    Nobody {
        /// How many there are.
        blocks: usize,
    },
}

impl PlainError {
    /// What a person can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            PlainError::Bad { .. } => "Do not use the file; get it and its signatures anew, or from another mirror.",
            PlainError::OtherFile { .. } => "Give the file the name that was signed; --allow-rename takes any name.",
            PlainError::Legacy => "Ask for a signature of today's kind, or leave -H out.",
            PlainError::Nobody { .. } => {
                "Check the keys after -p and -P; `minisign-quorum show` says whose ids the set has."
            }
        }
    }
}

/// Find the first good signature over the file.
///
/// # Errors
/// Where there is none, and where any block with the id of one of the keys is bad.
pub fn first_good(
    blocks: &[Block],
    payload: &Payload,
    keys: &Policy,
    allow_legacy: bool,
    allow_rename: bool,
) -> Result<VerifiedBlock, PlainError> {
    let (mut good, mut problem) = (None, PlainError::Nobody { blocks: blocks.len() });
    for (number, block) in (1..).zip(blocks) {
        let id = block.key_id();
        if keys.keys_with_id(id).next().is_none() {
            continue;
        }
        if block.algorithm() == Algorithm::Legacy && !allow_legacy {
            problem = PlainError::Legacy;
            continue;
        }
        let mut why = BadSignature::File;
        let verified = keys
            .keys_with_id(id)
            .find_map(|trusted| VerifiedBlock::verify(block, &trusted.key, payload).map_err(|error| why = error).ok());
        let Some(verified) = verified else { return Err(PlainError::Bad { number, id, why }) };
        match other_file(block, payload) {
            Some(name) if !allow_rename => problem = PlainError::OtherFile { name },
            _ => good = good.or(Some(verified)),
        }
    }
    good.ok_or(problem)
}
