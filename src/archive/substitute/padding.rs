//! `%<(N)` and its kin: padding and cutting the next placeholder (specification 6.13).

use super::width::{columns, elide, escapes};
use crate::c_text;

/// The largest number that git takes for padding and wrapping.
pub const LARGEST_NUMBER: i64 = 16 * 1024;
/// The terminal that negative columns are counted from: none, as on a server.
const TERMINAL_COLUMNS: i64 = 80;

/// On which side of the text the blanks go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `%<(N)`
    Right,
    /// `%>(N)`
    Left,
    /// `%><(N)`
    Both,
    /// `%>>(N)`: blanks before the placeholder are taken away where the text is too long.
    LeftStealing,
}

/// Which part of a text gives way where it is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Nothing,
    End,
    Start,
    Middle,
}

/// What holds for the next placeholder.
#[derive(Clone, Copy, Debug)]
pub struct Padding {
    /// `None` where nothing is padded.
    pub side: Option<Side>,
    /// Columns of the text, or, where it is negative, up to that column of the line.
    columns: i64,
    cut: Cut,
}

impl Padding {
    /// As a keyword begins.
    pub const NONE: Padding = Padding { side: None, columns: 0, cut: Cut::Nothing };

    /// Read `<(N)` and the like; returns its length. `None` where git takes it for ordinary text, although that can leave
    /// padding behind.
    pub fn parse(&mut self, from: &[u8]) -> Option<usize> {
        let sides: [(&[u8], Side); 4] =
            [(b"><", Side::Both), (b">>", Side::LeftStealing), (b">", Side::Left), (b"<", Side::Right)];
        let (sign, side) = sides.into_iter().find(|(sign, _)| from.starts_with(sign))?;
        let rest = &from[sign.len()..];
        let (is_to_column, rest) = rest.strip_prefix(b"|").map_or((false, rest), |rest| (true, rest));
        let rest = rest.strip_prefix(b"(")?;
        let end = rest.iter().position(|byte| b",)".contains(byte)).filter(|end| *end > 0)?;
        let mut columns = i64::from(c_text::strtol(rest)?.0);
        if columns == 0 || columns.abs() > LARGEST_NUMBER {
            return None;
        }
        if columns < 0 {
            columns += if is_to_column { TERMINAL_COLUMNS } else { 0 };
            if columns < 0 {
                return None;
            }
        }
        self.columns = if is_to_column { -columns } else { columns };
        self.side = Some(side);
        let before = from.len() - rest.len();
        if rest[end] == b')' {
            self.cut = Cut::Nothing;
            return Some(before + end + 1);
        }
        let cuts: [(&[u8], Cut); 3] = [(b"trunc)", Cut::End), (b"ltrunc)", Cut::Start), (b"mtrunc)", Cut::Middle)];
        let (word, cut) = cuts.into_iter().find(|(word, _)| rest[end + 1..].starts_with(word))?;
        self.cut = cut;
        Some(before + end + 1 + word.len())
    }

    /// Whether the width depends on what stands before it on the line.
    pub fn is_to_column(&self) -> bool {
        self.columns < 0
    }

    /// Whether long text is cut.
    pub fn cuts(&self) -> bool {
        self.cut != Cut::Nothing
    }

    /// The columns of the text, after this many on the line.
    pub fn columns(&self, occupied: usize) -> i64 {
        if self.columns < 0 { -self.columns - occupied as i64 } else { self.columns }
    }
}

/// Put `text` behind `out`, padded to this many columns.
pub fn put(out: &mut Vec<u8>, mut text: Vec<u8>, padding: &Padding, mut wanted: i64) {
    let width = columns(&text) as i64;
    let mut side = padding.side.unwrap_or(Side::Right);
    if side == Side::LeftStealing {
        wanted = steal(out, &mut text, width, wanted);
        side = Side::Left;
    }
    if width > wanted {
        let gone = width - (wanted - 2);
        out.extend(match padding.cut {
            Cut::Nothing => text,
            Cut::End => elide(&text, wanted - 2, gone),
            Cut::Start => elide(&text, 0, gone),
            Cut::Middle => elide(&text, wanted / 2 - 1, gone),
        });
        return;
    }
    let blanks = (wanted - width) as usize;
    let before = blanks_before(side, blanks);
    out.resize(out.len() + before, b' ');
    out.extend(text);
    out.resize(out.len() + blanks - before, b' ');
}

/// How many of the blanks go before the text.
pub fn blanks_before(side: Side, blanks: usize) -> usize {
    match side {
        Side::Right => 0,
        Side::Left | Side::LeftStealing => blanks,
        Side::Both => blanks / 2,
    }
}

/// Take blanks from the end of what stands before; colours among them are kept. Never the first byte.
fn steal(out: &mut Vec<u8>, text: &mut Vec<u8>, width: i64, mut wanted: i64) -> i64 {
    let mut end = out.len();
    while width > wanted && end > 1 {
        if out[end - 1] == b' ' {
            end -= 1;
            wanted += 1;
            continue;
        }
        let Some(start) = escape_before(out, end) else { break };
        text.splice(0..0, out[start..end].iter().copied());
        end = start;
    }
    out.truncate(end);
    wanted
}

/// Where a colour escape begins that ends at `end`. git looks back ten bytes at most.
fn escape_before(out: &[u8], end: usize) -> Option<usize> {
    if out[end - 1] != b'm' {
        return None;
    }
    let first = end.saturating_sub(11);
    let start = (first..end - 1).rev().find(|at| out[*at] == 0x1b)?;
    (escapes(&out[start..end]) == end - start).then_some(start)
}
