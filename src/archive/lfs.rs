//! Git LFS: files of which the tree has a pointer, and for which a forge may put what the pointer names into an archive
//! (specification, 5.4).

use gix_hash::ObjectId;

/// What a pointer names: both numbers are signed, since the pointer is in the tree.
///
/// The form is that of [Git LFS](https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md), version 1, without extensions:
/// those change the content on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// The pointer's own bytes: what git has, and writes where nobody knows Git LFS.
    pub text: Vec<u8>,
    /// The SHA-256 of the content.
    pub sha256: [u8; 32],
    /// The content's size in bytes.
    pub size: u64,
}

impl Pointer {
    /// Read a blob; `None` if it is no pointer of the one form that Git LFS writes.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let rest =
            std::str::from_utf8(text).ok()?.strip_prefix("version https://git-lfs.github.com/spec/v1\noid sha256:")?;
        let (hex, rest) = rest.split_once("\nsize ")?;
        let is_plain = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let sha256 = ObjectId::from_hex(hex.as_bytes()).ok().filter(|_| is_plain && hex.len() == 64)?;
        let digits = rest.strip_suffix('\n')?;
        let size = digits.parse().ok().filter(|size: &u64| size.to_string() == digits)?;
        Some(Pointer { text: text.to_vec(), sha256: sha256.as_bytes().try_into().ok()?, size })
    }
}

#[cfg(test)]
mod tests {
    use super::Pointer;

    #[test]
    fn one_form_only() {
        let digits = "0123456789abcdef".repeat(4);
        let good = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digits}\nsize 12345\n");
        let pointer = Pointer::parse(good.as_bytes()).expect("a pointer");
        assert_eq!((pointer.size, pointer.sha256[..2].to_vec()), (12345, vec![0x01, 0x23]));
        for bad in [
            good.trim_end().to_owned(),
            format!("{good}\n"),
            good.replace("abc", "ABC"),
            good.replace("12345", "012345"),
            good.replace("12345", "+12345"),
            good.replace("12345", "99999999999999999999"),
            good.replace("sha256", "sha512"),
            good.replace(&digits, &digits[1..]),
            good.replace(&digits, &digits[..40]),
            good.replace("size", "ext-0-x sha256:0\nsize"),
            good.replace('\n', "\r\n"),
            String::new(),
        ] {
            assert_eq!(Pointer::parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
