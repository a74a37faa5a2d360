//! Every limit that foreign input can run into, by name and in one place.

use std::ops::RangeInclusive;
use std::time::Duration;

/// A signature set: thousands of signatures fit; readers need no more memory than this and a little.
pub const SET_BYTES: u64 = 4 << 20;
/// Blocks in a set.
pub const BLOCKS: usize = 1000;
/// Materials of one key in a set that is merged under a policy. A party that signs more crowds out itself only.
pub const MATERIALS: usize = 8;
/// Sets and signature files in one merge.
pub const INPUTS: usize = 1000;
/// An untrusted comment with its prefix and line end: C minisign's buffer of 1024 bytes holds a NUL as well.
pub const UNTRUSTED_LINE_BYTES: usize = 1023;
/// The trusted comment that C minisign verifies: its buffer of 8192 bytes, less the prefix, the line end and a NUL.
pub const TRUSTED_COMMENT_BYTES: usize = 8173;
/// A statement; C minisign signs up to 4077 bytes.
pub const STATEMENT_BYTES: usize = 4000;
/// The fields of a statement, with those that this version does not know.
pub const STATEMENT_FIELDS: usize = 64;
/// A file with a public or a secret key.
pub const KEY_FILE_BYTES: u64 = 16 << 10;
/// Keys on one command line.
pub const KEYS: usize = 1000;
/// What a password's key may cost: between the least that libsodium takes and the gigabyte of C minisign's new keys.
pub const SCRYPT_MEMORY: RangeInclusive<u64> = 16 << 20..=1 << 30;
/// The same, in libsodium's operations. Fewer than the least are as many as the least, which no program writes.
pub const SCRYPT_OPERATIONS: RangeInclusive<u64> = 32_768..=1 << 30;
/// N times p: four times what C minisign's new keys take, some seconds.
pub const SCRYPT_WORK: u64 = 1 << 22;
/// A password, with a NUL at its end, as in minisign.
pub const PASSWORD_BYTES: usize = 1024;
/// A policy file: it is one page.
pub const POLICY_BYTES: u64 = 1 << 20;
/// Its lines.
pub const POLICY_LINES: usize = 10_000;
/// A name in it.
pub const NAME_BYTES: usize = 64;
/// Its groups in groups. The deepest possible nesting is bounded by definition before use as well.
pub const GROUP_DEPTH: usize = 16;
/// A file with a legacy signature, which is over the file itself and not over its hash, must be held in memory.
pub const LEGACY_BYTES: u64 = 1 << 30;
/// Links that lead to a set.
pub const LINKS: usize = 40;
/// How long to wait for another program that is writing the same set.
pub const LOCK_TIME: Duration = Duration::from_secs(30);
