//! How a tarball differs, in words. Nothing here decides: the caller has seen a difference already, or compares here.

use foreign::Foreign;
use gix_hash::ObjectId;
use gix_object::bstr::ByteSlice;

use super::container::Container;
use super::error::Error;
use super::group::Group;
use super::kind::{Kind, is_tar_header};
use crate::archive::header::{Dialect, Header, RECORD};
use crate::archive::{Archive, Entry, EntryKind};

/// A tarball that does not begin as expected.
pub fn global(expected: ObjectId, container: Container, found: &[u8]) -> Error {
    let is_global = found.get(156) == Some(&b'g');
    let comment = found.get(RECORD..).and_then(|records| {
        let start = records.find(b" comment=")? + 9;
        let length = records[start..].find_byte(b'\n')?;
        Some(&records[start..start + length])
    });
    match comment.filter(|_| is_global) {
        None if !is_tar_header(found) => {
            let is_inside = container != Container::Tar;
            Kind::recognise(found).map_or(Error::NotATar, |kind| Error::OtherKind { kind, is_inside })
        }
        None => Error::NotGitArchive,
        Some(id) if id != expected.to_string().as_bytes() => {
            Error::OtherCommit { expected, found: Foreign::from(id), tags: Vec::new() }
        }
        Some(_) => Error::GlobalHeader,
    }
}

/// The tarball has another path here than the entry `index`. `comes_later` looks for a path behind this place.
pub fn other_entry(
    archive: &Archive<'_>,
    prefix: &[u8],
    index: usize,
    found: Option<&Group>,
    comes_later: impl FnOnce(&[u8]) -> bool,
) -> Error {
    let entries = archive.entries();
    let expected_path = entries[index].full_path(prefix);
    let expected = Foreign::from(&expected_path);
    let found = match found {
        Some(group) if !group.is_end() => group.path(),
        _ => return Error::Missing { path: expected },
    };
    let relative = found.strip_prefix(prefix).unwrap_or_default();
    let is_it = |entry: &&Entry| entry.path == relative.strip_suffix(b"/").unwrap_or(relative);
    let place = entries.iter().position(|entry| is_it(&entry) && entry.full_path(prefix) == found);
    match place {
        None => extra(archive, prefix, &found, false),
        // It belongs here, only not yet: others were left out.
        Some(place) if place > index && !comes_later(&expected_path) => Error::Missing { path: expected },
        Some(_) => Error::Order { expected, found: Foreign::from(&found) },
    }
}

/// The tarball has a path that the archive does not have: behind all that it has, or before.
pub fn extra(archive: &Archive<'_>, prefix: &[u8], found: &[u8], is_behind_all: bool) -> Error {
    let relative = found.strip_prefix(prefix).unwrap_or_default();
    let submodules = archive.entries().iter().filter(|entry| entry.kind == EntryKind::Submodule);
    let is_above =
        |entry: &&Entry| relative.strip_prefix(entry.path.as_slice()).is_some_and(|rest| rest.starts_with(b"/"));
    let submodule = submodules.into_iter().find(is_above).map(|entry| Foreign::from(&entry.path));
    // `b.c` of `sub/b.c`, if no other folder has one.
    let folder_of = |entry: &Entry| {
        let folder = entry.path.strip_suffix(relative)?.strip_suffix(b"/")?;
        (!relative.is_empty() && !relative.ends_with(b"/")).then(|| Foreign::from(folder))
    };
    let mut folders = archive.entries().iter().filter_map(folder_of).take(2);
    let folder = folders.next().filter(|_| folders.next().is_none());
    Error::Extra { path: Foreign::from(found), submodule, folder, is_behind_all }
}

/// The first field in which a header differs from what stands in its place.
pub fn header(expected: &Header<'_>, dialect: Dialect, found: &Group) -> Error {
    let wanted = expected.blocks(dialect);
    let expected_kind = expected.kind;
    let path = Foreign::from(expected.path);
    // The headers as the last records of both: the pax records before them were made from the same values.
    let block = &wanted[wanted.len() - RECORD..];
    let wanted_header = tar::Header::from_byte_slice(block);
    let found_header = found.header();
    let words = |header: &tar::Header| -> [(&'static str, String); 6] {
        let number =
            |value: std::io::Result<u64>| value.map_or_else(|_| "unreadable".into(), |value| value.to_string());
        let name = |name: Option<&[u8]>| String::from_utf8_lossy(name.unwrap_or_default()).into_owned();
        [
            ("kind", kind_of(header).to_owned()),
            ("mode", header.mode().map_or_else(|_| "unreadable".into(), |mode| format!("{mode:04o}"))),
            ("owner", format!("{}:{}", number(header.uid()), number(header.gid()))),
            ("owner's name", format!("{}:{}", name(header.username_bytes()), name(header.groupname_bytes()))),
            ("time", number(header.mtime())),
            ("size", number(header.entry_size())),
        ]
    };
    for ((field, expected), (_, found)) in words(wanted_header).into_iter().zip(words(found_header)) {
        if expected != found {
            if field == "size" && matches!(expected_kind, EntryKind::File { .. }) {
                return Error::Content { path, only_line_ends: false };
            }
            let (expected, found) = (Foreign::from(&expected), Foreign::from(&found));
            return Error::Field { path, field, expected, found };
        }
    }
    if expected_kind != EntryKind::Symlink && !found.target().is_empty() {
        let found = Foreign::from(&found.target());
        return Error::Field { path, field: "link target", expected: Foreign::from("nothing"), found };
    }
    Error::Header { path }
}

fn kind_of(header: &tar::Header) -> &'static str {
    match header.as_bytes()[156] {
        b'0' | 0 => "file",
        b'1' => "hard link",
        b'2' => "symbolic link",
        b'5' => "directory",
        _ => "special file",
    }
}
