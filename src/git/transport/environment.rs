//! What this machine says about http(s): logins, certificates, proxies. Nobody is asked.

use std::path::PathBuf;

use foreign::Foreign;
use ureq::tls::Certificate;

use crate::git::Error;
use crate::git::source::HttpUrl;
use crate::limits;

/// User and password for this repository, if there are any.
///
/// Those in the URL are used as the user wrote them. Those of a netrc file are for https alone: a plain connection
/// would show them to everyone on the way.
pub fn login(http: &HttpUrl) -> Result<Option<(String, String)>, Error> {
    if http.login.is_some() {
        return Ok(http.login.clone());
    }
    if http.url.scheme != gix_url::Scheme::Https {
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

/// The system's certificates, and those in the file that `SSL_CERT_FILE` names.
pub fn certificates() -> Result<Vec<Certificate<'static>>, Error> {
    let mut ders = Vec::new();
    let mut problem = None;
    let own = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(file) = &own {
        let found = rustls_native_certs::load_certs_from_paths(Some(file), None);
        problem = found.errors.first().map(ToString::to_string);
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
        Some(why) => Err(Error::Certificates(Foreign::from(&why))),
        None if ders.is_empty() => Err(Error::Certificates(Foreign::from("none were found"))),
        None => Ok(ders.iter().map(|der| Certificate::from_der(der).to_owned()).collect()),
    }
}

/// The proxy that the environment names for this URL, as curl reads it.
pub fn proxy(url: &HttpUrl) -> Result<Option<ureq::Proxy>, Error> {
    let variable = |name: &str| {
        let upper = name.to_ascii_uppercase();
        // HTTP_PROXY in upper case can be set by a request header where the program runs under CGI: curl ignores it.
        let names = if name == "http_proxy" { vec![name] } else { vec![name, upper.as_str()] };
        names.into_iter().find_map(|name| std::env::var(name).ok()).filter(|value| !value.is_empty())
    };
    let host = url.url.host().unwrap_or_default();
    if variable("no_proxy").is_some_and(|list| is_excepted(host, &list)) {
        return Ok(None);
    }
    let of_scheme = if url.url.scheme == gix_url::Scheme::Https { "https_proxy" } else { "http_proxy" };
    let Some(proxy) = variable(of_scheme).or_else(|| variable("all_proxy")) else { return Ok(None) };
    ureq::Proxy::new(&proxy).map(Some).map_err(|_| {
        Error::Connect(Foreign::from(&format!("the proxy in the environment ({of_scheme}) is not usable")))
    })
}

/// `no_proxy`: names with their subdomains, separated by commas, or `*`.
fn is_excepted(host: &str, list: &str) -> bool {
    list.split(',').map(|name| name.trim().trim_start_matches('.')).filter(|name| !name.is_empty()).any(|name| {
        name == "*"
            || host.eq_ignore_ascii_case(name)
            || host.to_ascii_lowercase().ends_with(&format!(".{}", name.to_ascii_lowercase()))
    })
}
