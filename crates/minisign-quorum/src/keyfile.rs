//! Secret keys and the files they are kept in, as minisign has them: `docs/quorum.md`, section 1.
//!
//! Whatever is secret here is wiped from memory when it is dropped.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest as _};
use ed25519_dalek::SigningKey;
use foreign::{Meaning, Problem};
use zeroize::Zeroizing;

use crate::key::{KeyId, PublicKey};
use crate::limits;

/// A password, which is wiped from memory after its use.
pub struct Password(Zeroizing<String>);

/// A file with a secret key, whose password may still be missing.
pub struct SecretKeyFile {
    bytes: Zeroizing<Vec<u8>>,
    kdf: Option<Scrypt>,
}

/// A key that can sign.
pub struct SecretKey {
    pub(crate) key: SigningKey,
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
    /// What the file says about the work that the password's key needs.
    #[error("has scrypt limits that no program writes: {operations} operations and {memory} bytes of memory")]
    Limits {
        /// In the file.
        operations: u64,
        /// In the file.
        memory: u64,
    },
    /// The system does not give it.
    #[error("needs {bytes} bytes of memory to be unlocked, which are not there")]
    Memory {
        /// How much.
        bytes: u64,
    },
    /// The two halves do not belong together; signing with such a key gives it away.
    #[error("is damaged: its public key is not that of its secret key")]
    Damaged,
    /// There is no password.
    #[error("is encrypted, and there is no password")]
    Encrypted,
    /// Making one.
    #[error("cannot be made: the system has no random numbers")]
    Generate,
}

/// Why a password is not good for a new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// A line is read into a buffer of this size.
    #[error("the password has more than the {} bytes of minisign", limits::PASSWORD_BYTES - 1)]
    TooLong,
    /// Line ends and NUL end it, and nobody can type the others.
    #[error("the password has control characters, which minisign cannot read")]
    Control,
}

impl Problem for SecretKeyError {
    fn code(&self) -> &'static str {
        match self {
            SecretKeyError::File => "secret-key-file",
            SecretKeyError::Kind => "secret-key-kind",
            SecretKeyError::Password => "password-wrong",
            SecretKeyError::Limits { .. } => "secret-key-limits",
            SecretKeyError::Memory { .. } => "memory",
            SecretKeyError::Damaged => "secret-key-damaged",
            SecretKeyError::Encrypted => "password-missing",
            SecretKeyError::Generate => "random-numbers",
        }
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotChecked
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            SecretKeyError::File | SecretKeyError::Kind => {
                "Check the name of the file; -s takes what minisign -G wrote.".into()
            }
            SecretKeyError::Password => "Try again with the right password.".into(),
            SecretKeyError::Limits { .. } | SecretKeyError::Damaged => "Get the key from its backup.".into(),
            SecretKeyError::Memory { .. } => {
                "Free some memory, or raise the limit (ulimit -v). keygen makes keys that need less.".into()
            }
            SecretKeyError::Encrypted => "Leave -W out, or name a file with the password with --password-file.".into(),
            SecretKeyError::Generate => "Try again.".into(),
        }
    }
}

impl Problem for PasswordError {
    fn code(&self) -> &'static str {
        match self {
            PasswordError::TooLong => "password-too-long",
            PasswordError::Control => "password-control-characters",
        }
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotChecked
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            PasswordError::TooLong => "Choose a shorter one.".into(),
            PasswordError::Control => "Choose one without them.".into(),
        }
    }
}

impl Password {
    /// As it was typed.
    pub fn new(text: String) -> Self {
        Password(Zeroizing::new(text))
    }

    /// Whether it is this one.
    pub fn is_same(&self, other: &Self) -> bool {
        *self.0 == *other.0
    }

    /// Whether minisign can read it, so that a new key can have it.
    ///
    /// # Errors
    /// [`PasswordError`]
    pub fn check(&self) -> Result<(), PasswordError> {
        if self.0.len() >= limits::PASSWORD_BYTES {
            return Err(PasswordError::TooLong);
        }
        // Its `get_line` cuts at NUL and at a line's end, and `trim` takes every CR out.
        if self.0.chars().any(char::is_control) { Err(PasswordError::Control) } else { Ok(()) }
    }
}

/// The decoded key: algorithm, encryption and checksum of two bytes each, salt, limits, and what is encrypted.
const KEY_BYTES: usize = 158;
const SALT: std::ops::Range<usize> = 6..38;
const OPERATIONS: std::ops::Range<usize> = 38..46;
const MEMORY: std::ops::Range<usize> = 46..54;
/// Id, both halves of the key, checksum.
const SECRET: std::ops::Range<usize> = 54..158;
const SECRET_BYTES: usize = SECRET.end - SECRET.start;

/// What the crate minisign and rsign2 write: 32 megabytes. C minisign takes a gigabyte, and reads this as well.
const NEW_OPERATIONS: u64 = 1 << 20;
const NEW_MEMORY: u64 = 32 << 20;

/// How a key is made of a password.
struct Scrypt {
    salt: [u8; 32],
    operations: u64,
    memory: u64,
}

impl Scrypt {
    /// As libsodium's `pickparams`.
    fn parameters(&self) -> Option<scrypt::Params> {
        const BLOCK: u64 = 8;
        if !limits::SCRYPT_OPERATIONS.contains(&self.operations) || !limits::SCRYPT_MEMORY.contains(&self.memory) {
            return None;
        }
        let is_few = self.operations < self.memory / 32;
        let most = if is_few { self.operations / (BLOCK * 4) } else { self.memory / (BLOCK * 128) };
        // The smallest power of two above half of it.
        let log_n = (1..40).find(|log| 1u64 << log > most / 2)?;
        let parallel = if is_few { 1 } else { (self.operations / 4 / (1 << log_n)).min(0x3fff_ffff) / BLOCK };
        if parallel == 0 || parallel << log_n > limits::SCRYPT_WORK {
            return None;
        }
        scrypt::Params::new(u8::try_from(log_n).ok()?, 8, u32::try_from(parallel).ok()?, 32).ok()
    }

    /// Encrypt, or decrypt.
    fn apply(&self, password: &Password, secret: &mut [u8]) -> Result<(), SecretKeyError> {
        let Scrypt { operations, memory, .. } = *self;
        let wrong = SecretKeyError::Limits { operations, memory };
        let parameters = self.parameters().ok_or(wrong)?;
        // The crate ends the program where there is no memory: see first whether there is.
        let block = 128 * u64::from(parameters.r());
        let bytes = block * ((1 << parameters.log_n()) + u64::from(parameters.p()) + 1) + (1 << 20);
        let mut probe = Vec::<u8>::new();
        let is_there = usize::try_from(bytes).is_ok_and(|bytes| probe.try_reserve_exact(bytes).is_ok());
        drop(probe);
        if !is_there {
            return Err(SecretKeyError::Memory { bytes });
        }
        let mut stream = Zeroizing::new([0; SECRET_BYTES]);
        scrypt::scrypt(password.0.as_bytes(), &self.salt, &parameters, stream.as_mut_slice()).map_err(|_| wrong)?;
        secret.iter_mut().zip(stream.iter()).for_each(|(byte, key)| *byte ^= key);
        Ok(())
    }
}

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
        let bytes = Zeroizing::new(STANDARD.decode(line).map_err(|_| SecretKeyError::File)?);
        if bytes.len() != KEY_BYTES {
            return Err(SecretKeyError::File);
        }
        let number = |at| field(&bytes, at).map(u64::from_le_bytes).ok_or(SecretKeyError::File);
        let kdf = match bytes.get(..6) {
            Some(b"EdScB2") => {
                let salt = field(&bytes, SALT).ok_or(SecretKeyError::File)?;
                Some(Scrypt { salt, operations: number(OPERATIONS)?, memory: number(MEMORY)? })
            }
            Some(b"Ed\0\0B2") => None,
            _ => return Err(SecretKeyError::Kind),
        };
        Ok(SecretKeyFile { bytes, kdf })
    }

    /// Whether a password is needed.
    pub fn is_encrypted(&self) -> bool {
        self.kdf.is_some()
    }

    /// The key. Deriving another key from the password takes about a second and up to a gigabyte, as minisign has it.
    ///
    /// # Errors
    /// [`SecretKeyError`]
    pub fn unlock(mut self, password: Option<&Password>) -> Result<SecretKey, SecretKeyError> {
        let secret = self.bytes.get_mut(SECRET).ok_or(SecretKeyError::File)?;
        if let Some(kdf) = &self.kdf {
            kdf.apply(password.ok_or(SecretKeyError::Encrypted)?, secret)?;
            // C minisign leaves the checksum of keys without a password empty.
            let (content, sum) = secret.split_at_checked(72).ok_or(SecretKeyError::File)?;
            if checksum(content) != *sum {
                return Err(SecretKeyError::Password);
            }
        }
        let id = field(secret, 0..8).ok_or(SecretKeyError::File)?;
        let pair = Zeroizing::new(field::<64>(secret, 8..72).ok_or(SecretKeyError::File)?);
        let key = SigningKey::from_keypair_bytes(&pair).map_err(|_| SecretKeyError::Damaged)?;
        SecretKey::new(key, KeyId(id))
    }
}

fn field<const N: usize>(bytes: &[u8], at: std::ops::Range<usize>) -> Option<[u8; N]> {
    bytes.get(at)?.try_into().ok()
}

fn checksum(id_and_key: &[u8]) -> [u8; 32] {
    let mut hash = Blake2b::<U32>::new();
    hash.update(b"Ed");
    hash.update(id_and_key);
    hash.finalize().into()
}

impl SecretKey {
    fn new(key: SigningKey, id: KeyId) -> Result<Self, SecretKeyError> {
        let public = PublicKey::new(id, key.verifying_key().as_bytes()).map_err(|_| SecretKeyError::Damaged)?;
        Ok(SecretKey { key, public })
    }

    /// A new one, which is in no file.
    ///
    /// # Errors
    /// [`SecretKeyError::Generate`]
    pub fn generate() -> Result<Self, SecretKeyError> {
        let (mut seed, mut id) = (Zeroizing::new([0; 32]), [0; 8]);
        getrandom::fill(seed.as_mut_slice()).map_err(|_| SecretKeyError::Generate)?;
        getrandom::fill(&mut id).map_err(|_| SecretKeyError::Generate)?;
        Self::new(SigningKey::from_bytes(&seed), KeyId(id))
    }

    /// What others verify with.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The file that minisign keeps it in, encrypted if there is a password.
    ///
    /// # Errors
    /// [`SecretKeyError`]
    pub fn to_file(&self, password: Option<&Password>, comment: &str) -> Result<Zeroizing<Vec<u8>>, SecretKeyError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_BYTES));
        bytes.extend_from_slice(if password.is_some() { b"EdScB2" } else { b"Ed\0\0B2" });
        let mut secret = Zeroizing::new(Vec::with_capacity(SECRET_BYTES));
        secret.extend_from_slice(self.public.id().as_bytes());
        secret.extend_from_slice(Zeroizing::new(self.key.to_keypair_bytes()).as_slice());
        let sum = checksum(&secret);
        secret.extend_from_slice(&sum);
        let mut salt = [0; 32];
        let mut limits = (0, 0);
        if let Some(password) = password {
            getrandom::fill(&mut salt).map_err(|_| SecretKeyError::Generate)?;
            limits = (NEW_OPERATIONS, NEW_MEMORY);
            Scrypt { salt, operations: limits.0, memory: limits.1 }.apply(password, &mut secret)?;
        }
        bytes.extend_from_slice(&salt);
        bytes.extend_from_slice(&limits.0.to_le_bytes());
        bytes.extend_from_slice(&limits.1.to_le_bytes());
        bytes.extend_from_slice(&secret);
        let encoded = Zeroizing::new(STANDARD.encode(bytes.as_slice()));
        let parts = [b"untrusted comment: ", comment.as_bytes(), b"\n", encoded.as_bytes(), b"\n"];
        let mut file = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len()).sum()));
        parts.iter().for_each(|part| file.extend_from_slice(part));
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::{Password, PasswordError, Scrypt, SecretKey, SecretKeyError, SecretKeyFile};

    #[test]
    fn a_key_is_read_as_it_was_written() {
        let key = SecretKey::generate().unwrap();
        let password = Password::new("secret".into());
        for password in [None, Some(&password)] {
            let file = SecretKeyFile::parse(&key.to_file(password, "x").unwrap()).unwrap();
            assert_eq!(file.is_encrypted(), password.is_some());
            let again = file.unlock(password).unwrap();
            assert!(again.public() == key.public() && again.public().id() == key.public().id());
        }
        let file = key.to_file(Some(&password), "x").unwrap();
        let unlock = |password: Option<&Password>| SecretKeyFile::parse(&file).unwrap().unlock(password).err();
        assert_eq!(unlock(Some(&Password::new("other".into()))), Some(SecretKeyError::Password));
        assert_eq!(unlock(None), Some(SecretKeyError::Encrypted));
    }

    /// libsodium's choices for the limits that programs write, and none for those that nobody writes.
    #[test]
    fn wrong_scrypt_limits_are_not_another_password() {
        let chosen = |operations, memory| {
            let chosen = Scrypt { salt: [0; 32], operations, memory }.parameters()?;
            Some((chosen.log_n(), chosen.r(), chosen.p()))
        };
        assert_eq!(chosen(1 << 20, 32 << 20), Some((15, 8, 1)));
        assert_eq!(chosen(1 << 25, 1 << 30), Some((20, 8, 1)));
        assert_eq!(chosen(1 << 24, 1 << 29), Some((19, 8, 1)));
        assert_eq!(chosen(1 << 19, 1 << 24), Some((14, 8, 1)));
        for (operations, memory) in [
            (0, 0),
            (1, 1),
            (u64::MAX, u64::MAX),
            (1 << 60, 1 << 60),
            (1 << 31, 1 << 40),
            (1 << 36, 1 << 30),
            (1 << 34, 1 << 33),
            (1 << 20, 1 << 20),
        ] {
            assert_eq!(chosen(operations, memory), None, "{operations} {memory}");
        }
    }

    #[test]
    fn passwords_that_minisign_cannot_read() {
        for (text, expected) in [
            ("", Ok(())),
            ("pass word \u{e9}", Ok(())),
            (&"x".repeat(1023), Ok(())),
            (&"x".repeat(1024), Err(PasswordError::TooLong)),
            ("a\0b", Err(PasswordError::Control)),
            ("a\rb", Err(PasswordError::Control)),
            ("a\nb", Err(PasswordError::Control)),
            ("a\u{1b}b", Err(PasswordError::Control)),
        ] {
            assert_eq!(Password::new(text.into()).check(), expected, "{text:?}");
        }
    }
}
