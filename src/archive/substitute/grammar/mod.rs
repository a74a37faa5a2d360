//! What may stand in a hole: what git can write for its placeholder, and which of that is a name, a number or a date that
//! changes nothing around it. (Specification 13 has both for people.)

use std::rc::Rc;

use gix_hash::ObjectId;

use crate::limits;

mod dates;
mod description;
mod mapped;
mod names;
mod refs;

pub use dates::Human;
pub use description::Description;
pub use mapped::Mapped;
pub use names::Level;
pub use refs::Decoration;

/// What may stand in a hole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// Seven or more of the first digits of each of these ids, separated by blanks.
    Abbreviations(Rc<[ObjectId]>),
    /// Ref names with git's decorations around them; or nothing.
    Refs(Decoration),
    /// A tag's name, or that with a count and the commit's abbreviated id.
    Description(Description),
    /// As in the commit, or as some mailmap has it.
    Mapped {
        /// What the commit has.
        original: Rc<[u8]>,
        /// What that is.
        kind: Mapped,
    },
    /// `3 weeks ago`.
    RelativeDate,
    /// A date for people: relative, or what is left of it in these ways.
    HumanDate(Human),
    /// One of these, depending on the forge's version of git.
    OneOf(Vec<Vec<u8>>),
}

impl Grammar {
    /// The lengths that a text at the beginning of `rest` can have. `steps` counts the work.
    pub fn lengths(&self, rest: &[u8], level: Level, steps: &mut u64) -> Vec<usize> {
        let most = if level == Level::Plain { self.longest() } else { self.longest().max(limits::LONG_HOLE_BYTES) };
        let rest = &rest[..rest.len().min(most)];
        *steps += 1 + rest.len().min(self.longest()) as u64;
        match self {
            Grammar::Abbreviations(ids) => abbreviations(ids, rest, level),
            Grammar::Refs(decoration) => decoration.lengths(rest, level, steps),
            Grammar::Description(description) => description.lengths(rest, level, steps),
            Grammar::Mapped { original, kind } => {
                let as_written = rest.starts_with(original).then_some(original.len());
                kind.lengths(rest, level, steps).into_iter().chain(as_written).collect()
            }
            Grammar::RelativeDate => dates::relative(rest),
            Grammar::HumanDate(human) => dates::relative(rest).into_iter().chain(human.lengths(rest)).collect(),
            Grammar::OneOf(texts) => texts.iter().filter(|text| rest.starts_with(text)).map(Vec::len).collect(),
        }
    }

    /// No text that may be accepted as it stands is longer.
    pub fn longest(&self) -> usize {
        match self {
            Grammar::Abbreviations(ids) => ids.len() * 65,
            Grammar::Refs(_) => limits::HOLE_BYTES,
            Grammar::Description(description) => description.longest(),
            Grammar::Mapped { original, .. } => original.len().max(limits::MAPPED_BYTES),
            Grammar::RelativeDate | Grammar::HumanDate(_) => limits::DATE_BYTES,
            Grammar::OneOf(texts) => texts.iter().map(Vec::len).max().unwrap_or(0),
        }
    }

    /// Whether what is known of every text is ASCII; names of refs may be more than that.
    pub fn is_ascii(&self) -> bool {
        match self {
            Grammar::Mapped { .. } => false,
            Grammar::Refs(decoration) => decoration.strings().iter().all(|text| text.is_ascii()),
            Grammar::Description(description) => description.signed.iter().all(|tag| tag.is_ascii()),
            Grammar::Abbreviations(_) | Grammar::RelativeDate | Grammar::HumanDate(_) | Grammar::OneOf(_) => true,
        }
    }

    /// Whether a text may end in a line feed.
    pub fn may_end_a_line(&self) -> bool {
        matches!(self, Grammar::Refs(decoration) if decoration.suffix.ends_with(b"\n"))
    }

    /// Whether a text may have a NUL in it.
    pub fn may_have_nul(&self) -> bool {
        matches!(self, Grammar::Refs(decoration) if decoration.strings().iter().any(|text| text.contains(&0)))
    }

    /// Whether signed data leaves no other text than this, which fits.
    pub fn decides(&self, text: &[u8]) -> bool {
        match self {
            // How many digits the forge took is its own affair, unless it took all. (What fits has the right digits.)
            Grammar::Abbreviations(ids) => {
                let whole = ids.first().map_or(0, |id| id.kind().len_in_hex() + 1);
                text.len() + 1 == ids.len() * whole
            }
            Grammar::Description(description) => description.is_signed(text),
            Grammar::OneOf(_) => true,
            Grammar::Refs(_) | Grammar::Mapped { .. } | Grammar::RelativeDate | Grammar::HumanDate(_) => false,
        }
    }

    /// Whether the text is one that signed data has, or the beginning of such: nobody else chose more than that it stands here.
    pub fn is_signed(&self, text: &[u8]) -> bool {
        match self {
            Grammar::Abbreviations(_) => true,
            Grammar::Mapped { original, .. } if **original == *text => true,
            _ => self.decides(text),
        }
    }

    /// Whether the repository itself has a tag of this name for the commit.
    pub fn is_advertised(&self, text: &[u8]) -> bool {
        matches!(self, Grammar::Description(description) if description.is_advertised(text))
    }

    /// Whether people need not be told: both texts say the same.
    pub fn goes_without_saying(&self) -> bool {
        matches!(self, Grammar::OneOf(_))
    }
}

fn abbreviations(ids: &[ObjectId], rest: &[u8], level: Level) -> Vec<usize> {
    // A forge can have a `core.abbrev` that is shorter than git's own.
    let least = if level == Level::Plain { limits::ABBREVIATED_DIGITS } else { limits::SHORTEST_DIGITS };
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
            next.extend((least..=same).map(|length| begin + length));
        }
        if next.is_empty() {
            return next;
        }
        ends = next;
    }
    ends
}

#[cfg(test)]
mod tests;
