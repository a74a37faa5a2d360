//! Keyrings as people have them: files and folders.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use foreign::{Foreign, Meaning, Problem, ReadError, read_limited};
use sequoia_openpgp::cert::raw::{RawCert, RawCertParser};
use sequoia_openpgp::packet::{Packet, Signature, Tag};
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::types::SignatureType;
use sequoia_openpgp::{Fingerprint, PacketPile, armor as pgp_armor};

use super::keyring::Keyring;
use super::{armor, keybox, packets};
use crate::limits;
use crate::signature::error::unread;

/// Read files and folders; what is wrong with some of their parts, as sentences for warnings.
///
/// A file holds certificates in binary form, one after the other; or armored blocks, with any text around them; or it
/// is a keybox of GnuPG's. A folder has such files, or is a certificate directory (`pgp.cert.d`) with files in
/// folders of two hexadecimal digits.
///
/// # Errors
/// If a file or folder cannot be read, or holds no certificate at all.
pub fn read<P: AsRef<Path>>(paths: &[P]) -> Result<(Keyring, Vec<Foreign>), KeyringError> {
    let (mut files, mut warnings) = (Files::default(), Vec::new());
    for path in paths {
        let path = path.as_ref();
        let before = files.keyring.copies();
        let problems = if path.is_dir() { files.add_folder(path)? } else { files.add_file(path)? };
        if files.keyring.copies() == before {
            let why = Foreign::said(problems.first().map_or("there is nothing in it", String::as_str));
            return Err(KeyringError::NoCertificates { path: Foreign::path(path), why });
        }
        let warning = |problem| Foreign::said(format_args!("keyring {}: {problem}", path.display()));
        warnings.extend(problems.iter().map(warning));
    }
    Ok((files.keyring, warnings))
}

/// What was read so far.
#[derive(Default)]
struct Files {
    keyring: Keyring,
    bytes: u64,
    packets: usize,
    keys: usize,
    /// Signatures without their certificates.
    loose: usize,
    /// The packets of all copies of a certificate.
    sizes: HashMap<Fingerprint, usize>,
}

/// What a file is, by its first bytes alone: nothing that is hidden further down makes it something else.
enum Format {
    Keybox,
    /// OpenPGP packets: the first byte has its highest bit set, which that of a text has not.
    Packets,
    /// Text with armored blocks in it.
    Text,
}

impl Format {
    fn of(bytes: &[u8]) -> Self {
        match bytes.first() {
            _ if keybox::is_one(bytes) => Format::Keybox,
            Some(byte) if byte & 0x80 != 0 && !bytes.starts_with(b"\xef\xbb\xbf") => Format::Packets,
            _ => Format::Text,
        }
    }
}

impl Files {
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
                if is_left_behind(name) {
                    continue;
                }
                files += 1;
                if files > limits::KEYRING_FILES {
                    return Err(KeyringError::TooManyFiles { path: Foreign::path(folder) });
                }
                let found = if path.is_file() { self.add_file(&path)? } else { vec!["it is not a file".to_owned()] };
                problems.extend(found.into_iter().map(|problem| format!("{}: {problem}", path.display())));
            }
        }
        Ok(problems)
    }

    fn add_file(&mut self, path: &Path) -> Result<Vec<String>, KeyringError> {
        let bytes = read_limited(path, limits::KEYRING_BYTES.saturating_sub(self.bytes))?;
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        let mut problems = Vec::new();
        match Format::of(&bytes) {
            Format::Keybox => {
                let (blocks, is_whole) = keybox::certificates(&bytes);
                for block in blocks {
                    self.add_packets(block, &mut problems)?;
                }
                if !is_whole {
                    problems.push("the keybox is cut short or damaged".into());
                }
            }
            Format::Packets => self.add_packets(&bytes, &mut problems)?,
            Format::Text => {
                let blocks = armor::blocks(&bytes);
                if blocks.is_empty() {
                    problems.push("it is a text without a public key block".into());
                }
                for block in blocks {
                    let mut packets = Vec::new();
                    let mut reader = pgp_armor::Reader::from_bytes(block, pgp_armor::ReaderMode::Tolerant(None));
                    match reader.read_to_end(&mut packets) {
                        Ok(_) => self.add_packets(&packets, &mut problems)?,
                        Err(error) => tell(&mut problems, &error),
                    }
                }
            }
        }
        Ok(problems)
    }

    fn add_packets(&mut self, bytes: &[u8], problems: &mut Vec<String>) -> Result<(), KeyringError> {
        let count = packets::count(bytes);
        self.packets += count.packets;
        self.keys += count.keys;
        if self.packets > limits::KEYRING_PACKETS || self.keys > limits::KEYRING_KEYS {
            return Err(KeyringError::TooManyKeys);
        }
        if begins_with_signature(bytes) {
            return self.add_loose(bytes, count.packets, problems);
        }
        match RawCertParser::from_bytes(bytes) {
            Ok(parser) => {
                for certificate in parser {
                    match certificate {
                        Ok(certificate) => self.add_certificate(certificate.into_owned(), problems)?,
                        Err(error) => tell(problems, &error),
                    }
                }
            }
            Err(error) => tell(problems, &error),
        }
        Ok(())
    }

    /// A private key does not belong into a keyring: who keeps it there may not know. Only its revocations are taken.
    fn add_certificate(
        &mut self,
        certificate: RawCert<'static>,
        problems: &mut Vec<String>,
    ) -> Result<(), KeyringError> {
        if !certificate.packets().any(|packet| matches!(packet.tag(), Tag::SecretKey | Tag::SecretSubkey)) {
            let size = self.sizes.entry(certificate.fingerprint()).or_default();
            *size += certificate.packets().count();
            if *size > limits::CERTIFICATE_PACKETS {
                let certificate = Foreign::said(certificate.fingerprint());
                return Err(KeyringError::TooLargeCertificate { certificate });
            }
            self.keyring.add(certificate);
            return Ok(());
        }
        let of = certificate.fingerprint();
        let what = format!("the private key {of} is left out: keep it secret, and export what is public of it");
        tell(problems, &what);
        for packet in certificate.packets().filter(|packet| packet.tag() == Tag::Signature) {
            if let Ok(Packet::Signature(signature)) = Packet::try_from(packet)
                && is_revocation(&signature)
            {
                self.count_loose(1)?;
                self.keyring.add_loose(signature);
            }
        }
        Ok(())
    }

    /// Signatures alone, such as a revocation certificate.
    fn add_loose(&mut self, bytes: &[u8], packets: usize, problems: &mut Vec<String>) -> Result<(), KeyringError> {
        self.count_loose(packets)?;
        match PacketPile::from_bytes(bytes) {
            Ok(pile) => {
                for packet in pile.into_children() {
                    if let Packet::Signature(signature) = packet {
                        self.keyring.add_loose(signature);
                    }
                }
            }
            Err(error) => tell(problems, &error),
        }
        Ok(())
    }

    fn count_loose(&mut self, more: usize) -> Result<(), KeyringError> {
        self.loose += more;
        if self.loose > limits::KEYRING_LOOSE_SIGNATURES { Err(KeyringError::TooManyKeys) } else { Ok(()) }
    }
}

/// What is wrong with one part of a file. After many of them, nobody reads more.
fn tell(problems: &mut Vec<String>, problem: &impl ToString) {
    if problems.len() < limits::KEYRING_PROBLEMS {
        problems.push(problem.to_string());
    }
}

/// Lock files, and what editors and gpg leave behind: it may be what somebody took out of the keyring.
fn is_left_behind(name: &[u8]) -> bool {
    let ends = [&b"~"[..], b".bak", b".orig", b".old", b".lock"];
    matches!(name.first(), Some(b'.' | b'#')) || name == b"writelock" || ends.iter().any(|end| name.ends_with(end))
}

fn is_revocation(signature: &Signature) -> bool {
    use SignatureType::{CertificationRevocation, KeyRevocation, SubkeyRevocation};
    matches!(signature.typ(), KeyRevocation | SubkeyRevocation | CertificationRevocation)
}

/// A signature packet in the old or the new form.
fn begins_with_signature(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|byte| matches!(byte, 0x88..=0x8b | 0xc2))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, KeyringError> {
    let list = || std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    let mut paths = list().map_err(|error| ReadError::Read { path: Foreign::path(folder), error })?;
    paths.sort();
    Ok(paths)
}

/// Why a keyring is of no use.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum KeyringError {
    #[error("{}", unread("keyring", .0))]
    Unreadable(#[from] ReadError),
    #[error("the keyring {path} has more than {} files", limits::KEYRING_FILES)]
    TooManyFiles { path: Foreign },
    #[error(
        "the keyrings have more than {} packets, {} keys, or {} signatures without a certificate",
        limits::KEYRING_PACKETS,
        limits::KEYRING_KEYS,
        limits::KEYRING_LOOSE_SIGNATURES
    )]
    TooManyKeys,
    #[error("the certificate {certificate} has more than {} packets in all of its copies", limits::CERTIFICATE_PACKETS)]
    TooLargeCertificate { certificate: Foreign },
    #[error("the keyring {path} holds no OpenPGP certificates: {why}")]
    NoCertificates { path: Foreign, why: Foreign },
}

impl Problem for KeyringError {
    fn code(&self) -> &'static str {
        match self {
            KeyringError::Unreadable(_) => "keyring-unreadable",
            KeyringError::TooManyFiles { .. }
            | KeyringError::TooManyKeys
            | KeyringError::TooLargeCertificate { .. } => "keyring-too-large",
            KeyringError::NoCertificates { .. } => "keyring-empty",
        }
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotChecked
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            KeyringError::Unreadable(error) => error.help().into(),
            KeyringError::TooManyFiles { .. } => "Name a folder that holds nothing but keys.".into(),
            KeyringError::TooLargeCertificate { .. } => {
                "Export this key with `gpg --export-options export-minimal`, or take one copy of it alone.".into()
            }
            KeyringError::TooManyKeys => "Name a keyring that has this project's keys alone.".into(),
            KeyringError::NoCertificates { .. } => {
                "Export the maintainer's key: `gpg --export --armor FINGERPRINT`.".into()
            }
        }
    }
}
