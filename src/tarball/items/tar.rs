//! Entries of a tar: v7, ustar, pax, and GNU's long names.

use super::super::error::Error;
use super::super::kind::Kind;
use super::super::stream::Tarball;
use super::header::Fields;
use super::pax::Records;
use super::{Item, ItemKind, Items, path, unclear};
use crate::archive::header::{self, RECORD};
use crate::limits;

/// A tar that is being read entry by entry.
pub struct TarItems<'a> {
    tarball: &'a mut Tarball,
    /// The path of the last entry, for messages.
    path: Vec<u8>,
    /// What is left of its content, and the padding behind that.
    left: u64,
    padding: u64,
    is_over: bool,
    is_begun: bool,
}

/// What came before an entry's own header.
#[derive(Default)]
struct Before {
    pax: Option<Records>,
    name: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
}

impl Before {
    fn is_empty(&self) -> bool {
        self.pax.is_none() && self.name.is_none() && self.target.is_none()
    }
}

impl<'a> TarItems<'a> {
    /// From the first byte on.
    pub fn new(tarball: &'a mut Tarball) -> Self {
        TarItems { tarball, path: Vec::new(), left: 0, padding: 0, is_over: false, is_begun: false }
    }

    fn block(&mut self) -> Result<[u8; RECORD], Error> {
        let mut block = [0; RECORD];
        match self.tarball.fill(&mut block)? {
            RECORD => Ok(block),
            _ => Err(Error::Truncated),
        }
    }

    /// What follows a header that is about the next one.
    fn records(&mut self, size: u64) -> Result<Vec<u8>, Error> {
        if size > limits::PAX_BYTES as u64 {
            return Err(Error::Limit { what: "the size of a pax header or a long name" });
        }
        let mut records = vec![0; size as usize + header::padding(size)];
        if self.tarball.fill(&mut records)? < records.len() {
            return Err(Error::Truncated);
        }
        let padding = records.split_off(size as usize);
        if padding.iter().any(|byte| *byte != 0) {
            return Err(unclear(&self.path, "is followed by a header with bytes behind its end"));
        }
        Ok(records)
    }

    /// Zeros up to the very end: programs differ in where they stop reading.
    fn end(&mut self) -> Result<(), Error> {
        self.is_over = true;
        loop {
            let bytes = self.tarball.take(u64::MAX)?;
            if bytes.is_empty() {
                return Ok(());
            }
            if bytes.iter().any(|byte| *byte != 0) {
                return Err(Error::Hidden);
            }
        }
    }

    fn item(&mut self, fields: Fields, before: Before) -> Result<Item, Error> {
        let pax = before.pax.unwrap_or_default();
        let own_name_is_folder = fields.path.ends_with(b"/");
        let path = pax.path.or(before.name).unwrap_or(fields.path);
        let target = pax.target.or(before.target).unwrap_or(fields.target);
        self.path.clone_from(&path);
        let fail = |what| unclear(&path, what);
        if pax.size.is_some_and(|size| size != fields.size) {
            return Err(fail("has two sizes"));
        }
        let is_named_as_folder = path.ends_with(b"/");
        let kind = match fields.typeflag {
            b'0' if is_named_as_folder => return Err(fail("is a folder for some programs and a file for others")),
            // Python looks at the name in the block itself, and others at the long one.
            0 if own_name_is_folder != is_named_as_folder => {
                return Err(fail("is a folder for some programs and a file for others"));
            }
            // Tars from before there was a flag for folders.
            0 if is_named_as_folder => ItemKind::Folder,
            b'0' | 0 => ItemKind::File { mode: fields.mode, size: fields.size },
            b'5' => ItemKind::Folder,
            b'1' if target.ends_with(b"/") => return Err(fail("is a hard link to a folder")),
            b'1' => {
                let target = path::plain(&target).map_err(|_| fail("is a hard link to a place outside"))?;
                ItemKind::HardLink { target, mode: fields.mode }
            }
            b'2' if target.is_empty() || target.contains(&0) => return Err(fail("has no link target")),
            b'2' => ItemKind::Symlink { target: target.clone() },
            b'3' | b'4' => return Err(fail("is a device")),
            b'6' => return Err(fail("is a named pipe")),
            b'7' => return Err(fail("is a contiguous file")),
            b'S' => return Err(fail("is a sparse file")),
            _ => return Err(fail("is an entry of an unknown kind")),
        };
        let is_link = matches!(kind, ItemKind::Symlink { .. } | ItemKind::HardLink { .. });
        if !is_link && !target.is_empty() {
            return Err(fail("has a link target and is no link"));
        }
        if !matches!(kind, ItemKind::File { .. }) && fields.size != 0 {
            return Err(fail("has content and is no file"));
        }
        if is_link && is_named_as_folder {
            return Err(fail("is a link with the name of a folder"));
        }
        if is_link && target.len() > limits::LINK_TARGET_BYTES {
            return Err(Error::Limit { what: "the length of a link target" });
        }
        let plain = path::plain(&path).map_err(fail)?;
        if plain.is_empty() && kind != ItemKind::Folder {
            return Err(fail("has no name"));
        }
        self.left = fields.size;
        self.padding = header::padding(fields.size) as u64;
        Ok(Item { path: plain, kind })
    }
}

impl Items for TarItems<'_> {
    fn next(&mut self) -> Result<Option<Item>, Error> {
        if self.is_over {
            return Ok(None);
        }
        self.content(&mut |_| ())?;
        let mut before = Before::default();
        loop {
            let block = self.block()?;
            // bsdtar decompresses as often as it finds something to decompress.
            if !std::mem::replace(&mut self.is_begun, true) && begins_as_another(&block) {
                return Err(Error::Hidden);
            }
            if block.iter().all(|byte| *byte == 0) {
                if !before.is_empty() {
                    return Err(unclear(&self.path, "is followed by a header without an entry"));
                }
                self.end()?;
                return Ok(None);
            }
            let fields = Fields::read(&block)?;
            let twice = || unclear(&fields.path, "says in two ways what the next entry is called");
            match fields.typeflag {
                b'g' if before.is_empty() => Records::global(&self.records(fields.size)?)?,
                b'x' if before.is_empty() => before.pax = Some(Records::of_entry(&self.records(fields.size)?)?),
                b'L' if before.pax.is_none() && before.name.is_none() => {
                    before.name = Some(long_name(self.records(fields.size)?).ok_or_else(twice)?);
                }
                b'K' if before.pax.is_none() && before.target.is_none() => {
                    before.target = Some(long_name(self.records(fields.size)?).ok_or_else(twice)?);
                }
                b'g' | b'x' | b'L' | b'K' => return Err(twice()),
                _ => return self.item(fields, before).map(Some),
            }
        }
    }

    fn content(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
        while self.left > 0 {
            let bytes = self.tarball.take(self.left)?;
            if bytes.is_empty() {
                return Err(Error::Truncated);
            }
            each(bytes);
            self.left -= bytes.len() as u64;
        }
        while self.padding > 0 {
            let length = self.tarball.take(self.padding)?.len() as u64;
            if length == 0 {
                return Err(Error::Truncated);
            }
            self.padding -= length;
        }
        Ok(())
    }

    fn bytes_read(&self) -> u64 {
        self.tarball.bytes_read()
    }
}

/// Whether the first name of a tar is what another kind of file begins with, for some program.
fn begins_as_another(block: &[u8; RECORD]) -> bool {
    const OTHERS: [&[u8]; 6] = [b"LRZI", b"begin ", b"#mtree", b"xar!", b"MSCF\0", b"WARC/"];
    let is_named = block.first().is_some_and(|byte| (b' '..0x7f).contains(byte) || *byte >= 0xc2);
    let is_skipped = block.get(1..4) == Some(b"\x2a\x4d\x18");
    !is_named
        || is_skipped
        || OTHERS.iter().any(|magic| block.starts_with(magic))
        || Kind::recognise(&block[..16]).is_some_and(|kind| kind.is_by_magic())
}

/// GNU's long names end in a NUL, and have none within.
fn long_name(mut name: Vec<u8>) -> Option<Vec<u8>> {
    (name.pop() == Some(0) && !name.is_empty() && !name.contains(&0)).then_some(name)
}
