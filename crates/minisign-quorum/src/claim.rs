//! What a block in a set says of its key. `docs/quorum.md`, section 3.
//!
//! A block does not hold its key, only an id that anyone can choose. In a set, the untrusted comment names the key. This is
//! a claim that nothing signs: it says which key to try, and decides nothing.

use crate::block::Block;
use crate::key::PublicKey;

/// What an untrusted comment in a set begins with; the key follows.
const CLAIM: &str = "signature by ";

/// The key that a block says it is by. Nothing signs this, and the id in it may be another than the block's.
pub fn claimed_key(block: &Block) -> Option<PublicKey> {
    PublicKey::parse(block.untrusted_comment.strip_prefix(CLAIM.as_bytes())?).ok()
}

/// The same signatures, with the id and the untrusted comment that blocks by this key have in every set.
pub(crate) fn normalised(block: &Block, key: &PublicKey) -> Block {
    Block { key_id: key.id(), untrusted_comment: format!("{CLAIM}{key}").into_bytes(), ..block.clone() }
}
