//! What a text is and forms by itself.

use std::ops::Range;

/// Two bytes that begin or end a comment or a block.
const SEQUENCES: [&[u8; 2]; 14] =
    [b"/+", b"+/", b"*/", b"/*", b"//", b"--", b"-}", b"{-", b"(*", b"*)", b"<!", b"<?", b"?>", b"]]"];

/// What names the encoding of a file, in a comment.
const DECLARATIONS: [&[u8]; 2] = [b"coding:", b"coding="];

/// Whether the text forms nothing, alone and together with the bytes before and behind it.
pub fn keeps_tokens(content: &[u8], text: Range<usize>) -> bool {
    let edges = content.get(text.start.saturating_sub(1)..(text.end + 1).min(content.len())).unwrap_or_default();
    let has = |sequence: &[u8]| edges.windows(sequence.len()).any(|window| window == sequence);
    // An empty text brings two bytes together that the signed file keeps apart: shapes take care of what these can be.
    text.is_empty() || !SEQUENCES.iter().any(|pair| has(*pair)) && !DECLARATIONS.iter().any(|words| has(words))
}
