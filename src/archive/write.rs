//! The expected archive as a stream of bytes, for comparisons outside this program.

use std::io::{self, Write};

use foreign::Foreign;
use gix_object::bstr::ByteSlice;

use super::entry::{Entry, EntryKind};
use super::error::Error;
use super::header::{self, Dialect, Header};
use super::plan::{Archive, Content, Contents};
use super::substitute::Piece;
use super::trees::Part;
use crate::git;

/// Gives the content of a file with holes; `None` where it has none to give.
pub type Fill<'a> = &'a mut dyn FnMut(&Entry, &[Piece]) -> Option<Vec<u8>>;

impl Archive<'_> {
    /// Write the whole tar as today's git does. Every blob must be at hand in the repository.
    ///
    /// `prefix` is glued to every path; where it ends in a slash, it has an entry (3.5). `umask` is taken from the
    /// permission bits of files and directories (2.3).
    ///
    /// # Errors
    /// Where `to` cannot be written, a blob is missing, `fill` has no content, or a conversion is not to be computed. What
    /// was written by then is no archive.
    pub fn write(&self, to: &mut dyn Write, prefix: &[u8], umask: u32, fill: Fill<'_>) -> Result<(), WriteError> {
        let mut writer = Writer { archive: self, contents: self.contents(), to, umask, written: 0 };
        if !matches!(self.part(), Part::Tree(_)) {
            writer.bytes(&header::global(self.commit().id(), self.time()))?;
        }
        if prefix.ends_with(b"/") {
            let path = [prefix.trim_end_with(|c| c == '/'), b"/"].concat();
            writer.header(&path, EntryKind::Directory, self.tree(), 0, b"")?;
        }
        for entry in self.entries().iter().filter(|entry| !entry.only_in_old_archives) {
            writer.entry(entry, prefix, fill)?;
        }
        writer.zeros(header::trailer(writer.written))
    }
}

struct Writer<'a, 'r> {
    archive: &'a Archive<'r>,
    contents: Contents<'a, 'r>,
    to: &'a mut dyn Write,
    umask: u32,
    written: u64,
}

impl Writer<'_, '_> {
    fn entry(&mut self, entry: &Entry, prefix: &[u8], fill: Fill<'_>) -> Result<(), WriteError> {
        let path = entry.full_path(prefix);
        let blob = || self.archive.blob(entry.id);
        let content = match entry.kind {
            EntryKind::Directory | EntryKind::Submodule => Vec::new(),
            EntryKind::Symlink => return self.header(&path, entry.kind, entry.id, 0, &blob()?),
            EntryKind::File { .. } => match self.contents.of(entry)? {
                Content::Blob { .. } => blob()?,
                Content::Bytes(bytes) => bytes,
                Content::Lfs(pointer) => pointer.text,
                // Only where the blob is missing.
                Content::Converted(_) => return Err(Error::from(git::Error::Missing { id: entry.id }).into()),
                Content::Pieces(pieces) => {
                    fill(entry, &pieces).ok_or_else(|| WriteError::Hole { path: Foreign::from(&path) })?
                }
            },
        };
        self.header(&path, entry.kind, entry.id, content.len() as u64, b"")?;
        self.bytes(&content)?;
        self.zeros(header::padding(content.len() as u64) as u64)
    }

    fn header(
        &mut self,
        path: &[u8],
        kind: EntryKind,
        id: gix_hash::ObjectId,
        size: u64,
        target: &[u8],
    ) -> Result<(), WriteError> {
        let (mode, has_umask) = kind.mode();
        let mode = if has_umask { mode & !self.umask } else { mode };
        let header = Header { path, kind, mode, size, time: self.archive.time(), id, target };
        self.bytes(&header.blocks(Dialect::default()))
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.to.write_all(bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn zeros(&mut self, count: u64) -> Result<(), WriteError> {
        // The longest run is two blocks less one record.
        self.bytes(&vec![0; count as usize])
    }
}

/// Why an archive was not written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum WriteError {
    #[error(transparent)]
    Archive(#[from] Error),
    #[error("{path} has text that only the forge knew")]
    Hole { path: Foreign },
    #[error("the archive could not be written: {0}")]
    Io(#[from] io::Error),
}
