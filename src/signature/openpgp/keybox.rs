//! GnuPG's keybox files (`pubring.kbx`): kbx/keybox-blob.c of GnuPG describes them.

/// A blob begins with its length, its type, and its version.
const HEADER: usize = 20;
/// The file's own blob, at its beginning.
const TYPE_HEADER: u8 = 1;
const TYPE_OPENPGP: u8 = 2;

/// The OpenPGP certificates in a keybox, in binary form; `None` for files that are none.
///
/// Blobs that are cut short or contradict themselves are left out.
pub fn certificates(file: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let first = file.get(..32)?;
    if first[4] != TYPE_HEADER || &first[8..12] != b"KBXf" {
        return None;
    }
    let mut rest = file;
    let blobs = std::iter::from_fn(move || {
        let length = number(rest, 0).filter(|length| (HEADER..=rest.len()).contains(length))?;
        let (blob, after) = rest.split_at(length);
        rest = after;
        Some(blob)
    });
    Some(blobs.filter(|blob| blob[4] == TYPE_OPENPGP).filter_map(|blob| {
        let (start, length) = (number(blob, 8)?, number(blob, 12)?);
        blob.get(start..start.checked_add(length)?)
    }))
}

/// Four bytes, most significant first.
fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}
