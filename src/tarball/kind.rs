//! What a file is that is no tar, for people who were sent another one.

use crate::archive::header::RECORD;

/// A kind of file that this program does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// `a zip archive` and so on.
    pub name: &'static str,
    /// What to do about it.
    pub help: &'static str,
}

const OTHER_ARCHIVE: &str = "Use the forge's own tarball of the tag: .tar.gz, .tar.xz, .tar.bz2 or .tar.zst.";
const ZIP: &str =
    "Use the forge's own tarball of the tag. Or read the zip archive with --explain, or --accept same-files.";
const OTHER_COMPRESSION: &str = "Decompress it first, and name the tar: the tar inside is what is compared.";
const TWICE: &str = "Decompress it once, and name the result: it was compressed twice, perhaps on its way here.";
const PAGE: &str = "The server has sent a page in the file's place. Look at it, then download the file again.";

/// How a zip archive begins.
pub const ZIP_MAGIC: &[u8] = b"PK\x03\x04";

/// First bytes, and what begins with them.
const KINDS: [(&[u8], &str, &str); 19] = [
    (ZIP_MAGIC, "a zip archive", ZIP),
    (b"PK\x05\x06", "an empty zip archive", OTHER_ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", OTHER_ARCHIVE),
    (b"Rar!\x1a\x07", "a rar archive", OTHER_ARCHIVE),
    (b"!<arch>\n", "an ar archive, such as a Debian package", OTHER_ARCHIVE),
    (b"\xed\xab\xee\xdb", "an RPM package", OTHER_ARCHIVE),
    (b"070701", "a cpio archive", OTHER_ARCHIVE),
    (b"070702", "a cpio archive", OTHER_ARCHIVE),
    (b"070707", "a cpio archive", OTHER_ARCHIVE),
    (b"LZIP", "compressed with lzip", OTHER_COMPRESSION),
    (b"\x5d\0\0", "compressed with lzma", OTHER_COMPRESSION),
    (b"\x1f\x9d", "compressed with compress (.Z)", OTHER_COMPRESSION),
    (b"\x04\x22\x4d\x18", "compressed with lz4", OTHER_COMPRESSION),
    // These are read, but not inside of one another.
    (b"\x1f\x8b", "compressed with gzip", TWICE),
    (b"\xfd7zXZ\0", "compressed with xz", TWICE),
    (b"BZh", "compressed with bzip2", TWICE),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", TWICE),
    (b"# v2 git bundle", "a git bundle", "A bundle is a repository. Name the tarball as the last argument."),
    (b"-----BEGIN PGP ", "an OpenPGP key or signature", "Name the tarball as the last argument."),
];

impl Kind {
    /// From the first bytes of a file that is no tar.
    pub fn recognise(start: &[u8]) -> Option<Self> {
        let known = KINDS.iter().find(|(magic, ..)| start.starts_with(magic));
        known.map(|(_, name, help)| Kind { name, help }).or_else(|| Self::of_text(start))
    }

    /// Whether first bytes tell it, and not what a text looks like.
    pub fn is_by_magic(self) -> bool {
        KINDS.iter().any(|(_, name, _)| *name == self.name)
    }

    /// Whether it is a zip archive that is not empty.
    pub fn is_zip(self) -> bool {
        KINDS.iter().any(|(magic, name, _)| *magic == ZIP_MAGIC && *name == self.name)
    }

    /// Pages and other texts: error messages of servers, above all.
    fn of_text(start: &[u8]) -> Option<Self> {
        let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
        let begins_with =
            |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
        if ["<!doctype", "<html", "<?xml", "<head"].into_iter().any(begins_with) {
            return Some(Kind { name: "a web page", help: PAGE });
        }
        let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..);
        let is_one =
            !text.is_empty() && text.iter().all(is_text) && !text.utf8_chunks().any(|chunk| chunk.invalid().len() > 3);
        is_one.then_some(Kind { name: "a text", help: PAGE })
    }
}

/// Whether a tar header of any kind is here: those of Unix v7 have no magic, but a checksum.
pub fn is_tar_header(start: &[u8]) -> bool {
    let Some(block) = start.first_chunk::<RECORD>() else { return false };
    let header = tar::Header::from_byte_slice(block);
    let sum = |byte: &u8| u32::from(*byte);
    let blanks = 8 * u32::from(b' ');
    let computed = block[..148].iter().map(sum).sum::<u32>() + blanks + block[156..].iter().map(sum).sum::<u32>();
    header.as_ustar().is_some() || header.as_gnu().is_some() || header.cksum().is_ok_and(|sum| sum == computed)
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn kinds_are_named() {
        for (start, name) in [
            (&b"PK\x03\x04\x14\0"[..], "a zip archive"),
            (b"LZIP\x01", "compressed with lzip"),
            (b"\x1f\x8b\x08", "compressed with gzip"),
            (b"\n <!DOCTYPE html>", "a web page"),
            (b"<HTML><body>", "a web page"),
            (b"404: Not Found\n", "a text"),
            ("\u{feff}Zugriff verweigert: \u{e9}".as_bytes(), "a text"),
        ] {
            assert_eq!(Kind::recognise(start).map(|kind| kind.name), Some(name), "{start:?}");
        }
        for start in [&b""[..], b"\0\0\0\0", b"a\0b", b"\x7fELF"] {
            assert_eq!(Kind::recognise(start), None, "{start:?}");
        }
    }
}
