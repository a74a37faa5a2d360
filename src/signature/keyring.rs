//! Trusted certificates, from files.
//!
//! A keyring may hold thousands of certificates, of which one is needed: they are split into packets when they are read, and
//! parsed when a signature names their key.

use std::io::Read;
use std::path::Path;

use sequoia_openpgp::KeyHandle;
use sequoia_openpgp::cert::Cert;
use sequoia_openpgp::cert::raw::{RawCert, RawCertParser};
use sequoia_openpgp::parse::Parse;

use crate::foreign::Foreign;
use crate::limits;

/// Certificates that may vouch for a tag.
pub struct Keyring {
    certificates: Vec<RawCert<'static>>,
    /// Parts that could not be read, as sentences for a warning.
    warnings: Vec<Foreign>,
}

impl Keyring {
    /// Read keyring files, binary or armored; at least one.
    ///
    /// # Errors
    /// Where a file cannot be read, or holds no certificate at all.
    pub fn read<P: AsRef<Path>>(paths: &[P]) -> Result<Self, KeyringError> {
        let mut keyring = Keyring { certificates: Vec::new(), warnings: Vec::new() };
        for path in paths {
            keyring.add(path.as_ref())?;
        }
        Ok(keyring)
    }

    fn add(&mut self, path: &Path) -> Result<(), KeyringError> {
        let shown = Foreign::from(path.as_os_str().as_encoded_bytes());
        let unreadable = |why: String| KeyringError::Unreadable { path: shown.clone(), why: Foreign::from(&why) };
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(limits::KEYRING_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|error| unreadable(error.to_string()))?;
        if bytes.len() as u64 > limits::KEYRING_BYTES {
            return Err(unreadable("the file is too large".into()));
        }
        let before = self.certificates.len();
        let mut problems = Vec::new();
        match RawCertParser::from_bytes(&bytes) {
            Ok(parser) => {
                for certificate in parser {
                    match certificate {
                        Ok(certificate) => self.certificates.push(certificate.into_owned()),
                        Err(error) => problems.push(error.to_string()),
                    }
                }
            }
            Err(error) => problems.push(error.to_string()),
        }
        if self.certificates.len() == before {
            let why = problems.first().map_or("there is nothing in it", String::as_str);
            return Err(KeyringError::NoCertificates { path: shown, why: Foreign::from(why) });
        }
        let path = path.display();
        self.warnings.extend(problems.iter().map(|problem| Foreign::from(&format!("keyring {path}: {problem}"))));
        Ok(())
    }

    /// Damaged certificates among good ones.
    pub fn warnings(&self) -> &[Foreign] {
        &self.warnings
    }

    /// The certificates that have one of these keys, parsed.
    pub fn find(&self, keys: &[KeyHandle]) -> Vec<Cert> {
        let has_one = |certificate: &&RawCert| {
            certificate.keys().any(|key| keys.iter().any(|wanted| wanted.aliases(key.key_handle())))
        };
        // A certificate that does not parse is not trusted, and so not missed.
        self.certificates.iter().filter(has_one).filter_map(|raw| Cert::try_from(raw.clone()).ok()).collect()
    }
}

/// Why a keyring is of no use.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum KeyringError {
    #[error("the keyring {path} could not be read: {why}")]
    Unreadable { path: Foreign, why: Foreign },
    #[error("the keyring {path} holds no OpenPGP certificates: {why}")]
    NoCertificates { path: Foreign, why: Foreign },
}

impl KeyringError {
    /// What a person can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            KeyringError::Unreadable { .. } => "Check the file's name, size and permissions.",
            KeyringError::NoCertificates { .. } => "Export the maintainer's key: `gpg --export --armor FINGERPRINT`.",
        }
    }
}
