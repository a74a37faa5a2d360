//! The REPO argument: which repository, and how it is reached.

use std::path::PathBuf;

use foreign::Foreign;
use gix_object::bstr::BString;
use gix_url::Scheme;

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

/// An http or https URL, with user and password taken out of it.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpUrl {
    /// The URL without user and password.
    pub url: gix_url::Url,
    /// User and password as the URL had them.
    pub login: Option<(String, String)>,
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
    Malformed(Foreign),
}

impl Source {
    /// Understand REPO as `git clone` would, but for the forms that run programs.
    ///
    /// # Errors
    /// [`SourceError`]: always a usage error.
    pub fn parse(repo: &str) -> Result<Self, SourceError> {
        if repo.starts_with('-') {
            return Err(SourceError::Dash("name"));
        }
        if repo.is_empty() || repo.contains(['\0', '\n', '\r']) {
            return Err(SourceError::Malformed(Foreign::from("it is empty or holds control characters")));
        }
        if let Some((scheme, rest)) = repo.split_once("://")
            && !scheme.contains('/')
        {
            return match scheme.to_ascii_lowercase().as_str() {
                "file" if rest.starts_with('/') => Ok(Source::Path(PathBuf::from(rest))),
                "file" => Err(SourceError::Malformed(Foreign::from("file:// needs an absolute path"))),
                "http" | "https" | "git" | "ssh" => Self::from_url(repo),
                _ => Err(match scheme.split_once("::") {
                    Some((helper, _)) => SourceError::Helper(Foreign::from(helper)),
                    None => SourceError::Scheme(Foreign::from(scheme)),
                }),
            };
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

    fn from_url(repo: &str) -> Result<Self, SourceError> {
        let malformed = |what: &str| SourceError::Malformed(Foreign::from(what));
        let mut url = gix_url::Url::try_from(repo).map_err(|error| malformed(&error.to_string()))?;
        let host = url.host().filter(|host| !host.is_empty()).ok_or_else(|| malformed("it names no host"))?.to_owned();
        let user = url.user().map(str::to_owned);
        for (text, what) in [(Some(&host), "host"), (user.as_ref(), "user")] {
            if text.is_some_and(|text| text.starts_with('-')) {
                return Err(SourceError::Dash(what));
            }
            if text.is_some_and(|text| text.bytes().any(|byte| byte <= b' ' || byte == 0x7f)) {
                return Err(malformed("it holds blanks or control characters"));
            }
        }
        if url.path.iter().any(|byte| *byte < b' ') {
            return Err(malformed("its path holds control characters"));
        }
        match url.scheme {
            Scheme::Http | Scheme::Https => {
                let login = user.map(|user| (user, url.password().unwrap_or_default().to_owned()));
                url.set_user(None);
                url.set_password(None);
                Ok(Source::Http(HttpUrl { url, login }))
            }
            Scheme::Git => Ok(Source::Daemon { host, port: url.port.unwrap_or(9418), path: url.path }),
            Scheme::Ssh => {
                // ssh://host/~user/x: what the other side expands is "~user/x".
                let path = match url.path.strip_prefix(b"/") {
                    Some(home) if home.starts_with(b"~") => home.into(),
                    _ => url.path,
                };
                if path.starts_with(b"-") {
                    return Err(SourceError::Dash("path"));
                }
                let destination = match user {
                    Some(user) => format!("{user}@{host}"),
                    None => host,
                };
                Ok(Source::Ssh { destination, port: url.port, path })
            }
            _ => Err(malformed("it is neither a URL nor a path")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ssh(destination: &str, port: Option<u16>, path: &str) -> Source {
        Source::Ssh { destination: destination.into(), port, path: path.into() }
    }

    #[test]
    fn forms_that_git_knows() {
        let parse = |repo| Source::parse(repo).unwrap();
        assert_eq!(parse("git@example.org:a/b.git"), ssh("git@example.org", None, "a/b.git"));
        assert_eq!(parse("ssh://git@example.org:22/a/b"), ssh("git@example.org", Some(22), "/a/b"));
        assert_eq!(parse("ssh://example.org/~me/b"), ssh("example.org", None, "~me/b"));
        assert_eq!(parse("file:///srv/x.git"), Source::Path("/srv/x.git".into()));
        assert_eq!(parse("./a:b"), Source::Path("./a:b".into()));
        assert_eq!(parse("../x.bundle"), Source::Path("../x.bundle".into()));
        let daemon = Source::Daemon { host: "example.org".into(), port: 9418, path: "/x.git".into() };
        assert_eq!(parse("git://example.org/x.git"), daemon);
    }

    #[test]
    fn user_and_password_are_taken_out_of_the_url() {
        let Source::Http(http) = Source::parse("https://me:s%20t@example.org/x.git").unwrap() else {
            panic!("not http")
        };
        assert_eq!(http.login, Some(("me".into(), "s t".into())));
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
        ] {
            assert!(Source::parse(repo).is_err(), "{repo}");
        }
    }
}
