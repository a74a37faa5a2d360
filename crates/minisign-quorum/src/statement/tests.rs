//! Statements that are read and written, and comments that are none.

use std::collections::BTreeMap;

use super::{Material, Origin, Recipe, Role, Statement, StatementError};

const TARBALL: &str = "timestamp:1714300000\tfile:zig-0.14.0.tar.xz\thashed\tby:publisher\t\
    source:https://example.org/zig.git\ttag:0.14.0\tcommit:0123456789abcdef0123456789abcdef01234567\t\
    recipe:git-archive\tprefix:zig-0.14.0/";
const IMAGE: &str = "timestamp:1714300000\tfile:zig\thashed\tby:builder\t\
    source:https://example.org/zig.git\ttag:0.14.0\tcommit:0123456789abcdef0123456789abcdef01234567\t\
    recipe:oci\timage:sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\t\
    platform:linux/amd64\trun:make -C zig\toutput:/out/zig\tepoch:1714300000";
const PLAIN: &str = "timestamp:1714300000\tfile:a b.tar\thashed";

fn error(text: &str) -> StatementError {
    Statement::parse(text.as_bytes()).expect_err(text)
}

#[test]
fn written_as_they_were_read() {
    let long = format!("{TARBALL}\tzz:1\tzzz:{}", "%FF".repeat(900));
    for text in [TARBALL, IMAGE, PLAIN, &IMAGE.replace("\tepoch:1714300000", ""), &format!("{PLAIN}\tx-1:"), &long] {
        let statement = Statement::parse(text.as_bytes()).expect(text);
        assert_eq!(statement.to_bytes(), text.as_bytes());
    }
    let statement = Statement::parse(TARBALL.as_bytes()).unwrap();
    let origin = Origin {
        source: b"https://example.org/zig.git".to_vec(),
        tag: b"0.14.0".to_vec(),
        commit: "0123456789abcdef0123456789abcdef01234567".into(),
        recipe: Recipe::GitArchive { prefix: b"zig-0.14.0/".to_vec() },
    };
    let material = Material { file: b"zig-0.14.0.tar.xz".to_vec(), origin: Some(origin), others: BTreeMap::new() };
    assert_eq!(statement, Statement { timestamp: 1_714_300_000, by: Some(Role::Publisher), material });
    let shown: Vec<String> = statement
        .material
        .fields()
        .iter()
        .map(|(key, value)| format!("{key}={}", String::from_utf8_lossy(value)))
        .collect();
    assert_eq!(shown.first().map(String::as_str), Some("file=zig-0.14.0.tar.xz"));
    assert_eq!(shown.last().map(String::as_str), Some("prefix=zig-0.14.0/"));
}

/// `timestamp` and `by` are no material, everything else is, known or not.
#[test]
fn material() {
    let material = |text: &str| Statement::parse(text.as_bytes()).expect(text).material;
    let same = TARBALL.replace("by:publisher", "by:builder").replace("1714300000", "1714300001");
    assert_eq!(material(TARBALL), material(&same));
    for other in [
        TARBALL.replace("file:zig-0.14.0", "file:zig-0.14.1"),
        TARBALL.replace("source:https", "source:http"),
        TARBALL.replace("tag:0.14.0", "tag:0.14.1"),
        TARBALL.replace("commit:0", "commit:1"),
        TARBALL.replace("prefix:zig-0.14.0/", "prefix:"),
        format!("{TARBALL}\tnew:1"),
    ] {
        assert_ne!(material(TARBALL), material(&other), "{other}");
    }
}

#[test]
fn duplicates_are_refused() {
    for text in [
        TARBALL.replace("\ttag:", "\tsource:https://example.org/zig.git\ttag:"),
        format!("{TARBALL}\tnew:1\tnew:1"),
        format!("{TARBALL}\ttimestamp:1714300000"),
        format!("{TARBALL}\tfile:zig-0.14.0.tar.xz"),
        format!("{TARBALL}\tby:publisher"),
    ] {
        assert!(matches!(error(&text), StatementError::Duplicate { .. }), "{text}");
    }
    assert!(matches!(error(&format!("{PLAIN}\thashed")), StatementError::Field { .. }));
    assert!(matches!(error(&format!("{PLAIN}\thashed:1")), StatementError::Incomplete { .. }));
}

#[test]
fn edge_blanks_and_other_characters_are_refused() {
    for text in [format!(" {PLAIN}"), format!("{PLAIN} "), format!("{PLAIN}\t"), format!("\t{PLAIN}")] {
        assert_eq!(error(&text), StatementError::EdgeBlank, "{text:?}");
    }
    for c in ['\n', '\r', '\0', '\u{1b}', '\u{7f}', '\u{e9}'] {
        assert_eq!(error(&PLAIN.replace("a b", &c.to_string())), StatementError::NotPrintable, "{c:?}");
    }
    for value in ["file: a", "file:a ", "file:a%", "file:%61", "file:%c3", "file:", "file:a/b", "file:..", "file:%00"] {
        let text = TARBALL.replace("file:zig-0.14.0.tar.xz", value);
        assert!(matches!(error(&text), StatementError::Value { .. }), "{value}");
    }
    for value in ["file:", "file:a/b", "file:.."] {
        let text = PLAIN.replace("file:a b.tar", value);
        assert!(matches!(error(&text), StatementError::Value { .. }), "{value}");
    }
}

#[test]
fn limits_hold() {
    let filled = |length: usize| format!("{PLAIN}\tx:{}", "y".repeat(length - PLAIN.len() - 3));
    assert!(Statement::parse(filled(4000).as_bytes()).is_ok());
    assert_eq!(error(&filled(4001)), StatementError::TooLong);
    let many = |count: usize| (10..count + 7).fold(PLAIN.to_owned(), |text, n| format!("{text}\tx{n}:"));
    assert!(Statement::parse(many(64).as_bytes()).is_ok());
    assert_eq!(error(&many(65)), StatementError::TooMany);
}

#[test]
fn what_must_be_understood_is_refused() {
    for text in [format!("{TARBALL}\t!new:1"), format!("{PLAIN}\t!new:"), PLAIN.replace("hashed", "hashed\t!a:1\tb:2")]
    {
        assert!(matches!(error(&text), StatementError::Critical { .. }), "{text}");
    }
    assert!(Statement::parse(format!("{TARBALL}\tnew:1").as_bytes()).is_ok());
    assert!(matches!(error(&TARBALL.replace("git-archive", "nix")), StatementError::Recipe { .. }));
}

#[test]
fn incomplete_ones_are_refused() {
    for key in ["source", "tag", "commit", "recipe", "prefix", "image", "platform", "run", "output"] {
        let text = if TARBALL.contains(&format!("\t{key}:")) { TARBALL } else { IMAGE };
        let without: Vec<&str> = text.split('\t').filter(|field| !field.starts_with(&format!("{key}:"))).collect();
        assert!(matches!(error(&without.join("\t")), StatementError::Incomplete { .. }), "{key}");
    }
    assert_eq!(error(&TARBALL.replace("\tby:publisher", "")), StatementError::Incomplete { key: "source" });
    assert!(matches!(error(&TARBALL.replace("by:publisher", "by:both")), StatementError::Value { .. }));
    assert_eq!(error(&format!("{TARBALL}\tepoch:1")), StatementError::OtherRecipe { key: "epoch" });
    for (from, to) in [
        ("commit:0123456789abcdef0123456789abcdef01234567", "commit:0123456789ABCDEF0123456789abcdef01234567"),
        ("commit:0123456789abcdef0123456789abcdef01234567", "commit:0123"),
        ("source:https://example.org/zig.git", "source:"),
        ("timestamp:1714300000", "timestamp:01714300000"),
        ("timestamp:1714300000", "timestamp:+1"),
        ("timestamp:1714300000", "timestamp:18446744073709551616"),
    ] {
        assert!(matches!(error(&TARBALL.replace(from, to)), StatementError::Value { .. }), "{to}");
    }
    assert!(matches!(error(&IMAGE.replace("sha256:", "sha1:")), StatementError::Value { .. }));
    assert!(matches!(error(&IMAGE.replace("epoch:", "epoch:-")), StatementError::Value { .. }));
}

#[test]
fn other_orders_are_refused() {
    for (from, to) in [
        ("timestamp:1714300000\tfile:zig-0.14.0.tar.xz", "file:zig-0.14.0.tar.xz\ttimestamp:1714300000"),
        ("hashed\tby:publisher", "by:publisher\thashed"),
    ] {
        assert_eq!(error(&TARBALL.replace(from, to)), StatementError::Beginning);
    }
    for text in [
        TARBALL.replace(
            "tag:0.14.0\tcommit:0123456789abcdef0123456789abcdef01234567",
            "commit:0123456789abcdef0123456789abcdef01234567\ttag:0.14.0",
        ),
        format!("{TARBALL}\tb:1\ta:1"),
        TARBALL.replace("hashed\t", "hashed\tnew:1\t"),
    ] {
        assert!(matches!(error(&text), StatementError::Order { .. }), "{text}");
    }
}

#[test]
fn comments_of_today() {
    for text in ["", "hello", "timestamp:1\tfile:x", "timestamp:1\tfile:x\tprehashed"] {
        assert_eq!(error(text), StatementError::Beginning, "{text}");
    }
}

/// Nobody but us encodes names: a signature for `v%251` is none for `v%1`.
#[test]
fn names_in_plain_comments_are_not_encoded() {
    for name in ["v%251", "a%", "%61", "100% "] {
        let statement = Statement::parse(format!("timestamp:1\tfile:{name}\thashed").as_bytes()).expect(name);
        assert_eq!((statement.material.file.as_slice(), statement.by), (name.as_bytes(), None));
    }
    let encoded = Statement::parse(TARBALL.replace("zig-0.14.0.tar.xz", "v%251").as_bytes()).expect("a statement");
    assert_eq!(encoded.material.file, b"v%1");
}
