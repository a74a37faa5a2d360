//! `show` and `lint`: what is in a file of signatures, without believing it.

use foreign::Foreign;
use foreign::read_limited;
use serde::Serialize;

use super::args::{Lint, Show};
use super::failure::Failure;
use super::report::{Streams, json};
use super::sets::read;
use crate::limits;
use crate::{Algorithm, Block, Material, PublicKey, Role, Statement, Time, claimed_key};

/// A block as it is shown.
#[derive(Serialize)]
struct Row {
    block: usize,
    key_id: String,
    /// What the block says of its key; nothing signs this.
    claimed_key: Option<PublicKey>,
    legacy: bool,
    by: Option<Role>,
    time: Option<Time>,
    /// Which of the materials, from 1.
    material: Option<usize>,
    trusted_comment: Foreign,
    /// Why its trusted comment is no statement.
    problem: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    verified: bool,
    blocks: Vec<Row>,
    materials: Vec<Material>,
}

/// `show`
pub fn show(request: &Show, streams: &mut Streams) -> Result<u8, Failure> {
    let blocks = read(&request.set)?;
    let mut materials = Vec::new();
    let rows = (1..).zip(&blocks).map(|(number, block)| row(number, block, &mut materials)).collect();
    let shown = Shown { verified: false, blocks: rows, materials };
    if request.json {
        json(&shown, streams)?;
        return Ok(0);
    }
    let out = &mut *streams.out;
    writeln!(
        out,
        "{:>5}  {:16}  {:9}  {:20}  {:8}  key (as the block says; nothing here is verified)",
        "block", "key id", "by", "time", "material"
    )?;
    for row in &shown.blocks {
        let by = row.by.map_or("-", Role::word);
        let time = row.time.map_or_else(|| "-".to_owned(), |time| time.to_string());
        let material = row.material.map_or_else(|| "-".to_owned(), |number| number.to_string());
        let key = row.claimed_key.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        writeln!(out, "{:>5}  {:16}  {by:9}  {time:20}  {material:8}  {key}", row.block, row.key_id)?;
        if let Some(problem) = &row.problem {
            writeln!(out, "       no statement: the trusted comment {problem}")?;
            writeln!(out, "       {}", row.trusted_comment)?;
        }
        if row.legacy {
            writeln!(out, "       a legacy signature, which never counts")?;
        }
    }
    for (number, material) in (1..).zip(&shown.materials) {
        writeln!(out, "material {number}")?;
        for (key, value) in material.fields() {
            writeln!(out, "  {key}: {value}")?;
        }
    }
    Ok(0)
}

fn row(number: usize, block: &Block, materials: &mut Vec<Material>) -> Row {
    let trusted_comment = block.trusted_comment();
    let statement = Statement::parse(trusted_comment.as_bytes());
    let material = statement.as_ref().ok().map(|statement| {
        let found = materials.iter().position(|material| *material == statement.material);
        found.unwrap_or_else(|| {
            materials.push(statement.material.clone());
            materials.len() - 1
        }) + 1
    });
    Row {
        block: number,
        key_id: block.key_id().to_string(),
        claimed_key: claimed_key(block),
        legacy: block.algorithm() == Algorithm::Legacy,
        by: statement.as_ref().ok().and_then(|statement| statement.by),
        time: statement.as_ref().ok().map(|statement| Time(statement.timestamp)),
        material,
        trusted_comment,
        problem: statement.err().map(|error| error.to_string()),
    }
}

/// `lint`
pub fn lint(request: &Lint, streams: &mut Streams) -> Result<u8, Failure> {
    let text = read_limited(&request.set, limits::SET_BYTES)?;
    let file = Foreign::path(&request.set);
    let lint =
        crate::lint(&text).map_err(|error| Failure::verdict(format!("{file}: {error}"), "Get the file anew."))?;
    let errors: Vec<String> =
        lint.errors.iter().map(|(block, error)| format!("block {block}: the trusted comment {error}")).collect();
    let code = u8::from(!errors.is_empty());
    if request.json {
        let breaks: Vec<_> =
            lint.breaks.iter().map(|(reader, why)| serde_json::json!({"reader": reader, "why": why})).collect();
        let value = serde_json::json!({
            "blocks": lint.blocks, "legacy": lint.legacy, "canonical": lint.is_canonical, "errors": errors, "breaks": breaks,
        });
        json(&value, streams)?;
        return Ok(code);
    }
    let out = &mut *streams.out;
    writeln!(out, "{file}: {} blocks", lint.blocks)?;
    for error in &errors {
        writeln!(out, "error: {error}")?;
    }
    if lint.legacy > 0 {
        writeln!(out, "note: {} legacy signatures, which never count", lint.legacy)?;
    }
    if !lint.is_canonical {
        writeln!(
            out,
            "note: not as merge writes it: another order, repeated blocks, or blocks that do not name their key"
        )?;
    }
    for (reader, why) in &lint.breaks {
        writeln!(out, "note: breaks {reader}: {why}")?;
    }
    if errors.is_empty() {
        return Ok(0);
    }
    Err(Failure::verdict(
        format!("{file} has {} blocks that say nothing programs understand", errors.len()),
        "Sign again with sign or cosign.",
    ))
}
