//! Signatures in the format of PROTOCOL.sshsig.

use foreign::Foreign;
use ssh_key::HashAlg;

use super::blob::Reader;
use super::error::Error;
use super::key::KeyProblem;
use super::subject::Subject;

/// A signature in the format of PROTOCOL.sshsig.
#[derive(Debug)]
pub struct SshSig {
    /// The key, or a certificate for it.
    pub subject: Subject,
    /// What the payload is hashed with before it is signed.
    pub hash: HashAlg,
    /// The signature by the key, for [`PublicKey::verify`](super::key::PublicKey::verify).
    pub signature: Vec<u8>,
}

impl SshSig {
    const VERSION: u32 = 1;

    /// Read one that was made for `namespace`.
    pub fn parse(blob: &[u8], namespace: &str) -> Result<Self, Error> {
        let mut reader = Reader::new(blob);
        if reader.bytes(6)? != b"SSHSIG" {
            return Err(Error::Damaged { why: "it does not begin with SSHSIG" });
        }
        // OpenSSH lets a version 0 pass, which never was.
        let version = reader.u32()?;
        if version != Self::VERSION {
            return Err(Error::Unsupported { what: Foreign::said(format_args!("the format version {version}")) });
        }
        let (subject, found, reserved) = (reader.string()?, reader.text()?, reader.string()?);
        let (hash, signature) = (reader.text()?, reader.string()?);
        reader.finish()?;
        if found != namespace.as_bytes() {
            return Err(Error::OtherNamespace { found: Foreign::from(found) });
        }
        // To be ignored, says the specification, but ssh-keygen leaves it out of what it verifies: anybody could put
        // something there.
        if !reserved.is_empty() {
            return Err(Error::Damaged { why: "its reserved field is in use" });
        }
        let hash = match hash {
            b"sha512" => HashAlg::Sha512,
            b"sha256" => HashAlg::Sha256,
            other => {
                let mut what = b"the hash algorithm ".to_vec();
                what.extend_from_slice(other);
                return Err(Error::Unsupported { what: Foreign::from(&what) });
            }
        };
        let subject = Subject::parse(subject).map_err(KeyProblem::in_signature)?;
        Ok(SshSig { subject, hash, signature: signature.to_vec() })
    }
}
