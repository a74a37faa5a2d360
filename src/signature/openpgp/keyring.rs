//! Trusted OpenPGP certificates, found by the ids of their keys.
//!
//! A keyring may hold thousands of certificates, of which one is needed: they are split into packets when they are read, and
//! parsed when a signature names their key.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use sequoia_openpgp::cert::Cert;
use sequoia_openpgp::cert::raw::RawCert;
use sequoia_openpgp::packet::{Packet, Signature};
use sequoia_openpgp::{Fingerprint, KeyHandle, KeyID};

/// Certificates that may vouch for a tag.
///
/// There may be several copies of one certificate: what any of them knows counts, a revocation above all.
#[derive(Default)]
pub struct Keyring {
    copies: Vec<RawCert<'static>>,
    /// By the ids of all keys, primary keys and subkeys: the key, and which copy has it.
    by_key: HashMap<KeyID, Vec<(Fingerprint, usize)>>,
    /// By primary key: the copies of one certificate.
    by_certificate: HashMap<Fingerprint, Vec<usize>>,
    /// Signatures that came without their certificate: revocations, as gpg writes them into files of their own.
    loose: Vec<Signature>,
    /// Only these count, if there are any.
    only: Vec<Fingerprint>,
    /// What was parsed before. One keyring serves many checks at the same time.
    merged: Mutex<HashMap<Fingerprint, Option<Cert>>>,
}

impl Keyring {
    /// One more copy of a certificate.
    pub fn add(&mut self, copy: RawCert<'static>) {
        let number = self.copies.len();
        for key in copy.keys() {
            self.by_key.entry(key.keyid()).or_default().push((key.fingerprint(), number));
        }
        self.by_certificate.entry(copy.fingerprint()).or_default().push(number);
        self.copies.push(copy);
    }

    /// A signature without its certificate.
    pub fn add_loose(&mut self, signature: Signature) {
        self.loose.push(signature);
    }

    /// How many copies of certificates there are.
    pub fn copies(&self) -> usize {
        self.copies.len()
    }

    /// Whether there is a certificate with this primary key.
    pub fn has(&self, fingerprint: &Fingerprint) -> bool {
        self.by_certificate.contains_key(fingerprint)
    }

    /// From now on only these count; all if there are none.
    pub fn restrict(&mut self, fingerprints: &[Fingerprint]) {
        self.only = fingerprints.to_vec();
    }

    /// The certificates that have one of these keys and count, all their copies merged.
    pub fn find(&self, keys: &[KeyHandle]) -> Vec<Cert> {
        let owners = self.owners(keys);
        owners.into_iter().filter(|owner| self.counts(owner)).filter_map(|owner| self.certificate(&owner)).collect()
    }

    /// A certificate that has one of these keys, and does not count.
    pub fn find_excluded(&self, keys: &[KeyHandle]) -> Option<Fingerprint> {
        self.owners(keys).into_iter().find(|owner| !self.counts(owner))
    }

    /// Whether the caller named this very certificate.
    pub fn is_pinned(&self, certificate: &Fingerprint) -> bool {
        self.only.contains(certificate)
    }

    fn counts(&self, certificate: &Fingerprint) -> bool {
        self.only.is_empty() || self.only.contains(certificate)
    }

    /// The certificates that have one of these keys, each once.
    fn owners(&self, keys: &[KeyHandle]) -> BTreeSet<Fingerprint> {
        let mut owners = BTreeSet::new();
        for wanted in keys {
            let found = self.by_key.get(&KeyID::from(wanted)).map_or(&[][..], Vec::as_slice);
            let found = found.iter().filter(|(key, _)| wanted.aliases(KeyHandle::from(key)));
            owners.extend(found.filter_map(|(_, copy)| self.copies.get(*copy)).map(RawCert::fingerprint));
        }
        owners
    }

    /// All that is known of a certificate, parsed at most once.
    fn certificate(&self, fingerprint: &Fingerprint) -> Option<Cert> {
        // A check that panicked left nothing half done here.
        let lock = || self.merged.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(fingerprint) {
            return known.clone();
        }
        let merged = self.merge(fingerprint);
        lock().insert(fingerprint.clone(), merged.clone());
        merged
    }

    /// If one of the copies cannot be read, the certificate is not trusted: that may be the copy with the revocation.
    fn merge(&self, fingerprint: &Fingerprint) -> Option<Cert> {
        let mut copies = self.by_certificate.get(fingerprint)?.iter().filter_map(|number| self.copies.get(*number));
        let mut merged = Cert::try_from(copies.next()?.clone()).ok()?;
        for copy in copies {
            merged = merged.merge_public(Cert::try_from(copy.clone()).ok()?).ok()?;
        }
        let handle = merged.key_handle();
        let is_by_it = |signature: &&Signature| signature.get_issuers().iter().any(|issuer| issuer.aliases(&handle));
        let loose: Vec<Packet> = self.loose.iter().filter(is_by_it).cloned().map(Packet::from).collect();
        merged.insert_packets(loose).ok().map(|(merged, _)| merged)
    }

    /// A certificate that has a user id with one of these mail addresses, and the address.
    pub fn of_person<'a>(&self, addresses: &BTreeSet<&'a str>) -> Option<(Fingerprint, &'a str)> {
        if addresses.is_empty() {
            return None;
        }
        self.copies.iter().find_map(|copy| {
            let mut found = copy.userids().filter_map(|id| id.email_normalized().ok().flatten());
            let address = found.find_map(|address| addresses.get(address.as_str()).copied())?;
            Some((copy.fingerprint(), address))
        })
    }
}
