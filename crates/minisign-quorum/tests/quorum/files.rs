//! Files: whose they are, who may write them, and what is none.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::{Command, Stdio};

use crate::lab::{COMMIT, Hand, Lab, claiming, outcome, statement};

const FILE: &str = "hello-1.0.tar.gz";
const SET: &str = "hello-1.0.tar.gz.minisigs";

fn is_root() -> bool {
    std::fs::metadata("/proc/self").expect("/proc").uid() == 0
}

fn cosigned(lab: &Lab, name: &str) {
    lab.key(name);
    lab.good(&format!("cosign -s {name}.key -p publisher.pub {FILE}"));
}

/// A set that root merged belonged to root afterwards, and its group and access list were gone.
#[test]
fn owner_group_and_access_list_stay() {
    let lab = Lab::new();
    lab.release();
    let path = lab.path(SET);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o664)).unwrap();
    if is_root() {
        std::os::unix::fs::chown(&path, Some(1234), Some(4321)).unwrap();
    }
    // One entry for user 77, as setfacl writes it: version, then tag, permissions, id.
    let entries: [(u16, u16, u32); 5] =
        [(1, 6, u32::MAX), (2, 4, 77), (4, 4, u32::MAX), (16, 6, u32::MAX), (32, 4, u32::MAX)];
    let mut list = vec![2, 0, 0, 0];
    for (tag, permissions, id) in entries {
        list.extend_from_slice(&tag.to_le_bytes());
        list.extend_from_slice(&permissions.to_le_bytes());
        list.extend_from_slice(&id.to_le_bytes());
    }
    const LIST: &str = "system.posix_acl_access";
    let has_lists = rustix::fs::setxattr(&path, LIST, &list, rustix::fs::XattrFlags::empty()).is_ok();
    let before = std::fs::metadata(&path).unwrap();
    cosigned(&lab, "alice");
    let after = std::fs::metadata(&path).unwrap();
    assert_eq!(lab.blocks(SET).len(), 2);
    assert_eq!(
        (after.uid(), after.gid(), after.mode()),
        (before.uid(), before.gid(), std::fs::metadata(&path).unwrap().mode())
    );
    let mut found = [0; 100];
    let length = rustix::fs::getxattr(&path, LIST, &mut found).unwrap_or(0);
    assert_eq!(&found[..length], if has_lists { list.as_slice() } else { &[] });
}

/// A link to a set that is not there yet was replaced by a file.
#[test]
fn a_link_to_nothing_stays_a_link() {
    let lab = Lab::new();
    lab.release();
    lab.key("alice");
    std::fs::create_dir(lab.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere/set", lab.path("link")).unwrap();
    lab.good(&format!("cosign -s alice.key -p publisher.pub -o link {FILE}"));
    assert!(std::fs::symlink_metadata(lab.path("link")).unwrap().is_symlink());
    assert_eq!(lab.blocks("elsewhere/set").len(), 2);
    std::os::unix::fs::symlink("circle", lab.path("circle")).unwrap();
    lab.fails(3, "a circle of links", &format!("merge {SET} -m {FILE} -o circle"));
    assert!(std::fs::symlink_metadata(lab.path("circle")).unwrap().is_symlink());
}

/// Anyone who could read the folder could hold the lock, and keep everybody from writing.
#[test]
fn readers_cannot_hold_the_lock() {
    let lab = Lab::new();
    lab.release();
    // What readers can open: the folder, the file, the set.
    let held: Vec<_> = ["", FILE, SET].iter().map(|name| std::fs::File::open(lab.path(name)).unwrap()).collect();
    held.iter().for_each(|file| file.try_lock().expect("a lock"));
    cosigned(&lab, "alice");
    assert_eq!(lab.blocks(SET).len(), 2);
    // While the lock is held, nobody can read its file.
    let lock = lab.path(".hello-1.0.tar.gz.minisigs.lock");
    let guard = minisign_quorum::Lock::acquire(&lab.path(SET)).expect("a lock");
    assert_eq!(std::fs::metadata(&lock).unwrap().permissions().mode() & 0o555, 0);
    drop(guard);
    assert!(!lock.exists());
}

/// The lock of a group's set had the permissions of its maker's umask, and kept the group out.
#[test]
fn the_lock_has_the_permissions_of_the_set() {
    let lab = Lab::new();
    lab.release();
    let lock = lab.path(".hello-1.0.tar.gz.minisigs.lock");
    for (mode, expected) in [(0o664, 0o220), (0o644, 0o200), (0o666, 0o222), (0o444, 0o200)] {
        std::fs::set_permissions(lab.path(SET), std::fs::Permissions::from_mode(mode)).unwrap();
        let guard = minisign_quorum::Lock::acquire(&lab.path(SET)).expect("a lock");
        assert_eq!(std::fs::metadata(&lock).unwrap().permissions().mode() & 0o777, expected, "{mode:o}");
        drop(guard);
    }
}

/// A program that was killed left a file behind for ever.
#[test]
fn what_a_killed_program_left_is_removed() {
    let lab = Lab::new();
    lab.release();
    for name in [".hello-1.0.tar.gz.minisigs.new", ".hello-1.0.tar.gz.minisigs.lock"] {
        lab.write(name, "half");
    }
    cosigned(&lab, "alice");
    let names = std::fs::read_dir(lab.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!names.into_iter().any(|name| name.to_string_lossy().starts_with('.')));
}

/// Pipes and devices hung, or were replaced by files.
#[test]
fn pipes_and_devices_are_refused() {
    let lab = Lab::new();
    let publisher = lab.release();
    assert!(Command::new("mkfifo").arg(lab.path("pipe")).status().unwrap().success());
    lab.good(&format!("merge {SET} -m {FILE} -o pipe.minisigs"));
    lab.key("alice");
    for words in [
        format!("sign -s publisher.key pipe --source u --tag t --commit {COMMIT} --prefix p --force"),
        format!("-Vm pipe -x {SET} -P {publisher}"),
        format!("-Vm /dev/zero -x {SET} -P {publisher}"),
        "cosign -s alice.key -p publisher.pub pipe".to_owned(),
        format!("merge {SET} -m {FILE} -o pipe"),
        format!("merge {SET} -m {FILE} -o /dev/null"),
        format!("merge /dev/zero -m {FILE} -o {SET}"),
        "keygen -W -f -s pipe -p a.pub".to_owned(),
    ] {
        let refused = lab.fails(3, "", &words);
        assert!(refused.err.contains("a device") || refused.err.contains("not a file"), "{words}: {refused:?}");
    }
    // A pipe that has a name waits for somebody at its other end.
    for name in ["hung.minisigs", "hung.minisig", "hung.pub"] {
        assert!(Command::new("mkfifo").arg(lab.path(name)).status().unwrap().success());
    }
    lab.write("hung", "x");
    for words in [
        format!("-Vm hung -P {publisher}"),
        format!("-Vm {FILE} -p hung.pub"),
        format!("-Vm {FILE} -x hung.minisig -P {publisher}"),
        format!("merge hung.minisigs -m {FILE} -o {SET}"),
        "show hung.minisigs".to_owned(),
        format!("cosign -s hung.pub -p publisher.pub {FILE}"),
    ] {
        let refused = lab.run(&words);
        assert!(refused.code == Some(3) && refused.err.contains("is not a file"), "{words}: {refused:?}");
    }
    // A set that comes through a pipe is short, and ends.
    let mut shell = lab.command("bash");
    let program = env!("CARGO_BIN_EXE_minisign-quorum");
    shell.args(["-c", &format!("{program} merge <(cat {SET}) -m {FILE} -o new.minisigs")]);
    assert_eq!(outcome(shell, "").code, Some(0));
}

/// Signing read the file twice, and once more for `--single`.
#[test]
fn a_file_is_read_once() {
    let lab = Lab::new();
    lab.release();
    let size = 8 << 20;
    lab.write("large", vec![b'x'; size]);
    // What the shell's child has read, as the system counts it for the shell that waited for it.
    let read = |words: &str| {
        let program = env!("CARGO_BIN_EXE_minisign-quorum");
        let mut shell = lab.command("bash");
        shell.args(["-c", &format!("{program} {words} >/dev/null 2>&1 || exit; cat /proc/$$/io; true")]);
        let done = outcome(shell, "");
        let count = done.out.lines().find_map(|line| line.strip_prefix("rchar: ")).expect("a count");
        count.parse::<usize>().expect("a number")
    };
    let sign = format!("sign -s publisher.key large --single --source u --tag t --commit {COMMIT} --prefix p");
    let signing = read(&sign);
    assert!((size..size + (1 << 20)).contains(&signing), "{signing}");
    lab.key("alice");
    let cosigning = read("cosign -s alice.key -p publisher.pub large");
    assert!((size..size + (1 << 20)).contains(&cosigning), "{cosigning}");
}

/// A thousand inputs of four megabytes were all held in memory.
#[test]
fn the_memory_of_a_merge_is_bounded() {
    let lab = Lab::new();
    lab.release();
    let hand = Hand::new(1, 1);
    let padding = |n: u32| format!("{}\tx:{n:05}{}", statement("builder", 1, FILE, COMMIT), "y".repeat(3500));
    let text: Vec<u8> = (0..900)
        .flat_map(|n| claiming(&hand.sign(b"the bytes of a release\n", &padding(n % 10)), &hand.public()).to_bytes())
        .collect();
    assert!(text.len() > 3 << 20);
    lab.write("many.minisigs", &text);
    let inputs = vec!["many.minisigs"; 40].join(" ");
    let program = env!("CARGO_BIN_EXE_minisign-quorum");
    let mut shell = lab.command("bash");
    // A tenth of what they are together.
    shell.args(["-c", &format!("ulimit -v 100000; exec {program} merge --unverified {inputs} -o all.minisigs")]);
    let merged = shell.stdin(Stdio::null()).output().expect("it starts");
    assert_eq!(merged.status.code(), Some(0), "{merged:?}");
    assert_eq!(lab.blocks("all.minisigs").len(), 10);
}
