//! Patterns that say which paths may differ.

use foreign::Foreign;
use gix_object::bstr::ByteSlice;

use crate::archive::{Pattern, Scratch};

/// A pattern for whole paths, in the grammar of gitignore: `*` does not cross slashes, and `**` does.
#[derive(Clone, Debug)]
pub struct PathPattern {
    text: Foreign,
    pattern: Pattern,
}

impl PathPattern {
    /// From text; `None` for what can match no file.
    pub fn new(text: &[u8]) -> Option<Self> {
        let is_path = !text.is_empty() && !text.starts_with(b"/") && !text.ends_with(b"/") && !text.contains(&0);
        // With a slash in it, it is for whole paths.
        let pattern = Pattern::new(&[b"/", text].concat(), false);
        (is_path && pattern.can_match()).then(|| PathPattern { text: Foreign::from(text), pattern })
    }

    /// Whether it is for this path.
    pub fn matches(&self, path: &[u8]) -> bool {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        self.pattern.matches(path.as_bstr(), name.as_bstr(), false, &mut Scratch::default())
    }
}

impl std::fmt::Display for PathPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.text.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::PathPattern;

    #[test]
    fn patterns_are_for_whole_paths() {
        let matches =
            |pattern: &str, path: &str| PathPattern::new(pattern.as_bytes()).unwrap().matches(path.as_bytes());
        for (pattern, path) in [
            ("configure", "configure"),
            ("*.m4", "a.m4"),
            ("**/*.m4", "m4/a.m4"),
            ("**/*.m4", "a.m4"),
            ("*.egg-info/**", "x.egg-info/a/b"),
            ("doc/[ab]", "doc/a"),
            ("**", "a/b/c"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("configure", "m4/configure"),
            ("*.m4", "m4/a.m4"),
            ("m4/*", "m4/a/b"),
            ("*", "a/b"),
            ("doc/[ab]", "doc/c"),
        ] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
        for bad in ["", "/a", "a/", "[", "a\\"] {
            assert!(PathPattern::new(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
