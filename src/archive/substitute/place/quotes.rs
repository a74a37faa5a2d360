//! Strings that go on over lines. Within one, what looks like the beginning of a literal is its end.
//!
//! Which part of a file is a string is told from its quotes, with the rules of the file's language where its name tells that. A
//! mistake may only open a string that is none: then a person looks at the text.

use std::ops::Range;

/// How names of files end in whose languages `"` and `'` end with their line at the latest.
const ENDINGS_OF_SHORT: [&[u8]; 27] = [
    b"py",
    b"pyi",
    b"pyx",
    b"bzl",
    b"c",
    b"h",
    b"cc",
    b"cpp",
    b"cxx",
    b"hpp",
    b"hh",
    b"m",
    b"go",
    b"js",
    b"mjs",
    b"ts",
    b"json",
    b"java",
    b"kt",
    b"cs",
    b"swift",
    b"lua",
    b"toml",
    b"css",
    b"pri",
    b"pro",
    b"properties",
];
/// In which `'` is no quote of a string.
const ENDINGS_WITHOUT_SINGLE: [&[u8]; 10] =
    [b"rs", b"cmake", b"bat", b"cmd", b"tcl", b"el", b"scm", b"clj", b"hs", b"ml"];
/// And in which there are no strings at all.
const ENDINGS_OF_NONE: [&[u8]; 11] =
    [b"", b"txt", b"md", b"rst", b"xml", b"html", b"rev", b"git", b"tag", b"info", b"version"];
/// Quotes of three signs.
const TRIPLE: [&[u8]; 2] = [b"\"\"\"", b"'''"];
/// The longest word between `R"` and `(` in C++.
const RAW_WORD_BYTES: usize = 16;

/// The lines of a file, as ranges of its bytes, that begin within a string.
pub fn open_lines(template: &[u8], ending: &[u8]) -> Vec<Range<usize>> {
    // A program can have any name.
    if ENDINGS_OF_NONE.contains(&ending) && !template.starts_with(b"#!") {
        return Vec::new();
    }
    let is_short = ENDINGS_OF_SHORT.contains(&ending);
    let has_single = !ENDINGS_WITHOUT_SINGLE.contains(&ending);
    let (mut open, mut start) = (None, 0);
    let mut lines: Vec<Range<usize>> = Vec::new();
    for line in template.split_inclusive(|byte| *byte == b'\n') {
        let end = start + line.len();
        if open.is_some() {
            match lines.last_mut().filter(|last| last.end == start) {
                Some(last) => last.end = end,
                None => lines.push(start..end),
            }
        }
        open = behind(line, open, is_short, has_single);
        start = end;
    }
    lines
}

/// What ends a string.
type End = Vec<u8>;

/// The string that is open at a line's end, if one was at its beginning.
fn behind(line: &[u8], before: Option<End>, is_short: bool, has_single: bool) -> Option<End> {
    let (mut open, mut at) = (before, 0);
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        at += match &open {
            Some(end) if rest.starts_with(end) => {
                let length = end.len();
                open = None;
                length
            }
            Some(end) if rest[0] == b'\\' && end.first() != Some(&b')') => 2,
            Some(_) => 1,
            None if begins_comment(line, at) => break,
            None => {
                let (length, end) = begins(line, at);
                open = end.filter(|end| has_single || end != b"'");
                length
            }
        };
    }
    // A single quote that nothing ends on its line is an apostrophe in these.
    open.filter(|end| !is_short || end.len() > 1 || end == b"`")
}

/// How many bytes to go on, and the end of a string that begins here.
fn begins(line: &[u8], at: usize) -> (usize, Option<End>) {
    let (before, rest) = line.split_at(at);
    let is_glued = before.last().is_some_and(u8::is_ascii_alphanumeric);
    if let Some(triple) = TRIPLE.iter().find(|triple| rest.starts_with(triple)) {
        return (3, Some(triple.to_vec()));
    }
    if rest.starts_with(b"R\"") {
        let word = &rest[2..];
        let length = word.iter().take(RAW_WORD_BYTES).take_while(|byte| !b"( )\\\n".contains(byte)).count();
        if word.get(length) == Some(&b'(') {
            return (2, Some([b")", &word[..length], b"\""].concat()));
        }
    }
    match rest {
        [b'\\', ..] => (2, None),
        // A single character.
        [b'\'', _, b'\'', ..] => (3, None),
        [b'\'', b'\\', _, b'\'', ..] => (4, None),
        // `don't`
        [b'\'', ..] if is_glued => (1, None),
        [quote @ (b'"' | b'\'' | b'`'), ..] => (1, Some(vec![*quote])),
        _ => (1, None),
    }
}

/// Whether the rest of the line is a comment in most languages that have strings of many lines.
fn begins_comment(line: &[u8], at: usize) -> bool {
    line[at] == b'#' && line[..at].last().is_none_or(|byte| b" \t".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::open_lines;

    /// Whether the last line lies in a string.
    fn is_open(ending: &str, text: &str) -> bool {
        let lines = open_lines(text.as_bytes(), ending.as_bytes());
        lines.last().is_some_and(|last| last.end == text.len())
    }

    #[test]
    fn lines_within_a_string() {
        for (ending, text) in [
            ("sh", "eval '\nref='\n"),
            ("sh", "x=\"a\n# b\nref=\"\n"),
            ("sh", "awk '{ print \"x\" }\nref\n"),
            ("py", "x = \"\"\"\nref = \"\n"),
            ("cpp", "x = R\"x(\n\"\nref\n"),
            ("js", "x = `\nref\n"),
            ("go", "x = `\nref\n"),
            ("rs", "x = \"a\nref\n"),
            ("rb", "x = 'it\\'s\nref\n"),
        ] {
            assert!(is_open(ending, text), "{ending}: {text}");
        }
        for (ending, text) in [
            ("sh", "# don't\nx='a'\ny=\"it's\" # isn't it\nref\n"),
            ("sh", "x='a\nb'\nref\n"),
            ("py", "\"\"\"Text.\n\nIt's.\n\"\"\"\nx = '\"'\nref\n"),
            ("c", "/* users' and 'so\n */ c = '\"'; d = '\\'';\nref\n"),
            ("cpp", "x = R\"x(\n\")x\";\nref\n"),
            ("txt", "\"a\nref\n"),
            ("php", "$a = \"\\\"\";\nref\n"),
        ] {
            assert!(!is_open(ending, text), "{ending}: {text}");
        }
    }
}
