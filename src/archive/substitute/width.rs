//! How many columns text takes, as git counts them for padding and wrapping (specification 6.13).

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_width::UnicodeWidthChar;

/// The first character of a text.
#[derive(Clone, Copy)]
pub struct Glyph {
    /// Its length in bytes.
    pub bytes: usize,
    /// Its columns; `None` for control characters, which git sometimes counts as -1.
    pub columns: Option<usize>,
}

impl Glyph {
    /// `None` where the text does not begin with UTF-8. It must not be empty.
    pub fn first(text: &[u8]) -> Option<Self> {
        match gix_object::bstr::decode_utf8(text) {
            (Some('\u{fffe}' | '\u{ffff}') | None, _) => None,
            (Some(c), bytes) => Some(Glyph { bytes, columns: columns_of(c) }),
        }
    }
}

fn columns_of(c: char) -> Option<usize> {
    match c {
        '\0' => Some(0),
        '\u{ad}' => Some(1),
        // Vowels and final consonants of Hangul are written into the syllable's block.
        '\u{1160}'..='\u{11ff}' => Some(0),
        _ if c.is_control() => None,
        _ => Some(match c.general_category() {
            GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark | GeneralCategory::Format => 0,
            _ if is_wide(c) => 2,
            _ => 1,
        }),
    }
}

/// git knows Unicode's property East_Asian_Width alone; the crate knows better in a few places.
fn is_wide(c: char) -> bool {
    match c {
        '\u{302e}' | '\u{302f}' | '\u{3164}' | '\u{16ff0}' | '\u{16ff1}' => true,
        '\u{17a4}' => false,
        _ => c.width() == Some(2),
    }
}

/// The columns of a text, without colour escapes; its length in bytes where it is not UTF-8.
pub fn columns(text: &[u8]) -> usize {
    let (mut at, mut sum) = (0, 0);
    loop {
        at += escapes(&text[at..]);
        if at == text.len() {
            return sum;
        }
        let Some(glyph) = Glyph::first(&text[at..]) else { return text.len() };
        sum += glyph.columns.unwrap_or(0);
        at += glyph.bytes;
    }
}

/// The length of the colour escapes that the text begins with.
pub fn escapes(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(inner) = text[at..].strip_prefix(b"\x1b[") {
        let numbers = inner.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
        if inner.get(numbers) != Some(&b'm') {
            break;
        }
        at += 2 + numbers + 1;
    }
    at
}

/// Take `columns` columns from `from` on out of a text, and put `..` in their place. Both may begin before the text does.
///
/// Text that is not UTF-8 stays as it is.
pub fn elide(text: &[u8], from: i64, columns: i64) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let (mut at, mut column, mut is_marked) = (0, 0i64, false);
    loop {
        let skipped = escapes(&text[at..]);
        out.extend_from_slice(&text[at..at + skipped]);
        at += skipped;
        if at == text.len() {
            return out;
        }
        let Some(glyph) = Glyph::first(&text[at..]) else { return text.to_vec() };
        let width = glyph.columns.unwrap_or(0) as i64;
        if width > 0 && (from..from + columns).contains(&column) {
            if !std::mem::replace(&mut is_marked, true) {
                out.extend_from_slice(b"..");
            }
        } else {
            out.extend_from_slice(&text[at..at + glyph.bytes]);
        }
        column += width;
        at += glyph.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_those_of_a_terminal() {
        for (text, expected) in [
            ("abc", 3),
            ("\u{4f60}\u{597d}", 4),
            ("e\u{301}", 1),
            ("a\nb", 2),
            ("\x1b[1;31mab\x1b[m", 2),
            ("\x1b[1x", 3),
            ("\u{ad}\u{200b}", 1),
            ("\u{1161}\u{302e}", 2),
        ] {
            assert_eq!(columns(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(columns(b"ab\xff"), 3);
        assert_eq!(columns("\u{ffff}".as_bytes()), 3);
    }

    #[test]
    fn text_is_cut_at_columns() {
        let cut = |text: &str, from, columns| String::from_utf8(elide(text.as_bytes(), from, columns)).unwrap();
        assert_eq!(cut("Ann Author", 4, 6), "Ann ..");
        assert_eq!(cut("Ann Author", 0, 6), "..thor");
        assert_eq!(cut("Ann Author", -1, 11), "..");
        assert_eq!(cut("\u{4f60}\u{597d}\u{4e16}", 3, 3), "\u{4f60}\u{597d}..");
    }
}
