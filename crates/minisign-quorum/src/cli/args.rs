//! Arguments as they are written (low), and what they mean (high).

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, ArgGroup, CommandFactory, FromArgMatches, Parser, Subcommand};
use foreign::Foreign;

use crate::limits;
use crate::{Origin, Recipe, Statement, image_digest, is_hex};

/// What the program's exit codes mean.
pub const EXIT_CODES: &str = "  0  verified: the quorum is met. For the other commands: done
  1  not verified, or refused: the quorum is not met, or a block is not
     what it should be
  2  usage error
  3  could not be checked, or not done: missing or damaged files,
     a wrong password, a limit";

/// A release from beginning to end.
pub const EXAMPLE: &str = "  minisign-quorum sign -s publisher.key hello-1.0.tar.gz \\
      --source https://example.org/hello.git --tag v1.0 \\
      --commit 9ad5c28e4c3b8fe3a28d5ce8ba0a3c0eb29da0b7 \\
      --prefix hello-1.0/
  minisign-quorum cosign -s alice.key hello-1.0.tar.gz
  minisign-quorum verify --policy hello.policy --threshold 3 \\
      hello-1.0.tar.gz";

/// Signatures of independent builders on one file, with a threshold
///
/// The publisher signs a release. Builders make the same bytes again from the stated source, and sign them too.
/// FILE.minisigs holds these signatures, each in the format of minisign. This program makes, merges and shows such sets.
/// It verifies that enough of the parties that you trust have signed the file, from the same material.
///
/// Without a command, the program takes minisign's own options: -V verifies, and -Q N asks for N distinct keys. In minisign
/// itself, -Q takes no number: `minisign -Q 3 -Vm FILE` checks one signature.
#[derive(Clone, Debug, Parser)]
#[command(name = "minisign-quorum", version, disable_version_flag = true, args_conflicts_with_subcommands = true)]
#[command(subcommand_negates_reqs = true, max_term_width = 79, disable_help_subcommand = true)]
#[command(after_help = format!("Exit codes:\n{EXIT_CODES}\n\nExample:\n{EXAMPLE}"))]
#[command(override_usage = "\
minisign-quorum COMMAND ...
       minisign-quorum [OPTIONS] -V -m FILE")]
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

    /// The signatures
    ///
    /// The default is FILE.minisigs, or FILE.minisig if there is no such file.
    #[arg(short = 'x', value_name = "SET")]
    pub set: Option<PathBuf>,

    #[command(flatten)]
    pub keys: Keys,

    /// How many distinct keys must have signed
    ///
    /// Keys count together only if they name the same material. In minisign, -Q takes no number and counts nothing.
    #[arg(short = 'Q', value_name = "N", value_parser = threshold, help_heading = "Trust")]
    pub quorum: Option<usize>,

    /// Refuse legacy signatures, as minisign does
    ///
    /// Legacy signatures never count for -Q.
    #[arg(short = 'H', help_heading = "Trust")]
    pub prehashed: bool,

    /// The signed name may be another than the file's
    ///
    /// Anyone who can rename files can then pass off an old release.
    #[arg(long, help_heading = "Trust")]
    pub allow_rename: bool,

    /// Print nothing but errors
    #[arg(short = 'q', help_heading = "Output")]
    pub quiet: bool,
}

/// Public keys.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Keys {
    /// A file with a public key
    ///
    /// You may give this option more than once.
    #[arg(short = 'p', value_name = "PUBKEY_FILE", help_heading = "Trust")]
    pub files: Vec<PathBuf>,

    /// A public key in base64
    ///
    /// You may give this option more than once.
    #[arg(short = 'P', value_name = "PUBKEY", help_heading = "Trust")]
    pub texts: Vec<String>,
}

/// A secret key and its password.
#[derive(Clone, Debug, clap::Args)]
pub struct Signer {
    /// The file with the secret key
    ///
    /// The default is $MINISIGN_CONFIG_DIR/minisign.key, or ~/.minisign/minisign.key if that variable is not set.
    #[arg(short = 's', value_name = "SECKEY_FILE", help_heading = "Secret key")]
    pub secret: Option<PathBuf>,

    /// The secret key has no password, or an empty one
    #[arg(short = 'W', help_heading = "Secret key")]
    pub no_password: bool,

    /// The first line of this file is the password
    ///
    /// Without this option, the program asks for the password on the terminal.
    #[arg(long, value_name = "FILE", conflicts_with = "no_password", help_heading = "Secret key")]
    pub password_file: Option<PathBuf>,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Check that enough parties of a policy have signed a file
    Verify(Verify),
    /// Sign a file as its publisher, and say what it is made of
    #[command(group = ArgGroup::new("recipe").required(true).args(["prefix", "image"]))]
    #[command(override_usage = "\
minisign-quorum sign [OPTIONS] --source URL --tag TAG --commit OID
           <--prefix PREFIX|--image DIGEST --run COMMAND --output PATH> FILE")]
    Sign(Box<Sign>),
    /// Sign a file as a builder who made the same bytes again
    ///
    /// The builder names the same material as the publisher. The program refuses to sign if the publisher signed other bytes.
    Cosign(Cosign),
    /// Put the signatures of several files into one set
    Merge(Merge),
    /// Print what is in a set, without verifying it
    Show(Show),
    /// Check the form of a file of signatures, and who cannot read it
    Lint(Lint),
    /// Make a key pair for this program and minisign
    Keygen(Keygen),
}

/// `verify`
#[derive(Clone, Debug, clap::Args)]
pub struct Verify {
    /// Whom to trust
    ///
    /// minisign-quorum(1) describes the format of this file.
    #[arg(long, value_name = "FILE", help_heading = "Trust")]
    pub policy: PathBuf,

    /// How many parties must have signed
    ///
    /// The policy's own quorum must be met as well.
    #[arg(long, value_name = "N", value_parser = threshold, help_heading = "Trust")]
    pub threshold: Option<usize>,

    /// This party or group of the policy must have signed
    ///
    /// You may give this option more than once.
    #[arg(long, value_name = "NAME", help_heading = "Trust")]
    pub require: Vec<String>,

    /// The set
    ///
    /// The default is FILE.minisigs, or FILE.minisig if there is no such file.
    #[arg(short = 'x', value_name = "SET")]
    pub set: Option<PathBuf>,

    /// The signed name may be another than the file's
    ///
    /// Anyone who can rename files can then pass off an old release.
    #[arg(long, help_heading = "Trust")]
    pub allow_rename: bool,

    /// Print one JSON object in place of the report
    #[arg(long, help_heading = "Output")]
    pub json: bool,

    /// Print nothing but errors
    #[arg(short, long, help_heading = "Output")]
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
    #[arg(long, value_name = "URL", help_heading = "Source")]
    source: String,

    /// The full id of the commit
    #[arg(long, value_name = "OID", help_heading = "Source")]
    commit: String,

    /// The name of the tag
    #[arg(long, value_name = "TAG", help_heading = "Source")]
    tag: String,

    /// The file is a source tarball with this prefix
    ///
    /// It stands before every path; '' means that nothing does. The tarball is what `git archive` writes.
    #[arg(long, value_name = "PREFIX", conflicts_with_all = ["run", "output", "epoch", "platform"], help_heading = "How the file is made")]
    prefix: Option<OsString>,

    /// The file is what a command leaves in this image
    ///
    /// The command runs in a container of the image. DIGEST is sha256: and 64 digits.
    #[arg(long, value_name = "DIGEST", requires = "run", requires = "output", help_heading = "How the file is made")]
    image: Option<String>,

    /// The platform of the image
    ///
    /// The default is linux/amd64.
    #[arg(long, value_name = "OS/ARCH", help_heading = "How the file is made")]
    platform: Option<String>,

    /// The command
    #[arg(long, value_name = "COMMAND", help_heading = "How the file is made")]
    run: Option<OsString>,

    /// The path of the file in the container
    #[arg(long, value_name = "PATH", help_heading = "How the file is made")]
    output: Option<OsString>,

    /// The SOURCE_DATE_EPOCH for the command
    #[arg(long, value_name = "SECONDS", help_heading = "How the file is made")]
    epoch: Option<u64>,

    /// Write the set to this file
    ///
    /// The default is FILE.minisigs.
    #[arg(short = 'o', value_name = "SET", help_heading = "Output")]
    pub out: Option<PathBuf>,

    /// Write FILE.minisig as well, for today's minisign
    ///
    /// This file has one block, with the comment that minisign writes.
    #[arg(long, help_heading = "Output")]
    pub single: bool,

    /// Replace sets and signatures that are there
    #[arg(short, long, help_heading = "Output")]
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

    /// The set with the publisher's block
    ///
    /// The default is FILE.minisigs.
    #[arg(short = 'x', value_name = "SET")]
    pub set: Option<PathBuf>,

    /// Merge the block into this set
    ///
    /// The default is the set that was read.
    #[arg(short = 'o', value_name = "SET", help_heading = "Output")]
    pub out: Option<PathBuf>,

    /// Sign again if this key has signed the same material
    #[arg(short, long, help_heading = "Output")]
    pub force: bool,

    /// The file, as you have built it
    pub file: PathBuf,
}

/// `merge`
#[derive(Clone, Debug, clap::Args)]
pub struct Merge {
    /// The set that grows; what is in it stays
    #[arg(short = 'o', value_name = "SET")]
    pub out: PathBuf,

    /// The file that is signed
    ///
    /// The default is the name of one of the sets without .minisigs: the first such file that is there.
    #[arg(short = 'm', value_name = "FILE", conflicts_with = "unverified")]
    pub file: Option<PathBuf>,

    #[command(flatten)]
    pub keys: Keys,

    /// Take only blocks by keys of this policy
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "texts"], help_heading = "Trust")]
    pub policy: Option<PathBuf>,

    /// The signed name may be another than the file's
    #[arg(long, help_heading = "Trust")]
    pub allow_rename: bool,

    /// Take all blocks as they are
    ///
    /// The program then checks no signatures, and keeps blocks by unknown keys.
    #[arg(long, conflicts_with_all = ["files", "texts", "policy", "allow_rename"], help_heading = "Trust")]
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

    /// Write the public key to this file
    ///
    /// The default is minisign.pub in the current folder.
    #[arg(short = 'p', value_name = "PUBKEY_FILE")]
    pub public: Option<PathBuf>,

    /// Replace keys that are there
    #[arg(short, long)]
    pub force: bool,

    /// The untrusted comment in the secret key's file
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
        let file = crate::file_name(&args.file).map_err(|error| error.to_string())?;
        let statement = super::write::statement(0, file, crate::Role::Publisher, origin.clone());
        // Empty values and lengths, before a password is asked for.
        if let Err(error) = Statement::parse(&statement.to_bytes()) {
            return Err(format!("what is to be signed would be refused: it {error}"));
        }
        Ok(SignRequest { args, origin })
    }
}

fn threshold(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=limits::KEYS) => Ok(number),
        _ => Err(format!("{} is not a number from 1 to {}", Foreign::from(text), limits::KEYS)),
    }
}
