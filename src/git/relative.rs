//! URLs that are relative to that of another repository, as `.gitmodules` files have them.

use std::path::{Component, PathBuf};

use gix_object::bstr::{BString, ByteSlice};

use super::source::{HttpUrl, Source};

impl Source {
    /// The repository at a path that begins with `./` or `../`, seen from this one: see git's `relative_url()`. The host stays
    /// the same. `None` if that leads above its root.
    pub fn relative(&self, url: &str) -> Option<Self> {
        let (mut up, mut rest) = (0, url);
        loop {
            (up, rest) = match (rest.strip_prefix("../"), rest.strip_prefix("./")) {
                (Some(rest), _) => (up + 1, rest),
                (None, Some(rest)) => (up, rest),
                (None, None) => break,
            };
        }
        // Another slash does not make it absolute.
        let rest = rest.trim_matches('/');
        if rest.is_empty() || rest.contains(['\0', '\n', '\r']) {
            return None;
        }
        Some(match self {
            Source::Http(HttpUrl { url, login }) => {
                let mut url = url.clone();
                url.path = beside(&url.path, up, rest)?;
                Source::Http(HttpUrl { url, login: login.clone() })
            }
            Source::Daemon { host, port, path } => {
                Source::Daemon { host: host.clone(), port: *port, path: beside(path, up, rest)? }
            }
            Source::Ssh { destination, port, path } => {
                let path = beside(path, up, rest).filter(|path| !path.starts_with(b"-"))?;
                Source::Ssh { destination: destination.clone(), port: *port, path }
            }
            Source::Path(path) => {
                let mut path = path.clone();
                for _ in 0..up {
                    match path.components().next_back() {
                        Some(Component::Normal(_)) => drop(path.pop()),
                        Some(Component::RootDir | Component::Prefix(_)) => return None,
                        _ => path.push(".."),
                    }
                }
                Source::Path(if path.as_os_str().is_empty() { PathBuf::from(rest) } else { path.join(rest) })
            }
        })
    }
}

/// The path of a URL, that many components shorter and with another end.
fn beside(path: &BString, up: usize, rest: &str) -> Option<BString> {
    let is_absolute = path.starts_with(b"/");
    let mut path = path.trim_end_with(|c| c == '/');
    for _ in 0..up {
        // A home folder is no component.
        if path.is_empty() || path.starts_with(b"~") && !path.contains(&b'/') {
            return None;
        }
        path = &path[..path.rfind_byte(b'/').unwrap_or(0)];
    }
    // `host:path` has no slash in front.
    let is_bare = path.is_empty() && !is_absolute;
    Some(if is_bare { rest.into() } else { [path, b"/", rest.as_bytes()].concat().into() })
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn urls_beside_others() {
        for (base, url, expected) in [
            ("https://h/a/b.git", "../c", Some("https://h/a/c")),
            ("https://h/a/b.git/", "../../c/d.git/", Some("https://h/c/d.git")),
            ("https://h/a", "./c", Some("https://h/a/c")),
            ("https://h/a", "../../c", None),
            ("https://h/a/b", "../x/../../y", Some("https://h/a/x/../../y")),
            ("git://h/a/b", "../c", Some("git://h/a/c")),
            ("git@h:a/b", "../c", Some("git@h:a/c")),
            ("git@h:a/b", "../../c", Some("git@h:c")),
            ("git@h:a/b", "../../../c", None),
            ("git@h:a/b", "../../-c", None),
            ("ssh://h/~me/b", "../c", Some("h:~me/c")),
            ("ssh://h/~me/b", "../../c", None),
            ("ssh://h/a/b", "../c", Some("h:/a/c")),
            ("/srv/a.git", "../c", Some("/srv/c")),
            ("/a", "../../c", None),
            ("a.git", "../c", Some("c")),
            (".", "../c", Some("./../c")),
            ("x/..", "../c", Some("x/../../c")),
            ("https://h/a", "../", None),
            ("/srv/a.git", "..//etc/passwd", Some("/srv/etc/passwd")),
            ("/srv/a.git", ".///etc", Some("/srv/a.git/etc")),
            ("git@h:a/b", "../..//c", Some("git@h:c")),
        ] {
            let found = Source::parse(base).unwrap().relative(url);
            assert_eq!(found.map(|source| source.to_string()).as_deref(), expected, "{base} {url}");
        }
    }
}
