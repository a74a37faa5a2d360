//! A connection, and the count of what comes in on it.

use std::io::Read;
use std::sync::Arc;

use gix_protocol::transport::client::blocking_io::Transport;

use crate::git::watchdog::Meter;

/// A connection of any kind.
pub type Connection = Box<dyn Transport + Send>;

/// Counts what is read.
pub struct Metered<R> {
    /// Where it comes from.
    pub inner: R,
    /// Who counts.
    pub meter: Arc<Meter>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let bytes = self.inner.read(buf)?;
        self.meter.add(bytes).map_err(std::io::Error::other)?;
        Ok(bytes)
    }
}
