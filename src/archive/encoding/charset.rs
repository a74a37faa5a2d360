//! The charsets, and what their names can stand for.

use super::hebrew;
use super::legacy::Legacy;
use super::wide::Wide;

/// A charset that we convert as glibc's iconv does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charset(pub(super) Kind);

/// The families of charsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// UTF-16 and UTF-32.
    Wide(Wide),
    /// Those that are tables.
    Legacy(Legacy),
    /// windows-1255, a table with composition on top.
    Hebrew,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// UTF-8, no name at all, or one that both git and iconv are known to lack: nothing is to be done.
    Utf8,
    /// This charset.
    Known(Charset),
    /// iconv may know it, we do not.
    Unknown,
}

impl Charset {
    /// UTF-8 to this charset; `None` where iconv(3) fails (invalid UTF-8, unmappable character): git then keeps the
    /// bytes.
    pub fn encode(self, utf8: &[u8]) -> Option<Vec<u8>> {
        // glibc reads UTF-8 beyond U+10FFFF, but then no charset here has such characters.
        let text = std::str::from_utf8(utf8).ok()?;
        match self.0 {
            Kind::Wide(wide) => Some(wide.encode(text)),
            Kind::Legacy(legacy) => legacy.encode(text.chars()),
            Kind::Hebrew => Legacy::Windows1255.encode(hebrew::decomposed(text)),
        }
    }

    /// This charset to UTF-8; `None` where iconv(3) fails (invalid or incomplete sequence).
    pub fn decode(self, bytes: &[u8]) -> Option<Vec<u8>> {
        let text = match self.0 {
            Kind::Wide(wide) => wide.decode(bytes),
            Kind::Legacy(legacy) => legacy.decode(bytes),
            Kind::Hebrew => Legacy::Windows1255.decode(bytes).map(|text| hebrew::composed(&text)),
        };
        text.map(String::into_bytes)
    }

    /// Whether every ASCII text is encoded as itself, and the encoding of a text is the concatenation of the encodings
    /// of its parts (stateless).
    ///
    /// This is about encoding only: Shift_JIS keeps the backslash and then decodes it as a yen sign.
    pub fn keeps_ascii(self) -> bool {
        match self.0 {
            Kind::Wide(_) => false,
            Kind::Legacy(_) | Kind::Hebrew => true,
        }
    }
}
