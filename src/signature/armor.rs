//! Armor in its plainest form, where nothing else may stand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gix_object::bstr::ByteSlice;

/// No program writes longer lines of base64.
const LINE_BYTES: usize = 76;

/// What is in a text that is one armored block, with nothing but blank space behind it.
///
/// The block is its first line, an empty line or none, lines of base64, a checksum as in OpenPGP or none, and its last line. Lines
/// end in a line feed. Headers, such as OpenPGP's `Comment`, are not taken: they would be words that nobody signed.
pub fn only_block(text: &[u8], first: &[u8], last: &[u8]) -> Option<Vec<u8>> {
    let text = text.strip_prefix(first)?.strip_prefix(b"\n")?;
    let text = text.strip_prefix(b"\n").unwrap_or(text);
    let (body, behind) = text.split_once_str(last)?;
    let mut base64 = Vec::with_capacity(body.len());
    let mut has_checksum = false;
    for line in body.strip_suffix(b"\n")?.split(|byte| *byte == b'\n') {
        let is_checksum = line.len() == 5 && line.starts_with(b"=");
        if line.is_empty() || line.len() > LINE_BYTES || has_checksum {
            return None;
        }
        has_checksum = is_checksum;
        if !is_checksum {
            base64.extend_from_slice(line);
        }
    }
    let content = STANDARD.decode(base64).ok()?;
    (!content.is_empty() && behind.iter().all(u8::is_ascii_whitespace)).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::only_block;

    #[test]
    fn nothing_but_one_block() {
        for (text, expected) in [
            ("<\nYWI=\n>", Some(&b"ab"[..])),
            ("<\n\nYWI=\n>\n \n", Some(b"ab")),
            ("<\n\nYW\nI=\n=AAAA\n>\n", Some(b"ab")),
            ("<\n\n\nYWI=\n>", None),
            ("<\nYWI=\n\n>", None),
            ("<\nComment: words\n\nYWI=\n>", None),
            ("<\nwords and more\n>", None),
            ("<\nYWI=\n=AAAA\n=AAAA\n>", None),
            ("<\n=AAAA\nYWI=\n>", None),
            ("<\nYWI= \n>", None),
            ("<\nYWI=\r\n>", None),
            ("< \nYWI=\n>", None),
            ("<YWI=\n>", None),
            ("<\nYWI=>", None),
            ("<\nYWI=\n", None),
            ("<\nYWI=\n> words", None),
            ("<\nYWI=\n>\n<\nYWI=\n>", None),
            ("<\n>", None),
            ("<\n\n>", None),
            (" <\nYWI=\n>", None),
        ] {
            assert_eq!(only_block(text.as_bytes(), b"<", b">").as_deref(), expected, "{text:?}");
        }
        let long = format!("<\n{}\n>", "YWJj".repeat(20));
        assert_eq!(only_block(long.as_bytes(), b"<", b">"), None);
    }
}
