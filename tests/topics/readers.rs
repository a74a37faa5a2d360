//! Random edits of good archives for the second reader: it never fails but with a word, and what it reads to the end, the crate
//! `tar` reads in the same way, which takes far more.
//!
//! `RANDOM_READERS=1000000 cargo test --release readers` tries more than the usual number of them.

use std::io::{Cursor, Read as _};

use auth_tarball_from_git::tarball::{Container, Item, ItemKind, Items, TarItems, Tarball, ZipItems};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestRunner};

/// What GNU tar and bsdtar made, and zip.
const TARS: [&[u8]; 2] = [include_bytes!("../second-reader/gnu.tar"), include_bytes!("../second-reader/pax.tar")];
const ZIPS: [&[u8]; 2] =
    [include_bytes!("../second-reader/stored.zip"), include_bytes!("../second-reader/deflated.zip")];

#[derive(Clone, Debug)]
enum Edit {
    Set(usize, u8),
    Flip(usize, u8),
    Insert(usize, u8),
    Remove(usize),
    Copy(usize, usize),
    Cut(usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = || any::<usize>();
    let telling = prop::sample::select(b"\0 /.0123457gxLKSVMD=\n\x80\xff".to_vec());
    prop_oneof![
        4 => (at(), telling).prop_map(|(at, value)| Edit::Set(at, value)),
        2 => (at(), any::<u8>()).prop_map(|(at, value)| Edit::Flip(at, value)),
        1 => (at(), any::<u8>()).prop_map(|(at, value)| Edit::Insert(at, value)),
        1 => at().prop_map(Edit::Remove),
        2 => (at(), at()).prop_map(|(from, to)| Edit::Copy(from, to)),
        1 => at().prop_map(Edit::Cut),
    ]
}

/// Blocks of a tar, or bytes of a zip archive.
fn apply(bytes: &mut Vec<u8>, edit: &Edit, unit: usize) {
    if bytes.is_empty() {
        return;
    }
    let block = |at: usize, bytes: &Vec<u8>| at % bytes.len() / unit * unit;
    match edit {
        Edit::Set(at, value) => {
            let at = at % bytes.len();
            bytes[at] = *value;
        }
        Edit::Flip(at, value) => {
            let at = at % bytes.len();
            bytes[at] ^= value;
        }
        Edit::Insert(at, value) => {
            let at = block(*at, bytes);
            bytes.splice(at..at, std::iter::repeat_n(*value, unit));
        }
        Edit::Remove(at) => {
            let at = block(*at, bytes);
            bytes.drain(at..(at + unit).min(bytes.len()));
        }
        Edit::Copy(from, to) => {
            let (from, to) = (block(*from, bytes), block(*to, bytes));
            let copy = bytes[from..(from + unit).min(bytes.len())].to_vec();
            bytes.splice(to..to, copy);
        }
        Edit::Cut(at) => bytes.truncate(block(*at, bytes)),
    }
}

/// Otherwise checksums are all that is tried.
fn make_checksums(tar: &mut [u8]) {
    for block in tar.chunks_exact_mut(512).filter(|block| block[257..].starts_with(b"ustar")) {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

fn read(items: &mut dyn Items) -> Option<Vec<(Item, Vec<u8>)>> {
    let mut all = Vec::new();
    loop {
        match items.next() {
            Ok(Some(item)) => {
                let mut content = Vec::new();
                items.content(&mut |bytes| content.extend_from_slice(bytes)).ok()?;
                all.push((item, content));
            }
            Ok(None) => return Some(all),
            Err(error) => {
                assert!(!error.to_string().contains('\x1b'));
                return None;
            }
        }
    }
}

fn trimmed(path: &[u8]) -> &[u8] {
    let mut path = path;
    while let Some(rest) = path.strip_prefix(b"./") {
        path = rest;
    }
    while let Some(rest) = path.strip_suffix(b"/") {
        path = rest;
    }
    if path == b"." { b"" } else { path }
}

/// Whether it was read to the end.
fn check_tar(bytes: &[u8]) -> bool {
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    let Ok(mut tarball) = Tarball::from_reader(reader, bytes.len() as u64, None, &[]) else { return false };
    if tarball.container() != Container::Tar {
        return false;
    }
    let Some(ours) = read(&mut TarItems::new(&mut tarball)) else { return false };
    // The crate takes a line of a pax header for a record.
    if ours.iter().any(|(item, _)| item.path.contains(&b'\n')) {
        return true;
    }
    let mut theirs = tar::Archive::new(bytes);
    let is_entry = |entry: &std::io::Result<tar::Entry<'_, &[u8]>>| {
        entry.as_ref().map_or(true, |entry| !entry.header().entry_type().is_pax_global_extensions())
    };
    let mut entries = theirs.entries().expect("entries").filter(is_entry);
    for (item, content) in &ours {
        let mut entry = entries.next().expect("as many").expect("an entry");
        assert_eq!(trimmed(&entry.path_bytes()), item.path);
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("content");
        assert_eq!(&bytes, content);
        match &item.kind {
            ItemKind::Symlink { target } => assert_eq!(entry.link_name_bytes().as_deref(), Some(target.as_slice())),
            ItemKind::File { mode, size } => {
                assert_eq!((entry.header().mode().ok().map(|mode| mode & 0o7777), entry.size()), (Some(*mode), *size));
            }
            ItemKind::HardLink { target, .. } => {
                assert_eq!(entry.link_name_bytes().as_deref().map(trimmed), Some(target.as_slice()));
            }
            ItemKind::Folder => {}
        }
    }
    assert!(entries.next().is_none(), "more entries");
    true
}

fn check_zip(bytes: &[u8]) -> bool {
    let folder = std::env::temp_dir();
    let mut file = tempfile::NamedTempFile::new_in(folder).expect("a file");
    std::io::Write::write_all(&mut file, bytes).expect("written");
    ZipItems::open(file.path(), &[]).is_ok_and(|mut items| read(&mut items).is_some())
}

#[test]
fn good_archives_are_read() {
    assert!(TARS.iter().all(|tar| check_tar(tar)) && ZIPS.iter().all(|zip| check_zip(zip)));
}

#[test]
fn edited_archives_are_read_alike_or_refused() {
    let count = std::env::var("RANDOM_READERS").ok().and_then(|count| count.parse().ok());
    let config = Config {
        cases: count.unwrap_or(20_000),
        rng_seed: if count.is_some() { RngSeed::Random } else { RngSeed::Fixed(1) },
        max_shrink_iters: 3000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    };
    let read = std::cell::Cell::new(0);
    let edits = prop::collection::vec(edit(), 1..4);
    TestRunner::new(config)
        .run(&(0..4usize, edits, any::<bool>()), |(which, edits, with_checksums)| {
            let (bytes, unit) = if which < 2 { (TARS[which], 512) } else { (ZIPS[which - 2], 7) };
            let mut bytes = bytes.to_vec();
            edits.iter().for_each(|edit| apply(&mut bytes, edit, unit));
            if which < 2 && with_checksums {
                make_checksums(&mut bytes);
            }
            let is_read = if which < 2 { check_tar(&bytes) } else { check_zip(&bytes) };
            read.set(read.get() + u32::from(is_read));
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    assert!(read.get() > 100, "only {} were read", read.get());
}
