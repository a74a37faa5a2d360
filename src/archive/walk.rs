//! The whole tree, checked and flattened (specification 1.6 and 3).

use std::collections::HashMap;
use std::rc::Rc;

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice};
use gix::objs::Kind;

use super::attributes::{Attributes, State};
use super::convert::Conversion;
use super::{Entry, EntryKind, Error};
use crate::foreign::Foreign;
use crate::git::object::{TreeLine, tree_lines};
use crate::git::{self, Repository};
use crate::limits;

/// One line of one tree, with its whole path.
pub struct Node {
    path: BString,
    kind: EntryKind,
    id: ObjectId,
    /// How many folders it is in; 0 for the root's own lines.
    depth: usize,
}

/// Read all trees below `root`, in stored order, each folder before its contents.
///
/// # Errors
/// For everything that makes `git archive` fail before its first byte, and where a limit is reached.
pub fn read_trees(repository: &dyn Repository, root: ObjectId) -> Result<Vec<Node>, Error> {
    let mut reader = Reader { repository, trees: HashMap::new(), nodes: Vec::new(), path_bytes: 0 };
    reader.read(root, &mut BString::default(), 0)?;
    Ok(reader.nodes)
}

struct Reader<'a> {
    repository: &'a dyn Repository,
    /// Trees occur more than once: each is read and hashed once.
    trees: HashMap<ObjectId, Rc<git::Object>>,
    nodes: Vec<Node>,
    path_bytes: usize,
}

impl Reader<'_> {
    fn read(&mut self, id: ObjectId, path: &mut BString, depth: usize) -> Result<(), Error> {
        if depth > limits::TREE_DEPTH {
            return Err(Error::Limit { what: "the depth of the tree" });
        }
        let tree = match self.trees.get(&id) {
            Some(tree) => tree.clone(),
            None => {
                let tree = Rc::new(self.repository.read(id, limits::OBJECT_BYTES)?.of_kind(Kind::Tree)?);
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
        if self.nodes.len() >= limits::TREE_ENTRIES || self.path_bytes > limits::TREE_PATH_BYTES {
            return Err(Error::Limit { what: "the number of entries in the tree" });
        }
        self.nodes.push(Node { path: path.clone(), kind, id: line.id, depth });
        Ok(())
    }
}

/// Whether git accepts the component in an index, with `core.protectNTFS` on, as it is everywhere.
fn is_good_name(name: &BStr, kind: EntryKind) -> bool {
    if name.split(|byte| *byte == b'/').any(|part| part.is_empty() || part == b"." || part == b"..") {
        return false;
    }
    let is_link = kind == EntryKind::Symlink;
    !name.split(|byte| matches!(byte, b'/' | b'\\')).any(|part| {
        is_ntfs_name_of(part, b".git", b"git~1") || is_link && is_ntfs_name_of(part, b".gitmodules", b"gitmod~1")
    })
}

/// `name` or its short form, in any case, then dots and blanks, then the end or an alternate stream.
fn is_ntfs_name_of(part: &[u8], name: &[u8], short: &[u8]) -> bool {
    [name, short].iter().any(|name| {
        part.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) && {
            let rest = part[name.len()..].trim_start_with(|c| matches!(c, '.' | ' '));
            rest.is_empty() || rest.starts_with(b":")
        }
    })
}

/// The blobs that are attribute files, each once.
pub fn attribute_files(nodes: &[Node]) -> Vec<ObjectId> {
    let mut ids: Vec<_> = nodes.iter().filter(|node| is_attribute_file(node)).map(|node| node.id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// A symbolic link of that name counts as well: its target is read as the file.
fn is_attribute_file(node: &Node) -> bool {
    let name = node.path.rsplit(|byte| *byte == b'/').next();
    name == Some(b".gitattributes") && matches!(node.kind, EntryKind::File { .. } | EntryKind::Symlink)
}

/// Leave out what is export-ignored, and say how each file is converted.
pub fn select(repository: &dyn Repository, nodes: Vec<Node>) -> Result<Vec<Entry>, Error> {
    let mut attributes = Attributes::default();
    let mut files = read_attribute_files(repository, &nodes, &mut attributes)?;
    let mut file_of = move |folder: &BStr| files.remove(folder).unwrap_or_default();
    attributes.enter("".into(), file_of("".into()));

    let mut entries = Vec::new();
    // Directories on the way down: written when the first file in them turns up (3.4).
    let mut waiting: Vec<Node> = Vec::new();
    let mut ignored_below = None;
    for node in nodes {
        match ignored_below {
            Some(depth) if node.depth > depth => continue,
            _ => ignored_below = None,
        }
        attributes.leave_to(node.depth + 1);
        waiting.truncate(waiting.iter().take_while(|directory| directory.depth < node.depth).count());
        let is_directory = matches!(node.kind, EntryKind::Directory | EntryKind::Submodule);
        let answer = attributes.ask(node.path.as_bstr(), is_directory);
        let is_ignored = answer.export_ignore == Some(State::True);
        if node.kind == EntryKind::Directory {
            if is_ignored {
                ignored_below = Some(node.depth);
            } else {
                attributes.enter(node.path.as_bstr(), file_of(node.path.as_bstr()));
                waiting.push(node);
            }
            continue;
        }
        entries.extend(waiting.drain(..).map(|directory| entry(directory, None)));
        if !is_ignored {
            let conversion = match node.kind {
                EntryKind::File { .. } => Conversion::from_attributes(&answer, &node.path)?,
                _ => None,
            };
            entries.push(entry(node, conversion));
        }
    }
    Ok(entries)
}

fn entry(node: Node, conversion: Option<Conversion>) -> Entry {
    Entry { path: node.path, kind: node.kind, id: node.id, conversion }
}

/// The attribute files by folder. The root's comes first, since macros are its alone.
fn read_attribute_files(
    repository: &dyn Repository,
    nodes: &[Node],
    attributes: &mut Attributes,
) -> Result<HashMap<BString, Rc<super::attributes::File>>, Error> {
    let mut files = HashMap::new();
    for node in nodes.iter().filter(|node| is_attribute_file(node)) {
        let folder = node.path.rfind_byte(b'/').map_or(&b""[..], |slash| &node.path[..slash]);
        let object = repository.read(node.id, limits::OBJECT_BYTES)?;
        if object.kind() == Kind::Blob {
            let file = attributes.parse(object.data(), folder.is_empty())?;
            files.insert(BString::from(folder), Rc::new(file));
        }
    }
    Ok(files)
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
        assert!(!is_good_name(".gitmodules".into(), EntryKind::Symlink));
    }
}
