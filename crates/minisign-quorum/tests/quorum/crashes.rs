//! Programs that are killed, and programs that write at the same time.

use std::process::Stdio;
use std::time::Duration;

use minisign_quorum::{Block, Set};

use crate::lab::{COMMIT, Hand, Lab, statement};

const FILE: &str = "hello-1.0.tar.gz";
const SET: &str = "hello-1.0.tar.gz.minisigs";

fn many(count: u64, from: u64) -> Vec<u8> {
    let hand = Hand::new(1, 1);
    let mut set = Set::new();
    for time in from..from + count {
        set.keep(hand.sign(b"x", &statement("builder", time, FILE, COMMIT)));
    }
    set.to_bytes().expect("small")
}

/// Killed at any moment, a merge leaves the old set or the new one.
#[test]
fn kill_in_the_middle_of_a_merge() {
    let lab = Lab::new();
    let (old, more) = (many(300, 0), many(500, 1000));
    lab.write("more.minisigs", &more);
    let mut all = Set::new();
    for text in [&old, &more] {
        Block::parse_all(text).expect("blocks").into_iter().for_each(|block| all.keep(block));
    }
    let new = all.to_bytes().expect("small");
    let merge = || {
        lab.write(SET, &old);
        let mut command = lab.quorum();
        command.args(["merge", "--unverified", "more.minisigs", "-o", SET]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
    };
    assert!(merge().wait().expect("an end").success());
    // Later after an old set, sooner after a new one: most are killed around the moment at which one takes the other's place,
    // whenever that is on this machine.
    const STEP: Duration = Duration::from_micros(500);
    let (mut olds, mut news, mut delay) = (0, 0, Duration::ZERO);
    while olds < 150 || news < 150 {
        assert!(olds < 20_000, "it is never done");
        let mut child = merge();
        std::thread::sleep(delay);
        child.kill().ok();
        child.wait().expect("an end");
        let found = std::fs::read(lab.path(SET)).expect("it is there");
        if found == old {
            olds += 1;
            delay += STEP;
        } else {
            assert_eq!(found.len(), new.len(), "{} bytes are neither old nor new", found.len());
            assert!(found == new);
            news += 1;
            delay = delay.saturating_sub(STEP);
        }
    }
    // No lock stays behind.
    lab.good(&format!("merge --unverified more.minisigs -o {SET}"));
    assert_eq!(std::fs::read(lab.path(SET)).expect("it is there"), new);
    assert_eq!(hidden(&lab), [""; 0], "what killed programs left behind is gone");
}

/// The names of what programs put into a folder for their own use.
fn hidden(lab: &Lab) -> Vec<String> {
    let names = std::fs::read_dir(lab.path("")).expect("a folder").map(|entry| entry.expect("a file").file_name());
    names.map(|name| name.to_string_lossy().into_owned()).filter(|name| name.starts_with('.')).collect()
}

/// Several programs write at the same time, and nothing is lost.
#[test]
fn concurrent_cosigners_and_merges() {
    let lab = Lab::new();
    lab.release();
    let names: Vec<String> = (0..24).map(|number| format!("builder{number}")).collect();
    for name in &names {
        lab.key(name);
    }
    for name in &names[12..] {
        lab.good(&format!("cosign -s {name}.key -p publisher.pub -o {name}.minisigs {FILE}"));
    }
    std::thread::scope(|scope| {
        for (number, name) in names.iter().enumerate() {
            let lab = &lab;
            scope.spawn(move || match number {
                0..12 => lab.good(&format!("cosign -s {name}.key -p publisher.pub {FILE}")),
                _ => lab.good(&format!("merge {name}.minisigs -o {SET}")),
            });
        }
    });
    assert_eq!(lab.blocks(SET).len(), 25);
    assert_eq!(hidden(&lab), [""; 0]);
}

/// A set that is a link stays one, and keeps its permissions.
#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let lab = Lab::new();
    lab.release();
    std::fs::create_dir(lab.path("elsewhere")).unwrap();
    std::fs::rename(lab.path(SET), lab.path("elsewhere/set")).unwrap();
    std::os::unix::fs::symlink("elsewhere/set", lab.path(SET)).unwrap();
    std::fs::set_permissions(lab.path("elsewhere/set"), std::fs::Permissions::from_mode(0o640)).unwrap();
    lab.key("alice");
    lab.good(&format!("cosign -s alice.key -p publisher.pub {FILE}"));
    assert!(std::fs::symlink_metadata(lab.path(SET)).unwrap().is_symlink());
    assert_eq!(lab.blocks("elsewhere/set").len(), 2);
    assert_eq!(std::fs::metadata(lab.path("elsewhere/set")).unwrap().permissions().mode() & 0o777, 0o640);
}
