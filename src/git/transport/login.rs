//! User and password for http(s): from the URL, or from `~/.netrc`; nobody is asked.

use std::path::PathBuf;

use crate::foreign::Foreign;
use crate::git::Error;
use crate::git::source::HttpUrl;
use crate::limits;

/// User and password for this repository, if there are any.
///
/// Those in the URL are used as the user wrote them. Those of a netrc file are for https alone: a plain connection
/// would show them to everyone on the way.
pub fn find(http: &HttpUrl) -> Result<Option<(String, String)>, Error> {
    if http.login.is_some() {
        return Ok(http.login.clone());
    }
    if http.url.scheme != gix::url::Scheme::Https {
        return Ok(None);
    }
    let Some(path) = netrc_path().filter(|path| path.is_file()) else { return Ok(None) };
    let unreadable = |why: &str| Error::Access(Foreign::from(&format!("{}: {why}", path.display())));
    let size = path.metadata().map_err(|error| unreadable(&error.to_string()))?.len();
    if size > limits::NETRC_BYTES {
        return Err(unreadable("the file is too large"));
    }
    // The parser's own message would show the text around the error, and so perhaps a password.
    let netrc = netrc::Netrc::from_file(&path).map_err(|_| unreadable("the file could not be understood"))?;
    let entry = http.url.host().and_then(|host| netrc.hosts.get(host)).or_else(|| netrc.hosts.get("default"));
    Ok(entry.map(|entry| (entry.login.clone(), entry.password.clone())))
}

/// `$NETRC`, or `.netrc` in the home folder.
fn netrc_path() -> Option<PathBuf> {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".netrc"));
    std::env::var_os("NETRC").map(PathBuf::from).or_else(home)
}
