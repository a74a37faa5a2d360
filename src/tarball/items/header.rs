//! One header block, read strictly: what GNU tar, libarchive and Python would read differently is refused.

use super::super::error::Error;
use super::unclear;
use crate::archive::header::RECORD;

/// The fields that decide what is extracted.
#[derive(Debug)]
pub struct Fields {
    /// The whole path that the block itself has.
    pub path: Vec<u8>,
    /// The link target that the block itself has.
    pub target: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
    /// Bytes that follow.
    pub size: u64,
    /// What the entry is.
    pub typeflag: u8,
}

/// How the rest of a block is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    V7,
    Ustar,
    Gnu,
}

impl Fields {
    /// Read a block.
    pub fn read(block: &[u8; RECORD]) -> Result<Self, Error> {
        let header = ::tar::Header::from_byte_slice(block);
        // For messages only.
        let shown = header.path_bytes();
        let fail = |what| unclear(&shown, what);
        if octal(&block[148..156]) != Some(u64::from(checksum(block))) {
            return Err(Error::NotATarHeader);
        }
        let layout = match (&block[257..263], &block[263..265]) {
            (b"ustar\0", b"00") => Layout::Ustar,
            // Python takes what stands in the last part for a prefix, and bsdtar for a map of a sparse file.
            (b"ustar ", b" \0") if block[345..].iter().any(|byte| *byte != 0) => {
                return Err(fail("has something where programs read a prefix or a map of holes"));
            }
            (b"ustar ", b" \0") => Layout::Gnu,
            // GNU tar writes numbers of devices even there.
            _ if block[257..329].iter().chain(&block[345..]).all(|byte| *byte == 0) => Layout::V7,
            _ => return Err(fail("has a header of an unknown kind")),
        };
        let mut path = text(&block[..100]).ok_or_else(|| fail("has bytes behind its name"))?;
        if layout == Layout::Ustar {
            // star keeps times in the last of these.
            let prefix = text(&block[345..500]).filter(|_| block[500..].iter().all(|byte| *byte == 0));
            let prefix = prefix.ok_or_else(|| fail("has bytes behind the prefix of its name"))?;
            if !prefix.is_empty() {
                path = [&prefix[..], b"/", &path].concat();
            }
        }
        let target = text(&block[157..257]).ok_or_else(|| fail("has bytes behind its link target"))?;
        // Owner, group, time and device change nothing here; but a program that cannot read them may stop.
        if ![108..116, 116..124, 136..148, 329..337, 337..345].into_iter().all(|range| is_number(&block[range])) {
            return Err(fail("has an owner, time or device that is no number"));
        }
        let number = |field, what| octal(field).ok_or_else(|| fail(what));
        let mode = number(&block[100..108], "has a mode that is no plain number")?;
        let size = number(&block[124..136], "has a size that is no plain number")?;
        let mode = u32::try_from(mode & 0o7777).map_err(|_| fail("has a mode that is no plain number"))?;
        Ok(Fields { path, target, mode, size, typeflag: block[156] })
    }
}

/// A name up to its first NUL; behind that there may be nothing.
fn text(field: &[u8]) -> Option<Vec<u8>> {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    let (name, rest) = field.split_at(end);
    rest.iter().all(|byte| *byte == 0).then(|| name.to_vec())
}

/// Blanks, octal digits, then blanks and NULs: the one form that all programs read alike.
fn octal(field: &[u8]) -> Option<u64> {
    let start = field.iter().position(|byte| *byte != b' ')?;
    let rest = field.get(start..)?;
    let end = rest.iter().position(|byte| !matches!(byte, b'0'..=b'7')).unwrap_or(rest.len());
    let (digits, after) = rest.split_at(end);
    if digits.is_empty() || !after.iter().all(|byte| matches!(byte, b' ' | 0)) {
        return None;
    }
    // At most 12 digits.
    digits.iter().try_fold(0u64, |value, digit| value.checked_mul(8)?.checked_add(u64::from(digit - b'0')))
}

/// In one of the forms in use: octal digits, nothing, or a number in binary that every program can hold: ids of 32 bits, times of 56.
fn is_number(field: &[u8]) -> bool {
    let spare = if field.len() == 8 { 4 } else { 5 };
    let is_binary = || field.first() == Some(&0x80) && field.iter().take(spare).skip(1).all(|byte| *byte == 0);
    let is_empty = || field.iter().all(|byte| matches!(byte, b' ' | 0));
    octal(field).is_some() || is_empty() || is_binary()
}

fn checksum(block: &[u8; RECORD]) -> u32 {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    sum(&block[..148]) + 8 * u32::from(b' ') + sum(&block[156..])
}

#[cfg(test)]
mod tests {
    use super::{octal, text};

    #[test]
    fn numbers_that_all_programs_read_alike() {
        for (field, expected) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"00000644", Some(0o644)),
            (b"0000644 ", Some(0o644)),
            (b"0000644\x00000", None),
            (b"\0\0\0\0\0\0\0\0", None),
            (b"        ", None),
            (b"0000648\0", None),
            (b"-000644\0", None),
            (b"+000644\0", None),
            (b"\x80\0\0\0\0\0\0\x01", None),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff", None),
            (b"0x00644\0", None),
            (b"\t000644\0", None),
        ] {
            assert_eq!(octal(field), expected, "{field:?}");
        }
    }

    #[test]
    fn names_have_nothing_behind_their_end() {
        assert_eq!(text(b"ab\0\0").as_deref(), Some(&b"ab"[..]));
        assert_eq!(text(b"abcd").as_deref(), Some(&b"abcd"[..]));
        assert_eq!(text(b"ab\0c"), None);
    }
}
