//! Any bytes as a file of allowed signers, and as a signature. Nothing may panic, and a signature by a key that the file does
//! not have is never accepted.
#![no_main]

use auth_tarball_from_git::signature::ssh::{AllowedSigners, verify};
use foreign::Problem as _;
use libfuzzer_sys::fuzz_target;

const PAYLOAD: &[u8] = b"payload";
const GOOD: &[u8] = include_bytes!("../../src/signature/ssh/testdata/key.sig");
/// The key of the good signature, as any file that trusts it must have it.
const SIGNERS: &[u8] = include_bytes!("../../src/signature/ssh/testdata/signers");

fuzz_target!(|data: &[u8]| {
    let split = data.iter().position(|byte| *byte == 0xff).unwrap_or(data.len());
    let (file, signature) = (&data[..split], data.get(split + 1..).unwrap_or_default());
    for file in [file, SIGNERS] {
        let Ok((signers, warnings)) = AllowedSigners::parse(file) else { continue };
        assert!(warnings.iter().all(|warning| !warning.to_string().contains('\x1b')));
        for signature in [signature, GOOD] {
            match verify(PAYLOAD, signature, 1_719_828_000, &signers) {
                Ok(signer) => assert!(signer.fingerprint.starts_with("SHA256:")),
                Err(error) => assert!(!error.to_string().contains('\x1b') && !error.help().is_empty()),
            }
            assert!(verify(b"another", signature, 1_719_828_000, &signers).is_err());
        }
    }
});
