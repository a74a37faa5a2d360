//! What it means to merge sets: what gets in, what is left out and why, and what stays. `docs/quorum.md`, section 3.
//!
//! ```text
//! text of an input  --> Set::read(terms)    what is good, and what was left out
//! text of the set   --> grow(present, more) what is good or was there before, and whether the set changed
//! ```
//!
//! One bad block stops nobody: it is left out, and named.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use foreign::{Foreign, Meaning, Problem};

use crate::author::{Author, author};
use crate::block::{Block, BlockError};
use crate::judge::{weigh, weigh_plain};
use crate::key::{KeyId, PublicKey};
use crate::limits;
use crate::name::SignedName;
use crate::payload::Payload;
use crate::policy::Policy;
use crate::set::{Proof, Proven, Set, SetTooLarge, Standing, What, signed};
use crate::statement::{Role, Statement};
use crate::verify::{BadSignature, VerifiedBlock};

/// What may get into a set.
#[derive(Clone, Copy)]
pub enum Terms<'a> {
    /// Every block, as it is.
    Unverified,
    /// Blocks that are good for this file.
    Verified {
        /// The file that is signed.
        payload: &'a Payload,
        /// By whom.
        whose: Whose<'a>,
        /// They may name another file.
        allow_rename: bool,
    },
}

/// Which keys a set may have blocks by.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    /// By one of these, or by the key that the block itself names.
    Anyone(&'a Policy),
    /// By one of these only; and of each key, for each material, the newest that counts.
    Only(&'a Policy),
}

/// A block, or lines that are none, that did not get into a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its place in the file, from 1: the stretches of lines that are no block are counted as well.
    pub number: usize,
    /// Where it begins in the file.
    pub line: usize,
    /// Why.
    pub why: Refusal,
}

/// Why a block does not belong in a set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It names no key, and its id is unknown; or its key is not in the policy.
    #[error("it is by the unknown key {id}")]
    UnknownKey {
        /// The id in it.
        id: KeyId,
    },
    /// It is not by the key.
    #[error("it has the id {id} of a key, and does not verify: {why}")]
    Bad {
        /// The id in it.
        id: KeyId,
        /// What is wrong.
        why: BadSignature,
    },
    /// It is for another file.
    #[error("it is for a file named {name}")]
    OtherFile {
        /// In the comment.
        name: Foreign,
    },
    /// It is of the legacy kind.
    #[error("it is a legacy signature, which never counts")]
    Legacy,
    /// There is no block.
    #[error("{0}")]
    Malformed(BlockError),
    /// The set is full, or its key has better ones.
    #[error(
        "there is no room for it: a set has {} blocks, and a key under a policy {} materials",
        limits::BLOCKS,
        limits::MATERIALS
    )]
    NoRoom,
}

impl Problem for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::UnknownKey { .. } => "unknown-key",
            Refusal::Bad { why, .. } => why.code(),
            Refusal::OtherFile { .. } => "other-file",
            Refusal::Legacy => "signature-legacy",
            Refusal::Malformed(error) => error.code(),
            Refusal::NoRoom => "set-too-large",
        }
    }

    fn meaning(&self) -> Meaning {
        match self {
            Refusal::Malformed(_) | Refusal::NoRoom => Meaning::NotChecked,
            _ => Meaning::NotAuthentic,
        }
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            Refusal::UnknownKey { .. } => {
                "Name the key with -p or -P, if you know it; --unverified takes any block.".into()
            }
            Refusal::Bad { .. } => {
                "Ask the signer for it again, or compare the file with the one that was signed.".into()
            }
            Refusal::OtherFile { name } => {
                format!("Check whether this is the set of {name}; --allow-rename takes other names.").into()
            }
            Refusal::Legacy => "Ask for a signature of today's kind; --unverified takes any block.".into(),
            Refusal::Malformed(error) => error.help(),
            Refusal::NoRoom => SetTooLarge.help(),
        }
    }
}

/// What became of a file of blocks.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// What got in.
    pub set: Set,
    /// What did not.
    pub left_out: Vec<LeftOut>,
}

/// What to do with what is not good in the set that grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Present {
    /// Keep it: somebody may know the key.
    Keep,
    /// Take it out.
    Prune,
}

/// A set that has grown.
#[derive(Clone, Debug)]
pub struct Grown {
    /// The file.
    pub bytes: Vec<u8>,
    /// How many blocks it has.
    pub blocks: usize,
    /// How many of these were not there before.
    pub added: usize,
    /// How many were there before and are not any more: newer ones of the same key took their places, or they are in
    /// [`left_out`](Grown::left_out).
    pub removed: usize,
    /// Whether the file is another than before.
    pub is_changed: bool,
    /// How many of those that were to be added are not in it: it is full.
    pub no_room: usize,
    /// What was there before, is not good, and was kept.
    pub kept: Vec<LeftOut>,
    /// What was there before and was taken out.
    pub left_out: Vec<LeftOut>,
}

/// Why a set does not grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrowError {
    /// Perhaps the name of another file was given: it must not be replaced.
    #[error("is there, and is not a set of signatures")]
    NotASet,
    /// A limit.
    #[error("would have more than {} blocks or {} bytes", limits::BLOCKS, limits::SET_BYTES)]
    TooLarge(#[from] SetTooLarge),
    /// An empty file helps nobody.
    #[error("would have no block left")]
    Nothing,
}

impl Problem for GrowError {
    fn code(&self) -> &'static str {
        match self {
            GrowError::NotASet => "target-is-no-set",
            GrowError::TooLarge(error) => error.code(),
            GrowError::Nothing => "set-would-be-empty",
        }
    }

    fn meaning(&self) -> Meaning {
        match self {
            GrowError::Nothing => Meaning::NotAuthentic,
            GrowError::NotASet | GrowError::TooLarge(_) => Meaning::NotChecked,
        }
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            GrowError::NotASet => "Check the name after -o; the file was not touched.".into(),
            GrowError::TooLarge(error) => error.help(),
            GrowError::Nothing => "Check the policy and the file that is signed; the set was not touched.".into(),
        }
    }
}

impl Set {
    /// Read a file of blocks: what is good under these terms gets in. All of the file is looked at, and then what is worth least
    /// is given up, so that what stands in front of a block does not matter.
    pub fn read(text: &[u8], terms: &Terms) -> Reading {
        let mut reading = Reading::default();
        let mut places = BTreeMap::new();
        for (number, (line, block)) in (1..).zip(Block::parse_each(text)) {
            let taken = block.map_err(Refusal::Malformed).and_then(|block| {
                places.entry(owned(&block)).or_insert((number, line));
                reading.set.take(&block, terms)
            });
            if let Err(why) = taken {
                reading.left_out.push(LeftOut { number, line, why });
            }
        }
        let given_up = reading.set.shrink();
        let places = given_up.iter().filter_map(|block| places.get(&owned(block)));
        reading.left_out.extend(places.map(|(number, line)| LeftOut {
            number: *number,
            line: *line,
            why: Refusal::NoRoom,
        }));
        reading
    }

    /// Take the maker's own block, or one by a key that the maker vouches for; under a policy that has the key, as one of it.
    pub fn admit(&mut self, verified: &VerifiedBlock, terms: &Terms) {
        let is_under_policy = matches!(terms, Terms::Verified { whose: Whose::Only(_), .. });
        if !is_under_policy || self.take(verified.block(), terms).is_err() {
            self.add(verified);
        }
    }

    fn take(&mut self, block: &Block, terms: &Terms) -> Result<(), Refusal> {
        let is_first = self.is_empty();
        let Terms::Verified { payload, whose, allow_rename } = *terms else {
            if is_first {
                self.begin_with_unproven(block);
            }
            self.keep(block.clone());
            return Ok(());
        };
        let proven = prove(block, payload, whose, allow_rename)?;
        if is_first {
            self.begin_with(&proven);
        }
        self.prove(proven);
        Ok(())
    }
}

/// Find out by whom a block is, and whether it is for this file.
fn prove(block: &Block, payload: &Payload, whose: Whose, allow_rename: bool) -> Result<Proven, Refusal> {
    let id = block.key_id();
    let (Whose::Anyone(known) | Whose::Only(known)) = whose;
    let (trusted, verified) = match author(block, payload, known) {
        Author::Known(trusted, verified) => (Some(trusted), verified),
        Author::Stranger(verified) if matches!(whose, Whose::Anyone(_)) => (None, verified),
        Author::Bad(_, why) => return Err(Refusal::Bad { id, why }),
        Author::NotEvenStranger(why) if matches!(whose, Whose::Anyone(_)) => return Err(Refusal::Bad { id, why }),
        Author::Legacy(_) => return Err(Refusal::Legacy),
        Author::Stranger(_) | Author::NotEvenStranger(_) | Author::Unknown => return Err(Refusal::UnknownKey { id }),
    };
    let name_of = SignedName::of(&block.trusted_comment);
    if let Some(name) = name_of.other_than(payload.name()).filter(|_| !allow_rename) {
        return Err(Refusal::OtherFile { name });
    }
    let what = || What::Comment(block.trusted_comment.clone());
    let Some(trusted) = trusted else {
        // It is by the key that it names, under the id that today's readers look at.
        return Ok(Proven { verified, standing: Standing::Stranger, what: what(), counts: false, timestamp: 0 });
    };
    let standing = known.role(trusted).map_or(Standing::Given, Standing::Known);
    // It counts under this policy, or, if it says nothing of a source, for readers without one.
    let statement = verified.statement().ok();
    let is_plain = statement.as_ref().is_none_or(|statement| statement.by.is_none());
    let said = match weigh(&verified, trusted, payload, known, allow_rename) {
        Err(_) if is_plain => weigh_plain(&verified, payload, allow_rename).ok(),
        said => said.ok(),
    };
    let time = said.as_ref().map(|said| said.time.map_or(0, |time| time.0));
    let timestamp = time.or(statement.as_ref().map(|statement| statement.timestamp)).unwrap_or(0);
    let what = match (whose, statement) {
        (Whose::Anyone(_), _) => what(),
        (Whose::Only(_), Some(Statement { by: Some(by), material, .. })) => What::Material(by, Box::new(material)),
        (Whose::Only(_), _) => What::Other,
    };
    Ok(Proven { verified, standing, what, counts: said.is_some(), timestamp })
}

/// Add to a set: to what the file `present` holds, or to nothing.
///
/// What is good there is good under the same terms as what is added; what is not is kept as it is, unless it is pruned. Lines
/// that are no blocks are never written again. If there is not room for all, blocks by keys that are known have room first, and
/// then what was there before.
///
/// ```
/// use minisign_quorum::{Block, Payload, Policy, Present, Set, Terms, Whose, grow};
///
/// # use minisign_quorum::{Origin, Recipe, Role, SecretKey, Statement, Time, sign};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let payload = Payload::from_reader(b"hello-1.0.tar.gz", &b"the bytes of a release"[..])?;
/// # let signed = |role| -> Result<Vec<u8>, Box<dyn std::error::Error>> {
/// #     let recipe = Recipe::GitArchive { prefix: Vec::new() };
/// #     let origin = Origin { source: b"u".to_vec(), tag: b"t".to_vec(), commit: "0".repeat(40), recipe };
/// #     let statement = Statement::new(Time(1), payload.name().to_vec(), role, origin);
/// #     Ok(sign(&payload, &SecretKey::generate()?, &statement.to_bytes())?.block().to_bytes())
/// # };
/// # let (present, submitted) = (signed(Role::Publisher)?, signed(Role::Builder)?);
/// // Anyone who merges under a policy takes Whose::Only.
/// let nobody = Policy::default();
/// let terms = Terms::Verified { payload: &payload, whose: Whose::Anyone(&nobody), allow_rename: false };
/// let input = Set::read(&submitted, &terms);
/// assert!(input.left_out.is_empty());
/// let grown = grow(&present, input.set, &terms, Present::Keep)?;
/// assert!(grown.is_changed && grown.blocks == 2);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`GrowError`]
pub fn grow(present: &[u8], more: Set, terms: &Terms, what_is_bad: Present) -> Result<Grown, GrowError> {
    let found = Block::parse_each(present);
    if !present.is_empty() && !found.iter().any(|(_, block)| block.is_ok()) {
        return Err(GrowError::NotASet);
    }
    let (mut set, mut before) = (Set::new(), BTreeMap::new());
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    for (number, (line, block)) in (1..).zip(found) {
        let block = match block {
            Ok(block) => block,
            Err(error) => {
                left_out.push(LeftOut { number, line, why: Refusal::Malformed(error) });
                continue;
            }
        };
        before.entry(owned(&block)).or_insert((number, line));
        let Err(why) = set.take(&block, terms) else { continue };
        if what_is_bad == Present::Prune {
            left_out.push(LeftOut { number, line, why });
            continue;
        }
        let proof = proof(&why);
        // What is known to be bad has no place to keep.
        if set.is_empty() && proof > Proof::Bad {
            set.begin_with_unproven(&block);
        }
        set.keep_as(block, proof);
        kept.push(LeftOut { number, line, why });
    }
    set.settle();
    set.merge(more);
    let mut no_room = 0;
    if matches!(terms, Terms::Verified { .. }) {
        for block in set.trim().into_iter().chain(set.shrink()) {
            match before.get(&owned(&block)) {
                Some((number, line)) => left_out.push(LeftOut { number: *number, line: *line, why: Refusal::NoRoom }),
                None => no_room += 1,
            }
        }
    }
    if set.is_empty() {
        return Err(GrowError::Nothing);
    }
    let bytes = set.to_bytes()?;
    let after: BTreeSet<_> = set.blocks().iter().map(owned).collect();
    let gone: BTreeSet<usize> = left_out.iter().map(|block| block.line).collect();
    kept.retain(|block| !gone.contains(&block.line));
    Ok(Grown {
        blocks: set.len(),
        added: after.iter().filter(|block| !before.contains_key(block)).count(),
        removed: before.keys().filter(|block| !after.contains(*block)).count(),
        is_changed: bytes != present,
        no_room,
        kept,
        left_out,
        bytes,
    })
}

/// What nobody can change of a block without its key, to be kept.
fn owned(block: &Block) -> (Vec<u8>, [u8; 64], [u8; 64]) {
    let (comment, signature, global_signature) = signed(block);
    (comment.to_vec(), *signature, *global_signature)
}

/// What a refusal leaves open.
fn proof(why: &Refusal) -> Proof {
    match why {
        Refusal::UnknownKey { .. } => Proof::Unknown,
        Refusal::OtherFile { .. } | Refusal::Legacy => Proof::Unfit,
        Refusal::Bad { .. } | Refusal::Malformed(_) | Refusal::NoRoom => Proof::Bad,
    }
}

/// The keys that blocks name as the publisher's, and are by: whom to ask a person about who knows no key.
pub fn claimed_publishers(blocks: &[Block], payload: &Payload) -> BTreeSet<PublicKey> {
    let nobody = Policy::default();
    let publishers = blocks.iter().filter_map(|block| match author(block, payload, &nobody) {
        Author::Stranger(verified) => {
            let by = verified.statement().ok()?.by;
            (by == Some(Role::Publisher)).then(|| verified.key().clone())
        }
        _ => None,
    });
    publishers.collect()
}
