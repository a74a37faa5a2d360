//! Whether a text that somebody else chose stands where its words and punctuation mean nothing.
//!
//! A hostile reader found programs for each of these rules in which a harmless looking text did something: `/e` behind a name in
//! `s/@VERSION@/.../` of Perl, `z, id` behind `REFS=` of a shell, the last word of a here-document. They look at the line before
//! the text, and at what kind of file it is. Where they are in doubt, a person is to look: that is never a yes by itself.

use std::ops::Range;

/// How much of the line before a text is looked at. A longer line is in doubt.
const LINE_BYTES: usize = 256;
/// What begins a quoted expression whose end the next byte chooses: Perl's, sed's and Ruby's.
const QUOTING_WORDS: [&[u8]; 10] = [b"s", b"y", b"m", b"tr", b"q", b"qq", b"qw", b"qx", b"qr", b"%r"];
/// What tells a file of m4, in which any word can be a macro.
const SIGNS_OF_M4: [&[u8]; 5] = [b"m4_", b"AC_INIT", b"AC_DEFUN", b"define(", b"dnl"];
/// What tells a file with blocks that a line of its own ends.
const SIGNS_OF_BLOCKS: [&[u8]; 3] = [b"<<", b"define", b"endef"];

/// What is known of a file, for all of its texts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings {
    is_m4: bool,
    has_blocks: bool,
}

impl Surroundings {
    /// Of a whole file.
    pub fn of(content: &[u8]) -> Self {
        let has = |signs: &[&[u8]]| signs.iter().any(|sign| gix_object::bstr::ByteSlice::contains_str(content, sign));
        Surroundings { is_m4: has(&SIGNS_OF_M4), has_blocks: has(&SIGNS_OF_BLOCKS) }
    }

    /// Whether the text means nothing where it stands. `begins_line` is whether its own sign begins a line for it.
    pub fn keep(&self, content: &[u8], text: Range<usize>, begins_line: bool) -> bool {
        let inner = content.get(text.clone()).unwrap_or_default();
        if inner.is_empty() {
            return may_be_empty(content, text.start);
        }
        let from = text.start.saturating_sub(LINE_BYTES);
        let before = content.get(from..text.start).unwrap_or_default();
        let line = match before.iter().rposition(|byte| *byte == b'\n') {
            Some(newline) => before.get(newline + 1..).unwrap_or_default(),
            None if from > 0 => return false,
            None => before,
        };
        let is_alone = line.iter().all(|byte| byte.is_ascii_whitespace());
        let means_something = self.is_m4 || begins_line || self.has_blocks && is_alone;
        // An array of Perl's.
        let is_array = inner.contains(&b'@') && line.contains(&b'"');
        if means_something || is_array || !inner.is_ascii() {
            return false;
        }
        !continues_escape(line) && !is_delimiter(line, inner) && !continues_assignment(line, inner)
    }
}

/// An empty text joins what stands around it: not two words, nor two signs.
fn may_be_empty(content: &[u8], at: usize) -> bool {
    let is_edge =
        |byte: Option<&u8>| byte.is_none_or(|byte| byte.is_ascii_whitespace() || b"\"'`()[]{}".contains(byte));
    is_edge(content.get(..at).unwrap_or_default().last()) || is_edge(content.get(at))
}

/// `\0`, `\x1` or `$PRE` before the text.
fn continues_escape(line: &[u8]) -> bool {
    let word = line.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    line.len().checked_sub(word + 1).and_then(|at| line.get(at)).is_some_and(|byte| b"\\$&%".contains(byte))
}

/// Whether a byte of the text ends an expression of Perl, sed or Ruby that the line has begun.
fn is_delimiter(line: &[u8], inner: &[u8]) -> bool {
    let signs = inner.iter().filter(|byte| !byte.is_ascii_alphanumeric());
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    signs.into_iter().any(|sign| {
        let places = line.iter().enumerate().filter(|(_, byte)| *byte == sign);
        places.into_iter().any(|(at, _)| {
            let head = line.get(..at).unwrap_or_default();
            QUOTING_WORDS
                .iter()
                .any(|word| head.strip_suffix(*word).is_some_and(|head| !head.last().is_some_and(is_word)))
        })
    })
}

/// Whether several words follow a `=` that no quote follows: a shell takes those behind the first for a command.
fn continues_assignment(line: &[u8], inner: &[u8]) -> bool {
    let Some(at) = line.iter().rposition(|byte| *byte == b'=') else { return false };
    let value = line.get(at + 1..).unwrap_or_default();
    let is_quoted = value.iter().any(|byte| b"\"'".contains(byte));
    let has_words = value.trim_ascii_start().iter().any(u8::is_ascii_whitespace);
    !is_quoted && (has_words || inner.iter().any(u8::is_ascii_whitespace))
}

#[cfg(test)]
mod tests {
    use super::Surroundings;

    /// Whether `text` is kept between these two.
    fn keeps(before: &str, text: &str, behind: &str) -> bool {
        let content = [before, text, behind].concat();
        let range = before.len()..before.len() + text.len();
        Surroundings::of(content.as_bytes()).keep(content.as_bytes(), range, false)
    }

    #[test]
    fn ordinary_places() {
        assert!(keeps("git_refnames = \"", " (HEAD -> master, tag: v1.0)", "\"\n"));
        assert!(keeps("ref-names: ", "HEAD -> main, tag: v1.0, origin/main", "\n"));
        assert!(keeps("describe-name: ", "v1.0-3-g0123456", "\n"));
        assert!(keeps("# by ", "Ann Smith", "\n"));
        assert!(keeps("REV = ", "v1.0", "\n"));
        assert!(keeps("REV=\"", "", "\"\n"));
    }

    #[test]
    fn what_a_hostile_reader_found() {
        for (before, text, behind) in [
            ("perl -pe 's/\\@VERSION\\@/", "system+v105.100/e-3-g0123456", "/g'\n"),
            ("sed -e 's,@V@,", "a, b", ",g'\n"),
            ("sed s-@V@-", "a-w", "-\n"),
            ("cat <<'END OF TEXT'\n", "END OF TEXT", "\ncode\n"),
            ("define X\n", "endef", "\ncode\n"),
            ("BY=", "X id", "\n"),
            ("BY=X ", "Reboot", "\n"),
            ("export REFS=", "z, id", "\n"),
            ("define(`CLEAN', `syscmd(id)')\nrev ", "CLEAN", "\n"),
            ("AC_INIT([x],[", "gl_INIT", "])\n"),
            ("x = \"by \\\"", "\u{905}", "\\\"; code\n"),
            ("x = \"\\0", "12", "\"\n"),
            ("x = \"$PRE", "FIX", "\"\n"),
            ("// built from", "", "check();\n"),
        ] {
            assert!(!keeps(before, text, behind), "{before}{text}{behind}");
        }
    }
}
