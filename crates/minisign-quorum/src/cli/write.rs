//! `sign`, `cosign` and `merge`: everything that writes sets.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use foreign::Foreign;

use super::args::{Cosign, Merge, SignRequest};
use super::failure::Failure;
use super::keys::{public_keys, secret_key};
use super::report::Streams;
use super::sets::{file_of, policy, read, set_of, single_of};
use crate::limits;
use crate::{Block, Lock, Material, Origin, Payload, Policy, Role, Set, Statement, VerifiedBlock, Whose, file_name};

/// What is written to a file of one block.
const SINGLE_COMMENT: &str = "signature from minisign secret key";

/// A statement about a file.
pub fn statement(timestamp: u64, file: Vec<u8>, by: Role, origin: Origin) -> Statement {
    Statement { timestamp, by: Some(by), material: Material { file, origin: Some(origin), others: BTreeMap::new() } }
}

fn now() -> Result<u64, Failure> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map(|time| time.as_secs()).map_err(|_| Failure::unchecked("the clock is before 1970", "Set the clock."))
}

/// `sign`
pub fn sign(request: &SignRequest, streams: &mut Streams) -> Result<u8, Failure> {
    let args = &request.args;
    let target = args.out.clone().unwrap_or_else(|| set_of(&args.file));
    let single = single_of(&args.file);
    let is_in_the_way = |path: &Path| !args.force && path.exists();
    let mut written = std::iter::once(&target).chain(args.single.then_some(&single));
    if let Some(path) = written.find(|path| is_in_the_way(path)) {
        let what = format!("{} is there already, perhaps with the signatures of builders", Foreign::path(path));
        return Err(Failure::unchecked(what, "To add a signature, use cosign or merge; --force replaces the file."));
    }
    let key = secret_key(&args.signer)?;
    let timestamp = now()?;
    let stated = statement(timestamp, file_name(&args.file)?, Role::Publisher, request.origin.clone());
    let (block, _) = crate::sign(&args.file, &key, &stated.to_bytes(), SINGLE_COMMENT)?;
    let mut set = Set::new();
    set.add(&block);
    let bytes = set.to_bytes()?;
    let plain = args.single.then(|| {
        let material = Material { file: stated.material.file.clone(), origin: None, others: BTreeMap::new() };
        let today = Statement { timestamp, by: None, material };
        crate::sign(&args.file, &key, &today.to_bytes(), SINGLE_COMMENT)
    });
    let plain = plain.transpose()?;
    let lock = Lock::acquire(&target)?;
    if is_in_the_way(&target) {
        return Err(Failure::unchecked(
            format!("{} has just been made", Foreign::path(&target)),
            "Use cosign or merge.",
        ));
    }
    lock.write(&bytes)?;
    if let Some((block, _)) = plain {
        crate::write_atomically(&single, &block.block().to_bytes())?;
        writeln!(streams.err, "{}: one block for today's minisign", Foreign::path(&single))?;
    }
    said(streams, &target, &block, &stated.material)
}

/// Whose block, with what in it, is where.
fn said(streams: &mut Streams, target: &Path, block: &VerifiedBlock, material: &Material) -> Result<u8, Failure> {
    writeln!(streams.err, "{}: signed by {}", Foreign::path(target), block.key())?;
    for (key, value) in material.fields() {
        writeln!(streams.err, "  {key}: {value}")?;
    }
    Ok(0)
}

/// `cosign`
pub fn cosign(request: &Cosign, streams: &mut Streams) -> Result<u8, Failure> {
    let source = request.set.clone().unwrap_or_else(|| set_of(&request.file));
    let target = request.out.clone().unwrap_or_else(|| source.clone());
    let known = public_keys(&request.keys)?;
    let blocks = read(&source)?;
    let stated = publishers_statement(&blocks, &known, &source)?;
    let name = file_name(&request.file)?;
    if stated.material.file != name {
        let what = format!(
            "the publisher signed a file named {}, not {}",
            stated.material.file(),
            Foreign::path(&request.file)
        );
        return Err(Failure::verdict(what, "Check whether this is the right file, and give it that name."));
    }
    let key = secret_key(&request.signer)?;
    let mine = Statement { timestamp: now()?, by: Some(Role::Builder), ..stated.clone() };
    let (block, payload) = crate::sign(&request.file, &key, &mine.to_bytes(), SINGLE_COMMENT)?;
    // Only now is it known whether the publisher signed these bytes. What was signed here is thrown away if not.
    let mut set = Set::new();
    let whose = if known.keys().is_empty() { Whose::Anyone(&known) } else { Whose::Only(&known) };
    let of_publisher = |block: &&Block| Statement::parse(block.trusted_comment().as_bytes()).is_ok_and(|s| s == stated);
    let publisher =
        blocks.iter().filter(of_publisher).find_map(|block| Set::identify(block, &payload, whose, false).ok());
    let publisher = publisher.ok_or_else(|| {
        let what = format!(
            "{} is not the file that the publisher signed in {}",
            Foreign::path(&request.file),
            Foreign::path(&source)
        );
        Failure::verdict(what, "Find out what differs between the two: the build, the source or the environment.")
    })?;
    if publisher.key() == key.public() {
        let what = "this key is the publisher's, and a builder is someone else";
        return Err(Failure::verdict(what, "Sign with the builder's own key."));
    }
    let is_signed = |block: &Block, key| {
        VerifiedBlock::verify(block, key, &payload)
            .ok()
            .and_then(|verified| verified.statement().ok())
            .is_some_and(|statement| statement.by == mine.by && statement.material == mine.material)
    };
    if !request.force
        && blocks.iter().any(|block| block.key_id() == key.public().id() && is_signed(block, key.public()))
    {
        writeln!(streams.err, "{}: this key has signed this already; --force signs again", Foreign::path(&source))?;
        if target == source {
            return Ok(0);
        }
    } else {
        set.add(&block);
    }
    set.add(&publisher);
    writeln!(streams.err, "the publisher's key is {}", publisher.key())?;
    grow(&target, set, &[(&source, blocks)], |set, path, blocks| {
        add_verified(set, path, blocks, &payload, Whose::Anyone(&known), false)
    })?;
    said(streams, &target, &block, &mine.material)
}

/// The one statement `by:publisher`, by one of the known keys if there are any.
fn publishers_statement(blocks: &[Block], known: &Policy, set: &Path) -> Result<Statement, Failure> {
    let is_candidate = |block: &&Block| known.keys().is_empty() || known.keys_with_id(block.key_id()).next().is_some();
    let statements = blocks
        .iter()
        .filter(is_candidate)
        .filter_map(|block| Statement::parse(block.trusted_comment().as_bytes()).ok());
    let mut statements: Vec<Statement> = statements.filter(|statement| statement.by == Some(Role::Publisher)).collect();
    // The publisher may have signed again: the newest, if they all name the same material.
    statements.sort();
    let last = statements.pop().ok_or_else(|| {
        Failure::unchecked(
            format!("{} has no block by the publisher", Foreign::path(set)),
            "Get the publisher's set first.",
        )
    })?;
    if statements.iter().any(|statement| statement.material != last.material) {
        let what = format!("{} has several blocks by publishers, from different material", Foreign::path(set));
        return Err(Failure::unchecked(what, "Name the publisher's key with -P or -p."));
    }
    Ok(last)
}

/// `merge`
pub fn merge(request: &Merge, streams: &mut Streams) -> Result<u8, Failure> {
    if request.sets.len() > limits::INPUTS {
        let what = format!("more than {} files are to be merged", limits::INPUTS);
        return Err(Failure::usage(what, "Merge them in several steps."));
    }
    let inputs = request.sets.iter().map(|path| Ok((path.as_path(), read(path)?)));
    let inputs = inputs.collect::<Result<Vec<_>, Failure>>()?;
    let count = if request.unverified {
        grow(&request.out, Set::new(), &inputs, |set, _, blocks| {
            blocks.iter().for_each(|block| set.add_unverified(block));
            Ok(())
        })?
    } else {
        let known = match &request.policy {
            Some(path) => policy(path)?,
            None => public_keys(&request.keys)?,
        };
        let whose = if request.policy.is_some() { Whose::Only(&known) } else { Whose::Anyone(&known) };
        // Whichever file it is: what is not signed for it is refused.
        let named = std::iter::once(&request.out).chain(&request.sets).filter_map(|set| file_of(set));
        let derived = named.clone().find(|file| file.is_file()).or_else(|| named.clone().next());
        let file = request.file.clone().or(derived).ok_or_else(|| {
            Failure::usage("the file that is signed is not named", "Name it with -m; --unverified merges without it.")
        })?;
        let payload = Payload::read(&file, false)?;
        grow(&request.out, Set::new(), &inputs, |set, path, blocks| {
            add_verified(set, path, blocks, &payload, whose, request.allow_rename)
        })?
    };
    writeln!(streams.err, "{}: {count} blocks", Foreign::path(&request.out))?;
    Ok(0)
}

fn add_verified(
    set: &mut Set,
    path: &Path,
    blocks: &[Block],
    payload: &Payload,
    whose: Whose,
    allow_rename: bool,
) -> Result<(), Failure> {
    for (number, block) in (1..).zip(blocks) {
        let identified = Set::identify(block, payload, whose, allow_rename);
        set.add(&identified.map_err(|refusal| Failure::refusal(path, number, &refusal))?);
    }
    Ok(())
}

/// Add to what is in the target now, while nobody else writes there; what another program added in the meantime stays.
fn grow(
    target: &Path,
    mut set: Set,
    inputs: &[(&Path, Vec<Block>)],
    add: impl Fn(&mut Set, &Path, &[Block]) -> Result<(), Failure>,
) -> Result<usize, Failure> {
    for (path, blocks) in inputs {
        add(&mut set, path, blocks)?;
    }
    let lock = Lock::acquire(target)?;
    let present = if target.exists() { read(target)? } else { Vec::new() };
    add(&mut set, target, &present)?;
    lock.write(&set.to_bytes()?)?;
    Ok(set.blocks().len())
}
