//! Files that moved, and files that a build runs or includes.

use std::collections::HashMap;

use foreign::Foreign;
use gix_hash::ObjectId;
use unicode_normalization::UnicodeNormalization as _;

use super::{Cause, Difference, Kind, What};
use crate::limits;

/// Pair what is missing with what was added, if it is the same file.
pub fn find_moves(differences: &mut [Difference]) {
    let mut added: HashMap<ObjectId, Vec<usize>> = HashMap::new();
    // The last one is taken first.
    for (at, difference) in differences.iter().enumerate().rev() {
        let may_have_moved = difference.kind == Kind::Added && difference.cause != Cause::OutsidePrefix;
        let id = difference.found.as_ref().and_then(|found| found.id);
        if let Some(id) = id.filter(|_| may_have_moved) {
            added.entry(id).or_default().push(at);
        }
    }
    for at in 0..differences.len() {
        let missing = &differences[at];
        let id = missing.expected.as_ref().and_then(|expected| expected.id);
        let Some(candidates) = id.filter(|_| missing.kind == Kind::Missing).and_then(|id| added.get_mut(&id)) else {
            continue;
        };
        let is_link = |difference: &Difference| {
            let fact = difference.found.as_ref().or(difference.expected.as_ref());
            fact.is_some_and(|fact| fact.what == What::Link)
        };
        // Of several, the one whose name is most like it; few are looked at.
        let from = candidates.len().saturating_sub(limits::MOVE_CANDIDATES);
        let best = (from..candidates.len()).max_by_key(|place| {
            let name = &differences[candidates[*place]].path;
            (likeness(&missing.path, name), *place)
        });
        let Some(place) = best.filter(|place| is_link(&differences[candidates[*place]]) == is_link(missing)) else {
            continue;
        };
        let to = candidates.remove(place);
        let cause = cause_of_names(&differences[at].path, &differences[to].path);
        let (old, new) = (differences[at].path.clone(), differences[to].path.clone());
        (differences[at].cause, differences[at].other_path) = (cause, Some(new));
        (differences[to].cause, differences[to].other_path) = (cause, Some(old));
    }
}

/// 2 for names that people take for the same, 1 for the same name in another folder.
fn likeness(one: &Foreign, other: &Foreign) -> u8 {
    let name = |path: &Foreign| path.as_bytes().rsplit(|byte| *byte == b'/').next().map(<[u8]>::to_vec);
    match cause_of_names(one, other) {
        Cause::Moved => u8::from(name(one) == name(other)),
        _ => 2,
    }
}

fn cause_of_names(one: &Foreign, other: &Foreign) -> Cause {
    let texts = std::str::from_utf8(one.as_bytes()).ok().zip(std::str::from_utf8(other.as_bytes()).ok());
    let Some((one, other)) = texts else { return Cause::Moved };
    if one.nfc().eq(other.nfc()) {
        return Cause::NameForm;
    }
    let small = |text: &str| text.nfc().flat_map(char::to_lowercase).collect::<String>();
    if small(one) == small(other) { Cause::NameCase } else { Cause::Moved }
}

/// Names of files that builds run or include, whatever their mode.
const BUILD_NAMES: [&str; 24] = [
    "configure",
    "CMakeLists.txt",
    "meson.build",
    "meson_options.txt",
    "setup.py",
    "setup.cfg",
    "pyproject.toml",
    "conftest.py",
    "build.rs",
    "Cargo.toml",
    "build.gradle",
    "build.gradle.kts",
    "pom.xml",
    "package.json",
    "binding.gyp",
    "SConstruct",
    "SConscript",
    "wscript",
    "waf",
    "BUILD",
    "BUILD.bazel",
    "WORKSPACE",
    "Rakefile",
    "Makefile.PL",
];

/// Ends of such names.
const BUILD_ENDINGS: [&str; 14] =
    [".m4", ".in", ".am", ".ac", ".cmake", ".sh", ".mk", ".mak", ".bat", ".ps1", ".pc.in", ".pro", ".nix", ".gn"];

/// Whether a build runs the file or includes it.
pub fn runs(path: &[u8], what: What) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let text = String::from_utf8_lossy(name);
    let is_makefile = ["makefile", "gnumakefile"].iter().any(|word| text.to_ascii_lowercase().starts_with(word));
    what == What::Executable
        || is_makefile
        || BUILD_NAMES.iter().any(|known| *known == text)
        || BUILD_ENDINGS.iter().any(|ending| text.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_people_take_for_the_same() {
        let cause = |one: &str, other: &str| cause_of_names(&Foreign::from(one), &Foreign::from(other));
        assert_eq!(cause("README", "ReadMe"), Cause::NameCase);
        assert_eq!(cause("caf\u{e9}", "cafe\u{301}"), Cause::NameForm);
        assert_eq!(cause("a/x", "b/x"), Cause::Moved);
        assert_eq!(cause("\u{c9}", "e\u{301}"), Cause::NameCase);
    }

    #[test]
    fn what_builds_run() {
        for path in
            ["configure", "m4/build-to-host.m4", "src/Makefile.in", "makefile", "x.cmake", "build.rs", "a/setup.py"]
        {
            assert!(runs(path.as_bytes(), What::File), "{path}");
        }
        assert!(runs(b"doc/tool", What::Executable));
        for path in ["README", "src/lib.c", "configured", "m4/x.txt"] {
            assert!(!runs(path.as_bytes(), What::File), "{path}");
        }
    }
}
