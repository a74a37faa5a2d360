//! Arguments as they are written (low), and what they mean (high).

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, ArgGroup, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::foreign::Foreign;
use crate::limits;
use crate::quorum::{Origin, Recipe, Statement, image_digest, is_hex};

/// What the program's exit codes mean.
pub const EXIT_CODES: &str = "\
  0  verified: the quorum is met (or done, for the other commands)
  1  not verified: checked, and the quorum is not met, or a block with a trusted key's id is bad
  2  usage error
  3  could not be checked, or done: missing or damaged files, a wrong password, a limit";

/// A release from beginning to end.
pub const EXAMPLE: &str = "\
  minisign-quorum sign -s publisher.key hello-1.0.tar.gz --source https://example.org/hello.git \\
      --tag v1.0 --commit 9ad5c28e4c3b8fe3a28d5ce8ba0a3c0eb29da0b7 --prefix hello-1.0/
  minisign-quorum cosign -s alice.key hello-1.0.tar.gz
  minisign-quorum verify --policy hello.policy --threshold 3 hello-1.0.tar.gz";

/// Signatures of independent builders on one file, with a threshold
///
/// A release is signed by its publisher, and again, over the same bytes, by builders who made it again from the stated
/// source. FILE.minisigs holds these signatures, each in the format of minisign. This program makes, merges and shows such
/// sets, and verifies that enough of the parties that a policy names have signed the file from the same material.
///
/// Without a command it takes minisign's own options: -V verifies, and with -Q N asks for N distinct keys. In minisign
/// itself, -Q has another meaning and takes no number: there, `minisign -Q 3 -Vm FILE` checks one signature.
#[derive(Clone, Debug, Parser)]
#[command(name = "minisign-quorum", version, disable_version_flag = true, args_conflicts_with_subcommands = true)]
#[command(subcommand_negates_reqs = true, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = format!("Exit codes:\n{EXIT_CODES}\n\nExample:\n{EXAMPLE}"))]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    plain: Plain,

    /// Print the version
    #[arg(short = 'v', long, action = ArgAction::Version)]
    version: (),
}

/// The options of `minisign -V`.
#[derive(Clone, Debug, clap::Args)]
pub struct Plain {
    /// Verify a file, as minisign does
    #[arg(short = 'V', required = true, action = ArgAction::SetTrue)]
    verify: bool,

    /// The file
    #[arg(short = 'm', value_name = "FILE", required = true)]
    pub file: Option<PathBuf>,

    /// The signatures; without it FILE.minisigs, or FILE.minisig where there is no such file
    #[arg(short = 'x', value_name = "SET")]
    pub set: Option<PathBuf>,

    #[command(flatten)]
    pub keys: Keys,

    /// So many distinct keys must have signed, from the same material. (In minisign, -Q takes no number and counts nothing.)
    #[arg(short = 'Q', value_name = "N", value_parser = threshold)]
    pub quorum: Option<usize>,

    /// Print nothing but errors
    #[arg(short = 'q')]
    pub quiet: bool,

    /// Refuse legacy signatures, as minisign does. They never count for -Q
    #[arg(short = 'H')]
    pub prehashed: bool,

    /// The signed name may be another than the file's. Someone who can rename files can then pass off an old release
    #[arg(long)]
    pub allow_rename: bool,
}

/// Public keys.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Keys {
    /// A file with a public key; may be given more than once
    #[arg(short = 'p', value_name = "PUBKEY_FILE")]
    pub files: Vec<PathBuf>,

    /// A public key in base64; may be given more than once
    #[arg(short = 'P', value_name = "PUBKEY")]
    pub texts: Vec<String>,
}

/// A secret key and its password.
#[derive(Clone, Debug, clap::Args)]
pub struct Signer {
    /// A file with the secret key; without it $MINISIGN_CONFIG_DIR/minisign.key or ~/.minisign/minisign.key
    #[arg(short = 's', value_name = "SECKEY_FILE")]
    pub secret: Option<PathBuf>,

    /// The secret key has no password, or an empty one: ask for none
    #[arg(short = 'W')]
    pub no_password: bool,

    /// The first line of this file is the password; without it, it is asked for on the terminal
    #[arg(long, value_name = "FILE", conflicts_with = "no_password")]
    pub password_file: Option<PathBuf>,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Check that enough of the parties of a policy have signed a file
    Verify(Verify),
    /// Sign a file as its publisher: say which source it is made of, and how
    #[command(group = ArgGroup::new("recipe").required(true).args(["prefix", "image"]))]
    Sign(Box<Sign>),
    /// Sign a file as a builder who has made the same bytes from the material that the publisher states
    Cosign(Cosign),
    /// Put the signatures of several files into one set
    Merge(Merge),
    /// Print what is in a set, without verifying it
    Show(Show),
    /// Check the grammar and limits of a file of signatures, and who cannot read it
    Lint(Lint),
    /// Make a key pair for this program and minisign
    Keygen(Keygen),
}

/// `verify`
#[derive(Clone, Debug, clap::Args)]
pub struct Verify {
    /// Whom to trust: a file that minisign-quorum(1) describes
    #[arg(long, value_name = "FILE")]
    pub policy: PathBuf,

    /// So many parties must have signed, beside what the policy's quorum asks for
    #[arg(long, value_name = "N", value_parser = threshold)]
    pub threshold: Option<usize>,

    /// This party or group of the policy must have signed; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub require: Vec<String>,

    /// The set; without it FILE.minisigs, or FILE.minisig where there is no such file
    #[arg(short = 'x', value_name = "SET")]
    pub set: Option<PathBuf>,

    /// The signed name may be another than the file's. Someone who can rename files can then pass off an old release
    #[arg(long)]
    pub allow_rename: bool,

    /// Print one JSON object on standard output instead of a report
    #[arg(long)]
    pub json: bool,

    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,

    /// The file
    pub file: PathBuf,
}

/// `sign`
#[derive(Clone, Debug, clap::Args)]
pub struct Sign {
    #[command(flatten)]
    pub signer: Signer,

    /// The URL of the source's repository
    #[arg(long, value_name = "URL")]
    source: String,

    /// The commit's full id
    #[arg(long, value_name = "OID")]
    commit: String,

    /// The tag's name
    #[arg(long, value_name = "TAG")]
    tag: String,

    /// The file is a source tarball: what `git archive` writes, with this before every path ('' for none)
    #[arg(long, value_name = "PREFIX", conflicts_with_all = ["run", "output", "epoch", "platform"])]
    prefix: Option<OsString>,

    /// The file is what a command leaves in a container of this image: sha256: and 64 digits
    #[arg(long, value_name = "DIGEST", requires = "run", requires = "output")]
    image: Option<String>,

    /// The image's platform; linux/amd64 without it
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<String>,

    /// The command
    #[arg(long, value_name = "COMMAND")]
    run: Option<OsString>,

    /// The path of the file in the container
    #[arg(long, value_name = "PATH")]
    output: Option<OsString>,

    /// The SOURCE_DATE_EPOCH for the command
    #[arg(long, value_name = "SECONDS")]
    epoch: Option<u64>,

    /// Write the set here and not to FILE.minisigs
    #[arg(short = 'o', value_name = "SET")]
    pub out: Option<PathBuf>,

    /// Write FILE.minisig as well: one block with today's comment, for today's minisign
    #[arg(long)]
    pub single: bool,

    /// Replace sets and signatures that are there
    #[arg(short, long)]
    pub force: bool,

    /// The file
    pub file: PathBuf,
}

/// `cosign`
#[derive(Clone, Debug, clap::Args)]
pub struct Cosign {
    #[command(flatten)]
    pub signer: Signer,

    #[command(flatten)]
    pub keys: Keys,

    /// The set with the publisher's block; without it FILE.minisigs
    #[arg(short = 'x', value_name = "SET")]
    pub set: Option<PathBuf>,

    /// Merge the block into this set and not into the one that was read
    #[arg(short = 'o', value_name = "SET")]
    pub out: Option<PathBuf>,

    /// Sign again where this key has signed the same material
    #[arg(short, long)]
    pub force: bool,

    /// The file, as you have built it
    pub file: PathBuf,
}

/// `merge`
#[derive(Clone, Debug, clap::Args)]
pub struct Merge {
    /// The set that grows: what is in it stays
    #[arg(short = 'o', value_name = "SET")]
    pub out: PathBuf,

    /// The file that is signed; without it, the first that is there of the names of the sets without .minisigs
    #[arg(short = 'm', value_name = "FILE", conflicts_with = "unverified")]
    pub file: Option<PathBuf>,

    #[command(flatten)]
    pub keys: Keys,

    /// Only blocks by keys of this policy get in
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "texts"])]
    pub policy: Option<PathBuf>,

    /// The signed name may be another than the file's
    #[arg(long)]
    pub allow_rename: bool,

    /// Take blocks that do not verify, or by unknown keys, as they are
    #[arg(long, conflicts_with_all = ["files", "texts", "policy", "allow_rename"])]
    pub unverified: bool,

    /// Sets and signature files
    #[arg(required = true, value_name = "SET")]
    pub sets: Vec<PathBuf>,
}

/// `show`
#[derive(Clone, Debug, clap::Args)]
pub struct Show {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,

    /// The set, or a signature file
    #[arg(value_name = "SET")]
    pub set: PathBuf,
}

/// `lint`
#[derive(Clone, Debug, clap::Args)]
pub struct Lint {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,

    /// The set, or a signature file
    #[arg(value_name = "SET")]
    pub set: PathBuf,
}

/// `keygen`
#[derive(Clone, Debug, clap::Args)]
pub struct Keygen {
    #[command(flatten)]
    pub signer: Signer,

    /// Where to write the public key; without it ./minisign.pub
    #[arg(short = 'p', value_name = "PUBKEY_FILE")]
    pub public: Option<PathBuf>,

    /// Replace keys that are there
    #[arg(short, long)]
    pub force: bool,

    /// The untrusted comment of the secret key's file
    #[arg(short = 'c', value_name = "COMMENT", default_value = "minisign encrypted secret key")]
    pub comment: String,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Action {
    /// `-V`
    Plain(Box<Plain>),
    /// `verify`
    Verify(Verify),
    /// `sign`
    Sign(Box<SignRequest>),
    /// `cosign`
    Cosign(Cosign),
    /// `merge`
    Merge(Merge),
    /// `show`
    Show(Show),
    /// `lint`
    Lint(Lint),
    /// `keygen`
    Keygen(Keygen),
}

/// `sign`, with the statement's origin.
#[derive(Clone, Debug)]
pub struct SignRequest {
    /// As written.
    pub args: Sign,
    /// What the publisher states.
    pub origin: Origin,
}

/// What the arguments mean.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// What is to be done.
    pub action: Action,
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
        let action = match args.command {
            None => Ok(Action::Plain(Box::new(args.plain))),
            Some(Command::Verify(request)) => Ok(Action::Verify(request)),
            Some(Command::Sign(request)) => request.meaning().map(|request| Action::Sign(Box::new(request))),
            Some(Command::Cosign(request)) => Ok(Action::Cosign(request)),
            Some(Command::Merge(request)) => Ok(Action::Merge(request)),
            Some(Command::Show(request)) => Ok(Action::Show(request)),
            Some(Command::Lint(request)) => Ok(Action::Lint(request)),
            Some(Command::Keygen(request)) => Ok(Action::Keygen(request)),
        };
        let usage = |what| command.error(clap::error::ErrorKind::ValueValidation, what);
        action.map(|action| Invocation { action }).map_err(usage)
    }

    /// Whether a file is to be verified, and nothing else done.
    pub fn is_check(&self) -> bool {
        matches!(self.action, Action::Plain(_) | Action::Verify(_))
    }

    /// Whether standard output is for one JSON object.
    pub fn is_json(&self) -> bool {
        match &self.action {
            Action::Verify(request) => request.json,
            Action::Show(request) => request.json,
            Action::Lint(request) => request.json,
            _ => false,
        }
    }
}

impl Sign {
    fn meaning(self: Box<Self>) -> Result<SignRequest, String> {
        let args = *self;
        let bytes = |text: &OsString| text.as_encoded_bytes().to_vec();
        let recipe = match (&args.prefix, &args.image, &args.run, &args.output) {
            (Some(prefix), ..) => Recipe::GitArchive { prefix: bytes(prefix) },
            (None, Some(image), Some(run), Some(output)) => Recipe::Oci {
                image: image_digest(image.as_bytes())
                    .ok_or("--image takes sha256: and 64 lowercase hexadecimal digits")?,
                platform: args.platform.as_deref().unwrap_or("linux/amd64").as_bytes().to_vec(),
                run: bytes(run),
                output: bytes(output),
                epoch: args.epoch,
            },
            _ => return Err("--prefix, or --image with --run and --output, says how the file is made".to_owned()),
        };
        let commit = args.commit.to_ascii_lowercase();
        if !matches!(commit.len(), 40 | 64) || !is_hex(&commit) {
            return Err("--commit takes a full id: 40 or 64 hexadecimal digits".to_owned());
        }
        let (source, tag) = (args.source.clone().into_bytes(), args.tag.clone().into_bytes());
        let origin = Origin { source, tag, commit, recipe };
        let file = crate::quorum::file_name(&args.file).map_err(|error| error.to_string())?;
        let statement = super::write::statement(0, file, crate::quorum::Role::Publisher, origin.clone());
        // Empty values and lengths, before a password is asked for.
        if let Err(error) = Statement::parse(&statement.to_bytes()) {
            return Err(format!("what is to be signed would be refused: it {error}"));
        }
        Ok(SignRequest { args, origin })
    }
}

fn threshold(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=limits::QUORUM_KEYS) => Ok(number),
        _ => Err(format!("{} is not a number from 1 to {}", Foreign::from(text), limits::QUORUM_KEYS)),
    }
}
