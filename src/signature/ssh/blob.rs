//! The binary parts of SSH signatures and keys (RFC 4251, section 5), and the armor of signatures (PROTOCOL.sshsig).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::Error;
use crate::limits;

/// Bytes end early or go on too long, or text holds a NUL: a sentence about "it".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage(pub &'static str);

impl From<Damage> for Error {
    fn from(Damage(why): Damage) -> Self {
        Error::Damaged { why }
    }
}

/// Reads fields from the front of bytes.
#[derive(Clone, Copy)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader(bytes)
    }

    /// That many bytes.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], Damage> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or(Damage("a field in it is cut short"))?;
        self.0 = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(Damage("a field in it is cut short"))?;
        self.0 = rest;
        Ok(*bytes)
    }

    pub fn u32(&mut self) -> Result<u32, Damage> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, Damage> {
        self.array().map(u64::from_be_bytes)
    }

    /// A field with its length in front.
    pub fn string(&mut self) -> Result<&'a [u8], Damage> {
        let length = self.u32()?;
        self.bytes(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// A [`string`](Self::string) that OpenSSH takes for text, in which it allows no NUL.
    pub fn text(&mut self) -> Result<&'a [u8], Damage> {
        let text = self.string()?;
        if text.contains(&0) { Err(Damage("a name in it holds a NUL")) } else { Ok(text) }
    }

    /// What is not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// There must be nothing more.
    pub fn finish(self) -> Result<(), Damage> {
        if self.is_empty() { Ok(()) } else { Err(Damage("something follows the end of a part of it")) }
    }
}

/// Base64 with blank space anywhere, as OpenSSH reads it; padding must be there, and its spare bits must be zero.
pub fn base64(text: &[u8]) -> Option<Vec<u8>> {
    // isspace(3) in the C locale, which has one more than is_ascii_whitespace.
    let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\x0b';
    let dense: Vec<u8> = text.iter().copied().filter(|byte| !is_blank(byte)).collect();
    STANDARD.decode(dense).ok()
}

const BEGIN: &[u8] = b"-----BEGIN SSH SIGNATURE-----";
const END: &[u8] = b"\n-----END SSH SIGNATURE-----";

/// The binary signature in an armored one.
pub fn dearmor(armored: &[u8]) -> Result<Vec<u8>, Error> {
    if armored.len() > limits::SSH_SIGNATURE_BYTES {
        return Err(Error::Limit { what: "the size of the signature" });
    }
    let damaged = |why| Error::Damaged { why };
    let text = armored.strip_prefix(BEGIN).ok_or(damaged("its first line is not that of an SSH signature"))?;
    // OpenSSH before 9.5 wants the line feed alone.
    let text = text.strip_prefix(b"\r").unwrap_or(text);
    let text = text.strip_prefix(b"\n").ok_or(damaged("something follows its first line"))?;
    let end = text.windows(END.len()).position(|bytes| bytes == END).ok_or(damaged("its last line is missing"))?;
    let (text, behind) = text.split_at(end);
    // OpenSSH ignores it, but no signature covers it.
    if !behind.iter().skip(END.len()).all(u8::is_ascii_whitespace) {
        return Err(damaged("something follows its last line"));
    }
    base64(text).ok_or(damaged("its base64 text is wrong"))
}

#[cfg(test)]
mod tests {
    use super::{Damage, Reader, base64, dearmor};

    #[test]
    fn fields() {
        let mut reader = Reader::new(b"\0\0\0\x02ab\0\0\0\x01\0\0\0\0\x09x");
        assert_eq!(reader.string(), Ok(&b"ab"[..]));
        assert!(matches!(reader.text(), Err(Damage(_))));
        assert!(matches!(reader.string(), Err(Damage(_))));
        assert!(reader.finish().is_err());
        assert!(Reader::new(b"\xff\xff\xff\xffx").string().is_err());
        assert!(Reader::new(b"\0\0\0").u32().is_err());
    }

    #[test]
    fn base64_is_read_as_openssh_reads_it() {
        for (text, bytes) in [
            ("", Some(&b""[..])),
            (" a\tG\r\nV\x0bs\x0cb G8 = ", Some(b"hello")),
            ("aGVsbG8", None),
            ("aGVsbG9=", None),
            ("aGVsbG8=a", None),
            ("aGVsbG8==", None),
            ("aGVsbG8=\0", None),
            ("aGVs-G8=", None),
            ("YQ= =", Some(b"a")),
        ] {
            assert_eq!(base64(text.as_bytes()).as_deref(), bytes, "{text:?}");
        }
    }

    #[test]
    fn armor() {
        let good = "-----BEGIN SSH SIGNATURE-----\nYWI=\n-----END SSH SIGNATURE-----\n";
        for (text, is_good) in [
            (good.to_owned(), true),
            (good.trim_end().to_owned(), true),
            (good.replace('\n', "\r\n"), true),
            (format!("{good}\n \n"), true),
            (format!("{good}x"), false),
            (format!("{good}{good}"), false),
            (format!("\n{good}"), false),
            (good.replace("YWI=", "YWI"), false),
            (good.replace("=\n-", "=-"), false),
            (good.replace("-----\nY", "----- \nY"), false),
            (good.replace("-----\nY", "-----Y"), false),
            (good.replace("END SSH", "END  SSH"), false),
            (good.replace("YWI=", "\nYW\n\nI=\n"), true),
            (good.replace("YWI=", &"YWJj\n".repeat(100_000)), false),
            (String::new(), false),
        ] {
            assert_eq!(dearmor(text.as_bytes()).is_ok(), is_good, "{:.100?}", text);
        }
    }
}
