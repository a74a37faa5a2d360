//! Any bytes as a tar or a zip archive, or a good one with edits, for the second reader.
//!
//! Whatever it reads to the end, the crate `tar`, which is far more lenient, has to read in the same way. Run it with
//! `-detect_leaks=0`.
#![no_main]

use std::io::{Read as _, Write as _};

use auth_tarball_from_git::tarball::{Item, ItemKind, Items, TarItems, Tarball, ZipItems};
use libfuzzer_sys::fuzz_target;

/// What GNU tar and bsdtar made, and zip.
const GOOD: [&[u8]; 4] = [
    include_bytes!("../../tests/second-reader/gnu.tar"),
    include_bytes!("../../tests/second-reader/pax.tar"),
    include_bytes!("../../tests/second-reader/stored.zip"),
    include_bytes!("../../tests/second-reader/deflated.zip"),
];

/// The first byte says what the rest is: a whole file, or edits of a good one.
fn archive(data: &[u8]) -> (bool, Vec<u8>) {
    let Some((mode, rest)) = data.split_first() else { return (false, Vec::new()) };
    let which = usize::from(mode / 4) % GOOD.len();
    let is_zip = which >= 2;
    if mode % 4 == 0 {
        return (is_zip, rest.to_vec());
    }
    let mut bytes = GOOD[which].to_vec();
    for edit in rest.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % bytes.len().max(1);
        match edit[2] % 4 {
            0 | 1 => bytes[at] ^= edit[3],
            2 => bytes.truncate(at.max(1)),
            _ => drop(bytes.splice(at..at, std::iter::repeat_n(edit[3], 512))),
        }
    }
    if !is_zip && mode % 4 == 1 {
        bytes.chunks_exact_mut(512).for_each(make_checksum);
    }
    (is_zip, bytes)
}

/// Otherwise checksums are all that is tried.
fn make_checksum(block: &mut [u8]) {
    if block[257..].starts_with(b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

/// All entries with their contents; `None` if the reader refuses anything.
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

fuzz_target!(|data: &[u8]| {
    let (is_zip, bytes) = archive(data);
    if is_zip {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(&bytes).expect("written");
        if let Ok(mut items) = ZipItems::open(file.path(), &[]) {
            read(&mut items);
        }
        return;
    }
    let reader = Box::new(std::io::Cursor::new(bytes.clone()));
    let Ok(mut tarball) = Tarball::from_reader(reader, bytes.len() as u64, None, &[]) else { return };
    if tarball.container() != auth_tarball_from_git::tarball::Container::Tar {
        return;
    }
    let Some(ours) = read(&mut TarItems::new(&mut tarball)) else { return };
    // The crate takes a line of a pax header for a record.
    if ours.iter().any(|(item, _)| item.path.contains(&b'\n')) {
        return;
    }
    let mut theirs = tar::Archive::new(bytes.as_slice());
    let mut entries = theirs
        .entries()
        .expect("entries")
        .filter(|entry| entry.as_ref().map_or(true, |entry| !entry.header().entry_type().is_pax_global_extensions()));
    for (item, content) in &ours {
        let mut entry = entries.next().expect("as many").expect("an entry");
        assert_eq!(trimmed(&entry.path_bytes()), item.path);
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("content");
        assert_eq!(&bytes, content);
        match &item.kind {
            ItemKind::Symlink { target } => assert_eq!(entry.link_name_bytes().as_deref(), Some(target.as_slice())),
            ItemKind::File { mode, size } => {
                // Old tars have the file's type above the permission bits: nobody extracts those.
                let permissions = entry.header().mode().map(|mode| mode & 0o7777);
                assert_eq!((permissions.ok(), entry.size()), (Some(*mode), *size));
            }
            ItemKind::Folder | ItemKind::HardLink { .. } => {}
        }
    }
    assert!(entries.next().is_none(), "more entries");
});
