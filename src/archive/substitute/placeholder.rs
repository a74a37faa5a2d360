//! The table of placeholders (specification 6.5).

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use foreign::Foreign;
use gix_hash::ObjectId;
use gix_object::bstr::{BString, ByteSlice};

use super::accepted::AcceptedTexts;
use super::commit_text::CommitText;
use super::grammar::{Decoration, Description, Grammar, Human, Mapped};
use super::work::Work;
use super::{color, options, trailers};
use crate::archive::error::Error;
use crate::{c_text, limits};

/// What is known beside the commit of text that only the forge knew.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Names of tags of the commit that signatures vouch for.
    pub signed_tags: Vec<Vec<u8>>,
    /// Names of all tags of the commit that the repository has; `None` if nobody knows.
    pub advertised_tags: Option<Vec<Vec<u8>>>,
    /// Texts that the caller accepts.
    pub accepted: AcceptedTexts,
}

/// What expanding needs to know beside the file.
pub struct Context<'a> {
    /// The commit that is archived.
    pub text: &'a CommitText<'a>,
    /// What is known of text that only the forge knew.
    pub known: &'a Known,
    /// Whether `%(describe)` was met in this archive already: git expands the first alone.
    pub described: &'a Cell<bool>,
    /// The work that expanding takes.
    pub work: &'a Work,
}

/// What a placeholder becomes.
pub enum Expansion<'a> {
    /// This.
    Text(Cow<'a, [u8]>),
    /// What only the forge knew.
    Hole(Grammar),
}

/// A placeholder's length, and what it becomes; `None` where it is none.
pub type Expanded<'a> = Option<(usize, Expansion<'a>)>;

fn text<'a>(length: usize, value: impl Into<Cow<'a, [u8]>>) -> Expanded<'a> {
    Some((length, Expansion::Text(value.into())))
}

fn nothing<'a>(length: usize) -> Expanded<'a> {
    text(length, &b""[..])
}

/// The error that names a placeholder.
pub fn undecided(path: &BString, from: &[u8], why: &'static str) -> Error {
    let placeholder = Foreign::from(&[&b"%"[..], from].concat());
    Error::Undecided { path: Foreign::from(path), placeholder, why }
}

/// The placeholder that the text begins with, its percent and sign taken away, if git knows it without reading the commit's
/// text. `None` is for [`of_text`].
pub fn without_text<'a>(from: &[u8], context: &Context<'a>, path: &BString) -> Result<Option<Expanded<'a>>, Error> {
    let (commit, shared) = (context.text.commit(), context.text);
    Ok(Some(match from {
        [b'n', ..] => text(1, &b"\n"[..]),
        [b'x', digits @ ..] => match c_text::hex_byte(digits) {
            Some(byte) => text(3, vec![byte]),
            None => return Ok(None),
        },
        [b'C', ..] => color(from, path)?,
        _ if from.starts_with(b"(describe") => describe(from, context, path)?,
        _ if from.starts_with(b"(decorate") => decorate(from, context),
        [b'H', ..] => text(1, commit.id().to_string().into_bytes()),
        [b'T', ..] => text(1, commit.tree().to_string().into_bytes()),
        [b'P', ..] => text(1, shared.parents_line()),
        [b'h', ..] => abbreviations(Rc::new([commit.id()])),
        [b't', ..] => abbreviations(Rc::new([commit.tree()])),
        [b'p', ..] => abbreviations(shared.parents()),
        [b'd', ..] => Some((1, Expansion::Hole(Grammar::Refs(signed(Decoration::parenthesised(), context))))),
        [b'D', ..] => Some((1, Expansion::Hole(Grammar::Refs(signed(Decoration::bare(), context))))),
        [b'm', ..] => text(1, &b">"[..]),
        [b'g', b'd' | b'D' | b's' | b'n' | b'N' | b'e' | b'E', ..] => nothing(2),
        [b'g' | b'N' | b'S', ..] => None,
        [b'G', ..] => signature(from, shared, path)?,
        _ => return Ok(None),
    }))
}

/// `%G`: an unsigned commit has no signature, whatever keys the forge has; everything else is its own affair.
fn signature<'a>(from: &[u8], commit: &CommitText<'a>, path: &BString) -> Result<Expanded<'a>, Error> {
    let text = match from {
        [_, b'?', ..] => text(2, &b"N"[..]),
        [_, b'T', ..] => text(2, &b"undefined"[..]),
        [_, b'G' | b'S' | b'K' | b'F' | b'P', ..] => nothing(2),
        _ => return Ok(None),
    };
    if commit.is_signed() {
        return Err(undecided(path, &from[..2], "depends on the forge's keyrings"));
    }
    Ok(text)
}

/// What comes from the header and the message.
pub fn of_text<'a>(from: &[u8], context: &Context<'a>, path: &BString) -> Result<Expanded<'a>, Error> {
    let commit = context.text;
    Ok(match from {
        [b'e', ..] => text(1, commit.encoding_name().unwrap_or_default()),
        [b's', ..] => text(1, commit.subject()),
        [b'f', ..] => text(1, commit.file_name()),
        [b'b', ..] => text(1, commit.body()),
        [b'B', ..] => match commit.message() {
            Some(message) => text(1, message),
            None => {
                let why = "is of a commit without a message, where git prints whatever it finds";
                return Err(undecided(path, b"B", why));
            }
        },
        [b'a' | b'c', ..] => person(from, commit, path)?,
        _ if from.starts_with(b"(trailers") => {
            let Some((options, length)) = options::parse(&from[9..]) else { return Ok(None) };
            refuse_odd_booleans(path, from, &options, trailers::FLAGS)?;
            let Some(shown) = trailers::Shown::from_options(&options) else { return Ok(None) };
            let (trailers, message) = commit.trailers();
            context.work.spend(shown.work(trailers))?;
            let shown = shown.of(trailers, message);
            text(9 + length, shown.ok_or(Error::Limit { what: "what placeholders become in one file" })?)
        }
        _ => None,
    })
}

/// With the tags that git must name as well.
fn signed(decoration: Decoration, context: &Context<'_>) -> Decoration {
    Decoration { signed: context.known.signed_tags.clone(), ..decoration }
}

/// 6.12: only the first of an archive, well formed or not, has a chance.
fn describe<'a>(from: &[u8], context: &Context<'a>, path: &BString) -> Result<Expanded<'a>, Error> {
    if context.described.replace(true) {
        return Ok(None);
    }
    let Some((options, length)) = options::parse(&from[9..]) else { return Ok(None) };
    refuse_odd_booleans(path, from, &options, &[b"tags"])?;
    let (mut digits, mut is_filtered, mut has_digits) = (limits::ABBREVIATED_DIGITS, false, true);
    for (name, value) in options {
        match (name, value) {
            (b"tags", None) => {}
            // A value that is neither true nor false has been passed over when git finds that out: at the end, that is all.
            (b"tags", Some(_)) => {}
            (b"abbrev", Some(value)) => {
                let Some((wanted, b"")) = c_text::strtol(value) else { return Ok(None) };
                has_digits = wanted != 0;
                digits = digits.min(usize::try_from(wanted).unwrap_or(0).max(limits::DESCRIBED_DIGITS));
            }
            (b"match" | b"exclude", Some(value)) if !value.is_empty() => is_filtered = true,
            _ => return Ok(None),
        }
    }
    let description = Description {
        signed: context.known.signed_tags.clone(),
        advertised: context.known.advertised_tags.clone(),
        commit: context.text.commit().id(),
        // Without digits there is the name alone.
        digits: if has_digits { digits } else { usize::MAX },
        is_filtered,
    };
    Ok(Some((9 + length, Expansion::Hole(Grammar::Description(description)))))
}

/// git stumbles over a value that is neither true nor false, and goes on with the next option in a way of its own.
fn refuse_odd_booleans(
    path: &BString,
    from: &[u8],
    options: &[options::Pair<'_>],
    flags: &[&[u8]],
) -> Result<(), Error> {
    let is_odd = |(name, value): &options::Pair<'_>| {
        flags.contains(name) && value.is_some_and(|value| c_text::boolean(value).is_none())
    };
    let last = options.len().saturating_sub(1);
    if options.iter().take(last).any(is_odd) {
        return Err(undecided(path, from, "has an option that is neither true nor false"));
    }
    Ok(())
}

fn person<'a>(from: &[u8], commit: &'a CommitText<'a>, path: &BString) -> Result<Expanded<'a>, Error> {
    let [field, letter, ..] = from else { return Ok(None) };
    let Some(person) = (if *field == b'a' { commit.author() } else { commit.committer() }) else {
        return Ok(if b"netdDri".contains(letter) { nothing(2) } else { None });
    };
    let part = |range: &Range<usize>| commit.data().get(range.clone()).unwrap_or_default();
    let mapped =
        |range: &Range<usize>, kind| Some((2, Expansion::Hole(Grammar::Mapped { original: part(range).into(), kind })));
    let date = match (letter, &person.date) {
        (b'n', _) => return Ok(text(2, part(&person.name))),
        (b'e', _) => return Ok(text(2, part(&person.mail))),
        (b'l', _) => return Ok(text(2, part(&person.local))),
        (b'N', _) => return Ok(mapped(&person.name, Mapped::Name)),
        (b'E', _) => return Ok(mapped(&person.mail, Mapped::Mail)),
        (b'L', _) => return Ok(mapped(&person.local, Mapped::Local)),
        (b't' | b'd' | b'D' | b'i' | b'I' | b's' | b'r' | b'h', Some(date)) => date,
        (b't' | b'd' | b'D' | b'r' | b'i', None) => return Ok(nothing(2)),
        _ => return Ok(None),
    };
    Ok(match letter {
        b'r' => Some((2, Expansion::Hole(Grammar::RelativeDate))),
        b'h' => match date.show(b'd') {
            Some(full) => Some((2, Expansion::Hole(Grammar::HumanDate(Human::of(&full))))),
            None => return Err(undecided(path, &from[..2], "is of a date before 1970, where git fails")),
        },
        b't' => text(2, part(&date.digits)),
        _ => match date.show(*letter) {
            // git before 2.45 spelt the zone out.
            Some(shown) if *letter == b'I' && shown.ends_with('Z') => {
                let spelt = format!("{}+00:00", shown.trim_end_matches('Z'));
                Some((2, Expansion::Hole(Grammar::OneOf(vec![shown.into_bytes(), spelt.into_bytes()]))))
            }
            Some(shown) => text(2, shown.into_bytes()),
            None => return Err(undecided(path, &from[..2], "is of a date before 1970, where git fails")),
        },
    })
}

/// Colours are off; only `always` brings them back.
fn color<'a>(from: &[u8], path: &BString) -> Result<Expanded<'a>, Error> {
    for name in ["Cred", "Cgreen", "Cblue", "Creset"] {
        if from.starts_with(name.as_bytes()) {
            return Ok(nothing(name.len()));
        }
    }
    let Some(rest) = from.strip_prefix(b"C(") else { return Ok(None) };
    let Some(end) = rest.find_byte(b')') else { return Ok(None) };
    let Some(spec) = rest[..end].strip_prefix(b"always,") else { return Ok(nothing(end + 3)) };
    match color::escape(spec) {
        Some(escape) => Ok(text(end + 3, escape)),
        None => Err(undecided(path, &from[..end + 3], "is a colour that git does not know, where it fails")),
    }
}

fn abbreviations<'a>(ids: Rc<[ObjectId]>) -> Expanded<'a> {
    if ids.is_empty() { nothing(1) } else { Some((1, Expansion::Hole(Grammar::Abbreviations(ids)))) }
}

/// 6.11
fn decorate<'a>(from: &[u8], context: &Context<'_>) -> Expanded<'a> {
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
    Some((9 + length, Expansion::Hole(Grammar::Refs(signed(decoration, context)))))
}
