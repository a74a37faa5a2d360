//! Armored keys in the midst of other text.

use gix_object::bstr::ByteSlice;

const BEGIN: &[u8] = b"-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &[u8] = b"-----END PGP PUBLIC KEY BLOCK-----";

/// The armored blocks of a text, each up to its last line or the next block's first.
///
/// Such a line stands alone, with nothing but blanks or an HTML tag before it.
pub fn blocks(text: &[u8]) -> Vec<&[u8]> {
    let is_first = |line: &[u8]| {
        let before = line.trim_ascii_end().strip_suffix(BEGIN).map(<[u8]>::trim_ascii);
        before.is_some_and(|before| before.is_empty() || before.to_ascii_lowercase().ends_with(b"<pre>"))
    };
    let mut blocks = Vec::new();
    let (mut at, mut start) = (0, None);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if is_first(line) {
            blocks.extend(start.map(|start| &text[start..at]));
            start = Some(at + line.find(BEGIN).unwrap_or(0));
        }
        at += line.len();
        if line.contains_str(END) {
            blocks.extend(start.take().map(|start| &text[start..at]));
        }
    }
    blocks.extend(start.map(|start| &text[start..]));
    blocks
}
