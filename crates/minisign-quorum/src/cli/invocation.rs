//! What the arguments mean (high).

use std::ffi::OsString;

use clap::{CommandFactory as _, FromArgMatches as _};
use foreign::{Foreign, Time};

use super::args::{Args, Command, Cosign, Keygen, Lint, Merge, Plain, Prune, Show, Sign, Verify};
use crate::name::file_name;
use crate::statement::{image_digest, is_hex};
use crate::{Origin, Recipe, Role, Statement};

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
    /// `prune`
    Prune(Prune),
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
        let args: Vec<OsString> = args.into_iter().collect();
        if let Some(instead) = args.get(1).and_then(|first| minisigns(first.as_encoded_bytes())) {
            return Err(command.error(clap::error::ErrorKind::UnknownArgument, instead));
        }
        let args = Args::from_arg_matches(&command.try_get_matches_from_mut(args)?)?;
        let action = match args.command {
            None => Ok(Action::Plain(Box::new(args.plain))),
            Some(Command::Verify(request)) => Ok(Action::Verify(request)),
            Some(Command::Sign(request)) => request.meaning().map(|request| Action::Sign(Box::new(request))),
            Some(Command::Cosign(request)) => Ok(Action::Cosign(request)),
            Some(Command::Merge(request)) => Ok(Action::Merge(request)),
            Some(Command::Prune(request)) => Ok(Action::Prune(request)),
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
            Action::Merge(request) => request.json,
            Action::Prune(request) => request.json,
            Action::Show(request) => request.json,
            Action::Lint(request) => request.json,
            _ => false,
        }
    }
}

/// What minisign's other letters are called here.
fn minisigns(first: &[u8]) -> Option<&'static str> {
    match first {
        [b'-', b'S', ..] => {
            Some("-S is minisign's. Here, a publisher signs with the command sign, and a builder with cosign")
        }
        [b'-', b'G', ..] => Some("-G is minisign's. Here, the command keygen makes a key pair"),
        [b'-', b'R', ..] => Some("-R is minisign's. Here, keygen --public prints the public key of a secret key"),
        [b'-', b'C', ..] => {
            Some("-C is minisign's: change the password of a key with `minisign -C`, which reads ours as well")
        }
        _ => None,
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
        let file =
            file_name(&args.file).ok_or_else(|| format!("{} is not the name of a file", Foreign::path(&args.file)))?;
        let statement = Statement::new(Time(0), file, Role::Publisher, origin.clone());
        // Empty values and lengths, before a password is asked for.
        if let Err(error) = Statement::parse(&statement.to_bytes()) {
            return Err(format!("what is to be signed would be refused: it {error}"));
        }
        Ok(SignRequest { args, origin })
    }
}
