//! `-V` and `verify`.

use std::io::Write as _;
use std::path::Path;

use foreign::{Foreign, Time};

use super::advice::{Question, problem};
use super::args::{Plain, Verify};
use super::failure::Failure;
use super::json;
use super::keys::public_keys_or_default;
use super::report::Report;
use super::sets::{policy, read_for};
use super::streams::Streams;
use crate::author::candidates;
use crate::verify::is_comment_by;
use crate::{Block, Conditions, Payload, PlainError, Policy, SignedName, first_good, judge};

/// `-V`, with or without `-Q`.
pub fn plain(request: &Plain, streams: &mut Streams) -> Result<u8, Failure> {
    let file = request.file.as_deref().unwrap_or(Path::new(""));
    let keys = public_keys_or_default(&request.keys)?;
    let blocks = read_for(file, request.set.as_deref())?;
    if let Some(threshold) = request.quorum {
        let conditions = Conditions {
            threshold: Some(threshold),
            allow_rename: request.allow_rename,
            strict: request.strict,
            ..Conditions::default()
        };
        let question = Question { policy: &keys, conditions: &conditions, file };
        return answer(&question, &blocks, Form { json: false, quiet: request.quiet }, streams);
    }
    let payload = Payload::read(file, false)?;
    let answer = match first_good(&blocks, &payload, &keys, false, request.allow_rename) {
        // Only now is the file's content needed.
        Err(PlainError::Legacy) if !request.prehashed => {
            first_good(&blocks, &Payload::read(file, true)?, &keys, true, request.allow_rename)?
        }
        answer => answer?,
    };
    if let Some((number, id, why)) = answer.bad.first() {
        let what = format!("block {number} has the id {id} of a trusted key, and is not by it: {why}");
        if request.strict {
            return Err(Failure::verdict("bad-block", what, "Get the signatures anew, or leave --strict out."));
        }
        writeln!(streams.err, "BAD: {what}; another block is good")?;
    }
    if !answer.names_file {
        let what = "the signed comment does not name the file: anyone who renames files can pass off another release";
        writeln!(streams.err, "note: {what}")?;
    }
    if !request.quiet {
        writeln!(streams.out, "Signature and comment signature verified")?;
        writeln!(streams.out, "Trusted comment: {}", comment(&answer.good.block().trusted_comment()))?;
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
    let is_anything_asked =
        policy.quorum().is_some() || request.threshold.is_some() || request.builders.is_some() || !require.is_empty();
    if !is_anything_asked {
        let what = format!(
            "{} has no line \"quorum\", and nothing else says how many must have signed",
            Foreign::path(&request.policy)
        );
        return Err(Failure::usage(what, "Add the line, or --threshold, or --builders."));
    }
    let blocks = read_for(&request.file, request.set.as_deref())?;
    let conditions = Conditions {
        threshold: request.threshold,
        builders: request.builders,
        require,
        allow_rename: request.allow_rename,
        strict: request.strict,
    };
    let question = Question { policy: &policy, conditions: &conditions, file: &request.file };
    answer(&question, &blocks, Form { json: request.json, quiet: request.quiet }, streams)
}

/// How the answer is given.
#[derive(Clone, Copy)]
struct Form {
    json: bool,
    quiet: bool,
}

fn answer(question: &Question, blocks: &[Block], form: Form, streams: &mut Streams) -> Result<u8, Failure> {
    let Question { policy, conditions, file } = *question;
    let payload = Payload::read(file, false)?;
    let judgement = judge(blocks, &payload, policy, conditions);
    let named = if judgement.is_good() { None } else { signed_name(blocks, policy) };
    let problem = problem(question, &judgement, named);
    let report = Report::new(&judgement, policy, conditions, problem.as_ref(), Time::now());
    if form.json {
        json::write(&report, streams.out)?;
        return Ok(u8::from(problem.is_some()));
    }
    if !form.quiet || problem.is_some() {
        report.describe(&mut streams.err)?;
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

/// The one name that trusted keys signed, of whatever file.
fn signed_name(blocks: &[Block], policy: &Policy) -> Option<Foreign> {
    let is_signed = |block: &&Block| candidates(block, policy).iter().any(|trusted| is_comment_by(block, &trusted.key));
    let mut names = blocks.iter().filter(is_signed).map(|block| SignedName::of(block.trusted_comment().as_bytes()));
    let SignedName::File(name) = names.next()? else { return None };
    names.all(|other| matches!(other, SignedName::File(other) if other == name)).then(|| Foreign::from(&name))
}
