//! How the content that a tarball has fills the holes of a file.
//!
//! A text must be one that git can write; and it is accepted only if it is plain and stands in a place where plain texts are
//! inert: an attacker who makes the tarball must not be able to write more than a name into a program. The bytes around the holes
//! stay exact.

use std::ops::Range;

use foreign::Foreign;

use super::accepted::AcceptedTexts;
use super::grammar::{Grammar, Level};
use super::hole::{Hole, Piece, Spot};
use super::place::{Place, places};
use crate::archive::error::Error;
use crate::limits;

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
    /// Its line in the file, from 1 on.
    #[serde(skip)]
    pub line: usize,
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
    let places = places(pieces, path.as_bytes());
    let mut fitting = Fitting { pieces, content, path, accepted, places, steps, most };
    if let Some(filled) = fitting.lay(Level::Plain)? {
        return Ok(Some(filled.into_iter().map(|(filled, _)| filled).collect()));
    }
    let Some(possible) = fitting.lay(Level::Possible)? else { return Ok(None) };
    // At least one of them is not accepted as it stands.
    let doubtful = possible.iter().find(|(filled, is_plain)| !is_plain && !filled.accepted).or(possible.first());
    Err(match doubtful.map(|(filled, _)| filled.clone()) {
        Some(Filled { path, placeholder, text, line, .. }) => Error::TextNotAccepted { path, placeholder, text, line },
        None => Error::Limit { what: "the ways in which text fits into placeholders" },
    })
}

/// One file's content, and what may stand in it.
struct Fitting<'a> {
    pieces: &'a [Piece],
    content: &'a [u8],
    path: &'a Foreign,
    accepted: &'a AcceptedTexts,
    /// Of the holes, in order.
    places: Vec<Place>,
    steps: &'a mut u64,
    most: u64,
}

impl<'a> Fitting<'a> {
    /// What the holes hold, and whether each may be accepted as it stands.
    fn lay(&mut self, level: Level) -> Result<Option<Vec<(Filled, bool)>>, Error> {
        let pieces = self.placed();
        // For each piece, the places where it can begin.
        let mut begins: Vec<Vec<usize>> = vec![vec![0]];
        for (piece, place) in &pieces {
            let starts = begins.last().map(Vec::as_slice).unwrap_or_default();
            let mut next = Vec::new();
            for start in starts {
                next.extend(self.spots(piece, *place, *start, level).into_iter().map(|spot| spot.end));
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
        for ((piece, place), starts) in pieces.iter().zip(&begins).rev() {
            let mut found = None;
            for start in starts {
                let spot = self.spots(piece, *place, *start, level).into_iter().find(|spot| spot.end == end);
                if let Some(spot) = spot {
                    found = Some((*start, spot.text));
                    break;
                }
            }
            let Some((start, text)) = found else { return Ok(None) };
            if let Piece::Hole(hole) = piece
                && !hole.grammar.goes_without_saying()
            {
                filled.push(self.filled(hole, *place, text));
            }
            end = start;
        }
        filled.reverse();
        Ok(Some(filled))
    }

    /// The pieces, with the places of those that are holes.
    fn placed(&self) -> Vec<(&'a Piece, Place)> {
        let mut places = self.places.iter().copied();
        let mut place_of = |piece: &Piece| match piece {
            Piece::Bytes(_) => Place::default(),
            Piece::Hole(_) => places.next().unwrap_or_default(),
        };
        self.pieces.iter().map(|piece| (piece, place_of(piece))).collect()
    }

    fn filled(&self, hole: &Hole, place: Place, range: Range<usize>) -> (Filled, bool) {
        let text = &self.content[range.clone()];
        let (is_plain, decided) = (self.is_plain(hole, place, &range), hole.grammar.decides(text));
        let filled = Filled {
            path: self.path.clone(),
            placeholder: hole.placeholder.clone(),
            text: Foreign::from(text),
            decided,
            advertised: is_plain && !decided && hole.grammar.is_advertised(text),
            accepted: !is_plain && self.is_accepted(&range),
            line: self.line(&range),
        };
        (filled, is_plain)
    }

    /// The texts that a piece can have if it begins at `start`.
    fn spots(&mut self, piece: &Piece, place: Place, start: usize, level: Level) -> Vec<Spot> {
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
            *self.steps += spots.iter().map(|spot| 16 + spot.text.len() as u64).sum::<u64>();
            spots.retain(|spot| self.keeps_all(hole, place, &spot.text));
            if !self.accepted.is_empty() {
                let possible = hole.spots(self.content, start, Level::Possible, self.steps);
                spots.extend(possible.into_iter().filter(|spot| self.is_accepted(&spot.text)));
            }
        }
        spots
    }

    /// Whether a text is one that may be accepted as it stands.
    fn is_plain(&self, hole: &Hole, place: Place, text: &Range<usize>) -> bool {
        let lengths = self.content.get(text.start..).map(|rest| hole.grammar.lengths(rest, Level::Plain, &mut 0));
        lengths.unwrap_or_default().contains(&text.len()) && self.keeps_all(hole, place, text)
    }

    /// Whether a text, which is plain by itself, is signed or stands in a place for such.
    fn keeps_all(&self, hole: &Hole, place: Place, text: &Range<usize>) -> bool {
        let inner = self.content.get(text.clone()).unwrap_or_default();
        match &hole.grammar {
            Grammar::Abbreviations(_) => place.takes_ids(),
            Grammar::Refs(decoration) if !decoration.names_signed(inner) => false,
            grammar => grammar.is_signed(inner) || place.takes_words(self.content, text.clone()),
        }
    }

    /// Whether the caller accepts a text where it stands: in this line, or in the only hole of the file that could have it.
    fn is_accepted(&self, text: &Range<usize>) -> bool {
        let path = self.path.as_bytes();
        let Some(inner) = self.content.get(text.clone()).filter(|inner| self.accepted.names(path, inner)) else {
            return false;
        };
        self.accepted.has_at(path, self.line(text), inner)
            || self.accepted.has(path, inner) && self.could_have(inner) < 2
    }

    /// How many holes could have this text.
    fn could_have(&self, text: &[u8]) -> usize {
        let could = |piece: &&Piece| match piece {
            Piece::Bytes(_) => false,
            Piece::Hole(hole) => hole.grammar.lengths(text, Level::Possible, &mut 0).contains(&text.len()),
        };
        self.pieces.iter().filter(could).count()
    }

    /// The line that a text begins in, from 1 on.
    fn line(&self, text: &Range<usize>) -> usize {
        1 + self.content.get(..text.start).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count()
    }
}

#[cfg(test)]
mod hosts;

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::super::grammar::{Decoration, Description, Mapped};
    use super::super::hole::Sign;
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

    /// `a<hole>b` in a literal.
    fn try_fit(grammar: &Grammar, sign: Sign, content: &str) -> Result<Option<Vec<Filled>>, Error> {
        let hole = hole(grammar.clone(), sign);
        let pieces = [Piece::Bytes(b"ref = \"a ".to_vec()), Piece::Hole(hole), Piece::Bytes(b" b\"\n".to_vec())];
        let whole = |text: &str| format!("ref = \"a {text} b\"\n");
        let text =
            content.strip_prefix('a').and_then(|text| text.strip_suffix("b\n")).map_or(content.to_owned(), whole);
        fit_in(&pieces, &text, &AcceptedTexts::default())
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
        for bad in ["a012b\n", "a0123457b\n", "ab\n", "a0123456 b\n", "a0123456", "a0123456789b b\n"] {
            assert_eq!(fits(&one, none, bad), None, "{bad}");
        }
        let two = Grammar::Abbreviations(Rc::new([id(), id()]));
        assert!(fits(&two, none, "a0123456 01234567b\n").is_some());
        assert_eq!(fits(&two, none, "a0123456b\n"), None);
        assert!(fits(&Grammar::Abbreviations(Rc::new([])), none, "ab\n").is_some());
        // A forge can have a `core.abbrev` of its own.
        assert!(try_fit(&one, none, "a0123b\n").is_err() && try_fit(&one, none, "a012345b\n").is_err());
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
        let of = |is_filtered| {
            let (signed, advertised) = (signed.clone(), Some(Vec::new()));
            Grammar::Description(Description { signed, advertised, commit: id(), digits: 7, is_filtered })
        };
        assert!(fits(&of(false), Sign::None, "av1b\n").unwrap()[0].decided);
        assert!(!fits(&of(true), Sign::None, "av0.9-rc-12-g0123456b\n").unwrap()[0].decided);
        for bad in ["ab\n", "av1 xb\n", "a/v1-12-g0123456b\n", "av1..x-1-g0123456b\n"] {
            assert_eq!(fits(&of(false), Sign::None, bad), None, "{bad}");
        }
        // Tags of these names, if the repository had them: for people.
        for doubtful in [
            "av0.9-rc-12-g0123456b\n",
            "a'-1-g0123456b\n",
            "av2b\n",
            "av1-12-g1123456b\n",
            "av1-x-g0123456b\n",
            "av1-1-g012345b\n",
        ] {
            assert!(try_fit(&of(false), Sign::None, doubtful).is_err(), "{doubtful}");
        }
        assert!(fits(&of(true), Sign::None, "ab\n").is_some());
    }

    #[test]
    fn signs_depend_on_the_text() {
        for (sign, good, bad) in [(Sign::Before(b'_'), ["ab\n", "a_ (x)b\n"], ["a_b\n", "a (x)b\n"])] {
            for text in good {
                assert!(fits(&refs(), sign, text).is_some(), "{text:?}");
            }
            for text in bad {
                assert_eq!(fits(&refs(), sign, text), None, "{text:?}");
            }
        }
    }

    /// `%+d` would put the text on a line of its own, outside of a comment; `%-d` would join two lines.
    #[test]
    fn a_text_that_begins_or_joins_lines_is_for_people() {
        assert!(try_fit(&refs(), Sign::Before(b'\n'), "a\n (x)b\n").is_err());
        for text in ["ab\n", "a\n\n (x)b\n"] {
            assert!(try_fit(&refs(), Sign::Newlines(2), text).is_err(), "{text:?}");
        }
        for text in ["a\n\nb\n", "a\n (x)b\n"] {
            assert_eq!(fits(&refs(), Sign::Newlines(2), text), None, "{text:?}");
        }
    }

    /// A text is accepted in its own file alone, and only if git can write it.
    #[test]
    fn texts_that_the_caller_accepts() {
        let pieces = |grammar| {
            [Piece::Bytes(b"ref=\"".to_vec()), Piece::Hole(hole(grammar, Sign::None)), Piece::Bytes(b"\"".to_vec())]
        };
        let fit_in = |pieces: &[Piece], text: &str, accepted: &_| fit_in(pieces, &format!("ref={text}"), accepted);
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

    /// What was accepted in one place is not accepted in another that could have it as well.
    #[test]
    fn an_accepted_text_stays_where_it_was_looked_at() {
        let name = || Piece::Hole(hole(Grammar::Mapped { original: (*b"x").into(), kind: Mapped::Name }, Sign::None));
        let bytes = |text: &str| Piece::Bytes(text.as_bytes().to_vec());
        let pieces = [bytes("# by "), name(), bytes("\nAUTHOR='"), name(), bytes("'\n")];
        let content = |one: &str, other: &str| format!("# by {one}\nAUTHOR='{other}'\n");
        let with = |text: &str, one: &str, other: &str| {
            let mut accepted = AcceptedTexts::default();
            accepted.accept("f", text);
            fit_in(&pieces, &content(one, other), &accepted)
        };
        assert!(with("1:O'Brien", "O'Brien", "Joe").unwrap().is_some());
        assert!(with("2:O'Brien", "Joe", "O'Brien").unwrap().is_some());
        for (accepted, one, other) in [
            ("O'Brien", "O'Brien", "Joe"),
            ("O'Brien", "O'Brien", "O'Brien"),
            ("1:O'Brien", "O'Brien", "O'Brien"),
            ("1:O'Brien", "Joe", "O'Brien"),
            ("3:O'Brien", "O'Brien", "Joe"),
        ] {
            assert!(with(accepted, one, other).is_err(), "{accepted} {one} {other}");
        }
    }

    #[test]
    fn many_holes_in_a_row_come_to_an_end() {
        let local = hole(Grammar::Mapped { original: (*b"x").into(), kind: Mapped::Local }, Sign::None);
        let path = Foreign::from("f");
        let none = AcceptedTexts::default();
        let few = vec![Piece::Hole(local.clone()); 6];
        let fit_few = |content: &str| fit(&few, content.as_bytes(), &path, &none, &mut 0);
        assert!(fit_few(&"a".repeat(100)).is_ok_and(|filled| filled.is_some()));
        assert_eq!(fit_few(&format!("{}\n", "a".repeat(100))).unwrap(), None);
        // Ref names that may begin and end nearly everywhere.
        let text = |text: &str| text.as_bytes().to_vec();
        let odd = Decoration {
            prefix: text(""),
            suffix: text("X!"),
            separator: text("a"),
            pointer: text(""),
            tag: text(""),
            signed: Vec::new(),
        };
        let refs = Hole { grammar: Grammar::Refs(odd), ..local.clone() };
        let many = vec![Piece::Hole(local), Piece::Hole(refs)];
        let content = "a".repeat(4000);
        assert!(fit(&vec![many; 20].concat(), content.as_bytes(), &path, &none, &mut 0).is_err());
        let mut steps = limits::ALL_HOLE_STEPS;
        assert!(fit(&few, content.as_bytes(), &path, &none, &mut steps).is_err());
    }
}
