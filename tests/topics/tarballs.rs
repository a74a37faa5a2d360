//! What may be taken for the archive: nothing but the archive.

use std::path::PathBuf;

use crate::environment::{Environment, Release, compressed, with_input};

/// A release with every kind of entry, and its tar.
pub fn release(env: &Environment) -> (Release, Vec<u8>) {
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

pub fn check(env: &Environment, release: &Release, tarball: PathBuf) -> crate::environment::Program {
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
