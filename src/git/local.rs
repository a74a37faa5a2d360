//! A repository on this machine, read without a git binary.

use std::path::Path;

use foreign::Foreign;
use gix_hash::ObjectId;
use gix_object::Find as _;
use gix_object::{Exists as _, FindHeader as _};
use gix_ref::TargetRef;

use super::{Error, Object, Repository, Wanted};
use crate::limits;

/// A repository's folder: bare, or with a work tree.
pub struct Local {
    repository: gix::Repository,
}

impl Local {
    /// Open the repository in this very folder; no search upwards, and no configuration but its own.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let shown = Foreign::path(path);
        if !path.exists() {
            return Err(Error::NoSuchPath { path: shown });
        }
        let options = gix::open::Options::isolated().config_overrides([
            "core.useReplaceRefs=false".to_owned(),
            format!("gitoxide.objects.allocLimit={}", limits::OBJECT_BYTES),
        ]);
        let mut repository = gix::open_opts(path, options)
            .map_err(|error| Error::NotARepository { path: shown, why: Foreign::from(&error.to_string()) })?;
        let storage = repository.config_snapshot().string("extensions.refStorage");
        if storage.is_some_and(|format| format.eq_ignore_ascii_case(b"reftable")) {
            return Err(Error::Reftable);
        }
        repository.objects.ignore_replacements = true;
        Ok(Local { repository })
    }
}

impl Repository for Local {
    fn find(&mut self, wanted: &Wanted) -> Result<Option<ObjectId>, Error> {
        let name = match wanted {
            Wanted::Tag(name) => name,
            Wanted::Commit(id) => return Ok(self.repository.objects.exists(id).then_some(*id)),
        };
        let unreadable = |why: String| Error::Ref { name: name.clone(), why: Foreign::from(&why) };
        let mut full = gix_ref::FullName::try_from(name.full()).map_err(|error| unreadable(error.to_string()))?;
        for _ in 0..limits::SYMBOLIC_REFS {
            let found = self.repository.refs.try_find(full.as_ref()).map_err(|error| unreadable(error.to_string()))?;
            let Some(reference) = found.filter(|reference| reference.name == full) else { return Ok(None) };
            match reference.target.to_ref() {
                TargetRef::Object(id) => return Ok(Some(id.to_owned())),
                TargetRef::Symbolic(next) => full = next.to_owned(),
            }
        }
        Err(unreadable("it is a loop of symbolic refs".into()))
    }

    fn prepare(&mut self, _: &[ObjectId], _: Vec<Object>) -> Result<(), Error> {
        Ok(())
    }

    fn read(&self, id: ObjectId, limit: usize) -> Result<Object, Error> {
        let unreadable = |why: String| Error::Unreadable { id, why: Foreign::from(&why) };
        let header = self.repository.objects.try_header(&id).map_err(|error| unreadable(error.to_string()))?;
        if header.ok_or(Error::Missing { id })?.size > limit as u64 {
            return Err(Error::Limit { what: "the size of an object" });
        }
        let mut data = Vec::new();
        let kind = self
            .repository
            .objects
            .try_find(&id, &mut data)
            .map_err(|error| unreadable(error.to_string()))?
            .ok_or(Error::Missing { id })?
            .kind;
        Object::check(id, kind, data)
    }
}
