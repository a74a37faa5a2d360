//! Lines of allowed-signers files: their shapes, patterns, times, and several of them.

use auth_tarball_from_git::signature::ssh::{AllowedSigners, Error};

use crate::lab::{Case, NOW, PAYLOAD, lab, report};

/// `^` stands for the key of the signature, `%` for another, `$` for one of RSA.
fn fill(text: &str) -> String {
    let lab = lab();
    text.replace('^', &lab.public("ed")).replace('%', &lab.public("other")).replace('$', &lab.public("rsa2048"))
}

/// Each line on its own, and then before, after and between lines for other keys, to which it must make no difference.
#[test]
fn shapes() {
    let signature = lab().sign("ed", PAYLOAD, "git", "sha512");
    let long = "x".repeat(1022);
    let lines = [
        ("a ^", true),
        ("a ^\r", true),
        ("a ^ comment \"with quote", true),
        ("a  \t ^\t", true),
        (" \ta ^", true),
        ("\r\na ^", true),
        ("#a ^", false),
        ("# comment\n\n \n\t\na ^", true),
        ("a ^\n", true),
        ("", false),
        ("\n", false),
        ("a", false),
        ("a ", false),
        ("^", false),
        ("a %", false),
        // Keys.
        ("a ssh-ed25519", false),
        ("a ssh-ed25519 ", false),
        ("a ssh-ed25519 AAAA", false),
        ("a ssh-ed25519 =", false),
        ("a ^=", false),
        ("a ^A", false),
        ("a ^AAAA", false),
        ("a x^", false),
        ("a ssh-rsa ^", false),
        ("a ecdsa-sha2-nistp256 AAAAC3NzaC1lZDI1NTE5AAAAICZOTqKS3LFsP28n0x5FY8Q+/emNiJu4Qz3vxJp04tsm", false),
        // Principals.
        ("\"a b\" ^", true),
        ("\"a b\"^", true),
        ("a\"b c\" ^", true),
        ("\"a\",b ^", false),
        ("\"a ^", false),
        ("\"\" ^", false),
        ("\"a\"\"b\" ^", false),
        ("a,b,c ^", true),
        ("a, b ^", false),
        (",a ^", false),
        ("a,,b ^", true),
        ("a, ^", true),
        ("* ^", true),
        ("? ^", true),
        ("a* ^", true),
        ("*,!* ^", false),
        ("!a ^", false),
        ("!a,b ^", true),
        ("b,!a ^", true),
        ("!a,a ^", false),
        ("a,!a ^", false),
        ("a,!b* ^", true),
        ("b?,!b* ^", false),
        ("!!a,b ^", true),
        ("!!a,* ^", true),
        ("*@example.org,!*@* ^", false),
        ("\"a\r\" ^", false),
        ("\"*\r\" ^", false),
        ("\"a\r,b\" ^", true),
        ("\"\r\" ^", false),
        ("-a ^", true),
        ("alice@example.org ^", true),
        ("*@example.org,!x@* ^", true),
        ("é ^", true),
        ("a\\,b ^", true),
        // Options.
        ("a cert-authority ^", false),
        ("a CERT-authority ^", false),
        ("a cert-authority % ^", false),
        ("a namespaces=\"git\" ^", true),
        ("a NameSpaces=\"git\" ^", true),
        ("a namespaces=\"file,git\" ^", true),
        ("a namespaces=\"file\" ^", false),
        ("a namespaces=\"*\" ^", true),
        ("a namespaces=\"*,!git\" ^", false),
        ("a namespaces=\"!file,*\" ^", true),
        ("a namespaces=\"!file\" ^", false),
        ("a namespaces=\"g?t\" ^", true),
        ("a namespaces=\"GIT\" ^", false),
        ("a namespaces=\" git\" ^", false),
        ("a namespaces=\"x y,git\" ^", true),
        ("a namespaces=\"\" ^", false),
        ("a namespaces=\",git\" ^", true),
        ("a namespaces=\"git\",namespaces=\"git\" ^", false),
        ("a namespaces=\"git\", ^", false),
        ("a ,namespaces=\"git\" ^", true),
        ("a ,,namespaces=\"git\",,valid-after=\"20200101Z\" ^", true),
        ("a , ^", false),
        ("a namespaces=git ^", false),
        ("a namespaces=\"git ^", false),
        ("a namespaces=\"git\"x ^", false),
        ("a namespaces=\"git\\\" ^", false),
        ("a namespaces=\"a\\\"b,git\" ^", true),
        ("a namespaces=\"a\\\\\",git\" ^", true),
        ("a namespaces=\"a\\\\,git\" ^", true),
        ("a namespaces = \"git\" ^", false),
        ("a namespaces ^", false),
        ("a no-touch-required ^", false),
        ("a verify-required ^", false),
        ("a restrict ^", false),
        ("a x=\"y\" ^", false),
        ("a \"\" ^", false),
        ("a \"namespaces=\"git\"\" ^", false),
        ("a namespaces=\"git\" valid-after=\"20200101Z\" ^", false),
        ("a namespaces=\"git\"\t^", true),
        ("a namespaces=\"git\"^", false),
        ("a namespaces=\"git\" \t ^", true),
        ("a namespaces=\"git\"\r^", false),
        ("a namespaces=\"git\" \r^", false),
        ("a \r^", true),
        ("a\r^", true),
        ("a\x0b^", false),
        ("\x0ca ^", true),
    ];
    for (line, is_good) in lines {
        let filled = fill(line);
        let case = Case::new(line, &filled, &signature);
        assert_eq!(case.compare(), is_good, "{line:?}");
        let among = fill(&format!("z $\n{line}\nbad\nz namespaces=\"git\" %"));
        assert_eq!(Case::new(line, &among, &signature).compare(), is_good, "{line:?}");
    }
    for (line, is_good) in [
        (format!("{long} ^"), true),
        (format!("{long}x ^"), false),
        (format!("a,{long}x ^"), false),
        (format!("a namespaces=\"git,{long}x\" ^"), false),
        (format!("a namespaces=\"git,{long}\" ^"), true),
        (format!("{} ^", vec!["x"; 1024].join(",")), true),
    ] {
        assert_eq!(Case::new("long", &fill(&line), &signature).compare(), is_good, "{line:?}");
    }
    report();
}

#[test]
fn times() {
    let signature = lab().sign("ed", PAYLOAD, "git", "sha512");
    for (text, start) in [
        ("20240701", 1_719_792_000),
        ("20240701Z", 1_719_792_000),
        ("202407011000", NOW),
        ("202407011000z", NOW),
        ("20240701100000", NOW),
        ("20240701100000Z", NOW),
        ("20240701100000UTC", NOW),
        ("20240701100000uTc", NOW),
        ("20240229235959Z", 1_709_251_199),
        ("20000229Z", 951_782_400),
        ("19700101000001Z", 1),
        ("20380119031408Z", 1 << 31),
        ("21060207062816Z", 1 << 32),
        ("99991231235959Z", 253_402_300_799),
    ] {
        for signed_at in [start - 1, start, start + 1, 1, NOW] {
            if signed_at == 0 || signed_at > 253_402_300_799 {
                continue;
            }
            let after = fill(&format!("a valid-after=\"{text}\" ^"));
            let before = fill(&format!("a valid-before=\"{text}\" ^"));
            let case = Case { signed_at, ..Case::new(text, &after, &signature) };
            assert_eq!(case.compare(), signed_at >= start, "{text} {signed_at}");
            let case = Case { signed_at, ..Case::new(text, &before, &signature) };
            assert_eq!(case.compare(), signed_at <= start, "{text} {signed_at}");
        }
    }
    for (options, is_good) in [
        ("valid-after=\"20240101Z\",valid-before=\"20250101Z\"", true),
        ("valid-before=\"20250101Z\",valid-after=\"20240101Z\"", true),
        ("VALID-AFTER=\"20240101Z\"", true),
        ("valid-after=\"20250101Z\",valid-before=\"20240101Z\"", false),
        ("valid-after=\"20240101Z\",valid-before=\"20240101Z\"", false),
        ("valid-after=\"20240101Z\",valid-after=\"20240101Z\"", false),
        ("valid-before=\"20250101Z\",valid-before=\"20250101Z\"", false),
        ("valid-before=\"20240101Z\"", false),
        ("valid-before=\"\"", false),
        ("valid-before=\"Z\"", false),
        ("valid-before=\"UTC\"", false),
        ("valid-before=\"2025\"", false),
        ("valid-before=\"202501\"", false),
        ("valid-before=\"2025010112\"", false),
        ("valid-before=\"2025010112345\"", false),
        ("valid-before=\"202501011234567\"", false),
        ("valid-before=\"20250101ZZ\"", false),
        ("valid-before=\"20250101+1\"", false),
        ("valid-before=\"20250101GMT\"", false),
        ("valid-before=\"2025-01-01\"", false),
        ("valid-before=\"20251301Z\"", false),
        ("valid-before=\"20250001Z\"", false),
        ("valid-before=\"20250100Z\"", false),
        ("valid-before=\"20250132Z\"", false),
        ("valid-before=\"202501012400Z\"", false),
        ("valid-before=\"202501010060Z\"", false),
        ("valid-before=\"1735689600\"", false),
        ("valid-before=\"forever\"", false),
        ("valid-before=\"19700101Z\"", false),
        ("valid-after=\"always\"", false),
        ("valid-after=\"19700101Z\"", false),
        ("valid-after=20240101Z", false),
        ("valid-after", false),
    ] {
        assert_eq!(Case::new(options, &fill(&format!("a {options} ^")), &signature).compare(), is_good, "{options}");
    }
    // Dates that do not exist, digits that are blanks, leap seconds; before 1970, OpenSSH 10.4 and later differ.
    for text in ["20250231", "2025 1 1", "20241231235960Z", "19691231Z", "00010101Z"] {
        let line = fill(&format!("a valid-before=\"{text}\" ^\n"));
        Case::new(text, &line, &signature).stricter(|error| error.is_none());
    }
    // git says nothing of a time of 0, so that ssh-keygen takes today's, and one of five digits that is refused.
    for signed_at in [0, 253_402_300_800, u64::MAX] {
        let case = Case { signed_at, ..Case::new("date", "", &signature) };
        let line = fill("a ^");
        let (signers, _) = AllowedSigners::parse(line.as_bytes()).unwrap();
        let error =
            auth_tarball_from_git::signature::ssh::verify(PAYLOAD, case.signature, signed_at, &signers).unwrap_err();
        assert!(matches!(error, Error::Date { .. }));
    }
    report();
}

/// The first line that is valid names the principals, and then any line may vouch for them.
#[test]
fn several_lines() {
    let signature = lab().sign("ed", PAYLOAD, "git", "sha512");
    let (file, old, young) = ("namespaces=\"file\"", "valid-before=\"20200101Z\"", "valid-after=\"20300101Z\"");
    let fill = |text: &str| fill(&text.replace('@', file).replace('~', old).replace('&', young));
    for (lines, is_good) in [
        ("a ^\nb ^", true),
        ("a @ ^\nb ^", false),
        ("a @ ^\na ^", true),
        ("a @ ^\n* ^", true),
        ("* @ ^\na ^", false),
        ("*,a @ ^\na ^", true),
        ("a,b,c @ ^\nc,!d ^", true),
        ("a,b,c @ ^\nc,!c ^", false),
        ("a,b @ ^\n!a,* ^", true),
        ("a ^\na @ ^", true),
        ("b ^\na @ ^", true),
        ("a ~ ^\nb ^", true),
        ("a ~ ^\nb & ^", false),
        ("a ~ ^\nb @ ^\nb ^", true),
        ("a ~ ^\nb @ ^\nc ^", false),
        ("!a ^\nb ^", false),
        ("\"\" ^\nb ^", false),
        ("!a,b ^\na ^", true),
        ("a,!a ^\na ^", true),
        ("a cert-authority ^\na ^", true),
        ("a x ^\nb ^", true),
        ("a %\na ^", true),
        ("a ^\na %", true),
        ("a ~ %\na ^", true),
        ("\"a\r\" ^\na ^", true),
        ("a,,b @ ^\nb ^", false),
        ("\"a b\" @ ^\na\"\" ^\n\"a b\" ^", true),
    ] {
        assert_eq!(Case::new("several", &fill(lines), &signature).compare(), is_good, "{lines:?}");
    }
    let refuse = |lines: &str, is_reason: fn(&Error) -> bool| {
        Case::new("reason", &fill(lines), &signature).both_refuse(is_reason);
    };
    refuse("a %", |error| matches!(error, Error::UnknownKey { .. }));
    refuse("a %\na cert-authority ^", |error| matches!(error, Error::OnlyAuthority { line: 2, .. }));
    refuse("a %\na @ ^", |error| matches!(error, Error::NotForGit { line: 2, .. }));
    refuse("a ~ ^", |error| matches!(error, Error::NoLongerValid { line: 1, .. }));
    refuse("a & ^", |error| matches!(error, Error::NotYetValid { line: 1, .. }));
    refuse("!a ^", |error| matches!(error, Error::NoPrincipal { line: 1, .. }));
    report();
}

/// Lines put together at random from pieces that matter.
#[test]
fn random_lines() {
    const PIECES: [&str; 40] = [
        "a",
        "b",
        "*",
        "?",
        "!",
        ",",
        "!a",
        "a,b",
        "\"",
        "\"a b\"",
        " ",
        " ",
        " ",
        "\t",
        "\r",
        "\\",
        "\\\"",
        "#",
        "^",
        " ^",
        " ^",
        "^ ",
        "%",
        " %",
        "cert-authority",
        "namespaces=\"git\"",
        "namespaces=\"file\"",
        "namespaces=\"*\"",
        "namespaces=",
        "\"git\"",
        "valid-after=\"20240101Z\"",
        "valid-before=\"20240101Z\"",
        "valid-before=\"2025010112Z\"",
        "valid-before=\"20250101\"",
        "=",
        "\n",
        "\n",
        "\na ^",
        "\nb namespaces=\"file\" ^",
        "ssh-ed25519",
    ];
    let signature = lab().sign("ed", PAYLOAD, "git", "sha512");
    // Numerical Recipes' generator: the same lines each time.
    let mut state = 4u64;
    let mut next = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound
    };
    let mut good = 0;
    for _ in 0..400 {
        let mut text = String::new();
        // Half of them begin like a line should.
        if next(2) == 0 {
            text.push_str(["a", "b,c", "*", "!b,a"][next(4)]);
            text.push(' ');
        }
        for _ in 0..=next(8) {
            text.push_str(PIECES[next(PIECES.len())]);
        }
        if next(3) > 0 {
            text.push_str(" ^");
        }
        // Versions of OpenSSH differ here; we leave such lines out.
        let is_strange = |line: &str| line.trim_start_matches([' ', '\t']).starts_with('\r') && line.trim() != "";
        if text.split('\n').any(is_strange) {
            continue;
        }
        good += usize::from(Case::new("random", &fill(&text), &signature).compare());
    }
    assert!(good > 50, "only {good}");
    report();
}
