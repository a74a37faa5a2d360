//! First steps, and first mistakes: each has its own advice.

use crate::lab::{Lab, outcome};

const FILE: &str = "hello-1.0.tar.gz";
const SET: &str = "hello-1.0.tar.gz.minisigs";

#[test]
fn no_key_is_given() {
    let lab = Lab::new();
    lab.release();
    let failed = lab.fails(3, "no public key is given", &format!("-Vm {FILE}"));
    assert!(failed.err.contains("-p ") && failed.err.contains("-P "), "{failed:?}");
    std::fs::rename(lab.path("publisher.pub"), lab.path("minisign.pub")).unwrap();
    lab.good(&format!("-Vm {FILE}"));
}

#[test]
fn a_wrong_key_shows_both_ids() {
    let lab = Lab::new();
    let publisher = lab.release();
    let other = lab.key("other");
    let id = |key: &str| minisign_quorum::PublicKey::parse(key.as_bytes()).expect("a key").id().to_string();
    let failed = lab.fails(1, "none of the 1 signatures is by a trusted key", &format!("-Vm {FILE} -P {other}"));
    assert!(failed.err.contains(&id(&publisher)) && failed.err.contains(&id(&other)), "{failed:?}");
}

#[test]
fn no_signature_names_both_files() {
    let lab = Lab::new();
    let publisher = lab.release();
    std::fs::remove_file(lab.path(SET)).unwrap();
    let failed = lab.fails(3, "has no signatures", &format!("-Vm {FILE} -P {publisher}"));
    assert!(failed.err.contains(".minisigs ") && failed.err.contains(".minisig\n"), "{failed:?}");
    lab.fails(3, "no such file", &format!("-Vm nowhere -P {publisher}"));
}

#[test]
fn the_set_or_a_key_in_the_wrong_place() {
    let lab = Lab::new();
    lab.built_release();
    lab.fails(2, "is a file of signatures", &format!("verify --policy policy {SET}"));
    lab.fails(3, "is a public key, and not a policy", &format!("verify --policy publisher.pub --threshold 1 {FILE}"));
}

/// All of these were told to wait for more builders.
#[test]
fn each_cause_has_its_own_advice() {
    let lab = Lab::new();
    let keys = lab.built_release();
    let advice = |words: &str| lab.fails(1, "", words).err.lines().last().unwrap_or_default().to_owned();
    let three = format!("-Vm {FILE} -P {} -P {} -P {}", keys[0], keys[1], keys[2]);
    assert!(advice(&format!("{three} -Q 4")).contains("Only 3 parties are trusted here"));
    assert!(advice(&format!("verify --policy policy --threshold 9 {FILE}")).contains("Only 3 parties"));
    assert!(advice(&format!("verify --policy policy --builders 3 {FILE}")).contains("Only 2 builders"));
    std::fs::copy(lab.path(FILE), lab.path("renamed")).unwrap();
    let renamed = advice(&format!("verify --policy policy -x {SET} renamed"));
    assert!(renamed.contains("this one was renamed") && renamed.contains(FILE), "{renamed}");
    lab.key("carol");
    let policy =
        lab.read("policy") + &format!("builder carol {}", lab.read("carol.pub").lines().nth(1).expect("a key"));
    lab.write("policy4", policy);
    assert!(advice(&format!("verify --policy policy4 --threshold 4 {FILE}")).contains("Wait for more builders"));
    lab.write(FILE, "changed");
    let changed = advice(&format!("verify --policy policy {FILE}"));
    assert!(changed.contains("is not the one that was signed"), "{changed}");
    assert!(advice(&format!("-Vm {FILE} -P {}", keys[0])).contains("is not the one that was signed"));
}

/// Without arguments, the program named an option and no command.
#[test]
fn without_arguments_the_commands_are_named() {
    let lab = Lab::new();
    let alone = outcome(lab.quorum(), "");
    assert_eq!(alone.code, Some(2), "{alone:?}");
    for command in ["verify", "sign", "cosign", "merge", "prune", "show", "lint", "keygen", "-V"] {
        assert!(alone.err.contains(command), "{command}: {alone:?}");
    }
}

/// Where standard error is closed or full, the exit code was lost.
#[test]
fn nobody_listens() {
    let lab = Lab::new();
    lab.built_release();
    lab.write("changed", "x");
    let program = env!("CARGO_BIN_EXE_minisign-quorum");
    for (words, code) in [
        (format!("verify --policy policy {FILE}"), 0),
        (format!("verify --policy policy -x {SET} changed"), 1),
        (format!("-Vm changed -x {SET} -p publisher.pub"), 1),
        ("verify --policy nowhere x".to_owned(), 3),
        ("--frobnicate".to_owned(), 2),
    ] {
        for to in ["2>/dev/full", "2>&-"] {
            let mut shell = lab.command("bash");
            shell.args(["-c", &format!("{program} {words} {to}")]);
            let done = outcome(shell, "");
            assert_eq!(done.code, Some(code), "{words} {to}: {done:?}");
        }
    }
}
