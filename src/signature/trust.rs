//! Whose signatures count.

use std::borrow::Cow;
use std::path::PathBuf;

use foreign::{Foreign, Meaning, Problem, ReadError, read_limited};
use sequoia_openpgp::Fingerprint;

use super::error::unread;
use super::openpgp::{self, Keyring, KeyringError};
use super::ssh::{AllowedSigners, ParseError};
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
///
/// It is read once, and can then serve any number of checks, from several threads as well:
///
/// ```
/// use std::sync::Arc;
///
/// use auth_tarball_from_git::signature::{Trust, Trusted};
///
/// # let folder = tempfile::tempdir()?;
/// # let allowed_signers = folder.path().join("allowed_signers");
/// # let key = "AAAAC3NzaC1lZDI1NTE5AAAAIJVwNBrxTZkYnaNRVKMiTXyTgqNnQIyDSVtJmo7YS1Xr";
/// # std::fs::write(&allowed_signers, format!("alice@example.org ssh-ed25519 {key}\n"))?;
/// let trusted = Trusted { allowed_signers: Some(allowed_signers), ..Trusted::default() };
/// let trust = Arc::new(Trust::read(&trusted)?);
/// for warning in trust.warnings() {
///     eprintln!("warning: {warning}");
/// }
/// std::thread::scope(|scope| {
///     for package in ["a", "b"] {
///         let trust = trust.clone();
///         scope.spawn(move || { /* authenticate a package with &trust */ });
///     }
/// });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct Trust {
    pub(super) keyring: Keyring,
    pub(super) allowed_signers: AllowedSigners,
    warnings: Vec<Foreign>,
}

/// Threads share it.
const _: () = {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<Trust>();
};

impl Trust {
    /// Read all files.
    ///
    /// # Errors
    /// If a file cannot be read or holds no keys, and if none of the certificates has one of the fingerprints.
    pub fn read(trusted: &Trusted) -> Result<Self, TrustError> {
        let (mut keyring, mut warnings) = openpgp::read(&trusted.keyrings)?;
        for fingerprint in &trusted.fingerprints {
            if !keyring.has(fingerprint) {
                return Err(TrustError::NoSuchCertificate { fingerprint: fingerprint.clone() });
            }
        }
        keyring.restrict(&trusted.fingerprints);
        let mut allowed_signers = AllowedSigners::default();
        if let Some(path) = &trusted.allowed_signers {
            let text = read_limited(path, limits::SSH_SIGNERS_BYTES as u64).map_err(TrustError::Unreadable)?;
            let no_signers = |why| TrustError::NoSigners { path: Foreign::path(path), why };
            let parsed = match AllowedSigners::parse(&text) {
                Err(error @ ParseError::Empty { .. }) => AllowedSigners::of_public_keys(&text).unwrap_or(Err(error)),
                parsed => parsed,
            };
            let (signers, problems) = parsed.map_err(no_signers)?;
            allowed_signers = signers;
            let warning = |problem| Foreign::said(format_args!("allowed signers {}: {problem}", path.display()));
            warnings.extend(problems.iter().map(warning));
        }
        Ok(Trust { keyring, allowed_signers, warnings })
    }

    /// Damaged parts among good ones.
    pub fn warnings(&self) -> &[Foreign] {
        &self.warnings
    }
}

/// Why there is nobody to trust.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum TrustError {
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error("none of the keyrings has a certificate with the fingerprint {fingerprint}")]
    NoSuchCertificate { fingerprint: Fingerprint },
    #[error("{}", unread("file of allowed signers", .0))]
    Unreadable(ReadError),
    #[error("the file of allowed signers {path} {why}")]
    NoSigners { path: Foreign, why: ParseError },
}

impl Problem for TrustError {
    fn code(&self) -> &'static str {
        match self {
            TrustError::Keyring(error) => error.code(),
            TrustError::NoSuchCertificate { .. } => "no-such-certificate",
            TrustError::Unreadable(_) => "allowed-signers-unreadable",
            TrustError::NoSigners { why, .. } => why.code(),
        }
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotChecked
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            TrustError::Keyring(error) => error.help(),
            TrustError::NoSuchCertificate { fingerprint } => format!(
                "Give the fingerprint of a primary key (`gpg --show-keys FILE` lists them), or the keyring that has \
                 {fingerprint}."
            )
            .into(),
            TrustError::Unreadable(error) => error.help().into(),
            TrustError::NoSigners { why, .. } => why.help(),
        }
    }
}
