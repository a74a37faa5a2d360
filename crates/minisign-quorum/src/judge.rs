//! Who signed, and whether that is enough: `docs/quorum.md`, section 4.
//!
//! Counted are parties of the policy, each once and on one side only: signatures by different keys, ids, blocks and
//! times are worth no more than the parties behind their keys. Parties who name different material stand on different
//! sides, which do not add up.

use std::collections::{BTreeMap, BTreeSet};

use foreign::Foreign;
use foreign::Time;

use super::block::{Algorithm, Block};
use super::key::{KeyId, PublicKey};
use super::payload::Payload;
use super::policy::{Member, Policy, TrustedKey};
use super::statement::{Material, Role, Statement, StatementError};
use super::verify::{BadSignature, VerifiedBlock};

/// What is asked for beside the policy's own quorum.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// So many parties.
    pub threshold: Option<usize>,
    /// Each of these parties and groups.
    pub require: Vec<Member>,
    /// The statement may name another file than the one at hand.
    pub allow_rename: bool,
}

/// What became of one block.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its place in the set, from 1.
    pub number: usize,
    /// The id in it.
    pub key_id: KeyId,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of one block.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It counts for this party, among those who name the same material.
    Good {
        /// An index of the policy's parties.
        party: usize,
        /// The key that made it.
        key: PublicKey,
        /// When, as the signer says.
        time: Time,
        /// From what.
        material: Material,
    },
    /// It is by a trusted key over this file, and does not count.
    NotCounted {
        /// An index of the policy's parties.
        party: usize,
        /// The key that made it.
        key: PublicKey,
        /// Why.
        why: NotCounted,
    },
    /// It has the id of a trusted key, and is not by it.
    Bad {
        /// The parties whose keys have this id.
        parties: Vec<usize>,
        /// What is wrong with it.
        why: BadSignature,
    },
    /// It has the id of a trusted key, and is of the legacy kind, which does not count and is not looked at.
    Legacy {
        /// The parties whose keys have this id.
        parties: Vec<usize>,
    },
    /// Its key is not trusted.
    Unknown,
}

/// Why a good signature by a trusted key does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCounted {
    /// Section 2.
    #[error("its trusted comment is no statement: it {0}")]
    Statement(StatementError),
    /// A file under another name, perhaps that of an older release.
    #[error("it is for a file named {0}")]
    OtherFile(Foreign),
    /// A builder who speaks as publisher, or the other way round.
    #[error("it says by:{found}, and the policy has a {expected}")]
    OtherRole {
        /// In the statement.
        found: Role,
        /// In the policy.
        expected: Role,
    },
    /// A comment of today's minisign.
    #[error("it does not say by whom and from what the file is made")]
    NoRole,
    /// `from`
    #[error("it is dated {time}, and the key counts from {from}")]
    TooEarly {
        /// In the statement.
        time: Time,
        /// In the policy.
        from: Time,
    },
    /// `until`
    #[error("it is dated {time}, and the key counts until {until}")]
    TooLate {
        /// In the statement.
        time: Time,
        /// In the policy.
        until: Time,
    },
    /// `revoked`
    #[error("it is dated {time}, and the key is revoked from {from}: {reason}")]
    Revoked {
        /// In the statement.
        time: Time,
        /// In the policy.
        from: Time,
        /// In the policy.
        reason: Foreign,
    },
}

/// Parties who name the same material.
#[derive(Clone, Debug)]
pub struct Side {
    /// What they name.
    pub material: Material,
    /// Indices of the policy's parties, each once.
    pub parties: BTreeSet<usize>,
}

/// The whole of it.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// One for each block, in the order of the set.
    pub findings: Vec<Finding>,
    /// Those who count: the first is the one that decides, if there is any.
    pub sides: Vec<Side>,
    /// Whether the first side is enough. A bad block by a trusted key still spoils it: see [`is_good`](Judgement::is_good).
    pub is_met: bool,
}

impl Judgement {
    /// The quorum is met, and no block with a trusted key's id is bad.
    pub fn is_good(&self) -> bool {
        self.is_met && self.bad().next().is_none()
    }

    /// Blocks with a trusted key's id that are not by it.
    pub fn bad(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| matches!(finding.outcome, Outcome::Bad { .. }))
    }

    /// Who counts.
    pub fn signed(&self) -> BTreeSet<usize> {
        self.sides.first().map(|side| side.parties.clone()).unwrap_or_default()
    }
}

/// Judge the blocks of a set.
pub fn judge(blocks: &[Block], payload: &Payload, policy: &Policy, conditions: &Conditions) -> Judgement {
    let findings: Vec<Finding> = (1..)
        .zip(blocks)
        .map(|(number, block)| Finding {
            number,
            key_id: block.key_id(),
            outcome: examine(block, payload, policy, conditions),
        })
        .collect();
    let mut sides = BTreeMap::<&Material, BTreeSet<usize>>::new();
    for finding in &findings {
        if let Outcome::Good { party, material, .. } = &finding.outcome {
            sides.entry(material).or_default().insert(*party);
        }
    }
    let is_met = |parties: &BTreeSet<usize>| {
        let members = policy.quorum().into_iter().chain(conditions.require.iter().copied());
        // Nothing asked for is nothing proven.
        let is_anything_asked =
            policy.quorum().is_some() || conditions.threshold.is_some() || !conditions.require.is_empty();
        is_anything_asked
            && parties.len() >= conditions.threshold.unwrap_or(1).max(1)
            && members.into_iter().all(|member| policy.is_met(member, parties))
    };
    let is_publishers = |parties: &BTreeSet<usize>| {
        parties
            .iter()
            .any(|party| policy.parties().get(*party).is_some_and(|party| party.role == Some(Role::Publisher)))
    };
    let mut sides: Vec<Side> =
        sides.into_iter().map(|(material, parties)| Side { material: material.clone(), parties }).collect();
    // Enough before not enough, then the publisher's, then the most; the order of materials decides the rest.
    sides.sort_by_key(|side| (!is_met(&side.parties), !is_publishers(&side.parties), usize::MAX - side.parties.len()));
    let is_met = sides.first().is_some_and(|side| is_met(&side.parties));
    Judgement { findings, sides, is_met }
}

fn examine(block: &Block, payload: &Payload, policy: &Policy, conditions: &Conditions) -> Outcome {
    let candidates: Vec<&TrustedKey> = policy.keys_with_id(block.key_id()).collect();
    if candidates.is_empty() {
        return Outcome::Unknown;
    }
    let parties = || candidates.iter().map(|trusted| trusted.party).collect::<BTreeSet<_>>().into_iter().collect();
    if block.algorithm() == Algorithm::Legacy {
        return Outcome::Legacy { parties: parties() };
    }
    let mut why = BadSignature::File;
    for trusted in &candidates {
        match VerifiedBlock::verify(block, &trusted.key, payload) {
            Ok(verified) => return weigh(&verified, trusted, payload, policy, conditions),
            // The first signature is by this key: that says more than that it is by none of the others.
            Err(BadSignature::Comment) => why = BadSignature::Comment,
            Err(_) => {}
        }
    }
    Outcome::Bad { parties: parties(), why }
}

fn weigh(
    verified: &VerifiedBlock,
    trusted: &TrustedKey,
    payload: &Payload,
    policy: &Policy,
    conditions: &Conditions,
) -> Outcome {
    let (party, key) = (trusted.party, verified.key().clone());
    match counted(verified, trusted, payload, policy, conditions) {
        Ok(Statement { timestamp, material, .. }) => Outcome::Good { party, key, time: Time(timestamp), material },
        Err(why) => Outcome::NotCounted { party, key, why },
    }
}

fn counted(
    verified: &VerifiedBlock,
    trusted: &TrustedKey,
    payload: &Payload,
    policy: &Policy,
    conditions: &Conditions,
) -> Result<Statement, NotCounted> {
    let statement = verified.statement().map_err(NotCounted::Statement)?;
    if statement.material.file != payload.name() && !conditions.allow_rename {
        return Err(NotCounted::OtherFile(statement.material.file()));
    }
    if let Some(expected) = policy.parties().get(trusted.party).and_then(|party| party.role) {
        match statement.by {
            Some(found) if found == expected => {}
            Some(found) => return Err(NotCounted::OtherRole { found, expected }),
            None => return Err(NotCounted::NoRole),
        }
    }
    let time = Time(statement.timestamp);
    if let Some(from) = trusted.from.filter(|from| time < *from) {
        return Err(NotCounted::TooEarly { time, from });
    }
    if let Some(until) = trusted.until.filter(|until| time > *until) {
        return Err(NotCounted::TooLate { time, until });
    }
    match &trusted.revoked {
        Some((from, reason)) if time >= *from => Err(NotCounted::Revoked { time, from: *from, reason: reason.clone() }),
        _ => Ok(statement),
    }
}
