//! Whose signatures count.

use std::io::Read;
use std::path::{Path, PathBuf};

use foreign::Foreign;
use sequoia_openpgp::Fingerprint;

use super::openpgp::keyring::{Keyring, KeyringError};
use super::ssh::AllowedSigners;
use crate::limits;

/// Where trusted keys are kept.
#[derive(Clone, Debug, Default)]
pub struct Trusted {
    /// Files and folders of OpenPGP certificates.
    pub keyrings: Vec<PathBuf>,
    /// Only these of their certificates count: fingerprints of primary keys. Empty for all.
    pub fingerprints: Vec<Fingerprint>,
    /// A file of SSH keys, in OpenSSH's format.
    pub allowed_signers: Option<PathBuf>,
}

/// Everyone whose signature counts.
#[derive(Default)]
pub struct Trust {
    pub(super) keyring: Keyring,
    pub(super) allowed_signers: AllowedSigners,
    warnings: Vec<Foreign>,
}

impl Trust {
    /// Read all files.
    ///
    /// # Errors
    /// Where a file cannot be read or holds no keys, and where none of the certificates has one of the fingerprints.
    pub fn read(trusted: &Trusted) -> Result<Self, TrustError> {
        let mut keyring = Keyring::read(&trusted.keyrings)?;
        for fingerprint in &trusted.fingerprints {
            if !keyring.has(fingerprint) {
                return Err(TrustError::NoSuchCertificate { fingerprint: fingerprint.to_hex() });
            }
        }
        let mut warnings = keyring.take_warnings();
        keyring.restrict(&trusted.fingerprints);
        let mut allowed_signers = AllowedSigners::default();
        if let Some(path) = &trusted.allowed_signers {
            let shown = Foreign::path(path);
            let text = read_limited(path, limits::SSH_SIGNERS_BYTES as u64)
                .map_err(|why| TrustError::Unreadable { path: shown.clone(), why: Foreign::from(&why) })?;
            let (signers, problems) = AllowedSigners::parse(&text)
                .map_err(|error| TrustError::NoSigners { path: shown.clone(), why: error.to_string() })?;
            allowed_signers = signers;
            let warning = |problem| Foreign::from(&format!("allowed signers {}: {problem}", path.display()));
            warnings.extend(problems.iter().map(warning));
        }
        Ok(Trust { keyring, allowed_signers, warnings })
    }

    /// Damaged parts among good ones.
    pub fn warnings(&self) -> &[Foreign] {
        &self.warnings
    }
}

/// A whole file of at most `limit` bytes and one.
pub(super) fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Why there is nobody to trust.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum TrustError {
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error("none of the keyrings has a certificate with the fingerprint {fingerprint}")]
    NoSuchCertificate { fingerprint: String },
    #[error("the allowed signers {path} could not be read: {why}")]
    Unreadable { path: Foreign, why: Foreign },
    #[error("the file of allowed signers {path} {why}")]
    NoSigners { path: Foreign, why: String },
}

impl TrustError {
    /// What a person can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            TrustError::Keyring(error) => error.help(),
            TrustError::NoSuchCertificate { .. } => {
                "Give the fingerprint of the primary key (`gpg --show-keys FILE`), or the keyring that has it."
            }
            TrustError::Unreadable { .. } => "Check the file's name, size and permissions.",
            TrustError::NoSigners { .. } => {
                "A line is `principal ssh-ed25519 AAAA...`: see ALLOWED SIGNERS in ssh-keygen(1)."
            }
        }
    }
}
