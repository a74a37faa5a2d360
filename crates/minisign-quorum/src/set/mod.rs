//! Sets: `X.minisigs`. `docs/quorum.md`, section 3.
//!
//! Anyone can write into an open set. So nothing that a signature does not cover decides which blocks are one, which of
//! them stays, or where it stands, as soon as the key behind it is known; and what was there first stays.
//!
//! ```text
//! blocks --> Set     by key, and by what they say; what nobody proved as it is
//!            room    what is given up if there is not room for all
//!            order   publishers first --> the file
//! ```

mod order;
mod room;

pub(crate) use order::{Place, may_lead, signed};

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use foreign::{Meaning, Problem};

use crate::block::Block;
use crate::key::KeyId;
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
    kept: BTreeMap<Block, Kept>,
    /// The keys behind the proven ones.
    signers: BTreeMap<Bytes, Signer>,
    first: Option<First>,
    /// It is what the file began with, and not only the first of what came.
    first_was_here: bool,
}

/// What the set began with: readers of one block read this one, and something else may not push it away.
#[derive(Clone, Debug)]
enum First {
    /// A block whose key is proven.
    Proven(Bytes, What),
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
    /// That they say nothing of what the file is made from, under a policy.
    Other,
}

#[derive(Clone, Debug)]
struct Entry {
    counts: bool,
    timestamp: u64,
    block: Block,
    was_here: bool,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    proof: Proof,
    was_here: bool,
}

/// What is known of who made a block: the more it may be somebody's, the longer it stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Proof {
    /// The key that it names, or leads to, did not make it.
    Bad,
    /// It is of the legacy kind, or for another file.
    Unfit,
    /// Nobody knows the key.
    Unknown,
    /// Its key made it.
    Proven,
}

/// What is known of a key.
#[derive(Clone, Copy, Debug)]
struct Signer {
    id: KeyId,
    standing: Standing,
}

/// Who vouches for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The policy that was given names it in this role.
    Known(Role),
    /// It was given without a role, or is the maker's own.
    Given,
    /// Nobody.
    Stranger,
}

/// A block whose key was proven, and what the set's maker knows of it.
#[derive(Clone, Debug)]
pub(crate) struct Proven {
    pub verified: VerifiedBlock,
    pub standing: Standing,
    pub what: What,
    /// For somebody: under the policy that was given, or for readers without one.
    pub counts: bool,
    /// In its comment.
    pub timestamp: u64,
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

impl Standing {
    fn is_known(self) -> bool {
        self != Standing::Stranger
    }

    fn may_publish(self) -> bool {
        matches!(self, Standing::Given | Standing::Known(Role::Publisher))
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
        let comment = verified.block().trusted_comment.clone();
        let timestamp = Statement::parse(&comment).map_or(0, |statement| statement.timestamp);
        let (what, verified) = (What::Comment(comment), verified.clone());
        self.prove(Proven { verified, standing: Standing::Given, what, counts: true, timestamp });
    }

    pub(crate) fn prove(&mut self, proven: Proven) {
        let Proven { verified, standing, what, counts, timestamp } = proven;
        let key = *verified.key().as_bytes();
        let id = if standing.is_known() { verified.key().id() } else { verified.block().key_id() };
        self.know(key, Signer { id, standing });
        self.insert(key, what, Entry { counts, timestamp, block: verified.block().clone(), was_here: false });
    }

    /// Take a block without knowing whether it is what it says; it stays as it is.
    pub fn keep(&mut self, block: Block) {
        self.keep_as(block, Proof::Unknown);
    }

    pub(crate) fn keep_as(&mut self, block: Block, proof: Proof) {
        self.kept.entry(block).or_insert(Kept { proof, was_here: false });
    }

    /// The next block is the first, and stays so unless a publisher's is known. A builder's has no such place.
    pub(crate) fn begin_with(&mut self, proven: &Proven) {
        if proven.standing != Standing::Known(Role::Builder) && may_lead(proven.verified.block()) {
            self.first = Some(First::Proven(*proven.verified.key().as_bytes(), proven.what.clone()));
        }
    }

    /// The same for a block of which nothing is proven.
    pub(crate) fn begin_with_unproven(&mut self, block: &Block) {
        self.first = Some(First::Kept(block.clone()));
    }

    /// All that is in it now was there before whatever comes.
    pub(crate) fn settle(&mut self) {
        self.proven.values_mut().flat_map(BTreeMap::values_mut).for_each(|entry| entry.was_here = true);
        self.kept.values_mut().for_each(|kept| kept.was_here = true);
        self.first_was_here = self.first.is_some();
    }

    fn know(&mut self, key: Bytes, signer: Signer) {
        let known = self.signers.entry(key).or_insert(signer);
        if signer.standing.is_known() && !known.standing.is_known() {
            *known = signer;
        }
    }

    fn insert(&mut self, key: Bytes, what: What, entry: Entry) {
        let blocks = self.proven.entry(key).or_default();
        let was_here = entry.was_here || blocks.get(&what).is_some_and(|present| present.was_here);
        match blocks.get_mut(&what) {
            Some(present) if present.rank() >= entry.rank() => present.was_here = was_here,
            _ => drop(blocks.insert(what, Entry { was_here, ..entry })),
        }
    }

    /// Everything that is in either.
    ///
    /// The result has the same blocks whatever the order of merging. If nobody vouches for a key, what was here first
    /// decides under which id it is written, and which block stands first.
    pub fn merge(&mut self, other: Set) {
        for (key, signer) in other.signers {
            self.know(key, signer);
        }
        for (key, blocks) in other.proven {
            blocks.into_iter().for_each(|(what, entry)| self.insert(key, what, entry));
        }
        for (block, kept) in other.kept {
            let present = self.kept.entry(block).or_insert(kept);
            present.was_here |= kept.was_here;
        }
        if self.first.is_none() {
            (self.first, self.first_was_here) = (other.first, other.first_was_here);
        }
    }

    fn standing(&self, key: &Bytes) -> Standing {
        self.signers.get(key).map_or(Standing::Stranger, |signer| signer.standing)
    }

    /// What publishers who are known say that the file is made from.
    fn published(&self) -> BTreeSet<&Material> {
        let known = self.proven.iter().filter(|(key, _)| self.standing(key).may_publish());
        let materials = known.flat_map(|(_, blocks)| blocks).filter_map(|(what, entry)| match what {
            What::Material(Role::Publisher, material) if entry.counts => Some(&**material),
            _ => None,
        });
        materials.collect()
    }
}
