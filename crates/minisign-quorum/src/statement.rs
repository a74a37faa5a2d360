//! Statements: what a trusted comment says in a form that programs understand. `docs/quorum.md`, section 2.
//!
//! ```text
//! timestamp:1714300000  file:zig-0.14.0.tar.xz  hashed  by:publisher
//!   source:https://example.org/zig.git  tag:0.14.0  commit:<40 or 64 hex>
//!   recipe:git-archive  prefix:zig-0.14.0/
//! ```
//!
//! One statement has one text: whatever is read is written again, and must be the same.

use std::collections::BTreeMap;
use std::fmt;

use foreign::Foreign;

use super::escape;
use crate::limits;

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

impl Statement {
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
        let file = escape::decode(file).filter(|name| is_file_name(name)).ok_or_else(|| value_error(b"file", file))?;
        let mut fields = Fields::new(fields)?;
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
        push(&mut out, b"file", &self.material.file);
        out.extend_from_slice(b"\thashed");
        if let Some(by) = self.by {
            push(&mut out, b"by", by.word().as_bytes());
        }
        if let Some(origin) = &self.material.origin {
            origin.write(&mut out);
        }
        for (key, value) in &self.material.others {
            push(&mut out, key, value);
        }
        out
    }
}

impl Material {
    /// For comparing by eye: `key:value` in the order of writing, without `timestamp`, `hashed` and `by`.
    pub fn fields(&self) -> Vec<(Foreign, Foreign)> {
        let text = Statement { timestamp: 0, by: None, material: self.clone() }.to_bytes();
        let fields = text.split(|byte| *byte == b'\t').filter_map(|field| {
            let colon = field.iter().position(|byte| *byte == b':')?;
            let (key, value) = field.split_at(colon);
            Some((Foreign::from(key), Foreign::from(value.get(1..)?)))
        });
        fields.skip(1).collect()
    }

    /// The file that it is about.
    pub fn file(&self) -> Foreign {
        Foreign::from(&self.file)
    }
}

impl serde::Serialize for Material {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.fields().iter().map(|(key, value)| (key.to_string(), value)))
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
        push(out, b"source", &self.source);
        push(out, b"tag", &self.tag);
        push(out, b"commit", self.commit.as_bytes());
        match &self.recipe {
            Recipe::GitArchive { prefix } => {
                push(out, b"recipe", b"git-archive");
                push(out, b"prefix", prefix);
            }
            Recipe::Oci { image, platform, run, output, epoch } => {
                push(out, b"recipe", b"oci");
                push(out, b"image", image.as_bytes());
                push(out, b"platform", platform);
                push(out, b"run", run);
                push(out, b"output", output);
                if let Some(epoch) = epoch {
                    push(out, b"epoch", epoch.to_string().as_bytes());
                }
            }
        }
    }
}

/// `sha256:` and 64 digits.
pub fn image_digest(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    text.strip_prefix("sha256:").filter(|hex| hex.len() == 64 && is_hex(hex)).map(|_| text.to_owned())
}

/// The `file:` of any comment, statement or not, the way minisign writes it: for comparing with the name at hand.
///
/// `None` where there is no such field; two of them are one that equals nothing.
pub fn file_of_comment(comment: &[u8]) -> Option<Vec<u8>> {
    let mut names = comment.split(|byte| *byte == b'\t').filter_map(|field| field.strip_prefix(b"file:"));
    match (names.next(), names.next()) {
        (None, _) => None,
        (Some(name), None) => Some(name.to_vec()),
        (Some(_), Some(_)) => Some(Vec::new()),
    }
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
    fn new(fields: &[&[u8]]) -> Result<Self, StatementError> {
        let mut map = BTreeMap::new();
        for field in fields {
            let shown = || Foreign::from(*field);
            let colon =
                field.iter().position(|byte| *byte == b':').ok_or_else(|| StatementError::Field { field: shown() })?;
            let (key, value) = field.split_at(colon);
            let value = value.strip_prefix(b":").and_then(escape::decode);
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

/// A name in a folder.
pub fn is_file_name(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..") && !name.contains(&b'/') && !name.contains(&0)
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
