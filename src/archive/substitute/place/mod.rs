//! Where a text stands that only the forge knew, and what may stand there.
//!
//! This is a list of what is allowed, and it looks at signed bytes alone: the file as it is in the repository, with a gap for each
//! hole. A text that somebody else chose may stand only in a line of a shape that is known to be inert ([`shape`]), in a file
//! that is known to be read as it looks ([`mod@file`]). Anything else is for people to look at: that is never a yes by itself.

use std::ops::Range;

use super::hole::{Hole, Piece, Sign};
use crate::limits;

mod file;
mod id;
mod line;
mod operators;
mod quotes;
mod shape;
mod text;

use file::File;

/// A hole in a line. Signed lines that have this byte themselves have no known shape.
const GAP: u8 = 0;

/// What may stand in the place of one hole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// An id, of which only the number of digits is open.
    ids: bool,
    /// Names, dates, descriptions.
    words: bool,
    /// With an `@` in them.
    at_signs: bool,
}

impl Place {
    /// Whether a text that is an id, or the beginning of one, may stand there.
    pub fn takes_ids(&self) -> bool {
        self.ids
    }

    /// Whether a text that somebody else chose, and that is plain by itself, may stand there.
    pub fn takes_words(&self, content: &[u8], range: Range<usize>) -> bool {
        let inner = content.get(range.clone()).unwrap_or_default();
        let has_at_sign = inner.contains(&b'@');
        self.words && inner.is_ascii() && (self.at_signs || !has_at_sign) && text::keeps_tokens(content, range)
    }
}

/// The places of all holes of a file, in order. `path` is the file's.
pub fn places(pieces: &[Piece], path: &[u8]) -> Vec<Place> {
    let template = Template::of(pieces);
    let file = File::of(&template.bytes, path);
    template.gaps.iter().map(|gap| template.place(gap, &file)).collect()
}

/// A file with a gap for each hole.
struct Template {
    bytes: Vec<u8>,
    gaps: Vec<Gap>,
}

/// Where a hole is in a template.
struct Gap {
    at: usize,
    /// Whether line feeds are there only if the text is not empty.
    may_join_lines: bool,
}

impl Template {
    fn of(pieces: &[Piece]) -> Self {
        let mut template = Template { bytes: Vec::new(), gaps: Vec::new() };
        for piece in pieces {
            match piece {
                Piece::Bytes(bytes) => template.bytes.extend_from_slice(bytes),
                Piece::Hole(hole) => template.add(hole),
            }
        }
        template
    }

    fn add(&mut self, hole: &Hole) {
        let line_feeds = match hole.sign {
            Sign::Before(b'\n') => 1,
            Sign::Newlines(count) => count,
            Sign::None | Sign::Before(_) => 0,
        };
        self.bytes.extend(std::iter::repeat_n(b'\n', line_feeds));
        // Blanks that depend on the text.
        let has_blanks = hole.padded.is_some() || matches!(hole.sign, Sign::Before(b' '));
        self.bytes.extend(has_blanks.then_some(b' '));
        self.gaps.push(Gap { at: self.bytes.len(), may_join_lines: line_feeds > 0 });
        self.bytes.push(GAP);
        self.bytes.extend(hole.padded.map(|_| b' '));
    }

    fn place(&self, gap: &Gap, file: &File) -> Place {
        let Some((line, at)) = self.line(gap.at).filter(|_| file.is_read_as_it_looks()) else {
            return Place::default();
        };
        let is_good = !gap.may_join_lines && file.is_closed_at(gap.at);
        let shape = if is_good { shape::of(line, at, file) } else { None };
        Place {
            ids: shape.is_some() || id::may_stand(line, at),
            words: shape.is_some(),
            at_signs: shape.is_some_and(|shape| shape.takes_at_signs()),
        }
    }

    /// The line that has this place, and where in it that is. Long lines, and such as go on from another, have no known shape.
    fn line(&self, at: usize) -> Option<(&[u8], usize)> {
        let (before, behind) = self.bytes.split_at_checked(at)?;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let end = at + behind.iter().position(|byte| *byte == b'\n').unwrap_or(behind.len());
        let last = before.get(..start)?.trim_ascii_end().last();
        let line = self.bytes.get(start..end)?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let goes_on = last == Some(&b'\\') || line.ends_with(b"\\");
        let gaps = self.gaps.iter().filter(|gap| (start..end).contains(&gap.at)).count();
        let is_known = line.iter().filter(|byte| **byte == GAP).count() == gaps;
        (!goes_on && is_known && line.len() <= limits::PLACE_LINE_BYTES).then_some((line, at - start))
    }
}

#[cfg(test)]
mod tests;
