//! Bundle files: a list of refs, and a pack (gitformat-bundle(5), versions 2 and 3).

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use foreign::Foreign;
use gix_hash::ObjectId;
use gix_object::bstr::ByteSlice;

use super::error::Error;
use super::error::Why;
use super::near::Near;
use super::object::Object;
use super::peel::leads_to;
use super::repository::{Event, Repository, Wanted};
use super::store::{Given, MemoryPack};
use super::tag_name::TagName;
use super::watchdog::{Meter, Phase, Span, supervise};
use crate::limits;

const VERSION_2: &[u8] = b"# v2 git bundle\n";
const VERSION_3: &[u8] = b"# v3 git bundle\n";

/// Ids and full names.
type Refs = Vec<(ObjectId, Vec<u8>)>;

/// A bundle file that was read and indexed.
struct Bundle {
    refs: Refs,
    pack: MemoryPack,
    /// A bundle may leave out blobs.
    given: Given,
}

/// Whether this is a file that begins like a bundle.
pub fn is_bundle(path: &Path) -> Result<bool, Error> {
    // Opening a pipe would wait for a writer.
    if !path.is_file() {
        return Ok(false);
    }
    let mut start = Vec::new();
    let file = File::open(path).map_err(|error| not_a_repository(path, Why::said(error)))?;
    file.take(VERSION_2.len() as u64)
        .read_to_end(&mut start)
        .map_err(|error| not_a_repository(path, Why::said(error)))?;
    Ok(start == VERSION_2 || start == VERSION_3)
}

/// Read a bundle, index its pack.
///
/// # Errors
/// Where it is no bundle, is incomplete, or takes longer than the deadline: deltas can make a small file large.
pub fn open(path: &Path, deadline: Instant, events: &dyn Fn(Event)) -> Result<impl Repository + use<>, Error> {
    let meter = Arc::new(Meter::default());
    meter.enter(Phase::OwnWork);
    let (stop, path) = (meter.clone(), path.to_owned());
    supervise(&meter, Span::until(deadline), events, move || read(&path, &stop.stop))
}

fn read(path: &Path, stop: &AtomicBool) -> Result<Bundle, Error> {
    let file = File::open(path).map_err(|error| not_a_repository(path, Why::said(error)))?;
    let mut file = BufReader::new(file);
    let (hash, refs) = read_header(&mut file, path)?;
    let mut bytes = Vec::new();
    let limit = limits::FULL_PACK.pack_bytes;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| not_a_repository(path, Why::said(error)))?;
    if bytes.len() as u64 > limit {
        return Err(Error::Limit { what: "the size of a bundle" });
    }
    let pack = MemoryPack::index(bytes, hash, limits::FULL_PACK, stop)?;
    Ok(Bundle { refs, pack, given: Given::default() })
}

/// The lines before the pack.
fn read_header(file: &mut impl BufRead, path: &Path) -> Result<(gix_hash::Kind, Refs), Error> {
    let damaged = |why: &'static str| not_a_repository(path, why.into());
    let mut hash = gix_hash::Kind::Sha1;
    let mut refs = Vec::new();
    let file = &mut file.take(limits::HANDSHAKE_BYTES);
    for _ in 0..limits::BUNDLE_LINES {
        let mut line = Vec::new();
        file.take(limits::BUNDLE_LINE_BYTES)
            .read_until(b'\n', &mut line)
            .map_err(|error| not_a_repository(path, Why::said(error)))?;
        if line == VERSION_2 || line == VERSION_3 {
            continue;
        }
        let line = line.strip_suffix(b"\n").ok_or_else(|| damaged("its header is cut short"))?;
        match line.first() {
            None => return Ok((hash, refs)),
            Some(b'-') => return Err(Error::IncompleteBundle),
            Some(b'@') => match &line[1..] {
                b"object-format=sha1" => {}
                b"object-format=sha256" => hash = gix_hash::Kind::Sha256,
                capability if capability.starts_with(b"filter=") => {}
                _ => return Err(damaged("it has an unknown capability")),
            },
            Some(_) => {
                let reference = line.split_once_str(b" ").and_then(|(hex, name)| {
                    let id = ObjectId::from_hex(hex).ok().filter(|id| id.kind() == hash)?;
                    Some((id, name.to_vec()))
                });
                refs.push(reference.ok_or_else(|| damaged("a line of its header is damaged"))?);
            }
        }
    }
    Err(damaged("it lists too many refs"))
}

fn not_a_repository(path: &Path, why: Why) -> Error {
    Error::NotARepository { path: Foreign::path(path), why }
}

impl Repository for Bundle {
    fn find(&mut self, wanted: &Wanted) -> Result<Option<ObjectId>, Error> {
        let name = match wanted {
            Wanted::Tag(name) => name,
            Wanted::Commit(id) => return Ok(self.pack.contains(id).then_some(*id)),
        };
        Ok(self.refs.iter().find(|(_, full)| *full == name.full().as_bytes()).map(|(id, _)| *id))
    }

    fn prepare(&mut self, _: &[ObjectId], given: Vec<Object>) -> Result<(), Error> {
        self.given.add(given);
        Ok(())
    }

    fn tags_of(&mut self, commit: ObjectId) -> Result<Option<Vec<Vec<u8>>>, Error> {
        let tags = self.refs.iter().filter_map(|(id, name)| Some((id, name.strip_prefix(b"refs/tags/")?)));
        let read = |id| self.read(id, limits::TAG_OR_COMMIT_BYTES);
        let tags = tags.filter(|(id, _)| leads_to(read, **id, commit));
        Ok(Some(tags.map(|(_, name)| name.to_vec()).collect()))
    }

    fn near(&mut self, name: &TagName) -> Result<Near, Error> {
        Ok(Near::among(name, self.refs.iter().map(|(_, name)| name.as_slice())))
    }

    fn read(&self, id: ObjectId, limit: usize) -> Result<Object, Error> {
        if let Some(object) = self.given.read(id, limit)? {
            return Ok(object);
        }
        self.pack.read(id, limit)?.ok_or(Error::Missing { id })
    }
}
