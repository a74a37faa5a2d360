//! Options of `%(name:option=value,...)`.

use gix_object::bstr::ByteSlice;

use crate::c_text;

/// An option's name, and its value where it has one.
pub type Pair<'a> = (&'a [u8], Option<&'a [u8]>);

/// Read `)` or `:name=value,name)`; returns the length as well. `None` where the parenthesis is missing.
///
/// A value ends at a comma or a parenthesis, whatever is in it.
pub fn parse(from: &[u8]) -> Option<(Vec<Pair<'_>>, usize)> {
    let Some(list) = from.strip_prefix(b":") else {
        return from.starts_with(b")").then(|| (Vec::new(), 1));
    };
    let end = list.find_byte(b')')?;
    let mut options = Vec::new();
    // A comma before the parenthesis is fine, but not alone.
    let inner = list[..end].strip_suffix(b",").filter(|inner| !inner.is_empty()).unwrap_or(&list[..end]);
    if !inner.is_empty() {
        options.extend(inner.split(|byte| *byte == b',').map(|option| match option.split_once_str(b"=") {
            Some((name, value)) => (name, Some(value)),
            None => (option, None),
        }));
    }
    Some((options, end + 2))
}

/// A value with `%n`, `%xHH` and `%%` in it.
pub fn literal(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        let (byte, taken) = match (byte, after.first()) {
            (b'%', Some(b'n')) => (b'\n', 2),
            (b'%', Some(b'%')) => (b'%', 2),
            (b'%', Some(b'x')) => after.get(1..).and_then(c_text::hex_byte).map_or((b'%', 1), |byte| (byte, 4)),
            _ => (byte, 1),
        };
        out.push(byte);
        rest = &rest[taken..];
    }
    out
}
