//! Which file a trusted comment is about, in the forms of all programs that write them. `docs/quorum.md`, section 2.

use std::path::Path;

use foreign::Foreign;

use crate::escape;

/// What is shown in place of a name.
pub(crate) const UNCLEAR: &str = "(several names, or none that a file can have)";

/// Which file a trusted comment says that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedName {
    /// A file of this name, without folders.
    File(Vec<u8>),
    /// It names no file: anyone who can rename files can pass one off as another.
    Nothing,
    /// It names several, or a folder, or its one name is written in a way that nobody understands. No file has this name.
    Unclear,
}

impl SignedName {
    /// Read a trusted comment, statement or not.
    ///
    /// C minisign, rsign2 and py-minisign write `file:` and the name as it is, rsign2 with its folders; aead/minisign writes
    /// `filename:`. Only statements, which have `by:`, encode it.
    pub fn of(comment: &[u8]) -> Self {
        let fields = || comment.split(|byte| *byte == b'\t');
        let is_statement = fields().any(|field| field.starts_with(b"by:"));
        if is_statement {
            // `filename` is a field like any other here.
            let mut names = fields().filter_map(|field| field.strip_prefix(b"file:"));
            let name = names.next().filter(|_| names.next().is_none()).and_then(escape::decode);
            return name.filter(|name| is_file_name(name)).map_or(SignedName::Unclear, SignedName::File);
        }
        if !fields().any(|field| is_name(field)) {
            return SignedName::Nothing;
        }
        // A plain name is written as it is: a TAB in it would make a field of what stands behind, and the rest another name. So
        // there is nothing but what the writers put around it, once each and in their order.
        let mut rest: Vec<&[u8]> = fields().collect();
        rest.drain(..usize::from(rest.first().is_some_and(|field| field.starts_with(b"timestamp:"))));
        if rest.last().is_some_and(|field| matches!(*field, b"hashed" | b"prehashed")) {
            rest.pop();
        }
        let [field] = rest.as_slice() else { return SignedName::Unclear };
        let name = field.strip_prefix(b"file:").or_else(|| field.strip_prefix(b"filename:"));
        let name = name.map(|name| base_name(name).to_vec());
        name.filter(|name| is_file_name(name)).map_or(SignedName::Unclear, SignedName::File)
    }

    /// The name, if it is another than this one.
    pub fn other_than(&self, name: &[u8]) -> Option<Foreign> {
        match self {
            SignedName::File(signed) => (signed != name).then(|| Foreign::from(signed)),
            SignedName::Nothing => None,
            SignedName::Unclear => Some(Foreign::said(UNCLEAR)),
        }
    }
}

fn is_name(field: &[u8]) -> bool {
    field.starts_with(b"file:") || field.starts_with(b"filename:")
}

fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// A name in a folder.
pub fn is_file_name(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..") && !name.contains(&b'/') && !name.contains(&0)
}

/// The name of a path's last part, if it has one that a statement could have.
pub fn file_name(path: &Path) -> Option<Vec<u8>> {
    path.file_name().map(|name| name.as_encoded_bytes().to_vec()).filter(|name| is_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::SignedName;

    #[test]
    fn names_of_all_writers() {
        for (comment, file) in [
            ("timestamp:1\tfile:x", "x"),
            ("timestamp:1\tfile:100% \u{e9}\thashed", "100% \u{e9}"),
            ("timestamp:1\tfile:v%251\thashed", "v%251"),
            ("timestamp:1\tfile:dist/x\tprehashed", "x"),
            ("timestamp:1\tfile:./x\tprehashed", "x"),
            ("timestamp:1\tfilename:x", "x"),
            ("timestamp:1\tfile:v%251\thashed\tby:builder", "v%1"),
            ("timestamp:1\tfile:x\thashed\tby:builder\tfilename:y", "x"),
        ] {
            assert_eq!(SignedName::of(comment.as_bytes()), SignedName::File(file.into()), "{comment}");
        }
        for comment in ["", "hello", "a file:x", "timestamp:1"] {
            assert_eq!(SignedName::of(comment.as_bytes()), SignedName::Nothing, "{comment}");
        }
        for comment in [
            "file:x\tfile:x",
            "file:x\tfilename:x",
            "file:",
            "file:dist/",
            "file:..",
            "file:v%1\tby:builder",
            "file:a/b\tby:x",
            "filename:x\tby:builder",
            "timestamp:1\tfile:g\tx\thashed",
            "timestamp:1\tfile:g\ta:b\thashed",
            "timestamp:1\tfile:g\thashed\thashed",
            "timestamp:1\tfile:g\tprehashed\thashed",
            "timestamp:1\tfile:g\ttimestamp:5\thashed",
            "hashed\tfile:g",
            "file:g\ttimestamp:1",
        ] {
            assert_eq!(SignedName::of(comment.as_bytes()), SignedName::Unclear, "{comment}");
        }
    }
}
