//! `%aN`, `%aE`, `%aL` and those of the committer: names and addresses that a mailmap may have changed (specification 6.8).

use super::names::Level;
use crate::limits;

/// What a mailmap may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapped {
    /// A person's name: words that begin with a capital letter, or are such as names have ("van").
    Name,
    /// A mail address.
    Mail,
    /// Its part before the `@`.
    Local,
}

/// Words in names that begin with a small letter. (Others could be commands.)
const PARTICLES: [&str; 24] = [
    "van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "ten", "ter", "bin", "al",
    "el", "y", "e", "af", "av", "zu", "zur",
];

impl Mapped {
    /// The lengths of the texts of this kind that `rest` begins with.
    pub fn lengths(self, rest: &[u8], level: Level, steps: &mut u64) -> Vec<usize> {
        let most = if level == Level::Plain { limits::MAPPED_BYTES } else { limits::LONG_NAME_BYTES };
        let rest = &rest[..rest.len().min(most)];
        *steps += rest.len() as u64;
        match (level, self) {
            (Level::Possible, kind) => kind.possible(rest),
            (Level::Plain, Mapped::Name) => name(rest),
            (Level::Plain, Mapped::Local) => ends(rest, local(rest)),
            (Level::Plain, Mapped::Mail) => {
                let local = local(rest);
                let Some(domain) = rest[local..].strip_prefix(b"@").filter(|_| local > 0) else { return Vec::new() };
                let is_good = |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
                let length = domain.iter().take_while(|byte| is_good(byte)).count();
                // `@jsx` in a comment means something to compilers; `@example.org` does not.
                let dot = domain.iter().take(length).position(|byte| *byte == b'.').unwrap_or(length);
                let begins_well = domain.first().is_some_and(u8::is_ascii_alphanumeric);
                let ends = ends(domain, length).into_iter().filter(|_| begins_well);
                ends.filter(|end| *end > dot).map(|length| local + 1 + length).collect()
            }
        }
    }

    /// What a line of a mailmap can have: `parse_name_and_email`. A name has no blank at either end; of an address git takes
    /// none away, and its part before the `@` may be empty.
    fn possible(self, rest: &[u8]) -> Vec<usize> {
        let is_end = |byte: &u8| match byte {
            b'\n' | 0 => true,
            b'<' => self == Mapped::Name,
            b'>' => self != Mapped::Name,
            b'@' => self == Mapped::Local,
            _ => false,
        };
        let most = rest.iter().position(is_end).unwrap_or(rest.len());
        let is_blank = |byte: &u8| byte.is_ascii_whitespace();
        match self {
            Mapped::Local => (0..=most).collect(),
            Mapped::Mail => (1..=most).collect(),
            Mapped::Name if rest.first().is_none_or(is_blank) => Vec::new(),
            Mapped::Name => (1..=most).filter(|end| !is_blank(&rest[end - 1])).collect(),
        }
    }
}

/// The lengths up to this one that end in a letter or digit.
fn ends(text: &[u8], most: usize) -> Vec<usize> {
    (1..=most).filter(|end| text[end - 1].is_ascii_alphanumeric()).collect()
}

fn local(rest: &[u8]) -> usize {
    let is_good = |byte: &u8| byte.is_ascii_alphanumeric() || b"._+-".contains(byte);
    let length = rest.iter().take_while(|byte| is_good(byte)).count();
    if rest.first().is_some_and(u8::is_ascii_alphanumeric) { length } else { 0 }
}

/// `Jean-Luc van der Berg Jr.`: words of letters and digits, with dots and inner dashes, one blank between two.
fn name(rest: &[u8]) -> Vec<usize> {
    let is_word = |word: &str| {
        let begins_well = word.starts_with(|c: char| c.is_ascii_uppercase());
        (begins_well || PARTICLES.contains(&word)) && !word.ends_with('-')
    };
    let ascii = rest.iter().take_while(|byte| byte.is_ascii()).count();
    let text = std::str::from_utf8(&rest[..ascii]).unwrap_or_default();
    let (mut lengths, mut word, mut words) = (Vec::new(), 0, 1);
    for (at, byte) in text.bytes().enumerate() {
        let end = at + 1;
        if byte == b' ' {
            if words == limits::MAPPED_WORDS || !is_word(&text[word..at]) {
                break;
            }
            (word, words) = (end, words + 1);
        } else if byte.is_ascii_alphanumeric() || at > word && b".-".contains(&byte) {
            if is_word(&text[word..end]) {
                lengths.push(end);
            }
        } else {
            break;
        }
    }
    lengths
}
