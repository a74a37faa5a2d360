//! Which bytes of a tag or commit are signed, and where the signature is.
//!
//! Tags: as git does it (`parse_signature`): the last line that begins a signature block starts the signature, everything before
//! it is the payload, with earlier blocks being part of it.
//!
//! Commits: the signature is the header `gpgsig` (`gpgsig-sha256` in SHA-256 repositories), and the payload is the commit
//! without that header and the one for the other hash (`parse_buffer_signed_by_header`).

use std::borrow::Cow;

use gix::bstr::ByteSlice;

use super::Error;
use crate::foreign::Foreign;
use crate::git::{Commit, Tag};
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
    pub payload: Cow<'a, [u8]>,
    pub armor: Cow<'a, [u8]>,
    /// Whether something other than blank space follows the block, which no signature covers.
    pub has_text_after: bool,
}

/// Split a tag object.
pub fn of_tag(tag: &Tag) -> Result<Signed<'_>, Error> {
    let data = tag.data();
    let mut at = tag.message_start();
    let mut last = None;
    for line in data[at..].split_inclusive(|byte| *byte == b'\n') {
        if kind_of(line).is_some() {
            last = Some(at);
        }
        at += line.len();
    }
    let (payload, block) = data.split_at(last.ok_or(Error::Unsigned)?);
    let length = block_length(block)?;
    let has_text_after = !block[length..].iter().all(u8::is_ascii_whitespace);
    Ok(Signed { payload: payload.into(), armor: block[..length].into(), has_text_after })
}

/// Split a commit object.
pub fn of_commit(commit: &Commit) -> Result<Signed<'static>, Error> {
    let data = commit.data();
    let end = data.find(b"\n\n").map_or(data.len(), |end| end + 1);
    let (own, other): (&[u8], &[u8]) = match commit.id().kind() {
        gix::hash::Kind::Sha1 => (b"gpgsig ", b"gpgsig-sha256 "),
        _ => (b"gpgsig-sha256 ", b"gpgsig "),
    };
    let (mut payload, mut block) = (Vec::with_capacity(data.len()), Vec::new());
    // What the lines that begin with a blank go on with.
    let mut current = Part::Payload;
    for line in data[..end].split_inclusive(|byte| *byte == b'\n') {
        let mut value = line;
        if let Some(more) = line.strip_prefix(b" ") {
            value = more;
        } else if let Some(signature) = line.strip_prefix(own) {
            if !block.is_empty() {
                return Err(Error::Damaged { why: Foreign::from("there are two of them") });
            }
            (current, value) = (Part::Signature, signature);
        } else {
            current = if line.starts_with(other) { Part::Other } else { Part::Payload };
        }
        match current {
            Part::Payload => payload.extend_from_slice(line),
            Part::Signature => block.extend_from_slice(value),
            Part::Other => {}
        }
    }
    payload.extend_from_slice(&data[end..]);
    if block.is_empty() {
        return Err(Error::Unsigned);
    }
    let length = block_length(&block)?;
    let has_text_after = !block[length..].iter().all(u8::is_ascii_whitespace);
    block.truncate(length);
    Ok(Signed { payload: payload.into(), armor: block.into(), has_text_after })
}

#[derive(Clone, Copy)]
enum Part {
    Payload,
    Signature,
    Other,
}

/// What kind of block begins with this line: `Some(None)` for OpenPGP, the name of another kind, `None` for no block at all.
fn kind_of(line: &[u8]) -> Option<Option<&'static str>> {
    BLOCKS.iter().find(|(begin, _)| line.starts_with(begin)).map(|(_, kind)| *kind)
}

/// The length of the OpenPGP block at the beginning of these bytes.
fn block_length(block: &[u8]) -> Result<usize, Error> {
    let damaged = |why: &str| Error::Damaged { why: Foreign::from(why) };
    match kind_of(block) {
        Some(None) => {}
        Some(Some(kind)) => return Err(Error::OtherKind { kind }),
        None => return Err(damaged("it is of an unknown kind")),
    }
    if block.len() > limits::SIGNATURE_BYTES {
        return Err(Error::Limit { what: "the size of the signature" });
    }
    let end = block.find(b"\n-----END ").ok_or_else(|| damaged("its last line is missing"))? + 1;
    if !block[end..].starts_with(END) {
        return Err(damaged("its last line is wrong"));
    }
    Ok(end + END.len())
}
