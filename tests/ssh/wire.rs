//! Signatures put together by hand, and security keys in software.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use rsa::sha2::{Digest as _, Sha256, Sha512};

pub fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

pub fn mpint(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let sign: &[u8] = if bytes.get(start).is_some_and(|byte| *byte >= 0x80) { &[0] } else { &[] };
    string(&[sign, &bytes[start..]].concat())
}

pub fn armor(blob: &[u8]) -> Vec<u8> {
    let mut text = b"-----BEGIN SSH SIGNATURE-----\n".to_vec();
    for line in STANDARD.encode(blob).as_bytes().chunks(70) {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.extend_from_slice(b"-----END SSH SIGNATURE-----\n");
    text
}

pub fn dearmor(armored: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(armored).unwrap();
    STANDARD.decode(text.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap()
}

/// The fields of an SSHSIG.
#[derive(Clone)]
pub struct Parts {
    pub magic: Vec<u8>,
    pub version: u32,
    pub key: Vec<u8>,
    pub namespace: Vec<u8>,
    pub reserved: Vec<u8>,
    pub hash: Vec<u8>,
    pub signature: Vec<u8>,
    pub behind: Vec<u8>,
}

impl Parts {
    pub fn of(armored: &[u8]) -> Self {
        let blob = dearmor(armored);
        let mut rest = &blob[10..];
        let mut next = || {
            let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
            let field = rest[4..4 + length].to_vec();
            rest = &rest[4 + length..];
            field
        };
        let (key, namespace, reserved, hash, signature) = (next(), next(), next(), next(), next());
        let magic = b"SSHSIG".to_vec();
        Parts { magic, version: 1, key, namespace, reserved, hash, signature, behind: Vec::new() }
    }

    pub fn armored(&self) -> Vec<u8> {
        let fields = [&self.key, &self.namespace, &self.reserved, &self.hash, &self.signature];
        let fields: Vec<u8> = fields.into_iter().flat_map(|field| string(field)).collect();
        armor(&[&self.magic, &self.version.to_be_bytes()[..], &fields, &self.behind].concat())
    }
}

/// What a key signs: PROTOCOL.sshsig.
pub fn to_be_signed(payload: &[u8], hash: &str) -> Vec<u8> {
    let digest = if hash == "sha256" { Sha256::digest(payload).to_vec() } else { Sha512::digest(payload).to_vec() };
    [b"SSHSIG".to_vec(), string(b"git"), string(b""), string(hash.as_bytes()), string(&digest)].concat()
}

/// A security key without hardware.
pub enum SecurityKey {
    Ed25519(ed25519_dalek::SigningKey),
    P256(p256::ecdsa::SigningKey),
}

impl SecurityKey {
    pub fn ed25519() -> Self {
        SecurityKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(&[7; 32]))
    }

    pub fn p256() -> Self {
        SecurityKey::P256(p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap())
    }

    pub fn kind(&self) -> &'static str {
        match self {
            SecurityKey::Ed25519(_) => "sk-ssh-ed25519@openssh.com",
            SecurityKey::P256(_) => "sk-ecdsa-sha2-nistp256@openssh.com",
        }
    }

    pub fn blob(&self, application: &[u8]) -> Vec<u8> {
        let fields = match self {
            SecurityKey::Ed25519(key) => string(key.verifying_key().as_bytes()),
            SecurityKey::P256(key) => {
                [string(b"nistp256"), string(key.verifying_key().to_encoded_point(false).as_bytes())].concat()
            }
        };
        [string(self.kind().as_bytes()), fields, string(application)].concat()
    }

    /// As in a line of allowed signers.
    pub fn public(&self, application: &[u8]) -> String {
        format!("{} {}", self.kind(), STANDARD.encode(self.blob(application)))
    }

    /// The signature field: PROTOCOL.u2f.
    pub fn signature(&self, message: &[u8], application: &[u8], flags: u8) -> Vec<u8> {
        let trailer = [&[flags][..], &42u32.to_be_bytes()].concat();
        let signed = [&Sha256::digest(application)[..], &trailer, &Sha256::digest(message)].concat();
        let raw = match self {
            SecurityKey::Ed25519(key) => key.sign(&signed).to_bytes().to_vec(),
            SecurityKey::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(&signed);
                let (r, s) = signature.split_bytes();
                [mpint(&r), mpint(&s)].concat()
            }
        };
        [string(self.kind().as_bytes()), string(&raw), trailer].concat()
    }

    pub fn sign(&self, payload: &[u8], hash: &str, flags: u8) -> Parts {
        let signature = self.signature(&to_be_signed(payload, hash), b"ssh:", flags);
        Parts {
            magic: b"SSHSIG".to_vec(),
            version: 1,
            key: self.blob(b"ssh:"),
            namespace: b"git".to_vec(),
            reserved: Vec::new(),
            hash: hash.into(),
            signature,
            behind: Vec::new(),
        }
    }
}

/// The fields of a certificate for an Ed25519 key, issued by a security key: PROTOCOL.certkeys.
#[derive(Clone)]
pub struct CertificateParts {
    pub key: Vec<u8>,
    pub kind: u32,
    pub id: Vec<u8>,
    pub principals: Vec<u8>,
    pub window: (u64, u64),
    pub critical: Vec<u8>,
    pub extensions: Vec<u8>,
    pub reserved: Vec<u8>,
    pub behind: Vec<u8>,
}

impl CertificateParts {
    /// For the key of this signature and these principals.
    pub fn new(signature: &Parts, principals: &[&[u8]]) -> Self {
        CertificateParts {
            key: signature.key[signature.key.len() - 32..].to_vec(),
            kind: 1,
            id: b"id".to_vec(),
            principals: principals.iter().flat_map(|principal| string(principal)).collect(),
            window: (0, u64::MAX),
            critical: Vec::new(),
            extensions: Vec::new(),
            reserved: Vec::new(),
            behind: Vec::new(),
        }
    }

    pub fn issue(&self, authority: &SecurityKey) -> Vec<u8> {
        let (from, until) = self.window;
        let signed = [
            &string(b"ssh-ed25519-cert-v01@openssh.com")[..],
            &string(&[9; 32]),
            &string(&self.key),
            &0u64.to_be_bytes(),
            &self.kind.to_be_bytes(),
            &string(&self.id),
            &string(&self.principals),
            &from.to_be_bytes(),
            &until.to_be_bytes(),
            &string(&self.critical),
            &string(&self.extensions),
            &string(&self.reserved),
            &string(&authority.blob(b"ssh:")),
        ]
        .concat();
        let signature = string(&authority.signature(&signed, b"ssh:", 1));
        [signed, signature, self.behind.clone()].concat()
    }
}
