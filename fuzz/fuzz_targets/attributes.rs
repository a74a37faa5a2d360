//! Any bytes as attribute files: one at the root, one in a folder, one of the server's.
//!
//! Nothing may panic, no entry may be made up, and without the server's file the root's tree decides alone.
#![no_main]

use auth_tarball_from_git::archive::{Archive, Configuration, Known, Trees};
use auth_tarball_from_git::git::{Commit, Repository};
use gix_object::Kind;
use libfuzzer_sys::fuzz_target;
use memory::{Memory, line};

const NAMES: [&str; 6] = ["a", "a.c", "b c", "d[x]", "x\\y", "z"];

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let mut parts = rest.split(|byte| *byte == 0xff);
    let mut next = || parts.next().unwrap_or_default();
    let mut memory = Memory::default();
    let blob = memory.add(Kind::Blob, b"content\n");
    let (root, inner) = (memory.add(Kind::Blob, next()), memory.add(Kind::Blob, next()));
    let files: Vec<_> = NAMES.iter().map(|name| line("100644", name, blob)).collect();
    let folder = memory.add(Kind::Tree, &[line("100644", ".gitattributes", inner), files.concat()].concat());
    let deep = memory.add(Kind::Tree, &[line("40000", "d", folder), files.concat()].concat());
    let tree = [line("100644", ".gitattributes", root), files.concat(), line("40000", "d", deep)].concat();
    let tree = memory.add(Kind::Tree, &tree);
    let text = format!("tree {tree}\nauthor A <a> 1 +0000\ncommitter C <c> 1 +0000\n\nm\n");
    let commit = memory.add(Kind::Commit, text.as_bytes());
    let commit = Commit::parse(memory.read(commit, usize::MAX).expect("it is there")).expect("a commit");
    let (info_attributes, ignore_case) = (next().to_vec(), first & 1 == 1);
    let server = Configuration { info_attributes, ignore_case, ..Configuration::default() };
    let trees = Trees::read(&memory, commit.tree()).expect("trees");
    let Ok(archive) = Archive::plan_with(&mut memory, &commit, trees, Known::default(), &server) else { return };
    assert!(archive.entries().len() <= 2 + 3 * NAMES.len() + 2);
    for entry in archive.entries() {
        let _ = archive.contents().of(entry);
    }
});
