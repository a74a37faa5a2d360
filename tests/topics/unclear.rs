//! Tarballs that two programs could read in two ways: nothing in them is accepted, whatever it is.

use std::path::PathBuf;
use std::process::Command;

use crate::environment::bounded::limited_data;
use crate::environment::{Environment, Program, Release, succeed};
use crate::topics::grades::Unpacked;

/// A block of a tar with a right checksum.
fn block(name: &str, typeflag: u8, size: u64, link: &str, change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(if name.ends_with("run") { b"0000755" } else { b"0000644" });
    block[108..115].copy_from_slice(b"0000000");
    block[116..123].copy_from_slice(b"0000000");
    block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    block[136..147].copy_from_slice(b"00000000000");
    block[156] = typeflag;
    block[157..157 + link.len()].copy_from_slice(link.as_bytes());
    block[257..265].copy_from_slice(b"ustar\x0000");
    change(&mut block);
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn padded(content: &[u8]) -> Vec<u8> {
    let mut padded = content.to_vec();
    padded.resize(content.len().div_ceil(512) * 512, 0);
    padded
}

fn file(name: &str, content: &str) -> Vec<u8> {
    [block(name, b'0', content.len() as u64, "", |_| ()), padded(content.as_bytes())].concat()
}

fn pax(typeflag: u8, records: &str) -> Vec<u8> {
    [block("PaxHeaders/x", typeflag, records.len() as u64, "", |_| ()), padded(records.as_bytes())].concat()
}

fn record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while rest + length.to_string().len() != length {
        length = rest + length.to_string().len();
    }
    format!("{length} {key}={value}\n")
}

fn long(typeflag: u8, name: &str) -> Vec<u8> {
    let name = format!("{name}\0");
    let gnu = |block: &mut [u8]| block[257..265].copy_from_slice(b"ustar  \0");
    [block("././@LongLink", typeflag, name.len() as u64, "", gnu), padded(name.as_bytes())].concat()
}

pub struct Case {
    pub env: Environment,
    pub release: Release,
}

const LIB: &str = "int f(void) { return 0; }\n";

impl Case {
    pub fn new() -> Self {
        let env = Environment::new();
        let mut release = env.release();
        release.commit =
            release.repo.commit(&[("a", "a\n"), ("bin/run*", "#!/bin/sh\n"), ("l", "-> a"), ("lib.c", LIB)]);
        release.repo.sign_tag("v1", &release.commit, &release.key);
        Case { env, release }
    }

    /// The commit's files in a plain tar, with these entries among them and something behind the end.
    fn tar(&self, without: &str, further: &[u8], behind: &[u8]) -> Vec<u8> {
        let entries = [
            ("x-1/", block("x-1/", b'5', 0, "", |_| ())),
            ("x-1/a", file("x-1/a", "a\n")),
            ("x-1/bin/run", file("x-1/bin/run", "#!/bin/sh\n")),
            ("x-1/l", block("x-1/l", b'2', 0, "a", |_| ())),
            ("x-1/lib.c", file("x-1/lib.c", LIB)),
        ];
        let entries = entries.into_iter().filter(|(name, _)| *name != without).flat_map(|(_, bytes)| bytes);
        [&entries.collect::<Vec<u8>>()[..], further, &[0; 1024], behind].concat()
    }

    pub fn check(&self, tarball: Vec<u8>) -> Program {
        let tarball = self.env.file("case.tar", tarball);
        self.check_file(tarball)
    }

    pub fn check_file(&self, tarball: PathBuf) -> Program {
        self.env.authenticate(&self.release.key, "v1", &self.release.repo.path, &tarball)
    }

    /// It is not accepted, whatever the options are; and a no stays a no if somebody asks why.
    #[track_caller]
    pub fn is_unclear(&self, what: &str, tarball: &[u8], words: &str) {
        let everything = ["--allow-added=**", "--allow-changed=**", "--allow-missing=**", "--with-ignored"];
        let all = everything.iter().fold(self.check(tarball.to_vec()), |program, option| program.arg(option));
        for program in [self.check(tarball.to_vec()).arg("--accept=same-files"), all] {
            let outcome = program.run();
            assert_eq!(outcome.code, Some(3), "{what}: {outcome:?}");
            assert!(outcome.err.contains(words) && !outcome.out.contains("OK"), "{what}: {words:?} in {outcome:?}");
        }
        let outcome = self.check(tarball.to_vec()).arg("--explain").run();
        assert!(matches!(outcome.code, Some(1 | 3)), "{what}: {outcome:?}");
        assert!(outcome.err.contains("what differs cannot be told"), "{what}: {outcome:?}");
    }
}

#[test]
fn tars_that_programs_read_in_two_ways() {
    let case = Case::new();
    case.check(case.tar("", b"", b"")).arg("--accept=same-files").expect_authentic();
    let with = |entry: Vec<u8>| case.tar("", &entry, b"");
    let instead = |name: &str, entry: Vec<u8>| case.tar(name, &entry, b"");
    let a = || file("x-1/a", "a\n");
    let ustar =
        |change: &dyn Fn(&mut [u8])| [block("x-1/a", b'0', 2, "", |block| change(block)), padded(b"a\n")].concat();
    let set =
        |at: usize, bytes: &'static [u8]| move |block: &mut [u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    let plain_path = record("path", "x-1/a");
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a path twice", with(file("x-1/a", "evil\n")), "x-1/a is there twice"),
        ("a path twice, once with ./", with(file("./x-1/a", "evil\n")), "is there twice"),
        ("a folder twice", with(block("x-1", b'5', 0, "", |_| ())), "is there twice"),
        ("..", with(file("x-1/../x-1/b", "evil\n")), "has a path with .. in it"),
        ("an absolute path", with(file("/x-1/b", "evil\n")), "has an absolute path"),
        ("an inner dot", with(file("x-1/./b", "evil\n")), "an empty component or . in it"),
        ("two slashes", with(file("x-1//b", "evil\n")), "an empty component or . in it"),
        ("below a link", with(file("x-1/l/b", "evil\n")), "lies below something that is no folder"),
        ("below a file", with(file("x-1/a/b", "evil\n")), "lies below something that is no folder"),
        ("a link over entries", instead("x-1/bin", block("x-1/bin", b'2', 0, "/tmp", |_| ())), "and is no folder"),
        ("a hard link outside", with(block("x-1/b", b'1', 0, "../b", |_| ())), "is a hard link to a place outside"),
        ("a hard link to an absolute path", with(block("x-1/b", b'1', 0, "/etc/passwd", |_| ())), "to a place outside"),
        ("a hard link to nothing", with(block("x-1/b", b'1', 0, "x-1/c", |_| ())), "that is no file before it"),
        ("a hard link to a link", with(block("x-1/b", b'1', 0, "x-1/l", |_| ())), "that is no file before it"),
        (
            "a hard link with content",
            with([block("x-1/b", b'1', 2, "x-1/a", |_| ()), padded(b"b\n")].concat()),
            "has content",
        ),
        (
            "a hard link with another mode",
            with(block("x-1/b", b'1', 0, "x-1/bin/run", |_| ())),
            "other permission bits",
        ),
        (
            "a symbolic link with content",
            with([block("x-1/b", b'2', 2, "a", |_| ()), padded(b"b\n")].concat()),
            "has content",
        ),
        ("a symbolic link to nothing", with(block("x-1/b", b'2', 0, "", |_| ())), "has no link target"),
        ("a folder with content", with([block("x-1/b/", b'5', 2, "", |_| ()), padded(b"b\n")].concat()), "has content"),
        (
            "a file that is named as a folder",
            with([block("x-1/b/", b'0', 2, "", |_| ()), padded(b"b\n")].concat()),
            "a folder for some programs",
        ),
        ("a file with a link target", with(block("x-1/b", b'0', 0, "a", |_| ())), "has a link target and is no link"),
        ("a character device", with(block("x-1/b", b'3', 0, "", |_| ())), "is a device"),
        ("a block device", with(block("x-1/b", b'4', 0, "", |_| ())), "is a device"),
        ("a named pipe", with(block("x-1/b", b'6', 0, "", |_| ())), "is a named pipe"),
        ("a contiguous file", with(block("x-1/b", b'7', 0, "", |_| ())), "is a contiguous file"),
        ("a sparse file of GNU", with(block("x-1/b", b'S', 0, "", |_| ())), "is a sparse file"),
        ("a dump of folders", with(block("x-1/b", b'D', 0, "", |_| ())), "is an entry of an unknown kind"),
        ("a volume's name", with(block("x-1/b", b'V', 0, "", |_| ())), "is an entry of an unknown kind"),
        ("a part of a file", with(block("x-1/b", b'M', 0, "", |_| ())), "is an entry of an unknown kind"),
        ("Solaris' records", with([pax(b'X', &plain_path), a()].concat()), "is an entry of an unknown kind"),
        (
            "a sparse file in pax",
            with([pax(b'x', &record("GNU.sparse.major", "1")), file("x-1/b", "b\n")].concat()),
            "is a sparse file",
        ),
        (
            "a sparse name in pax",
            with([pax(b'x', &record("GNU.sparse.name", "x-1/b")), file("x-1/c", "b\n")].concat()),
            "is a sparse file",
        ),
        (
            "extended attributes",
            with([pax(b'x', &record("SCHILY.xattr.security.capability", "x")), file("x-1/b", "b\n")].concat()),
            "extended attributes",
        ),
        (
            "access lists",
            with([pax(b'x', &record("SCHILY.acl.access", "x")), file("x-1/b", "b\n")].concat()),
            "access lists",
        ),
        (
            "an unknown record",
            with([pax(b'x', &record("unknown", "x")), file("x-1/b", "b\n")].concat()),
            "does not know",
        ),
        (
            "two paths in records",
            instead("x-1/a", [pax(b'x', &(plain_path.clone() + &record("path", "x-1/b"))), a()].concat()),
            "says one thing twice",
        ),
        (
            "two pax headers",
            instead("x-1/a", [pax(b'x', &plain_path), pax(b'x', &record("mtime", "1")), a()].concat()),
            "says in two ways",
        ),
        (
            "a pax header and a long name",
            instead("x-1/a", [pax(b'x', &plain_path), long(b'L', "x-1/b"), a()].concat()),
            "says in two ways",
        ),
        (
            "a long name and a pax header",
            instead("x-1/a", [long(b'L', "x-1/b"), pax(b'x', &plain_path), a()].concat()),
            "says in two ways",
        ),
        (
            "two long names",
            instead("x-1/a", [long(b'L', "x-1/a"), long(b'L', "x-1/b"), a()].concat()),
            "says in two ways",
        ),
        ("a long name with a NUL in it", instead("x-1/a", [long(b'L', "x-1/a\0b"), a()].concat()), "says in two ways"),
        (
            "a global header between",
            instead("x-1/a", [pax(b'x', &plain_path), pax(b'g', &record("comment", "x")), a()].concat()),
            "says in two ways",
        ),
        (
            "a size for all that follow",
            with([pax(b'g', &record("size", "0")), file("x-1/b", "b\n")].concat()),
            "does not know",
        ),
        (
            "a path for all that follow",
            with([pax(b'g', &record("path", "x-1/c")), file("x-1/b", "b\n")].concat()),
            "does not know",
        ),
        (
            "two sizes",
            instead("x-1/a", [pax(b'x', &record("size", "513")), a(), vec![0; 512]].concat()),
            "has two sizes",
        ),
        ("a record that is too long", instead("x-1/a", [pax(b'x', "99 path=x-1/a\n"), a()].concat()), "cannot be read"),
        ("a record without an end", instead("x-1/a", [pax(b'x', "13 path=x-1/a"), a()].concat()), "cannot be read"),
        ("a header for nothing", with(pax(b'x', &plain_path)), "without an entry"),
        ("bytes behind the name", instead("x-1/a", ustar(&set(5, b"\0evil"))), "has bytes behind its name"),
        (
            "bytes behind the target",
            instead("x-1/l", block("x-1/l", b'2', 0, "a\0evil", |_| ())),
            "behind its link target",
        ),
        ("bytes behind the prefix", instead("x-1/a", ustar(&set(400, b"1"))), "behind the prefix"),
        ("star's times", instead("x-1/a", ustar(&set(508, b"tar\0"))), "behind the prefix"),
        (
            "a size in base 256",
            instead("x-1/a", ustar(&set(124, b"\x80\0\0\0\0\0\0\0\0\0\0\x02"))),
            "a size that is no plain number",
        ),
        ("a negative size", instead("x-1/a", ustar(&set(124, b"-0000000002\0"))), "a size that is no plain number"),
        (
            "two numbers in a size",
            instead("x-1/a", ustar(&set(124, b"00000002 3\0\0"))),
            "a size that is no plain number",
        ),
        ("a mode with a sign", instead("x-1/a", ustar(&set(100, b"-000644\0"))), "a mode that is no plain number"),
        ("an unknown magic", instead("x-1/a", ustar(&set(257, b"USTAR"))), "a header of an unknown kind"),
        ("another tar behind the end", case.tar("", b"", &file("x-1/evil", "evil\n")), "behind the end of the archive"),
        ("a byte behind the end", case.tar("", b"", &[&[0; 5000][..], b"x"].concat()), "behind the end of the archive"),
        ("one block of zeros", [case.tar("", &[0; 512], b""), file("x-1/evil", "evil\n")].concat(), "behind the end"),
    ];
    for (what, tarball, words) in cases {
        case.is_unclear(what, &tarball, words);
    }
}

/// A wrong checksum, an end without zeros, or an entry that is cut off is no tar that all programs read to the end.
#[test]
fn tars_that_are_damaged() {
    let case = Case::new();
    let good = case.tar("", b"", b"");
    let mut sum = good.clone();
    sum[512 + 150] ^= 1;
    for (what, tarball) in [
        ("a wrong checksum", sum),
        ("no end", good[..good.len() - 1024].to_vec()),
        ("half a block", good[..good.len() - 1024 - 200].to_vec()),
    ] {
        let outcome = case.check(tarball).arg("--accept=same-files").run();
        assert!(matches!(outcome.code, Some(1 | 3)) && !outcome.out.contains("OK"), "{what}: {outcome:?}");
    }
}

/// Every byte of a tar of another program matters, or does not matter for any of them: what is accepted after a change of one
/// byte is what bsdtar and GNU tar extract.
#[test]
fn one_byte_changed_anywhere() {
    let case = Case::new();
    let good = case.tar("", b"", b"");
    let is_header = |at: &usize| good[at / 512 * 512..][257..].starts_with(b"ustar");
    for at in (0..good.len()).filter(|at| at % 5 == 0 && is_header(at) && at % 512 < 350 || at % 97 == 0) {
        for value in [0, b'1', b'/'] {
            let mut changed = good.clone();
            if changed[at] == value {
                continue;
            }
            changed[at] = value;
            // Otherwise the checksum would be all that is tried.
            let start = at / 512 * 512;
            if good[start..start + 512][257..].starts_with(b"ustar") && !(148..156).contains(&(at - start)) {
                let header = &mut changed[start..start + 512];
                header[148..156].fill(b' ');
                let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
                header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            }
            let outcome = case.check(changed.clone()).arg("--accept=same-files").run();
            if outcome.code == Some(0) {
                for program in ["tar", "bsdtar"] {
                    case.extracts_the_commit(program, &changed, &format!("byte {at} is {value}"));
                }
            }
        }
    }
}

impl Case {
    /// Unpack a tarball that was accepted: it has the commit's files.
    fn extracts_the_commit(&self, program: &str, tarball: &[u8], what: &str) {
        let folder = tempfile::tempdir().unwrap();
        let file = self.env.file("accepted.tar", tarball);
        let mut command = Command::new(program);
        command.arg("-xf").arg(&file).current_dir(folder.path());
        // A warning, of an owner perhaps, is no matter here.
        let said = command.output().unwrap();
        assert!(folder.path().join("x-1").is_dir(), "{program}: {what}: {said:?}");
        let mut found = Command::new("bash");
        let list = "cd x-1 && find . -mindepth 1 | LC_ALL=C sort && cat a bin/run lib.c && readlink l && test -x bin/run && ! test -x a";
        found.args(["-c", list]).current_dir(folder.path());
        let found = String::from_utf8(succeed(found)).unwrap();
        assert_eq!(found, format!("./a\n./bin\n./bin/run\n./l\n./lib.c\na\n#!/bin/sh\n{LIB}a\n"), "{program}: {what}");
    }

    pub fn unpacked(&self) -> PathBuf {
        let folder = self.env.path("unpacked");
        std::fs::create_dir_all(&folder).unwrap();
        let file = self.env.file("good.tar", self.tar("", b"", b""));
        let mut command = Command::new("tar");
        command.arg("-xf").arg(file).current_dir(&folder);
        succeed(command);
        folder
    }
}

/// A hostile reader found these: each of them was accepted, and some program extracted something else without a word.
#[test]
fn tars_that_one_program_reads_in_another_way() {
    let case = Case::new();
    let with = |entry: Vec<u8>| case.tar("", &entry, b"");
    let instead = |entry: Vec<u8>| case.tar("x-1/a", &entry, b"");
    let gnu = |at: usize, bytes: &'static [u8]| {
        move |block: &mut [u8]| {
            block[257..265].copy_from_slice(b"ustar  \0");
            block[at..at + bytes.len()].copy_from_slice(bytes);
        }
    };
    let a = |change: &dyn Fn(&mut [u8])| [block("x-1/a", b'0', 2, "", |block| change(block)), padded(b"a\n")].concat();
    let old = |name: &str, content: &str| {
        [block(name, 0, content.len() as u64, "", |_| ()), padded(content.as_bytes())].concat()
    };
    for (what, tar, words) in [
        ("Python's prefix in a header of GNU", instead(a(&gnu(345, b"elsewhere"))), "read a prefix or a map of holes"),
        ("bsdtar's map of holes there", instead(a(&gnu(386, b"00000000000"))), "read a prefix or a map of holes"),
        (
            "a folder for Python, a file by its pax path",
            instead([pax(b'x', &record("path", "x-1/a")), old("x-1/a/", "a\n")].concat()),
            "a folder for some programs",
        ),
        (
            "the same by GNU's long name",
            instead([long(b'L', "x-1/a"), old("x-1/a/", "a\n")].concat()),
            "a folder for some",
        ),
        ("a file for Python, a folder by its name", with(block("x-1/sub/", b'0', 0, "", |_| ())), "a folder for some"),
        (
            "a hard link to a file with a slash",
            with(block("x-1/b", b'1', 0, "x-1/a/", |_| ())),
            "is a hard link to a folder",
        ),
        (
            "an owner that Python cannot hold",
            instead(a(&gnu(108, b"\x80\xff\xff\xff\xff\xff\xff\xff"))),
            "is no number",
        ),
    ] {
        case.is_unclear(what, &tar, words);
    }
    // bsdtar decompresses what begins as something compressed, also inside of something compressed.
    let whole = case.tar("", b"", b"");
    for magic in ["LRZI", "begin 644 x", "\u{1f}"] {
        let first = [block(magic, b'g', 13, "", |_| ()), padded(b"13 comment=x\n")].concat();
        let outcome = case.check([first, whole.clone()].concat()).arg("--accept=same-files").run();
        assert_eq!(outcome.code, Some(3), "{magic:?}: {outcome:?}");
    }
}

/// A pattern names files: no link out of the folder, and no bits that make a program somebody else's.
#[test]
fn patterns_accept_no_links_out_and_no_odd_bits() {
    let case = Case::new();
    let setuid = |block: &mut [u8]| block[100..107].copy_from_slice(b"0004755");
    for entry in [
        block("x-1/b", b'2', 0, "/etc/passwd", |_| ()),
        block("x-1/b", b'2', 0, "../../b", |_| ()),
        [block("x-1/b", b'0', 2, "", setuid), padded(b"b\n")].concat(),
    ] {
        case.check(case.tar("", &entry, b""))
            .arg("--allow-added=**")
            .expect_refused("one difference is not accepted: b");
    }
    let link = block("x-1/a", b'2', 0, "lib.c", |_| ());
    case.check(case.tar("x-1/a", &link, b"")).arg("--allow-changed=**").expect_refused("is not accepted: a");
    let inner = block("x-1/b", b'2', 0, "bin/run", |_| ());
    case.check(case.tar("", &inner, b"")).arg("--allow-added=b").expect_authentic();
}

/// Each folder above each path was kept whole and not counted: a gigabyte for a file of a hundred kilobytes.
#[test]
fn folders_that_fill_the_memory() {
    let case = Case::new();
    let deep: Vec<u8> = (0..3000)
        .flat_map(|n| {
            let path = format!("x-1/{n}/{}b", "d/".repeat(1000));
            [long(b'L', &path), block("x-1/b", b'0', 0, "", |_| ())].concat()
        })
        .collect();
    let tar = case.env.file("deep.tar", case.tar("", &deep, b""));
    let program = limited_data(case.check_file(tar).arg("--explain"), 256);
    let outcome = program.run();
    assert!(matches!(outcome.code, Some(1 | 3)), "{outcome:?}");
}

/// bsdtar composes names of pax headers: the second file replaced the first.
#[test]
fn two_forms_of_one_name() {
    let unpacked = Unpacked::with(&[("caf\u{e9}.c", "x\n"), ("a", "a\n")]);
    unpacked.write("cafe\u{301}.c", "evil\n");
    let outcome =
        unpacked.check(&unpacked.packed()).arg("--allow-added=**").expect_not_checked("in another Unicode form");
    assert!(outcome.err.contains("more than one way"), "{outcome:?}");
}
