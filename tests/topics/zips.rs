//! Zip archives: what is in them can be graded, if all programs read them in one way.

use std::io::Write as _;
use std::process::Command;

use crate::environment::succeed;
use crate::topics::grades::Unpacked;
use crate::topics::unclear::Case;

impl Case {
    fn zip(&self, options: &[&str]) -> Vec<u8> {
        let folder = self.unpacked();
        let _ = std::fs::remove_file(folder.join("x.zip"));
        let mut command = Command::new("zip");
        command.args(["-q", "-r", "--symlinks"]).args(options).args(["x.zip", "x-1"]).current_dir(&folder);
        succeed(command);
        std::fs::read(folder.join("x.zip")).unwrap()
    }
}

#[test]
fn zip_archives_can_have_the_same_files() {
    let case = Case::new();
    let mut git = crate::environment::git();
    git.arg("-C").arg(&case.release.repo.path).args(["archive", "--format=zip", "--prefix=x-1/", "v1"]);
    let folder = case.unpacked();
    let mut bsdtar = Command::new("bsdtar");
    bsdtar.args(["--format=zip", "-cf", "-", "x-1"]).current_dir(&folder);
    for (what, zip) in [
        ("git", succeed(git)),
        ("zip", case.zip(&[])),
        ("zip -0", case.zip(&["-0"])),
        ("zip -X -D", case.zip(&["-X", "-D"])),
        ("zip with a comment", {
            let mut zip = case.zip(&[]);
            let length = zip.len();
            zip[length - 2] = 4;
            [zip, b"note".to_vec()].concat()
        }),
    ] {
        let program = || case.check(zip.clone());
        let outcome = program().expect_not_checked("a zip archive");
        assert!(outcome.err.contains("--explain") && outcome.err.contains("--accept same-files"), "{outcome:?}");
        let outcome = program().arg("--accept=same-files").run();
        assert_eq!(outcome.code, Some(0), "{what}: {outcome:?}");
        assert!(outcome.err.contains("tarball (zip)"), "{outcome:?}");
        let outcome = program().arg("--explain").expect_refused("its grade is same-files");
        assert!(outcome.err.contains("0 changed, 0 missing, 0 added"), "{outcome:?}");
    }
    let outcome = case.check(succeed(bsdtar)).arg("--accept=same-files").run();
    // bsdtar writes extra fields of its own.
    assert!(matches!(outcome.code, Some(0 | 3)), "{outcome:?}");
    std::fs::write(folder.join("x-1/a"), "b\n").unwrap();
    std::fs::write(folder.join("x-1/new"), "b\n").unwrap();
    let mut command = Command::new("zip");
    command.args(["-q", "-r", "--symlinks", "y.zip", "x-1"]).current_dir(&folder);
    succeed(command);
    let outcome = case.check_file(folder.join("y.zip")).arg("--explain").expect_refused("its grade is changed");
    assert!(outcome.err.contains("changed (1):\n  a: ") && outcome.err.contains("added (1):\n  new: "), "{outcome:?}");
}

/// Where a byte string stands.
fn place(bytes: &[u8], wanted: &[u8], from_end: bool) -> usize {
    let mut windows = bytes.windows(wanted.len());
    let found = if from_end {
        windows.rposition(|window| window == wanted)
    } else {
        windows.position(|window| window == wanted)
    };
    found.expect("it is there")
}

fn number(value: usize, count: usize) -> Vec<u8> {
    value.to_le_bytes()[..count].to_vec()
}

#[test]
fn zip_archives_that_programs_read_in_two_ways() {
    let case = Case::new();
    let good = case.zip(&["-X", "-0"]);
    case.check(good.clone()).arg("--accept=same-files").expect_authentic();
    let end = place(&good, b"PK\x05\x06", true);
    let central = place(&good, b"PK\x01\x02", false);
    let of_a = {
        let name = place(&good[central..], b"x-1/a", false) + central;
        name - 46
    };
    let local_a = place(&good, b"x-1/a", false) - 30;
    let with = |at: usize, bytes: &[u8]| {
        let mut zip = good.clone();
        zip[at..at + bytes.len()].copy_from_slice(bytes);
        zip
    };
    let both = |offset: (usize, usize), bytes: &[u8]| {
        let mut zip = with(of_a + offset.0, bytes);
        zip[local_a + offset.1..][..bytes.len()].copy_from_slice(bytes);
        zip
    };
    // Everything is moved by these bytes, and says so.
    let shifted = {
        let mut zip = [&b"PK\x03\x04 before"[..], &good].concat();
        let shift = zip.len() - good.len();
        let (central, end) = (central + shift, end + shift);
        zip[end + 16..end + 20].copy_from_slice(&number(central, 4));
        let mut at = central;
        while zip[at..].starts_with(b"PK\x01\x02") {
            let offset = u32::from_le_bytes(zip[at + 42..at + 46].try_into().unwrap()) as usize + shift;
            zip[at + 42..at + 46].copy_from_slice(&number(offset, 4));
            let lengths: usize =
                (28..34).step_by(2).map(|n| usize::from(zip[at + n]) + 256 * usize::from(zip[at + n + 1])).sum();
            at += 46 + lengths;
        }
        zip
    };
    let fewer = {
        let count = usize::from(good[end + 10]) - 1;
        with(end + 8, &[number(count, 2), number(count, 2)].concat())
    };
    let gap = {
        let mut zip = [&good[..central], b"hidden", &good[central..]].concat();
        let end = end + 6;
        zip[end + 16..end + 20].copy_from_slice(&number(central + 6, 4));
        zip
    };
    let second_end = {
        let mut zip = good.clone();
        zip[end + 20..end + 22].copy_from_slice(&number(22, 2));
        [&zip[..], b"PK\x05\x06", &[0; 18]].concat()
    };
    let comment = {
        let mut zip = good.clone();
        zip[end + 20..end + 22].copy_from_slice(&number(300, 2));
        [&zip[..], &[b'x'; 300]].concat()
    };
    let disc = {
        let mut zip = with(of_a + 38, b"\x08\0\0\0");
        zip[of_a + 5] = 0;
        zip
    };
    let locator = [&good[..end], b"PK\x06\x07", &[0; 16], &good[end..]].concat();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        // These four were accepted: unzip leaves the first out and gives the next two another name; Python reads the last elsewhere.
        ("the name of a disc", disc, "attributes that no file has"),
        ("attributes of another system", with(of_a + 36, b"\x04\0"), "attributes that this program does not know"),
        ("a control character", both((46, 30), b"x-1/\x01"), "a control character"),
        ("a version of VMS", both((46, 30), b"x-1;1"), "a semicolon and a number"),
        ("a locator of zip64", locator, "zip64"),
        ("a long comment", comment, "a long comment"),
        ("another name beside the content", with(local_a + 30, b"x-1/b"), "two headers that differ"),
        ("a name twice", both((46, 30), b"x-1/l"), "is there twice"),
        ("..", both((46, 30), b"../ab"), ".. in it"),
        ("an absolute path", both((46, 30), b"/x-1a"), "an absolute path"),
        ("a backslash", both((46, 30), b"x-1\\a"), "a backslash"),
        ("a name that is not ASCII", both((46, 30), b"x-1/\xe9"), "an encoding that is not said"),
        ("an encrypted file", both((8, 6), b"\x01\0"), "is encrypted"),
        ("unknown flags", both((8, 6), b"\0\x20"), "flags that this program does not know"),
        ("another method", both((10, 8), b"\x0c\0"), "not stored plainly or deflated"),
        ("another method beside the content", with(local_a + 8, b"\x08\0"), "two headers that differ"),
        ("a wrong checksum", both((16, 14), b"\0\0\0\0"), "has other content"),
        ("another size", with(of_a + 24, b"\x01\0\0\0"), "has two sizes"),
        ("a device", with(of_a + 40, &number(0o060644, 2)), "is a device"),
        ("a folder by one word", with(of_a + 40, &number(0o040755, 2)), "a file for others"),
        ("a folder by another", with(of_a + 38, b"\x10"), "a file for others"),
        ("an unknown system", with(of_a + 5, b"\x13"), "a system that this program does not know"),
        ("a system without modes", with(of_a + 5, b"\0"), "a system that this program does not know"),
        ("bytes before", [b"PK\x03\x04before", &good[..]].concat(), "around its directory"),
        ("bytes before, counted", shifted, "before its first entry"),
        ("bytes behind", [&good[..], b"more"].concat(), "does not end as it should"),
        ("bytes before the directory", gap, "belong to nothing"),
        ("fewer entries than there are", fewer, "more in its directory than it says"),
        ("a second end in the comment", second_end, "the zip archive"),
        ("no end", good[..end].to_vec(), "does not end as it should"),
        ("several parts", with(end + 4, b"\x01\0"), "several parts"),
        ("zip64", with(end + 16, b"\xff\xff\xff\xff"), "zip64"),
    ];
    for (what, zip, words) in cases {
        case.is_unclear(what, &zip, words);
    }
    let mut file = std::fs::File::create(case.env.path("empty.zip")).unwrap();
    file.write_all(&[b"PK\x05\x06", &[0u8; 18][..]].concat()).unwrap();
    case.check_file(case.env.path("empty.zip")).arg("--accept=same-files").expect_not_checked("an empty zip archive");
}

/// unzip translates the name although it is said to be in UTF-8, and the file replaced another one.
#[test]
fn names_that_unzip_translates() {
    let unpacked = Unpacked::with(&[("caf\u{e9}", "x\n"), ("a", "a\n")]);
    let script = "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w') as z:\n  for n in ['caf\u{e9}', 'a']:\n    i = \
                  zipfile.ZipInfo('x-1/' + n); i.create_system = int(sys.argv[2]); i.external_attr = (0o644 << 16) * (i.create_system == 3)\n    \
                  z.writestr(i, open('x-1/' + n).read())";
    let file = unpacked.env.path("names.zip");
    unpacked.run("/usr/bin/python3", &["-c", script, file.to_str().unwrap(), "3"]);
    unpacked.check(&file).arg("--accept=same-files").expect_authentic();
    unpacked.run("/usr/bin/python3", &["-c", script, file.to_str().unwrap(), "0"]);
    unpacked.check(&file).arg("--accept=same-files").expect_not_checked("translate in different ways");
}

/// An extra field has room for a header of a tar, and more.
#[test]
fn a_zip_archive_that_is_a_tar_as_well() {
    let case = Case::new();
    let mut zip = b"PK\x03\x04\x0a\0\0\0\0\0".to_vec();
    zip.extend_from_slice(&[0; 16]);
    zip.extend([number(5, 2), number(600, 2)].concat());
    zip.extend_from_slice(b"x-1/a\x55\x54");
    zip.extend(number(596, 2));
    zip.resize(512, 0);
    zip[257..265].copy_from_slice(b"ustar\x0000");
    zip.resize(30 + 5 + 600, 0);
    case.check(zip).arg("--accept=same-files").expect_not_checked("begins as a tar");
}

/// Two entries that share their bytes: each is read by somebody.
#[test]
fn zip_entries_that_overlap() {
    let case = Case::new();
    let good = case.zip(&["-X", "-0"]);
    let central = place(&good, b"PK\x01\x02", false);
    let of_a = place(&good[central..], b"x-1/a", false) + central - 46;
    let of_lib = place(&good[central..], b"x-1/lib.c", false) + central - 46;
    let mut zip = good.clone();
    let offset = zip[of_lib + 42..of_lib + 46].to_vec();
    zip[of_a + 42..of_a + 46].copy_from_slice(&offset);
    case.is_unclear("the same place", &zip, "");
}
