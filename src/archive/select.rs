//! Which lines of the trees become entries, and how their content is converted (specification 3 and 4).

use std::collections::HashMap;
use std::rc::Rc;

use gix_hash::ObjectId;
use gix_object::Kind;
use gix_object::bstr::{BStr, BString, ByteSlice};

use super::attributes::{Attributes, File, State};
use super::configuration::Configuration;
use super::convert::Conversion;
use super::entry::{Entry, EntryKind};
use super::error::Error;
use super::trees::{Node, Trees};
use crate::git::{self, Repository};
use crate::limits;

/// Leave out what is export-ignored, and say how each file is converted.
pub fn select(repository: &dyn Repository, trees: Trees, configuration: &Configuration) -> Result<Vec<Entry>, Error> {
    let mut attributes = Attributes::new(configuration.ignore_case);
    let mut files = AttributeFiles::of(repository, trees.nodes());
    let root = files.content("".into())?;
    let root = root.as_ref().map(git::Object::data).unwrap_or_default();
    // A file on a disk may begin with a mark that one in a tree must not have.
    let info = &configuration.info_attributes;
    let info = info.strip_prefix(b"\xef\xbb\xbf").unwrap_or(info);
    attributes.find_macros(&[root, info])?;
    let root = attributes.parse(root, true)?;
    attributes.enter("".into(), Rc::new(root));
    let info = attributes.parse(info, true)?;
    attributes.overrule(info);

    let mut entries: Vec<Entry> = Vec::new();
    // Directories on the way down, as indices of entries: written when the first file in them turns up (3.4).
    let mut waiting: Vec<(usize, usize)> = Vec::new();
    let mut ignored_below = None;
    for node in trees.into_nodes() {
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
                EntryKind::File { .. } => Conversion::from_attributes(&answer, configuration, &node.path)?,
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
    fn of<'n>(repository: &'a dyn Repository, nodes: impl Iterator<Item = &'n Node>) -> Self {
        let files = nodes.filter(|node| node.is_attribute_file());
        let by_folder = files.map(|node| (node.folder().into(), node.id)).collect();
        AttributeFiles { repository, by_folder, parsed: HashMap::new(), bytes: 0 }
    }

    /// The bytes of the file in this folder; `None` without one, and for what is no blob.
    fn content(&mut self, folder: &BStr) -> Result<Option<git::Object>, Error> {
        let Some(id) = self.by_folder.get(folder) else { return Ok(None) };
        let object = self.repository.read(*id, limits::ATTRIBUTES_BYTES)?;
        self.bytes += object.data().len();
        if self.bytes > limits::ATTRIBUTES_BYTES {
            return Err(Error::Limit { what: "the size of the attribute files" });
        }
        Ok(Some(object).filter(|object| object.kind() == Kind::Blob))
    }

    fn read(&mut self, folder: &BStr, attributes: &mut Attributes) -> Result<Rc<File>, Error> {
        let Some(id) = self.by_folder.get(folder).copied() else { return Ok(Rc::default()) };
        if let Some(file) = self.parsed.get(&id) {
            return Ok(file.clone());
        }
        let file = match self.content(folder)? {
            Some(object) => attributes.parse(object.data(), false)?,
            None => File::default(),
        };
        let file = Rc::new(file);
        self.parsed.insert(id, file.clone());
        Ok(file)
    }
}

fn entry(node: Node) -> Entry {
    let Node { path, kind, id, .. } = node;
    Entry { path, kind, id, only_in_old_archives: false, conversion: None, doubt: None }
}
