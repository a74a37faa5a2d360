//! What other programs write in minisign's format: rsign2, aead/minisign, py-minisign, and people.

use crate::lab::{COMMIT, Hand, Lab, statement};

const FILE: &str = "hello-1.0.tar.gz";
const SINGLE: &str = "hello-1.0.tar.gz.minisig";

/// Names with folders were refused, with advice that no file system allows; `filename:` was not looked at.
#[test]
fn names_of_other_writers() {
    let lab = Lab::new();
    lab.write(FILE, "bytes");
    let hand = Hand::new(1, 1);
    let key = hand.public();
    for (comment, code, counts) in [
        ("timestamp:1\tfile:hello-1.0.tar.gz\thashed", 0, 0),
        ("timestamp:1\tfile:hello-1.0.tar.gz\tprehashed", 0, 0),
        ("timestamp:1\tfile:dist/hello-1.0.tar.gz\tprehashed", 0, 0),
        ("timestamp:1\tfile:./hello-1.0.tar.gz\tprehashed", 0, 0),
        ("timestamp:1\tfile:hello-1.0.tar.gz", 0, 0),
        ("timestamp:1\tfilename:hello-1.0.tar.gz", 0, 0),
        ("timestamp:1\tfilename:hello-0.9.tar.gz", 1, 1),
        ("timestamp:1\tfile:dist/hello-0.9.tar.gz\tprehashed", 1, 1),
        ("timestamp:1\tfile:hello-1.0.tar.gz\tfilename:hello-0.9.tar.gz", 1, 1),
        // Nothing binds the name: -V says so, and -Q does not count it.
        ("timestamp:1", 0, 1),
        ("release of today", 0, 1),
    ] {
        lab.write(SINGLE, hand.sign(b"bytes", comment).to_bytes());
        let verified = lab.run(&format!("-Vm {FILE} -P {key}"));
        assert_eq!(verified.code, Some(code), "{comment}: {verified:?}");
        let is_bound = comment.contains("file");
        assert_eq!(verified.err.contains("does not name the file"), !is_bound, "{comment}: {verified:?}");
        let counted = lab.run(&format!("-Vm {FILE} -P {key} -Q 1"));
        assert_eq!(counted.code, Some(counts), "{comment}: {counted:?}");
        lab.good(&format!("-Vm {FILE} -P {key} -Q 1 --allow-rename"));
    }
    // They count together.
    let comments = [
        "timestamp:1\tfile:hello-1.0.tar.gz\thashed",
        "timestamp:2\tfilename:hello-1.0.tar.gz",
        "timestamp:3\tfile:x/hello-1.0.tar.gz\tprehashed",
    ];
    let hands: Vec<Hand> = (1..4).map(|n| Hand::new(n, n)).collect();
    let set: Vec<u8> =
        hands.iter().zip(comments).flat_map(|(hand, comment)| hand.sign(b"bytes", comment).to_bytes()).collect();
    lab.write("hello-1.0.tar.gz.minisigs", set);
    let keys: Vec<String> = hands.iter().map(|hand| format!("-P {}", hand.public())).collect();
    lab.good(&format!("-Vm {FILE} {} -Q 3", keys.join(" ")));
}

/// A signature for `v%251` passed for `v%1`.
#[test]
fn plain_names_were_decoded() {
    let lab = Lab::new();
    let hand = Hand::new(1, 1);
    let key = hand.public();
    for name in ["v%1", "v%251"] {
        lab.write(name, "bytes");
        lab.write(&format!("{name}.minisig"), hand.sign(b"bytes", "timestamp:1\tfile:v%251\thashed").to_bytes());
    }
    for quorum in ["", "-Q 1"] {
        lab.good(&format!("-Vm v%251 -P {key} {quorum}"));
        let refused = lab.run(&format!("-Vm v%1 -P {key} {quorum}"));
        assert_eq!(refused.code, Some(1), "{refused:?}");
    }
    // A statement is ours, and encodes it.
    lab.write("v%1.minisig", hand.sign(b"bytes", &statement("builder", 1, "v%251", COMMIT)).to_bytes());
    lab.good(&format!("-Vm v%1 -P {key} -Q 1"));
    // What we write for others has the name as it is.
    lab.key("own");
    for name in ["v%1", "v\u{e9} 1"] {
        lab.write(name, "bytes");
        let mut sign = lab.quorum();
        sign.args([
            "sign", "-s", "own.key", "--source", "u", "--tag", "t", "--commit", COMMIT, "--prefix", "", "--single",
            "-f", name,
        ]);
        assert_eq!(crate::lab::outcome(sign, "").code, Some(0));
        assert!(lab.read(&format!("{name}.minisig")).contains(&format!("\tfile:{name}\thashed\n")));
        let mut verify = lab.command("minisign");
        verify.args(["-Vm", name, "-p", "own.pub"]);
        assert_eq!(crate::lab::outcome(verify, "").code, Some(0));
    }
}

/// rsign2 itself, with a path as it was typed.
#[test]
fn rsign_with_a_path() {
    let lab = Lab::new();
    std::fs::create_dir(lab.path("dist")).unwrap();
    lab.write("dist/x-1.0.tar.gz", "bytes");
    assert_eq!(lab.rsign("generate -W -p r.pub -s r.key", "").code, Some(0));
    assert_eq!(lab.rsign("sign -W dist/x-1.0.tar.gz -s r.key -x dist/x-1.0.tar.gz.minisig", "").code, Some(0));
    assert!(lab.read("dist/x-1.0.tar.gz.minisig").contains("file:dist/x-1.0.tar.gz\tprehashed"));
    lab.good("-Vm dist/x-1.0.tar.gz -p r.pub");
    lab.good("-Vm dist/x-1.0.tar.gz -p r.pub -Q 1");
}

/// A key that was copied from a web page, without the line before it.
#[test]
fn a_bare_key_as_a_file() {
    let lab = Lab::new();
    let publisher = lab.release();
    lab.write("bare.pub", &publisher);
    lab.good(&format!("-Vm {FILE} -p bare.pub"));
    lab.write("bare.pub", format!("{publisher}\n"));
    lab.good(&format!("-Vm {FILE} -p bare.pub -Q 1"));
}

/// JSON had values that were cut, percent-encoded and escaped twice.
#[test]
fn json_is_data() {
    let lab = Lab::new();
    lab.write(FILE, "bytes");
    let key = lab.key("own");
    let long = "x".repeat(3000);
    let tag = "v1\u{e9}\\ %\u{202e}\t\n";
    let run = std::ffi::OsString::from(format!("make \\ {long}"));
    let mut sign = lab.quorum();
    sign.args([
        "sign",
        "-s",
        "own.key",
        FILE,
        "--source",
        "https://example.org/\u{e9}?a%20b",
        "--tag",
        tag,
        "--commit",
        COMMIT,
    ]);
    sign.args(["--image", &format!("sha256:{}", "0".repeat(64)), "--output", "/out", "--run"]).arg(run);
    assert_eq!(crate::lab::outcome(sign, "").code, Some(0));
    lab.write("policy", format!("publisher own {key}\nquorum own\n"));
    for words in ["show --json hello-1.0.tar.gz.minisigs", "verify --json --policy policy hello-1.0.tar.gz"] {
        let out = lab.good(words).out;
        assert!(out.is_ascii() && !out.contains('\u{1b}'), "{out}");
        let json: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        let material = if words.starts_with("show") { &json["materials"][0] } else { &json["material"] };
        assert_eq!(material["tag"], tag);
        assert_eq!(material["source"], "https://example.org/\u{e9}?a%20b");
        assert_eq!(material["run"], format!("make \\ {long}"));
    }
    // What is not UTF-8.
    let hand = Hand::new(1, 1);
    let comment = statement("builder", 1, "%FF", COMMIT);
    lab.write("latin.minisigs", hand.sign(b"bytes", &comment).to_bytes());
    let json: serde_json::Value = serde_json::from_str(&lab.good("show --json latin.minisigs").out).expect("JSON");
    assert_eq!(json["materials"][0]["file"], serde_json::json!({"base64": "/w=="}));
    assert_eq!(json["blocks"][0]["trusted_comment"], comment);
    // One field, for scripts.
    assert_eq!(lab.good("show --field commit hello-1.0.tar.gz.minisigs").out, format!("{COMMIT}\n"));
    assert_eq!(lab.good("show --field source hello-1.0.tar.gz.minisigs").out, "https://example.org/\u{e9}?a%20b\n");
    assert_eq!(lab.good("show --field by hello-1.0.tar.gz.minisigs").out, "publisher\n");
    lab.fails(1, "has the field prefix", "show --field prefix hello-1.0.tar.gz.minisigs");
    lab.fails(3, "control characters", "show --field tag hello-1.0.tar.gz.minisigs");
    lab.fails(3, "is not UTF-8", "show --field file latin.minisigs");
}

/// Failures have a name that programs can rely on.
#[test]
fn failures_have_codes() {
    let lab = Lab::new();
    let publisher = lab.release();
    lab.write("policy", format!("publisher zig {publisher}\nquorum zig\n"));
    lab.write("empty.policy", "# nobody\n");
    let code = |words: &str| {
        let json: serde_json::Value = serde_json::from_str(&lab.run(words).out).expect(words);
        assert!(json["reason"].is_string() && json["help"].is_string(), "{json}");
        json["code"].as_str().expect("a code").to_owned()
    };
    assert_eq!(code(&format!("verify --json --policy empty.policy --threshold 1 {FILE}")), "policy-malformed");
    assert_eq!(code("verify --json --policy policy nowhere"), "file-unreadable");
    lab.write("unsigned", "x");
    assert_eq!(code("verify --json --policy policy unsigned"), "no-signatures");
    assert_eq!(code("show --json policy"), "set-malformed");
    lab.write(FILE, "changed");
    assert_eq!(code(&format!("verify --json --policy policy {FILE}")), "quorum-not-met");
}
