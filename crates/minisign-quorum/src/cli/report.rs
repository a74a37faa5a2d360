//! Results in words and in JSON.

use std::collections::BTreeSet;
use std::io::Write;

use foreign::{Foreign, Time};
use serde::Serialize;

use super::failure::Failure;
use super::json::Fields;
use crate::{Conditions, Judgement, Outcome, Policy, PublicKey, Role, Said, is_ahead};

/// A judgement as it is shown.
#[derive(Serialize)]
pub struct Report {
    /// `verified` or `not-verified`
    pub verdict: &'static str,
    /// The problem's stable name, where it is not verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// What happened, where it is not verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What to do, where it is not verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What was asked for with `--threshold` or `-Q`.
    pub threshold: Option<usize>,
    /// What was asked for with `--builders`.
    pub builders: Option<usize>,
    /// The name of the policy's quorum.
    pub quorum: Option<String>,
    /// How many parties count.
    pub parties: usize,
    /// What they name.
    pub material: Option<Fields>,
    /// Their blocks.
    pub signed: Vec<Signed>,
    /// Parties without a block that counts.
    pub missing: Vec<Missing>,
    /// Parties who name other material.
    pub disagree: Vec<Disagree>,
    /// What the publisher says at once, if that is not one material.
    pub contradiction: Vec<Fields>,
    /// Good signatures by trusted keys, and blocks with their ids, that do not count.
    pub not_counted: Vec<NotCounted>,
    /// Blocks that pretend to be by a trusted key.
    pub bad: Vec<NotCounted>,
    /// Blocks by keys that are not trusted.
    pub unknown: Vec<Unknown>,
}

/// A block that counts.
#[derive(Serialize)]
pub struct Signed {
    name: String,
    role: Option<Role>,
    key: PublicKey,
    signed_at: Option<Time>,
    /// More than a day ahead of this machine's clock.
    ahead: bool,
    block: usize,
}

/// A party without a block that counts.
#[derive(Serialize)]
pub struct Missing {
    name: String,
    role: Option<Role>,
}

/// Parties who name other material.
#[derive(Serialize)]
pub struct Disagree {
    names: Vec<String>,
    material: Fields,
    /// The fields in which it differs.
    differs_in: Vec<String>,
}

/// A block that does not count.
#[derive(Serialize)]
pub struct NotCounted {
    block: usize,
    names: Vec<String>,
    reason: String,
}

/// A block by a key that is not trusted.
#[derive(Serialize)]
pub struct Unknown {
    block: usize,
    key_id: String,
}

/// More of these lines help nobody; JSON has them all.
const SHOWN: usize = 10;

impl Report {
    /// Put a judgement into words.
    pub fn new(
        judgement: &Judgement,
        policy: &Policy,
        conditions: &Conditions,
        problem: Option<&Failure>,
        now: Option<Time>,
    ) -> Self {
        let decisive = judgement.sides.first();
        let counted = judgement.signed();
        let mut report = Report {
            verdict: if problem.is_none() { "verified" } else { "not-verified" },
            code: problem.map(|problem| problem.code),
            reason: problem.map(|problem| problem.what.clone()),
            help: problem.map(|problem| problem.help.clone()),
            threshold: conditions.threshold,
            builders: conditions.builders,
            quorum: policy.quorum().map(|member| policy.name_of(member).to_owned()),
            parties: counted.len(),
            material: decisive.map(|side| Fields(side.material.clone())),
            signed: Vec::new(),
            missing: Vec::new(),
            disagree: Vec::new(),
            contradiction: judgement.contradictions.values().flatten().cloned().map(Fields).collect(),
            not_counted: Vec::new(),
            bad: Vec::new(),
            unknown: Vec::new(),
        };
        report.sort_findings(judgement, policy, now);
        let others: BTreeSet<usize> =
            judgement.sides.iter().skip(1).flat_map(|side| side.parties.iter().copied()).collect();
        let missing =
            (0..).zip(policy.parties()).filter(|(party, _)| !counted.contains(party) && !others.contains(party));
        report.missing = missing.map(|(_, party)| Missing { name: party.name.clone(), role: party.role }).collect();
        let disagree = judgement.sides.iter().skip(1).map(|side| Disagree {
            names: names(policy, side.parties.iter().copied()),
            material: Fields(side.material.clone()),
            differs_in: decisive.map(|decisive| decisive.material.differences(&side.material)).unwrap_or_default(),
        });
        report.disagree = disagree.collect();
        report
    }

    fn sort_findings(&mut self, judgement: &Judgement, policy: &Policy, now: Option<Time>) {
        let decisive = judgement.sides.first();
        let is_decisive = |party: usize, said: &Said| {
            decisive.is_some_and(|side| side.material == said.material && side.parties.contains(&party))
        };
        for finding in &judgement.findings {
            let block = finding.number;
            match &finding.outcome {
                Outcome::Good { party, key, said } if is_decisive(*party, said) => {
                    let role = policy.parties().get(*party).and_then(|party| party.role);
                    let name = policy.name(*party).to_owned();
                    let ahead = said.time.zip(now).is_some_and(|(time, now)| is_ahead(time, now));
                    self.signed.push(Signed { name, role, key: key.clone(), signed_at: said.time, ahead, block });
                }
                Outcome::Good { .. } => {}
                Outcome::NotCounted { party, why, .. } => {
                    let names = names(policy, [*party]);
                    self.not_counted.push(NotCounted { block, names, reason: why.to_string() });
                }
                Outcome::Legacy { parties } => {
                    let reason = "it is a legacy signature, which never counts".to_owned();
                    self.not_counted.push(NotCounted { block, names: names(policy, parties.iter().copied()), reason });
                }
                Outcome::Bad { parties, why } => {
                    let names = names(policy, parties.iter().copied());
                    self.bad.push(NotCounted { block, names, reason: why.to_string() });
                }
                Outcome::Unknown => self.unknown.push(Unknown { block, key_id: finding.key_id.to_string() }),
            }
        }
    }

    /// In words, for standard error.
    pub fn describe(&self, err: &mut dyn Write) -> std::io::Result<()> {
        for signed in &self.signed {
            let time = signed.signed_at.map(|time| format!(" on {time}")).unwrap_or_default();
            writeln!(err, "signed: {}{}{time}", role(signed.role), signed.name)?;
            if signed.ahead {
                writeln!(
                    err,
                    "note: that time is more than a day ahead of this machine's clock: one of the two is wrong"
                )?;
            }
        }
        show(self.material.as_ref(), None, err)?;
        for missing in &self.missing {
            writeln!(err, "missing: {}{}", role(missing.role), missing.name)?;
        }
        for other in &self.disagree {
            writeln!(err, "disagrees on {}: {}", other.differs_in.join(", "), other.names.join(", "))?;
            show(Some(&other.material), Some(&other.differs_in), err)?;
        }
        for material in &self.contradiction {
            writeln!(err, "the publisher says:")?;
            show(Some(material), None, err)?;
        }
        for other in self.not_counted.iter().take(SHOWN) {
            writeln!(err, "not counted: block {} of {}: {}", other.block, other.names.join(" or "), other.reason)?;
        }
        more(self.not_counted.len(), "not counted", err)?;
        for bad in self.bad.iter().take(SHOWN) {
            writeln!(err, "BAD: block {} with the id of {}: {}", bad.block, bad.names.join(" or "), bad.reason)?;
        }
        more(self.bad.len(), "BAD", err)?;
        for unknown in self.unknown.iter().take(SHOWN) {
            writeln!(err, "unknown: block {} by the key {}", unknown.block, unknown.key_id)?;
        }
        more(self.unknown.len(), "unknown", err)
    }
}

/// That there are more: a flood is not repeated on the terminal.
fn more(count: usize, what: &str, err: &mut dyn Write) -> std::io::Result<()> {
    match count.checked_sub(SHOWN) {
        Some(more @ 1..) => {
            writeln!(err, "{what}: {more} more blocks; prune --policy takes out what is not the policy's")
        }
        _ => Ok(()),
    }
}

/// A material's fields, or these of them.
fn show(material: Option<&Fields>, only: Option<&Vec<String>>, err: &mut dyn Write) -> std::io::Result<()> {
    let fields = material.into_iter().flat_map(|material| material.0.fields());
    for (key, value) in fields.filter(|(key, _)| only.is_none_or(|only| only.contains(key))) {
        writeln!(err, "  {key}: {}", Foreign::from(&value))?;
    }
    Ok(())
}

fn names(policy: &Policy, parties: impl IntoIterator<Item = usize>) -> Vec<String> {
    parties.into_iter().map(|party| policy.name(party).to_owned()).collect()
}

fn role(role: Option<Role>) -> String {
    role.map(|role| format!("{role} ")).unwrap_or_default()
}
