//! A run of `git archive` on a server, done with this project's library.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use auth_tarball_from_git::archive::{
    AcceptedTexts, Archive, AutoCrlf, Configuration, Entry, Error, Known, Piece, Trees, fit,
};
use auth_tarball_from_git::git::{self, Commit, Source};
use auth_tarball_from_git::limits;
use foreign::Foreign;
use gix_hash::ObjectId;

/// Something that git can do, and the library cannot, or is not to.
#[derive(Debug)]
pub struct Unsupported(pub String);

impl std::fmt::Display for Unsupported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is not supported", self.0)
    }
}

impl std::error::Error for Unsupported {}

/// One call of `git archive`.
#[derive(Clone, Debug)]
pub struct Run {
    /// A local repository.
    pub repo: PathBuf,
    /// A full commit id, or a ref.
    pub rev: String,
    /// What is glued to every path.
    pub prefix: String,
    /// Permission bits to take away.
    pub umask: u32,
    /// The server's configuration.
    pub server: Configuration,
    /// A tar to take text from that only the forge knew.
    pub fill: Option<PathBuf>,
    /// Texts in it that git can write, and that only people can judge.
    pub accepted: RefCell<AcceptedTexts>,
}

impl Run {
    /// The repository's own `info/attributes` count. `config` is `NAME=VALUE`, `args` are git's; ` ; ` is between several.
    pub fn new(repo: &Path, rev: &str, prefix: &str, config: &str, args: &str) -> Result<Self> {
        if !matches!(args, "" | "-- ; .") {
            return Err(Unsupported(format!("git archive {args}")).into());
        }
        let mut run = Run {
            repo: repo.into(),
            rev: rev.into(),
            prefix: prefix.into(),
            umask: 0o002,
            server: Configuration::default(),
            fill: None,
            accepted: RefCell::default(),
        };
        let info = repo.join("info/attributes");
        if info.exists() {
            run.server.info_attributes = std::fs::read(&info).context("reading info/attributes")?;
        }
        for pair in config.split(" ; ").filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').context("CONFIG is NAME=VALUE")?;
            run.configure(name, value)?;
        }
        Ok(run)
    }

    fn configure(&mut self, name: &str, value: &str) -> Result<()> {
        let server = &mut self.server;
        match name {
            "core.autocrlf" => {
                server.autocrlf = match value {
                    "true" => AutoCrlf::True,
                    "input" => AutoCrlf::Input,
                    _ => AutoCrlf::False,
                }
            }
            "core.eol" => server.eol_is_crlf = value == "crlf",
            "core.bigFileThreshold" => server.big_file_threshold = size(value)?,
            "core.ignoreCase" => server.ignore_case = value == "true",
            "tar.umask" => self.umask = umask(value)?,
            // Their only influence is on text that is taken from a tar.
            "core.abbrev" | "mailmap.blob" | "log.excludeDecoration" | "transfer.hideRefs" => {}
            // They have none.
            "attr.tree" | "color.ui" | "core.commitGraph" | "filter.lfs.clean" => {}
            "i18n.commitEncoding" | "i18n.logOutputEncoding" => {}
            _ => return Err(Unsupported(format!("the configuration {name}")).into()),
        }
        Ok(())
    }

    /// Do something with the expected archive.
    pub fn plan<T>(&self, then: impl FnOnce(&Archive<'_>) -> Result<T>) -> Result<T> {
        let id = self.commit_id()?;
        let deadline = Instant::now() + Duration::from_secs(600);
        let mut repository = git::open(&Source::Path(self.repo.clone()), limits::PACKS, deadline, &|_| ())?;
        let commit = Commit::parse(repository.read(id, limits::TAG_OR_COMMIT_BYTES)?)?;
        let trees = Trees::read(&*repository, commit.tree())?;
        repository.prepare(trees.attribute_files(), Vec::new())?;
        let tags = self.tags_of(id)?;
        let accepted = self.accepted.borrow().clone();
        let known = Known { advertised_tags: Some(tags.clone()), signed_tags: tags, accepted };
        let archive = Archive::plan_with(&mut *repository, &commit, trees, known, &self.server)?;
        then(&archive)
    }

    /// The whole tar.
    pub fn write(&self) -> Result<Vec<u8>> {
        let mut fill = |entry: &Entry, pieces: &[Piece]| self.content_in_tar(entry, pieces);
        let mut out = Vec::new();
        self.plan(|archive| Ok(archive.write(&mut out, self.prefix.as_bytes(), self.umask, &mut fill)?))?;
        Ok(out)
    }

    fn commit_id(&self) -> Result<ObjectId> {
        match ObjectId::from_hex(self.rev.as_bytes()) {
            Ok(id) => Ok(id),
            Err(_) => {
                let peeled = format!("{}^{{commit}}", self.rev);
                let id = self.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &peeled])?;
                Ok(ObjectId::from_hex(id.trim_ascii())?)
            }
        }
    }

    /// The names of the tags of a commit, as if their signatures had been verified.
    fn tags_of(&self, commit: ObjectId) -> Result<Vec<Vec<u8>>> {
        let mut names: Vec<(Vec<u8>, bool)> = Vec::new();
        // It fails where there are none.
        let lines = self.git(&["show-ref", "--tags", "--dereference"]).unwrap_or_default();
        for line in lines.split(|byte| *byte == b'\n') {
            let (id, name) = line.split_at(line.iter().position(|byte| *byte == b' ').unwrap_or(0));
            let Some(name) = name.strip_prefix(b" refs/tags/") else { continue };
            let leads_there = id == commit.to_string().as_bytes();
            // What a tag object leads to stands behind it.
            match name.strip_suffix(b"^{}") {
                Some(_) => names.last_mut().context("a tag")?.1 = leads_there,
                None => names.push((name.to_vec(), leads_there)),
            }
        }
        Ok(names.into_iter().filter(|(_, leads_there)| *leads_there).map(|(name, _)| name).collect())
    }

    /// What git says about refs, as they are and without replacements.
    fn git(&self, args: &[&str]) -> Result<Vec<u8>> {
        let output = Command::new("git").arg("--no-replace-objects").arg("-C").arg(&self.repo).args(args).output()?;
        ensure!(output.status.success(), "git {} failed", args.join(" "));
        Ok(output.stdout)
    }

    /// Whether git can write this. What it means where it stands is not asked: those texts are accepted from here on.
    fn fits(&self, pieces: &[Piece], content: &[u8], path: &[u8]) -> bool {
        let shown = Foreign::from(path);
        loop {
            let outcome = fit(pieces, content, &shown, &self.accepted.borrow(), &mut 0);
            match outcome {
                Err(Error::TextNotAccepted { text, line, .. })
                    if !self.accepted.borrow().has_at(path, line, text.as_bytes()) =>
                {
                    let place = [format!("{line}:").as_bytes(), text.as_bytes()].concat();
                    self.accepted.borrow_mut().accept(path, place);
                }
                outcome => return outcome.is_ok_and(|filled| filled.is_some()),
            }
        }
    }

    /// The content that the tar has for an entry, if it fits the pieces.
    fn content_in_tar(&self, entry: &Entry, pieces: &[Piece]) -> Option<Vec<u8>> {
        let path = entry.full_path(self.prefix.as_bytes());
        // The tar crate does not see a long path with a line feed: then it has the name that is written in its stead.
        let stand_in = format!("{}.data", entry.id).into_bytes();
        let mut tar = tar::Archive::new(std::fs::File::open(self.fill.as_ref()?).ok()?);
        for file in tar.entries().ok()? {
            let mut file = file.ok()?;
            if file.path_bytes() == path.as_slice() || file.path_bytes() == stand_in.as_slice() {
                let mut content = Vec::new();
                std::io::Read::read_to_end(&mut file, &mut content).ok()?;
                if self.fits(pieces, &content, &path) {
                    return Some(content);
                }
            }
        }
        None
    }
}

fn size(value: &str) -> Result<u64> {
    let (number, unit) = value.strip_suffix('k').map_or((value, 1), |number| (number, 1024));
    Ok(number.parse::<u64>()? * unit)
}

/// As C reads numbers; `user` is that of a process under the usual umask.
fn umask(value: &str) -> Result<u32> {
    Ok(match value {
        "user" => 0o022,
        "0" => 0,
        _ => match value.strip_prefix('0') {
            Some(octal) => u32::from_str_radix(octal, 8)?,
            None => value.parse()?,
        },
    })
}
