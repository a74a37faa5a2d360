//! `git://`: plain TCP to a git daemon.
//!
//! The socket is our own: gix tries the first address only, and leaves Nagle's algorithm on.

use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Instant;

use foreign::Foreign;
use gix_object::bstr::BString;
use gix_protocol::transport::Protocol;
use gix_protocol::transport::client::git::ConnectMode;
use gix_protocol::transport::client::git::blocking_io::Connection as GitConnection;

use super::connection::{Connection, Metered};
use super::failure::{Destination, of_socket};
use crate::git::error::Error;
use crate::git::watchdog::Meter;
use crate::limits;

pub fn connect(
    host: &str,
    port: u16,
    path: &BString,
    meter: &Arc<Meter>,
    deadline: Instant,
) -> Result<Connection, Error> {
    // An IPv6 address stands in brackets in a URL, but not in a look-up.
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let destination = Destination { host: Foreign::from(name), port };
    let failed = |error: std::io::Error| of_socket(&error, &destination);
    let stream = connect_to_any(name, port, deadline).map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let to_cut = stream.try_clone().map_err(failed)?;
    meter.on_stop(move || {
        // It may be closed already, which is what we want.
        let _ = to_cut.shutdown(Shutdown::Both);
    });
    let reader = Metered { inner: stream.try_clone().map_err(failed)?, meter: meter.clone() };
    let virtual_host = Some((host.to_owned(), (port != 9418).then_some(port)));
    Ok(Box::new(GitConnection::new(
        reader,
        stream,
        Protocol::V2,
        path.clone(),
        virtual_host,
        ConnectMode::Daemon,
        false,
    )))
}

fn connect_to_any(host: &str, port: u16, deadline: Instant) -> std::io::Result<TcpStream> {
    let mut last = std::io::Error::other("the name has no address");
    for address in (host, port).to_socket_addrs()? {
        let left = deadline.saturating_duration_since(Instant::now()).min(limits::CONNECT_TIME);
        if left.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}
