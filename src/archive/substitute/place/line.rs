//! Words and whole lines that say nothing to a program.

use gix_object::bstr::ByteSlice;

use super::GAP;

/// Words that say what follows: in front of a text in a comment, or in the key of its line. A word that makes a directive of a
/// comment (`type:`, `coding:`, `syntax`) is none of them.
const LABELS: [&str; 51] = [
    "ref",
    "refs",
    "refnames",
    "names",
    "rev",
    "revision",
    "version",
    "commit",
    "committer",
    "committed",
    "git",
    "tag",
    "tags",
    "branch",
    "describe",
    "description",
    "node",
    "tree",
    "parent",
    "parents",
    "author",
    "by",
    "date",
    "time",
    "at",
    "built",
    "sha",
    "sha1",
    "hash",
    "id",
    "release",
    "released",
    "from",
    "of",
    "the",
    "is",
    "this",
    "head",
    "changed",
    "last",
    "name",
    "email",
    "mail",
    "maintainer",
    "archive",
    "archived",
    "exported",
    "abbrev",
    "short",
    "full",
    "and",
];

/// A byte of a name.
pub fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A byte that may stand beside a text: with it between quotes, behind it in a comment.
pub fn is_plain(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == GAP || b" \t._-+/:,()@>".contains(byte)
}

/// Whether each word is a label or a number, an id or a date.
pub fn are_labels(text: &[u8]) -> bool {
    let words = text.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.into_iter().all(|word| is_label(word) || is_number(word))
}

fn is_label(word: &[u8]) -> bool {
    LABELS.iter().any(|label| word.eq_ignore_ascii_case(label.as_bytes()))
}

/// Digits, of an id as well, and the parts of a date.
fn is_number(word: &[u8]) -> bool {
    const DATES: [&str; 19] = [
        "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
        "Oct", "Nov", "Dec",
    ];
    let has_digit = word.iter().any(u8::is_ascii_digit);
    let is_digit = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f' | b'T' | b'Z');
    has_digit && word.iter().all(is_digit) || DATES.iter().any(|date| date.as_bytes() == word)
}

/// Whether a line begins with a key.
pub fn is_key_value(line: &[u8], sign: u8) -> bool {
    let Some((key, _)) = line.split_once_str(&[sign]) else { return false };
    let may_have = |byte: &u8| is_letter(*byte) || b"-. ".contains(byte);
    key.first().is_some_and(u8::is_ascii_alphabetic) && key.iter().all(may_have)
}

/// Whether a line has nothing but gaps, labels and numbers.
pub fn is_plain_line(line: &[u8]) -> bool {
    line.iter().all(is_plain) && are_labels(line)
}
