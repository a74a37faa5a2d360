//! Any bytes as a trusted comment. Nothing may panic, and a statement has one text only.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minisign_quorum::{SignedName, Statement};

fuzz_target!(|data: &[u8]| {
    let name = SignedName::of(data);
    match Statement::parse(data) {
        Ok(statement) => {
            assert_eq!(statement.to_bytes(), data);
            assert_eq!(statement.by.is_some(), statement.material.origin.is_some());
            assert_eq!(name, SignedName::File(statement.material.file.clone()));
            let keys: Vec<String> = statement.material.fields().into_iter().map(|(key, _)| key).collect();
            assert!(keys.iter().all(|key| key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))));
            assert!(statement.material.differences(&statement.material).is_empty());
        }
        Err(error) => assert!(!error.to_string().contains('\x1b')),
    }
});
