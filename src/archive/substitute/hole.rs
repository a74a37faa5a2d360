//! Spots in a substituted file whose text only the forge knew: abbreviated ids, ref names, descriptions, mapped names.
//!
//! A hole's text is taken from the tarball, and accepted only in a narrow grammar: an attacker who makes the tarball must not
//! be able to write more than a name into a program. The bytes around it stay exact.

use foreign::Foreign;

use super::grammar::Grammar;
use super::padding::{Side, blanks_before};
use super::width::Glyph;
use crate::archive::error::Error;
use crate::limits;

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
    /// `%-d`: so many line feeds before a text that is not empty, none before an empty one.
    Newlines(usize),
}

/// A hole, and the text that the tarball has for it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Filled {
    /// The file.
    pub path: Foreign,
    /// The placeholder.
    pub placeholder: Foreign,
    /// Its text.
    pub text: Foreign,
    /// Whether signed data fully decides the text.
    pub decided: bool,
}

impl Hole {
    /// Whether nothing may stand there.
    pub fn may_be_empty(&self) -> bool {
        self.padded.is_none() && self.grammar.lengths(b"", &mut 0).contains(&0)
    }

    /// Every place in `content` where this hole can end if it begins at `start`. `steps` counts the work.
    fn ends(&self, content: &[u8], start: usize, steps: &mut u64) -> Vec<usize> {
        let window = &content[start..];
        if let Some(padded) = self.padded {
            return padded.lengths(&self.grammar, window, steps).into_iter().map(|length| start + length).collect();
        }
        let mut texts_at = |skipped: usize| -> Vec<(usize, usize)> {
            let lengths = window.get(skipped..).map(|rest| self.grammar.lengths(rest, steps)).unwrap_or_default();
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
        empty.chain(full).map(|(skipped, length)| start + skipped + length).collect()
    }

    /// The text between two places, without what sign and blanks put around it.
    fn text<'a>(&self, spot: &'a [u8]) -> &'a [u8] {
        match self.sign {
            _ if self.padded.is_some() => spot.trim_ascii(),
            Sign::Before(_) if !spot.is_empty() => &spot[1..],
            Sign::Newlines(count) if spot.len() > count => &spot[count..],
            _ => spot,
        }
    }
}

impl Padded {
    /// The lengths that padded text at the beginning of `rest` can have.
    fn lengths(&self, grammar: &Grammar, rest: &[u8], steps: &mut u64) -> Vec<usize> {
        let rest = &rest[..rest.len().min(grammar.longest() + 2 * self.columns)];
        let columns = columns_up_to(rest);
        *steps += rest.len() as u64;
        let blanks = |from: &[u8]| from.iter().take(self.columns).take_while(|byte| **byte == b' ').count();
        let most = if self.side == Side::Right { 0 } else { blanks(rest) };
        let mut found = Vec::new();
        for before in 0..=most {
            for length in grammar.lengths(&rest[before..], steps) {
                let end = before + length;
                let missing = self.columns.saturating_sub(columns[end] - columns[before]);
                let behind = missing.saturating_sub(before);
                *steps += 1 + behind as u64;
                if blanks_before(self.side, missing) == before && blanks(&rest[end..]) >= behind {
                    found.push(end + behind);
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

/// Lay the pieces over the content, from its first byte to its last.
///
/// Returns what the holes hold, without those that need no mention; `None` where the content does not fit. `steps` counts the
/// work, for all files of an archive.
///
/// # Errors
/// [`Error::Limit`] for contents with too many ways to fit.
pub fn fit(pieces: &[Piece], content: &[u8], path: &Foreign, steps: &mut u64) -> Result<Option<Vec<Filled>>, Error> {
    // For each piece, the places where it can begin.
    let mut begins: Vec<Vec<usize>> = vec![vec![0]];
    let most = steps.saturating_add(limits::HOLE_STEPS).min(limits::ALL_HOLE_STEPS);
    for piece in pieces {
        let places = begins.last().map(Vec::as_slice).unwrap_or_default();
        let mut next = Vec::new();
        for start in places {
            next.extend(ends(piece, content, *start, steps));
            if *steps > most {
                return Err(Error::Limit { what: "the ways in which text fits into placeholders" });
            }
        }
        next.sort_unstable();
        next.dedup();
        begins.push(next);
    }
    let mut end = content.len();
    if begins.last().is_none_or(|ends| !ends.contains(&end)) {
        return Ok(None);
    }
    let mut filled = Vec::new();
    for (piece, places) in pieces.iter().zip(&begins).rev() {
        let mut fits = |start: &usize| ends(piece, content, *start, steps).contains(&end);
        let Some(start) = places.iter().copied().find(|start| fits(start)) else { return Ok(None) };
        if let Piece::Hole(hole) = piece
            && !hole.grammar.goes_without_saying()
        {
            let text = hole.text(&content[start..end]);
            filled.push(Filled {
                path: path.clone(),
                placeholder: hole.placeholder.clone(),
                text: Foreign::from(text),
                decided: hole.grammar.decides(text),
            });
        }
        end = start;
    }
    filled.reverse();
    Ok(Some(filled))
}

fn ends(piece: &Piece, content: &[u8], start: usize, steps: &mut u64) -> Vec<usize> {
    match piece {
        Piece::Bytes(bytes) if content[start..].starts_with(bytes) => {
            *steps += 1 + bytes.len() as u64;
            vec![start + bytes.len()]
        }
        Piece::Bytes(_) => {
            *steps += 1;
            Vec::new()
        }
        Piece::Hole(hole) => hole.ends(content, start, steps),
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::super::grammar::{Decoration, Mapped};
    use super::*;
    use gix_hash::ObjectId;

    fn id() -> ObjectId {
        ObjectId::from_hex(b"0123456789abcdef0123456789abcdef01234567").unwrap()
    }

    fn refs() -> Grammar {
        let text = |text: &str| text.as_bytes().to_vec();
        Grammar::Refs(Decoration {
            prefix: text(" ("),
            suffix: text(")"),
            separator: text(", "),
            pointer: text(" -> "),
            tag: text("tag: "),
        })
    }

    /// `a<hole>b`
    fn fits(grammar: &Grammar, sign: Sign, content: &str) -> Option<Vec<Filled>> {
        let hole = Hole { placeholder: Foreign::from("%x"), grammar: grammar.clone(), sign, padded: None };
        let pieces = [Piece::Bytes(b"a".to_vec()), Piece::Hole(hole), Piece::Bytes(b"b\n".to_vec())];
        fit(&pieces, content.as_bytes(), &Foreign::from("f"), &mut 0).unwrap()
    }

    #[test]
    fn abbreviated_ids_are_prefixes_of_the_right_one() {
        let one = Grammar::Abbreviations(Rc::new([id()]));
        let none = Sign::None;
        assert!(!fits(&one, none, "a0123456b\n").unwrap()[0].decided);
        assert!(fits(&one, none, &format!("a{}b\n", id())).unwrap()[0].decided);
        for bad in ["a012345b\n", "a0123457b\n", "ab\n", "a0123456 b\n", "a0123456", "a0123456789b b\n"] {
            assert_eq!(fits(&one, none, bad), None, "{bad}");
        }
        let two = Grammar::Abbreviations(Rc::new([id(), id()]));
        assert!(fits(&two, none, "a0123456 01234567b\n").is_some());
        assert_eq!(fits(&two, none, "a0123456b\n"), None);
        assert!(fits(&Grammar::Abbreviations(Rc::new([])), none, "ab\n").is_some());
    }

    #[test]
    fn ref_names_have_gits_shape() {
        for good in
            ["", " (HEAD)", " (HEAD -> main, tag: v1, origin/main)", " (tag: v1.0+2_x@y)", " (refs/pull/7/head)"]
        {
            let filled = fits(&refs(), Sign::None, &format!("a{good}b\n")).unwrap_or_else(|| panic!("{good}"));
            assert_eq!((filled[0].text.as_bytes(), filled[0].decided), (good.as_bytes(), false));
        }
        for bad in [
            " ()",
            " (a b)",
            " (a,b)",
            "(a)",
            " (a))",
            " (\")",
            " (a'b)",
            " (a\\)",
            " (a\n)",
            " (tag: )",
            " (x, HEAD -> y)",
            " ($x)",
        ] {
            assert_eq!(fits(&refs(), Sign::None, &format!("a{bad}b\n")), None, "{bad}");
        }
    }

    #[test]
    fn descriptions_are_of_this_commit() {
        let tags = vec![b"v1".to_vec()];
        let of = |may_be_empty| Grammar::Description { tags: tags.clone(), commit: id(), digits: 7, may_be_empty };
        assert!(fits(&of(false), Sign::None, "av1b\n").unwrap()[0].decided);
        assert!(!fits(&of(false), Sign::None, "av0.9-rc-12-g0123456b\n").unwrap()[0].decided);
        for bad in ["av2b\n", "ab\n", "av1-12-g1123456b\n", "av1-x-g0123456b\n", "av1-1-g012345b\n", "a'-1-g0123456b\n"]
        {
            assert_eq!(fits(&of(false), Sign::None, bad), None, "{bad}");
        }
        assert!(fits(&of(true), Sign::None, "ab\n").is_some());
    }

    #[test]
    fn signs_depend_on_the_text() {
        for (sign, good, bad) in [
            (Sign::Before(b'\n'), ["ab\n", "a\n (x)b\n"], ["a\nb\n", "a (x)b\n"]),
            (Sign::Newlines(2), ["ab\n", "a\n\n (x)b\n"], ["a\n\nb\n", "a\n (x)b\n"]),
        ] {
            for text in good {
                assert!(fits(&refs(), sign, text).is_some(), "{text:?}");
            }
            for text in bad {
                assert_eq!(fits(&refs(), sign, text), None, "{text:?}");
            }
        }
    }

    #[test]
    fn many_holes_in_a_row_come_to_an_end() {
        let hole = Hole {
            placeholder: Foreign::from("%aN"),
            grammar: Grammar::Mapped { original: (*b"x").into(), kind: Mapped::Local },
            sign: Sign::None,
            padded: None,
        };
        let path = Foreign::from("f");
        let few = vec![Piece::Hole(hole.clone()); 6];
        assert!(fit(&few, "a".repeat(100).as_bytes(), &path, &mut 0).is_ok_and(|filled| filled.is_some()));
        assert_eq!(fit(&few, format!("{}!", "a".repeat(100)).as_bytes(), &path, &mut 0).unwrap(), None);
        // Ref names that may begin and end nearly everywhere.
        let text = |text: &str| text.as_bytes().to_vec();
        let odd =
            Decoration { prefix: text(""), suffix: text("X!"), separator: text("a"), pointer: text(""), tag: text("") };
        let refs = Hole { grammar: Grammar::Refs(odd), ..hole.clone() };
        let many = vec![Piece::Hole(hole), Piece::Hole(refs)];
        let content = "a".repeat(4000);
        assert!(fit(&vec![many; 20].concat(), content.as_bytes(), &path, &mut 0).is_err());
        let mut steps = limits::ALL_HOLE_STEPS;
        assert!(fit(&few, content.as_bytes(), &path, &mut steps).is_err());
    }
}
