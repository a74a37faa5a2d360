//! http and https: certificates, credentials, redirects, proxies.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::environment::servers::{HttpServer, serve};
use crate::environment::{Environment, Program, Release};

pub struct Setting {
    pub env: Environment,
    pub release: Release,
    pub server: HttpServer,
}

impl Setting {
    pub fn new() -> Self {
        let env = Environment::new();
        let release = env.release();
        release.repo.git(&["config", "uploadpack.allowFilter", "true"]);
        let server = HttpServer::start(&env.path(""));
        Setting { env, release, server }
    }

    pub fn check(&self, url: impl AsRef<std::ffi::OsStr>) -> Program {
        self.env.authenticate(&self.release.key, "v1", url, &self.release.tarball)
    }

    /// The same, with the private authority trusted.
    pub fn https(&self, url: &str) -> Program {
        self.check(url).env("SSL_CERT_FILE", &self.server.authority)
    }
}

#[test]
fn https_with_a_private_authority() {
    let s = Setting::new();
    let url = s.server.https("x.git");
    s.https(&url).expect_authentic();
    let outcome =
        s.check(&url).arg("-v").expect_not_checked("could not be reached: the certificate of localhost is by an");
    assert!(outcome.err.contains("SSL_CERT_FILE") && !outcome.err.contains("trying again"), "{outcome:?}");
    // A certificate for another name, and one of another time.
    s.https(&url.replace("localhost", "127.0.0.1"))
        .expect_not_checked("could not be reached: the certificate that it shows is not for 127.0.0.1");
    s.https(&s.server.expired("x.git"))
        .expect_not_checked("could not be reached: the certificate of localhost is not valid at this time");
    s.https(&s.server.http("x.git").replace("http:", "https:")).expect_not_checked("could not be reached: TLS with");
    s.https(&url).env("SSL_CERT_FILE", "/no/such/file").expect_not_checked("certificates of this machine");
}

#[test]
fn what_the_server_says_no_to() {
    let s = Setting::new();
    s.check(s.server.http("missing.git")).expect_not_checked("no git repository at this address");
    s.check(s.server.http("error/x.git")).expect_not_checked("500");
    s.check(s.server.http("nothing")).expect_not_checked("no git repository at this address");
}

#[test]
fn credentials_from_the_url_and_from_netrc() {
    let s = Setting::new();
    let url = s.server.https("private/x.git");
    s.https(&url).expect_not_checked("refuses access: 401");
    s.https(&url.replace("localhost", "me:secret@localhost")).expect_authentic();
    s.https(&url.replace("localhost", "me:wrong@localhost")).expect_not_checked("refuses access: 401");
    s.env.file(".netrc", "machine localhost\nlogin me\npassword secret\n");
    s.https(&url).expect_authentic();
    s.env.file(".netrc", "machine elsewhere login me password secret\n");
    s.https(&url).expect_not_checked("refuses access: 401");
    s.env.file("other", "default login me password secret\n");
    s.https(&url).env("NETRC", s.env.path("other")).expect_authentic();
    let outcome = s.env.file(".netrc", "machine localhost login me passwrd s3cr3t-word\n");
    assert!(outcome.exists());
    let outcome = s.https(&url).expect_not_checked("");
    assert!(!outcome.err.contains("s3cr3t"), "{outcome:?}");
    assert!(outcome.err.contains("warning: ") && outcome.err.contains(".netrc: line 1: "), "{outcome:?}");
    // Those of a netrc file are not for plain connections.
    s.env.file(".netrc", "machine 127.0.0.1 login me password secret\n");
    s.check(s.server.http("private/x.git")).expect_not_checked("refuses access: 401");
    s.check(s.server.http("private/x.git").replace("127.0.0.1", "me:secret@127.0.0.1")).expect_authentic();
}

#[test]
fn only_the_first_request_is_redirected_and_never_to_http() {
    let s = Setting::new();
    s.check(s.server.http("moved/x.git")).expect_authentic();
    s.https(&s.server.https("moved/x.git")).expect_authentic();
    s.https(&format!("git+{}#tag=v1", s.server.https("x.git"))).expect_authentic();
    s.https(&s.server.https("insecure/x.git")).expect_not_checked("from https to http");
    s.check(s.server.http("insecure/x.git")).expect_authentic();
    s.check(s.server.http("elsewhere/x.git")).expect_not_checked("not a git repository's address");
    s.check(s.server.http("loop/x.git")).expect_not_checked("too often");
    // A redirect of a later request.
    let (http, count) = (s.server.http, AtomicU64::new(0));
    let port = serve(move |mut client| {
        let request = read_head(&mut client);
        if count.fetch_add(1, Ordering::SeqCst) == 0 {
            forward(http, &request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"), client);
        } else {
            let _ = client
                .write_all(b"HTTP/1.1 307 Moved\r\nLocation: /x.git/git-upload-pack\r\nContent-Length: 0\r\n\r\n");
        }
    });
    s.check(format!("http://127.0.0.1:{port}/x.git")).expect_not_checked("only the first request");
}

/// User and password must not follow a redirect to another host.
#[test]
fn credentials_stay_with_their_host() {
    let s = Setting::new();
    let seen = Arc::new(Mutex::new(String::new()));
    let heard = seen.clone();
    let other = serve(move |mut client| {
        *heard.lock().unwrap() = read_head(&mut client);
        let _ = client.write_all(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    });
    let first = serve(move |mut client| {
        let head = read_head(&mut client).to_lowercase();
        assert!(head.contains("authorization: basic bwu6c2vjcmv0"), "{head}");
        let to = format!("http://127.0.0.1:{other}/x.git/info/refs?service=git-upload-pack");
        let _ = write!(client, "HTTP/1.1 302 Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
    });
    s.check(format!("http://me:secret@127.0.0.1:{first}/x.git")).expect_not_checked("404");
    let seen = seen.lock().unwrap().to_lowercase();
    assert!(seen.starts_with("get /x.git/info/refs") && !seen.contains("authorization"), "{seen}");
}

#[test]
fn proxies_of_the_environment() {
    let s = Setting::new();
    let used = Arc::new(AtomicU64::new(0));
    let count = used.clone();
    let port = serve(move |mut client| {
        let request = read_head(&mut client);
        count.fetch_add(1, Ordering::SeqCst);
        let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
        if request.starts_with("CONNECT ") {
            let server = TcpStream::connect(target.replace("localhost", "127.0.0.1")).expect("a server");
            let _ = client.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            both_ways(client, server);
        } else {
            let port: u16 = target.split(['/', ':']).nth(4).and_then(|port| port.parse().ok()).expect("a port");
            forward(port, &request, client);
        }
    });
    let proxy = format!("http://127.0.0.1:{port}");
    let uses = || used.swap(0, Ordering::SeqCst);
    s.https(&s.server.https("x.git")).env("https_proxy", &proxy).expect_authentic();
    assert!(uses() > 0);
    s.check(s.server.http("x.git")).env("http_proxy", &proxy).expect_authentic();
    assert!(uses() > 0);
    s.check(s.server.http("x.git")).env("ALL_PROXY", &proxy).expect_authentic();
    assert!(uses() > 0);
    s.check(s.server.http("x.git"))
        .env("http_proxy", &proxy)
        .env("no_proxy", "example.org,127.0.0.1")
        .expect_authentic();
    s.check(s.server.http("x.git")).env("https_proxy", &proxy).expect_authentic();
    assert_eq!(uses(), 0);
    for variable in ["http_proxy", "ALL_PROXY"] {
        let outcome = s
            .check(s.server.http("x.git"))
            .env(variable, "http://me:s3cr3t@127.0.0.1:1")
            .expect_not_checked("could not be reached through the proxy 127.0.0.1:1 (in the variable ");
        assert!(outcome.err.contains(&format!("unset {variable}")) && !outcome.err.contains("s3cr3t"), "{outcome:?}");
    }
    let outcome = s.check(s.server.http("x.git")).arg("-v").env("http_proxy", "nonsense://x:s3cr3t@y");
    let outcome = outcome.expect_not_checked("the proxy in the variable http_proxy is not usable");
    assert!(!outcome.err.contains("trying again") && !outcome.err.contains("s3cr3t"), "{outcome:?}");
    let refusing = serve(|mut client| {
        read_head(&mut client);
        let _ = client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    });
    let proxy = format!("http://127.0.0.1:{refusing}");
    s.https(&s.server.https("x.git")).env("https_proxy", proxy).expect_not_checked("through the proxy 127.0.0.1");
}

/// A real server, with some bytes of its answers replaced.
fn rewriting(target: u16, from: &'static str, to: &'static str) -> u16 {
    serve(move |mut client| {
        let head = read_head(&mut client).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        client.read_exact(&mut body).expect("a request");
        let mut server = TcpStream::connect(("127.0.0.1", target)).expect("a server");
        server.write_all(&[head.as_bytes(), &body].concat()).expect("the request");
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).expect("an answer");
        let at = answer.windows(from.len()).position(|window| window == from.as_bytes());
        if let Some(at) = at {
            answer.splice(at..at + from.len(), to.bytes());
        }
        let _ = client.write_all(&answer);
    })
}

#[test]
fn content_types_with_parameters() {
    let s = Setting::new();
    for (from, to) in [
        ("-advertisement", "-advertisement; charset=utf-8"),
        ("-result", "-result ;charset=UTF-8"),
        ("x-git-upload-pack-advertisement", "X-Git-Upload-Pack-Advertisement"),
    ] {
        let port = rewriting(s.server.http, from, to);
        s.check(format!("http://127.0.0.1:{port}/x.git")).expect_authentic();
    }
    let port = rewriting(s.server.http, "application/x-git-upload-pack-advertisement", "text/html; charset=utf-8");
    let page = s.check(format!("http://127.0.0.1:{port}/x.git"));
    page.expect_not_checked("no git repository at this address: it answers with text/html");
}

/// A web server with the repository's files: what it is, once, and what helps.
#[test]
fn dumb_http() {
    let s = Setting::new();
    let port = serve(|mut client| {
        read_head(&mut client);
        let refs = format!("{}\trefs/heads/main\n{}\trefs/tags/v1\n", "1".repeat(40), "2".repeat(40));
        let _ = write!(client, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{refs}", refs.len());
    });
    let outcome = s.check(format!("http://127.0.0.1:{port}/x.git")).expect_not_checked("\"dumb\" http");
    assert_eq!(outcome.err.matches("dumb").count(), 1, "{outcome:?}");
    assert!(outcome.err.contains("git clone --bare") && !outcome.err.contains("again later"), "{outcome:?}");
}

/// The bytes up to the first empty line.
pub fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|length| length == 1) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

fn forward(port: u16, head: &str, client: TcpStream) {
    let mut server = TcpStream::connect(("127.0.0.1", port)).expect("a server");
    server.write_all(head.as_bytes()).expect("the request");
    both_ways(client, server);
}

fn both_ways(client: TcpStream, server: TcpStream) {
    let (mut from, mut to) = (client.try_clone().expect("a handle"), server.try_clone().expect("a handle"));
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    let (mut from, mut to) = (server, client);
    // Either side may hang up first.
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(std::net::Shutdown::Both);
}
