//! Small files that would become large, and what stops them.

use crate::environment::bounded::{limited, limited_data};
use crate::environment::packs::{blob, copies, daemon_with_pack, delta, entry_header, pack_of, send_pack, zlib};
use crate::environment::{Environment, Repository, compressed, raw_id, succeed, with_input};

#[test]
fn hostile_packs() {
    let env = Environment::new();
    let release = env.release();
    let tag = release.repo.git(&["rev-parse", "refs/tags/v1"]);
    let large = blob(&vec![0; 64 << 20]);
    let base = blob(&vec![0; 16 << 20]);
    // 256 times 16 MiB.
    let bomb = [base.clone(), delta(base.len() as u64, &copies(16 << 20, 256, b""))].concat();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("noise", b"This is not a pack.".to_vec()),
        ("no objects", pack_of(0, b"")),
        ("2^32 objects announced", pack_of(u32::MAX, b"")),
        ("an object of 2^40 bytes", pack_of(1, &[entry_header(1 << 40, 3), zlib(b"x")].concat())),
        ("a delta bomb", pack_of(2, &bomb)),
        ("many large objects", pack_of(40, &large.repeat(40))),
        ("a wrong checksum", [pack_of(0, b""), vec![0; 4]].concat()),
        ("something else", pack_of(1, &blob(b"x"))),
    ];
    for (what, pack) in cases {
        let url = daemon_with_pack(&tag, move |client| send_pack(client, &pack));
        let program = env.authenticate(&release.key, "v1", url, &release.tarball).arg("--timeout=60");
        let words = if what == "something else" { "is missing" } else { "the pack is damaged" };
        limited(program, 2048).expect_not_checked(words);
    }
}

/// A bundle that takes hours to unpack is stopped by the deadline.
#[test]
fn a_bundle_that_is_a_delta_bomb() {
    let env = Environment::new();
    let release = env.release();
    // Each delta makes 480 MiB of 16, with a number of its own at the end.
    let mut entries = blob(&vec![0; 16 << 20]);
    for n in 0..400u64 {
        entries.extend(delta(entries.len() as u64, &copies(16 << 20, 30, &n.to_be_bytes())));
    }
    let id = release.repo.git(&["rev-parse", "refs/tags/v1"]);
    let header = format!("# v2 git bundle\n{id} refs/tags/v1\n\n");
    let bundle = env.file("bomb.bundle", [header.as_bytes(), &pack_of(401, &entries)].concat());
    let program = env.authenticate(&release.key, "v1", bundle, &release.tarball).arg("--timeout=3");
    limited(program, 4096).expect_not_checked("longer than 3 seconds");
}

#[test]
fn an_endless_delta_chain() {
    let env = Environment::new();
    let release = env.release();
    let tag = release.repo.git(&["rev-parse", "refs/tags/v1"]);
    let mut entries = blob(b"x");
    let mut last = entries.len() as u64;
    for _ in 0..20_000 {
        // Copy the one byte of the base.
        let entry = delta(last, &[1, 1, 0x90, 1]);
        last = entry.len() as u64;
        entries.extend(entry);
    }
    let url = daemon_with_pack(&tag, move |client| send_pack(client, &pack_of(20_001, &entries)));
    limited(env.authenticate(&release.key, "v1", url, &release.tarball), 2048).expect_not_checked("is missing");
}

#[test]
fn decompression_bombs() {
    let env = Environment::new();
    let release = env.release();
    let tar = release.repo.tar("v1", "x-1/");
    // A file that claims 7 GiB, in a tar of zeros: refused when its first header differs.
    let zeros = vec![0; 256 << 20];
    for format in ["tar.gz", "tar.xz", "tar.zst", "tar.bz2"] {
        let bomb = compressed(&env.path("bomb"), &[&tar[..1024], &zeros].concat(), format);
        let outcome = limited(env.authenticate(&release.key, "v1", &release.repo.path, &bomb), 1024).run();
        assert_eq!(outcome.code, Some(1), "{format}: {outcome:?}");
    }
    // Behind a complete archive.
    let bomb = compressed(&env.path("bomb"), &[&tar[..], &zeros].concat(), "tar.gz");
    limited(env.authenticate(&release.key, "v1", &release.repo.path, &bomb), 1024).expect_refused("after the end");
    // A header that says the content is larger than any limit: read until the limit, in constant memory.
    let readme = tar.chunks(512).position(|block| block.starts_with(b"x-1/README")).unwrap() * 512;
    let mut header = tar[..readme + 512].to_vec();
    header[readme + 124..readme + 135].copy_from_slice(b"77777777777");
    header[readme + 148..readme + 156].fill(b' ');
    let sum: u32 = header[readme..].iter().map(|byte| u32::from(*byte)).sum();
    header[readme + 148..readme + 156].copy_from_slice(format!("{sum:07o}\0").as_bytes());
    let bomb = compressed(&env.path("bomb"), &[&header[..], &zeros].concat(), "tar.gz");
    limited(env.authenticate(&release.key, "v1", &release.repo.path, &bomb), 1024).expect_refused("ends in the middle");
    // Windows and dictionaries that need gigabytes.
    for (program, options) in [("zstd", "--ultra --long=31"), ("xz", "--lzma2=dict=1GiB")] {
        let mut command = std::process::Command::new(program);
        command.args(options.split(' ')).arg("-c");
        let bomb = env.file("bomb", with_input(command, &tar));
        let program = limited(env.authenticate(&release.key, "v1", &release.repo.path, &bomb), 1024);
        program.expect_not_checked("a limit was reached: the memory");
    }
}

/// Trees that contain themselves many times over.
#[test]
fn tree_bombs() {
    let env = Environment::new();
    let release = env.release();
    let repo = &release.repo;
    let wrap = |mode: &str, id: &str, times: u8| {
        let lines = (0..times).map(|n| [mode.as_bytes(), b" ", &[b'a' + n], b"\0", &raw_id(id)].concat());
        repo.object("tree", &lines.collect::<Vec<_>>().concat())
    };
    let mut wide = wrap("100644", &repo.object("blob", b"x"), 10);
    for _ in 0..10 {
        wide = wrap("40000", &wide, 10);
    }
    let mut deep = wrap("100644", &repo.object("blob", b"x"), 1);
    let mut lines = Vec::new();
    for _ in 0..2100 {
        lines.push(deep.clone());
        let content = [b"40000 a\0", &raw_id(&deep)[..]].concat();
        deep = gix_object::compute_hash(gix_hash::Kind::Sha1, gix_object::Kind::Tree, &content).unwrap().to_string();
        let path = repo.loose(&deep);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, zlib(&[format!("tree {}\0", content.len()).as_bytes(), &content].concat())).unwrap();
    }
    for tree in [wide, deep] {
        let commit = format!("tree {tree}\nauthor A <a> 1 +0000\ncommitter C <c> 1600000000 +0000\n\nm\n");
        let commit = repo.object("commit", commit.as_bytes());
        repo.sign_tag("t", &commit, &release.key);
        let program = env.authenticate(&release.key, "t", &repo.path, &release.tarball);
        limited(program, 2048).expect_not_checked("a limit was reached");
    }
}

/// Some kilobytes of placeholders that would become gigabytes, or take days.
#[test]
fn substitution_bombs() {
    let env = Environment::new();
    let release = env.release();
    let large = "m".repeat(1 << 20);
    let trailers = format!("m\n\n{}", "A: b\n".repeat(200_000));
    for (what, keyword, message, limit) in [
        ("a large message", "%B".repeat(20_000), &large, "what placeholders become in one file"),
        ("padding", "%<(16000)%n".repeat(3_500), &String::new(), "what placeholders become in one file"),
        ("indents", "%w(0,16000,16000)%b".repeat(50), &trailers, "what placeholders become in one file"),
        ("trailers", "%(trailers:key=x)".repeat(50_000), &trailers, "the work that placeholders take"),
        ("columns", format!("%B{}", "%<|(2)%n%N".repeat(20_000)), &large, "the work that placeholders take"),
    ] {
        let keyword = format!("$Format:{keyword}$");
        release.repo.commit(&[("f", &keyword), (".gitattributes", "f export-subst\n")]);
        let tree = release.repo.git(&["rev-parse", "main^{tree}"]);
        let with_message = |message: &str| {
            let commit = format!("tree {tree}\nauthor A <a> 1 +0000\ncommitter C <c> 1600000000 +0000\n\n{message}\n");
            release.repo.object("commit", commit.as_bytes())
        };
        let (small, large) = (with_message("m"), with_message(message));
        release.repo.sign_tag("t", &large, &release.key);
        // A tarball that fits up to the file in question.
        let mut tar = release.repo.tar(&small, "x-1/");
        let at = tar.windows(40).position(|window| window == small.as_bytes()).unwrap();
        tar[at..at + 40].copy_from_slice(large.as_bytes());
        let tarball = env.file("x.tar", tar);
        let program = env.authenticate(&release.key, "t", &release.repo.path, &tarball);
        let outcome = limited(program, 4096).run();
        let words = format!("a limit was reached: {limit}");
        assert!(outcome.code == Some(3) && outcome.err.contains(&words), "{what}: {outcome:?}");
    }
}

/// A file of 300 MiB passes through 64 MiB of memory, whatever it is compressed with.
#[test]
fn large_files_take_no_memory() {
    let env = Environment::new();
    let release = env.release();
    let commit = {
        let large = "x".repeat(300 << 20);
        release.repo.commit(&[("large", &large), ("small", "x")])
    };
    release.repo.sign_tag("v2", &commit, &release.key);
    let fits = |tarball: &std::path::Path| {
        let program = env.authenticate(&release.key, "v2", &release.repo.path, tarball);
        limited_data(program, 64).expect_authentic();
    };
    for format in ["tar.gz", "tar.zst"] {
        fits(&release.repo.archive(&commit, "x-1/", format));
    }
    // Blocks that are decompressed on several threads, and such as are too large for that.
    let tar = release.repo.archive(&commit, "x-1/", "tar");
    for blocks in ["--block-size=2MiB", "--block-size=4MiB", "--block-size=8MiB", "--block-size=24MiB"] {
        let mut xz = std::process::Command::new("xz");
        xz.args(["-kfT2", blocks]).arg(&tar);
        succeed(xz);
        fits(&tar.with_extension("tar.xz"));
    }
}

/// A tree of `folders` folders with a thousand empty files each, and this attribute file.
fn wide_tree(repo: &Repository, folders: usize, attributes: &[u8]) -> String {
    let line = |mode: &str, name: &str, id: &str| [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &raw_id(id)].concat();
    let empty = repo.object("blob", b"");
    let files: Vec<_> = (0..1000).map(|n| line("100644", &format!("{n:03}"), &empty)).collect();
    let folder = repo.object("tree", &files.concat());
    let all: Vec<_> = (0..folders).map(|n| line("40000", &format!("{n:03}"), &folder)).collect();
    let attributes = line("100644", ".gitattributes", &repo.object("blob", attributes));
    repo.object("tree", &[vec![attributes], all].concat().concat())
}

/// A million files are planned within 256 MiB; more, and longer paths, are beyond a limit.
#[test]
fn trees_that_fill_the_memory() {
    let env = Environment::new();
    let release = env.release();
    let repo = &release.repo;
    let wrap =
        |name: &str, tree: &str| repo.object("tree", &[b"40000 ", name.as_bytes(), b"\0", &raw_id(tree)].concat());
    let attributes = b"* text\n*.x export-subst\n";
    let wide = wide_tree(repo, 1040, attributes);
    // As many paths as there is room for: 100,000 of more than 600 bytes.
    let long = (0..3).fold(wide_tree(repo, 100, attributes), |tree, _| wrap(&"x".repeat(210), &tree));
    let longer = wrap(&"y".repeat(210), &long);
    // An attribute file in each of many folders.
    let folders = |count: usize| {
        let file =
            repo.object("tree", &[b"100644 .gitattributes\0", &raw_id(&repo.object("blob", attributes))[..]].concat());
        let line = |id: &str, n: usize| [b"40000 ", format!("{n:03}").as_bytes(), b"\0", &raw_id(id)].concat();
        let many = repo.object("tree", &(0..1000).map(|n| line(&file, n)).collect::<Vec<_>>().concat());
        repo.object("tree", &(0..count).map(|n| line(&many, n)).collect::<Vec<_>>().concat())
    };
    for (tree, words) in [
        (wide, "the archive of another commit"),
        (wide_tree(repo, 1050, attributes), "a limit was reached: the number of entries"),
        (long, "the archive of another commit"),
        (longer, "a limit was reached: the length of all paths"),
        (folders(99), "the archive of another commit"),
        (folders(101), "a limit was reached: the number of attribute files"),
    ] {
        let commit = repo.object("commit", format!("tree {tree}\n{PEOPLE}\nm\n").as_bytes());
        repo.sign_tag("t", &commit, &release.key);
        let outcome = limited_data(env.authenticate(&release.key, "t", &repo.path, &release.tarball), 256).run();
        assert!(outcome.err.contains(words), "{words}: {outcome:?}");
    }
}

/// Keyrings up to the limits: small certificates, each with a key of its own, many packets in one certificate; and such as are
/// larger.
#[test]
fn keyrings_that_fill_the_memory() {
    let env = Environment::new();
    let release = env.release();
    // A version 4 public key of Ed25519, with a point that is only a number, and a user id.
    let certificate = |n: u32| {
        let head = [&[4, 0x60, 0, 0, 0, 22, 9][..], &[0x2b, 6, 1, 4, 1, 0xda, 0x47, 0x0f, 1], &[1, 7, 0x40]].concat();
        let key = [&head[..], &[0; 28], &n.to_be_bytes()].concat();
        [&[0xc6, key.len() as u8][..], &key, &[0xcd, 1, b'x']].concat()
    };
    let certificates = |count: u32| (0..count).flat_map(certificate).collect::<Vec<u8>>();
    let large = [certificate(1), [&[0xcd, 255, 0, 0x10, 0, 0][..], &vec![b'x'; 1 << 20]].concat().repeat(30)].concat();
    let with = |keyring: &[u8]| {
        let keyring = env.file("many.pgp", [&release.key.public_binary(), keyring].concat());
        let program = env.program().arg("--keyring").arg(keyring).arg("--tag=v1").arg(&release.repo.path);
        limited_data(program.arg(&release.tarball), 256)
    };
    with(&certificates(99_000)).expect_authentic();
    with(&certificates(101_000)).expect_not_checked("the keyrings have more than");
    // Packets of one certificate, of many, and of the very one that is needed: that one is parsed.
    let packets =
        |count: u16| (0..count).flat_map(|n| [&[0xcd, 2][..], &n.to_be_bytes()].concat()).collect::<Vec<u8>>();
    let of = |n: u32, count: u16| [certificate(n), packets(count)].concat();
    with(&(0..25).flat_map(|n| of(n, 19_900)).collect::<Vec<u8>>()).expect_authentic();
    with(&(0..26).flat_map(|n| of(n, 19_900)).collect::<Vec<u8>>()).expect_not_checked("the keyrings have more than");
    with(&packets(19_900)).expect_authentic();
    with(&packets(20_100)).expect_not_checked("packets in all of its copies");
    with(&of(1, 15_000).repeat(2)).expect_not_checked("packets in all of its copies");
    with(&large).expect_authentic();
    with(&large.repeat(2)).expect_not_checked("is larger than");
}

const PEOPLE: &str = "author A <a> 1600000000 +0000\ncommitter C <c> 1600000000 +0000\n";

/// 300,000 parents, and a header of 8 MB: both are read once, and not for each of ten thousand files.
#[test]
fn headers_of_megabytes() {
    let env = Environment::new();
    let release = env.release();
    let repo = &release.repo;
    let parents: String = (1..=300_000).map(|n| format!("parent {n:040x}\n")).collect();
    for (attributes, parents, more) in
        [("", parents, String::new()), ("* export-subst\n", String::new(), "x y\n".repeat(2_000_000))]
    {
        let tree = wide_tree(repo, 10, attributes.as_bytes());
        let commit = |parents: &str, more: &str| {
            repo.object("commit", format!("tree {tree}\n{parents}{PEOPLE}{more}\nm\n").as_bytes())
        };
        let (small, large) = (commit("", ""), commit(&parents, &more));
        repo.sign_tag("t", &large, &release.key);
        let mut tar = repo.tar(&small, "x-1/");
        let at = tar.windows(40).position(|window| window == small.as_bytes()).unwrap();
        tar[at..at + 40].copy_from_slice(large.as_bytes());
        let tarball = env.file("x.tar", tar);
        limited_data(env.authenticate(&release.key, "t", &repo.path, &tarball), 256).expect_authentic();
    }
}

/// Many attribute lines with many names for many files. What nobody asks for is not kept.
#[test]
fn attribute_bombs() {
    let env = Environment::new();
    let release = env.release();
    let repo = &release.repo;
    let lines = |count: usize, names: usize| {
        let name = |line: usize, n: usize| format!(" a{:x}", line * names + n);
        let line = |line: usize| format!("*{}\n", (0..names).map(|n| name(line, n)).collect::<String>());
        (0..count).map(line).collect::<String>()
    };
    // Macros that matter, each in each line.
    let macros: String = (0..600).map(|n| format!("[attr]{n:x}m export-ignore=x\n")).collect();
    let using: String = (0..600).map(|n| format!(" {n:x}m")).collect();
    let macros = macros + &format!("* !export-ignore{}\n", &using[..1900]).repeat(200);
    let values = format!("* eol={}\n", "x".repeat(2000)).repeat(14_000);
    let patterns = format!("{} text\n", "?".repeat(2000)).repeat(3_000);
    for (attributes, expected) in [
        (lines(200, 300), 1),
        (lines(14_000, 200), 1),
        (lines(24_000, 200), 3),
        (macros, 3),
        (values, 3),
        (patterns, 3),
        ("[attr]m export-ignore\n".repeat(5_000), 3),
    ] {
        let tree = wide_tree(repo, 100, attributes.as_bytes());
        let commit = repo.object("commit", format!("tree {tree}\n{PEOPLE}\nm\n").as_bytes());
        repo.sign_tag("t", &commit, &release.key);
        let outcome = limited_data(env.authenticate(&release.key, "t", &repo.path, &release.tarball), 256).run();
        let words = if expected == 1 { "the archive of another commit" } else { "a limit was reached" };
        let start = &attributes[..attributes.len().min(40)];
        assert!(outcome.code == Some(expected) && outcome.err.contains(words), "{start}: {outcome:?}");
    }
}
