//! Files of keys, passwords, and `keygen`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use foreign::Foreign;
use foreign::read_limited;

use super::args::{Keygen, Keys, Signer};
use super::failure::Failure;
use super::report::Streams;
use crate::limits;
use crate::{NewKey, Policy, PublicKey, SecretKey, SecretKeyError, SecretKeyFile};

/// Where minisign looks for a public key that is not named.
const DEFAULT_PUBLIC: &str = "minisign.pub";

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
    if keys.files.is_empty() && keys.texts.is_empty() {
        return public_keys(&Keys { files: vec![PathBuf::from(DEFAULT_PUBLIC)], texts: Vec::new() });
    }
    public_keys(keys)
}

fn public_key(path: &Path) -> Result<PublicKey, Failure> {
    let text = read_limited(path, limits::KEY_FILE_BYTES)?;
    PublicKey::parse_file(&text).map_err(|error| {
        Failure::unchecked(format!("{} {error}", Foreign::path(path)), "-p takes a file that minisign -G wrote.")
    })
}

/// Where minisign keeps its secret key.
fn default_secret() -> Result<PathBuf, Failure> {
    let folder = std::env::var_os("MINISIGN_CONFIG_DIR").map(PathBuf::from);
    let folder = folder.or_else(|| std::env::home_dir().map(|home| home.join(".minisign")));
    let folder =
        folder.ok_or_else(|| Failure::unchecked("there is no home directory", "Name the secret key with -s."))?;
    Ok(folder.join("minisign.key"))
}

/// The secret key, unlocked.
pub fn secret_key(signer: &Signer) -> Result<SecretKey, Failure> {
    let path = signer.secret.clone().map_or_else(default_secret, Ok)?;
    let text = read_limited(&path, limits::KEY_FILE_BYTES)?;
    let wrong =
        |error: crate::SecretKeyError| Failure::unchecked(format!("{} {error}", Foreign::path(&path)), error.help());
    let file = SecretKeyFile::parse(&text).map_err(wrong)?;
    let password = match (file.is_encrypted(), signer.no_password) {
        (false, _) => None,
        (true, false) => Some(password(signer, false)?),
        // What rsign2 calls a key without a password is encrypted with an empty one.
        (true, true) => Some(String::new()),
    };
    file.unlock(password).map_err(|error| match error {
        SecretKeyError::Password if signer.no_password => wrong(SecretKeyError::Encrypted),
        error => wrong(error),
    })
}

/// From the file, or from the terminal; never from the arguments, which everyone on the machine can see.
fn password(signer: &Signer, is_new: bool) -> Result<String, Failure> {
    let password = match &signer.password_file {
        Some(path) => {
            let bytes = read_limited(path, limits::PASSWORD_BYTES as u64 + 2)?;
            let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            String::from_utf8(line.to_vec())
                .map_err(|_| Failure::about(path, "the password is not UTF-8", "Check the name of the file."))?
        }
        None => {
            let first = prompt("Password: ")?;
            if is_new && prompt("Password (one more time): ")? != first {
                return Err(Failure::unchecked("the passwords are not the same", "Try again."));
            }
            first
        }
    };
    if password.len() >= limits::PASSWORD_BYTES {
        let what = format!("the password has more than the {} bytes of minisign", limits::PASSWORD_BYTES - 1);
        return Err(Failure::unchecked(what, "Choose a shorter one."));
    }
    Ok(password)
}

fn prompt(prompt: &str) -> Result<String, Failure> {
    rpassword::prompt_password(prompt).map_err(|error| {
        let what = format!("the password cannot be asked for: {error}");
        Failure::unchecked(what, "Run this on a terminal, or name a file with the password with --password-file.")
    })
}

/// `keygen`
pub fn keygen(request: &Keygen, streams: &mut Streams) -> Result<u8, Failure> {
    let public = request.public.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_PUBLIC));
    let secret = request.signer.secret.clone().map_or_else(default_secret, Ok)?;
    if request.comment.chars().any(char::is_control) || request.comment.len() > 900 {
        return Err(Failure::usage("the comment has control characters, or is too long", "Choose another."));
    }
    if let Some(path) = [&public, &secret].into_iter().find(|path| !request.force && path.exists()) {
        let what = format!("{} is there already", Foreign::path(path));
        let help = "Choose another name; --force replaces the key, which nobody can then get back.";
        return Err(Failure::unchecked(what, help));
    }
    let password = if request.signer.no_password { None } else { Some(password(&request.signer, true)?) };
    let key = NewKey::generate(password, &request.comment)
        .map_err(|error| Failure::unchecked(format!("the key {error}"), error.help()))?;
    if let Some(folder) = secret.parent().filter(|_| request.signer.secret.is_none()) {
        let made = std::fs::create_dir_all(folder);
        made.map_err(|error| Failure::about(folder, error, "Name another place with -s."))?;
    }
    write_new(&secret, &key.secret_file, 0o600, request.force)?;
    write_new(&public, &key.public_file, 0o666, request.force)?;
    writeln!(
        streams.err,
        "secret key: {} (keep it secret)\npublic key: {}",
        Foreign::path(&secret),
        Foreign::path(&public)
    )?;
    writeln!(streams.out, "{}", key.public)?;
    Ok(0)
}

/// With these permissions from the first byte on.
fn write_new(path: &Path, bytes: &[u8], mode: u32, force: bool) -> Result<(), Failure> {
    let wrong = |error| Failure::about(path, error, "Check the folder's permissions and space.");
    if force && path.exists() {
        std::fs::remove_file(path).map_err(wrong)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path).map_err(wrong)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(wrong)
}
