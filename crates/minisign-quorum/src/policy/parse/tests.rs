//! Policies, and what is wrong with them where.

use std::collections::BTreeSet;

use super::super::{Member, Policy, PolicyProblem as Problem};
use crate::limits;
use crate::{KeyId, PublicKey, Role};

/// A key of its own for each number.
fn key(number: u8) -> String {
    let secret = ed25519_dalek::SigningKey::from_bytes(&[number; 32]);
    PublicKey::new(KeyId([number; 8]), secret.verifying_key().as_bytes()).unwrap().to_string()
}

/// `$1` and so on are keys.
fn with_keys(text: &str) -> String {
    (1..=9).fold(text.to_owned(), |text, number| text.replace(&format!("${number}"), &key(number)))
}

fn policy(text: &str) -> Policy {
    Policy::parse(with_keys(text).as_bytes()).expect(text)
}

fn wrong(text: &str) -> (usize, usize, Problem) {
    let error = Policy::parse(with_keys(text).as_bytes()).expect_err(text);
    (error.line, error.column, error.problem)
}

const GOOD: &str = "# comment\n\
    publisher zig $1\n\
    publisher\tzig $2 until 2024-12-31 # an old key\r\n\
    builder alice $3 from 2024-01-01\n\
    builder bob $4 from 2024-01-01 until 2024-12-31T12:00:00Z\n\
    builder carol $5\n\
    \n\
    revoked $5 from 2024-05-01 \"laptop stolen # at night\"\n\
    group rebuilt 2 alice bob carol\n\
    group enough all zig rebuilt\n\
    quorum enough";

#[test]
fn the_whole_format() {
    let policy = policy(GOOD);
    let names: Vec<_> = policy.parties().iter().map(|party| (party.name.as_str(), party.role)).collect();
    let builder = Some(Role::Builder);
    assert_eq!(names, [("zig", Some(Role::Publisher)), ("alice", builder), ("bob", builder), ("carol", builder)]);
    let keys: Vec<_> = policy.keys().iter().map(|key| (key.party, key.from.is_some(), key.until.is_some())).collect();
    assert_eq!(keys, [(0, false, false), (0, false, true), (1, true, false), (2, true, true), (3, false, false)]);
    let (since, reason) = policy.keys()[4].revoked.clone().expect("revoked");
    assert_eq!(
        (since.to_string().as_str(), reason.to_string().as_str()),
        ("2024-05-01T00:00:00Z", "laptop stolen # at night")
    );
    assert_eq!(policy.keys()[1].until.unwrap().to_string(), "2024-12-31T23:59:59Z");
    assert_eq!(policy.quorum(), policy.member("enough"));
    let met = |parties: &[usize]| policy.is_met(Member::Group(1), &parties.iter().copied().collect::<BTreeSet<_>>());
    assert!(met(&[0, 1, 2]) && met(&[0, 2, 3]) && met(&[0, 1, 2, 3]));
    assert!(!met(&[]) && !met(&[0]) && !met(&[0, 1]) && !met(&[1, 2, 3]));
}

#[test]
fn groups() {
    let policy = policy("builder a $1\nbuilder b $2\nbuilder c $3\ngroup x any a b\ngroup y 1 x c\nquorum c");
    let met = |name: &str, parties: &[usize]| {
        policy.is_met(policy.member(name).expect(name), &parties.iter().copied().collect())
    };
    assert!(met("x", &[1]) && !met("x", &[2]) && met("y", &[0]) && met("y", &[2]) && !met("y", &[]));
    assert_eq!(policy.quorum(), Some(Member::Party(2)));
}

/// A policy, line and column of what is wrong with it, and what that is.
type Case = (&'static str, usize, usize, fn(&Problem) -> bool);

#[test]
fn errors_have_line_and_column() {
    let cases: [Case; 38] = [
        ("", 1, 1, |p| matches!(p, Problem::Empty)),
        ("# nothing\n", 1, 1, |p| matches!(p, Problem::Empty)),
        ("builder a $1\n  bilder b $2", 2, 3, |p| matches!(p, Problem::Keyword { .. })),
        ("builder", 1, 8, |p| matches!(p, Problem::Missing { what: "a name" })),
        ("builder a", 1, 10, |p| matches!(p, Problem::Missing { what: "a public key" })),
        ("builder a\u{e9} $1", 1, 9, |p| matches!(p, Problem::Name { .. })),
        ("builder a $1x", 1, 11, |p| matches!(p, Problem::Key { .. })),
        ("builder a\u{1b} $1", 1, 10, |p| matches!(p, Problem::NotText)),
        ("builder a $1 since", 1, 68, |p| matches!(p, Problem::Window { .. })),
        ("builder a $1 from", 1, 72, |p| matches!(p, Problem::Missing { what: "a date" })),
        ("builder a $1 from 2024-02-30", 1, 73, |p| matches!(p, Problem::Date { .. })),
        ("builder a $1 from 2024-01-01 from 2024-01-01", 1, 84, |p| matches!(p, Problem::Window { .. })),
        ("builder a $1 until 2024-01-01 from 2024-01-01", 1, 85, |p| matches!(p, Problem::Window { .. })),
        ("builder a $1 from 2024-01-02 until 2024-01-01", 1, 84, |p| matches!(p, Problem::EmptyWindow)),
        ("builder a $1\nbuilder b $1", 2, 11, |p| matches!(p, Problem::SameKey { line: 1 })),
        ("builder a $1\nbuilder a $1", 2, 11, |p| matches!(p, Problem::SameKey { line: 1 })),
        ("publisher a $1\nbuilder a $2", 2, 9, |p| matches!(p, Problem::SameName { line: 1, .. })),
        ("publisher a $1\npublisher b $2", 2, 11, |p| matches!(p, Problem::SecondPublisher { .. })),
        ("builder a $1\ngroup a any a", 2, 7, |p| matches!(p, Problem::SameName { line: 1, .. })),
        ("builder a $1\ngroup g any a\nbuilder g $2", 3, 9, |p| matches!(p, Problem::SameName { line: 2, .. })),
        ("builder a $1\nrevoked $2 from 2024-01-01 \"x\"", 2, 9, |p| matches!(p, Problem::UnknownKey)),
        ("revoked $1 from 2024-01-01 \"x\"\nbuilder a $1", 1, 9, |p| matches!(p, Problem::UnknownKey)),
        ("builder a $1\nrevoked $1 since 2024-01-01 \"x\"", 2, 66, |p| matches!(p, Problem::NoFrom)),
        ("builder a $1\nrevoked $1 from 2024-01-01", 2, 81, |p| matches!(p, Problem::Reason)),
        ("builder a $1\nrevoked $1 from 2024-01-01 \"x", 2, 82, |p| matches!(p, Problem::Reason)),
        ("builder a $1\nrevoked $1 from 2024-01-01 \"x\" y", 2, 82, |p| matches!(p, Problem::Reason)),
        ("builder a $1\nrevoked $1 from 2024-01-01 \"x\"\nrevoked $1 from 2024-01-01 \"x\"", 3, 9, |p| {
            matches!(p, Problem::RevokedTwice { line: 2 })
        }),
        ("builder a $1\ngroup g any b", 2, 13, |p| matches!(p, Problem::Unknown { .. })),
        ("builder a $1\ngroup g any g", 2, 13, |p| matches!(p, Problem::Unknown { .. })),
        ("builder a $1\ngroup g any", 2, 12, |p| matches!(p, Problem::Missing { .. })),
        ("builder a $1\ngroup g some a", 2, 9, |p| matches!(p, Problem::Count { .. })),
        ("builder a $1\ngroup g 0 a", 2, 9, |p| matches!(p, Problem::Impossible { needed: 0, members: 1 })),
        ("builder a $1\ngroup g 2 a", 2, 9, |p| matches!(p, Problem::Impossible { needed: 2, members: 1 })),
        ("builder a $1\ngroup g any a a", 2, 15, |p| matches!(p, Problem::MemberTwice { line: 2, .. })),
        ("builder a $1\ngroup g any a\ngroup h any g a", 3, 15, |p| matches!(p, Problem::MemberTwice { line: 2, .. })),
        ("builder a $1\nquorum b", 2, 8, |p| matches!(p, Problem::Unknown { .. })),
        ("builder a $1\nquorum a b", 2, 10, |p| matches!(p, Problem::TooMuch { .. })),
        ("builder a $1\nquorum a\nquorum a", 3, 1, |p| matches!(p, Problem::SecondQuorum { line: 2 })),
    ];
    for (text, line, column, is_expected) in cases {
        let found = wrong(text);
        assert!((found.0, found.1) == (line, column) && is_expected(&found.2), "{text:?}: {found:?}");
    }
    assert_eq!(Policy::parse(b"builder \xff").expect_err("").to_string().as_str().get(..17), Some("line 1, column 9:"));
}

/// The same key under another id is the same key.
#[test]
fn a_key_under_two_ids() {
    let secret = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    let again = PublicKey::new(KeyId([9; 8]), secret.verifying_key().as_bytes()).unwrap();
    assert!(matches!(wrong(&format!("builder a $1\nbuilder b {again}")), (2, 11, Problem::SameKey { line: 1 })));
    assert!(Policy::of_keys(vec![again.clone(), PublicKey::parse(key(1).as_bytes()).unwrap()]).is_err());
    assert!(Policy::of_keys(vec![again]).is_ok());
}

#[test]
fn limits_hold() {
    let nested = (1..=limits::GROUP_DEPTH).fold("builder a $1\ngroup g0 any a".to_owned(), |text, number| {
        if number == limits::GROUP_DEPTH { text } else { format!("{text}\ngroup g{number} any g{}", number - 1) }
    });
    let deepest = policy(&nested);
    let last = deepest.member(&format!("g{}", limits::GROUP_DEPTH - 1)).unwrap();
    assert!(deepest.is_met(last, &BTreeSet::from([0])));
    let deeper = format!("{nested}\ngroup h any g{}", limits::GROUP_DEPTH - 1);
    assert!(matches!(wrong(&deeper), (_, 7, Problem::TooDeep)));
    assert!(matches!(wrong(&"\n".repeat(limits::POLICY_LINES)), (_, 1, Problem::TooManyLines)));
    assert!(matches!(wrong(&" ".repeat(2 << 20)), (1, 1, Problem::TooLarge)));
}
