//! Real keys, real repositories, real tarballs, and the program run on them.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub mod bounded;
pub mod keys;
pub mod packs;
pub mod servers;

pub use keys::Key;

/// The program. The benches, which use this as well, are a package of their own: there it is beside the folder of the bench.
pub fn program() -> PathBuf {
    let beside = || Some(std::env::current_exe().ok()?.parent()?.parent()?.join("auth-tarball-from-git"));
    option_env!("CARGO_BIN_EXE_auth-tarball-from-git").map(PathBuf::from).or_else(beside).expect("a program")
}

/// A folder that everything of one test is in.
pub struct Environment {
    folder: tempfile::TempDir,
}

impl Environment {
    pub fn new() -> Self {
        Environment { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file with this content.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).expect("a file is written");
        path
    }

    /// A bare repository.
    pub fn repository(&self, name: &str) -> Repository {
        self.repository_with(name, &[])
    }

    /// A repository that `git init` makes with these options.
    pub fn repository_with(&self, name: &str, options: &[&str]) -> Repository {
        let path = self.path(name);
        let mut command = git();
        command.args(["init", "-q", "-b", "main", "--bare"]).args(options).arg(&path);
        succeed(command);
        Repository { path, folder: self.folder.path().to_owned() }
    }

    /// The program, to be run in this folder.
    pub fn program(&self) -> Program {
        let mut command = Command::new(program());
        command.current_dir(self.folder.path()).env("HOME", self.folder.path()).stdin(Stdio::null());
        for name in ["SSL_CERT_FILE", "NETRC", "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(name);
        }
        Program { command }
    }

    /// The usual call: keyring, tag, repository, tarball.
    pub fn authenticate(&self, key: &Key, tag: &str, repo: impl AsRef<OsStr>, tarball: &Path) -> Program {
        let keyring = self.file("trusted.pgp", key.public());
        self.program().arg("--keyring").arg(keyring).arg("--tag").arg(tag).arg(repo).arg(tarball)
    }

    /// A key, a repository with a release that it signed, and the release's tarball.
    pub fn release(&self) -> Release {
        let key = Key::new("Alice <alice@example.org>");
        let repo = self.repository("x.git");
        let commit = repo.commit(&[
            ("README", "Read me.\n"),
            ("bin/run", "#!/bin/sh\nexit 0\n"),
            ("src/lib.c", "int f(void) { return 0; }\n"),
            ("src/deep/er/data.bin", "\0\u{1}\u{2}"),
        ]);
        repo.sign_tag("v1", &commit, &key);
        let tarball = repo.archive("v1", "x-1/", "tar.gz");
        Release { key, repo, commit, tarball }
    }
}

pub struct Release {
    pub key: Key,
    pub repo: Repository,
    pub commit: String,
    pub tarball: PathBuf,
}

impl Release {
    /// A tag `v2` with this signature block; the tarball stays the release's.
    pub fn tag_with(&self, block: impl FnOnce(&[u8]) -> String) {
        let text = self.repo.tag_text("v2", &self.commit);
        let block = block(text.as_bytes());
        self.repo.set_tag("v2", format!("{text}{block}").as_bytes());
    }

    /// What sqv says of the last block of the tag `v2`.
    pub fn sqv_accepts(&self, env: &Environment, trusted: &Key) -> bool {
        let tag = self.repo.read("refs/tags/v2");
        let begin = b"-----BEGIN PGP SIGNATURE-----";
        let start = tag.windows(begin.len()).rposition(|window| window == begin).expect("a block");
        let (payload, signature) = (env.file("payload", &tag[..start]), env.file("signature", &tag[start..]));
        let mut sqv = Command::new("sqv");
        sqv.arg("--keyring").arg(env.file("sqv.pgp", trusted.public())).arg(signature).arg(payload);
        sqv.output().expect("sqv (tests/run installs it)").status.success()
    }
}

/// The program with its arguments.
pub struct Program {
    pub command: Command,
}

impl Program {
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn args(mut self, args: &[&str]) -> Self {
        self.command.args(args);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn run(mut self) -> Outcome {
        let output = self.command.output().expect("the program runs");
        Outcome {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
            err: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
        }
    }

    /// It must say yes.
    #[track_caller]
    pub fn expect_authentic(self) -> Outcome {
        let outcome = self.run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert_eq!(outcome.out, "OK\n", "{outcome:?}");
        outcome
    }

    /// It must say no, with these words in the message, and what to do on a line of its own.
    #[track_caller]
    pub fn expect_refused(self, words: &str) -> Outcome {
        self.fails(1, "NOT AUTHENTIC: ", words)
    }

    /// It must say that there is no such tag or commit.
    #[track_caller]
    pub fn expect_not_found(self, words: &str) -> Outcome {
        self.fails(1, "not found: ", words)
    }

    /// It must say that it could not check.
    #[track_caller]
    pub fn expect_not_checked(self, words: &str) -> Outcome {
        self.fails(3, "could not check: ", words)
    }

    #[track_caller]
    pub fn expect_usage_error(self, words: &str) -> Outcome {
        let outcome = self.run();
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.err.contains(words), "{words:?} in {outcome:?}");
        outcome
    }

    #[track_caller]
    fn fails(self, code: i32, lead: &str, words: &str) -> Outcome {
        let outcome = self.run();
        assert_eq!(outcome.code, Some(code), "{words:?} in {outcome:?}");
        // Behind them, a line of advice may follow.
        let lines = outcome.err.lines().filter(|line| !line.starts_with("more: "));
        let mut last_two = lines.rev().take(2);
        let (help, what) = (last_two.next().unwrap_or_default(), last_two.next().unwrap_or_default());
        assert!(help.starts_with("help: ") && what.starts_with(lead), "two lines: {outcome:?}");
        assert!(what.contains(words), "{words:?} in {outcome:?}");
        assert!(!outcome.out.contains("OK"), "{outcome:?}");
        outcome
    }
}

#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// A bare repository made with git.
pub struct Repository {
    pub path: PathBuf,
    folder: PathBuf,
}

impl Repository {
    pub fn git(&self, args: &[&str]) -> String {
        self.git_with(args, b"")
    }

    /// Run git here; returns its standard output without the last line end.
    pub fn git_with(&self, args: &[&str], input: &[u8]) -> String {
        let mut command = git();
        command.arg("-C").arg(&self.path).args(args);
        let output = with_input(command, input);
        String::from_utf8_lossy(&output).trim_end().to_owned()
    }

    /// A commit of these files; a name that ends in `*` is executable, content `-> x` is a link, and `=> ID` a submodule.
    pub fn commit(&self, files: &[(&str, &str)]) -> String {
        let mut commands = Vec::new();
        writeln!(commands, "commit refs/heads/main\ncommitter C O Mitter <c@example.org> 1700000000 +0100").unwrap();
        writeln!(commands, "data 8\nmessage\n").unwrap();
        if self.path.join("refs/heads/main").exists() {
            writeln!(commands, "from refs/heads/main^0").unwrap();
        }
        writeln!(commands, "deleteall").unwrap();
        for (name, content) in files {
            if let Some(commit) = content.strip_prefix("=> ") {
                writeln!(commands, "M 160000 {commit} {name}").unwrap();
                continue;
            }
            let (mode, name, content) = match (name.strip_suffix('*'), content.strip_prefix("-> ")) {
                (Some(name), _) => ("100755", name, *content),
                (None, Some(target)) => ("120000", *name, target),
                (None, None) => ("100644", *name, *content),
            };
            writeln!(commands, "M {mode} inline {name}\ndata {}\n{content}", content.len()).unwrap();
        }
        self.git_with(&["fast-import", "--quiet", "--force"], &commands);
        self.git(&["rev-parse", "refs/heads/main"])
    }

    /// Any object, well formed or not.
    pub fn object(&self, kind: &str, content: &[u8]) -> String {
        self.git_with(&["hash-object", "--literally", "-t", kind, "-w", "--stdin"], content)
    }

    /// The text of a tag object, without a signature.
    pub fn tag_text(&self, name: &str, target: &str) -> String {
        let kind = self.git(&["cat-file", "-t", target]);
        format!(
            "object {target}\ntype {kind}\ntag {name}\ntagger T Agger <t@example.org> 1700000001 +0000\n\nrelease\n"
        )
    }

    /// A signed tag; returns the tag object's id.
    pub fn sign_tag(&self, name: &str, target: &str, key: &Key) -> String {
        let text = self.tag_text(name, target);
        let signature = key.sign(text.as_bytes());
        self.set_tag(name, format!("{text}{signature}").as_bytes())
    }

    /// A tag ref for a tag object with exactly this text.
    pub fn set_tag(&self, name: &str, text: &[u8]) -> String {
        let id = self.object("tag", text);
        // By hand: git would refuse a tag that it cannot read.
        let path = self.path.join("refs/tags").join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, format!("{id}\n")).expect("a ref");
        id
    }

    pub fn read(&self, id: &str) -> Vec<u8> {
        let mut command = git();
        let kind = self.git(&["cat-file", "-t", id]);
        command.arg("-C").arg(&self.path).args(["cat-file", &kind, id]);
        with_input(command, b"")
    }

    /// What `git archive` makes, compressed by the usual programs.
    pub fn archive(&self, revision: &str, prefix: &str, format: &str) -> PathBuf {
        let tar = self.tar(revision, prefix);
        let name = format!("{}.{format}", prefix.replace('/', "_"));
        compressed(&self.folder.join(name), &tar, format)
    }

    pub fn tar(&self, revision: &str, prefix: &str) -> Vec<u8> {
        let mut command = git();
        command.arg("-C").arg(&self.path).args(["archive", "--format=tar"]);
        command.arg(format!("--prefix={prefix}")).arg(revision);
        with_input(command, b"")
    }

    /// Every object in a file of its own.
    pub fn unpack(&self) {
        let folder = self.path.join("objects/pack");
        let packs: Vec<_> =
            std::fs::read_dir(&folder).expect("packs").map(|entry| entry.expect("a file").path()).collect();
        let contents: Vec<_> = packs.iter().filter(|path| path.extension().is_some_and(|e| e == "pack")).collect();
        let contents: Vec<_> = contents.iter().map(|path| std::fs::read(path).expect("a pack")).collect();
        for path in packs {
            std::fs::remove_file(path).expect("a pack goes");
        }
        for pack in contents {
            self.git_with(&["unpack-objects", "-q"], &pack);
        }
    }

    /// The file of a loose object.
    pub fn loose(&self, id: &str) -> PathBuf {
        self.path.join("objects").join(&id[..2]).join(&id[2..])
    }

    /// A bundle of everything, or of what the arguments say.
    pub fn bundle(&self, name: &str, args: &[&str]) -> PathBuf {
        let path = self.folder.join(name);
        let text = path.to_str().expect("a plain path").to_owned();
        self.git(&[&["bundle", "create", "-q", text.as_str()], args].concat());
        path
    }
}

/// An id as tree objects hold it.
pub fn raw_id(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).expect("an id")).collect()
}

/// git with no configuration but the repository's own.
pub fn git() -> Command {
    let mut command = Command::new("git");
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_ATTR_NOSYSTEM", "1");
    command.env("GIT_AUTHOR_NAME", "A U Thor").env("GIT_AUTHOR_EMAIL", "a@example.org");
    command.env("GIT_COMMITTER_NAME", "C O Mitter").env("GIT_COMMITTER_EMAIL", "c@example.org");
    command.env("GIT_AUTHOR_DATE", "1700000000 +0100").env("GIT_COMMITTER_DATE", "1700000000 +0100");
    command
}

/// Bytes compressed into a file by the program for that format.
pub fn compressed(path: &Path, content: &[u8], format: &str) -> PathBuf {
    let program = match format.rsplit('.').next() {
        Some("gz") => Some(["gzip", "-n"]),
        Some("xz") => Some(["xz", "-T1"]),
        Some("bz2") => Some(["bzip2", "-9"]),
        Some("zst") => Some(["zstd", "-q"]),
        _ => None,
    };
    let bytes = match program {
        Some([name, option]) => {
            let mut command = Command::new(name);
            command.args([option, "-c"]);
            with_input(command, content)
        }
        None => content.to_vec(),
    };
    std::fs::write(path, bytes).expect("the tarball is written");
    path.to_owned()
}

/// Run to the end, fed with `input`; the program must succeed.
#[track_caller]
pub fn with_input(mut command: Command, input: &[u8]) -> Vec<u8> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} (tests/run installs it): {error}"));
    let mut stdin = child.stdin.take().expect("a pipe");
    let output: Output = std::thread::scope(|scope| {
        // A program that ends early closes its pipe, which the exit code then explains.
        scope.spawn(move || stdin.write_all(input).ok());
        child.wait_with_output().expect("an end")
    });
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[track_caller]
pub fn succeed(command: Command) -> Vec<u8> {
    with_input(command, b"")
}
