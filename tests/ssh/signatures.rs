//! Kinds of keys, damaged signatures, security keys.

use std::iter::successors;

use auth_tarball_from_git::signature::ssh::{AllowedSigners, Error, verify};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::lab::{Case, KEYS, NOW, PAYLOAD, lab, report};
use crate::wire::{Parts, SecurityKey, armor, dearmor, mpint, string, to_be_signed};

#[test]
fn kinds_of_keys() {
    let lab = lab();
    for (key, _, bits) in KEYS.iter().filter(|(key, ..)| !key.starts_with("ca")) {
        let signers = format!("a {}\n", lab.public(key));
        let stranger = format!("a {}\n", lab.public("ca"));
        for hash in ["sha256", "sha512"] {
            let signature = lab.sign(key, PAYLOAD, "git", hash);
            let name = format!("{key} {hash}");
            let case = Case::new(&name, &signers, &signature);
            if *bits == "1024" {
                case.stricter(|reason| reason.is_none());
                let both = format!("{signers}{stranger}");
                let is_size = |error: Option<&Error>| matches!(error, Some(Error::RsaSize { bits: 1024 }));
                Case::new(&name, &both, &signature).stricter(is_size);
                continue;
            }
            case.both_accept();
            Case::new(&name, &stranger, &signature).both_refuse(|error| matches!(error, Error::UnknownKey { .. }));
            let wrong = Case { payload: &PAYLOAD[1..], ..Case::new(&name, &signers, &signature) };
            wrong.both_refuse(|error| matches!(error, Error::Bad { .. }));
            let wrong = Case { payload: b"", ..Case::new(&name, &signers, &signature) };
            wrong.both_refuse(|error| matches!(error, Error::Bad { .. }));
            for namespace in ["file", "gi", "git ", "GIT"] {
                let signature = lab.sign(key, PAYLOAD, namespace, hash);
                let case = Case::new(&name, &signers, &signature);
                case.both_refuse(|error| matches!(error, Error::OtherNamespace { .. }));
            }
            // Another key's name on this key's signature.
            let mut parts = Parts::of(&signature);
            parts.key = Parts::of(&lab.sign(if *key == "ed" { "other" } else { "ed" }, PAYLOAD, "git", hash)).key;
            let both = format!("{signers}b {}\nc {}\n", lab.public("ed"), lab.public("other"));
            assert!(!Case::new(&name, &both, &parts.armored()).compare());
        }
    }
    report();
}

/// Each byte in turn, more or less: one bit of it is changed.
#[test]
fn edited_bytes() {
    let lab = lab();
    let mut only_theirs = 0;
    for (key, step) in [("ed", 3), ("p256", 4), ("p521", 8), ("rsa2048", 12)] {
        let signers = format!("a {}\n", lab.public(key));
        let blob = dearmor(&lab.sign(key, PAYLOAD, "git", "sha512"));
        for at in (0..blob.len()).step_by(step) {
            let mut edited = blob.clone();
            edited[at] ^= 1 << (at % 8);
            let name = format!("{key}, byte {at}");
            only_theirs += usize::from(Case::new(&name, &signers, &armor(&edited)).at_most_theirs());
        }
        for cut in (0..blob.len()).step_by(step * 8) {
            let name = format!("{key}, up to {cut}");
            assert!(!Case::new(&name, &signers, &armor(&blob[..cut])).compare());
        }
    }
    assert_eq!(only_theirs, 0);
    report();
}

#[test]
fn shapes_of_blobs() {
    let lab = lab();
    for key in ["ed", "p384", "rsa2048"] {
        let signers = format!("a {}\n", lab.public(key));
        let good = Parts::of(&lab.sign(key, PAYLOAD, "git", "sha512"));
        let parts = good.clone();
        Case::new("as it was", &signers, &parts.armored()).both_accept();
        for (name, parts) in [
            ("magic", Parts { magic: b"SSHSIH".to_vec(), ..good.clone() }),
            ("version 2", Parts { version: 2, ..good.clone() }),
            ("version 2^31", Parts { version: 1 << 31, ..good.clone() }),
            ("behind", Parts { behind: vec![0], ..good.clone() }),
            ("no namespace", Parts { namespace: Vec::new(), ..good.clone() }),
            ("NUL in the namespace", Parts { namespace: b"g\0it".to_vec(), ..good.clone() }),
            ("sha1", Parts { hash: b"sha1".to_vec(), ..good.clone() }),
            ("sha384", Parts { hash: b"sha384".to_vec(), ..good.clone() }),
            ("SHA512", Parts { hash: b"SHA512".to_vec(), ..good.clone() }),
            ("sha256", Parts { hash: b"sha256".to_vec(), ..good.clone() }),
            ("sha*", Parts { hash: b"sha*".to_vec(), ..good.clone() }),
            ("no hash", Parts { hash: Vec::new(), ..good.clone() }),
            ("behind the key", Parts { key: [&good.key[..], &[0]].concat(), ..good.clone() }),
            ("no key", Parts { key: Vec::new(), ..good.clone() }),
            ("no signature", Parts { signature: Vec::new(), ..good.clone() }),
            ("behind the signature", Parts { signature: [&good.signature[..], &[0]].concat(), ..good.clone() }),
        ] {
            assert!(!Case::new(&format!("{key}: {name}"), &signers, &parts.armored()).compare());
        }
        // In the file, a key whose last field claims to be longer than it is.
        let (blob, mut longer) = (&good.key, good.key.clone());
        if key == "ed" {
            longer[4 + 11 + 3] += 8;
            let kind = lab.public(key).split(' ').next().unwrap().to_owned();
            let strange = format!("a {kind} {}", STANDARD.encode(&longer));
            for key in [blob, &longer] {
                let armored = Parts { key: key.clone(), ..good.clone() }.armored();
                assert!(!Case::new("longer", &strange, &armored).compare());
                let expected = *key == *blob;
                assert_eq!(Case::new("longer", &format!("{strange}\n{signers}"), &armored).compare(), expected);
            }
        }
        let parts = Parts { version: 0, ..good.clone() };
        Case::new(&format!("{key}: version 0"), &signers, &parts.armored())
            .stricter(|error| matches!(error, Some(Error::Unsupported { .. })));
        // OpenSSH drops one NUL from the end of a text.
        let parts = Parts { namespace: b"git\0".to_vec(), ..good.clone() };
        Case::new(&format!("{key}: NUL behind the namespace"), &signers, &parts.armored())
            .stricter(|error| matches!(error, Some(Error::Damaged { .. })));
        let parts = Parts { reserved: b"x".to_vec(), ..good.clone() };
        Case::new(&format!("{key}: reserved"), &signers, &parts.armored())
            .stricter(|error| matches!(error, Some(Error::Damaged { .. })));
    }
    report();
}

#[test]
fn signature_algorithms() {
    let lab = lab();
    let signers = format!("a {}\nb {}\n", lab.public("rsa2048"), lab.public("ed"));
    let good = Parts::of(&lab.sign("rsa2048", PAYLOAD, "git", "sha512"));
    let value = good.signature[4 + 12..].to_vec();
    for algorithm in ["ssh-rsa", "rsa-sha2-256", "rsa-sha2-384", "ssh-ed25519", "", "ssh-rsa\0"] {
        let signature = [&string(algorithm.as_bytes())[..], &value].concat();
        let parts = Parts { signature, ..good.clone() };
        let error = |error: &Error| match algorithm {
            "ssh-rsa" => matches!(error, Error::Sha1 { .. }),
            "rsa-sha2-256" => matches!(error, Error::Bad { .. }),
            "ssh-rsa\0" => matches!(error, Error::Damaged { .. }),
            _ => matches!(error, Error::OtherAlgorithm { .. }),
        };
        Case::new(algorithm, &signers, &parts.armored()).both_refuse(error);
    }
    // A signature by RSA that begins with a zero, without and with more of them, which OpenSSH accepts and refuses.
    let (payload, parts) = lab
        .sign_many("rsa2048", 3000)
        .map(|(payload, armored)| (payload, Parts::of(&armored)))
        .find(|(_, parts)| parts.signature[4 + 12 + 4] == 0)
        .expect("one of 256 begins with a zero");
    let value = &parts.signature[4 + 12 + 4..];
    let zeros = value.iter().take_while(|byte| **byte == 0).count();
    for (name, value) in [("short", value[zeros..].to_vec()), ("long", [&[0], value].concat()), ("empty", vec![])] {
        let signature = [&parts.signature[..4 + 12], &string(&value)].concat();
        let armored = Parts { signature, ..parts.clone() }.armored();
        let case = Case { payload: &payload, ..Case::new(name, &signers, &armored) };
        assert_eq!(case.compare(), name == "short");
    }
    // Ed25519: RFC 8032 wants the scalar s to be less than the group's order, or each signature would have a twin.
    let good = Parts::of(&lab.sign("ed", PAYLOAD, "git", "sha512"));
    let mut carry = 0u16;
    let mut signature = good.signature.clone();
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let start = signature.len() - 32;
    for (byte, add) in signature[start..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    let parts = Parts { signature, ..good };
    Case::new("s + order", &signers, &parts.armored()).stricter(|error| matches!(error, Some(Error::Bad { .. })));
    report();
}

#[test]
fn shapes_of_armor() {
    let lab = lab();
    let signers = format!("a {}\n", lab.public("ed"));
    let good = String::from_utf8(lab.sign("ed", PAYLOAD, "git", "sha512")).unwrap();
    let base64: String = good.lines().filter(|line| !line.starts_with('-')).collect();
    let (begin, end) = ("-----BEGIN SSH SIGNATURE-----\n", "\n-----END SSH SIGNATURE-----\n");
    for (name, text, is_good) in [
        ("as it was", good.clone(), true),
        ("one line", format!("{begin}{base64}{end}"), true),
        ("no line feed at the end", good.trim_end().to_owned(), true),
        ("blanks", format!("{begin} {}\t\x0b\x0c\r\n\n{end}", base64.replace('A', " A\n")), true),
        ("carriage returns", good.replace('\n', "\r\n").replacen("\r\n", "\n", 1), true),
        ("something before", format!("\n{good}"), false),
        ("no begin", base64.clone() + end, false),
        ("no end", format!("{begin}{base64}"), false),
        ("end without its own line", good.replace("\n-----END", "-----END"), false),
        ("end cut short", good.replace("SIGNATURE-----\n", "SIGNATURE----\n"), false),
        ("OpenPGP", good.replace("SSH", "PGP"), false),
        ("a comment", good.replacen('\n', "\nComment: x\n\n", 1), false),
        ("blank behind begin", good.replacen('\n', " \n", 1), false),
        ("more padding", format!("{begin}{base64}={end}"), false),
        ("something behind the padding", format!("{begin}{base64}=AAAA{end}"), false),
        ("nothing", format!("{begin}{end}"), false),
        ("cut", format!("{begin}{}{end}", &base64[..base64.len() - 3]), false),
        ("URL alphabet", format!("{begin}{}_{end}", &base64[1..]), false),
        ("empty", String::new(), false),
    ] {
        assert_eq!(Case::new(name, &signers, text.as_bytes()).compare(), is_good, "{name}");
    }
    let two = format!("{good}{good}");
    Case::new("two blocks", &signers, two.as_bytes()).stricter(|error| matches!(error, Some(Error::Damaged { .. })));
    // OpenSSH 9.5 began to accept these.
    let dos = good.replace('\n', "\r\n");
    assert_eq!(Case::new("all of DOS", &signers, dos.as_bytes()).ours(), Ok(b"a".to_vec()));
    report();
}

#[test]
fn security_keys() {
    for key in [SecurityKey::ed25519(), SecurityKey::p256()] {
        let signers = format!("a {}\nb {}\n", key.public(b"ssh:"), key.public(b"ssh:other"));
        for hash in ["sha256", "sha512"] {
            // Neither a touch (1) nor a PIN (4) is demanded.
            for flags in [0, 1, 4, 5, 0xff] {
                let parts = key.sign(PAYLOAD, hash, flags);
                let name = format!("{} {hash} {flags}", key.kind());
                Case::new(&name, &signers, &parts.armored()).both_accept();
                let (allowed, _) = AllowedSigners::parse(signers.as_bytes()).unwrap();
                let signer = verify(PAYLOAD, &parts.armored(), NOW, &allowed).unwrap();
                assert_eq!((signer.is_touched, signer.key_type), (Some(flags & 1 == 1), key.kind()));
                // Flags and counter are signed.
                let mut signature = parts.signature.clone();
                let flags_at = signature.len() - 5;
                for at in flags_at..flags_at + 5 {
                    signature[at] ^= 1;
                    let parts = Parts { signature: signature.clone(), ..parts.clone() };
                    Case::new(&name, &signers, &parts.armored())
                        .both_refuse(|error| matches!(error, Error::Bad { .. }));
                }
            }
        }
        let good = key.sign(PAYLOAD, "sha512", 1);
        let message = to_be_signed(PAYLOAD, "sha512");
        let plain = [string(key.kind().as_bytes()), string(&[1; 64])].concat();
        for (name, parts) in [
            ("application", Parts { key: key.blob(b"ssh:other"), ..good.clone() }),
            ("unknown application", Parts { key: key.blob(b"ssh:x"), ..good.clone() }),
            ("signed application", Parts { signature: key.signature(&message, b"ssh:other", 1), ..good.clone() }),
            ("no trailer", Parts { signature: plain, ..good.clone() }),
            ("short trailer", Parts { signature: good.signature[..good.signature.len() - 1].to_vec(), ..good.clone() }),
            ("long trailer", Parts { signature: [&good.signature[..], &[0]].concat(), ..good.clone() }),
            ("payload", key.sign(b"x", "sha512", 1)),
        ] {
            assert!(!Case::new(&format!("{}: {name}", key.kind()), &signers, &parts.armored()).compare());
        }
    }
    // OpenSSH drops one NUL from the end of the application.
    let key = SecurityKey::p256();
    let with_nul = format!("a {}\n", key.public(b"ssh:\0"));
    let signature = key.sign(PAYLOAD, "sha512", 1).armored();
    Case::new("NUL behind the application", &with_nul, &signature).stricter(|error| error.is_none());
    report();
}

/// Numbers with zeros before them: OpenSSH drops them.
#[test]
fn other_spellings_of_numbers() {
    let lab = lab();
    let signers = format!("a {}\n", lab.public("p256"));
    let good = Parts::of(&lab.sign("p256", PAYLOAD, "git", "sha512"));
    let value = &good.signature[4 + 19 + 4..];
    let numbers: Vec<&[u8]> = successors(Some((&value[..0], value)), |(_, rest)| {
        let length = u32::from_be_bytes(rest.get(..4)?.try_into().unwrap()) as usize;
        Some((&rest[4..4 + length], &rest[4 + length..]))
    })
    .map(|(number, _)| number)
    .skip(1)
    .collect();
    let rebuild = |r: Vec<u8>, s: Vec<u8>| {
        let signature = [string(b"ecdsa-sha2-nistp256"), string(&[r, s].concat())].concat();
        Parts { signature, ..good.clone() }.armored()
    };
    let (r, s) = (numbers[0], numbers[1]);
    Case::new("as it was", &signers, &rebuild(mpint(r), mpint(s))).both_accept();
    let zero = string(&[&[0, 0], r].concat());
    Case::new("zeros before r", &signers, &rebuild(zero, mpint(s)))
        .stricter(|error| matches!(error, Some(Error::Damaged { .. })));
    // Points that are compressed, at infinity, or not on the curve.
    let point = good.key[good.key.len() - 65..].to_vec();
    let mut elsewhere = point.clone();
    elsewhere[64] ^= 1;
    let compressed = [&[2 + (point[64] & 1)], &point[1..33]].concat();
    for (name, point) in [("compressed", compressed), ("infinity", vec![0]), ("elsewhere", elsewhere), ("none", vec![])]
    {
        let key = [string(b"ecdsa-sha2-nistp256"), string(b"nistp256"), string(&point)].concat();
        let signers = format!("a {} {}", "ecdsa-sha2-nistp256", STANDARD.encode(&key));
        assert!(!Case::new(name, &signers, &Parts { key, ..good.clone() }.armored()).compare());
    }
    for (name, r, s) in [
        ("r = 0", mpint(&[]), mpint(s)),
        ("s = 0", mpint(r), mpint(&[])),
        ("negative", string(&[0xff]), mpint(s)),
        ("large", mpint(&[1; 33]), mpint(s)),
        ("swapped", mpint(s), mpint(r)),
        ("only one", mpint(r), Vec::new()),
        ("three", mpint(r), [mpint(s), mpint(s)].concat()),
    ] {
        assert!(!Case::new(name, &signers, &rebuild(r, s)).compare());
    }
    report();
}
