//! The table of placeholders (specification 6.5).

use gix_hash::ObjectId;
use gix_object::bstr::ByteSlice;

use super::grammar::{Decoration, Grammar, Mapped};
use super::wrap::Wrapping;
use super::{Error, Expanded, Expander, Expansion, color, options, text, trailers};
use crate::limits;

impl Expander<'_, '_> {
    /// The placeholder that the text begins with, its percent and sign taken away.
    pub(super) fn placeholder(&mut self, from: &[u8]) -> Result<Expanded, Error> {
        let starts = |start: &str| from.starts_with(start.as_bytes());
        if from.first().is_some_and(|byte| b"(Cw<>".contains(byte)) {
            // Where the closing parenthesis is far away or missing, it is not to be looked for again and again.
            self.work(from.find_byte(b')').unwrap_or(from.len()))?;
        }
        match from.first().copied().unwrap_or_default() {
            b'n' => return Ok(text(1, "\n")),
            b'x' if hex_byte(from).is_some() => return Ok(hex_byte(from).and_then(|byte| text(3, [byte]))),
            b'C' => return self.color(from),
            b'w' => return self.wrap(from),
            b'<' | b'>' => return Ok(self.keyword.padding.parse(from).and_then(|length| text(length, ""))),
            _ => {}
        }
        if starts("(describe") {
            return self.describe(from);
        }
        if starts("(decorate") {
            return Ok(decorate(from));
        }
        if let Some(expanded) = self.of_object(from) {
            return Ok(expanded);
        }
        // Trailers are taken apart byte by byte.
        self.work((self.context.text)().len() * if starts("(trailers") { 8 } else { 1 })?;
        if from.first() == Some(&b'G') {
            return self.signature(from);
        }
        self.keyword.has_read_commit = true;
        self.of_text(from)
    }

    /// What git knows without reading the commit's text.
    fn of_object(&self, from: &[u8]) -> Option<Expanded> {
        let commit = self.context.commit;
        Some(match from.first()? {
            b'H' => text(1, commit.id().to_string()),
            b'T' => text(1, commit.tree().to_string()),
            b'P' => text(1, commit.parents().map(|id| &**id).collect::<Vec<&[u8]>>().join(&b" "[..])),
            b'h' => Some((1, abbreviations(vec![commit.id()]))),
            b't' => Some((1, abbreviations(vec![commit.tree()]))),
            b'p' => Some((1, abbreviations(commit.parents().filter_map(|id| ObjectId::from_hex(id).ok()).collect()))),
            b'd' => Some((1, Expansion::Hole(Grammar::Refs(Decoration::parenthesised())))),
            b'D' => Some((1, Expansion::Hole(Grammar::Refs(Decoration::bare())))),
            b'm' => text(1, ">"),
            b'g' if matches!(from.get(1), Some(b'd' | b'D' | b's' | b'n' | b'N' | b'e' | b'E')) => text(2, ""),
            b'g' | b'N' | b'S' => None,
            _ => return None,
        })
    }

    /// `%G`: an unsigned commit has no signature, whatever keys the forge has; everything else is its own affair.
    fn signature(&self, from: &[u8]) -> Result<Expanded, Error> {
        let letter = match from {
            [b'G', letter @ (b'?' | b'G' | b'S' | b'K' | b'F' | b'P' | b'T'), ..] => *letter,
            _ => return Ok(None),
        };
        let mut names = self.context.commit.header().map(|line| line.split(|byte| *byte == b' ').next());
        if names.any(|name| matches!(name, Some(b"gpgsig" | b"gpgsig-sha256"))) {
            return Err(self.undecided(from, 2, "depends on the forge's keyrings"));
        }
        Ok(text(
            2,
            [(b'?', "N"), (b'T', "undefined")].into_iter().find(|(of, _)| *of == letter).map_or("", |(_, is)| is),
        ))
    }

    /// What comes from the header and the message.
    fn of_text(&self, from: &[u8]) -> Result<Expanded, Error> {
        let commit = (self.context.text)();
        Ok(match from.first().copied().unwrap_or_default() {
            b'e' => text(1, self.context.commit.fields("encoding").next().unwrap_or_default()),
            b's' => text(1, commit.subject()),
            b'f' => text(1, commit.file_name()),
            b'b' => text(1, commit.body()),
            b'B' if !commit.has_message() => {
                return Err(self.undecided(
                    from,
                    1,
                    "is of a commit without a message, where git prints whatever it finds",
                ));
            }
            b'B' => text(1, commit.message()),
            b'a' | b'c' => self.person(from)?,
            b'(' if from.starts_with(b"(trailers") => {
                let Some((options, length)) = options::parse(&from[9..]) else { return Ok(None) };
                self.refuse_odd_booleans(from, &options, trailers::FLAGS)?;
                let shown = trailers::Shown::from_options(&options);
                shown.and_then(|shown| text(9 + length, shown.of(commit.text_from_subject())))
            }
            _ => None,
        })
    }

    /// 6.12: only the first of an archive, well formed or not, has a chance.
    fn describe(&self, from: &[u8]) -> Result<Expanded, Error> {
        if self.context.described.replace(true) {
            return Ok(None);
        }
        let Some((options, length)) = options::parse(&from[9..]) else { return Ok(None) };
        self.refuse_odd_booleans(from, &options, &[b"tags"])?;
        let (mut digits, mut may_be_empty, mut has_digits) = (limits::ABBREVIATED_DIGITS, false, true);
        for (name, value) in options {
            match (name, value) {
                (b"tags", None) => {}
                (b"tags", Some(value)) if options::boolean(value).is_some() => {}
                (b"abbrev", Some(value)) => {
                    let Some(wanted) = std::str::from_utf8(value).ok().and_then(|value| value.parse::<i32>().ok())
                    else {
                        return Ok(None);
                    };
                    has_digits = wanted != 0;
                    digits = digits.min(usize::try_from(wanted).unwrap_or(0).max(limits::DESCRIBED_DIGITS));
                }
                (b"match" | b"exclude", Some(value)) if !value.is_empty() => may_be_empty = true,
                _ => return Ok(None),
            }
        }
        let (tags, commit) = (self.context.tags.to_vec(), self.context.commit.id());
        // Without digits there is the name alone, and it must be the verified one.
        let digits = if has_digits { digits } else { usize::MAX };
        Ok(Some((9 + length, Expansion::Hole(Grammar::Description { tags, commit, digits, may_be_empty }))))
    }

    /// git stumbles over a value that is neither true nor false, and goes on with the next option in a way of its own.
    fn refuse_odd_booleans(&self, from: &[u8], options: &[options::Pair<'_>], flags: &[&[u8]]) -> Result<(), Error> {
        let is_odd = |(name, value): &options::Pair<'_>| {
            flags.contains(name) && value.is_some_and(|value| options::boolean(value).is_none())
        };
        let last = options.len().saturating_sub(1);
        if options.iter().take(last).any(is_odd) {
            return Err(self.undecided(from, from.len(), "has an option that is neither true nor false"));
        }
        Ok(())
    }

    fn person(&self, from: &[u8]) -> Result<Expanded, Error> {
        let field = if from[0] == b'a' { "author" } else { "committer" };
        let Some(&letter) = from.get(1) else { return Ok(None) };
        let Some(person) = (self.context.text)().person(field) else {
            return Ok(b"netdDri".contains(&letter).then(|| (2, Expansion::Text(Vec::new()))));
        };
        let local = person.mail.split(|byte| *byte == b'@').next().unwrap_or_default();
        let mapped =
            |value: &[u8], kind| Some((2, Expansion::Hole(Grammar::Mapped { original: value.to_vec(), kind })));
        Ok(match letter {
            b'n' => text(2, person.name),
            b'e' => text(2, person.mail),
            b'l' => text(2, local),
            b'N' => mapped(person.name, Mapped::Name),
            b'E' => mapped(person.mail, Mapped::Mail),
            b'L' => mapped(local, Mapped::Local),
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
        let Some(rest) = from.strip_prefix(b"C(") else { return Ok(None) };
        let Some(end) = rest.find_byte(b')') else { return Ok(None) };
        let Some(spec) = rest[..end].strip_prefix(b"always,") else { return Ok(text(end + 3, "")) };
        match color::escape(spec) {
            Some(escape) => Ok(text(end + 3, escape)),
            None => Err(self.undecided(from, end + 3, "is a colour that git does not know, where it fails")),
        }
    }

    fn wrap(&mut self, from: &[u8]) -> Result<Expanded, Error> {
        let Some((wrapping, length)) = Wrapping::parse(from) else { return Ok(None) };
        if self.keyword.padding.side.is_some() {
            return Err(self.undecided(from, length, "is padded"));
        }
        self.rewrap(wrapping, &from[..length])?;
        Ok(text(length, ""))
    }
}

fn abbreviations(ids: Vec<ObjectId>) -> Expansion {
    if ids.is_empty() { Expansion::Text(Vec::new()) } else { Expansion::Hole(Grammar::Abbreviations(ids)) }
}

/// 6.11
fn decorate(from: &[u8]) -> Expanded {
    let (options, length) = options::parse(&from[9..])?;
    let mut decoration = Decoration::parenthesised();
    for (name, value) in options {
        let field = match name {
            b"prefix" => &mut decoration.prefix,
            b"suffix" => &mut decoration.suffix,
            b"separator" => &mut decoration.separator,
            b"pointer" => &mut decoration.pointer,
            b"tag" => &mut decoration.tag,
            _ => return None,
        };
        *field = options::literal(value.unwrap_or_default());
    }
    Some((9 + length, Expansion::Hole(Grammar::Refs(decoration))))
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
pub(super) fn hex_byte(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    Some((digit(1)? << 4 | digit(2)?) as u8)
}
