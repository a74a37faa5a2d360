//! Sets: `X.minisigs`. `docs/quorum.md`, section 3.
//!
//! A block does not hold its key, only an id that anyone can choose. The set's order and the collapse of equal statements
//! need the key, and so each block in a set names it in its untrusted comment. That is a claim: whoever reads a set checks
//! that the block verifies with that key, and believes nothing more.

use std::collections::BTreeMap;

use foreign::Foreign;

use super::block::{Algorithm, Block};
use super::key::{KeyId, PublicKey};
use super::payload::Payload;
use super::policy::Policy;
use super::statement::{Role, Statement, file_of_comment};
use super::verify::{BadSignature, VerifiedBlock};
use crate::limits;

/// What an untrusted comment in a set begins with; the key follows.
const CLAIM: &str = "signature by ";

/// Blocks without order or repetition; written, they always have the same bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    blocks: BTreeMap<Identity, Block>,
}

/// What makes two blocks one.
///
/// The order of identities is the order of the set: the publisher's first, then by key, and those without key at the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Identity {
    is_not_publisher: bool,
    has_no_key: bool,
    key: [u8; 32],
    comment: Vec<u8>,
    algorithm: Algorithm,
    /// Whether it is only claimed that they are by this key; then the signatures must be the same as well.
    signatures: Option<([u8; 64], [u8; 64])>,
}

/// Which keys a set may have blocks by.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    /// By the key that the block itself names, or by one of these.
    Anyone(&'a Policy),
    /// By one of these only.
    Only(&'a Policy),
}

/// Why a block does not belong in a set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It names no key, and its id is unknown.
    #[error("it is by the unknown key {id}")]
    UnknownKey {
        /// The id in it.
        id: KeyId,
    },
    /// It is not by the key.
    #[error("it has the id {id} of a key, and does not verify: {why}")]
    Bad {
        /// The id in it.
        id: KeyId,
        /// What is wrong.
        why: BadSignature,
    },
    /// It is for another file.
    #[error("it is for a file named {name}")]
    OtherFile {
        /// In the comment.
        name: Foreign,
    },
    /// It is of the legacy kind.
    #[error("it is a legacy signature, which never counts")]
    Legacy,
}

impl Refusal {
    /// What a person can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Refusal::UnknownKey { .. } => "Name the key with -p or -P, if you know it; --unverified takes any block.",
            Refusal::Bad { .. } => "Leave this block out, or compare the file with the one that was signed.",
            Refusal::OtherFile { .. } => "Check whether this is the right set; --allow-rename takes other names.",
            Refusal::Legacy => "Ask for a signature of today's kind; --unverified takes any block.",
        }
    }
}

/// The set reaches a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the set would have more than {} blocks or {} bytes", limits::BLOCKS, limits::SET_BYTES)]
pub struct SetTooLarge;

/// The key that a block in a set says it is by. Nothing signs this.
pub fn claimed_key(block: &Block) -> Option<PublicKey> {
    let key = block.untrusted_comment.strip_prefix(CLAIM.as_bytes())?;
    PublicKey::parse(key).ok().filter(|key| key.id() == block.key_id)
}

impl Set {
    /// A set with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Find out by whom a block is, and whether it is for this file.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn identify(
        block: &Block,
        payload: &Payload,
        whose: Whose,
        allow_rename: bool,
    ) -> Result<VerifiedBlock, Refusal> {
        let id = block.key_id;
        if block.algorithm == Algorithm::Legacy {
            return Err(Refusal::Legacy);
        }
        let (known, claimed) = match whose {
            Whose::Anyone(known) => (known, claimed_key(block)),
            Whose::Only(known) => (known, None),
        };
        let mut refusal = Refusal::UnknownKey { id };
        let candidates = known.keys_with_id(id).map(|trusted| trusted.key.clone()).chain(claimed);
        for key in candidates {
            match VerifiedBlock::verify(block, &key, payload) {
                Ok(verified) => {
                    return match other_file(block, payload) {
                        Some(name) if !allow_rename => Err(Refusal::OtherFile { name }),
                        _ => Ok(verified),
                    };
                }
                Err(why) => refusal = Refusal::Bad { id, why },
            }
        }
        Err(refusal)
    }

    /// Take a block whose key is known: its statement by this key is there once, whatever the order of adding.
    pub fn add(&mut self, verified: &VerifiedBlock) {
        let mut block = verified.block().clone();
        // Whose key is known says so with the id that belongs to it.
        let key = PublicKey::new(block.key_id, verified.key().as_bytes()).unwrap_or_else(|_| verified.key().clone());
        block.untrusted_comment = format!("{CLAIM}{key}").into_bytes();
        self.insert(Identity::new(&block, Some(&key), true), block);
    }

    /// Take a block without knowing whether it is what it says.
    pub fn add_unverified(&mut self, block: &Block) {
        self.insert(Identity::new(block, claimed_key(block).as_ref(), false), block.clone());
    }

    /// Of equal ones, that with the smallest bytes stays.
    fn insert(&mut self, identity: Identity, block: Block) {
        let kept = self.blocks.entry(identity).or_insert_with(|| block.clone());
        if block < *kept {
            *kept = block;
        }
    }

    /// Everything that is in either. Commutative, associative and idempotent.
    pub fn merge(&mut self, other: Set) {
        for (identity, block) in other.blocks {
            self.insert(identity, block);
        }
    }

    /// In order.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = &Block> {
        self.blocks.values()
    }

    /// As a file.
    ///
    /// # Errors
    /// Where nobody could read it.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SetTooLarge> {
        let mut bytes = Vec::new();
        self.blocks().for_each(|block| block.write(&mut bytes));
        let fits = self.blocks.len() <= limits::BLOCKS && bytes.len() as u64 <= limits::SET_BYTES;
        if fits { Ok(bytes) } else { Err(SetTooLarge) }
    }
}

impl Identity {
    fn new(block: &Block, key: Option<&PublicKey>, is_proven: bool) -> Self {
        let role = Statement::parse(&block.trusted_comment).ok().and_then(|statement| statement.by);
        Identity {
            is_not_publisher: role != Some(Role::Publisher) || block.algorithm == Algorithm::Legacy,
            has_no_key: key.is_none(),
            key: key.map(|key| *key.as_bytes()).unwrap_or_default(),
            comment: block.trusted_comment.clone(),
            algorithm: block.algorithm,
            signatures: (!is_proven).then_some((block.signature, block.global_signature)),
        }
    }
}

/// The name in the comment, if it is not this file's.
pub(super) fn other_file(block: &Block, payload: &Payload) -> Option<Foreign> {
    let name = match Statement::parse(&block.trusted_comment) {
        Ok(statement) => Some(statement.material.file),
        Err(_) => file_of_comment(&block.trusted_comment),
    };
    name.filter(|name| name != payload.name()).map(|name| Foreign::from(&name))
}
