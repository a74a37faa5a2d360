//! Refs as files: one each, or many in `packed-refs` (gitrepository-layout(5), git-pack-refs(1)).

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use gix_hash::ObjectId;
use gix_object::bstr::{BStr, ByteSlice as _};

use super::file;
use super::layout::Layout;
use crate::git::error::Error;
use crate::git::error::Why;
use crate::limits;

/// Where a ref leads.
enum Target {
    Id(ObjectId),
    Symbolic(String),
}

/// The id that a ref with a full name leads to; `None` if there is none of that name.
pub fn find(layout: &Layout, name: &str) -> Result<Option<ObjectId>, Why> {
    let mut name = name.to_owned();
    for _ in 0..limits::SYMBOLIC_REFS {
        let target = match loose(layout, &name)? {
            Some(target) => target,
            None => match packed(layout, &name)? {
                Some(id) => return Ok(Some(id)),
                None => return Ok(None),
            },
        };
        match target {
            Target::Id(id) => return Ok(Some(id)),
            Target::Symbolic(next) => name = next,
        }
    }
    Err("it is a loop of symbolic refs".into())
}

/// Those of a linked work tree's own are beside its `HEAD`.
fn folder_of<'a>(layout: &'a Layout, name: &str) -> &'a Path {
    let is_own = !name.starts_with("refs/")
        || ["refs/bisect/", "refs/worktree/", "refs/rewritten/"].iter().any(|own| name.starts_with(own));
    if is_own { &layout.git_dir } else { &layout.common_dir }
}

fn loose(layout: &Layout, name: &str) -> Result<Option<Target>, Why> {
    let path = folder_of(layout, name).join(name);
    // A folder that `git pack-refs` left empty.
    if path.is_dir() {
        return Ok(None);
    }
    let Some(text) = file::read(&path, limits::REF_FILE_BYTES).map_err(Why::said)? else { return Ok(None) };
    if let Some(next) = text.strip_prefix(b"ref:") {
        let next = next.trim_ascii();
        // Such a name cannot lead out of the folder.
        let next = gix_validate::reference::name(BStr::new(next)).ok().and_then(|next| next.to_str().ok());
        let next = next.filter(|next| next.starts_with("refs/") || *next == "HEAD");
        return Ok(Some(Target::Symbolic(next.ok_or("it is a symbolic ref to something that is no ref")?.to_owned())));
    }
    let id = text.get(..layout.hash.len_in_hex()).and_then(|hex| ObjectId::from_hex(hex).ok());
    let rest = text.get(layout.hash.len_in_hex()..).unwrap_or_default();
    let id = id.filter(|_| rest.first().is_none_or(u8::is_ascii_whitespace));
    Ok(Some(Target::Id(id.ok_or("its file does not begin with the id of an object")?)))
}

fn packed(layout: &Layout, name: &str) -> Result<Option<ObjectId>, Why> {
    let mut found = None;
    each_packed(layout, &mut |id, full| {
        if full == name.as_bytes() {
            found = Some(id);
        }
        found.is_none()
    })
    .map_err(Why::said)?;
    Ok(found)
}

/// Show the refs of `packed-refs`, until `show` has seen enough.
fn each_packed(layout: &Layout, show: &mut dyn FnMut(ObjectId, &[u8]) -> bool) -> Result<(), Error> {
    let path = layout.common_dir.join("packed-refs");
    let Some(file) = file::open(&path, limits::PACKED_REFS_BYTES)? else { return Ok(()) };
    let mut file = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = file
            .by_ref()
            .take(limits::REF_FILE_BYTES)
            .read_until(b'\n', &mut line)
            .map_err(|error| file::unusable(&path, Why::said(error)))?;
        if length == 0 {
            return Ok(());
        }
        // The header, and what the tag before this line leads to.
        if line.starts_with(b"#") || line.starts_with(b"^") {
            continue;
        }
        let reference = line.strip_suffix(b"\n").and_then(|line| line.split_once_str(b" ")).and_then(|(hex, name)| {
            let id = ObjectId::from_hex(hex).ok().filter(|id| id.kind() == layout.hash)?;
            Some((id, name))
        });
        let Some((id, name)) = reference else { return Err(file::unusable(&path, "one of its lines is damaged")) };
        if !show(id, name) {
            return Ok(());
        }
    }
}

/// All tags, without `refs/tags/`, and what they lead to.
pub fn tags(layout: &Layout) -> Result<BTreeMap<Vec<u8>, ObjectId>, Error> {
    let mut tags = BTreeMap::new();
    each_packed(layout, &mut |id, full| {
        if let Some(name) = full.strip_prefix(b"refs/tags/") {
            tags.insert(name.to_vec(), id);
        }
        tags.len() < limits::LISTED_REFS
    })?;
    // Those that have a file of their own come before packed ones.
    each_file(layout, &["refs/tags/"], &mut |full| {
        if let (Some(name), Ok(text)) = (full.strip_prefix(b"refs/tags/"), std::str::from_utf8(full))
            && let Ok(Some(Target::Id(id))) = loose(layout, text)
        {
            tags.insert(name.to_vec(), id);
        }
    })?;
    Ok(tags)
}

/// Show the full names of tags and branches, in no order.
pub fn each_name(layout: &Layout, show: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
    let mut seen = each_file(layout, &["refs/tags/", "refs/heads/"], show)?;
    each_packed(layout, &mut |_, name| {
        seen += 1;
        show(name);
        seen < limits::LISTED_REFS
    })
}

/// Show the full names of refs in these folders that have files of their own; returns how much was looked at.
fn each_file(layout: &Layout, folders: &[&str], show: &mut dyn FnMut(&[u8])) -> Result<usize, Error> {
    let mut folders: Vec<(PathBuf, Vec<u8>)> =
        folders.iter().map(|name| (layout.common_dir.join(name), name.as_bytes().to_vec())).collect();
    let mut seen = 0;
    while let Some((folder, prefix)) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            seen += 1;
            if seen > limits::LISTED_REFS {
                return Err(Error::Limit { what: "the number of refs" });
            }
            let name = [&prefix, entry.file_name().as_encoded_bytes()].concat();
            match entry.file_type() {
                // Not through links, which may lead round in circles.
                Ok(kind) if kind.is_dir() => folders.push((entry.path(), [&name, &b"/"[..]].concat())),
                Ok(_) => show(&name),
                Err(_) => {}
            }
        }
    }
    Ok(seen)
}
