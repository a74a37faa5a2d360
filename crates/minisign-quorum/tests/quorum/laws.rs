//! Properties, with real keys: nobody counts twice, nobody counts who is not trusted, and merging loses nothing.

use std::collections::{BTreeMap, BTreeSet};

use minisign_quorum::{Block, Conditions, Outcome, Payload, Policy, Set, VerifiedBlock, Whose, judge};
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
    let has_trusted_id = (0..6).any(|n| hands[n].id[0] == id);
    // The signer is among those who are tried.
    let is_tried = key < 6 && hands[key].id[0] == id;
    match (kind, PARTY[key]) {
        _ if !has_trusted_id => Expected::Ignored,
        (Kind::Legacy, _) => Expected::Ignored,
        (Kind::EditedComment | Kind::OtherBytes, _) => Expected::Bad,
        _ if !is_tried => Expected::Bad,
        (Kind::Genuine(_, other), Some(party)) => Expected::Counts(party, *other),
        (Kind::OtherId(_) | Kind::OtherClaim(_), Some(party)) => Expected::Counts(party, false),
        _ => Expected::Ignored,
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
        let mut is_bad = false;
        for (finding, (key, kind)) in judgement.findings.iter().zip(&all) {
            match expected(&hands, *key, kind) {
                Expected::Counts(party, other) => {
                    sides.entry(other).or_default().insert(party);
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
        prop_assert_eq!(judgement.is_good(), most >= threshold && !is_bad);
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
        let known = policy(&hands);
        for is_verified in [true, false] {
            let mut parts = [Set::new(), Set::new(), Set::new()];
            let mut blocks = Vec::new();
            for (key, kind, part, is_twice) in &made {
                // Signed anew each time: equal statements with other bytes, where the signer wants it.
                let block = make(&hands, *key, kind);
                let verified = Set::identify(&block, &payload, Whose::Anyone(&known), false).ok();
                for part in std::iter::once(*part).chain(is_twice.then_some((part + 1) % 3)) {
                    match (&verified, is_verified) {
                        (Some(verified), true) => parts[part].add(verified),
                        (None, true) => {}
                        (_, false) => parts[part].add_unverified(&block),
                    }
                }
                blocks.push(block);
            }
            let [a, b, c] = parts;
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
            // What was written is read, and written again as the same bytes.
            let text = join(&[&a, &b, &c]);
            let mut again = Set::new();
            let nobody = Policy::default();
            for block in Block::parse_all(&text).expect("blocks") {
                if is_verified {
                    again.add(&Set::identify(&block, &payload, Whose::Anyone(&nobody), false).expect("a key of its own"));
                } else {
                    again.add_unverified(&block);
                }
            }
            prop_assert_eq!(again.to_bytes().expect("small"), text);
        }
    }
}

/// Ed25519 lets a signer make many signatures of one statement: they are one.
#[test]
fn equal_statements_collapse() {
    let lab = Lab::new();
    lab.release();
    let payload = Payload::read(&lab.path(FILE), false).expect("a payload");
    let secret = std::fs::read(lab.path("publisher.key")).expect("a key");
    let unlock = || {
        let file = minisign_quorum::SecretKeyFile::parse(&secret).expect("a key");
        file.unlock(None).expect("no password")
    };
    let comment = statement("publisher", 1_700_000_000, FILE, COMMIT);
    let sign = || minisign_quorum::sign(&lab.path(FILE), &unlock(), comment.as_bytes(), "x").expect("a block").0;
    let signed: Vec<VerifiedBlock> = (0..4).map(|_| sign()).collect();
    let texts: BTreeSet<_> = signed.iter().map(|block| block.block().to_bytes()).collect();
    assert_eq!(texts.len(), 4, "minisign's signatures are randomised");
    let set = |order: &[usize]| {
        let mut set = Set::new();
        order.iter().for_each(|n| set.add(&signed[*n]));
        set.to_bytes().expect("small")
    };
    assert_eq!(Block::parse_all(&set(&[0, 1, 2, 3])).expect("blocks").len(), 1);
    assert_eq!(set(&[0, 1, 2, 3]), set(&[3, 1, 0, 2]));
    assert!(VerifiedBlock::verify(signed[0].block(), unlock().public(), &payload).is_ok());
}
