//! The verdict in words, in JSON, and as an exit code.

use std::borrow::Cow;
use std::io::Write;

use foreign::{Foreign, Meaning, Problem as _};
use serde::Serialize;

use super::args::Output;
use super::grade;
use crate::archive::Filled;
use crate::git::Ancestry;
use crate::tarball::{Grade, Graded};
use crate::verdict::{Authentic, Failure, Held, OtherCommit, Refusal, SignedFact, SignerFact};

/// More of these lines help nobody; JSON has them all.
const SHOWN: usize = 10;

/// 0 authentic, 1 not authentic, 3 could not be checked.
pub fn exit_code(result: &Result<Authentic, Refusal>) -> u8 {
    match result {
        Ok(_) => 0,
        Err(refusal) => match refusal.why.meaning() {
            Meaning::NotAuthentic => 1,
            Meaning::NotChecked => 3,
        },
    }
}

/// Print the result: `OK` or JSON to `out`, everything else to `err`.
///
/// # Errors
/// Where they cannot be written to.
pub fn report(
    result: &Result<Authentic, Refusal>,
    output: Output,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> std::io::Result<()> {
    match result {
        _ if output.json => {
            serde_json::to_writer_pretty(&mut *out, &Json::of(result))?;
            writeln!(out)?;
        }
        Ok(authentic) if !output.quiet => {
            describe(authentic, err)?;
            err.flush()?;
            writeln!(out, "OK")?;
        }
        Ok(_) => {}
        Err(Refusal { why, held }) => {
            let lead = match (why, why.meaning()) {
                // Nothing is wrong with what is there: most often the name is mistyped.
                (Failure::NotThere { .. }, _) => "not found",
                (_, Meaning::NotAuthentic) => "NOT AUTHENTIC",
                (_, Meaning::NotChecked) => "could not check",
            };
            if !output.quiet {
                describe_held(held, err)?;
            }
            writeln!(err, "{lead}: {why}\nhelp: {}", why.help())?;
            let is_open = held.graded.is_none() && held.not_graded.is_none() && held.signed.is_some();
            if is_open
                && !output.quiet
                && !output.explains
                && why.is_worth_another_reading()
                && why.meaning() == Meaning::NotAuthentic
            {
                writeln!(err, "{}", grade::ADVICE)?;
            }
        }
    }
    out.flush()
}

/// What is right, if not everything is.
fn describe_held(held: &Held, err: &mut dyn Write) -> std::io::Result<()> {
    if let Some(signed) = &held.signed {
        writeln!(err, "what held:")?;
        describe_signed(signed, err)?;
    }
    if let Some(archive) = &held.archive_of {
        let is = if archive.same { "is" } else { "is not" };
        writeln!(err, "beside the signature: the tarball {is} the archive of the commit {}", archive.commit)?;
    }
    if let Some(other) = &held.other_commit {
        describe_other(other, err)?;
    }
    if let Some(graded) = &held.graded {
        grade::describe(graded, err)?;
        describe_holes(&graded.holes, err)?;
    }
    if let Some(why) = &held.not_graded {
        writeln!(err, "what differs cannot be told: {why}")?;
    }
    Ok(())
}

/// The commit that the tarball names.
fn describe_other(other: &OtherCommit, err: &mut dyn Write) -> std::io::Result<()> {
    writeln!(err, "the tarball names the commit {}", other.commit)?;
    match other.ancestry {
        Some(Ancestry::Before) => writeln!(err, "  it comes before the signed commit, in its history")?,
        Some(Ancestry::After) => writeln!(err, "  it comes after the signed commit, which is in its history")?,
        Some(Ancestry::Apart) => writeln!(err, "  neither of the two commits is in the history of the other")?,
        Some(Ancestry::Unknown) => writeln!(err, "  the part of the history that was looked at does not have both")?,
        None => {}
    }
    if let Some(date) = &other.committed_at {
        writeln!(err, "  committed on {date}, if its author is to be believed")?;
    }
    describe_signers(&other.signers, err)?;
    match (&other.unsigned, &other.unknown) {
        (Some(why), _) => writeln!(err, "  that commit {why}"),
        (None, Some(why)) => writeln!(err, "  what it is cannot be told: {why}"),
        (None, None) => Ok(()),
    }
}

fn describe_signed(signed: &SignedFact, err: &mut dyn Write) -> std::io::Result<()> {
    for (index, tag) in signed.tags.iter().enumerate() {
        let role = if index == 0 { "tag" } else { "leads to tag" };
        writeln!(err, "{role} {} ({})", tag.name, tag.id)?;
        if tag.verified {
            describe_signers(&signed.signers, err)?;
        }
    }
    writeln!(err, "commit {}", signed.commit)?;
    if signed.commit_verified {
        describe_signers(&signed.signers, err)?;
    }
    Ok(())
}

fn describe(authentic: &Authentic, err: &mut dyn Write) -> std::io::Result<()> {
    describe_signed(&authentic.signed, err)?;
    let tarball = &authentic.tarball;
    let prefix = tarball.prefix.to_string();
    let prefix = if prefix.is_empty() { "none" } else { &prefix };
    let (kind, entries) = (tarball.container.extension(), tarball.entries);
    match (&authentic.comparison, &tarball.umask, tarball.tar_bytes) {
        (None, Some(umask), Some(bytes)) => writeln!(
            err,
            "tarball ({kind}): its archive, {entries} entries, {bytes} bytes of tar; prefix {prefix}, umask {umask}"
        )?,
        (comparison, ..) => {
            writeln!(err, "tarball ({kind}): not its archive, and accepted as it is; {entries} entries")?;
            comparison.iter().try_for_each(|graded| grade::describe(graded, err))?;
        }
    }
    for sign in &tarball.signs_of_age {
        writeln!(err, "  made by an older git: {sign}")?;
    }
    match tarball.part {
        Some("folder") => writeln!(err, "  the archive of one folder: git archive was run in it")?,
        Some("old-folder") => writeln!(err, "  the archive of one folder: a git before 2.41 was run in it")?,
        Some("path") => writeln!(err, "  the archive of one folder, whose path git archive was given")?,
        Some("tree") => {
            writeln!(err, "  the archive of one folder as a tree: no commit id, and times that nobody signed")?
        }
        _ => {}
    }
    if authentic.comparison.is_none() {
        grade::submodules(&authentic.submodules, err)?;
    }
    if tarball.exports_all {
        writeln!(err, "  made without regard to export-ignore and export-subst, as uscan does it with gitexport=all")?;
    }
    if !authentic.lfs.is_empty() {
        let count = authentic.lfs.len();
        writeln!(err, "content of Git LFS in the place of {count} signed pointers, with their SHA-256 and size:")?;
    }
    for file in authentic.lfs.iter().take(SHOWN) {
        writeln!(err, "  {}: {} bytes", file.path, file.bytes)?;
    }
    if let Some(more @ 1..) = authentic.lfs.len().checked_sub(SHOWN) {
        writeln!(err, "  and {more} more")?;
    }
    describe_holes(&authentic.holes, err)
}

fn describe_holes(holes: &[Filled], err: &mut dyn Write) -> std::io::Result<()> {
    if !holes.is_empty() {
        writeln!(err, "text in the tarball that only its maker knew:")?;
    }
    for hole in holes {
        let decided = if hole.decided { "decided by signed data" } else { "not decided by signed data" };
        writeln!(err, "  {}: {} is \"{}\" ({decided})", hole.path, hole.placeholder, hole.text)?;
    }
    Ok(())
}

fn describe_signers(signers: &[SignerFact], err: &mut dyn Write) -> std::io::Result<()> {
    for signer in signers {
        match signer {
            SignerFact::OpenPgp { certificate, key, user_id, signed_at } => {
                match user_id {
                    Some(user_id) => writeln!(err, "  signed by {user_id}")?,
                    None => writeln!(err, "  signed by a certificate without a valid user id")?,
                }
                writeln!(err, "    certificate {certificate}")?;
                if key != certificate {
                    writeln!(err, "    with its key {key}")?;
                }
                writeln!(err, "    on {signed_at}")?;
            }
            SignerFact::Ssh { principal, key_type, fingerprint, authority, touched, signed_at } => {
                writeln!(err, "  signed by {principal}")?;
                writeln!(err, "    {key_type} key {fingerprint}")?;
                if let Some(authority) = authority {
                    writeln!(err, "    certified by {authority}")?;
                }
                if *touched == Some(false) {
                    writeln!(err, "    nobody touched the security key for this signature")?;
                }
                writeln!(err, "    dated {signed_at}")?;
            }
        }
    }
    Ok(())
}

/// The object that `--json` prints. Foreign text in it is escaped as everywhere.
#[derive(Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
enum Json<'a> {
    Authentic(&'a Authentic),
    /// Not the archive, and accepted all the same.
    Accepted(&'a Authentic),
    NotAuthentic(Refused<'a>),
    NotChecked(Refused<'a>),
}

#[derive(Serialize)]
struct Refused<'a> {
    /// A stable name of what happened.
    code: &'static str,
    reason: String,
    help: Cow<'static, str>,
    #[serde(skip_serializing_if = "Held::is_empty")]
    held: &'a Held,
    #[serde(skip_serializing_if = "Option::is_none")]
    grade: Option<Grade>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<&'a Graded>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_graded: Option<&'a Foreign>,
}

impl<'a> Json<'a> {
    fn of(result: &'a Result<Authentic, Refusal>) -> Self {
        match result {
            Ok(authentic) if authentic.grade == Grade::SameTar => Json::Authentic(authentic),
            Ok(accepted) => Json::Accepted(accepted),
            Err(Refusal { why, held }) => {
                let refused = Refused {
                    code: why.code(),
                    reason: why.to_string(),
                    help: why.help(),
                    held,
                    grade: held.graded.as_ref().map(|graded| graded.grade),
                    comparison: held.graded.as_ref(),
                    not_graded: held.not_graded.as_ref(),
                };
                match why.meaning() {
                    Meaning::NotAuthentic => Json::NotAuthentic(refused),
                    Meaning::NotChecked => Json::NotChecked(refused),
                }
            }
        }
    }
}
