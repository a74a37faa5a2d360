//! What git's configuration on a server can change about an archive.
//!
//! The default is what public forges have: none of it. The program knows no other. The library does, for people who compare
//! with a server of their own, and for the specification's recorded runs.

use crate::limits;

/// The configuration of a server, as far as it changes the bytes of an archive.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The content of `$GIT_DIR/info/attributes` (4.1).
    pub info_attributes: Vec<u8>,
    /// `core.autocrlf` (5.2)
    pub autocrlf: AutoCrlf,
    /// `core.eol=crlf` (5.2)
    pub eol_is_crlf: bool,
    /// `core.bigFileThreshold`, in bytes (5.0)
    pub big_file_threshold: u64,
    /// `core.ignoreCase` (4.6)
    pub ignore_case: bool,
}

/// `core.autocrlf`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AutoCrlf {
    /// Line ends stay as they are.
    #[default]
    False,
    /// Files get carriage returns, unless their attributes say otherwise.
    True,
    /// As in the repository, whatever `core.eol` says.
    Input,
}

impl Configuration {
    /// A repository in which neither `export-ignore` nor `export-subst` counts: what uscan's `gitexport=all` makes of it.
    pub fn exporting_all() -> Self {
        Configuration { info_attributes: b"* -export-ignore -export-subst\n".to_vec(), ..Self::default() }
    }
}

impl Default for Configuration {
    fn default() -> Self {
        Configuration {
            info_attributes: Vec::new(),
            autocrlf: AutoCrlf::default(),
            eol_is_crlf: false,
            big_file_threshold: limits::BIG_FILE_BYTES,
            ignore_case: false,
        }
    }
}
