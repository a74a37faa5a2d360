//! `working-tree-encoding`: from UTF-8 to what iconv would write (5.3).

use encoding_rs::{EncoderResult, Encoding};

/// A known target encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// UTF-16 or UTF-32.
    Wide {
        /// Bytes of a unit: 2 or 4.
        unit: usize,
        /// Most significant byte first.
        big_endian: bool,
        /// Whether it begins with a byte order mark.
        mark: bool,
    },
    /// ISO-8859-1, which is not what the web means by that name.
    Latin1,
    /// ASCII.
    Ascii,
    /// One of the web's tables.
    Table(&'static Encoding),
}

/// What a value of the attribute asks for.
pub enum Named {
    /// Nothing: UTF-8 or empty.
    Unchanged,
    /// This.
    Known(Target),
    /// Something that iconv may know and we do not.
    Unknown,
}

/// Look up a name as git and glibc's iconv read it.
pub fn named(name: &[u8]) -> Named {
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    let wide = |unit, big_endian, mark| Named::Known(Target::Wide { unit, big_endian, mark });
    match name.as_str() {
        "" | "utf-8" | "utf8" => Named::Unchanged,
        // glibc on little-endian machines, which is what servers are.
        "utf-16" | "utf16" | "utf-16le-bom" | "utf16le-bom" => wide(2, false, true),
        "utf-16be-bom" | "utf16be-bom" => wide(2, true, true),
        "utf-16le" | "utf16le" => wide(2, false, false),
        "utf-16be" | "utf16be" => wide(2, true, false),
        "utf-32" | "utf32" => wide(4, false, true),
        // git knows these with 16 only, and iconv does not know them at all.
        "utf-32le-bom" | "utf32le-bom" | "utf-32be-bom" | "utf32be-bom" => Named::Unchanged,
        "utf-32le" | "utf32le" => wide(4, false, false),
        "utf-32be" | "utf32be" => wide(4, true, false),
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "iso_8859-1" | "iso88591" => Named::Known(Target::Latin1),
        "ascii" | "us-ascii" => Named::Known(Target::Ascii),
        _ => match Encoding::for_label(name.as_bytes()) {
            Some(table) if table.name().eq_ignore_ascii_case(&name) && is_as_in_iconv(table) => {
                Named::Known(Target::Table(table))
            }
            _ => Named::Unknown,
        },
    }
}

/// The web has other ideas than iconv of what many labels and tables mean. Those with one byte for a character are the same,
/// but for control characters that the web puts into the gaps ([`encode`] leaves them out), and two tables.
fn is_as_in_iconv(table: &'static Encoding) -> bool {
    table.is_single_byte() && table != encoding_rs::KOI8_U && table != encoding_rs::MACINTOSH
}

/// The text in another encoding; `None` where iconv would fail, and git keeps the bytes.
pub fn encode(utf8: &[u8], target: Target) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(utf8).ok()?;
    match target {
        Target::Wide { unit, big_endian, mark } => {
            let mark = mark.then_some('\u{feff}');
            Some(mark.into_iter().chain(text.chars()).flat_map(|c| wide(c, unit, big_endian)).collect())
        }
        // glibc drops the invisible "tag" characters.
        Target::Latin1 => without_tags(text).map(|c| u8::try_from(u32::from(c)).ok()).collect(),
        Target::Ascii => without_tags(text).map(|c| c.is_ascii().then_some(c as u8)).collect(),
        Target::Table(table) if table.name().starts_with("windows-") && text.contains(is_control_in_gap) => None,
        Target::Table(encoding) => {
            let mut encoder = encoding.new_encoder();
            let text: String = without_tags(text).collect();
            let length = encoder.max_buffer_length_from_utf8_without_replacement(text.len())?;
            let mut out = Vec::with_capacity(length);
            match encoder.encode_from_utf8_to_vec_without_replacement(&text, &mut out, true) {
                (EncoderResult::InputEmpty, _) => Some(out),
                _ => None,
            }
        }
    }
}

fn without_tags(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !matches!(c, '\u{e0000}'..='\u{e007f}'))
}

fn is_control_in_gap(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}')
}

fn wide(c: char, unit: usize, big_endian: bool) -> Vec<u8> {
    if unit == 4 {
        let code = u32::from(c);
        return if big_endian { code.to_be_bytes() } else { code.to_le_bytes() }.to_vec();
    }
    let mut units = [0; 2];
    let units = c.encode_utf16(&mut units);
    units.iter().flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}
