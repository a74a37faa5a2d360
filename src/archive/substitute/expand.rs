//! Every `$Format:...$` of a file, one after the other (specification 6.1 to 6.4, 6.13).

use std::borrow::Cow;

use foreign::Foreign;
use gix_object::bstr::{BString, ByteSlice};

use super::commit_text::Encoding;
use super::grammar::Grammar;
use super::hole::{Hole, Padded, Piece, Sign};
use super::output::{Mark, Output};
use super::padding::{self, Padding, Side};
use super::placeholder::{self, Context, Expanded, Expansion, undecided};
use super::wrap::Wrapping;
use crate::archive::error::Error;
use crate::{c_text, limits};

const OPENING: &[u8] = b"$Format:";

/// Expand every `$Format:...$` of a file.
pub fn expand(content: &[u8], context: &Context<'_>, path: &BString) -> Result<Vec<Piece>, Error> {
    let mut expander = Expander { context, path, output: Output::default(), keyword: Keyword::default() };
    let (mut rest, mut copied) = (content, 0);
    while let Some(start) = rest.find(OPENING) {
        let format = &rest[start + OPENING.len()..];
        let Some(end) = format.find_byte(b'$') else { break };
        expander.output.push(&rest[..start]);
        copied += start;
        expander.expand_keyword(&format[..end], copied)?;
        rest = &format[end + 1..];
    }
    expander.output.push(rest);
    Ok(expander.output.into_pieces())
}

struct Expander<'a> {
    context: &'a Context<'a>,
    path: &'a BString,
    output: Output,
    keyword: Keyword,
}

/// What holds up to the end of a keyword.
struct Keyword {
    padding: Padding,
    wrapping: Wrapping,
    /// Where the text begins that is to be wrapped.
    wrap_start: Mark,
    /// Whether a placeholder made git read the commit (6.2, 6.5): then the file is re-encoded.
    has_read_commit: bool,
}

impl Default for Keyword {
    fn default() -> Self {
        let wrap_start = Output::default().mark();
        Keyword { padding: Padding::NONE, wrapping: Wrapping::default(), wrap_start, has_read_commit: false }
    }
}

impl<'a> Expander<'a> {
    /// `copied`: this many bytes of the output are the file's own.
    fn expand_keyword(&mut self, format: &[u8], copied: usize) -> Result<(), Error> {
        self.keyword = Keyword { wrap_start: self.output.mark(), ..Keyword::default() };
        let mut rest = c_text::up_to_nul(format);
        while let Some(percent) = rest.find_byte(b'%') {
            self.output.push(&rest[..percent]);
            rest = &rest[percent + 1..];
            let taken = self.signed_placeholder(rest)?;
            if taken == 0 {
                self.output.push(b"%");
            }
            rest = &rest[taken..];
            if self.output.len().saturating_sub(copied) > limits::SUBSTITUTED_BYTES {
                return Err(Error::Limit { what: "what placeholders become in one file" });
            }
        }
        self.output.push(rest);
        self.rewrap(Wrapping::default(), b"w")?;
        match self.context.text.encoding() {
            Encoding::Known(charset) if self.keyword.has_read_commit => {
                self.context.work.spend(self.output.len())?;
                let why = "stands in one file with text that is re-encoded";
                self.output.reencode(charset).ok_or_else(|| self.undecided(format, format.len(), why))?;
            }
            _ => {}
        }
        if self.output.len() > limits::CONVERTED_BYTES {
            return Err(Error::Limit { what: "the size of a converted file" });
        }
        Ok(())
    }

    /// The placeholder that the text begins with, its percent and sign taken away. Those that say how the rest is laid out take
    /// effect at once.
    fn placeholder(&mut self, from: &[u8]) -> Result<Expanded<'a>, Error> {
        let nothing = |length| Some((length, Expansion::Text(Cow::default())));
        if from.first().is_some_and(|byte| b"(Cw<>".contains(byte)) {
            // Where the closing parenthesis is far away or missing, it is not to be looked for again and again.
            self.context.work.spend(from.find_byte(b')').unwrap_or(from.len()))?;
        }
        match from.first() {
            Some(b'w') => {
                let Some((wrapping, length)) = Wrapping::parse(from) else { return Ok(None) };
                if self.keyword.padding.side.is_some() {
                    return Err(self.undecided(from, length, "is padded"));
                }
                self.rewrap(wrapping, &from[..length])?;
                Ok(nothing(length))
            }
            Some(b'<' | b'>') => Ok(self.keyword.padding.parse(from).and_then(nothing)),
            _ => match placeholder::without_text(from, self.context, self.path)? {
                Some(expanded) => Ok(expanded),
                None => {
                    self.keyword.has_read_commit = true;
                    placeholder::of_text(from, self.context, self.path)
                }
            },
        }
    }

    /// A placeholder with its sign, if any (6.4). Returns how many bytes it is long; 0 where the percent is ordinary.
    fn signed_placeholder(&mut self, from: &[u8]) -> Result<usize, Error> {
        let (sign, rest) = match from.split_first() {
            Some((b'%', _)) => {
                self.output.push(b"%");
                return Ok(1);
            }
            Some((sign @ (b'+' | b'-' | b' '), rest)) => (Some(*sign), rest),
            _ => (None, from),
        };
        if sign.is_some() && rest.first() == Some(&b'w') {
            return Ok(0);
        }
        if self.keyword.padding.side.is_some() {
            return Ok(self.padded_placeholder(sign, rest)? + usize::from(sign.is_some()));
        }
        let expanded = self.placeholder(rest)?;
        if expanded.is_none() && sign.is_none() {
            return Ok(0);
        }
        let (length, expansion) = expanded.unwrap_or((0, Expansion::Text(Cow::default())));
        match expansion {
            Expansion::Text(value) => self.put(sign, &value)?,
            Expansion::Hole(grammar) => self.leave_hole(sign, &rest[..length], grammar, None)?,
        }
        Ok(length + usize::from(sign.is_some()))
    }

    /// A placeholder that is to be padded (6.13), with the colours before it. Returns its length.
    fn padded_placeholder(&mut self, sign: Option<u8>, from: &[u8]) -> Result<usize, Error> {
        let padding = self.keyword.padding;
        let mut occupied = 0;
        if padding.is_to_column() {
            self.context.work.spend(self.output.len())?;
            let why = "is padded to a column behind text that only the forge knew";
            occupied = self.output.columns().ok_or_else(|| self.undecided(from, 2, why))?;
        }
        let columns = padding.columns(occupied);
        let (mut value, mut hole, mut length) = (Vec::new(), None, 0);
        loop {
            let is_color = from.get(length) == Some(&b'C');
            let expanded = self.placeholder(&from[length..])?;
            let start = length;
            match expanded {
                Some((taken, Expansion::Text(text))) => {
                    self.context.work.spend(text.len())?;
                    value.extend_from_slice(&text);
                    length += taken;
                }
                Some((taken, Expansion::Hole(grammar))) => {
                    length += taken;
                    hole = Some((grammar, &from[start..length]));
                }
                None => {}
            }
            if !is_color || from.get(length) != Some(&b'%') {
                break;
            }
            length += 1;
        }
        // What the placeholder itself was may have set other padding: git takes its side, and forgets the rest.
        let padding = self.keyword.padding;
        self.keyword.padding.side = None;
        let steals = padding.side == Some(Side::LeftStealing);
        if let Some((grammar, placeholder)) = hole {
            if !value.is_empty() || padding.cuts() || steals || columns > limits::HOLE_COLUMNS {
                return Err(self.undecided(placeholder, placeholder.len(), "is cut or padded in an unusual way"));
            }
            let side = padding.side.unwrap_or(Side::Right);
            let padded = Padded { side, columns: usize::try_from(columns).unwrap_or(0) };
            self.leave_hole(sign, placeholder, grammar, Some(padded).filter(|padded| padded.columns > 0))?;
        } else if steals {
            let is_odd = sign.is_some() || self.output.holes() > 0;
            if is_odd {
                return Err(self.undecided(from, length, "is padded in an unusual way"));
            }
            padding::put(self.output.tail(), value, &padding, columns);
        } else {
            let mut whole = Vec::new();
            padding::put(&mut whole, value, &padding, columns);
            self.put(sign, &whole)?;
        }
        Ok(length)
    }

    fn put(&mut self, sign: Option<u8>, value: &[u8]) -> Result<(), Error> {
        self.context.work.spend(value.len())?;
        match sign {
            Some(b'+') if !value.is_empty() => self.output.push(b"\n"),
            Some(b' ') if !value.is_empty() => self.output.push(b" "),
            Some(b'-') if value.is_empty() => drop(self.cut_newlines()?),
            _ => {}
        }
        self.output.push(value);
        Ok(())
    }

    fn leave_hole(
        &mut self,
        sign: Option<u8>,
        placeholder: &[u8],
        grammar: Grammar,
        padded: Option<Padded>,
    ) -> Result<(), Error> {
        // With blanks around it, the text is never empty.
        let sign = match sign {
            Some(b'-') if padded.is_none() => Sign::Newlines(self.cut_newlines()?),
            None | Some(b'-') => Sign::None,
            Some(sign) => {
                let byte = if sign == b'+' { b'\n' } else { b' ' };
                if padded.is_some() {
                    self.output.push(&[byte]);
                }
                if padded.is_some() { Sign::None } else { Sign::Before(byte) }
            }
        };
        let placeholder = Foreign::from(&[b"%", placeholder].concat());
        self.output.push_hole(Hole { placeholder, grammar, sign, padded, only_ascii: false });
        if self.output.holes() > limits::HOLES {
            return Err(Error::Limit { what: "the number of placeholders that only the forge knew" });
        }
        Ok(())
    }

    fn cut_newlines(&mut self) -> Result<usize, Error> {
        let why = "takes line feeds away behind text that only the forge knew";
        self.output.cut_newlines().ok_or_else(|| self.undecided(b"-", 1, why))
    }

    /// Wrap the text since the last change, and set how the following is wrapped.
    fn rewrap(&mut self, next: Wrapping, placeholder: &[u8]) -> Result<(), Error> {
        let before = std::mem::replace(&mut self.keyword.wrapping, next);
        if before == next {
            return Ok(());
        }
        match self.output.take_since(self.keyword.wrap_start) {
            Some(tail) => {
                self.context.work.spend(tail.len())?;
                let wrapped =
                    before.apply(&tail).ok_or(Error::Limit { what: "what placeholders become in one file" })?;
                self.output.push(&wrapped);
            }
            // git takes the text up to its first NUL even where there is nothing to wrap.
            None if before == Wrapping::default() && !self.output.has_nul() => {}
            None => {
                let why = "wraps text that only the forge knew";
                return Err(self.undecided(placeholder, placeholder.len(), why));
            }
        }
        self.keyword.wrap_start = self.output.mark();
        Ok(())
    }

    fn undecided(&self, from: &[u8], length: usize, why: &'static str) -> Error {
        undecided(self.path, from.get(..length).unwrap_or(from), why)
    }
}
