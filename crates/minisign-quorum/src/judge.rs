//! Who signed, and whether that is enough: `docs/quorum.md`, section 4.
//!
//! Counted are parties of the policy, each once and on one side only: signatures by different keys, ids, blocks and
//! times are worth no more than the parties behind their keys. Parties who name different material stand on different
//! sides, which do not add up.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use foreign::{DAY, Foreign, Meaning, Problem, Time};

use crate::author::{Author, author};
use crate::block::Block;
use crate::key::{KeyId, PublicKey};
use crate::name::{SignedName, UNCLEAR};
use crate::payload::Payload;
use crate::policy::{Member, Policy, TrustedKey};
use crate::statement::{Material, Role, Statement, StatementError};
use crate::verify::{BadSignature, VerifiedBlock};

/// What is asked for beside the policy's own quorum.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// This many parties, the publisher among them.
    pub threshold: Option<usize>,
    /// This many builders, the publisher not among them.
    pub builders: Option<usize>,
    /// Each of these parties and groups.
    pub require: Vec<Member>,
    /// The statement may name another file than the one at hand.
    pub allow_rename: bool,
    /// A bad block makes the answer no, even if the quorum is met without it.
    pub strict: bool,
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
#[allow(clippy::large_enum_variant, reason = "a set has few blocks, and most are good")]
pub enum Outcome {
    /// It counts for this party, among those who name the same material.
    Good {
        /// An index of the policy's parties.
        party: usize,
        /// The key that made it.
        key: PublicKey,
        /// What it says.
        said: Said,
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
    /// No key explains it. It names a trusted key; or it names none, and has the id of a trusted key.
    Bad {
        /// The parties with these keys.
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

/// What a block that counts says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// When, as the signer says; comments that people wrote may say nothing of it.
    pub time: Option<Time>,
    /// In which role; today's minisign says nothing of it.
    pub by: Option<Role>,
    /// From what.
    pub material: Material,
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
    /// A comment that anyone can use for any file with these bytes.
    #[error("its trusted comment names no file")]
    NoFile,
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

impl Problem for NotCounted {
    fn code(&self) -> &'static str {
        match self {
            NotCounted::Statement(error) => error.code(),
            NotCounted::OtherFile(_) => "other-file",
            NotCounted::NoFile => "names-no-file",
            NotCounted::OtherRole { .. } => "other-role",
            NotCounted::NoRole => "no-role",
            NotCounted::TooEarly { .. } => "key-not-yet",
            NotCounted::TooLate { .. } => "key-no-longer",
            NotCounted::Revoked { .. } => "key-revoked",
        }
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotAuthentic
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            NotCounted::Statement(error) => error.help(),
            NotCounted::OtherFile(name) => format!(
                "If this is the file that was signed as {name}, give it that name; --allow-rename takes any name."
            )
            .into(),
            NotCounted::NoFile => "Ask the signer for a signature that names the file.".into(),
            NotCounted::OtherRole { .. } => {
                "Correct the line in the policy, or ask the signer for the other role.".into()
            }
            NotCounted::NoRole => "Ask the signer to sign with sign or cosign.".into(),
            NotCounted::TooEarly { .. } | NotCounted::TooLate { .. } => {
                "Check the dates in the policy, and the signer's clock.".into()
            }
            NotCounted::Revoked { .. } => "Ask the party for a signature by its new key.".into(),
        }
    }
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
    /// Whether the first side is enough. That may not be the whole answer: see [`is_good`](Judgement::is_good).
    pub is_met: bool,
    /// What parties say that signed several materials as the publisher of this one file. Nothing that they say is of use.
    pub contradictions: BTreeMap<usize, BTreeSet<Material>>,
    /// Whether one of them is the policy's publisher.
    is_publisher_lost: bool,
    is_strict: bool,
}

impl Judgement {
    /// The quorum is met, the publisher does not contradict itself, and, if that was asked for, no block is bad.
    pub fn is_good(&self) -> bool {
        let is_spoilt = self.is_strict && self.bad().next().is_some();
        self.is_met && !is_spoilt && !self.is_publisher_lost
    }

    /// Blocks that pretend to be by a trusted key. Anyone can make them, and they prove nothing about those that count.
    pub fn bad(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| matches!(finding.outcome, Outcome::Bad { .. }))
    }

    /// Who counts.
    pub fn signed(&self) -> BTreeSet<usize> {
        self.sides.first().map(|side| side.parties.clone()).unwrap_or_default()
    }
}

/// Whether a signer's clock was more than a day ahead of this moment.
pub fn is_ahead(time: Time, now: Time) -> bool {
    time.0 > now.0.saturating_add(DAY)
}

/// Judge the blocks of a set.
///
/// ```
/// use minisign_quorum::{Block, Conditions, Payload, Policy, judge};
///
/// # use minisign_quorum::{Origin, Recipe, Role, SecretKey, Statement, Time, sign};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let key = SecretKey::generate()?;
/// # let recipe = Recipe::GitArchive { prefix: Vec::new() };
/// # let origin = Origin { source: b"u".to_vec(), tag: b"t".to_vec(), commit: "0".repeat(40), recipe };
/// # let statement = Statement::new(Time(1), b"hello-1.0.tar.gz".to_vec(), Role::Publisher, origin);
/// // A file on the disk is read with Payload::read.
/// let payload = Payload::from_reader(b"hello-1.0.tar.gz", &b"the bytes of a release"[..])?;
/// # let set = sign(&payload, &key, &statement.to_bytes())?.block().to_bytes();
/// let policy = Policy::parse(format!("publisher hello {}\nquorum hello\n", key.public()).as_bytes())?;
/// let judgement = judge(&Block::parse_all(&set)?, &payload, &policy, &Conditions::default());
/// assert!(judgement.is_good());
/// # Ok(())
/// # }
/// ```
pub fn judge(blocks: &[Block], payload: &Payload, policy: &Policy, conditions: &Conditions) -> Judgement {
    let findings: Vec<Finding> = (1..)
        .zip(blocks)
        .map(|(number, block)| {
            let outcome = examine(block, payload, policy, conditions.allow_rename);
            Finding { number, key_id: block.key_id(), outcome }
        })
        .collect();
    let has_role = |party: usize, role: Role| policy.parties().get(party).is_some_and(|party| party.role == Some(role));
    let contradictions = contradictions(&findings);
    let is_publisher_lost = contradictions.keys().any(|party| has_role(*party, Role::Publisher));
    let mut sides = BTreeMap::<&Material, BTreeSet<usize>>::new();
    for finding in &findings {
        if let Outcome::Good { party, said, .. } = &finding.outcome
            // The policy's publisher makes the answer no. Any other such party just does not count: it has no veto.
            && (has_role(*party, Role::Publisher) || !contradictions.contains_key(party))
        {
            sides.entry(&said.material).or_default().insert(*party);
        }
    }
    let is_met = |parties: &BTreeSet<usize>| is_enough(parties, policy, conditions, has_role);
    let is_publishers = |parties: &BTreeSet<usize>| parties.iter().any(|party| has_role(*party, Role::Publisher));
    let mut sides: Vec<Side> =
        sides.into_iter().map(|(material, parties)| Side { material: material.clone(), parties }).collect();
    // Enough before not enough, then the publisher's, then the most; the order of materials decides the rest.
    sides.sort_by_key(|side| (!is_met(&side.parties), !is_publishers(&side.parties), usize::MAX - side.parties.len()));
    let is_met = sides.first().is_some_and(|side| is_met(&side.parties));
    Judgement { findings, sides, is_met, contradictions, is_publisher_lost, is_strict: conditions.strict }
}

fn contradictions(findings: &[Finding]) -> BTreeMap<usize, BTreeSet<Material>> {
    let mut published = BTreeMap::<usize, BTreeSet<Material>>::new();
    for finding in findings {
        if let Outcome::Good { party, said: Said { by: Some(Role::Publisher), material, .. }, .. } = &finding.outcome {
            published.entry(*party).or_default().insert(material.clone());
        }
    }
    published.retain(|_, materials| materials.len() > 1);
    published
}

fn is_enough(
    parties: &BTreeSet<usize>,
    policy: &Policy,
    conditions: &Conditions,
    has_role: impl Fn(usize, Role) -> bool,
) -> bool {
    let Conditions { threshold, builders, require, .. } = conditions;
    // Nothing asked for is nothing proven.
    let is_anything_asked =
        policy.quorum().is_some() || threshold.is_some() || builders.is_some() || !require.is_empty();
    let rebuilt = parties.iter().filter(|party| has_role(**party, Role::Builder)).count();
    is_anything_asked
        && parties.len() >= threshold.unwrap_or(1).max(1)
        && rebuilt >= builders.unwrap_or(0)
        && policy.quorum().iter().chain(require).all(|member| policy.is_met(*member, parties))
}

fn examine(block: &Block, payload: &Payload, policy: &Policy, allow_rename: bool) -> Outcome {
    let parties = |keys: &[&TrustedKey]| {
        keys.iter().map(|trusted| trusted.party).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    match author(block, payload, policy) {
        Author::Known(trusted, verified) => {
            let (party, key) = (trusted.party, trusted.key.clone());
            match weigh(&verified, trusted, payload, policy, allow_rename) {
                Ok(said) => Outcome::Good { party, key, said },
                Err(why) => Outcome::NotCounted { party, key, why },
            }
        }
        Author::Bad(keys, why) => Outcome::Bad { parties: parties(&keys), why },
        Author::Legacy(keys) if !keys.is_empty() => Outcome::Legacy { parties: parties(&keys) },
        Author::Legacy(_) | Author::Stranger(_) | Author::NotEvenStranger(_) | Author::Unknown => Outcome::Unknown,
    }
}

/// What a block by this key says, if it counts.
pub(crate) fn weigh(
    verified: &VerifiedBlock,
    trusted: &TrustedKey,
    payload: &Payload,
    policy: &Policy,
    allow_rename: bool,
) -> Result<Said, NotCounted> {
    let said = match (verified.statement(), policy.role(trusted)) {
        (Ok(Statement { timestamp, by: Some(by), material }), _) => {
            Said { time: Some(Time(timestamp)), by: Some(by), material }
        }
        (Ok(_), Some(_)) => return Err(NotCounted::NoRole),
        (Err(error), Some(_)) => return Err(NotCounted::Statement(error)),
        (_, None) => weigh_plain(verified, payload, allow_rename)?,
    };
    if said.material.file != payload.name() && !allow_rename {
        return Err(NotCounted::OtherFile(said.material.file()));
    }
    match (policy.role(trusted), said.by) {
        (Some(expected), Some(found)) if found != expected => return Err(NotCounted::OtherRole { found, expected }),
        _ => {}
    }
    // Keys with dates are in a policy, and have a role: their statements have a time.
    let time = said.time.unwrap_or(Time(0));
    if let Some(from) = trusted.from.filter(|from| time < *from) {
        return Err(NotCounted::TooEarly { time, from });
    }
    if let Some(until) = trusted.until.filter(|until| time > *until) {
        return Err(NotCounted::TooLate { time, until });
    }
    match &trusted.revoked {
        Some((from, reason)) if time >= *from => Err(NotCounted::Revoked { time, from: *from, reason: reason.clone() }),
        _ => Ok(said),
    }
}

/// Comments that say nothing of a source, as all other programs write them: they count together, if they name the file.
pub(crate) fn weigh_plain(verified: &VerifiedBlock, payload: &Payload, allow_rename: bool) -> Result<Said, NotCounted> {
    let comment = verified.block().trusted_comment();
    let fields = || comment.as_bytes().split(|byte| *byte == b'\t');
    // What should have been a statement, or must be understood, is nobody's plain comment.
    if let Err(error) = verified.statement()
        && fields().any(|field| field.starts_with(b"by:") || field.starts_with(b"!"))
    {
        return Err(NotCounted::Statement(error));
    }
    let file = match SignedName::of(comment.as_bytes()) {
        SignedName::File(file) => file,
        SignedName::Nothing | SignedName::Unclear if allow_rename => payload.name().to_vec(),
        SignedName::Nothing => return Err(NotCounted::NoFile),
        SignedName::Unclear => return Err(NotCounted::OtherFile(Foreign::said(UNCLEAR))),
    };
    let time = fields().find_map(|field| std::str::from_utf8(field.strip_prefix(b"timestamp:")?).ok()?.parse().ok());
    Ok(Said { time: time.map(Time), by: None, material: Material::plain(file) })
}
