//! Keys, signatures and verdicts of the installed ssh-keygen, and the comparison with ours.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use auth_tarball_from_git::signature::ssh::{AllowedSigners, Error, Time, verify};
use tempfile::TempDir;

/// What is signed.
pub const PAYLOAD: &[u8] = b"object 1\ntype commit\ntag v1\n\nVersion 1\n";
/// 2024-07-01T10:00:00Z
pub const NOW: u64 = 1_719_828_000;

/// Keys of all kinds, made once per run.
pub const KEYS: [(&str, &str, &str); 11] = [
    ("ed", "ed25519", "256"),
    ("other", "ed25519", "256"),
    ("ca", "ed25519", "256"),
    ("p256", "ecdsa", "256"),
    ("p384", "ecdsa", "384"),
    ("p521", "ecdsa", "521"),
    ("rsa2048", "rsa", "2048"),
    ("rsa3072", "rsa", "3072"),
    ("rsa4224", "rsa", "4224"),
    ("rsa1024", "rsa", "1024"),
    ("ca-rsa", "rsa", "2048"),
];

/// A folder with the keys.
pub struct Lab(TempDir);

/// Comparisons so far, and how many of them both sides accepted.
static COMPARED: AtomicUsize = AtomicUsize::new(0);
static ACCEPTED: AtomicUsize = AtomicUsize::new(0);

pub fn lab() -> &'static Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    LAB.get_or_init(|| {
        let lab = Lab(tempfile::tempdir().unwrap());
        for (name, kind, bits) in KEYS {
            must(lab.ssh_keygen(&["-q", "-t", kind, "-b", bits, "-N", "", "-C", "", "-f", name], b""));
        }
        lab
    })
}

pub fn must(output: Output) -> Vec<u8> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Run a program in UTC, with nothing of this session's configuration.
pub fn run(program: &str, folder: &Path, arguments: &[&str], environment: &[(&str, &str)], input: &[u8]) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env_remove("SSH_AUTH_SOCK")
        .env("TZ", "UTC")
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("these tests need {program}: {error}"));
    // A program that has seen enough may close its input early.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

impl Lab {
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn ssh_keygen(&self, arguments: &[&str], input: &[u8]) -> Output {
        run("ssh-keygen", self.path(), arguments, &[], input)
    }

    /// `ssh-ed25519 AAAA...`, without a comment.
    pub fn public(&self, key: &str) -> String {
        let text = std::fs::read_to_string(self.path().join(format!("{key}.pub"))).unwrap();
        text.trim_end().to_owned()
    }

    /// Sign like `git tag -s`, for any namespace and hash.
    pub fn sign(&self, key: &str, payload: &[u8], namespace: &str, hash: &str) -> Vec<u8> {
        let hash = format!("hashalg={hash}");
        must(self.ssh_keygen(&["-q", "-Y", "sign", "-f", key, "-n", namespace, "-O", &hash], payload))
    }

    /// As many payloads and their signatures, by one process.
    pub fn sign_many(&self, key: &str, count: usize) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
        let names: Vec<String> = (0..count).map(|number| format!("many{number}")).collect();
        for name in &names {
            std::fs::write(self.path().join(name), name).unwrap();
        }
        let mut arguments = vec!["-q", "-Y", "sign", "-f", key, "-n", "git"];
        arguments.extend(names.iter().map(String::as_str));
        must(self.ssh_keygen(&arguments, b""));
        names.into_iter().map(|name| {
            let signature = std::fs::read(self.path().join(format!("{name}.sig"))).unwrap();
            (name.into_bytes(), signature)
        })
    }

    /// A certificate for a key, in a new file `{name}-cert.pub`, which can be signed with by that name.
    pub fn certify(&self, name: &str, key: &str, authority: &str, options: &[&str]) -> String {
        for suffix in ["", ".pub"] {
            let from = self.path().join(format!("{key}{suffix}"));
            if from.exists() {
                std::fs::copy(from, self.path().join(format!("{name}{suffix}"))).unwrap();
            }
        }
        let public = format!("{name}.pub");
        let arguments = [&["-q", "-s", authority, "-I", "id"], options, &[&public]].concat();
        must(self.ssh_keygen(&arguments, b""));
        let certificate = format!("{name}-cert");
        // Signing takes the certificate from the file with .pub, and the private key from the one without.
        if self.path().join(name).exists() {
            std::fs::copy(self.path().join(name), self.path().join(&certificate)).unwrap();
        }
        certificate
    }

    pub fn write(&self, content: &[u8]) -> PathBuf {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let path = self.path().join(format!("file{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        std::fs::write(&path, content).unwrap();
        path
    }

    /// What git does with ssh-keygen: see `verify_ssh_signed_buffer` in gpg-interface.c.
    fn ask_as_git(&self, case: &Case<'_>) -> Option<Vec<u8>> {
        let (signers, signature) = (self.write(case.signers), self.write(case.signature));
        let (signers, signature) = (signers.to_str().unwrap(), signature.to_str().unwrap());
        let digits: String = Time(case.signed_at).to_string().chars().filter(char::is_ascii_digit).collect();
        let time = format!("-Overify-time={digits}");
        let found = self.ssh_keygen(&["-Y", "find-principals", "-f", signers, "-s", signature, &time], b"");
        if !found.status.success() || found.stdout.is_empty() {
            return None;
        }
        for principal in found.stdout.split(|byte| *byte == b'\n') {
            let principal = principal.strip_suffix(b"\r").unwrap_or(principal);
            if principal.is_empty() {
                continue;
            }
            let name = std::str::from_utf8(principal).unwrap();
            let verify = ["-Y", "verify", "-n", "git", "-f", signers, "-I", name, "-s", signature, &time];
            let verified = self.ssh_keygen(&verify, case.payload);
            if verified.status.success() && verified.stdout.starts_with(b"Good") {
                return Some(principal.to_vec());
            }
        }
        None
    }
}

/// One question, put to both sides.
pub struct Case<'a> {
    pub name: &'a str,
    pub signers: &'a [u8],
    pub signature: &'a [u8],
    pub payload: &'a [u8],
    pub signed_at: u64,
}

impl<'a> Case<'a> {
    pub fn new(name: &'a str, signers: &'a str, signature: &'a [u8]) -> Self {
        Case { name, signers: signers.as_bytes(), signature, payload: PAYLOAD, signed_at: NOW }
    }

    fn show(&self) -> String {
        let (signers, signature) = (self.signers.escape_ascii(), self.signature.escape_ascii());
        format!("{}\nat {}\n{signers}\n{signature}", self.name, Time(self.signed_at))
    }

    /// Our verdict; `None` for a file of no use.
    pub fn ours(&self) -> Result<Vec<u8>, Option<Error>> {
        let (signers, _) = AllowedSigners::parse(self.signers).map_err(|_| None)?;
        verify(self.payload, self.signature, self.signed_at, &signers)
            .map(|signer| signer.principal.as_bytes().to_vec())
            .map_err(Some)
    }

    /// Both must come to the same verdict, and to the same principal. Returns whether they accept.
    pub fn compare(&self) -> bool {
        let (ours, theirs) = (self.ours(), lab().ask_as_git(self));
        assert_eq!(ours.as_ref().ok(), theirs.as_ref(), "{}\nours: {ours:?}", self.show());
        COMPARED.fetch_add(1, Ordering::Relaxed);
        ACCEPTED.fetch_add(usize::from(theirs.is_some()), Ordering::Relaxed);
        theirs.is_some()
    }

    pub fn both_accept(&self) {
        assert!(self.compare(), "refused: {}", self.show());
    }

    /// Both refuse, and we for this reason.
    pub fn both_refuse(&self, is_reason: impl FnOnce(&Error) -> bool) {
        assert!(!self.compare(), "accepted: {}", self.show());
        let error = self.ours().unwrap_err().unwrap_or_else(|| panic!("no usable line: {}", self.show()));
        assert!(is_reason(&error), "{error:?}: {}", self.show());
    }

    /// We refuse, for this reason (or, with `None`, since the file has no usable line), whatever ssh-keygen does, which
    /// is shown: a deliberate difference.
    pub fn stricter(&self, is_reason: impl FnOnce(Option<&Error>) -> bool) {
        let ours = self.ours().unwrap_err();
        assert!(is_reason(ours.as_ref()), "{ours:?}: {}", self.show());
        let theirs = if lab().ask_as_git(self).is_some() { "accepts" } else { "refuses too" };
        println!("stricter: {}: this ssh-keygen {theirs}", self.name);
    }

    /// For edited signatures: nothing may pass here that does not pass there. Returns whether only they accept.
    pub fn at_most_theirs(&self) -> bool {
        let (ours, theirs) = (self.ours(), lab().ask_as_git(self));
        assert!(ours.is_err() || ours.as_ref().ok() == theirs.as_ref(), "{}\nours: {ours:?}", self.show());
        COMPARED.fetch_add(1, Ordering::Relaxed);
        ACCEPTED.fetch_add(usize::from(ours.is_ok()), Ordering::Relaxed);
        ours.is_err() && theirs.is_some()
    }
}

/// To be called at the end of each test, for the record.
pub fn report() {
    let (compared, accepted) = (COMPARED.load(Ordering::Relaxed), ACCEPTED.load(Ordering::Relaxed));
    println!("compared so far: {compared}, of which both accepted {accepted}");
}
