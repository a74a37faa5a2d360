//! Texts that the caller looked at and accepts, each in one place of one file.

use foreign::Foreign;

/// Files of the archive, and texts that may stand in their holes although programs could read something into them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcceptedTexts(Vec<(Vec<u8>, Vec<u8>)>);

impl AcceptedTexts {
    /// Accept this text in this file: its path as messages show it, with the prefix.
    ///
    /// `LINE:TEXT` accepts it in this line of the file. Without a line, it is accepted only if no other placeholder of the file
    /// could have it: an attacker must not be able to bring it to another place.
    pub fn accept(&mut self, path: impl Into<Vec<u8>>, text: impl Into<Vec<u8>>) {
        self.0.push((path.into(), text.into()));
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them ends with this text.
    pub fn names(&self, path: &[u8], text: &[u8]) -> bool {
        let shown = shown(text);
        self.of(path).any(|accepted| accepted.ends_with(text) || accepted.ends_with(&shown))
    }

    /// Whether it was accepted without a line, as it is or as messages show it.
    pub fn has(&self, path: &[u8], text: &[u8]) -> bool {
        let shown = shown(text);
        self.of(path).any(|accepted| accepted == text || *accepted == *shown)
    }

    /// Whether it was accepted in this line.
    pub fn has_at(&self, path: &[u8], line: usize, text: &[u8]) -> bool {
        let line = format!("{line}:").into_bytes();
        self.has(path, &[line.as_slice(), text].concat()) || self.has(path, &[line, shown(text)].concat())
    }

    /// What was accepted in this file.
    fn of(&self, path: &[u8]) -> impl Iterator<Item = &[u8]> {
        let file = shown(path);
        self.0.iter().filter(move |(given, _)| given == path || *given == file).map(|(_, text)| text.as_slice())
    }
}

fn shown(text: &[u8]) -> Vec<u8> {
    Foreign::from(text).to_string().into_bytes()
}
