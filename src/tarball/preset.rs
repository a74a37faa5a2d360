//! What packaging tools add and rewrite, as plain lists.

use std::collections::HashSet;

use gix_hash::ObjectId;
use gix_object::bstr::ByteSlice;
use serde::Serialize;

use super::difference::{Cause, Difference, Kind, What, is_written_by_setuptools};
use super::path_pattern::PathPattern;

/// A packaging tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// `python -m build --sdist`
    Sdist,
    /// `cargo package`
    Crate,
    /// `make dist`: nothing is accepted, since everything that autotools add runs at build time.
    Dist,
}

impl Preset {
    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        [Preset::Sdist, Preset::Crate, Preset::Dist].into_iter().find(|preset| preset.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Preset::Sdist => "sdist",
            Preset::Crate => "crate",
            Preset::Dist => "dist",
        }
    }

    /// Paths that may be added, whatever is in them.
    pub fn added(self) -> &'static [&'static str] {
        match self {
            Preset::Sdist => &[
                "PKG-INFO",
                "**/*.egg-info/PKG-INFO",
                "**/*.egg-info/SOURCES.txt",
                "**/*.egg-info/dependency_links.txt",
                "**/*.egg-info/requires.txt",
                "**/*.egg-info/top_level.txt",
                "**/*.egg-info/namespace_packages.txt",
                "**/*.egg-info/zip-safe",
                "**/*.egg-info/not-zip-safe",
            ],
            Preset::Crate => &["Cargo.lock"],
            Preset::Dist => &[],
        }
    }

    /// What else it accepts, in words.
    pub fn further(self) -> &'static [&'static str] {
        match self {
            Preset::Sdist => &["setup.cfg, if nothing but the block [egg_info] was added as setuptools does it"],
            Preset::Crate => &[
                ".cargo_vcs_info.json, if its sha1 is the commit",
                "Cargo.toml.orig, if it is the commit's Cargo.toml",
                "Cargo.lock, if it is another: it chooses versions of dependencies",
                "not Cargo.toml: cargo has rewritten it, and it says what runs at build time; see --allow-changed",
            ],
            Preset::Dist => &["nothing: everything that it adds can run when the package is built"],
        }
    }

    /// Whether the bytes of this file decide.
    pub fn reads(self, path: &[u8]) -> bool {
        match self {
            Preset::Sdist => path == b"setup.cfg",
            Preset::Crate => path == b".cargo_vcs_info.json",
            Preset::Dist => false,
        }
    }

    /// The places of the differences that it accepts.
    pub fn accepted(self, differences: &[Difference], commit: ObjectId) -> HashSet<usize> {
        let patterns: Vec<_> = self.added().iter().filter_map(|text| PathPattern::new(text.as_bytes())).collect();
        let is_plain = |difference: &Difference| {
            difference.found.as_ref().is_some_and(|found| found.what == What::File)
                && !matches!(difference.cause, Cause::OutsidePrefix | Cause::Submodule | Cause::ExportIgnored)
        };
        let is_listed = |difference: &Difference| {
            let path = difference.path.as_bytes();
            difference.kind == Kind::Added && patterns.iter().any(|pattern| pattern.matches(path))
        };
        let is_accepted = |difference: &Difference| {
            is_plain(difference) && (is_listed(difference) || self.is_rewritten(difference, differences, commit))
        };
        (0..).zip(differences).filter(|(_, difference)| is_accepted(difference)).map(|(at, _)| at).collect()
    }

    fn is_rewritten(self, difference: &Difference, all: &[Difference], commit: ObjectId) -> bool {
        let content = difference.content.as_deref();
        match (self, difference.path.as_bytes(), difference.kind) {
            (Preset::Sdist, b"setup.cfg", Kind::Added) => {
                content.is_some_and(|content| is_written_by_setuptools(b"", content))
            }
            (Preset::Sdist, b"setup.cfg", Kind::Changed) => {
                let commits = difference.commits_content.as_deref();
                commits.zip(content).is_some_and(|(commits, content)| is_written_by_setuptools(commits, content))
            }
            (Preset::Crate, b".cargo_vcs_info.json", Kind::Added) => content.is_some_and(|json| names(json, commit)),
            (Preset::Crate, b"Cargo.toml.orig", Kind::Added) => {
                let manifest =
                    |other: &&Difference| other.path.as_bytes() == b"Cargo.toml" && other.kind == Kind::Changed;
                let expected = all.iter().find(manifest).and_then(|manifest| manifest.expected.as_ref()?.id);
                expected.is_some() && is_original(difference, expected)
            }
            (Preset::Crate, b"Cargo.lock", Kind::Changed) => true,
            _ => false,
        }
    }
}

/// Whether this is the manifest as the commit has it.
fn is_original(difference: &Difference, expected: Option<ObjectId>) -> bool {
    let is_file = difference.found.as_ref().is_some_and(|found| found.what == What::File && found.id == expected);
    difference.path.as_bytes() == b"Cargo.toml.orig" && difference.kind == Kind::Added && is_file
}

/// Whether this is the record that `cargo package` writes of a clean checkout of the commit.
fn names(json: &[u8], commit: ObjectId) -> bool {
    let json = json.strip_suffix(b"\n").unwrap_or(json);
    let start = format!("{{\n  \"git\": {{\n    \"sha1\": \"{commit}\"\n  }}");
    let Some(rest) = json.strip_prefix(start.as_bytes()) else { return false };
    let folder = rest.strip_prefix(b",\n  \"path_in_vcs\": \"").and_then(|rest| rest.strip_suffix(b"\"\n}"));
    let is_plain =
        |folder: &[u8]| folder.is_utf8() && !folder.iter().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
    rest == b"\n}" || folder.is_some_and(is_plain)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn the_record_of_cargo_names_one_commit() {
        let commit = gix_hash::ObjectId::from_hex(b"9ad5c28e4c3b8fe3a28d5ce8ba0a3c0eb29da0b7").unwrap();
        let good = format!("{{\n  \"git\": {{\n    \"sha1\": \"{commit}\"\n  }},\n  \"path_in_vcs\": \"\"\n}}");
        assert!(names(good.as_bytes(), commit));
        assert!(names(good.replace("vcs\": \"\"", "vcs\": \"crates/x\"").as_bytes(), commit));
        for bad in [
            good.replace("9ad5", "9ad6"),
            good.replace("\"sha1\"", "\"dirty\": true, \"sha1\""),
            good.replace("vcs\": \"\"", "vcs\": \"\", \"git\": \"\""),
            good.replace("\"9ad5", "\"9a d5"),
            String::new(),
        ] {
            assert!(!names(bad.as_bytes(), commit), "{bad}");
        }
    }
}
