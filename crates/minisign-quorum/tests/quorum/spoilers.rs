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
