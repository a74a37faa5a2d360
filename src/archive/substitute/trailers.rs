//! `%(trailers)` (specification 6.10).

use std::ops::Range;

use gix_object::bstr::ByteSlice;

use super::options::{self, Pair};
use crate::c_text::{self, is_space};
use crate::limits;

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
            *flag = value.map_or(Some(true), c_text::boolean)?;
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

    /// What is shown of the trailers of a message; `None` where that becomes larger than placeholders may.
    pub fn of(&self, trailers: &Trailers, message: &[u8]) -> Option<Vec<u8>> {
        let block = trailers.block(message);
        if self.is_everything() {
            return Some(block.to_vec());
        }
        let mut out = Vec::new();
        let mut start = 0;
        for item in &trailers.items {
            let line = block.get(start..item.end as usize).unwrap_or_default();
            start = item.end as usize;
            match line.split_at_checked(item.colon as usize) {
                _ if line.first() == Some(&COMMENT) => {}
                Some((key, value)) if !key.is_empty() => self.trailer(&mut out, key, &value[1..]),
                _ if !self.only_trailers => self.other(&mut out, line),
                _ => {}
            }
            if out.len() > limits::SUBSTITUTED_BYTES {
                return None;
            }
        }
        Some(out)
    }

    /// What that costs, in bytes that are looked at.
    pub fn work(&self, trailers: &Trailers) -> usize {
        let once = trailers.block.len() + trailers.items.len() * size_of::<Item>();
        once.saturating_mul(1 + self.keys.len())
    }

    fn trailer(&self, out: &mut Vec<u8>, key: &[u8], value: &[u8]) {
        let (key, value) = (c_text::trim(key), c_text::trim(value));
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

/// The trailers of one message, found once: ranges only.
#[derive(Debug, Default)]
pub struct Trailers {
    /// Where the trailer block is in the message; empty where there is none.
    block: Range<usize>,
    items: Vec<Item>,
}

/// A trailer with its continuation lines, or another line of the block. It begins where the one before it ends.
#[derive(Debug)]
struct Item {
    /// Where it ends in the block. A commit is far smaller than 4 GiB.
    end: u32,
    /// Where its colon is, behind its beginning; 0 for what is no trailer.
    colon: u32,
}

impl Trailers {
    /// Of a message that begins with its subject.
    pub fn of(message: &[u8]) -> Self {
        let block = block(message);
        let mut items: Vec<Item> = Vec::new();
        let mut end = 0u32;
        for line in message.get(block.clone()).unwrap_or_default().split_inclusive(|byte| *byte == b'\n') {
            end = end.saturating_add(u32::try_from(line.len()).unwrap_or(u32::MAX));
            match items.last_mut() {
                Some(last) if last.colon > 0 && is_space(line[0]) => last.end = end,
                _ => {
                    let colon = separator(line).and_then(|colon| u32::try_from(colon).ok()).unwrap_or(0);
                    items.push(Item { end, colon });
                }
            }
        }
        Trailers { block, items }
    }

    fn block<'a>(&self, message: &'a [u8]) -> &'a [u8] {
        message.get(self.block.clone()).unwrap_or_default()
    }
}

/// Where the lines of the trailer block are, from the first to the last byte; empty where there is none.
fn block(message: &[u8]) -> Range<usize> {
    let end = end_of_message(message);
    let message = message.get(..end).unwrap_or_default();
    let is_comment = |line: &[u8]| line.first() == Some(&COMMENT);
    let mut title = 0;
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if !is_comment(line) && is_blank(line) {
            break;
        }
        title += line.len();
    }
    let (mut trailers, mut others, mut continuations) = (0usize, 0usize, 0usize);
    let (mut is_gits_own, mut is_blank_so_far) = (false, true);
    // From the last line up.
    let mut rest = message.get(title..).unwrap_or_default();
    while let Some(last) = rest.len().checked_sub(1) {
        let start = rest.get(..last).and_then(|before| before.rfind_byte(b'\n')).map_or(0, |newline| newline + 1);
        let behind = title + rest.len();
        let (before, line) = rest.split_at(start);
        rest = before;
        if is_comment(line) {
            others += std::mem::take(&mut continuations);
        } else if is_blank(line) {
            if is_blank_so_far {
                continue;
            }
            others += continuations;
            let is_block = is_gits_own && trailers * 3 >= others || trailers > 0 && others == 0;
            return if is_block { behind..end } else { 0..0 };
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
    0..0
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

/// A value on one line.
fn unfold(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut lines = value.split(|byte| *byte == b'\n');
    out.extend_from_slice(lines.next().unwrap_or_default());
    for line in lines {
        out.push(b' ');
        out.extend_from_slice(c_text::trim_start(line));
    }
    c_text::trim(&out).to_vec()
}
