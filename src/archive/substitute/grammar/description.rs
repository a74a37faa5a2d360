//! `%(describe)`: a tag's name, or that with a count and the commit's abbreviated id (specification 6.12).

use gix_hash::ObjectId;

use super::names::{Level, is_name, ref_bytes};
use crate::limits;

const TAGS: &[u8] = b"refs/tags/";

/// What a description may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The names that signatures vouch for. Where there are none, any name will do, and nothing as well.
    pub signed: Vec<Vec<u8>>,
    /// The names of all tags of the commit that the repository has; `None` if nobody knows.
    pub advertised: Option<Vec<Vec<u8>>>,
    /// The commit that is described.
    pub commit: ObjectId,
    /// Digits of the abbreviated id, at least.
    pub digits: usize,
    /// Whether the placeholder has a filter of its own, which may leave out the signed tags.
    pub is_filtered: bool,
}

impl Description {
    /// Whether a signature vouches for this.
    pub fn is_signed(&self, text: &[u8]) -> bool {
        self.signed.iter().any(|tag| tag == text)
    }

    /// Whether the repository has a tag of this name for the commit.
    pub fn is_advertised(&self, text: &[u8]) -> bool {
        self.advertised.iter().flatten().any(|tag| tag == text)
    }

    /// The digits of an id where a forge has a `core.abbrev` that is shorter than git's own.
    fn shortest(&self) -> usize {
        if self.digits == usize::MAX { usize::MAX } else { limits::SHORTEST_DIGITS }
    }

    /// No text that may be accepted as it stands is longer.
    pub fn longest(&self) -> usize {
        let names = self.signed.iter().chain(self.advertised.iter().flatten());
        names.map(Vec::len).max().unwrap_or(0).max(limits::DESCRIPTION_BYTES)
    }

    /// The lengths that a text at the beginning of `rest` can have.
    pub fn lengths(&self, rest: &[u8], level: Level, steps: &mut u64) -> Vec<usize> {
        let rest = &rest[..rest.len().min(self.longest().max(limits::LONG_NAME_BYTES))];
        let signed = self.signed.iter().filter(|tag| rest.starts_with(tag));
        let mut lengths: Vec<usize> = signed.map(Vec::len).collect();
        let advertised = self.advertised.iter().flatten();
        let advertised = advertised.filter(|tag| rest.starts_with(tag) && is_name(TAGS, tag, level));
        lengths.extend(advertised.map(Vec::len));
        // A signed tag of the commit itself is nearer than all others: git takes it, if it was there and the filter allows it.
        let is_free = self.is_filtered || self.signed.is_empty();
        if is_free {
            lengths.push(0);
        }
        let names = ref_bytes(rest);
        *steps += names as u64;
        // Another tag of this commit: git can write it, and the repository may have lost it since.
        if self.signed.is_empty() || level == Level::Possible {
            *steps += (names * names) as u64;
            lengths.extend((1..=names).filter(|end| is_name(TAGS, &rest[..*end], level)));
        }
        // <name>-<count>-g<id>
        let hex = self.commit.to_string().into_bytes();
        for dash in (1..names).filter(|at| rest[*at] == b'-') {
            let Some(after) = count(&rest[dash + 1..]).map(|digits| dash + 1 + digits) else { continue };
            let Some(id) = rest[after..].strip_prefix(b"-g") else { continue };
            let same = hex.iter().zip(id).take_while(|(a, b)| a == b).count();
            *steps += dash as u64;
            let digits = if level == Level::Plain { self.digits } else { self.digits.min(self.shortest()) };
            if (is_free || level == Level::Possible) && same >= digits && is_name(TAGS, &rest[..dash], level) {
                lengths.extend((digits..=same).map(|length| after + 2 + length));
            }
        }
        lengths
    }
}

/// How many digits a count of commits has: a number that git's `int` can hold, from 1 on.
fn count(rest: &[u8]) -> Option<usize> {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number: i32 = std::str::from_utf8(rest.get(..digits.min(11))?).ok()?.parse().ok()?;
    (number > 0 && rest.first() != Some(&b'0')).then_some(digits)
}
