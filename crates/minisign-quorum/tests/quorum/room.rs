//! Room in a set, and the order in it: floods of blocks, and who keeps a place.

use minisign_quorum::Block;

use crate::lab::{COMMIT, Hand, Lab, claiming, statement};

const FILE: &str = "hello-1.0.tar.gz";
const SET: &str = "hello-1.0.tar.gz.minisigs";
const BYTES: &[u8] = b"the bytes of a release\n";
const VERIFY: &str = "verify --policy policy hello-1.0.tar.gz";

/// Blocks by keys that were made for this and thrown away.
fn strangers(count: u32) -> Vec<Block> {
    let stranger = |n: u32| {
        let mut seed = [0; 32];
        seed[..4].copy_from_slice(&n.to_le_bytes());
        let hand = Hand { secret: ed25519_dalek::SigningKey::from_bytes(&seed), id: [8; 8] };
        claiming(&hand.sign(BYTES, &statement("builder", 1, FILE, COMMIT)), &hand.public())
    };
    (0..count).map(stranger).collect()
}

/// 996 throw-away keys, or one builder with 990 timestamps, filled a set.
#[test]
fn floods_filled_a_set() {
    let lab = Lab::new();
    let publisher = lab.release();
    let alice = Hand::new(1, 1);
    lab.write("policy", format!("publisher zig {publisher}\nbuilder alice {}\nquorum zig\n", alice.public()));
    lab.write("good.minisigs", lab.read(SET));
    let strangers: Vec<u8> = strangers(999).iter().flat_map(Block::to_bytes).collect();
    lab.write("strangers.minisigs", &strangers);
    let many = |texts: &mut dyn Iterator<Item = String>| -> Vec<u8> {
        texts.flat_map(|text| claiming(&alice.sign(BYTES, &text), &alice.public()).to_bytes()).collect()
    };
    lab.write("times.minisigs", many(&mut (0..990).map(|time| statement("builder", time, FILE, COMMIT))));
    lab.write("materials.minisigs", many(&mut (0..990).map(|n| statement("builder", n, FILE, &format!("{n:040}")))));
    lab.write("plain.minisigs", many(&mut (0..990).map(|n| format!("{n}"))));
    // Under the policy, nothing of this has room.
    lab.fails(1, "by the unknown key", &format!("merge --policy policy strangers.minisigs -o {SET}"));
    lab.good(&format!("merge --policy policy times.minisigs -o {SET}"));
    assert_eq!(lab.blocks(SET).len(), 2);
    assert!(lab.blocks(SET)[1].trusted_comment().to_string().contains("timestamp:989"), "the newest stays");
    lab.good(&format!("merge --policy policy materials.minisigs plain.minisigs -o {SET}"));
    assert!(lab.blocks(SET).len() <= 10, "{}", lab.blocks(SET).len());
    lab.good(VERIFY);
    // A full set that somebody merged without: the policy's own have room, and prune empties it.
    lab.write(SET, [lab.read("good.minisigs").as_bytes(), &strangers].concat());
    let full = lab.good(&format!("merge --policy policy times.minisigs -o {SET}"));
    assert!(full.err.contains("there is no room"), "{full:?}");
    let verified = lab.good(&format!("verify --policy policy --threshold 2 {FILE}"));
    assert!(verified.err.lines().count() < 40, "a flood is not repeated on the terminal: {verified:?}");
    lab.good(&format!("prune --policy policy {SET}"));
    assert_eq!(lab.blocks(SET).len(), 2);
    lab.write(SET, [lab.read("good.minisigs").as_bytes(), &strangers].concat());
    lab.key("carol");
    // A signer's own block has room as well, also where nobody knows the others.
    lab.good(&format!("cosign -s carol.key -p publisher.pub {FILE}"));
    lab.good(&format!("-Vm {FILE} -p publisher.pub -p carol.pub -Q 2"));
    lab.good(&format!("cosign -s carol.key --policy policy {FILE}"));
}

/// A stranger who says `by:publisher` stood before a publisher with today's minisign, and C minisign failed.
#[test]
fn a_stranger_stood_before_a_plain_publisher() {
    let lab = Lab::new();
    lab.write(FILE, BYTES);
    let (publisher, stranger) = (Hand::new(1, 1), Hand::new(2, 2));
    let plain = publisher.sign(BYTES, &format!("timestamp:1\tfile:{FILE}\thashed"));
    lab.write("publisher.pub", format!("untrusted comment: x\n{}\n", publisher.public()));
    lab.write("policy", format!("publisher zig {}\nquorum zig\n", publisher.public()));
    let evil = claiming(&stranger.sign(BYTES, &statement("publisher", 1, FILE, COMMIT)), &stranger.public());
    lab.write("evil.minisigs", evil.to_bytes());
    lab.write("plain.minisig", plain.to_bytes());
    let verify = || lab.minisign(&format!("-Vm {FILE} -x {SET} -P {}", publisher.public()), "").code;
    for trust in ["", "-p publisher.pub", "--policy policy"] {
        for (target, input) in [(&plain, "evil.minisigs"), (&evil, "plain.minisig")] {
            lab.write(SET, target.to_bytes());
            lab.run(&format!("merge {trust} {input} -m {FILE} -o {SET}"));
            let stood_first = target == &plain;
            // Only a policy says that a key without statements is the publisher's, and not a builder's with minisign.
            let is_sure = stood_first || trust.starts_with("--policy");
            assert!(verify() == Some(0) || !is_sure, "{trust} {input}: {}", lab.read(SET));
        }
    }
    // In a new set, nothing stood there before.
    std::fs::remove_file(lab.path(SET)).unwrap();
    lab.good(&format!("merge -p publisher.pub evil.minisigs plain.minisig -m {FILE} -o {SET}"));
    assert_eq!(verify(), Some(0));
}

/// Blocks that stood before a given key's in the same input took its place.
#[test]
fn strangers_before_a_given_key_in_one_input() {
    let lab = Lab::new();
    lab.release();
    let alice = Hand::new(1, 1);
    let good = alice.sign(BYTES, &statement("builder", 1, FILE, COMMIT)).to_bytes();
    let one = Hand::new(2, 2);
    let flood = |n| claiming(&one.sign(BYTES, &statement("builder", n, FILE, COMMIT)), &one.public()).to_bytes();
    let by_one: Vec<u8> = (0..1000).flat_map(flood).collect();
    let by_many: Vec<u8> = strangers(1000).iter().flat_map(Block::to_bytes).collect();
    let before_all = lab.read(SET);
    for before in [by_one, by_many] {
        lab.write(SET, &before_all);
        let _ = std::fs::remove_file(lab.path("new.minisigs"));
        lab.write("mixed.minisigs", [before, good.clone()].concat());
        for target in [SET, "new.minisigs"] {
            let merged = lab.good(&format!("merge -P {} mixed.minisigs -m {FILE} -o {target}", alice.public()));
            assert!(merged.err.contains("there is no room"), "{merged:?}");
            lab.good(&format!("-Vm {FILE} -x {target} -P {} -Q 1", alice.public()));
        }
    }
}

/// A set that is full in bytes grew when it was written with the names of its keys, and nothing could be merged any more.
#[test]
fn a_set_that_is_full_in_bytes() {
    let lab = Lab::new();
    lab.release();
    let alice = Hand::new(1, 1);
    lab.write("policy", format!("builder alice {0}\nquorum alice\n", alice.public()));
    lab.write("alice.minisig", alice.sign(BYTES, &format!("timestamp:1\tfile:{FILE}\thashed")).to_bytes());
    let one = Hand::new(2, 2);
    let padding = "y".repeat(3500);
    let flood = |n| {
        let block = one.sign(BYTES, &format!("{}\tx:{n:04}{padding}", statement("builder", 1, FILE, COMMIT)));
        claiming(&block, &one.public()).to_bytes()
    };
    let mut full: Vec<u8> = (0..1000).flat_map(flood).collect();
    let size = full.len() / 1000;
    full.truncate((4 << 20) / size * size);
    for trust in [format!("-P {}", alice.public()), "--policy policy".to_owned()] {
        lab.write(SET, &full);
        lab.good(&format!("merge {trust} alice.minisig -m {FILE} -o {SET}"));
        lab.good(&format!("-Vm {FILE} -P {} -Q 1", alice.public()));
        assert!(lab.read(SET).len() <= 4 << 20);
    }
}

/// A merge with another given key took the first place from the publisher's block, and C minisign failed.
#[test]
fn what_stood_first_gave_way_to_another_given_key() {
    let lab = Lab::new();
    lab.write(FILE, BYTES);
    let mut hands: Vec<Hand> = (1..5).map(|n| Hand::new(n, n)).collect();
    hands.sort_by_key(|hand| *hand.public().as_bytes());
    // The publisher's key is the largest: all others would stand before it.
    let [alice, evil, old, publisher] = hands.as_slice() else { panic!("four keys") };
    let plain = |hand: &Hand| hand.sign(BYTES, &format!("timestamp:1\tfile:{FILE}\thashed")).to_bytes();
    let says = |hand: &Hand, time| {
        claiming(&hand.sign(BYTES, &statement("publisher", time, FILE, COMMIT)), &hand.public()).to_bytes()
    };
    lab.write(
        "policy",
        format!(
            "publisher zig {0}\npublisher zig {1}\nrevoked {1} from 2024-05-01 \"stolen\"\nquorum zig\n",
            publisher.public(),
            old.public()
        ),
    );
    lab.write("alice.minisigs", plain(alice));
    lab.write("evil.minisigs", says(evil, 1));
    lab.write("stolen.minisigs", says(old, 1_800_000_000));
    let both = format!("-P {} -P {}", publisher.public(), evil.public());
    for (trust, input) in [
        (format!("-P {}", alice.public()), "alice.minisigs"),
        (both.clone(), "evil.minisigs"),
        (String::new(), "evil.minisigs"),
        ("--policy policy".to_owned(), "stolen.minisigs"),
    ] {
        lab.write(SET, says(publisher, 1_700_000_000));
        lab.run(&format!("merge {trust} {input} -m {FILE} -o {SET}"));
        let first = lab.minisign(&format!("-Vm {FILE} -x {SET} -P {}", publisher.public()), "");
        assert_eq!(first.code, Some(0), "{trust} {input}");
    }
    // Its claim names another id than the block has: today's readers look at the block's.
    let other = Hand { id: [9; 8], ..publisher.clone() };
    let block = publisher.sign(BYTES, &statement("publisher", 1, FILE, COMMIT));
    lab.write(SET, claiming(&block, &other.public()).to_bytes());
    lab.good(&format!("merge evil.minisigs -m {FILE} -o {SET}"));
    assert_eq!(lab.minisign(&format!("-Vm {FILE} -x {SET} -P {}", publisher.public()), "").code, Some(0));
}

/// Many blocks of one given key took all others out.
#[test]
fn one_given_key_took_all_others_out() {
    let lab = Lab::new();
    let keys = lab.built_release();
    let carol = Hand::new(1, 1);
    let flood = |n| carol.sign(BYTES, &statement("builder", n, FILE, COMMIT)).to_bytes();
    lab.write("flood.minisigs", (0..1000).flat_map(flood).collect::<Vec<u8>>());
    lab.good(&format!("merge -P {} flood.minisigs -o {SET}", carol.public()));
    lab.good(VERIFY);
    lab.good(&format!("-Vm {FILE} -P {} -P {} -P {} -Q 3", keys[1], keys[2], carol.public()));
}

/// The ninth material of a key was left out without a word.
#[test]
fn what_a_key_has_too_much_of_is_named() {
    let lab = Lab::new();
    let keys = lab.built_release();
    let carol = Hand::new(1, 1);
    lab.write("policy", format!("publisher zig {}\nbuilder carol {}\nquorum zig\n", keys[0], carol.public()));
    let block = |n: u64| carol.sign(BYTES, &statement("builder", n, FILE, &format!("{n:040}"))).to_bytes();
    lab.write("eight.minisigs", (2..10).flat_map(block).collect::<Vec<u8>>());
    lab.good(&format!("merge --policy policy eight.minisigs -o {SET}"));
    lab.write("ninth.minisigs", block(1));
    lab.fails(3, "there is no room for 1 blocks", &format!("merge --policy policy ninth.minisigs -o {SET}"));
    lab.write("newer.minisigs", block(11));
    let merged = lab.good(&format!("merge --policy policy newer.minisigs -o {SET}"));
    assert!(merged.err.contains("taken out: block"), "{merged:?}");
}

/// Strangers' blocks left no room for those of keys that were given with -p.
#[test]
fn strangers_left_no_room_for_given_keys() {
    let lab = Lab::new();
    lab.built_release();
    let good = lab.read(SET);
    lab.write("good.minisigs", &good);
    let strangers: Vec<u8> = strangers(1000).iter().flat_map(Block::to_bytes).collect();
    lab.write("strangers.minisigs", &strangers);
    let three = "-p publisher.pub -p alice.pub -p bob.pub";
    // Before them, and after them.
    for (target, input) in [(&strangers, "good.minisigs"), (&good.clone().into_bytes(), "strangers.minisigs")] {
        lab.write(SET, target);
        let merged = lab.good(&format!("merge {three} {input} -o {SET}"));
        assert!(merged.err.contains("no room"), "{merged:?}");
        assert_eq!(lab.blocks(SET).len(), 1000);
        lab.good(VERIFY);
        assert!(lab.read(SET).starts_with(&good[..good.len() / 3]), "the publisher stands first");
    }
    // Without keys, what was there first stays.
    lab.write(SET, &good);
    lab.good(&format!("merge strangers.minisigs -o {SET}"));
    lab.good(VERIFY);
    lab.write(SET, &strangers);
    lab.run(&format!("merge good.minisigs -o {SET}"));
    lab.fails(3, "there is no room for 2 blocks", &format!("merge good.minisigs -o {SET}"));
    assert_eq!(lab.blocks(SET).len(), 1000);
}

/// Good blocks behind a thousand damaged ones were lost when the set was written again.
#[test]
fn good_blocks_behind_damage_were_lost() {
    let lab = Lab::new();
    lab.built_release();
    let good = lab.read(SET);
    lab.key("carol");
    let damage = "untrusted comment: x\nx\n".repeat(1500);
    let strangers: Vec<u8> = strangers(1100).iter().flat_map(Block::to_bytes).collect();
    for before in [damage.as_bytes(), &strangers] {
        for command in [
            "prune --policy policy".to_owned(),
            format!("merge --policy policy -m {FILE} good.minisigs -o"),
            format!("merge -p publisher.pub -p alice.pub -p bob.pub -m {FILE} good.minisigs -o"),
        ] {
            lab.write("good.minisigs", good.split_inclusive('\n').take(4).collect::<String>());
            lab.write(SET, [before, good.as_bytes()].concat());
            lab.good(&format!("{command} {SET}"));
            lab.good(VERIFY);
        }
        lab.write(SET, [before, good.as_bytes()].concat());
        lab.good(&format!("cosign -s carol.key --policy policy {FILE}"));
        lab.good(VERIFY);
    }
}
