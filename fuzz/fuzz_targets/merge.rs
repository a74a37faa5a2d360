//! Sets of real keys, and what somebody without them makes of their blocks: all who counted still count, in any order.
#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use minisign_quorum::{
    Block, Conditions, Origin, Payload, Policy, Present, Recipe, Role, SecretKey, Set, Statement, Terms, Time,
    VerifiedBlock, Whose, grow, judge, sign,
};

const NAME: &[u8] = b"hello-1.0.tar.gz";

/// Made once: new keys each time, the same for all inputs of a run.
struct Lab {
    payload: Payload,
    /// The publisher's first, then three builders' of the policy.
    genuine: Vec<VerifiedBlock>,
    /// Strangers' blocks, by:publisher and by:builder.
    strange: Vec<Block>,
    policy: Policy,
    keys: Policy,
}

static LAB: LazyLock<Lab> = LazyLock::new(|| {
    let payload = Payload::from_reader(NAME, &b"the bytes of a release"[..]).expect("bytes");
    let keys: Vec<SecretKey> = (0..6).map(|_| SecretKey::generate().expect("a key")).collect();
    let block = |number: usize, role: Role, time: u64| {
        let recipe = Recipe::GitArchive { prefix: Vec::new() };
        let origin = Origin { source: b"u".to_vec(), tag: b"t".to_vec(), commit: "0".repeat(40), recipe };
        let statement = Statement::new(Time(time), NAME.to_vec(), role, origin);
        sign(&payload, &keys[number], &statement.to_bytes()).expect("a signature")
    };
    let mut genuine = vec![block(0, Role::Publisher, 1)];
    for number in 1..4 {
        genuine.extend((1..3).map(|time| block(number, Role::Builder, time)));
    }
    let strange = (4..6).flat_map(|number| [Role::Publisher, Role::Builder].map(|role| block(number, role, 1)));
    let strange = strange.map(|verified| verified.block().clone()).collect();
    let text = format!(
        "publisher zig {}\nbuilder a {}\nbuilder b {}\nbuilder c {}\n",
        keys[0].public(),
        keys[1].public(),
        keys[2].public(),
        keys[3].public()
    );
    let policy = Policy::parse(text.as_bytes()).expect("a policy");
    let given = keys[..4].iter().map(|key| key.public().clone()).collect();
    Lab { payload, genuine, strange, policy, keys: Policy::of_keys(given).expect("distinct keys") }
});

/// Change a byte of the second line's id, or the whole untrusted comment, or a byte anywhere.
fn changed(block: &Block, others: &[Block], how: u8, value: u8) -> Vec<u8> {
    let mut text = block.to_bytes();
    let at = |text: &[u8], line: usize| {
        text.split(|byte| *byte == b'\n').take(line).map(|line| line.len() + 1).sum::<usize>()
    };
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = alphabet[usize::from(value) % alphabet.len()];
    match how % 4 {
        0 => {
            // Letters 3 to 12 of the base64 are the id's, except for parts of the first and the last.
            let second = at(&text, 1) + 3 + usize::from(how / 4) % 9;
            text[second] = letter;
        }
        1 => {
            let other = others[usize::from(value) % others.len()].to_bytes();
            let (first, end) = (at(&other, 1), at(&text, 1));
            text.splice(..end, other[..first].iter().copied());
        }
        2 => {
            let end = at(&text, 1);
            text.splice(..end, b"untrusted comment: nothing\n".iter().copied());
        }
        _ => {
            let place = usize::from(how / 4) * 7 % text.len();
            text[place] = letter;
        }
    }
    text
}

fn counted(text: &[u8], policy: &Policy, payload: &Payload) -> BTreeSet<BTreeSet<usize>> {
    let blocks: Vec<Block> = Block::parse_each(text).into_iter().filter_map(|(_, block)| block.ok()).collect();
    let conditions = Conditions { threshold: Some(1), ..Conditions::default() };
    judge(&blocks, payload, policy, &conditions).sides.into_iter().map(|side| side.parties).collect()
}

fuzz_target!(|data: &[u8]| {
    let [members, mode, data @ ..] = data else { return };
    let lab = &*LAB;
    let mut set = Set::new();
    let chosen = lab.genuine.iter().enumerate().filter(|(number, _)| members >> (number % 8) & 1 == 1);
    chosen.for_each(|(_, block)| set.add(block));
    if set.is_empty() {
        return;
    }
    let genuine = set.to_bytes().expect("small");
    let all: Vec<Block> = lab.genuine.iter().map(|block| block.block().clone()).chain(lab.strange.clone()).collect();
    // Only what is in the set, or a stranger's, is at hand for the attacker.
    let at_hand: Vec<Block> = set.blocks().into_iter().chain(lab.strange.clone()).collect();
    let mut evil = Vec::new();
    for edit in data.chunks_exact(4).take(8) {
        let [block, how, value, twice] = edit else { continue };
        let mut text = changed(&at_hand[usize::from(*block) % at_hand.len()], &all, *how, *value);
        if twice & 1 == 1
            && let Ok(again) = Block::parse_first(&text)
        {
            text = changed(&again, &all, twice >> 1, *how);
        }
        evil.extend(text);
    }
    let nobody = Policy::default();
    let whose = match mode % 3 {
        0 => Whose::Anyone(&nobody),
        1 => Whose::Anyone(&lab.keys),
        _ => Whose::Only(&lab.policy),
    };
    let terms = Terms::Verified { payload: &lab.payload, whose, allow_rename: false };
    let present = if mode / 3 % 2 == 0 { Present::Keep } else { Present::Prune };
    // One order and one reader each time: signatures are slow, and the fuzzer comes back.
    let (target, input) = if mode / 6 % 2 == 0 { (&genuine, &evil) } else { (&evil, &genuine) };
    let reader = if mode / 12 % 2 == 0 { &lab.policy } else { &lab.keys };
    let more = Set::read(input, &terms).set;
    // A file without any block is no set, and stays as it is.
    let Ok(grown) = grow(target, more.clone(), &terms, present) else {
        assert!(std::ptr::eq(target, &evil));
        return;
    };
    assert_eq!(counted(&grown.bytes, reader, &lab.payload), counted(&genuine, reader, &lab.payload));
    if mode / 24 % 2 == 0 {
        let again = grow(&grown.bytes, more, &terms, present).expect("a set");
        assert!(!again.is_changed, "merging the same again changes nothing");
    }
});
