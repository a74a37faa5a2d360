//! What holds without ssh-keygen at hand; the comparison with it is in the folder tests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use foreign::{Meaning, Problem as _, Time};

use super::allowed_signers::AllowedSigners;
use super::blob;
use super::error::Error;
use super::verify::verify;

const SIGNERS: &[u8] = include_bytes!("testdata/signers");
const BY_KEY: &[u8] = include_bytes!("testdata/key.sig");
const BY_CERTIFICATE: &[u8] = include_bytes!("testdata/certificate.sig");
const PAYLOAD: &[u8] = b"payload";
const NOW: u64 = 1_719_828_000;

fn signers() -> AllowedSigners {
    let (signers, warnings) = AllowedSigners::parse(SIGNERS).unwrap();
    assert_eq!(warnings, []);
    signers
}

fn armor(blob: &[u8]) -> Vec<u8> {
    format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", STANDARD.encode(blob)).into_bytes()
}

/// Always the same numbers (Knuth's MMIX generator), below a bound.
fn random(mut state: u64) -> impl FnMut(usize) -> usize {
    move |bound| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or(0) % bound.max(1)
    }
}

/// A few bytes changed, removed, added or doubled.
fn edit(bytes: &[u8], random: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random(3) {
        let at = random(bytes.len());
        match random(5) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random(8),
            1 if at < bytes.len() => bytes[at] = [0, 0xff, b'"', b' ', b',', b'\n'][random(6)],
            2 => bytes.truncate(at),
            3 => bytes.insert(at, u8::try_from(random(256)).unwrap()),
            _ => {
                let end = at + random(bytes.len() - at);
                bytes.extend_from_within(at..end);
            }
        }
    }
    bytes
}

#[test]
fn good_signatures() {
    let signer = verify(PAYLOAD, BY_KEY, NOW, &signers()).unwrap();
    assert_eq!((signer.principal.to_string().as_str(), signer.key_type), ("alice", "ssh-ed25519"));
    assert_eq!((signer.authority, signer.is_touched), (None, None));
    assert!(signer.fingerprint.starts_with("SHA256:") && signer.fingerprint.len() == 50);
    let signer = verify(PAYLOAD, BY_CERTIFICATE, NOW, &signers()).unwrap();
    assert_eq!((signer.principal.to_string().as_str(), signer.key_type), ("alice", "ecdsa-sha2-nistp256"));
    assert!(signer.authority.is_some_and(|authority| authority.starts_with("SHA256:")));
}

#[test]
fn dates() {
    for signed_at in [0, foreign::LAST + 1, u64::MAX] {
        let error = verify(PAYLOAD, BY_KEY, signed_at, &signers()).unwrap_err();
        assert_eq!(error, Error::Date { signed_at: Time(signed_at) });
    }
    for signed_at in [1, foreign::LAST] {
        assert!(verify(PAYLOAD, BY_KEY, signed_at, &signers()).is_ok());
    }
    let early = verify(PAYLOAD, BY_CERTIFICATE, 1_577_836_799, &signers()).unwrap_err();
    assert!(early.to_string().starts_with("is signed at 2019-12-31T23:59:59Z by the SSH key SHA256:"), "{early}");
    assert!(early.to_string().ends_with(", which is not valid before 2020-01-01T00:00:00Z (line 3)"), "{early}");
}

#[test]
fn edited_signatures_are_refused() {
    let signers = signers();
    for (seed, armored) in [(1, BY_KEY), (2, BY_CERTIFICATE)] {
        let blob = blob::dearmor(armored).unwrap();
        let mut random = random(seed);
        for _ in 0..20_000 {
            let edited = edit(&blob, &mut random);
            let outcome = verify(PAYLOAD, &armor(&edited), NOW, &signers);
            assert_eq!(outcome.is_ok(), edited == blob, "{}", edited.escape_ascii());
            // The armor as well; blank space makes no difference there.
            let edited = edit(armored, &mut random);
            let is_same = blob::dearmor(&edited).is_ok_and(|edited| edited == blob);
            let outcome = verify(PAYLOAD, &edited, NOW, &signers);
            assert_eq!(outcome.is_ok(), is_same, "{}", edited.escape_ascii());
        }
    }
}

#[test]
fn edited_files_do_no_harm() {
    let mut random = random(3);
    let mut good = 0;
    for _ in 0..5_000 {
        let edited = edit(SIGNERS, &mut random);
        let Ok((signers, warnings)) = AllowedSigners::parse(&edited) else { continue };
        assert!(warnings.iter().all(|warning| !warning.to_string().is_empty()));
        good += usize::from(verify(PAYLOAD, BY_KEY, NOW, &signers).is_ok());
    }
    assert!(good > 1_000, "{good}");
}

/// A file that makes every comparison as expensive as it can be.
#[test]
fn comparisons_end() {
    let key = std::str::from_utf8(SIGNERS).unwrap().lines().nth(1).unwrap().strip_prefix("alice ").unwrap();
    let pattern = format!("{}b", "*a".repeat(500));
    let candidates: Vec<String> = (0..1000).map(|number| format!("{}{number}", "a".repeat(1000))).collect();
    let mut file = format!("{} namespaces=\"file\" {key}\n", candidates.join(","));
    for _ in 0..1000 {
        file.push_str(&format!("{pattern} {key}\n"));
    }
    let (signers, _) = AllowedSigners::parse(file.as_bytes()).unwrap();
    let error = verify(PAYLOAD, BY_KEY, NOW, &signers).unwrap_err();
    assert!(matches!(error, Error::Limit { .. }), "{error}");
    assert!(error.meaning() == Meaning::NotChecked && !error.help().is_empty());
}
