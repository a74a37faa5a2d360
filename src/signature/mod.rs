//! Who signed it: from a tag object and the trusted keys to a [`VerifiedTag`].
//!
//! ```text
//! files of keys --> trust ------------------+
//! tag, commit ----> payload --> openpgp ----+--> verify --> VerifiedTag --> VerifiedCommit
//!                         \---> ssh --------+
//! ```

mod armor;
mod error;
mod openpgp;
mod payload;
mod policy;
mod remark;
pub mod ssh;
mod trust;
mod verify;

pub use error::Error;
pub(crate) use error::utc;
pub use openpgp::{KeyringError, Signer as OpenPgpSigner};
pub use policy::{Conditions, Day, Policy};
pub use remark::Remark;
/// The fingerprint of an OpenPGP key, and what a signature says of the key that made it.
pub use sequoia_openpgp::{Fingerprint, KeyHandle};
pub use trust::{Trust, TrustError, Trusted};
pub use verify::{Signer, VerifiedCommit, VerifiedTag, verify_commit, verify_tag};
