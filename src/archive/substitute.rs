//! `$Format:...$` in files with `export-subst` (specification, section 6).
//!
//! Only what the commit itself decides is expanded. Placeholders whose text the forge took from elsewhere are an error that
//! names them; they are never guessed.

use gix::bstr::{BString, ByteSlice};

use super::Error;
use super::convert::within_limit;
use super::person::Person;
use crate::foreign::Foreign;
use crate::git::Commit;

const OPENING: &[u8] = b"$Format:";

/// Expand every `$Format:...$` of a file.
pub fn expand(content: &[u8], commit: &Commit, path: &BString) -> Result<Vec<u8>, Error> {
    let mut expander = Expander { commit, path, out: Vec::with_capacity(content.len()) };
    let mut rest = content;
    while let Some(start) = rest.find(OPENING) {
        let format = &rest[start + OPENING.len()..];
        let Some(end) = format.find_byte(b'$') else { break };
        expander.out.extend_from_slice(&rest[..start]);
        expander.expand_format(&format[..end])?;
        rest = &format[end + 1..];
    }
    expander.out.extend_from_slice(rest);
    Ok(expander.out)
}

struct Expander<'a> {
    commit: &'a Commit,
    path: &'a BString,
    /// The file so far: some placeholders look at it.
    out: Vec<u8>,
}

impl Expander<'_> {
    fn expand_format(&mut self, format: &[u8]) -> Result<(), Error> {
        let mut rest = format.split(|byte| *byte == 0).next().unwrap_or_default();
        while let Some(percent) = rest.find_byte(b'%') {
            self.out.extend_from_slice(&rest[..percent]);
            rest = &rest[percent + 1..];
            let taken = self.signed_placeholder(rest)?;
            if taken == 0 {
                self.out.push(b'%');
            }
            rest = &rest[taken..];
            within_limit(&self.out)?;
        }
        self.out.extend_from_slice(rest);
        Ok(())
    }

    /// A placeholder with its sign, if any (6.4). Returns how many bytes it is long; 0 where the percent is ordinary.
    fn signed_placeholder(&mut self, text: &[u8]) -> Result<usize, Error> {
        let (sign, rest) = match text.split_first() {
            Some((b'%', _)) => {
                self.out.push(b'%');
                return Ok(1);
            }
            Some((sign @ (b'+' | b'-' | b' '), rest)) => (*sign, rest),
            _ => return self.placeholder(text),
        };
        if rest.first() == Some(&b'w') {
            return Ok(0);
        }
        let before = self.out.len();
        let taken = self.placeholder(rest)?;
        if self.out.len() > before {
            match sign {
                b'+' => self.out.insert(before, b'\n'),
                b' ' => self.out.insert(before, b' '),
                _ => {}
            }
        } else if sign == b'-' {
            let kept = self.out.trim_end_with(|c| c == '\n').len();
            self.out.truncate(kept);
        }
        Ok(taken + 1)
    }

    /// The table of 6.5.
    fn placeholder(&mut self, text: &[u8]) -> Result<usize, Error> {
        let letter = text.first().copied().unwrap_or_default();
        // Everything else makes git look at the message, even what stays as it is.
        let leaves_message_alone = matches!(letter, b'H' | b'T' | b'P' | b'n' | b'm' | b'g' | b'N' | b'S' | b'C')
            || letter == b'x' && hex_byte(text).is_some();
        if !leaves_message_alone && self.is_reencoded() {
            return Err(self.undecided(text, 2, "in a commit with its own encoding, is not supported yet"));
        }
        match letter {
            b'H' => self.put(1, self.commit.id().to_string()),
            b'T' => self.put(1, self.commit.tree().to_string()),
            b'P' => {
                let parents: Vec<&[u8]> = self.commit.parents().map(|id| &**id).collect();
                self.put(1, parents.join(&b" "[..]))
            }
            b'm' => self.put(1, ">"),
            b'n' => self.put(1, "\n"),
            b'x' => match hex_byte(text) {
                Some(byte) => self.put(3, [byte]),
                None => Ok(0),
            },
            b'e' => self.put(1, self.commit.fields("encoding").next().unwrap_or_default()),
            b's' => self.put(1, Message::of(self.commit).subject(b" ")),
            b'f' => self.put(1, Message::of(self.commit).file_name()),
            b'b' => self.put(1, Message::of(self.commit).body),
            b'B' => self.put(1, self.commit.message()),
            b'a' | b'c' => self.person(text),
            b'g' if matches!(text.get(1), Some(b'd' | b'D' | b's' | b'n' | b'N' | b'e' | b'E')) => Ok(2),
            b'C' => self.color(text),
            _ => self.elsewhere(text),
        }
    }

    /// What only the forge knew, what is not supported yet, and what is no placeholder at all.
    fn elsewhere(&self, text: &[u8]) -> Result<usize, Error> {
        let starts = |start: &str| text.starts_with(start.as_bytes());
        let (length, why) = match text.first().copied().unwrap_or_default() {
            b'h' | b't' | b'p' => (1, "depends on how many objects the forge had"),
            b'd' | b'D' => (1, "depends on the forge's refs at that time"),
            b'G' if matches!(text.get(1), Some(b'?' | b'G' | b'S' | b'K' | b'F' | b'P' | b'T')) => {
                (2, "depends on the forge's keyrings")
            }
            b'(' if starts("(decorate") => (9, "depends on the forge's refs at that time"),
            b'(' if starts("(describe") => (9, "depends on the forge's tags and history"),
            b'(' if starts("(trailers") => (9, "is not supported yet"),
            b'w' if starts("w(") => (1, "is not supported yet"),
            b'<' | b'>' => (1, "is not supported yet"),
            _ => return Ok(0),
        };
        Err(self.undecided(text, length, why))
    }

    fn person(&mut self, text: &[u8]) -> Result<usize, Error> {
        let field = if text[0] == b'a' { "author" } else { "committer" };
        let Some(&letter) = text.get(1) else { return Ok(0) };
        let person = self.commit.fields(field).next_back().and_then(|line| Person::parse(line));
        let Some(person) = person else {
            return Ok(if b"netdDri".contains(&letter) { 2 } else { 0 });
        };
        let value = match letter {
            b'n' => person.name.to_vec(),
            b'e' => person.mail.to_vec(),
            b'l' => person.mail.split(|byte| *byte == b'@').next().unwrap_or_default().to_vec(),
            b'N' | b'E' | b'L' => return Err(self.undecided(text, 2, "depends on the forge's mailmap")),
            b'r' | b'h' => return Err(self.undecided(text, 2, "depends on the time at which the tarball was made")),
            b't' | b'd' | b'D' | b'i' | b'I' | b's' => match person.date {
                None => return Ok(if b"tdDi".contains(&letter) { 2 } else { 0 }),
                Some(date) if letter == b't' => date.timestamp().to_vec(),
                Some(date) => match date.show(letter) {
                    Some(shown) => shown.into_bytes(),
                    None => return Err(self.undecided(text, 2, "is of a date before 1970, where git fails")),
                },
            },
            _ => return Ok(0),
        };
        self.put(2, value)
    }

    /// Colours are off; only `always` brings them back.
    fn color(&self, text: &[u8]) -> Result<usize, Error> {
        for name in ["Cred", "Cgreen", "Cblue", "Creset"] {
            if text.starts_with(name.as_bytes()) {
                return Ok(name.len());
            }
        }
        match text.strip_prefix(b"C(").and_then(|rest| rest.find_byte(b')')) {
            Some(_) if text.starts_with(b"C(always") => Err(self.undecided(text, 8, "is not supported yet")),
            Some(end) => Ok(end + 3),
            None => Ok(0),
        }
    }

    fn put(&mut self, taken: usize, value: impl AsRef<[u8]>) -> Result<usize, Error> {
        self.out.extend_from_slice(value.as_ref());
        Ok(taken)
    }

    fn is_reencoded(&self) -> bool {
        self.commit
            .fields("encoding")
            .next()
            .is_some_and(|name| !name.eq_ignore_ascii_case(b"utf-8") && !name.eq_ignore_ascii_case(b"utf8"))
    }

    fn undecided(&self, text: &[u8], length: usize, why: &'static str) -> Error {
        let text = &text[..length.min(text.len())];
        let placeholder = Foreign::from(&[&b"%"[..], text].concat());
        Error::Undecided { path: Foreign::from(self.path), placeholder, why }
    }
}

/// `xHH`
fn hex_byte(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    Some((digit(1)? << 4 | digit(2)?) as u8)
}

/// A commit message in its parts.
struct Message<'a> {
    /// The lines of the first paragraph, right-trimmed.
    subject: Vec<&'a [u8]>,
    /// Everything after it and the blank lines that follow.
    body: &'a [u8],
}

impl<'a> Message<'a> {
    fn of(commit: &'a Commit) -> Self {
        let mut rest = skip_blank_lines(commit.message());
        let mut subject = Vec::new();
        while !rest.is_empty() {
            let (line, after) = take_line(rest);
            if line.is_empty() {
                break;
            }
            subject.push(line);
            rest = after;
        }
        Message { subject, body: skip_blank_lines(rest) }
    }

    fn subject(&self, separator: &[u8]) -> Vec<u8> {
        self.subject.join(separator)
    }

    /// 6.9
    fn file_name(&self) -> Vec<u8> {
        let mut out: Vec<u8> = Vec::new();
        let mut gap = false;
        for &byte in self.subject.first().copied().unwrap_or_default() {
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_')) {
                gap = true;
                continue;
            }
            if gap && !out.is_empty() {
                out.push(b'-');
            }
            gap = false;
            if byte != b'.' || out.last() != Some(&b'.') {
                out.push(byte);
            }
        }
        let kept = out.trim_end_with(|c| matches!(c, '.' | '-')).len();
        out.truncate(kept);
        out
    }
}

/// The first line, right-trimmed, and what follows it.
fn take_line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.find_byte(b'\n').map_or(text.len(), |at| at + 1);
    let (line, rest) = text.split_at(end);
    (line.trim_end_with(|c| matches!(c, ' ' | '\t' | '\n' | '\r')), rest)
}

fn skip_blank_lines(mut text: &[u8]) -> &[u8] {
    while !text.is_empty() {
        let (line, rest) = take_line(text);
        if !line.is_empty() {
            break;
        }
        text = rest;
    }
    text
}
