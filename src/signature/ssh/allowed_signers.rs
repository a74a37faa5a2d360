//! Allowed-signers files: ALLOWED SIGNERS in ssh-keygen(1).
//!
//! ```text
//! principals [options] keytype base64-key [comment]
//! ```

use std::borrow::Cow;
use std::fmt;

use foreign::{Foreign, Meaning, Problem};

use super::blob::{Reader, base64};
use super::key::{KeyProblem, PublicKey, is_kind};
use super::options::Options;
use super::subject::Subject;
use crate::limits;

/// Keys that may vouch for a tag, and who they belong to.
#[derive(Clone, Debug, Default)]
pub struct AllowedSigners {
    lines: Vec<Line>,
}

/// One key.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Counted from 1.
    pub number: usize,
    /// A list of patterns.
    pub principals: Vec<u8>,
    pub options: Options,
    pub key: PublicKey,
}

impl Line {
    /// Whether the line is about this key, or about the authority of this certificate.
    pub fn is_about(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Key(key) => !self.options.is_authority && self.key == *key,
            Subject::Certificate(certificate) => self.options.is_authority && self.key == *certificate.authority(),
        }
    }
}

impl AllowedSigners {
    /// Read a file.
    ///
    /// As in ssh-keygen, a line that is not right is left out and does no more harm: every line only adds trust. There
    /// is a [`Warning`] for each, and for each whose meaning here may differ from that on other machines.
    ///
    /// # Errors
    /// Where the file is not such a file at all, or has no usable line, or reaches a limit.
    pub fn parse(text: &[u8]) -> Result<(Self, Vec<Warning>), ParseError> {
        if text.len() > limits::SSH_SIGNERS_BYTES {
            return Err(ParseError::Size);
        }
        // ssh-keygen would read a line up to its NUL. No editor of text writes one.
        if text.contains(&0) {
            return Err(ParseError::NotText);
        }
        let (mut lines, mut warnings) = (Vec::new(), Vec::new());
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if index == limits::SSH_SIGNERS_LINES {
                return Err(ParseError::Lines);
            }
            let number = index + 1;
            match parse_line(line, number) {
                Ok(None) => {}
                Ok(Some(line)) => {
                    if line.options.has_local_time {
                        warnings.push(Warning { line: number, problem: LineProblem::LocalTime });
                    }
                    lines.push(line);
                }
                Err(problem) => warnings.push(Warning { line: number, problem }),
            }
        }
        if lines.is_empty() {
            return Err(ParseError::Empty { first: warnings.into_iter().next() });
        }
        Ok((AllowedSigners { lines }, warnings))
    }

    /// Read a `.pub` file or a forge's page of keys, which has keys with a comment, or without one, and no principals.
    ///
    /// ssh-keygen takes no such file. A comment of one plain word stands for the principal here; there is a [`Warning`] for each key.
    /// `None` if it is another kind of file.
    ///
    /// # Errors
    /// If no key says whose it is.
    pub fn of_public_keys(text: &[u8]) -> Option<Result<(Self, Vec<Warning>), ParseError>> {
        let (mut lines, mut warnings) = (Vec::new(), Vec::new());
        for (number, line) in (1..=limits::SSH_SIGNERS_LINES).zip(text.split(|byte| *byte == b'\n')) {
            let line = line.trim_ascii();
            if matches!(line, [] | [b'#', ..]) {
                continue;
            }
            let mut words = line.splitn(3, |byte| matches!(*byte, b' ' | b'\t'));
            let (kind, key, comment) = (words.next()?, words.next()?, words.next().unwrap_or_default().trim_ascii());
            let problem = match parse_key(line) {
                Ok(Some(key)) if is_plain_name(comment) => {
                    let principals = comment.to_vec();
                    lines.push(Line { number, principals, options: Options::default(), key });
                    LineProblem::Comment(Foreign::from(comment))
                }
                Ok(Some(_)) => LineProblem::NoOwner,
                Ok(None) => LineProblem::Key(unknown_kind(kind, key)?),
                Err(problem) => problem,
            };
            warnings.push(Warning { line: number, problem });
        }
        Some(match (lines.is_empty(), warnings.into_iter()) {
            (true, mut warnings) => Err(ParseError::PublicKeys { first: warnings.next()? }),
            (false, warnings) => Ok((AllowedSigners { lines }, warnings.collect())),
        })
    }

    /// Whether there is no key at all, since no file was given.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }
}

/// A word that means nothing but itself where principals stand.
fn is_plain_name(text: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._@+-".contains(byte);
    !text.is_empty() && text.iter().all(is_plain)
}

/// `None` for blank lines and comments. OpenSSH: `parse_principals_key_and_options`.
fn parse_line(line: &[u8], number: usize) -> Result<Option<Line>, LineProblem> {
    let line = skip_blanks(line);
    if matches!(line, [] | [b'\r'] | [b'#', ..]) {
        return Ok(None);
    }
    // To some versions of OpenSSH, the principals are empty then, and to others they are what follows.
    if line.starts_with(b"\r") {
        return Err(LineProblem::Other("it begins with a carriage return"));
    }
    let (principals, rest) = split_principals(line)?;
    if principals.iter().filter(|byte| **byte == b',').count() >= limits::SSH_PATTERNS {
        return Err(LineProblem::Other("it has too many principals"));
    }
    // As OpenSSH does it: where there is no key, there must be options, and then a key. None is called like an option.
    let (options, key) = match parse_key(rest)? {
        Some(key) => (Options::default(), key),
        None => {
            let (options, rest) = split_options(rest)?;
            if rest.is_empty() {
                return Err(LineProblem::Other("it has no key"));
            }
            if let Some(kind) = unknown_kind(options, rest) {
                return Err(LineProblem::Key(kind));
            }
            let options = Options::parse(options).map_err(LineProblem::Other)?;
            (options, parse_key(rest)?.ok_or_else(|| no_key(rest))?)
        }
    };
    Ok(Some(Line { number, principals, options, key }))
}

/// The first word, or what is in quotes; what follows. OpenSSH: `strdelimw`.
///
/// A quote may begin inside the word, and ends it: `a"b c"d` is `ab c`, and `d` is the next word.
fn split_principals(line: &[u8]) -> Result<(Vec<u8>, &[u8]), LineProblem> {
    let is_blank = |byte: &u8| matches!(*byte, b' ' | b'\t' | b'\r' | b'\n');
    let end = line.iter().position(|byte| is_blank(byte) || *byte == b'"');
    let (word, rest) = line.split_at(end.ok_or(LineProblem::Other("it has no key"))?);
    let mut principals = word.to_vec();
    let rest = match rest.strip_prefix(b"\"") {
        None => rest,
        Some(quoted) => {
            let end = quoted.iter().position(|byte| *byte == b'"');
            let (quoted, rest) = quoted.split_at(end.ok_or(LineProblem::Other("it has a quote without end"))?);
            principals.extend_from_slice(quoted);
            rest.strip_prefix(b"\"").unwrap_or(rest)
        }
    };
    let start = rest.iter().position(|byte| !is_blank(byte)).unwrap_or(rest.len());
    Ok((principals, rest.get(start..).unwrap_or_default()))
}

/// Up to the first blank that is not in quotes; what follows. OpenSSH: `sshkey_advance_past_options`.
fn split_options(text: &[u8]) -> Result<(&[u8], &[u8]), LineProblem> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let mut end = text.len();
    for (at, byte) in text.iter().enumerate() {
        if std::mem::take(&mut is_escaped) {
            continue;
        }
        match byte {
            b'\\' => is_escaped = text.get(at + 1) == Some(&b'"'),
            b'"' => is_quoted = !is_quoted,
            b' ' | b'\t' if !is_quoted => {
                end = at;
                break;
            }
            _ => {}
        }
    }
    if is_quoted {
        return Err(LineProblem::Other("it has a quote without end"));
    }
    let (options, rest) = text.split_at(end);
    Ok((options, skip_blanks(rest)))
}

/// `None` where the first word is not the name of a kind of key. OpenSSH: `sshkey_read`.
fn parse_key(text: &[u8]) -> Result<Option<PublicKey>, LineProblem> {
    let is_blank = |byte: &u8| matches!(*byte, b' ' | b'\t');
    let Some(end) = text.iter().position(is_blank) else { return Ok(None) };
    let (kind, rest) = text.split_at(end);
    if !is_kind(kind) {
        return Ok(None);
    }
    let key = skip_blanks(rest).split(is_blank).next().unwrap_or_default();
    let blob = base64(key).ok_or(LineProblem::Other("its key is not in base64"))?;
    let key = PublicKey::parse(&blob).map_err(LineProblem::Key)?;
    if key.kind().as_bytes() == kind {
        Ok(Some(key))
    } else {
        Err(LineProblem::Other("its key is of another kind than it says"))
    }
}

/// Whether a word is not an option, but the name of a kind of key, since a key of that kind follows.
fn unknown_kind(word: &[u8], rest: &[u8]) -> Option<KeyProblem> {
    let blob = base64(rest.split(|byte| matches!(*byte, b' ' | b'\t')).next()?)?;
    let name = Reader::new(&blob).text().ok()?;
    (name == word).then(|| KeyProblem::Kind(Foreign::from(name)))
}

/// Why there is no key behind the options.
fn no_key(text: &[u8]) -> LineProblem {
    let mut words = text.splitn(2, |byte| matches!(*byte, b' ' | b'\t'));
    let (word, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    unknown_kind(word, rest).map_or(LineProblem::Other("it has no key"), LineProblem::Key)
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !matches!(*byte, b' ' | b'\t')).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

/// A line that is left out, or that other machines read differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Counted from 1.
    line: usize,
    problem: LineProblem,
}

impl Warning {
    /// The line it is about, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Whether the line is left out.
    pub fn is_left_out(&self) -> bool {
        !matches!(self.problem, LineProblem::LocalTime | LineProblem::Comment(_))
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line;
        match &self.problem {
            LineProblem::LocalTime => write!(
                f,
                "line {line} has a time without zone, which is UTC here and local time in ssh-keygen; \
                 write a Z after it"
            ),
            LineProblem::Comment(name) => {
                write!(f, "line {line} is a public key: its comment {name} is taken for its owner")
            }
            LineProblem::NoOwner => write!(f, "line {line} is a public key that does not say whose it is"),
            LineProblem::Other(why) => write!(f, "line {line} is left out: {why}"),
            LineProblem::Key(problem) => write!(f, "line {line} is left out: {problem}"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum LineProblem {
    LocalTime,
    Comment(Foreign),
    NoOwner,
    Key(KeyProblem),
    Other(&'static str),
}

/// Why an allowed-signers file is of no use: sentences to go on after its name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum ParseError {
    #[error("is larger than {} bytes", limits::SSH_SIGNERS_BYTES)]
    Size,
    #[error("has more than {} lines", limits::SSH_SIGNERS_LINES)]
    Lines,
    #[error("is not a text file")]
    NotText,
    #[error("lists no key{}", .first.as_ref().map_or(String::new(), |warning| format!(": {warning}")))]
    Empty { first: Option<Warning> },
    #[error("is a file of public keys and not of allowed signers: {first}")]
    PublicKeys { first: Warning },
}

impl Problem for ParseError {
    fn code(&self) -> &'static str {
        match self {
            ParseError::Size | ParseError::Lines => "allowed-signers-too-large",
            ParseError::NotText => "allowed-signers-not-text",
            ParseError::Empty { .. } => "allowed-signers-empty",
            ParseError::PublicKeys { .. } => "allowed-signers-public-keys",
        }
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotChecked
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            ParseError::PublicKeys { .. } => {
                "Write the owner's name before each key: `sed 's/^/alice@example.org /' KEYS > allowed_signers`.".into()
            }
            _ => "A line is `principal ssh-ed25519 AAAA...`: see ALLOWED SIGNERS in ssh-keygen(1).".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AllowedSigners, ParseError};

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJVwNBrxTZkYnaNRVKMiTXyTgqNnQIyDSVtJmo7YS1Xr";

    fn principals(line: &str) -> Result<String, String> {
        match AllowedSigners::parse(line.as_bytes()) {
            Ok((signers, warnings)) => {
                assert!(warnings.iter().all(|warning| !warning.is_left_out()), "{warnings:?}");
                Ok(String::from_utf8_lossy(&signers.lines[0].principals).into_owned())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn lines() {
        for (line, expected) in [
            (format!("a {KEY}"), Some("a")),
            (format!(" \ta,b*,!c\t{KEY} comment with \" quote\r"), Some("a,b*,!c")),
            (format!("a {KEY}\r"), Some("a")),
            (format!("\r{KEY}"), None),
            (format!("\ra {KEY}"), None),
            (format!("\"a b\" {KEY}"), Some("a b")),
            (format!("\"a b\"{KEY}"), Some("a b")),
            (format!("a\"b c\" {KEY}"), Some("ab c")),
            (format!("\"\" {KEY}"), Some("")),
            (format!("a\"b {KEY}"), None),
            (format!("a\"b c\"d {KEY}"), None),
            (format!("a cert-authority {KEY}"), Some("a")),
            (format!("a cert-authority \t {KEY}"), Some("a")),
            (format!("a namespaces=\"x y\",cert-authority {KEY}"), Some("a")),
            (format!("a namespaces=\"x\\\" y\" {KEY}"), Some("a")),
            (format!("a namespaces=\"x {KEY}"), None),
            (format!("a foo {KEY}"), None),
            (format!("a cert-authority foo {KEY}"), None),
            (format!("a {}", KEY.replace("AAAAC", "AAAAD")), None),
            (format!("a {}", KEY.replace("ssh-ed25519", "ssh-rsa")), None),
            (format!("a {}", KEY.replace("ssh-ed25519", "SSH-ED25519")), None),
            (format!("a {}", KEY.replace("ssh-ed25519 ", "ssh-ed25519-cert-v01@openssh.com ")), None),
            (format!("a {KEY}AAAA"), None),
            (format!("a {}", KEY.trim_end_matches("1Xr")), None),
            ("a ssh-dss AAAAB3NzaC1kc3M=".to_owned(), None),
            (KEY.to_owned(), None),
            ("a".to_owned(), None),
            ("a ".to_owned(), None),
            ("a ssh-ed25519".to_owned(), None),
            ("a ssh-ed25519 ".to_owned(), None),
        ] {
            assert_eq!(principals(&line).ok().as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn warnings_name_the_line() {
        let text = format!("# comment\n\r\nbad\na {KEY}\nb valid-after=\"20240101\" {KEY}\nc valid-after=\"x\" {KEY}");
        let (signers, warnings) = AllowedSigners::parse(text.as_bytes()).unwrap();
        assert_eq!(signers.lines.iter().map(|line| line.number).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(warnings.iter().map(|warning| warning.line()).collect::<Vec<_>>(), [3, 5, 6]);
        assert_eq!(warnings[0].to_string(), "line 3 is left out: it has no key");
        for options in ["", "cert-authority "] {
            let error = AllowedSigners::parse(format!("a {options}ssh-dss AAAAB3NzaC1kc3M=").as_bytes()).unwrap_err();
            assert!(error.to_string().ends_with("its key is of the kind ssh-dss, which is not supported"), "{error}");
        }
        assert!(warnings[1].to_string().contains("without zone"));
    }

    #[test]
    fn files_of_no_use() {
        let parse = |text: &[u8]| AllowedSigners::parse(text).unwrap_err();
        assert_eq!(parse(b"").to_string(), "lists no key");
        assert_eq!(parse(b"\nx").to_string(), "lists no key: line 2 is left out: it has no key");
        assert_eq!(parse(&format!("a {KEY}\n\0").into_bytes()), ParseError::NotText);
        assert_eq!(parse(&b"\n".repeat(100_000)), ParseError::Lines);
        assert_eq!(parse(&b"#".repeat((16 << 20) + 1)), ParseError::Size);
        let many = format!("{} {KEY}", "a,".repeat(1025));
        assert_eq!(parse(many.as_bytes()).to_string(), "lists no key: line 1 is left out: it has too many principals");
    }
}
