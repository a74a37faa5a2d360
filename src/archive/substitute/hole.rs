//! Spots in a substituted file whose text only the forge knew: abbreviated ids, ref names, descriptions, mapped names.
//!
//! A hole's text is taken from the tarball, and must be one that git can write.

use std::ops::Range;

use foreign::Foreign;

use super::grammar::{Grammar, Level};
use super::padding::{Side, blanks_before};
use super::width::Glyph;

/// A part of a file's expected content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Exactly these bytes.
    Bytes(Vec<u8>),
    /// Whatever fits.
    Hole(Hole),
}

/// A placeholder that the commit alone does not decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// As it is written, `%d`.
    pub placeholder: Foreign,
    /// What may stand there.
    pub grammar: Grammar,
    /// The sign before it (6.4), and what that does around a text that is empty or is not.
    pub sign: Sign,
    /// The blanks around it (6.13).
    pub padded: Option<Padded>,
    /// Whether its text is ASCII: the file is re-encoded.
    pub only_ascii: bool,
}

/// See [`Hole::padded`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Padded {
    /// Where the blanks go; none are taken away.
    pub side: Side,
    /// How many columns text and blanks take at least; more than 0.
    pub columns: usize,
}

/// See [`Hole::sign`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `%d`
    None,
    /// `%+d`, `% d`: this byte before a text that is not empty.
    Before(u8),
    /// `%-d`: this many line feeds before a text that is not empty, none before an empty one.
    Newlines(usize),
}

/// A text that may stand in a hole, and where the hole ends: blanks can follow.
pub struct Spot {
    /// The text.
    pub text: Range<usize>,
    /// The end.
    pub end: usize,
}

impl Hole {
    /// Whether nothing may stand there.
    pub fn may_be_empty(&self) -> bool {
        self.padded.is_none() && self.grammar.lengths(b"", Level::Possible, &mut 0).contains(&0)
    }

    /// Every text in `content` that this hole can have if it begins at `start`. `steps` counts the work.
    pub fn spots(&self, content: &[u8], start: usize, level: Level, steps: &mut u64) -> Vec<Spot> {
        let mut spots = self.all_spots(content, start, level, steps);
        spots.retain(|spot| !self.only_ascii || content.get(spot.text.clone()).is_some_and(<[u8]>::is_ascii));
        spots
    }

    fn all_spots(&self, content: &[u8], start: usize, level: Level, steps: &mut u64) -> Vec<Spot> {
        let window = &content[start..];
        if let Some(padded) = self.padded {
            return padded.spots(&self.grammar, content, start, level, steps);
        }
        let mut texts_at = |skipped: usize| -> Vec<(usize, usize)> {
            let rest = window.get(skipped..);
            let lengths = rest.map(|rest| self.grammar.lengths(rest, level, steps)).unwrap_or_default();
            lengths.into_iter().map(|length| (skipped, length)).collect()
        };
        let (empty, full) = match self.sign {
            Sign::None => (Vec::new(), texts_at(0)),
            Sign::Before(byte) => {
                let full = if window.first() == Some(&byte) { texts_at(1) } else { Vec::new() };
                (texts_at(0), full)
            }
            Sign::Newlines(count) => {
                let has_them = window.get(..count).is_some_and(|bytes| bytes.iter().all(|byte| *byte == b'\n'));
                let full = if has_them { texts_at(count) } else { Vec::new() };
                (texts_at(0), full)
            }
        };
        let is_signed = self.sign != Sign::None;
        let empty = empty.into_iter().filter(|(_, length)| *length == 0);
        let full = full.into_iter().filter(|(_, length)| !is_signed || *length > 0);
        let spots = empty.chain(full).map(|(skipped, length)| {
            let text = start + skipped..start + skipped + length;
            Spot { end: text.end, text }
        });
        spots.collect()
    }
}

impl Padded {
    /// The padded texts that begin at `start`.
    fn spots(&self, grammar: &Grammar, content: &[u8], start: usize, level: Level, steps: &mut u64) -> Vec<Spot> {
        let rest = &content[start..];
        let rest = &rest[..rest.len().min(grammar.longest() + 2 * self.columns)];
        let columns = columns_up_to(rest);
        *steps += rest.len() as u64;
        let blanks = |from: &[u8]| from.iter().take(self.columns).take_while(|byte| **byte == b' ').count();
        let most = if self.side == Side::Right { 0 } else { blanks(rest) };
        let mut found = Vec::new();
        for before in 0..=most {
            for length in grammar.lengths(&rest[before..], level, steps) {
                let end = before + length;
                let missing = self.columns.saturating_sub(columns[end] - columns[before]);
                let behind = missing.saturating_sub(before);
                *steps += 1 + behind as u64;
                if blanks_before(self.side, missing) == before && blanks(&rest[end..]) >= behind {
                    found.push(Spot { text: start + before..start + end, end: start + end + behind });
                }
            }
        }
        found
    }
}

/// For each place, the columns of the text before it. (No text in a hole has escapes or control characters.)
fn columns_up_to(text: &[u8]) -> Vec<usize> {
    let mut columns = vec![0; text.len() + 1];
    let mut at = 0;
    while at < text.len() {
        let glyph = Glyph::first(&text[at..]).unwrap_or(Glyph { bytes: 1, columns: Some(1) });
        let sum = columns[at] + glyph.columns.unwrap_or(0);
        columns[at + 1..=at + glyph.bytes].fill(sum);
        at += glyph.bytes;
    }
    columns
}
