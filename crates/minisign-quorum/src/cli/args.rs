//! Arguments as they are written (low).

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, ArgGroup, Parser, Subcommand};
use foreign::Foreign;

use crate::limits;

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
  minisign-quorum cosign -s alice.key -p publisher.pub hello-1.0.tar.gz
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
#[command(
    subcommand_negates_reqs = true,
    max_term_width = 79,
    disable_help_subcommand = true,
    arg_required_else_help = true
)]
#[command(after_help = format!("Exit codes:\n{EXIT_CODES}\n\nExample:\n{EXAMPLE}"))]
#[command(override_usage = "\
minisign-quorum COMMAND ...
       minisign-quorum [OPTIONS] -V -m FILE")]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,

    #[command(flatten)]
    pub plain: Plain,

    /// Print the version
    #[arg(short = 'v', long, action = ArgAction::Version)]
    version: (),
}

/// The options of `minisign -V`.
#[derive(Clone, Debug, clap::Args)]
pub struct Plain {
    /// Verify a file, as minisign does
    #[arg(short = 'V', required = true, action = ArgAction::SetTrue)]
    pub verify: bool,

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
    /// The publisher's key counts as well. Keys count together only if they name the same material. In minisign, -Q takes no
    /// number and counts nothing.
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

    /// Let a bad block make the answer no
    ///
    /// Anyone who can write to the set can add one. Without this option, a bad block is reported, and the quorum decides.
    #[arg(long, help_heading = "Trust")]
    pub strict: bool,

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

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
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
    /// The builder names the same material as the publisher. The program refuses to sign if the publisher signed other bytes. Name
    /// the publisher's key with -p, -P or --policy; on a terminal, the program asks.
    Cosign(Cosign),
    /// Put the signatures of several files into one set
    ///
    /// What is not good is left out and named. The exit code is 1 if something was left out and the set did not change.
    Merge(Merge),
    /// Take everything out of a set that is not good under a policy
    Prune(Prune),
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
    /// The publisher counts as one of them. The policy's own quorum must be met as well.
    #[arg(long, value_name = "N", value_parser = threshold, help_heading = "Trust")]
    pub threshold: Option<usize>,

    /// How many builders must have signed
    ///
    /// The publisher does not count as one of them. The policy's own quorum must be met as well.
    #[arg(long, value_name = "N", value_parser = threshold, help_heading = "Trust")]
    pub builders: Option<usize>,

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

    /// Let a bad block make the answer no
    ///
    /// Anyone who can write to the set can add one. Without this option, a bad block is reported, and the quorum decides.
    #[arg(long, help_heading = "Trust")]
    pub strict: bool,

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
    pub source: String,

    /// The full id of the commit
    #[arg(long, value_name = "OID", help_heading = "Source")]
    pub commit: String,

    /// The name of the tag
    #[arg(long, value_name = "TAG", help_heading = "Source")]
    pub tag: String,

    /// The file is a source tarball with this prefix
    ///
    /// It stands before every path; '' means that nothing does. The tarball is what `git archive` writes.
    #[arg(long, value_name = "PREFIX", conflicts_with_all = ["run", "output", "epoch", "platform"], help_heading = "How the file is made")]
    pub prefix: Option<OsString>,

    /// The file is what a command leaves in this image
    ///
    /// The command runs in a container of the image. DIGEST is sha256: and 64 digits.
    #[arg(long, value_name = "DIGEST", requires = "run", requires = "output", help_heading = "How the file is made")]
    pub image: Option<String>,

    /// The platform of the image
    ///
    /// The default is linux/amd64.
    #[arg(long, value_name = "OS/ARCH", help_heading = "How the file is made")]
    pub platform: Option<String>,

    /// The command
    #[arg(long, value_name = "COMMAND", help_heading = "How the file is made")]
    pub run: Option<OsString>,

    /// The path of the file in the container
    #[arg(long, value_name = "PATH", help_heading = "How the file is made")]
    pub output: Option<OsString>,

    /// The SOURCE_DATE_EPOCH for the command
    #[arg(long, value_name = "SECONDS", help_heading = "How the file is made")]
    pub epoch: Option<u64>,

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

    /// Take the publisher's keys from this policy
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "texts"], help_heading = "Trust")]
    pub policy: Option<PathBuf>,

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

    /// Take out of the set after -o what is not good
    ///
    /// Without this option, it is kept: somebody may know the key.
    #[arg(long, conflicts_with = "unverified", help_heading = "Output")]
    pub prune: bool,

    /// Leave out what is not good, and go on; this is the default
    #[arg(long, overrides_with = "no_keep_going", help_heading = "Output")]
    pub keep_going: bool,

    /// Write nothing if anything is left out
    #[arg(long, help_heading = "Output")]
    pub no_keep_going: bool,

    /// Print one JSON object
    #[arg(long, help_heading = "Output")]
    pub json: bool,

    /// Sets and signature files
    #[arg(required = true, value_name = "SET")]
    pub sets: Vec<PathBuf>,
}

/// `prune`
#[derive(Clone, Debug, clap::Args)]
pub struct Prune {
    /// Keep only blocks by keys of this policy
    ///
    /// Of each key, for each material, the newest block stays.
    #[arg(long, value_name = "FILE", help_heading = "Trust")]
    pub policy: PathBuf,

    /// The file that is signed
    ///
    /// The default is the name of the set without .minisigs.
    #[arg(short = 'm', value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// The signed name may be another than the file's
    #[arg(long, help_heading = "Trust")]
    pub allow_rename: bool,

    /// Write to this set
    ///
    /// The default is the set that was read.
    #[arg(short = 'o', value_name = "SET", help_heading = "Output")]
    pub out: Option<PathBuf>,

    /// Print one JSON object
    #[arg(long, help_heading = "Output")]
    pub json: bool,

    /// The set
    #[arg(value_name = "SET")]
    pub set: PathBuf,
}

/// `show`
#[derive(Clone, Debug, clap::Args)]
pub struct Show {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,

    /// Print the values of this field only, each once on its own line
    #[arg(long, value_name = "NAME", conflicts_with = "json")]
    pub field: Option<String>,

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

    /// Print the public key of the secret key that is there, and make none
    #[arg(long = "public", conflicts_with_all = ["public", "force", "comment"])]
    pub only_public: bool,

    /// Replace keys that are there
    #[arg(short, long)]
    pub force: bool,

    /// The untrusted comment in the secret key's file
    #[arg(short = 'c', value_name = "COMMENT", default_value = "minisign encrypted secret key")]
    pub comment: String,
}

/// A number of parties.
fn threshold(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=limits::KEYS) => Ok(number),
        _ => Err(format!("{} is not a number from 1 to {}", Foreign::from(text), limits::KEYS)),
    }
}
