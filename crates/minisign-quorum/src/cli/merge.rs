//! `merge` and `prune`: sets that grow, and sets that are cleaned.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use foreign::{Foreign, Meaning, Problem as _};

use super::args::{Merge, Prune};
use super::failure::{Failure, Kind};
use super::json;
use super::keys::public_keys;
use super::sets::{file_of, policy, text};
use super::streams::Streams;
use crate::{Grown, LeftOut, Lock, Payload, Present, Set, SetTooLarge, Terms, Whose, grow, limits};

/// What was not taken, with the file's name.
type Refused = (PathBuf, LeftOut);
/// The same for JSON.
struct Rows {
    /// How many there are; of thousands, not all have rows.
    count: usize,
    rows: Vec<serde_json::Value>,
}

/// `merge`
pub fn merge(request: &Merge, streams: &mut Streams) -> Result<u8, Failure> {
    if request.sets.len() > limits::INPUTS {
        let what = format!("more than {} files are to be merged", limits::INPUTS);
        return Err(Failure::usage(what, "Merge them in several steps."));
    }
    if request.unverified {
        return merge_under(request, &Terms::Unverified, streams);
    }
    let known = match &request.policy {
        Some(path) => policy(path)?,
        None => public_keys(&request.keys)?,
    };
    let whose = if request.policy.is_some() { Whose::Only(&known) } else { Whose::Anyone(&known) };
    // A set that is there is for the file of its name. Only for a new one, the names of what is merged, which may be anybody's,
    // say which file it is.
    let others: &[PathBuf] = if request.out.exists() { &[] } else { &request.sets };
    let named = std::iter::once(&request.out).chain(others).filter_map(|set| file_of(set));
    let file = signed_file(request.file.as_ref(), named)?;
    let payload = Payload::read(&file, false)?;
    let terms = Terms::Verified { payload: &payload, whose, allow_rename: request.allow_rename };
    merge_under(request, &terms, streams)
}

fn signed_file(given: Option<&PathBuf>, named: impl Iterator<Item = PathBuf> + Clone) -> Result<PathBuf, Failure> {
    let derived = named.clone().find(|file| file.is_file()).or_else(|| named.clone().next());
    given.cloned().or(derived).ok_or_else(|| {
        let help = "Name it with -m; merge --unverified merges without it.";
        Failure::usage("the file that is signed is not named", help)
    })
}

fn merge_under(request: &Merge, terms: &Terms, streams: &mut Streams) -> Result<u8, Failure> {
    let (mut more, mut refused, mut unread) = (Set::new(), Vec::<Refused>::new(), Vec::new());
    let (mut no_room, mut verdict, mut count) = (0, None, 0);
    // One after the other: a thousand inputs take no more memory than one.
    for path in &request.sets {
        let text = match text(path) {
            Ok(text) => text,
            Err(failure) if request.no_keep_going => return Err(failure),
            Err(failure) => {
                writeln!(streams.err, "left out: {}", failure.what)?;
                unread.push((path.clone(), failure));
                continue;
            }
        };
        let reading = Set::read(&text, terms);
        described(&reading.left_out, path, "left out", streams)?;
        count += reading.left_out.len();
        verdict = verdict.or_else(|| {
            let is_verdict = |block: &&LeftOut| block.why.meaning() == Meaning::NotAuthentic;
            reading.left_out.iter().find(is_verdict).map(|block| refusal(path, block))
        });
        // Each of a thousand files can have a thousand bad blocks: only the first are needed below.
        let room = limits::BLOCKS.saturating_sub(refused.len());
        refused.extend(reading.left_out.into_iter().take(room).map(|block| (path.clone(), block)));
        more.merge(reading.set);
        // Which of those that nobody looked at are worth less, nobody can say.
        if request.unverified && more.len() > limits::BLOCKS {
            return Err(SetTooLarge.into());
        }
        no_room += more.shrink().len();
    }
    let problem = verdict.or_else(|| refused.first().map(|(path, block)| refusal(path, block)));
    let problem = problem.or_else(|| unread.first().map(|(_, failure)| failure.clone()));
    let rows = || Rows {
        count: count + unread.len(),
        rows: refused.iter().map(|(path, block)| row(path, block)).chain(unread.iter().map(unread_row)).collect(),
    };
    if let Some(problem) = problem.as_ref().filter(|_| request.no_keep_going) {
        return unchanged(problem, rows(), request.json, streams);
    }
    if more.is_empty() && !request.prune {
        let files: Vec<String> = request.sets.iter().take(3).map(|set| Foreign::path(set).to_string()).collect();
        let what = format!("there are no signatures in {}", files.join(", "));
        let nothing = || Failure::unchecked("no-signatures", what, "Check the names of the files.");
        return unchanged(&problem.unwrap_or_else(nothing), rows(), request.json, streams);
    }
    let present = if request.prune { Present::Prune } else { Present::Keep };
    let mut grown = stored(&request.out, more, terms, present)?;
    grown.no_room += no_room;
    let full = (grown.no_room > 0).then(|| {
        let what = format!("there is no room for {} blocks in {}", grown.no_room, Foreign::path(&request.out));
        Failure::unchecked(SetTooLarge.code(), what, SetTooLarge.help())
    });
    if let Some(problem) = problem.or(full).filter(|_| !grown.is_changed) {
        // What was good was there already, and the rest was not good.
        return unchanged(&problem, rows(), request.json, streams);
    }
    report(&request.out, &grown, rows(), request.json, streams)?;
    Ok(0)
}

/// Nothing came of it, and something is wrong with what was given.
fn unchanged(problem: &Failure, left_out: Rows, is_json: bool, streams: &mut Streams) -> Result<u8, Failure> {
    if !is_json {
        return Err(problem.clone());
    }
    let Failure { kind, code, what, help } = problem;
    let value = serde_json::json!({
        "changed": false, "code": code, "reason": what, "help": help, "added": 0, "removed": 0,
        "left_out_count": left_out.count, "left_out": left_out.rows,
    });
    json::write(&value, streams.out)?;
    Ok(if *kind == Kind::Verdict { 1 } else { 3 })
}

fn row(path: &Path, block: &LeftOut) -> serde_json::Value {
    serde_json::json!({
        "file": json::Data(path.as_os_str().as_encoded_bytes().to_vec()), "block": block.number, "line": block.line,
        "code": block.why.code(), "reason": block.why.to_string(),
    })
}

/// A file of which nothing was taken.
fn unread_row((path, failure): &(PathBuf, Failure)) -> serde_json::Value {
    serde_json::json!({
        "file": json::Data(path.as_os_str().as_encoded_bytes().to_vec()), "block": null, "line": null,
        "code": failure.code, "reason": failure.what,
    })
}

fn refusal(path: &Path, LeftOut { number, why, .. }: &LeftOut) -> Failure {
    let mut failure = Failure::of(why);
    failure.what = format!("block {number} of {} is refused: {why}", Foreign::path(path));
    failure
}

/// `prune`
pub fn prune(request: &Prune, streams: &mut Streams) -> Result<u8, Failure> {
    let known = policy(&request.policy)?;
    let file = signed_file(request.file.as_ref(), file_of(&request.set).into_iter())?;
    let payload = Payload::read(&file, false)?;
    let whose = Whose::Only(&known);
    let terms = Terms::Verified { payload: &payload, whose, allow_rename: request.allow_rename };
    let target = request.out.as_ref().unwrap_or(&request.set);
    let (more, refused) = if *target == request.set {
        // It must be there.
        text(target)?;
        (Set::new(), Vec::new())
    } else {
        let reading = Set::read(&text(&request.set)?, &terms);
        described(&reading.left_out, &request.set, "left out", streams)?;
        let refused = reading.left_out.into_iter().map(|block| (request.set.clone(), block)).collect();
        (reading.set, refused)
    };
    let grown = stored(target, more, &terms, Present::Prune)?;
    let rows = refused.iter().map(|(path, block): &Refused| row(path, block)).collect();
    let rows = Rows { count: refused.len(), rows };
    report(target, &grown, rows, request.json, streams)?;
    Ok(0)
}

/// Grow the set as it is now, while nobody else writes there; what another program added in the meantime stays.
pub fn stored(target: &Path, more: Set, terms: &Terms, present: Present) -> Result<Grown, Failure> {
    let lock = Lock::acquire(target)?;
    let before = if lock.target().exists() { text(lock.target())? } else { Vec::new() };
    let grown = grow(&before, more, terms, present).map_err(|error| Failure::about(Foreign::path(target), &error))?;
    if grown.is_changed {
        lock.write(&grown.bytes)?;
    }
    Ok(grown)
}

/// What did not get in, or stays for no merit of its own. A flood is not repeated on the terminal.
pub fn described(blocks: &[LeftOut], path: &Path, verb: &str, streams: &mut Streams) -> Result<(), Failure> {
    /// More of these lines help nobody.
    const SHOWN: usize = 10;
    let path = Foreign::path(path);
    for LeftOut { number, why, .. } in blocks.iter().take(SHOWN) {
        writeln!(streams.err, "{verb}: block {number} of {path}: {why}")?;
    }
    if let Some(more @ 1..) = blocks.len().checked_sub(SHOWN) {
        writeln!(streams.err, "{verb}: {more} more blocks of {path}")?;
    }
    Ok(())
}

fn report(target: &Path, grown: &Grown, left_out: Rows, is_json: bool, streams: &mut Streams) -> Result<(), Failure> {
    described(&grown.left_out, target, "taken out", streams)?;
    described(&grown.kept, target, "kept as it was", streams)?;
    let Grown { blocks, added, removed, is_changed, no_room, .. } = grown;
    if *no_room > 0 {
        writeln!(streams.err, "left out: {no_room} new blocks, for which there is no room; {}", SetTooLarge.help())?;
    }
    if !is_json {
        let how = if *is_changed { "changed" } else { "unchanged" };
        writeln!(streams.err, "{}: {blocks} blocks, {added} new, {removed} gone; {how}", Foreign::path(target))?;
        return Ok(());
    }
    let taken_out: Vec<_> = grown.left_out.iter().map(|block| row(target, block)).collect();
    let kept: Vec<_> = grown.kept.iter().map(|block| row(target, block)).collect();
    let value = serde_json::json!({
        "changed": is_changed, "blocks": blocks, "added": added, "removed": removed, "no_room": no_room,
        "left_out_count": left_out.count, "left_out": left_out.rows, "taken_out": taken_out, "kept": kept,
    });
    Ok(json::write(&value, streams.out)?)
}
