//! What every source of objects can do, what can be wanted of it, and what it tells on the way.

use foreign::Foreign;
use gix_hash::ObjectId;

use super::error::Error;
use super::near::Near;
use super::object::Object;
use super::tag_name::TagName;

/// Where a walk begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The ref of a tag.
    Tag(TagName),
    /// A commit by its full id.
    Commit(ObjectId),
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Wanted::Tag(name) => write!(f, "tag {name}"),
            Wanted::Commit(id) => write!(f, "commit {id}"),
        }
    }
}

/// What a source of objects can do.
///
/// # Errors
/// Each method fails where the source cannot be read or reached, where it is damaged, and where a limit is reached.
pub trait Repository {
    /// The id of what is wanted, with whatever is needed to walk from it made ready; `None` where it is not here.
    fn find(&mut self, wanted: &Wanted) -> Result<Option<ObjectId>, Error>;

    /// Make these blobs ready for [`read`](Self::read), in as few requests as possible.
    ///
    /// `given` are some of them that were found elsewhere: no server is asked for these.
    fn prepare(&mut self, blobs: &[ObjectId], given: Vec<Object>) -> Result<(), Error>;

    /// Make ready these commits and what comes before them, as far as that can be had without files, and as
    /// [`crate::limits::HISTORY_COMMITS`].
    fn prepare_history(&mut self, _commits: &[ObjectId]) -> Result<(), Error> {
        Ok(())
    }

    /// The names of the tags that lead to this commit; `None` if this source does not tell.
    fn tags_of(&mut self, _commit: ObjectId) -> Result<Option<Vec<Vec<u8>>>, Error> {
        Ok(None)
    }

    /// The bytes of packs that it holds in memory.
    fn held_bytes(&self) -> u64 {
        0
    }

    /// An object of at most `limit` bytes, re-hashed.
    fn read(&self, id: ObjectId, limit: usize) -> Result<Object, Error>;

    /// Names like that of a tag that is not there: where the refs are at hand, or a server lists them.
    fn near(&mut self, _name: &TagName) -> Result<Near, Error> {
        Ok(Near::default())
    }

    /// The same error, with what this repository knows about it.
    fn explain(&self, error: Error, _wanted: &Wanted) -> Error {
        error
    }
}

/// What happens while objects are fetched, for a progress bar and for `-v`.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// Something of this machine was not understood, and is left out.
    Warning(Foreign),
    /// This many bytes have been received in all.
    Received(u64),
    /// A step begins.
    Step(Step),
    /// Something for people who want to know.
    Note(String),
    /// A progress line of the server.
    Server(Foreign),
}

/// What fetching consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// A connection to the server is made.
    Connecting {
        /// The URL, without a password.
        to: Foreign,
    },
    /// The server is asked for the ref.
    Asking,
    /// The server makes up a pack, and nothing comes in until it is done.
    Preparing,
    /// The pack comes in.
    Receiving,
    /// The pack is unpacked, and its objects are hashed.
    Indexing,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Step::Connecting { to } => write!(f, "connecting to {to}"),
            Step::Asking => f.write_str("asking for the ref"),
            Step::Preparing => f.write_str("the server is preparing the pack"),
            Step::Receiving => f.write_str("receiving the pack"),
            Step::Indexing => f.write_str("unpacking and hashing its objects"),
        }
    }
}

/// Where [`Event`]s go.
pub type Events<'a> = &'a (dyn Fn(Event) + Sync);
