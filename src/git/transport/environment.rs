//! What this machine says about http(s): logins, certificates, proxies. Nobody is asked.

use std::path::PathBuf;

use foreign::Foreign;
use ureq::tls::Certificate;

use super::netrc::{self, Login};
use crate::git::error::Error;
use crate::git::error::Why;
use crate::git::repository::Event;
use crate::git::source::HttpUrl;
use crate::limits;

/// User and password for this repository, if there are any.
///
/// Those in the URL are used as the user wrote them. Those of a netrc file are for https alone: a plain connection
/// would show them to everyone on the way. As with curl, the file may have the password for a user of the URL.
pub fn login(http: &HttpUrl, warn: &mut dyn FnMut(Event)) -> Result<Option<Login>, Error> {
    let of_url = http.login.as_ref().map(|(user, password)| Login {
        user: user.clone().into_bytes(),
        password: password.clone().unwrap_or_default().into_bytes(),
    });
    let has_password = http.login.as_ref().is_some_and(|(_, password)| password.is_some());
    if has_password || http.url.scheme != gix_url::Scheme::Https {
        return Ok(of_url);
    }
    let Some(path) = netrc_path().filter(|path| path.exists()) else { return Ok(of_url) };
    let shown = Foreign::path(&path);
    let mut warn = |what: String| warn(Event::Warning(Foreign::said(format_args!("{}: {what}", path.display()))));
    // A pipe can be read once, and this may not be the only connection.
    if !path.is_file() {
        warn("it is not a regular file, and is left out".into());
        return Ok(of_url);
    }
    let text = foreign::read_limited(&path, limits::NETRC_BYTES);
    let text = text.map_err(|error| match error {
        foreign::ReadError::Read { error, .. } => Error::Netrc { path: shown.clone(), why: Why::said(error) },
        _ => {
            Error::Netrc { path: shown.clone(), why: format!("it is larger than {} bytes", limits::NETRC_BYTES).into() }
        }
    })?;
    let (entries, left_out) = netrc::parse(&text);
    left_out.into_iter().for_each(&mut warn);
    let host = http.url.host().unwrap_or_default();
    let user = of_url.as_ref().map(|login| login.user.as_slice());
    Ok(netrc::find(&entries, host, user).or(of_url))
}

/// `$NETRC`, or `.netrc` in the home folder.
fn netrc_path() -> Option<PathBuf> {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".netrc"));
    std::env::var_os("NETRC").map(PathBuf::from).or_else(home)
}

/// The system's certificates, and those in the file that `SSL_CERT_FILE` names.
pub fn certificates() -> Result<Vec<Certificate<'static>>, Error> {
    let mut ders = Vec::new();
    let mut problem = None;
    let own = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(file) = &own {
        let found = rustls_native_certs::load_certs_from_paths(Some(file), None);
        problem = found.errors.first().map(Why::said);
        ders.extend(found.certs);
    }
    let bundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
    let folders = openssl_probe::candidate_cert_dirs().map(|folder| folder.to_path_buf());
    let system = bundles.iter().map(PathBuf::from).find(|path| path.is_file());
    let found = match (system, folders.into_iter().next()) {
        (Some(file), _) => Some(rustls_native_certs::load_certs_from_paths(Some(&file), None)),
        (None, Some(folder)) => Some(rustls_native_certs::load_certs_from_paths(None, Some(&folder))),
        (None, None) => None,
    };
    ders.extend(found.into_iter().flat_map(|found| found.certs));
    match problem {
        Some(why) => Err(Error::Certificates(why)),
        None if ders.is_empty() => Err(Error::Certificates("none were found".into())),
        None => Ok(ders.iter().map(|der| Certificate::from_der(der).to_owned()).collect()),
    }
}

/// A proxy of the environment.
#[derive(Clone)]
pub struct Proxy {
    /// For ureq.
    pub inner: ureq::Proxy,
    /// Which variable named it.
    pub variable: &'static str,
    /// Its host and port, without user and password.
    pub shown: Foreign,
}

/// The proxy that the environment names for this URL, as curl reads it.
pub fn proxy(url: &HttpUrl) -> Result<Option<Proxy>, Error> {
    let value = |name: &&'static str| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
        Some((*name, value.into_string()))
    };
    let host = url.url.host().unwrap_or_default();
    let exceptions = ["no_proxy", "NO_PROXY"].iter().find_map(value);
    if exceptions.is_some_and(|(_, list)| list.is_ok_and(|list| is_excepted(host, &list))) {
        return Ok(None);
    }
    // HTTP_PROXY in upper case can be set by a request header where the program runs under CGI: curl ignores it.
    let names: &[&str] = if url.url.scheme == gix_url::Scheme::Https {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else {
        &["http_proxy", "all_proxy", "ALL_PROXY"]
    };
    let Some((variable, value)) = names.iter().find_map(value) else { return Ok(None) };
    let inner = value.ok().and_then(|value| ureq::Proxy::new(&value).ok());
    let inner = inner.ok_or(Error::ProxyVariable { variable })?;
    let shown = Foreign::said(format_args!("{}:{}", inner.host(), inner.port()));
    Ok(Some(Proxy { inner, variable, shown }))
}

/// `no_proxy`: names with their subdomains, separated by commas, or `*`.
fn is_excepted(host: &str, list: &str) -> bool {
    list.split(',').map(|name| name.trim().trim_start_matches('.')).filter(|name| !name.is_empty()).any(|name| {
        name == "*"
            || host.eq_ignore_ascii_case(name)
            || host.to_ascii_lowercase().ends_with(&format!(".{}", name.to_ascii_lowercase()))
    })
}
