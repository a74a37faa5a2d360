//! `%(trailers)` (specification 6.10).

use gix_object::bstr::ByteSlice;

use super::options::{self, Pair};
use super::width::is_space;

const COMMENT: u8 = b'#';
/// git before a scissors line: what follows was never part of the message.
const SCISSORS: &[u8] = b"# ------------------------ >8 ------------------------\n";
/// Lines that git itself writes make a paragraph a trailer block more easily.
const GITS_OWN: [&[u8]; 2] = [b"Signed-off-by: ", b"(cherry picked from commit "];

/// Options that are true or false.
pub const FLAGS: &[&[u8]] = &[b"only", b"unfold", b"keyonly", b"valueonly"];

/// What is shown of trailers.
#[derive(Debug, Default)]
pub struct Shown {
    /// Only these keys, in any case.
    keys: Vec<Vec<u8>>,
    only_trailers: bool,
    unfold: bool,
    key_only: bool,
    value_only: bool,
    separator: Option<Vec<u8>>,
    key_value_separator: Option<Vec<u8>>,
}

impl Shown {
    /// `None` for options that git does not know.
    pub fn from_options(options: &[Pair<'_>]) -> Option<Self> {
        let mut shown = Shown::default();
        for (name, value) in options {
            let flag = match *name {
                b"key" => {
                    let key = (*value)?;
                    shown.keys.push(key.strip_suffix(b":").unwrap_or(key).to_vec());
                    shown.only_trailers = true;
                    continue;
                }
                b"separator" => {
                    shown.separator = Some(options::literal(value.unwrap_or_default()));
                    continue;
                }
                b"key_value_separator" => {
                    shown.key_value_separator = Some(options::literal(value.unwrap_or_default()));
                    continue;
                }
                b"only" => &mut shown.only_trailers,
                b"unfold" => &mut shown.unfold,
                b"keyonly" => &mut shown.key_only,
                b"valueonly" => &mut shown.value_only,
                _ => return None,
            };
            *flag = value.map_or(Some(true), options::boolean)?;
        }
        Some(shown)
    }

    /// Whether the block is copied as it is.
    fn is_everything(&self) -> bool {
        !self.only_trailers
            && !self.unfold
            && !self.key_only
            && !self.value_only
            && self.keys.is_empty()
            && self.separator.is_none()
            && self.key_value_separator.is_none()
    }

    /// The trailers of a message, which begins with its subject.
    pub fn of(&self, message: &[u8]) -> Vec<u8> {
        let block = block(message);
        if self.is_everything() {
            return block.to_vec();
        }
        let mut out = Vec::new();
        for line in logical_lines(block).filter(|line| line.first() != Some(&COMMENT)) {
            match separator(&line) {
                Some(colon) => self.trailer(&mut out, &line[..colon], &line[colon + 1..]),
                None if !self.only_trailers => self.other(&mut out, &line),
                None => {}
            }
        }
        out
    }

    fn trailer(&self, out: &mut Vec<u8>, key: &[u8], value: &[u8]) {
        let (key, value) = (trim(key), trim(value));
        if !self.keys.is_empty() && !self.keys.iter().any(|wanted| wanted.eq_ignore_ascii_case(key)) {
            return;
        }
        self.separate(out);
        if !self.value_only {
            out.extend_from_slice(key);
        }
        if !self.key_only && !self.value_only {
            match &self.key_value_separator {
                Some(separator) => out.extend_from_slice(separator),
                None if key.is_empty() => {}
                None => out.extend_from_slice(b": "),
            }
        }
        if !self.key_only {
            out.extend(if self.unfold { unfold(value) } else { value.to_vec() });
        }
        self.end(out);
    }

    fn other(&self, out: &mut Vec<u8>, line: &[u8]) {
        self.separate(out);
        out.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
        if self.separator.is_some() {
            let kept = out.iter().rposition(|byte| !is_space(*byte)).map_or(0, |last| last + 1);
            out.truncate(kept);
        }
        self.end(out);
    }

    fn separate(&self, out: &mut Vec<u8>) {
        if let Some(separator) = self.separator.as_ref().filter(|_| !out.is_empty()) {
            out.extend_from_slice(separator);
        }
    }

    fn end(&self, out: &mut Vec<u8>) {
        if self.separator.is_none() {
            out.push(b'\n');
        }
    }
}

/// The lines of the trailer block, from the first to the last byte; empty where there is none.
fn block(message: &[u8]) -> &[u8] {
    let message = &message[..end_of_message(message)];
    let lines: Vec<&[u8]> = message.split_inclusive(|byte| *byte == b'\n').collect();
    let is_comment = |line: &[u8]| line.first() == Some(&COMMENT);
    let title = lines.iter().position(|line| !is_comment(line) && is_blank(line)).unwrap_or(lines.len());
    let (mut trailers, mut others, mut continuations) = (0usize, 0usize, 0usize);
    let (mut is_gits_own, mut is_blank_so_far) = (false, true);
    for (index, line) in lines.iter().enumerate().skip(title).rev() {
        if is_comment(line) {
            others += std::mem::take(&mut continuations);
        } else if is_blank(line) {
            if is_blank_so_far {
                continue;
            }
            others += continuations;
            let is_block = is_gits_own && trailers * 3 >= others || trailers > 0 && others == 0;
            let start: usize = lines[..=index].iter().map(|line| line.len()).sum();
            return if is_block { &message[start..] } else { b"" };
        } else {
            is_blank_so_far = false;
            let is_own = GITS_OWN.iter().any(|own| line.starts_with(own));
            if is_own || separator(line).is_some() && !is_space(line[0]) {
                is_gits_own |= is_own;
                trailers += 1;
                continuations = 0;
            } else if is_space(line[0]) {
                continuations += 1;
            } else {
                others += 1 + std::mem::take(&mut continuations);
            }
        }
    }
    b""
}

/// Where the message ends for git: before comments, blank lines and old notes of conflicts at its end, and before scissors.
fn end_of_message(message: &[u8]) -> usize {
    let cut = if message.starts_with(SCISSORS) {
        0
    } else {
        message.find([b"\n", SCISSORS].concat()).map_or(message.len(), |at| at + 1)
    };
    let (mut at, mut end, mut in_conflicts) = (0, None, false);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if at >= cut {
            break;
        }
        if line[0] == COMMENT || line[0] == b'\n' {
            end.get_or_insert(at);
        } else if line == b"Conflicts:\n" {
            in_conflicts = true;
            end.get_or_insert(at);
        } else if !(in_conflicts && line[0] == b'\t') {
            end = None;
            in_conflicts = false;
        }
        at += line.len();
    }
    end.unwrap_or(cut)
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| is_space(*byte))
}

/// Where the colon of `Key: value` is; blanks may stand between the key and it.
fn separator(line: &[u8]) -> Option<usize> {
    let key = line.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    let blanks = line[key..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    (key > 0 && line.get(key + blanks) == Some(&b':')).then_some(key + blanks)
}

/// Trailers with their continuation lines.
fn logical_lines(block: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut is_trailer = false;
    for line in block.split_inclusive(|byte| *byte == b'\n') {
        match lines.last_mut().filter(|_| is_trailer) {
            Some(last) if is_space(line[0]) => last.extend_from_slice(line),
            _ => {
                is_trailer = separator(line).is_some();
                lines.push(line.to_vec());
            }
        }
    }
    lines.into_iter()
}

fn trim(text: &[u8]) -> &[u8] {
    text.trim_with(|c| u8::try_from(c).is_ok_and(is_space))
}

/// A value on one line.
fn unfold(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut lines = value.split(|byte| *byte == b'\n');
    out.extend_from_slice(lines.next().unwrap_or_default());
    for line in lines {
        out.push(b' ');
        out.extend_from_slice(line.trim_start_with(|c| u8::try_from(c).is_ok_and(is_space)));
    }
    trim(&out).to_vec()
}
