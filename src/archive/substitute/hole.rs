//! Spots in a substituted file whose text only the forge knew: abbreviated ids, ref names, descriptions, mapped names.
//!
//! A hole's text is taken from the tarball, and accepted only in a narrow grammar: an attacker who makes the tarball must not
//! be able to write more than a name into a program. The bytes around it stay exact.

use gix::ObjectId;

use super::padding::{Side, blanks_before};
use super::width;
use crate::archive::Error;
use crate::foreign::Foreign;
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

/// What may stand in a hole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// Seven or more of the first digits of each of these ids, separated by blanks.
    Abbreviations(Vec<ObjectId>),
    /// Ref names with git's decorations around them; or nothing.
    Refs(Decoration),
    /// A tag's name, or that with a count and the commit's abbreviated id.
    Description {
        /// The names that signatures vouch for.
        tags: Vec<Vec<u8>>,
        /// The commit that is described.
        commit: ObjectId,
        /// Digits of the abbreviated id, at least.
        digits: usize,
        /// Whether the placeholder's own filter may leave nothing to describe it with.
        may_be_empty: bool,
    },
    /// A name or mail address: as in the commit, or as some mailmap has it.
    Mapped(Vec<u8>),
    /// `3 weeks ago`, and other dates in words.
    DateInWords,
    /// One of these, depending on the forge's version of git.
    OneOf(Vec<Vec<u8>>),
}

/// The strings around ref names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoration {
    /// Before the first.
    pub prefix: Vec<u8>,
    /// After the last.
    pub suffix: Vec<u8>,
    /// Between two.
    pub separator: Vec<u8>,
    /// Between HEAD and its branch.
    pub pointer: Vec<u8>,
    /// Before tags.
    pub tag: Vec<u8>,
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

/// Bytes that may be in the name of a ref.
fn is_ref_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._/+@-".contains(&byte)
}

impl Hole {
    /// Every place in `content` where this hole can end if it begins at `start`.
    fn ends(&self, content: &[u8], start: usize) -> Vec<usize> {
        let window = &content[start..content.len().min(start + limits::HOLE_BYTES)];
        if let Some(padded) = self.padded {
            return padded.lengths(&self.grammar, window).into_iter().map(|length| start + length).collect();
        }
        let texts_at = |skipped: usize| {
            let lengths = window.get(skipped..).map(|rest| self.grammar.lengths(rest)).unwrap_or_default();
            lengths.into_iter().map(move |length| (skipped, length))
        };
        let (empty, full): (Vec<_>, Vec<_>) = match self.sign {
            Sign::None => (Vec::new(), texts_at(0).collect()),
            Sign::Before(byte) => {
                let full = texts_at(1).filter(|_| window.first() == Some(&byte)).collect();
                (texts_at(0).collect(), full)
            }
            Sign::Newlines(count) => {
                let has_them = window.get(..count).is_some_and(|bytes| bytes.iter().all(|byte| *byte == b'\n'));
                (texts_at(0).collect(), texts_at(count).filter(|_| has_them).collect())
            }
        };
        let is_signed = self.sign != Sign::None;
        let empty = empty.into_iter().filter(|(_, length)| *length == 0);
        let full = full.into_iter().filter(|(_, length)| !is_signed || *length > 0);
        empty.chain(full).map(|(skipped, length)| start + skipped + length).collect()
    }

    /// The text between two places, without what the sign put before it.
    fn text<'a>(&self, spot: &'a [u8]) -> &'a [u8] {
        match self.sign {
            _ if self.padded.is_some() => spot.trim_ascii(),
            Sign::Before(_) if !spot.is_empty() => &spot[1..],
            Sign::Newlines(count) if spot.len() > count => &spot[count..],
            _ => spot,
        }
    }
}

impl Hole {
    /// Whether nothing may stand there.
    pub fn may_be_empty(&self) -> bool {
        self.padded.is_none() && self.grammar.lengths(b"").contains(&0)
    }

    /// How much work [`Hole::ends`] is, compared with other holes.
    fn cost(&self) -> usize {
        self.padded.map_or(1, |padded| padded.columns)
    }
}

impl Padded {
    /// The lengths that padded text at the beginning of `rest` can have.
    fn lengths(&self, grammar: &Grammar, rest: &[u8]) -> Vec<usize> {
        let blanks = |from: &[u8]| from.iter().take_while(|byte| **byte == b' ').count();
        let mut found = Vec::new();
        let most = if self.side == Side::Right { 0 } else { blanks(rest).min(self.columns) };
        for before in 0..=most {
            for length in grammar.lengths(&rest[before..]) {
                let (text, after) = rest[before..].split_at(length);
                let missing = self.columns.saturating_sub(width::columns(text));
                let behind = missing.saturating_sub(before);
                if blanks_before(self.side, missing) == before && blanks(after) >= behind {
                    found.push(before + length + behind);
                }
            }
        }
        found
    }
}

impl Grammar {
    /// Whether every text that fits is ASCII.
    pub fn is_ascii(&self) -> bool {
        !matches!(self, Grammar::Mapped(_))
    }

    /// The lengths that a text at the beginning of `rest` can have.
    fn lengths(&self, rest: &[u8]) -> Vec<usize> {
        match self {
            Grammar::Abbreviations(ids) => abbreviations(ids, rest),
            Grammar::Refs(decoration) => decoration.lengths(rest),
            Grammar::Description { tags, commit, digits, may_be_empty } => {
                description(tags, *commit, *digits, *may_be_empty, rest)
            }
            Grammar::Mapped(original) => {
                let name = run(rest, |c| c.is_alphanumeric() || " .,_@+-".contains(c));
                let as_written = rest.starts_with(original).then_some(original.len());
                name.into_iter().chain(as_written).collect()
            }
            Grammar::DateInWords => run(rest, |c| c.is_ascii_alphanumeric() || " ,:+-".contains(c)),
            Grammar::OneOf(texts) => texts.iter().filter(|text| rest.starts_with(text)).map(Vec::len).collect(),
        }
    }

    /// Whether signed data leaves no other text than this.
    fn decides(&self, text: &[u8]) -> bool {
        match self {
            // How many digits the forge took is its own affair, unless it took all.
            Grammar::Abbreviations(ids) => text == join(ids.iter().map(ToString::to_string)).as_bytes(),
            Grammar::Description { tags, .. } => tags.iter().any(|tag| tag == text),
            Grammar::OneOf(_) => true,
            Grammar::Refs(_) | Grammar::Mapped(_) | Grammar::DateInWords => false,
        }
    }

    /// Whether people need not be told: both texts say the same.
    fn goes_without_saying(&self) -> bool {
        matches!(self, Grammar::OneOf(_))
    }
}

fn join(ids: impl Iterator<Item = String>) -> String {
    ids.collect::<Vec<_>>().join(" ")
}

/// Lengths of the non-empty prefixes that consist of such characters.
fn run(rest: &[u8], is_good: impl Fn(char) -> bool) -> Vec<usize> {
    let valid = rest.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let good = valid.char_indices().take_while(|(_, c)| is_good(*c));
    good.map(|(at, c)| at + c.len_utf8()).collect()
}

fn abbreviations(ids: &[ObjectId], rest: &[u8]) -> Vec<usize> {
    let mut ends = vec![0];
    for (index, id) in ids.iter().enumerate() {
        let hex = id.to_string().into_bytes();
        let blank = usize::from(index > 0);
        let mut next = Vec::new();
        for end in ends {
            if blank == 1 && rest.get(end) != Some(&b' ') {
                continue;
            }
            let begin = end + blank;
            let same = hex.iter().zip(rest.get(begin..).unwrap_or_default()).take_while(|(a, b)| a == b).count();
            next.extend((limits::ABBREVIATED_DIGITS..=same).map(|length| begin + length));
        }
        ends = next;
    }
    ends
}

fn description(tags: &[Vec<u8>], commit: ObjectId, digits: usize, may_be_empty: bool, rest: &[u8]) -> Vec<usize> {
    let mut lengths: Vec<usize> = tags.iter().filter(|tag| rest.starts_with(tag)).map(Vec::len).collect();
    if may_be_empty {
        lengths.push(0);
    }
    // <name>-<count>-g<id>
    let hex = commit.to_string().into_bytes();
    let names = rest.iter().take_while(|byte| is_ref_byte(**byte)).count();
    for dash in (1..names).filter(|at| rest[*at] == b'-') {
        let count = rest[dash + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let after = dash + 1 + count;
        if count == 0 || !rest[after..].starts_with(b"-g") {
            continue;
        }
        let same = hex.iter().zip(&rest[after + 2..]).take_while(|(a, b)| a == b).count();
        lengths.extend((digits..=same).map(|length| after + 2 + length));
    }
    lengths
}

impl Decoration {
    /// The ends of `prefix item (separator item)* suffix`, and 0.
    fn lengths(&self, rest: &[u8]) -> Vec<usize> {
        let mut found = vec![0];
        if !rest.starts_with(&self.prefix) {
            return found;
        }
        let mut can_begin = vec![false; rest.len() + 1];
        can_begin[self.prefix.len()] = true;
        let mut can_end = vec![false; rest.len() + 1];
        for begin in self.prefix.len()..rest.len() {
            if !can_begin[begin] {
                continue;
            }
            for name in self.names(rest, begin, begin == self.prefix.len()) {
                let names = rest[name..].iter().take_while(|byte| is_ref_byte(**byte)).count();
                for end in (name + 1..=name + names).filter(|end| !std::mem::replace(&mut can_end[*end], true)) {
                    let after = &rest[end..];
                    if after.starts_with(&self.suffix) {
                        found.push(end + self.suffix.len());
                    }
                    if !self.separator.is_empty() && after.starts_with(&self.separator) {
                        can_begin[end + self.separator.len()] = true;
                    }
                }
            }
        }
        found
    }

    /// Where the name of an item can begin that begins at `begin`.
    fn names(&self, rest: &[u8], begin: usize, is_first: bool) -> Vec<usize> {
        let after = |text: &[u8]| rest[begin..].starts_with(text).then_some(begin + text.len());
        let head = [b"HEAD", self.pointer.as_slice()].concat();
        let head = after(&head).filter(|_| is_first);
        [Some(begin), after(&self.tag), head].into_iter().flatten().collect()
    }
}

/// Lay the pieces over the content, from its first byte to its last.
///
/// Returns what the holes hold, without those that need no mention; `None` where the content does not fit.
///
/// # Errors
/// [`Error::Limit`] for contents with too many ways to fit.
pub fn fit(pieces: &[Piece], content: &[u8], path: &Foreign) -> Result<Option<Vec<Filled>>, Error> {
    // For each piece, the places where it can begin.
    let mut begins: Vec<Vec<usize>> = vec![vec![0]];
    let mut steps = 0;
    for piece in pieces {
        let places = begins.last().map(Vec::as_slice).unwrap_or_default();
        let mut next = Vec::new();
        for start in places {
            let ends = ends(piece, content, *start);
            steps += ends.len() * cost_of(piece);
            if steps > limits::HOLE_STEPS {
                return Err(Error::Limit { what: "the ways in which text fits into placeholders" });
            }
            next.extend(ends);
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
        let Some(start) = places.iter().copied().find(|start| ends(piece, content, *start).contains(&end)) else {
            return Ok(None);
        };
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

fn cost_of(piece: &Piece) -> usize {
    match piece {
        Piece::Bytes(_) => 1,
        Piece::Hole(hole) => hole.cost(),
    }
}

fn ends(piece: &Piece, content: &[u8], start: usize) -> Vec<usize> {
    match piece {
        Piece::Bytes(bytes) if content[start..].starts_with(bytes) => vec![start + bytes.len()],
        Piece::Bytes(_) => Vec::new(),
        Piece::Hole(hole) => hole.ends(content, start),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        fit(&pieces, content.as_bytes(), &Foreign::from("f")).unwrap()
    }

    #[test]
    fn abbreviated_ids_are_prefixes_of_the_right_one() {
        let one = Grammar::Abbreviations(vec![id()]);
        let none = Sign::None;
        assert!(!fits(&one, none, "a0123456b\n").unwrap()[0].decided);
        assert!(fits(&one, none, &format!("a{}b\n", id())).unwrap()[0].decided);
        for bad in ["a012345b\n", "a0123457b\n", "ab\n", "a0123456 b\n", "a0123456", "a0123456789b b\n"] {
            assert_eq!(fits(&one, none, bad), None, "{bad}");
        }
        let two = Grammar::Abbreviations(vec![id(), id()]);
        assert!(fits(&two, none, "a0123456 01234567b\n").is_some());
        assert_eq!(fits(&two, none, "a0123456b\n"), None);
        assert!(fits(&Grammar::Abbreviations(vec![]), none, "ab\n").is_some());
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
            grammar: Grammar::Mapped(b"x".to_vec()),
            sign: Sign::None,
            padded: None,
        };
        let path = Foreign::from("f");
        let few = vec![Piece::Hole(hole.clone()); 6];
        assert!(fit(&few, "a".repeat(100).as_bytes(), &path).is_ok_and(|filled| filled.is_some()));
        assert_eq!(fit(&few, format!("{}!", "a".repeat(100)).as_bytes(), &path).unwrap(), None);
        let many = vec![Piece::Hole(hole); 200];
        assert!(fit(&many, "a".repeat(3000).as_bytes(), &path).is_err());
    }
}
