//! Whether a file of the tarball is the commit's.

use std::collections::HashMap;

use foreign::Foreign;

use super::super::compare::LfsFile;
use super::super::error::Error;
use super::Cause;
use super::content::{self, Hashed};
use crate::archive::{self, Archive, Content, Contents, Entry, Filled, Pointer};
use crate::limits;

/// Knows what the archive has, and what was filled into its holes so far.
pub struct Judge<'a, 'r> {
    archive: &'a Archive<'r>,
    contents: Contents<'a, 'r>,
    /// Files whose content depends on those before them in the archive, whatever their order in the tarball is.
    described: HashMap<&'a [u8], Result<Content, archive::Error>>,
    /// Texts that only the maker of the tarball knew.
    pub holes: Vec<Filled>,
    hole_steps: u64,
    /// Files of Git LFS whose content stands in the place of their pointers.
    pub lfs: Vec<LfsFile>,
    guesses: u64,
    /// Whether a converted file could not be told without its blob.
    pub needs_blobs: bool,
}

/// In which reading a content is the commit's.
pub enum Reading {
    /// As in the archive.
    Archive,
    /// As in the repository, where the archive has it converted.
    Repository,
    /// In none.
    Neither(Cause),
}

impl<'a, 'r> Judge<'a, 'r> {
    /// Nothing was judged.
    pub fn new(archive: &'a Archive<'r>) -> Self {
        let mut contents = archive.contents();
        let described = archive.describing().map(|entry| (entry.path.as_slice(), contents.of(entry))).collect();
        let (holes, lfs, guesses) = (Vec::new(), Vec::new(), limits::GUESSED_BYTES);
        Judge { archive, contents, described, holes, hole_steps: 0, lfs, guesses, needs_blobs: false }
    }

    /// What the archive has for a file; where that is not to be computed, its blob is all that is known.
    pub fn expected(&mut self, entry: &Entry) -> Result<(Content, Option<Cause>), Error> {
        let doubt = match self.archive.doubt(entry) {
            Some(archive::Error::Lfs { .. }) => Some(Cause::Lfs),
            Some(_) => Some(Cause::Encoding),
            None => None,
        };
        let described = self.described.remove(entry.path.as_slice());
        match described.unwrap_or_else(|| self.contents.of(entry)) {
            Ok(content) => Ok((content, doubt)),
            Err(error) if is_about_text(&error) => Ok((Content::Blob { at_least: 0 }, Some(Cause::Placeholder))),
            Err(error) => Err(error.into()),
        }
    }

    /// In which reading the file is the entry's.
    pub fn reading(
        &mut self,
        entry: &Entry,
        expected: &Content,
        doubt: Option<Cause>,
        hashed: &Hashed,
        path: &[u8],
    ) -> Result<Reading, Error> {
        let is_blob = hashed.id == entry.id;
        let mut doubt = doubt;
        let is_archives = match (expected, &hashed.bytes) {
            // Its pointer tells what else it may be.
            (Content::Blob { .. }, _) if !is_blob && self.archive.lacks_pointer(entry) => {
                self.needs_blobs = true;
                false
            }
            (Content::Lfs(pointer), _) => is_blob || self.is_lfs(pointer, entry, hashed),
            (Content::Blob { at_least }, _) => is_blob && hashed.size >= *at_least,
            (Content::Bytes(_), _) => hashed.is_equal,
            (Content::Pieces(pieces), Some(bytes)) => {
                let accepted = self.archive.accepted();
                match archive::fit(pieces, bytes, &Foreign::from(path), accepted, &mut self.hole_steps) {
                    Ok(Some(filled)) => {
                        self.holes.extend(filled);
                        true
                    }
                    Ok(None) => false,
                    Err(error) if is_about_text(&error) => {
                        doubt = Some(Cause::Placeholder);
                        false
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            (Content::Converted(conversion), Some(bytes)) => match conversion.made(bytes, entry.id) {
                Some(is_made) => is_made,
                None if is_blob => false,
                None => {
                    self.needs_blobs = true;
                    false
                }
            },
            (Content::Converted(_), None) if !is_blob => {
                self.needs_blobs = true;
                false
            }
            (Content::Pieces(_) | Content::Converted(_), None) => false,
        };
        if self.holes.len() > limits::ALL_HOLES {
            return Err(Error::Limit { what: "the number of placeholders that only the forge knew" });
        }
        Ok(match doubt {
            _ if is_archives => Reading::Archive,
            _ if is_blob => Reading::Repository,
            Some(doubt) => Reading::Neither(doubt),
            None if self.needs_blobs => Reading::Neither(Cause::Content),
            None => {
                // Of other files a server does not send the blob, and the answer is the same everywhere.
                let blob = if entry.is_converted() { self.archive.blob_at_hand(entry.id) } else { None };
                Reading::Neither(content::cause(entry, hashed, blob.as_deref(), &mut self.guesses))
            }
        })
    }
}

impl Judge<'_, '_> {
    /// Whether a file is what its pointer of Git LFS names.
    fn is_lfs(&mut self, pointer: &Pointer, entry: &Entry, hashed: &Hashed) -> bool {
        let is_content = hashed.size == pointer.size && hashed.sha256() == Some(pointer.sha256);
        if is_content {
            self.lfs.push(LfsFile::new(entry, pointer));
        }
        is_content
    }
}

/// Whether an error says that a text cannot be decided, and not that nothing can.
fn is_about_text(error: &archive::Error) -> bool {
    matches!(error, archive::Error::TextNotAccepted { .. } | archive::Error::Undecided { .. })
}
