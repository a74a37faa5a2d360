//! Why a quorum is not met, and what to do about that: each cause has its own advice.

use std::path::Path;

use foreign::Foreign;

use super::failure::Failure;
use crate::{BadSignature, Conditions, Judgement, NotCounted, Outcome, Policy, Role};

/// What was asked.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Whom to trust.
    pub policy: &'a Policy,
    /// How many.
    pub conditions: &'a Conditions,
    /// The file, as it was given.
    pub file: &'a Path,
}

/// Why it is not verified. `named` is what the signers call the file, if they agree.
pub fn problem(question: &Question, judgement: &Judgement, named: Option<Foreign>) -> Option<Failure> {
    if judgement.is_good() {
        return None;
    }
    let file = Foreign::path(question.file);
    let mut contradictions = judgement.contradictions.values().map(|materials| materials.iter());
    if let Some((Some(one), Some(other))) =
        contradictions.next().map(|mut materials| (materials.next(), materials.next()))
    {
        let what = format!(
            "the publisher signed {file} as made from different material, which differs in {}",
            one.differences(other).join(", ")
        );
        let help = "Do not use the file until the publisher says which is right; the lines above show both.";
        return Some(Failure::verdict("publisher-contradicts-itself", what, help));
    }
    if judgement.is_met
        && let Some(bad) = judgement.bad().next()
    {
        let what =
            format!("block {} has the id {} of a trusted key, and is not by it, for {file}", bad.number, bad.key_id);
        let help =
            "Get the signatures anew, or from another mirror; or leave --strict out: the quorum is met without it.";
        return Some(Failure::verdict("bad-block", what, help));
    }
    let (code, what) = unmet(question, judgement, &file);
    Some(Failure::verdict(code, what, help(question, judgement, named)))
}

/// What is not met.
fn unmet(question: &Question, judgement: &Judgement, file: &Foreign) -> (&'static str, String) {
    let Question { policy, conditions, .. } = question;
    let signed = judgement.signed();
    let is_builder =
        |party: &&usize| policy.parties().get(**party).is_some_and(|party| party.role == Some(Role::Builder));
    let rebuilt = signed.iter().filter(is_builder).count();
    let missing = conditions.require.iter().find(|member| !policy.is_met(**member, &signed));
    let what = match (conditions.threshold, conditions.builders, missing, policy.quorum()) {
        (Some(threshold), ..) if signed.len() < threshold => {
            format!("{} of {threshold} needed parties have signed {file} from the same material", signed.len())
        }
        (_, Some(builders), ..) if rebuilt < builders => {
            format!("{rebuilt} of {builders} needed builders have signed {file} from the same material")
        }
        (_, _, Some(member), _) => {
            format!("{} has not signed {file} from the same material as the others", policy.name_of(*member))
        }
        (_, _, None, Some(member)) => {
            format!("the quorum {} has not signed {file} from the same material", policy.name_of(member))
        }
        _ => format!("not enough parties have signed {file} from the same material"),
    };
    ("quorum-not-met", what)
}

/// The likeliest cause first: what more builders cannot mend.
fn help(question: &Question, judgement: &Judgement, named: Option<Foreign>) -> String {
    let Question { policy, conditions, .. } = question;
    let parties = policy.parties().len();
    let builders = policy.parties().iter().filter(|party| party.role != Some(Role::Publisher)).count();
    if conditions.threshold.is_some_and(|threshold| threshold > parties) {
        return format!(
            "Only {parties} parties are trusted here, and so the number can never be reached. Ask for fewer, or trust more."
        );
    }
    if conditions.builders.is_some_and(|wanted| wanted > builders) {
        return format!(
            "Only {builders} builders are trusted here, and so the number can never be reached. Ask for fewer, or trust more."
        );
    }
    let reasons = || judgement.findings.iter().map(|finding| &finding.outcome);
    let renamed = reasons().find_map(|outcome| match outcome {
        Outcome::NotCounted { why: NotCounted::OtherFile(name), .. } => Some(name),
        _ => None,
    });
    if let Some(name) = renamed {
        return format!(
            "The bytes are those of a file named {name}: this one was renamed, or is another release. If {name} is what you \
             want, give it that name; --allow-rename takes any name."
        );
    }
    let is_changed = |outcome: &Outcome| matches!(outcome, Outcome::Bad { why: BadSignature::File, .. });
    let is_good = |outcome: &Outcome| matches!(outcome, Outcome::Good { .. } | Outcome::NotCounted { .. });
    if reasons().any(is_changed) && !reasons().any(is_good) {
        let of = named.map(|name| format!(" (they signed {name})")).unwrap_or_default();
        return format!(
            "The file is not the one that was signed{of}: it was changed, is incomplete, or is another release. Get it anew, \
             or from another mirror."
        );
    }
    if judgement.bad().next().is_some() {
        return "Get the newest set, or from another mirror; the lines above say which blocks are bad, and who is missing."
            .to_owned();
    }
    "Wait for more builders, and get the newest set; the lines above say who is missing, and who differs.".to_owned()
}
