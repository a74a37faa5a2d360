//! One good signature by any of some keys: what `minisign -V` asks for. `docs/quorum.md`, section 4.

use std::borrow::Cow;
use std::collections::BTreeSet;

use foreign::{Foreign, Meaning, Problem};

use crate::author::candidates;
use crate::block::{Algorithm, Block};
use crate::claim::claimed_key;
use crate::key::KeyId;
use crate::name::SignedName;
use crate::payload::Payload;
use crate::policy::{Policy, TrustedKey};
use crate::verify::{BadSignature, VerifiedBlock, is_comment_by};

/// A good signature, and what else there is to say.
#[derive(Clone, Debug)]
pub struct PlainAnswer {
    /// The first that is good.
    pub good: VerifiedBlock,
    /// Whether its comment names the file. Without that, anyone who can rename files can pass one off as another.
    pub names_file: bool,
    /// Other blocks, with their numbers, that pretend to be by one of the keys.
    pub bad: Vec<(usize, KeyId, BadSignature)>,
}

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
    #[error("none of the {blocks} signatures is by a trusted key: {found} signed, and the key given is {given}")]
    Nobody {
        /// How many there are.
        blocks: usize,
        /// The ids in them, of which the first few are shown.
        found: Ids,
        /// The ids of the keys that were given.
        given: Ids,
    },
}

/// Ids of keys, for showing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ids(BTreeSet<KeyId>);

impl std::fmt::Display for Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        /// More than these help nobody.
        const SHOWN: usize = 5;
        for (number, id) in self.0.iter().take(SHOWN).enumerate() {
            write!(f, "{}{id}", if number == 0 { "" } else { ", " })?;
        }
        match self.0.len().checked_sub(SHOWN) {
            None | Some(0) if !self.0.is_empty() => Ok(()),
            None | Some(0) => f.write_str("nobody"),
            Some(more) => write!(f, " and {more} more"),
        }
    }
}

impl Problem for PlainError {
    fn code(&self) -> &'static str {
        match self {
            PlainError::Bad { why, .. } => why.code(),
            PlainError::OtherFile { .. } => "other-file",
            PlainError::Legacy => "signature-legacy",
            PlainError::Nobody { .. } => "no-trusted-signature",
        }
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotAuthentic
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            PlainError::Bad { why: BadSignature::File, .. } => {
                "The file is not the one that was signed. Get the file and its signatures anew, or from another mirror."
                    .into()
            }
            PlainError::Bad { .. } => {
                "Do not use the file; get it and its signatures anew, or from another mirror.".into()
            }
            PlainError::OtherFile { name } => format!(
                "The file was renamed, or is another release. Give it the name {name}; --allow-rename takes any name."
            )
            .into(),
            PlainError::Legacy => "Ask for a signature of today's kind, or leave -H out.".into(),
            PlainError::Nobody { .. } => {
                "Check the keys after -p and -P: is this the signer's key? show prints the keys that the set names."
                    .into()
            }
        }
    }
}

/// Find the first good signature over the file.
///
/// ```
/// use minisign_quorum::{Block, Payload, Policy, PublicKey, first_good};
///
/// # use minisign_quorum::{SecretKey, sign};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let payload = Payload::from_reader(b"hello-1.0.tar.gz", &b"the bytes of a release"[..])?;
/// # let key = SecretKey::generate()?;
/// # let text = sign(&payload, &key, b"timestamp:1714300000\tfile:hello-1.0.tar.gz\thashed")?.block().to_bytes();
/// # let key = key.public().to_string();
/// let keys = Policy::of_keys(vec![PublicKey::parse(key.as_bytes())?])?;
/// let answer = first_good(&[Block::parse_first(&text)?], &payload, &keys, false, false)?;
/// assert!(answer.names_file);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Where there is none.
/// [`Legacy`](PlainError::Legacy) if only such may be good; then `allow_legacy` takes a payload that was read with its content.
pub fn first_good(
    blocks: &[Block],
    payload: &Payload,
    keys: &Policy,
    allow_legacy: bool,
    allow_rename: bool,
) -> Result<PlainAnswer, PlainError> {
    let (mut good, mut problem, mut bad) = (None, None, Vec::new());
    for (number, block) in (1..).zip(blocks) {
        let candidates = candidates(block, keys);
        if candidates.is_empty() {
            continue;
        }
        let verified = match first_by(&candidates, block, payload, allow_legacy) {
            Ok(verified) => verified,
            Err(BadSignature::Legacy) => {
                problem = Some(PlainError::Legacy);
                continue;
            }
            Err(why) => {
                // A stranger who took the id of a trusted key, and says so, is a stranger.
                if claimed_key(block).is_none_or(|claimed| keys.key(&claimed).is_some()) {
                    bad.push((number, block.key_id(), why));
                }
                continue;
            }
        };
        match SignedName::of(block.trusted_comment().as_bytes()).other_than(payload.name()) {
            // That a legacy one may be good is told instead: it was not looked at.
            Some(name) if !allow_rename => problem = problem.or(Some(PlainError::OtherFile { name })),
            _ => good = good.or(Some(verified)),
        }
    }
    match (good, bad.first(), problem) {
        (Some(good), ..) => {
            let names_file = SignedName::of(good.block().trusted_comment().as_bytes()) != SignedName::Nothing;
            Ok(PlainAnswer { good, names_file, bad })
        }
        (None, _, Some(problem)) => Err(problem),
        (None, Some((number, id, why)), None) => Err(PlainError::Bad { number: *number, id: *id, why: *why }),
        (None, None, None) => Err(PlainError::Nobody {
            blocks: blocks.len(),
            found: Ids(blocks.iter().map(Block::key_id).collect()),
            given: Ids(keys.keys().iter().map(|trusted| trusted.key.id()).collect()),
        }),
    }
}

/// By the first of these keys that made it.
fn first_by(
    keys: &[&TrustedKey],
    block: &Block,
    payload: &Payload,
    allow_legacy: bool,
) -> Result<VerifiedBlock, BadSignature> {
    let mut why = BadSignature::File;
    for TrustedKey { key, .. } in keys {
        let is_legacy = block.algorithm() == Algorithm::Legacy;
        // What a legacy signature is over takes the whole file to see: not for a block that anyone can make.
        let verified = match is_legacy && !is_comment_by(block, key) {
            true => Err(BadSignature::Comment),
            false if is_legacy && !allow_legacy => return Err(BadSignature::Legacy),
            false => VerifiedBlock::verify(block, key, payload),
        };
        match verified {
            Ok(verified) => return Ok(verified),
            Err(error) => why = error,
        }
    }
    Err(why)
}
