//! What stands before a literal, if the literal is data.

use gix_object::bstr::ByteSlice;

use super::super::line::is_letter;

/// How a word begins in names of what git tells. (`server` and `filename` tell something else.)
const TELLING: [&str; 30] = [
    "ver",
    "rev",
    "ref",
    "git",
    "tag",
    "desc",
    "branch",
    "commit",
    "hash",
    "sha",
    "subst",
    "archive",
    "release",
    "author",
    "name",
    "mail",
    "email",
    "date",
    "time",
    "head",
    "info",
    "format",
    "node",
    "tree",
    "short",
    "identi",
    "maintainer",
    "pkgver",
    "srcrev",
    "long",
];
/// Types that stand between a name and its value.
const TYPES: [&str; 14] = [
    "string",
    "str",
    "char",
    "text",
    "const",
    "static",
    "'static",
    "std::string",
    "std::string_view",
    "cstring",
    "object",
    "any",
    "var",
    "final",
];
/// Signs that give something a value, or compare it. Longer ones first.
const SIGNS: [&str; 11] = ["===", "!==", "==", "!=", ":=", "?=", "+=", "=>", "=~", "=", ":"];
/// Words between which and a literal there is the name of what becomes the literal.
const DEFINING: [&str; 8] = ["define", "set", "setq", "defconst", "defvar", "def", "global", "const"];
/// Functions that do no more with a text than to look at it, or to keep it.
const CALLS: [&str; 9] =
    ["search", "match", "fullmatch", "version", "set", "define", "isequal", "looseversion", "equal"];
/// Commands that read their arguments as a shell does.
const SHELLS: [&str; 12] = ["eval", "ssh", "su", "sudo", "doas", "sh", "bash", "dash", "ksh", "zsh", "xargs", "system"];
/// Words that a literal follows which is looked at or returned.
const LOOKING: [&str; 7] = ["return", "case", "test", "[", "[[", "strequal", "ne"];
/// What may stand before those of a shell.
const CONDITIONS: [&str; 4] = ["if", "elif", "while", "!"];

/// Whether a byte outside of literals means no more than operators and brackets do.
pub fn may_have(line: &[u8], at: usize) -> bool {
    let (before, rest) = line.split_at(at);
    match rest.first() {
        // `#define`, `$variable`
        Some(b'#') => before.trim_ascii().is_empty() && rest[1..].trim_ascii_start().starts_with(b"define"),
        Some(b'$') => rest.get(1).is_some_and(|byte| is_letter(*byte)),
        Some(byte) => is_letter(*byte) || b" \t.-:=(),[]{}<>!&|?+*;@".contains(byte),
        None => false,
    }
}

/// Whether a word of a name is one for what git tells: `git_refnames`, `CommitHash`.
pub fn tells(name: &[u8]) -> bool {
    let is_telling = |word: &[u8]| {
        let word = word.to_ascii_lowercase();
        TELLING.iter().any(|piece| word.starts_with(piece.as_bytes()))
    };
    let begins_word = |at: usize| match (at.checked_sub(1).and_then(|before| name.get(before)), name.get(at)) {
        (None, _) => true,
        (Some(before), Some(byte)) => {
            !before.is_ascii_alphabetic() || before.is_ascii_lowercase() && byte.is_ascii_uppercase()
        }
        (Some(_), None) => false,
    };
    (0..name.len()).filter(|at| begins_word(*at)).any(|at| name.get(at..).is_some_and(is_telling))
}

/// Whether the literal behind this is given to something, compared with something, or looked at.
pub fn leads_to_data(head: &[u8]) -> bool {
    // The end of a here-document, and what reads a text once more.
    if head.contains_str(b"<<") || reads_again(head) {
        return false;
    }
    let trimmed = head.trim_ascii_end();
    let is_glued = trimmed.len() == head.len();
    if let Some(target) = SIGNS.iter().find_map(|sign| trimmed.strip_suffix(sign.as_bytes())) {
        return is_target(target, is_glued);
    }
    if trimmed.ends_with(b"(") || trimmed.ends_with(b",") && !is_glued {
        return is_call(trimmed);
    }
    !is_glued && (is_definition(trimmed) || looks_at(trimmed))
}

/// Whether a word of this part of the line gives what follows to a shell.
fn reads_again(head: &[u8]) -> bool {
    let mut words = head.split(|byte| !is_letter(*byte) && !b"-.".contains(byte));
    words.any(|word| SHELLS.iter().any(|known| known.as_bytes() == word))
}

/// `name` of `name = `. If it is glued to the sign and that to the quote, as a shell wants it, then it must be a word.
fn is_target(target: &[u8], is_glued: bool) -> bool {
    let trimmed = target.trim_ascii_end();
    let Some(last) = trimmed.last() else { return false };
    let name = trimmed.iter().rev().take_while(|byte| is_letter(**byte) || b".-".contains(byte)).count();
    let before = trimmed.get(..trimmed.len() - name).and_then(<[u8]>::last);
    let is_word = name > 0 && before.is_none_or(|byte| b" \t({[$@".contains(byte));
    let ends_well = is_letter(*last) || b"\"'])?".contains(last);
    ends_well && tells(last_name(trimmed)) && (!is_glued || is_word || b"\"'".contains(last))
}

/// What gets the value: the last word, or what stands in brackets behind it; of `name: type`, the name.
fn last_name(target: &[u8]) -> &[u8] {
    let is_type = |word: &[u8]| {
        let word = word.trim_start_with(|c| c == '&' || c == '*' || c == ':');
        TYPES.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
    };
    let mut words = target.rsplit(|byte| b" 	({,;|<>&".contains(byte)).filter(|word| !word.is_empty());
    words.find(|word| !is_type(word.strip_suffix(b"?").unwrap_or(word))).unwrap_or_default()
}

/// The last word of the call that is open, its arguments taken away.
fn is_call(head: &[u8]) -> bool {
    let mut depth = 0_usize;
    let open = head.iter().rposition(|byte| {
        match byte {
            b')' => depth += 1,
            b'(' if depth == 0 => return true,
            b'(' => depth -= 1,
            _ => {}
        }
        false
    });
    let Some(name) = open.and_then(|open| head.get(..open)) else { return false };
    let length = name.iter().rev().take_while(|byte| is_letter(**byte)).count();
    let name = name.get(name.len() - length..).unwrap_or_default();
    CALLS.iter().any(|call| name.eq_ignore_ascii_case(call.as_bytes()))
}

/// `#define NAME`, `set(NAME`, `(defconst NAME`
fn is_definition(head: &[u8]) -> bool {
    let mut words = head.split(|byte| b" \t(#".contains(byte)).filter(|word| !word.is_empty());
    let (Some(name), Some(word)) = (words.next_back(), words.next_back()) else { return false };
    let is_name = name.iter().all(|byte| is_letter(*byte) || b"-.:".contains(byte));
    is_name
        && tells(name)
        && words.next().is_none()
        && DEFINING.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

/// `return`, `if [[`
fn looks_at(head: &[u8]) -> bool {
    let is = |known: &[&str], word: &[u8]| known.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()));
    let mut words = head.split(|byte| b" \t".contains(byte)).filter(|word| !word.is_empty());
    let Some(last) = words.next_back() else { return false };
    is(&LOOKING, last) && (last.eq_ignore_ascii_case(b"strequal") || words.all(|word| is(&CONDITIONS, word)))
}
