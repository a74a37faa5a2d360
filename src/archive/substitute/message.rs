//! The parts of a commit message that placeholders show.

use gix::bstr::ByteSlice;

use crate::git::Commit;

/// A commit message in its parts.
pub struct Message<'a> {
    /// The lines of the first paragraph, right-trimmed.
    subject: Vec<&'a [u8]>,
    /// Everything after it and the blank lines that follow.
    pub body: &'a [u8],
}

impl<'a> Message<'a> {
    /// Take it apart.
    pub fn of(commit: &'a Commit) -> Self {
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

    /// The first paragraph as one line.
    pub fn subject(&self, separator: &[u8]) -> Vec<u8> {
        self.subject.join(separator)
    }

    /// The first line in letters that file names may have (6.9).
    pub fn file_name(&self) -> Vec<u8> {
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
