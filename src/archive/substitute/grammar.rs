//! What may stand in a hole. The grammars are narrow: names, numbers, and git's own punctuation around them.

use std::rc::Rc;

use gix_hash::ObjectId;

use crate::c_text::up_to_nul;
use crate::limits;

/// What may stand in a hole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// Seven or more of the first digits of each of these ids, separated by blanks.
    Abbreviations(Rc<[ObjectId]>),
    /// Ref names with git's decorations around them; or nothing.
    Refs(Decoration),
    /// A tag's name, or that with a count and the commit's abbreviated id.
    Description {
        /// The names that signatures vouch for. Where there are none, any name will do, and nothing as well.
        tags: Vec<Vec<u8>>,
        /// The commit that is described.
        commit: ObjectId,
        /// Digits of the abbreviated id, at least.
        digits: usize,
        /// Whether the placeholder's own filter may leave nothing to describe it with.
        may_be_empty: bool,
    },
    /// As in the commit, or as some mailmap has it.
    Mapped {
        /// What the commit has.
        original: Rc<[u8]>,
        /// What that is.
        kind: Mapped,
    },
    /// `3 weeks ago`, and other dates in words.
    DateInWords,
    /// One of these, depending on the forge's version of git.
    OneOf(Vec<Vec<u8>>),
}

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

/// The strings around ref names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoration {
    /// Before the first.
    pub prefix: Vec<u8>,
    /// After the last.
    pub suffix: Vec<u8>,
    /// Between two.
    pub separator: Vec<u8>,
    /// Between HEAD and its branch.
    pub pointer: Vec<u8>,
    /// Before tags.
    pub tag: Vec<u8>,
}

impl Decoration {
    /// `%d`
    pub fn parenthesised() -> Self {
        Decoration { prefix: b" (".to_vec(), suffix: b")".to_vec(), ..Self::bare() }
    }

    /// `%D`
    pub fn bare() -> Self {
        Decoration {
            prefix: Vec::new(),
            suffix: Vec::new(),
            separator: b", ".to_vec(),
            pointer: b" -> ".to_vec(),
            tag: b"tag: ".to_vec(),
        }
    }
}

/// Words in names that begin with a small letter. (Others could be commands.)
const PARTICLES: [&str; 24] = [
    "van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "ten", "ter", "bin", "al",
    "el", "y", "e", "af", "av", "zu", "zur",
];
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const UNITS: [&str; 7] = ["second", "minute", "hour", "day", "week", "month", "year"];

/// Bytes that may be in the name of a ref.
fn is_ref_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._/+@-".contains(&byte)
}

impl Grammar {
    /// The lengths that a text at the beginning of `rest` can have. `steps` counts the work.
    pub fn lengths(&self, rest: &[u8], steps: &mut u64) -> Vec<usize> {
        let rest = &rest[..rest.len().min(self.longest())];
        *steps += 1 + rest.len() as u64;
        match self {
            Grammar::Abbreviations(ids) => abbreviations(ids, rest),
            Grammar::Refs(decoration) => decoration.lengths(rest, steps),
            Grammar::Description { tags, commit, digits, may_be_empty } => {
                description(tags, *commit, *digits, *may_be_empty, rest)
            }
            Grammar::Mapped { original, kind } => {
                let as_written = rest.starts_with(original).then_some(original.len());
                kind.lengths(&rest[..rest.len().min(limits::MAPPED_BYTES)]).into_iter().chain(as_written).collect()
            }
            Grammar::DateInWords => date_in_words(rest),
            Grammar::OneOf(texts) => texts.iter().filter(|text| rest.starts_with(text)).map(Vec::len).collect(),
        }
    }

    /// No text is longer.
    pub fn longest(&self) -> usize {
        match self {
            Grammar::Abbreviations(ids) => ids.len() * 65,
            Grammar::Refs(_) => limits::HOLE_BYTES,
            Grammar::Description { tags, .. } => {
                tags.iter().map(Vec::len).max().unwrap_or(0).max(limits::DESCRIPTION_BYTES)
            }
            Grammar::Mapped { original, .. } => original.len().max(limits::MAPPED_BYTES),
            Grammar::DateInWords => limits::DATE_BYTES,
            Grammar::OneOf(texts) => texts.iter().map(Vec::len).max().unwrap_or(0),
        }
    }

    /// Whether every text that fits is ASCII.
    pub fn is_ascii(&self) -> bool {
        match self {
            Grammar::Mapped { .. } => false,
            Grammar::Refs(Decoration { prefix, suffix, separator, pointer, tag }) => {
                [prefix, suffix, separator, pointer, tag].iter().all(|text| text.is_ascii())
            }
            Grammar::Description { tags, .. } => tags.iter().all(|tag| tag.is_ascii()),
            Grammar::Abbreviations(_) | Grammar::DateInWords | Grammar::OneOf(_) => true,
        }
    }

    /// Whether a text may end in a line feed.
    pub fn may_end_a_line(&self) -> bool {
        matches!(self, Grammar::Refs(decoration) if decoration.suffix.ends_with(b"\n"))
    }

    /// Whether a text may have a NUL in it.
    pub fn may_have_nul(&self) -> bool {
        let has_nul = |text: &Vec<u8>| up_to_nul(text).len() < text.len();
        match self {
            Grammar::Refs(Decoration { prefix, suffix, separator, pointer, tag }) => {
                [prefix, suffix, separator, pointer, tag].into_iter().any(has_nul)
            }
            _ => false,
        }
    }

    /// Whether signed data leaves no other text than this.
    pub fn decides(&self, text: &[u8]) -> bool {
        match self {
            // How many digits the forge took is its own affair, unless it took all. (What fits has the right digits.)
            Grammar::Abbreviations(ids) => {
                let whole = ids.first().map_or(0, |id| id.kind().len_in_hex() + 1);
                text.len() + 1 == ids.len() * whole
            }
            Grammar::Description { tags, .. } => tags.iter().any(|tag| tag == text),
            Grammar::OneOf(_) => true,
            Grammar::Refs(_) | Grammar::Mapped { .. } | Grammar::DateInWords => false,
        }
    }

    /// Whether people need not be told: both texts say the same.
    pub fn goes_without_saying(&self) -> bool {
        matches!(self, Grammar::OneOf(_))
    }
}

fn abbreviations(ids: &[ObjectId], rest: &[u8]) -> Vec<usize> {
    let mut ends = vec![0];
    for (index, id) in ids.iter().enumerate() {
        let hex = id.to_string().into_bytes();
        let blank = usize::from(index > 0);
        let mut next = Vec::new();
        for end in ends {
            if blank == 1 && rest.get(end) != Some(&b' ') {
                continue;
            }
            let begin = end + blank;
            let same = hex.iter().zip(rest.get(begin..).unwrap_or_default()).take_while(|(a, b)| a == b).count();
            next.extend((limits::ABBREVIATED_DIGITS..=same).map(|length| begin + length));
        }
        if next.is_empty() {
            return next;
        }
        ends = next;
    }
    ends
}

fn description(tags: &[Vec<u8>], commit: ObjectId, digits: usize, may_be_empty: bool, rest: &[u8]) -> Vec<usize> {
    let mut lengths: Vec<usize> = tags.iter().filter(|tag| rest.starts_with(tag)).map(Vec::len).collect();
    if may_be_empty || tags.is_empty() {
        lengths.push(0);
    }
    let names = rest.iter().take_while(|byte| is_ref_byte(**byte)).count();
    if tags.is_empty() {
        lengths.extend(1..=names);
    }
    // <name>-<count>-g<id>
    let hex = commit.to_string().into_bytes();
    for dash in (1..names).filter(|at| rest[*at] == b'-') {
        // git counts in 32 bits.
        let count = rest[dash + 1..].iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
        let after = dash + 1 + count;
        if count == 0 || !rest[after..].starts_with(b"-g") {
            continue;
        }
        let same = hex.iter().zip(&rest[after + 2..]).take_while(|(a, b)| a == b).count();
        lengths.extend((digits..=same).map(|length| after + 2 + length));
    }
    lengths
}

impl Mapped {
    /// The lengths of the texts of this kind that `rest` begins with.
    fn lengths(self, rest: &[u8]) -> Vec<usize> {
        match self {
            Mapped::Name => name(rest),
            Mapped::Local => (1..=local(rest)).collect(),
            Mapped::Mail => {
                let local = local(rest);
                let Some(domain) = rest[local..].strip_prefix(b"@").filter(|_| local > 0) else { return Vec::new() };
                let is_good = |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
                let domain = domain.iter().take_while(|byte| is_good(byte)).count();
                (1..=domain).map(|length| local + 1 + length).collect()
            }
        }
    }
}

fn local(rest: &[u8]) -> usize {
    let is_good = |byte: &u8| byte.is_ascii_alphanumeric() || b"._+-".contains(byte);
    let length = rest.iter().take_while(|byte| is_good(byte)).count();
    if rest.first().is_some_and(u8::is_ascii_alphanumeric) { length } else { 0 }
}

/// `Jean-Luc van der Berg Jr.`: words of letters and digits, with dots and inner dashes, one blank between two.
fn name(rest: &[u8]) -> Vec<usize> {
    let text = rest.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let is_word = |word: &str, is_first: bool| {
        let begins_well = word.starts_with(|c: char| c.is_alphabetic() && (is_first || !c.is_lowercase()));
        (begins_well || PARTICLES.contains(&word)) && !word.ends_with('-')
    };
    let (mut lengths, mut word, mut words) = (Vec::new(), 0, 1);
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if c == ' ' {
            if words == limits::MAPPED_WORDS || !is_word(&text[word..at], words == 1) {
                break;
            }
            (word, words) = (end, words + 1);
        } else if c.is_alphanumeric() || at > word && ".-".contains(c) {
            if is_word(&text[word..end], words == 1) {
                lengths.push(end);
            }
        } else {
            break;
        }
    }
    lengths
}

/// git's relative dates, and those for people: `3 days ago`, `1 year, 2 months ago`, `Tue Oct 10 12:00 2023 +0200`.
fn date_in_words(rest: &[u8]) -> Vec<usize> {
    let text = rest.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let mut lengths = Vec::new();
    if text.starts_with("in the future") {
        lengths.push("in the future".len());
    }
    let mut after = span(text, &UNITS);
    if let Some(more) = after.and_then(|after| span(after.strip_prefix(", ")?, &["month"])) {
        after = Some(more);
    }
    if let Some(end) = after.and_then(|after| after.strip_prefix(" ago")) {
        lengths.push(text.len() - end.len());
    }
    // Each part may be missing, and where it is not, a blank stands before it.
    let parts: [fn(&str) -> Option<&str>; 5] = [weekday, day, time, year, zone];
    let mut left = text;
    for part in parts {
        let begin = if left.len() == text.len() { Some(left) } else { left.strip_prefix(' ') };
        if let Some(after) = begin.and_then(part) {
            left = after;
            lengths.push(text.len() - after.len());
        }
    }
    lengths
}

/// `3 days`, and what follows.
fn span<'a>(text: &'a str, units: &[&str]) -> Option<&'a str> {
    let rest = number(text, 1..=5)?.strip_prefix(' ')?;
    let rest = units.iter().find_map(|unit| rest.strip_prefix(unit))?;
    Some(rest.strip_prefix('s').unwrap_or(rest))
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<&str> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    digits.contains(&count).then(|| &text[count..])
}

fn weekday(text: &str) -> Option<&str> {
    WEEKDAYS.iter().find_map(|day| text.strip_prefix(day))
}

fn day(text: &str) -> Option<&str> {
    number(MONTHS.iter().find_map(|month| text.strip_prefix(month))?.strip_prefix(' ')?, 1..=2)
}

fn time(text: &str) -> Option<&str> {
    let minutes = number(number(text, 2..=2)?.strip_prefix(':')?, 2..=2)?;
    Some(minutes.strip_prefix(':').and_then(|seconds| number(seconds, 2..=2)).unwrap_or(minutes))
}

fn year(text: &str) -> Option<&str> {
    number(text, 4..=4)
}

fn zone(text: &str) -> Option<&str> {
    number(text.strip_prefix(['+', '-'])?, 4..=4)
}

impl Decoration {
    /// The ends of `prefix item (separator item)* suffix`, and 0.
    fn lengths(&self, rest: &[u8], steps: &mut u64) -> Vec<usize> {
        let mut found = vec![0];
        if !rest.starts_with(&self.prefix) {
            return found;
        }
        let mut can_begin = vec![false; rest.len() + 1];
        can_begin[self.prefix.len()] = true;
        let mut can_end = vec![false; rest.len() + 1];
        for begin in self.prefix.len()..rest.len() {
            if !can_begin[begin] {
                continue;
            }
            for name in self.names(rest, begin, begin == self.prefix.len()) {
                let names = rest[name..].iter().take_while(|byte| is_ref_byte(**byte)).count();
                *steps += names as u64;
                for end in (name + 1..=name + names).filter(|end| !std::mem::replace(&mut can_end[*end], true)) {
                    let after = &rest[end..];
                    if after.starts_with(&self.suffix) {
                        found.push(end + self.suffix.len());
                    }
                    if !self.separator.is_empty() && after.starts_with(&self.separator) {
                        can_begin[end + self.separator.len()] = true;
                    }
                }
            }
        }
        found
    }

    /// Where the name of an item can begin that begins at `begin`.
    fn names(&self, rest: &[u8], begin: usize, is_first: bool) -> Vec<usize> {
        let after = |text: &[u8]| rest[begin..].starts_with(text).then_some(begin + text.len());
        let head = [b"HEAD", self.pointer.as_slice()].concat();
        let head = after(&head).filter(|_| is_first);
        [Some(begin), after(&self.tag), head].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the whole text fits.
    fn fits(grammar: &Grammar, text: &str) -> bool {
        grammar.lengths(text.as_bytes(), &mut 0).contains(&text.len())
    }

    #[test]
    fn names_are_names_and_no_commands() {
        let of = |kind| Grammar::Mapped { original: (*b"x y z").into(), kind };
        let name = of(Mapped::Name);
        for good in
            ["x y z", "Jean-Luc van der Berg Jr.", "jim", "\u{c9}tienne \u{5f20}\u{4e09}", "D. E. Knuth", "R2D2"]
        {
            assert!(fits(&name, good), "{good}");
        }
        for bad in ["x reboot", "x rm -rf .. @home", "A  B", " A", "A -B", "A; B", "A'B", "A/B", "A B C D E F G", "1 A"]
        {
            assert!(!fits(&name, bad), "{bad}");
        }
        for (kind, text, good) in [
            (Mapped::Mail, "a.b+c@example.org", true),
            (Mapped::Mail, "a b@example.org", false),
            (Mapped::Mail, "-a@b", false),
            (Mapped::Mail, "a@", false),
            (Mapped::Local, "a.b", true),
            (Mapped::Local, "-a", false),
            (Mapped::Local, "a@b", false),
        ] {
            assert_eq!(fits(&of(kind), text), good, "{text}");
        }
    }

    #[test]
    fn dates_are_dates_and_no_commands() {
        for good in [
            "3 weeks ago",
            "1 second ago",
            "1 year, 2 months ago",
            "in the future",
            "Tue Oct 10 12:00 2023 +0200",
            "Oct 10 2023",
            "12:00",
            "Tue 12:00:01",
            "2023",
        ] {
            assert!(fits(&Grammar::DateInWords, good), "{good}");
        }
        for bad in [
            "now curl -o- evil:80",
            "3 weeks",
            "three weeks ago",
            "3 weeks ago;",
            "Tue  Oct 10",
            "1 day, 2 days ago",
            "",
        ] {
            assert!(!fits(&Grammar::DateInWords, bad), "{bad}");
        }
    }
}
