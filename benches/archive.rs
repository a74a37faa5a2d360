//! What planning an archive costs: `cargo bench`.
//!
//! A figure beside the times is how often memory was allocated: a few times an entry, whatever the attribute files are.

use auth_tarball_from_git::archive::header::{Dialect, Header};
use auth_tarball_from_git::archive::{Archive, Known, Trees};
use auth_tarball_from_git::git::{Commit, Repository};
use divan::AllocProfiler;
use divan::counter::ItemsCount;
use gix_object::Kind;
use memory::{Memory, line};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Folders of a hundred files each, and `lines` of attributes of the usual kinds at the root.
fn repository(files: usize, lines: usize) -> (Memory, Commit) {
    let mut memory = Memory::default();
    let blob = memory.add(Kind::Blob, b"content\n");
    let kinds = ["*.x%d text", "/docs%d/ export-ignore", "src/**/t%d/*.c -diff", "name%d -text", "[a-c]%d?.h eol=lf"];
    let attributes = |number: usize| kinds[number % kinds.len()].replace("%d", &number.to_string());
    let attributes: Vec<String> = (0..lines).map(attributes).collect();
    let attributes = memory.add(Kind::Blob, attributes.join("\n").as_bytes());
    let mut root = line("100644", ".gitattributes", attributes);
    for folder in 0..files / 100 {
        let content = (0..100).map(|file| line("100644", &format!("file-{folder}-{file:02}.c"), blob));
        let folder_id = memory.add(Kind::Tree, &content.collect::<Vec<_>>().concat());
        root.extend(line("40000", &format!("folder-{folder:05}"), folder_id));
    }
    let root = memory.add(Kind::Tree, &root);
    let text = format!("tree {root}\nauthor A <a> 1 +0000\ncommitter C <c> 1700000000 +0000\n\nm\n");
    let commit = memory.add(Kind::Commit, text.as_bytes());
    let commit = Commit::parse(memory.read(commit, usize::MAX).expect("it is there")).expect("a commit");
    (memory, commit)
}

/// Trees, attributes, entries; then every header.
fn plan_and_headers((mut memory, commit): (Memory, Commit)) -> usize {
    let trees = Trees::read(&memory, commit.tree()).expect("trees");
    let archive = Archive::plan(&mut memory, &commit, trees, Known::default()).expect("a plan");
    let headers = archive.entries().iter().map(|entry| {
        let path = entry.full_path(b"project-1.0/");
        let (mode, _) = entry.kind.mode();
        let time = archive.time();
        Header { path: &path, kind: entry.kind, mode, size: 8, time, id: entry.id, target: b"" }
            .blocks(Dialect::default())
            .len()
    });
    headers.sum()
}

#[divan::bench(args = [(5_000, 0), (5_000, 20), (100_000, 0), (100_000, 20), (100_000, 100)], sample_count = 20)]
fn planning(bencher: divan::Bencher<'_, '_>, (files, lines): (usize, usize)) {
    bencher
        .with_inputs(|| repository(files, lines))
        .input_counter(move |_| ItemsCount::new(files))
        .bench_values(plan_and_headers);
}
