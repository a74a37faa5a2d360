//! Whom to trust, for what, and how many of them: `docs/quorum.md`, section 5.

mod error;
mod parse;

pub use error::{PolicyError, PolicyProblem};

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use foreign::{Foreign, Meaning, Problem, Time};

use crate::key::{KeyId, PublicKey};
use crate::limits;
use crate::statement::Role;

/// Parties with their keys, groups of them, and the quorum.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    parties: Vec<Party>,
    keys: Vec<TrustedKey>,
    /// Indices of [`keys`](Policy::keys). Ids are hints, and different keys may have the same.
    by_id: BTreeMap<KeyId, Vec<usize>>,
    /// The same by what makes a key this key.
    by_bytes: BTreeMap<[u8; 32], usize>,
    groups: Vec<Group>,
    names: BTreeMap<String, Member>,
    quorum: Option<Member>,
}

/// Someone whose signature counts once, whichever of their keys made it.
#[derive(Clone, Debug)]
pub struct Party {
    /// The policy's name; for keys of the command line, the key itself.
    pub name: String,
    /// What they must say that they are; keys of the command line may say anything.
    pub role: Option<Role>,
}

/// A key, and when its signatures count.
#[derive(Clone, Debug)]
pub struct TrustedKey {
    /// The key.
    pub key: PublicKey,
    /// Whose it is: an index of the parties.
    pub party: usize,
    /// Statements from this second on count.
    pub from: Option<Time>,
    /// Statements up to this second count.
    pub until: Option<Time>,
    /// Statements from this second on do not count, and why.
    pub revoked: Option<(Time, Foreign)>,
}

#[derive(Clone, Debug)]
struct Group {
    name: String,
    needed: usize,
    members: Vec<Member>,
}

/// A party or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Member {
    /// An index.
    Party(usize),
    /// An index.
    Group(usize),
}

/// The same key is given twice, perhaps under two ids.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key {key} is given twice")]
pub struct SameKey {
    /// In base64, as it was given the second time.
    pub key: String,
}

impl Problem for SameKey {
    fn code(&self) -> &'static str {
        "key-given-twice"
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotChecked
    }

    fn help(&self) -> Cow<'static, str> {
        "Give each key once: it counts once.".into()
    }
}

impl Policy {
    /// Keys without names: each is a party of its own, at any time and in any role.
    ///
    /// # Errors
    /// Where two are the same.
    pub fn of_keys(keys: Vec<PublicKey>) -> Result<Self, SameKey> {
        let mut policy = Policy::default();
        for key in keys {
            let party = policy.parties.len();
            policy.parties.push(Party { name: key.to_string(), role: None });
            policy.add_key(TrustedKey { key, party, from: None, until: None, revoked: None })?;
        }
        Ok(policy)
    }

    fn add_key(&mut self, trusted: TrustedKey) -> Result<(), SameKey> {
        if self.by_bytes.contains_key(trusted.key.as_bytes()) {
            return Err(SameKey { key: trusted.key.to_string() });
        }
        self.by_bytes.insert(*trusted.key.as_bytes(), self.keys.len());
        self.by_id.entry(trusted.key.id()).or_default().push(self.keys.len());
        self.keys.push(trusted);
        Ok(())
    }

    /// The keys, in the order of their definition.
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// The keys with this id, of which there may be several.
    pub fn keys_with_id(&self, id: KeyId) -> impl Iterator<Item = &TrustedKey> {
        self.by_id.get(&id).into_iter().flatten().filter_map(|index| self.keys.get(*index))
    }

    /// What the policy says of this key, whatever its id.
    pub fn key(&self, key: &PublicKey) -> Option<&TrustedKey> {
        self.keys.get(*self.by_bytes.get(key.as_bytes())?)
    }

    /// In which role this key signs; keys of the command line may sign in any.
    pub fn role(&self, trusted: &TrustedKey) -> Option<Role> {
        self.parties.get(trusted.party).and_then(|party| party.role)
    }

    /// Everyone.
    pub fn parties(&self) -> &[Party] {
        &self.parties
    }

    /// The party with this index.
    pub fn name(&self, party: usize) -> &str {
        self.parties.get(party).map_or("", |party| &party.name)
    }

    /// A party or group by its name.
    pub fn member(&self, name: &str) -> Option<Member> {
        self.names.get(name).copied()
    }

    /// What the line `quorum` names.
    pub fn quorum(&self) -> Option<Member> {
        self.quorum
    }

    /// A party's or group's name.
    pub fn name_of(&self, member: Member) -> &str {
        match member {
            Member::Party(party) => self.name(party),
            Member::Group(group) => self.groups.get(group).map_or("", |group| &group.name),
        }
    }

    /// Whether these parties are enough for it. No party counts for two members of a group: no name is in two groups.
    pub fn is_met(&self, member: Member, signed: &BTreeSet<usize>) -> bool {
        self.is_met_within(member, signed, limits::GROUP_DEPTH)
    }

    fn is_met_within(&self, member: Member, signed: &BTreeSet<usize>, depth: usize) -> bool {
        match (member, depth.checked_sub(1)) {
            (Member::Party(party), _) => signed.contains(&party),
            (Member::Group(_), None) => false,
            (Member::Group(index), Some(depth)) => self.groups.get(index).is_some_and(|group| {
                let met = group.members.iter().filter(|member| self.is_met_within(**member, signed, depth));
                met.count() >= group.needed.max(1)
            }),
        }
    }
}
