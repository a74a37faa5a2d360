//! Text that came from outside: tag names, paths, user ids, server messages.
//!
//! Such text can hold terminal escapes, line breaks that fake a line of our own output, or characters that reorder
//! what a person reads. [`Foreign`] keeps the bytes as they came and can be shown only in escaped form.

use std::fmt;
use std::path::Path;

/// How much of one foreign text is shown, in bytes.
pub const SHOWN_BYTES: usize = 4096;

/// Bytes from outside; [`Display`](fmt::Display) and [`Serialize`](serde::Serialize) escape them.
///
/// Escaped are control characters, invisible formatting and bidirectional characters, bytes that are not UTF-8 (as
/// `\xNN`), and the backslash itself, so that the shown text is unambiguous.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Foreign(Vec<u8>);

impl Foreign {
    /// The name of a file or folder.
    pub fn path(path: &Path) -> Self {
        Foreign::from(path.as_os_str().as_encoded_bytes())
    }

    /// What the system or a library says of an error: its words may hold foreign text.
    pub fn said(error: impl fmt::Display) -> Self {
        Foreign(error.to_string().into_bytes())
    }

    /// The bytes as they came, for comparing, never for printing.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<T: AsRef<[u8]> + ?Sized> From<&T> for Foreign {
    fn from(bytes: &T) -> Self {
        Foreign(bytes.as_ref().to_vec())
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.0[..self.0.len().min(SHOWN_BYTES)];
        for chunk in shown.utf8_chunks() {
            for c in chunk.valid().chars() {
                write_escaped(f, c)?;
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        if shown.len() < self.0.len() {
            write!(f, "[... {} more bytes]", self.0.len() - shown.len())?;
        }
        Ok(())
    }
}

fn write_escaped(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    use fmt::Write as _;
    match c {
        '\\' => f.write_str("\\\\"),
        '\n' => f.write_str("\\n"),
        '\t' => f.write_str("\\t"),
        '\r' => f.write_str("\\r"),
        _ if c.is_control() || reorders_or_hides(c) => write!(f, "{}", c.escape_unicode()),
        _ => f.write_char(c),
    }
}

/// Characters without a shape of their own: separators of lines, joiners, direction marks, tags, variation selectors.
fn reorders_or_hides(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{3164}'
        | '\u{ffa0}' | '\u{1d173}'..='\u{1d17a}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Debug output is read by people as well.
impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl serde::Serialize for Foreign {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Foreign;

    #[test]
    fn controls_and_direction_marks_are_escaped() {
        let text = Foreign::from("a\x1b[31mb\u{202e}c\u{9b}\\ \u{e9}\n");
        assert_eq!(text.to_string(), "a\\u{1b}[31mb\\u{202e}c\\u{9b}\\\\ \u{e9}\\n");
    }

    #[test]
    fn bytes_that_are_not_utf8_are_shown_in_hexadecimal() {
        assert_eq!(Foreign::from(b"a\xff\xc3b").to_string(), "a\\xff\\xc3b");
    }

    #[test]
    fn long_text_is_cut() {
        let shown = Foreign::from(&vec![b'x'; 10_000]).to_string();
        assert!(shown.len() < 4200 && shown.ends_with("[... 5904 more bytes]"), "{shown}");
    }
}
