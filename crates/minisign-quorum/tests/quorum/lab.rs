//! A folder with keys and files, programs run in it, and blocks made by hand with real keys.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest as _};
use ed25519_dalek::{Signer as _, SigningKey};
use minisign_quorum::{Block, PublicKey};
use tempfile::TempDir;

pub const COMMIT: &str = "9ad5c28e4c3b8fe3a28d5ce8ba0a3c0eb29da0b7";

pub struct Lab(TempDir);

#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Lab {
    pub fn new() -> Self {
        Lab(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).expect("a file is written");
    }

    pub fn read(&self, name: &str) -> String {
        String::from_utf8(std::fs::read(self.path(name)).expect(name)).expect("UTF-8")
    }

    pub fn blocks(&self, name: &str) -> Vec<Block> {
        Block::parse_all(self.read(name).as_bytes()).expect("blocks")
    }

    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.0.path()).env("HOME", self.0.path()).env_remove("MINISIGN_CONFIG_DIR");
        command
    }

    pub fn quorum(&self) -> Command {
        self.command(env!("CARGO_BIN_EXE_minisign-quorum"))
    }

    /// Run our program with these words.
    pub fn run(&self, words: &str) -> Outcome {
        let mut command = self.quorum();
        command.args(words.split_whitespace());
        outcome(command, "")
    }

    /// It must succeed.
    #[track_caller]
    pub fn good(&self, words: &str) -> Outcome {
        let outcome = self.run(words);
        assert_eq!(outcome.code, Some(0), "{words}: {outcome:?}");
        outcome
    }

    /// It must say no, or that it could not check, in one sentence with these words, and what to do in the next.
    #[track_caller]
    pub fn fails(&self, code: i32, says: &str, words: &str) -> Outcome {
        let outcome = self.run(words);
        assert_eq!(outcome.code, Some(code), "{words}: {outcome:?}");
        let mut last = outcome.err.lines().rev();
        let (help, what) = (last.next().unwrap_or_default(), last.next().unwrap_or_default());
        let is_check = words.starts_with('-') || words.starts_with("verify");
        let lead = match (code, is_check) {
            (1, true) => "NOT VERIFIED: ",
            (1, false) => "refused: ",
            (2, _) => "usage error: ",
            (_, true) => "could not check: ",
            (_, false) => "not done: ",
        };
        assert!(what.starts_with(lead) && what.contains(says) && help.starts_with("help: "), "{words}: {outcome:?}");
        assert!(!outcome.out.contains("OK"), "{outcome:?}");
        outcome
    }

    /// A key pair without password: NAME.key and NAME.pub.
    pub fn key(&self, name: &str) -> String {
        self.good(&format!("keygen -W -s {name}.key -p {name}.pub")).out.trim_end().to_owned()
    }

    /// A file signed by a publisher: hello-1.0.tar.gz, and its set.
    pub fn release(&self) -> String {
        self.write("hello-1.0.tar.gz", "the bytes of a release\n");
        let key = self.key("publisher");
        self.sign("publisher", "hello-1.0.tar.gz");
        key
    }

    pub fn sign(&self, key: &str, file: &str) -> Outcome {
        self.good(&format!(
            "sign -s {key}.key {file} --source https://example.org/hello.git --tag v1.0 --commit {COMMIT} --prefix hello-1.0/"
        ))
    }

    /// A release with two builders, and a policy that asks for both and the publisher.
    pub fn built_release(&self) -> [String; 3] {
        let publisher = self.release();
        let builders = ["alice", "bob"].map(|name| {
            let key = self.key(name);
            self.good(&format!("cosign -s {name}.key -p publisher.pub hello-1.0.tar.gz"));
            key
        });
        let [alice, bob] = builders;
        let policy = format!(
            "publisher hello {publisher}\nbuilder alice {alice}\nbuilder bob {bob}\n\
             group all all hello alice bob\nquorum all\n"
        );
        self.write("policy", policy);
        [publisher, alice, bob]
    }

    /// C minisign, fed with passwords.
    pub fn minisign(&self, words: &str, input: &str) -> Outcome {
        let mut command = self.command("minisign");
        command.args(words.split_whitespace());
        outcome(command, input)
    }

    /// rsign2, from PATH or where tests/run puts it.
    pub fn rsign(&self, words: &str, input: &str) -> Outcome {
        let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/bin/rsign");
        let mut command = self.command(if installed.exists() { installed.as_os_str() } else { OsStr::new("rsign") });
        command.args(words.split_whitespace());
        outcome(command, input)
    }
}

#[track_caller]
pub fn outcome(mut command: Command, input: &str) -> Outcome {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} (tests/run installs it): {error}"));
    // A program that does not read its input closes it.
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).ok();
    let Output { status, stdout, stderr } = child.wait_with_output().expect("an end");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Outcome { code: status.code(), out: text(stdout), err: text(stderr) }
}

/// A key for making blocks by hand.
#[derive(Clone)]
pub struct Hand {
    pub secret: SigningKey,
    pub id: [u8; 8],
}

impl Hand {
    pub fn new(number: u8, id: u8) -> Self {
        Hand { secret: SigningKey::from_bytes(&[number; 32]), id: [id; 8] }
    }

    pub fn public(&self) -> PublicKey {
        let text = STANDARD.encode([b"Ed".as_slice(), &self.id, self.secret.verifying_key().as_bytes()].concat());
        PublicKey::parse(text.as_bytes()).expect("a key")
    }

    /// A block over these bytes.
    pub fn sign(&self, payload: &[u8], comment: &str) -> Block {
        let digest = Blake2b512::digest(payload);
        self.block(b"ED", &digest, comment, "made by hand")
    }

    /// A block of the legacy kind.
    pub fn sign_legacy(&self, payload: &[u8], comment: &str) -> Block {
        self.block(b"Ed", payload, comment, "made by hand")
    }

    fn block(&self, tag: &[u8], message: &[u8], comment: &str, untrusted: &str) -> Block {
        let signature = self.secret.sign(message).to_bytes();
        let global = self.secret.sign(&[&signature, comment.as_bytes()].concat()).to_bytes();
        let packed = STANDARD.encode([tag, &self.id, &signature].concat());
        let text = format!(
            "untrusted comment: {untrusted}\n{packed}\ntrusted comment: {comment}\n{}\n",
            STANDARD.encode(global)
        );
        Block::parse_all(text.as_bytes()).expect("a block").remove(0)
    }
}

/// The same block with one line of it changed.
pub fn edited(block: &Block, edit: impl Fn(usize, &str) -> String) -> Block {
    let text = String::from_utf8(block.to_bytes()).expect("UTF-8");
    let lines: Vec<String> = (0..).zip(text.lines()).map(|(number, line)| edit(number, line)).collect();
    Block::parse_all((lines.join("\n") + "\n").as_bytes()).expect("a block").remove(0)
}

/// The same signatures under another id.
pub fn with_id(block: &Block, id: [u8; 8]) -> Block {
    edited(block, |number, line| {
        if number != 1 {
            return line.to_owned();
        }
        let mut bytes = STANDARD.decode(line).expect("base64");
        bytes[2..10].copy_from_slice(&id);
        STANDARD.encode(bytes)
    })
}

/// The same block with an untrusted comment that names a key.
pub fn claiming(block: &Block, key: &PublicKey) -> Block {
    let claim = format!("untrusted comment: signature by {key}");
    edited(block, |number, line| if number == 0 { claim.clone() } else { line.to_owned() })
}

/// The same key under another id.
pub fn key_with_id(key: &str, id: [u8; 8]) -> PublicKey {
    let mut bytes = STANDARD.decode(key).expect("base64");
    bytes[2..10].copy_from_slice(&id);
    PublicKey::parse(STANDARD.encode(bytes).as_bytes()).expect("a key")
}

/// A statement about hello-1.0.tar.gz.
pub fn statement(by: &str, time: u64, file: &str, commit: &str) -> String {
    format!(
        "timestamp:{time}\tfile:{file}\thashed\tby:{by}\tsource:https://example.org/hello.git\ttag:v1.0\t\
         commit:{commit}\trecipe:git-archive\tprefix:hello-1.0/"
    )
}
