//! Where objects come from: a server, a local repository, a bundle.
//!
//! All of them answer the same questions ([`Repository`]), and none is believed: whatever comes out is an [`Object`], re-hashed
//! under the id it was asked for.
//!
//! ```text
//! source --> open --> fetch (transport)  \\
//!                     local               --> object --> tag, commit --> peel
//!                     bundle             /
//! ```

mod ancestry;
mod bundle;
mod config;
mod error;
mod fetch;
mod local;
mod near;
pub(crate) mod object;
mod open;
mod peel;
mod relative;
mod repository;
mod source;
mod store;
mod tag;
mod tag_name;
mod transport;
mod watchdog;

pub use ancestry::{Ancestry, ancestry};
pub(crate) use config::each as each_setting;
pub use error::{Error, Why};
/// The id of an object, under either hash; and what kind of object it is.
pub use gix_hash::ObjectId;
pub use gix_object::Kind;
pub use near::Near;
pub use object::{Commit, Object};
pub use open::open;
pub use peel::peel;
pub use repository::{Event, Events, Repository, Step, Wanted};
pub use source::{HttpUrl, Source, SourceError};
pub use tag::Tag;
pub use tag_name::TagName;
