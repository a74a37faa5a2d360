//! Paths and link targets that mean the same to every program.

use crate::limits;

/// The path without a leading `./` and without slashes at its end; why it is refused otherwise.
pub fn plain(path: &[u8]) -> Result<Vec<u8>, &'static str> {
    if path.contains(&0) {
        return Err("has a NUL in its name");
    }
    if path.is_empty() {
        return Err("has no name");
    }
    if path.starts_with(b"/") {
        return Err("has an absolute path");
    }
    let mut rest = path;
    while let Some(after) = rest.strip_prefix(b"./") {
        rest = after;
    }
    while let Some(before) = rest.strip_suffix(b"/") {
        rest = before;
    }
    if matches!(rest, b"" | b".") {
        return if path.starts_with(b".") { Ok(Vec::new()) } else { Err("has no name") };
    }
    if rest.len() > limits::ENTRY_PATH_BYTES || components(rest).count() > limits::ENTRY_DEPTH {
        return Err("has a path that is too long");
    }
    match components(rest).find(|part| matches!(*part, b"" | b"." | b"..")) {
        Some(b"..") => Err("has a path with .. in it"),
        Some(_) => Err("has a path with an empty component or . in it"),
        None => Ok(rest.to_vec()),
    }
}

/// The parts between slashes.
pub fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/')
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn paths_that_mean_one_thing() {
        for (path, expected) in [
            ("a", "a"),
            ("a/", "a"),
            ("./a/b", "a/b"),
            ("././a", "a"),
            (".", ""),
            ("./", ""),
            ("...", "..."),
            ("a//", "a"),
        ] {
            assert_eq!(plain(path.as_bytes()).as_deref(), Ok(expected.as_bytes()), "{path}");
        }
        for path in ["", "/", "/a", "//a", "a//b", "a/./b", "a/../b", "..", "../a", "a/..", "a\0b", ".//a", "./../a"] {
            assert!(plain(path.as_bytes()).is_err(), "{path}");
        }
    }
}
