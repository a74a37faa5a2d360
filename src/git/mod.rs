//! Where objects come from: a server, a local repository, a bundle.
//!
//! All of them answer the same three questions ([`Repository`]), and none is believed: whatever comes out is an
//! [`Object`], re-hashed under the id it was asked for.

use std::rc::Rc;
use std::time::Instant;

use foreign::Foreign;
use gix_hash::ObjectId;
use gix_object::Kind;

use crate::limits;

mod bundle;
mod fetch;
mod local;
pub mod object;
pub mod source;
mod store;
pub mod tag;
mod transport;
mod watchdog;

pub use object::{Commit, Object};
pub use source::Source;
pub use tag::{Tag, TagName};

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

    /// An object of at most `limit` bytes, re-hashed.
    fn read(&self, id: ObjectId, limit: usize) -> Result<Object, Error>;
}

/// What happens while objects are fetched, for a progress bar and for `-v`.
#[derive(Debug)]
pub enum Event {
    /// So many bytes have been received in all.
    Received(u64),
    /// A step of the work, for people who want to know.
    Note(String),
    /// A progress line of the server.
    Server(Foreign),
}

/// Where [`Event`]s go.
pub type Events = Rc<dyn Fn(Event)>;

/// Open a repository; a network connection is made when the first question is asked.
///
/// # Errors
/// Where a path is no repository and no bundle.
pub fn open(source: &Source, deadline: Instant, events: Events) -> Result<Box<dyn Repository>, Error> {
    match source {
        Source::Path(path) if path.is_file() && bundle::is_bundle(path)? => {
            Ok(Box::new(bundle::open(path, deadline, &*events)?))
        }
        Source::Path(path) => Ok(Box::new(local::Local::open(path)?)),
        remote => Ok(Box::new(fetch::Remote::new(remote.clone(), deadline, events))),
    }
}

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

/// Why objects could not be had, or are not what they should be.
#[derive(Clone, Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error("there is no file or folder {path} to read the repository from")]
    NoSuchPath { path: Foreign },
    #[error("the ref of the tag {name} could not be read: {why}")]
    Ref { name: TagName, why: Foreign },
    #[error("{path} is not a git repository or bundle: {why}")]
    NotARepository { path: Foreign, why: Foreign },
    #[error("the bundle is incomplete: it builds on commits that are not in it")]
    IncompleteBundle,
    #[error("the repository keeps its refs in the reftable format, which is not supported yet")]
    Reftable,
    #[error("the server could not be reached: {0}")]
    Connect(Foreign),
    #[error("the server refuses access: {0}")]
    Access(Foreign),
    #[error("there is no git repository at this address: {0}")]
    NoRepository(Foreign),
    #[error("the server redirects where it must not: {0}")]
    Redirect(&'static str),
    #[error("the certificates of this machine could not be read: {0}")]
    Certificates(Foreign),
    #[error("the conversation with the server failed: {0}")]
    Protocol(Foreign),
    #[error("reading the repository took longer than {0} seconds")]
    Deadline(u64),
    #[error("the server sends too slowly or not at all")]
    TooSlow,
    #[error("the pack is damaged: {0}")]
    Pack(Foreign),
    #[error("a limit was reached: {what}")]
    Limit { what: &'static str },
    #[error("object {id} is missing")]
    Missing { id: ObjectId },
    #[error("object {id} could not be read: {why}")]
    Unreadable { id: ObjectId, why: Foreign },
    #[error("object {id} is not what its id says: its bytes hash to something else")]
    WrongHash { id: ObjectId },
    #[error("object {id} is a {actual} where a {expected} belongs")]
    WrongKind { id: ObjectId, expected: Kind, actual: Kind },
    #[error("object {id} is malformed: {what}")]
    Malformed { id: ObjectId, what: &'static str },
    #[error("the tag leads to a {kind}, not to a commit")]
    NotACommit { kind: Kind },
    #[error("this is a lightweight tag: it points straight to a {kind}, and nobody signed it")]
    Lightweight { kind: Kind },
    #[error("the tag object is malformed: {what}")]
    MalformedTag { what: &'static str },
    #[error("a tag object has a header line that does not belong there: {0}")]
    TagHeader(Foreign),
}

impl Error {
    /// Whether this was checked and found wrong; everything else could not be checked.
    pub fn is_verdict(&self) -> bool {
        use Error::*;
        matches!(
            self,
            WrongHash { .. }
                | WrongKind { .. }
                | NotACommit { .. }
                | Lightweight { .. }
                | MalformedTag { .. }
                | TagHeader(_)
        )
    }

    /// What a person can do about it.
    pub fn help(&self) -> &'static str {
        use Error::*;
        match self {
            NoSuchPath { .. } => "Check the name; a URL begins with https://, ssh:// or git://.",
            Ref { .. } => "The repository is damaged; use another clone or mirror.",
            NotARepository { .. } => {
                "Name a repository's folder, a bundle made by `git bundle create`, or a URL; REPO comes before TARBALL."
            }
            IncompleteBundle => "Make the bundle without a range: `git bundle create FILE --all`.",
            Reftable => "Clone it with `git clone --bare --ref-format=files`, and name the clone.",
            Connect(_) => "Check the URL and the network, and try again.",
            Access(_) => "Check the URL; put user and password into ~/.netrc, or load the ssh key into the agent.",
            NoRepository(_) => "Check the URL.",
            Redirect(_) => "Find out the repository's present https address, and use that.",
            Certificates(_) => "Install the system's CA certificates, or name a file of them in SSL_CERT_FILE.",
            Protocol(_) | TooSlow => "Try again later, or clone the repository and name the clone.",
            Deadline(_) => "Try again, with a larger --timeout on a slow network.",
            Pack(_) => "Try again, or use another mirror.",
            Limit { .. } => "Try another mirror; a repository that is really this large can be cloned first.",
            Missing { .. } => "The repository is incomplete; use a complete clone or another mirror.",
            Unreadable { .. } | Malformed { .. } => "The repository is damaged; use another clone or mirror.",
            WrongHash { .. } | WrongKind { .. } => {
                "Do not build from it: the repository is damaged or forged. Compare with another mirror."
            }
            NotACommit { .. } => "Only tags of commits can be compared with a tarball; ask for the release's tag.",
            Lightweight { .. } => {
                "Ask the maintainer for a signed tag (`git tag -s`); where the commit is signed, see --resolve-unsigned-tag."
            }
            MalformedTag { .. } | TagHeader(_) => "Do not trust this tag; ask the maintainer for a well-formed one.",
        }
    }
}
