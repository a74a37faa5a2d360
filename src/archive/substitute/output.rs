//! A file as it grows: bytes that are known, holes, and what placeholders do to the text before them (specification 6.2).

use gix_object::bstr::ByteSlice;

use super::hole::{Hole, Piece};
use super::width;
use crate::archive::encoding::Charset;
use crate::c_text;

/// The file up to here. The known bytes behind the last hole are at hand; what stands before it is settled.
#[derive(Default)]
pub struct Output {
    pieces: Vec<Piece>,
    /// The bytes since the last hole.
    last: Vec<u8>,
    /// The bytes of all pieces.
    settled: usize,
    holes: usize,
}

/// A place in an [`Output`].
#[derive(Clone, Copy)]
pub struct Mark {
    holes: usize,
    at: usize,
}

impl Output {
    /// This many bytes it may have at most.
    pub fn len(&self) -> usize {
        self.settled + self.last.len()
    }

    /// How many holes there are.
    pub fn holes(&self) -> usize {
        self.holes
    }

    /// Add bytes that are known.
    pub fn push(&mut self, bytes: &[u8]) {
        self.last.extend_from_slice(bytes);
    }

    /// Add a spot that is not.
    ///
    /// It counts as long as the longest text that it may hold.
    pub fn push_hole(&mut self, hole: Hole) {
        self.settled += self.last.len() + hole.grammar.longest();
        self.pieces.push(Piece::Bytes(std::mem::take(&mut self.last)));
        self.pieces.push(Piece::Hole(hole));
        self.holes += 1;
    }

    /// The whole file.
    pub fn into_pieces(mut self) -> Vec<Piece> {
        self.pieces.push(Piece::Bytes(self.last));
        self.pieces
    }

    /// The known bytes at the end.
    pub fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.last
    }

    /// Take the line feeds at the end away; returns how many there were. `None` where they go on before holes that may be
    /// empty.
    pub fn cut_newlines(&mut self) -> Option<usize> {
        let before = self.last.len();
        self.last.truncate(self.last.trim_end_with(|c| c == '\n').len());
        let is_harmless = |piece: &&Piece| match piece {
            Piece::Bytes(bytes) => bytes.is_empty(),
            Piece::Hole(hole) => hole.may_be_empty() && !hole.grammar.may_end_a_line(),
        };
        let stops_at = self.pieces.iter().rev().find(|piece| !is_harmless(piece)).filter(|_| self.last.is_empty());
        let goes_on = match stops_at {
            Some(Piece::Bytes(bytes)) => bytes.ends_with(b"\n"),
            Some(Piece::Hole(hole)) => hole.grammar.may_end_a_line(),
            None => false,
        };
        (!goes_on).then_some(before - self.last.len())
    }

    /// Whether there is a NUL, or may be one in a hole.
    pub fn has_nul(&self) -> bool {
        self.last.contains(&0)
            || self.pieces.iter().any(|piece| match piece {
                Piece::Bytes(bytes) => bytes.contains(&0),
                Piece::Hole(hole) => hole.grammar.may_have_nul(),
            })
    }

    /// The columns of the present line. `None` where a hole is on it.
    ///
    /// To git the file is a C string here, which ends at its first NUL.
    pub fn columns(&self) -> Option<usize> {
        if self.holes > 0 && self.has_nul() {
            return None;
        }
        let text = c_text::up_to_nul(&self.last);
        match text.rfind_byte(b'\n') {
            Some(newline) => Some(width::columns(&text[newline..])),
            None if self.holes > 0 => None,
            None => Some(width::columns(text)),
        }
    }

    /// The end.
    pub fn mark(&self) -> Mark {
        Mark { holes: self.holes, at: self.last.len() }
    }

    /// The bytes since a place, to be put back in another form. `None` where a hole is among them.
    pub fn take_since(&mut self, mark: Mark) -> Option<Vec<u8>> {
        (mark.holes == self.holes).then(|| self.last.split_off(mark.at.min(self.last.len())))
    }

    /// Convert all of it from UTF-8, as far as it goes: where one byte fails, nothing changes. `None` where holes stand in
    /// the way: their text would be converted as well.
    pub fn reencode(&mut self, charset: Charset) -> Option<()> {
        // With holes about, each piece is converted alone: it must be whole characters.
        let stands_alone = |piece: &Piece| match piece {
            Piece::Bytes(bytes) => std::str::from_utf8(bytes).is_ok(),
            Piece::Hole(hole) => hole.grammar.is_ascii(),
        };
        let all_stand_alone = || self.pieces.iter().all(stands_alone) && std::str::from_utf8(&self.last).is_ok();
        if self.holes > 0 && !(charset.keeps_ascii() && all_stand_alone()) {
            return None;
        }
        let settled: Option<Vec<Piece>> = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Bytes(bytes) => charset.encode(bytes).map(Piece::Bytes),
                // Its text would be converted as well, and is not.
                Piece::Hole(hole) => Some(Piece::Hole(Hole { only_ascii: true, ..hole.clone() })),
            })
            .collect();
        if let (Some(settled), Some(last)) = (settled, charset.encode(&self.last)) {
            let bytes_of = |piece: &Piece| match piece {
                Piece::Bytes(bytes) => bytes.len(),
                Piece::Hole(hole) => hole.grammar.longest(),
            };
            self.settled = settled.iter().map(bytes_of).sum();
            (self.pieces, self.last) = (settled, last);
        }
        Some(())
    }
}
