//! Sets that anybody can spoil: what an attacker who has no trusted key merges into a set, and what must not come of it.

use minisign_quorum::Block;

use crate::lab::{COMMIT, Hand, Lab, claiming, edited, key_with_id, statement, with_id};

const FILE: &str = "hello-1.0.tar.gz";
const SET: &str = "hello-1.0.tar.gz.minisigs";
const BYTES: &[u8] = b"the bytes of a release\n";
const VERIFY: &str = "verify --policy policy hello-1.0.tar.gz";

fn merge_modes() -> [String; 4] {
    ["", "-p publisher.pub -p alice.pub -p bob.pub", "--policy policy", "--unverified"]
        .map(|trust| if trust == "--unverified" { trust.to_owned() } else { format!("{trust} -m {FILE}") })
}

/// The publisher's and the builders' blocks, with everything changed that nothing signs.
fn reidentified(lab: &Lab, keys: &[String; 3]) -> Vec<Block> {
    let mut evil = Vec::new();
    for (block, key) in lab.blocks(SET).iter().zip(keys) {
        for id in [[0; 8], [0xff; 8]] {
            let block = with_id(block, id);
            evil.push(claiming(&block, &key_with_id(key, id)));
            evil.push(claiming(&block, &key_with_id(key, [7; 8])));
            evil.push(edited(&block, |n, line| if n == 0 { "untrusted comment: x".into() } else { line.to_owned() }));
        }
        for other in keys {
            let id = *minisign_quorum::PublicKey::parse(other.as_bytes()).expect("a key").id().as_bytes();
            evil.push(claiming(&with_id(block, id), &key_with_id(key, id)));
            evil.push(claiming(block, &key_with_id(other, id)));
        }
    }
    evil
}

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

/// Alice's block with another id took the place of hers, and the genuine set could not bring it back.
#[test]
fn a_block_under_another_id_evicted_its_owner() {
    let lab = Lab::new();
    let keys = lab.built_release();
    // In the order of the set.
    let mut builders = [keys[1].clone(), keys[2].clone()];
    builders.sort_by_key(|key| minisign_quorum::PublicKey::parse(key.as_bytes()).expect("a key"));
    let [first, second] = builders;
    let keys = [keys[0].clone(), first, second];
    let good = lab.read(SET);
    lab.write("good.minisigs", &good);
    for (number, block) in reidentified(&lab, &keys).iter().enumerate() {
        lab.write("evil.minisigs", block.to_bytes());
        for mode in merge_modes() {
            // Into the set, and the set into it.
            lab.write(SET, &good);
            lab.run(&format!("merge {mode} evil.minisigs -o {SET}"));
            lab.good(VERIFY);
            let first = lab.minisign(&format!("-Vm {FILE} -x {SET} -P {}", keys[0]), "");
            assert!(first.code == Some(0) || mode == "--unverified", "{number} {mode}: {first:?}");
            lab.write(SET, block.to_bytes());
            lab.good(&format!("merge {mode} good.minisigs -o {SET}"));
            lab.good(VERIFY);
            // What is known is put right.
            lab.good(&format!("merge --policy policy --prune -m {FILE} good.minisigs -o {SET}"));
            assert_eq!(lab.read(SET), good, "{number} {mode}");
        }
    }
}

/// A stranger's key with alice's id made every answer a no.
#[test]
fn a_strangers_key_with_a_trusted_id_denied_everybody() {
    let lab = Lab::new();
    let keys = lab.built_release();
    let good = lab.read(SET);
    for (n, key) in (1..).zip(&keys) {
        let id = *minisign_quorum::PublicKey::parse(key.as_bytes()).expect("a key").id().as_bytes();
        let stranger = Hand { id, ..Hand::new(n, n) };
        let signed = stranger.sign(BYTES, &statement("builder", 1, FILE, COMMIT));
        lab.write("evil.minisigs", claiming(&signed, &stranger.public()).to_bytes());
        lab.write(SET, &good);
        lab.good(&format!("merge evil.minisigs -o {SET}"));
        assert_eq!(lab.blocks(SET).len(), 4);
        let verified = lab.good(VERIFY);
        assert!(verified.err.contains("unknown: block") && !verified.err.contains("BAD"), "{verified:?}");
        lab.good(&format!("verify --strict --policy policy {FILE}"));
        lab.good(&format!("-Vm {FILE} -P {key}"));
        // One that names nobody is bad, is named, and overrules nothing.
        lab.good(&format!("merge --unverified evil.minisigs -o {SET}"));
        lab.write(SET, [good.as_bytes(), &signed.to_bytes()].concat());
        assert!(lab.good(VERIFY).err.contains("BAD: block 4"));
        assert!(lab.good(&format!("-Vm {FILE} -P {key}")).err.contains("BAD: block 4"));
        lab.fails(1, "is not by it", &format!("verify --strict --policy policy {FILE}"));
        lab.fails(1, "is not by it", &format!("-Vm {FILE} -P {key} --strict"));
    }
}

/// Merge and cosign refused all work while one block was bad, and nothing took it out.
#[test]
fn one_bad_block_stopped_everybody() {
    let lab = Lab::new();
    let keys = lab.built_release();
    lab.key("carol");
    let good = lab.read(SET);
    let hand = Hand::new(9, 9);
    let bad = [
        claiming(&hand.sign(b"other bytes", &statement("builder", 1, FILE, COMMIT)), &hand.public()).to_bytes(),
        claiming(&hand.sign_legacy(BYTES, &statement("builder", 1, FILE, COMMIT)), &hand.public()).to_bytes(),
        claiming(&hand.sign(BYTES, &statement("builder", 1, "other", COMMIT)), &hand.public()).to_bytes(),
        hand.sign(BYTES, &statement("builder", 1, FILE, COMMIT)).to_bytes(),
        b"garbage\n".to_vec(),
    ];
    for (number, bad) in bad.iter().enumerate() {
        // In an input: the rest gets in.
        lab.write("mixed.minisigs", [bad.as_slice(), good.as_bytes()].concat());
        for mode in ["", "--policy policy"] {
            std::fs::remove_file(lab.path(SET)).unwrap();
            let merged = lab.good(&format!("merge {mode} mixed.minisigs -o {SET}"));
            assert!(merged.err.contains("left out: block 1 of mixed.minisigs: "), "{number}: {merged:?}");
            assert!(merged.err.contains("changed"), "{merged:?}");
            assert_eq!(lab.read(SET), good);
        }
        std::fs::remove_file(lab.path(SET)).unwrap();
        let all_or_nothing = lab.run(&format!("merge --no-keep-going mixed.minisigs -o {SET}"));
        assert!(matches!(all_or_nothing.code, Some(1 | 3)) && !lab.path(SET).exists(), "{all_or_nothing:?}");
        // In the set: it is kept if it is a block, and named.
        lab.write("good.minisigs", &good);
        lab.write(SET, [good.as_bytes(), bad].concat());
        lab.good(&format!("cosign -s carol.key -p publisher.pub {FILE}"));
        lab.good(&format!("merge good.minisigs -o {SET}"));
        let expected = if bad == b"garbage\n" { 4 } else { 5 };
        assert_eq!(lab.blocks(SET).len(), expected, "{number}");
        lab.good(VERIFY);
        // Prune takes it out, and carol's as well, whom the policy does not know.
        let pruned = lab.good(&format!("prune --policy policy {SET}"));
        assert!(pruned.err.contains("taken out: block 5") || expected == 4, "{pruned:?}");
        assert_eq!(lab.read(SET), good);
        assert!(lab.good(&format!("prune --policy policy {SET}")).err.contains("unchanged"));
    }
    // Exit code and JSON say whether the set changed.
    lab.write("bad.minisigs", &bad[0]);
    lab.fails(1, "block 1 of bad.minisigs is refused", &format!("merge bad.minisigs -o {SET}"));
    let json = |words: &str| {
        let outcome = lab.run(words);
        (outcome.code, serde_json::from_str::<serde_json::Value>(&outcome.out).expect("one object"))
    };
    let (code, value) = json(&format!("merge --json bad.minisigs -o {SET}"));
    assert_eq!((code, &value["code"]), (Some(1), &"signature-not-over-this-file".into()));
    let (code, value) = json(&format!("merge --json good.minisigs bad.minisigs -o {SET}"));
    assert_eq!((code, &value["changed"], &value["added"]), (Some(1), &false.into(), &0.into()));
    assert_eq!(value["left_out"][0]["file"], "bad.minisigs");
    let (code, value) = json(&format!("merge --json good.minisigs -o {SET}"));
    assert_eq!((code, &value["changed"]), (Some(0), &false.into()));
    let (code, value) = json(&format!("merge --json good.minisigs bad.minisigs -o new.minisigs -m {FILE}"));
    assert_eq!((code, &value["changed"], &value["blocks"]), (Some(0), &true.into(), &3.into()));
    // A name that was mistyped is no set.
    lab.write("important", "not a set\n");
    lab.fails(3, "is not a set", &format!("merge good.minisigs -m {FILE} -o important"));
    assert_eq!(lab.read("important"), "not a set\n");
    drop(keys);
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

/// A newer block that does not count must not push away one that does: the thief of a revoked key has the newest.
#[test]
fn a_newer_block_that_does_not_count_pushed_one_away_that_did() {
    let lab = Lab::new();
    let publisher = lab.release();
    let alice = Hand::new(1, 1);
    let line = format!("builder alice {0}\nrevoked {0} from 2024-05-01 \"stolen\"", alice.public());
    lab.write("policy", format!("publisher zig {publisher}\n{line}\nquorum zig\n"));
    for time in [1_714_000_000, 1_800_000_000] {
        let block = alice.sign(BYTES, &statement("builder", time, FILE, COMMIT));
        lab.write("alice.minisigs", block.to_bytes());
        lab.good(&format!("merge --policy policy alice.minisigs -o {SET}"));
        assert!(
            lab.good(&format!("verify --policy policy --threshold 2 {FILE}"))
                .err
                .contains("signed: builder alice on 2024-04-2")
        );
    }
}

/// Without a publisher's key, cosign signed whatever source the set named.
#[test]
fn cosign_signed_for_any_publisher() {
    let lab = Lab::new();
    let publisher = lab.release();
    lab.key("carol");
    let good = lab.read(SET);
    let evil = Hand::new(5, 5);
    let stated = statement("publisher", 1, FILE, "1111111111111111111111111111111111111111");
    lab.write("evil.minisigs", claiming(&evil.sign(BYTES, &stated), &evil.public()).to_bytes());
    lab.fails(2, "nothing says which key is the publisher's", &format!("cosign -s carol.key -x evil.minisigs {FILE}"));
    lab.fails(3, "no block by the publisher", &format!("cosign -s carol.key -p publisher.pub -x evil.minisigs {FILE}"));
    // Its block beside the genuine one changes nothing.
    lab.good(&format!("merge evil.minisigs -o {SET}"));
    lab.write("policy", format!("publisher zig {publisher}\nquorum zig\n"));
    for trust in ["-p publisher.pub", "--policy policy"] {
        let signed = lab.good(&format!("cosign -f -s carol.key {trust} {FILE}"));
        assert!(signed.err.contains(COMMIT) && !signed.err.contains("111111"), "{signed:?}");
    }
    // On a terminal, it asks.
    let ask = |input: &str| {
        lab.write(SET, &good);
        let program = env!("CARGO_BIN_EXE_minisign-quorum");
        let mut script = lab.command("script");
        script.args(["-q", "-e", "-E", "never", "-c", &format!("{program} cosign -s carol.key {FILE}"), "/dev/null"]);
        crate::lab::outcome(script, input)
    };
    let yes = ask("y\n");
    assert!(yes.code == Some(0) && yes.out.contains(&publisher) && lab.blocks(SET).len() == 2, "{yes:?}");
    let no = ask("n\n");
    assert!(no.code == Some(3) && lab.blocks(SET).len() == 1, "{no:?}");
}

/// The password was asked for, and the key used, before it was known whether there is anything to sign.
#[test]
fn cosign_asked_for_the_password_first() {
    let lab = Lab::new();
    lab.release();
    lab.write("password", "secret\n");
    lab.good("keygen --password-file password -s carol.key -p carol.pub");
    lab.write("wrong", "other\n");
    lab.write(FILE, "another build\n");
    let words = format!("cosign -s carol.key --password-file wrong -p publisher.pub {FILE}");
    lab.fails(1, "is not the file that the publisher signed", &words);
}

/// Two stories of the publisher's about one file were counted as two opinions.
#[test]
fn a_publisher_that_contradicts_itself() {
    let lab = Lab::new();
    let publisher = Hand::new(1, 1);
    let alice = Hand::new(2, 2);
    lab.write(FILE, BYTES);
    lab.write("policy", format!("publisher zig {}\nbuilder alice {}\n", publisher.public(), alice.public()));
    lab.write("zig.pub", format!("{}\n", publisher.public()));
    let other = "1111111111111111111111111111111111111111";
    let blocks = [
        publisher.sign(BYTES, &statement("publisher", 1, FILE, COMMIT)),
        publisher.sign(BYTES, &statement("publisher", 2, FILE, other)),
        alice.sign(BYTES, &statement("builder", 1, FILE, COMMIT)),
    ];
    lab.write(SET, blocks.iter().flat_map(Block::to_bytes).collect::<Vec<u8>>());
    lab.key("carol");
    for words in [
        format!("verify --policy policy --threshold 2 {FILE}"),
        format!("-Vm {FILE} -p zig.pub -Q 1"),
        format!("cosign -s carol.key -p zig.pub {FILE}"),
    ] {
        let no = lab.fails(1, "different material, which differs in commit", &words);
        assert!(no.err.contains(COMMIT) && no.err.contains(other), "{no:?}");
    }
    // Signing the same again is no contradiction.
    let again = publisher.sign(BYTES, &statement("publisher", 3, FILE, COMMIT));
    lab.write(SET, [&blocks[0], &again, &blocks[2]].iter().flat_map(|block| block.to_bytes()).collect::<Vec<u8>>());
    lab.good(&format!("verify --policy policy --threshold 2 {FILE}"));
    lab.good(&format!("cosign -s carol.key -p zig.pub {FILE}"));
}

/// One of several keys could say no for all of them, by two stories as the publisher.
#[test]
fn a_key_without_a_role_has_no_veto() {
    let lab = Lab::new();
    let hands: Vec<Hand> = (1..4).map(|n| Hand::new(n, n)).collect();
    lab.write(FILE, BYTES);
    let other = "1111111111111111111111111111111111111111";
    let blocks = [
        hands[0].sign(BYTES, &statement("publisher", 1, FILE, COMMIT)),
        hands[1].sign(BYTES, &statement("builder", 1, FILE, COMMIT)),
        hands[2].sign(BYTES, &statement("publisher", 1, FILE, COMMIT)),
        hands[2].sign(BYTES, &statement("publisher", 1, FILE, other)),
    ];
    lab.write(SET, blocks.iter().flat_map(Block::to_bytes).collect::<Vec<u8>>());
    let keys: Vec<String> = hands.iter().map(|hand| format!("-P {}", hand.public())).collect();
    lab.good(&format!("-Vm {FILE} {} -Q 2", keys.join(" ")));
    lab.fails(1, "different material", &format!("-Vm {FILE} {} -Q 3", keys.join(" ")));
}

/// The name of what was merged, which anybody can choose, said which file a set is for that was there already.
#[test]
fn an_inputs_name_chose_the_file() {
    let lab = Lab::new();
    lab.built_release();
    std::fs::create_dir(lab.path("in")).unwrap();
    lab.write("in/other", "other bytes");
    lab.sign("publisher", "in/other");
    let good = lab.read(SET);
    std::fs::remove_file(lab.path(FILE)).unwrap();
    for prune in ["", "--prune"] {
        lab.fails(3, "cannot be read", &format!("merge {prune} in/other.minisigs -o {SET}"));
        assert_eq!(lab.read(SET), good);
    }
}

/// A date in the future was taken without a word.
#[test]
fn dates_ahead_are_named() {
    let lab = Lab::new();
    let publisher = Hand::new(1, 1);
    lab.write(FILE, BYTES);
    lab.write("policy", format!("publisher zig {}\nquorum zig\n", publisher.public()));
    lab.write("zig.pub", format!("{}\n", publisher.public()));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("now").as_secs();
    lab.key("carol");
    for (time, is_ahead) in [(now + 3600, false), (now + 3 * 86_400, true)] {
        lab.write(SET, publisher.sign(BYTES, &statement("publisher", time, FILE, COMMIT)).to_bytes());
        for words in [VERIFY.to_owned(), format!("cosign -s carol.key -p zig.pub {FILE}")] {
            let said = lab.good(&words).err;
            assert_eq!(said.contains("more than a day ahead"), is_ahead, "{words}: {said}");
        }
        let json = lab.good("verify --json --policy policy hello-1.0.tar.gz").out;
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["signed"][0]["ahead"], is_ahead);
    }
}

/// -Q and --threshold count the publisher, --builders does not, and help says so.
#[test]
fn builders_are_counted_without_the_publisher() {
    let lab = Lab::new();
    lab.built_release();
    lab.good(&format!("verify --policy policy --threshold 3 {FILE}"));
    lab.good(&format!("verify --policy policy --builders 2 {FILE}"));
    lab.fails(1, "2 of 3 needed builders", &format!("verify --policy policy --builders 3 {FILE}"));
    for (words, says) in
        [("verify --help", "does not count as one of them"), ("--help", "publisher's key counts as well")]
    {
        let help: String = lab.good(words).out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains(says), "{help}");
    }
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

/// A newer comment that is no statement took the place of a plain one that counts.
#[test]
fn a_broken_statement_pushed_a_plain_block_away() {
    let lab = Lab::new();
    lab.release();
    let alice = Hand::new(1, 1);
    lab.write("policy", format!("builder alice {0}\nquorum alice\n", alice.public()));
    let counts = || lab.run(&format!("-Vm {FILE} -P {} -Q 1", alice.public())).code;
    let plain = alice.sign(BYTES, &format!("timestamp:5\tfile:{FILE}\thashed"));
    for broken in [
        format!("timestamp:9\tfile:{FILE}\thashed\tby:builder"),
        format!("timestamp:9\tfile:{FILE}\thashed\tby:builder\t!new:x"),
        format!("timestamp:9\tfile:{FILE}\thashed\t!new:x"),
        "timestamp:9".to_owned(),
    ] {
        lab.write("plain.minisigs", plain.to_bytes());
        lab.write("broken.minisigs", alice.sign(BYTES, &broken).to_bytes());
        lab.good(&format!("merge --policy policy plain.minisigs -o {SET}"));
        lab.run(&format!("merge --policy policy broken.minisigs -o {SET}"));
        assert_eq!(counts(), Some(0), "{broken}");
    }
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

/// `verify` counted a statement with a field `filename`, and `merge` left it out.
#[test]
fn a_field_named_filename_in_a_statement() {
    let lab = Lab::new();
    let keys = lab.built_release();
    let alice = Hand::new(1, 1);
    lab.write("policy", format!("publisher zig {}\nbuilder alice {}\nquorum zig\n", keys[0], alice.public()));
    let comment = format!("{}\tfilename:other", statement("builder", 1, FILE, COMMIT));
    lab.write("alice.minisigs", alice.sign(BYTES, &comment).to_bytes());
    lab.good(&format!("merge --policy policy alice.minisigs -o {SET}"));
    assert_eq!(lab.blocks(SET).len(), 4);
    lab.good(&format!("-Vm {FILE} -P {}", alice.public()));
}

/// A block that nobody signed made the program hold a whole file in memory, and ended it.
#[test]
fn a_forged_legacy_block_asked_for_the_files_content() {
    let lab = Lab::new();
    let publisher = lab.release();
    let good = lab.read(SET);
    let key = minisign_quorum::PublicKey::parse(publisher.as_bytes()).expect("a key");
    let stranger = Hand { id: *key.id().as_bytes(), ..Hand::new(1, 1) };
    let forged = stranger.sign_legacy(b"x", &format!("timestamp:1\tfile:{FILE}")).to_bytes();
    // 300 MB, in no space.
    std::fs::File::options().write(true).open(lab.path(FILE)).unwrap().set_len(300 << 20).unwrap();
    lab.good(&format!("sign -f -s publisher.key {FILE} --source u --tag t --commit {COMMIT} --prefix p"));
    let large = lab.read(SET);
    let verify = |set: &[u8]| {
        lab.write(SET, set);
        let program = env!("CARGO_BIN_EXE_minisign-quorum");
        let mut shell = lab.command("bash");
        shell.args(["-c", &format!("ulimit -v 100000; exec {program} -Vm {FILE} -P {publisher}")]);
        crate::lab::outcome(shell, "")
    };
    assert_eq!(verify(&[&forged, large.as_bytes()].concat()).code, Some(0));
    let refused = verify(&[forged.as_slice(), good.as_bytes()].concat());
    assert!(refused.code == Some(1) && refused.err.contains("is not by it"), "{refused:?}");
}
