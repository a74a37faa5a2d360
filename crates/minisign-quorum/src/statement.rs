//! Statements: what a trusted comment says in a form that programs understand. `docs/quorum.md`, section 2.
//!
//! ```text
//! timestamp:1714300000  file:zig-0.14.0.tar.xz  hashed  by:publisher
//!   source:https://example.org/zig.git  tag:0.14.0  commit:<40 or 64 hex>
//!   recipe:git-archive  prefix:zig-0.14.0/
//! ```
//!
//! One statement has one text: whatever is read is written again, and must be the same.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use foreign::{Foreign, Meaning, Problem, Time};

use crate::name::is_file_name;
use crate::{escape, limits};

/// In which role someone signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Who released the file.
    Publisher,
    /// Who made it again from its source.
    Builder,
}

impl Role {
    /// The word in statements and policies.
    pub fn word(self) -> &'static str {
        match self {
            Role::Publisher => "publisher",
            Role::Builder => "builder",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A trusted comment that says who made which file from what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Statement {
    /// Seconds since 1970, as the signer's clock had it, or as the signer liked to have it.
    pub timestamp: u64,
    /// In which role; today's minisign says nothing of it.
    pub by: Option<Role>,
    /// All the rest.
    pub material: Material,
}

/// Every field but `timestamp` and `by`: what builders agree on, or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Material {
    /// The file's name, without folders.
    pub file: Vec<u8>,
    /// Where it comes from; there is one exactly where there is a role.
    pub origin: Option<Origin>,
    /// Fields that this version does not know, and that do not say that one must.
    pub others: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// Source and recipe.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The repository's URL.
    pub source: Vec<u8>,
    /// The tag's name.
    pub tag: Vec<u8>,
    /// 40 or 64 hexadecimal digits.
    pub commit: String,
    /// What makes the file of it.
    pub recipe: Recipe,
}

/// How the file is made from the commit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recipe {
    /// A source tarball: what `git archive` writes.
    GitArchive {
        /// Before every path in it.
        prefix: Vec<u8>,
    },
    /// What a command leaves in a container.
    Oci {
        /// `sha256:` and 64 hexadecimal digits.
        image: String,
        /// `linux/amd64` and so on.
        platform: Vec<u8>,
        /// The command.
        run: Vec<u8>,
        /// The path of the file that it leaves.
        output: Vec<u8>,
        /// The `SOURCE_DATE_EPOCH` that it sees.
        epoch: Option<u64>,
    },
}

/// Why a trusted comment is no statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum StatementError {
    #[error("is longer than {} bytes", limits::STATEMENT_BYTES)]
    TooLong,
    #[error("has more than {} fields", limits::STATEMENT_FIELDS)]
    TooMany,
    #[error("begins or ends with a blank, which readers trim")]
    EdgeBlank,
    #[error("has bytes other than printable ASCII and TAB")]
    NotPrintable,
    #[error("does not begin with timestamp, file and hashed, as minisign's comments do")]
    Beginning,
    #[error("has a field that is not key:value: {field}")]
    Field { field: Foreign },
    #[error("has a value that is not written in the one way it must be: {field}")]
    Value { field: Foreign },
    #[error("has the field {key} twice")]
    Duplicate { key: Foreign },
    #[error("has the field {key} out of order")]
    Order { key: Foreign },
    #[error("has the field {key}, which must be understood, and is not")]
    Critical { key: Foreign },
    #[error("says by: and not {key}:, or the other way round")]
    Incomplete { key: &'static str },
    #[error("has the field {key}, which does not belong to its recipe")]
    OtherRecipe { key: &'static str },
    #[error("has a recipe that this version does not know: {recipe}")]
    Recipe { recipe: Foreign },
}

/// Fields that this version knows, in the order of their writing, after the first three.
const KNOWN: [&str; 12] =
    ["by", "source", "tag", "commit", "recipe", "prefix", "image", "platform", "run", "output", "epoch", "hashed"];

impl Problem for StatementError {
    fn code(&self) -> &'static str {
        match self {
            StatementError::Critical { .. } | StatementError::Recipe { .. } => "statement-too-new",
            StatementError::Beginning => "statement-none",
            _ => "statement-malformed",
        }
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotAuthentic
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            StatementError::Critical { .. } | StatementError::Recipe { .. } => {
                "Use a newer version of this program, which may understand it.".into()
            }
            _ => "Ask the signer to sign again with sign or cosign.".into(),
        }
    }
}

impl Statement {
    /// What a publisher or a builder says of a file.
    pub fn new(timestamp: Time, file: Vec<u8>, by: Role, origin: Origin) -> Self {
        let material = Material { origin: Some(origin), ..Material::plain(file) };
        Statement { timestamp: timestamp.0, by: Some(by), material }
    }

    /// Read a trusted comment.
    ///
    /// # Errors
    /// [`StatementError`]. Comments that people wrote are no statements, and neither are those of legacy signatures.
    pub fn parse(comment: &[u8]) -> Result<Self, StatementError> {
        let fields = split(comment)?;
        let [timestamp, file, hashed, fields @ ..] = fields.as_slice() else { return Err(StatementError::Beginning) };
        let (Some(timestamp), Some(file), b"hashed") =
            (timestamp.strip_prefix(b"timestamp:"), file.strip_prefix(b"file:"), *hashed)
        else {
            return Err(StatementError::Beginning);
        };
        let timestamp = number(timestamp).ok_or_else(|| value_error(b"timestamp", timestamp))?;
        // Without a role, it is not our writing, and nobody else encodes names.
        let is_plain = !fields.iter().any(|field| field.starts_with(b"by:"));
        let name = if is_plain { Some(file.to_vec()) } else { escape::decode(file) };
        let file = name.filter(|name| is_file_name(name)).ok_or_else(|| value_error(b"file", file))?;
        let mut fields = Fields::new(fields, is_plain)?;
        let by = match fields.take("by").as_deref() {
            None => None,
            Some(b"publisher") => Some(Role::Publisher),
            Some(b"builder") => Some(Role::Builder),
            Some(other) => return Err(value_error(b"by", other)),
        };
        let origin = match by {
            None => None,
            Some(_) => Some(Origin::parse(&mut fields)?),
        };
        // What is known and left over belongs to something that is not there.
        if let Some(key) = KNOWN.iter().find(|key| fields.0.contains_key(key.as_bytes())) {
            return Err(match by {
                None => StatementError::Incomplete { key },
                Some(_) => StatementError::OtherRecipe { key },
            });
        }
        let statement = Statement { timestamp, by, material: Material { file, origin, others: fields.0 } };
        if statement.to_bytes() == comment { Ok(statement) } else { Err(order_error(&statement, comment)) }
    }

    /// The comment that is signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = format!("timestamp:{}", self.timestamp).into_bytes();
        match self.by {
            Some(_) => push(&mut out, b"file", &self.material.file),
            None => out.extend_from_slice(&[b"\tfile:", self.material.file.as_slice()].concat()),
        }
        out.extend_from_slice(b"\thashed");
        if let Some(by) = self.by {
            push(&mut out, b"by", by.word().as_bytes());
        }
        if let Some(origin) = &self.material.origin {
            origin.write(&mut out);
        }
        for (key, value) in &self.material.others {
            match self.by {
                Some(_) => push(&mut out, key, value),
                None => out.extend_from_slice(&[b"\t", key.as_slice(), b":", value.as_slice()].concat()),
            }
        }
        out
    }
}

impl Material {
    /// What a comment of today's minisign says: the file's name, and nothing of its source.
    pub fn plain(file: Vec<u8>) -> Self {
        Material { file, origin: None, others: BTreeMap::new() }
    }

    /// Its fields and their values, decoded, in the order of writing.
    pub fn fields(&self) -> Vec<(String, Vec<u8>)> {
        let mut fields = vec![("file", self.file.clone())];
        if let Some(origin) = &self.origin {
            fields.extend(origin.fields());
        }
        let known = fields.into_iter().map(|(key, value)| (key.to_owned(), value));
        // Keys are lowercase letters, digits and dashes.
        let others = self.others.iter().map(|(key, value)| (String::from_utf8_lossy(key).into_owned(), value.clone()));
        known.chain(others).collect()
    }

    /// The keys of the fields that are in one only, or with another value.
    pub fn differences(&self, other: &Material) -> Vec<String> {
        let fields = |material: &Material| material.fields().into_iter().collect::<BTreeSet<_>>();
        let (one, other) = (fields(self), fields(other));
        let keys: BTreeSet<&String> = one.symmetric_difference(&other).map(|(key, _)| key).collect();
        keys.into_iter().cloned().collect()
    }

    /// The file that it is about.
    pub fn file(&self) -> Foreign {
        Foreign::from(&self.file)
    }
}

impl Origin {
    fn parse(fields: &mut Fields) -> Result<Self, StatementError> {
        let source = fields.need("source")?;
        let tag = fields.need("tag")?;
        let commit = fields.need("commit")?;
        let commit = String::from_utf8(commit.clone())
            .ok()
            .filter(|hex| matches!(hex.len(), 40 | 64) && is_hex(hex))
            .ok_or_else(|| value_error(b"commit", &commit))?;
        let recipe = match fields.need("recipe")?.as_slice() {
            b"git-archive" => Recipe::GitArchive { prefix: fields.take("prefix").ok_or(incomplete("prefix"))? },
            b"oci" => {
                let image = fields.need("image")?;
                let image = image_digest(&image).ok_or_else(|| value_error(b"image", &image))?;
                let (platform, run, output) = (fields.need("platform")?, fields.need("run")?, fields.need("output")?);
                let epoch = match fields.take("epoch") {
                    None => None,
                    Some(text) => Some(number(&text).ok_or_else(|| value_error(b"epoch", &text))?),
                };
                Recipe::Oci { image, platform, run, output, epoch }
            }
            other => return Err(StatementError::Recipe { recipe: Foreign::from(other) }),
        };
        Ok(Origin { source, tag, commit, recipe })
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.fields().iter().for_each(|(key, value)| push(out, key.as_bytes(), value));
    }

    fn fields(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut fields = vec![
            ("source", self.source.clone()),
            ("tag", self.tag.clone()),
            ("commit", self.commit.clone().into_bytes()),
        ];
        match &self.recipe {
            Recipe::GitArchive { prefix } => {
                fields.extend([("recipe", b"git-archive".to_vec()), ("prefix", prefix.clone())]);
            }
            Recipe::Oci { image, platform, run, output, epoch } => {
                fields.extend([
                    ("recipe", b"oci".to_vec()),
                    ("image", image.clone().into_bytes()),
                    ("platform", platform.clone()),
                    ("run", run.clone()),
                    ("output", output.clone()),
                ]);
                fields.extend(epoch.map(|epoch| ("epoch", epoch.to_string().into_bytes())));
            }
        }
        fields
    }
}

/// `sha256:` and 64 digits.
pub fn image_digest(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    text.strip_prefix("sha256:").filter(|hex| hex.len() == 64 && is_hex(hex)).map(|_| text.to_owned())
}

fn push(out: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    out.push(b'\t');
    out.extend_from_slice(key);
    out.push(b':');
    escape::encode(value, out);
}

fn split(comment: &[u8]) -> Result<Vec<&[u8]>, StatementError> {
    if comment.len() > limits::STATEMENT_BYTES {
        return Err(StatementError::TooLong);
    }
    let is_blank = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b' ' | b'\t'));
    if is_blank(comment.first()) || is_blank(comment.last()) {
        return Err(StatementError::EdgeBlank);
    }
    if !comment.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) {
        return Err(StatementError::NotPrintable);
    }
    let fields: Vec<_> = comment.split(|byte| *byte == b'\t').take(limits::STATEMENT_FIELDS + 1).collect();
    if fields.len() > limits::STATEMENT_FIELDS { Err(StatementError::TooMany) } else { Ok(fields) }
}

/// The fields after the first three: decoded, each once.
struct Fields(BTreeMap<Vec<u8>, Vec<u8>>);

impl Fields {
    fn new(fields: &[&[u8]], is_plain: bool) -> Result<Self, StatementError> {
        let mut map = BTreeMap::new();
        for field in fields {
            let shown = || Foreign::from(*field);
            let colon =
                field.iter().position(|byte| *byte == b':').ok_or_else(|| StatementError::Field { field: shown() })?;
            let (key, value) = field.split_at(colon);
            let value = value.strip_prefix(b":");
            let value = if is_plain { value.map(<[u8]>::to_vec) } else { value.and_then(escape::decode) };
            let value = value.ok_or_else(|| StatementError::Value { field: shown() })?;
            if key.starts_with(b"!") {
                return Err(StatementError::Critical { key: Foreign::from(key) });
            }
            let is_key = key.first().is_some_and(u8::is_ascii_lowercase)
                && key.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
            if !is_key {
                return Err(StatementError::Field { field: shown() });
            }
            let is_repeated = matches!(key, b"timestamp" | b"file") || map.insert(key.to_vec(), value).is_some();
            if is_repeated {
                return Err(StatementError::Duplicate { key: Foreign::from(key) });
            }
        }
        Ok(Fields(map))
    }

    fn take(&mut self, key: &str) -> Option<Vec<u8>> {
        self.0.remove(key.as_bytes())
    }

    /// A field that must be there, and say something.
    fn need(&mut self, key: &'static str) -> Result<Vec<u8>, StatementError> {
        match self.take(key) {
            None => Err(incomplete(key)),
            Some(value) if value.is_empty() => Err(value_error(key.as_bytes(), &value)),
            Some(value) => Ok(value),
        }
    }
}

fn incomplete(key: &'static str) -> StatementError {
    StatementError::Incomplete { key }
}

fn value_error(key: &[u8], value: &[u8]) -> StatementError {
    StatementError::Value { field: Foreign::from(&[key, b":", value].concat()) }
}

/// The first field that stands elsewhere when written.
fn order_error(statement: &Statement, comment: &[u8]) -> StatementError {
    let written = statement.to_bytes();
    let differ = |byte: &u8| *byte == b'\t';
    let pair = comment.split(differ).zip(written.split(differ)).find(|(found, expected)| found != expected);
    let field = pair.map_or(b"".as_slice(), |(found, _)| found);
    StatementError::Order { key: Foreign::from(field.split(|byte| *byte == b':').next().unwrap_or_default()) }
}

/// Lowercase, as git writes them.
pub fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Without zeros before it.
fn number(text: &[u8]) -> Option<u64> {
    let number: u64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == text).then_some(number)
}

#[cfg(test)]
mod tests;
