//! Key files and passwords.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::lab::{COMMIT, Lab, outcome};

const FILE: &str = "hello-1.0.tar.gz";

fn sign(key: &str) -> String {
    format!("sign -s {key} {FILE} --source u --tag t --commit {COMMIT} --prefix p --force")
}

/// The old keys were gone before the new ones were written, and both could get one name.
#[test]
fn keygen_lost_keys() {
    let lab = Lab::new();
    lab.key("own");
    let (secret, public) = (lab.read("own.key"), lab.read("own.pub"));
    std::fs::create_dir(lab.path("folder")).unwrap();
    for (words, code, says) in [
        ("keygen -W -f -s own.key -p own.key", 2, "would hold both keys"),
        ("keygen -W -s new -p ./new", 2, "would hold both keys"),
        ("keygen -W -f -s own.key -p folder", 3, "not a file"),
        ("keygen -W -f -s own.key -p nowhere/own.pub", 3, "No such file"),
        ("keygen -W -f -s nowhere/own.key -p own.pub", 3, "No such file"),
    ] {
        lab.fails(code, says, words);
        assert!(lab.read("own.key") == secret && lab.read("own.pub") == public && !lab.path("new").exists(), "{words}");
    }
    std::os::unix::fs::symlink("own.key", lab.path("link")).unwrap();
    lab.fails(2, "would hold both keys", "keygen -W -f -s own.key -p link");
    lab.good("keygen -W -f -s own.key -p own.pub");
    assert!(lab.read("own.key") != secret && lab.read("own.pub") != public);
    let hidden = std::fs::read_dir(lab.path(""))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
    assert_eq!(hidden.count(), 0);
}

/// The name of one key was that of the other's half-written file, and the key was gone.
#[test]
fn keys_in_each_others_way() {
    let lab = Lab::new();
    lab.key("own");
    for (secret, public) in
        [(".a.pub.new", "a.pub"), ("a.key", ".a.key.new"), (".a.pub.lock", "a.pub"), ("a.key", "./.a.key.lock")]
    {
        lab.fails(2, "is only there while keys are made", &format!("keygen -W -f -s {secret} -p {public}"));
        assert!(!lab.path(secret).exists() && !lab.path(public).exists());
    }
}

/// A disk that is full left a secret key without its public half.
#[test]
fn a_full_disk_leaves_neither_key() {
    let lab = Lab::new();
    lab.key("own");
    let before = lab.read("own.key");
    // Files of at most one block of 512 bytes and then of none, in place of a disk that is full.
    for (limit, names) in [("0", "-s a.key -p a.pub"), ("0", "-f -s own.key -p own.pub")] {
        let mut shell = lab.command("bash");
        let program = env!("CARGO_BIN_EXE_minisign-quorum");
        shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {limit}; exec {program} keygen -W {names}")]);
        let full = outcome(shell, "");
        assert_eq!(full.code, Some(3), "{full:?}");
    }
    assert!(!lab.path("a.key").exists() && !lab.path("a.pub").exists());
    assert_eq!(lab.read("own.key"), before);
    // The second of the two cannot be written.
    lab.fails(3, "No such file", "keygen -W -s a.key -p nowhere/a.pub");
    assert!(!lab.path("a.key").exists());
}

#[test]
fn the_public_half_of_a_secret_key() {
    let lab = Lab::new();
    lab.write("password", "secret\n");
    for made in ["keygen -W -s q.key -p q.pub", "keygen --password-file password -s q.key -p q.pub -f"] {
        let public = lab.good(made).out;
        assert_eq!(lab.good("keygen --public -s q.key --password-file password").out, public);
    }
    assert_eq!(lab.minisign("-G -W -p c.pub -s c.key", "").code, Some(0));
    assert!(lab.read("c.pub").ends_with(&lab.good("keygen --public -s c.key").out));
    lab.fails(3, "cannot be read", "keygen --public -s nowhere");
}

/// Limits that no program writes were "another password", ended the program, or kept it busy for hours.
#[test]
fn scrypt_limits_that_no_program_writes() {
    let lab = Lab::new();
    lab.write(FILE, "x");
    lab.write("password", "secret\n");
    lab.good("keygen --password-file password -s q.key -p q.pub");
    let text = lab.read("q.key");
    let key = STANDARD.decode(text.lines().nth(1).expect("a key")).expect("base64");
    for (operations, memory) in [
        (0, 0),
        (1, 1),
        (u64::MAX, u64::MAX),
        (1 << 60, 1 << 60),
        (1 << 31, 1 << 40),
        (1 << 36, 1 << 30),
        (1 << 34, 1 << 33),
    ] {
        let mut bytes = key.clone();
        bytes[38..46].copy_from_slice(&u64::to_le_bytes(operations));
        bytes[46..54].copy_from_slice(&u64::to_le_bytes(memory));
        lab.write("odd.key", format!("x\n{}\n", STANDARD.encode(bytes)));
        let words = format!("{} --password-file password", sign("odd.key"));
        lab.fails(
            3,
            &format!("scrypt limits that no program writes: {operations} operations and {memory} bytes"),
            &words,
        );
    }
}

/// A key of C minisign's needs a gigabyte: without it, the program ended with an abort.
#[test]
fn memory_for_a_password_that_is_not_there() {
    let lab = Lab::new();
    lab.write(FILE, "x");
    lab.write("password", "secret\n");
    assert_eq!(lab.minisign("-G -p c.pub -s c.key", "secret\nsecret\n").code, Some(0));
    let mut shell = lab.command("bash");
    let program = env!("CARGO_BIN_EXE_minisign-quorum");
    let words = format!("ulimit -v 600000; exec {program} {} --password-file password", sign("c.key"));
    shell.args(["-c", &words]);
    let failed = outcome(shell, "");
    assert!(failed.code == Some(3) && failed.err.contains("bytes of memory to be unlocked"), "{failed:?}");
}

#[test]
fn passwords_that_minisign_cannot_read() {
    let lab = Lab::new();
    let long = "x".repeat(1024);
    for (password, code) in
        [("a\0b", 3), ("a\rb", 3), ("a\u{1b}[31m", 3), (long.as_str(), 3), ("pass word \u{e9}", 0), (&long[1..], 0)]
    {
        lab.write("password", format!("{password}\n"));
        let made = lab.run("keygen -f --password-file password -s q.key -p q.pub");
        assert_eq!(made.code, Some(code), "{password:?}: {made:?}");
        if code == 0 {
            lab.write("f", "x");
            let signed = lab.minisign("-S -s q.key -m f", &format!("{password}\n"));
            assert_eq!(signed.code, Some(0), "{password:?}: {signed:?}");
        }
    }
    // One that is there may have anything.
}
