//! Where a tag's text ends and its signature begins.
//!
//! As git does it (`parse_signature`): the last line that begins a signature block starts the signature, everything before
//! it is the payload, with earlier blocks being part of it.

use gix::bstr::ByteSlice;

use super::Error;
use crate::foreign::Foreign;
use crate::git::Tag;
use crate::limits;

const BEGIN: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
const END: &[u8] = b"-----END PGP SIGNATURE-----";

/// How signature blocks begin that git knows, and what they are.
const BLOCKS: [(&[u8], Option<&str>); 4] = [
    (BEGIN, None),
    (b"-----BEGIN PGP MESSAGE-----", Some("an OpenPGP message instead of a signature")),
    (b"-----BEGIN SIGNED MESSAGE-----", Some("an X.509 certificate")),
    (b"-----BEGIN SSH SIGNATURE-----", Some("an SSH key")),
];

/// A signature block, and exactly the bytes that it was made over.
pub struct Signed<'a> {
    pub payload: &'a [u8],
    pub armor: &'a [u8],
    /// Whether something other than blank space follows the block, which no signature covers.
    pub has_text_after: bool,
}

/// Split a tag object.
pub fn split(tag: &Tag) -> Result<Signed<'_>, Error> {
    let data = tag.data();
    let mut at = tag.message_start();
    let mut last = None;
    for line in data[at..].split_inclusive(|byte| *byte == b'\n') {
        if let Some((_, kind)) = BLOCKS.iter().find(|(begin, _)| line.starts_with(begin)) {
            last = Some((at, *kind));
        }
        at += line.len();
    }
    let (start, kind) = last.ok_or(Error::Unsigned)?;
    if let Some(kind) = kind {
        return Err(Error::OtherKind { kind });
    }
    let (payload, block) = data.split_at(start);
    if block.len() > limits::SIGNATURE_BYTES {
        return Err(Error::Limit { what: "the size of the signature" });
    }
    let damaged = |why: &str| Error::Damaged { why: Foreign::from(why) };
    let end = block.find(b"\n-----END ").ok_or_else(|| damaged("its last line is missing"))? + 1;
    let rest = block[end..].strip_prefix(END).ok_or_else(|| damaged("its last line is wrong"))?;
    let has_text_after = !rest.iter().all(u8::is_ascii_whitespace);
    Ok(Signed { payload, armor: &block[..end + END.len()], has_text_after })
}
