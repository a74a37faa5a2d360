//! `http://` and `https://`: gix's idea of HTTP on top of ureq and rustls.
//!
//! One request at a time, no retries with other credentials, no cookies; redirects on the first request alone.

use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use foreign::Foreign;
use gix_error::Message;
use gix_transport::client::blocking_io::http::{GetResponse, Http, PostBodyDataKind, PostResponse};
use ureq::http;
use ureq::tls::{RootCerts, TlsConfig};

use super::connection::Metered;
use super::environment::{self, Proxy};
use super::failure::{Destination, of_request};
use super::netrc::Login;
use crate::git::error::Error;
use crate::git::error::Why;
use crate::git::source::HttpUrl;
use crate::git::watchdog::Meter;
use crate::limits;

const DISCOVERY: &str = "/info/refs?service=git-upload-pack";
const ADVERTISEMENT: &[u8] = b"application/x-git-upload-pack-advertisement";

/// The HTTP client of one fetch.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    destination: Destination,
    proxy: Option<Proxy>,
    meter: Arc<Meter>,
    deadline: Instant,
    /// The value of the Authorization header, and the origin (`https://host:port`) that may see it.
    authorization: Option<(String, String)>,
    redirected: Option<String>,
}

impl Client {
    /// A client for this repository: certificates, proxy and credentials are looked up now.
    pub fn new(url: &HttpUrl, meter: Arc<Meter>, deadline: Instant) -> Result<Self, Error> {
        let text = url.url.to_bstring().to_string();
        let proxy = environment::proxy(url)?;
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("git/auth-tarball-from-git-", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(limits::CONNECT_TIME))
            .timeout_per_read(Some(limits::LONGEST_SILENCE))
            .proxy(proxy.as_ref().map(|proxy| proxy.inner.clone()));
        if text.starts_with("https:") {
            let roots = RootCerts::Specific(Arc::new(environment::certificates()?));
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        let login = environment::login(url, &mut |event| meter.tell(event))?;
        let authorization = login.map(|login| (basic(&login), origin(&text).to_owned()));
        let destination = destination(&text);
        let agent = config.build().into();
        Ok(Client { agent, destination, proxy, meter, deadline, authorization, redirected: None })
    }

    fn send(
        &self,
        url: &str,
        headers: &[String],
        body: Option<Vec<u8>>,
    ) -> std::io::Result<http::Response<ureq::Body>> {
        let mut request = http::Request::builder().uri(url);
        for header in headers {
            if let Some((name, value)) =
                header.split_once(':').filter(|(name, _)| !name.eq_ignore_ascii_case("user-agent"))
            {
                request = request.header(name, value.trim());
            }
        }
        if let Some((value, _)) = self.authorization.as_ref().filter(|(_, allowed)| allowed == origin(url)) {
            request = request.header("Authorization", value);
        }
        // The watchdog is first, and says it in our words; this ends the thread that it leaves behind.
        let left = self.deadline.saturating_duration_since(Instant::now()) + limits::CONNECT_TIME;
        let agent = &self.agent;
        let response = match body {
            None => {
                let request = request.method("GET").body(()).map_err(std::io::Error::other)?;
                agent.run(agent.configure_request(request).timeout_global(Some(left)).build())
            }
            Some(body) => {
                let request = request.method("POST").body(body).map_err(std::io::Error::other)?;
                agent.run(agent.configure_request(request).timeout_global(Some(left)).build())
            }
        };
        response.map_err(|error| failure(of_request(error, &self.destination_of(url), self.proxy.as_ref())))
    }

    /// After a redirect it is another host.
    fn destination_of(&self, url: &str) -> Destination {
        if self.redirected.is_some() { destination(url) } else { self.destination.clone() }
    }

    fn answer(&self, response: http::Response<ureq::Body>) -> std::io::Result<Answer> {
        let status = response.status();
        let said = || Why::said(status);
        match status.as_u16() {
            200 => {}
            407 => match &self.proxy {
                Some(Proxy { variable, shown, .. }) => {
                    return Err(failure(Error::Proxy { variable, proxy: shown.clone(), why: said() }));
                }
                None => return Err(failure(Error::Access(Foreign::said(status)))),
            },
            401 | 403 => return Err(failure(Error::Access(Foreign::said(status)))),
            404 | 410 => return Err(failure(Error::NoRepository(said()))),
            300..=399 => return Err(failure(Error::Redirect("only the first request may be redirected"))),
            _ => return Err(failure(Error::Protocol(said()))),
        }
        // gix compares the whole value: without parameters, and in lower case, as HTTP has it.
        let kind = response.headers().get("Content-Type").map(|value| value.as_bytes()).unwrap_or_default();
        let kind = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
        let headers = [&b"content-type: "[..], &kind, b"\n"].concat();
        let body = Metered { inner: response.into_body().into_reader(), meter: self.meter.clone() };
        let body = BufReader::with_capacity(64 << 10, Box::new(body) as Box<dyn Read + Send>);
        Ok(Answer { kind, headers: Some(Cursor::new(headers)), body })
    }

    /// The first request, with its redirects.
    fn discover(&mut self, url: &str, headers: &[String]) -> std::io::Result<Answer> {
        let mut url = url.to_owned();
        for _ in 0..=limits::REDIRECTS {
            let response = self.send(&url, headers, None)?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                let mut answer = self.answer(response)?;
                return if answer.kind == ADVERTISEMENT { Ok(answer) } else { Err(failure(answer.no_git()?)) };
            }
            let location = response.headers().get("Location").and_then(|value| value.to_str().ok());
            let next =
                redirect_target(&url, location.unwrap_or_default()).map_err(|what| failure(Error::Redirect(what)))?;
            self.redirected = next.strip_suffix(DISCOVERY).map(str::to_owned);
            url = next;
        }
        Err(failure(Error::Redirect("it does so too often")))
    }
}

/// Our own errors travel through gix inside an I/O error.
fn failure(error: Error) -> std::io::Error {
    std::io::Error::other(error)
}

/// `https://host:port` of a URL.
fn origin(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let end = url[authority..].find('/').map_or(url.len(), |at| authority + at);
    &url[..end]
}

/// Where a redirect of the first request leads, if it may be followed.
fn redirect_target(from: &str, location: &str) -> Result<String, &'static str> {
    let target = match location {
        absolute if absolute.starts_with("https://") || absolute.starts_with("http://") => absolute.to_owned(),
        path if path.starts_with('/') && !path.starts_with("//") => format!("{}{path}", origin(from)),
        _ => return Err("the target is not an http URL"),
    };
    if from.starts_with("https://") && !target.starts_with("https://") {
        return Err("from https to http");
    }
    if origin(&target).contains('@') {
        return Err("the target holds credentials");
    }
    let base = target.strip_suffix(DISCOVERY);
    if base.is_none_or(|base| base.contains(['?', '#'])) {
        return Err("the target is not a git repository's address");
    }
    Ok(target)
}

/// Host and port of a URL.
fn destination(url: &str) -> Destination {
    let (scheme, authority) = origin(url).split_once("://").unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
        _ => (authority, None),
    };
    Destination { host: Foreign::from(host), port: port.unwrap_or(if scheme == "https" { 443 } else { 80 }) }
}

fn basic(login: &Login) -> String {
    use base64::Engine as _;
    let both = [&login.user[..], b":", &login.password].concat();
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(both))
}

/// A response whose head has been read.
struct Answer {
    /// Its Content-Type.
    kind: Vec<u8>,
    headers: Option<Cursor<Vec<u8>>>,
    body: BufReader<Box<dyn Read + Send>>,
}

impl Answer {
    /// What a server has at this address that does not speak git's protocol there.
    fn no_git(&mut self) -> std::io::Result<Error> {
        let start = self.body.fill_buf()?;
        // A plain web server sends the file, which `git update-server-info` writes: an id, a tab, a ref.
        let is_list_of_refs = start.split(|byte| *byte == b'\n').next().is_some_and(|line| {
            let mut parts = line.splitn(2, |byte| *byte == b'\t');
            let is_id = |id: &[u8]| matches!(id.len(), 40 | 64) && id.iter().all(u8::is_ascii_hexdigit);
            parts.next().is_some_and(is_id) && parts.next().is_some_and(|name| name.starts_with(b"refs/"))
        });
        if is_list_of_refs {
            return Ok(Error::DumbHttp);
        }
        let kind = Foreign::from(&self.kind);
        Ok(Error::NoRepository(match self.kind.is_empty() {
            true => "it does not answer in git's protocol".into(),
            false => format!("it answers with {kind}, and not in git's protocol").into(),
        }))
    }
}

/// Sends a request with this body.
type SendBody = Box<dyn FnOnce(Vec<u8>) -> std::io::Result<Answer> + Send>;

/// A request that is sent when the first byte of its answer is asked for; gix writes the body before that.
struct Exchange {
    pending: Option<SendBody>,
    body: Vec<u8>,
    answer: Option<Answer>,
}

impl Exchange {
    fn answer(&mut self) -> std::io::Result<&mut Answer> {
        if let Some(send) = self.pending.take() {
            self.answer = Some(send(std::mem::take(&mut self.body))?);
        }
        self.answer.as_mut().ok_or_else(|| std::io::Error::other("the request has failed"))
    }
}

type Shared = Arc<Mutex<Exchange>>;

fn locked<T>(shared: &Shared, act: impl FnOnce(&mut Exchange) -> T) -> T {
    act(&mut shared.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The body of a request.
pub struct RequestBody(Shared);

impl Write for RequestBody {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        locked(&self.0, |exchange| {
            if exchange.body.len() + buf.len() > limits::REQUEST_BYTES {
                return Err(failure(Error::Limit { what: "the size of a request" }));
            }
            exchange.body.extend_from_slice(buf);
            Ok(buf.len())
        })
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The head or the body of the answer, read when it is asked for.
pub struct Lazy {
    exchange: Shared,
    of_head: bool,
    buffer: Vec<u8>,
    at: usize,
}

impl Lazy {
    fn both(exchange: Exchange) -> (Lazy, Lazy, Shared) {
        let shared = Arc::new(Mutex::new(exchange));
        let part = |of_head| Lazy { exchange: shared.clone(), of_head, buffer: Vec::new(), at: 0 };
        (part(true), part(false), shared.clone())
    }
}

impl BufRead for Lazy {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.at == self.buffer.len() {
            let (of_head, buffer) = (self.of_head, &mut self.buffer);
            buffer.clear();
            self.at = 0;
            locked(&self.exchange, |exchange| -> std::io::Result<()> {
                let answer = exchange.answer()?;
                if of_head {
                    buffer.extend(answer.headers.take().unwrap_or_default().into_inner());
                } else {
                    let filled = answer.body.fill_buf()?;
                    buffer.extend_from_slice(filled);
                    let length = filled.len();
                    answer.body.consume(length);
                }
                Ok(())
            })?;
        }
        Ok(&self.buffer[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        self.at = (self.at + amount).min(self.buffer.len());
    }
}

impl Read for Lazy {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let length = self.fill_buf()?.read(buf)?;
        self.consume(length);
        Ok(length)
    }
}

fn owned(headers: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<String> {
    headers.into_iter().map(|header| header.as_ref().to_owned()).collect()
}

impl Http for Client {
    type Headers = Lazy;
    type ResponseBody = Lazy;
    type PostBody = RequestBody;

    fn get(
        &mut self,
        url: &str,
        _base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> gix_error::Result<GetResponse<Lazy, Lazy>> {
        let answer = self.discover(url, &owned(headers)).map_err(raised)?;
        let (headers, body, _) = Lazy::both(Exchange { pending: None, body: Vec::new(), answer: Some(answer) });
        Ok(GetResponse { headers, body })
    }

    fn post(
        &mut self,
        url: &str,
        _base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _body: PostBodyDataKind,
    ) -> gix_error::Result<PostResponse<Lazy, Lazy, RequestBody>> {
        let client = self.clone();
        let (url, request_headers) = (url.to_owned(), owned(headers));
        let send = move |body| client.answer(client.send(&url, &request_headers, Some(body))?);
        let exchange = Exchange { pending: Some(Box::new(send)), body: Vec::new(), answer: None };
        let (headers, body, shared) = Lazy::both(exchange);
        Ok(PostResponse { post_body: RequestBody(shared), headers, body })
    }

    fn configure(&mut self, _config: &dyn std::any::Any) -> gix_error::Result {
        Ok(())
    }

    fn redirected_base_url(&self) -> Option<String> {
        self.redirected.clone()
    }
}

/// An I/O error as gix wants it; what is inside stays there to be found again.
fn raised(error: std::io::Error) -> gix_error::Error {
    use gix_error::ErrorExt as _;
    error.and_raise(Message::new("the http request failed"))
}
