//! `ssh://` and `user@host:path`: the one place where a process is started, and only this one.

use std::io::Read;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use gix::bstr::{BString, ByteSlice};
use gix::protocol::transport::Protocol;
use gix::protocol::transport::client::git::ConnectMode;
use gix::protocol::transport::client::git::blocking_io::Connection as GitConnection;

use super::{Connection, Metered};
use crate::foreign::Foreign;
use crate::git::watchdog::Meter;
use crate::git::{Error, Event};
use crate::limits;

pub fn connect(
    destination: &str,
    port: Option<u16>,
    path: &BString,
    meter: &Arc<Meter>,
) -> Result<Connection, Error> {
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
    listen(stderr, meter.clone());
    let process = Arc::new(Process(Mutex::new(child)));
    let to_kill = process.clone();
    meter.on_stop(move || to_kill.kill());
    Ok(Box::new(GitConnection::new(
        Metered { inner: Output { stdout, _process: process }, meter: meter.clone() },
        Input(stdin),
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

/// What ssh and the other side say, for the report.
fn listen(stderr: impl Read + Send + 'static, meter: Arc<Meter>) {
    std::thread::spawn(move || {
        let mut text = Vec::new();
        // Nothing more can be told when reading fails; what was said until then is told.
        let _ = stderr.take(limits::SSH_MESSAGE_BYTES).read_to_end(&mut text);
        for line in text.lines().filter(|line| !line.is_empty()) {
            meter.tell(Event::Server(Foreign::from(line)));
        }
    });
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
    _process: Arc<Process>,
}

impl Read for Output {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        self.stdout.read(buf)
    }
}

struct Input(ChildStdin);

impl std::io::Write for Input {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        self.0.write(buf)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
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
