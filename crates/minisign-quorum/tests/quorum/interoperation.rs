//! What one program writes, the others verify: C minisign (Debian's), rsign2, the crates minisign and minisign-verify.

use minisign_quorum::Block;

use crate::lab::{COMMIT, Lab};

const FILE: &str = "hello-1.0.tar.gz";
const SET: &str = "hello-1.0.tar.gz.minisigs";
const SINGLE: &str = "hello-1.0.tar.gz.minisig";

fn sign(key: &str, more: &str) -> String {
    format!(
        "sign -s {key} {FILE} --source https://example.org/hello.git --tag v1.0 --commit {COMMIT} --prefix hello-1.0/ {more}"
    )
}

/// Both of our files, with all readers.
#[test]
fn others_verify_what_we_write() {
    let lab = Lab::new();
    let [publisher, ..] = lab.built_release();
    lab.good(&sign("publisher.key", "--single -o single.minisigs"));
    for file in [SET, SINGLE] {
        for key in [format!("-P {publisher}"), "-p publisher.pub".to_owned()] {
            let verified = lab.minisign(&format!("-V -m {FILE} -x {file} {key}"), "");
            assert!(verified.code == Some(0) && verified.out.contains("Trusted comment: timestamp:"), "{verified:?}");
        }
        let verified = lab.rsign(&format!("verify {FILE} -x {file} -P {publisher}"), "");
        assert_eq!(verified.code, Some(0), "{verified:?}");

        let text = lab.read(file);
        let payload = std::fs::read(lab.path(FILE)).expect("a file");
        let key = minisign_verify::PublicKey::from_base64(&publisher).expect("a key");
        let signature = minisign_verify::Signature::decode(&text).expect("a signature");
        key.verify(&payload, &signature, false).expect("a good one");
        assert!(signature.trusted_comment().contains("file:hello-1.0.tar.gz\thashed"));

        let key = minisign::PublicKey::from_base64(&publisher).expect("a key");
        let signature = minisign::SignatureBox::from_string(&text).expect("a signature");
        minisign::verify(&key, &signature, std::io::Cursor::new(payload), true, false, false).expect("a good one");
    }
    // The first block only: that is why this program exists.
    let q = lab.minisign(&format!("-Q -Vm {FILE} -x {SET} -P {publisher}"), "");
    assert!(q.code == Some(0) && q.out.lines().count() == 1, "{q:?}");
}

/// Every block of a set is a file that minisign reads.
#[test]
fn every_block_stands_alone() {
    let lab = Lab::new();
    let [publisher, alice, bob] = lab.built_release();
    let keys = [publisher, alice, bob];
    for (number, block) in lab.blocks(SET).iter().enumerate() {
        lab.write("one.minisig", block.to_bytes());
        let verified =
            keys.iter().filter(|key| lab.minisign(&format!("-Vm {FILE} -x one.minisig -P {key}"), "").code == Some(0));
        assert_eq!(verified.count(), 1, "block {number}");
    }
}

/// Today's kind, the legacy kind, any comment; and the bytes are the same when written again.
#[test]
fn we_verify_what_minisign_writes() {
    let lab = Lab::new();
    lab.write(FILE, "bytes");
    let made = lab.minisign("-G -W -p c.pub -s c.key", "");
    assert_eq!(made.code, Some(0), "{made:?}");
    for (options, comment) in [
        ("", "file:hello-1.0.tar.gz\thashed"),
        ("-t hello", "hello"),
        ("-t \u{e9}", "\u{e9}"),
        ("-c untrusted", "file:hello-1.0.tar.gz\thashed"),
        ("-l", "file:hello-1.0.tar.gz"),
    ] {
        let signed = lab.minisign(&format!("-S -m {FILE} -s c.key {options}"), "");
        assert_eq!(signed.code, Some(0), "{signed:?}");
        let text = lab.read(SINGLE);
        let blocks = Block::parse_all(text.as_bytes()).expect("a block");
        assert_eq!(blocks[0].to_bytes(), text.as_bytes(), "the same bytes");
        let ours = lab.good(&format!("-Vm {FILE} -p c.pub"));
        let theirs = lab.minisign(&format!("-Vm {FILE} -p c.pub"), "");
        assert_eq!((theirs.code, &theirs.out), (Some(0), &ours.out), "{options}");
        assert!(ours.out.trim_end().ends_with(comment), "{ours:?}");
        let only_hashed = lab.run(&format!("-HVm {FILE} -p c.pub"));
        assert_eq!(only_hashed.code, Some(i32::from(options == "-l")), "{only_hashed:?}");
        // A threshold of one: legacy never counts, and other comments name no material.
        let counted = lab.run(&format!("-Vm {FILE} -p c.pub -Q 1"));
        assert_eq!(counted.code, Some(i32::from(!comment.ends_with("\thashed"))), "{options}: {counted:?}");
    }
    lab.minisign(&format!("-S -m {FILE} -s c.key"), "");
    lab.write(SINGLE, lab.read(SINGLE).replace('\n', "\r\n"));
    lab.good(&format!("-Vm {FILE} -p c.pub"));
    lab.write(FILE, "other");
    lab.fails(1, "is not by it", &format!("-Vm {FILE} -p c.pub"));
    lab.minisign(&format!("-S -l -m {FILE} -s c.key"), "");
    lab.write(FILE, "third");
    lab.fails(1, "is not by it", &format!("-Vm {FILE} -p c.pub"));
}

/// The longest comments that minisign signs, and verifies.
#[test]
fn long_comments() {
    let lab = Lab::new();
    lab.write(FILE, "bytes");
    lab.minisign("-G -W -p c.pub -s c.key", "");
    for length in [1, 4000, 4077] {
        let signed = lab.minisign(&format!("-S -m {FILE} -s c.key -t {}", "t".repeat(length)), "");
        assert_eq!(signed.code, Some(0), "{length}: {signed:?}");
        lab.good(&format!("-Vm {FILE} -p c.pub"));
    }
    let hand = crate::lab::Hand::new(1, 1);
    for (length, is_read) in [(4000, true), (8173, true)] {
        lab.write(SINGLE, hand.sign(b"bytes", &"t".repeat(length)).to_bytes());
        let words = format!("-Vm {FILE} -P {}", hand.public());
        assert_eq!(lab.minisign(&words, "").code == Some(0), is_read, "{length}");
        assert_eq!(lab.run(&words).code == Some(0), is_read, "{length}");
    }
}

/// Keys with a password and without, of minisign's, rsign2's and our making, sign with each.
#[test]
fn secret_keys() {
    let lab = Lab::new();
    lab.write(FILE, "bytes");
    lab.write("password", "pass word\n");
    let twice = "pass word\npass word\n";
    assert_eq!(lab.minisign("-G -p c.pub -s c.key", twice).code, Some(0));
    assert_eq!(lab.minisign("-G -W -p cw.pub -s cw.key", "").code, Some(0));
    lab.good("keygen -p q.pub -s q.key --password-file password");
    lab.good("keygen -p qw.pub -s qw.key -W");
    assert_eq!(lab.rsign("generate -W -p rw.pub -s rw.key", "").code, Some(0));
    for name in ["c", "cw", "q", "qw", "rw"] {
        // To rsign2, a key without a password is one with an empty password.
        let (password, typed) = if name == "rw" { ("-W", "\n") } else { ("--password-file password", "pass word\n") };
        lab.good(&sign(&format!("{name}.key"), &format!("{password} --force --single")));
        for file in [SET, SINGLE] {
            let verified = lab.minisign(&format!("-Vm {FILE} -x {file} -p {name}.pub"), "");
            assert_eq!(verified.code, Some(0), "{name} {file}: {verified:?}");
        }
        let signed = lab.minisign(&format!("-S -m {FILE} -s {name}.key"), typed);
        assert_eq!(signed.code, Some(0), "{name}: {signed:?}");
        lab.good(&format!("-Vm {FILE} -x {SINGLE} -p {name}.pub"));
    }
    // rsign2 signs with its own, and verifies with each.
    let signed = lab.rsign(&format!("sign -W {FILE} -s rw.key -x r.minisig -t hello"), "");
    assert_eq!(signed.code, Some(0), "{signed:?}");
    lab.good(&format!("-Vm {FILE} -x r.minisig -p rw.pub"));
    lab.write("password", "other\n");
    lab.fails(3, "has another password", &sign("c.key", "--password-file password --force"));
}

/// A TAB ends a name in the comments that minisign writes: what stood behind it made another name of it.
#[test]
fn a_name_with_a_tab_is_not_signed_for_todays_minisign() {
    let lab = Lab::new();
    lab.key("own");
    lab.write("a\tfile:b", "x");
    let sign = |single: Option<&str>| {
        let mut command = lab.quorum();
        command.args(["sign", "-f", "-s", "own.key", "a\tfile:b", "--source", "u", "--tag", "t", "--prefix", "p"]);
        command.args(["--commit", crate::lab::COMMIT]).args(single);
        crate::lab::outcome(command, "")
    };
    let refused = sign(Some("--single"));
    assert!(refused.code == Some(3) && refused.err.contains("has a TAB in its name"), "{refused:?}");
    assert!(!lab.path("a\tfile:b.minisigs").exists() && !lab.path("a\tfile:b.minisig").exists());
    assert_eq!(sign(None).code, Some(0));
    // What C minisign makes of such names is a signature of no file.
    lab.write("minisign.pub", lab.read("own.pub"));
    for name in ["hello.tgz\thashed", "hello.tgz\ttimestamp:5", "hello.tgz\tprehashed"] {
        lab.write(name, "y");
        lab.write("hello.tgz", "y");
        let mut minisign = lab.command("minisign");
        minisign.args(["-S", "-W", "-s", "own.key", "-x", "hello.tgz.minisig", "-m", name]);
        let signed = crate::lab::outcome(minisign, "");
        assert_eq!(signed.code, Some(0), "{signed:?}");
        lab.fails(1, "for a file named", "-Vm hello.tgz");
        lab.fails(1, "", "-Vm hello.tgz -Q 1");
    }
}

/// Signing with --force replaced whatever was named, and with --single a set that was just made.
#[test]
fn sign_replaces_signatures_only() {
    let lab = Lab::new();
    lab.release();
    let sign = |words: &str| {
        format!(
            "sign -s publisher.key hello-1.0.tar.gz --source u --tag t --commit {} --prefix p {words}",
            crate::lab::COMMIT
        )
    };
    lab.fails(2, "would be the set and the single", &sign("-o hello-1.0.tar.gz.minisig --single"));
    lab.fails(3, "is not a set of signatures", &sign("-f -o hello-1.0.tar.gz"));
    lab.fails(3, "is not a set of signatures", &sign("-f -o publisher.key"));
    let before = lab.read("hello-1.0.tar.gz.minisigs");
    std::fs::create_dir(lab.path("hello-1.0.tar.gz.minisig")).unwrap();
    assert_eq!(lab.run(&sign("-f --single")).code, Some(3));
    assert_eq!(lab.read("hello-1.0.tar.gz.minisigs"), before);
}
