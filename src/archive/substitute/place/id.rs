//! Where an id may stand, of which nobody chooses more than the number of digits.
//!
//! Seven digits and more are fixed, so a token that begins with them is the same kind of token however many follow. What depends
//! on the number is the value of a number (`0x1234567`), an escape that takes as many digits as there are (`\x1`), and what
//! a name is glued to.

/// Letters that projects put before an id, in one word with it.
const GLUED: [&[u8]; 7] = [b"", b"g", b"v", b"git", b"r", b"rev", b"commit"];

/// Whether the line is one in which an id at this place stands by itself.
pub fn may_stand(line: &[u8], at: usize) -> bool {
    let before = line.get(..at).unwrap_or_default();
    let behind = line.get(at + 1..).unwrap_or_default();
    let letters = before.iter().rev().take_while(|byte| is_word(**byte)).count();
    let (before, glued) = before.split_at(before.len() - letters);
    // The rest of the word: `1.0-`, `v0.0.0-master+`.
    let part = before.iter().rev().take_while(|byte| is_word(**byte) || b".-+~/".contains(byte)).count();
    let opening = before.get(..before.len() - part).and_then(<[u8]>::last);
    let begins_well = opening.is_none_or(|byte| b" \t\"'([{<>:=,;|#*".contains(byte));
    let ends_well = behind.first().is_none_or(|byte| b" \t\"')]},;:.-+~/|".contains(byte) || *byte == b'<');
    GLUED.contains(&glued) && begins_well && ends_well
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
