//! Any bytes as a file with `export-subst`, and as the commit that it is filled from.
//!
//! Nothing may panic or take long, and what the commit decides is the same each time.
#![no_main]

use auth_tarball_from_git::archive::{Archive, Content, Known, Trees};
use auth_tarball_from_git::git::{Commit, Repository};
use gix_object::Kind;
use libfuzzer_sys::fuzz_target;
use memory::{Memory, line};

const ENCODINGS: [&str; 8] = [
    "",
    "encoding UTF-8\n",
    "encoding latin-1\n",
    "encoding UTF-16\n",
    "encoding SJIS\n",
    "encoding CP1255\n",
    "encoding GB18030\n",
    "encoding x\n",
];

fn expanded(data: &[u8]) -> Option<Vec<u8>> {
    let (first, rest) = data.split_first()?;
    let mut parts = rest.splitn(3, |byte| *byte == 0xfe);
    let (person, message, file) = (parts.next()?, parts.next()?, parts.next()?);
    let mut memory = Memory::default();
    let attributes = memory.add(Kind::Blob, b"* export-subst\n");
    let file = memory.add(Kind::Blob, file);
    let tree = [line("100644", ".gitattributes", attributes), line("100644", "f", file)].concat();
    let tree = memory.add(Kind::Tree, &tree);
    let encoding = ENCODINGS[usize::from(first % 8)];
    let header = format!("tree {tree}\nauthor A <a> 1112911993 -0700\ncommitter ");
    let commit = [header.as_bytes(), person, b"\n", encoding.as_bytes(), b"\n", message].concat();
    let commit = memory.add(Kind::Commit, &commit);
    let commit = Commit::parse(memory.read(commit, usize::MAX).expect("it is there")).expect("a commit");
    let known = Known { signed_tags: vec![b"v1".to_vec()], ..Known::default() };
    let trees = Trees::read(&memory, commit.tree()).expect("trees");
    let archive = Archive::plan(&mut memory, &commit, trees, known).ok()?;
    match archive.contents().of(archive.entries().last()?).ok()? {
        Content::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fuzz_target!(|data: &[u8]| {
    assert!(expanded(data) == expanded(data), "expanded in two ways");
});
