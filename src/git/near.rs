//! Names like one that is not there, for people who mistyped it: `v1.0` for `1.0`, `release-1.0`, a branch.

use foreign::Foreign;

use super::tag_name::TagName;
use crate::limits;

/// What a repository has in place of a tag that it does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Near {
    /// The most similar tags, without `refs/tags/`: the best first, and few.
    pub tags: Vec<Foreign>,
    /// Whether a branch has that very name.
    pub is_branch: bool,
}

impl Near {
    /// Choose among full names.
    pub(super) fn among<'a>(wanted: &TagName, names: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut search = Search::new(wanted);
        names.for_each(|name| search.see(name));
        search.finish()
    }
}

/// A choice among names that come one by one; only the best are kept.
pub(super) struct Search<'a> {
    wanted: &'a TagName,
    tags: Vec<(usize, Vec<u8>)>,
    is_branch: bool,
}

impl<'a> Search<'a> {
    pub(super) fn new(wanted: &'a TagName) -> Self {
        Search { wanted, tags: Vec::new(), is_branch: false }
    }

    /// A full name.
    pub(super) fn see(&mut self, name: &[u8]) {
        let wanted = self.wanted.short().as_bytes();
        self.is_branch |= name.strip_prefix(b"refs/heads/") == Some(wanted);
        let tag = name.strip_prefix(b"refs/tags/").filter(|tag| tag.len() <= limits::NEAR_NAME_BYTES);
        if let Some((tag, distance)) = tag.and_then(|tag| Some((tag, distance(wanted, tag)?))) {
            self.tags.push((distance, tag.to_vec()));
        }
        if self.tags.len() > 64 * limits::NEAR_NAMES {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        self.tags.sort_unstable();
        self.tags.dedup();
        self.tags.truncate(limits::NEAR_NAMES);
    }

    pub(super) fn finish(mut self) -> Near {
        self.shorten();
        let tags = self.tags.iter().map(|(_, tag)| Foreign::from(tag)).collect();
        Near { tags, is_branch: self.is_branch }
    }
}

/// How far a name is from the one that is wanted; `None` if nobody would take one for the other.
fn distance(wanted: &[u8], tag: &[u8]) -> Option<usize> {
    // The same numbers behind other words are another way to write the same version.
    let (of_wanted, of_tag) = (numbers(wanted), numbers(tag));
    let is_version = |numbers: &[u8]| numbers.iter().any(u8::is_ascii_digit);
    if is_version(&of_wanted) && of_wanted == of_tag {
        return Some(0);
    }
    if wanted.len() > limits::NEAR_NAME_BYTES {
        return None;
    }
    // A slip of the finger: one change in four letters at most.
    let edits = edits(&wanted.to_ascii_lowercase(), &tag.to_ascii_lowercase());
    (edits <= wanted.len().min(tag.len()) / 4).then_some(edits + 1)
}

/// `release-1_0.rc1` is `1.0.rc1`: what comes before the first digit is dropped, separators are dots.
fn numbers(name: &[u8]) -> Vec<u8> {
    let name = name.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let start = name.iter().position(u8::is_ascii_digit).unwrap_or(name.len());
    let separated = |byte: &u8| if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'.' };
    name.get(start..).unwrap_or_default().iter().map(separated).collect()
}

/// Levenshtein's distance, of two names of bounded length.
fn edits(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut above_left = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (y, above) in b.iter().zip(row.iter_mut().skip(1)) {
            let here = (above_left + usize::from(x != y)).min(left + 1).min(*above + 1);
            above_left = std::mem::replace(above, here);
            left = here;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Near, edits};
    use crate::git::tag_name::TagName;

    fn near(wanted: &str, names: &[&str]) -> (Vec<String>, bool) {
        let near = Near::among(&TagName::parse(wanted).unwrap(), names.iter().map(|name| name.as_bytes()));
        (near.tags.iter().map(ToString::to_string).collect(), near.is_branch)
    }

    #[test]
    fn other_ways_to_write_a_version_come_first() {
        let names =
            ["refs/tags/v1.0", "refs/tags/v1.0.1", "refs/tags/pkg/release-1_0", "refs/tags/2.0", "refs/heads/1.0"];
        assert_eq!(near("1.0", &names), (vec!["pkg/release-1_0".into(), "v1.0".into()], true));
        assert_eq!(near("v1.0.0", &["refs/tags/v1.0", "refs/tags/v1.0.1"]).0, ["v1.0.1"]);
        assert_eq!(near("relaese-7", &["refs/tags/release-7", "refs/heads/relaese-7x"]).0, ["release-7"]);
        assert_eq!(near("stable", &["refs/tags/v1", "refs/tags/sable"]).0, ["sable"]);
        assert_eq!(near("x", &["refs/tags/y", "refs/heads/x/y"]), (vec![], false));
        assert_eq!(near("v1", &["refs/tags/v2", "refs/tags/v1x"]).0, Vec::<String>::new());
    }

    #[test]
    fn a_million_names_leave_a_few() {
        let names: Vec<String> = (0..100_000).map(|n| format!("refs/tags/x{n}/v1.0")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(near("1.0", &names).0.len(), crate::limits::NEAR_NAMES);
    }

    #[test]
    fn edits_are_counted() {
        for (a, b, count) in [("", "", 0), ("a", "", 1), ("", "ab", 2), ("abc", "abd", 1), ("kitten", "sitting", 3)] {
            assert_eq!(edits(a.as_bytes(), b.as_bytes()), count, "{a} {b}");
        }
    }
}
