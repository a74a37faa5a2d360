//! Patterns of attribute lines (specification 4.6).

use gix::bstr::{BStr, BString, ByteSlice};
use gix::glob::wildmatch;
use gix::glob::wildmatch::Mode;

/// A pattern, taken apart once.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: BString,
    /// It ended in a slash: directories and submodules only.
    only_directories: bool,
    /// It has a slash within, and so is compared with the whole path.
    anchored: bool,
    /// How many bytes at its start are ordinary: they are compared before wildcards are looked at, as git does.
    literal: usize,
}

impl Pattern {
    /// From the text of a line, unquoted.
    pub fn new(text: &[u8]) -> Self {
        let (text, only_directories) = match text.strip_suffix(b"/") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let anchored = text.contains(&b'/');
        let text = if anchored { text.strip_prefix(b"/").unwrap_or(text) } else { text };
        let literal = text.iter().position(|byte| b"*?[\\".contains(byte)).unwrap_or(text.len());
        Pattern { text: text.into(), only_directories, anchored, literal }
    }

    /// Whether `path` matches: relative to the folder of the attributes file, without a slash at the end.
    pub fn matches(&self, path: &BStr, is_directory: bool) -> bool {
        if self.only_directories && !is_directory {
            return false;
        }
        if !self.anchored {
            let name = path.rfind_byte(b'/').map_or(path, |slash| path[slash + 1..].as_bstr());
            return if self.literal == self.text.len() {
                self.text == name
            } else {
                wildmatch(self.text.as_bstr(), name, Mode::empty())
            };
        }
        let (start, pattern) = self.text.split_at(self.literal);
        match path.strip_prefix(start) {
            Some(rest) if pattern.is_empty() => rest.is_empty(),
            Some(rest) => wildmatch(pattern.as_bstr(), rest.as_bstr(), Mode::NO_MATCH_SLASH_LITERAL),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn names_paths_and_directories() {
        let cases = [
            ("d", "d", true, true),
            ("d", "x/d", false, true),
            ("d/", "d", false, false),
            ("d/", "x/d", true, true),
            ("d//", "d", true, false),
            ("/d", "d", false, true),
            ("/d", "x/d", false, false),
            ("x/*.c", "x/a.c", false, true),
            ("x/*.c", "x/y/a.c", false, false),
            ("x/**", "x/y/a.c", false, true),
            ("x/**", "x", true, false),
            ("**/a.c", "a.c", false, true),
            ("a/**/b", "a/b", false, true),
            ("*.c", "x/y/a.c", false, true),
            ("./d", "d", false, false),
            ("//d", "d", false, false),
            ("/", "d", true, false),
            ("\\*", "*", false, true),
            ("[a-c]x", "bx", false, true),
            ("[!a]x", "ax", false, false),
        ];
        for (pattern, path, is_directory, expected) in cases {
            assert_eq!(
                Pattern::new(pattern.as_bytes()).matches(path.into(), is_directory),
                expected,
                "{pattern} {path}"
            );
        }
    }
}
