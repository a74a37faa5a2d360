//! Trusted OpenPGP certificates, from files as people have them.
//!
//! A keyring may hold thousands of certificates, of which one is needed: they are split into packets when they are read, and
//! parsed when a signature names their key.

use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice;
use sequoia_openpgp::cert::Cert;
use sequoia_openpgp::cert::raw::{RawCert, RawCertParser};
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::{Fingerprint, KeyHandle};

use super::keybox;
use crate::foreign::Foreign;
use crate::limits;
use crate::signature::trust::read_limited;

const BEGIN: &[u8] = b"-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &[u8] = b"-----END PGP PUBLIC KEY BLOCK-----";

/// Certificates that may vouch for a tag.
#[derive(Default)]
pub struct Keyring {
    certificates: Vec<RawCert<'static>>,
    /// Only these count, where there are any.
    only: Vec<Fingerprint>,
    /// Parts that could not be read, as sentences for a warning.
    warnings: Vec<Foreign>,
    bytes: u64,
}

impl Keyring {
    /// Read files and folders.
    ///
    /// A file holds certificates in binary form, one after the other; or armored blocks, with any text around them; or it
    /// is a keybox of GnuPG's. A folder has such files, or is a certificate directory (`pgp.cert.d`) with files in
    /// folders of two hexadecimal digits.
    ///
    /// # Errors
    /// Where a file or folder cannot be read, or holds no certificate at all.
    pub fn read<P: AsRef<Path>>(paths: &[P]) -> Result<Self, KeyringError> {
        let mut keyring = Keyring::default();
        for path in paths {
            let path = path.as_ref();
            let before = keyring.certificates.len();
            let problems = if path.is_dir() { keyring.add_folder(path)? } else { keyring.add_file(path)? };
            if keyring.certificates.len() == before {
                let why = problems.first().map_or("there is nothing in it", String::as_str);
                return Err(KeyringError::NoCertificates { path: shown(path), why: Foreign::from(why) });
            }
            let warning = |problem| Foreign::from(&format!("keyring {}: {problem}", path.display()));
            keyring.warnings.extend(problems.iter().map(warning));
        }
        Ok(keyring)
    }

    /// Every file in a folder; what is wrong with some of them.
    fn add_folder(&mut self, folder: &Path) -> Result<Vec<String>, KeyringError> {
        let mut problems = Vec::new();
        let mut folders = vec![folder.to_owned()];
        let mut files = 0;
        while let Some(current) = folders.pop() {
            for path in entries(&current)? {
                let name = path.file_name().unwrap_or_default().as_encoded_bytes();
                if path.is_dir() {
                    if current == folder && name.len() == 2 && name.iter().all(u8::is_ascii_hexdigit) {
                        folders.push(path);
                    }
                    continue;
                }
                // Lock files and the like.
                if name.starts_with(b".") || name == b"writelock" {
                    continue;
                }
                files += 1;
                if files > limits::KEYRING_FILES {
                    return Err(unreadable(folder, "it has too many files"));
                }
                let found = self.add_file(&path)?;
                problems.extend(found.into_iter().map(|problem| format!("{}: {problem}", path.display())));
            }
        }
        Ok(problems)
    }

    fn add_file(&mut self, path: &Path) -> Result<Vec<String>, KeyringError> {
        let bytes = read_limited(path, limits::KEYRING_BYTES - self.bytes).map_err(|why| unreadable(path, &why))?;
        self.bytes += bytes.len() as u64;
        if self.bytes > limits::KEYRING_BYTES {
            return Err(unreadable(path, "the file is too large"));
        }
        let mut problems = Vec::new();
        if bytes.find(BEGIN).is_some() && !begins_with_certificate(&bytes) {
            let mut rest = &bytes[..];
            while let Some(begin) = rest.find(BEGIN) {
                let block = &rest[begin..];
                let end = block.find(END).map_or(block.len(), |end| end + END.len());
                self.add_certificates(&block[..end], &mut problems);
                rest = &block[end..];
            }
        } else if let Some(blocks) = keybox::certificates(&bytes) {
            blocks.for_each(|block| self.add_certificates(block, &mut problems));
        } else {
            self.add_certificates(&bytes, &mut problems);
        }
        Ok(problems)
    }

    fn add_certificates(&mut self, bytes: &[u8], problems: &mut Vec<String>) {
        match RawCertParser::from_bytes(bytes) {
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
    }

    /// Damaged certificates among good ones.
    pub fn take_warnings(&mut self) -> Vec<Foreign> {
        std::mem::take(&mut self.warnings)
    }

    /// Whether there is a certificate with this primary key.
    pub fn has(&self, fingerprint: &Fingerprint) -> bool {
        self.certificates.iter().any(|certificate| certificate.fingerprint() == *fingerprint)
    }

    /// From now on only these count; all where there are none.
    pub fn restrict(&mut self, fingerprints: &[Fingerprint]) {
        self.only = fingerprints.to_vec();
    }

    /// The certificates that have one of these keys and count, parsed; and a fingerprint of one that does not count.
    pub fn find(&self, keys: &[KeyHandle]) -> (Vec<Cert>, Option<Fingerprint>) {
        let has_one = |certificate: &&RawCert| {
            certificate.keys().any(|key| keys.iter().any(|wanted| wanted.aliases(key.key_handle())))
        };
        let mut found = Vec::new();
        let mut excluded = None;
        for certificate in self.certificates.iter().filter(has_one) {
            if self.only.is_empty() || self.only.contains(&certificate.fingerprint()) {
                // A certificate that does not parse is not trusted, and so not missed.
                found.extend(Cert::try_from(certificate.clone()));
            } else {
                excluded = Some(certificate.fingerprint());
            }
        }
        (found, excluded)
    }

    /// A certificate that has a user id with one of these mail addresses.
    pub fn of_person(&self, addresses: &[String]) -> Option<Fingerprint> {
        let is_one = |id: &sequoia_openpgp::packet::UserID| {
            id.email_normalized().ok().flatten().is_some_and(|address| addresses.contains(&address))
        };
        let certificate = self.certificates.iter().find(|certificate| certificate.userids().any(|id| is_one(&id)));
        certificate.map(RawCert::fingerprint)
    }
}

/// A public key packet in the old or the new form: text never begins so.
fn begins_with_certificate(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|byte| matches!(byte, 0x98..=0x9b | 0xc6))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, KeyringError> {
    let list = || std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    let mut paths = list().map_err(|error| unreadable(folder, &error.to_string()))?;
    paths.sort();
    Ok(paths)
}

fn shown(path: &Path) -> Foreign {
    Foreign::from(path.as_os_str().as_encoded_bytes())
}

fn unreadable(path: &Path, why: &str) -> KeyringError {
    KeyringError::Unreadable { path: shown(path), why: Foreign::from(why) }
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
