//! `$Format:...$` in files with `export-subst` (specification, section 6).
//!
//! What the commit itself decides is expanded. What only the forge knew becomes a [`Hole`], to be filled from the tarball;
//! what cannot be checked at all is an error that names the placeholder.

use std::cell::Cell;

use gix::bstr::{BString, ByteSlice};

use super::Error;
use super::convert::within_limit;
use crate::foreign::Foreign;
use crate::git::Commit;
use crate::limits;

pub mod hole;
mod message;
mod options;
mod person;

use hole::{Decoration, Grammar, Hole, Piece, Sign};
use message::Message;
use person::Person;

const OPENING: &[u8] = b"$Format:";

/// What expanding needs to know beside the file.
pub struct Context<'a> {
    /// The commit that is archived.
    pub commit: &'a Commit,
    /// Names of tags of the commit that signatures vouch for.
    pub tags: &'a [Vec<u8>],
    /// Whether `%(describe)` was met in this archive already: git expands the first alone.
    pub described: &'a Cell<bool>,
}

/// Expand every `$Format:...$` of a file.
pub fn expand(content: &[u8], context: &Context<'_>, path: &BString) -> Result<Vec<Piece>, Error> {
    let mut expander = Expander {
        context,
        path,
        message: Message::of(context.commit),
        is_reencoded: is_reencoded(context.commit),
        pieces: Vec::new(),
        last: Vec::with_capacity(content.len()),
    };
    let mut rest = content;
    while let Some(start) = rest.find(OPENING) {
        let format = &rest[start + OPENING.len()..];
        let Some(end) = format.find_byte(b'$') else { break };
        expander.last.extend_from_slice(&rest[..start]);
        expander.expand_format(&format[..end])?;
        rest = &format[end + 1..];
    }
    expander.last.extend_from_slice(rest);
    expander.pieces.push(Piece::Bytes(expander.last));
    Ok(expander.pieces)
}

struct Expander<'a> {
    context: &'a Context<'a>,
    path: &'a BString,
    message: Message<'a>,
    /// Whether the commit's own encoding makes git re-encode the file.
    is_reencoded: bool,
    /// The file so far, and
    pieces: Vec<Piece>,
    /// the bytes since the last hole: some placeholders look at them.
    last: Vec<u8>,
}

/// What a placeholder becomes.
enum Expansion {
    Text(Vec<u8>),
    Hole(Grammar),
}

/// A placeholder's length, and what it becomes; `None` where it is none.
type Expanded = Option<(usize, Expansion)>;

fn text(length: usize, value: impl AsRef<[u8]>) -> Expanded {
    Some((length, Expansion::Text(value.as_ref().to_vec())))
}

impl Expander<'_> {
    fn expand_format(&mut self, format: &[u8]) -> Result<(), Error> {
        let mut rest = format.split(|byte| *byte == 0).next().unwrap_or_default();
        while let Some(percent) = rest.find_byte(b'%') {
            self.last.extend_from_slice(&rest[..percent]);
            rest = &rest[percent + 1..];
            let taken = self.signed_placeholder(rest)?;
            if taken == 0 {
                self.last.push(b'%');
            }
            rest = &rest[taken..];
            within_limit(&self.last)?;
        }
        self.last.extend_from_slice(rest);
        Ok(())
    }

    /// A placeholder with its sign, if any (6.4). Returns how many bytes it is long; 0 where the percent is ordinary.
    fn signed_placeholder(&mut self, text: &[u8]) -> Result<usize, Error> {
        let (sign, rest) = match text.split_first() {
            Some((b'%', _)) => {
                self.last.push(b'%');
                return Ok(1);
            }
            Some((sign @ (b'+' | b'-' | b' '), rest)) => (Some(*sign), rest),
            _ => (None, text),
        };
        if sign.is_some() && rest.first() == Some(&b'w') {
            return Ok(0);
        }
        let expanded = self.placeholder(rest)?;
        if expanded.is_none() && sign.is_none() {
            return Ok(0);
        }
        let (length, expansion) = expanded.unwrap_or((0, Expansion::Text(Vec::new())));
        match expansion {
            Expansion::Text(value) => self.put(sign, &value),
            Expansion::Hole(grammar) => self.leave_hole(sign, &rest[..length], grammar)?,
        }
        Ok(length + usize::from(sign.is_some()))
    }

    fn put(&mut self, sign: Option<u8>, value: &[u8]) {
        match sign {
            Some(b'+') if !value.is_empty() => self.last.push(b'\n'),
            Some(b' ') if !value.is_empty() => self.last.push(b' '),
            Some(b'-') if value.is_empty() => drop(self.cut_newlines()),
            _ => {}
        }
        self.last.extend_from_slice(value);
    }

    fn leave_hole(&mut self, sign: Option<u8>, placeholder: &[u8], grammar: Grammar) -> Result<(), Error> {
        let sign = match sign {
            Some(b'+') => Sign::Before(b'\n'),
            Some(b' ') => Sign::Before(b' '),
            Some(_) => Sign::Newlines(self.cut_newlines()),
            None => Sign::None,
        };
        let placeholder = Foreign::from(&[b"%", placeholder].concat());
        self.pieces.push(Piece::Bytes(std::mem::take(&mut self.last)));
        self.pieces.push(Piece::Hole(Hole { placeholder, grammar, sign }));
        if self.pieces.len() > 2 * limits::HOLES {
            return Err(Error::Limit { what: "the number of placeholders that only the forge knew" });
        }
        Ok(())
    }

    /// Take the line feeds at the end away; returns how many there were.
    fn cut_newlines(&mut self) -> usize {
        let before = self.last.len();
        self.last.truncate(self.last.trim_end_with(|c| c == '\n').len());
        before - self.last.len()
    }

    /// The table of 6.5.
    fn placeholder(&self, from: &[u8]) -> Result<Expanded, Error> {
        let commit = self.context.commit;
        let letter = from.first().copied().unwrap_or_default();
        // Everything else makes git look at the message, even what stays as it is.
        let starts = |start: &str| from.starts_with(start.as_bytes());
        let leaves_message_alone = b"HTPhtpdDnmgNSC".contains(&letter)
            || letter == b'x' && hex_byte(from).is_some()
            || starts("(describe")
            || starts("(decorate");
        if !leaves_message_alone && self.is_reencoded {
            return Err(self.undecided(from, 2, "in a commit with its own encoding, is not supported yet"));
        }
        Ok(match letter {
            b'H' => text(1, commit.id().to_string()),
            b'T' => text(1, commit.tree().to_string()),
            b'P' => {
                let parents: Vec<&[u8]> = commit.parents().map(|id| &**id).collect();
                text(1, parents.join(&b" "[..]))
            }
            b'h' | b't' | b'p' => Some((1, Expansion::Hole(self.abbreviations(letter)))),
            b'd' => Some((1, Expansion::Hole(Grammar::Refs(Decoration::parenthesised())))),
            b'D' => Some((1, Expansion::Hole(Grammar::Refs(Decoration::bare())))),
            b'm' => text(1, ">"),
            b'n' => text(1, "\n"),
            b'x' => hex_byte(from).and_then(|byte| text(3, [byte])),
            b'e' => text(1, commit.fields("encoding").next().unwrap_or_default()),
            b's' => text(1, self.message.subject(b" ")),
            b'f' => text(1, self.message.file_name()),
            b'b' => text(1, self.message.body),
            b'B' => text(1, commit.message()),
            b'a' | b'c' => self.person(from)?,
            b'g' if matches!(from.get(1), Some(b'd' | b'D' | b's' | b'n' | b'N' | b'e' | b'E')) => text(2, ""),
            b'C' => self.color(from)?,
            b'(' if starts("(decorate") => self.decorate(from)?,
            b'(' if starts("(describe") => self.describe(from),
            _ => return self.impossible(from),
        })
    }

    /// What nobody can check, what is not supported yet, and what is no placeholder at all.
    fn impossible(&self, from: &[u8]) -> Result<Expanded, Error> {
        let starts = |start: &str| from.starts_with(start.as_bytes());
        let (length, why) = match from.first().copied().unwrap_or_default() {
            b'G' if matches!(from.get(1), Some(b'?' | b'G' | b'S' | b'K' | b'F' | b'P' | b'T')) => {
                (2, "depends on the forge's keyrings")
            }
            b'(' if starts("(trailers") => (9, "is not supported yet"),
            b'w' if starts("w(") => (1, "is not supported yet"),
            b'<' | b'>' => (1, "is not supported yet"),
            _ => return Ok(None),
        };
        Err(self.undecided(from, length, why))
    }

    fn abbreviations(&self, letter: u8) -> Grammar {
        let commit = self.context.commit;
        let ids = match letter {
            b'h' => vec![commit.id()],
            b't' => vec![commit.tree()],
            _ => commit.parents().filter_map(|id| gix::ObjectId::from_hex(id).ok()).collect(),
        };
        Grammar::Abbreviations(ids)
    }

    /// 6.11
    fn decorate(&self, from: &[u8]) -> Result<Expanded, Error> {
        let Some((options, length)) = options::parse(&from[9..]) else { return Ok(None) };
        let mut decoration = Decoration::parenthesised();
        for (name, value) in options {
            let field = match name {
                b"prefix" => &mut decoration.prefix,
                b"suffix" => &mut decoration.suffix,
                b"separator" => &mut decoration.separator,
                b"pointer" => &mut decoration.pointer,
                b"tag" => &mut decoration.tag,
                _ => return Ok(None),
            };
            let Some(value) = value else {
                return Err(self.undecided(from, 9 + length, "with an option without a value, is not supported yet"));
            };
            *field = options::literal(value);
        }
        Ok(Some((9 + length, Expansion::Hole(Grammar::Refs(decoration)))))
    }

    /// 6.12: only the first of an archive, well formed or not, has a chance.
    fn describe(&self, from: &[u8]) -> Expanded {
        if self.context.described.replace(true) {
            return None;
        }
        let (options, length) = options::parse(&from[9..])?;
        let (mut digits, mut may_be_empty, mut has_digits) = (limits::ABBREVIATED_DIGITS, false, true);
        for (name, value) in options {
            match (name, value) {
                (b"tags", None) => {}
                (b"tags", Some(value)) if options::is_bool(value) => {}
                (b"abbrev", Some(value)) => {
                    let wanted: usize = std::str::from_utf8(value).ok()?.parse().ok()?;
                    has_digits = wanted > 0;
                    digits = digits.min(wanted.max(limits::DESCRIBED_DIGITS));
                }
                (b"match" | b"exclude", Some(value)) if !value.is_empty() => may_be_empty = true,
                _ => return None,
            }
        }
        let (tags, commit) = (self.context.tags.to_vec(), self.context.commit.id());
        // Without digits there is the name alone, and it must be the verified one.
        let digits = if has_digits { digits } else { usize::MAX };
        Some((9 + length, Expansion::Hole(Grammar::Description { tags, commit, digits, may_be_empty })))
    }

    fn person(&self, from: &[u8]) -> Result<Expanded, Error> {
        let field = if from[0] == b'a' { "author" } else { "committer" };
        let Some(&letter) = from.get(1) else { return Ok(None) };
        let person = self.context.commit.fields(field).next_back().and_then(|line| Person::parse(line));
        let Some(person) = person else {
            return Ok(b"netdDri".contains(&letter).then(|| (2, Expansion::Text(Vec::new()))));
        };
        let local = person.mail.split(|byte| *byte == b'@').next().unwrap_or_default();
        let mapped = |value: &[u8]| Some((2, Expansion::Hole(Grammar::Mapped(value.to_vec()))));
        Ok(match letter {
            b'n' => text(2, person.name),
            b'e' => text(2, person.mail),
            b'l' => text(2, local),
            b'N' => mapped(person.name),
            b'E' => mapped(person.mail),
            b'L' => mapped(local),
            b't' | b'd' | b'D' | b'i' | b'I' | b's' | b'r' | b'h' => match person.date {
                None => b"tdDri".contains(&letter).then(|| (2, Expansion::Text(Vec::new()))),
                Some(_) if matches!(letter, b'r' | b'h') => Some((2, Expansion::Hole(Grammar::DateInWords))),
                Some(date) if letter == b't' => text(2, date.timestamp()),
                Some(date) => match date.show(letter) {
                    // git before 2.45 spelt the zone out.
                    Some(shown) if letter == b'I' && shown.ends_with('Z') => {
                        let spelt = format!("{}+00:00", shown.trim_end_matches('Z'));
                        Some((2, Expansion::Hole(Grammar::OneOf(vec![shown.into_bytes(), spelt.into_bytes()]))))
                    }
                    Some(shown) => text(2, shown),
                    None => return Err(self.undecided(from, 2, "is of a date before 1970, where git fails")),
                },
            },
            _ => None,
        })
    }

    /// Colours are off; only `always` brings them back.
    fn color(&self, from: &[u8]) -> Result<Expanded, Error> {
        for name in ["Cred", "Cgreen", "Cblue", "Creset"] {
            if from.starts_with(name.as_bytes()) {
                return Ok(text(name.len(), ""));
            }
        }
        match from.strip_prefix(b"C(").and_then(|rest| rest.find_byte(b')')) {
            Some(_) if from.starts_with(b"C(always") => Err(self.undecided(from, 8, "is not supported yet")),
            Some(end) => Ok(text(end + 3, "")),
            None => Ok(None),
        }
    }

    fn undecided(&self, from: &[u8], length: usize, why: &'static str) -> Error {
        let from = &from[..length.min(from.len())];
        let placeholder = Foreign::from(&[&b"%"[..], from].concat());
        Error::Undecided { path: Foreign::from(self.path), placeholder, why }
    }
}

/// 6.3
fn is_reencoded(commit: &Commit) -> bool {
    commit
        .fields("encoding")
        .next()
        .is_some_and(|name| !name.eq_ignore_ascii_case(b"utf-8") && !name.eq_ignore_ascii_case(b"utf8"))
}

impl Decoration {
    /// `%d`
    fn parenthesised() -> Self {
        Decoration { prefix: b" (".to_vec(), suffix: b")".to_vec(), ..Self::bare() }
    }

    /// `%D`
    fn bare() -> Self {
        Decoration {
            prefix: Vec::new(),
            suffix: Vec::new(),
            separator: b", ".to_vec(),
            pointer: b" -> ".to_vec(),
            tag: b"tag: ".to_vec(),
        }
    }
}

/// `xHH`
fn hex_byte(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    Some((digit(1)? << 4 | digit(2)?) as u8)
}
