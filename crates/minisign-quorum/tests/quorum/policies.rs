//! Policies as files: errors with their places, and groups.

use crate::lab::Lab;

#[test]
fn errors_name_line_and_column() {
    let lab = Lab::new();
    let [publisher, ..] = lab.built_release();
    let verify = "verify --policy bad.policy --threshold 1 hello-1.0.tar.gz";
    for (text, says) in [
        ("", "bad.policy: line 1, column 1: the policy has no keys"),
        ("publisher zig RWQ\n", "bad.policy: line 1, column 15: RWQ is not the base64 of a minisign public key"),
        ("\n  witness x\n", "bad.policy: line 2, column 3: witness is not one of"),
        ("publisher \u{1b}[31m\n", "line 1, column 11: control characters"),
    ] {
        lab.write("bad.policy", text);
        let outcome = lab.fails(3, says, verify);
        assert!(!outcome.err.contains('\u{1b}'), "{outcome:?}");
    }
    lab.write("bad.policy", format!("publisher zig {publisher}\nbuilder a {publisher}\n"));
    lab.fails(3, "line 2, column 11: this key was given before, in line 1", verify);
    lab.fails(3, "cannot be read", "verify --policy none --threshold 1 hello-1.0.tar.gz");
}

#[test]
fn groups_of_groups() {
    let lab = Lab::new();
    let [publisher, alice, bob] = lab.built_release();
    let carol = lab.key("carol");
    let parties =
        format!("publisher zig {publisher}\nbuilder alice {alice}\nbuilder bob {bob}\nbuilder carol {carol}\n");
    for (groups, code) in [
        ("group b 2 alice bob carol\ngroup q all zig b\nquorum q", 0),
        ("group b 3 alice bob carol\ngroup q all zig b\nquorum q", 1),
        ("group b any carol alice\ngroup q 2 b bob\nquorum q", 0),
        ("group b all carol alice\ngroup q any b bob\nquorum q", 0),
        ("group b all carol alice\ngroup q all b bob\nquorum q", 1),
        ("quorum zig", 0),
        ("quorum carol", 1),
    ] {
        lab.write("policy", format!("{parties}{groups}\n"));
        let outcome = lab.run("verify --policy policy hello-1.0.tar.gz");
        assert_eq!(outcome.code, Some(code), "{groups}: {outcome:?}");
    }
}
