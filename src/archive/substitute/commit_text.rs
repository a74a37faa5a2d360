//! The commit as placeholders see it (specification 6.3): in UTF-8, where its encoding can be read.

use std::borrow::Cow;

use gix_object::bstr::ByteSlice;

use super::person::Person;
use super::width::up_to_nul;
use crate::archive::encoding::{self, Charset, Named};
use crate::git::Commit;
use crate::git::object::{header_fields, message_of};

/// In what encoding a commit is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, or nobody said.
    Utf8,
    /// This.
    Known(Charset),
    /// One that we cannot read. The forge may not be able to either: then text stays as it is.
    Unknown,
}

impl Encoding {
    /// From the commit's `encoding` header.
    pub fn of(commit: &Commit) -> Self {
        match commit.fields("encoding").next().map(|name| encoding::named(name)) {
            None | Some(Named::Utf8) => Encoding::Utf8,
            Some(Named::Known(charset)) => Encoding::Known(charset),
            Some(Named::Unknown) => Encoding::Unknown,
        }
    }
}

/// A commit's header and message, as text.
pub struct CommitText<'a> {
    data: Cow<'a, [u8]>,
}

impl<'a> CommitText<'a> {
    /// Where the encoding does not fit, the bytes are taken as they are.
    pub fn of(commit: &'a Commit) -> Self {
        let decoded = match Encoding::of(commit) {
            // To git it is a C string.
            Encoding::Known(charset) => charset.decode(up_to_nul(commit.data())),
            Encoding::Utf8 | Encoding::Unknown => None,
        };
        CommitText { data: decoded.map_or(Cow::Borrowed(commit.data()), Cow::Owned) }
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// The last line of this name.
    pub fn person(&self, name: &str) -> Option<Person<'_>> {
        header_fields(&self.data, name).next_back().and_then(|line| Person::parse(line))
    }

    /// Whether an empty line ends the header, as in every commit that git makes.
    pub fn has_message(&self) -> bool {
        self.data.contains_str(b"\n\n")
    }

    /// Everything after the header.
    pub fn message(&self) -> &[u8] {
        message_of(&self.data)
    }

    /// The message from its subject on.
    pub fn text_from_subject(&self) -> &[u8] {
        skip_blank_lines(self.message())
    }

    /// The lines of the first paragraph, right-trimmed, and what follows it and the blank lines behind it.
    fn subject_and_body(&self) -> (Vec<&[u8]>, &[u8]) {
        let mut rest = self.text_from_subject();
        let mut subject = Vec::new();
        while !rest.is_empty() {
            let (line, after) = take_line(rest);
            if line.is_empty() {
                break;
            }
            subject.push(line);
            rest = after;
        }
        (subject, skip_blank_lines(rest))
    }

    /// The first paragraph as one line.
    pub fn subject(&self) -> Vec<u8> {
        self.subject_and_body().0.join(&b" "[..])
    }

    /// The message without its subject.
    pub fn body(&self) -> &[u8] {
        self.subject_and_body().1
    }

    /// The first line in letters that file names may have (6.9).
    pub fn file_name(&self) -> Vec<u8> {
        let mut out: Vec<u8> = Vec::new();
        let mut gap = false;
        for &byte in take_line(self.text_from_subject()).0 {
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
