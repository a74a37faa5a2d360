//! The commit as placeholders see it (specification 6.3): in UTF-8, where its encoding can be read.
//!
//! It is taken apart once for all placeholders of all files. Its parts are ranges of the text; what is put together from them
//! is put together once.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;
use std::rc::Rc;

use gix_hash::ObjectId;
use gix_object::bstr::ByteSlice;

use super::person::Person;
use super::trailers::Trailers;
use crate::archive::encoding::{self, Charset, Named};
use crate::c_text;
use crate::git::Commit;

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

/// A commit's header and message, as text.
pub struct CommitText<'a> {
    commit: &'a Commit,
    /// What the `encoding` header says.
    encoding_name: Option<&'a [u8]>,
    encoding: Encoding,
    is_signed: bool,
    data: Cow<'a, [u8]>,
    author: Option<Person>,
    committer: Option<Person>,
    message: Option<Range<usize>>,
    /// The message from its subject on.
    from_subject: Range<usize>,
    parents: OnceCell<Rc<[ObjectId]>>,
    parents_line: OnceCell<Vec<u8>>,
    subject_and_body: OnceCell<(Vec<u8>, Range<usize>)>,
    file_name: OnceCell<Vec<u8>>,
    trailers: OnceCell<Trailers>,
}

impl<'a> CommitText<'a> {
    /// Where the encoding does not fit, the bytes are taken as they are.
    pub fn of(commit: &'a Commit) -> Self {
        let (mut encoding_name, mut is_signed) = (None, false);
        for line in commit.header() {
            match line.split_once_str(b" ") {
                Some((b"encoding", name)) if encoding_name.is_none() => encoding_name = Some(name),
                Some((b"gpgsig" | b"gpgsig-sha256", _)) => is_signed = true,
                None if matches!(line.as_bytes(), b"gpgsig" | b"gpgsig-sha256") => is_signed = true,
                _ => {}
            }
        }
        let encoding = match encoding_name.map(encoding::named) {
            None | Some(Named::Utf8) => Encoding::Utf8,
            Some(Named::Known(charset)) => Encoding::Known(charset),
            Some(Named::Unknown) => Encoding::Unknown,
        };
        let decoded = match encoding {
            // To git it is a C string.
            Encoding::Known(charset) => charset.decode(c_text::up_to_nul(commit.data())),
            Encoding::Utf8 | Encoding::Unknown => None,
        };
        let data = decoded.map_or(Cow::Borrowed(commit.data()), Cow::Owned);
        let [author, committer] = people(&data);
        let message = data.find(b"\n\n").map(|end| end + 2..end + 2 + c_text::up_to_nul(&data[end + 2..]).len());
        let from_subject = message.clone().map_or(0..0, |message| {
            let rest = skip_blank_lines(&data[message.clone()]);
            message.end - rest.len()..message.end
        });
        CommitText {
            commit,
            encoding_name,
            encoding,
            is_signed,
            author: author.and_then(|line| Person::parse(&data, line)),
            committer: committer.and_then(|line| Person::parse(&data, line)),
            data,
            message,
            from_subject,
            parents: OnceCell::new(),
            parents_line: OnceCell::new(),
            subject_and_body: OnceCell::new(),
            file_name: OnceCell::new(),
            trailers: OnceCell::new(),
        }
    }

    /// The commit itself.
    pub fn commit(&self) -> &'a Commit {
        self.commit
    }

    /// What its `encoding` header stands for.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// What the `encoding` header says.
    pub fn encoding_name(&self) -> Option<&'a [u8]> {
        self.encoding_name
    }

    /// Whether a signature is in its header.
    pub fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// The text, which the ranges of a [`Person`] are of.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The last `author` line.
    pub fn author(&self) -> Option<&Person> {
        self.author.as_ref()
    }

    /// The last `committer` line.
    pub fn committer(&self) -> Option<&Person> {
        self.committer.as_ref()
    }

    /// The ids of the parents, those that are none left out.
    pub fn parents(&self) -> Rc<[ObjectId]> {
        let parse = || self.commit.parents().filter_map(|hex| ObjectId::from_hex(hex).ok()).collect();
        self.parents.get_or_init(parse).clone()
    }

    /// The ids of the parents as they are written, with a blank between two.
    pub fn parents_line(&self) -> &[u8] {
        let join = || self.commit.parents().map(|id| &**id).collect::<Vec<&[u8]>>().join(&b" "[..]);
        self.parents_line.get_or_init(join)
    }

    /// Everything after the header; `None` without the empty line that ends it, as in every commit that git makes.
    pub fn message(&self) -> Option<&[u8]> {
        self.message.clone().and_then(|message| self.data.get(message))
    }

    /// The message from its subject on.
    fn text_from_subject(&self) -> &[u8] {
        self.data.get(self.from_subject.clone()).unwrap_or_default()
    }

    /// The first paragraph as one line, its lines right-trimmed; and what follows it and the blank lines behind it.
    fn subject_and_body(&self) -> &(Vec<u8>, Range<usize>) {
        self.subject_and_body.get_or_init(|| {
            let mut rest = self.text_from_subject();
            let mut subject = Vec::new();
            while !rest.is_empty() {
                let (line, after) = take_line(rest);
                if line.is_empty() {
                    break;
                }
                if !subject.is_empty() {
                    subject.push(b' ');
                }
                subject.extend_from_slice(line);
                rest = after;
            }
            let end = self.from_subject.end;
            (subject, end - skip_blank_lines(rest).len()..end)
        })
    }

    /// The first paragraph as one line.
    pub fn subject(&self) -> &[u8] {
        &self.subject_and_body().0
    }

    /// The message without its subject.
    pub fn body(&self) -> &[u8] {
        self.data.get(self.subject_and_body().1.clone()).unwrap_or_default()
    }

    /// The trailers of the message, and the text that they are of.
    pub fn trailers(&self) -> (&Trailers, &[u8]) {
        let message = self.text_from_subject();
        (self.trailers.get_or_init(|| Trailers::of(message)), message)
    }

    /// The first line in letters that file names may have (6.9).
    pub fn file_name(&self) -> &[u8] {
        self.file_name.get_or_init(|| file_name(take_line(self.text_from_subject()).0))
    }
}

/// Where the values of the last `author` and the last `committer` line are.
fn people(commit: &[u8]) -> [Option<Range<usize>>; 2] {
    let (mut author, mut committer) = (None, None);
    let mut at = 0;
    for line in commit.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty()) {
        let end = at + line.len();
        if line.starts_with(b"author ") {
            author = Some(at + 7..end);
        } else if line.starts_with(b"committer ") {
            committer = Some(at + 10..end);
        }
        at = end + 1;
    }
    [author, committer]
}

/// `format_sanitized_subject`
fn file_name(line: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    let mut gap = false;
    for &byte in line {
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

/// The first line, right-trimmed, and what follows it.
fn take_line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.find_byte(b'\n').map_or(text.len(), |at| at + 1);
    let (line, rest) = text.split_at(end);
    (c_text::trim_end(line), rest)
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
