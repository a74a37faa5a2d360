//! `ssh://` and `user@host:path`: the one place where a process is started, and only this one.

use std::io::Read;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};

use foreign::Foreign;
use gix_object::bstr::{BString, ByteSlice};
use gix_protocol::transport::Protocol;
use gix_protocol::transport::client::git::ConnectMode;
use gix_protocol::transport::client::git::blocking_io::Connection as GitConnection;

use super::connection::{Connection, Metered};
use crate::git::error::Error;
use crate::git::error::Why;
use crate::git::watchdog::Meter;
use crate::limits;

pub fn connect(destination: &str, port: Option<u16>, path: &BString, meter: &Arc<Meter>) -> Result<Connection, Error> {
    let mut command = Command::new("ssh");
    // Nobody may be there to answer a question, and the server should speak protocol version 2.
    command.args(["-o", "BatchMode=yes", "-o", "SendEnv=GIT_PROTOCOL"]).env("GIT_PROTOCOL", "version=2");
    if let Some(port) = port {
        command.arg("-p").arg(port.to_string());
    }
    // Ctrl-C does not reach it in a group of its own, and it may be connecting then.
    command.arg("-o").arg(format!("ConnectTimeout={}", limits::LONGEST_SILENCE.as_secs()));
    let remote_command = format!("git-upload-pack {}", quote(path)?);
    command.arg(destination).arg(remote_command);
    // What it starts (a ProxyCommand) ends with it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Error::NoSsh(Why::said(error)))?;
    let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let process = Arc::new(Process(Mutex::new(Some(child))));
    let (Some(stdin), Some(stdout), Some(stderr)) = streams else {
        return Err(Error::NoSsh("it has no standard streams".into()));
    };
    let said = Said::listen(stderr);
    let (to_end, watched) = (process.clone(), Arc::downgrade(&process));
    meter.on_stop(move || to_end.end());
    // Where ssh is gone and a child of it holds its output open, nobody would ever see the end.
    std::thread::spawn(move || {
        while watched.upgrade().is_some_and(|process| !process.is_over()) {
            std::thread::sleep(limits::SSH_LAST_WORDS / 10);
        }
        std::thread::sleep(limits::SSH_LAST_WORDS);
        if let Some(process) = watched.upgrade() {
            process.end();
        }
    });
    Ok(Box::new(GitConnection::new(
        Metered { inner: Output { stdout, said, _process: process }, meter: meter.clone() },
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
    let path = path.to_str().map_err(|_| Error::NoRepository("its path is not UTF-8".into()))?;
    Ok(format!("'{}'", path.replace('\'', "'\\''").replace('!', "'\\!'")))
}

/// What ssh and the other side say on standard error.
struct Said {
    text: Arc<Mutex<Vec<u8>>>,
    end: Receiver<()>,
}

impl Said {
    fn listen(mut stderr: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let (sender, end) = channel();
        let kept = text.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // To its end: who writes into a pipe that nobody reads waits, or dies.
            while let Ok(length) = stderr.read(&mut buffer) {
                if length == 0 {
                    break;
                }
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let room = limits::SSH_MESSAGE_BYTES.saturating_sub(kept.len());
                kept.extend_from_slice(buffer.get(..length.min(room)).unwrap_or_default());
            }
            // Nobody may wait for it any more.
            let _ = sender.send(());
        });
        Said { text, end }
    }

    /// All of it as one line. A program in the background may keep the stream open: it is given a while, and no more.
    fn in_one_line(&self) -> Foreign {
        match self.end.recv_timeout(limits::SSH_LAST_WORDS) {
            Ok(()) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: Vec<&[u8]> = text.lines().filter(|line| !line.is_empty()).collect();
        Foreign::from(&lines.join(&b"; "[..]))
    }
}

/// The ssh process, ended at the latest with the connection, and its children with it.
struct Process(Mutex<Option<Child>>);

impl Process {
    /// Whether ssh itself has ended. Its status is left where it is, and so its number stays its own.
    fn is_over(&self) -> bool {
        let child = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        #[cfg(unix)]
        let is_over = |id| {
            use rustix::process::{WaitId, WaitIdOptions, waitid};
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
            !matches!(waitid(WaitId::Pid(id), options), Ok(None))
        };
        #[cfg(unix)]
        return child.as_ref().and_then(pid).is_none_or(is_over);
        #[cfg(not(unix))]
        return child.is_none();
    }

    fn end(&self) {
        // Once: its number may be another process's later.
        let Some(mut child) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        // Each fails where the process is gone already, which is what we want.
        #[cfg(unix)]
        if let Some(group) = pid(&child) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

#[cfg(unix)]
fn pid(child: &Child) -> Option<rustix::process::Pid> {
    i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw)
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

struct Output {
    stdout: ChildStdout,
    said: Said,
    _process: Arc<Process>,
}

impl Read for Output {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let length = self.stdout.read(buf)?;
        if length > 0 || buf.is_empty() {
            return Ok(length);
        }
        // We hang up first: an end that comes from the other side has a reason, which was told to people.
        let said = self.said.in_one_line();
        if said.as_bytes().is_empty() {
            return Ok(0);
        }
        Err(std::io::Error::other(reason(said)))
    }
}

/// OpenSSH's own words for a host key that is not known, or not the known one.
fn reason(said: Foreign) -> Error {
    let of_host_keys = [&b"Host key verification failed"[..], b"REMOTE HOST IDENTIFICATION HAS CHANGED"];
    if of_host_keys.iter().any(|words| said.as_bytes().contains_str(words)) {
        Error::SshHostKey(said)
    } else {
        Error::Ssh(said)
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
