//! OpenSSH certificates: PROTOCOL.certkeys.
//!
//! Read here and not with ssh-key 0.6, since that refuses certificates that are valid forever (its times end at 2^63),
//! and verifies what it encodes again instead of the bytes that were signed.

use foreign::Foreign;
use foreign::Time;

use super::blob::{Damage, Reader};
use super::error::CertificateProblem;
use super::key::{BadSignature, KeyProblem, PublicKey, certified};
use crate::limits;

/// A key whose owner an authority names.
#[derive(Debug)]
pub struct Certificate {
    key: PublicKey,
    kind: u32,
    principals: Vec<Vec<u8>>,
    valid_after: Time,
    valid_before: Time,
    /// The name of the first critical option.
    critical: Option<Foreign>,
    authority: PublicKey,
    /// What the authority signed: everything up to and with its key.
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl Certificate {
    const USER: u32 = 1;
    const HOST: u32 = 2;

    /// Read one; this does not check the authority's signature.
    pub fn parse(blob: &[u8]) -> Result<Self, KeyProblem> {
        let mut reader = Reader::new(blob);
        let name = reader.text()?;
        let (kind, fields) = certified(name).ok_or_else(|| KeyProblem::Kind(Foreign::from(name)))?;
        reader.string()?; // A nonce.
        let key = certified_key(kind, fields, &mut reader)?;
        reader.u64()?; // The serial number.
        let kind = reader.u32()?;
        if kind != Self::USER && kind != Self::HOST {
            return Err(Damage("its certificate is neither for a user nor for a host").into());
        }
        reader.text()?; // The key's id.
        let principals = principals(reader.string()?)?;
        let (valid_after, valid_before) = (Time(reader.u64()?), Time(reader.u64()?));
        let critical = options(reader.string()?)?;
        options(reader.string()?)?; // Extensions: whoever does not know one ignores it.
        reader.string()?; // Reserved, signed, and to be ignored.
        let authority = PublicKey::parse(reader.string()?)?;
        let signed = blob.strip_suffix(reader.rest()).unwrap_or_default().to_vec();
        let signature = reader.string()?.to_vec();
        reader.finish()?;
        Ok(Certificate { key, kind, principals, valid_after, valid_before, critical, authority, signed, signature })
    }

    /// The key that it is about.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The key of the authority that it says it is from; see [`verify`](Self::verify).
    pub fn authority(&self) -> &PublicKey {
        &self.authority
    }

    /// Who the owner of the key may act as.
    pub fn principals(&self) -> impl Iterator<Item = &[u8]> {
        self.principals.iter().map(Vec::as_slice)
    }

    /// Check that it is from its authority.
    pub fn verify(&self) -> Result<(), CertificateProblem> {
        match self.authority.verify(&self.signed, &self.signature) {
            Ok(_) => Ok(()),
            Err(BadSignature::Mismatch) => Err(CertificateProblem::Forged),
            // ssh-keygen accepts these, unlike sshd since OpenSSH 8.2 (CASignatureAlgorithms).
            Err(BadSignature::Sha1) => Err(CertificateProblem::Sha1),
            Err(BadSignature::Algorithm(algorithm)) => Err(CertificateProblem::OtherAlgorithm { algorithm }),
            Err(BadSignature::Damaged(Damage(why))) => Err(CertificateProblem::Damaged { why }),
        }
    }

    /// Check that a user may sign with it at that time: OpenSSH's `sshkey_cert_check_authority`.
    pub fn check(&self, signed_at: Time) -> Result<(), CertificateProblem> {
        if self.kind != Self::USER {
            Err(CertificateProblem::Host)
        } else if signed_at < self.valid_after {
            Err(CertificateProblem::NotYetValid { from: self.valid_after })
        } else if signed_at >= self.valid_before {
            Err(CertificateProblem::NoLongerValid { until: self.valid_before })
        } else if self.principals.is_empty() {
            Err(CertificateProblem::NoPrincipals)
        } else if let Some(name) = self.critical.clone() {
            // ssh-keygen does not look at them; the specification says to refuse what one does not know, and those
            // that there are (a command, addresses, a PIN) are about logging in.
            Err(CertificateProblem::CriticalOption { name })
        } else {
            Ok(())
        }
    }
}

/// The key's fields, from which those of the certificate are not set off, as a key of its own.
fn certified_key(kind: &'static str, fields: usize, reader: &mut Reader<'_>) -> Result<PublicKey, KeyProblem> {
    let mut blob = Vec::new();
    let mut append = |field: &[u8]| -> Result<(), Damage> {
        let length = u32::try_from(field.len()).map_err(|_| Damage("a field in it is too long"))?;
        blob.extend_from_slice(&length.to_be_bytes());
        blob.extend_from_slice(field);
        Ok(())
    };
    append(kind.as_bytes())?;
    for _ in 0..fields {
        append(reader.string()?)?;
    }
    PublicKey::parse(&blob)
}

fn principals(blob: &[u8]) -> Result<Vec<Vec<u8>>, Damage> {
    let (mut reader, mut principals) = (Reader::new(blob), Vec::new());
    while !reader.is_empty() {
        if principals.len() == limits::SSH_CERTIFICATE_PRINCIPALS {
            return Err(Damage("its certificate has too many principals"));
        }
        principals.push(reader.text()?.to_vec());
    }
    Ok(principals)
}

/// Names and values; the first name.
fn options(blob: &[u8]) -> Result<Option<Foreign>, Damage> {
    let (mut reader, mut first) = (Reader::new(blob), None);
    for _ in 0..=limits::SSH_CERTIFICATE_OPTIONS {
        if reader.is_empty() {
            return Ok(first);
        }
        let (name, _value) = (reader.string()?, reader.string()?);
        first.get_or_insert_with(|| Foreign::from(name));
    }
    Err(Damage("its certificate has too many options"))
}
