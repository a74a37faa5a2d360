//! Names of refs: which git can have, and which mean nothing to programs.

use crate::archive::substitute::harmless;

/// How much of what git can write counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What may be accepted as it stands, if it harms nothing around it.
    Plain,
    /// All of it.
    Possible,
}

/// Whether git lets a ref have this name: `check_refname_format`.
fn is_ref(full: &[&[u8]]) -> bool {
    gix_validate::reference::name(full.concat().as_slice().into()).is_ok()
}

/// Whether a name of this ref may stand in a text.
pub fn is_name(prefix: &[u8], name: &[u8], level: Level) -> bool {
    (level == Level::Possible || harmless::is_plain_name(name)) && is_ref(&[prefix, name])
}

/// How many bytes at the beginning can be in the name of a ref.
pub fn ref_bytes(rest: &[u8]) -> usize {
    rest.iter().take_while(|byte| **byte > b' ' && **byte != 0x7f && !b"\\^:[?~*".contains(byte)).count()
}
