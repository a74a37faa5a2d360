//! Every recorded run of git in the specification's oracle, through the library.
//!
//! `tests/archive-oracle/make-cases.sh` builds the repositories and records what the installed git prints for them. Each run
//! must be written byte for byte, and accepted by the comparison; what is not stands in [`EXCEPTIONS`], with its reason.

use std::path::{Path, PathBuf};
use std::process::Command;

use auth_tarball_from_git::tarball::{self, Tarball};

use crate::environment::Environment;
use crate::forge::Run;

/// Case, runs (`*` for all), and why they do not hold. A run that starts to hold must be taken out.
const EXCEPTIONS: &[(&str, &[&str], &str)] = &[
    ("attr-where-read", &["wta", "wta-attrtree"], "--worktree-attributes is of no use to a forge"),
    ("attr-where-read", &["sub"], TREES),
    ("conversion-order", &["tree"], TREES),
    ("dir-empty-subtree", &["roottree"], TREES),
    ("filter-lfs-unconfigured", &["required"], FILTERS),
    ("filter-smudge", &["all", "required", "threshold"], FILTERS),
    ("hdr-basic", &["tree", "treetag", "subtree"], TREES),
    ("hdr-basic", &["mtime"], "--mtime is of no use to a forge: the commit has a time"),
    (
        "mtime-commit-graph",
        &["graph"],
        "a commit-graph is the server's own cache; the signed commit has the whole time",
    ),
    ("pathspec-args", &["dir", "dirslash", "file", "glob", "excl", "excl2", "none", "ign", "two"], PATHS),
    ("replace-refs", &["replaced"], "replace refs would put another commit in the signed one's place"),
    ("sha256-repo", &["tree"], TREES),
    ("shallow-clone", &["shallow"], "parents are those of the signed commit, not those that a clone has"),
    ("subst-encoding", &["UTF-16"], "read as UTF-16 the commit has no message, and %B is what git finds in its memory"),
    ("subst-scan", &["tree", "treecolon"], TREES),
    ("trailer-blocking", &["t*"], TREES),
    ("tree-malformed", &["blob-is-tree", "link-is-tree"], "a tree where a blob belongs: no forge takes that in"),
];
const TREES: &str = "an archive of a tree has no commit: no tag leads to it, and its time is the clock's";
const FILTERS: &str = "filters are programs of the server, and are never run";
const PATHS: &str = "forges archive whole commits; a part of one is not the release";

/// One line of `index.tsv`.
struct Recorded {
    case: String,
    id: String,
    repo: PathBuf,
    rev: String,
    prefix: String,
    config: String,
    args: String,
    must_fail: bool,
    tar: PathBuf,
}

impl Recorded {
    fn from_line(line: &str, folder: &Path) -> Self {
        let field: Vec<&str> = line.split('\t').collect();
        let case = folder.join(field[0]);
        Recorded {
            case: field[0].into(),
            id: field[1].into(),
            repo: case.join(field[2]),
            rev: field[3].into(),
            prefix: field[6].into(),
            config: field[7].into(),
            args: field[8].into(),
            must_fail: field[9] != "0",
            tar: case.join(format!("tar/{}.tar", field[1])),
        }
    }

    fn exception(&self) -> Option<usize> {
        let is_meant = |run: &str| run.strip_suffix('*').map_or(run == self.id, |start| self.id.starts_with(start));
        EXCEPTIONS.iter().position(|(case, runs, _)| *case == self.case && runs.iter().any(|run| is_meant(run)))
    }

    /// `Err` says what does not hold.
    fn check(&self) -> Result<(), String> {
        let unsupported = |error: &anyhow::Error| error.is::<crate::forge::Unsupported>();
        let mut run = match Run::new(&self.repo, &self.rev, &self.prefix, &self.config, &self.args) {
            Ok(run) => run,
            Err(error) if self.must_fail && !unsupported(&error) => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        run.fill = Some(self.tar.clone());
        match run.write() {
            Ok(_) if self.must_fail => return Err("written, where git fails".into()),
            Ok(tar) if tar == std::fs::read(&self.tar).expect("the recorded tar") => {}
            Ok(_) => return Err("written with other bytes".into()),
            Err(_) if self.must_fail => return Ok(()),
            Err(error) => return Err(error.to_string()),
        }
        // A glued prefix has no entry to be read, and no forge.
        if !self.prefix.is_empty() && !self.prefix.ends_with('/') {
            return Ok(());
        }
        let tarball = Tarball::open(&self.tar, None, &[]).map_err(|error| error.to_string())?;
        let compare = |archive: &auth_tarball_from_git::archive::Archive<'_>| {
            Ok(tarball::compare(archive, tarball, Some(self.prefix.as_bytes()), &mut |_| ())?)
        };
        let outcome = run.plan(compare).map_err(|error| format!("not accepted: {error}"))?;
        let tarball::Outcome::Same(found) = outcome else { return Err("the repository is here".into()) };
        assert_eq!(found.tar_bytes, std::fs::metadata(&self.tar).expect("the recorded tar").len());
        Ok(())
    }
}

#[test]
fn every_recorded_run_of_git_holds_or_is_a_known_exception() {
    let env = Environment::new();
    let folder = env.path("oracle");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/archive-oracle/make-cases.sh");
    let made = Command::new("bash").arg(script).arg(&folder).output().expect("bash runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let index = std::fs::read_to_string(folder.join("index.tsv")).expect("an index");
    let runs: Vec<_> = index.lines().skip(1).map(|line| Recorded::from_line(line, &folder)).collect();
    assert!(runs.len() >= 539, "{} runs", runs.len());

    let mut wrong = Vec::new();
    let mut met = vec![false; EXCEPTIONS.len()];
    for run in &runs {
        let outcome = run.check();
        let exception = run.exception();
        if let Some(index) = exception {
            met[index] = true;
        }
        match (outcome, exception) {
            (Ok(()), Some(_)) => wrong.push(format!("{}/{}: holds now: take it out", run.case, run.id)),
            (Err(why), None) => wrong.push(format!("{}/{}: {why}", run.case, run.id)),
            _ => {}
        }
    }
    let unmet = EXCEPTIONS.iter().zip(met).filter(|(_, met)| !met);
    wrong.extend(unmet.map(|((case, runs, _), _)| format!("{case} {runs:?}: there is no such run")));
    assert!(wrong.is_empty(), "{} of {} runs:\n{}", wrong.len(), runs.len(), wrong.join("\n"));
}
