//! OpenPGP signatures, judged as sqv judges them.
//!
//! ```text
//! files --> files (keybox, armor) --> keyring --+
//! signature block ------------------------------+--> verify --> Signer, or why not (explain)
//! ```

mod armor;
mod explain;
mod files;
mod keybox;
mod keyring;
mod verify;

pub use files::{KeyringError, read};
pub use keyring::Keyring;
pub use verify::{Signer, verify};
