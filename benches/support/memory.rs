//! A repository in memory, for benches and fuzz targets.

use std::collections::HashMap;

use auth_tarball_from_git::git::{Error, Object, Repository, Wanted};
use gix_hash::ObjectId;
use gix_object::Kind;

/// Objects that are nowhere else.
#[derive(Clone, Default)]
pub struct Memory(HashMap<ObjectId, Object>);

impl Memory {
    pub fn add(&mut self, kind: Kind, data: &[u8]) -> ObjectId {
        let id = gix_object::compute_hash(gix_hash::Kind::Sha1, kind, data).expect("no collision");
        self.0.insert(id, Object::check(id, kind, data.to_vec()).expect("its own hash"));
        id
    }
}

impl Repository for Memory {
    fn find(&mut self, _: &Wanted) -> Result<Option<ObjectId>, Error> {
        Ok(None)
    }

    fn prepare(&mut self, _: &[ObjectId], _: Vec<Object>) -> Result<(), Error> {
        Ok(())
    }

    fn read(&self, id: ObjectId, _: usize) -> Result<Object, Error> {
        self.0.get(&id).cloned().ok_or(Error::Missing { id })
    }
}

/// A line of a tree.
pub fn line(mode: &str, name: &str, id: ObjectId) -> Vec<u8> {
    [format!("{mode} {name}\0").as_bytes(), id.as_slice()].concat()
}
