//! What may be taken for the archive: nothing but the archive.

use std::path::PathBuf;

use crate::environment::{Environment, Release, compressed, git, with_input};

/// A release with every kind of entry, and its tar.
fn release(env: &Environment) -> (Release, Vec<u8>) {
    let mut release = env.release();
    let long = format!("deep/{}/{}", "d".repeat(60), "f".repeat(60));
    let longer = format!("deep/{}", "g".repeat(120));
    release.commit = release.repo.commit(&[
        ("README", "Read me.\n"),
        ("bin/run*", "#!/bin/sh\nexit 0\n"),
        ("empty", ""),
        ("link", "-> README"),
        ("far", &format!("-> {}", "t/".repeat(70))),
        (&long, "long\n"),
        (&longer, "longer\n"),
        ("subst", "$Format:%H %an$\n"),
        (".gitattributes", "subst export-subst\n"),
        ("zeros", &"0".repeat(3000)),
    ]);
    release.repo.sign_tag("v1", &release.commit, &release.key);
    let tar = release.repo.tar("v1", "x-1/");
    (release, tar)
}

fn check(env: &Environment, release: &Release, tarball: PathBuf) -> crate::environment::Program {
    env.authenticate(&release.key, "v1", &release.repo.path, &tarball)
}

/// The offset of the header of an entry.
fn header_of(tar: &[u8], path: &str) -> usize {
    let found =
        tar.chunks(512).position(|block| block.starts_with(path.as_bytes()) && block[257..].starts_with(b"ustar"));
    found.unwrap_or_else(|| panic!("no {path}")) * 512
}

/// Change a field of a header, and make the checksum right again.
fn with_field(tar: &[u8], path: &str, at: usize, value: &[u8]) -> Vec<u8> {
    let mut tar = tar.to_vec();
    let start = header_of(&tar, path);
    let header = &mut tar[start..start + 512];
    header[at..at + value.len()].copy_from_slice(value);
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:07o}\0").as_bytes());
    tar
}

/// Cut an entry's blocks out.
fn blocks_of(tar: &[u8], path: &str, content_blocks: usize) -> std::ops::Range<usize> {
    let start = header_of(tar, path);
    start..start + 512 * (1 + content_blocks)
}

#[test]
fn every_container_and_every_setting() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    for format in ["tar", "tar.gz", "tar.xz", "tar.bz2", "tar.zst"] {
        // The name does not matter.
        let tarball = compressed(&env.path("some.name"), &tar, format);
        check(&env, &release, tarball.clone()).expect_authentic();
        check(&env, &release, tarball.clone()).arg("--format").arg(format).expect_authentic();
        let other = if format == "tar.gz" { "tar.xz" } else { "tar.gz" };
        check(&env, &release, tarball).arg("--format").arg(other).expect_refused("is not a");
    }
    for (program, options) in [
        ("gzip", "-1"),
        ("gzip", "-9"),
        ("xz", "-0"),
        ("xz", "-9e"),
        ("xz", "--check=sha256"),
        ("xz", "-T2"),
        ("bzip2", "-1"),
        ("zstd", "-19"),
        ("zstd", "--long=27"),
        ("zstd", "--no-check"),
    ] {
        let mut command = std::process::Command::new(program);
        command.args([options, "-c"]);
        let tarball = env.file("x", with_input(command, &tar));
        check(&env, &release, tarball).expect_authentic();
    }
    // A name and a time in gzip's header, as some forges write them.
    let file = env.file("x-1.tar", &tar);
    let mut gzip = std::process::Command::new("gzip");
    gzip.arg("-kN").arg(&file);
    with_input(gzip, b"");
    check(&env, &release, env.path("x-1.tar.gz")).expect_authentic();
    // git's own.
    let mut archive = git();
    archive.arg("-C").arg(&release.repo.path).args(["archive", "--format=tar.gz", "--prefix=x-1/", "v1"]);
    check(&env, &release, env.file("git.tar.gz", with_input(archive, b""))).expect_authentic();
}

/// Not one byte of the tar is without meaning.
#[test]
fn one_bit_changed_anywhere() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    let content_starts = header_of(&tar, "x-1/zeros") + 512;
    let positions = (0..tar.len()).filter(|at| {
        let in_headers = *at < 4096 || (content_starts - 512..content_starts).contains(at);
        in_headers && at % 7 == 0 || at % 101 == 0 || *at + 1 == tar.len()
    });
    for at in positions {
        let mut changed = tar.clone();
        changed[at] ^= 1 << (at % 8);
        let outcome = check(&env, &release, env.file("changed.tar", changed)).run();
        assert_eq!(outcome.code, Some(1), "byte {at}: {outcome:?}");
    }
}

#[test]
fn one_bit_changed_in_a_compressed_file() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    for format in ["tar.gz", "tar.xz", "tar.bz2", "tar.zst"] {
        let bytes = std::fs::read(compressed(&env.path("x"), &tar, format)).unwrap();
        // The first ten bytes of gzip are about the file, not of it: only the pin is for them.
        for at in (if format == "tar.gz" { 10 } else { 0 }..bytes.len()).step_by(bytes.len() / 60) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            let same = decompressed(&changed, format).is_some_and(|content| content == tar);
            let outcome = check(&env, &release, env.file("changed", changed)).run();
            assert!(matches!(outcome.code, Some(1 | 3)) || same, "{format} byte {at}: {outcome:?}");
        }
    }
}

fn decompressed(bytes: &[u8], format: &str) -> Option<Vec<u8>> {
    let program = [("gz", "gzip"), ("xz", "xz"), ("bz2", "bzip2"), ("zst", "zstd")];
    let (_, program) = program.into_iter().find(|(extension, _)| format.ends_with(extension))?;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    std::fs::write(&path, bytes).unwrap();
    let file = std::fs::File::open(path).unwrap();
    let output = std::process::Command::new(program).arg("-dc").stdin(file).output().unwrap();
    output.status.success().then_some(output.stdout)
}

#[test]
fn the_message_names_the_entry_and_how_it_differs() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    let without = |range: std::ops::Range<usize>| [&tar[..range.start], &tar[range.end..]].concat();
    let mut content = tar.clone();
    content[header_of(&tar, "x-1/README") + 512] ^= 1;
    let mut padding = tar.clone();
    padding[header_of(&tar, "x-1/README") + 512 + 500] = 1;
    let readme = blocks_of(&tar, "x-1/README", 1);
    let empty = blocks_of(&tar, "x-1/empty", 0);
    let twice = [&tar[..readme.end], &tar[readme.clone()], &tar[readme.end..]].concat();
    let extra = with_field(&twice, "x-1/README", 0, b"x-1/EXTRA\0");
    let swapped = [
        &without(empty.clone())[..readme.start],
        &tar[empty],
        &without(blocks_of(&tar, "x-1/empty", 0))[readme.start..],
    ]
    .concat();
    let grown = with_field(&tar, "x-1/empty", 124, b"00000000001");
    let mut subst = tar.clone();
    subst[header_of(&tar, "x-1/subst") + 512 + 45] ^= 1;
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (content, "the content of x-1/README differs"),
        (subst, "the content of x-1/subst differs"),
        (padding, "between the end of x-1/README and the next entry"),
        (with_field(&tar, "x-1/README", 100, b"0000644"), "x-1/README has the mode 0644 instead of 0664"),
        (with_field(&tar, "x-1/README", 100, b"0004664"), "x-1/README has the mode 4664 instead of 0664"),
        (with_field(&tar, "x-1/README", 108, b"0001750"), "x-1/README has the owner 1000:0 instead of 0:0"),
        (with_field(&tar, "x-1/README", 265, b"mallory"), "x-1/README has the owner's name mallory:root"),
        (with_field(&tar, "x-1/README", 136, b"14524736001"), "x-1/README has the time"),
        (with_field(&tar, "x-1/README", 156, b"1"), "x-1/README has the kind hard link instead of file"),
        (with_field(&tar, "x-1/README", 157, b"etc"), "x-1/README has the link target etc"),
        (with_field(&tar, "x-1/README", 329, b"0000001"), "the header of x-1/README differs"),
        (with_field(&tar, "x-1/link", 157, b"LICENSE"), "x-1/link has the link target LICENSE"),
        (without(readme.clone()), "the entry x-1/README is missing"),
        (extra, "does not belong there: x-1/EXTRA"),
        (twice, "another order: x-1/README stands where"),
        (swapped, "another order: x-1/empty stands where"),
        (grown, "the content of x-1/empty differs"),
        (tar[..tar.len() - 512].to_vec(), "ends in the middle"),
        (tar[..readme.start + 300].to_vec(), "ends in the middle"),
        (tar[..readme.start].to_vec(), "x-1/README is missing"),
        ([&tar[..], &[0; 512]].concat(), "after the end of the archive"),
        ([&tar[..], b"x"].concat(), "after the end of the archive"),
        (tar[1024..].to_vec(), "not made by `git archive`"),
        (tar[512..].to_vec(), "not a tar file"),
        (b"\0x".to_vec(), "not a tar file"),
    ];
    for (changed, words) in cases {
        check(&env, &release, env.file("changed.tar", changed)).expect_refused(words);
    }
}

#[test]
fn archives_of_other_tools_and_commits() {
    let env = Environment::new();
    let (release, _) = release(&env);
    release.repo.git(&["clone", "-q", ".", "../x-1"]);
    let mut tar = std::process::Command::new("tar");
    tar.arg("-C").arg(env.path("")).args(["-c", "--exclude=.git", "x-1"]);
    check(&env, &release, env.file("made.tar", with_input(tar, b""))).expect_refused("not made by `git archive`");
    let tree = release.repo.tar("v1^{tree}", "x-1/");
    check(&env, &release, env.file("tree.tar", tree)).expect_refused("not made by `git archive`");
    let other = release.repo.commit(&[("README", "Other.\n")]);
    check(&env, &release, release.repo.archive(&other, "x-1/", "tar")).expect_refused(&other);
}

/// Compressors that use several cores write many streams: pigz and bgzip, pixz, pbzip2, pzstd.
#[test]
fn a_tarball_in_several_streams_is_read_as_its_decompressor_reads_it() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    for format in ["tar.gz", "tar.xz", "tar.bz2", "tar.zst"] {
        let pack = |bytes: &[u8]| std::fs::read(compressed(&env.path("stream"), bytes, format)).unwrap();
        let whole = pack(&tar);
        let streams = tar.chunks(5000).map(pack).collect::<Vec<_>>().concat();
        let is_like_its_decompressor =
            |file: Vec<u8>| check(&env, &release, env.file("streams", file)).expect_authentic();
        is_like_its_decompressor(streams.clone());
        is_like_its_decompressor([&whole[..], &pack(b"")].concat());
        if format == "tar.zst" {
            // pzstd: the size of a frame, in a skippable frame before it.
            let skippable = b"\x50\x2a\x4d\x18\x04\0\0\0size";
            is_like_its_decompressor([&skippable[..], &whole[..], &skippable[..]].concat());
        }
        if matches!(format, "tar.gz" | "tar.xz") {
            is_like_its_decompressor([&whole[..], &[0; 512]].concat());
        }
        if format == "tar.xz" {
            is_like_its_decompressor([&whole[..], &[0; 8], &pack(b"")].concat());
        }
        // Every byte of every stream counts.
        let mut changed = tar.clone();
        *changed.last_mut().unwrap() = 1;
        let changed = changed.chunks(5000).map(pack).collect::<Vec<_>>().concat();
        check(&env, &release, env.file("changed", changed)).expect_refused("");
        let outcome = check(&env, &release, env.file("cut", &streams[..streams.len() - 9])).run();
        assert!(matches!(outcome.code, Some(1 | 3)), "{format}: {outcome:?}");
    }
}

#[test]
fn appended_members_and_bytes() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    for format in ["tar.gz", "tar.xz", "tar.bz2", "tar.zst"] {
        let pack = |bytes: &[u8]| std::fs::read(compressed(&env.path("packed"), bytes, format)).unwrap();
        let good = pack(&tar);
        let mut tails = vec![
            ("itself", good.clone()),
            ("a second member", pack(b"second")),
            ("a second member of zeros", pack(&[0; 512])),
            ("bytes", b"x".to_vec()),
            ("zeros and bytes", b"\0\0\0\0x".to_vec()),
        ];
        match format {
            "tar.gz" => tails.push(("padding and a member", [&[0; 4][..], &good].concat())),
            "tar.xz" => tails.push(("padding of another size", vec![0; 3])),
            _ => tails.push(("zeros", vec![0; 4])),
        }
        for (what, tail) in tails {
            let outcome = check(&env, &release, env.file("changed", [&good[..], &tail].concat())).run();
            assert_eq!(outcome.code, Some(1), "{format} and {what}: {outcome:?}");
        }
    }
}

/// A header of gzip, and a frame of zstd that is skipped, have room for a whole tar. GNU tar looks for a tar before it looks for
/// compression: it would unpack that one, and nothing of what was compared.
#[test]
fn a_compressed_file_that_begins_as_another_tar() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    let other = tar_of_one_file();
    for (format, start) in [("tar.gz", &b"\x1f\x8b\x08\x04\0\0\0\0\0\x03"[..]), ("tar.zst", b"\x50\x2a\x4d\x18")] {
        let good = std::fs::read(compressed(&env.path("good"), &tar, format)).unwrap();
        let length_bytes = if format == "tar.gz" { 2 } else { 4 };
        let mut file = start.to_vec();
        let length = 512 + other.len() - start.len() - length_bytes;
        file.extend_from_slice(&length.to_le_bytes()[..length_bytes]);
        file.resize(512, 0);
        for (at, field) in [(100, &b"0000644\0"[..]), (124, b"00000000000\0"), (156, b"0"), (257, b"ustar\x0000")] {
            file[at..at + field.len()].copy_from_slice(field);
        }
        file[148..156].fill(b' ');
        let sum: u32 = file.iter().map(|byte| u32::from(*byte)).sum();
        file[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        file.extend_from_slice(&other);
        file.extend_from_slice(if format == "tar.gz" { &good[10..] } else { &good });
        assert!(decompressed(&file, format).is_some_and(|content| content == tar), "{format}");
        let file = env.file(&format!("two.{format}"), file);
        let mut list = std::process::Command::new("tar");
        list.arg("-tf").arg(&file);
        let listed = String::from_utf8(with_input(list, b"")).unwrap();
        assert!(listed.contains("x-1/evil") && !listed.contains("x-1/README"), "{listed}");
        check(&env, &release, file.clone()).expect_not_checked("is compressed, and begins as a tar that is not");
        check(&env, &release, file).arg("--accept=same-files").expect_not_checked("begins as a tar");
    }
}

/// A tar with one file and its end.
fn tar_of_one_file() -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_path("x-1/evil").unwrap();
    header.set_mode(0o644);
    header.set_size(0);
    header.set_cksum();
    [&header.as_bytes()[..], &[0; 1024]].concat()
}

#[test]
fn truncated_and_unreadable_files() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    for format in ["tar.gz", "tar.xz", "tar.bz2", "tar.zst"] {
        let good = std::fs::read(compressed(&env.path("good"), &tar, format)).unwrap();
        for length in (1..good.len()).step_by(good.len() / 25).chain([good.len() - 1]) {
            let outcome = check(&env, &release, env.file("cut", &good[..length])).run();
            assert!(matches!(outcome.code, Some(1 | 3)), "{format} cut at {length}: {outcome:?}");
        }
    }
    check(&env, &release, env.file("empty", "")).expect_not_checked("it is empty");
    check(&env, &release, env.path("")).expect_not_checked("it is a directory");
    check(&env, &release, env.path("missing")).expect_not_checked("could not be read");
}

#[test]
fn prefixes_are_read_off_or_compared() {
    let env = Environment::new();
    let (release, _) = release(&env);
    let odd =
        ["a/b/c/", "\u{e9} \u{1f600}/", "-x/", "..x/", ".git/", "~/", "--checkpoint-action=exec=x/", "nul/", "a b/"];
    for prefix in ["x-1/", &format!("{}/", "p".repeat(150))].into_iter().chain(odd) {
        let tarball = release.repo.archive("v1", prefix, "tar");
        if odd.contains(&prefix) {
            // The tarball's host must not choose where files end up.
            check(&env, &release, tarball.clone()).expect_refused("prefix cannot be read off");
        } else {
            let outcome = check(&env, &release, tarball.clone()).expect_authentic();
            assert!(outcome.err.contains(&format!("prefix {prefix},")), "{outcome:?}");
        }
        let given = |prefix: &str| check(&env, &release, tarball.clone()).arg(format!("--prefix={prefix}"));
        given(prefix).expect_authentic();
        given(prefix.trim_end_matches('/')).expect_authentic();
        given("other").expect_refused("instead of other/");
        given("").expect_refused("");
    }
    let doubled = release.repo.archive("v1", "x//", "tar");
    check(&env, &release, doubled).arg("--prefix=x//").expect_authentic();
    for prefix in ["../x/", "/x/", "a//b/", "./x/", "x/../y/", "a\nb/"] {
        let tarball = release.repo.archive("v1", prefix, "tar");
        check(&env, &release, tarball).expect_refused("prefix cannot be read off");
    }
    // None at all: only where the caller says so.
    let bare = release.repo.archive("v1", "", "tar");
    check(&env, &release, bare.clone()).expect_refused("prefix cannot be read off");
    check(&env, &release, bare).arg("--prefix=").expect_authentic();
    let commit = release.repo.commit(&[("src/a", "1"), ("src/b", "2"), ("z", "3")]);
    release.repo.sign_tag("v1", &commit, &release.key);
    let bare = release.repo.archive("v1", "", "tar");
    check(&env, &release, bare.clone()).expect_refused("prefix cannot be read off its first entry (src/)");
    check(&env, &release, bare).arg("--prefix=").expect_authentic();
}

#[test]
fn the_umask_of_the_maker() {
    let env = Environment::new();
    let (release, _) = release(&env);
    for umask in ["0002", "0022", "0000", "0027", "0077"] {
        release.repo.git(&["config", "tar.umask", umask]);
        let outcome = check(&env, &release, release.repo.archive("v1", "x-1/", "tar")).expect_authentic();
        assert!(outcome.err.contains(&format!("umask {umask}")), "{outcome:?}");
    }
    // One for some entries, another for others.
    release.repo.git(&["config", "tar.umask", "0022"]);
    let mixed = with_field(&release.repo.tar("v1", "x-1/"), "x-1/bin/run", 100, b"0000775");
    check(&env, &release, env.file("mixed.tar", mixed)).expect_refused("mode 0775 instead of 0755");
}

#[test]
fn the_pin_is_compared_in_the_same_pass() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    let tarball = compressed(&env.path("x.tar.gz"), &tar, "tar.gz");
    let mut sum = std::process::Command::new("sha256sum");
    sum.arg(&tarball);
    let sum = String::from_utf8(with_input(sum, b"")).unwrap();
    let sum = sum.split(' ').next().unwrap();
    check(&env, &release, tarball.clone()).arg("--sha256").arg(sum).expect_authentic();
    check(&env, &release, tarball.clone()).arg("--sha256").arg(sum.to_uppercase()).expect_authentic();
    let other = format!("{}{}", if sum.starts_with('0') { '1' } else { '0' }, &sum[1..]);
    check(&env, &release, tarball.clone()).arg("--sha256").arg(other).expect_refused("does not have the SHA-256");
    // A byte of gzip's header that means nothing to the tar.
    let mut changed = std::fs::read(&tarball).unwrap();
    changed[9] ^= 1;
    let changed = env.file("changed.tar.gz", changed);
    check(&env, &release, changed.clone()).expect_authentic();
    check(&env, &release, changed).arg("--sha256").arg(sum).expect_refused("does not have the SHA-256");
    for bad in ["", "abc", &sum[1..], &format!("{sum}0"), &sum.replace(&sum[..1], "g"), &"\u{e9}".repeat(64)] {
        check(&env, &release, tarball.clone()).arg("--sha256").arg(bad).expect_usage_error("64 hexadecimal digits");
    }
}

/// A header as git before 1.8.1.1 wrote it for a folder: all of the path in the prefix field.
fn old_folder(like: &[u8], path: &str) -> Vec<u8> {
    let mut header = like.to_vec();
    header[0..100].fill(0);
    header[345..500].fill(0);
    header[345..345 + path.len()].copy_from_slice(path.as_bytes());
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:07o}\0").as_bytes());
    header
}

/// One changed bit in the size of a pax header, and it could not be checked: it is the size that is wrong.
#[test]
fn pax_headers_that_are_too_long_to_be_read() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    let pax = |block: &(usize, &[u8])| block.1[156] == b'x' && block.1[257..].starts_with(b"ustar");
    let found: Vec<usize> = tar.chunks(512).enumerate().filter(pax).map(|(number, _)| number * 512).collect();
    let with_size = |at: usize| {
        let mut tar = tar.clone();
        tar[at + 124] = b'7';
        check(&env, &release, env.file("x.tar", tar))
    };
    let [path, target] = found[..] else { panic!("{found:?}") };
    with_size(path).expect_refused("has a header that is longer than any");
    // A link's target may be as long as it likes.
    with_size(target).expect_not_checked("a limit was reached: the size of a pax header");
}

/// Tarballs that GitHub served before September 2017.
#[test]
fn folders_split_as_before_git_1_8_1_1() {
    let env = Environment::new();
    let mut release = env.release();
    // Without its prefix, too long for a header's name, and for today's git without a place to split.
    let (one, two) = (format!("{}/f", "I".repeat(110)), format!("{}/f", "J".repeat(120)));
    release.commit = release.repo.commit(&[(&one, "1\n"), (&two, "2\n")]);
    release.repo.sign_tag("v1", &release.commit, &release.key);
    let now = release.repo.tar("v1", "x-1/");
    let rewritten = |tar: &[u8], letter: &str, length: usize| {
        let path = format!("x-1/{}", letter.repeat(length));
        // pax header, its record, the folder's header.
        let pax =
            tar.windows(path.len() + 2).position(|w| w == format!("{path}/\n").as_bytes()).unwrap() / 512 * 512 - 512;
        let old = old_folder(&tar[pax + 1024..pax + 1536], &path);
        [&tar[..pax], &old, &tar[pax + 1536..]].concat()
    };
    let pad = |tar: Vec<u8>| {
        let end = tar.iter().rposition(|byte| *byte != 0).unwrap() / 512 * 512 + 512;
        let mut tar = tar[..end].to_vec();
        let length = (tar.len() + 1024).div_ceil(10240) * 10240;
        tar.resize(length, 0);
        tar
    };
    let old = pad(rewritten(&rewritten(&now, "I", 110), "J", 120));
    let outcome = check(&env, &release, env.file("old.tar", old)).expect_authentic();
    assert!(outcome.err.contains("as before git 1.8.1.1"), "{outcome:?}");
    // One as then, one as now: no git wrote that.
    let mixed = pad(rewritten(&now, "I", 110));
    check(&env, &release, env.file("mixed.tar", mixed)).expect_refused(&format!("x-1/{}/", "J".repeat(120)));
    let outcome = check(&env, &release, env.file("now.tar", now)).expect_authentic();
    assert!(!outcome.err.contains("older git"), "{outcome:?}");
}

#[test]
fn entries_of_emptied_folders_as_before_git_2_15() {
    let env = Environment::new();
    let mut release = env.release();
    let files = [("a", "1\n"), ("d/e/f", "2\n"), ("g/h/i", "3\n"), ("z", "4\n")];
    let attributes = "d/e export-ignore\ng/h export-ignore\n";
    release.commit = release.repo.commit(&[&files[..], &[(".gitattributes", attributes)]].concat());
    release.repo.sign_tag("v1", &release.commit, &release.key);
    let now = release.repo.tar("v1", "x-1/");
    let folder = |tar: &[u8], name: &str| {
        let header = header_of(tar, "x-1/");
        with_field(&tar[header..header + 512], "x-1/", 0, name.as_bytes())
    };
    let insert = |tar: &[u8], name: &str| {
        let before = header_of(tar, "x-1/z");
        let mut tar = [&tar[..before], &folder(tar, name), &tar[before..]].concat();
        tar.truncate(tar.len() - 512);
        tar
    };
    check(&env, &release, env.file("now.tar", &now)).expect_authentic();
    let old = insert(&insert(&now, "x-1/d/"), "x-1/g/");
    let outcome = check(&env, &release, env.file("old.tar", &old)).expect_authentic();
    assert!(outcome.err.contains("as before git 2.15"), "{outcome:?}");
    // All or none, and none that is not there.
    check(&env, &release, env.file("x.tar", insert(&now, "x-1/d/"))).expect_refused("the entry x-1/g/ is missing");
    check(&env, &release, env.file("x.tar", insert(&now, "x-1/g/"))).expect_refused("x-1/g/");
    check(&env, &release, env.file("x.tar", insert(&now, "x-1/d/e/")))
        .expect_refused("does not belong there: x-1/d/e/");
}

#[test]
fn pax_lengths_as_before_git_2_24() {
    let env = Environment::new();
    let mut release = env.release();
    let folders = format!("{}/", "d".repeat(249)).repeat(3);
    // With "x-1/" these paths have 991 and 992 bytes: the length of a record with the first was one too small.
    let (first, second) = (format!("{folders}{}", "a".repeat(237)), format!("{folders}{}", "b".repeat(238)));
    release.commit = release.repo.commit(&[(&first, "1\n"), (&second, "2\n")]);
    release.repo.sign_tag("v1", &release.commit, &release.key);
    let now = release.repo.tar("v1", "x-1/");
    let at = now.windows(10).position(|window| window == b"1002 path=").expect("the record");
    let mut old = now.clone();
    old[at..at + 4].copy_from_slice(b"1001");
    check(&env, &release, env.file("now.tar", now)).expect_authentic();
    let outcome = check(&env, &release, env.file("old.tar", old)).expect_authentic();
    assert!(outcome.err.contains("as before git 2.24"), "{outcome:?}");
}

/// A pax record that says it is as long as can be: it was added to.
#[test]
fn a_pax_record_of_the_largest_length() {
    let env = Environment::new();
    let release = env.release();
    let tar = release.repo.tar("v1", "x-1/");
    let record = format!("{} path=f\n", u64::MAX);
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::XHeader);
    header.set_size(record.len() as u64);
    header.set_cksum();
    let mut records = [header.as_bytes(), record.as_bytes()].concat();
    records.resize(1024, 0);
    // Behind the global header and the prefix.
    let changed = env.file("changed.tar", [&tar[..1536], &records, &tar[1536..]].concat());
    env.authenticate(&release.key, "v1", &release.repo.path, &changed).expect_refused("");
}

#[test]
fn a_file_of_another_kind_is_named_and_not_called_a_forgery() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    let gzip = std::fs::read(compressed(&env.path("x.gz"), &tar, "tar.gz")).unwrap();
    let twice = std::fs::read(compressed(&env.path("xx.gz"), &gzip, "tar.gz")).unwrap();
    let zip = env.path("x.zip");
    release.repo.git(&["archive", "--format=zip", "-o", zip.to_str().unwrap(), "v1"]);
    for (file, kind) in [
        (std::fs::read(zip).unwrap(), "the tarball is a zip archive, not a tar"),
        (b"LZIP\x01\x0c".to_vec(), "the tarball is compressed with lzip, not a tar"),
        (b"\x5d\0\0\x80\0\xff\xff".to_vec(), "compressed with lzma"),
        (b"\x1f\x9d\x90a".to_vec(), "compressed with compress (.Z)"),
        (b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), "a 7z archive"),
        (twice, "what is compressed in the tarball is compressed with gzip"),
        (b"<!DOCTYPE html>\n<title>Log in</title>\n".to_vec(), "a web page"),
        (b"404: Not Found".to_vec(), "a text"),
    ] {
        check(&env, &release, env.file("file", file)).expect_not_checked(kind);
    }
}

#[test]
fn a_v7_tar_is_a_tar_that_git_did_not_make() {
    let env = Environment::new();
    let (release, _) = release(&env);
    std::fs::create_dir(env.path("x-1")).unwrap();
    std::fs::write(env.path("x-1/README"), "Read me.\n").unwrap();
    let mut v7 = std::process::Command::new("tar");
    v7.arg("-C").arg(env.path("")).args(["--format=v7", "-c", "x-1"]);
    check(&env, &release, env.file("v7.tar", with_input(v7, b""))).expect_refused("not made by `git archive`");
}

#[test]
fn missing_entries_are_not_called_another_order() {
    let env = Environment::new();
    let (mut release, _) = release(&env);
    release.commit = release.repo.commit(&[("a", "1\n"), ("b", "2\n"), ("c", "3\n"), ("d", "4\n"), ("e", "5\n")]);
    release.repo.sign_tag("v1", &release.commit, &release.key);
    let tar = release.repo.tar("v1", "x-1/");
    // A global header of two records, the prefix, five entries of two records each.
    let entry = |number: usize| 1536 + 1024 * number..1536 + 1024 * (number + 1);
    let without = [&tar[..entry(1).start], &tar[entry(3)], &tar[entry(4)], &[0; 4096]].concat();
    check(&env, &release, env.file("x.tar", without)).expect_refused("the entry x-1/b is missing");
    let swapped =
        [&tar[..entry(1).start], &tar[entry(3)], &tar[entry(1)], &tar[entry(2)], &tar[entry(4).start..]].concat();
    check(&env, &release, env.file("x.tar", swapped)).expect_refused("another order: x-1/d stands where x-1/b belongs");
    let both = [&tar[..], &tar[..]].concat();
    check(&env, &release, env.file("x.tar", both)).expect_refused("after the end of the archive: another tar");
}

#[test]
fn line_ends_are_named_if_nothing_else_differs() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    release.repo.git(&["config", "core.autocrlf", "true"]);
    let with_carriage_returns = release.repo.archive("v1", "x-1/", "tar");
    assert!(std::fs::read(&with_carriage_returns).unwrap() != tar);
    check(&env, &release, with_carriage_returns).expect_refused("only its line ends do");
}
