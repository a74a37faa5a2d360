//! UTF-16 and UTF-32.

/// How a text is written in units of 16 or 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wide {
    /// With a byte order mark; iconv writes it in the machine's order, and servers are little-endian.
    Utf16,
    /// Least significant byte first; a byte order mark is a character like any other.
    Utf16Le,
    /// Most significant byte first.
    Utf16Be,
    /// git's own: a byte order mark, then [`Wide::Utf16Le`]. To read, it is [`Wide::Utf16`].
    Utf16LeBom,
    /// git's own: a byte order mark, then [`Wide::Utf16Be`]. git forgot about reading it, and iconv does not know it.
    Utf16BeBom,
    /// As [`Wide::Utf16`].
    Utf32,
    /// As [`Wide::Utf16Le`].
    Utf32Le,
    /// As [`Wide::Utf16Be`].
    Utf32Be,
}

use Wide::{Utf16, Utf16Be, Utf16BeBom, Utf16Le, Utf16LeBom, Utf32, Utf32Be, Utf32Le};

/// The byte order mark.
const MARK: char = '\u{feff}';

impl Wide {
    /// Encode; there is no text for which this fails.
    pub fn encode(self, text: &str) -> Vec<u8> {
        let mark = match self {
            // iconv writes its mark before the first character, git writes its own in any case.
            Utf16 | Utf32 => (!text.is_empty()).then_some(MARK),
            Utf16LeBom | Utf16BeBom => Some(MARK),
            Utf16Le | Utf16Be | Utf32Le | Utf32Be => None,
        };
        let chars = mark.into_iter().chain(text.chars());
        match self {
            Utf16 | Utf16Le | Utf16LeBom => units(chars).flat_map(u16::to_le_bytes).collect(),
            Utf16Be | Utf16BeBom => units(chars).flat_map(u16::to_be_bytes).collect(),
            Utf32 | Utf32Le => chars.flat_map(|c| u32::from(c).to_le_bytes()).collect(),
            Utf32Be => chars.flat_map(|c| u32::from(c).to_be_bytes()).collect(),
        }
    }

    /// Decode; `None` for what is not valid or not complete.
    pub fn decode(self, bytes: &[u8]) -> Option<String> {
        match self {
            Utf16 | Utf16LeBom => match bytes {
                [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
                [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
                _ => utf16(bytes, u16::from_le_bytes),
            },
            Utf16Le => utf16(bytes, u16::from_le_bytes),
            Utf16Be => utf16(bytes, u16::from_be_bytes),
            Utf16BeBom => None,
            Utf32 => match bytes {
                [0, 0, 0xfe, 0xff, rest @ ..] => utf32(rest, u32::from_be_bytes),
                [0xff, 0xfe, 0, 0, rest @ ..] => utf32(rest, u32::from_le_bytes),
                _ => utf32(bytes, u32::from_le_bytes),
            },
            Utf32Le => utf32(bytes, u32::from_le_bytes),
            Utf32Be => utf32(bytes, u32::from_be_bytes),
        }
    }
}

/// The units of 16 bits that stand for these characters.
fn units(chars: impl Iterator<Item = char>) -> impl Iterator<Item = u16> {
    chars.flat_map(|c| {
        let mut buffer = [0; 2];
        let length = c.encode_utf16(&mut buffer).len();
        buffer.into_iter().take(length)
    })
}

/// Read UTF-16 in one order.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks();
    let text = char::decode_utf16(pairs.iter().copied().map(unit)).collect::<Result<_, _>>().ok()?;
    rest.is_empty().then_some(text)
}

/// Read UTF-32 in one order.
fn utf32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> Option<String> {
    let (quadruples, rest) = bytes.as_chunks();
    let text = quadruples.iter().map(|&bytes| char::from_u32(unit(bytes))).collect::<Option<_>>()?;
    rest.is_empty().then_some(text)
}
