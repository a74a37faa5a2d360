//! Properties, with real keys: nobody counts twice, nobody counts who is not trusted, and merging loses nothing.

use std::collections::{BTreeMap, BTreeSet};

use minisign_quorum::{
    Block, Conditions, Outcome, Payload, Policy, Present, Set, Terms, VerifiedBlock, Whose, grow, judge,
};
use proptest::prelude::*;

use crate::lab::{COMMIT, Hand, Lab, edited, statement, with_id};

const FILE: &str = "hello-1.0.tar.gz";
const BYTES: &[u8] = b"the bytes of a release\n";
const OTHER_COMMIT: &str = "1111111111111111111111111111111111111111";

/// Keys 0 to 5 are trusted: 0 is the publisher's; 1 and 2 belong to one builder; 3, 4 and 5 to one each. 6 and 7 are not.
/// Ids come from a small pool: many keys have the same.
fn hands(ids: &[u8]) -> Vec<Hand> {
    (0..8).zip(ids).map(|(number, id)| Hand::new(number + 1, *id)).collect()
}

const PARTY: [Option<usize>; 8] = [Some(0), Some(1), Some(1), Some(2), Some(3), Some(4), None, None];

fn policy(hands: &[Hand]) -> Policy {
    let names = ["zig", "alice", "alice", "bob", "carol", "dave"];
    let lines: Vec<String> = (0..6)
        .map(|n| format!("{} {} {}", if n == 0 { "publisher" } else { "builder" }, names[n], hands[n].public()))
        .collect();
    Policy::parse(lines.join("\n").as_bytes()).expect("a policy")
}

/// One way to put a block into a set.
#[derive(Clone, Debug)]
enum Kind {
    /// As it should be; the last is which of two materials it names.
    Genuine(u64, bool),
    /// A statement for another role than the policy's.
    OtherRole,
    /// Over other bytes.
    OtherBytes,
    /// Over these bytes, under another name.
    OtherName,
    Legacy,
    /// A comment as minisign writes it.
    Today,
    /// A good block whose comment was changed afterwards.
    EditedComment,
    /// A good block whose id was changed to that of another key, or to none of anyone's.
    OtherId(u8),
    /// The untrusted comment says that it is by another key.
    OtherClaim(usize),
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        4 => (1_700_000_000u64..1_700_000_003, any::<bool>()).prop_map(|(time, other)| Kind::Genuine(time, other)),
        1 => Just(Kind::OtherRole),
        1 => Just(Kind::OtherBytes),
        1 => Just(Kind::OtherName),
        1 => Just(Kind::Legacy),
        1 => Just(Kind::Today),
        1 => Just(Kind::EditedComment),
        2 => (0u8..6).prop_map(Kind::OtherId),
        1 => (0usize..8).prop_map(Kind::OtherClaim),
    ]
}

fn make(hands: &[Hand], key: usize, kind: &Kind) -> Block {
    let hand = &hands[key];
    let (role, other_role) = if key == 0 { ("publisher", "builder") } else { ("builder", "publisher") };
    let good = |time, commit| hand.sign(BYTES, &statement(role, time, FILE, commit));
    let plain = good(1_700_000_000, COMMIT);
    match kind {
        Kind::Genuine(time, other) => good(*time, if *other { OTHER_COMMIT } else { COMMIT }),
        Kind::OtherRole => hand.sign(BYTES, &statement(other_role, 1, FILE, COMMIT)),
        Kind::OtherBytes => hand.sign(b"other bytes", &statement(role, 1, FILE, COMMIT)),
        Kind::OtherName => hand.sign(BYTES, &statement(role, 1, "hello-2.0.tar.gz", COMMIT)),
        Kind::Legacy => hand.sign_legacy(BYTES, &statement(role, 1, FILE, COMMIT)),
        Kind::Today => hand.sign(BYTES, &format!("timestamp:1\tfile:{FILE}\thashed")),
        Kind::EditedComment => edited(&plain, |_, line| line.replace("timestamp:1700000000", "timestamp:1700000001")),
        Kind::OtherId(id) => with_id(&plain, [*id; 8]),
        Kind::OtherClaim(other) => {
            let claim = format!("untrusted comment: signature by {}", hands[*other].public());
            edited(&plain, |number, line| if number == 0 { claim.clone() } else { line.to_owned() })
        }
    }
}

/// What should come of a block, worked out from how it was made and not from the bytes.
#[derive(Debug, PartialEq)]
enum Expected {
    Counts(usize, bool),
    Ignored,
    Bad,
}

fn expected(hands: &[Hand], key: usize, kind: &Kind) -> Expected {
    let id = match kind {
        Kind::OtherId(id) => *id,
        _ => hands[key].id[0],
    };
    let claimed = match kind {
        Kind::OtherClaim(other) => Some(*other),
        _ => None,
    };
    let has_trusted_id = (0..6).any(|n| hands[n].id[0] == id);
    // The signer is among those who are tried.
    let is_tried = key < 6 && (hands[key].id[0] == id || claimed == Some(key));
    let is_intact = !matches!(kind, Kind::EditedComment | Kind::OtherBytes);
    match (kind, PARTY[key]) {
        (Kind::Legacy, _) => Expected::Ignored,
        (Kind::Genuine(_, other), Some(party)) if is_tried => Expected::Counts(party, *other),
        (Kind::OtherId(_) | Kind::OtherClaim(_), Some(party)) if is_tried => Expected::Counts(party, false),
        _ if is_tried && is_intact => Expected::Ignored,
        // No key explains it: it is bad if it names a trusted key; or names none, and has the id of one.
        _ => match claimed {
            Some(claimed) if claimed < 6 => Expected::Bad,
            None if has_trusted_id => Expected::Bad,
            _ => Expected::Ignored,
        },
    }
}

fn payload(lab: &Lab) -> Payload {
    lab.write(FILE, BYTES);
    Payload::read(&lab.path(FILE), false).expect("a payload")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// The classic hole. Any blocks, in any order and number.
    #[test]
    fn nobody_counts_twice_and_nobody_untrusted_once(
        ids in prop::collection::vec(0u8..5, 8),
        made in prop::collection::vec((0usize..8, kind()), 0..14),
        copies in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        threshold in 1usize..7,
    ) {
        let lab = Lab::new();
        let (hands, payload) = (hands(&ids), payload(&lab));
        let policy = policy(&hands);
        let mut all: Vec<(usize, Kind)> = made;
        if !all.is_empty() {
            // The same signer and kind again, and so at other places.
            let again: Vec<_> = copies.iter().map(|index| all[index.index(all.len())].clone()).collect();
            all.extend(again);
        }
        let blocks: Vec<Block> = all.iter().map(|(key, kind)| make(&hands, *key, kind)).collect();
        let conditions = Conditions { threshold: Some(threshold), ..Conditions::default() };
        let judgement = judge(&blocks, &payload, &policy, &conditions);

        let mut sides = BTreeMap::<bool, BTreeSet<usize>>::new();
        let (mut is_bad, mut published) = (false, BTreeSet::new());
        for (finding, (key, kind)) in judgement.findings.iter().zip(&all) {
            match expected(&hands, *key, kind) {
                Expected::Counts(party, other) => {
                    sides.entry(other).or_default().insert(party);
                    if party == 0 {
                        published.insert(other);
                    }
                    let is_counted = matches!(finding.outcome, Outcome::Good { party: found, .. } if found == party);
                    prop_assert!(is_counted, "{key} {kind:?}: {finding:?}");
                }
                Expected::Bad => {
                    is_bad = true;
                    prop_assert!(matches!(finding.outcome, Outcome::Bad { .. }), "{key} {kind:?}: {finding:?}");
                }
                Expected::Ignored => {
                    let counts = matches!(finding.outcome, Outcome::Good { .. } | Outcome::Bad { .. });
                    prop_assert!(!counts, "{key} {kind:?}: {finding:?}");
                }
            }
        }
        let most = sides.values().map(BTreeSet::len).max().unwrap_or(0);
        prop_assert_eq!(judgement.is_met, most >= threshold);
        let is_good = most >= threshold && published.len() < 2;
        prop_assert_eq!(judgement.is_good(), is_good);
        let strict = Conditions { strict: true, ..conditions.clone() };
        prop_assert_eq!(judge(&blocks, &payload, &policy, &strict).is_good(), is_good && !is_bad);
        let found: BTreeSet<_> = judgement.sides.iter().map(|side| side.parties.clone()).collect();
        prop_assert_eq!(found, sides.into_values().collect::<BTreeSet<_>>());

        // Another order says the same.
        let mut turned = blocks.clone();
        turned.reverse();
        let again = judge(&turned, &payload, &policy, &conditions);
        prop_assert_eq!((again.is_good(), again.signed()), (judgement.is_good(), judgement.signed()));
    }

    /// A quorum of keys alone, as with -P: distinct keys, one material.
    #[test]
    fn keys_without_names_count_once(
        made in prop::collection::vec((0usize..8, any::<bool>(), 0u64..3), 0..20),
        trusted in 1usize..7,
        threshold in 1usize..7,
    ) {
        let lab = Lab::new();
        let (hands, payload) = (hands(&[1, 1, 1, 2, 2, 3, 3, 1]), payload(&lab));
        let keys = Policy::of_keys(hands[..trusted].iter().map(Hand::public).collect()).expect("distinct keys");
        let sign = |(key, other, time): &(usize, bool, u64)| {
            hands[*key].sign(BYTES, &statement("builder", *time, FILE, if *other { OTHER_COMMIT } else { COMMIT }))
        };
        let blocks: Vec<Block> = made.iter().map(sign).collect();
        let conditions = Conditions { threshold: Some(threshold), ..Conditions::default() };
        let judgement = judge(&blocks, &payload, &keys, &conditions);
        let most = [false, true].map(|side| {
            let signers = made.iter().filter(|(key, other, _)| *key < trusted && *other == side);
            signers.map(|(key, ..)| *key).collect::<BTreeSet<_>>().len()
        });
        prop_assert_eq!(judgement.is_met, most.into_iter().max() >= Some(threshold));
    }

    /// Merging is commutative, associative and idempotent, and what is written is read again as the same.
    #[test]
    fn merging(
        made in prop::collection::vec((0usize..8, kind(), 0usize..3, any::<bool>()), 0..16),
    ) {
        let lab = Lab::new();
        let (hands, payload) = (hands(&[0, 0, 1, 2, 3, 4, 5, 0]), payload(&lab));
        let (known, nobody) = (policy(&hands), Policy::default());
        let mut parts = [Vec::new(), Vec::new(), Vec::new()];
        for (key, kind, part, is_twice) in &made {
            let block = make(&hands, *key, kind).to_bytes();
            for part in std::iter::once(*part).chain(is_twice.then_some((part + 1) % 3)) {
                parts[part].extend_from_slice(&block);
            }
        }
        for whose in [Whose::Anyone(&known), Whose::Only(&known)] {
            let terms = Terms::Verified { payload: &payload, whose, allow_rename: false };
            let [a, b, c] = parts.each_ref().map(|text| Set::read(text, &terms).set);
            let join = |sets: &[&Set]| {
                let mut joined = Set::new();
                sets.iter().for_each(|set| joined.merge((*set).clone()));
                joined.to_bytes().expect("small")
            };
            prop_assert_eq!(join(&[&a, &b]), join(&[&b, &a]));
            let mut left = a.clone();
            left.merge(b.clone());
            let mut right = b.clone();
            right.merge(c.clone());
            prop_assert_eq!(join(&[&left, &c]), join(&[&a, &right]));
            prop_assert_eq!(join(&[&a, &a]), join(&[&a]));
            prop_assert_eq!(join(&[&left, &a]), join(&[&left]));
            // What was written is read, and written again as the same bytes: by the same, and by those who know nobody.
            let text = join(&[&a, &b, &c]);
            for whose in [whose, Whose::Anyone(&nobody)] {
                let terms = Terms::Verified { payload: &payload, whose, allow_rename: false };
                let again = Set::read(&text, &terms);
                prop_assert_eq!(again.left_out, vec![]);
                prop_assert_eq!(&again.set.to_bytes().expect("small"), &text);
                if !text.is_empty() {
                    let grown = grow(&text, Set::new(), &terms, Present::Keep).expect("a set");
                    prop_assert!(!grown.is_changed && grown.kept.is_empty() && grown.added + grown.removed == 0);
                }
            }
        }
    }

    /// Whatever somebody without a key makes of a set's blocks and merges into it, or it into that: all who counted count.
    #[test]
    fn nobody_is_evicted(
        signers in prop::collection::vec((0usize..6, 0u64..2, any::<bool>()), 1..7),
        attacks in prop::collection::vec(attack(), 1..5),
        ids in prop::collection::vec(0u8..4, 8),
        is_plain in any::<bool>(),
    ) {
        let lab = Lab::new();
        let (hands, payload) = (hands(&ids), payload(&lab));
        let policy = policy(&hands);
        let keys = Policy::of_keys(hands[..6].iter().map(Hand::public).collect()).expect("distinct keys");
        let nobody = Policy::default();
        let mut genuine = Set::new();
        for (key, time, other) in &signers {
            let role = if *key == 0 { "publisher" } else { "builder" };
            // The publisher does not contradict itself.
            let commit = if *other && *key != 0 { OTHER_COMMIT } else { COMMIT };
            let comment = match is_plain && *key == 0 {
                // A publisher with today's minisign: it counts for those who know the key, and in no policy.
                true => format!("timestamp:{time}\tfile:{FILE}\thashed"),
                false => statement(role, *time, FILE, commit),
            };
            let block = hands[*key].sign(BYTES, &comment);
            genuine.add(&VerifiedBlock::verify(&block, &hands[*key].public(), &payload).expect("a good block"));
        }
        let set = genuine.to_bytes().expect("small");
        let first_is_publishers =
            VerifiedBlock::verify(&genuine.blocks()[0], &hands[0].public(), &payload).is_ok();
        let evil: Vec<u8> = attacks.iter().flat_map(|attack| attack.make(&genuine.blocks(), &hands).to_bytes()).collect();
        let judged = |text: &[u8], policy: &Policy| {
            let conditions = Conditions { threshold: Some(1), ..Conditions::default() };
            judge(&Block::parse_all(text).expect("blocks"), &payload, policy, &conditions)
        };
        let counted = |text: &[u8], policy: &Policy| -> BTreeSet<_> {
            judged(text, policy).sides.into_iter().map(|side| (side.material, side.parties)).collect()
        };
        for (whose, name) in [
            (Some(Whose::Anyone(&nobody)), "without keys"),
            (Some(Whose::Anyone(&keys)), "-p"),
            (Some(Whose::Only(&policy)), "--policy"),
            (None, "--unverified"),
        ] {
            let terms = match whose {
                Some(whose) => Terms::Verified { payload: &payload, whose, allow_rename: false },
                None => Terms::Unverified,
            };
            for present in [Present::Keep, Present::Prune] {
                for (target, input) in [(&set, &evil), (&evil, &set)] {
                    let more = Set::read(input, &terms).set;
                    let grown = grow(target, more, &terms, present).expect("a set");
                    for policy in [&policy, &keys] {
                        prop_assert_eq!(counted(&grown.bytes, policy), counted(&set, policy), "{} {:?}", name, present);
                        prop_assert_eq!(judged(&grown.bytes, policy).is_good(), judged(&set, policy).is_good());
                    }
                    // Today's readers find the publisher first, if it was there before or its key is known.
                    // Of a plain comment, only a policy says that it is the publisher's.
                    let stood_first = std::ptr::eq(target, &set) && first_is_publishers;
                    let is_named = stood_first || name == "--policy" || name == "-p" && !is_plain;
                    if is_named && whose.is_some() && signers.iter().any(|(key, ..)| *key == 0) {
                        let first = Block::parse_first(&grown.bytes).expect("a block");
                        prop_assert!(VerifiedBlock::verify(&first, &hands[0].public(), &payload).is_ok(), "{}", name);
                        prop_assert_eq!(first.key_id(), hands[0].public().id());
                    }
                }
            }
        }
    }
}

/// What somebody without a trusted key can make.
#[derive(Clone, Debug)]
enum Attack {
    /// Another id, and an untrusted comment that names this key with this id, or none.
    Unsigned { block: usize, id: u8, claim: Option<(usize, u8)> },
    /// A stranger's statement, in this role, under this id, naming this key or none.
    Stranger { id: u8, publisher: bool, time: u64, claim: Option<(usize, u8)> },
    /// A signature by another, or over another comment.
    Spliced { block: usize, other: usize },
}

fn attack() -> impl Strategy<Value = Attack> {
    let claim = || prop::option::of((0usize..8, 0u8..4));
    prop_oneof![
        3 => (0usize..8, 0u8..4, claim()).prop_map(|(block, id, claim)| Attack::Unsigned { block, id, claim }),
        2 => (0u8..4, any::<bool>(), 0u64..u64::MAX, claim())
            .prop_map(|(id, publisher, time, claim)| Attack::Stranger { id, publisher, time, claim }),
        1 => (0usize..8, 0usize..8).prop_map(|(block, other)| Attack::Spliced { block, other }),
    ]
}

impl Attack {
    fn make(&self, blocks: &[Block], hands: &[Hand]) -> Block {
        let claimed = |block: Block, claim: &Option<(usize, u8)>| match claim {
            None => edited(&block, |n, line| if n == 0 { "untrusted comment: x".to_owned() } else { line.to_owned() }),
            Some((key, id)) => {
                let key = Hand { id: [*id; 8], ..hands[*key].clone() }.public();
                let claim = format!("untrusted comment: signature by {key}");
                edited(&block, |n, line| if n == 0 { claim.clone() } else { line.to_owned() })
            }
        };
        match self {
            Attack::Unsigned { block, id, claim } => claimed(with_id(&blocks[block % blocks.len()], [*id; 8]), claim),
            Attack::Stranger { id, publisher, time, claim } => {
                let role = if *publisher { "publisher" } else { "builder" };
                let block = hands[6].sign(BYTES, &statement(role, *time, FILE, OTHER_COMMIT));
                claimed(with_id(&block, [*id; 8]), claim)
            }
            Attack::Spliced { block, other } => {
                let other = String::from_utf8(blocks[other % blocks.len()].to_bytes()).expect("UTF-8");
                let lines: Vec<&str> = other.lines().collect();
                edited(
                    &blocks[block % blocks.len()],
                    |n, line| if n == 2 { lines[2].to_owned() } else { line.to_owned() },
                )
            }
        }
    }
}

/// Ed25519 lets a signer make many signatures of one statement: they are one.
#[test]
fn equal_statements_collapse() {
    let lab = Lab::new();
    let payload = payload(&lab);
    let minisign::KeyPair { pk, sk } = minisign::KeyPair::generate_unencrypted_keypair().expect("a key");
    let key = minisign_quorum::PublicKey::parse(pk.to_base64().as_bytes()).expect("a key");
    let comment = statement("publisher", 1_700_000_000, FILE, COMMIT);
    let sign = || {
        let signed = minisign::sign(None, &sk, BYTES, Some(&comment), None).expect("a signature");
        let block = Block::parse_first(&signed.to_bytes()).expect("a block");
        VerifiedBlock::verify(&block, &key, &payload).expect("a good one")
    };
    let signed: Vec<VerifiedBlock> = (0..4).map(|_| sign()).collect();
    let texts: BTreeSet<_> = signed.iter().map(|block| block.block().to_bytes()).collect();
    assert_eq!(texts.len(), 4, "this crate's signatures are randomised");
    let set = |order: &[usize]| {
        let mut set = Set::new();
        order.iter().for_each(|n| set.add(&signed[*n]));
        set.to_bytes().expect("small")
    };
    assert_eq!(Block::parse_all(&set(&[0, 1, 2, 3])).expect("blocks").len(), 1);
    assert_eq!(set(&[0, 1, 2, 3]), set(&[3, 1, 0, 2]));
}
