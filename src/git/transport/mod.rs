//! How bytes travel to a server and back. What they mean is the business of [`fetch`](super::fetch).

use std::io::Read;
use std::sync::Arc;
use std::time::Instant;

use foreign::Foreign;
use gix_protocol::transport::Protocol;
use gix_protocol::transport::client::blocking_io::Transport;

use super::watchdog::Meter;
use super::{Error, Source};

mod daemon;
mod environment;
mod http;
mod ssh;

/// A connection of any kind.
pub type Connection = Box<dyn Transport + Send>;

/// Connect to a server (http: get ready to), asking for protocol version 2.
pub fn connect(source: &Source, meter: &Arc<Meter>, deadline: Instant) -> Result<Connection, Error> {
    match source {
        Source::Http(url) => {
            let client = http::Client::new(url, meter.clone(), deadline)?;
            Ok(Box::new(gix_transport::client::blocking_io::http::Transport::new_http(
                client,
                url.url.clone(),
                Protocol::V2,
                false,
            )))
        }
        Source::Daemon { host, port, path } => daemon::connect(host, *port, path, meter, deadline),
        Source::Ssh { destination, port, path } => ssh::connect(destination, *port, path, meter),
        Source::Path(path) => {
            Err(Error::NotARepository { path: Foreign::path(path), why: Foreign::from("no server is needed for it") })
        }
    }
}

/// Counts what is read.
pub struct Metered<R> {
    inner: R,
    meter: Arc<Meter>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let bytes = self.inner.read(buf)?;
        self.meter.add(bytes).map_err(std::io::Error::other)?;
        Ok(bytes)
    }
}
