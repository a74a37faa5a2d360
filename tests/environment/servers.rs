//! Real servers on loopback, ended with the test.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::succeed;

/// A process that is ended with its owner.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[track_caller]
fn start(command: &mut Command, log: &Path) -> Running {
    let log = fs::File::create(log).expect("a log file");
    command.stdin(Stdio::null()).stdout(log.try_clone().expect("a handle")).stderr(log);
    Running(command.spawn().unwrap_or_else(|error| panic!("{command:?} (tests/run installs it): {error}")))
}

/// A port that nothing listens on: below those that the kernel gives to connections, and each asked for once.
pub fn free_port() -> u16 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = u64::from(std::process::id()) * 64 + NEXT.fetch_add(1, Ordering::SeqCst);
        let port = 20_000 + (number % 12_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

#[track_caller]
fn wait_for(port: u16, log: &Path) {
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let said = || fs::read_to_string(log).unwrap_or_default();
        assert!(begun.elapsed() < Duration::from_secs(20), "nothing listens on {port}: {}", said());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// `git daemon` for every repository in a folder.
pub struct GitDaemon {
    pub port: u16,
    _process: Running,
}

impl GitDaemon {
    pub fn start(base: &Path) -> Self {
        let (port, log) = (free_port(), base.join("daemon.log"));
        let mut command = super::git();
        command.args(["daemon", "--reuseaddr", "--listen=127.0.0.1", "--export-all", "--enable=upload-pack"]);
        command.arg(format!("--port={port}")).arg(format!("--base-path={}", base.display())).arg(base);
        let process = start(&mut command, &log);
        wait_for(port, &log);
        GitDaemon { port, _process: process }
    }

    pub fn url(&self, name: &str) -> String {
        format!("git://127.0.0.1:{}/{name}", self.port)
    }
}

/// `git http-backend` behind nginx and fcgiwrap: http and https, the latter with a private certificate authority.
///
/// `/x.git` is open, `/private/x.git` wants user and password (me, secret), `/moved/x.git` is redirected to `/x.git`,
/// `/insecure/x.git` from https to http, `/elsewhere/x.git` to a page.
pub struct HttpServer {
    pub http: u16,
    pub https: u16,
    expired: u16,
    /// The authority's certificate.
    pub authority: PathBuf,
    log: PathBuf,
    _processes: [Running; 2],
}

impl HttpServer {
    pub fn start(base: &Path) -> Self {
        let folder = base.join("http");
        fs::create_dir(&folder).expect("a folder");
        let (http, https, expired) = (free_port(), free_port(), free_port());
        let authority = certificates(&folder);
        fs::write(folder.join("users"), "me:{PLAIN}secret\n").expect("a file");
        let exec_path = String::from_utf8(succeed({
            let mut command = super::git();
            command.arg("--exec-path");
            command
        }));
        let backend = format!("{}/git-http-backend", exec_path.expect("UTF-8").trim());
        for (name, text) in [("nginx.conf", NGINX), ("backend.conf", BACKEND)] {
            let text = text
                .replace("USER;", if is_root() { "user root;" } else { "" })
                .replace("FOLDER", folder.to_str().expect("a plain path"))
                .replace("BASE", base.to_str().expect("a plain path"))
                .replace("BACKEND", &backend)
                .replace("EXPIRED_PORT", &expired.to_string())
                .replace("HTTPS_PORT", &https.to_string())
                .replace("HTTP_PORT", &http.to_string());
            fs::write(folder.join(name), text).expect("a file");
        }
        let socket = format!("unix:{}/socket", folder.display());
        let wrap = start(Command::new("fcgiwrap").args(["-c", "4", "-s", &socket]), &folder.join("fcgiwrap.log"));
        let log = folder.join("nginx.log");
        let mut nginx = Command::new("nginx");
        nginx.arg("-p").arg(&folder).arg("-c").arg(folder.join("nginx.conf")).env("PATH", paths());
        let nginx = start(&mut nginx, &log);
        wait_for(https, &log);
        HttpServer { http, https, expired, authority, log: folder.join("access.log"), _processes: [wrap, nginx] }
    }

    pub fn http(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{name}", self.http)
    }

    pub fn https(&self, name: &str) -> String {
        format!("https://localhost:{}/{name}", self.https)
    }

    /// With a certificate whose time is over.
    pub fn expired(&self, name: &str) -> String {
        format!("https://localhost:{}/{name}", self.expired)
    }

    /// The requests so far, in order.
    pub fn requests(&self) -> Vec<String> {
        // nginx writes its line after the answer: the last one may be on its way.
        std::thread::sleep(Duration::from_millis(100));
        fs::read_to_string(&self.log).unwrap_or_default().lines().map(str::to_owned).collect()
    }
}

/// nginx as root gives its rights away, and could not open the socket then.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Debian keeps servers where an ordinary user's PATH does not look.
fn paths() -> String {
    format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default())
}

const NGINX: &str = r#"
USER; daemon off; worker_processes 1; pid FOLDER/pid; error_log FOLDER/error.log;
events { worker_connections 64; }
http {
  log_format requests '$connection $request_method $request_uri $status $bytes_sent auth=$remote_user';
  access_log FOLDER/access.log requests;
  client_body_temp_path FOLDER/body; proxy_temp_path FOLDER/proxy; fastcgi_temp_path FOLDER/fastcgi;
  uwsgi_temp_path FOLDER/uwsgi; scgi_temp_path FOLDER/scgi; client_max_body_size 64m;
  server {
    listen 127.0.0.1:HTTP_PORT; listen 127.0.0.1:HTTPS_PORT ssl;
    ssl_certificate FOLDER/server.pem; ssl_certificate_key FOLDER/server.key;
    location /moved/ { rewrite ^/moved/(.*)$ /$1 redirect; }
    location /insecure/ { return 302 http://127.0.0.1:HTTP_PORT/x.git/info/refs?service=git-upload-pack; }
    location /elsewhere/ { return 302 /login; }
    location /loop/ { return 302 $request_uri; }
    location /error/ { return 500; }
    location /private/ {
      auth_basic "git"; auth_basic_user_file FOLDER/users;
      rewrite ^/private/(.*)$ /inner/$1 last;
    }
    location /inner/ {
      internal; auth_basic "git"; auth_basic_user_file FOLDER/users;
      rewrite ^/inner(/.*)$ $1 break;
      fastcgi_param PATH_INFO $uri; include FOLDER/backend.conf;
    }
    location ~ ^/[^/]+\.git/ { fastcgi_param PATH_INFO $uri; include FOLDER/backend.conf; }
  }
  server {
    listen 127.0.0.1:EXPIRED_PORT ssl;
    ssl_certificate FOLDER/expired.pem; ssl_certificate_key FOLDER/server.key;
  }
}
"#;

const BACKEND: &str = r#"
fastcgi_pass unix:FOLDER/socket; fastcgi_buffering off;
fastcgi_param SCRIPT_FILENAME BACKEND; fastcgi_param GIT_HTTP_EXPORT_ALL 1; fastcgi_param GIT_PROJECT_ROOT BASE;
fastcgi_param QUERY_STRING $query_string; fastcgi_param REQUEST_METHOD $request_method;
fastcgi_param CONTENT_TYPE $content_type; fastcgi_param CONTENT_LENGTH $content_length;
fastcgi_param GIT_PROTOCOL $http_git_protocol; fastcgi_param HOME FOLDER;
"#;

/// An authority, and a server certificate for localhost.
fn certificates(folder: &Path) -> PathBuf {
    let authority_key = rcgen::KeyPair::generate().expect("a key");
    let mut authority = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&authority_key).expect("a certificate");
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let server_key = rcgen::KeyPair::generate().expect("a key");
    let mut server = rcgen::CertificateParams::new(vec!["localhost".into()]).expect("parameters");
    for (name, last_year) in [("server.pem", 4000), ("expired.pem", 2001)] {
        server.not_after = rcgen::date_time_ymd(last_year, 1, 1);
        let certificate = server.signed_by(&server_key, &issuer).expect("a certificate");
        fs::write(folder.join(name), certificate.pem()).expect("a file");
    }
    fs::write(folder.join("server.key"), server_key.serialize_pem()).expect("a file");
    let path = folder.join("authority.pem");
    fs::write(&path, authority_certificate.pem()).expect("a file");
    path
}

/// OpenSSH's sshd with a throw-away key, and an `ssh` that knows the way to it.
pub struct Sshd {
    pub port: u16,
    /// A folder with a program `ssh`, to put into PATH.
    pub bin: PathBuf,
    _process: Running,
}

impl Sshd {
    pub fn start(base: &Path) -> Self {
        let folder = base.join("ssh");
        fs::create_dir(&folder).expect("a folder");
        let shown = folder.display();
        for name in ["host", "user"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(folder.join(name));
            succeed(keygen);
        }
        fs::copy(folder.join("user.pub"), folder.join("authorized")).expect("a copy");
        let port = free_port();
        let config = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {shown}/host\nAuthorizedKeysFile {shown}/authorized\nPidFile none\n\
             StrictModes no\nUsePAM no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nAcceptEnv GIT_PROTOCOL\nSetEnv PATH={}\n",
            std::env::var("PATH").expect("PATH")
        );
        fs::write(folder.join("sshd_config"), config).expect("a file");
        // Where sshd runs as root it wants this folder; others cannot make it and do not need it.
        let _ = fs::create_dir_all("/run/sshd");
        let log = folder.join("sshd.log");
        let process =
            start(Command::new("/usr/sbin/sshd").args(["-D", "-e", "-f"]).arg(folder.join("sshd_config")), &log);
        wait_for(port, &log);

        let client = format!(
            "Host *\n IdentityFile {shown}/user\n IdentitiesOnly yes\n UserKnownHostsFile {shown}/known\n \
             StrictHostKeyChecking accept-new\n LogLevel ERROR\n"
        );
        fs::write(folder.join("ssh_config"), client).expect("a file");
        let bin = folder.join("bin");
        fs::create_dir(&bin).expect("a folder");
        script(&bin.join("ssh"), &format!("#!/bin/sh\nexec /usr/bin/ssh -F {shown}/ssh_config \"$@\"\n"));
        Sshd { port, bin, _process: process }
    }
}

/// An executable file.
pub fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text).expect("a script");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("permissions");
}

/// A server of our own that answers each connection with a function.
pub fn serve(answer: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let rest = stream.try_clone();
                answer(stream);
                // Unread input would reset the connection, and take away what was sent.
                if let Ok(mut rest) = rest {
                    let _ = rest.shutdown(Shutdown::Write);
                    let _ = rest.set_read_timeout(Some(Duration::from_secs(2)));
                    let _ = std::io::copy(&mut rest, &mut std::io::sink());
                }
            });
        }
    });
    port
}

/// Passes connections on, and counts what comes back.
pub struct CountingProxy {
    pub port: u16,
    received: Arc<AtomicU64>,
    connections: Arc<AtomicU64>,
}

impl CountingProxy {
    pub fn to(target: u16) -> Self {
        let received = Arc::new(AtomicU64::new(0));
        let connections = Arc::new(AtomicU64::new(0));
        let (bytes, count) = (received.clone(), connections.clone());
        let port = serve(move |client| {
            count.fetch_add(1, Ordering::SeqCst);
            let server = TcpStream::connect(("127.0.0.1", target)).expect("a server");
            let (from, to) = (client.try_clone().expect("a handle"), server.try_clone().expect("a handle"));
            std::thread::spawn(move || pass(from, to, &AtomicU64::new(0)));
            pass(server, client, &bytes);
        });
        CountingProxy { port, received, connections }
    }

    /// Bytes that came from the server.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::SeqCst)
    }

    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Passes connections on to a server, but hangs up on the first few at once, and on all others after this many bytes of
/// the answer.
pub fn unreliable_proxy(target: u16, hangs_up_on: u64, after: u64) -> u16 {
    let connections = AtomicU64::new(0);
    serve(move |client| {
        if connections.fetch_add(1, Ordering::SeqCst) < hangs_up_on {
            return;
        }
        let server = TcpStream::connect(("127.0.0.1", target)).expect("a server");
        let (from, to) = (client.try_clone().expect("a handle"), server.try_clone().expect("a handle"));
        std::thread::spawn(move || pass(from, to, &AtomicU64::new(0)));
        let _ = std::io::copy(&mut (&server).take(after), &mut &client);
        let _ = client.shutdown(Shutdown::Both);
    })
}

fn pass(mut from: TcpStream, mut to: TcpStream, count: &AtomicU64) {
    let mut buffer = [0; 16 << 10];
    while let Ok(length) = from.read(&mut buffer) {
        if length == 0 || to.write_all(&buffer[..length]).is_err() {
            break;
        }
        count.fetch_add(length as u64, Ordering::SeqCst);
    }
    // The other side may be gone already.
    let _ = to.shutdown(Shutdown::Write);
}

/// A pkt-line.
pub fn packet(text: &[u8]) -> Vec<u8> {
    let mut line = format!("{:04x}", text.len() + 4).into_bytes();
    line.extend_from_slice(text);
    line
}

/// Read a request up to a flush packet (or its end).
pub fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"0000") {
        match stream.read(&mut buffer) {
            Ok(length) if length > 0 => request.extend_from_slice(&buffer[..length]),
            _ => break,
        }
    }
    request
}
