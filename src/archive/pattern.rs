//! Patterns of attribute lines (specification 4.6), with git's own wildcards.
//!
//! Matching is a walk over sets of places in the pattern, so that no pattern takes more than its length times the path's.

use gix_object::bstr::{BStr, BString, ByteSlice};

use crate::c_text;

/// A pattern, taken apart once.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// The bytes before the first wildcard: they are compared first, and count as no part of the wildcards, as in git.
    literal: BString,
    /// The rest; `None` where it can match nothing.
    wildcards: Option<Vec<Token>>,
    /// It ended in a slash: directories and submodules only.
    only_directories: bool,
    /// It has a slash within, and so is compared with the whole path.
    anchored: bool,
    /// Its letters are small, and so are those of what it is compared with.
    ignore_case: bool,
}

/// Room for comparing, to be used again and again.
#[derive(Debug, Default)]
pub struct Scratch {
    places: Vec<bool>,
    next: Vec<bool>,
    /// The work of all comparisons so far: wildcards times bytes.
    pub steps: u64,
}

#[derive(Debug, Clone)]
enum Token {
    Byte(u8),
    OneOf(Box<Set>),
    /// Any run of bytes other than slashes.
    Star,
    /// Any run of bytes.
    StarStar,
    /// The next two tokens, a [`StarStar`](Token::StarStar) and a slash, may be left out.
    Folders,
}

impl Pattern {
    /// From the text of a line, unquoted. It ends at its first NUL.
    pub fn new(text: &[u8], ignore_case: bool) -> Self {
        let text = c_text::up_to_nul(text);
        let (text, only_directories) = match text.strip_suffix(b"/") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let anchored = text.contains(&b'/');
        let text = if anchored { text.strip_prefix(b"/").unwrap_or(text) } else { text };
        let literal = text.iter().position(|byte| b"*?[\\".contains(byte)).unwrap_or(text.len());
        let (literal, rest) = text.split_at(literal);
        let mut literal = BString::from(literal);
        if ignore_case {
            literal.make_ascii_lowercase();
        }
        Pattern { literal, wildcards: tokens(rest, anchored, ignore_case), only_directories, anchored, ignore_case }
    }

    /// Whether there is anything that it could match.
    pub fn can_match(&self) -> bool {
        self.wildcards.is_some()
    }

    /// What it takes, in bytes.
    pub fn memory(&self) -> usize {
        let tokens = self.wildcards.iter().flatten();
        let set = |token: &Token| if matches!(token, Token::OneOf(_)) { 2 * size_of::<Set>() } else { 0 };
        self.literal.len() + tokens.map(|token| size_of::<Token>() + set(token)).sum::<usize>()
    }

    /// Whether `path` matches: relative to the folder of the attributes file, without a slash at the end. `name` is its last
    /// component.
    pub fn matches(&self, path: &BStr, name: &BStr, is_directory: bool, scratch: &mut Scratch) -> bool {
        if self.only_directories && !is_directory {
            return false;
        }
        let subject = if self.anchored { path } else { name };
        if self.ignore_case {
            self.matches_text(&subject.to_ascii_lowercase(), scratch)
        } else {
            self.matches_text(subject, scratch)
        }
    }

    fn matches_text(&self, text: &[u8], scratch: &mut Scratch) -> bool {
        match (text.strip_prefix(self.literal.as_slice()), &self.wildcards) {
            (Some(rest), Some(tokens)) => walk(tokens, rest, scratch),
            _ => false,
        }
    }
}

/// Wildcards as tokens. With `in_path`, only `**` crosses slashes.
fn tokens(text: &[u8], in_path: bool, ignore_case: bool) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'?' => tokens.push(Token::OneOf(Box::new(Set::all(in_path)))),
            b'\\' => {
                at += 1;
                tokens.push(Token::Byte(*text.get(at)?));
            }
            b'[' => {
                let (set, end) = Set::parse(text, at + 1, in_path, ignore_case)?;
                tokens.push(Token::OneOf(Box::new(set)));
                at = end;
            }
            b'*' => {
                let stars = text[at..].iter().take_while(|byte| **byte == b'*').count();
                let (before, after) = (at.checked_sub(1).map(|at| text[at]), &text[at + stars..]);
                let is_whole_component = matches!(before, None | Some(b'/'))
                    && (after.is_empty() || after.starts_with(b"/") || after.starts_with(b"\\/"));
                if !in_path {
                    tokens.push(Token::StarStar);
                } else if stars > 1 && is_whole_component {
                    if after.starts_with(b"/") {
                        tokens.push(Token::Folders);
                    }
                    tokens.push(Token::StarStar);
                } else {
                    tokens.push(Token::Star);
                }
                at += stars - 1;
            }
            byte if ignore_case => tokens.push(Token::Byte(byte.to_ascii_lowercase())),
            byte => tokens.push(Token::Byte(byte)),
        }
        at += 1;
    }
    Some(tokens)
}

/// Whether the tokens can be walked to their end along the text.
fn walk(tokens: &[Token], text: &[u8], scratch: &mut Scratch) -> bool {
    match tokens {
        [] => return text.is_empty(),
        // `*.c`, the commonest of all.
        [Token::StarStar, rest @ ..] if rest.iter().all(|token| matches!(token, Token::Byte(_))) => {
            return text.len() >= rest.len() && walk_bytes(rest, &text[text.len() - rest.len()..]);
        }
        _ => {}
    }
    let Scratch { places, next, steps } = scratch;
    *steps += tokens.len() as u64 * text.len() as u64;
    places.clear();
    places.resize(tokens.len() + 1, false);
    reach(tokens, places, 0);
    for &byte in text {
        next.clear();
        next.resize(tokens.len() + 1, false);
        for at in (0..tokens.len()).filter(|at| places[*at]) {
            match &tokens[at] {
                Token::Byte(expected) if *expected == byte => reach(tokens, next, at + 1),
                Token::OneOf(set) if set.has(byte) => reach(tokens, next, at + 1),
                Token::Star if byte != b'/' => reach(tokens, next, at),
                Token::StarStar => reach(tokens, next, at),
                _ => {}
            }
        }
        std::mem::swap(places, next);
    }
    places[tokens.len()]
}

fn walk_bytes(tokens: &[Token], text: &[u8]) -> bool {
    tokens.iter().zip(text).all(|(token, byte)| matches!(token, Token::Byte(expected) if expected == byte))
}

/// Mark a place, and those that can be reached from it without a byte.
fn reach(tokens: &[Token], places: &mut [bool], mut at: usize) {
    while !places[at] {
        places[at] = true;
        match tokens.get(at) {
            Some(Token::Star | Token::StarStar) => at += 1,
            Some(Token::Folders) => {
                // Its star is not reached from behind, so that marking it first leaves nothing out.
                reach(tokens, places, at + 3);
                at += 1;
            }
            _ => return,
        }
    }
}

/// The bytes that a bracket expression matches.
#[derive(Debug, Clone)]
struct Set([u64; 4]);

impl Set {
    fn all(but_slashes: bool) -> Self {
        let mut set = Set([u64::MAX; 4]);
        if but_slashes {
            set.remove(b'/');
        }
        set
    }

    fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte) / 64] >> (byte % 64) & 1 == 1
    }

    fn add(&mut self, byte: u8) {
        self.0[usize::from(byte) / 64] |= 1 << (byte % 64);
    }

    fn remove(&mut self, byte: u8) {
        self.0[usize::from(byte) / 64] &= !(1 << (byte % 64));
    }

    /// Read an expression whose first byte behind the bracket is at `at`; returns the place of its closing bracket, too.
    ///
    /// `None` for one that is malformed, and so matches nothing.
    /// Where case is ignored, the text's letters are small: ranges and classes have them too, other letters stay as they are.
    fn parse(text: &[u8], mut at: usize, in_path: bool, ignore_case: bool) -> Option<(Self, usize)> {
        let negated = matches!(text.get(at), Some(b'!' | b'^'));
        at += usize::from(negated);
        let mut set = Set([0; 4]);
        // The byte that a dash would make a range from.
        let mut from = None;
        let first = at;
        loop {
            let byte = *text.get(at)?;
            match byte {
                b']' if at > first => break,
                b'\\' => {
                    at += 1;
                    let escaped = *text.get(at)?;
                    set.add(escaped);
                    from = Some(escaped);
                }
                b'-' if from.is_some() && text.get(at + 1).is_some_and(|next| *next != b']') => {
                    at += 1;
                    if text[at] == b'\\' {
                        at += 1;
                    }
                    let to = *text.get(at)?;
                    for byte in from.take()?..=to {
                        set.add(byte);
                        if ignore_case {
                            set.add(byte.to_ascii_lowercase());
                        }
                    }
                }
                b'[' if text.get(at + 1) == Some(&b':') => {
                    let end = at + 2 + text[at + 2..].find_byte(b']')?;
                    match text[at + 2..end].strip_suffix(b":") {
                        Some(class) => {
                            let is_in = class_of(class)?;
                            for byte in (0..=u8::MAX).filter(|byte| is_in(*byte)) {
                                set.add(byte);
                                if ignore_case && class == b"upper" {
                                    set.add(byte.to_ascii_lowercase());
                                }
                            }
                            at = end;
                            from = None;
                        }
                        None => {
                            set.add(b'[');
                            from = Some(b'[');
                        }
                    }
                }
                byte => {
                    set.add(byte);
                    from = Some(byte);
                }
            }
            at += 1;
        }
        if negated {
            set.0 = set.0.map(|word| !word);
        }
        if in_path {
            set.remove(b'/');
        }
        Some((set, at))
    }
}

/// A POSIX class, in ASCII.
fn class_of(name: &[u8]) -> Option<fn(u8) -> bool> {
    Some(match name {
        b"alnum" => |byte| byte.is_ascii_alphanumeric(),
        b"alpha" => |byte| byte.is_ascii_alphabetic(),
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"cntrl" => |byte| byte.is_ascii_control(),
        b"digit" => |byte| byte.is_ascii_digit(),
        b"graph" => |byte| byte.is_ascii_graphic(),
        b"lower" => |byte| byte.is_ascii_lowercase(),
        b"print" => |byte| matches!(byte, b' '..=b'~'),
        b"punct" => |byte| byte.is_ascii_punctuation(),
        b"space" => c_text::is_space,
        b"upper" => |byte| byte.is_ascii_uppercase(),
        b"xdigit" => |byte| byte.is_ascii_hexdigit(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Pattern, Scratch};

    #[test]
    fn names_paths_and_directories() {
        let cases = [
            ("d", "d", true, true),
            ("d", "x/d", false, true),
            ("d/", "d", false, false),
            ("d/", "x/d", true, true),
            ("d//", "d", true, false),
            ("/d", "d", false, true),
            ("/d", "x/d", false, false),
            ("x/*.c", "x/a.c", false, true),
            ("x/*.c", "x/y/a.c", false, false),
            ("x/**", "x/y/a.c", false, true),
            ("x/**", "x", true, false),
            ("**/a.c", "a.c", false, true),
            ("**/a.c", "ba.c", false, false),
            ("a/**/b", "a/b", false, true),
            ("a/**/b", "a/x/y/b", false, true),
            ("a/**/b", "a/xb", false, false),
            ("**/**/b", "b", false, true),
            ("*.c", "x/y/a.c", false, true),
            ("./d", "d", false, false),
            ("//d", "d", false, false),
            ("/", "d", true, false),
            ("\\*", "*", false, true),
            ("a\\", "a", false, false),
            ("[a-c]x", "bx", false, true),
            ("[!a]x", "ax", false, false),
            ("[]x]", "]", false, true),
            ("[[:digit:]a]", "7", false, true),
            ("[a[:x]", "[", false, true),
            ("[a[:x]", "x", false, true),
            ("[[:nonsense:]]", "n", false, false),
            ("[a", "a", false, false),
            ("x/[!a]", "x//", false, false),
            (&"*".repeat(200), "anything", false, true),
            (&"*a".repeat(100), &"a".repeat(100), false, true),
            (&"*a".repeat(100), &"a".repeat(99), false, false),
        ];
        for (pattern, path, is_directory, expected) in cases {
            let name = path.rsplit('/').next().unwrap();
            assert_eq!(
                Pattern::new(pattern.as_bytes(), false).matches(
                    path.into(),
                    name.into(),
                    is_directory,
                    &mut Scratch::default()
                ),
                expected,
                "{pattern} {path}"
            );
        }
    }
}
