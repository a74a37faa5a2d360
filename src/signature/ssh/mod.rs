//! SSH signatures, judged as `git verify-tag` judges them with `gpg.ssh.allowedSignersFile`.
//!
//! git leaves it to ssh-keygen, in two steps (`verify_ssh_signed_buffer` in its gpg-interface.c), both with the date of
//! the tagger or committer as the time at which to judge:
//!
//! 1. `ssh-keygen -Y find-principals` goes through the file to the *first* line that has the key and is valid at that
//!    time, and prints its principals as they stand there, patterns and all; for an authority's line, those of the
//!    certificate's principals that match one of the line's. It does not look at namespaces. Where there is no such
//!    line, the signature is refused, and `-Y check-novalidate` only serves to show something about it.
//! 2. `ssh-keygen -Y verify -n git -I PRINCIPAL`, for each of these principals until one is good, checks the signature
//!    and goes through *all* lines to one that has the key, a pattern for the principal, no objection to the namespace
//!    and the time; for an authority's line, the certificate must name exactly this principal as well.
//!
//! [`verify()`] does the same in one go, and differs on purpose where ssh-keygen accepts what nobody should rely on, or
//! where its verdict depends on the machine. The tests in the folder tests hold both next to each other.
//!
//! - Time is exact and UTC. git passes the date in local time, which ssh-keygen then reads as if there were no summer
//!   time, an hour off; and dates in the file that name no zone are local time to it.
//! - Dates in the file that do not exist, or are before 1970, spoil their line. To ssh-keygen, 31 February is 3 March,
//!   and since OpenSSH 10.4 `valid-before="19691231Z"` is forever.
//! - A tag or commit dated 1970-01-01T00:00:00Z is refused. git would judge it by today's date.
//! - RSA keys need 2048 bits, not 1024. Authorities must not sign certificates with SHA-1 either.
//! - Certificates with critical options are refused; ssh-keygen does not look at them.
//! - Lines of the file that hold a certificate in place of a key are left out, and so are those that begin with a
//!   carriage return, which versions of OpenSSH read differently. A file with a NUL is refused.
//! - Signatures must have one form: no version 0, no reserved field, nothing after the last line, no NUL behind a name,
//!   no zeros before a number, and in Ed25519 no number beyond the group's order (nor has OpenSSH 10.5 that last one).
//!
//! Not supported are keys of the kinds `ssh-dss` and `ssh-mldsa44-ed25519@openssh.com`, signatures made by a browser
//! (`webauthn-sk-ecdsa-sha2-nistp256@openssh.com`), and `gpg.ssh.revocationFile`.

mod allowed_signers;
mod blob;
mod certificate;
pub(super) mod error;
mod key;
mod options;
mod pattern;
mod sshsig;
mod subject;
mod time;
mod verify;

pub use allowed_signers::{AllowedSigners, ParseError, Warning};
pub use error::{CertificateProblem, Error};
pub use foreign::Time;
pub(super) use verify::is_signature;
pub use verify::{Signer, verify};

#[cfg(test)]
mod tests;
