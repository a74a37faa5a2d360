//! The verdict in words, in JSON, and as an exit code.

use std::borrow::Cow;
use std::io::Write;

use foreign::{Meaning, Problem as _};
use serde::Serialize;

use super::Output;
use crate::verdict::{Authentic, Failure, SignerFact};

/// 0 authentic, 1 not authentic, 3 could not be checked.
pub fn exit_code(result: &Result<Authentic, Failure>) -> u8 {
    match result {
        Ok(_) => 0,
        Err(failure) => match failure.meaning() {
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
    result: &Result<Authentic, Failure>,
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
        Err(failure) => {
            let lead = match failure.meaning() {
                Meaning::NotAuthentic => "NOT AUTHENTIC",
                Meaning::NotChecked => "could not check",
            };
            writeln!(err, "{lead}: {failure}\nhelp: {}", failure.help())?;
        }
    }
    out.flush()
}

fn describe(authentic: &Authentic, err: &mut dyn Write) -> std::io::Result<()> {
    for (index, tag) in authentic.tags.iter().enumerate() {
        let role = if index == 0 { "tag" } else { "leads to tag" };
        writeln!(err, "{role} {} ({})", tag.name, tag.id)?;
        if tag.verified {
            describe_signers(authentic, err)?;
        }
    }
    writeln!(err, "commit {}", authentic.commit)?;
    if authentic.commit_verified {
        describe_signers(authentic, err)?;
    }
    let tarball = &authentic.tarball;
    let prefix = tarball.prefix.to_string();
    let prefix = if prefix.is_empty() { "none" } else { &prefix };
    writeln!(
        err,
        "tarball ({}): its archive, {} entries, {} bytes of tar; prefix {prefix}, umask {}",
        tarball.container.extension(),
        tarball.entries,
        tarball.tar_bytes,
        tarball.umask
    )?;
    for sign in &tarball.signs_of_age {
        writeln!(err, "  made by an older git: {sign}")?;
    }
    if !authentic.holes.is_empty() {
        writeln!(err, "text in the tarball that only its maker knew:")?;
    }
    for hole in &authentic.holes {
        let decided = if hole.decided { "decided by signed data" } else { "not decided by signed data" };
        writeln!(err, "  {}: {} is \"{}\" ({decided})", hole.path, hole.placeholder, hole.text)?;
    }
    Ok(())
}

fn describe_signers(authentic: &Authentic, err: &mut dyn Write) -> std::io::Result<()> {
    for signer in &authentic.signers {
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
    NotAuthentic { code: &'static str, reason: String, help: Cow<'static, str> },
    NotChecked { code: &'static str, reason: String, help: Cow<'static, str> },
}

impl<'a> Json<'a> {
    fn of(result: &'a Result<Authentic, Failure>) -> Self {
        match result {
            Ok(authentic) => Json::Authentic(authentic),
            Err(failure) => {
                let (code, reason, help) = (failure.code(), failure.to_string(), failure.help());
                match failure.meaning() {
                    Meaning::NotAuthentic => Json::NotAuthentic { code, reason, help },
                    Meaning::NotChecked => Json::NotChecked { code, reason, help },
                }
            }
        }
    }
}
