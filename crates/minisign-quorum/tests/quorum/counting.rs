//! What is verified and what is not, with the program.

use crate::lab::{COMMIT, Hand, Lab, edited, statement, with_id};

const FILE: &str = "hello-1.0.tar.gz";

#[test]
fn a_quorum_is_met() {
    let lab = Lab::new();
    let [publisher, alice, bob] = lab.built_release();
    for words in [
        "verify --policy policy hello-1.0.tar.gz",
        "verify --policy policy --threshold 3 --require alice --require all hello-1.0.tar.gz",
        "verify --policy policy -x hello-1.0.tar.gz.minisigs ./hello-1.0.tar.gz",
    ] {
        let outcome = lab.good(words);
        assert_eq!(outcome.out, "OK\n");
        for says in ["signed: publisher hello on 20", "signed: builder alice", "signed: builder bob", "commit: 9ad5"] {
            assert!(outcome.err.contains(says), "{outcome:?}");
        }
    }
    let keys = format!("-Vm {FILE} -P {publisher} -P {alice} -p bob.pub");
    assert_eq!(lab.good(&format!("{keys} -Q 3")).out, "OK\n");
    lab.fails(1, "3 of 4 needed parties", &format!("{keys} -Q 4"));
    let quiet = lab.good("verify --policy policy -q hello-1.0.tar.gz");
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
    assert_eq!(lab.good(&format!("{keys} -Q3 -q")).out, "");
    lab.fails(1, "2 of 3 needed parties", &format!("-V -m {FILE} -P {publisher} -P {bob} -Q 3"));
}

#[test]
fn what_is_missing_is_named() {
    let lab = Lab::new();
    let [publisher, alice, _] = lab.built_release();
    let carol = lab.key("carol");
    lab.write("policy", format!("publisher hello {publisher}\nbuilder alice {alice}\nbuilder carol {carol}\n"));
    let outcome = lab.fails(1, "2 of 3 needed parties", "verify --policy policy --threshold 3 hello-1.0.tar.gz");
    for says in ["missing: builder carol", "signed: builder alice", "unknown: block "] {
        assert!(outcome.err.contains(says), "{says}: {outcome:?}");
    }
    lab.fails(1, "carol has not signed", "verify --policy policy --threshold 2 --require carol hello-1.0.tar.gz");
    lab.fails(2, "nothing else says how many", "verify --policy policy hello-1.0.tar.gz");
    lab.fails(2, "no party or group named dave", "verify --policy policy --require dave hello-1.0.tar.gz");
    lab.good("verify --policy policy --require alice hello-1.0.tar.gz");
    let policy = lab.read("policy") + "group all all hello alice carol\nquorum all\n";
    lab.write("policy", policy);
    lab.fails(1, "the quorum all has not signed", "verify --policy policy hello-1.0.tar.gz");
}

/// Renaming is how an old release is passed off as a new one.
#[test]
fn the_name_counts() {
    let lab = Lab::new();
    let [publisher, ..] = lab.built_release();
    std::fs::rename(lab.path(FILE), lab.path("hello-2.0.tar.gz")).unwrap();
    let words = "verify --policy policy -x hello-1.0.tar.gz.minisigs hello-2.0.tar.gz";
    let outcome = lab.fails(1, "the quorum all", words);
    assert!(outcome.err.contains("it is for a file named hello-1.0.tar.gz"), "{outcome:?}");
    lab.good(&format!("{words} --allow-rename"));
    let plain = format!("-Vm hello-2.0.tar.gz -x hello-1.0.tar.gz.minisigs -P {publisher}");
    lab.fails(1, "for a file named hello-1.0.tar.gz", &plain);
    lab.good(&format!("{plain} --allow-rename"));
}

/// Everything that a set by hand can have, and what is said of it.
struct Made {
    lab: Lab,
    keys: Vec<Hand>,
}

impl Made {
    fn new(policy: &str) -> Self {
        let (lab, keys): (Lab, Vec<Hand>) = (Lab::new(), (1..6).map(|number| Hand::new(number, number)).collect());
        lab.write(FILE, "bytes");
        let text =
            (0..5).fold(policy.to_owned(), |text, n| text.replace(&format!("${n}"), &keys[n].public().to_string()));
        lab.write("policy", text);
        Made { lab, keys }
    }

    fn good(&self, key: usize, by: &str, time: u64) -> minisign_quorum::Block {
        self.keys[key].sign(b"bytes", &statement(by, time, FILE, COMMIT))
    }

    fn set(&self, blocks: &[minisign_quorum::Block]) {
        self.lab
            .write("hello-1.0.tar.gz.minisigs", blocks.iter().flat_map(|block| block.to_bytes()).collect::<Vec<u8>>());
    }

    #[track_caller]
    fn says(&self, code: i32, threshold: usize, says: &str) {
        let words = format!("verify --policy policy --threshold {threshold} {FILE}");
        let outcome = self.lab.run(&words);
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        assert!(outcome.err.contains(says), "{says}: {outcome:?}");
    }
}

const TWO: &str = "publisher zig $0\nbuilder alice $1\nbuilder bob $2\nbuilder bob $3\n";

#[test]
fn nobody_counts_twice() {
    let made = Made::new(TWO);
    let alice = made.good(1, "builder", 1);
    made.set(&[alice.clone(), alice.clone(), made.good(1, "builder", 2), alice.clone()]);
    made.says(0, 1, "signed: builder alice");
    made.says(1, 2, "1 of 2 needed parties");
    // Two keys of one name.
    made.set(&[made.good(2, "builder", 1), made.good(3, "builder", 1)]);
    made.says(1, 2, "1 of 2 needed parties");
    // The same signature under another trusted key's id.
    made.set(&[alice.clone(), with_id(&alice, [3; 8])]);
    made.says(0, 1, "BAD: block 2 with the id of bob");
    made.says(1, 2, "BAD: block 2 with the id of bob");
    made.set(&[alice.clone(), with_id(&alice, [99; 8])]);
    made.says(1, 2, "unknown: block 2 by the key 6363636363636363");
    made.says(0, 1, "");
}

/// Anyone who can write to a set can add a bad block: it is reported, and overrules a met quorum only with --strict.
#[test]
fn bad_blocks_of_trusted_keys_are_reported_and_overrule_nothing() {
    let made = Made::new(TWO);
    let alice = made.good(1, "builder", 1);
    let replayed = made.keys[2].sign(b"other", &statement("builder", 1, FILE, COMMIT));
    let edited = edited(&alice, |_, line| line.replace("timestamp:1", "timestamp:2"));
    for (bad, says) in
        [(replayed, "its signature is not over this file"), (edited, "the signature of its trusted comment is bad")]
    {
        made.set(&[alice.clone(), bad]);
        made.says(0, 1, says);
        made.says(1, 2, says);
        let strict = format!("verify --strict --policy policy --threshold 1 {FILE}");
        made.lab.fails(1, "of a trusted key, and is not by it", &strict);
        let keys = format!("-Vm {FILE} -P {}", made.keys[1].public());
        made.lab.good(&keys);
        made.lab.good(&format!("{keys} -Q 1"));
    }
    made.set(&[alice, made.keys[4].sign(b"other", "x")]);
    made.says(0, 1, "unknown: block 2");
}

#[test]
fn materials_do_not_add_up() {
    let made = Made::new(TWO);
    let other = statement("builder", 1, FILE, "1111111111111111111111111111111111111111");
    made.set(&[made.good(0, "publisher", 1), made.good(1, "builder", 1), made.keys[2].sign(b"bytes", &other)]);
    made.says(0, 2, "disagrees on commit: bob");
    made.says(1, 3, "2 of 3 needed parties");
    // Without the others, the publisher's side is the one that is shown.
    made.set(&[made.good(0, "publisher", 1), made.keys[2].sign(b"bytes", &other)]);
    made.says(1, 2, "disagrees on commit: bob");
}

#[test]
fn roles_and_comments() {
    let made = Made::new(TWO);
    made.set(&[made.good(0, "builder", 1)]);
    made.says(1, 1, "it says by:builder, and the policy has a publisher");
    made.set(&[made.good(1, "publisher", 1)]);
    made.says(1, 1, "it says by:publisher, and the policy has a builder");
    made.set(&[made.keys[1].sign(b"bytes", "timestamp:1\tfile:hello-1.0.tar.gz\thashed")]);
    made.says(1, 1, "it does not say by whom");
    made.set(&[made.keys[1].sign(b"bytes", "hello")]);
    made.says(1, 1, "its trusted comment is no statement");
    made.set(&[made.keys[1].sign_legacy(b"bytes", &statement("builder", 1, FILE, COMMIT))]);
    made.says(1, 1, "it is a legacy signature, which never counts");
}

#[test]
fn dates() {
    let made = Made::new(
        "builder alice $1 from 2024-01-01 until 2024-12-31\nbuilder bob $2\nrevoked $2 from 2024-05-01 \"laptop stolen\"\n",
    );
    for (key, time, code, says) in [
        (1, 1_704_067_199, 1, "dated 2023-12-31T23:59:59Z, and the key counts from 2024-01-01T00:00:00Z"),
        (1, 1_704_067_200, 0, "signed: builder alice on 2024-01-01T00:00:00Z"),
        (1, 1_735_689_599, 0, ""),
        (1, 1_735_689_600, 1, "and the key counts until 2024-12-31T23:59:59Z"),
        (2, 1_714_521_599, 0, "signed: builder bob"),
        (2, 1_714_521_600, 1, "the key is revoked from 2024-05-01T00:00:00Z: laptop stolen"),
    ] {
        made.set(&[made.good(key, "builder", time)]);
        made.says(code, 1, says);
    }
}

/// -P has no names and roles: keys count, from one material, which may be that of today's comments.
#[test]
fn keys_of_the_command_line() {
    let made = Made::new("");
    let today = "timestamp:1\tfile:hello-1.0.tar.gz\thashed";
    made.set(&[made.keys[0].sign(b"bytes", today), made.keys[1].sign(b"bytes", today), made.good(2, "builder", 1)]);
    let keys: Vec<String> = made.keys[..3].iter().map(|key| format!("-P {}", key.public())).collect();
    let words = format!("-Vm {FILE} {}", keys.join(" "));
    made.lab.good(&format!("{words} -Q 2"));
    made.lab.fails(1, "2 of 3 needed parties", &format!("{words} -Q 3"));
    let again = Hand { id: [9; 8], ..made.keys[0].clone() };
    made.lab.fails(2, "is given twice", &format!("{words} -P {} -Q 2", again.public()));
    made.lab.fails(2, "is given twice", &format!("{words} {} -Q 2", keys[0]));
}

#[test]
fn json_has_the_same_facts() {
    let made = Made::new(&format!("{TWO}group q 2 zig alice bob\nquorum q\n"));
    let other = statement("builder", 1, FILE, "1111111111111111111111111111111111111111");
    made.set(&[
        made.good(0, "publisher", 1),
        made.good(1, "builder", 2),
        made.keys[3].sign(b"bytes", &other),
        made.keys[4].sign(b"bytes", &other),
        made.keys[2].sign(b"bytes", "hello"),
    ]);
    let json = |words: &str| {
        let outcome = made.lab.run(&format!("verify --json --policy policy {words} {FILE}"));
        assert!(outcome.err.is_empty(), "{outcome:?}");
        (outcome.code, serde_json::from_str::<serde_json::Value>(&outcome.out).expect("one object"))
    };
    let (code, good) = json("");
    assert_eq!((code, &good["verdict"], &good["parties"]), (Some(0), &"verified".into(), &2.into()));
    assert_eq!(good["quorum"], "q");
    assert_eq!(good["material"]["commit"], COMMIT);
    assert_eq!(good["signed"][0]["name"], "zig");
    assert_eq!(good["signed"][1]["role"], "builder");
    assert_eq!(good["signed"][1]["key"], made.keys[1].public().to_string());
    assert_eq!(good["signed"][1]["signed_at"], "1970-01-01T00:00:02Z");
    assert_eq!(good["disagree"][0]["names"], serde_json::json!(["bob"]));
    assert_eq!(good["disagree"][0]["differs_in"], serde_json::json!(["commit"]));
    assert_eq!(good["unknown"][0]["block"], 4);
    assert_eq!(good["not_counted"][0]["names"], serde_json::json!(["bob"]));
    let (code, bad) = json("--threshold 3");
    assert_eq!((code, &bad["verdict"], &bad["threshold"]), (Some(1), &"not-verified".into(), &3.into()));
    assert!(bad["reason"].is_string() && bad["help"].is_string());
    std::fs::remove_file(made.lab.path("hello-1.0.tar.gz.minisigs")).unwrap();
    let (code, unknown) = json("");
    assert_eq!((code, &unknown["verdict"]), (Some(3), &"not-checked".into()));
}
