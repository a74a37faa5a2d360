//! Who made a signature: see the module above for the rules.

use std::collections::BTreeSet;

use foreign::{Foreign, Time};

use super::allowed_signers::{AllowedSigners, Line};
use super::blob::{self, Damage};
use super::certificate::Certificate;
use super::error::{CertificateProblem, Error};
use super::key::BadSignature;
use super::options::OutsideWindow;
use super::pattern::Budget;
use super::sshsig::SshSig;
use super::subject::Subject;

/// What git has its signatures made for.
const NAMESPACE: &str = "git";

/// An allowed signer who made a good signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// Whom the allowed signers name; a pattern, if that is what the line of the key has.
    pub principal: Foreign,
    /// The kind of key: `ssh-ed25519` and so on.
    pub key_type: &'static str,
    /// The key: `SHA256:` and the hash in base64.
    pub fingerprint: String,
    /// The authority that issued a certificate for the key, if one did, in the same form.
    pub authority: Option<String>,
    /// For a security key, whether it was touched for the signature. ssh-keygen and git do not demand it.
    pub is_touched: Option<bool>,
}

/// Whether it is the binary form of a signature that was made for git.
pub fn is_signature(blob: &[u8]) -> bool {
    SshSig::parse(blob, NAMESPACE).is_ok()
}

/// Who in `trusted` made this signature over exactly the payload, as of the time at which it says it was made.
///
/// `signed_at` is the date of the tagger or committer, which anyone who has the key can choose at will: the times in the
/// file keep honest signers to them, and do not protect against a stolen key.
///
/// # Errors
/// [`Error`], which tells apart the ways in which this can fail.
pub fn verify(
    payload: &[u8],
    armored_signature: &[u8],
    signed_at: u64,
    trusted: &AllowedSigners,
) -> Result<Signer, Error> {
    let signed_at = Time(signed_at);
    if signed_at == Time(0) || signed_at > Time(foreign::LAST) {
        return Err(Error::Date { signed_at });
    }
    let signature = SshSig::parse(&blob::dearmor(armored_signature)?, NAMESPACE)?;
    let subject = &signature.subject;
    // Keys that nobody trusts are not worth any computation.
    let lines: Vec<&Line> = trusted.lines().iter().filter(|line| line.is_about(subject)).collect();
    if lines.is_empty() {
        return Err(unknown(subject, trusted));
    }
    let key = subject.key();
    if let Some(certificate) = subject.certificate() {
        certificate.verify().map_err(|problem| unusable(certificate, problem))?;
    }
    let message = ssh_key::SshSig::signed_data(NAMESPACE, signature.hash, payload)
        .map_err(|_| Error::Limit { what: "the size of the signed data" })?;
    let is_touched = key.verify(&message, &signature.signature).map_err(|problem| match problem {
        BadSignature::Mismatch => Error::Bad { signer: key.fingerprint() },
        BadSignature::Sha1 => Error::Sha1 { signer: key.fingerprint() },
        BadSignature::Algorithm(algorithm) => Error::OtherAlgorithm { signer: key.fingerprint(), algorithm },
        BadSignature::Damaged(Damage(why)) => Error::Damaged { why },
    })?;
    if let Some(certificate) = subject.certificate() {
        certificate.check(signed_at).map_err(|problem| unusable(certificate, problem))?;
    }
    Ok(Signer {
        principal: Judge { subject, lines: &lines, signed_at, budget: Budget::new() }.principal()?,
        key_type: key.kind(),
        fingerprint: key.fingerprint(),
        authority: subject.certificate().map(|certificate| certificate.authority().fingerprint()),
        is_touched,
    })
}

/// No line is about the key or its authority.
fn unknown(subject: &Subject, trusted: &AllowedSigners) -> Error {
    let signer = subject.key().fingerprint();
    match subject {
        Subject::Certificate(certificate) => {
            Error::UnknownAuthority { signer, authority: certificate.authority().fingerprint() }
        }
        Subject::Key(key) => match trusted.lines().iter().find(|line| line.key == *key) {
            Some(line) => Error::OnlyAuthority { signer, line: line.number },
            None => Error::UnknownKey { signer },
        },
    }
}

fn unusable(certificate: &Certificate, problem: CertificateProblem) -> Error {
    let (signer, authority) = (certificate.key().fingerprint(), certificate.authority().fingerprint());
    Error::Certificate { signer, authority, problem }
}

/// Decides on whose behalf a good signature counts.
struct Judge<'a> {
    subject: &'a Subject,
    /// Those about the key or its authority; at least one.
    lines: &'a [&'a Line],
    signed_at: Time,
    budget: Budget,
}

impl Judge<'_> {
    fn principal(mut self) -> Result<Foreign, Error> {
        let candidates = self.find_principals()?;
        let mut problem = None;
        for candidate in &candidates {
            for line in self.lines {
                if !self.budget.list_matches(candidate, &line.principals)? {
                    continue;
                }
                // The certificate must name the principal itself, and not only one that is joined from its names.
                let certificate = self.subject.certificate();
                if !certificate.is_none_or(|certificate| certificate.principals().any(|name| name == candidate)) {
                    continue;
                }
                match self.check_line(line) {
                    Ok(()) => return Ok(Foreign::from(candidate)),
                    Err(error) => problem = problem.or(Some(error)),
                }
            }
        }
        Err(problem.unwrap_or_else(|| self.nobody()))
    }

    /// The namespace and the time.
    fn check_line(&self, line: &Line) -> Result<(), Error> {
        if line.options.is_for(NAMESPACE) {
            return self.check_time(line);
        }
        let namespaces = Foreign::from(line.options.namespaces.as_deref().unwrap_or_default());
        Err(Error::NotForGit { signer: self.subject.key().fingerprint(), namespaces, line: line.number })
    }

    fn check_time(&self, line: &Line) -> Result<(), Error> {
        line.options.check_time(self.signed_at).map_err(|outside| {
            let (signer, signed_at, line) = (self.subject.key().fingerprint(), self.signed_at, line.number);
            match outside {
                OutsideWindow::TooEarly(from) => Error::NotYetValid { signer, signed_at, from, line },
                OutsideWindow::TooLate(until) => Error::NoLongerValid { signer, signed_at, until, line },
            }
        })
    }

    /// `ssh-keygen -Y find-principals`: the principals of the first line that is valid, each once.
    fn find_principals(&mut self) -> Result<Vec<Vec<u8>>, Error> {
        let mut problem = None;
        for line in self.lines {
            let joined = match self.subject.certificate() {
                None => Some(line.principals.clone()),
                Some(certificate) => self.matching_principals(line, certificate)?,
            };
            // An authority's line without matching principals does not stop the search, but any valid line of a key
            // does.
            let Some(joined) = joined else { continue };
            match self.check_time(line) {
                Ok(()) => return Ok(split_output(&joined)),
                Err(error) => problem = problem.or(Some(error)),
            }
        }
        Err(problem.unwrap_or_else(|| self.nobody()))
    }

    /// `cert_filter_principals`: those of the certificate's principals that match a pattern of the line, with commas.
    ///
    /// Patterns stand for themselves here: a `!` excludes nothing. The second step makes up for that.
    fn matching_principals(&mut self, line: &Line, certificate: &Certificate) -> Result<Option<Vec<u8>>, Error> {
        let mut joined = Vec::new();
        for pattern in line.principals.split(|byte| *byte == b',').take_while(|pattern| !pattern.is_empty()) {
            for principal in certificate.principals() {
                if self.budget.matches(principal, pattern)? {
                    if !joined.is_empty() {
                        joined.push(b',');
                    }
                    joined.extend_from_slice(principal);
                }
            }
        }
        Ok((!joined.is_empty()).then_some(joined))
    }

    fn nobody(&self) -> Error {
        let line = self.lines.first().map_or(0, |line| line.number);
        Error::NoPrincipal { signer: self.subject.key().fingerprint(), line }
    }
}

/// What ssh-keygen prints, one per line and up to the first that is empty, and what git reads of it, without a carriage
/// return at the end and without empty lines.
fn split_output(joined: &[u8]) -> Vec<Vec<u8>> {
    let (mut seen, mut candidates) = (BTreeSet::new(), Vec::new());
    let printed = joined.split(|byte| *byte == b',').take_while(|principal| !principal.is_empty());
    for line in printed.flat_map(|principal| principal.split(|byte| *byte == b'\n')) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.is_empty() && seen.insert(line) {
            candidates.push(line.to_vec());
        }
    }
    candidates
}
