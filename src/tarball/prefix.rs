//! Prefixes that may be read off a tarball.

use crate::limits;

/// A prefix that may be read off: one folder, whose name means the same to every program that will see it.
///
/// The tarball's host chooses it. `.git/` would put hooks into a checkout, `-rf/` and `--checkpoint-action=.../` are options to
/// a `*` in a shell, `~/` is somebody's home, and blanks, backslashes and direction marks are read in more than one way. Such a
/// prefix needs `--prefix`, from somebody who knows.
pub fn is_plain_prefix(prefix: &[u8]) -> bool {
    let Some(name) = prefix.strip_suffix(b"/").filter(|_| prefix.len() <= limits::PREFIX_BYTES) else { return false };
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._+~@-".contains(byte);
    name.first().is_some_and(u8::is_ascii_alphanumeric)
        && name.last() != Some(&b'.')
        && name.iter().all(is_plain)
        && !is_special_to_windows(name)
}

/// Devices, whatever stands behind a dot in their names; and short names, such as the one that NTFS gives `.git`.
fn is_special_to_windows(name: &[u8]) -> bool {
    if name.windows(2).any(|pair| pair[0] == b'~' && pair[1].is_ascii_digit()) {
        return true;
    }
    let stem = name.split(|byte| *byte == b'.').next().unwrap_or_default().to_ascii_lowercase();
    match stem.as_slice() {
        b"con" | b"prn" | b"aux" | b"nul" => true,
        [b'c', b'o', b'm', digit] | [b'l', b'p', b't', digit] => digit.is_ascii_digit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_plain_prefix;

    #[test]
    fn a_prefix_that_is_read_off_is_one_plain_name() {
        for good in ["a/", "htop-3.2.2/", "x-1.0~rc1/", "g++/", "a@b_c/", "2048/", "conx/", "com10/"] {
            assert!(is_plain_prefix(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            "/",
            "a",
            "/a/",
            "../",
            "a/b/",
            "a/../b/",
            "a//",
            "./",
            "a\n/",
            ".git/",
            ".ssh/",
            "..a/",
            "~/",
            "~a/",
            "-rf/",
            "--checkpoint-action=exec=sh/",
            "a b/",
            "a\\b/",
            "a\u{202e}b/",
            "é/",
            "_a/",
            "+a/",
            "CON/",
            "nul.txt/",
            "Com1/",
            "lpt0.x/",
            "GIT~1/",
            "PROGRA~1/",
            "a./",
            "a:b/",
            "a*/",
            "$a/",
        ] {
            assert!(!is_plain_prefix(bad.as_bytes()), "{bad}");
        }
    }
}
