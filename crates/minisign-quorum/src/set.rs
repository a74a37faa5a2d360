//! Sets: `X.minisigs`. `docs/quorum.md`, section 3.
//!
//! Anyone can write into an open set. So nothing that a signature does not cover decides which blocks are one, which of
//! them stays, or where it stands, as soon as the key behind it is known; and what was there first stays.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use foreign::{Meaning, Problem};

use crate::block::{Algorithm, Block};
use crate::claim::{claimed_key, normalised};
use crate::key::{KeyId, PublicKey};
use crate::limits;
use crate::statement::{Material, Role, Statement};
use crate::verify::VerifiedBlock;

/// Both signatures of a block.
type Signatures = ([u8; 64], [u8; 64]);
/// The 32 bytes that make a key this key.
type Bytes = [u8; 32];

/// Blocks without repetition, in one order.
#[derive(Clone, Debug, Default)]
pub struct Set {
    /// Blocks whose key was proven: by key, and for each key by what they say.
    proven: BTreeMap<Bytes, BTreeMap<What, Entry>>,
    /// Blocks of which nothing is proven, as they are.
    kept: BTreeSet<Block>,
    /// The id of each key, and whether that is known or only what a block said first.
    ids: BTreeMap<Bytes, (KeyId, bool)>,
    /// Keys that are known to be the publisher's.
    publishers: BTreeSet<Bytes>,
    first: Option<First>,
}

/// What the set began with, if something else may not push it away: readers of one block read this one.
#[derive(Clone, Debug)]
enum First {
    /// A publisher's block, by a key that nobody vouches for.
    Key(Bytes),
    /// A block of which nothing is proven.
    Kept(Block),
}

/// What makes two blocks by one key one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// That they say the same.
    Comment(Vec<u8>),
    /// That they say the same of what the file is made from, in the same role; the newest stays.
    Material(Role, Box<Material>),
    /// That they say nothing that counts under the policy.
    Other,
}

#[derive(Clone, Debug)]
struct Entry {
    counts: bool,
    timestamp: u64,
    block: Block,
}

/// A block whose key was proven, and what the set's maker knows of it.
#[derive(Clone, Debug)]
pub(crate) struct Proven {
    pub verified: VerifiedBlock,
    /// The key was given, and with it its id.
    pub is_known: bool,
    /// The key was given as the publisher's.
    pub is_publisher: bool,
    pub what: What,
    /// Under the policy that was given.
    pub counts: bool,
}

/// The set reaches a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the set would have more than {} blocks or {} bytes", limits::BLOCKS, limits::SET_BYTES)]
pub struct SetTooLarge;

impl Problem for SetTooLarge {
    fn code(&self) -> &'static str {
        "set-too-large"
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotChecked
    }

    fn help(&self) -> Cow<'static, str> {
        "Merge with --policy, so that only trusted keys get in; prune --policy takes the others out.".into()
    }
}

impl Entry {
    /// What counts before what does not, then the newest; and then what was signed decides, never what was not.
    fn rank(&self) -> (bool, u64, Reverse<Signatures>) {
        (self.counts, self.timestamp, Reverse((self.block.signature, self.block.global_signature)))
    }
}

impl Set {
    /// A set with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many blocks there are.
    pub fn len(&self) -> usize {
        self.proven.values().map(BTreeMap::len).sum::<usize>() + self.kept.len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Take a block by a key whose owner is known to the maker of the set: a signer's own, or one that was given.
    pub fn add(&mut self, verified: &VerifiedBlock) {
        let what = What::Comment(verified.block().trusted_comment.clone());
        let is_publisher = role(verified.block()) == Some(Role::Publisher);
        self.prove(Proven { verified: verified.clone(), is_known: true, is_publisher, what, counts: true });
    }

    pub(crate) fn prove(&mut self, proven: Proven) {
        let Proven { verified, is_known, is_publisher, what, counts } = proven;
        let key = *verified.key().as_bytes();
        self.name(key, verified.key().id(), is_known);
        if is_publisher {
            self.publishers.insert(key);
        }
        let block = verified.block().clone();
        let timestamp = Statement::parse(&block.trusted_comment).map_or(0, |statement| statement.timestamp);
        self.insert(key, what, Entry { counts, timestamp, block });
    }

    /// Take a block without knowing whether it is what it says; it stays as it is.
    pub fn keep(&mut self, block: Block) {
        self.kept.insert(block);
    }

    /// This block is the first, and stays so unless a publisher's is known.
    pub(crate) fn begin_with(&mut self, block: &Block, proven: Option<&PublicKey>) {
        self.first = match proven {
            Some(key) if role(block) == Some(Role::Publisher) => Some(First::Key(*key.as_bytes())),
            Some(_) => None,
            None => Some(First::Kept(block.clone())),
        };
    }

    fn name(&mut self, key: Bytes, id: KeyId, is_known: bool) {
        let named = self.ids.entry(key).or_insert((id, is_known));
        if is_known && !named.1 {
            *named = (id, true);
        }
    }

    fn insert(&mut self, key: Bytes, what: What, entry: Entry) {
        let blocks = self.proven.entry(key).or_default();
        match blocks.get(&what) {
            Some(present) if present.rank() >= entry.rank() => {}
            _ => drop(blocks.insert(what, entry)),
        }
    }

    /// Everything that is in either.
    ///
    /// The result has the same blocks whatever the order of merging. If nobody vouches for a key, what was here first
    /// decides under which id it is written, and which publisher stands first.
    pub fn merge(&mut self, other: Set) {
        for (key, (id, is_known)) in other.ids {
            self.name(key, id, is_known);
        }
        self.publishers.extend(other.publishers);
        for (key, blocks) in other.proven {
            blocks.into_iter().for_each(|(what, entry)| self.insert(key, what, entry));
        }
        self.kept.extend(other.kept);
        self.first = self.first.take().or(other.first);
        self.trim();
    }

    /// A key that is trusted to build must not fill the set: each has room for some materials, the publisher's before all.
    pub(crate) fn trim(&mut self) {
        let published: BTreeSet<Material> = self
            .publishers
            .iter()
            .filter_map(|key| self.proven.get(key))
            .flat_map(BTreeMap::keys)
            .filter_map(|what| match what {
                What::Material(Role::Publisher, material) => Some((**material).clone()),
                _ => None,
            })
            .collect();
        let is_published = |what: &What| matches!(what, What::Material(_, material) if published.contains(&**material));
        for blocks in self.proven.values_mut() {
            while blocks.keys().filter(|what| matches!(what, What::Material(..))).count() > limits::MATERIALS {
                let worst = blocks
                    .iter()
                    .filter(|(what, _)| matches!(what, What::Material(..)))
                    .min_by_key(|(what, entry)| (entry.counts, is_published(what), entry.rank()))
                    .map(|(what, _)| what.clone());
                let Some(worst) = worst else { break };
                blocks.remove(&worst);
            }
        }
    }

    /// Give up blocks of which nothing is proven until there is room for the others.
    pub(crate) fn make_room(&mut self) -> Vec<Block> {
        let size = |block: &Block| block.to_bytes().len() as u64;
        let (mut count, mut bytes) = (self.len(), self.blocks().iter().map(size).sum::<u64>());
        let mut given_up = Vec::new();
        while count > limits::BLOCKS || bytes > limits::SET_BYTES {
            let is_first = |block: &Block| matches!(&self.first, Some(First::Kept(first)) if first == block);
            let last = self.kept.iter().rfind(|block| !is_first(block)).or_else(|| self.kept.last());
            let Some(last) = last.cloned() else { break };
            self.kept.remove(&last);
            (count, bytes) = (count - 1, bytes - size(&last));
            given_up.push(last);
        }
        given_up
    }

    /// In order: publishers before all others, and among them those who are known, or else the one that was here first. Then
    /// by key, and by what they say. Last are blocks of which nothing is proven.
    ///
    /// Blocks whose key is proven have its id, and the untrusted comment that names it.
    pub fn blocks(&self) -> Vec<Block> {
        let mut placed = Vec::with_capacity(self.len());
        // Where a publisher is known, nothing needs the first place for having been there.
        let is_known =
            |key: &Bytes, block: &Block| role(block) == Some(Role::Publisher) && self.publishers.contains(key);
        let mut all =
            self.proven.iter().flat_map(|(key, blocks)| blocks.values().map(move |entry| (key, &entry.block)));
        let first = if all.any(|(key, block)| is_known(key, block)) { None } else { self.first.as_ref() };
        for (key, blocks) in &self.proven {
            let named = self.ids.get(key).and_then(|(id, _)| PublicKey::new(*id, key).ok());
            for entry in blocks.values() {
                let block = named.as_ref().map_or_else(|| entry.block.clone(), |key| normalised(&entry.block, key));
                let place = match role(&block) {
                    Some(Role::Publisher) if self.publishers.contains(key) => 0,
                    Some(Role::Publisher) if matches!(first, Some(First::Key(first)) if first == key) => 1,
                    Some(Role::Publisher) => 2,
                    _ => 3,
                };
                placed.push(((place, false, false, *key), block));
            }
        }
        for block in &self.kept {
            let is_first = matches!(first, Some(First::Kept(first)) if first == block);
            let claimed = claimed_key(block);
            let is_no_publisher = role(block) != Some(Role::Publisher);
            let key = claimed.as_ref().map(|key| *key.as_bytes()).unwrap_or_default();
            placed.push(((if is_first { 1 } else { 4 }, is_no_publisher, claimed.is_none(), key), block.clone()));
        }
        placed.sort_by(|(one, a), (other, b)| {
            let says = |block: &Block| (block.trusted_comment.clone(), block.signature, block.global_signature);
            one.cmp(other).then_with(|| says(a).cmp(&says(b))).then_with(|| a.cmp(b))
        });
        placed.into_iter().map(|(_, block)| block).collect()
    }

    /// As a file.
    ///
    /// # Errors
    /// Where nobody could read it.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SetTooLarge> {
        if self.len() > limits::BLOCKS {
            return Err(SetTooLarge);
        }
        let mut bytes = Vec::new();
        self.blocks().iter().for_each(|block| block.write(&mut bytes));
        if bytes.len() as u64 <= limits::SET_BYTES { Ok(bytes) } else { Err(SetTooLarge) }
    }
}

/// The role that a block states. Legacy signatures are not over a statement's file in the way that statements say.
fn role(block: &Block) -> Option<Role> {
    if block.algorithm == Algorithm::Legacy {
        return None;
    }
    Statement::parse(&block.trusted_comment).ok().and_then(|statement| statement.by)
}
