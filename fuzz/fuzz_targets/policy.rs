//! Any bytes as a policy. Nothing may panic, no key is there twice, and nobody is enough for nothing.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use minisign_quorum::Policy;

fuzz_target!(|data: &[u8]| {
    match Policy::parse(data) {
        Ok(policy) => {
            let keys: BTreeSet<_> = policy.keys().iter().map(|trusted| *trusted.key.as_bytes()).collect();
            assert_eq!(keys.len(), policy.keys().len());
            let everyone: BTreeSet<usize> = (0..policy.parties().len()).collect();
            if let Some(quorum) = policy.quorum() {
                assert!(!policy.is_met(quorum, &BTreeSet::new()));
                assert!(policy.is_met(quorum, &everyone));
            }
        }
        Err(error) => {
            assert!(error.line > 0 && error.column > 0);
            assert!(!error.to_string().contains('\x1b'));
        }
    }
});
