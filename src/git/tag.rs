//! Annotated tag objects.

use std::ops::Range;

use foreign::Foreign;
use gix_hash::ObjectId;
use gix_object::Kind;
use gix_object::bstr::ByteSlice;

use super::error::Error;
use super::object::Object;
use super::object::parse_id;

/// An annotated tag object with well-formed headers.
#[derive(Clone, Debug)]
pub struct Tag {
    object: Object,
    target: ObjectId,
    target_kind: Kind,
    name: Foreign,
    tagger: Option<Foreign>,
    other_signature: Option<Range<usize>>,
    /// Where the message begins.
    message: usize,
}

impl Tag {
    /// Read a tag object: `object`, `type`, `tag`, `tagger` in this order, each once, an empty line, the message (or neither of the two).
    ///
    /// Tags older than git 0.99.1 may lack the `tagger`. In a repository that has been under two hashes, the header `gpgsig` or
    /// `gpgsig-sha256` may follow, over several lines: the signature of the same tag under the other hash.
    ///
    /// # Errors
    /// [`Error::Lightweight`] where the object is not a tag at all, and the `Tag…` errors.
    pub fn parse(object: Object) -> Result<Self, Error> {
        if object.kind() != Kind::Tag {
            return Err(Error::Lightweight { kind: object.kind() });
        }
        let malformed = |what| Error::MalformedTag { what };
        let data = object.data();
        let (end, message) = match (data.find(b"\n\n"), data) {
            (Some(end), _) => (end, end + 2),
            // Without a message, gitoxide and old scripts leave the empty line out.
            (None, [headers @ .., b'\n']) => (headers.len(), data.len()),
            (None, _) => return Err(malformed("its headers do not end")),
        };
        let header = &object.data()[..end];
        if header.iter().any(|byte| matches!(byte, b'\0' | b'\r')) {
            return Err(malformed("its headers hold NUL or CR bytes"));
        }
        let mut lines = header.split_str(b"\n").peekable();
        let mut field = |name: &str| {
            let value = lines.peek()?.strip_prefix(name.as_bytes())?.strip_prefix(b" ")?;
            lines.next();
            Some(value)
        };
        let target = field("object")
            .and_then(|hex| parse_id(hex, object.id()))
            .ok_or(malformed("it does not begin with the id of an object"))?;
        let target_kind = field("type")
            .and_then(|kind| Kind::from_bytes(kind).ok())
            .ok_or(malformed("the type of its object is missing or unknown"))?;
        let name = field("tag").filter(|name| !name.is_empty()).ok_or(malformed("its name is missing"))?;
        let tagger = field("tagger").map(Foreign::from);
        let name = Foreign::from(name);
        let other = match object.id().kind() {
            gix_hash::Kind::Sha1 => "gpgsig-sha256",
            _ => "gpgsig",
        };
        let mut length = field(other).map(|value| other.len() + 1 + value.len() + 1);
        if let Some(length) = &mut length {
            while let Some(more) = lines.next_if(|line| line.starts_with(b" ")) {
                *length += more.len() + 1;
            }
        }
        if let Some(line) = lines.next() {
            return Err(Error::TagHeader(Foreign::from(line)));
        }
        // It is the last of the headers.
        let other_signature = length.map(|length| end + 1 - length..end + 1);
        Ok(Tag { target, target_kind, name, tagger, other_signature, message, object })
    }

    /// The tag object's own id.
    pub fn id(&self) -> ObjectId {
        self.object.id()
    }

    /// What it points to: a claim, until that object was read.
    pub fn target(&self) -> ObjectId {
        self.target
    }

    /// What kind of object it says it points to.
    pub fn target_kind(&self) -> Kind {
        self.target_kind
    }

    /// The name in its `tag` line.
    pub fn name(&self) -> &Foreign {
        &self.name
    }

    /// Its `tagger` line.
    pub fn tagger(&self) -> Option<&Foreign> {
        self.tagger.as_ref()
    }

    /// Where in [`data`](Self::data) the header with the signature under the other hash is.
    pub fn other_signature(&self) -> Option<Range<usize>> {
        self.other_signature.clone()
    }

    /// The whole object.
    pub fn data(&self) -> &[u8] {
        self.object.data()
    }

    /// Where in [`data`](Self::data) the message begins.
    pub fn message_start(&self) -> usize {
        self.message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Tag, Error> {
        let id = gix_object::compute_hash(gix_hash::Kind::Sha1, Kind::Tag, text.as_bytes()).unwrap();
        Tag::parse(Object::check(id, Kind::Tag, text.into()).unwrap())
    }

    const OBJECT: &str = "object 0123456789012345678901234567890123456789\n";

    #[test]
    fn a_tag_has_its_headers_once_and_in_order() {
        let good = parse(&format!("{OBJECT}type commit\ntag v1\ntagger A <a> 1 +0000\n\nmessage\n")).unwrap();
        assert_eq!((good.name().as_bytes(), good.target_kind()), (&b"v1"[..], Kind::Commit));
        assert_eq!(&good.data()[good.message_start()..], b"message\n");
        assert!(parse(&format!("{OBJECT}type commit\ntag v1\n\n")).is_ok());
        let without_message = parse(&format!("{OBJECT}type commit\ntag v1\ntagger A <a> 1 +0000\n")).unwrap();
        assert_eq!(&without_message.data()[without_message.message_start()..], b"");
        for bad in [
            format!("{OBJECT}type commit\ntag v1\ntagger A <a> 1 +0000"),
            format!("{OBJECT}type commit\ntag v1\ntagger A <a> 1 +0000\nmessage\n"),
            format!("{OBJECT}{OBJECT}type commit\ntag v1\ntagger A <a> 1 +0000\n\nm"),
            format!("{OBJECT}tag v1\ntype commit\ntagger A <a> 1 +0000\n\nm"),
            format!("{OBJECT}type commit\ntag v1\ntag v2\ntagger A <a> 1 +0000\n\nm"),
            format!("{OBJECT}type commit\ntag v1\r\ntagger A <a> 1 +0000\n\nm"),
            format!("{OBJECT}type commit\ntag v1\0x\ntagger A <a> 1 +0000\n\nm"),
            format!("{OBJECT}type commit\ntag \ntagger A <a> 1 +0000\n\nm"),
            format!("{OBJECT}type comit\ntag v1\ntagger A <a> 1 +0000\n\nm"),
            "object 012345678901234567890123456789012345678A\ntype commit\ntag v1\n\nm".into(),
            "object 0123\ntype commit\ntag v1\n\nm".into(),
            String::new(),
        ] {
            assert!(parse(&bad).is_err(), "{bad:?}");
        }
    }
}
