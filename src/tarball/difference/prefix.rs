//! What stands before every path of a tarball that need not be git's.

use foreign::Foreign;

use super::super::error::Error;
use super::super::items::components;
use super::super::prefix::is_plain_prefix;

/// How it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strip {
    /// It is this: empty, or with a slash at its end.
    Exactly(Vec<u8>),
    /// It is this many components, whatever they are called, and the same for all entries.
    Components(usize),
    /// It is one plain component.
    ReadOff,
}

/// Where an entry lies.
#[derive(Debug, PartialEq, Eq)]
pub enum Place<'p> {
    /// It is the prefix's own folder, or one on the way to it.
    Root,
    /// Within, under this path.
    Inside(&'p [u8]),
    /// Beside the prefix.
    Outside,
}

/// The prefix, as far as it is known.
pub struct Prefix {
    strip: Strip,
    known: Option<Vec<u8>>,
    /// Folders that came before it was known.
    shallow: Vec<Vec<u8>>,
}

impl Prefix {
    /// Nothing was read.
    pub fn new(strip: Strip) -> Self {
        let known = match &strip {
            Strip::Exactly(prefix) => Some(prefix.clone()),
            Strip::Components(0) => Some(Vec::new()),
            _ => None,
        };
        Prefix { strip, known, shallow: Vec::new() }
    }

    /// What it turned out to be.
    pub fn bytes(&self) -> &[u8] {
        self.known.as_deref().unwrap_or_default()
    }

    /// Where the entry with this path lies. `is_of_commit` tells whether the commit has something of a path: then it is not
    /// clear that a folder of that name is the prefix.
    pub fn place<'p>(
        &mut self,
        path: &'p [u8],
        is_folder: bool,
        is_of_commit: impl Fn(&[u8]) -> bool,
    ) -> Result<Place<'p>, Error> {
        if path.is_empty() {
            return Ok(Place::Root);
        }
        let depth = components(path).count();
        let wanted = match self.strip {
            Strip::Components(count) => count,
            Strip::Exactly(_) | Strip::ReadOff => 1,
        };
        let prefix = match &self.known {
            Some(prefix) => prefix,
            None if self.strip == Strip::ReadOff && depth == 1 && !is_folder => {
                return Err(Error::NoPrefix { found: Foreign::from(path) });
            }
            None if depth > wanted || depth == wanted && is_folder => {
                let first: Vec<&[u8]> = components(path).take(wanted).collect();
                let prefix = [&first.join(&b'/')[..], b"/"].concat();
                let name = &prefix[..prefix.len() - 1];
                let is_plain = components(name).all(|part| is_plain_prefix(&[part, b"/"].concat()));
                if !is_plain || self.strip == Strip::ReadOff && is_of_commit(name) {
                    return Err(Error::NoPrefix { found: Foreign::from(&prefix) });
                }
                self.known.insert(prefix)
            }
            None if is_folder => {
                self.shallow.push(path.to_vec());
                return Ok(Place::Root);
            }
            None => return Ok(Place::Outside),
        };
        Ok(match path.strip_prefix(prefix.as_slice()) {
            Some(rest) => Place::Inside(rest),
            None if is_folder && is_on_the_way(path, prefix) => Place::Root,
            None => Place::Outside,
        })
    }

    /// Folders that are no part of it, although they came first.
    pub fn finish(&mut self) -> Vec<Vec<u8>> {
        let shallow = std::mem::take(&mut self.shallow);
        shallow.into_iter().filter(|path| !is_on_the_way(path, self.bytes())).collect()
    }
}

fn is_on_the_way(folder: &[u8], prefix: &[u8]) -> bool {
    prefix.strip_prefix(folder).is_some_and(|rest| rest.starts_with(b"/"))
}

#[cfg(test)]
mod tests {
    use super::{Place, Prefix, Strip};

    fn places(strip: Strip, paths: &[&'static str]) -> Vec<Place<'static>> {
        let mut prefix = Prefix::new(strip);
        let place = |path: &&'static str| {
            let path = path.as_bytes();
            let is_folder = path.ends_with(b"/");
            let path = path.strip_suffix(b"/").unwrap_or(path);
            prefix.place(path, is_folder, |name| name == b"src").unwrap()
        };
        paths.iter().map(place).collect()
    }

    #[test]
    fn what_is_before_every_path() {
        use Place::{Inside, Outside, Root};
        let read_off = places(Strip::ReadOff, &["x-1/", "x-1/a", "x-1/src/b", "y", "y/a", "x-1b/a"]);
        assert_eq!(read_off, [Root, Inside(b"a"), Inside(b"src/b"), Outside, Outside, Outside]);
        assert!(Prefix::new(Strip::ReadOff).place(b"a", false, |_| false).is_err());
        assert!(Prefix::new(Strip::Components(2)).place(b"p/.git/a", false, |_| false).is_err());
        assert_eq!(places(Strip::Components(0), &["src/", "x-1/a"]), [Inside(b"src"), Inside(b"x-1/a")]);
        let two = places(Strip::Components(2), &["p/", "f", "p/q/", "p/q/a", "p/r/a", "p/f"]);
        assert_eq!(two, [Root, Outside, Root, Inside(b"a"), Outside, Outside]);
        assert_eq!(places(Strip::Exactly(b"p/q/".to_vec()), &["p/", "p/q/a", "a"]), [Root, Inside(b"a"), Outside]);
        let mut doubtful = Prefix::new(Strip::ReadOff);
        assert!(doubtful.place(b"src", true, |name| name == b"src").is_err());
        assert!(Prefix::new(Strip::ReadOff).place(b".git/hooks", false, |_| false).is_err());
    }
}
