//! The repositories of submodules: where they are, and the commits that the signed tree names.
//!
//! ```text
//! gitlinks of the tree --> .gitmodules names a URL for each --> its commit is fetched --> its own gitlinks
//! ```
//!
//! Where a repository is decides nothing: the signed tree names the commit, and whatever comes is hashed.

mod error;
mod names;

use std::time::Instant;

use foreign::Foreign;
use gix_object::bstr::ByteSlice;

pub use self::error::{Error, Why};
use self::names::Names;
use crate::archive::{self, Archive, Entry, EntryKind, Known, Part, Trees};
use crate::git::{self, Commit, Event, Events, ObjectId, Repository, Source, Wanted};
use crate::limits;

/// Where a submodule is, whatever the commit's `.gitmodules` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Its path, from the root of the repository.
    pub path: Vec<u8>,
    /// Its repository.
    pub source: Source,
}

/// What is asked about submodules.
#[derive(Clone, Debug, Default)]
pub struct Submodules {
    /// Whether their content belongs into the tarball.
    pub are_wanted: bool,
    /// Where some of them are.
    pub overrides: Vec<Override>,
}

/// A commit that a tree names, with everything that its archive needs.
pub struct Submodule<'e> {
    /// From the root of the archive that has all of them.
    pub path: Vec<u8>,
    /// The same, cut at the roots of the submodules that it is in.
    levels: Vec<Vec<u8>>,
    /// The commit.
    pub commit: Commit,
    /// What was fetched of its repository.
    pub repository: Box<dyn Repository + Send + 'e>,
}

/// A submodule that is to be fetched.
struct Gitlink {
    /// See [`Submodule`].
    levels: Vec<Vec<u8>>,
    id: ObjectId,
    source: Source,
}

/// Fetch the submodules of a commit, theirs and so on. With a folder, those in it; their paths begin behind it.
///
/// # Errors
/// If one of them has no known place, or cannot be fetched.
pub fn fetch<'e>(
    asked: &Submodules,
    (repository, source, commit): (&mut dyn Repository, &Source, &Commit),
    folder: Option<&[u8]>,
    deadline: Instant,
    events: Events<'e>,
) -> Result<Vec<Submodule<'e>>, Error> {
    let part = folder.map_or(Part::Whole, |folder| Part::Folder(folder.to_vec()));
    let mut found: Vec<Submodule<'e>> = Vec::new();
    let mut level = gitlinks(asked, (&mut *repository, source, commit), part, &[])?;
    for _ in 0..limits::SUBMODULE_DEPTH {
        if found.len() + level.len() > limits::SUBMODULES {
            return Err(Error::Limit { what: "the number of submodules" });
        }
        let mut next = Vec::new();
        for some in level.chunks(limits::SUBMODULES_AT_ONCE) {
            for (submodule, further) in at_once(asked, some, deadline, events)? {
                found.push(submodule);
                next.extend(further);
            }
            if found.iter().map(|submodule| submodule.repository.held_bytes()).sum::<u64>() > limits::SUBMODULES_BYTES {
                return Err(Error::Limit { what: "the size of all submodules" });
            }
        }
        if next.is_empty() {
            // A submodule stands before those in it, as with `git submodule foreach --recursive`.
            found.sort_by(|one, other| one.levels.cmp(&other.levels));
            return Ok(found);
        }
        level = next;
    }
    Err(Error::Limit { what: "the depth of submodules" })
}

/// Each in its own thread: most of the time is waiting.
fn at_once<'e>(
    asked: &Submodules,
    gitlinks: &[Gitlink],
    deadline: Instant,
    events: Events<'e>,
) -> Result<Vec<(Submodule<'e>, Vec<Gitlink>)>, Error> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = gitlinks
            .iter()
            .map(|gitlink| {
                let thread = std::thread::Builder::new().spawn_scoped(scope, || one(asked, gitlink, deadline, events));
                thread.map_err(|error| Error::Thread { why: Foreign::said(error) })
            })
            .collect();
        let results = threads.into_iter().map(|thread| thread?.join().unwrap_or(Err(Error::ThreadEnded)));
        results.collect()
    })
}

fn one<'e>(
    asked: &Submodules,
    Gitlink { levels, id, source }: &Gitlink,
    deadline: Instant,
    events: Events<'e>,
) -> Result<(Submodule<'e>, Vec<Gitlink>), Error> {
    let path = levels.join(&b'/');
    let of = |error: git::Error| Error::Git {
        path: Foreign::from(&path),
        repo: Foreign::said(source),
        error: Box::new(error),
    };
    events(Event::Note(format!("submodule {}: {}", Foreign::from(&path), Foreign::said(source))));
    let mut repository = git::open(source, limits::SUBMODULE_PACKS, deadline, events).map_err(of)?;
    let wanted = Wanted::Commit(*id);
    if repository.find(&wanted).map_err(of)?.is_none() {
        return Err(Error::NotThere { path: Foreign::from(&path), repo: Foreign::said(source), id: *id });
    }
    let object = repository.read(*id, limits::TAG_OR_COMMIT_BYTES).map_err(of)?;
    let commit = Commit::parse(object).map_err(of)?;
    let further = gitlinks(asked, (&mut *repository, source, &commit), Part::Whole, levels)?;
    Ok((Submodule { path, levels: levels.clone(), commit, repository }, further))
}

/// The submodules in the archive of a commit, and where they are. `above` are the levels of its own repository, if it is a
/// submodule itself.
fn gitlinks(
    asked: &Submodules,
    (repository, source, commit): (&mut dyn Repository, &Source, &Commit),
    part: Part,
    above: &[Vec<u8>],
) -> Result<Vec<Gitlink>, Error> {
    let above_path = above.join(&b'/');
    let folder = match &part {
        Part::Folder(folder) => [folder, &b"/"[..]].concat(),
        _ => Vec::new(),
    };
    let archive = |error: archive::Error| Error::Archive { path: Foreign::from(&above_path), error: Box::new(error) };
    // Those of a folder are read with all others.
    let trees = Trees::read_part(&*repository, commit.tree(), part).map_err(archive)?;
    let names_file = trees.file(b".gitmodules");
    let prepared = repository.prepare(trees.attribute_files(), Vec::new());
    prepared.map_err(|error| archive(error.into()))?;
    let planned = Archive::plan(&mut *repository, commit, trees, Known::default()).map_err(archive)?;
    let is_submodule = |entry: &&Entry| entry.kind == EntryKind::Submodule;
    let found: Vec<_> = planned.entries().iter().filter(is_submodule).map(|it| (it.path.to_vec(), it.id)).collect();
    drop(planned);
    let mut names = None;
    let mut gitlink = |(path, id): (Vec<u8>, ObjectId)| {
        let levels = [above, std::slice::from_ref(&path)].concat();
        let full = levels.join(&b'/');
        let known = asked.overrides.iter().find(|known| known.path == [folder.as_slice(), &full].concat());
        let source = match known {
            Some(known) => known.source.clone(),
            None => {
                let names = match &mut names {
                    Some(names) => names,
                    none => none.insert(Names::read(&mut *repository, names_file, &above_path)?),
                };
                names.source(&[folder.as_slice(), &path].concat(), &full, source)?
            }
        };
        Ok(Gitlink { levels, id, source })
    };
    found.into_iter().map(&mut gitlink).collect()
}

/// Whether a path may be one of a folder in a repository: relative, and without empty components and dots.
pub fn is_path(path: &[u8]) -> bool {
    path.split_str("/").all(|part| !part.is_empty() && part != b"." && part != b"..")
}
