//! Values of statements: printable ASCII, and percent-encoding for everything else. `docs/quorum.md`, section 2.

/// Write a value in its one form: encoded are bytes outside printable ASCII, `%`, and blanks at either end.
pub fn encode(value: &[u8], out: &mut Vec<u8>) {
    for (at, byte) in value.iter().enumerate() {
        if needs_escape(value, at, *byte) {
            out.push(b'%');
            out.extend(
                [byte >> 4, byte & 15].map(|digit| b"0123456789ABCDEF".get(usize::from(digit)).map_or(0, |d| *d)),
            );
        } else {
            out.push(*byte);
        }
    }
}

fn needs_escape(value: &[u8], at: usize, byte: u8) -> bool {
    match byte {
        // Readers trim blanks, and then find the signature bad.
        b' ' => at == 0 || at + 1 == value.len(),
        b'%' => true,
        _ => !byte.is_ascii_graphic(),
    }
}

/// Read a value, if it is in its one form.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut value = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            value.push(*byte);
            continue;
        }
        let ([high, low], after) = rest.split_first_chunk::<2>()?;
        value.push(hex_digit(*high)? << 4 | hex_digit(*low)?);
        rest = after;
    }
    // Two texts for one value would be two materials to one builder and one to another.
    let mut again = Vec::with_capacity(text.len());
    encode(&value, &mut again);
    (again == text).then_some(value)
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn one_text_for_one_value() {
        for (value, text) in [
            ("zig-0.14.0.tar.xz", "zig-0.14.0.tar.xz"),
            ("a b", "a b"),
            (" a b ", "%20a b%20"),
            (" ", "%20"),
            ("100%\t", "100%25%09"),
            ("\u{e9}\n\u{7f}", "%C3%A9%0A%7F"),
            ("", ""),
            ("a:b", "a:b"),
        ] {
            let mut written = Vec::new();
            encode(value.as_bytes(), &mut written);
            assert_eq!(written, text.as_bytes());
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(value.as_bytes()), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [" a", "a ", "%", "%4", "%zz", "%41", "%c3", "a\tb", "\u{e9}", "\0", "100%", "%2 "] {
            assert_eq!(decode(text.as_bytes()), None, "{text:?}");
        }
    }
}
