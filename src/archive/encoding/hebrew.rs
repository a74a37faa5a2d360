//! windows-1255: glibc composes letters with their points when it decodes, and takes them apart when it encodes.

/// A composed letter, what it begins with, and the point that makes it: Unicode's canonical compositions.
///
/// Those that are composed twice (U+FB2C and U+FB2D) can be reached in two ways; the first is how they are taken apart.
const COMPOSITIONS: [(char, char, char); 36] = [
    ('\u{fb1d}', '\u{5d9}', '\u{5b4}'),
    ('\u{fb1f}', '\u{5f2}', '\u{5b7}'),
    ('\u{fb2a}', '\u{5e9}', '\u{5c1}'),
    ('\u{fb2b}', '\u{5e9}', '\u{5c2}'),
    ('\u{fb2c}', '\u{fb49}', '\u{5c1}'),
    ('\u{fb2c}', '\u{fb2a}', '\u{5bc}'),
    ('\u{fb2d}', '\u{fb49}', '\u{5c2}'),
    ('\u{fb2d}', '\u{fb2b}', '\u{5bc}'),
    ('\u{fb2e}', '\u{5d0}', '\u{5b7}'),
    ('\u{fb2f}', '\u{5d0}', '\u{5b8}'),
    ('\u{fb30}', '\u{5d0}', '\u{5bc}'),
    ('\u{fb31}', '\u{5d1}', '\u{5bc}'),
    ('\u{fb32}', '\u{5d2}', '\u{5bc}'),
    ('\u{fb33}', '\u{5d3}', '\u{5bc}'),
    ('\u{fb34}', '\u{5d4}', '\u{5bc}'),
    ('\u{fb35}', '\u{5d5}', '\u{5bc}'),
    ('\u{fb36}', '\u{5d6}', '\u{5bc}'),
    ('\u{fb38}', '\u{5d8}', '\u{5bc}'),
    ('\u{fb39}', '\u{5d9}', '\u{5bc}'),
    ('\u{fb3a}', '\u{5da}', '\u{5bc}'),
    ('\u{fb3b}', '\u{5db}', '\u{5bc}'),
    ('\u{fb3c}', '\u{5dc}', '\u{5bc}'),
    ('\u{fb3e}', '\u{5de}', '\u{5bc}'),
    ('\u{fb40}', '\u{5e0}', '\u{5bc}'),
    ('\u{fb41}', '\u{5e1}', '\u{5bc}'),
    ('\u{fb43}', '\u{5e3}', '\u{5bc}'),
    ('\u{fb44}', '\u{5e4}', '\u{5bc}'),
    ('\u{fb46}', '\u{5e6}', '\u{5bc}'),
    ('\u{fb47}', '\u{5e7}', '\u{5bc}'),
    ('\u{fb48}', '\u{5e8}', '\u{5bc}'),
    ('\u{fb49}', '\u{5e9}', '\u{5bc}'),
    ('\u{fb4a}', '\u{5ea}', '\u{5bc}'),
    ('\u{fb4b}', '\u{5d5}', '\u{5b9}'),
    ('\u{fb4c}', '\u{5d1}', '\u{5bf}'),
    ('\u{fb4d}', '\u{5db}', '\u{5bf}'),
    ('\u{fb4e}', '\u{5e4}', '\u{5bf}'),
];

/// The text with composed letters taken apart.
pub fn decomposed(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(|c| {
        let (first, second) = apart(c);
        let (first, middle) = first.map_or((None, None), apart);
        // Three characters at most: no letter has more than two points.
        [first, middle, second].into_iter().flatten()
    })
}

/// A letter without its last point, and that point.
fn apart(c: char) -> (Option<char>, Option<char>) {
    match COMPOSITIONS.iter().find(|(composed, ..)| *composed == c) {
        Some(&(_, letter, point)) => (Some(letter), Some(point)),
        None => (Some(c), None),
    }
}

/// The text with letters and points put together, as iconv(3) gives it to git.
///
/// glibc holds a letter back until it sees that no point follows. Without a flush, it never says the one at the very
/// end.
pub fn composed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut held = None;
    for c in text.chars() {
        if let Some(letter) = held.take() {
            if let Some(composed) = together(letter, c) {
                if may_go_on(composed) {
                    held = Some(composed);
                } else {
                    out.push(composed);
                }
                continue;
            }
            out.push(letter);
        }
        if matches!(c, '\u{5d0}'..='\u{5f2}') {
            held = Some(c);
        } else {
            out.push(c);
        }
    }
    out
}

/// The composition of these two.
fn together(letter: char, point: char) -> Option<char> {
    COMPOSITIONS.iter().find(|(_, first, second)| (*first, *second) == (letter, point)).map(|(composed, ..)| *composed)
}

/// Whether this composition is itself the beginning of another.
fn may_go_on(composed: char) -> bool {
    COMPOSITIONS.iter().any(|(_, letter, _)| *letter == composed)
}
