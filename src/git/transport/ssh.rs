//! `ssh://` and `user@host:path`: the one place where a process is started, and only this one.

use std::io::Read;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use foreign::Foreign;
use gix_object::bstr::{BString, ByteSlice};
use gix_protocol::transport::Protocol;
use gix_protocol::transport::client::git::ConnectMode;
use gix_protocol::transport::client::git::blocking_io::Connection as GitConnection;

use super::{Connection, Metered};
use crate::git::Error;
use crate::git::watchdog::Meter;
use crate::limits;

pub fn connect(destination: &str, port: Option<u16>, path: &BString, meter: &Arc<Meter>) -> Result<Connection, Error> {
    let mut command = Command::new("ssh");
    // Nobody may be there to answer a question, and the server should speak protocol version 2.
    command.args(["-o", "BatchMode=yes", "-o", "SendEnv=GIT_PROTOCOL"]).env("GIT_PROTOCOL", "version=2");
    if let Some(port) = port {
        command.arg("-p").arg(port.to_string());
    }
    let remote_command = format!("git-upload-pack {}", quote(path)?);
    command.arg(destination).arg(remote_command);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Error::Connect(Foreign::from(&format!("ssh could not be started: {error}"))))?;
    let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(Error::Connect(Foreign::from("ssh has no standard streams")));
    };
    let said = std::thread::spawn(move || listen(stderr));
    let process = Arc::new(Process(Mutex::new(child)));
    let to_kill = process.clone();
    meter.on_stop(move || to_kill.kill());
    Ok(Box::new(GitConnection::new(
        Metered { inner: Output { stdout, said: Some(said), _process: process }, meter: meter.clone() },
        stdin,
        Protocol::V2,
        path.clone(),
        None::<(&str, _)>,
        ConnectMode::Process,
        false,
    )))
}

/// The path as one word for the shell on the other side.
fn quote(path: &BString) -> Result<String, Error> {
    let path = path.to_str().map_err(|_| Error::NoRepository(Foreign::from("its path is not UTF-8")))?;
    Ok(format!("'{}'", path.replace('\'', "'\\''").replace('!', "'\\!'")))
}

/// What ssh and the other side say, to the end, as one line.
fn listen(stderr: impl Read) -> Foreign {
    let mut text = Vec::new();
    // Nothing more can be told when reading fails; what was said until then is told.
    let _ = stderr.take(limits::SSH_MESSAGE_BYTES).read_to_end(&mut text);
    let lines: Vec<&[u8]> = text.lines().filter(|line| !line.is_empty()).collect();
    Foreign::from(&lines.join(&b"; "[..]))
}

/// The ssh process, ended at the latest with the connection.
struct Process(Mutex<Child>);

impl Process {
    fn kill(&self) {
        let mut child = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Fails where the process is gone already, which is what we want.
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

struct Output {
    stdout: ChildStdout,
    said: Option<JoinHandle<Foreign>>,
    _process: Arc<Process>,
}

impl Read for Output {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let length = self.stdout.read(buf)?;
        // We hang up first: an end that comes from the other side has a reason, which was told to people.
        match self.said.take_if(|_| length == 0).map(JoinHandle::join) {
            Some(Ok(said)) if !said.as_bytes().is_empty() => Err(std::io::Error::other(Error::Connect(said))),
            _ => Ok(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn paths_are_one_word_for_the_other_side() {
        assert_eq!(quote(&"/a b/$(id).git".into()).unwrap(), "'/a b/$(id).git'");
        assert_eq!(quote(&"it's!".into()).unwrap(), "'it'\\''s'\\!''");
    }
}
