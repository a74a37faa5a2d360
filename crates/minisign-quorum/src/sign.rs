//! Signatures by a secret key: `docs/quorum.md`, section 1.

use std::borrow::Cow;

use ed25519_dalek::Signer as _;
use foreign::{Meaning, Problem};

use crate::block::{Algorithm, Block, is_printable};
use crate::claim::normalised;
use crate::keyfile::SecretKey;
use crate::limits;
use crate::payload::Payload;
use crate::verify::VerifiedBlock;

/// Why there is no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// Some reader of minisign's files could not read it.
    #[error("the comment cannot be signed: it is too long, has control characters, or begins or ends with a blank")]
    Comment,
    /// A fault of hardware or memory: such signatures can give the key away.
    #[error("the signature that was made is not good: this computer does not compute correctly")]
    Check,
}

impl Problem for SignError {
    fn code(&self) -> &'static str {
        match self {
            SignError::Comment => "comment-not-signable",
            SignError::Check => "signature-not-good",
        }
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotChecked
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            SignError::Comment => "Give the file a shorter or plainer name.".into(),
            SignError::Check => "Check the computer's memory before you sign anything again.".into(),
        }
    }
}

/// Sign a file that was read, with this trusted comment. The untrusted one names the key, as in sets.
///
/// The signature comes back verified, so that no fault of hardware or memory is published.
///
/// ```
/// use minisign_quorum::{Origin, Payload, Recipe, Role, SecretKey, Statement, Time, sign};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Or from its file: SecretKeyFile::parse(&text)?.unlock(password)?
/// let key = SecretKey::generate()?;
/// let payload = Payload::from_reader(b"hello-1.0.tar.gz", &b"the bytes of a release"[..])?;
/// let origin = Origin {
///     source: b"https://example.org/hello.git".to_vec(),
///     tag: b"v1.0".to_vec(),
///     commit: "9ad5c28e4c3b8fe3a28d5ce8ba0a3c0eb29da0b7".to_owned(),
///     recipe: Recipe::GitArchive { prefix: b"hello-1.0/".to_vec() },
/// };
/// let statement = Statement::new(Time(1_714_300_000), payload.name().to_vec(), Role::Publisher, origin);
/// let signed = sign(&payload, &key, &statement.to_bytes())?;
/// assert_eq!(signed.statement()?, statement);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`SignError`]
pub fn sign(payload: &Payload, key: &SecretKey, comment: &[u8]) -> Result<VerifiedBlock, SignError> {
    let is_blank = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
    let is_readable = comment.len() <= limits::STATEMENT_BYTES
        && is_printable(comment)
        && !is_blank(comment.first())
        && !is_blank(comment.last());
    if !is_readable {
        return Err(SignError::Comment);
    }
    let signature = key.key.sign(payload.digest()).to_bytes();
    let mut block = Block {
        untrusted_comment: Vec::new(),
        algorithm: Algorithm::Prehashed,
        key_id: key.public().id(),
        signature,
        trusted_comment: comment.to_vec(),
        global_signature: [0; 64],
    };
    block.global_signature = key.key.sign(&block.globally_signed()).to_bytes();
    let block = normalised(&block, key.public());
    VerifiedBlock::verify(&block, key.public(), payload).map_err(|_| SignError::Check)
}
