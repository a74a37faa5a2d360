//! Armored keys in the midst of other text.

use gix_object::bstr::ByteSlice;

/// What a block says it holds. Programs tell from the packets in it what it is.
const KINDS: [&str; 3] = [
    "PUBLIC KEY BLOCK",
    "PRIVATE KEY BLOCK",
    // `gpg --enarmor` makes it, and people take it for a way to export keys.
    "ARMORED FILE",
];

/// The armored blocks of a text, each up to its last line or the next block's first.
///
/// Such a line stands alone, with nothing but blanks or an HTML tag before it.
pub fn blocks(text: &[u8]) -> Vec<&[u8]> {
    let begin = KINDS.map(|kind| format!("-----BEGIN PGP {kind}-----"));
    let end = KINDS.map(|kind| format!("-----END PGP {kind}-----"));
    // How many bytes are before a first line.
    let start_of = |line: &[u8]| {
        let before = begin.iter().find_map(|begin| line.trim_ascii_end().strip_suffix(begin.as_bytes()))?;
        let is_alone = before.trim_ascii().is_empty() || before.to_ascii_lowercase().trim_ascii().ends_with(b"<pre>");
        is_alone.then_some(before.len())
    };
    let mut blocks = Vec::new();
    let (mut at, mut start) = (0, None);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if let Some(before) = start_of(line) {
            blocks.extend(start.map(|start| &text[start..at]));
            start = Some(at + before);
        }
        at += line.len();
        if end.iter().any(|end| line.contains_str(end)) {
            blocks.extend(start.take().map(|start| &text[start..at]));
        }
    }
    blocks.extend(start.map(|start| &text[start..]));
    blocks
}
