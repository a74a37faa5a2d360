//! The commands that write and show, options, and exit codes.

use std::process::Command;

use minisign_quorum::{Block, claimed_key};

use crate::lab::{COMMIT, Hand, Lab, outcome, statement};

const FILE: &str = "hello-1.0.tar.gz";
const SET: &str = "hello-1.0.tar.gz.minisigs";

#[test]
fn usage_errors() {
    let lab = Lab::new();
    let publisher = lab.release();
    lab.write("policy", format!("publisher zig {publisher}\nquorum zig\n"));
    for (words, says) in [
        ("", "-V"),
        ("-V", "-m"),
        ("-m x", "-V"),
        ("-Vm x -Q 0", "not a number from 1"),
        ("-Vm x -Q all", "not a number from 1"),
        ("-Vm x -P nonsense", "not the base64"),
        ("verify hello-1.0.tar.gz", "--policy"),
        ("sign -s publisher.key hello-1.0.tar.gz", "--source"),
        ("sign -s publisher.key x --source u --tag t --commit 12 --prefix p", "--commit takes a full id"),
        ("merge hello-1.0.tar.gz.minisigs", "-o"),
        ("cosign --unknown x", "--unknown"),
        ("keygen -W --password-file x", "cannot be used with"),
        ("frobnicate", "frobnicate"),
        ("", "cosign"),
        ("-Sm x", "the command sign"),
        ("-G", "the command keygen"),
        ("-R", "keygen --public"),
        ("cosign -s publisher.key hello-1.0.tar.gz", "Name the publisher's key"),
        ("verify --policy policy hello-1.0.tar.gz.minisigs", "Name the signed file: hello-1.0.tar.gz"),
    ] {
        let outcome = lab.run(words);
        assert_eq!(outcome.code, Some(2), "{words}: {outcome:?}");
        assert!(outcome.err.contains(says), "{words}: {outcome:?}");
    }
    let origin = format!("--source u --tag t --commit {COMMIT}");
    for (recipe, says) in [
        (String::new(), "required"),
        ("--prefix p --image sha256:1".to_owned(), "cannot be used with"),
        ("--image sha256:12 --run make --output /x".to_owned(), "64 lowercase"),
        (format!("--image sha256:{}", "0".repeat(64)), "--run"),
    ] {
        let outcome = lab.run(&format!("sign -s publisher.key {FILE} {origin} {recipe}"));
        assert!(outcome.code == Some(2) && outcome.err.contains(says), "{recipe}: {outcome:?}");
    }
}

#[test]
fn help_and_version() {
    let lab = Lab::new();
    for words in ["--help", "-h", "sign --help"] {
        assert!(lab.good(words).out.contains("Usage: minisign-quorum"), "{words}");
    }
    for words in ["--version", "-v"] {
        assert!(lab.good(words).out.contains(env!("CARGO_PKG_VERSION")), "{words}");
    }
}

#[test]
fn sign_does_not_replace() {
    let lab = Lab::new();
    lab.release();
    let before = lab.read(SET);
    let again = format!(
        "sign -s publisher.key {FILE} --source https://example.org/other.git --tag v1.0 --commit {COMMIT} --prefix x/"
    );
    lab.fails(3, "is there already", &again);
    assert_eq!(lab.read(SET), before);
    lab.good(&format!("{again} -o other.minisigs"));
    lab.good(&format!("{again} --force"));
    assert!(lab.read(SET).contains("source:https://example.org/other.git"));
    assert!(!lab.path("hello-1.0.tar.gz.minisig").exists(), "only --single writes it");
    lab.fails(3, "is there already", &format!("{again} --single"));
    lab.good(&format!("{again} --single --force"));
    let single = lab.read("hello-1.0.tar.gz.minisig");
    let comment = single.lines().nth(2).expect("a trusted comment");
    assert!(comment.ends_with("\tfile:hello-1.0.tar.gz\thashed") && single.lines().count() == 4, "{single}");
}

#[test]
fn recipes() {
    let lab = Lab::new();
    lab.release();
    let mut command = lab.quorum();
    let image = format!("sha256:{}", "ab".repeat(32));
    command.args([
        "sign",
        "-s",
        "publisher.key",
        FILE,
        "-o",
        "oci.minisigs",
        "--source",
        "https://example.org/hello.git",
    ]);
    command.args([
        "--tag",
        "v1\u{e9} 0",
        "--commit",
        COMMIT,
        "--image",
        &image,
        "--run",
        "make -C / all\t%",
        "--output",
        "/out",
    ]);
    command.args(["--epoch", "1714300000"]);
    let made = outcome(command, "");
    assert_eq!(made.code, Some(0), "{made:?}");
    let set = lab.read("oci.minisigs");
    let expected = format!(
        "tag:v1%C3%A9 0\tcommit:{COMMIT}\trecipe:oci\timage:{image}\tplatform:linux/amd64\trun:make -C / all%09%25\toutput:/out\tepoch:1714300000\n"
    );
    assert!(set.contains(&expected), "{set}");
}

#[test]
fn cosign_says_what_the_publisher_says() {
    let lab = Lab::new();
    let [publisher, alice, bob] = lab.built_release();
    let blocks = lab.blocks(SET);
    let claimed: Vec<String> = blocks.iter().map(|block| claimed_key(block).expect("a key").to_string()).collect();
    let mut builders = [alice, bob].map(|key| minisign_quorum::PublicKey::parse(key.as_bytes()).expect("a key"));
    builders.sort();
    let [first, second] = builders;
    assert_eq!(claimed, [publisher.clone(), first.to_string(), second.to_string()], "the publisher's, then by key");
    // Again: nothing new, unless it is forced.
    let before = lab.read(SET);
    assert!(lab.good(&format!("cosign -s alice.key -p publisher.pub {FILE}")).err.contains("has signed this already"));
    assert_eq!(lab.read(SET), before);
    lab.fails(1, "is the publisher's", &format!("cosign -s publisher.key -p publisher.pub {FILE}"));
    lab.key("carol");
    lab.good(&format!("cosign -s carol.key -P {publisher} -x {SET} -o carol.minisigs {FILE}"));
    assert_eq!((lab.read(SET), lab.blocks("carol.minisigs").len()), (before, 4));
    lab.fails(3, "no block by the publisher", &format!("cosign -s carol.key -p alice.pub {FILE}"));
    // A build that is not the same.
    lab.write(FILE, "another build\n");
    lab.fails(1, "is not the file that the publisher signed", &format!("cosign -s carol.key -p publisher.pub {FILE}"));
    lab.write("other", "the bytes of a release\n");
    lab.fails(
        1,
        "the publisher signed a file named hello-1.0.tar.gz",
        &format!("cosign -s carol.key -p publisher.pub -x {SET} other"),
    );
    lab.fails(3, "cannot be read", "cosign -s carol.key -p publisher.pub other");
}

#[test]
fn merge_takes_what_verifies() {
    let lab = Lab::new();
    let publisher = lab.release();
    for name in ["alice", "bob"] {
        lab.key(name);
        lab.good(&format!("cosign -s {name}.key -p publisher.pub -o {name}.minisigs {FILE}"));
    }
    let orders = ["alice.minisigs bob.minisigs", "bob.minisigs alice.minisigs alice.minisigs"];
    let results = orders.map(|sets| {
        lab.good(&format!("merge {sets} -m {FILE} -o merged.minisigs"));
        let text = lab.read("merged.minisigs");
        std::fs::remove_file(lab.path("merged.minisigs")).unwrap();
        text
    });
    assert_eq!(results[0], results[1]);
    lab.good(&format!("merge alice.minisigs bob.minisigs {SET} -o merged.minisigs"));
    assert_eq!(lab.read("merged.minisigs"), results[0]);
    lab.fails(3, "cannot be read", "merge alice.minisigs -o merged.minisigs");
    lab.good(&format!("merge alice.minisigs bob.minisigs -o {SET}"));
    assert_eq!(lab.read(SET), results[0]);
    // What is in the set after -o stays.
    lab.good(&format!("merge alice.minisigs -o {SET}"));
    assert_eq!(lab.read(SET), results[0]);
    // A file of minisign's names no key.
    lab.good(&format!(
        "sign -s publisher.key {FILE} -o x.minisigs --single --source u --tag t --commit {COMMIT} --prefix p"
    ));
    lab.fails(1, "is refused: it is by the unknown key", &format!("merge {FILE}.minisig -o {SET}"));
    lab.good(&format!("merge {FILE}.minisig -P {publisher} -o {SET}"));
    assert_eq!(lab.blocks(SET).len(), 4);
    // A block for other bytes, a foreign key, a legacy one.
    let before = lab.read(SET);
    let hand = Hand::new(1, 1);
    let bytes = b"the bytes of a release\n";
    let foreign = hand.sign(bytes, &statement("builder", 1, FILE, COMMIT));
    let claim = |key: &Hand, block: Block| {
        crate::lab::edited(&block, |n, line| {
            if n == 0 { format!("untrusted comment: signature by {}", key.public()) } else { line.to_owned() }
        })
    };
    for (block, says) in [
        (
            claim(&hand, hand.sign(b"other", &statement("builder", 1, FILE, COMMIT))),
            "its signature is not over this file",
        ),
        (claim(&hand, hand.sign(bytes, &statement("builder", 1, "x", COMMIT))), "it is for a file named x"),
        (claim(&hand, hand.sign_legacy(bytes, &statement("builder", 1, FILE, COMMIT))), "a legacy signature"),
        (foreign.clone(), "by the unknown key"),
    ] {
        lab.write("bad.minisigs", block.to_bytes());
        lab.fails(1, says, &format!("merge bad.minisigs -o {SET}"));
        assert_eq!(lab.read(SET), before);
    }
    lab.write("policy", format!("publisher zig {publisher}\n"));
    lab.write("foreign.minisigs", claim(&hand, foreign).to_bytes());
    lab.fails(1, "by the unknown key", &format!("merge foreign.minisigs --policy policy -m {FILE} -o only.minisigs"));
    lab.good(&format!("merge foreign.minisigs -o {SET}"));
    assert_eq!(lab.blocks(SET).len(), 5);
    lab.write("bad.minisigs", hand.sign(b"other", "x").to_bytes());
    lab.good("merge --unverified bad.minisigs -o any.minisigs");
    assert_eq!(lab.blocks("any.minisigs").len(), 1);
    lab.fails(3, "line 1", "merge --unverified policy -o any.minisigs");
}

#[test]
fn show_and_lint() {
    let lab = Lab::new();
    let [publisher, ..] = lab.built_release();
    let table = lab.good(&format!("show {SET}")).out;
    for says in
        ["publisher  20", "builder    20", &publisher, "material 1\n", "  commit: 9ad5", "nothing here is verified"]
    {
        assert!(table.contains(says), "{says}: {table}");
    }
    let json: serde_json::Value = serde_json::from_str(&lab.good(&format!("show --json {SET}")).out).expect("JSON");
    assert_eq!((&json["verified"], &json["blocks"][0]["by"]), (&false.into(), &"publisher".into()));
    assert_eq!(json["materials"][0]["prefix"], "hello-1.0/");

    let notes = lab.good(&format!("lint {SET}")).out;
    assert!(
        notes.contains("3 blocks") && notes.contains("breaks the Go libraries") && notes.contains("breaks setup-zig")
    );
    assert!(!notes.contains("not as merge writes it") && !notes.contains("breaks rsign2"), "{notes}");
    let hand = Hand::new(1, 1);
    lab.write("one.minisig", hand.sign(b"x", "timestamp:1\tfile:x\thashed").to_bytes());
    assert_eq!(lab.good("lint one.minisig").out, "one.minisig: 1 blocks\n");
    lab.write("blank.minisig", hand.sign(b"x", " hello ").to_bytes());
    let outcome = lab.fails(1, "say nothing programs understand", "lint blank.minisig");
    assert!(
        outcome.out.contains("breaks rsign2") && outcome.out.contains("begins or ends with a blank"),
        "{outcome:?}"
    );
    lab.write("two.minisig", [hand.sign(b"x", "b").to_bytes(), hand.sign_legacy(b"x", "a").to_bytes()].concat());
    let outcome = lab.run("lint --json two.minisig");
    let json: serde_json::Value = serde_json::from_str(&outcome.out).expect("JSON");
    assert_eq!((outcome.code, &json["legacy"], &json["canonical"]), (Some(1), &1.into(), &false.into()));
    lab.write("none", "hello\n");
    lab.fails(1, "none: line 1 does not begin with", "lint none");
    lab.write("none", "");
    lab.fails(1, "none: line 1 is missing", "lint none");
    lab.fails(3, "cannot be read", "lint nowhere");
}

/// Escapes in foreign text do not reach the terminal.
#[test]
fn foreign_text_is_escaped() {
    let lab = Lab::new();
    lab.write(FILE, "x");
    let hand = Hand::new(1, 1);
    let block = hand.sign(b"x", "hello \u{202e} there");
    lab.write(SET, block.to_bytes());
    for words in [format!("show {SET}"), format!("lint {SET}"), format!("-Vm {FILE} -P {}", hand.public())] {
        let outcome = lab.run(&words);
        assert!(!outcome.out.contains('\u{202e}') && !outcome.err.contains('\u{202e}'), "{outcome:?}");
    }
    let outcome = lab.run("show x\u{1b}[31m");
    assert!(!outcome.err.contains('\u{1b}'), "{outcome:?}");
}

#[test]
fn keys_and_passwords() {
    let lab = Lab::new();
    lab.write(FILE, "x");
    lab.write("password", "secret word\nsecond line\n");
    let public = lab.good("keygen -s a.key -p a.pub --password-file password").out;
    assert!(lab.read("a.pub").ends_with(&public));
    lab.fails(3, "is there already", "keygen -W -s a.key -p b.pub");
    lab.fails(3, "is there already", "keygen -W -s b.key -p a.pub");
    lab.good("keygen -W -f -s b.key -p a.pub");
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(lab.path("a.key")).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let sign = format!("sign {FILE} --source u --tag t --commit {COMMIT} --prefix p --force");
    lab.good(&format!("{sign} -s a.key --password-file password"));
    lab.write("wrong", "other\n");
    lab.fails(3, "a.key has another password", &format!("{sign} -s a.key --password-file wrong"));
    lab.fails(3, "a.key is encrypted, and there is no password", &format!("{sign} -s a.key -W"));
    lab.fails(3, "a.pub is not a minisign secret key file", &format!("{sign} -s a.pub"));
    lab.write("b.key", lab.read("b.key").replace("untrusted", "x").replacen("AAAA", "AAAB", 1));
    // The two halves of a key.
    let text = lab.read("b.key");
    let line = text.lines().nth(1).expect("a key");
    let mut bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, line).expect("base64");
    bytes[100] ^= 1;
    lab.write(
        "damaged.key",
        format!("x\n{}\n", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)),
    );
    lab.fails(3, "is damaged", &format!("{sign} -s damaged.key"));
    // Where minisign keeps its key.
    lab.good("keygen -W");
    assert!(lab.path(".minisign/minisign.key").exists() && lab.path("minisign.pub").exists());
    lab.good(&sign);
    assert_eq!(lab.good(&format!("-Vm {FILE}")).out.lines().next(), Some("Signature and comment signature verified"));
}

/// On a terminal, the password is asked for and not shown.
#[test]
fn passwords_from_the_terminal() {
    let lab = Lab::new();
    lab.write(FILE, "x");
    let program = env!("CARGO_BIN_EXE_minisign-quorum");
    let on_terminal = |words: &str, input: &str| {
        let mut script: Command = lab.command("script");
        script.args(["-q", "-e", "-E", "never", "-c", &format!("{program} {words}"), "/dev/null"]);
        outcome(script, input)
    };
    let made = on_terminal("keygen -s t.key -p t.pub", "open sesame\nopen sesame\n");
    assert!(made.code == Some(0) && made.out.contains("one more time") && !made.out.contains("sesame"), "{made:?}");
    let differ = on_terminal("keygen -s u.key -p u.pub", "open sesame\nclose\n");
    assert!(differ.code == Some(3) && differ.out.contains("not the same"), "{differ:?}");
    let sign = format!("sign -s t.key {FILE} --source u --tag t --commit {COMMIT} --prefix p");
    let signed = on_terminal(&sign, "open sesame\n");
    assert_eq!(signed.code, Some(0), "{signed:?}");
    // Without a terminal there is nobody to ask.
    let mut command = lab.command("setsid");
    command.args(["-w", program]).args(format!("{sign} --force").split(' '));
    let alone = outcome(command, "open sesame\n");
    assert!(alone.code == Some(3) && alone.err.contains("--password-file"), "{alone:?}");
}
