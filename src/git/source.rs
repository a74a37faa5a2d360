//! The REPO argument: which repository, and how it is reached.

use std::path::PathBuf;

use foreign::Foreign;
use gix_object::bstr::BString;
use gix_url::Scheme;

use super::error::Why;

/// A repository that the program knows how to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `https://` or `http://`.
    Http(HttpUrl),
    /// `git://host[:port]/path`.
    Daemon {
        /// Name or address.
        host: String,
        /// 9418 unless the URL says otherwise.
        port: u16,
        /// From the first slash.
        path: BString,
    },
    /// `ssh://[user@]host[:port]/path` or `[user@]host:path`.
    Ssh {
        /// `user@host` or `host`; does not begin with a dash.
        destination: String,
        /// Where the URL names one.
        port: Option<u16>,
        /// The path as git-upload-pack on the other side is given it.
        path: BString,
    },
    /// A repository's folder, its `.git`, or a bundle file.
    Path(PathBuf),
}

/// As people wrote it, without a password.
impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Http(http) => write!(f, "{}", http.url.to_bstring()),
            Source::Daemon { host, port: 9418, path } => write!(f, "git://{host}{path}"),
            Source::Daemon { host, port, path } => write!(f, "git://{host}:{port}{path}"),
            Source::Ssh { destination, port: None, path } => write!(f, "{destination}:{path}"),
            Source::Ssh { destination, port: Some(port), path } => write!(f, "{destination}, port {port}: {path}"),
            Source::Path(path) => write!(f, "{}", path.display()),
        }
    }
}

/// An http or https URL, with user and password taken out of it.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpUrl {
    /// The URL without user and password.
    pub(super) url: gix_url::Url,
    /// User and password as the URL had them; it may have the user alone.
    pub(super) login: Option<(String, Option<String>)>,
}

/// Passwords are not for logs.
impl std::fmt::Debug for HttpUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.url.to_bstring())
    }
}

/// Why REPO is not accepted: always a usage error, found before anything is started.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SourceError {
    /// `ext::`, `fd::` and the like run programs.
    #[error("remote helpers ({0}::) are not supported, since they run programs")]
    Helper(Foreign),
    /// `ftp://` and so on.
    #[error("the scheme {0}:// is not supported")]
    Scheme(Foreign),
    /// An argument that a program could take for an option.
    #[error("the {0} of the repository must not begin with a dash")]
    Dash(&'static str),
    /// Not a URL after all.
    #[error("this is not a repository URL: {0}")]
    Malformed(Why),
}

impl Source {
    /// Understand REPO as `git clone` would, except for the forms that run programs.
    ///
    /// # Errors
    /// [`SourceError`]: always a usage error.
    pub fn parse(repo: &str) -> Result<Self, SourceError> {
        if repo.starts_with('-') {
            return Err(SourceError::Dash("name"));
        }
        if repo.is_empty() || repo.contains(['\0', '\n', '\r']) {
            return Err(SourceError::Malformed(Why::from("it is empty or holds control characters")));
        }
        // As makepkg writes it: what follows is for makepkg, and --tag says it here.
        let repo = match repo.strip_prefix("git+") {
            Some(url) if url.contains("://") => url.split(['#', '?']).next().unwrap_or_default(),
            _ => repo,
        };
        if let Some((scheme, rest)) = repo.split_once("://")
            && !scheme.contains('/')
        {
            return match scheme.to_ascii_lowercase().as_str() {
                "file" if rest.starts_with('/') => decoded(rest).map(Source::Path),
                "file" => Err(SourceError::Malformed(Why::from("file:// needs an absolute path"))),
                "http" | "https" | "git" | "ssh" => Self::from_url(repo),
                _ => Err(match scheme.split_once("::") {
                    Some((helper, _)) => SourceError::Helper(Foreign::from(helper)),
                    None => SourceError::Scheme(Foreign::from(scheme)),
                }),
            };
        }
        if let Some(source) = Self::from_brackets(repo) {
            return source;
        }
        let before_slash = repo.split('/').next().unwrap_or_default();
        match before_slash.split_once(':') {
            // [::1]:path is an address in brackets.
            Some((helper, rest)) if rest.starts_with(':') && !helper.starts_with('[') => {
                Err(SourceError::Helper(Foreign::from(helper)))
            }
            Some(_) => Self::from_url(repo),
            None => Ok(Source::Path(PathBuf::from(repo))),
        }
    }

    /// `[host:port]:path` and `[::1]:path`, with the user before or in the brackets: see git's `get_port()`.
    fn from_brackets(repo: &str) -> Option<Result<Self, SourceError>> {
        let (before, rest) = repo.split_once('[')?;
        let (inside, path) = rest.split_once("]:")?;
        let (user, inside) = match (before.strip_suffix('@'), inside.rsplit_once('@')) {
            (Some(user), _) => (Some(user), inside),
            (None, Some((user, inside))) if before.is_empty() => (Some(user), inside),
            (None, _) if before.is_empty() => (None, inside),
            _ => return None,
        };
        if user.is_some_and(|user| user.contains(['/', ':', '@'])) || inside.contains('/') {
            return None;
        }
        let numbered = inside.split_once(':').and_then(|(host, port)| {
            let port = port.bytes().all(|byte| byte.is_ascii_digit()).then(|| port.parse::<u16>().ok())??;
            Some((host, Some(port)))
        });
        let (host, port) = numbered.unwrap_or((inside, None));
        Some(ssh(user, host, port, path.into()))
    }

    fn from_url(repo: &str) -> Result<Self, SourceError> {
        let malformed = |what: &str| SourceError::Malformed(what.to_owned().into());
        let mut url = gix_url::Url::try_from(repo).map_err(|error| SourceError::Malformed(Why::said(error)))?;
        let host = url.host().filter(|host| !host.is_empty()).ok_or_else(|| malformed("it names no host"))?.to_owned();
        let user = url.user().map(str::to_owned);
        plain(&host, user.as_deref(), &url.path)?;
        match url.scheme {
            Scheme::Http | Scheme::Https => {
                let login = user.map(|user| (user, url.password().map(str::to_owned)));
                url.set_user(None);
                url.set_password(None);
                Ok(Source::Http(HttpUrl { url, login }))
            }
            Scheme::Git => Ok(Source::Daemon { host, port: url.port.unwrap_or(9418), path: url.path }),
            // In a URL an IPv6 address stands in brackets, and ssh wants it without.
            Scheme::Ssh => {
                let name = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&host);
                ssh(user.as_deref(), name, url.port, url.path)
            }
            _ => Err(malformed("it is neither a URL nor a path")),
        }
    }
}

fn ssh(user: Option<&str>, host: &str, port: Option<u16>, path: BString) -> Result<Source, SourceError> {
    plain(host, user, &path)?;
    // ssh://host/~user/x: what the other side expands is "~user/x".
    let path = match path.strip_prefix(b"/") {
        Some(home) if home.starts_with(b"~") => home.into(),
        _ => path,
    };
    if path.starts_with(b"-") {
        return Err(SourceError::Dash("path"));
    }
    let destination = match user {
        Some(user) => format!("{user}@{host}"),
        None => host.to_owned(),
    };
    Ok(Source::Ssh { destination, port, path })
}

/// Nothing that a program could take for an option, or for two words.
fn plain(host: &str, user: Option<&str>, path: &[u8]) -> Result<(), SourceError> {
    for (text, what) in [(Some(host), "host"), (user, "user")] {
        if text.is_some_and(|text| text.starts_with('-')) {
            return Err(SourceError::Dash(what));
        }
        if text.is_some_and(|text| text.is_empty() || text.bytes().any(|byte| byte <= b' ' || byte == 0x7f)) {
            return Err(SourceError::Malformed("it holds blanks or control characters, or names nobody".into()));
        }
    }
    if path.iter().any(|byte| *byte < b' ') {
        return Err(SourceError::Malformed("its path holds control characters".into()));
    }
    Ok(())
}

/// The path of a `file://` URL: git decodes `%20` and the like.
fn decoded(path: &str) -> Result<PathBuf, SourceError> {
    let malformed = || SourceError::Malformed("its path cannot be decoded".into());
    let mut parts = path.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let byte = part.get(..2).filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match byte.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
            }
            // git leaves such a sign as it is.
            None => {
                bytes.push(b'%');
                bytes.extend_from_slice(part.as_bytes());
            }
        }
    }
    super::local::path_of(&bytes).ok_or_else(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to_ssh(destination: &str, port: Option<u16>, path: &str) -> Source {
        Source::Ssh { destination: destination.into(), port, path: path.into() }
    }

    #[test]
    fn forms_that_git_knows() {
        let parse = |repo| Source::parse(repo).unwrap();
        assert_eq!(parse("git@example.org:a/b.git"), to_ssh("git@example.org", None, "a/b.git"));
        assert_eq!(parse("ssh://git@example.org:22/a/b"), to_ssh("git@example.org", Some(22), "/a/b"));
        assert_eq!(parse("ssh://example.org/~me/b"), to_ssh("example.org", None, "~me/b"));
        assert_eq!(parse("file:///srv/x.git"), Source::Path("/srv/x.git".into()));
        assert_eq!(parse("./a:b"), Source::Path("./a:b".into()));
        assert_eq!(parse("[example.org:22]:a/b.git"), to_ssh("example.org", Some(22), "a/b.git"));
        assert_eq!(parse("git@[example.org:22]:/a"), to_ssh("git@example.org", Some(22), "/a"));
        assert_eq!(parse("[git@example.org:22]:~me/a"), to_ssh("git@example.org", Some(22), "~me/a"));
        assert_eq!(parse("[::1]:a"), to_ssh("::1", None, "a"));
        assert_eq!(parse("git@[fe80::1]:a"), to_ssh("git@fe80::1", None, "a"));
        assert_eq!(parse("[example.org]:a"), to_ssh("example.org", None, "a"));
        assert_eq!(parse("ssh://git@[::1]:22/a"), to_ssh("git@::1", Some(22), "/a"));
        assert_eq!(parse("ssh://git@[::1]/a"), to_ssh("git@::1", None, "/a"));
        assert_eq!(
            parse("file:///srv/a%20b%2fc%%zz%e4"),
            Source::Path(crate::git::local::path_of(b"/srv/a b/c%%zz\xe4").unwrap())
        );
        assert_eq!(parse("../x.bundle"), Source::Path("../x.bundle".into()));
        let daemon = Source::Daemon { host: "example.org".into(), port: 9418, path: "/x.git".into() };
        assert_eq!(parse("git://example.org/x.git"), daemon);
        assert_eq!(parse("git+https://example.org/x.git#tag=v1?signed"), parse("https://example.org/x.git"));
        assert_eq!(parse("git+https://example.org/x.git?signed#tag=v1"), parse("https://example.org/x.git"));
        assert_eq!(parse("git+ssh://git@example.org/x.git"), parse("ssh://git@example.org/x.git"));
        assert_eq!(parse("git+file:///srv/x"), parse("file:///srv/x"));
    }

    #[test]
    fn user_and_password_are_taken_out_of_the_url() {
        let Source::Http(http) = Source::parse("https://me:s%20t@example.org/x.git").unwrap() else {
            panic!("not http")
        };
        assert_eq!(http.login, Some(("me".into(), Some("s t".into()))));
        assert_eq!(http.url.to_bstring(), "https://example.org/x.git");
        assert!(!format!("{http:?}").contains("s%20t"));
    }

    #[test]
    fn what_runs_programs_or_looks_like_an_option_is_refused() {
        for repo in [
            "ext::sh -c id",
            "fd::3",
            "ext::http://x/y",
            "-oProxyCommand=id",
            "ssh://-oProxyCommand=id/x",
            "-x@host:p",
            "ssh://-x@host/p",
            "git@-host:p",
            "host:-x",
            "ftp://host/x",
            "git://-h/x",
            "https://-h/x",
            "",
            "https:///x",
            "a\nb",
            "persistent-https://x/y",
            "file://host/x",
            "file:///x%00y",
            "git+ext::x",
            "git+ftp://host/x",
            "[-oProxyCommand=id]:x",
            "-x@[host:22]:p",
            "[host:22]:-x",
            "[]:x",
            "@[host]:x",
        ] {
            assert!(Source::parse(repo).is_err(), "{repo}");
        }
    }
}
