//! All trees of a commit, checked and flattened (specification 1.6 and 3).

use std::collections::HashMap;
use std::rc::Rc;

use foreign::Foreign;
use gix_hash::ObjectId;
use gix_object::Kind;
use gix_object::bstr::{BStr, BString, ByteSlice};

use super::convert::Conversion;
use super::entry::{Entry, EntryKind};
use super::error::Error;
use crate::git::object::{TreeLine, tree_lines};
use crate::git::{self, Repository};
use crate::limits;

/// How many nodes are given back together.
const NODES_IN_A_PART: usize = 1 << 16;

/// One line of one tree, with its whole path.
pub struct Node {
    /// From the root, without a slash at its end.
    pub path: BString,
    /// What it is.
    pub kind: EntryKind,
    /// The blob, tree or commit.
    pub id: ObjectId,
    /// How many folders it is in; 0 for the root's own lines.
    pub depth: usize,
}

impl Node {
    /// The path of the folder that it is in.
    pub fn folder(&self) -> &[u8] {
        self.path.rfind_byte(b'/').map_or(b"", |slash| &self.path[..slash])
    }

    /// A symbolic link of that name counts as well: its target is read as the file.
    pub fn is_attribute_file(&self) -> bool {
        let name = self.path.rsplit(|byte| *byte == b'/').next();
        name == Some(b".gitattributes") && matches!(self.kind, EntryKind::File { .. } | EntryKind::Symlink)
    }
}

/// Which part of a commit an archive is of, and how git was told so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    #[default]
    Whole,
    /// `git archive TAG`, run in this folder, which is then the root of the archive.
    Folder(Vec<u8>),
    /// The same by a git before 2.41: the folder is the root of its attributes as well.
    OldFolder(Vec<u8>),
    /// `git archive TAG PATH`: all of it but what lies elsewhere.
    Path(Vec<u8>),
    /// `git archive TAG:PATH`: a tree alone. Its archive does not name the commit, and has the time at which it was made.
    Tree(Vec<u8>),
}

impl Part {
    /// The forms of archives of a folder, in the order in which they are tried.
    pub fn of_folder(path: &[u8]) -> [Part; 4] {
        [Part::Folder, Part::OldFolder, Part::Path, Part::Tree].map(|form| form(path.to_vec()))
    }

    /// The folder whose tree is archived.
    fn root(&self) -> &[u8] {
        match self {
            Part::Whole | Part::Folder(_) | Part::Path(_) => b"",
            Part::OldFolder(path) | Part::Tree(path) => path,
        }
    }

    /// Keep of the entries of that tree those that the archive has, under the paths that it gives to them (3.7).
    pub(super) fn narrow(&self, entries: &mut Vec<Entry>) {
        if matches!(self, Part::Tree(_)) {
            // Without a commit there is nothing to put into placeholders.
            for entry in entries.iter_mut() {
                entry.conversion = entry.conversion.and_then(Conversion::without_substitution);
            }
        }
        let (Part::Folder(path) | Part::Path(path)) = self else { return };
        let is_at_or_below = |entry: &Entry| {
            entry.path.strip_prefix(path.as_slice()).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        };
        let is_above =
            |entry: &Entry| path.strip_prefix(entry.path.as_slice()).is_some_and(|rest| rest.starts_with(b"/"));
        if matches!(self, Part::Folder(_)) {
            entries.retain(|entry| is_at_or_below(entry) && entry.path != *path);
            entries.iter_mut().for_each(|entry| drop(entry.path.drain(..=path.len())));
            return;
        }
        // Folders on the way there have entries if something is there.
        let has_any = entries.iter().any(|entry| is_at_or_below(entry) && !entry.only_in_old_archives);
        entries.retain(|entry| is_at_or_below(entry) || is_above(entry));
        for entry in entries.iter_mut().filter(|entry| is_above(entry)) {
            entry.only_in_old_archives = !has_any;
        }
    }
}

/// The trees of a commit: every line, in stored order, each folder before its contents.
pub struct Trees {
    /// In parts, so that what was used can be given back before the rest is.
    nodes: Vec<Vec<Node>>,
    attribute_files: Vec<ObjectId>,
    root: ObjectId,
    part: Part,
}

impl Trees {
    /// Read the tree with this id and all below it.
    ///
    /// # Errors
    /// For everything that makes `git archive` fail before its first byte, and where a limit is reached.
    pub fn read(repository: &dyn Repository, root: ObjectId) -> Result<Self, Error> {
        Self::read_part(repository, root, Part::Whole)
    }

    /// The same for a part of a commit with this tree.
    ///
    /// # Errors
    /// As [`read`](Self::read), and [`Error::NoFolder`] if it does not have the folder.
    pub fn read_part(repository: &dyn Repository, tree: ObjectId, part: Part) -> Result<Self, Error> {
        if let Part::Folder(path) | Part::Path(path) = &part {
            find(repository, tree, path)?;
        }
        let root = find(repository, tree, part.root())?;
        let (trees, nodes) = (HashMap::new(), Vec::new());
        let mut reader = Reader { repository, trees, nodes, count: 0, path_bytes: 0, tree_bytes: 0 };
        reader.read(root, &mut BString::default(), 0)?;
        let nodes = reader.nodes;
        let files = nodes.iter().flatten().filter(|node| node.is_attribute_file());
        let most = limits::ATTRIBUTES_FILES;
        let mut attribute_files: Vec<_> = files.map(|node| node.id).take(most + 1).collect();
        if attribute_files.len() > most {
            return Err(Error::Limit { what: "the number of attribute files" });
        }
        attribute_files.sort_unstable();
        attribute_files.dedup();
        Ok(Trees { nodes, attribute_files, root, part })
    }

    /// The tree that is the archive's root.
    pub fn root(&self) -> ObjectId {
        self.root
    }

    /// Which part of the commit this is.
    pub fn part(&self) -> &Part {
        &self.part
    }

    /// The blobs that are attribute files, each once: what the archive has cannot be told without them.
    pub fn attribute_files(&self) -> &[ObjectId] {
        &self.attribute_files
    }

    /// The file with this path.
    pub fn file(&self, path: &[u8]) -> Option<ObjectId> {
        let is_it = |node: &&Node| node.path == path && matches!(node.kind, EntryKind::File { .. });
        self.nodes().find(is_it).map(|node| node.id)
    }

    /// Every line.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().flatten()
    }

    /// The same, to keep.
    pub(super) fn into_nodes(self) -> impl Iterator<Item = Node> {
        self.nodes.into_iter().flatten()
    }
}

/// The tree of a folder.
fn find(repository: &dyn Repository, root: ObjectId, path: &[u8]) -> Result<ObjectId, Error> {
    let mut id = root;
    for name in path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
        let tree = repository.read(id, limits::TREE_BYTES)?.of_kind(Kind::Tree)?;
        let mut next = None;
        for line in tree_lines(&tree) {
            let line = line?;
            if line.name == name && EntryKind::of_mode(line.mode) == EntryKind::Directory {
                next = Some(line.id);
            }
        }
        id = next.ok_or_else(|| Error::NoFolder { path: Foreign::from(path) })?;
    }
    Ok(id)
}

struct Reader<'a> {
    repository: &'a dyn Repository,
    /// Trees occur more than once: each is read and hashed once.
    trees: HashMap<ObjectId, Rc<git::Object>>,
    nodes: Vec<Vec<Node>>,
    count: usize,
    path_bytes: usize,
    tree_bytes: usize,
}

impl Reader<'_> {
    fn read(&mut self, id: ObjectId, path: &mut BString, depth: usize) -> Result<(), Error> {
        if depth > limits::TREE_DEPTH {
            return Err(Error::Limit { what: "the depth of the tree" });
        }
        let tree = match self.trees.get(&id) {
            Some(tree) => tree.clone(),
            None => {
                let tree = Rc::new(self.repository.read(id, limits::TREE_BYTES)?.of_kind(Kind::Tree)?);
                self.tree_bytes += tree.data().len();
                if self.tree_bytes > limits::ALL_TREES_BYTES {
                    return Err(Error::Limit { what: "the size of the trees" });
                }
                self.trees.insert(id, tree.clone());
                tree
            }
        };
        let folder = path.len();
        for line in tree_lines(&tree) {
            let line = line?;
            if folder > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(line.name);
            self.add(&line, path, depth)?;
            if EntryKind::of_mode(line.mode) == EntryKind::Directory {
                self.read(line.id, path, depth + 1)?;
            }
            path.truncate(folder);
        }
        Ok(())
    }

    fn add(&mut self, line: &TreeLine<'_>, path: &BString, depth: usize) -> Result<(), Error> {
        let kind = EntryKind::of_mode(line.mode);
        if !is_good_name(line.name, kind) {
            return Err(Error::BadPath { path: Foreign::from(path) });
        }
        self.path_bytes += path.len();
        self.count += 1;
        if self.count > limits::TREE_ENTRIES {
            return Err(Error::Limit { what: "the number of entries in the tree" });
        }
        if self.path_bytes > limits::TREE_PATH_BYTES {
            return Err(Error::Limit { what: "the length of all paths in the tree" });
        }
        let node = Node { path: path.clone(), kind, id: line.id, depth };
        match self.nodes.last_mut().filter(|part| part.len() < NODES_IN_A_PART) {
            Some(part) => part.push(node),
            None => {
                let mut part = Vec::with_capacity(NODES_IN_A_PART);
                part.push(node);
                self.nodes.push(part);
            }
        }
        Ok(())
    }
}

/// Whether git accepts the component in an index, with `core.protectNTFS` on, as it is everywhere.
fn is_good_name(name: &BStr, kind: EntryKind) -> bool {
    if name.split(|byte| *byte == b'/').any(|part| part.is_empty() || part == b"." || part == b"..") {
        return false;
    }
    let is_link = kind == EntryKind::Symlink;
    !name.split(|byte| matches!(byte, b'/' | b'\\')).any(|part| is_dot_git(part) || is_link && is_dot_gitmodules(part))
}

/// `.git` or `git~1`, in any case, then dots and blanks, then the end or an alternate stream.
fn is_dot_git(part: &[u8]) -> bool {
    [&b".git"[..], b"git~1"].iter().any(|name| starts_with_ignoring_case(part, name) && ends_there(&part[name.len()..]))
}

/// `.gitmodules`, and the short names that NTFS may give it: `gitmod~1` to `~4`, and `gi7eba~1` with fewer letters for more
/// digits.
fn is_dot_gitmodules(part: &[u8]) -> bool {
    if starts_with_ignoring_case(part, b".gitmodules") {
        return ends_there(&part[11..]);
    }
    let Some((short, rest)) = part.split_at_checked(8) else { return false };
    let Some((letters, digits)) = short.split_once_str(b"~") else { return false };
    let is_number = digits.iter().all(u8::is_ascii_digit) && digits.first().is_some_and(|digit| *digit != b'0');
    let is_fallback = is_number && letters.eq_ignore_ascii_case(&b"gi7eba"[..letters.len().min(6)]);
    let is_regular = letters.eq_ignore_ascii_case(b"gitmod") && matches!(digits, b"1" | b"2" | b"3" | b"4");
    (is_fallback || is_regular) && ends_there(rest)
}

fn starts_with_ignoring_case(part: &[u8], name: &[u8]) -> bool {
    part.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

fn ends_there(rest: &[u8]) -> bool {
    let rest = rest.trim_start_with(|c| matches!(c, '.' | ' '));
    rest.is_empty() || rest.starts_with(b":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_git_refuses() {
        let file = EntryKind::File { executable: false };
        for bad in [".", "..", ".git", ".GIT", "git~1", ".git. .", ".git\\x", ".git:x", "a\\.git", "GIT~1 ."] {
            assert!(!is_good_name(bad.into(), file), "{bad}");
        }
        for good in [".gitx", ".git-", "git~2", "agit~1", "..x", "...", "\\", "c:", "aux", ".gitmodules", "a/b"] {
            assert!(is_good_name(good.into(), file), "{good}");
        }
        for bad in [".gitmodules", ".GITMODULES .", "gitmod~4", "GI7EBA~1", "gi7eba~9", "g~123456", "a\\gitmod~1:x"] {
            assert!(!is_good_name(bad.into(), EntryKind::Symlink), "{bad}");
        }
        for good in ["gitmod~5", "gi7eba~0", "gi7eb~1", ".gitmodulesx", "gitmodx~1"] {
            assert!(is_good_name(good.into(), EntryKind::Symlink), "{good}");
        }
    }
}
