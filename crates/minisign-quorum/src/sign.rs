//! Secret keys, and signatures by them: `docs/quorum.md`, section 1.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::block::Block;
use super::key::{KeyId, PublicKey};
use super::payload::{Payload, PayloadError, Tee};
use super::verify::VerifiedBlock;
use crate::limits;

/// A file with a secret key, whose password may still be missing.
pub struct SecretKeyFile {
    text: String,
    bytes: Vec<u8>,
    is_encrypted: bool,
}

/// A key that can sign.
pub struct SecretKey {
    secret: minisign::SecretKey,
    public: PublicKey,
}

/// Why a secret key cannot be used. None of these repeats anything of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretKeyError {
    /// Two lines, a comment and the key.
    #[error("is not a minisign secret key file")]
    File,
    /// Another algorithm for the key, its encryption or its checksum.
    #[error("is a secret key of an unknown kind")]
    Kind,
    /// Or a damaged file.
    #[error("has another password")]
    Password,
    /// The two halves do not belong together; signing with such a key gives it away.
    #[error("is damaged: its public key is not that of its secret key")]
    Damaged,
    /// There is no password.
    #[error("is encrypted, and there is no password")]
    Encrypted,
    /// Making one.
    #[error("cannot be made: the system has no random numbers, or no memory for the password's key")]
    Generate,
}

impl SecretKeyError {
    /// What a person can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            SecretKeyError::File | SecretKeyError::Kind => {
                "Check the name of the file; -s takes what minisign -G wrote."
            }
            SecretKeyError::Password => "Try again with the right password.",
            SecretKeyError::Damaged => "Get the key from its backup.",
            SecretKeyError::Encrypted => "Leave -W out, or name a file with the password with --password-file.",
            SecretKeyError::Generate => "Try again.",
        }
    }
}

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The file.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// Reading it, or making the signature.
    #[error(
        "the signature could not be made: the file changed or could not be read, or the system has no random numbers"
    )]
    Failed,
}

impl SignError {
    /// What a person can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            SignError::Payload(error) => error.help(),
            SignError::Failed => "Check that nothing writes to the file, and try again.",
        }
    }
}

/// Offsets in the decoded key: two bytes each of algorithm, encryption and checksum, then salt, limits, id, key, checksum.
const KEY_BYTES: usize = 158;
const SECRET_AT: usize = 62;

impl SecretKeyFile {
    /// What `minisign -G`, rsign2 and this program write.
    ///
    /// # Errors
    /// [`SecretKeyError`]
    pub fn parse(text: &[u8]) -> Result<Self, SecretKeyError> {
        if text.len() as u64 > limits::KEY_FILE_BYTES {
            return Err(SecretKeyError::File);
        }
        let text = std::str::from_utf8(text).map_err(|_| SecretKeyError::File)?;
        let line = text.lines().nth(1).ok_or(SecretKeyError::File)?;
        let bytes = STANDARD.decode(line).map_err(|_| SecretKeyError::File)?;
        if bytes.len() != KEY_BYTES {
            return Err(SecretKeyError::File);
        }
        let is_encrypted = match bytes.get(..6) {
            Some(b"EdScB2") => true,
            Some(b"Ed\0\0B2") => false,
            _ => return Err(SecretKeyError::Kind),
        };
        Ok(SecretKeyFile { text: text.to_owned(), bytes, is_encrypted })
    }

    /// Whether a password is needed.
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// The key. Deriving another key from the password takes about a second and up to a gigabyte, as minisign has it.
    ///
    /// # Errors
    /// [`SecretKeyError`]
    pub fn unlock(self, password: Option<String>) -> Result<SecretKey, SecretKeyError> {
        let secret = if self.is_encrypted {
            let password = password.ok_or(SecretKeyError::Encrypted)?;
            let locked = minisign::SecretKeyBox::from(self.text);
            locked.into_secret_key(Some(password)).map_err(|_| SecretKeyError::Password)?
        } else {
            // Not `into_unencrypted_secret_key`: C minisign leaves the checksum of such keys empty.
            minisign::SecretKey::from_bytes(&self.bytes).map_err(|_| SecretKeyError::File)?
        };
        SecretKey::new(secret)
    }
}

impl SecretKey {
    fn new(secret: minisign::SecretKey) -> Result<Self, SecretKeyError> {
        let bytes = secret.to_bytes();
        let pair: &[u8; 64] =
            bytes.get(SECRET_AT..).and_then(|rest| rest.first_chunk()).ok_or(SecretKeyError::Damaged)?;
        let pair = ed25519_dalek::SigningKey::from_keypair_bytes(pair).map_err(|_| SecretKeyError::Damaged)?;
        let id: [u8; 8] = secret.keynum().try_into().map_err(|_| SecretKeyError::Damaged)?;
        let public = PublicKey::new(KeyId(id), pair.verifying_key().as_bytes()).map_err(|_| SecretKeyError::Damaged)?;
        Ok(SecretKey { secret, public })
    }

    /// What others verify with.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }
}

/// A new key pair, as the two files that minisign writes.
pub struct NewKey {
    /// Keep this one.
    pub secret_file: Vec<u8>,
    /// Give this one away.
    pub public_file: Vec<u8>,
    /// The same, for a policy.
    pub public: PublicKey,
}

impl NewKey {
    /// Make one, with or without a password.
    ///
    /// # Errors
    /// [`SecretKeyError::Generate`]
    pub fn generate(password: Option<String>, comment: &str) -> Result<Self, SecretKeyError> {
        let wrong = |_| SecretKeyError::Generate;
        let minisign::KeyPair { pk, sk } = match password {
            Some(password) => minisign::KeyPair::generate_encrypted_keypair(Some(password)).map_err(wrong)?,
            None => minisign::KeyPair::generate_unencrypted_keypair().map_err(wrong)?,
        };
        let secret_file = sk.to_box(Some(comment)).map_err(wrong)?.to_bytes();
        let public = PublicKey::parse(pk.to_base64().as_bytes()).map_err(|_| SecretKeyError::Generate)?;
        let public_file = format!("untrusted comment: minisign public key {}\n{public}\n", public.id()).into_bytes();
        Ok(NewKey { secret_file, public_file, public })
    }
}

/// Sign a file: one pass for the signature and for the check of it.
///
/// The signature comes back verified, so that no fault of hardware or memory is published.
///
/// # Errors
/// [`SignError`]
pub fn sign(
    path: &Path,
    key: &SecretKey,
    comment: &[u8],
    untrusted: &str,
) -> Result<(VerifiedBlock, Payload), SignError> {
    let comment = std::str::from_utf8(comment).map_err(|_| SignError::Failed)?;
    let mut tee = Tee::open(path)?;
    let signed = minisign::sign(None, &key.secret, &mut tee, Some(comment), Some(untrusted));
    let written = signed.map_err(|_| SignError::Failed)?.to_bytes();
    let payload = tee.finish()?;
    let blocks = Block::parse_all(&written).map_err(|_| SignError::Failed)?;
    let [block] = blocks.as_slice() else { return Err(SignError::Failed) };
    let verified = VerifiedBlock::verify(block, &key.public, &payload).map_err(|_| SignError::Failed)?;
    if block.trusted_comment != comment.as_bytes() {
        return Err(SignError::Failed);
    }
    Ok((verified, payload))
}
