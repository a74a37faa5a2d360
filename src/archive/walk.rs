//! The whole tree, checked and flattened (specification 1.6 and 3).

use std::collections::HashMap;
use std::rc::Rc;

use foreign::Foreign;
use gix_hash::ObjectId;
use gix_object::Kind;
use gix_object::bstr::{BStr, BString, ByteSlice};

use super::attributes::{Attributes, File, State};
use super::convert::Conversion;
use super::server::Server;
use super::{Entry, EntryKind, Error};
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
    let mut reader = Reader { repository, trees: HashMap::new(), nodes: Vec::new(), path_bytes: 0, tree_bytes: 0 };
    reader.read(root, &mut BString::default(), 0)?;
    Ok(reader.nodes)
}

struct Reader<'a> {
    repository: &'a dyn Repository,
    /// Trees occur more than once: each is read and hashed once.
    trees: HashMap<ObjectId, Rc<git::Object>>,
    nodes: Vec<Node>,
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
pub fn select(repository: &dyn Repository, nodes: Vec<Node>, server: &Server) -> Result<Vec<Entry>, Error> {
    let mut attributes = Attributes::new(server.ignore_case);
    let mut files = AttributeFiles::of(repository, &nodes);
    let root = files.read("".into(), &mut attributes)?;
    attributes.enter("".into(), root);
    // A file on a disk may begin with a mark that one in a tree must not have.
    let info = server.info_attributes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&server.info_attributes);
    let info = attributes.parse(info, true)?;
    attributes.overrule(info);

    let mut entries: Vec<Entry> = Vec::new();
    // Directories on the way down, as indices of entries: written when the first file in them turns up (3.4).
    let mut waiting: Vec<(usize, usize)> = Vec::new();
    let mut ignored_below = None;
    for node in nodes {
        match ignored_below {
            Some(depth) if node.depth > depth => continue,
            _ => ignored_below = None,
        }
        attributes.leave_to(node.depth + 1);
        waiting.truncate(waiting.iter().take_while(|(depth, _)| *depth < node.depth).count());
        let is_directory = matches!(node.kind, EntryKind::Directory | EntryKind::Submodule);
        let answer = attributes.ask(node.path.as_bstr(), is_directory)?;
        let is_ignored = answer.export_ignore == Some(State::True);
        if node.kind == EntryKind::Directory {
            if is_ignored {
                ignored_below = Some(node.depth);
            } else {
                let file = files.read(node.path.as_bstr(), &mut attributes)?;
                attributes.enter(node.path.as_bstr(), file);
                waiting.push((node.depth, entries.len()));
                entries.push(Entry { only_in_old_archives: true, ..entry(node) });
            }
            continue;
        }
        for (_, directory) in waiting.drain(..) {
            entries[directory].only_in_old_archives = false;
        }
        if !is_ignored {
            let (conversion, doubt) = match node.kind {
                EntryKind::File { .. } => Conversion::from_attributes(&answer, server, &node.path)?,
                _ => (None, None),
            };
            entries.push(Entry { conversion, doubt, ..entry(node) });
        }
    }
    Ok(entries)
}

/// The attribute files of a tree, read when their folders are walked into: those of ignored folders never are.
struct AttributeFiles<'a> {
    repository: &'a dyn Repository,
    by_folder: HashMap<BString, ObjectId>,
    /// Many folders may share one file. The root's is not among them, since it may have macros.
    parsed: HashMap<ObjectId, Rc<File>>,
    bytes: usize,
}

impl<'a> AttributeFiles<'a> {
    fn of(repository: &'a dyn Repository, nodes: &[Node]) -> Self {
        let files = nodes.iter().filter(|node| is_attribute_file(node));
        let by_folder = files.map(|node| (folder_of(node).into(), node.id)).collect();
        AttributeFiles { repository, by_folder, parsed: HashMap::new(), bytes: 0 }
    }

    fn read(&mut self, folder: &BStr, attributes: &mut Attributes) -> Result<Rc<File>, Error> {
        let Some(id) = self.by_folder.get(folder) else { return Ok(Rc::default()) };
        if let Some(file) = self.parsed.get(id) {
            return Ok(file.clone());
        }
        let object = self.repository.read(*id, limits::ATTRIBUTES_FILE_BYTES)?;
        self.bytes += object.data().len();
        if self.bytes > limits::ATTRIBUTES_BYTES {
            return Err(Error::Limit { what: "the size of the attribute files" });
        }
        let is_root = folder.is_empty();
        let file =
            if object.kind() == Kind::Blob { attributes.parse(object.data(), is_root)? } else { File::default() };
        let file = Rc::new(file);
        if !is_root {
            self.parsed.insert(*id, file.clone());
        }
        Ok(file)
    }
}

fn folder_of(node: &Node) -> &[u8] {
    node.path.rfind_byte(b'/').map_or(b"", |slash| &node.path[..slash])
}

fn entry(node: Node) -> Entry {
    let Node { path, kind, id, .. } = node;
    Entry { path, kind, id, only_in_old_archives: false, conversion: None, doubt: None }
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
