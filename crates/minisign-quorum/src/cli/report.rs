//! Results in words and in JSON.

use std::collections::BTreeSet;
use std::io::Write;

use foreign::Foreign;
use serde::Serialize;

use super::args::Invocation;
use super::failure::{Failure, Kind};
use crate::{Judgement, KeyId, Material, Outcome, Policy, PublicKey, Role, Time};

/// Standard output and standard error.
pub struct Streams<'a> {
    /// For results.
    pub out: &'a mut dyn Write,
    /// For everything else.
    pub err: &'a mut dyn Write,
}

/// Why the answer is not yes, and the exit code.
pub fn failure(failure: &Failure, invocation: &Invocation, streams: &mut Streams) -> std::io::Result<u8> {
    let is_check = invocation.is_check();
    let (lead, verdict, code) = match failure.kind {
        Kind::Verdict => (if is_check { "NOT VERIFIED" } else { "refused" }, "not-verified", 1),
        Kind::Unchecked => (if is_check { "could not check" } else { "not done" }, "not-checked", 3),
        Kind::Usage => ("usage error", "not-checked", 2),
    };
    if invocation.is_json() && failure.kind != Kind::Usage {
        json(&serde_json::json!({"verdict": verdict, "reason": failure.what, "help": failure.help}), streams)?;
    } else {
        writeln!(streams.err, "{lead}: {}\nhelp: {}", failure.what, failure.help)?;
    }
    Ok(code)
}

/// One object on standard output.
pub fn json(value: &impl Serialize, streams: &mut Streams) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *streams.out, value)?;
    writeln!(streams.out)
}

/// A judgement as it is shown.
#[derive(Serialize)]
pub struct Report {
    /// `verified` or `not-verified`
    pub verdict: &'static str,
    /// What happened, where it is not verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What to do, where it is not verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What was asked for with `--threshold` or `-Q`.
    pub threshold: Option<usize>,
    /// The name of the policy's quorum.
    pub quorum: Option<String>,
    /// How many parties count.
    pub parties: usize,
    /// What they name.
    pub material: Option<Material>,
    /// Their blocks.
    pub signed: Vec<Signed>,
    /// Parties without a block that counts.
    pub missing: Vec<Missing>,
    /// Parties who name other material.
    pub disagree: Vec<Disagree>,
    /// Good signatures by trusted keys, and blocks with their ids, that do not count.
    pub not_counted: Vec<NotCounted>,
    /// Blocks with a trusted key's id that are not by it.
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
    signed_at: Time,
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
    material: Material,
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

impl Report {
    /// Put a judgement into words.
    pub fn new(judgement: &Judgement, policy: &Policy, threshold: Option<usize>, problem: Option<&Failure>) -> Self {
        let decisive = judgement.sides.first();
        let counted = judgement.signed();
        let names =
            |parties: &mut dyn Iterator<Item = usize>| parties.map(|party| policy.name(party).to_owned()).collect();
        let mut report = Report {
            verdict: if problem.is_none() { "verified" } else { "not-verified" },
            reason: problem.map(|problem| problem.what.clone()),
            help: problem.map(|problem| problem.help.clone()),
            threshold,
            quorum: policy.quorum().map(|member| policy.name_of(member).to_owned()),
            parties: counted.len(),
            material: decisive.map(|side| side.material.clone()),
            signed: Vec::new(),
            missing: Vec::new(),
            disagree: Vec::new(),
            not_counted: Vec::new(),
            bad: Vec::new(),
            unknown: Vec::new(),
        };
        for finding in &judgement.findings {
            let block = finding.number;
            match &finding.outcome {
                Outcome::Good { party, key, time, material } if Some(material) == report.material.as_ref() => {
                    let role = policy.parties().get(*party).and_then(|party| party.role);
                    let name = policy.name(*party).to_owned();
                    report.signed.push(Signed { name, role, key: key.clone(), signed_at: *time, block });
                }
                Outcome::Good { .. } => {}
                Outcome::NotCounted { party, why, .. } => {
                    let names = names(&mut std::iter::once(*party));
                    report.not_counted.push(NotCounted { block, names, reason: why.to_string() });
                }
                Outcome::Legacy { parties } => {
                    let names = names(&mut parties.iter().copied());
                    report.not_counted.push(NotCounted {
                        block,
                        names,
                        reason: "it is a legacy signature, which never counts".to_owned(),
                    });
                }
                Outcome::Bad { parties, why } => {
                    let names = names(&mut parties.iter().copied());
                    report.bad.push(NotCounted { block, names, reason: why.to_string() });
                }
                Outcome::Unknown => report.unknown.push(Unknown { block, key_id: id(finding.key_id) }),
            }
        }
        let others: BTreeSet<usize> =
            judgement.sides.iter().skip(1).flat_map(|side| side.parties.iter().copied()).collect();
        let missing =
            (0..).zip(policy.parties()).filter(|(party, _)| !counted.contains(party) && !others.contains(party));
        report.missing = missing.map(|(_, party)| Missing { name: party.name.clone(), role: party.role }).collect();
        report.disagree = judgement
            .sides
            .iter()
            .skip(1)
            .map(|side| Disagree {
                names: names(&mut side.parties.iter().copied()),
                material: side.material.clone(),
                differs_in: differences(decisive.map(|side| &side.material), &side.material),
            })
            .collect();
        report
    }

    /// In words, on standard error.
    pub fn describe(&self, streams: &mut Streams) -> std::io::Result<()> {
        let err = &mut *streams.err;
        for signed in &self.signed {
            writeln!(err, "signed: {}{} on {}", role(signed.role), signed.name, signed.signed_at)?;
        }
        for (key, value) in self.material.iter().flat_map(Material::fields) {
            writeln!(err, "  {key}: {value}")?;
        }
        for missing in &self.missing {
            writeln!(err, "missing: {}{}", role(missing.role), missing.name)?;
        }
        for other in &self.disagree {
            writeln!(err, "disagrees on {}: {}", other.differs_in.join(", "), other.names.join(", "))?;
            for (key, value) in
                other.material.fields().into_iter().filter(|(key, _)| other.differs_in.contains(&key.to_string()))
            {
                writeln!(err, "  {key}: {value}")?;
            }
        }
        for other in &self.not_counted {
            writeln!(err, "not counted: block {} of {}: {}", other.block, other.names.join(" or "), other.reason)?;
        }
        for bad in &self.bad {
            writeln!(err, "BAD: block {} with the id of {}: {}", bad.block, bad.names.join(" or "), bad.reason)?;
        }
        for unknown in &self.unknown {
            writeln!(err, "unknown: block {} by the key {}", unknown.block, unknown.key_id)?;
        }
        Ok(())
    }
}

fn id(id: KeyId) -> String {
    id.to_string()
}

fn role(role: Option<Role>) -> String {
    role.map(|role| format!("{role} ")).unwrap_or_default()
}

/// The keys of the fields that are in one only, or with another value.
fn differences(one: Option<&Material>, other: &Material) -> Vec<String> {
    let fields = |material: &Material| material.fields().into_iter().collect::<BTreeSet<(Foreign, Foreign)>>();
    let one = one.map(fields).unwrap_or_default();
    let other = fields(other);
    let keys: BTreeSet<String> = one.symmetric_difference(&other).map(|(key, _)| key.to_string()).collect();
    keys.into_iter().collect()
}
