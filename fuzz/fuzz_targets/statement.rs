//! Any bytes as a trusted comment. Nothing may panic, and a statement has one text only.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minisign_quorum::{Statement, file_of_comment};

fuzz_target!(|data: &[u8]| {
    file_of_comment(data);
    match Statement::parse(data) {
        Ok(statement) => {
            assert_eq!(statement.to_bytes(), data);
            assert_eq!(statement.by.is_some(), statement.material.origin.is_some());
            assert!(
                statement
                    .material
                    .fields()
                    .iter()
                    .all(|(key, value)| { !key.to_string().contains('\x1b') && !value.to_string().contains('\x1b') })
            );
        }
        Err(error) => assert!(!error.to_string().contains('\x1b')),
    }
});
