//! By whom a block is: the one place where ids and claims, which nothing signs, meet the keys that are known.
//!
//! Ids and claims only say which keys to try. Whatever they say, a block by a known key is found to be by that key if its id
//! or its claim leads there, and a stranger's block stays a stranger's.

use crate::block::{Algorithm, Block};
use crate::claim::claimed_key;
use crate::payload::Payload;
use crate::policy::{Policy, TrustedKey};
use crate::verify::{BadSignature, VerifiedBlock};

/// By whom a block is.
#[derive(Debug)]
pub(crate) enum Author<'a> {
    /// By a key that is known.
    Known(&'a TrustedKey, VerifiedBlock),
    /// By the key that it names, which is not known.
    Stranger(VerifiedBlock),
    /// It names a key that is not known, and is not by it.
    NotEvenStranger(BadSignature),
    /// No key explains it. It names one of these known keys; or it names none, and has the id of these.
    Bad(Vec<&'a TrustedKey>, BadSignature),
    /// It is of the legacy kind, which sets do not have. It has the id of these keys, or names one of them.
    Legacy(Vec<&'a TrustedKey>),
    /// It names no key, and its id is not that of a known one.
    Unknown,
}

/// The known keys to which a block's id or claim leads, each once.
pub(crate) fn candidates<'a>(block: &Block, known: &'a Policy) -> Vec<&'a TrustedKey> {
    // The one that it names first: many keys may have one id.
    let claimed = claimed_key(block).and_then(|key| known.key(&key));
    let is_other = |trusted: &&TrustedKey| claimed.is_none_or(|claimed| claimed.key != trusted.key);
    claimed.into_iter().chain(known.keys_with_id(block.key_id()).filter(is_other)).collect()
}

/// Find out by whom a block is.
pub(crate) fn author<'a>(block: &Block, payload: &Payload, known: &'a Policy) -> Author<'a> {
    let candidates = candidates(block, known);
    if block.algorithm() == Algorithm::Legacy {
        return Author::Legacy(candidates);
    }
    let mut why = BadSignature::File;
    for trusted in &candidates {
        match VerifiedBlock::verify(block, &trusted.key, payload) {
            Ok(verified) => return Author::Known(trusted, verified),
            // The first signature is by this key: that says more than that it is by none of the others.
            Err(BadSignature::Comment) => why = BadSignature::Comment,
            Err(_) => {}
        }
    }
    match claimed_key(block) {
        Some(claimed) => match known.key(&claimed) {
            Some(trusted) => Author::Bad(vec![trusted], why),
            None => match VerifiedBlock::verify(block, &claimed, payload) {
                Ok(verified) => Author::Stranger(verified),
                Err(why) => Author::NotEvenStranger(why),
            },
        },
        None if candidates.is_empty() => Author::Unknown,
        None => Author::Bad(candidates, why),
    }
}
