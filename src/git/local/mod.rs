//! A repository on this machine, read without a git binary and without its configuration.
//!
//! ```text
//! path --> layout   .git files, work trees, object format
//!      --> refs     loose, packed, symbolic
//!      --> objects  loose, packs, alternates
//! ```
//!
//! Somebody else may have made the folder. Each file is a regular one within limits, and where files are opened the work is
//! supervised: a folder of a network can hang.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use foreign::Foreign;
use gix_hash::ObjectId;

use self::layout::Layout;
use self::objects::Objects;
use super::error::Error;
use super::near::{Near, Search};
use super::object::Object;
use super::peel::leads_to;
use super::repository::{Events, Repository, Wanted};
use super::store::Given;
use super::tag_name::TagName;
use super::watchdog::{Meter, Phase, Span, deadline, supervise};
use crate::limits;

mod file;
mod layout;
mod objects;
mod refs;

pub use self::file::path_of;

/// A repository's folder: bare, or with a work tree.
pub struct Local<'a> {
    shown: Foreign,
    parts: Arc<(Layout, Objects)>,
    given: Given,
    events: Events<'a>,
    whole: Duration,
    /// What is left of it: only our own work counts, and not what happens in between.
    left: Cell<Duration>,
}

impl<'a> Local<'a> {
    /// Open the repository in this very folder; no search upwards.
    pub fn open(path: &Path, deadline: Instant, events: Events<'a>) -> Result<Self, Error> {
        let whole = deadline.saturating_duration_since(Instant::now());
        let left = Cell::new(whole);
        let (shown, path) = (Foreign::path(path), path.to_owned());
        let parts = supervised(whole, &left, events, move || {
            let layout = Layout::find(&path)?;
            let objects = Objects::open(layout.common_dir.join("objects"), layout.hash)?;
            Ok((layout, objects))
        })?;
        Ok(Local { shown, parts: Arc::new(parts), given: Given::default(), events, whole, left })
    }

    fn supervised<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Layout, &Objects) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let parts = self.parts.clone();
        supervised(self.whole, &self.left, self.events, move || work(&parts.0, &parts.1))
    }
}

fn supervised<T: Send + 'static>(
    whole: Duration,
    left: &Cell<Duration>,
    events: Events<'_>,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let meter = Arc::new(Meter::default());
    meter.enter(Phase::OwnWork);
    let begun = Instant::now();
    let result = supervise(&meter, Span { whole, end: begun + left.get() }, events, work);
    left.set(left.get().saturating_sub(begun.elapsed()));
    result
}

impl Repository for Local<'_> {
    fn find(&mut self, wanted: &Wanted) -> Result<Option<ObjectId>, Error> {
        match wanted.clone() {
            Wanted::Commit(id) => self.supervised(move |_, objects| Ok(objects.contains(id)?.then_some(id))),
            Wanted::Tag(name) => self
                .supervised(move |layout, _| refs::find(layout, &name.full()).map_err(|why| Error::Ref { name, why })),
        }
    }

    fn prepare(&mut self, _: &[ObjectId], given: Vec<Object>) -> Result<(), Error> {
        // A partial clone has no blobs, but the tarball may have them.
        self.given.add(given);
        Ok(())
    }

    fn read(&self, id: ObjectId, limit: usize) -> Result<Object, Error> {
        if let Some(object) = self.given.read(id, limit)? {
            return Ok(object);
        }
        // A thread for each of a million trees would take longer than the trees. A mapped file does not wait for anybody.
        let begun = Instant::now();
        let mapped = self.parts.1.read_mapped(id, limit)?;
        self.left.set(self.left.get().saturating_sub(begun.elapsed()));
        match mapped {
            Some(_) if self.left.get().is_zero() => Err(deadline(self.whole)),
            Some(object) => Ok(object),
            None => self.supervised(move |_, objects| objects.read(id, limit)),
        }
    }

    fn tags_of(&mut self, commit: ObjectId) -> Result<Option<Vec<Vec<u8>>>, Error> {
        self.supervised(move |layout, objects| {
            let read = |id| objects.read(id, limits::TAG_OR_COMMIT_BYTES);
            let tags = refs::tags(layout)?.into_iter().filter(|(_, id)| leads_to(read, *id, commit));
            Ok(Some(tags.map(|(name, _)| name).collect()))
        })
    }

    fn near(&mut self, name: &TagName) -> Result<Near, Error> {
        let name = name.clone();
        self.supervised(move |layout, _| {
            let mut search = Search::new(&name);
            refs::each_name(layout, &mut |name| search.see(name))?;
            Ok(search.finish())
        })
    }

    fn explain(&self, error: Error, wanted: &Wanted) -> Error {
        match (error, wanted) {
            (Error::Lightweight { kind }, Wanted::Tag(name)) => Error::LightweightHere {
                name: name.clone(),
                folder: self.shown.clone(),
                kind,
                remote: self.parts.0.remote.clone(),
            },
            (error, _) => error,
        }
    }
}
