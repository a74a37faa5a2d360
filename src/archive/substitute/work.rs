//! How much work placeholders take: counted, so that small files do not keep a machine busy for days.

use std::cell::Cell;

use crate::archive::error::Error;
use crate::limits;

/// The bytes that placeholders of one archive have looked at or written, again and again.
#[derive(Debug, Default)]
pub struct Work(Cell<u64>);

impl Work {
    /// Account for this many bytes.
    ///
    /// # Errors
    /// [`Error::Limit`] where it is too much.
    pub fn spend(&self, bytes: usize) -> Result<(), Error> {
        self.0.set(self.0.get().saturating_add(bytes as u64));
        if self.0.get() > limits::SUBSTITUTION_WORK {
            return Err(Error::Limit { what: "the work that placeholders take" });
        }
        Ok(())
    }

    /// How much it was.
    pub fn spent(&self) -> u64 {
        self.0.get()
    }
}
