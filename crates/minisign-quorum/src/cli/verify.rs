//! `-V` and `verify`.

use std::path::Path;

use foreign::Foreign;

use super::args::{Plain, Verify};
use super::failure::Failure;
use super::keys::public_keys_or_default;
use super::report::{Report, Streams, json};
use super::sets::{policy, read_for};
use crate::{Algorithm, Conditions, Judgement, Payload, Policy, first_good, judge};

/// `-V`, with or without `-Q`.
pub fn plain(request: &Plain, streams: &mut Streams) -> Result<u8, Failure> {
    let file = request.file.as_deref().unwrap_or(Path::new(""));
    let keys = public_keys_or_default(&request.keys)?;
    let blocks = read_for(file, request.set.as_deref())?;
    if let Some(threshold) = request.quorum {
        let payload = Payload::read(file, false)?;
        let conditions =
            Conditions { threshold: Some(threshold), require: Vec::new(), allow_rename: request.allow_rename };
        let judgement = judge(&blocks, &payload, &keys, &conditions);
        return answer(&judgement, &keys, &conditions, file, Form { json: false, quiet: request.quiet }, streams);
    }
    let is_candidate = |id| keys.keys_with_id(id).next().is_some();
    let has_legacy = blocks.iter().any(|block| block.algorithm() == Algorithm::Legacy && is_candidate(block.key_id()));
    let payload = Payload::read(file, has_legacy && !request.prehashed)?;
    let good = first_good(&blocks, &payload, &keys, !request.prehashed, request.allow_rename)?;
    if !request.quiet {
        writeln!(streams.out, "Signature and comment signature verified")?;
        writeln!(streams.out, "Trusted comment: {}", comment(&good.block().trusted_comment()))?;
    }
    Ok(0)
}

/// The parser lets only printable characters and TAB pass; TABs are shown as minisign shows them.
fn comment(comment: &Foreign) -> String {
    let parts: Vec<String> =
        comment.as_bytes().split(|byte| *byte == b'\t').map(|part| Foreign::from(part).to_string()).collect();
    parts.join("\t")
}

/// `verify`
pub fn verify(request: &Verify, streams: &mut Streams) -> Result<u8, Failure> {
    let policy = policy(&request.policy)?;
    let require = request.require.iter().map(|name| {
        policy.member(name).ok_or_else(|| {
            let what =
                format!("{} has no party or group named {}", Foreign::path(&request.policy), Foreign::from(name));
            Failure::usage(what, "Check the name after --require.")
        })
    });
    let require = require.collect::<Result<Vec<_>, _>>()?;
    if policy.quorum().is_none() && request.threshold.is_none() && require.is_empty() {
        let what = format!(
            "{} has no line \"quorum\", and nothing else says how many must have signed",
            Foreign::path(&request.policy)
        );
        return Err(Failure::usage(what, "Add the line, or --threshold."));
    }
    let blocks = read_for(&request.file, request.set.as_deref())?;
    let payload = Payload::read(&request.file, false)?;
    let conditions = Conditions { threshold: request.threshold, require, allow_rename: request.allow_rename };
    let judgement = judge(&blocks, &payload, &policy, &conditions);
    let form = Form { json: request.json, quiet: request.quiet };
    answer(&judgement, &policy, &conditions, &request.file, form, streams)
}

/// How the answer is given.
#[derive(Clone, Copy)]
struct Form {
    json: bool,
    quiet: bool,
}

fn answer(
    judgement: &Judgement,
    policy: &Policy,
    conditions: &Conditions,
    file: &Path,
    form: Form,
    streams: &mut Streams,
) -> Result<u8, Failure> {
    let problem = problem(judgement, policy, conditions, file);
    let report = Report::new(judgement, policy, conditions.threshold, problem.as_ref());
    if form.json {
        json(&report, streams)?;
        return Ok(u8::from(problem.is_some()));
    }
    if !form.quiet || problem.is_some() {
        report.describe(streams)?;
        streams.err.flush()?;
    }
    match problem {
        Some(problem) => Err(problem),
        None => {
            if !form.quiet {
                writeln!(streams.out, "OK")?;
            }
            Ok(0)
        }
    }
}

/// Why it is not verified.
fn problem(judgement: &Judgement, policy: &Policy, conditions: &Conditions, file: &Path) -> Option<Failure> {
    if judgement.is_good() {
        return None;
    }
    let file = Foreign::path(file);
    if let Some(bad) = judgement.bad().next() {
        let what = format!("block {} has the id {} of a trusted key, and is not by it", bad.number, bad.key_id);
        let help =
            "Do not use the file until this is explained; get it and its signatures anew, or from another mirror.";
        return Some(Failure::verdict(format!("{what}, for {file}"), help));
    }
    let signed = judgement.signed();
    let help = "Wait for more builders, and get the newest set; the lines above say who is missing, and who differs.";
    let unmet = conditions.require.iter().find(|member| !policy.is_met(**member, &signed));
    let what = match (conditions.threshold, unmet, policy.quorum()) {
        (Some(threshold), ..) if signed.len() < threshold => {
            format!("{} of {threshold} needed parties have signed {file} from the same material", signed.len())
        }
        (_, Some(member), _) => {
            format!("{} has not signed {file} from the same material as the others", policy.name_of(*member))
        }
        (_, None, Some(member)) => {
            format!("the quorum {} has not signed {file} from the same material", policy.name_of(member))
        }
        _ => format!("not enough parties have signed {file} from the same material"),
    };
    Some(Failure::verdict(what, help))
}
