//! Which bytes of a tag or commit are signed, and where the signature is.
//!
//! Tags: as git does it (`parse_signature`): the last line that begins a signature block starts the signature, everything before
//! it is the payload, with earlier blocks being part of it; but for the headers `gpgsig` and `gpgsig-sha256`, one of which holds the
//! signature of the same tag under the other hash.
//!
//! Commits: the signature is the header `gpgsig` (`gpgsig-sha256` in SHA-256 repositories), and the payload is the commit
//! without that header and the one for the other hash (`parse_buffer_signed_by_header`).

use std::borrow::Cow;

use foreign::Foreign;
use gix_object::bstr::ByteSlice;
use sequoia_openpgp::packet::UserID;

use super::error::Error;
use crate::git::object::date_of_person;
use crate::git::{Commit, Tag};
use crate::limits;

/// What made a signature block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An OpenPGP key.
    OpenPgp,
    /// An SSH key.
    Ssh,
    /// Something that is known and not supported.
    Other(&'static str),
}

/// How signature blocks begin that git knows, how they end, and what they are.
const BLOCKS: [(&[u8], &[u8], Kind); 4] = [
    (b"-----BEGIN PGP SIGNATURE-----", b"-----END PGP SIGNATURE-----", Kind::OpenPgp),
    (b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----", Kind::Ssh),
    (b"-----BEGIN PGP MESSAGE-----", b"", Kind::Other("an OpenPGP message instead of a signature")),
    (b"-----BEGIN SIGNED MESSAGE-----", b"", Kind::Other("an X.509 certificate (as of S/MIME or gitsign)")),
];

/// The headers that hold signatures.
const HEADERS: [&[u8]; 2] = [b"gpgsig ", b"gpgsig-sha256 "];

/// A signature block, and exactly the bytes that it was made over.
pub struct Signed<'a> {
    pub payload: Cow<'a, [u8]>,
    pub armor: Cow<'a, [u8]>,
    pub kind: Kind,
    /// Whether something other than blank space follows the block, which no signature covers.
    pub has_text_after: bool,
    /// When the tagger or committer says they made it: seconds since 1970.
    pub date: Option<u64>,
    /// Their mail address, normalized.
    pub mail: Option<String>,
}

/// Split a tag object.
pub fn of_tag(tag: &Tag) -> Result<Signed<'_>, Error> {
    let data = tag.data();
    let mut at = tag.message_start();
    let mut last = None;
    for line in data[at..].split_inclusive(|byte| *byte == b'\n') {
        if block_of(line).is_some() {
            last = Some(at);
        }
        at += line.len();
    }
    let (payload, block) = data.split_at(last.ok_or(Error::Unsigned)?);
    let (kind, length) = block_length(block)?;
    let has_text_after = !block[length..].iter().all(u8::is_ascii_whitespace);
    let payload = match tag.other_signature() {
        // Between the tagger and the empty line.
        Some(range) => [&payload[..range.start], &payload[range.end..]].concat().into(),
        None => payload.into(),
    };
    let person = tag.tagger().map(Foreign::as_bytes);
    Ok(Signed::by(person, payload, block[..length].into(), kind, has_text_after))
}

impl<'a> Signed<'a> {
    fn by(
        person: Option<&[u8]>,
        payload: Cow<'a, [u8]>,
        armor: Cow<'a, [u8]>,
        kind: Kind,
        has_text_after: bool,
    ) -> Self {
        let mail = person.and_then(|line| line.rsplit_once_str(b"<")?.1.split_once_str(b">")).map(|(mail, _)| mail);
        let user_id = mail.map(|mail| UserID::from([b"<", mail, b">"].concat()));
        let mail = user_id.and_then(|user_id| user_id.email_normalized().ok().flatten());
        Signed { payload, armor, kind, has_text_after, date: person.and_then(date_of_person), mail }
    }
}

/// Split a commit object.
pub fn of_commit(commit: &Commit) -> Result<Signed<'static>, Error> {
    let data = commit.data();
    let end = data.find(b"\n\n").map_or(data.len(), |end| end + 1);
    let [sha1, sha256] = HEADERS;
    let (own, other) = if commit.id().kind() == gix_hash::Kind::Sha1 { (sha1, sha256) } else { (sha256, sha1) };
    let (mut payload, mut block) = (Vec::with_capacity(data.len()), Vec::new());
    // What the lines that begin with a blank go on with.
    let mut current = Part::Payload;
    let mut has_committer = false;
    for line in data[..end].split_inclusive(|byte| *byte == b'\n') {
        let mut value = line;
        if let Some(more) = line.strip_prefix(b" ") {
            value = more;
        } else if let Some(signature) = line.strip_prefix(own) {
            if !block.is_empty() {
                return Err(Error::Damaged { why: "there are two of them" });
            }
            (current, value) = (Part::Signature, signature);
        } else {
            current = if line.starts_with(other) { Part::Other } else { Part::Payload };
            has_committer |= line.starts_with(b"committer ");
        }
        // Further up, it would change what git takes for author and committer, and no signature covers where it stands.
        if !has_committer && matches!(current, Part::Signature | Part::Other) {
            return Err(Error::Damaged { why: "it stands before the committer" });
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
    let (kind, length) = block_length(&block)?;
    let has_text_after = !block[length..].iter().all(u8::is_ascii_whitespace);
    block.truncate(length);
    let person = commit.fields("committer").next().map(|line| &**line);
    Ok(Signed::by(person, payload.into(), block.into(), kind, has_text_after))
}

#[derive(Clone, Copy)]
enum Part {
    Payload,
    Signature,
    Other,
}

/// The block that begins with this line.
fn block_of(line: &[u8]) -> Option<&'static (&'static [u8], &'static [u8], Kind)> {
    BLOCKS.iter().find(|(begin, ..)| line.starts_with(begin))
}

/// The kind and length of the block at the beginning of these bytes.
fn block_length(block: &[u8]) -> Result<(Kind, usize), Error> {
    let damaged = |why| Error::Damaged { why };
    let (_, last_line, kind) = block_of(block).ok_or_else(|| damaged("it is of an unknown kind"))?;
    if let Kind::Other(kind) = kind {
        return Err(Error::OtherKind { kind });
    }
    if block.len() > limits::SIGNATURE_BYTES {
        return Err(Error::Limit { what: "the size of the signature" });
    }
    let end = block.find(b"\n-----END ").ok_or_else(|| damaged("its last line is missing"))? + 1;
    if !block[end..].starts_with(last_line) {
        return Err(damaged("its last line is wrong"));
    }
    Ok((*kind, end + last_line.len()))
}
