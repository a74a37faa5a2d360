//! Certificates and the authorities that issue them.

use auth_tarball_from_git::signature::ssh::{AllowedSigners, CertificateProblem, Error, verify};

use crate::lab::{Case, NOW, PAYLOAD, lab, report};
use crate::wire::{CertificateParts, Parts, SecurityKey, string, to_be_signed};

const ALWAYS: &str = "always:forever";

/// What was certified how, and a signature with it.
fn signature(name: &str, key: &str, authority: &str, options: &[&str]) -> Vec<u8> {
    let certificate = lab().certify(name, key, authority, options);
    lab().sign(&certificate, PAYLOAD, "git", "sha512")
}

#[test]
fn kinds_of_keys() {
    let lab = lab();
    for key in ["ed", "p256", "p384", "p521", "rsa2048", "rsa4224"] {
        for authority in ["ca", "p256", "p384", "p521", "ca-rsa", "rsa4224"] {
            let name = format!("kind-{key}-{authority}");
            let signature = signature(&name, key, authority, &["-n", "a,b", "-V", ALWAYS]);
            let signers = format!("x {}\na cert-authority {}\n", lab.public("other"), lab.public(authority));
            Case::new(&name, &signers, &signature).both_accept();
            let wrong = Case { payload: b"x", ..Case::new(&name, &signers, &signature) };
            wrong.both_refuse(|error| matches!(error, Error::Bad { .. }));
            let (allowed, _) = AllowedSigners::parse(signers.as_bytes()).unwrap();
            let signer = verify(PAYLOAD, &signature, NOW, &allowed).unwrap();
            let shown = lab.ssh_keygen(&["-l", "-f", &format!("{authority}.pub")], b"").stdout;
            let shown = String::from_utf8(shown).unwrap();
            assert_eq!(signer.authority.as_deref(), shown.split(' ').nth(1));
        }
    }
    for key in [SecurityKey::ed25519(), SecurityKey::p256()] {
        let name = format!("sk-{}", key.kind().len());
        std::fs::write(lab.path().join(format!("{name}-key.pub")), key.public(b"ssh:")).unwrap();
        lab.certify(&name, &format!("{name}-key"), "ca", &["-n", "a"]);
        let line = lab.public(&format!("{name}-cert"));
        let blob = sshsig_base64(line.split(' ').nth(1).unwrap());
        let parts = Parts { key: blob, ..key.sign(PAYLOAD, "sha512", 1) };
        let signers = format!("a cert-authority {}\n", lab.public("ca"));
        Case::new(&name, &signers, &parts.armored()).both_accept();
        let signature = key.signature(&to_be_signed(b"x", "sha512"), b"ssh:", 1);
        assert!(!Case::new(&name, &signers, &Parts { signature, ..parts }.armored()).compare());
    }
    report();
}

fn sshsig_base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

/// `^` stands for the authority, `%` for the key that is certified, `$` for another.
fn fill(text: &str) -> String {
    let lab = lab();
    text.replace('^', &lab.public("ca")).replace('%', &lab.public("ed")).replace('$', &lab.public("other"))
}

#[test]
fn principals() {
    let (file, old) = ("namespaces=\"file\"", "valid-before=\"20200101Z\"");
    let mut number = 0;
    for (principals, cases) in [
        (
            "a,b",
            vec![
                ("a cert-authority ^", true),
                ("b cert-authority ^", true),
                ("* cert-authority ^", true),
                ("?,c cert-authority ^", true),
                ("c cert-authority ^", false),
                ("c,b cert-authority ^", true),
                ("*,!a cert-authority ^", true),
                ("*,!a,!b cert-authority ^", false),
                ("!a cert-authority ^", false),
                ("!a,b cert-authority ^", true),
                (",a cert-authority ^", false),
                ("a,,b cert-authority ^", true),
                ("c,,b cert-authority ^", false),
                ("\"a\r\" cert-authority ^", false),
                ("\"a \" cert-authority ^", false),
                ("ab cert-authority ^", false),
                ("a, cert-authority ^", true),
                // The authority without the option, the key itself, and another authority.
                ("a ^", false),
                ("a %", false),
                ("a cert-authority %", false),
                ("a cert-authority $", false),
                ("a %\na cert-authority ^", true),
                ("a cert-authority $\na cert-authority ^", true),
                // Several lines.
                ("c cert-authority ^\nb cert-authority ^", true),
                ("a cert-authority,@ ^\nb cert-authority ^", false),
                ("a cert-authority,@ ^\na cert-authority ^", true),
                ("*,!a cert-authority,@ ^\nb cert-authority ^", true),
                ("* cert-authority,@ ^\nb,c cert-authority ^", true),
                ("* cert-authority,@ ^\nc cert-authority ^", false),
                ("a cert-authority,~ ^\nb cert-authority ^", true),
                ("a cert-authority,~ ^", false),
                ("c cert-authority,~ ^\nc cert-authority ^", false),
                ("a @,cert-authority ^", false),
                ("a CERT-AUTHORITY,namespaces=\"git\" ^", true),
            ],
        ),
        (
            "a*,?,c d",
            vec![
                ("a cert-authority ^", false),
                ("a* cert-authority ^", true),
                ("ax cert-authority ^", false),
                ("? cert-authority ^", true),
                ("b cert-authority ^", false),
                ("* cert-authority ^", true),
                ("\"c d\" cert-authority ^", true),
                ("\"* d\" cert-authority ^", true),
            ],
        ),
        (
            "!a,b",
            vec![
                ("!a cert-authority ^", false),
                ("!a,* cert-authority ^", true),
                ("\"!a\" cert-authority ^", false),
                ("!!a,!* cert-authority ^", false),
                ("?a cert-authority ^", true),
                ("b cert-authority ^", true),
            ],
        ),
    ] {
        number += 1;
        let name = format!("principals{number}");
        let signature = signature(&name, "ed", "ca", &["-n", principals, "-V", ALWAYS]);
        for (line, is_good) in cases {
            let line = fill(&line.replace('@', file).replace('~', old));
            assert_eq!(Case::new(principals, &line, &signature).compare(), is_good, "{principals}: {line}");
        }
    }
    report();
}

#[test]
fn windows() {
    // 2024-06-01 to 2024-08-01
    let (start, end) = (1_717_200_000, 1_722_470_400);
    let signature = signature("window", "ed", "ca", &["-n", "a", "-V", "20240601:20240801"]);
    for (line, from, until) in [
        ("a cert-authority ^", start, end - 1),
        ("a cert-authority,valid-after=\"20240602Z\" ^", start + 86_400, end - 1),
        ("a cert-authority,valid-before=\"20240731Z\" ^", start, end - 86_400),
        ("a cert-authority,valid-before=\"20240801Z\" ^", start, end - 1),
        ("a cert-authority,valid-before=\"20240901Z\" ^", start, end - 1),
    ] {
        for signed_at in
            [1, start - 1, start, start + 86_399, start + 86_400, NOW, end - 86_400, end - 86_399, end - 1, end]
        {
            let signers = fill(line);
            let case = Case { signed_at, ..Case::new(line, &signers, &signature) };
            assert_eq!(case.compare(), (from..=until).contains(&signed_at), "{line} {signed_at}");
        }
    }
    report();
}

#[test]
fn reasons() {
    let lab = lab();
    let line = fill("a cert-authority ^");
    let refuse = |name: &str, signature: &[u8], is_reason: fn(&CertificateProblem) -> bool| {
        Case::new(name, &line, signature)
            .both_refuse(|error| matches!(error, Error::Certificate { problem, .. } if is_reason(problem)));
    };
    let old = signature("old", "ed", "ca", &["-n", "a", "-V", "20200101:20240101"]);
    refuse("old", &old, |problem| matches!(problem, CertificateProblem::NoLongerValid { .. }));
    let young = signature("young", "ed", "ca", &["-n", "a", "-V", "20250101:20260101"]);
    refuse("young", &young, |problem| matches!(problem, CertificateProblem::NotYetValid { .. }));
    let host = signature("host", "ed", "ca", &["-h", "-n", "a", "-V", ALWAYS]);
    refuse("host", &host, |problem| matches!(problem, CertificateProblem::Host));
    let nobody = signature("nobody", "ed", "ca", &["-V", ALWAYS]);
    refuse("nobody", &nobody, |problem| matches!(problem, CertificateProblem::NoPrincipals));
    let good = signature("good", "ed", "ca", &["-n", "a", "-V", ALWAYS, "-O", "clear", "-z", "7"]);
    Case::new("good", &line, &good).both_accept();
    Case::new("unknown", &fill("a cert-authority $"), &good)
        .both_refuse(|error| matches!(error, Error::UnknownAuthority { .. }));
    Case::new("other principal", &fill("b cert-authority ^"), &good)
        .both_refuse(|error| matches!(error, Error::NoPrincipal { .. }));
    let extension = signature("extension", "ed", "ca", &["-n", "a", "-O", "extension:x@example.org=y"]);
    Case::new("extension", &line, &extension).both_accept();

    for (number, option) in
        ["force-command=x", "source-address=10.0.0.0/8", "verify-required", "critical:x@y=z"].iter().enumerate()
    {
        let signature = signature(&format!("critical{number}"), "ed", "ca", &["-n", "a", "-O", option]);
        Case::new(option, &line, &signature).stricter(|error| {
            matches!(error, Some(Error::Certificate { problem: CertificateProblem::CriticalOption { .. }, .. }))
        });
    }
    let sha1 = signature("sha1", "ed", "ca-rsa", &["-n", "a", "-t", "ssh-rsa"]);
    let rsa_line = format!("a cert-authority {}", lab.public("ca-rsa"));
    Case::new("authority with SHA-1", &rsa_line, &sha1)
        .stricter(|error| matches!(error, Some(Error::Certificate { problem: CertificateProblem::Sha1, .. })));
    // A certificate in place of a key.
    let certificate = lab.public("good-cert");
    for line in [format!("a {certificate}"), format!("a cert-authority {certificate}")] {
        Case::new("certificate in the file", &line, &good).stricter(|error| error.is_none());
    }
    let small = signature("small", "rsa1024", "ca", &["-n", "a"]);
    Case::new("certificate for a small key", &line, &small)
        .stricter(|error| matches!(error, Some(Error::RsaSize { bits: 1024 })));
    report();
}

/// Certificates that the authority did not make like this.
#[test]
fn edited() {
    let line = fill("a,b cert-authority ^\nc %");
    let signature = signature("edited", "ed", "ca", &["-n", "a", "-V", ALWAYS]);
    let good = Parts::of(&signature);
    let mut only_theirs = 0;
    for at in (0..good.key.len()).step_by(3) {
        let mut key = good.key.clone();
        key[at] ^= 1 << (at % 8);
        let case = format!("byte {at}");
        let armored = Parts { key, ..good.clone() }.armored();
        only_theirs += usize::from(Case::new(&case, &line, &armored).at_most_theirs());
    }
    assert_eq!(only_theirs, 0);
    let forged = {
        // The principal: `a` becomes `b`.
        let at = good.key.windows(5).position(|bytes| bytes == b"\0\0\0\x01a").unwrap();
        let mut key = good.key.clone();
        key[at + 4] = b'b';
        Parts { key, ..good.clone() }.armored()
    };
    Case::new("forged", &line, &forged)
        .both_refuse(|error| matches!(error, Error::Certificate { problem: CertificateProblem::Forged, .. }));
    for (name, key) in [
        ("behind", [&good.key[..], &[0]].concat()),
        ("cut", good.key[..good.key.len() - 1].to_vec()),
        ("only the name", string(b"ssh-ed25519-cert-v01@openssh.com")),
    ] {
        assert!(!Case::new(name, &line, &Parts { key, ..good.clone() }.armored()).compare());
    }
    // The certified key's signature does not count as the key's own, nor the other way round.
    let plain = Parts::of(&lab().sign("ed", PAYLOAD, "git", "sha512"));
    let bare = Parts { key: plain.key.clone(), ..good.clone() };
    assert_eq!(Case::new("without its certificate", &line, &bare.armored()).ours(), Ok(b"c".to_vec()));
    Case::new("without its certificate", &line, &bare.armored()).both_accept();
    Case::new("with a certificate", &fill("c %"), &signature)
        .both_refuse(|error| matches!(error, Error::UnknownAuthority { .. }));
    report();
}

/// Certificates that ssh-keygen would not make, by an authority whose key is a security key.
#[test]
fn made_by_hand() {
    let plain = Parts::of(&lab().sign("ed", PAYLOAD, "git", "sha512"));
    let many = |count: usize| CertificateParts::new(&plain, &vec![&b"a"[..]; count]);
    let of = |principals: &[&[u8]]| CertificateParts::new(&plain, principals);
    let good = of(&[b"a"]);
    let options = |pairs: &[(&[u8], &[u8])]| -> Vec<u8> {
        pairs.iter().flat_map(|(name, value)| [string(name), string(value)].concat()).collect()
    };
    for authority in [SecurityKey::ed25519(), SecurityKey::p256()] {
        let line = |principals: &str| format!("{principals} cert-authority {}", authority.public(b"ssh:"));
        let blob = |parts: &CertificateParts| Parts { key: parts.issue(&authority), ..plain.clone() }.armored();
        for (name, principals, parts, is_good) in [
            ("good", "a", good.clone(), true),
            ("256 principals", "a", many(256), true),
            ("257 principals", "a", many(257), false),
            ("comma", "\"a,b\"", of(&[b"a,b"]), false),
            ("comma and wildcard", "*", of(&[b"a,b"]), false),
            ("comma, and one of the parts", "*", of(&[b"a,b", b"b"]), true),
            ("comma, and one of the parts does not match", "a*", of(&[b"a,b", b"b"]), false),
            ("line feed", "*", of(&[b"a\nb"]), false),
            ("line feed, and one of the lines", "*", of(&[b"a\nb", b"b"]), true),
            ("carriage return", "*", of(&[b"a\r"]), false),
            ("carriage return, and without", "*", of(&[b"a\r", b"a"]), true),
            ("empty first", "*", of(&[b"", b"a"]), true),
            ("empty last", "*", of(&[b"a", b""]), true),
            ("empty between", "*,b", of(&[b"a", b"", b"b"]), true),
            ("empty only", "*", of(&[b""]), false),
            ("comma at the end, others behind", "*,!a", of(&[b"a,", b"b"]), false),
            ("no kind", "a", CertificateParts { kind: 0, ..good.clone() }, false),
            ("host", "a", CertificateParts { kind: 2, ..good.clone() }, false),
            ("kind 3", "a", CertificateParts { kind: 3, ..good.clone() }, false),
            ("no id", "a", CertificateParts { id: vec![], ..good.clone() }, true),
            ("NUL in the id", "a", CertificateParts { id: b"a\0b".to_vec(), ..good.clone() }, false),
            ("id in Latin 1", "a", CertificateParts { id: b"\xe9".to_vec(), ..good.clone() }, true),
            ("empty window", "a", CertificateParts { window: (NOW, NOW), ..good.clone() }, false),
            ("short window", "a", CertificateParts { window: (NOW, NOW + 1), ..good.clone() }, true),
            ("inverted window", "a", CertificateParts { window: (u64::MAX, 0), ..good.clone() }, false),
            ("reserved", "a", CertificateParts { reserved: b"x".to_vec(), ..good.clone() }, true),
            ("behind", "a", CertificateParts { behind: b"x".to_vec(), ..good.clone() }, false),
            ("principals cut", "a", CertificateParts { principals: b"\0\0\0\x02a".to_vec(), ..good.clone() }, false),
            ("critical cut", "a", CertificateParts { critical: string(b"x"), ..good.clone() }, false),
            ("extension cut", "a", CertificateParts { extensions: string(b"x"), ..good.clone() }, false),
            (
                "extensions in any order, twice",
                "a",
                CertificateParts { extensions: options(&[(b"z", b"\xff"), (b"b", b""), (b"b", b"")]), ..good.clone() },
                true,
            ),
            ("key too long", "a", CertificateParts { key: vec![1; 33], ..good.clone() }, false),
            ("key too short", "a", CertificateParts { key: vec![1; 31], ..good.clone() }, false),
            ("another key", "a", CertificateParts { key: vec![1; 32], ..good.clone() }, false),
        ] {
            assert_eq!(Case::new(name, &line(principals), &blob(&parts)).compare(), is_good, "{name}");
        }
        let many = CertificateParts { extensions: options(&vec![(&b"x"[..], &b""[..]); 257]), ..good.clone() };
        Case::new("257 extensions", &line("a"), &blob(&many))
            .stricter(|error| matches!(error, Some(Error::Damaged { .. })));
    }
    report();
}
