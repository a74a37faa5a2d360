//! How files change on their way into the archive (specification, section 5).
//!
//! The order is git's: ident, line ends, encoding, `$Format$`.

use std::rc::Rc;

use foreign::Foreign;
use gix_hash::ObjectId;
use gix_object::bstr::{BString, ByteSlice};

use super::attributes::{Answer, State};
use super::configuration::{AutoCrlf, Configuration};
use super::encoding::{self, Charset, Named};
use super::error::Error;
use super::substitute::{Context, Piece, expand};
use crate::git::Object;
use crate::limits;

/// What is done to one file. There is none for files that stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion {
    ident: bool,
    line_ends: LineEnds,
    encoding: Option<Charset>,
    substitute: bool,
}

/// Whether line feeds become carriage return and line feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineEnds {
    Kept,
    Crlf,
    /// Only where the content looks like a text without carriage returns.
    AutoCrlf,
}

/// What a server may have done to a file, and nobody else can.
#[derive(Clone, Debug)]
pub enum Doubt {
    /// Put content from elsewhere in the place of the repository's (5.4).
    Lfs,
    /// Re-encoded it as something that is not known here (5.3).
    Encoding(Rc<[u8]>),
}

impl Conversion {
    /// What the attributes ask for: `None` where they leave the file alone, as they nearly always do. And what the server may
    /// have done that nobody can compute here.
    ///
    /// # Errors
    /// For an encoding that makes `git archive` fail.
    pub(super) fn from_attributes(
        answer: &Answer,
        configuration: &Configuration,
        path: &BString,
    ) -> Result<(Option<Self>, Option<Doubt>), Error> {
        let mut doubt = answer.filter.as_ref().filter(|filter| filter.is("lfs")).map(|_| Doubt::Lfs);
        let encoding = match &answer.encoding {
            None | Some(State::False | State::Unspecified) => None,
            Some(State::True) => return Err(Error::EncodingWithoutValue { path: Foreign::from(path) }),
            Some(State::Value(name)) => match encoding::named(name) {
                Named::Utf8 => None,
                Named::Known(charset) => Some(charset),
                // Where the server does not know it either, the bytes are kept.
                Named::Unknown => {
                    doubt = doubt.or_else(|| Some(Doubt::Encoding(name.clone())));
                    None
                }
            },
        };
        let conversion = Conversion {
            ident: answer.ident == Some(State::True),
            line_ends: line_ends(answer, configuration),
            encoding,
            substitute: answer.export_subst == Some(State::True),
        };
        let changes =
            conversion.ident || conversion.line_ends != LineEnds::Kept || encoding.is_some() || conversion.substitute;
        Ok((changes.then_some(conversion), doubt))
    }

    /// The same without expanding `$Format$`; `None` if nothing is left to do.
    pub(super) fn without_substitution(self) -> Option<Self> {
        let changes = self.ident || self.line_ends != LineEnds::Kept || self.encoding.is_some();
        changes.then_some(Conversion { substitute: false, ..self })
    }

    /// Whether `$Format$` is expanded.
    pub fn substitutes(&self) -> bool {
        self.substitute
    }

    /// Whether the blob can nearly always be told from what it becomes.
    pub fn is_invertible(&self) -> bool {
        self.encoding.is_none() && !self.substitute
    }

    /// Whether this is what the blob becomes; `None` where that is not to be seen without the blob.
    ///
    /// A blob is guessed from the bytes, proven by its id, and converted. Nearly all have plain line feeds and `$Id$`.
    pub fn made(&self, content: &[u8], id: ObjectId) -> Option<bool> {
        let is_blob = |guess: &[u8]| {
            gix_object::compute_hash(id.kind(), gix_object::Kind::Blob, guess).is_ok_and(|actual| actual == id)
        };
        let without_cr = (self.line_ends != LineEnds::Kept).then(|| content.replace("\r\n", "\n"));
        for guess in [without_cr.as_deref(), Some(content)].into_iter().flatten() {
            let without_id = self.ident.then(|| guess.replace(format!("$Id: {id} $"), "$Id$"));
            for guess in [without_id.as_deref(), Some(guess)].into_iter().flatten() {
                if is_blob(guess) {
                    return self.line_ends_and_ident(guess.to_vec(), id).ok().map(|converted| converted == content);
                }
            }
        }
        None
    }

    fn line_ends_and_ident(&self, mut content: Vec<u8>, id: ObjectId) -> Result<Vec<u8>, Error> {
        if self.ident {
            content = expand_ident(content, id)?;
        }
        let to_crlf = match self.line_ends {
            LineEnds::Kept => false,
            LineEnds::Crlf => true,
            LineEnds::AutoCrlf => looks_like_unix_text(&content),
        };
        if to_crlf { with_crlf(&content) } else { Ok(content) }
    }
}

/// 5.2. Without a server's configuration only `eol=crlf` ever changes bytes.
fn line_ends(answer: &Answer, configuration: &Configuration) -> LineEnds {
    #[derive(Clone, Copy)]
    enum Text {
        Yes,
        No,
        Auto,
        Input,
    }
    let kind_of = |state: &Option<State>| match state.as_ref()? {
        State::True => Some(Text::Yes),
        State::False => Some(Text::No),
        value if value.is("auto") => Some(Text::Auto),
        value if value.is("input") => Some(Text::Input),
        _ => None,
    };
    let kind = kind_of(&answer.text).or_else(|| kind_of(&answer.crlf));
    let eol = |expected| answer.eol.as_ref().is_some_and(|eol| eol.is(expected));
    let server_wants_crlf = configuration.autocrlf == AutoCrlf::True
        || configuration.autocrlf == AutoCrlf::False && configuration.eol_is_crlf;
    let changes = match kind {
        Some(Text::No) => false,
        _ if eol("crlf") => true,
        _ if eol("lf") => false,
        Some(Text::Yes | Text::Auto) => server_wants_crlf,
        Some(Text::Input) => false,
        None => configuration.autocrlf == AutoCrlf::True,
    };
    match kind {
        _ if !changes => LineEnds::Kept,
        Some(Text::Auto) => LineEnds::AutoCrlf,
        None if !eol("crlf") => LineEnds::AutoCrlf,
        _ => LineEnds::Crlf,
    }
}

/// The bytes that the archive has for this blob.
pub fn to_archive<'a>(
    conversion: &Conversion,
    blob: Object,
    context: impl FnOnce() -> Context<'a>,
    path: &BString,
) -> Result<Vec<Piece>, Error> {
    let id = blob.id();
    let mut content = conversion.line_ends_and_ident(blob.into_data(), id)?;
    if let Some(encoded) = conversion.encoding.filter(|_| !content.is_empty()).and_then(|to| to.encode(&content)) {
        content = encoded;
    }
    within_limit(&content)?;
    if conversion.substitute { expand(&content, &context(), path) } else { Ok(vec![Piece::Bytes(content)]) }
}

/// Expansions must not fill the memory.
pub fn within_limit(content: &[u8]) -> Result<(), Error> {
    if content.len() > limits::CONVERTED_BYTES {
        return Err(Error::Limit { what: "the size of a converted file" });
    }
    Ok(())
}

/// 5.1
fn expand_ident(content: Vec<u8>, id: ObjectId) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(content.len());
    let mut rest = content.as_slice();
    while let Some(at) = rest.find(b"$Id") {
        let (before, keyword) = rest.split_at(at);
        out.extend_from_slice(before);
        match end_of_ident(&keyword[3..]) {
            Ident::Replaced(length) => {
                out.extend_from_slice(format!("$Id: {id} $").as_bytes());
                rest = &keyword[3 + length..];
            }
            Ident::Kept => {
                // Scanning goes on right behind the opening dollar: the closing one may open the next.
                out.push(b'$');
                rest = &keyword[1..];
            }
            Ident::NoMore => {
                rest = keyword;
                break;
            }
        }
        within_limit(&out)?;
    }
    out.extend_from_slice(rest);
    Ok(out)
}

enum Ident {
    /// This many bytes behind `$Id` belong to the keyword.
    Replaced(usize),
    Kept,
    NoMore,
}

fn end_of_ident(after: &[u8]) -> Ident {
    match after.first() {
        Some(b'$') => Ident::Replaced(1),
        Some(b':') => {
            let Some(end) = after.find_byte(b'$') else { return Ident::NoMore };
            let text = &after[1..end];
            let has_newline = text.contains(&b'\n');
            // Behind the first byte after the colon, the first blank must be the last byte.
            let inner = text.get(1..).unwrap_or_default();
            let foreign = inner.find_byte(b' ').is_some_and(|blank| blank + 1 != inner.len());
            if has_newline || foreign { Ident::Kept } else { Ident::Replaced(end + 1) }
        }
        _ => Ident::Kept,
    }
}

/// A carriage return before each line feed that has none.
fn with_crlf(content: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(content.len() + content.len() / 16);
    let mut last = 0;
    for &byte in content {
        if byte == b'\n' && last != b'\r' {
            out.push(b'\r');
        }
        out.push(byte);
        last = byte;
    }
    within_limit(&out)?;
    Ok(out)
}

/// Line feeds, no carriage returns, and few unprintable bytes.
fn looks_like_unix_text(content: &[u8]) -> bool {
    if !content.contains(&b'\n') || content.contains(&b'\r') || content.contains(&0) {
        return false;
    }
    let (mut printable, mut unprintable) = (0usize, 0usize);
    for &byte in content.strip_suffix(b"\x1a").unwrap_or(content) {
        match byte {
            b'\n' => {}
            8 | b'\t' | 0x1b | 0x0c => printable += 1,
            0..0x20 | 0x7f => unprintable += 1,
            _ => printable += 1,
        }
    }
    printable >> 7 >= unprintable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ident_is_expanded_with_its_odd_blanks() {
        let id = ObjectId::null(gix_hash::Kind::Sha1);
        let full = format!("$Id: {id} $");
        let cases = [
            ("$Id$", full.clone()),
            ("$Id:$", full.clone()),
            ("$Id: $", full.clone()),
            ("$Id:  $", full.clone()),
            ("$Id:abc$", full.clone()),
            ("$Id: abc $", full.clone()),
            ("$Id: a b $", "$Id: a b $".into()),
            ("$Id: abc  $", "$Id: abc  $".into()),
            ("$Id:  abc $", "$Id:  abc $".into()),
            ("$Id:abc def$", "$Id:abc def$".into()),
            ("$Id: x y$Id$", format!("$Id: x y{full}")),
            ("$Id: x\n$Id$", format!("$Id: x\n{full}")),
            ("$Id: x", "$Id: x".into()),
            ("$Ix$Id$", format!("$Ix{full}")),
            ("a $Id$ b $Id$", format!("a {full} b {full}")),
        ];
        for (content, expected) in cases {
            let out = expand_ident(content.into(), id).unwrap();
            assert_eq!(out.as_bstr(), expected, "{content}");
        }
    }

    #[test]
    fn line_ends_are_converted_where_git_converts_them() {
        assert_eq!(with_crlf(b"a\nb\r\nc\rd\n\n").unwrap(), b"a\r\nb\r\nc\rd\r\n\r\n");
        assert!(looks_like_unix_text(b"a\nb"));
        assert!(!looks_like_unix_text(b"a\r\nb\n"));
        assert!(!looks_like_unix_text(b"ab"));
        assert!(!looks_like_unix_text(b"a\0\n"));
        assert!(!looks_like_unix_text(b"a\x01\n"));
        assert!(looks_like_unix_text(&[&[b'x'; 128][..], b"\x01\n"].concat()));
        assert!(looks_like_unix_text(b"a\n\x1a"));
    }
}
