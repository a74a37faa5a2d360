//! The central directory, and the headers beside the contents, which must agree with it.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use gix_object::bstr::ByteSlice;

use super::super::super::error::Error;
use super::super::super::kind::is_tar_header;
use super::super::unclear;
use crate::archive::header::RECORD;
use crate::limits;

/// One entry.
#[derive(Clone, Debug)]
pub struct Member {
    /// As it stands there; that of a folder ends in a slash.
    pub name: Vec<u8>,
    /// File type and permission bits, as in a tree.
    pub mode: u32,
    /// How its content is stored.
    pub method: Method,
    /// The checksum of its content.
    pub crc: u32,
    /// The bytes of its content,
    pub size: u64,
    /// and how many are stored.
    pub stored: u64,
    /// Where they begin in the file.
    pub start: u64,
    flags: u16,
    header: u64,
}

/// How content is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// As it is.
    Stored,
    /// RFC 1951
    Deflated,
}

/// Sizes follow the content.
const SIZES_FOLLOW: u16 = 1 << 3;
const UTF8: u16 = 1 << 11;
/// What deflate was told about speed.
const DEFLATE_OPTIONS: u16 = 3 << 1;

/// Where an image of a disc says that it is one.
const ISO_MARK: u64 = 32_769;
const END: &[u8] = b"PK\x05\x06";
const END_BYTES: u64 = 22;
const CENTRAL: &[u8] = b"PK\x01\x02";
const CENTRAL_BYTES: usize = 46;
const LOCAL: &[u8] = b"PK\x03\x04";
const LOCAL_BYTES: u64 = 30;
const DESCRIPTOR: &[u8] = b"PK\x07\x08";

/// Every member, in the order of the file.
pub fn read(file: &mut File) -> Result<VecDeque<Member>, Error> {
    let length = file.seek(SeekFrom::End(0))?;
    // tar and bsdtar would read it as that.
    if is_tar_header(&bytes_at(file, 0, length.min(RECORD as u64))?) {
        return Err(strange("begins as a tar"));
    }
    // The same for an image of a disc.
    if length > ISO_MARK + 5 && bytes_at(file, ISO_MARK, 5)? == b"CD001" {
        return Err(strange("is an image of a disc as well"));
    }
    let (count, start, end) = find(file, length)?;
    let directory = bytes_at(file, start, end - start)?;
    let mut members = Vec::new();
    let mut rest = directory.as_slice();
    for _ in 0..count {
        let (member, after) = take(rest)?;
        members.push(member);
        rest = after;
    }
    if !rest.is_empty() {
        return Err(strange("has more in its directory than it says"));
    }
    members.sort_by_key(|member| member.header);
    let ends = members.iter().skip(1).map(|member| member.header).chain([start]).collect::<Vec<_>>();
    if members.first().map_or(start, |member| member.header) != 0 {
        return Err(strange("has bytes before its first entry"));
    }
    for (member, end) in members.iter_mut().zip(ends) {
        check_local(file, member, end)?;
    }
    Ok(members.into())
}

/// The record at the end: how many entries there are, and where the directory lies. It ends where that record begins.
fn find(file: &mut File, length: u64) -> Result<(u64, u64, u64), Error> {
    let tail = length.min(END_BYTES + u64::from(u16::MAX));
    let bytes = bytes_at(file, length - tail, tail)?;
    let at = bytes.rfind(END).ok_or_else(|| strange("does not end as it should"))?;
    let record = &bytes[at..];
    let fail = || strange("does not end as it should");
    let comment = number(record, 20, 2).ok_or_else(fail)?;
    if record.len() as u64 != END_BYTES + comment {
        return Err(fail());
    }
    if comment > limits::ZIP_COMMENT_BYTES {
        return Err(strange("has a long comment, in which programs may find another archive"));
    }
    let field = |at, bytes| number(record, at, bytes).ok_or_else(fail);
    let (disk, directory_disk, here, count) = (field(4, 2)?, field(6, 2)?, field(8, 2)?, field(10, 2)?);
    let (size, start) = (field(12, 4)?, field(16, 4)?);
    if disk != 0 || directory_disk != 0 || here != count {
        return Err(strange("has several parts"));
    }
    if count == 0xffff || size == 0xffff_ffff || start == 0xffff_ffff {
        return Err(strange("is of the kind zip64"));
    }
    let end = length - tail + at as u64;
    // Python and bsdtar believe a locator of zip64 whatever stands in the record behind it.
    if at.checked_sub(20).and_then(|at| bytes.get(at..)).is_some_and(|locator| locator.starts_with(b"PK\x06\x07")) {
        return Err(strange("is of the kind zip64"));
    }
    if start + size != end {
        return Err(strange("has bytes around its directory"));
    }
    if size > limits::ZIP_DIRECTORY_BYTES {
        return Err(Error::Limit { what: "the size of the zip archive's directory" });
    }
    Ok((count, start, end))
}

/// The first member of the directory, and what follows.
fn take(bytes: &[u8]) -> Result<(Member, &[u8]), Error> {
    let fail = || strange("has a damaged directory");
    let header = bytes.get(..CENTRAL_BYTES).filter(|header| header.starts_with(CENTRAL)).ok_or_else(fail)?;
    let field = |at, bytes| number(header, at, bytes).ok_or_else(fail);
    let (name, extra, comment) = (field(28, 2)? as usize, field(30, 2)? as usize, field(32, 2)? as usize);
    let rest = &bytes[CENTRAL_BYTES..];
    let (name, rest) = rest.split_at_checked(name).ok_or_else(fail)?;
    let (extra, rest) = rest.split_at_checked(extra).ok_or_else(fail)?;
    let (comment, rest) = rest.split_at_checked(comment).ok_or_else(fail)?;
    let flags = field(8, 2)? as u16;
    let fail = |what| unclear(name, what);
    if !comment.is_empty() {
        return Err(fail("has a comment"));
    }
    if flags & 1 != 0 {
        return Err(fail("is encrypted"));
    }
    if flags & !(SIZES_FOLLOW | UTF8 | DEFLATE_OPTIONS) != 0 {
        return Err(fail("has flags that this program does not know"));
    }
    check_name(name, flags)?;
    check_extra(name, extra)?;
    let method = match field(10, 2)? {
        0 if flags & SIZES_FOLLOW == 0 => Method::Stored,
        8 => Method::Deflated,
        _ => return Err(fail("is not stored plainly or deflated")),
    };
    let (stored, size, header) = (field(20, 4)?, field(24, 4)?, field(42, 4)?);
    if [stored, size, header].contains(&0xffff_ffff) || field(34, 2)? != 0 {
        return Err(fail("is of the kind zip64, or in several parts"));
    }
    if method == Method::Stored && stored != size {
        return Err(fail("has two sizes"));
    }
    // Bit 0 says that it is a text. unzip takes others for what another system wrote, and drops links and modes.
    if field(36, 2)? > 1 {
        return Err(fail("has attributes that this program does not know"));
    }
    let system = field(5, 1)?;
    // unzip translates such names although they are said to be in UTF-8.
    if system == 0 && !name.is_ascii() {
        return Err(fail("has a name that programs translate in different ways"));
    }
    let mode = mode(name, system, field(38, 4)? as u32)?;
    if mode & 0o170000 == 0o040000 && size != 0 {
        return Err(fail("is a folder with content"));
    }
    let crc = field(16, 4)? as u32;
    Ok((Member { name: name.to_vec(), mode, method, crc, size, stored, start: 0, flags, header }, rest))
}

/// Type and permissions, from what Unix programs write, or from nothing but the name.
fn mode(name: &[u8], system: u64, attributes: u32) -> Result<u32, Error> {
    let is_folder = name.ends_with(b"/");
    let fail = |what| Err(unclear(name, what));
    let mode = match (system, attributes >> 16) {
        // What a program gives to it that was told nothing.
        (0, 0) if is_folder => 0o040755,
        (0, 0) => 0o100644,
        (3, mode) => mode,
        _ => return fail("was packed on a system that this program does not know"),
    };
    // unzip leaves out what is the name of a disc.
    if system == 0 && attributes & 0xff & !0x31 != 0 {
        return fail("has attributes that no file has");
    }
    let mode = match mode & 0o170000 {
        0 if is_folder => mode | 0o040000,
        0 => mode | 0o100000,
        0o040000 | 0o100000 | 0o120000 => mode,
        _ => return fail("is a device or a named pipe"),
    };
    let says_folder = mode & 0o170000 == 0o040000 || attributes & 0x10 != 0;
    if says_folder != is_folder {
        return fail("is a folder for some programs and a file for others");
    }
    Ok(mode)
}

fn check_name(name: &[u8], flags: u16) -> Result<(), Error> {
    if name.contains(&b'\\') {
        return Err(unclear(name, "has a backslash in its name"));
    }
    if name.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
        return Err(unclear(name, "has a control character in its name"));
    }
    // unzip takes it for the version of a file on VMS.
    let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    if name.get(..name.len() - digits).is_some_and(|name| name.ends_with(b";")) {
        return Err(unclear(name, "has a name that ends in a semicolon and a number"));
    }
    if !name.is_ascii() && (flags & UTF8 == 0 || !name.is_utf8()) {
        return Err(unclear(name, "has a name in an encoding that is not said"));
    }
    Ok(())
}

/// Fields that change nothing of what is compared: times (0x5455, 0x5855, 0x000a) and owners (0x7875).
fn check_extra(name: &[u8], mut extra: &[u8]) -> Result<(), Error> {
    while !extra.is_empty() {
        let field = number(extra, 0, 2).zip(number(extra, 2, 2));
        let Some((id, after)) = field.and_then(|(id, size)| Some((id as u16, extra.get(4 + size as usize..)?))) else {
            return Err(unclear(name, "has a damaged extra field"));
        };
        if extra.len() - after.len() > limits::ZIP_EXTRA_BYTES {
            return Err(unclear(name, "has a long extra field, in which programs may find another archive"));
        }
        let length = extra.len() - after.len() - 4;
        let is_known = match id {
            0x5455 => matches!(length, 1 | 5 | 9 | 13),
            0x7875 => length == 11,
            0x5855 => matches!(length, 8 | 12),
            0x000a => length == 32,
            _ => return Err(unclear(name, "has an extra field that this program does not know")),
        };
        if !is_known {
            return Err(unclear(name, "has an extra field of an unknown length"));
        }
        extra = after;
    }
    Ok(())
}

/// The header beside the content says what the directory says, and `end` is where the next one begins.
fn check_local(file: &mut File, member: &mut Member, end: u64) -> Result<(), Error> {
    let name = member.name.clone();
    let fail = || unclear(&name, "has two headers that differ");
    let header = bytes_at(file, member.header, LOCAL_BYTES.min(end.saturating_sub(member.header)))?;
    let field = |at, bytes| number(&header, at, bytes).ok_or_else(fail);
    if !header.starts_with(LOCAL) || field(6, 2)? != u64::from(member.flags) {
        return Err(fail());
    }
    let method = if member.method == Method::Stored { 0 } else { 8 };
    let sums = [field(14, 4)?, field(18, 4)?, field(22, 4)?];
    let expected = [u64::from(member.crc), member.stored, member.size];
    let follow = member.flags & SIZES_FOLLOW != 0;
    if field(8, 2)? != method || sums != expected && !(follow && sums == [0; 3]) {
        return Err(fail());
    }
    let (name_bytes, extra_bytes) = (field(26, 2)?, field(28, 2)?);
    let names = bytes_at(file, member.header + LOCAL_BYTES, name_bytes + extra_bytes)?;
    let extra = names.strip_prefix(member.name.as_slice()).filter(|extra| extra.len() as u64 == extra_bytes);
    check_extra(&member.name, extra.ok_or_else(fail)?)?;
    member.start = member.header + LOCAL_BYTES + name_bytes + extra_bytes;
    let over = end.checked_sub(member.start + member.stored).ok_or_else(fail)?;
    let is_end = match (follow, over) {
        (false, 0) => true,
        (true, 12 | 16) => {
            let descriptor = bytes_at(file, end - over, over)?;
            let sums = if over == 16 { descriptor.strip_prefix(DESCRIPTOR) } else { Some(descriptor.as_slice()) };
            let sums = sums.map(|sums| [0, 4, 8].map(|at| number(sums, at, 4)));
            sums == Some(expected.map(Some))
        }
        _ => false,
    };
    if is_end {
        Ok(())
    } else {
        Err(unclear(&name, "has bytes behind it that belong to nothing, or lies in another entry"))
    }
}

fn strange(what: &'static str) -> Error {
    unclear(b"the zip archive", what)
}

/// A number as zip writes it, the low byte first.
fn number(bytes: &[u8], at: usize, count: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(count)?)?;
    Some(bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

fn bytes_at(file: &mut File, start: u64, count: u64) -> Result<Vec<u8>, Error> {
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(count).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == count { Ok(bytes) } else { Err(Error::Truncated) }
}
