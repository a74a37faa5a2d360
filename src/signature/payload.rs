//! Which bytes of a tag or commit are signed, and where the signature is.
//!
//! Tags: as git does it (`parse_signature`): the last line that begins a signature block starts the signature, everything before
//! it is the payload, with earlier blocks being part of it; except for the headers `gpgsig` and `gpgsig-sha256`, one of which holds the
//! signature of the same tag under the other hash.
//!
//! Commits: the signature is the header `gpgsig` (`gpgsig-sha256` in SHA-256 repositories), and the payload is the commit
//! without that header and the one for the other hash (`parse_buffer_signed_by_header`).

use std::borrow::Cow;

use foreign::Foreign;
use gix_hash::ObjectId;
use gix_object::bstr::ByteSlice;
use sequoia_openpgp::packet::UserID;

use super::armor;
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

/// How signature blocks of OpenPGP begin and end,
pub const OPENPGP: (&[u8], &[u8]) = (b"-----BEGIN PGP SIGNATURE-----", b"-----END PGP SIGNATURE-----");
/// and those of SSH.
pub const SSH: (&[u8], &[u8]) = (b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----");
/// How signature blocks begin that git knows, how they end, and what they are.
const BLOCKS: [(&[u8], &[u8], Kind); 4] = [
    (OPENPGP.0, OPENPGP.1, Kind::OpenPgp),
    (SSH.0, SSH.1, Kind::Ssh),
    (b"-----BEGIN PGP MESSAGE-----", b"", Kind::Other("an OpenPGP message instead of a signature")),
    (b"-----BEGIN SIGNED MESSAGE-----", b"", Kind::Other("an X.509 certificate (as of S/MIME or gitsign)")),
];

/// The headers that hold signatures: of objects under SHA-1, and under SHA-256.
const HEADERS: [&str; 2] = ["gpgsig", "gpgsig-sha256"];
/// How the block begins and ends that OpenTimestamps' wrapper around gpg puts behind a signature.
const TIMESTAMP: [&[u8]; 2] =
    [b"-----BEGIN OPENTIMESTAMPS GIT TIMESTAMP-----", b"-----END OPENTIMESTAMPS GIT TIMESTAMP-----"];

/// A signature block, and exactly the bytes that it was made over.
pub struct Signed<'a> {
    pub payload: Cow<'a, [u8]>,
    pub armor: Cow<'a, [u8]>,
    pub kind: Kind,
    /// What follows the block, which no signature covers.
    pub behind: Behind,
    /// The header for the other hash, which no signature covers either.
    pub other: Option<OtherHash>,
    /// When the tagger or committer says they made it: seconds since 1970.
    pub date: Option<u64>,
    /// Their mail address, normalized.
    pub mail: Option<String>,
}

/// What follows a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// At most blank space.
    Nothing,
    /// One block of OpenTimestamps.
    Timestamp,
    /// Something else.
    Text,
}

impl Behind {
    fn of(text: &[u8]) -> Self {
        let [first, last] = TIMESTAMP;
        match text.trim_ascii_start() {
            [] => Behind::Nothing,
            text if armor::only_block(text, first, last).is_some() => Behind::Timestamp,
            _ => Behind::Text,
        }
    }
}

/// The header in which the signature of the same object under the other hash belongs.
#[derive(Clone, Debug)]
pub struct OtherHash {
    /// What it is called.
    pub header: &'static str,
    /// Its lines, as they were before they became a header.
    pub value: Vec<u8>,
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
    let behind = Behind::of(&block[length..]);
    let (payload, other) = match tag.other_signature() {
        // Between the tagger and the empty line.
        Some(range) => {
            let (_, header) = names(tag.id());
            let lines = payload[range.clone()].split_inclusive(|byte| *byte == b'\n');
            let start = header.len() + 1;
            let value =
                lines.enumerate().flat_map(|(number, line)| line.iter().skip(if number == 0 { start } else { 1 }));
            let other = OtherHash { header, value: value.copied().collect() };
            ([&payload[..range.start], &payload[range.end..]].concat().into(), Some(other))
        }
        None => (payload.into(), None),
    };
    let person = tag.tagger().map(Foreign::as_bytes);
    Ok(Signed::by(person, payload, block[..length].into(), kind, behind, other))
}

/// The header of an object's own signature, in commits, and that for the other hash.
fn names(id: ObjectId) -> (&'static str, &'static str) {
    let [sha1, sha256] = HEADERS;
    if id.kind() == gix_hash::Kind::Sha1 { (sha1, sha256) } else { (sha256, sha1) }
}

impl<'a> Signed<'a> {
    fn by(
        person: Option<&[u8]>,
        payload: Cow<'a, [u8]>,
        armor: Cow<'a, [u8]>,
        kind: Kind,
        behind: Behind,
        other: Option<OtherHash>,
    ) -> Self {
        let mail = person.and_then(|line| line.rsplit_once_str(b"<")?.1.split_once_str(b">")).map(|(mail, _)| mail);
        let user_id = mail.map(|mail| UserID::from([b"<", mail, b">"].concat()));
        let mail = user_id.and_then(|user_id| user_id.email_normalized().ok().flatten());
        Signed { payload, armor, kind, behind, other, date: person.and_then(date_of_person), mail }
    }
}

/// Split a commit object.
pub fn of_commit(commit: &Commit) -> Result<Signed<'static>, Error> {
    let data = commit.data();
    let end = data.find(b"\n\n").map_or(data.len(), |end| end + 1);
    let (own, header) = names(commit.id());
    let (mut payload, mut block, mut other) = (Vec::with_capacity(data.len()), Vec::new(), Vec::new());
    // What the lines that begin with a blank go on with.
    let mut current = Part::Payload;
    let mut has_committer = false;
    for line in data[..end].split_inclusive(|byte| *byte == b'\n') {
        let mut value = line;
        if let Some(more) = line.strip_prefix(b" ") {
            value = more;
        } else if let Some(signature) = value_of(line, own) {
            (current, value) = (Part::Signature, signature);
        } else if let Some(signature) = value_of(line, header) {
            (current, value) = (Part::Other, signature);
        } else {
            current = Part::Payload;
            has_committer |= line.starts_with(b"committer ");
        }
        let is_first = !line.starts_with(b" ");
        match current {
            Part::Payload => payload.extend_from_slice(line),
            // Further up, it would change what git takes for author and committer, and no signature covers where it stands.
            _ if !has_committer => return Err(Error::Damaged { why: "it stands before the committer" }),
            Part::Signature if is_first && !block.is_empty() => {
                return Err(Error::Damaged { why: "there are two of them" });
            }
            Part::Signature => block.extend_from_slice(value),
            Part::Other if is_first && !other.is_empty() => {
                return Err(Error::Damaged { why: "there are two headers for the other hash" });
            }
            Part::Other => other.extend_from_slice(value),
        }
    }
    payload.extend_from_slice(&data[end..]);
    if block.is_empty() {
        return Err(Error::Unsigned);
    }
    let (kind, length) = block_length(&block)?;
    let behind = Behind::of(&block[length..]);
    block.truncate(length);
    let other = (!other.is_empty()).then_some(OtherHash { header, value: other });
    let person = commit.fields("committer").next().map(|line| &**line);
    Ok(Signed::by(person, payload.into(), block.into(), kind, behind, other))
}

/// What is in a header line of that name, its line feed included.
fn value_of<'a>(line: &'a [u8], name: &str) -> Option<&'a [u8]> {
    line.strip_prefix(name.as_bytes())?.strip_prefix(b" ")
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
