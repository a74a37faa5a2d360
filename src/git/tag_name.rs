//! Names of tags.

use std::fmt;

use foreign::Foreign;
use gix_object::bstr::BStr;

/// The name of a tag below `refs/tags/`, well formed as `git check-ref-format` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagName(String);

impl TagName {
    /// Accept `v1`, `release/v1` or `refs/tags/v1`.
    ///
    /// # Errors
    /// A sentence for people where git would not accept the name.
    pub fn parse(name: &str) -> Result<Self, String> {
        let short = name.strip_prefix("refs/tags/").unwrap_or(name);
        if short.starts_with('-') {
            return Err("a tag name does not begin with a dash".into());
        }
        gix_validate::reference::name(BStr::new(&format!("refs/tags/{short}")))
            .map_err(|_| format!("\"{}\" is not a tag name", Foreign::from(name)))?;
        Ok(TagName(short.to_owned()))
    }

    /// `v1`
    pub fn short(&self) -> &str {
        &self.0
    }

    /// `refs/tags/v1`
    pub fn full(&self) -> String {
        format!("refs/tags/{}", self.0)
    }
}

impl fmt::Display for TagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Foreign::from(&self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::TagName;

    #[test]
    fn names_may_be_given_in_full() {
        assert_eq!(TagName::parse("refs/tags/v1").unwrap(), TagName::parse("v1").unwrap());
        for bad in ["", "-d", "a..b", "a b", "a\n", "x.lock", "a/", "^a", "refs/tags/"] {
            assert!(TagName::parse(bad).is_err(), "{bad:?}");
        }
    }
}
