//! Texts that the caller looked at and accepts, each in one file.

use foreign::Foreign;

/// Files of the archive, and texts that may stand in their holes although programs could read something into them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcceptedTexts(Vec<(Vec<u8>, Vec<u8>)>);

impl AcceptedTexts {
    /// Accept this text in this file: its path as messages show it, with the prefix.
    pub fn accept(&mut self, path: impl Into<Vec<u8>>, text: impl Into<Vec<u8>>) {
        self.0.push((path.into(), text.into()));
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it was accepted, as it is or as messages show it.
    pub fn has(&self, path: &[u8], text: &[u8]) -> bool {
        let is = |given: &[u8], found: &[u8]| given == found || given == Foreign::from(found).to_string().as_bytes();
        self.0.iter().any(|(file, accepted)| is(file, path) && is(accepted, text))
    }
}
