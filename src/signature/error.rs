//! Why a tag or commit is not believed.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use foreign::{Foreign, Meaning, Problem, ReadError, Time};
use sequoia_openpgp::{Fingerprint, KeyHandle};

use super::policy::Day;
use super::remark::Remark;
use super::ssh::error::Error as SshError;

/// Why a tag or commit is not believed: sentences to go on after its name.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum Error {
    #[error("is really the tag {found}: somebody serves it under another name")]
    OtherName { found: Foreign },
    #[error("is not signed")]
    Unsigned,
    #[error("is signed with {kind}, which is not supported")]
    OtherKind { kind: &'static str },
    #[error("has something other than blank space after its signature")]
    TextAfterSignature,
    #[error("has a damaged signature: {why}")]
    Damaged { why: &'static str },
    #[error("has a damaged signature: {why}")]
    Unreadable { why: Foreign },
    #[error("has a signature of the obsolete version {version}, as programs made until about 2004")]
    Obsolete { version: u8, day: Option<Day> },
    #[error("has a signature that names no issuer")]
    NoIssuer,
    #[error("is signed by a key that is not in the keyring: {issuer} (no keyring is given)")]
    NoKeyring { issuer: KeyHandle },
    #[error("is signed by the SSH key {signer}, which is not among the allowed signers: none are given")]
    NoAllowedSigners { signer: String },
    #[error("is signed by {second}, which has the same key as {first}: both count once")]
    SameKey { first: Box<Fingerprint>, second: Fingerprint },
    #[error("is signed by the key {signer}, whose algorithm is not supported: {algorithm}")]
    UnsupportedKey { signer: Fingerprint, algorithm: String },
    #[error("is signed by the key {signer}, of which the keyring has a copy without {what}")]
    BareCopy { signer: Fingerprint, what: &'static str },
    #[error(
        "is signed on {signed_at} by the key {signer}, of which the keyring has a copy that says nothing of the time before \
         {copy}"
    )]
    NewerCopy { signer: Fingerprint, signed_at: Time, copy: Time },
    #[error("has something in its header {header} that is no signature, and that no signature covers")]
    WordsInHeader { header: &'static str },
    #[error(transparent)]
    Uncovered(#[from] Remark),
    #[error("is signed by a key that is not in the keyring: {issuer}")]
    UnknownSigner { issuer: KeyHandle },
    #[error(
        "is signed by a key that is not in the keyring: {issuer}; the keyring has another certificate of a person of that \
         mail address, {certificate}"
    )]
    OtherKeyOfPerson { issuer: KeyHandle, certificate: Box<Fingerprint> },
    #[error("is signed by {certificate}, which is in the keyring and not among the fingerprints that count")]
    NotAmongFingerprints { certificate: Fingerprint },
    #[error(transparent)]
    Ssh(Box<SshError>),
    #[error("is signed by {found} of the {wanted} that are wanted{}", .other.as_ref().map_or(String::new(), |other| format!("; and it {other}")))]
    TooFew { found: usize, wanted: usize, other: Option<Box<Error>> },
    #[error("is signed by {signer} on {signed_at}, which is outside of --not-before and --not-after")]
    OutsideDates { signer: String, signed_at: String },
    #[error("has a bad signature by {signer}: it was made over something else")]
    Bad { signer: Fingerprint },
    #[error("is signed by the key {signer}, which had expired by then ({why})")]
    Expired { signer: Fingerprint, why: Foreign },
    #[error("is signed by the key {signer}, which was not valid at that time: {why}")]
    NotYetValid { signer: Fingerprint, why: Foreign },
    #[error(
        "is signed by the key {signer}, which had expired by then, in a copy of it that is older than the signature \
         (of {copy}: {why})"
    )]
    StaleCopy { signer: Fingerprint, copy: Time, why: Foreign },
    #[error("is signed by the key {signer}, which is revoked{how}")]
    Revoked { signer: Fingerprint, how: String },
    #[error("is signed by the key {signer}, which may not be used for signatures: {why}")]
    NotForSigning { signer: Fingerprint, why: Foreign },
    #[error("has a signature by {signer} with an algorithm that is too weak: {why}")]
    WeakSignature { signer: Fingerprint, why: Foreign, day: Option<Day> },
    #[error("is signed by the key {signer}, which is held together by signatures that are too weak: {why}")]
    WeakKey { signer: Fingerprint, why: Foreign, is_stronger_now: bool, day: Option<Day> },
    #[error("has a signature by {signer} that is dated outside the time at which it can be valid: {why}")]
    SignatureTime { signer: Fingerprint, why: Foreign },
    #[error("reaches a limit: {what}")]
    Limit { what: &'static str },
    #[error(
        "has a signature by {signer} over lines of text, and carriage returns, which such a signature does not see"
    )]
    TextWithCarriageReturns { signer: Fingerprint },
}

impl Error {
    pub(super) fn outside_dates(signer: String, signed_at: SystemTime) -> Self {
        Error::OutsideDates { signer, signed_at: utc(signed_at) }
    }

    /// Whether it is the rules of a day that refuse it, and earlier ones may not.
    pub(super) fn is_of_the_day(&self) -> bool {
        matches!(self, Error::Obsolete { .. } | Error::WeakSignature { .. } | Error::WeakKey { .. })
    }

    /// The same, with the latest day whose rules suffice.
    pub(super) fn with_day(mut self, latest: Option<Day>) -> Self {
        if let Error::Obsolete { day, .. } | Error::WeakSignature { day, .. } | Error::WeakKey { day, .. } = &mut self {
            *day = latest;
        }
        self
    }
}

impl From<SshError> for Error {
    fn from(error: SshError) -> Self {
        Error::Ssh(Box::new(error))
    }
}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Error::OtherName { .. } => "tag-other-name",
            Error::Unsigned => "unsigned",
            Error::OtherKind { .. } => "signature-kind",
            Error::TextAfterSignature => "text-after-signature",
            Error::Damaged { .. } | Error::Unreadable { .. } => "signature-damaged",
            Error::Obsolete { .. } => "obsolete-signature",
            Error::NoIssuer => "no-issuer",
            Error::NoKeyring { .. } => "no-keyring",
            Error::NoAllowedSigners { .. } => "no-allowed-signers",
            Error::SameKey { .. } => "same-key",
            Error::UnsupportedKey { .. } => "key-unsupported",
            Error::BareCopy { .. } => "key-copy-bare",
            Error::NewerCopy { .. } => "key-copy-newer",
            Error::WordsInHeader { .. } => "words-in-header",
            Error::Uncovered(remark) => remark.code(),
            Error::UnknownSigner { .. } => "unknown-signer",
            Error::OtherKeyOfPerson { .. } => "other-key-of-person",
            Error::NotAmongFingerprints { .. } => "not-among-fingerprints",
            Error::Ssh(error) => error.code(),
            Error::TooFew { .. } => "too-few-signatures",
            Error::OutsideDates { .. } => "outside-dates",
            Error::Bad { .. } => "bad-signature",
            Error::Expired { .. } => "key-expired",
            Error::NotYetValid { .. } => "key-not-yet-valid",
            Error::StaleCopy { .. } => "key-copy-stale",
            Error::Revoked { .. } => "key-revoked",
            Error::NotForSigning { .. } => "key-not-for-signing",
            Error::WeakSignature { .. } => "weak-signature",
            Error::WeakKey { .. } => "weak-key",
            Error::SignatureTime { .. } => "signature-time",
            Error::Limit { .. } => "signature-limit",
            Error::TextWithCarriageReturns { .. } => "text-signature",
        }
    }

    fn meaning(&self) -> Meaning {
        match self {
            Error::Limit { .. } | Error::OtherKind { .. } | Error::UnsupportedKey { .. } => Meaning::NotChecked,
            Error::Ssh(error) => error.meaning(),
            _ => Meaning::NotAuthentic,
        }
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            Error::OtherName { .. } => {
                "Do not build from it: this is how an old release is passed off as a new one. Tell the maintainer.".into()
            }
            Error::Unsigned => {
                "Ask the maintainer for a signed tag (`git tag -s`). If its commit is signed, see --resolve-unsigned-tag."
                    .into()
            }
            Error::OtherKind { .. } => "Ask the maintainer for a signature with OpenPGP or SSH.".into(),
            Error::Ssh(error) => error.help(),
            Error::OtherKeyOfPerson { issuer, .. } => format!(
                "Ask the maintainer, on another way than the one this tag came, whether the key {issuer} is new. If it is, \
                 add it with --keyring. Anybody can write somebody else's name into a tag."
            )
            .into(),
            Error::NotAmongFingerprints { certificate } => {
                format!("If this certificate is to count, add --fingerprint {certificate}.").into()
            }
            Error::TooFew { other, .. } => {
                let more = "Ask the maintainers for more signatures, or be content with fewer (--signatures).";
                other.as_ref().map_or(more.into(), |other| format!("{more} {}", other.help()).into())
            }
            Error::OutsideDates { .. } => "Check whether this is the release that you mean.".into(),
            Error::StaleCopy { signer, .. } => format!(
                "Get a current copy of the certificate (`gpg --refresh-keys {signer}`, or from the maintainer's site). If it \
                 still says so, ask for a new tag."
            )
            .into(),
            Error::TextAfterSignature | Error::Bad { .. } | Error::WordsInHeader { .. } => {
                "Do not build from it: it was changed after it was signed. Compare with another mirror.".into()
            }
            Error::TextWithCarriageReturns { .. } => "Ask the maintainer for a tag made with `git tag -s`.".into(),
            Error::Damaged { .. } | Error::Unreadable { .. } | Error::Limit { .. } => {
                "Do not trust it. Compare with another mirror.".into()
            }
            Error::NoIssuer => {
                "Compare with another mirror. Only a signature that names its key can be checked.".into()
            }
            Error::Obsolete { day, .. } => {
                format!("Ask the maintainer for a tag signed with a current program.{}", as_of(*day)).into()
            }
            Error::NoKeyring { issuer } => {
                format!("Give the maintainer's certificate with --keyring. It must have the key {issuer}.").into()
            }
            Error::NoAllowedSigners { signer } => format!(
                "Give a file of SSH keys that may sign with --allowed-signers, once you know whether {signer} is the \
                 maintainer's. A line of it is `NAME ssh-ed25519 AAAA...`."
            )
            .into(),
            Error::SameKey { .. } => "Ask for a signature of somebody else: one key is one signer.".into(),
            Error::UnsupportedKey { .. } => {
                "Check it with `git verify-tag` and GnuPG, or with a program built with other cryptography \
                 (crypto-nettle, crypto-openssl)."
                    .into()
            }
            Error::BareCopy { signer, .. } => format!(
                "Some keyservers leave out user ids and what is signed with them. Get a whole copy of {signer}: from the \
                 maintainer's site or forge, or from a distribution's keyring."
            )
            .into(),
            Error::NewerCopy { signer, signed_at, .. } => format!(
                "Find an older copy of {signer}, from {signed_at} or before: an old keyring package of a distribution, an old \
                 release, or the maintainer's own. Give it with another --keyring, beside the current copy."
            )
            .into(),
            Error::Uncovered(remark) => remark.help(),
            Error::UnknownSigner { issuer } => format!(
                "Find out whether {issuer} is a key of the maintainer's. If it is, add its certificate with --keyring."
            )
            .into(),
            Error::Expired { .. } => {
                "Ask the maintainer for a tag that is signed with a key that was valid at the time.".into()
            }
            Error::NotYetValid { .. } => {
                "The signature is dated before the key was made. Ask the maintainer for a new tag.".into()
            }
            Error::SignatureTime { .. } => {
                "Check this machine's clock. If it is right, ask the maintainer for a new tag.".into()
            }
            Error::Revoked { .. } => {
                "Do not trust it. Ask the maintainer for a tag that is signed with a good key.".into()
            }
            Error::NotForSigning { .. } => "Ask the maintainer for a tag signed with a signing key.".into(),
            Error::WeakSignature { day, .. } => {
                format!("Ask the maintainer for a tag signed with SHA-256 or better.{}", as_of(*day)).into()
            }
            Error::WeakKey { is_stronger_now: true, day, .. } => format!(
                "The key has better signatures by now, and had none when this tag was made. Ask the maintainer for a new tag.{}",
                as_of(*day)
            )
            .into(),
            Error::WeakKey { day, .. } => format!(
                "Get a current copy of the certificate, or ask the maintainer to renew it and for a new tag.{}",
                as_of(*day)
            )
            .into(),
        }
    }
}

/// How to be content with less.
fn as_of(day: Option<Day>) -> String {
    day.map_or_else(String::new, |day| {
        format!(" --policy-as-of {day} accepts it, and no later day does. Somebody may have forged it since then.")
    })
}

/// That a file was not read, in a sentence that says what it was to be.
pub(super) fn unread(what: &str, error: &ReadError) -> String {
    match error {
        ReadError::Read { path, error } => format!("the {what} {path} could not be read: {}", Foreign::said(error)),
        other => format!("the {what} {other}"),
    }
}

/// RFC 3339, in UTC, to the second.
pub fn utc(time: SystemTime) -> String {
    to_time(time).to_string()
}

/// As errors hold it. There is nothing before 1970 in OpenPGP.
pub fn to_time(time: SystemTime) -> Time {
    Time::of(time.max(UNIX_EPOCH)).unwrap_or(Time(0))
}
