//! Trusted OpenPGP certificates, from files as people have them.
//!
//! A keyring may hold thousands of certificates, of which one is needed: they are split into packets when they are read, and
//! parsed when a signature names their key.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use foreign::Foreign;
use gix_object::bstr::ByteSlice;
use sequoia_openpgp::cert::Cert;
use sequoia_openpgp::cert::raw::{RawCert, RawCertParser};
use sequoia_openpgp::packet::{Packet, Signature, UserID};
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::{Fingerprint, KeyHandle, PacketPile, armor};

use super::keybox;
use crate::limits;
use crate::signature::trust::read_limited;

const BEGIN: &[u8] = b"-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &[u8] = b"-----END PGP PUBLIC KEY BLOCK-----";

/// Certificates that may vouch for a tag.
///
/// There may be several copies of one certificate: what any of them knows counts, a revocation above all.
#[derive(Default)]
pub struct Keyring {
    copies: Vec<RawCert<'static>>,
    /// Signatures that came without their certificate: revocations, as gpg writes them into files of their own.
    loose: Vec<Signature>,
    /// Only these count, where there are any.
    only: Vec<Fingerprint>,
    /// Parts that could not be read, as sentences for a warning.
    warnings: Vec<Foreign>,
    bytes: u64,
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
            let before = keyring.copies.len();
            let problems = if path.is_dir() { keyring.add_folder(path)? } else { keyring.add_file(path)? };
            if keyring.copies.len() == before {
                let why = problems.first().map_or("there is nothing in it", String::as_str);
                return Err(KeyringError::NoCertificates { path: Foreign::path(path), why: Foreign::from(why) });
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
                if is_left_behind(name) {
                    continue;
                }
                files += 1;
                if files > limits::KEYRING_FILES {
                    return Err(unreadable(folder, "it has too many files"));
                }
                let found = if path.is_file() { self.add_file(&path)? } else { vec!["it is not a file".to_owned()] };
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
        match Format::of(&bytes) {
            Format::Keybox => {
                let (blocks, is_whole) = keybox::certificates(&bytes);
                blocks.into_iter().for_each(|block| self.add_packets(block, &mut problems));
                if !is_whole {
                    problems.push("the keybox is cut short or damaged".into());
                }
            }
            Format::Packets => self.add_packets(&bytes, &mut problems),
            Format::Text => {
                let blocks = armored_blocks(&bytes);
                if blocks.is_empty() {
                    problems.push("it is a text without a public key block".into());
                }
                for block in blocks {
                    let mut packets = Vec::new();
                    let mut reader = armor::Reader::from_bytes(block, armor::ReaderMode::Tolerant(None));
                    match reader.read_to_end(&mut packets) {
                        Ok(_) => self.add_packets(&packets, &mut problems),
                        Err(error) => problems.push(error.to_string()),
                    }
                }
            }
        }
        Ok(problems)
    }

    fn add_packets(&mut self, bytes: &[u8], problems: &mut Vec<String>) {
        if begins_with_signature(bytes) {
            return self.add_loose(bytes, problems);
        }
        match RawCertParser::from_bytes(bytes) {
            Ok(parser) => {
                for certificate in parser {
                    match certificate {
                        Ok(certificate) => self.copies.push(certificate.into_owned()),
                        Err(error) => problems.push(error.to_string()),
                    }
                }
            }
            Err(error) => problems.push(error.to_string()),
        }
    }

    /// Signatures alone, such as a revocation certificate.
    fn add_loose(&mut self, bytes: &[u8], problems: &mut Vec<String>) {
        match PacketPile::from_bytes(bytes) {
            Ok(pile) => self.loose.extend(pile.into_children().filter_map(|packet| match packet {
                Packet::Signature(signature) => Some(signature),
                _ => None,
            })),
            Err(error) => problems.push(error.to_string()),
        }
    }

    /// Damaged certificates among good ones.
    pub fn take_warnings(&mut self) -> Vec<Foreign> {
        std::mem::take(&mut self.warnings)
    }

    /// Whether there is a certificate with this primary key.
    pub fn has(&self, fingerprint: &Fingerprint) -> bool {
        self.copies.iter().any(|copy| copy.fingerprint() == *fingerprint)
    }

    /// From now on only these count; all where there are none.
    pub fn restrict(&mut self, fingerprints: &[Fingerprint]) {
        self.only = fingerprints.to_vec();
    }

    /// The certificates that have one of these keys and count, all their copies merged.
    pub fn find(&self, keys: &[KeyHandle]) -> Vec<Cert> {
        let owners = self.owners(keys);
        owners.into_iter().filter(|owner| self.counts(owner)).filter_map(|owner| self.merged(&owner)).collect()
    }

    /// A certificate that has one of these keys, and does not count.
    pub fn find_excluded(&self, keys: &[KeyHandle]) -> Option<Fingerprint> {
        self.owners(keys).into_iter().find(|owner| !self.counts(owner))
    }

    fn counts(&self, certificate: &Fingerprint) -> bool {
        self.only.is_empty() || self.only.contains(certificate)
    }

    /// The certificates that have one of these keys, each once.
    fn owners(&self, keys: &[KeyHandle]) -> BTreeSet<Fingerprint> {
        let has_one =
            |copy: &&RawCert| copy.keys().any(|key| keys.iter().any(|wanted| wanted.aliases(key.key_handle())));
        self.copies.iter().filter(has_one).map(RawCert::fingerprint).collect()
    }

    /// All that is known of a certificate. Where one of its copies cannot be read, it is not trusted: that may be the copy with
    /// the revocation.
    fn merged(&self, fingerprint: &Fingerprint) -> Option<Cert> {
        let mut copies = self.copies.iter().filter(|copy| copy.fingerprint() == *fingerprint);
        let mut merged = Cert::try_from(copies.next()?.clone()).ok()?;
        for copy in copies {
            merged = merged.merge_public(Cert::try_from(copy.clone()).ok()?).ok()?;
        }
        let handle = merged.key_handle();
        let is_by_it = |signature: &&Signature| signature.get_issuers().iter().any(|issuer| issuer.aliases(&handle));
        let loose: Vec<Packet> = self.loose.iter().filter(is_by_it).cloned().map(Packet::from).collect();
        merged.insert_packets(loose).ok().map(|(merged, _)| merged)
    }

    /// A certificate that has a user id with one of these mail addresses.
    pub fn of_person(&self, addresses: &[String]) -> Option<Fingerprint> {
        let is_one =
            |id: &UserID| id.email_normalized().ok().flatten().is_some_and(|address| addresses.contains(&address));
        let copy = self.copies.iter().find(|copy| copy.userids().any(|id| is_one(&id)));
        copy.map(RawCert::fingerprint)
    }
}

/// The armored blocks of a text, each up to its last line or the next block's first.
///
/// Such a line stands alone, but for blanks or an HTML tag before it.
fn armored_blocks(text: &[u8]) -> Vec<&[u8]> {
    let is_first = |line: &[u8]| {
        let before = line.trim_ascii_end().strip_suffix(BEGIN).map(<[u8]>::trim_ascii);
        before.is_some_and(|before| before.is_empty() || before.to_ascii_lowercase().ends_with(b"<pre>"))
    };
    let mut blocks = Vec::new();
    let (mut at, mut start) = (0, None);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if is_first(line) {
            blocks.extend(start.map(|start| &text[start..at]));
            start = Some(at + line.find(BEGIN).unwrap_or(0));
        }
        at += line.len();
        if line.contains_str(END) {
            blocks.extend(start.take().map(|start| &text[start..at]));
        }
    }
    blocks.extend(start.map(|start| &text[start..]));
    blocks
}

/// Lock files, and what editors and gpg leave behind: it may be what somebody took out of the keyring.
fn is_left_behind(name: &[u8]) -> bool {
    let ends = [&b"~"[..], b".bak", b".orig", b".old", b".lock"];
    matches!(name.first(), Some(b'.' | b'#')) || name == b"writelock" || ends.iter().any(|end| name.ends_with(end))
}

/// A signature packet in the old or the new form.
fn begins_with_signature(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|byte| matches!(byte, 0x88..=0x8b | 0xc2))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, KeyringError> {
    let list = || std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    let mut paths = list().map_err(|error| unreadable(folder, &error.to_string()))?;
    paths.sort();
    Ok(paths)
}

fn unreadable(path: &Path, why: &str) -> KeyringError {
    KeyringError::Unreadable { path: Foreign::path(path), why: Foreign::from(why) }
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
