//! GnuPG's keybox files (`pubring.kbx`): kbx/keybox-blob.c of GnuPG describes them.

/// A blob begins with its length, its type, and its version.
const HEADER: usize = 20;
/// The file's own blob, at its beginning.
const TYPE_HEADER: u8 = 1;
const TYPE_OPENPGP: u8 = 2;

/// Whether the file begins as a keybox does.
pub fn is_one(file: &[u8]) -> bool {
    file.get(..32).is_some_and(|first| first[4] == TYPE_HEADER && &first[8..12] == b"KBXf")
}

/// The OpenPGP certificates in a keybox, in binary form, and whether it could be read to its end.
///
/// Blobs of other kinds (X.509, deleted) are left out.
pub fn certificates(file: &[u8]) -> (Vec<&[u8]>, bool) {
    let (mut rest, mut certificates, mut is_whole) = (file, Vec::new(), true);
    while !rest.is_empty() {
        let Some(length) = number(rest, 0).filter(|length| (HEADER..=rest.len()).contains(length)) else {
            return (certificates, false);
        };
        let (blob, after) = rest.split_at(length);
        rest = after;
        if blob[4] == TYPE_OPENPGP {
            let certificate = certificate(blob);
            is_whole &= certificate.is_some();
            certificates.extend(certificate);
        }
    }
    (certificates, is_whole)
}

fn certificate(blob: &[u8]) -> Option<&[u8]> {
    let (start, length) = (number(blob, 8)?, number(blob, 12)?);
    blob.get(start..start.checked_add(length)?)
}

/// Four bytes, most significant first.
fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}
