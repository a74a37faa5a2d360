//! Names of refs: which git can have, and which mean nothing to programs.

/// How much of what git can write counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What may be accepted as it stands, in a place for such.
    Plain,
    /// All of it.
    Possible,
}

/// Whether git lets a ref have this name: `check_refname_format`.
fn is_ref(full: &[&[u8]]) -> bool {
    gix_validate::reference::name(full.concat().as_slice().into()).is_ok()
}

/// Whether the name of a ref holds nothing that means something to a program: words of ASCII letters and digits, with one of
/// `._/+-` between two.
fn is_plain_name(name: &[u8]) -> bool {
    // Each of `@ # = ! ,` means something to some program in the middle of a word.
    name.split(|byte| b"._/+-".contains(byte))
        .all(|word| !word.is_empty() && word.iter().all(u8::is_ascii_alphanumeric))
}

/// Whether a name of this ref may stand in a text.
pub fn is_name(prefix: &[u8], name: &[u8], level: Level) -> bool {
    (level == Level::Possible || is_plain_name(name)) && is_ref(&[prefix, name])
}

/// How many bytes at the beginning can be in the name of a ref.
pub fn ref_bytes(rest: &[u8]) -> usize {
    rest.iter().take_while(|byte| **byte > b' ' && **byte != 0x7f && !b"\\^:[?~*".contains(byte)).count()
}
