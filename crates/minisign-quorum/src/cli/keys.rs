//! Keys that are given, and passwords.

use std::path::{Path, PathBuf};

use foreign::{Foreign, read_limited};
use zeroize::Zeroizing;

use super::args::{Keys, Signer};
use super::failure::Failure;
use crate::limits;
use crate::{Password, Policy, PublicKey, SecretKey, SecretKeyError, SecretKeyFile};

/// Where minisign looks for a public key that is not named.
pub const DEFAULT_PUBLIC: &str = "minisign.pub";

/// The keys after `-p` and `-P`.
pub fn public_keys(keys: &Keys) -> Result<Policy, Failure> {
    if keys.files.len() + keys.texts.len() > limits::KEYS {
        let what = format!("more than {} keys are given", limits::KEYS);
        return Err(Failure::usage(what, "Use a policy, and groups."));
    }
    let files = keys.files.iter().map(|path| public_key(path));
    let texts = keys.texts.iter().map(|text| {
        PublicKey::parse(text.as_bytes()).map_err(|error| {
            Failure::usage(format!("{} {error}", Foreign::from(text)), "-P takes the second line of a public key file.")
        })
    });
    let keys = files.chain(texts).collect::<Result<Vec<_>, _>>()?;
    Policy::of_keys(keys).map_err(|error| Failure::usage(error.to_string(), "Give each key once: it counts once."))
}

/// As [`public_keys`], and the key where minisign looks for it if none is named.
pub fn public_keys_or_default(keys: &Keys) -> Result<Policy, Failure> {
    if !keys.files.is_empty() || !keys.texts.is_empty() {
        return public_keys(keys);
    }
    if !Path::new(DEFAULT_PUBLIC).exists() {
        let what = format!("no public key is given, and there is no {DEFAULT_PUBLIC} in this folder");
        let help = "Name the signer's key: -p takes a file, and -P the key itself.";
        return Err(Failure::unchecked("no-public-key", what, help));
    }
    public_keys(&Keys { files: vec![PathBuf::from(DEFAULT_PUBLIC)], texts: Vec::new() })
}

fn public_key(path: &Path) -> Result<PublicKey, Failure> {
    let text = read_limited(path, limits::KEY_FILE_BYTES)?;
    PublicKey::parse_file(&text).map_err(|error| Failure::about(Foreign::path(path), &error))
}

/// Where minisign keeps its secret key.
pub fn default_secret() -> Result<PathBuf, Failure> {
    let folder = std::env::var_os("MINISIGN_CONFIG_DIR").map(PathBuf::from);
    let folder = folder.or_else(|| std::env::home_dir().map(|home| home.join(".minisign")));
    let none = || Failure::unchecked("no-home", "there is no home directory", "Name the secret key with -s.");
    Ok(folder.ok_or_else(none)?.join("minisign.key"))
}

/// The secret key, unlocked.
pub fn secret_key(signer: &Signer) -> Result<SecretKey, Failure> {
    let path = signer.secret.clone().map_or_else(default_secret, Ok)?;
    let text = Zeroizing::new(read_limited(&path, limits::KEY_FILE_BYTES)?);
    let wrong = |error: SecretKeyError| Failure::about(Foreign::path(&path), &error);
    let file = SecretKeyFile::parse(&text).map_err(wrong)?;
    let password = match (file.is_encrypted(), signer.no_password) {
        (false, _) => None,
        (true, false) => Some(password(signer, false)?),
        // What rsign2 calls a key without a password is encrypted with an empty one.
        (true, true) => Some(Password::new(String::new())),
    };
    file.unlock(password.as_ref()).map_err(|error| match error {
        SecretKeyError::Password if signer.no_password => wrong(SecretKeyError::Encrypted),
        error => wrong(error),
    })
}

/// From the file, or from the terminal; never from the arguments, which everyone on the machine can see.
pub fn password(signer: &Signer, is_new: bool) -> Result<Password, Failure> {
    let password = match &signer.password_file {
        Some(path) => first_line(path)?,
        None => {
            let first = prompt("Password: ")?;
            if is_new && !prompt("Password (one more time): ")?.is_same(&first) {
                return Err(Failure::unchecked("passwords-differ", "the passwords are not the same", "Try again."));
            }
            first
        }
    };
    if is_new {
        password.check().map_err(|error| Failure::of(&error))?;
    }
    Ok(password)
}

fn first_line(path: &Path) -> Result<Password, Failure> {
    let bytes = Zeroizing::new(read_limited(path, limits::PASSWORD_BYTES as u64 + 2)?);
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|_| {
        let what = format!("{}: the password is not UTF-8", Foreign::path(path));
        Failure::unchecked("password-not-text", what, "Check the name of the file.")
    })?;
    Ok(Password::new(text.to_owned()))
}

fn prompt(prompt: &str) -> Result<Password, Failure> {
    rpassword::prompt_password(prompt).map(Password::new).map_err(|error| {
        let what = format!("the password cannot be asked for: {error}");
        let help = "Run this on a terminal, or name a file with the password with --password-file.";
        Failure::unchecked("no-terminal", what, help)
    })
}
