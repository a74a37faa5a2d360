//! Which kind of repository it is.

use std::time::Instant;

use super::error::Error;
use super::repository::{Events, Repository};
use super::source::Source;
use super::{bundle, fetch, local};
use crate::limits;

/// Open a repository; a network connection is made when the first question is asked.
///
/// # Errors
/// Where a path is no repository and no bundle.
pub fn open<'a>(
    source: &Source,
    deadline: Instant,
    events: Events<'a>,
) -> Result<Box<dyn Repository + Send + 'a>, Error> {
    match source {
        Source::Path(path) if bundle::is_bundle(path)? => Ok(Box::new(bundle::open(path, deadline, events)?)),
        Source::Path(path) => Ok(Box::new(local::Local::open(path, deadline, events)?)),
        remote => Ok(Box::new(fetch::Remote::new(remote.clone(), limits::PACKS, deadline, events))),
    }
}

/// The same for a submodule, of which several are held at once.
///
/// # Errors
/// As [`open`].
pub fn open_submodule<'a>(
    source: &Source,
    deadline: Instant,
    events: Events<'a>,
) -> Result<Box<dyn Repository + Send + 'a>, Error> {
    match source {
        Source::Path(_) => open(source, deadline, events),
        remote => Ok(Box::new(fetch::Remote::new(remote.clone(), limits::SUBMODULE_PACKS, deadline, events))),
    }
}
