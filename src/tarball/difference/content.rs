//! Whether a file's bytes are the commit's, in one of two readings: as the archive has them, or as the repository does.

use gix_hash::ObjectId;
use gix_object::Kind;
use gix_object::bstr::ByteSlice;
use sha2::{Digest as _, Sha256};

use super::super::error::Error;
use super::super::items::Items;
use super::Cause;
use crate::archive::{Content, Entry};
use crate::limits;

/// The bytes of one file of the tarball, hashed.
pub struct Hashed {
    /// How many.
    pub size: u64,
    /// Their id as a blob.
    pub id: ObjectId,
    /// Their SHA-256, where it was computed on the way.
    sha256: Option<[u8; 32]>,
    /// All of them, if they are not too many.
    pub bytes: Option<Vec<u8>>,
    /// Whether they are these that were asked for.
    pub is_equal: bool,
}

impl Hashed {
    /// Read the file. Up to `kept` bytes are held in memory; of a larger one all hashes are computed at once. Its bytes are
    /// compared with `expected` on the way.
    pub fn read(
        items: &mut dyn Items,
        hash: gix_hash::Kind,
        size: u64,
        kept: u64,
        expected: Option<&[u8]>,
    ) -> Result<Self, Error> {
        let mut blob = gix_hash::hasher(hash);
        blob.update(&gix_object::encode::loose_header(Kind::Blob, size));
        let is_kept = size <= kept;
        let mut sha256 = (!is_kept).then(Sha256::new);
        let mut bytes = if is_kept { Vec::with_capacity(size as usize) } else { Vec::new() };
        let mut rest = expected.filter(|expected| expected.len() as u64 == size);
        items.content(&mut |piece| {
            blob.update(piece);
            rest = rest.and_then(|rest| rest.strip_prefix(piece));
            match &mut sha256 {
                Some(sha256) => sha256.update(piece),
                None => bytes.extend_from_slice(piece),
            }
        })?;
        // Only for input that was made to collide.
        let id = blob.try_finalize().map_err(|_| Error::Collision)?;
        let sha256 = sha256.map(|hash| hash.finalize().into());
        Ok(Hashed { size, id, sha256, bytes: is_kept.then_some(bytes), is_equal: rest == Some(b"") })
    }

    /// The SHA-256 of the bytes.
    pub fn sha256(&self) -> Option<[u8; 32]> {
        self.sha256.or_else(|| self.bytes.as_ref().map(|bytes| Sha256::digest(bytes).into()))
    }
}

/// How many bytes must be in memory to compare with this.
pub fn needed(expected: &Content) -> u64 {
    match expected {
        Content::Blob { .. } | Content::Bytes(_) | Content::Lfs(_) => limits::KEPT_FILE_BYTES,
        Content::Pieces(_) => limits::HOLE_FILE_BYTES,
        Content::Converted(_) => limits::INVERTED_BYTES,
    }
}

/// What kind of change it is, if that can be told from the bytes and the blob's id. `blob` is the commit's, if it is at hand.
/// `guesses` is how many bytes may still be hashed on the guess that the commit has CR LF, which is rare.
pub fn cause(entry: &Entry, hashed: &Hashed, blob: Option<&[u8]>, guesses: &mut u64) -> Cause {
    let Some(bytes) = &hashed.bytes else { return Cause::Content };
    let is_blob = |guess: &[u8]| {
        gix_object::compute_hash(entry.id.kind(), Kind::Blob, guess).is_ok_and(|actual| actual == entry.id)
    };
    let with_lf = bytes.replace("\r\n", "\n");
    if with_lf.len() != bytes.len() && is_blob(&with_lf) {
        return Cause::LineEnds;
    }
    if with_lf.contains(&b'\n') && *guesses >= hashed.size {
        *guesses -= hashed.size;
        if is_blob(&with_lf.replace("\n", "\r\n")) {
            return Cause::LineEnds;
        }
    }
    if let Some(plain) = without_ident(bytes).filter(|plain| is_blob(plain)) {
        debug_assert!(plain.contains_str("$Id$"));
        return Cause::Ident;
    }
    let Some(blob) = blob else { return Cause::Content };
    if with_lf == blob.replace("\r\n", "\n") {
        return Cause::LineEnds;
    }
    if without_ident(bytes).is_some_and(|plain| without_ident(blob).as_deref().unwrap_or(blob) == plain) {
        return Cause::Ident;
    }
    if differs_only_in_formats(blob, bytes) { Cause::Substitution } else { Cause::Content }
}

/// With `$Id$` in the place of each `$Id: ... $` on one line; `None` without such a text.
fn without_ident(content: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(content.len());
    let mut rest = content;
    let mut found = false;
    while let Some(at) = rest.find("$Id:") {
        let (before, from) = rest.split_at(at);
        out.extend_from_slice(before);
        let end = from.iter().skip(4).take(limits::IDENT_BYTES).position(|byte| matches!(byte, b'$' | b'\n'));
        match end.map(|end| end + 4).filter(|end| from.get(*end) == Some(&b'$')) {
            Some(end) => {
                out.extend_from_slice(b"$Id$");
                rest = &from[end + 1..];
                found = true;
            }
            None => {
                out.extend_from_slice(b"$Id:");
                rest = &from[4..];
            }
        }
    }
    out.extend_from_slice(rest);
    found.then_some(out)
}

/// Whether the content is the blob with some short text of one line in the place of each `$Format:...$`. This names a
/// difference and accepts nothing.
fn differs_only_in_formats(blob: &[u8], content: &[u8]) -> bool {
    let mut literals = Vec::new();
    let mut rest = blob;
    let mut start = 0;
    while let Some(at) = rest[start..].find("$Format:").map(|at| at + start) {
        match rest[at + 8..].iter().position(|byte| matches!(byte, b'$' | b'\n')) {
            Some(end) if rest[at + 8 + end] == b'$' => {
                literals.push(&rest[..at]);
                rest = &rest[at + 8 + end + 1..];
                start = 0;
            }
            _ => start = at + 8,
        }
        if literals.len() > limits::HOLES {
            return false;
        }
    }
    let Some(first) = literals.first() else { return false };
    let Some(mut left) = content.strip_prefix(*first) else { return false };
    literals.push(rest);
    for (index, literal) in literals.iter().enumerate().skip(1) {
        let at = match index + 1 == literals.len() {
            true => left.len().checked_sub(literal.len()).filter(|at| &left[*at..] == *literal),
            false => left.find(literal),
        };
        let Some(at) = at else { return false };
        let is_short = at <= limits::IDENT_BYTES && !left[..at].contains(&b'\n');
        if !is_short {
            return false;
        }
        left = &left[at + literal.len()..];
    }
    left.is_empty()
}

#[cfg(test)]
mod tests {
    use super::{differs_only_in_formats, without_ident};

    #[test]
    fn ident_is_taken_out() {
        assert_eq!(without_ident(b"a $Id: 12ab $ b").as_deref(), Some(&b"a $Id$ b"[..]));
        assert_eq!(without_ident(b"$Id: a$$Id: b$").as_deref(), Some(&b"$Id$$Id$"[..]));
        for plain in ["", "$Id$", "$Id: a\n$", "$Id: no end"] {
            assert_eq!(without_ident(plain.as_bytes()), None, "{plain}");
        }
    }

    #[test]
    fn substituted_text_is_told_from_other_changes() {
        let blob = b"v = '$Format:%H$'\nd = '$Format:%d$'\n";
        assert!(differs_only_in_formats(blob, b"v = 'abc'\nd = ''\n"));
        assert!(differs_only_in_formats(blob, blob));
        for other in ["v = 'abc'\nd = ''\nx\n", "w = 'abc'\nd = ''\n", "v = 'a'\nb'\nd = ''\n", "v = 'abc'\n"] {
            assert!(!differs_only_in_formats(blob, other.as_bytes()), "{other}");
        }
        assert!(!differs_only_in_formats(b"no placeholder", b"another"));
    }
}
