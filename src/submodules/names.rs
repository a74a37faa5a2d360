//! A `.gitmodules` file: gitmodules(5).

use std::collections::HashMap;

use foreign::Foreign;

use super::error::{Error, Why};
use crate::git::{ObjectId, Repository, Source, each_setting};
use crate::limits;

/// What a section says.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    path: Option<Vec<u8>>,
    url: Option<Vec<u8>>,
}

/// URLs of submodules by their paths.
pub struct Names {
    urls: HashMap<Vec<u8>, Vec<u8>>,
}

impl Names {
    /// Read the file with this id, if there is one. `above` is the path of its repository.
    pub fn read(repository: &mut dyn Repository, id: Option<ObjectId>, above: &[u8]) -> Result<Self, Error> {
        let Some(id) = id else { return Ok(Names { urls: HashMap::new() }) };
        let unreadable = |error: crate::git::Error| Error::Names { of: Foreign::from(above), error: Box::new(error) };
        repository.prepare(&[id], Vec::new()).map_err(unreadable)?;
        let blob = repository.read(id, limits::GITMODULES_BYTES).map_err(unreadable)?;
        Self::parse(blob.data()).map_err(|line| Error::NamesLine { of: Foreign::from(above), line })
    }

    /// The number of the line that git would not understand, if there is one.
    fn parse(bytes: &[u8]) -> Result<Self, usize> {
        // By name: path and URL may stand apart. The last of each counts.
        let mut by_name: HashMap<Vec<u8>, Named> = HashMap::new();
        each_setting(bytes, &mut |setting| {
            let (b"submodule", Some(name), Some(value)) = (setting.section, setting.subsection, setting.value) else {
                return;
            };
            let named = by_name.entry(name.to_vec()).or_default();
            match setting.key {
                b"path" => named.path = Some(value.to_vec()),
                b"url" => named.url = Some(value.to_vec()),
                _ => {}
            }
        })?;
        // If two names have one path, the answer is the same each time.
        let mut named: Vec<_> = by_name.into_iter().collect();
        named.sort_unstable();
        Ok(Names { urls: named.into_iter().filter_map(|(_, Named { path, url })| Some((path?, url?))).collect() })
    }

    /// The repository of the submodule at `path` of a repository at `base`. `full` is its path from the outermost one.
    pub fn source(&self, path: &[u8], full: &[u8], base: &Source) -> Result<Source, Error> {
        let shown = || Foreign::from(full);
        let url = self.urls.get(path).ok_or_else(|| Error::NoUrl { path: shown() })?;
        let refused = |why| Error::Url { path: shown(), url: Foreign::from(url), why };
        let text = std::str::from_utf8(url).map_err(|_| refused(Why::NoText))?;
        if text.starts_with("./") || text.starts_with("../") {
            return base.relative(text).ok_or_else(|| refused(Why::AboveRoot));
        }
        match Source::parse(text) {
            Ok(Source::Path(_)) => Err(refused(Why::Local)),
            Ok(source) => Ok(source),
            Err(error) => Err(refused(Why::NotSupported(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, Source};

    #[test]
    fn urls_by_path() {
        let text = b"[submodule \"a b\"]\n\tpath = lib/a\n\turl = ../a.git ; x\n[submodule \"c\"]\n\turl = https://h/old\n\
                     [Submodule \"c\"]\n\tPATH = c\n\turl = \"https://h/c\"\n\tbranch = x\n[submodule \"d\"]\n\tpath = d\n\
                     [submodule \"e\"]\npath=e\nurl=/srv/e\n[submodule \"f\"]\npath=f\nurl=ext::sh\n";
        let names = Names::parse(text).unwrap();
        let base = Source::parse("https://example.org/x/y.git").unwrap();
        let source = |path: &str| {
            let source = names.source(path.as_bytes(), path.as_bytes(), &base);
            source.map(|source| source.to_string()).map_err(|error| error.to_string())
        };
        assert_eq!(source("lib/a").unwrap(), "https://example.org/x/a.git");
        assert_eq!(source("c").unwrap(), "https://h/c");
        for refused in ["d", "e", "f", "g"] {
            assert!(source(refused).is_err(), "{refused}");
        }
        assert_eq!(Names::parse(b"[submodule \"x\"]\n?\n").err(), Some(2));
    }
}
