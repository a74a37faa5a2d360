//! `show` and `lint`: what is in a file of signatures, without believing it.

use foreign::{Foreign, Time};
use serde::Serialize;

use super::args::{Lint, Show};
use super::failure::{Failure, Kind};
use super::json::{self, Data, Fields};
use super::sets::{read, text};
use super::streams::Streams;
use crate::{Algorithm, Block, Material, PublicKey, Role, Statement, claimed_key};

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
    trusted_comment: Data,
    /// Why its trusted comment is no statement.
    problem: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    verified: bool,
    blocks: Vec<Row>,
    materials: Vec<Fields>,
}

/// `show`
pub fn show(request: &Show, streams: &mut Streams) -> Result<u8, Failure> {
    let blocks = read(&request.set)?;
    if let Some(name) = &request.field {
        return field(name, &blocks, request, streams);
    }
    let mut materials = Vec::new();
    let rows = (1..).zip(&blocks).map(|(number, block)| row(number, block, &mut materials)).collect();
    let materials = materials.into_iter().map(Fields).collect();
    let shown = Shown { verified: false, blocks: rows, materials };
    if request.json {
        json::write(&shown, streams.out)?;
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
            writeln!(out, "       {}", Foreign::from(&row.trusted_comment.0))?;
        }
        if row.legacy {
            writeln!(out, "       a legacy signature, which never counts")?;
        }
    }
    for (number, material) in (1..).zip(&shown.materials) {
        writeln!(out, "material {number}")?;
        for (key, value) in material.0.fields() {
            writeln!(out, "  {key}: {}", Foreign::from(&value))?;
        }
    }
    Ok(0)
}

/// `show --field`: the values as they are, for scripts.
fn field(name: &str, blocks: &[Block], request: &Show, streams: &mut Streams) -> Result<u8, Failure> {
    let mut values: Vec<Vec<u8>> = Vec::new();
    for statement in blocks.iter().filter_map(|block| Statement::parse(block.trusted_comment().as_bytes()).ok()) {
        let mut fields = statement.material.fields();
        fields.push(("timestamp".to_owned(), statement.timestamp.to_string().into_bytes()));
        fields.extend(statement.by.map(|by| ("by".to_owned(), by.word().into())));
        let found = fields.into_iter().find(|(key, _)| key == name).map(|(_, value)| value);
        values.extend(found.filter(|value| !values.contains(value)));
    }
    let file = Foreign::path(&request.set);
    if values.is_empty() {
        let what = format!("no statement in {file} has the field {}", Foreign::from(name));
        return Err(Failure::verdict("no-such-field", what, "show prints all fields."));
    }
    // A line break in a value would be two values, and a terminal must not obey what is printed.
    let is_plain = |value: &Vec<u8>| {
        std::str::from_utf8(value).is_ok_and(|text| Foreign::from(text).to_string() == text.replace('\\', "\\\\"))
    };
    if !values.iter().all(is_plain) {
        let what = format!("the field {} in {file} has control characters, or is not UTF-8", Foreign::from(name));
        return Err(Failure::unchecked("field-not-printable", what, "show --json prints it exactly."));
    }
    for value in &values {
        streams.out.write_all(value)?;
        writeln!(streams.out)?;
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
        trusted_comment: Data(trusted_comment.as_bytes().to_vec()),
        problem: statement.err().map(|error| error.to_string()),
    }
}

/// `lint`
pub fn lint(request: &Lint, streams: &mut Streams) -> Result<u8, Failure> {
    let text = text(&request.set)?;
    let file = Foreign::path(&request.set);
    let lint = crate::lint(&text).map_err(|error| Failure {
        // The form is what was to be checked.
        kind: Kind::Verdict,
        ..Failure::within(&request.set, &error)
    })?;
    let errors: Vec<String> =
        lint.errors.iter().map(|(block, error)| format!("block {block}: the trusted comment {error}")).collect();
    let code = u8::from(!errors.is_empty());
    if request.json {
        let breaks: Vec<_> =
            lint.breaks.iter().map(|(reader, why)| serde_json::json!({"reader": reader, "why": why})).collect();
        let value = serde_json::json!({
            "blocks": lint.blocks, "legacy": lint.legacy, "canonical": lint.is_canonical, "errors": errors, "breaks": breaks,
        });
        json::write(&value, streams.out)?;
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
        "no-statements",
        format!("{file} has {} blocks that say nothing programs understand", errors.len()),
        "Sign again with sign or cosign.",
    ))
}
