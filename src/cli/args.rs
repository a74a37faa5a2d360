//! Arguments as they are written (low), and what they mean (high).

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::{ArgGroup, CommandFactory, FromArgMatches, Parser};
use sequoia_openpgp::Fingerprint;

use crate::authenticate::Request;
use crate::foreign::Foreign;
use crate::git::{Source, TagName, Wanted};
use crate::limits;
use crate::signature::{Conditions, Trusted};
use crate::tarball::Container;

/// What the program's exit codes mean.
pub const EXIT_CODES: &str = "\
  0  authentic: a trusted key signed the tag, it is the tag that was asked for, and the tarball is its archive
  1  not authentic: checked, and something is wrong
  2  usage error
  3  could not be checked: network, missing or damaged files, a limit

On success the only line on standard output is OK; everything else goes to standard error.";

/// A call as packagers write it.
pub const EXAMPLE: &str = "\
  auth-tarball-from-git --keyring chrisduerr.pgp --keyring kchibisov.pgp --tag v0.13.0 \\
      --prefix alacritty-0.13.0 https://github.com/alacritty/alacritty.git alacritty-0.13.0.tar.gz";

/// Authenticate a pinned source tarball against a signed git tag
///
/// From trusted keys, a tag name, the URL of a git repository and a tarball, this verifies the tag's OpenPGP or SSH
/// signature, works out the exact tar that `git archive` writes for the tagged commit, and checks that the tarball is that,
/// byte for byte. Compression does not matter. Only the tag, the commit and the trees are fetched where the server can leave
/// out the rest.
#[derive(Clone, Debug, Parser)]
#[command(name = "auth-tarball-from-git", version, after_help = format!("Exit codes:\n{EXIT_CODES}\n\nExample:\n{EXAMPLE}"), max_term_width = 100)]
#[command(group = ArgGroup::new("what").required(true).args(["tag", "commit"]))]
#[command(group = ArgGroup::new("whom").required(true).multiple(true).args(["keyring", "allowed_signers"]))]
#[command(group = ArgGroup::new("before_paths").args(["prefix", "name"]))]
pub struct Args {
    /// Trust the OpenPGP certificates in this file (armored, binary or a keybox) or folder; may be given more than once
    #[arg(long, value_name = "FILE")]
    keyring: Vec<PathBuf>,

    /// Of the certificates in the keyrings, only these count: fingerprints of primary keys; may be given more than once
    #[arg(long, value_name = "FPR", requires = "keyring")]
    fingerprint: Vec<String>,

    /// Trust the SSH keys in this file, which has the format of OpenSSH's allowed signers
    #[arg(long, value_name = "FILE")]
    allowed_signers: Option<PathBuf>,

    /// So many distinct certificates must have signed
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    signatures: u8,

    /// Signatures made before this do not count: YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ
    #[arg(long, value_name = "TIME")]
    not_before: Option<String>,

    /// Signatures made after this do not count: a whole day, or YYYY-MM-DDThh:mm:ssZ
    #[arg(long, value_name = "TIME")]
    not_after: Option<String>,

    /// The tag that must be signed: NAME or refs/tags/NAME
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,

    /// Authenticate a signed commit instead of a tag: its full id
    #[arg(long, value_name = "OID")]
    commit: Option<String>,

    /// Where the tag is not signed, its commit must be. Anyone who controls the repository can then move the tag to another
    /// signed commit
    #[arg(long, conflicts_with = "commit")]
    resolve_unsigned_tag: bool,

    /// What stands before every path in the tarball; a slash is added where it is missing, '' is for none.
    /// Without --prefix and --name it is read off the tarball and reported
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<OsString>,

    /// The same as --prefix NAME-TAG/, with the slashes of the tag as dashes; with --commit, NAME-OID/
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// The tarball must be of this kind: tar, tar.gz, tar.xz, tar.bz2 or tar.zst. Without it, the first bytes decide
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,

    /// The tarball must have this SHA-256 checksum
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,

    /// Print one JSON object on standard output instead of a report
    #[arg(long)]
    json: bool,

    /// Print nothing but errors
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,

    /// Print what is being done, and what the server says
    #[arg(short, long)]
    verbose: bool,

    /// How long the network part may take altogether
    #[arg(long, value_name = "SECONDS", default_value_t = limits::NETWORK_DEADLINE.as_secs(), value_parser = clap::value_parser!(u64).range(1..=limits::LONGEST_DEADLINE))]
    timeout: u64,

    /// Refuse text that only the forge knew, such as ref names and abbreviated ids in files with export-subst
    #[arg(long)]
    strict: bool,

    /// Judge cryptographic algorithms as on this day, like `sqv --policy-as-of`: accepts keys and signatures that were
    /// good enough then, at the risk that they were forged since
    #[arg(long, value_name = "YYYY-MM-DD")]
    policy_as_of: Option<String>,

    /// The git repository: an https, http, git or ssh URL, user@host:path, a local folder, or a bundle file
    #[arg(value_name = "REPO")]
    repo: String,

    /// The tarball
    #[arg(value_name = "TARBALL")]
    tarball: PathBuf,
}

/// How much is printed, and in which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// One JSON object on standard output.
    pub json: bool,
    /// Nothing but errors.
    pub quiet: bool,
    /// Every step.
    pub verbose: bool,
}

/// What the arguments mean.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// What is to be authenticated.
    pub request: Request,
    /// How the result is shown.
    pub output: Output,
}

/// The definition behind `--help`, the man page and the completions.
pub fn command() -> clap::Command {
    Args::command()
}

impl Invocation {
    /// Read arguments, the program's name first.
    ///
    /// # Errors
    /// clap's, which also carry `--help` and `--version`.
    pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut command = command();
        let args = Args::from_arg_matches(&command.try_get_matches_from_mut(args)?)?;
        args.meaning().map_err(|what| command.error(clap::error::ErrorKind::ValueValidation, what))
    }
}

impl Args {
    fn meaning(self) -> Result<Invocation, String> {
        let wanted = match &self.commit {
            Some(id) => Wanted::Commit(full_id(id)?),
            None => Wanted::Tag(TagName::parse(self.tag.as_deref().unwrap_or_default())?),
        };
        let version = match &wanted {
            Wanted::Tag(name) => name.short().replace('/', "-"),
            Wanted::Commit(id) => id.to_string(),
        };
        let prefix = match (self.prefix, self.name) {
            (Some(prefix), _) => Some(with_slash(prefix.into_encoded_bytes())),
            (None, Some(name)) => Some(with_slash(format!("{name}-{version}").into_bytes())),
            (None, None) => None,
        };
        let container = match self.format {
            None => None,
            Some(word) => Some(Container::from_extension(&word).ok_or_else(|| {
                format!("--format {} is not known: tar, tar.gz, tar.xz, tar.bz2 or tar.zst", Foreign::from(&word))
            })?),
        };
        let source = Source::parse(&self.repo).map_err(|error| {
            format!(
                "{error}\nREPO is an https, http, git or ssh URL, user@host:path, a local folder, or a bundle file."
            )
        })?;
        let fingerprints = self.fingerprint.iter().map(|text| fingerprint(text)).collect::<Result<_, _>>()?;
        let conditions = Conditions {
            policy_as_of: self
                .policy_as_of
                .as_deref()
                .map(|day| time("--policy-as-of", day, Rest::None))
                .transpose()?,
            signatures: self.signatures.into(),
            not_before: self.not_before.as_deref().map(|text| time("--not-before", text, Rest::Begin)).transpose()?,
            not_after: self.not_after.as_deref().map(|text| time("--not-after", text, Rest::End)).transpose()?,
        };
        let trusted = Trusted { keyrings: self.keyring, fingerprints, allowed_signers: self.allowed_signers };
        let request = Request {
            trusted,
            conditions,
            wanted,
            resolve_unsigned_tag: self.resolve_unsigned_tag,
            source,
            tarball: self.tarball,
            prefix,
            container,
            pin: self.sha256.as_deref().map(pin).transpose()?,
            timeout: Duration::from_secs(self.timeout),
            strict: self.strict,
        };
        Ok(Invocation { request, output: Output { json: self.json, quiet: self.quiet, verbose: self.verbose } })
    }
}

fn with_slash(mut prefix: Vec<u8>) -> Vec<u8> {
    if !prefix.is_empty() && !prefix.ends_with(b"/") {
        prefix.push(b'/');
    }
    prefix
}

/// Abbreviated ids could be made to mean something else.
fn full_id(hex: &str) -> Result<gix::ObjectId, String> {
    gix::ObjectId::from_hex(hex.to_ascii_lowercase().as_bytes())
        .map_err(|_| "--commit takes a full id: 40 or 64 hexadecimal digits".to_owned())
}

/// Blanks are allowed, as gpg prints them.
fn fingerprint(text: &str) -> Result<Fingerprint, String> {
    let hex: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    match hex.parse() {
        // Key ids, and fingerprints of unknown length, are not enough.
        Ok(fingerprint) if matches!(hex.len(), 40 | 64) => Ok(fingerprint),
        _ => Err(format!("--fingerprint takes 40 or 64 hexadecimal digits, not {}", Foreign::from(text))),
    }
}

/// What a day means where a time is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// Its first second; nothing finer is taken.
    None,
    /// Its first second.
    Begin,
    /// Its last.
    End,
}

/// A day, or a time in UTC.
fn time(option: &str, text: &str, rest: Rest) -> Result<SystemTime, String> {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let whole = match (shape.as_str(), rest) {
        ("0000-00-00", Rest::None | Rest::Begin) => Some(format!("{text}T00:00:00Z")),
        ("0000-00-00", Rest::End) => Some(format!("{text}T23:59:59Z")),
        ("0000-00-00T00:00:00Z", Rest::Begin | Rest::End) => Some(text.to_owned()),
        _ => None,
    };
    let time = whole.and_then(|whole| gix::date::parse(&whole, None).ok());
    let seconds = time.and_then(|time| u64::try_from(time.seconds).ok()).ok_or_else(|| {
        let form = if rest == Rest::None { "a day as YYYY-MM-DD" } else { "YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ" };
        format!("{option} takes {form}, not {}", Foreign::from(text))
    })?;
    Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

fn pin(hex: &str) -> Result<[u8; 32], String> {
    let wrong = || "--sha256 takes 64 hexadecimal digits".to_owned();
    let digits: Vec<u8> =
        hex.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>().ok_or_else(wrong)?;
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    if digits.len() == 64 { bytes.try_into().map_err(|_| wrong()) } else { Err(wrong()) }
}
