//! Ids that a release is pinned to beside its tag's name: a signed tag can be replaced by another one of the same name.

use gix_hash::ObjectId;

use crate::git::Wanted;

/// What the tag has to be, and to lead to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PinnedIds {
    /// The tag object.
    pub tag: Option<ObjectId>,
    /// The commit.
    pub commit: Option<ObjectId>,
}

/// The tag is another one than the pinned one, or leads elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {tag} {} {now} now, and {pinned} is pinned", if *is_commit { "leads to the commit" } else { "is the object" })]
pub struct Moved {
    /// The tag, as it was asked for.
    pub tag: Wanted,
    /// Whether this is about the commit, and not about the tag object.
    pub is_commit: bool,
    /// What is there.
    pub now: ObjectId,
    /// What was pinned.
    pub pinned: ObjectId,
}

impl PinnedIds {
    /// What is another one than the pinned one. `commit` is what the tag leads to, if it leads to a commit at all.
    pub fn moved(&self, tag: &Wanted, id: ObjectId, commit: Option<ObjectId>) -> Option<Moved> {
        let of_tag = self.tag.filter(|pinned| *pinned != id).map(|pinned| (false, id, pinned));
        let of_commit = self.commit.zip(commit).filter(|(pinned, now)| pinned != now);
        let (is_commit, now, pinned) = of_tag.or(of_commit.map(|(pinned, now)| (true, now, pinned)))?;
        Some(Moved { tag: tag.clone(), is_commit, now, pinned })
    }
}
