//! Signatures of independent builders, with a threshold: files of minisign, sets of them, and whom to believe.
//!
//! A release is signed by its publisher, and again, over the same bytes, by builders who made it again from the stated
//! source. A user asks for so many of those they trust. `docs/quorum.md` has the format; the modules are its sections:
//!
//! ```text
//! file --> payload            the name and the hash, in one pass
//! text --> block --> verify   which key made which signature
//!          block --> statement, material, role, time
//! policy --> judge            who counts, from one material, and whether that is enough
//! set, store, sign            sets that grow without losing anything
//! ```
//!
//! What must never happen is that one party counts twice, or one who is not trusted counts at all. Two types stand in the
//! way: a [`VerifiedBlock`] comes from a check of both signatures with one key only, and a [`Judgement`] counts parties
//! of a [`Policy`], never signatures or key ids.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod block;
#[cfg(feature = "cli")]
pub mod cli;
mod escape;
mod judge;
mod key;
pub mod limits;
mod lint;
mod payload;
mod plain;
mod policy;
mod set;
mod sign;
mod statement;
mod store;
mod verify;

pub use block::{Algorithm, Block, BlockError, BlockProblem};
pub use foreign::{Foreign, Time, parse_date};
pub use judge::{Conditions, Finding, Judgement, NotCounted, Outcome, Side, judge};
pub use key::{KeyError, KeyId, PublicKey};
pub use lint::{Lint, Reader, lint};
pub use payload::{Payload, PayloadError, file_name};
pub use plain::{PlainError, first_good};
pub use policy::{Member, Party, Policy, PolicyError, Problem, SameKey, TrustedKey};
pub use set::{Refusal, Set, SetTooLarge, Whose, claimed_key};
pub use sign::{NewKey, SecretKey, SecretKeyError, SecretKeyFile, SignError, sign};
pub use statement::{
    Material, Origin, Recipe, Role, Statement, StatementError, file_of_comment, image_digest, is_file_name, is_hex,
};
pub use store::{Lock, StoreError, write_atomically};
pub use verify::{BadSignature, VerifiedBlock};
