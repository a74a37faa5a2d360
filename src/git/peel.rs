//! From a tag to the commit that it leads to.

use gix_object::Kind;

use super::error::Error;
use super::object::Commit;
use super::repository::Repository;
use super::tag::Tag;
use crate::limits;

/// Follow a tag object to the commit that it leads to.
///
/// Returns the tags on the way after `first`, and the commit.
///
/// # Errors
/// [`Error::NotACommit`] where the last tag is of something else, and everything that [`Tag::parse`] refuses.
pub fn peel(repository: &dyn Repository, first: &Tag) -> Result<(Vec<Tag>, Commit), Error> {
    let mut further: Vec<Tag> = Vec::new();
    while further.len() < limits::TAG_CHAIN {
        let last = further.last().unwrap_or(first);
        match last.target_kind() {
            Kind::Commit => {
                let commit = repository.read(last.target(), limits::TAG_OR_COMMIT_BYTES)?;
                return Ok((further, Commit::parse(commit)?));
            }
            Kind::Tag => {
                let next = repository.read(last.target(), limits::TAG_OR_COMMIT_BYTES)?.of_kind(Kind::Tag)?;
                further.push(Tag::parse(next)?);
            }
            kind => return Err(Error::NotACommit { kind }),
        }
    }
    Err(Error::Limit { what: "the number of tags that point to tags" })
}
