//! `%w(width,indent1,indent2)`: filling lines (specification 6.13).

use super::padding::LARGEST_NUMBER;
use super::width::{Glyph, escapes};
use crate::c_text::{self, is_space, up_to_nul};
use crate::limits;

/// How text is wrapped: nothing is done where all is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wrapping {
    /// Columns of a line; 0 only indents.
    width: usize,
    /// Blanks before the first line, and before all others.
    indents: [usize; 2],
}

impl Wrapping {
    /// Read `w(...)`; returns its length as well. `None` for text that is no such thing.
    pub fn parse(from: &[u8]) -> Option<(Self, usize)> {
        let list = from.strip_prefix(b"w(")?;
        let end = list.iter().position(|byte| *byte == b')')?;
        let mut numbers = [0; 3];
        let mut rest = &list[..end];
        if !rest.is_empty() {
            for number in &mut numbers {
                (*number, rest) = c_text::strtoul(rest).unwrap_or((0, rest));
                match rest.strip_prefix(b",") {
                    Some(after) => rest = after,
                    None => break,
                }
            }
            // A comma behind the third number, or one behind which nothing follows.
            if !rest.is_empty() || list[..end].split(|byte| *byte == b',').count() > 3 {
                return None;
            }
        }
        let [width, first, others] = numbers.map(|number| usize::try_from(number).unwrap_or(usize::MAX));
        let limit = LARGEST_NUMBER as usize;
        let is_small = width <= limit && first <= limit && others <= limit;
        is_small.then_some((Wrapping { width, indents: [first, others] }, end + 3))
    }

    /// The text with its lines filled, up to its first NUL; `None` where that becomes larger than any keyword may.
    pub fn apply(&self, text: &[u8]) -> Option<Vec<u8>> {
        let text = up_to_nul(text);
        let lines = 1 + text.iter().filter(|byte| is_space(**byte)).count();
        if text.len() + lines * self.indents[0].max(self.indents[1]) > limits::SUBSTITUTED_BYTES {
            return None;
        }
        if self.width == 0 {
            return Some(self.indent(text));
        }
        // Where one character is not UTF-8, all bytes count as one column each.
        self.fill(text, true).or_else(|| self.fill(text, false))
    }

    fn indent(&self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for (index, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
            out.resize(out.len() + self.indents[index.min(1)], b' ');
            out.extend_from_slice(line);
        }
        out
    }

    /// `None` where a character is not UTF-8.
    fn fill(&self, text: &[u8], is_utf8: bool) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(text.len());
        let at = |index: usize| text.get(index).copied();
        let width = self.width as i64;
        let mut indent = self.indents[0];
        let (mut column, mut place, mut line) = (indent as i64, 0, 0);
        // The blank behind the last word that is written.
        let mut space: Option<usize> = None;
        loop {
            place += escapes(&text[place..]);
            let byte = at(place);
            let is_end_of_word = byte.is_none_or(is_space);
            if !is_end_of_word {
                let glyph = if is_utf8 { Glyph::first(&text[place..])? } else { Glyph { bytes: 1, columns: Some(1) } };
                column += glyph.columns.map_or(-1, |columns| columns as i64);
                place += glyph.bytes;
                continue;
            }
            let fits = column <= width || space.is_none();
            let mut breaks = !fits;
            if fits {
                if byte.is_none() && place == line {
                    return Some(out);
                }
                if space.is_none() {
                    out.resize(out.len() + indent, b' ');
                }
                out.extend_from_slice(&text[space.unwrap_or(line)..place]);
                let Some(byte) = byte else { return Some(out) };
                space = Some(place);
                match byte {
                    b'\t' => column |= 7,
                    b'\n' => {
                        space = Some(place + 1);
                        match at(place + 1) {
                            Some(b'\n') => {
                                out.push(b'\n');
                                breaks = true;
                            }
                            Some(next) if next.is_ascii_alphanumeric() => out.push(b' '),
                            _ => breaks = true,
                        }
                    }
                    _ => {}
                }
                if !breaks {
                    column += 1;
                    place += 1;
                }
            }
            if breaks {
                out.push(b'\n');
                let end = space.unwrap_or(place);
                line = end + usize::from(at(end).is_some_and(is_space));
                place = line;
                space = None;
                indent = self.indents[1];
                column = indent as i64;
            }
        }
    }
}
