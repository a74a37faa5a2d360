//! What is wrong with a policy, and where.

use std::borrow::Cow;

use foreign::{Foreign, Meaning, Problem};

use crate::key::KeyError;
use crate::limits;

/// What is wrong with a policy, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct PolicyError {
    /// Counted from 1.
    pub line: usize,
    /// Counted in bytes, from 1.
    pub column: usize,
    /// What it is.
    pub problem: PolicyProblem,
}

impl Problem for PolicyError {
    fn code(&self) -> &'static str {
        "policy-malformed"
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotChecked
    }

    fn help(&self) -> Cow<'static, str> {
        "Correct the policy; minisign-quorum(1) describes the format.".into()
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum PolicyProblem {
    #[error("the policy is larger than {} bytes", limits::POLICY_BYTES)]
    TooLarge,
    #[error("the policy has more than {} lines", limits::POLICY_LINES)]
    TooManyLines,
    #[error("the policy has more than {} keys", limits::KEYS)]
    TooManyKeys,
    #[error("control characters and text that is not UTF-8 have no place here")]
    NotText,
    #[error("{word} is not one of publisher, builder, revoked, group, quorum")]
    Keyword { word: Foreign },
    #[error("the line ends where {what} should be")]
    Missing { what: &'static str },
    #[error("{word} is more than the line should have")]
    TooMuch { word: Foreign },
    #[error("{word} is not a name: up to {} of A-Z a-z 0-9 . _ @ + - / :", limits::NAME_BYTES)]
    Name { word: Foreign },
    #[error("{word} {problem}")]
    Key { word: Foreign, problem: KeyError },
    #[error("this key was given before, in line {line}")]
    SameKey { line: usize },
    #[error("{name} was defined before as something else, in line {line}")]
    SameName { name: Foreign, line: usize },
    #[error("there is a publisher already, {name}: give all keys of the publisher the same name")]
    SecondPublisher { name: Foreign },
    #[error("{word} is not a date: YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ, in UTC")]
    Date { word: Foreign },
    #[error("{word} is neither from nor until, or is there twice or in the other order")]
    Window { word: Foreign },
    #[error("until is before from")]
    EmptyWindow,
    #[error("from must follow")]
    NoFrom,
    #[error("this key is not defined in a line before")]
    UnknownKey,
    #[error("this key was revoked before, in line {line}")]
    RevokedTwice { line: usize },
    #[error("the reason must be in double quotes, to the end of the line")]
    Reason,
    #[error("{name} is not defined in a line before")]
    Unknown { name: Foreign },
    #[error("{word} is not a number, any or all")]
    Count { word: Foreign },
    #[error("the group has {members} members, of which {needed} cannot be asked for")]
    Impossible { needed: usize, members: usize },
    #[error("{name} is a member of a group already, in line {line}: a member of two groups would count twice")]
    MemberTwice { name: Foreign, line: usize },
    #[error("groups are nested more than {} deep", limits::GROUP_DEPTH)]
    TooDeep,
    #[error("there is a quorum already, in line {line}")]
    SecondQuorum { line: usize },
    #[error("the policy has no keys")]
    Empty,
}
