//! Which of two commits leads to the other.

use std::collections::{HashSet, VecDeque};

use gix_hash::ObjectId;
use serde::Serialize;

use super::error::Error;
use super::object::{Commit, parse_id};
use super::repository::Repository;
use crate::limits;

/// Where one commit stands, seen from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ancestry {
    /// It is an ancestor.
    Before,
    /// It is a descendant.
    After,
    /// Neither leads to the other.
    Apart,
    /// Not all of the history was looked at, and what was does not tell.
    Unknown,
}

/// Where `other` stands, seen from `commit`. At most [`limits::HISTORY_COMMITS`] commits are looked at in each direction.
///
/// # Errors
/// Where an object cannot be read. A history that is cut off is none of these.
pub fn ancestry(repository: &dyn Repository, commit: ObjectId, other: ObjectId) -> Result<Ancestry, Error> {
    Ok(match (leads_back(repository, commit, other)?, leads_back(repository, other, commit)?) {
        (Some(true), _) => Ancestry::Before,
        (_, Some(true)) => Ancestry::After,
        (Some(false), Some(false)) => Ancestry::Apart,
        _ => Ancestry::Unknown,
    })
}

/// Whether `ancestor` is in the history of a commit; `None` if that is cut off before it was found.
fn leads_back(repository: &dyn Repository, from: ObjectId, ancestor: ObjectId) -> Result<Option<bool>, Error> {
    let (mut seen, mut waiting) = (HashSet::from([from]), VecDeque::from([from]));
    let mut is_cut = false;
    while let Some(id) = waiting.pop_front() {
        if id == ancestor {
            return Ok(Some(true));
        }
        let commit = match repository.read(id, limits::TAG_OR_COMMIT_BYTES) {
            Ok(object) => Commit::parse(object)?,
            Err(Error::Missing { .. }) => {
                is_cut = true;
                continue;
            }
            Err(error) => return Err(error),
        };
        for parent in commit.parents().filter_map(|hex| parse_id(hex, id)) {
            if seen.len() >= limits::HISTORY_COMMITS {
                is_cut = true;
                break;
            }
            if seen.insert(parent) {
                waiting.push_back(parent);
            }
        }
    }
    Ok((!is_cut).then_some(false))
}
