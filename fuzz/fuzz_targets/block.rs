//! Any bytes as a file of signatures. Nothing may panic, what is read is written again, and a set of it is canonical.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minisign_quorum::{Block, Set, lint};

fuzz_target!(|data: &[u8]| {
    if let Err(error) = lint(data) {
        assert!(!error.to_string().contains('\x1b'));
    }
    let each = Block::parse_each(data);
    let Ok(blocks) = Block::parse_all(data) else {
        assert!(each.iter().any(|(_, block)| block.is_err()));
        return;
    };
    assert_eq!(each.into_iter().map(|(_, block)| block).collect::<Result<Vec<_>, _>>().as_ref(), Ok(&blocks));
    let written: Vec<u8> = blocks.iter().flat_map(Block::to_bytes).collect();
    assert_eq!(Block::parse_all(&written).as_ref(), Ok(&blocks));
    if let Some(first) = blocks.first() {
        assert_eq!(Block::parse_first(data).as_ref(), Ok(first));
    }
    let merge = |blocks: &mut dyn Iterator<Item = &Block>| {
        let mut set = Set::new();
        blocks.for_each(|block| set.keep(block.clone()));
        set.to_bytes().expect("no more than was read")
    };
    let set = merge(&mut blocks.iter());
    assert_eq!(merge(&mut blocks.iter().rev()), set);
    assert_eq!(merge(&mut Block::parse_all(&set).expect("blocks").iter()), set);
});
