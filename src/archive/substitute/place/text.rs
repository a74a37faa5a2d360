//! What a text is and forms by itself.

use std::ops::Range;

/// Two bytes that begin or end a comment or a block.
const SEQUENCES: [&[u8; 2]; 14] =
    [b"/+", b"+/", b"*/", b"/*", b"//", b"--", b"-}", b"{-", b"(*", b"*)", b"<!", b"<?", b"?>", b"]]"];

/// Bytes that no text may have.
const SIGNS: &[u8] = b"\"'`\\$;&|{}%*<[]";
/// What names the encoding of a file in a comment, and what begins a modeline of Vim. Blanks may stand before the sign.
const DECLARATIONS: [&[u8]; 4] = [b"coding", b"vi", b"vim", b"ex"];
/// Built-in macros of m4 that need no parentheses: a file may be read by m4 although nothing in it says so.
const M4_WORDS: [&[u8]; 16] = [
    b"dnl",
    b"divert",
    b"undivert",
    b"divnum",
    b"changequote",
    b"changecom",
    b"changeword",
    b"m4exit",
    b"m4wrap",
    b"sysval",
    b"traceon",
    b"traceoff",
    b"dumpdef",
    b"debugmode",
    b"unix",
    b"errprint",
];
/// How names of macros begin that autoconf and its kin define.
const M4_PREFIXES: [&[u8]; 12] =
    [b"m4_", b"AC_", b"AM_", b"AS_", b"AH_", b"AT_", b"AU_", b"AX_", b"LT_", b"PKG_", b"gl_", b"__"];

/// Whether the text forms nothing, alone and together with the bytes before and behind it.
pub fn keeps_tokens(content: &[u8], text: Range<usize>) -> bool {
    let edges = content.get(text.start.saturating_sub(1)..(text.end + 1).min(content.len())).unwrap_or_default();
    let has = |sequence: &[u8]| edges.windows(sequence.len()).any(|window| window == sequence);
    let inner = content.get(text.clone()).unwrap_or_default();
    if has_sign(inner)
        || has_macro(inner)
        || has_declaration(content.get(text.start..).unwrap_or_default(), inner.len())
    {
        return false;
    }
    // An empty text brings two bytes together that the signed file keeps apart: shapes take care of what these can be.
    text.is_empty() || !SEQUENCES.iter().any(|pair| has(*pair))
}

/// Whether the text has a byte that ends or begins something in most languages. A placeholder can ask for one between names, and
/// the server decides how many names there are. `HEAD -> main` is git's own.
fn has_sign(text: &[u8]) -> bool {
    let is_sign = |(at, byte): (usize, &u8)| match byte {
        // git's own stand around all of it.
        b'(' => !text[..at].iter().all(|before| *before == b' '),
        b')' => at + 1 < text.len(),
        b'>' => at.checked_sub(1).and_then(|before| text.get(before)) != Some(&b'-'),
        byte => SIGNS.contains(byte),
    };
    text.iter().enumerate().any(is_sign)
}

/// Whether a word of the text is one that m4 replaces.
fn has_macro(text: &[u8]) -> bool {
    let words = text.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    words.into_iter().any(|word| M4_WORDS.contains(&word) || M4_PREFIXES.iter().any(|prefix| word.starts_with(prefix)))
}

/// Whether a word of the text, whose length this is, is followed by a sign that makes a declaration of it.
fn has_declaration(from: &[u8], length: usize) -> bool {
    let lower = from.get(..from.len().min(length + 8)).unwrap_or_default().to_ascii_lowercase();
    let is_letter = |at: usize| lower.get(at).is_some_and(u8::is_ascii_alphanumeric);
    DECLARATIONS.iter().any(|word| {
        (0..length).filter(|at| lower.get(*at..).is_some_and(|rest| rest.starts_with(word))).any(|at| {
            let rest = lower.get(at + word.len()..).unwrap_or_default().trim_ascii_start();
            let begins = *word == b"coding" || at == 0 || !is_letter(at - 1);
            begins && rest.first().is_some_and(|sign| b":=".contains(sign))
        })
    })
}
