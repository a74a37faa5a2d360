//! Spots in a substituted file whose text only the forge knew: abbreviated ids, ref names, descriptions, mapped names.
//!
//! A hole's text is taken from the tarball. It must be one that git can write; and it is accepted only if it changes nothing
//! around it: an attacker who makes the tarball must not be able to write more than a name into a program. The bytes around it
//! stay exact.

use std::ops::Range;

use foreign::Foreign;

use super::accepted::AcceptedTexts;
use super::grammar::{Grammar, Level};
use super::harmless::{self, LineWords};
use super::padding::{Side, blanks_before};
use super::surroundings::Surroundings;
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

impl Piece {
    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Piece::Bytes(bytes) => Some(bytes),
            Piece::Hole(_) => None,
        }
    }
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
    /// Whether the repository has a tag of this name for the commit, if that is not decided anyway.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub advertised: bool,
    /// Whether it is here only since the caller accepts it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub accepted: bool,
}

/// A text that may stand in a hole, and where the hole ends: blanks can follow.
struct Spot {
    text: Range<usize>,
    end: usize,
}

impl Hole {
    /// Whether nothing may stand there.
    pub fn may_be_empty(&self) -> bool {
        self.padded.is_none() && self.grammar.lengths(b"", Level::Possible, &mut 0).contains(&0)
    }

    /// Every text in `content` that this hole can have if it begins at `start`. `steps` counts the work.
    fn spots(&self, content: &[u8], start: usize, level: Level, steps: &mut u64) -> Vec<Spot> {
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

/// Lay the pieces over the content, from its first byte to its last.
///
/// Returns what the holes hold, without those that need no mention; `None` where the content does not fit. `steps` counts the
/// work, for all files of an archive.
///
/// # Errors
/// [`Error::Limit`] for contents with too many ways to fit, and [`Error::TextNotAccepted`] for a text that git can write, but
/// that programs could read something into, unless it is accepted for this path.
pub fn fit(
    pieces: &[Piece],
    content: &[u8],
    path: &Foreign,
    accepted: &AcceptedTexts,
    steps: &mut u64,
) -> Result<Option<Vec<Filled>>, Error> {
    let most = steps.saturating_add(limits::HOLE_STEPS).min(limits::ALL_HOLE_STEPS);
    let parts: Vec<&[u8]> = pieces.iter().filter_map(Piece::bytes).collect();
    let mut fitting = Fitting {
        content,
        path,
        accepted,
        words: LineWords::of(&parts),
        surroundings: Surroundings::of(content),
        steps,
        most,
    };
    if let Some(filled) = fitting.lay(pieces, Level::Plain)? {
        return Ok(Some(filled.into_iter().map(|(filled, _)| filled).collect()));
    }
    let Some(possible) = fitting.lay(pieces, Level::Possible)? else { return Ok(None) };
    // At least one of them is not accepted as it stands.
    let doubtful = possible.iter().find(|(filled, is_plain)| !is_plain && !filled.accepted).or(possible.first());
    Err(match doubtful.map(|(filled, _)| filled.clone()) {
        Some(Filled { path, placeholder, text, .. }) => Error::TextNotAccepted { path, placeholder, text },
        None => Error::Limit { what: "the ways in which text fits into placeholders" },
    })
}

/// One file's content, and what may stand in it.
struct Fitting<'a> {
    content: &'a [u8],
    path: &'a Foreign,
    accepted: &'a AcceptedTexts,
    words: LineWords<'a>,
    surroundings: Surroundings,
    steps: &'a mut u64,
    most: u64,
}

impl Fitting<'_> {
    /// What the holes hold, and whether each may be accepted as it stands.
    fn lay(&mut self, pieces: &[Piece], level: Level) -> Result<Option<Vec<(Filled, bool)>>, Error> {
        // For each piece, the places where it can begin.
        let mut begins: Vec<Vec<usize>> = vec![vec![0]];
        for piece in pieces {
            let places = begins.last().map(Vec::as_slice).unwrap_or_default();
            let mut next = Vec::new();
            for start in places {
                next.extend(self.spots(piece, *start, level).into_iter().map(|spot| spot.end));
                if *self.steps > self.most {
                    return Err(Error::Limit { what: "the ways in which text fits into placeholders" });
                }
            }
            next.sort_unstable();
            next.dedup();
            begins.push(next);
        }
        let mut end = self.content.len();
        if begins.last().is_none_or(|ends| !ends.contains(&end)) {
            return Ok(None);
        }
        let mut filled = Vec::new();
        for (piece, places) in pieces.iter().zip(&begins).rev() {
            let mut found = None;
            for start in places {
                let spot = self.spots(piece, *start, level).into_iter().find(|spot| spot.end == end);
                if let Some(spot) = spot {
                    found = Some((*start, spot.text));
                    break;
                }
            }
            let Some((start, text)) = found else { return Ok(None) };
            if let Piece::Hole(hole) = piece
                && !hole.grammar.goes_without_saying()
            {
                filled.push(self.filled(hole, text));
            }
            end = start;
        }
        filled.reverse();
        Ok(Some(filled))
    }

    fn filled(&self, hole: &Hole, range: Range<usize>) -> (Filled, bool) {
        let text = &self.content[range.clone()];
        let (is_plain, decided) = (self.is_plain(hole, &range), hole.grammar.decides(text));
        let filled = Filled {
            path: self.path.clone(),
            placeholder: hole.placeholder.clone(),
            text: Foreign::from(text),
            decided,
            advertised: is_plain && !decided && hole.grammar.is_advertised(text),
            accepted: !is_plain && self.accepted.has(self.path.as_bytes(), text),
        };
        (filled, is_plain)
    }

    /// The texts that a piece can have if it begins at `start`.
    fn spots(&mut self, piece: &Piece, start: usize, level: Level) -> Vec<Spot> {
        let hole = match piece {
            Piece::Bytes(bytes) if self.content[start..].starts_with(bytes) => {
                *self.steps += 1 + bytes.len() as u64;
                let end = start + bytes.len();
                return vec![Spot { text: start..end, end }];
            }
            Piece::Bytes(_) => {
                *self.steps += 1;
                return Vec::new();
            }
            Piece::Hole(hole) => hole,
        };
        let mut spots = hole.spots(self.content, start, level, self.steps);
        if level == Level::Plain {
            *self.steps += spots.iter().map(|spot| 128 + spot.text.len() as u64).sum::<u64>();
            spots.retain(|spot| self.keeps_all(hole, &spot.text));
            if !self.accepted.is_empty() {
                let possible = hole.spots(self.content, start, Level::Possible, self.steps);
                let path = self.path.as_bytes();
                spots.extend(possible.into_iter().filter(|spot| {
                    self.content.get(spot.text.clone()).is_some_and(|text| self.accepted.has(path, text))
                }));
            }
        }
        spots
    }

    /// Whether a text is one that may be accepted as it stands.
    fn is_plain(&self, hole: &Hole, text: &Range<usize>) -> bool {
        let lengths = self.content.get(text.start..).map(|rest| hole.grammar.lengths(rest, Level::Plain, &mut 0));
        lengths.unwrap_or_default().contains(&text.len()) && self.keeps_all(hole, text)
    }

    /// Whether words that somebody else chose mean nothing where they stand.
    fn keeps_words(&self, hole: &Hole, text: &Range<usize>) -> bool {
        let begins_line = matches!(hole.sign, Sign::Before(b'\n'));
        self.words.keeps(self.content, text.clone()) && self.surroundings.keep(self.content, text.clone(), begins_line)
    }

    /// Whether a text, which is plain by itself, is signed or changes nothing around it.
    fn keeps_all(&self, hole: &Hole, text: &Range<usize>) -> bool {
        let is_signed = self.content.get(text.clone()).is_some_and(|text| hole.grammar.is_signed(text));
        is_signed
            || harmless::keeps_tokens(self.content, text.clone())
                && (!hole.grammar.has_words() || self.keeps_words(hole, text))
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::super::grammar::{Decoration, Description, Mapped};
    use super::*;
    use gix_hash::ObjectId;

    fn id() -> ObjectId {
        ObjectId::from_hex(b"0123456789abcdef0123456789abcdef01234567").unwrap()
    }

    fn refs() -> Grammar {
        Grammar::Refs(Decoration::parenthesised())
    }

    fn hole(grammar: Grammar, sign: Sign) -> Hole {
        Hole { placeholder: Foreign::from("%x"), grammar, sign, padded: None, only_ascii: false }
    }

    fn fit_in(pieces: &[Piece], content: &str, accepted: &AcceptedTexts) -> Result<Option<Vec<Filled>>, Error> {
        fit(pieces, content.as_bytes(), &Foreign::from("f"), accepted, &mut 0)
    }

    /// `a<hole>b`, with a colon and a blank behind the `a`, since an empty text must not join two words.
    fn try_fit(grammar: &Grammar, sign: Sign, content: &str) -> Result<Option<Vec<Filled>>, Error> {
        let hole = hole(grammar.clone(), sign);
        let pieces = [Piece::Bytes(b"a: ".to_vec()), Piece::Hole(hole), Piece::Bytes(b"b\n".to_vec())];
        fit_in(&pieces, &content.replacen('a', "a: ", 1), &AcceptedTexts::default())
    }

    fn fits(grammar: &Grammar, sign: Sign, content: &str) -> Option<Vec<Filled>> {
        try_fit(grammar, sign, content).unwrap()
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
        for good in ["", " (HEAD)", " (HEAD -> main, tag: v1, origin/main)", " (tag: v1.0+2_x)", " (refs/pull/7/head)"]
        {
            let filled = fits(&refs(), Sign::None, &format!("a{good}b\n")).unwrap_or_else(|| panic!("{good}"));
            assert_eq!((filled[0].text.as_bytes(), filled[0].decided), (good.as_bytes(), false));
        }
        for bad in [" ()", " (a b)", "(a)", " (a\\)", " (a\n)", " (tag: )", " (x, HEAD -> y)"] {
            assert_eq!(fits(&refs(), Sign::None, &format!("a{bad}b\n")), None, "{bad}");
        }
        // Refs can have such names, but programs could read something into them.
        for doubtful in [" (a,b)", " (tag: x@y)", " (a))", " (\")", " (a'b)", " ($x)"] {
            let error = try_fit(&refs(), Sign::None, &format!("a{doubtful}b\n")).unwrap_err();
            let Error::TextNotAccepted { text, .. } = error else { panic!("{error}") };
            assert_eq!(text.as_bytes(), doubtful.as_bytes());
        }
    }

    #[test]
    fn descriptions_are_of_this_commit() {
        let signed = vec![b"v1".to_vec()];
        let of = |may_be_empty| {
            let (signed, advertised) = (signed.clone(), Some(Vec::new()));
            Grammar::Description(Description { signed, advertised, commit: id(), digits: 7, may_be_empty })
        };
        assert!(fits(&of(false), Sign::None, "av1b\n").unwrap()[0].decided);
        assert!(!fits(&of(false), Sign::None, "av0.9-rc-12-g0123456b\n").unwrap()[0].decided);
        for bad in ["av2b\n", "ab\n", "av1-12-g1123456b\n", "av1-x-g0123456b\n", "av1-1-g012345b\n"] {
            assert_eq!(fits(&of(false), Sign::None, bad), None, "{bad}");
        }
        assert!(try_fit(&of(false), Sign::None, "a'-1-g0123456b\n").is_err());
        assert!(fits(&of(true), Sign::None, "ab\n").is_some());
    }

    #[test]
    fn signs_depend_on_the_text() {
        for (sign, good, bad) in [
            (Sign::Before(b'_'), ["ab\n", "a_ (x)b\n"], ["a_b\n", "a (x)b\n"]),
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

    /// `%+d` would put the text on a line of its own, outside of a comment.
    #[test]
    fn a_text_that_begins_its_own_line_is_for_people() {
        assert!(try_fit(&refs(), Sign::Before(b'\n'), "a\n (x)b\n").is_err());
    }

    /// A text is accepted in its own file alone, and only if git can write it.
    #[test]
    fn texts_that_the_caller_accepts() {
        let pieces = |grammar| {
            [Piece::Bytes(b"\"".to_vec()), Piece::Hole(hole(grammar, Sign::None)), Piece::Bytes(b"\"".to_vec())]
        };
        let mut accepted = AcceptedTexts::default();
        accepted.accept("f", " (it's)");
        accepted.accept("g", " (100%)");
        accepted.accept("f", "evil()");
        let filled = fit_in(&pieces(refs()), "\" (it's)\"", &accepted).unwrap().unwrap();
        assert!(filled[0].accepted && !filled[0].decided);
        assert!(fit_in(&pieces(refs()), "\" (100%)\"", &accepted).is_err());
        assert!(fit_in(&pieces(refs()), "\" (its')\"", &accepted).is_err());
        assert_eq!(fit_in(&pieces(refs()), "\"evil()\"", &accepted).unwrap(), None);
        let filled = fit_in(&pieces(refs()), "\" (main)\"", &accepted).unwrap().unwrap();
        assert!(!filled[0].accepted);
    }

    #[test]
    fn many_holes_in_a_row_come_to_an_end() {
        let local = hole(Grammar::Mapped { original: (*b"x").into(), kind: Mapped::Local }, Sign::None);
        let path = Foreign::from("f");
        let none = AcceptedTexts::default();
        let few = vec![Piece::Hole(local.clone()); 6];
        assert!(fit(&few, "a".repeat(100).as_bytes(), &path, &none, &mut 0).is_ok_and(|filled| filled.is_some()));
        assert_eq!(fit(&few, format!("{}\n", "a".repeat(100)).as_bytes(), &path, &none, &mut 0).unwrap(), None);
        // Ref names that may begin and end nearly everywhere.
        let text = |text: &str| text.as_bytes().to_vec();
        let odd =
            Decoration { prefix: text(""), suffix: text("X!"), separator: text("a"), pointer: text(""), tag: text("") };
        let refs = Hole { grammar: Grammar::Refs(odd), ..local.clone() };
        let many = vec![Piece::Hole(local), Piece::Hole(refs)];
        let content = "a".repeat(4000);
        assert!(fit(&vec![many; 20].concat(), content.as_bytes(), &path, &none, &mut 0).is_err());
        let mut steps = limits::ALL_HOLE_STEPS;
        assert!(fit(&few, content.as_bytes(), &path, &none, &mut steps).is_err());
    }
}
