//! Changed texts, line by line.

use foreign::Foreign;
use imara_diff::{Algorithm, Diff, InternedInput, sources};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{Difference, Kind};
use crate::archive::{self, Archive, Content, Contents, EntryKind};
use crate::limits;

/// Lines around a change.
const CONTEXT: u32 = 3;

/// Two texts, line by line.
#[derive(Clone, Debug, Serialize)]
pub struct TextDifference {
    /// Places where they differ.
    pub hunks: Vec<Hunk>,
    /// Whether there are more than are shown.
    pub is_cut: bool,
}

/// One place where texts differ.
#[derive(Clone, Debug, Serialize)]
pub struct Hunk {
    /// The first line in the commit's file, from 1 on, and how many there are.
    pub before: (u32, u32),
    /// The same in the tarball's.
    pub after: (u32, u32),
    /// These lines.
    pub lines: Vec<Line>,
}

/// A line.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// In which of the two it is.
    pub sign: Sign,
    /// Without its line feed.
    pub text: Foreign,
}

/// Where a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Sign {
    /// In both.
    #[serde(rename = " ")]
    Both,
    /// In the commit only.
    #[serde(rename = "-")]
    Commit,
    /// In the tarball only.
    #[serde(rename = "+")]
    Tarball,
}

/// Fetch what the commit has for changed files whose bytes were kept, in one request to each repository. Archives
/// are in the order of sides. If texts are wanted,
/// they are compared. What the commit has is kept where `reads` says so.
///
/// # Errors
/// Where that cannot be fetched.
pub fn add_commits<'a, 'r: 'a>(
    differences: &mut [Difference],
    archives: impl Iterator<Item = &'a mut Archive<'r>>,
    with_texts: bool,
    reads: &dyn Fn(&[u8]) -> bool,
) -> Result<(), archive::Error> {
    let mut lines_left = limits::DIFF_LINES;
    for (side, archive) in archives.enumerate() {
        let is_of_side = |one: &&mut Difference| one.entry.is_some_and(|target| target.side == side);
        let of_side: Vec<_> = differences.iter_mut().filter(is_of_side).collect();
        add_commits_of(of_side, archive, with_texts, reads, &mut lines_left)?;
    }
    Ok(())
}

fn add_commits_of(
    mut differences: Vec<&mut Difference>,
    archive: &mut Archive<'_>,
    with_texts: bool,
    reads: &dyn Fn(&[u8]) -> bool,
    lines_left: &mut usize,
) -> Result<(), archive::Error> {
    differences.retain(|difference| difference.kind == Kind::Changed && difference.content.is_some());
    let entry_of = |difference: &Difference, archive: &Archive<'_>| {
        let entry = difference.entry.and_then(|target| archive.entries().get(target.place()?)).cloned();
        entry.filter(|entry| matches!(entry.kind, EntryKind::File { .. }))
    };
    let mut ids: Vec<_> = differences.iter().filter_map(|one| Some(entry_of(one, archive)?.id)).collect();
    ids.sort_unstable();
    ids.dedup();
    archive.fetch(&ids)?;
    let mut contents = archive.contents();
    for difference in differences {
        let Some(entry) = entry_of(difference, archive) else { continue };
        let Some(expected) = text_of(archive, &mut contents, &entry) else { continue };
        if let Some(fact) = &mut difference.expected {
            (fact.size, fact.sha256) = (Some(expected.len() as u64), Some(Sha256::digest(&expected).into()));
        }
        let texts = difference
            .content
            .as_ref()
            .filter(|found| with_texts && *lines_left > 0 && !expected.contains(&0) && !found.contains(&0));
        if let Some(found) = texts {
            let text = compare(&expected, found, (*lines_left).min(limits::DIFF_FILE_LINES));
            *lines_left = lines_left.saturating_sub(text.hunks.iter().map(|hunk| hunk.lines.len()).sum());
            difference.text = Some(text);
        }
        if with_texts {
            // Both were looked at.
            difference.content = difference.content.take().filter(|_| reads(difference.path.as_bytes()));
        }
        difference.commits_content = Some(expected).filter(|_| reads(difference.path.as_bytes()));
    }
    Ok(())
}

/// What the archive has, as far as that is known; otherwise what the repository has.
fn text_of(archive: &Archive<'_>, contents: &mut Contents<'_, '_>, entry: &archive::Entry) -> Option<Vec<u8>> {
    match contents.of(entry) {
        Ok(Content::Bytes(bytes)) => Some(bytes).filter(|bytes| bytes.len() as u64 <= limits::KEPT_FILE_BYTES),
        _ => archive.blob_at_hand(entry.id),
    }
}

fn compare(before: &[u8], after: &[u8], most_lines: usize) -> TextDifference {
    let input = InternedInput::new(sources::byte_lines(before), sources::byte_lines(after));
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let (before_lines, after_lines) = (input.before.len() as u32, input.after.len() as u32);
    let mut groups: Vec<Vec<imara_diff::Hunk>> = Vec::new();
    for hunk in diff.hunks() {
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|last| hunk.before.start - last.before.end <= 2 * CONTEXT) => {
                group.push(hunk);
            }
            _ => groups.push(vec![hunk]),
        }
    }
    let line = |sign: Sign, token: imara_diff::Token| {
        let text = input.interner[token];
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        Line { sign, text: Foreign::from(&text[..text.len().min(limits::DIFF_LINE_BYTES)]) }
    };
    let mut text = TextDifference { hunks: Vec::new(), is_cut: false };
    let mut left = most_lines;
    for group in groups {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let start = (first.before.start.saturating_sub(CONTEXT), first.after.start.saturating_sub(CONTEXT));
        let end = ((last.before.end + CONTEXT).min(before_lines), (last.after.end + CONTEXT).min(after_lines));
        let mut lines = Vec::new();
        let mut at = start.0;
        for hunk in &group {
            let both = input.before[at as usize..hunk.before.start as usize].iter();
            lines.extend(both.map(|token| line(Sign::Both, *token)));
            let range = hunk.before.start as usize..hunk.before.end as usize;
            lines.extend(input.before[range].iter().take(left + 1).map(|token| line(Sign::Commit, *token)));
            let range = hunk.after.start as usize..hunk.after.end as usize;
            lines.extend(input.after[range].iter().take(left + 1).map(|token| line(Sign::Tarball, *token)));
            at = hunk.before.end;
            if lines.len() > left {
                break;
            }
        }
        lines.extend(input.before[at as usize..(end.0.max(at)) as usize].iter().map(|token| line(Sign::Both, *token)));
        if lines.len() > left {
            lines.truncate(left);
            text.is_cut = true;
        }
        left -= lines.len();
        let count = |start: u32, end: u32| (start + u32::from(end > start), end - start);
        text.hunks.push(Hunk { before: count(start.0, end.0), after: count(start.1, end.1), lines });
        if text.is_cut {
            break;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Sign, compare};

    fn shown(before: &str, after: &str, most: usize) -> String {
        let text = compare(before.as_bytes(), after.as_bytes(), most);
        let mut out = String::new();
        for hunk in &text.hunks {
            out += &format!("@@ -{},{} +{},{} @@\n", hunk.before.0, hunk.before.1, hunk.after.0, hunk.after.1);
            for line in &hunk.lines {
                let sign = match line.sign {
                    Sign::Both => ' ',
                    Sign::Commit => '-',
                    Sign::Tarball => '+',
                };
                out += &format!("{sign}{}\n", line.text);
            }
        }
        out + if text.is_cut { "..." } else { "" }
    }

    #[test]
    fn texts_are_compared_as_diff_does() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n";
        let after = before.replace("2\n3", "2\nx\n3").replace("15\n", "");
        assert_eq!(
            shown(before, &after, 100),
            "@@ -1,5 +1,6 @@\n 1\n 2\n+x\n 3\n 4\n 5\n@@ -12,5 +13,4 @@\n 12\n 13\n 14\n-15\n 16\n"
        );
        assert_eq!(shown("", "a\x1b\n", 100), "@@ -0,0 +1,1 @@\n+a\\u{1b}\n");
        assert_eq!(shown("a\nb\nc\n", "d\ne\nf\n", 4), "@@ -1,3 +1,3 @@\n-a\n-b\n-c\n+d\n...");
        assert_eq!(shown("same", "same", 9), "");
    }
}
