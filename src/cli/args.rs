//! Arguments as they are written (low), and what they mean (high).

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, ArgGroup, CommandFactory, FromArgMatches, Parser};
use foreign::Foreign;

use super::values::{Rest, accepted_texts, fingerprint, folder, full_id, patterns, submodule, time, with_slash};
use crate::authenticate::Request;
use crate::git::{Source, TagName, Wanted};
use crate::limits;
use crate::pinned::PinnedIds;
use crate::signature::{Conditions, Trusted};
use crate::submodules::Submodules;
use crate::tarball::{Algorithm, Container, Grading, Pin, Preset};

/// What the program's exit codes mean.
pub const EXIT_CODES: &str = "  0  authentic: a trusted key signed the tag, the tag is the one asked
     for, and the tarball is its archive, or what options accept
  1  not authentic: the check was made, and something is wrong
  2  usage error
  3  could not be checked: network, missing or damaged files, a limit";

/// A call as packagers write it.
pub const EXAMPLE: &str = "  auth-tarball-from-git --keyring chrisduerr.pgp \\
      --keyring kchibisov.pgp --tag v0.13.0 --prefix alacritty-0.13.0 \\
      https://github.com/alacritty/alacritty.git alacritty-0.13.0.tar.gz";

/// Authenticate a pinned source tarball against a signed git tag
///
/// You give trusted keys, a tag's name, a git repository and a tarball. The program verifies the tag's signature, OpenPGP
/// or SSH. It works out the exact tar that `git archive` writes for the tagged commit. It compares that with the tar
/// in the tarball, byte for byte. Compression does not matter.
///
/// On success the last line is OK, on standard output. Everything else goes to standard error.
#[derive(Clone, Debug, Parser)]
#[command(name = "auth-tarball-from-git", version, max_term_width = 79)]
#[command(after_help = format!("Exit codes:\n{EXIT_CODES}\n\nExample:\n{EXAMPLE}"))]
#[command(override_usage = "auth-tarball-from-git [OPTIONS] --keyring FILE --tag TAG REPO TARBALL")]
#[command(disable_help_flag = true, disable_version_flag = true)]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["tag", "commit"]))]
#[command(group = ArgGroup::new("whom").required(true).multiple(true).args(["keyring", "allowed_signers"]))]
#[command(group = ArgGroup::new("before_paths").args(["prefix", "name"]))]
pub struct Args {
    /// Trust the OpenPGP certificates in this file or folder
    ///
    /// A file may be armored, binary or a keybox of GnuPG. You may give this option more than once. For SSH keys, use
    /// --allowed-signers.
    #[arg(long, value_name = "FILE", help_heading = "Needed")]
    keyring: Vec<PathBuf>,

    /// The tag that must be signed
    ///
    /// Give NAME or refs/tags/NAME. To check a signed commit instead, use --commit.
    #[arg(long, value_name = "TAG", help_heading = "Needed")]
    tag: Option<String>,

    /// The git repository: a URL, a folder or a bundle file
    ///
    /// URLs with https, http, git, ssh and file are accepted, and user@host:path.
    #[arg(value_name = "REPO", help_heading = "Needed")]
    repo: String,

    /// The tarball that is checked
    #[arg(value_name = "TARBALL", help_heading = "Needed")]
    tarball: PathBuf,

    /// Trust the SSH keys in this file
    ///
    /// It has the format of OpenSSH's allowed signers: see ssh-keygen(1). A .pub file is accepted as well, if its comment
    /// is one plain word.
    #[arg(long, value_name = "FILE", help_heading = "Trust")]
    allowed_signers: Option<PathBuf>,

    /// Count only this certificate of the keyrings
    ///
    /// Give the fingerprint of its primary key. You may give this option more than once.
    #[arg(long, value_name = "FPR", requires = "keyring", help_heading = "Trust")]
    fingerprint: Vec<String>,

    /// How many must have signed
    ///
    /// Distinct certificates are counted.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..), help_heading = "Trust")]
    signatures: u8,

    /// Count no signatures from before this time
    ///
    /// Give YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ, in UTC.
    #[arg(long, value_name = "TIME", help_heading = "Trust")]
    not_before: Option<String>,

    /// Count no signatures from after this time
    ///
    /// Give YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ, in UTC. A day counts to its last second.
    #[arg(long, value_name = "TIME", help_heading = "Trust")]
    not_after: Option<String>,

    /// Judge algorithms as on this day
    ///
    /// Give YYYY-MM-DD. Keys and signatures that were good enough then are accepted, as with `sqv --policy-as-of`. Somebody
    /// may have forged them since.
    #[arg(long, value_name = "DAY", help_heading = "Trust")]
    policy_as_of: Option<String>,

    /// Check a signed commit, or which commit the tag leads to
    ///
    /// Give its full id. With --tag, the tag must be signed and lead to this
    /// commit. Without, the commit itself must be signed.
    #[arg(long, value_name = "OID", help_heading = "What is signed")]
    commit: Option<String>,

    /// The id that the tag object must have
    ///
    /// Give its full id. A signed tag can be replaced by another one of the
    /// same name.
    #[arg(long, value_name = "OID", requires = "tag", help_heading = "What is signed")]
    tag_id: Option<String>,

    /// If the tag is not signed, its commit must be
    ///
    /// Anyone who controls the repository can then move the tag to another signed commit.
    #[arg(long, requires = "tag", help_heading = "What is signed")]
    resolve_unsigned_tag: bool,

    /// How long fetching may take
    #[arg(long, value_name = "SECONDS", default_value_t = limits::NETWORK_DEADLINE.as_secs(), value_parser = clap::value_parser!(u64).range(1..=limits::LONGEST_DEADLINE), help_heading = "What is signed")]
    timeout: u64,

    /// What stands before every path in the tarball
    ///
    /// A slash is added if it is missing. '' means that nothing stands there. Without --prefix and --name, the program
    /// reads the prefix off the tarball and reports it.
    #[arg(long, value_name = "PREFIX", help_heading = "Tarball")]
    prefix: Option<OsString>,

    /// The same as --prefix NAME-TAG/
    ///
    /// Slashes in the tag become dashes. With --commit, it is the same as --prefix NAME-OID/.
    #[arg(long, value_name = "NAME", help_heading = "Tarball")]
    name: Option<String>,

    /// tar, tar.gz, tar.xz, tar.bz2 or tar.zst
    ///
    /// The tarball must be of this kind. Without this option, its first bytes decide.
    #[arg(long, value_name = "FORMAT", help_heading = "Tarball")]
    format: Option<String>,

    /// The SHA-256 checksum that the tarball must have
    ///
    /// It is the checksum of the compressed file. If you give several checksums, all must hold.
    #[arg(long, value_name = "HEX", help_heading = "Tarball")]
    sha256: Option<String>,

    /// The SHA-512 checksum that the tarball must have
    #[arg(long, value_name = "HEX", help_heading = "Tarball")]
    sha512: Option<String>,

    /// The BLAKE2b checksum that the tarball must have
    ///
    /// It has 512 bits, as b2sum prints it.
    #[arg(long, value_name = "HEX", help_heading = "Tarball")]
    b2sum: Option<String>,

    /// The checksum that the tarball must have, as npm and Nix write it
    ///
    /// Give sha256-, sha384- or sha512- and the checksum in base64. Of several
    /// with blanks between them, the strongest kind decides.
    #[arg(long, value_name = "SRI", help_heading = "Tarball")]
    integrity: Option<String>,

    /// Refuse text that signed data does not fully decide
    ///
    /// Only the maker of the tarball knew such text: ref names, for example, in files with export-subst. This option also
    /// refuses an id that can be changed without the signer.
    #[arg(long, help_heading = "Tarball")]
    strict: bool,

    /// Accept a text that only the forge knew in a file
    ///
    /// Such a text stands in a file with export-subst, and could change more
    /// than its own place there. The message that refuses it shows what to
    /// give: it is accepted in this line of the file. The line may be left
    /// out if no other placeholder of the file could have the text. You may
    /// give this option more than once.
    #[arg(long, value_name = "FILE:LINE:TEXT", help_heading = "Tarball")]
    accept_text: Vec<String>,

    /// If the tarball is not the archive, list every difference
    ///
    /// The exit code stays the same. The report has a grade: same-files, added or changed. Then it lists what changed, what
    /// is missing and what was added.
    #[arg(long, help_heading = "Grades")]
    explain: bool,

    /// The same as --explain, with changed texts line by line
    #[arg(long, hide_short_help = true, help_heading = "Grades")]
    diff: bool,

    /// Accept a tarball with this grade: same-files
    ///
    /// It has every file, link and executable bit of the commit's archive, and nothing else. Only the tar around them is
    /// another one, or it is a zip archive.
    #[arg(long, value_name = "GRADE", value_parser = ["same-files"], help_heading = "Grades")]
    accept: Option<String>,

    /// Accept files that export-ignore leaves out
    ///
    /// They must be as in the commit.
    #[arg(long, hide_short_help = true, help_heading = "Grades")]
    with_ignored: bool,

    /// Accept added paths that match
    ///
    /// A pattern is for the whole path behind the prefix. * does not match a slash, and ** does. You may give this option more
    /// than once. All other files must be as in the commit.
    #[arg(long, value_name = "PATTERN", help_heading = "Grades")]
    allow_added: Vec<String>,

    /// Accept changed paths that match
    #[arg(long, hide_short_help = true, value_name = "PATTERN", help_heading = "Grades")]
    allow_changed: Vec<String>,

    /// Accept missing paths that match
    #[arg(long, hide_short_help = true, value_name = "PATTERN", help_heading = "Grades")]
    allow_missing: Vec<String>,

    /// Accept what a packaging tool does: sdist, crate or dist
    ///
    /// The report prints the list that it stands for.
    #[arg(long, value_name = "TOOL", value_parser = ["sdist", "crate", "dist"], help_heading = "Grades")]
    preset: Option<String>,

    /// The tarball is of this folder of the repository
    ///
    /// Archives that `git archive` writes in the folder, of TAG PATH or of TAG:PATH are proven. Grades are given for the files
    /// of this folder.
    #[arg(long, value_name = "PATH", help_heading = "Tarball")]
    subdir: Option<OsString>,

    /// Compare the content of submodules, too
    ///
    /// Each is compared with the commit that the signed tree names. It comes from the URL in the commit's .gitmodules. If the
    /// archives of submodules follow that of the repository, byte for byte, the tarball is authentic. Otherwise it has a grade.
    #[arg(long, help_heading = "Grades")]
    submodules: bool,

    /// Where a submodule is, whatever .gitmodules says
    ///
    /// PATH is its path in the repository. This implies --submodules. You may give this option more than once.
    #[arg(long, hide_short_help = true, value_name = "PATH=REPO", help_heading = "Grades")]
    submodule: Vec<String>,

    /// How many folders stand before every path in the tarball
    ///
    /// Without it, grades are given to tarballs with one folder of a plain name, or with the name of --prefix.
    #[arg(long, hide_short_help = true, value_name = "N", conflicts_with_all = ["prefix", "name"], value_parser = clap::value_parser!(u8).range(0..=64), help_heading = "Grades")]
    strip: Option<u8>,

    /// Print one JSON object instead of the report
    #[arg(long, help_heading = "Output")]
    json: bool,

    /// Print nothing but errors
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    quiet: bool,

    /// Print every step, and what the server says
    #[arg(short, long, help_heading = "Output")]
    verbose: bool,

    /// Print help; -h prints less of it
    #[arg(short, long, action = ArgAction::Help, help_heading = "Output")]
    help: (),

    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version, help_heading = "Output")]
    version: (),
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
    /// Every difference was asked for.
    pub explains: bool,
}

/// What the arguments mean.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Whose signatures count.
    pub trusted: Trusted,
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
        let commit = self.commit.as_deref().map(|id| full_id("--commit", id)).transpose()?;
        let (wanted, commit) = match (&self.tag, commit) {
            (None, Some(commit)) => (Wanted::Commit(commit), None),
            (tag, commit) => (Wanted::Tag(TagName::parse(tag.as_deref().unwrap_or_default())?), commit),
        };
        let tag = self.tag_id.as_deref().map(|id| full_id("--tag-id", id)).transpose()?;
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
        let hex = [
            ("--sha256", Algorithm::Sha256, &self.sha256),
            ("--sha512", Algorithm::Sha512, &self.sha512),
            ("--b2sum", Algorithm::Blake2b, &self.b2sum),
        ];
        let of_hex = hex.into_iter().filter_map(|(option, algorithm, text)| {
            Some(Pin::from_hex(algorithm, text.as_deref()?).map_err(|error| format!("{option} takes {error}")))
        });
        let of_sri = self.integrity.as_deref().map(Pin::from_sri);
        let of_sri = of_sri.map(|pin| pin.map_err(|error| format!("--integrity takes {error}")));
        let pins = of_hex.chain(of_sri).collect::<Result<_, _>>()?;
        let submodules = Submodules {
            are_wanted: self.submodules || !self.submodule.is_empty(),
            overrides: self.submodule.iter().map(|text| submodule(text)).collect::<Result<_, _>>()?,
        };
        let grading = Grading {
            explain: self.explain,
            diff: self.diff,
            same_files: self.accept.is_some(),
            with_ignored: self.with_ignored,
            added: patterns("--allow-added", &self.allow_added)?,
            changed: patterns("--allow-changed", &self.allow_changed)?,
            missing: patterns("--allow-missing", &self.allow_missing)?,
            preset: self.preset.as_deref().and_then(Preset::named),
            strip: self.strip.map(usize::from),
            submodules: submodules.are_wanted,
        };
        if !grading.is_asked() && (grading.with_ignored || grading.strip.is_some()) {
            return Err(
                "--with-ignored and --strip are for grades: give --explain, --accept or --allow-... as well".into()
            );
        }
        let trusted = Trusted { keyrings: self.keyring, fingerprints, allowed_signers: self.allowed_signers };
        let request = Request {
            conditions,
            wanted,
            pinned: PinnedIds { tag, commit },
            resolve_unsigned_tag: self.resolve_unsigned_tag,
            source,
            tarball: self.tarball,
            prefix,
            container,
            pins,
            timeout: Duration::from_secs(self.timeout),
            strict: self.strict,
            accepted_texts: accepted_texts(&self.accept_text)?,
            folder: self.subdir.map(|path| folder(path.into_encoded_bytes())).transpose()?,
            submodules,
            grading,
        };
        let explains = request.grading.is_asked();
        let output = Output { json: self.json, quiet: self.quiet, verbose: self.verbose, explains };
        Ok(Invocation { trusted, request, output })
    }
}
