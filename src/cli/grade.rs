//! What differs, in words: the grade, what changed, what is missing, and what was added.

use std::io::{self, Write};

use foreign::Foreign;

use crate::tarball::difference::{Cause, Difference, Fact, Kind, Sign, What};
use crate::tarball::{Grade, Graded, Preset, SubmoduleFact};

/// The line of advice under a refusal that could be explained.
pub const ADVICE: &str = "more: run with --explain to see every difference";

/// The grade, and every difference.
pub fn describe(graded: &Graded, err: &mut dyn Write) -> io::Result<()> {
    // There can be very many lines.
    let mut buffered = io::BufWriter::new(err);
    describe_all(graded, &mut buffered)?;
    buffered.flush()
}

fn describe_all(graded: &Graded, err: &mut dyn Write) -> io::Result<()> {
    let count = |kind| graded.count(kind);
    let prefix = graded.prefix.to_string();
    let prefix = if prefix.is_empty() { "none" } else { &prefix };
    writeln!(
        err,
        "grade {}: {}; {} changed, {} missing, {} added, {} as in the commit (prefix {prefix})",
        graded.grade,
        meaning(graded.grade),
        count(Kind::Changed),
        count(Kind::Missing),
        count(Kind::Added),
        graded.same,
    )?;
    if graded.begins_as_archive {
        writeln!(err, "it begins with the tar that git archive writes, byte for byte, and has more entries behind it")?;
    }
    submodules(&graded.submodules, err)?;
    group("changed", graded, |difference| difference.kind == Kind::Changed, err)?;
    group("missing", graded, |difference| difference.kind == Kind::Missing, err)?;
    group("added, and run or included by builds", graded, |one| one.kind == Kind::Added && one.runs, err)?;
    group("added", graded, |one| one.kind == Kind::Added && !one.runs, err)?;
    group("from the commit, export-ignored", graded, |one| one.kind == Kind::Ignored, err)?;
    paths("as in the repository, where git archive would convert them", &graded.as_in_repository, err)?;
    if let Some(preset) = graded.preset {
        describe_preset(preset, graded, err)?;
    }
    Ok(())
}

/// Submodules that were compared as well.
pub fn submodules(submodules: &[SubmoduleFact], err: &mut dyn Write) -> io::Result<()> {
    if !submodules.is_empty() {
        writeln!(err, "compared with its submodules, at the commits that the signed tree names:")?;
    }
    submodules.iter().try_for_each(|one| writeln!(err, "  {} at {}", one.path, one.commit))
}

fn meaning(grade: Grade) -> &'static str {
    match grade {
        Grade::SameTar => "the tar that git archive writes",
        Grade::SameFiles => "the files of the commit, in another tar",
        Grade::Added => "all files of the commit, and more",
        Grade::Changed => "not all files of the commit as they are",
    }
}

fn group(title: &str, graded: &Graded, is_in: impl Fn(&Difference) -> bool, err: &mut dyn Write) -> io::Result<()> {
    let members: Vec<(usize, &Difference)> =
        graded.differences.iter().enumerate().filter(|(_, difference)| is_in(difference)).collect();
    if members.is_empty() {
        return Ok(());
    }
    writeln!(err, "{title} ({}):", members.len())?;
    for (at, difference) in members {
        let is_accepted = graded.is_choosing() && graded.not_accepted.binary_search(&at).is_err();
        one(difference, is_accepted, err)?;
    }
    Ok(())
}

fn one(difference: &Difference, is_accepted: bool, err: &mut dyn Write) -> io::Result<()> {
    let mut notes = Vec::new();
    match (&difference.other_path, difference.kind) {
        (Some(other), Kind::Missing) => notes.push(format!("the same file is at {other}")),
        (Some(other), _) => notes.push(format!("the same file as the commit's {other}")),
        _ => {}
    }
    let words = difference.cause.words();
    if !words.is_empty() && difference.cause != Cause::Moved {
        notes.push(words.to_owned());
    }
    notes.extend(difference.found.as_ref().map(|found| found_words(found, difference.kind)).filter(|w| !w.is_empty()));
    let expected = difference.expected.as_ref().filter(|_| difference.kind != Kind::Ignored);
    notes.extend(expected.map(|expected| format!("the commit has {}", expected_words(expected))));
    if is_accepted {
        notes.push("accepted".to_owned());
    }
    writeln!(err, "  {}{}{}", difference.path, if notes.is_empty() { "" } else { ": " }, notes.join("; "))?;
    let Some(text) = &difference.text else { return Ok(()) };
    for hunk in &text.hunks {
        let ((before, removed), (after, added)) = (hunk.before, hunk.after);
        writeln!(err, "    @@ -{before},{removed} +{after},{added} @@")?;
        for line in &hunk.lines {
            let sign = match line.sign {
                Sign::Both => ' ',
                Sign::Commit => '-',
                Sign::Tarball => '+',
            };
            writeln!(err, "    {sign}{}", line.text)?;
        }
    }
    if text.is_cut { writeln!(err, "    (more lines differ)") } else { Ok(()) }
}

fn found_words(found: &Fact, kind: Kind) -> String {
    let mut words = Vec::new();
    match (found.what, &found.target) {
        (What::Link, Some(target)) => words.push(format!("a link to {target}")),
        (What::File, _) if kind == Kind::Ignored => return String::new(),
        (What::File, _) => {}
        (what, _) => words.push(name(what).to_owned()),
    }
    if found.what != What::Link {
        words.extend(found.mode.filter(|mode| mode & 0o7000 != 0).map(|mode| format!("mode {mode:04o}")));
        words.extend(found.size.map(|size| format!("{size} bytes")));
        words.extend(found.sha256.map(|hash| format!("SHA-256 {}", faster_hex::hex_string(&hash))));
    }
    words.join(", ")
}

fn expected_words(expected: &Fact) -> String {
    let mut words = vec![name(expected.what).to_owned()];
    words.extend(expected.size.map(|size| format!("{size} bytes")));
    match (expected.sha256, expected.id) {
        (Some(hash), _) => words.push(format!("SHA-256 {}", faster_hex::hex_string(&hash))),
        (None, Some(id)) => words.push(format!("id {id}")),
        (None, None) => {}
    }
    words.join(", ")
}

fn name(what: What) -> &'static str {
    match what {
        What::File => "a file",
        What::Executable => "an executable file",
        What::Link => "a link",
        What::Folder => "a folder",
        What::Submodule => "a submodule",
    }
}

fn paths(title: &str, paths: &[Foreign], err: &mut dyn Write) -> io::Result<()> {
    if paths.is_empty() {
        return Ok(());
    }
    writeln!(err, "{title} ({}):", paths.len())?;
    paths.iter().try_for_each(|path| writeln!(err, "  {path}"))
}

/// What a preset stands for.
fn describe_preset(preset: Preset, graded: &Graded, err: &mut dyn Write) -> io::Result<()> {
    writeln!(err, "--preset {} accepts:", preset.name())?;
    for pattern in preset.added() {
        writeln!(err, "  --allow-added '{pattern}', if it is a file that is not executable")?;
    }
    preset.further().iter().try_for_each(|words| writeln!(err, "  {words}"))?;
    if preset == Preset::Dist {
        writeln!(err, "to accept what this tarball has, these would be needed:")?;
        for difference in graded.not_accepted() {
            let option = match difference.kind {
                Kind::Changed => "--allow-changed",
                Kind::Missing => "--allow-missing",
                Kind::Added => "--allow-added",
                Kind::Ignored => "--with-ignored, for",
            };
            writeln!(err, "  {option} '{}'", difference.path)?;
        }
    }
    Ok(())
}
