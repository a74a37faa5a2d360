//! `sign` and `cosign`: a new block, and the set that it is in.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use foreign::{Foreign, Time};

use super::args::Cosign;
use super::failure::Failure;
use super::invocation::SignRequest;
use super::keys::{public_keys, secret_key};
use super::merge::{described, stored};
use super::sets::{policy, read, set_of, single_of, text};
use super::streams::Streams;
use crate::replace::resolve;
use crate::{
    Block, CosignError, GrowError, Lock, Material, Payload, Policy, Present, Publication, Role, Set, Statement, Terms,
    VerifiedBlock, Whose, claimed_publishers, is_ahead,
};

/// What is written to a file of one block.
const SINGLE_COMMENT: &str = "signature from minisign secret key";

fn now() -> Result<Time, Failure> {
    Time::now().ok_or_else(|| Failure::unchecked("clock", "the clock is before 1970", "Set the clock."))
}

/// `sign`
pub fn sign(request: &SignRequest, streams: &mut Streams) -> Result<u8, Failure> {
    let args = &request.args;
    let target = args.out.clone().unwrap_or_else(|| set_of(&args.file));
    let single = single_of(&args.file);
    let is_in_the_way = |path: &Path| !args.force && path.exists();
    if args.single && resolve(&target) == resolve(&single) {
        let what = format!("{} would be the set and the single signature", Foreign::path(&single));
        return Err(Failure::usage(what, "Give -o another name, or leave --single out."));
    }
    let written = || std::iter::once(&target).chain(args.single.then_some(&single));
    let check = || {
        if let Some(path) = written().find(|path| is_in_the_way(path)) {
            let what = format!("{} is there already, perhaps with the signatures of builders", Foreign::path(path));
            let help = "To add a signature, use cosign or merge; --force replaces the file.";
            return Err(Failure::unchecked("set-exists", what, help));
        }
        // Perhaps the name of another file was given.
        written().filter(|path| path.exists()).try_for_each(|path| {
            let is_set = Block::parse_each(&text(path)?).iter().any(|(_, block)| block.is_ok());
            if is_set { Ok(()) } else { Err(Failure::about(Foreign::path(path), &GrowError::NotASet)) }
        })
    };
    check()?;
    let now = now()?;
    let payload = Payload::read(&args.file, false)?;
    let key = secret_key(&args.signer)?;
    let stated = Statement::new(now, payload.name().to_vec(), Role::Publisher, request.origin.clone());
    let block = crate::sign(&payload, &key, &stated.to_bytes())?;
    let mut set = Set::new();
    set.add(&block);
    let bytes = set.to_bytes()?;
    // As minisign writes it: the name as it is.
    let today = [format!("timestamp:{}\tfile:", now.0).as_bytes(), payload.name(), b"\thashed"].concat();
    if args.single && payload.name().contains(&b'\t') {
        let what = format!(
            "{} has a TAB in its name, which ends a name in the comments that minisign writes",
            Foreign::path(&args.file)
        );
        return Err(Failure::unchecked("file-name", what, "Leave --single out, or give the file a plainer name."));
    }
    let plain = if args.single { Some(crate::sign(&payload, &key, &today)?) } else { None };
    // Both at once, and looked at again: somebody may have written while the password was typed.
    let lock = Lock::acquire(&target)?;
    let single_lock = if args.single { Some(Lock::acquire(&single)?) } else { None };
    check()?;
    lock.write(&bytes)?;
    if let Some((block, lock)) = plain.zip(single_lock) {
        lock.write(&block.block().with_comment(SINGLE_COMMENT).to_bytes())?;
        writeln!(streams.err, "{}: one block for today's minisign", Foreign::path(&single))?;
    }
    said(streams, &target, &block, &stated.material)
}

/// Whose block, with what in it, is where.
fn said(streams: &mut Streams, target: &Path, block: &VerifiedBlock, material: &Material) -> Result<u8, Failure> {
    writeln!(streams.err, "{}: signed by {}", Foreign::path(target), block.key())?;
    show(streams, material)?;
    Ok(0)
}

fn show(streams: &mut Streams, material: &Material) -> Result<(), Failure> {
    for (key, value) in material.fields() {
        writeln!(streams.err, "  {key}: {}", Foreign::from(&value))?;
    }
    Ok(())
}

/// `cosign`
pub fn cosign(request: &Cosign, streams: &mut Streams) -> Result<u8, Failure> {
    let source = request.set.clone().unwrap_or_else(|| set_of(&request.file));
    let target = request.out.clone().unwrap_or_else(|| source.clone());
    let given = match &request.policy {
        Some(path) => policy(path)?,
        None => public_keys(&request.keys)?,
    };
    let is_asking = given.keys().is_empty();
    if is_asking && !std::io::stdin().is_terminal() {
        let what = "nothing says which key is the publisher's, and anyone can put a block into a set";
        return Err(Failure::usage(what, "Name the publisher's key with -p or -P, or a policy with --policy."));
    }
    // One damaged block stops nobody: what can be read is looked at.
    let source_text = text(&source)?;
    let blocks: Vec<Block> = Block::parse_each(&source_text).into_iter().filter_map(|(_, block)| block.ok()).collect();
    if blocks.is_empty() {
        // With the error that says what it is instead.
        read(&source)?;
    }
    let payload = Payload::read(&request.file, false)?;
    let known = if is_asking { asked(&blocks, &payload, streams)? } else { given };
    let publication =
        Publication::find(&blocks, &payload, &known).map_err(|error| refused(&error, request, streams))?;
    let now = now()?;
    let time = Time(publication.statement().timestamp);
    if is_ahead(time, now) {
        writeln!(
            streams.err,
            "note: the publisher's block is dated {time}, more than a day ahead of this machine's clock"
        )?;
    }
    // Only now is there something to sign.
    let key = secret_key(&request.signer)?;
    let mut more = Set::new();
    let block = match publication.cosigned(&blocks, &payload, &key) {
        Some(before) if !request.force => {
            let shown = Foreign::path(&source);
            writeln!(streams.err, "{shown}: this key has signed this already; --force signs again")?;
            if target == source {
                return Ok(0);
            }
            before
        }
        _ => publication.cosign(&payload, &key, now)?,
    };
    writeln!(streams.err, "the publisher's key is {}", publication.block().key())?;
    let whose = if request.policy.is_some() { Whose::Only(&known) } else { Whose::Anyone(&known) };
    let terms = Terms::Verified { payload: &payload, whose, allow_rename: false };
    more.admit(publication.block(), &terms);
    more.admit(&block, &terms);
    if target != source {
        let reading = Set::read(&source_text, &terms);
        described(&reading.left_out, &source, "left out", streams)?;
        more.merge(reading.set);
    }
    let grown = stored(&target, more, &terms, Present::Keep)?;
    described(&grown.left_out, &target, "left out", streams)?;
    said(streams, &target, &block, &publication.statement().material)
}

/// What the two say, if that is the problem, is shown in full.
fn refused(error: &CosignError, request: &Cosign, streams: &mut Streams) -> Failure {
    if let CosignError::Contradiction { materials, .. } = error {
        for material in materials {
            // Nobody may be reading: the answer is the same.
            let _ = writeln!(streams.err, "the publisher says:");
            let _ = show(streams, material);
        }
    }
    match error {
        CosignError::OtherBytes { .. } => {
            let mut failure = Failure::of(error);
            failure.what = format!("{} is not the file that the publisher signed", Foreign::path(&request.file));
            failure
        }
        error => Failure::of(error),
    }
}

/// Whom a person at the terminal takes for the publisher.
fn asked(blocks: &[Block], payload: &Payload, streams: &mut Streams) -> Result<Policy, Failure> {
    let claimed: Vec<_> = claimed_publishers(blocks, payload).into_iter().collect();
    let [key] = claimed.as_slice() else {
        if claimed.is_empty() {
            return Err(CosignError::NoPublisher.into());
        }
        let what = format!("{} keys signed as the publisher", claimed.len());
        return Err(Failure::verdict("several-publishers", what, "Name the publisher's key with -p, -P or --policy."));
    };
    let keys = Policy::of_keys(vec![key.clone()]).map_err(|error| Failure::of(&error))?;
    let publication = Publication::find(blocks, payload, &keys)?;
    writeln!(streams.err, "The set says that the publisher has the key {key}, and that the file is made from:")?;
    show(streams, &publication.statement().material)?;
    write!(streams.err, "Is this the publisher's key? Compare it with what the publisher says elsewhere. [y/N] ")?;
    streams.err.flush()?;
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::Read::take(std::io::stdin().lock(), 100), &mut line)?;
    if matches!(line.trim(), "y" | "Y" | "yes") {
        return Ok(keys);
    }
    let what = "the publisher's key was not confirmed";
    Err(Failure::unchecked("publisher-not-confirmed", what, "Name the publisher's key with -p, -P or --policy."))
}
