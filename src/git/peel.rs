//! From a tag to the commit that it leads to.

use gix_hash::ObjectId;
use gix_object::Kind;

use super::error::Error;
use super::object::{Commit, Object};
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

/// Whether an object is this commit, or a tag that leads to it.
pub fn leads_to(read: impl Fn(ObjectId) -> Result<Object, Error>, mut id: ObjectId, commit: ObjectId) -> bool {
    for _ in 0..limits::TAG_CHAIN {
        if id == commit {
            return true;
        }
        let Some(tag) = read(id).ok().and_then(|object| Tag::parse(object).ok()) else { return false };
        id = tag.target();
    }
    false
}
