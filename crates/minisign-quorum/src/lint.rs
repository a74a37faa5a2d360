//! What is wrong with a file of signatures, and who cannot read it: `docs/quorum.md`, section 6.

use std::collections::BTreeSet;
use std::fmt;

use crate::block::{Algorithm, Block, BlockError};
use crate::claim::claimed_key;
use crate::limits;
use crate::set::{Place, may_lead, signed};
use crate::statement::{Statement, StatementError};

/// Readers of minisign's files, as they were in 2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reader {
    /// C minisign and zig-minisign.
    Minisign,
    /// rsign2, and the crate `minisign`.
    Rsign2,
    /// The crate `minisign-verify`.
    MinisignVerify,
    /// The libraries for Go.
    Go,
    /// The action that installs Zig.
    SetupZig,
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reader::Minisign => "minisign and zig-minisign",
            Reader::Rsign2 => "rsign2 and the crate minisign",
            Reader::MinisignVerify => "the crate minisign-verify",
            Reader::Go => "the Go libraries",
            Reader::SetupZig => "setup-zig",
        })
    }
}

/// What is to be said about a file.
#[derive(Clone, Debug)]
pub struct Lint {
    /// How many blocks it has.
    pub blocks: usize,
    /// What is wrong, with the block's number.
    pub errors: Vec<(usize, StatementError)>,
    /// Whether the blocks are in the order, and of the form, of a merged set.
    pub is_canonical: bool,
    /// Who cannot read it, and why.
    pub breaks: Vec<(Reader, &'static str)>,
    /// Blocks of the legacy kind.
    pub legacy: usize,
}

/// Look at a file of signatures. Nothing is verified.
///
/// # Errors
/// Where it is no such file.
pub fn lint(text: &[u8]) -> Result<Lint, BlockError> {
    let blocks = Block::parse_all(text)?;
    if blocks.is_empty() {
        // With the error that tells what is missing.
        Block::parse_first(text)?;
    }
    let mut written = Vec::new();
    blocks.iter().for_each(|block| block.write(&mut written));
    let is_canonical = written == text && (blocks.len() == 1 || is_in_order(&blocks));
    let errors = (1..).zip(&blocks).filter_map(|(number, block)| {
        let error = Statement::parse(&block.trusted_comment).err()?;
        (block.algorithm == Algorithm::Prehashed).then_some((number, error))
    });
    let legacy = blocks.iter().filter(|block| block.algorithm == Algorithm::Legacy).count();
    Ok(Lint { blocks: blocks.len(), errors: errors.collect(), is_canonical, breaks: breaks(text, &blocks), legacy })
}

/// Each names its key, none is there twice, and they stand as in a set that began with the first: who comes first is for those
/// to say who know the publisher's key.
fn is_in_order(blocks: &[Block]) -> bool {
    let mut places = Vec::with_capacity(blocks.len());
    for (number, block) in blocks.iter().enumerate() {
        let Some(key) = claimed_key(block).filter(|key| key.id() == block.key_id()) else { return false };
        let place = if number == 0 && may_lead(block) { Place::Lead } else { Place::of(block) };
        places.push((place, *key.as_bytes(), signed(block)));
    }
    let said: BTreeSet<_> = blocks.iter().map(signed).collect();
    said.len() == blocks.len() && places.is_sorted()
}

fn breaks(text: &[u8], blocks: &[Block]) -> Vec<(Reader, &'static str)> {
    let mut breaks = Vec::new();
    let Some(first) = blocks.first() else { return breaks };
    let comment = &first.trusted_comment;
    let is_trimmed = std::str::from_utf8(comment).is_ok_and(|comment| comment.trim().len() != comment.len());
    if is_trimmed {
        breaks.push((Reader::Rsign2, "it trims the blanks at the ends of the trusted comment and finds it bad"));
    }
    if std::str::from_utf8(text).is_err() {
        let why = "the file is not UTF-8";
        breaks.extend([(Reader::Rsign2, why), (Reader::MinisignVerify, why)]);
    }
    // `fgets` with room for no more than the shortest line end.
    if comment.len() == limits::TRUSTED_COMMENT_BYTES && text.contains(&b'\r') {
        breaks.push((Reader::Minisign, "the trusted comment is too long for a line that ends in CRLF"));
    }
    if blocks.len() > 1 {
        let why = "it refuses a file with more than one block";
        breaks.extend([(Reader::Go, why), (Reader::SetupZig, why)]);
    } else if !is_todays_comment(comment) {
        breaks.push((Reader::SetupZig, "it knows the trusted comment timestamp, file, hashed only"));
    }
    breaks
}

/// `^timestamp:\d+\s+file:([^\s]+)\s+hashed$`
fn is_todays_comment(comment: &[u8]) -> bool {
    let Ok(comment) = std::str::from_utf8(comment) else { return false };
    let words: Vec<&str> = comment.split_whitespace().collect();
    let [time, file, "hashed"] = words.as_slice() else { return false };
    let is_time = time
        .strip_prefix("timestamp:")
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    is_time && file.strip_prefix("file:").is_some_and(|name| !name.is_empty()) && comment.trim() == comment
}

#[cfg(test)]
mod tests {
    use super::is_todays_comment;

    #[test]
    fn the_comment_that_setup_zig_knows() {
        assert!(is_todays_comment(b"timestamp:1714300000\tfile:zig.tar.xz\thashed"));
        for other in [
            "",
            "timestamp:1\tfile:a b\thashed",
            "timestamp:\tfile:a\thashed",
            "timestamp:1\tfile:a",
            "timestamp:1\tfile:a\thashed\tby:publisher",
            "timestamp:1\tfile:\thashed",
            " timestamp:1\tfile:a\thashed",
        ] {
            assert!(!is_todays_comment(other.as_bytes()), "{other}");
        }
    }
}
