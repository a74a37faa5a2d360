//! The lines of a policy, in the style of C2SP's tlog-policy.
//!
//! ```text
//! # the one who releases it, and three who build it again
//! publisher zig RWQ...
//! builder alice RWQ... from 2026-01-01
//! builder bob   RWQ... until 2027-06-30
//! builder carol RWQ...
//! revoked RWQ... from 2026-05-01 "laptop stolen"
//! group rebuilt 2 alice bob carol
//! group enough all zig rebuilt
//! quorum enough
//! ```

use std::collections::BTreeMap;

use foreign::{Foreign, Time, parse_date};

use super::error::{PolicyError, PolicyProblem as Problem};
use super::{Group, Member, Party, Policy, TrustedKey};
use crate::key::PublicKey;
use crate::limits;
use crate::statement::Role;

impl Policy {
    /// Read a policy file.
    ///
    /// # Errors
    /// The first that is wrong with it, with line and column. Nothing is left out or guessed.
    pub fn parse(text: &[u8]) -> Result<Self, PolicyError> {
        let whole = |problem| PolicyError { line: 1, column: 1, problem };
        if text.len() as u64 > limits::POLICY_BYTES {
            return Err(whole(Problem::TooLarge));
        }
        let mut parser = Parser::default();
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let number = index + 1;
            if index == limits::POLICY_LINES {
                return Err(PolicyError { line: number, column: 1, problem: Problem::TooManyLines });
            }
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            parser.line = number;
            parser.read_line(line).map_err(|(column, problem)| PolicyError {
                line: number,
                column: column + 1,
                problem,
            })?;
        }
        if parser.policy.keys.is_empty() {
            return Err(whole(Problem::Empty));
        }
        Ok(parser.policy)
    }
}

/// A problem, and how many bytes of the line are before it.
type Wrong = (usize, Problem);

#[derive(Default)]
struct Parser {
    policy: Policy,
    /// The line that is being read.
    line: usize,
    /// Where names were first defined, keys given and revoked, members listed.
    names: BTreeMap<String, usize>,
    keys: Vec<usize>,
    revoked: BTreeMap<usize, usize>,
    members: BTreeMap<Member, usize>,
    quorum: usize,
    /// How deep groups are nested.
    depths: Vec<usize>,
    publisher: Option<String>,
}

/// The words of a line.
struct Words<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    /// The next word and where it is; a word that begins with `#` begins a comment.
    fn next(&mut self) -> Option<(usize, &'a str)> {
        let rest = self.line.get(self.at..)?;
        let start = self.at + rest.find(|c| c != ' ' && c != '\t')?;
        let rest = self.line.get(start..)?;
        if rest.starts_with('#') {
            self.at = self.line.len();
            return None;
        }
        let end = start + rest.find([' ', '\t']).unwrap_or(rest.len());
        self.at = end;
        Some((start, self.line.get(start..end)?))
    }

    fn need(&mut self, what: &'static str) -> Result<(usize, &'a str), Wrong> {
        self.next().ok_or((self.line.len(), Problem::Missing { what }))
    }

    fn end(&mut self) -> Result<(), Wrong> {
        self.next().map_or(Ok(()), |(at, word)| Err((at, Problem::TooMuch { word: Foreign::from(word) })))
    }

    /// What is in double quotes, up to the end of the line.
    fn quoted(&mut self) -> Result<&'a str, Wrong> {
        let rest = self.line.get(self.at..).unwrap_or_default();
        let text = rest.trim_matches([' ', '\t']);
        let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let inner = inner.filter(|inner| !inner.contains('"') && !inner.is_empty());
        let at = self.at + rest.len() - rest.trim_start_matches([' ', '\t']).len();
        self.at = self.line.len();
        inner.ok_or((at, Problem::Reason))
    }
}

impl Parser {
    fn read_line(&mut self, line: &[u8]) -> Result<(), Wrong> {
        let line = std::str::from_utf8(line).map_err(|error| (error.valid_up_to(), Problem::NotText))?;
        if let Some(at) = line.find(|c: char| c.is_control() && c != '\t') {
            return Err((at, Problem::NotText));
        }
        let mut words = Words { line, at: 0 };
        let Some((at, keyword)) = words.next() else { return Ok(()) };
        match keyword {
            "publisher" => self.party(Role::Publisher, &mut words),
            "builder" => self.party(Role::Builder, &mut words),
            "revoked" => self.revocation(&mut words),
            "group" => self.group(&mut words),
            "quorum" => self.quorum(at, &mut words),
            word => Err((at, Problem::Keyword { word: Foreign::from(word) })),
        }
    }

    /// `publisher NAME KEY [from DATE] [until DATE]`, `builder NAME KEY [from DATE] [until DATE]`
    fn party(&mut self, role: Role, words: &mut Words) -> Result<(), Wrong> {
        let (name_at, name) = name(words)?;
        let (key_at, key) = key(words)?;
        let (from, until) = window(words)?;
        if let Some(publisher) = self.publisher.as_ref().filter(|other| role == Role::Publisher && *other != name) {
            return Err((name_at, Problem::SecondPublisher { name: Foreign::from(publisher) }));
        }
        let party = match self.policy.names.get(name) {
            // Another key of the same party.
            Some(Member::Party(party)) if self.policy.parties.get(*party).is_some_and(|p| p.role == Some(role)) => {
                *party
            }
            _ => {
                let party = self.policy.parties.len();
                self.define(name_at, name, Member::Party(party))?;
                self.policy.parties.push(Party { name: name.to_owned(), role: Some(role) });
                party
            }
        };
        if role == Role::Publisher {
            self.publisher = Some(name.to_owned());
        }
        if let Some(index) = self.index_of(&key) {
            return Err((key_at, Problem::SameKey { line: self.keys.get(index).copied().unwrap_or_default() }));
        }
        if self.keys.len() == limits::KEYS {
            return Err((key_at, Problem::TooManyKeys));
        }
        self.keys.push(self.line);
        let trusted = TrustedKey { key, party, from, until, revoked: None };
        self.policy.add_key(trusted).map_err(|_| (key_at, Problem::SameKey { line: self.line }))
    }

    /// `revoked KEY from DATE "reason"`
    fn revocation(&mut self, words: &mut Words) -> Result<(), Wrong> {
        let (key_at, key) = key(words)?;
        let index = self.index_of(&key).ok_or((key_at, Problem::UnknownKey))?;
        match words.need("from")? {
            (_, "from") => {}
            (at, _) => return Err((at, Problem::NoFrom)),
        }
        let (from, _) = date(words)?;
        let reason = words.quoted()?;
        if let Some(line) = self.revoked.insert(index, self.line) {
            return Err((key_at, Problem::RevokedTwice { line }));
        }
        if let Some(trusted) = self.policy.keys.get_mut(index) {
            trusted.revoked = Some((from, Foreign::from(reason)));
        }
        Ok(())
    }

    /// `group NAME K|any|all MEMBERS...`
    fn group(&mut self, words: &mut Words) -> Result<(), Wrong> {
        let (name_at, group_name) = name(words)?;
        let (count_at, count) = words.need("a number, any or all")?;
        let (mut members, mut depth) = (Vec::new(), 0);
        while let Some((at, word)) = words.next() {
            let member = self.known(at, word)?;
            if let Some(line) = self.members.insert(member, self.line) {
                return Err((at, Problem::MemberTwice { name: Foreign::from(word), line }));
            }
            if let Member::Group(inner) = member {
                depth = depth.max(self.depths.get(inner).copied().unwrap_or_default());
            }
            members.push(member);
        }
        if members.is_empty() {
            return Err((words.line.len(), Problem::Missing { what: "the first member" }));
        }
        let needed = match count {
            "any" => 1,
            "all" => members.len(),
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                let needed = digits.parse().unwrap_or(usize::MAX);
                if needed == 0 || needed > members.len() {
                    return Err((count_at, Problem::Impossible { needed, members: members.len() }));
                }
                needed
            }
            word => return Err((count_at, Problem::Count { word: Foreign::from(word) })),
        };
        if depth == limits::GROUP_DEPTH {
            return Err((name_at, Problem::TooDeep));
        }
        self.define(name_at, group_name, Member::Group(self.policy.groups.len()))?;
        self.policy.groups.push(Group { name: group_name.to_owned(), needed, members });
        self.depths.push(depth + 1);
        Ok(())
    }

    /// `quorum NAME`
    fn quorum(&mut self, at: usize, words: &mut Words) -> Result<(), Wrong> {
        let (name_at, word) = words.need("the name of a party or group")?;
        let member = self.known(name_at, word)?;
        words.end()?;
        if self.policy.quorum.replace(member).is_some() {
            return Err((at, Problem::SecondQuorum { line: self.quorum }));
        }
        self.quorum = self.line;
        Ok(())
    }

    fn known(&self, at: usize, name: &str) -> Result<Member, Wrong> {
        self.policy.names.get(name).copied().ok_or_else(|| (at, Problem::Unknown { name: Foreign::from(name) }))
    }

    fn define(&mut self, at: usize, name: &str, member: Member) -> Result<(), Wrong> {
        if let Some(line) = self.names.insert(name.to_owned(), self.line) {
            return Err((at, Problem::SameName { name: Foreign::from(name), line }));
        }
        self.policy.names.insert(name.to_owned(), member);
        Ok(())
    }

    fn index_of(&self, key: &PublicKey) -> Option<usize> {
        self.policy.by_bytes.get(key.as_bytes()).copied()
    }
}

fn name<'a>(words: &mut Words<'a>) -> Result<(usize, &'a str), Wrong> {
    let (at, word) = words.need("a name")?;
    let is_name = word.len() <= limits::NAME_BYTES
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._@+-/:".contains(&byte));
    if is_name { Ok((at, word)) } else { Err((at, Problem::Name { word: Foreign::from(word) })) }
}

fn key(words: &mut Words) -> Result<(usize, PublicKey), Wrong> {
    let (at, word) = words.need("a public key")?;
    match PublicKey::parse(word.as_bytes()) {
        Ok(key) => Ok((at, key)),
        Err(problem) => Err((at, Problem::Key { word: Foreign::from(word), problem })),
    }
}

fn date(words: &mut Words) -> Result<(Time, Time), Wrong> {
    let (at, word) = words.need("a date")?;
    parse_date(word).ok_or_else(|| (at, Problem::Date { word: Foreign::from(word) }))
}

/// `[from DATE] [until DATE]`, both inclusive, to the end of the line.
fn window(words: &mut Words) -> Result<(Option<Time>, Option<Time>), Wrong> {
    let (mut from, mut until) = (None, None);
    while let Some((at, word)) = words.next() {
        match word {
            "from" if from.is_none() && until.is_none() => from = Some(date(words)?.0),
            "until" if until.is_none() => until = Some(date(words)?.1),
            word => return Err((at, Problem::Window { word: Foreign::from(word) })),
        }
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            return Err((at, Problem::EmptyWindow));
        }
    }
    Ok((from, until))
}

#[cfg(test)]
mod tests;
