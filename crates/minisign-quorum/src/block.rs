//! Blocks of four lines, as minisign writes them: `docs/quorum.md`, section 1.
//!
//! ```text
//! untrusted comment: ...
//! base64(algorithm[2] + key id[8] + signature[64])
//! trusted comment: ...
//! base64(Ed25519 over signature[64] + trusted comment)
//! ```

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use foreign::{Foreign, Meaning, Problem};

use crate::key::KeyId;
use crate::limits;

const UNTRUSTED: &[u8] = b"untrusted comment: ";
const TRUSTED: &[u8] = b"trusted comment: ";

/// What the first signature is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// `ED`: the file's BLAKE2b hash.
    Prehashed,
    /// `Ed`: the file itself. Such signatures are verified as minisign verifies them, and never count towards a threshold.
    Legacy,
}

impl Algorithm {
    fn tag(self) -> [u8; 2] {
        match self {
            Algorithm::Prehashed => *b"ED",
            Algorithm::Legacy => *b"Ed",
        }
    }
}

/// One signature, as it was read. Nothing about it is believed: see [`VerifiedBlock`](super::VerifiedBlock).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Block {
    pub(crate) untrusted_comment: Vec<u8>,
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: KeyId,
    pub(crate) signature: [u8; 64],
    pub(crate) trusted_comment: Vec<u8>,
    pub(crate) global_signature: [u8; 64],
}

/// Why a text is not a sequence of blocks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} {problem}")]
pub struct BlockError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: BlockProblem,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum BlockProblem {
    #[error("is missing: a block has four lines")]
    Missing,
    #[error("does not begin with \"untrusted comment: \"")]
    NoUntrustedComment,
    #[error("does not begin with \"trusted comment: \"")]
    NoTrustedComment,
    #[error("is longer than {} bytes", limits::UNTRUSTED_LINE_BYTES)]
    UntrustedCommentTooLong,
    #[error("has a trusted comment of more than {} bytes", limits::TRUSTED_COMMENT_BYTES)]
    TrustedCommentTooLong,
    #[error("has a carriage return inside, or a NUL")]
    UntrustedCommentControl,
    #[error("has control characters, or is not UTF-8")]
    TrustedCommentControl,
    #[error("is not the base64 of a signature")]
    Signature,
    #[error("has an unknown algorithm: neither ED nor Ed")]
    Algorithm,
    #[error("begins one block more than the {} that a set may have", limits::BLOCKS)]
    TooMany,
    #[error("and those before are more than the {} bytes that a set may have", limits::SET_BYTES)]
    TooLarge,
}

impl Problem for BlockError {
    fn code(&self) -> &'static str {
        match self.problem {
            BlockProblem::TooMany | BlockProblem::TooLarge => "set-too-large",
            _ => "set-malformed",
        }
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotChecked
    }

    fn help(&self) -> Cow<'static, str> {
        match self.problem {
            BlockProblem::TooMany | BlockProblem::TooLarge => {
                "Get the set from somebody who merges with a policy.".into()
            }
            _ => "Get the file anew. lint says what else is wrong with it, and prune keeps its good blocks.".into(),
        }
    }
}

impl Block {
    /// Which key its maker says it is by. Nothing signs this.
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// What the first signature is over. Nothing signs this either; but a signature over one is none over the other.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The comment that nothing signs.
    pub fn untrusted_comment(&self) -> Foreign {
        Foreign::from(&self.untrusted_comment)
    }

    /// The comment that the second signature is over.
    pub fn trusted_comment(&self) -> Foreign {
        Foreign::from(&self.trusted_comment)
    }

    /// The bytes that the second signature is over: the first signature, and the trusted comment.
    pub(crate) fn globally_signed(&self) -> Vec<u8> {
        [self.signature.as_slice(), &self.trusted_comment].concat()
    }

    /// The block as minisign writes it.
    pub fn write(&self, out: &mut Vec<u8>) {
        let signature = [self.algorithm.tag().as_slice(), &self.key_id.0, &self.signature].concat();
        for part in [
            UNTRUSTED,
            &self.untrusted_comment,
            b"\n",
            STANDARD.encode(signature).as_bytes(),
            b"\n",
            TRUSTED,
            &self.trusted_comment,
            b"\n",
            STANDARD.encode(self.global_signature).as_bytes(),
            b"\n",
        ] {
            out.extend_from_slice(part);
        }
    }

    /// The same signatures with another untrusted comment.
    pub(crate) fn with_comment(&self, comment: &str) -> Block {
        Block { untrusted_comment: comment.as_bytes().to_vec(), ..self.clone() }
    }

    /// See [`write`](Block::write).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    /// Blocks one after the other: a `.minisig` file has one, a `.minisigs` file any number. There is nothing between
    /// them, and after the last at most empty lines.
    ///
    /// # Errors
    /// For anything else, and beyond the limits.
    pub fn parse_all(text: &[u8]) -> Result<Vec<Block>, BlockError> {
        let mut lines = Lines::new(text)?;
        let mut blocks = Vec::new();
        while !lines.is_at_end() {
            if blocks.len() == limits::BLOCKS {
                return Err(lines.wrong(1, BlockProblem::TooMany));
            }
            blocks.push(parse_one(&mut lines)?);
        }
        Ok(blocks)
    }

    /// What can be read of a file of blocks that may be damaged: for each block, or each stretch of lines that are none, the
    /// line where it begins.
    ///
    /// After lines that are no block, the next that begins with `untrusted comment: ` may begin one. All blocks are found,
    /// however many there are and whatever stands between them; of damaged stretches, the first thousand are told.
    pub fn parse_each(text: &[u8]) -> Vec<(usize, Result<Block, BlockError>)> {
        let mut lines = match Lines::new(text) {
            Ok(lines) => lines,
            Err(error) => return vec![(1, Err(error))],
        };
        let (mut found, mut damaged) = (Vec::new(), 0);
        while !lines.is_at_end() {
            let line = lines.number + 1;
            let mut ahead = lines.clone();
            let block = parse_one(&mut ahead);
            if block.is_ok() {
                lines = ahead;
            } else {
                damaged += 1;
                lines.skip();
                while !lines.is_at_end() && !lines.rest.starts_with(UNTRUSTED) {
                    lines.skip();
                }
            }
            if block.is_ok() || damaged <= limits::BLOCKS {
                found.push((line, block));
            }
        }
        found
    }

    /// The first block, and whatever comes after it: how C minisign, rsign2 and the Rust crates read a file.
    ///
    /// # Errors
    /// Where there is no block at the beginning.
    pub fn parse_first(text: &[u8]) -> Result<Block, BlockError> {
        parse_one(&mut Lines::new(text)?)
    }
}

fn parse_one(lines: &mut Lines) -> Result<Block, BlockError> {
    use BlockProblem as P;
    let line = lines.next()?;
    let untrusted_comment = line.strip_prefix(UNTRUSTED).ok_or_else(|| lines.wrong(0, P::NoUntrustedComment))?;
    // A line end is counted in.
    if line.len() >= limits::UNTRUSTED_LINE_BYTES {
        return Err(lines.wrong(0, P::UntrustedCommentTooLong));
    }
    if untrusted_comment.iter().any(|byte| matches!(byte, b'\r' | 0)) {
        return Err(lines.wrong(0, P::UntrustedCommentControl));
    }
    let packed = decode::<74>(lines.next()?).ok_or_else(|| lines.wrong(0, P::Signature))?;
    let [a, b, rest @ ..] = packed;
    let (id, signature) = rest.split_first_chunk::<8>().ok_or_else(|| lines.wrong(0, P::Signature))?;
    let algorithm = match [a, b] {
        [b'E', b'D'] => Algorithm::Prehashed,
        [b'E', b'd'] => Algorithm::Legacy,
        _ => return Err(lines.wrong(0, P::Algorithm)),
    };
    let signature = signature.try_into().map_err(|_| lines.wrong(0, P::Signature))?;
    let line = lines.next()?;
    let trusted_comment = line.strip_prefix(TRUSTED).ok_or_else(|| lines.wrong(0, P::NoTrustedComment))?;
    if trusted_comment.len() > limits::TRUSTED_COMMENT_BYTES {
        return Err(lines.wrong(0, P::TrustedCommentTooLong));
    }
    if !is_printable(trusted_comment) {
        return Err(lines.wrong(0, P::TrustedCommentControl));
    }
    let global_signature = decode::<64>(lines.next()?).ok_or_else(|| lines.wrong(0, P::Signature))?;
    Ok(Block {
        untrusted_comment: untrusted_comment.to_vec(),
        algorithm,
        key_id: KeyId(*id),
        signature,
        trusted_comment: trusted_comment.to_vec(),
        global_signature,
    })
}

/// As in minisign: UTF-8 without control characters, except for TAB.
pub(crate) fn is_printable(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.chars().all(|c| c == '\t' || !c.is_control()))
}

fn decode<const N: usize>(line: &[u8]) -> Option<[u8; N]> {
    if line.len() != N.div_ceil(3) * 4 {
        return None;
    }
    STANDARD.decode(line).ok()?.try_into().ok()
}

/// Lines that end in LF or CRLF, with their numbers.
#[derive(Clone)]
struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
    /// How many bytes at the end are empty lines: counted once, since nobody knows how many lines ask.
    tail: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a [u8]) -> Result<Self, BlockError> {
        let tail = text.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let lines = Lines { rest: text, number: 0, tail };
        if text.len() as u64 > limits::SET_BYTES { Err(lines.wrong(1, BlockProblem::TooLarge)) } else { Ok(lines) }
    }

    fn is_at_end(&self) -> bool {
        self.rest.len() <= self.tail
    }

    fn next(&mut self) -> Result<&'a [u8], BlockError> {
        if self.rest.is_empty() {
            return Err(self.wrong(1, BlockProblem::Missing));
        }
        let end = self.rest.iter().position(|byte| *byte == b'\n').unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        self.number += 1;
        Ok(line.strip_suffix(b"\r").unwrap_or(line))
    }

    fn skip(&mut self) {
        // At the end there is nothing to skip.
        let _ = self.next();
    }

    /// About the line that was read last, or `ahead` of it.
    fn wrong(&self, ahead: usize, problem: BlockProblem) -> BlockError {
        BlockError { line: self.number + ahead, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, Block, BlockError, BlockProblem};
    use crate::limits;

    /// From minisign-verify's documentation.
    const BLOCK: &str = "untrusted comment: signature from minisign secret key\n\
        RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=\n\
        trusted comment: timestamp:1633700835\tfile:test\tprehashed\n\
        wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==\n";

    fn problem(text: &str) -> (usize, BlockProblem) {
        let BlockError { line, problem } = Block::parse_all(text.as_bytes()).expect_err(text);
        (line, problem)
    }

    #[test]
    fn written_as_they_were_read() {
        let three = BLOCK.repeat(3);
        let blocks = Block::parse_all(three.as_bytes()).unwrap();
        assert_eq!(blocks.len(), 3);
        let mut written = Vec::new();
        blocks.iter().for_each(|block| block.write(&mut written));
        assert_eq!(written, three.as_bytes());
        let block = &blocks[0];
        assert_eq!(
            (block.algorithm(), block.key_id().to_string().as_str()),
            (Algorithm::Prehashed, "E7620F1842B4E81F")
        );
    }

    #[test]
    fn line_ends() {
        let expected = Block::parse_all(BLOCK.as_bytes()).unwrap();
        let crlf = BLOCK.replace('\n', "\r\n");
        for text in
            [crlf.clone(), format!("{BLOCK}\n\r\n"), BLOCK.trim_end().to_owned(), format!("{}\r", BLOCK.trim_end())]
        {
            assert_eq!(Block::parse_all(text.as_bytes()).as_ref(), Ok(&expected), "{text:?}");
        }
        assert_eq!(problem(&BLOCK.replace("key\n", "key\r\r\n")), (1, BlockProblem::UntrustedCommentControl));
        assert_eq!(problem(&BLOCK.replace("test", "te\rst")), (3, BlockProblem::TrustedCommentControl));
        assert_eq!(problem(&format!("{BLOCK}\n{BLOCK}")), (5, BlockProblem::NoUntrustedComment));
    }

    #[test]
    fn other_texts_are_refused() {
        assert_eq!(Block::parse_all(b""), Ok(Vec::new()));
        assert_eq!(Block::parse_first(b""), Err(BlockError { line: 1, problem: BlockProblem::Missing }));
        let lines: Vec<&str> = BLOCK.lines().collect();
        assert_eq!(problem(&lines[..3].join("\n")), (4, BlockProblem::Missing));
        assert_eq!(problem(&format!("{BLOCK}garbage")), (5, BlockProblem::NoUntrustedComment));
        assert_eq!(
            problem(&BLOCK.replace("trusted comment: time", "trusted: time")),
            (3, BlockProblem::NoTrustedComment)
        );
        assert_eq!(problem(&BLOCK.replace("RUQf", "RUIf")), (2, BlockProblem::Algorithm));
        for (line, from, to) in
            [(2, "RUQf", "RUQ*"), (2, "Zwo=", "Zwp="), (2, "Zwo=", "Zwo"), (4, "BQ==", "BQ"), (4, "wLMD", "")]
        {
            assert_eq!(problem(&BLOCK.replace(from, to)), (line, BlockProblem::Signature), "{from}");
        }
        for bad in ["\u{1b}[31m", "\u{7f}", "\u{9b}", "\0"] {
            let text = BLOCK.replace("test", bad);
            assert_eq!(problem(&text), (3, BlockProblem::TrustedCommentControl), "{bad:?}");
        }
    }

    /// A damaged block does not hide those behind it.
    #[test]
    fn good_blocks_among_damaged_ones() {
        let damaged = BLOCK.replace("BQ==", "BQ");
        let text = format!("{BLOCK}{damaged}{BLOCK}garbage\nmore\n{BLOCK}untrusted comment: x\n{BLOCK}{damaged}");
        let found: Vec<_> =
            Block::parse_each(text.as_bytes()).into_iter().map(|(line, block)| (line, block.is_ok())).collect();
        assert_eq!(
            found,
            [(1, true), (5, false), (9, true), (13, false), (15, true), (19, false), (20, true), (24, false)]
        );
        assert!(Block::parse_each(b"").is_empty());
        // Empty lines before the end are looked at once each, not each time.
        let empty = format!("x\n{}x", "\n".repeat((4 << 20) - 3));
        assert_eq!(Block::parse_each(empty.as_bytes()).len(), 1);
        let many = format!("x\n{}", "untrusted comment: \n".repeat(5000));
        assert_eq!(Block::parse_each(many.as_bytes()).len(), limits::BLOCKS);
    }

    /// The lengths at which C minisign stops.
    #[test]
    fn limits_hold() {
        let with = |untrusted: usize, trusted: usize| {
            let text = BLOCK.replace("signature from minisign secret key", &"u".repeat(untrusted));
            text.replace("timestamp:1633700835\tfile:test\tprehashed", &"t".repeat(trusted))
        };
        assert!(Block::parse_all(with(1003, 8173).as_bytes()).is_ok());
        assert_eq!(problem(&with(1004, 8173)), (1, BlockProblem::UntrustedCommentTooLong));
        assert_eq!(problem(&with(1003, 8174)), (3, BlockProblem::TrustedCommentTooLong));
        let many = BLOCK.repeat(limits::BLOCKS);
        assert_eq!(Block::parse_all(many.as_bytes()).unwrap().len(), limits::BLOCKS);
        assert_eq!(problem(&format!("{many}{BLOCK}")), (4001, BlockProblem::TooMany));
        assert_eq!(problem(&with(1000, 8000).repeat(500)), (1, BlockProblem::TooLarge));
    }
}
