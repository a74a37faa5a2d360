//! OpenPGP signatures, judged as sqv judges them.
//!
//! ```text
//! files of keys --> files (keybox, armor) --> keyring --+
//! signature block --> block ----------------------------+--> verify (material) --> Signer, or why not (explain)
//! ```

mod armor;
mod block;
mod explain;
mod files;
mod keybox;
mod keyring;
mod material;
mod packets;
mod verify;

pub use block::is_signature;
pub use files::{KeyringError, read};
pub use keyring::Keyring;
pub use verify::{Signer, verify};
