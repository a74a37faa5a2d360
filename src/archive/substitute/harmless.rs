//! Whether a text that somebody else chose stays inside the literal or comment that it stands in.
//!
//! This is independent of what git can write. It looks at the text, at the bytes around it, and at the lines of the file; and it
//! knows no language, but the sequences that end or begin something in any of those that files with placeholders are written in.

use std::collections::HashSet;
use std::ops::Range;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Two bytes that begin or end a comment or a block.
const SEQUENCES: [&[u8; 2]; 14] =
    [b"/+", b"+/", b"*/", b"/*", b"//", b"--", b"-}", b"{-", b"(*", b"*)", b"<!", b"<?", b"?>", b"]]"];
/// A byte that makes something else of the one behind it: escapes and formats,
const CHANGES_NEXT: &[u8] = b"\\%";
/// or variables and entities, unless that is a blank.
const CHANGES_NEXT_WORD: &[u8] = b"$&";
const QUOTES: &[u8] = b"\"'`";
/// m4's own macros that need no parenthesis.
const M4_WORDS: [&str; 18] = [
    "dnl",
    "changecom",
    "changequote",
    "debugfile",
    "debugmode",
    "divert",
    "divnum",
    "dumpdef",
    "errprint",
    "m4exit",
    "shift",
    "sysval",
    "traceoff",
    "traceon",
    "undivert",
    "unix",
    "os2",
    "windows",
];
/// How autoconf, automake, libtool and their kin begin the names of their macros, and m4 those of its own.
const M4_STARTS: [&str; 13] =
    ["m4_", "AC_", "AM_", "AS_", "AT_", "AU_", "AX_", "AH_", "LT_", "PKG_", "_AC_", "_AM_", "__"];
/// How far a word is followed into the bytes around a text,
const WORD_BYTES: usize = 64;
/// and a line.
const LINE_BYTES: usize = 256;

/// Whether the character is a letter or digit that people can see. Marks that combine with the letter before them are none.
pub fn is_visible(c: char) -> bool {
    use GeneralCategory::{
        DecimalNumber, LowercaseLetter, ModifierLetter, OtherLetter, TitlecaseLetter, UppercaseLetter,
    };
    let is_filler = matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}');
    let category = c.general_category();
    let is_letter = matches!(category, UppercaseLetter | LowercaseLetter | TitlecaseLetter | OtherLetter);
    !is_filler && (is_letter || matches!(category, ModifierLetter | DecimalNumber))
}

/// Whether the name of a ref holds nothing that means something to a program: ASCII letters, digits, and `._/+-` behind such.
pub fn is_plain_name(name: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(name) else { return false };
    let mut before = None;
    for c in text.chars() {
        let is_good = match c {
            '-' => before.is_some_and(|before| before != '-'),
            '_' | '.' | '+' | '/' => before.is_some(),
            // Each of `@ # = ! ,` means something to some program in the middle of a word, and so do letters that are not ASCII,
            // in files of other encodings.
            c => c.is_ascii_alphanumeric(),
        };
        if !is_good {
            return false;
        }
        before = Some(c);
    }
    before.is_some()
}

/// Whether the text forms nothing together with the bytes before and behind it.
pub fn keeps_tokens(content: &[u8], text: Range<usize>) -> bool {
    let before = content.get(..text.start).and_then(<[u8]>::last).copied();
    let after = content.get(text.end..).and_then(<[u8]>::first).copied();
    let is_blank = content.get(text.start) == Some(&b' ') && !text.is_empty();
    let changes = |byte| CHANGES_NEXT.contains(&byte) || CHANGES_NEXT_WORD.contains(&byte) && !is_blank;
    if before.is_some_and(changes) {
        return false;
    }
    let edges = content.get(text.start.saturating_sub(1)..(text.end + 1).min(content.len())).unwrap_or_default();
    if edges.windows(2).any(|pair| SEQUENCES.iter().any(|sequence| pair == *sequence)) {
        return false;
    }
    if edges.windows(2).any(|pair| pair[0] == b'!' && pair[1].is_ascii_digit()) {
        return false;
    }
    let inner = content.get(text.clone()).unwrap_or_default();
    let is_line_start = before.is_none_or(|byte| matches!(byte, b'\n' | b'\r' | b'\t'));
    match (inner.first(), inner.last()) {
        (Some(first), Some(last)) => {
            // A comment, a recipe that is not echoed, a call.
            let begins_badly = *first == b'#' || *first == b'@' && is_line_start;
            if begins_badly || *last == b'#' || after == Some(b'(') {
                return false;
            }
        }
        _ if !keeps_quotes(content, text.start) => return false,
        _ => {}
    }
    keeps_words(content, text)
}

/// Whether two quotes that an empty text brings together are an empty literal, as they are with a text between them.
fn keeps_quotes(content: &[u8], at: usize) -> bool {
    let (before, after) = content.split_at(at.min(content.len()));
    let Some(quote) = before.last().filter(|byte| QUOTES.contains(byte)) else { return true };
    let left = before.iter().rev().take_while(|byte| *byte == quote).count();
    let right = after.iter().take_while(|byte| *byte == quote).count();
    right == 0 || matches!((left, right), (1, 1) | (3, 3))
}

/// Whether no word that the text is a part of is a macro of m4 or names an encoding.
fn keeps_words(content: &[u8], text: Range<usize>) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let before = content.get(..text.start).unwrap_or_default().iter().rev().take(WORD_BYTES);
    let behind = content.get(text.end..).unwrap_or_default().iter().take(WORD_BYTES);
    let start = text.start - before.take_while(|byte| is_word(byte)).count();
    let end = text.end + behind.take_while(|byte| is_word(byte)).count();
    let window = content.get(start..(end + 1).min(content.len())).unwrap_or_default();
    let has_coding = window.windows(7).any(|bytes| bytes.starts_with(b"coding") && matches!(bytes[6], b'=' | b':'));
    let words = content.get(start..end).unwrap_or_default().split(|byte| !is_word(byte));
    !has_coding
        && words
            .filter_map(|word| std::str::from_utf8(word).ok())
            .all(|word| !M4_WORDS.contains(&word) && !M4_STARTS.iter().any(|start| word.starts_with(start)))
}

/// Words that stand alone on lines of a file, such as end a here-document.
#[derive(Debug, Default)]
pub struct LineWords<'a>(HashSet<&'a [u8]>);

impl<'a> LineWords<'a> {
    /// Of the parts of a file between holes, whose first and last lines are whole only at the ends of the file.
    pub fn of(parts: &[&'a [u8]]) -> Self {
        let last = parts.len().saturating_sub(1);
        let lines = parts.iter().enumerate().flat_map(|(index, part)| {
            let begin = if index == 0 { Some(0) } else { part.iter().position(|byte| *byte == b'\n') };
            let end = if index == last { Some(part.len()) } else { part.iter().rposition(|byte| *byte == b'\n') };
            let whole = begin.zip(end).and_then(|(begin, end)| part.get(begin..end)).unwrap_or_default();
            whole.split(|byte| *byte == b'\n')
        });
        let words = lines.map(|line| {
            let line = line.trim_ascii();
            let end = line.iter().rposition(|byte| !b";,)".contains(byte)).map_or(0, |last| last + 1);
            line.get(..end).unwrap_or_default()
        });
        let is_word = |word: &&[u8]| {
            !word.is_empty() && word.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_=-.".contains(byte))
        };
        LineWords(words.filter(is_word).collect())
    }

    /// Whether the line that the text begins or helps to begin does not begin with such a word.
    pub fn keeps(&self, content: &[u8], text: Range<usize>) -> bool {
        // A line that begins far before the text begins with something else.
        let far = text.start.saturating_sub(LINE_BYTES);
        let newline = content.get(far..text.start).unwrap_or_default().iter().rposition(|byte| *byte == b'\n');
        let start = match newline {
            Some(newline) => far + newline + 1,
            None if far > 0 => return true,
            None => 0,
        };
        let line = content.get(start..(text.start + LINE_BYTES).min(content.len())).unwrap_or_default();
        let end = line.iter().position(|byte| *byte == b'\n').unwrap_or(line.len());
        let line = line.get(..end).unwrap_or_default();
        let word = line.trim_ascii_start();
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_=-.".contains(byte);
        let length = word.iter().take_while(|byte| is_word(byte)).count();
        let word_end = start + (line.len() - word.len()) + length;
        if word_end < text.start {
            return true;
        }
        // With what may follow the end of a here-document, and without.
        let word = word.get(..length).unwrap_or_default();
        let name = word.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        !self.0.contains(word) && !self.0.contains(word.get(..name).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
