//! Patterns and lists of them, as in the section PATTERNS of ssh_config(5).
//!
//! A pattern is text with the wildcards `*` (any bytes, also none) and `?` (one byte); nothing escapes them. A list of
//! patterns is separated by commas, and a pattern with `!` in front of it excludes what it matches from the whole list.

use super::error::Error;
use crate::limits;

/// Whether all of `text` matches `pattern`: OpenSSH's `match_pattern`.
///
/// Goes back to the last `*` only, which finds a match if there is one. Steps: at most the lengths' product.
pub fn matches(text: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut next) = (0, 0);
    // Where to go on after a mismatch: behind the last `*`, with one more byte given to it.
    let mut retry = None;
    loop {
        match (text.get(at), pattern.get(next)) {
            (_, Some(b'*')) => {
                next += 1;
                retry = Some((at, next));
            }
            (Some(byte), Some(wanted)) if *wanted == b'?' || wanted == byte => {
                at += 1;
                next += 1;
            }
            (None, None) => return true,
            // A `*` that ends beyond the text ends nowhere.
            (None, Some(_)) => return false,
            (Some(_), _) => match retry {
                Some((given, behind)) => {
                    retry = Some((given + 1, behind));
                    (at, next) = (given + 1, behind);
                }
                None => return false,
            },
        }
    }
}

/// Whether the list has a pattern that matches, and none that excludes: OpenSSH's `match_pattern_list` being 1.
pub fn list_matches(text: &[u8], list: &[u8]) -> bool {
    if list.is_empty() {
        return false;
    }
    // A comma at the end ends the last pattern and does not begin another.
    let list = list.strip_suffix(b",").unwrap_or(list);
    let mut found = false;
    for pattern in list.split(|byte| *byte == b',') {
        let (is_negated, pattern) = pattern.strip_prefix(b"!").map_or((false, pattern), |pattern| (true, pattern));
        // OpenSSH gives up here, whatever was found before.
        if pattern.len() > limits::SSH_PATTERN_BYTES {
            return false;
        }
        if matches(text, pattern) {
            if is_negated {
                return false;
            }
            found = true;
        }
    }
    found
}

/// What comparisons for one signature may still cost.
pub struct Budget(u64);

impl Budget {
    /// All of [`limits::SSH_PATTERN_STEPS`].
    pub fn new() -> Self {
        Budget(limits::SSH_PATTERN_STEPS)
    }

    /// [`matches()`], as long as it can be paid for.
    pub fn matches(&mut self, text: &[u8], pattern: &[u8]) -> Result<bool, Error> {
        self.pay(text, pattern)?;
        Ok(matches(text, pattern))
    }

    /// [`list_matches`], as long as it can be paid for.
    pub fn list_matches(&mut self, text: &[u8], list: &[u8]) -> Result<bool, Error> {
        self.pay(text, list)?;
        Ok(list_matches(text, list))
    }

    fn pay(&mut self, text: &[u8], pattern: &[u8]) -> Result<(), Error> {
        let length = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX).saturating_add(1);
        let cost = length(text).saturating_mul(length(pattern));
        self.0 =
            self.0.checked_sub(cost).ok_or(Error::Limit { what: "the comparisons of principals with patterns" })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, list_matches, matches};

    #[test]
    fn wildcards() {
        for (text, pattern, expected) in [
            ("", "", true),
            ("a", "", false),
            ("", "*", true),
            ("", "**", true),
            ("", "?", false),
            ("", "*?", false),
            ("a", "*?", true),
            ("a", "?*", true),
            ("alice@example.org", "*@example.org", true),
            ("alice@example.org", "*@example.or", false),
            ("alice@example.org", "alice*", true),
            ("alice@example.org", "a*e@*.org", true),
            ("alice@example.org", "a*e@*.orgx", false),
            ("alice@example.org", "?????@example.org", true),
            ("alice@example.org", "????@example.org", false),
            ("aab", "*ab", true),
            ("abab", "*ab", true),
            ("ababa", "*ab", false),
            ("mississippi", "m*iss*ip*", true),
            ("mississippi", "m*iss*ipx*", false),
            ("a*b", "a*b", true),
            ("Alice", "alice", false),
            ("\\*", "\\*", true),
            ("\\x", "\\*", true),
        ] {
            assert_eq!(matches(text.as_bytes(), pattern.as_bytes()), expected, "{text} {pattern}");
        }
    }

    #[test]
    fn many_stars_are_cheap() {
        let text = [b'a'; 1000];
        let pattern = [b"*a".repeat(500), b"b".to_vec()].concat();
        assert!(!matches(&text, &pattern));
    }

    #[test]
    fn lists() {
        for (text, list, expected) in [
            ("git", "git", true),
            ("git", "file,git", true),
            ("git", "file", false),
            ("git", "", false),
            ("", "", false),
            ("", ",", true),
            ("", "a,", false),
            ("", "a,,b", true),
            ("git", "*,!git", false),
            ("git", "!git,*", false),
            ("git", "!file,*", true),
            ("git", "!file", false),
            ("!file", "!!file,*", false),
            ("git", " git", false),
            ("git", "g?t,", true),
        ] {
            assert_eq!(list_matches(text.as_bytes(), list.as_bytes()), expected, "{text} {list}");
        }
        let long = "a".repeat(1022);
        assert!(list_matches(long.as_bytes(), format!("{long},b").as_bytes()));
        assert!(!list_matches(b"b", format!("b,{long}a").as_bytes()));
    }

    #[test]
    fn comparisons_are_bounded() {
        let mut budget = Budget::new();
        let text = [b'a'; 1 << 10];
        let outcome = (0..1 << 11).try_for_each(|_| budget.list_matches(&text, &text).map(drop));
        assert!(outcome.is_err());
    }
}
