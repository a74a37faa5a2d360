//! Who an SSH signature says it is by: a key, or a certificate for one.

use super::blob::Reader;
use super::certificate::Certificate;
use super::key::{KeyProblem, PublicKey, certified};

/// Whose signature it is.
#[derive(Debug)]
pub enum Subject {
    /// A key.
    Key(PublicKey),
    /// A key whose owner an authority names.
    Certificate(Box<Certificate>),
}

impl Subject {
    /// Read a key or certificate.
    pub fn parse(blob: &[u8]) -> Result<Self, KeyProblem> {
        if certified(Reader::new(blob).text()?).is_some() {
            Certificate::parse(blob).map(Box::new).map(Subject::Certificate)
        } else {
            PublicKey::parse(blob).map(Subject::Key)
        }
    }

    /// The key that signs.
    pub fn key(&self) -> &PublicKey {
        match self {
            Subject::Key(key) => key,
            Subject::Certificate(certificate) => certificate.key(),
        }
    }

    /// The certificate, where it is one.
    pub fn certificate(&self) -> Option<&Certificate> {
        match self {
            Subject::Key(_) => None,
            Subject::Certificate(certificate) => Some(certificate),
        }
    }
}
