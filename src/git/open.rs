//! Which kind of repository it is.

use std::time::Instant;

use super::error::Error;
use super::repository::{Events, Repository};
use super::source::Source;
use super::{bundle, fetch, local};
use crate::limits::Packs;

/// Open a repository; a network connection is made when the first question is asked. `packs` is what it may cost.
///
/// # Errors
/// Where a path is no repository and no bundle.
pub fn open<'a>(
    source: &Source,
    packs: Packs,
    deadline: Instant,
    events: Events<'a>,
) -> Result<Box<dyn Repository + Send + 'a>, Error> {
    match source {
        Source::Path(path) if bundle::is_bundle(path)? => Ok(Box::new(bundle::open(path, deadline, events)?)),
        Source::Path(path) => Ok(Box::new(local::Local::open(path, deadline, events)?)),
        remote => Ok(Box::new(fetch::Remote::new(remote.clone(), packs, deadline, events))),
    }
}
