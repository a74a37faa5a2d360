//! The way to a server.

use std::sync::Arc;
use std::time::Instant;

use foreign::Foreign;
use gix_protocol::transport::Protocol;

use super::connection::Connection;
use super::{daemon, http, ssh};
use crate::git::error::Error;
use crate::git::repository::{Event, Step};
use crate::git::source::Source;
use crate::git::watchdog::Meter;

/// A server, and what this machine says about the way there: proxies, certificates, logins.
pub struct Route {
    source: Source,
    deadline: Instant,
    http: Option<http::Client>,
}

impl Route {
    /// Look into the environment and its files. Nothing is sent.
    pub fn find(source: &Source, meter: &Arc<Meter>, deadline: Instant) -> Result<Self, Error> {
        let http = match source {
            Source::Http(url) => Some(http::Client::new(url, meter.clone(), deadline)?),
            _ => None,
        };
        Ok(Route { source: source.clone(), deadline, http })
    }

    /// Connect to the server (http: get ready to), asking for protocol version 2.
    pub fn connect(&self, meter: &Arc<Meter>) -> Result<Connection, Error> {
        meter.tell(Event::Step(Step::Connecting { to: Foreign::said(&self.source) }));
        match (&self.source, &self.http) {
            (Source::Http(url), Some(client)) => {
                Ok(Box::new(gix_transport::client::blocking_io::http::Transport::new_http(
                    client.clone(),
                    url.url.clone(),
                    Protocol::V2,
                    false,
                )))
            }
            (Source::Daemon { host, port, path }, _) => daemon::connect(host, *port, path, meter, self.deadline),
            (Source::Ssh { destination, port, path }, _) => ssh::connect(destination, *port, path, meter),
            (Source::Path(_) | Source::Http(_), _) => Err(Error::NoRepository("no server is needed for it".into())),
        }
    }
}
