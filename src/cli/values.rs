//! What the values of options mean.

use std::time::SystemTime;

use foreign::{Foreign, parse_date};
use sequoia_openpgp::Fingerprint;

use crate::archive::AcceptedTexts;
use crate::git::Source;
use crate::submodules::{Override, is_path};
use crate::tarball::PathPattern;

pub fn with_slash(mut prefix: Vec<u8>) -> Vec<u8> {
    if !prefix.is_empty() && !prefix.ends_with(b"/") {
        prefix.push(b'/');
    }
    prefix
}

/// Abbreviated ids could be made to mean something else.
pub fn full_id(option: &str, hex: &str) -> Result<gix_hash::ObjectId, String> {
    gix_hash::ObjectId::from_hex(hex.to_ascii_lowercase().as_bytes())
        .map_err(|_| format!("{option} takes a full id: 40 or 64 hexadecimal digits"))
}

/// Blanks are allowed, as gpg prints them.
pub fn fingerprint(text: &str) -> Result<Fingerprint, String> {
    let hex: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    match hex.parse() {
        // Key ids, and fingerprints of unknown length, are not enough.
        Ok(fingerprint) if matches!(hex.len(), 40 | 64) => Ok(fingerprint),
        _ => Err(format!("--fingerprint takes 40 or 64 hexadecimal digits, not {}", Foreign::from(text))),
    }
}

/// What a day means where a time is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Its first second; nothing finer is taken.
    None,
    /// Its first second.
    Begin,
    /// Its last.
    End,
}

/// A day, or a time in UTC.
pub fn time(option: &str, text: &str, rest: Rest) -> Result<SystemTime, String> {
    let is_day = text.len() == "YYYY-MM-DD".len();
    let span = parse_date(text).filter(|_| is_day || rest != Rest::None);
    let moment = span.and_then(|(first, last)| if rest == Rest::End { last } else { first }.to_system());
    moment.ok_or_else(|| {
        let form = if rest == Rest::None { "a day as YYYY-MM-DD" } else { "YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ" };
        format!("{option} takes {form}, not {}", Foreign::from(text))
    })
}

/// `FILE:TEXT` or `FILE:LINE:TEXT`, as messages show them. Either may hold colons: every way to part them is meant.
pub fn accepted_texts(pairs: &[String]) -> Result<AcceptedTexts, String> {
    let mut accepted = AcceptedTexts::default();
    for pair in pairs {
        let parts = pair.match_indices(':').map(|(at, _)| (&pair[..at], &pair[at + 1..]));
        let mut parts = parts.filter(|(file, text)| !file.is_empty() && !text.is_empty()).peekable();
        if parts.peek().is_none() {
            return Err(format!("--accept-text takes FILE:LINE:TEXT, not {}", Foreign::from(pair)));
        }
        parts.for_each(|(file, text)| accepted.accept(file, text));
    }
    Ok(accepted)
}

/// A folder's path from the root, without slashes at its ends.
pub fn folder(path: Vec<u8>) -> Result<Vec<u8>, String> {
    let text = path.strip_prefix(b"./").unwrap_or(&path);
    let text = text.strip_suffix(b"/").unwrap_or(text);
    if is_path(text) {
        Ok(text.to_vec())
    } else {
        Err(format!("--subdir takes the path of a folder, not {}", Foreign::from(&path)))
    }
}

/// Patterns of whole paths.
pub fn patterns(option: &str, texts: &[String]) -> Result<Vec<PathPattern>, String> {
    let pattern = |text: &String| {
        PathPattern::new(text.as_bytes()).ok_or_else(|| {
            format!(
                "{option} takes a pattern for whole paths, such as po/*.gmo or debian/**, not {}",
                Foreign::from(text)
            )
        })
    };
    texts.iter().map(pattern).collect()
}

/// `PATH=REPO`
pub fn submodule(text: &str) -> Result<Override, String> {
    let parts = text.split_once('=').map(|(path, repo)| (path.trim_end_matches('/'), repo));
    let Some((path, repo)) = parts.filter(|(path, _)| is_path(path.as_bytes())) else {
        return Err(format!("--submodule takes PATH=REPO, not {}", Foreign::from(text)));
    };
    let source = Source::parse(repo).map_err(|error| format!("--submodule {}: {error}", Foreign::from(path)))?;
    Ok(Override { path: path.as_bytes().to_vec(), source })
}
