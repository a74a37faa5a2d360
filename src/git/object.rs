//! Objects that are what their id says, and the parts of commits and trees that this program reads.

use gix_hash::ObjectId;
use gix_object::Kind;
use gix_object::bstr::{BStr, ByteSlice};

use super::error::Error;
use crate::c_text;

/// An object whose bytes were hashed (with collision detection), and have the id that it is known by.
///
/// A bare [`ObjectId`] is only a claim; this type can come from [`Object::check`] and [`Object::blob`] alone.
#[derive(Clone, Debug)]
pub struct Object {
    id: ObjectId,
    kind: Kind,
    data: Vec<u8>,
}

impl Object {
    /// Hash `data` as an object of `kind`, and accept it if that gives `id`.
    ///
    /// # Errors
    /// [`Error::WrongHash`] for other bytes, and for SHA-1 input made to collide.
    pub fn check(id: ObjectId, kind: Kind, data: Vec<u8>) -> Result<Self, Error> {
        match gix_object::compute_hash(id.kind(), kind, &data) {
            Ok(actual) if actual == id => Ok(Object { id, kind, data }),
            _ => Err(Error::WrongHash { id }),
        }
    }

    /// A blob of these bytes, under the id that they hash to.
    ///
    /// # Errors
    /// [`Error::Malformed`] for SHA-1 input made to collide.
    pub fn blob(hash: gix_hash::Kind, data: Vec<u8>) -> Result<Self, Error> {
        let kind = Kind::Blob;
        let id = gix_object::compute_hash(hash, kind, &data);
        let id =
            id.map_err(|_| Error::Malformed { id: hash.null(), what: "its bytes are a SHA-1 collision attack" })?;
        Ok(Object { id, kind, data })
    }

    /// The id that these bytes hash to.
    pub fn id(&self) -> ObjectId {
        self.id
    }

    /// What the object is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The body, without git's header.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The body, to keep.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// This object, if it is of `kind`.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if not.
    pub fn of_kind(self, kind: Kind) -> Result<Self, Error> {
        if self.kind == kind {
            Ok(self)
        } else {
            Err(Error::WrongKind { id: self.id, expected: kind, actual: self.kind })
        }
    }
}

/// A commit: the object, and where its parts are.
#[derive(Clone, Debug)]
pub struct Commit {
    object: Object,
    tree: ObjectId,
}

impl Commit {
    /// Read the header of a commit.
    ///
    /// # Errors
    /// Where the object is no commit, or does not begin with a tree.
    pub fn parse(object: Object) -> Result<Self, Error> {
        let object = object.of_kind(Kind::Commit)?;
        let tree = object
            .data
            .strip_prefix(b"tree ")
            .and_then(|rest| rest.split_once_str(b"\n"))
            .and_then(|(hex, _)| parse_id(hex, object.id))
            .ok_or(Error::Malformed { id: object.id, what: "the commit does not begin with its tree" })?;
        Ok(Commit { object, tree })
    }

    /// The commit's id.
    pub fn id(&self) -> ObjectId {
        self.object.id
    }

    /// The id of its tree: a claim, until the tree was read.
    pub fn tree(&self) -> ObjectId {
        self.tree
    }

    /// The whole object: header, empty line, message.
    pub fn data(&self) -> &[u8] {
        &self.object.data
    }

    /// The lines of the header up to the first empty line.
    pub fn header(&self) -> impl Iterator<Item = &BStr> {
        header_lines(&self.object.data)
    }

    /// The values of all header lines `name VALUE`.
    pub fn fields(&self, name: &str) -> impl DoubleEndedIterator<Item = &BStr> {
        header_fields(&self.object.data, name)
    }

    /// The ids of the parents, as written.
    pub fn parents(&self) -> impl Iterator<Item = &BStr> {
        self.header().skip(1).map_while(|line| field_of(line, "parent"))
    }

    /// Seconds since the epoch of the committer line, read as `git archive` does (specification 1.3).
    pub fn committer_time(&self) -> u64 {
        let mut lines = self.header().skip(1).skip_while(|line| field_of(line, "parent").is_some());
        match (lines.next(), lines.next()) {
            (Some(author), Some(committer)) if author.starts_with(b"author") && committer.starts_with(b"committer") => {
                lenient_time(committer)
            }
            _ => 0,
        }
    }
}

fn header_lines(commit: &[u8]) -> impl Iterator<Item = &BStr> {
    commit.split_str(b"\n").take_while(|line| !line.is_empty()).map(ByteSlice::as_bstr)
}

/// The values of all header lines `name VALUE` in the bytes of a commit.
fn header_fields<'a>(commit: &'a [u8], name: &str) -> impl DoubleEndedIterator<Item = &'a BStr> {
    let lines: Vec<_> = header_lines(commit).collect();
    lines.into_iter().filter_map(move |line| field_of(line, name))
}

fn field_of<'a>(line: &'a BStr, name: &str) -> Option<&'a BStr> {
    line.strip_prefix(name.as_bytes())?.strip_prefix(b" ").map(ByteSlice::as_bstr)
}

/// The number after the last `>`.
fn lenient_time(line: &[u8]) -> u64 {
    let Some(end_of_mail) = line.rfind_byte(b'>') else { return 0 };
    c_text::commit_time(&line[end_of_mail + 1..])
}

/// When the person of a `tagger` or `committer` line says they did it, in seconds since 1970; `None` for everything but the form
/// `NAME <MAIL> SECONDS ZONE` that git writes.
pub fn date_of_person(line: &[u8]) -> Option<u64> {
    let (_, date) = line.rsplit_once_str(b"> ")?;
    let (seconds, zone) = date.split_once_str(b" ")?;
    let [b'+' | b'-', zone @ ..] = zone else { return None };
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(seconds).ok().filter(|_| is_number(seconds) && is_number(zone))?;
    text.parse().ok()
}

/// A full object id in lower-case hexadecimal, of the same hash as `like`.
pub fn parse_id(hex: &[u8], like: ObjectId) -> Option<ObjectId> {
    let well_formed = hex.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    ObjectId::from_hex(hex).ok().filter(|id| well_formed && id.kind() == like.kind())
}

/// One line of a tree object, as stored.
#[derive(Clone, Copy, Debug)]
pub struct TreeLine<'a> {
    /// The file-type and permission bits as written.
    pub mode: u32,
    /// One path component, not checked.
    pub name: &'a BStr,
    /// What it points to.
    pub id: ObjectId,
}

/// The lines of a tree in stored order.
///
/// # Errors
/// Where the object is cut short, or has an empty name or a mode that is not octal, [`Error::Malformed`].
pub fn tree_lines(tree: &Object) -> impl Iterator<Item = Result<TreeLine<'_>, Error>> {
    let mut rest = tree.data.as_slice();
    let malformed = Error::Malformed { id: tree.id, what: "the tree object is damaged" };
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some((line, after)) = take_tree_line(rest, tree.id) else {
            rest = &[];
            return Some(Err(malformed.clone()));
        };
        rest = after;
        Some(Ok(line))
    })
}

fn take_tree_line(data: &[u8], like: ObjectId) -> Option<(TreeLine<'_>, &[u8])> {
    let (mode, rest) = data.split_once_str(b" ")?;
    // git takes more digits than make sense, and lets the highest fall away.
    let mode = mode
        .iter()
        .try_fold(0u32, |value, digit| matches!(digit, b'0'..=b'7').then(|| value << 3 | u32::from(digit - b'0')))
        .filter(|_| !mode.is_empty())?;
    let (name, rest) = rest.split_once_str(b"\0")?;
    let (id, rest) = rest.split_at_checked(like.kind().len_in_bytes())?;
    let id = ObjectId::try_from(id).ok()?;
    (!name.is_empty()).then(|| (TreeLine { mode, name: name.as_bstr(), id }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committer_times_are_read_as_git_archive_reads_them() {
        let cases: [(&str, u64); 8] = [
            ("committer A <a> 1112911993 -0700", 1112911993),
            ("committer A <a>1112911993foo", 1112911993),
            ("committer A <a> -1 +0000", u64::MAX),
            ("committer A <a> 99999999999999999999 +0000", u64::MAX),
            ("committer A <a> x1", 0),
            ("committer A <a", 0),
            ("committer A <a> > 5", 5),
            ("committer A <a>", 0),
        ];
        for (line, time) in cases {
            assert_eq!(lenient_time(line.as_bytes()), time, "{line}");
        }
    }

    #[test]
    fn an_object_is_accepted_only_under_its_own_id() {
        let id = gix_object::compute_hash(gix_hash::Kind::Sha1, Kind::Blob, b"a").unwrap();
        assert!(Object::check(id, Kind::Blob, b"a".to_vec()).is_ok());
        assert!(Object::check(id, Kind::Blob, b"b".to_vec()).is_err());
        assert!(Object::check(id, Kind::Tree, b"a".to_vec()).is_err());
    }
}
