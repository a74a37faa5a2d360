//! The shapes of lines in which a name, a date or a description is inert.
//!
//! Each is one that projects have, and one in which nothing but a byte that no plain text has could end what the text stands in.

use gix_object::bstr::ByteSlice;

use super::file::File;
use super::line::{are_labels, is_key_value, is_letter, is_plain, is_plain_line};
use super::{GAP, operators};

mod head;

/// Such that need no colon behind them.
const PREPOSITIONS: [&str; 5] = ["by", "from", "at", "of", "is"];
/// Signs that begin a comment line, with a blank behind.
const COMMENTS: [&str; 12] = ["#", "##", "###", "//", "///", "*", "/*", "/**", "--", "%", "%%", "<!--"];

/// A line in which words may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `name = "TEXT"`, where an `@` can begin the name of an array.
    DoublyQuoted,
    /// All others.
    Other,
}

impl Shape {
    /// Whether a mail address means nothing there.
    pub fn takes_at_signs(self) -> bool {
        self == Shape::Other
    }
}

/// The shape of a line for the gap at this place; `None` if it has none of those that are known.
pub fn of(line: &[u8], at: usize, file: &File) -> Option<Shape> {
    let is_other = is_in_comment(line, at)
        || is_element(line, at)
        || is_value(line, at, file)
        || file.is_plain && is_plain_line(line);
    quoted(line, at, file).or(is_other.then_some(Shape::Other))
}

/// A literal on one line.
struct Literal {
    inner: std::ops::Range<usize>,
    end: usize,
}

impl Literal {
    /// The literal that begins here, if it is a plain one: nothing but plain bytes inside, and nothing glued to it.
    fn at(line: &[u8], start: usize, file: &File) -> Option<Self> {
        let rest = line.get(start..)?;
        let quote = *rest.first()?;
        let run = rest.iter().take_while(|byte| **byte == quote).count();
        let (open, close) = match (quote, run) {
            (b'[', 2) if file.is_cmake => (2, &b"]]"[..]),
            // Two of them are an empty one.
            (b'"' | b'\'', 1 | 2) | (b'`', 1) => (1, rest.get(..1)?),
            (b'"' | b'\'', 3) => (3, rest.get(..3)?),
            _ => return None,
        };
        let length = rest.get(open..)?.find(close)?;
        let inner = start + open..start + open + length;
        let end = inner.end + close.len();
        let is_glue =
            |byte: Option<&u8>| byte.is_some_and(|byte| is_letter(*byte) || *byte == GAP || b"\"'`".contains(byte));
        let before = line.get(..start)?.last();
        let stands_alone = !is_glue(before) && !is_glue(line.get(end));
        (stands_alone && line.get(inner.clone())?.iter().all(is_plain)).then_some(Literal { inner, end })
    }
}

/// `name = "TEXT"`: a literal that begins and ends on this line, whatever follows; all before it is plain as well.
fn quoted(line: &[u8], at: usize, file: &File) -> Option<Shape> {
    let mut place = 0;
    while place < at {
        let byte = *line.get(place)?;
        let opens = matches!(byte, b'"' | b'\'')
            || byte == b'`' && file.is_go
            || file.is_cmake && line.get(place..)?.starts_with(b"[[");
        if !opens {
            if !head::may_have(line, place) {
                return None;
            }
            place += 1;
            continue;
        }
        let head = line.get(..place)?;
        // `-DNAME="TEXT"`: a shell takes these quotes away. `s+x+"TEXT"+`: another sign ends it.
        let is_no_quote = byte == b'\'' && file.has_no_apostrophes || byte == b'"' && file.has_quoted_names;
        if is_no_quote || file.has_operators && operators::is_open(head) || has_compiler_option(head) {
            return None;
        }
        let literal = Literal::at(line, place, file)?;
        if literal.inner.contains(&at) {
            // The name of an array of Perl would go on with the text.
            if byte == b'"' && line.get(..at)?.ends_with(b"@") {
                return None;
            }
            let shape = if byte == b'"' { Shape::DoublyQuoted } else { Shape::Other };
            return head::leads_to_data(line.get(..place)?).then_some(shape);
        }
        place = literal.end;
    }
    None
}

/// `-DNAME=` in this part of a line.
fn has_compiler_option(head: &[u8]) -> bool {
    head.split(|byte| byte.is_ascii_whitespace())
        .any(|word| word.trim_start_with(|c| c == '"' || c == '\'').starts_with(b"-D"))
}

/// `# ref: TEXT`: a comment line with a blank behind its sign, and labels before the text.
fn is_in_comment(line: &[u8], at: usize) -> bool {
    let start = line.len() - line.trim_ascii_start().len();
    let Some(before) = line.get(start..at) else { return false };
    let sign = before.iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
    let (sign, before) = before.split_at(sign);
    let is_sign = COMMENTS.iter().any(|known| known.as_bytes() == sign);
    let body = before.trim_ascii_start();
    // `* @author TEXT`
    let body = body.strip_prefix(b"@").unwrap_or(body);
    let may_have = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == GAP || b" \t-_:=.,(<@".contains(byte);
    let begins = body.first().is_some_and(u8::is_ascii_alphabetic);
    let is_told = body.iter().any(|byte| b":=".contains(byte))
        || body
            .split(|byte| !byte.is_ascii_alphanumeric())
            .rfind(|word| !word.is_empty())
            .is_some_and(|word| PREPOSITIONS.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes())));
    let is_parted = body.last().is_some_and(|byte| b" \t:=(<,".contains(byte) || *byte == GAP);
    is_sign
        && begins
        && is_told
        && is_parted
        && body.iter().all(may_have)
        && are_labels(body)
        && ends_comment(line.get(at + 1..))
}

/// Whether what follows in a comment is plain, up to its end.
fn ends_comment(behind: Option<&[u8]>) -> bool {
    let Some(behind) = behind else { return false };
    let end =
        [&b" */"[..], b" -->"].iter().find_map(|end| behind.trim_ascii_end().strip_suffix(*end)).unwrap_or(behind);
    end.iter().all(is_plain) && end.first().is_none_or(|byte| !is_letter(*byte))
}

/// `<version>TEXT</version>`
fn is_element(line: &[u8], at: usize) -> bool {
    let line_start = line.len() - line.trim_ascii_start().len();
    let Some(before) = line.get(line_start..at) else { return false };
    let Some((tag, inner)) = before.strip_prefix(b"<").and_then(|rest| rest.split_once_str(b">")) else { return false };
    let Some((rest, end)) = line.get(at..).and_then(|rest| rest.split_once_str(b"</")) else { return false };
    let is_name = !tag.is_empty() && tag.iter().all(|byte| is_letter(*byte) || b"-.".contains(byte));
    let closes = end.trim_ascii_end().strip_suffix(b">") == Some(tag);
    is_name && closes && head::tells(tag) && inner.iter().chain(rest).all(is_plain)
}

/// `key: TEXT`, in a file of such lines.
fn is_value(line: &[u8], at: usize, file: &File) -> bool {
    let sign = match line.iter().find(|byte| b":=".contains(byte)) {
        Some(b':') if file.has_keys => b':',
        Some(b'=') if file.has_properties => b'=',
        _ => return false,
    };
    let Some((key, value)) = line.split_once_str(&[sign]) else { return false };
    key.len() < at && head::tells(key) && is_key_value(line, sign) && value.iter().all(is_plain)
}
