//! `%d`, `%D`, `%(decorate)`: the refs that a commit has, in git's order (specification 6.11).

use std::ops::Range;

use gix_object::bstr::ByteSlice;

use super::names::{Level, is_name, ref_bytes};
use crate::limits;

/// The strings around ref names, which the signed file gives or git has.
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
    /// The tags that signatures vouch for: git names them.
    pub signed: Vec<Vec<u8>>,
}

const HEADS: &[u8] = b"refs/heads/";
const TAGS: &[u8] = b"refs/tags/";
const REMOTES: &[u8] = b"refs/remotes/";
/// `replaced` stands where this ref would: behind tags, before branches of remotes.
const REPLACES: &[u8] = b"refs/replace/";

/// The full name of a ref, in two parts.
#[derive(Clone, Copy, Debug)]
struct FullName<'t>(&'static [u8], &'t [u8]);

impl FullName<'_> {
    fn is_below(&self, other: &FullName<'_>) -> bool {
        self.0.iter().chain(self.1).lt(other.0.iter().chain(other.1))
    }
}

/// What a list of refs may go on with.
#[derive(Clone, Copy, Debug, Default)]
struct Place<'t> {
    /// The last ref: all further ones come before it in order.
    last: Option<FullName<'t>>,
    /// The branch that HEAD points to, which is not named again.
    branch: Option<&'t [u8]>,
    /// Whether anything stands before.
    is_begun: bool,
}

impl<'t> Place<'t> {
    fn allows(&self, next: &FullName<'t>) -> bool {
        self.last.is_none_or(|last| next.is_below(&last)) && !(next.0 == HEADS && self.branch == Some(next.1))
    }
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
            signed: Vec::new(),
        }
    }

    /// Whether a text, which fits, names one of the signed tags, or there is none. It does so if the archive was made since they
    /// are there: a text without them is for people to look at.
    pub fn names_signed(&self, text: &[u8]) -> bool {
        let inner =
            text.strip_prefix(self.prefix.as_slice()).and_then(|rest| rest.strip_suffix(self.suffix.as_slice()));
        let items = inner.into_iter().flat_map(|inner| inner.split_str(&self.separator));
        let mut names = items.filter_map(|item| item.strip_prefix(self.tag.as_slice()));
        self.signed.is_empty() || names.any(|name| self.signed.iter().any(|tag| tag == name))
    }

    /// All of them.
    pub fn strings(&self) -> [&[u8]; 5] {
        [&self.prefix, &self.suffix, &self.separator, &self.pointer, &self.tag]
    }

    /// Whether it makes no difference to programs whether these strings are there: their writer did not choose which are. Nor may
    /// a separator join two names to one.
    fn is_tame(&self) -> bool {
        let is_tame = |byte: &u8| byte.is_ascii_alphanumeric() || b" ._+/-,:;()[]<>=|".contains(byte);
        let parts = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"._+/-".contains(byte);
        self.strings().iter().all(|text| text.iter().all(is_tame)) && self.separator.iter().any(parts)
    }

    /// The ends of `prefix item (separator item)* suffix`, and 0. (For people also those of longer texts.)
    pub fn lengths(&self, rest: &[u8], level: Level, steps: &mut u64) -> Vec<usize> {
        let mut found = vec![0];
        if !rest.starts_with(&self.prefix) || level == Level::Plain && !self.is_tame() {
            return found;
        }
        if level == Level::Possible {
            found.extend(self.long(rest, steps));
        }
        let rest = &rest[..rest.len().min(limits::HOLE_BYTES)];
        if rest.len() < self.prefix.len() {
            return found;
        }
        let mut places: Vec<Option<Place<'_>>> = vec![None; rest.len() + 1];
        places[self.prefix.len()] = Some(Place::default());
        let most = steps.saturating_add(limits::HOLE_STEPS);
        for begin in self.prefix.len()..rest.len() {
            let Some(place) = places[begin] else { continue };
            // Who asked will see that it was too much.
            if *steps > most {
                break;
            }
            for (end, next) in self.items(rest, begin, place, level, steps) {
                let after = &rest[end..];
                if after.starts_with(&self.suffix) {
                    found.push(end + self.suffix.len());
                }
                if !self.separator.is_empty() && after.starts_with(&self.separator) {
                    let place = &mut places[end + self.separator.len()];
                    // The highest last ref leaves the most to follow.
                    let is_higher = match (place.and_then(|place| place.last), next.last) {
                        (Some(known), Some(new)) => known.is_below(&new),
                        (known, _) => place.is_none() || known.is_some(),
                    };
                    if is_higher {
                        *place = Some(next);
                    }
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The ends of texts that are too long to be looked at, and of such as have nothing between two items: git can write them.
    fn long(&self, rest: &[u8], steps: &mut u64) -> Vec<usize> {
        let least = if self.separator.is_empty() { 1 } else { limits::HOLE_BYTES };
        let own = self.strings();
        let is_possible = |byte: &u8| ref_bytes(&[*byte]) == 1 || own.iter().any(|text| text.contains(byte));
        let most = rest.iter().take_while(|byte| is_possible(byte)).count();
        *steps += most as u64;
        let ends = (1..=most).filter(|end| *end > least && rest[..*end].ends_with(&self.suffix));
        ends.collect()
    }

    /// The ends of the items that begin here, and what may follow each.
    fn items<'t>(
        &self,
        rest: &'t [u8],
        begin: usize,
        place: Place<'t>,
        level: Level,
        steps: &mut u64,
    ) -> Vec<(usize, Place<'t>)> {
        let mut items = Vec::new();
        let is_first = !place.is_begun;
        let begun = Place { is_begun: true, ..place };
        let from = &rest[begin..];
        // Of a commit that is replaced.
        let replaced = FullName(REPLACES, b"");
        if from.starts_with(b"replaced") && place.allows(&replaced) {
            items.push((begin + b"replaced".len(), Place { last: Some(replaced), ..begun }));
        }
        // In a shallow clone: a decoration of its own, before HEAD.
        if is_first && from.starts_with(b"grafted") {
            items.push((begin + b"grafted".len(), place));
        }
        if is_first && from.starts_with(b"HEAD") {
            items.push((begin + 4, begun));
            if from[4..].starts_with(&self.pointer) {
                let start = begin + 4 + self.pointer.len();
                for name in self.names(rest, start, HEADS, level, steps) {
                    items.push((name.end, Place { branch: Some(&rest[name]), ..begun }));
                }
            }
        }
        let add = |start: usize, prefix: &'static [u8], items: &mut Vec<_>, steps: &mut u64| {
            for name in self.names(rest, start, prefix, level, steps) {
                let end = name.end;
                let full = FullName(prefix, &rest[name]);
                let is_head = prefix != TAGS && full.1 == b"HEAD";
                if !is_head && place.allows(&full) {
                    items.push((end, Place { last: Some(full), ..begun }));
                }
            }
        };
        if from.starts_with(&self.tag) {
            add(begin + self.tag.len(), TAGS, &mut items, steps);
        }
        // Branches, branches of remotes, and all other refs by their whole names.
        add(begin, HEADS, &mut items, steps);
        add(begin, REMOTES, &mut items, steps);
        let has_own_name = |prefix: &&[u8]| from.starts_with(prefix);
        if from.starts_with(b"refs/") && ![HEADS, TAGS, REMOTES].iter().any(has_own_name) {
            add(begin, b"", &mut items, steps);
        }
        items
    }

    /// Where names are that begin here, and that an item can end with.
    fn names(&self, rest: &[u8], start: usize, prefix: &[u8], level: Level, steps: &mut u64) -> Vec<Range<usize>> {
        let most = rest.get(start..).map_or(0, ref_bytes);
        *steps += 1 + most as u64;
        let can_end = |end: &usize| {
            let after = &rest[*end..];
            after.starts_with(&self.suffix) || !self.separator.is_empty() && after.starts_with(&self.separator)
        };
        let ends = (start + 1..=start + most).filter(can_end);
        ends.map(|end| start..end)
            .filter(|name| {
                // It is looked at several times.
                *steps += 4 * name.len() as u64;
                is_name(prefix, &rest[name.clone()], level)
            })
            .collect()
    }
}
