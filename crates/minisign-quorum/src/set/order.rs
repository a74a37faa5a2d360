//! In which order a set is written: readers of one block read the first.
//!
//! What this set's maker knows decides the first place only. So who knows other keys, or none, finds the order as it would be.

use super::{Bytes, First, Set, SetTooLarge, Standing, What};
use crate::block::{Algorithm, Block};
use crate::claim::normalised;
use crate::key::PublicKey;
use crate::limits;
use crate::statement::{Role, Statement};

/// The parts of a set, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// The one block that readers of one block read.
    Lead,
    /// Statements `by:publisher`.
    Publisher,
    /// All others.
    Other,
    /// Nothing is proven of it.
    Unproven,
}

impl Place {
    /// Of a block whose key is proven, or taken as proven, and that does not lead.
    pub(crate) fn of(block: &Block) -> Self {
        if role(block) == Some(Role::Publisher) { Place::Publisher } else { Place::Other }
    }
}

/// Whether readers of one block may look for a block of this kind: not for a builder's.
pub(crate) fn may_lead(block: &Block) -> bool {
    role(block) != Some(Role::Builder)
}

/// Where the block is that leads.
pub(super) enum Lead<'a> {
    Proven(&'a Bytes, &'a What),
    Kept(&'a Block),
}

impl Lead<'_> {
    pub(super) fn is_proven(&self, key: &Bytes, what: &What) -> bool {
        matches!(self, Lead::Proven(lead, said) if *lead == key && *said == what)
    }

    pub(super) fn is_kept(&self, block: &Block) -> bool {
        matches!(self, Lead::Kept(lead) if *lead == block)
    }
}

impl Set {
    /// In order: one block of the publisher who is known, or else the one that the set began with; others who say that they
    /// are publishers; then by key, and by what they say. Last are blocks of which nothing is proven.
    ///
    /// Blocks whose key is proven have its id, and the untrusted comment that names it.
    pub fn blocks(&self) -> Vec<Block> {
        let mut placed = Vec::with_capacity(self.len());
        let lead = self.lead();
        for (key, blocks) in &self.proven {
            for what in blocks.keys() {
                let Some(block) = self.written(key, what) else { continue };
                let leads = lead.as_ref().is_some_and(|lead| lead.is_proven(key, what));
                placed.push((if leads { Place::Lead } else { Place::of(&block) }, *key, block));
            }
        }
        for block in self.kept.keys() {
            let leads = lead.as_ref().is_some_and(|lead| lead.is_kept(block));
            placed.push((if leads { Place::Lead } else { Place::Unproven }, Bytes::default(), block.clone()));
        }
        placed.sort_by(|(place, key, a), (other_place, other_key, b)| {
            (place, key).cmp(&(other_place, other_key)).then_with(|| signed(a).cmp(&signed(b))).then_with(|| a.cmp(b))
        });
        placed.into_iter().map(|(_, _, block)| block).collect()
    }

    /// What stands first: the statement of a publisher who is known, or the plain comment of one whom a policy names; or else what
    /// the set began with; or else, in a new set, the plain comment of a key that was given.
    pub(super) fn lead(&self) -> Option<Lead<'_>> {
        let first = self.first.as_ref().map(|first| match first {
            First::Proven(key, what) => Lead::Proven(key, what),
            First::Kept(block) => Lead::Kept(block),
        });
        let known = |standing| move |found| found == standing;
        let publisher = || self.best(Some(Role::Publisher), |standing| standing.may_publish());
        let named = || self.best(None, known(Standing::Known(Role::Publisher)));
        let given = || self.best(None, known(Standing::Given));
        let (stood_first, began) = if self.first_was_here { (first, None) } else { (None, first) };
        publisher().or_else(named).or(stood_first).or_else(given).or(began)
    }

    /// The best block of this role that counts, of the keys with such a standing. Of several keys, that of the block with which
    /// the set began is taken, if a policy does not say more of them; or else the smallest.
    fn best(&self, wanted: Option<Role>, is_meant: impl Fn(Standing) -> bool) -> Option<Lead<'_>> {
        let began = match &self.first {
            Some(First::Proven(key, _)) if self.standing(key) == Standing::Given => Some(key),
            _ => None,
        };
        let meant = self.proven.iter().filter(|(key, _)| is_meant(self.standing(key)));
        let best = meant.filter_map(|(key, blocks)| {
            let said = blocks.iter().filter(|(_, entry)| entry.counts && role(&entry.block) == wanted);
            said.max_by_key(|(_, entry)| entry.rank()).map(|(what, _)| (key, what))
        });
        best.min_by_key(|(key, _)| (Some(*key) != began, *key)).map(|(key, what)| Lead::Proven(key, what))
    }

    /// A block as it stands in the file.
    pub(super) fn written(&self, key: &Bytes, what: &What) -> Option<Block> {
        let block = &self.proven.get(key)?.get(what)?.block;
        let named = self.signers.get(key).and_then(|signer| PublicKey::new(signer.id, key).ok());
        Some(named.map_or_else(|| block.clone(), |key| normalised(block, &key)))
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

/// What nobody can change of a block without its key.
pub(crate) fn signed(block: &Block) -> (&[u8], &[u8; 64], &[u8; 64]) {
    (&block.trusted_comment, &block.signature, &block.global_signature)
}

/// The role that a block states. Legacy signatures are not over a statement's file in the way that statements say.
fn role(block: &Block) -> Option<Role> {
    if block.algorithm == Algorithm::Legacy {
        return None;
    }
    Statement::parse(&block.trusted_comment).ok().and_then(|statement| statement.by)
}
