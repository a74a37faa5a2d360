//! Signatures of independent builders, with a threshold: files of minisign, sets of them, and whom to believe.
//!
//! A release is signed by its publisher, and again, over the same bytes, by builders who made it again from the stated
//! source. A user asks for a number of those they trust. `docs/quorum.md` has the format; the modules are its sections:
//!
//! ```text
//! file --> payload                     the name and the hash, in one pass
//! text --> block --> statement, name   what a signature says, of which file
//! block, policy --> author --> verify  which key made which signature
//! judge, plain                         who counts, from one material, and whether that is enough
//! sign, cosign                         to say it oneself, or the same as the publisher
//! set --> merge --> lock, replace      sets that grow without losing anything
//! ```
//!
//! What must never happen is that one party counts twice, or one who is not trusted counts at all. Two types stand in the
//! way: a [`VerifiedBlock`] comes from a check of both signatures with one key only, and a [`Judgement`] counts parties
//! of a [`Policy`], never signatures or key ids.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod author;
mod block;
mod claim;
#[cfg(feature = "cli")]
pub mod cli;
mod cosign;
mod escape;
mod judge;
mod key;
mod keyfile;
pub mod limits;
mod lint;
mod lock;
mod merge;
mod name;
mod payload;
mod plain;
mod policy;
mod replace;
mod set;
mod sign;
mod statement;
mod verify;

pub use block::{Algorithm, Block, BlockError, BlockProblem};
pub use claim::claimed_key;
pub use cosign::{CosignError, Publication};
pub use foreign::{Foreign, Meaning, Problem, Time, parse_date};
pub use judge::{Conditions, Finding, Judgement, NotCounted, Outcome, Said, Side, is_ahead, judge};
pub use key::{KeyError, KeyId, PublicKey};
pub use keyfile::{Password, PasswordError, SecretKey, SecretKeyError, SecretKeyFile};
pub use lint::{Lint, Reader, lint};
pub use lock::{Lock, StoreError};
pub use merge::{GrowError, Grown, LeftOut, Present, Reading, Refusal, Terms, Whose, claimed_publishers, grow};
pub use name::SignedName;
pub use payload::{Payload, PayloadError};
pub use plain::{Ids, PlainAnswer, PlainError, first_good};
pub use policy::{Member, Party, Policy, PolicyError, PolicyProblem, SameKey, TrustedKey};
pub use set::{Set, SetTooLarge};
pub use sign::{SignError, sign};
pub use statement::{Material, Origin, Recipe, Role, Statement, StatementError};
pub use verify::{BadSignature, VerifiedBlock};
