//! A file with placeholders that only the forge knew, and any bytes as what the tarball has for it.
//!
//! What is accepted must hold nothing that could be more than names, numbers and git's punctuation around them, and must keep
//! the bytes around the holes. A third placeholder stands where no text that somebody else chose may stand.
#![no_main]

use auth_tarball_from_git::archive::{AcceptedTexts, Archive, Content, Known, Trees, fit};
use auth_tarball_from_git::git::{Commit, Repository};
use foreign::Foreign;
use gix_object::Kind;
use libfuzzer_sys::fuzz_target;
use memory::{Memory, line};

const PLACEHOLDERS: [&str; 15] = [
    "%h",
    "%d",
    "%D",
    "%+d",
    "%-d",
    "% D",
    "%(describe)",
    "%t",
    "%<(20)%h",
    "%><(30)%d",
    "%(decorate:prefix=<,suffix=>)",
    "%ar",
    "%aN",
    "%(decorate:prefix=,suffix=,separator=;,pointer==,tag=)",
    "%(decorate:separator=-)",
];

/// No byte that ends or begins something, but those of git's own decorations.
fn is_harmless(text: &[u8]) -> bool {
    let has = |sequence: &[u8]| text.windows(sequence.len()).any(|window| window == sequence);
    let is_harmless = |byte: &u8| !byte.is_ascii_control() && !b"\"'`\\$;&|{}%*".contains(byte);
    text.iter().all(is_harmless) && std::str::from_utf8(text).is_ok() && !has(b"//") && !has(b"--")
}

/// A program with these texts in it.
fn text_of(one: &str, two: &str, third: Option<&str>) -> String {
    let third = third.map(|third| format!("eval {third}\n")).unwrap_or_default();
    format!("rev = \"{one}\";\nref = '{two}';\n{third}")
}

fuzz_target!(|data: &[u8]| {
    let [first, second, content @ ..] = data else { return };
    let (one, two) = (PLACEHOLDERS[usize::from(first % 15)], PLACEHOLDERS[usize::from(second % 15)]);
    // The other bit of it says whether a third is there, without quotes.
    let third = first & 0x80 != 0;
    let mut memory = Memory::default();
    let attributes = memory.add(Kind::Blob, b"* export-subst\n");
    let file = memory.add(
        Kind::Blob,
        text_of(&format!("$Format:{one}$"), &format!("$Format:{two}$"), third.then_some("$Format:%D$")).as_bytes(),
    );
    let tree = [line("100644", ".gitattributes", attributes), line("100644", "f", file)].concat();
    let tree = memory.add(Kind::Tree, &tree);
    let text = format!("tree {tree}\nauthor A <a> 1 +0000\ncommitter C <c> 1700000000 +0000\n\nm\n");
    let commit = memory.add(Kind::Commit, text.as_bytes());
    let commit = Commit::parse(memory.read(commit, usize::MAX).expect("it is there")).expect("a commit");
    let known = Known { signed_tags: vec![b"v1".to_vec()], ..Known::default() };
    let trees = Trees::read(&memory, commit.tree()).expect("trees");
    let archive = Archive::plan(&mut memory, &commit, trees, known).expect("a plan");
    let entry = archive.entries().last().expect("a file");
    let Ok(Content::Pieces(pieces)) = archive.contents().of(entry) else { panic!("two holes: {one} {two}") };
    // The fuzzer finds the text around the holes more easily where it is given.
    let split = content.iter().position(|byte| *byte == 0xff).unwrap_or(content.len());
    let (left, right) = (&content[..split], content.get(split + 1..).unwrap_or_default());
    let end: &[u8] = if third { b"';\neval main\n" } else { b"';\n" };
    let whole = [b"rev = \"", left, b"\";\nref = '", right, end].concat();
    let path = Foreign::from("f");
    for content in [content, &whole] {
        let Ok(Some(filled)) = fit(&pieces, content, &path, &AcceptedTexts::default(), &mut 0) else { continue };
        // Only a text that is not there could stand behind `eval`; but that is a text as well.
        assert!(!third, "{filled:?}");
        assert!(content.starts_with(b"rev = \"") || one.starts_with("%-"));
        assert!(content.ends_with(b"';\n"));
        assert!(filled.iter().all(|filled| is_harmless(filled.text.as_bytes())), "{filled:?}");
        // Around the holes there are three quotes of one kind or the other, and no more.
        assert_eq!(content.iter().filter(|byte| matches!(byte, b'"' | b'\'')).count(), 4);
    }
});
