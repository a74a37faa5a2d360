//! One block, one key, one file: `docs/quorum.md`, section 1.

use std::borrow::Cow;

use foreign::{Meaning, Problem};

use crate::block::{Algorithm, Block};
use crate::key::PublicKey;
use crate::payload::Payload;
use crate::statement::{Statement, StatementError};

/// A block whose two signatures are by this key, the first over this file.
///
/// Only [`verify`](VerifiedBlock::verify) makes one. It says nothing of whether the key is trusted, or the file the one
/// that the comment names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedBlock {
    block: Block,
    key: PublicKey,
}

/// Whether this key signed a block's trusted comment: with that, what it says is the signer's, of whatever file.
pub(crate) fn is_comment_by(block: &Block, key: &PublicKey) -> bool {
    key.verifies(&block.globally_signed(), &block.global_signature)
}

/// Why a block is not by a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// The first signature.
    #[error("its signature is not over this file")]
    File,
    /// The second.
    #[error("the signature of its trusted comment is bad")]
    Comment,
    /// It needs the file itself, which was not kept.
    #[error("it is a legacy signature, which was not checked")]
    Legacy,
}

impl Problem for BadSignature {
    fn code(&self) -> &'static str {
        match self {
            BadSignature::File => "signature-not-over-this-file",
            BadSignature::Comment => "comment-signature-bad",
            BadSignature::Legacy => "signature-legacy",
        }
    }

    fn meaning(&self) -> Meaning {
        match self {
            BadSignature::File | BadSignature::Comment => Meaning::NotAuthentic,
            BadSignature::Legacy => Meaning::NotChecked,
        }
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            BadSignature::File => "Compare the file with the one that was signed; get both anew.".into(),
            BadSignature::Comment => "Get the signature anew: somebody changed its trusted comment.".into(),
            BadSignature::Legacy => "Ask for a signature of today's kind, which is over the hash.".into(),
        }
    }
}

impl VerifiedBlock {
    /// Check both signatures. The key's id plays no part.
    ///
    /// # Errors
    /// [`BadSignature`]
    pub fn verify(block: &Block, key: &PublicKey, payload: &Payload) -> Result<Self, BadSignature> {
        let message = match block.algorithm {
            Algorithm::Prehashed => payload.digest().as_slice(),
            Algorithm::Legacy => payload.whole().ok_or(BadSignature::Legacy)?,
        };
        if !key.verifies(message, &block.signature) {
            return Err(BadSignature::File);
        }
        if !is_comment_by(block, key) {
            return Err(BadSignature::Comment);
        }
        Ok(VerifiedBlock { block: block.clone(), key: key.clone() })
    }

    /// The block as it was read.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// Who signed it.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// What they say.
    ///
    /// # Errors
    /// Where that is not in a form that programs understand.
    pub fn statement(&self) -> Result<Statement, StatementError> {
        Statement::parse(&self.block.trusted_comment)
    }
}
