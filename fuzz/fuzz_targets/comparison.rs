//! Any bytes as a tarball, or a good tarball with edits, against one archive.
//!
//! What is accepted with the prefix and umask of the good tarball must be the good tarball. Run it with `-detect_leaks=0`: a thread
//! that is just being started looks like a leak.
#![no_main]

use std::cell::OnceCell;

use auth_tarball_from_git::archive::{Archive, Known, Trees};
use auth_tarball_from_git::git::{Commit, Repository};
use auth_tarball_from_git::tarball::{Outcome, Tarball, compare};
use gix_hash::ObjectId;
use gix_object::Kind;
use libfuzzer_sys::fuzz_target;
use memory::{Memory, line};

/// A repository with one of each kind of entry; returns its commit.
fn repository() -> (Memory, ObjectId) {
    let mut memory = Memory::default();
    let attributes = memory.add(Kind::Blob, b"subst export-subst\nunix.txt eol=crlf\n");
    let (plain, link) = (memory.add(Kind::Blob, b"plain\n"), memory.add(Kind::Blob, b"plain"));
    let subst = memory.add(Kind::Blob, b"$Format:%H %s$\n");
    let far = memory.add(Kind::Blob, "t/".repeat(60).as_bytes());
    let folder =
        memory.add(Kind::Tree, &[line("100644", &"n".repeat(110), plain), line("100755", "run", plain)].concat());
    let tree = [
        line("100644", ".gitattributes", attributes),
        line("120000", "far", far),
        line("40000", "folder", folder),
        line("120000", "link", link),
        line("100644", "plain", plain),
        line("100644", "subst", subst),
        line("100644", "unix.txt", plain),
    ];
    let tree = memory.add(Kind::Tree, &tree.concat());
    let text = format!("tree {tree}\nauthor A <a> 1 +0000\ncommitter C <c> 1700000000 +0000\n\nsubject\n");
    let commit = memory.add(Kind::Commit, text.as_bytes());
    (memory, commit)
}

/// What `git archive --prefix=x-1/` made of the same repository (umask 0002).
const GOOD: &[u8] = include_bytes!("../comparison.tar");

thread_local! {
    static REPOSITORY: OnceCell<(Memory, ObjectId)> = const { OnceCell::new() };
}

/// The good tarball is good, or the target would find nothing.
fn checked() -> (Memory, ObjectId) {
    let (mut memory, id) = repository();
    let commit = Commit::parse(memory.read(id, usize::MAX).expect("it is there")).expect("a commit");
    let trees = Trees::read(&memory, commit.tree()).expect("trees");
    let archive = Archive::plan(&mut memory, &commit, trees, Known::default()).expect("a plan");
    let good = Tarball::from_reader(Box::new(GOOD), GOOD.len() as u64, None, &[]).expect("a tarball");
    compare(&archive, good, None, &mut |_| {}).expect("the archive");
    drop(archive);
    (memory, id)
}

/// The first byte says what the rest is: a whole file, or edits of the good one.
fn tarball(data: &[u8]) -> Vec<u8> {
    let Some((mode, rest)) = data.split_first() else { return Vec::new() };
    if mode % 4 == 0 {
        return rest.to_vec();
    }
    let mut tar = GOOD.to_vec();
    for edit in rest.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % tar.len().max(1);
        match edit[2] % 4 {
            0 | 1 => tar[at] ^= edit[3],
            2 => tar.truncate(at.max(1)),
            _ => drop(tar.splice(at..at, std::iter::repeat_n(edit[3], 512))),
        }
    }
    tar
}

fuzz_target!(|data: &[u8]| {
    REPOSITORY.with(|cell| {
        let (memory, id) = cell.get_or_init(checked);
        let mut memory = memory.clone();
        let commit = Commit::parse(memory.read(*id, usize::MAX).expect("it is there")).expect("a commit");
        let trees = Trees::read(&memory, commit.tree()).expect("trees");
        let archive = Archive::plan(&mut memory, &commit, trees, Known::default()).expect("a plan");
        let bytes = tarball(data);
        for prefix in [None, Some(&b"x-1/"[..]), Some(b"")] {
            let reader = Box::new(std::io::Cursor::new(bytes.clone()));
            let Ok(tarball) = Tarball::from_reader(reader, bytes.len() as u64, None, &[]) else { continue };
            match compare(&archive, tarball, prefix, &mut |_| {}) {
                Ok(Outcome::Same(found))
                    if found.prefix.as_bytes() == b"x-1/" && found.umask == 0o002 && bytes[0] == b'p' =>
                {
                    assert!(bytes == GOOD, "something else was accepted");
                }
                Ok(_) => {}
                Err(error) => assert!(!error.to_string().contains('\x1b')),
            }
        }
    });
});
