//! Standard output, standard error, and how failures are put on them.

use std::io::{ErrorKind, Write};

use super::failure::{Failure, Kind};
use super::json;

/// Standard output and standard error.
pub struct Streams<'a> {
    /// For results.
    pub out: &'a mut dyn Write,
    /// For everything else. That nobody reads it changes no answer.
    pub err: Unheard<'a>,
}

/// A stream on which nothing fails.
pub struct Unheard<'a>(&'a mut dyn Write);

impl Write for Unheard<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() != ErrorKind::Interrupted => Ok(bytes.len()),
            result => result,
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

impl<'a> Streams<'a> {
    /// Around these two.
    pub fn new(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Streams { out, err: Unheard(err) }
    }

    /// Why the answer is not yes, and the exit code.
    pub fn failure(&mut self, failure: &Failure, is_check: bool, is_json: bool) -> std::io::Result<u8> {
        let (lead, verdict, code) = match failure.kind {
            Kind::Verdict => (if is_check { "NOT VERIFIED" } else { "refused" }, "not-verified", 1),
            Kind::Unchecked => (if is_check { "could not check" } else { "not done" }, "not-checked", 3),
            Kind::Usage => ("usage error", "not-checked", 2),
        };
        let Failure { code: name, what, help, .. } = failure;
        if is_json && failure.kind != Kind::Usage {
            let value = serde_json::json!({"verdict": verdict, "code": name, "reason": what, "help": help});
            json::write(&value, self.out)?;
        } else {
            writeln!(self.err, "{lead}: {what}\nhelp: {help}")?;
        }
        Ok(code)
    }
}
