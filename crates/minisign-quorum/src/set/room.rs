//! What is given up if there is not room for all. Nobody may fill a set so that those who are known have no place in it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::{Bytes, Entry, Proof, Set, Signatures, What};
use crate::block::Block;
use crate::limits;
use crate::statement::Material;

/// How much a block is worth for those who read the set; what has least goes first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Worth {
    /// It is the one that readers of one block read.
    leads: bool,
    is_known: bool,
    is_published: bool,
    counts: bool,
    /// Of a known key, before the others of that key: each has one before any has two.
    among_known: Reverse<usize>,
    was_here: bool,
    proof: Proof,
    among_strangers: Reverse<usize>,
    timestamp: u64,
    signatures: Reverse<Signatures>,
}

/// Where a block is.
enum Slot {
    Proven(Bytes, What),
    Kept(Block),
}

impl Set {
    /// A key that is trusted to build must not fill the set: each has room for some materials, the publisher's before all.
    /// Returned is what was given up, as it would have been written.
    pub(crate) fn trim(&mut self) -> Vec<Block> {
        let published: BTreeSet<Material> = self.published().into_iter().cloned().collect();
        let is_published = |what: &What| matches!(what, What::Material(_, material) if published.contains(&**material));
        let mut given_up = Vec::new();
        for (key, blocks) in &self.proven {
            let mut ranked: Vec<_> = blocks
                .iter()
                .filter(|(what, _)| matches!(what, What::Material(..)))
                .map(|(what, entry)| (Reverse((entry.counts, is_published(what), entry.rank())), what.clone()))
                .collect();
            ranked.sort();
            given_up.extend(ranked.into_iter().skip(limits::MATERIALS).map(|(_, what)| (*key, what)));
        }
        let mut blocks = Vec::new();
        for (key, what) in given_up {
            blocks.extend(self.written(&key, &what));
            self.remove(Slot::Proven(key, what));
        }
        blocks
    }

    /// Give up what is worth least, until the rest is a set that can be read.
    ///
    /// Blocks by keys that are known go last, and what was there before goes after what is new. Returned is what was given
    /// up, as it would have been written.
    pub fn shrink(&mut self) -> Vec<Block> {
        if self.to_bytes().is_ok() {
            return Vec::new();
        }
        let mut given_up = self.trim();
        let mut ranked = self.ranked();
        ranked.sort_by(|(one, ..), (other, ..)| other.cmp(one));
        let (mut count, mut bytes) = (0, 0);
        for (_, slot, block) in ranked {
            let size = block.to_bytes().len() as u64;
            if count < limits::BLOCKS && bytes + size <= limits::SET_BYTES {
                (count, bytes) = (count + 1, bytes + size);
                continue;
            }
            self.remove(slot);
            given_up.push(block);
        }
        given_up
    }

    fn ranked(&self) -> Vec<(Worth, Slot, Block)> {
        let (lead, published) = (self.lead(), self.published());
        let mut ranked = Vec::with_capacity(self.len());
        for (key, blocks) in &self.proven {
            let mut own: Vec<(&What, &Entry)> = blocks.iter().collect();
            own.sort_by_key(|(_, entry)| Reverse(entry.rank()));
            for (number, (what, entry)) in own.into_iter().enumerate() {
                // A key that is known has a claim to some places, and not to the whole set.
                let is_known = self.standing(key).is_known() && number < limits::MATERIALS;
                let worth = Worth {
                    leads: lead.as_ref().is_some_and(|lead| lead.is_proven(key, what)),
                    is_known,
                    is_published: matches!(what, What::Material(_, material) if published.contains(&**material)),
                    counts: is_known && entry.counts,
                    among_known: Reverse(if is_known { number } else { 0 }),
                    was_here: entry.was_here,
                    proof: Proof::Proven,
                    among_strangers: Reverse(number),
                    timestamp: entry.timestamp,
                    signatures: Reverse((entry.block.signature, entry.block.global_signature)),
                };
                let block = self.written(key, what).unwrap_or_else(|| entry.block.clone());
                ranked.push((worth, Slot::Proven(*key, what.clone()), block));
            }
        }
        for (block, kept) in &self.kept {
            let worth = Worth {
                leads: lead.as_ref().is_some_and(|lead| lead.is_kept(block)),
                is_known: false,
                is_published: false,
                counts: false,
                among_known: Reverse(0),
                was_here: kept.was_here,
                proof: kept.proof,
                among_strangers: Reverse(0),
                timestamp: 0,
                signatures: Reverse((block.signature, block.global_signature)),
            };
            ranked.push((worth, Slot::Kept(block.clone()), block.clone()));
        }
        ranked
    }

    fn remove(&mut self, slot: Slot) {
        match slot {
            Slot::Kept(block) => drop(self.kept.remove(&block)),
            Slot::Proven(key, what) => {
                let Some(blocks) = self.proven.get_mut(&key) else { return };
                blocks.remove(&what);
                if blocks.is_empty() {
                    self.proven.remove(&key);
                }
            }
        }
    }
}
