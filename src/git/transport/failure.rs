//! Why a server could not be reached, told apart as people need it.

use std::io::{self, ErrorKind};

use foreign::Foreign;

use super::environment::Proxy;
use crate::git::error::Error;
use crate::git::error::Why;
use crate::limits;

/// Where a connection was to lead.
#[derive(Clone)]
pub struct Destination {
    /// The name in the URL.
    pub host: Foreign,
    /// The port of the URL.
    pub port: u16,
}

impl Destination {
    fn at(&self) -> Foreign {
        Foreign::said(format_args!("{} (port {})", String::from_utf8_lossy(self.host.as_bytes()), self.port))
    }
}

/// What went wrong with a socket before anything was received.
pub fn of_socket(error: &io::Error, to: &Destination) -> Error {
    let why = || Why::said(error);
    match error.kind() {
        ErrorKind::ConnectionRefused => Error::Refused { at: to.at() },
        ErrorKind::TimedOut | ErrorKind::WouldBlock => {
            Error::ConnectTime { at: to.at(), seconds: limits::CONNECT_TIME.as_secs() }
        }
        ErrorKind::ConnectionReset
        | ErrorKind::UnexpectedEof
        | ErrorKind::BrokenPipe
        | ErrorKind::ConnectionAborted => Error::HungUp,
        _ if is_name_lookup(error) => Error::NameLookup { host: to.host.clone(), why: why() },
        _ => Error::Unreachable { at: to.at(), why: why() },
    }
}

/// The standard library has no kind for it, and begins its message with these words.
fn is_name_lookup(error: &io::Error) -> bool {
    error.to_string().starts_with("failed to lookup address information")
}

/// What went wrong with an http request before its answer began.
pub fn of_request(error: ureq::Error, to: &Destination, proxy: Option<&Proxy>) -> Error {
    // What the certificate is about is the server, also behind a proxy.
    match tls_error(&error) {
        Some(rustls::Error::InvalidCertificate(problem)) => return of_certificate(problem, to.host.clone()),
        Some(other) => return Error::Tls { host: to.host.clone(), why: Why::said(other) },
        None => {}
    }
    if let Some(proxy) = proxy.filter(|_| is_about_the_connection(&error)) {
        return Error::Proxy { variable: proxy.variable, proxy: proxy.shown.clone(), why: in_plain_words(&error) };
    }
    match error {
        ureq::Error::Io(error) => of_socket(&error, to),
        ureq::Error::HostNotFound => Error::NameLookup { host: to.host.clone(), why: "the look-up found none".into() },
        ureq::Error::ConnectionFailed => Error::Unreachable { at: to.at(), why: "no address answers".into() },
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            Error::ConnectTime { at: to.at(), seconds: limits::CONNECT_TIME.as_secs() }
        }
        ureq::Error::Timeout(_) => Error::TooSlow,
        ureq::Error::Tls(why) => Error::Tls { host: to.host.clone(), why: why.into() },
        other => Error::Protocol(Why::said(other)),
    }
}

fn is_about_the_connection(error: &ureq::Error) -> bool {
    use ureq::Error::*;
    matches!(
        error,
        HostNotFound
            | ConnectionFailed
            | ConnectProxyFailed(_)
            | Io(_)
            | Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve)
    )
}

fn in_plain_words(error: &ureq::Error) -> Why {
    match error {
        ureq::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => "it refuses connections".into(),
        ureq::Error::Io(error) => Why::said(error),
        ureq::Error::ConnectProxyFailed(said) => Why::said(said),
        ureq::Error::HostNotFound => "no address is known for it".into(),
        ureq::Error::Timeout(_) => "it does not answer in time".into(),
        other => Why::said(other),
    }
}

fn tls_error(error: &ureq::Error) -> Option<&rustls::Error> {
    match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref(),
        _ => None,
    }
}

fn of_certificate(problem: &rustls::CertificateError, host: Foreign) -> Error {
    use rustls::CertificateError::*;
    match problem {
        UnknownIssuer => Error::UnknownAuthority { host },
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => Error::CertificateTime { host },
        NotValidForName | NotValidForNameContext { .. } => Error::CertificateName { host },
        other => Error::Tls { host, why: Why::said(other) },
    }
}
