//! Why objects could not be had, or are not what they should be.

use std::borrow::Cow;

use foreign::{Foreign, Meaning, Problem};
use gix_hash::ObjectId;
use gix_object::Kind;

use super::tag_name::TagName;

/// Why objects could not be had, or are not what they should be.
#[derive(Clone, Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum Error {
    // The repository on this machine.
    #[error("there is no file or folder {path} to read the repository from")]
    NoSuchPath { path: Foreign },
    #[error("{path} is not a git repository or bundle: {why}")]
    NotARepository { path: Foreign, why: Why },
    #[error("the repository's file {path} cannot be used: {why}")]
    RepositoryFile { path: Foreign, why: Why },
    #[error("the repository needs {extension}, which is not supported")]
    Extension { extension: Foreign },
    #[error("the repository keeps its refs in the reftable format, which is not supported yet")]
    Reftable,
    #[error("the ref of the tag {name} could not be read: {why}")]
    Ref { name: TagName, why: Why },
    #[error("the bundle is incomplete: it builds on commits that are not in it")]
    IncompleteBundle,

    // What this machine says about connections.
    #[error("the proxy in the variable {variable} is not usable")]
    ProxyVariable { variable: &'static str },
    #[error("the login file {path} cannot be read: {why}")]
    Netrc { path: Foreign, why: Why },
    #[error("the certificates of this machine could not be read: {0}")]
    Certificates(Why),
    #[error("ssh could not be started: {0}")]
    NoSsh(Why),
    #[error("no thread could be started: {0}")]
    Thread(Why),

    // The way to the server.
    #[error("the server could not be reached: no address is known for {host} ({why})")]
    NameLookup { host: Foreign, why: Why },
    #[error("the server could not be reached: {at} refuses connections")]
    Refused { at: Foreign },
    #[error("the server could not be reached: {at}: {why}")]
    Unreachable { at: Foreign, why: Why },
    #[error("the server could not be reached: {at} did not answer within {seconds} seconds")]
    ConnectTime { at: Foreign, seconds: u64 },
    #[error("the server could not be reached through the proxy {proxy} (in the variable {variable}): {why}")]
    Proxy { variable: &'static str, proxy: Foreign, why: Why },
    #[error(
        "the server could not be reached: the certificate of {host} is by an authority that this machine does not know"
    )]
    UnknownAuthority { host: Foreign },
    #[error("the server could not be reached: the certificate of {host} is not valid at this time")]
    CertificateTime { host: Foreign },
    #[error("the server could not be reached: the certificate that it shows is not for {host}")]
    CertificateName { host: Foreign },
    #[error("the server could not be reached: TLS with {host} failed: {why}")]
    Tls { host: Foreign, why: Why },
    #[error("the server's host key is not the one that ssh knows, or ssh knows none: {0}")]
    SshHostKey(Foreign),
    #[error("ssh says: {0}")]
    Ssh(Foreign),
    #[error("the server ended the connection without an answer")]
    HungUp,

    // What the server says.
    #[error("the server refuses access: {0}")]
    Access(Foreign),
    #[error("there is no git repository at this address: {0}")]
    NoRepository(Why),
    #[error("the server redirects where it must not: {0}")]
    Redirect(&'static str),
    #[error("this web server has the repository's files, but does not speak git's protocol (\"dumb\" http)")]
    DumbHttp,
    #[error("the server cannot leave out the history (it does not support shallow fetches)")]
    NoShallow,
    #[error("the conversation with the server failed: {0}")]
    Protocol(Why),
    #[error("reading the repository took longer than {0} seconds")]
    Deadline(u64),
    #[error("the server sends too slowly or not at all")]
    TooSlow,
    #[error("the pack is damaged: {0}")]
    Pack(Why),
    #[error("a limit was reached: {what}")]
    Limit { what: &'static str },

    // Objects.
    #[error("object {id} is missing")]
    Missing { id: ObjectId },
    #[error("object {id} could not be read: {why}")]
    Unreadable { id: ObjectId, why: Why },
    #[error("object {id} is not what its id says: its bytes hash to something else")]
    WrongHash { id: ObjectId },
    #[error("object {id} is a {actual} where a {expected} belongs")]
    WrongKind { id: ObjectId, expected: Kind, actual: Kind },
    #[error("object {id} is malformed: {what}")]
    Malformed { id: ObjectId, what: &'static str },
    #[error("the tag leads to a {kind}, not to a commit")]
    NotACommit { kind: Kind },
    #[error("this is a lightweight tag: it points straight to a {kind}, and nobody signed it")]
    Lightweight { kind: Kind },
    #[error("the tag {name} in {folder} is a lightweight tag: it points straight to a {kind}, and nobody signed it")]
    LightweightHere { name: TagName, folder: Foreign, kind: Kind, remote: Option<Foreign> },
    #[error("the tag object is malformed: {what}")]
    MalformedTag { what: &'static str },
    #[error("a tag object has a header line that does not belong there: {0}")]
    TagHeader(Foreign),
}

/// A reason, in our own words or in those of somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Ours.
    Own(Cow<'static, str>),
    /// What the system, a library or the server says; escaped.
    Said(Foreign),
}

impl Why {
    /// What the system or a library says.
    pub(super) fn said(error: impl std::fmt::Display) -> Self {
        Why::Said(Foreign::said(error))
    }
}

impl From<&'static str> for Why {
    fn from(words: &'static str) -> Self {
        Why::Own(words.into())
    }
}

impl From<String> for Why {
    fn from(words: String) -> Self {
        Why::Own(words.into())
    }
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Why::Own(words) => f.write_str(words),
            Why::Said(words) => words.fmt(f),
        }
    }
}

impl Problem for Error {
    fn code(&self) -> &'static str {
        use Error::*;
        match self {
            NoSuchPath { .. } => "repository-not-found",
            NotARepository { .. } => "not-a-repository",
            RepositoryFile { .. } => "repository-file",
            Extension { .. } => "repository-extension",
            Reftable => "reftable",
            Ref { .. } => "ref-unreadable",
            IncompleteBundle => "bundle-incomplete",
            ProxyVariable { .. } => "proxy-variable",
            Netrc { .. } => "netrc",
            Certificates(_) => "certificates",
            NoSsh(_) => "ssh-not-started",
            Thread(_) => "thread",
            NameLookup { .. } => "name-lookup",
            Refused { .. } => "connection-refused",
            Unreachable { .. } => "unreachable",
            ConnectTime { .. } => "connection-timeout",
            Proxy { .. } => "proxy",
            UnknownAuthority { .. } => "tls-unknown-authority",
            CertificateTime { .. } => "tls-certificate-time",
            CertificateName { .. } => "tls-certificate-name",
            Tls { .. } => "tls",
            SshHostKey(_) => "ssh-host-key",
            Ssh(_) => "ssh",
            HungUp => "hung-up",
            Access(_) => "access-refused",
            NoRepository(_) => "no-repository",
            Redirect(_) => "redirect",
            DumbHttp => "dumb-http",
            NoShallow => "no-shallow",
            Protocol(_) => "protocol",
            Deadline(_) => "deadline",
            TooSlow => "too-slow",
            Pack(_) => "pack-damaged",
            Limit { .. } => "repository-limit",
            Missing { .. } => "object-missing",
            Unreadable { .. } => "object-unreadable",
            WrongHash { .. } => "object-hash",
            WrongKind { .. } => "object-kind",
            Malformed { .. } => "object-malformed",
            NotACommit { .. } => "not-a-commit",
            Lightweight { .. } | LightweightHere { .. } => "tag-lightweight",
            MalformedTag { .. } => "tag-malformed",
            TagHeader(_) => "tag-header",
        }
    }

    fn meaning(&self) -> Meaning {
        use Error::*;
        match self {
            WrongHash { .. }
            | WrongKind { .. }
            | NotACommit { .. }
            | Lightweight { .. }
            | LightweightHere { .. }
            | MalformedTag { .. }
            | TagHeader(_) => Meaning::NotAuthentic,
            _ => Meaning::NotChecked,
        }
    }

    fn help(&self) -> Cow<'static, str> {
        use Error::*;
        Cow::Borrowed(match self {
            NoSuchPath { .. } => "Check the name; a URL begins with https://, ssh:// or git://.",
            NotARepository { .. } => {
                "Name a repository's folder, a bundle made by `git bundle create`, or a URL; REPO comes before TARBALL."
            }
            RepositoryFile { .. } | Ref { .. } | Unreadable { .. } | Malformed { .. } => {
                "The repository is damaged; use another clone or mirror."
            }
            Extension { .. } => "Clone it with `git clone --bare`, and name the clone.",
            Reftable => "Clone it with `git clone --bare --ref-format=files`, and name the clone.",
            IncompleteBundle => "Make the bundle without a range: `git bundle create FILE --all`.",
            ProxyVariable { variable } => {
                return format!("Set {variable} to http://HOST:PORT, or unset it.").into();
            }
            Netrc { path, .. } => {
                return format!("Make {path} readable, or name another file in the variable NETRC.").into();
            }
            Certificates(_) => "Install the system's CA certificates, or name a file of them in SSL_CERT_FILE.",
            NoSsh(_) => "Install OpenSSH's client, or use the repository's https URL.",
            Thread(_) => "Try again when fewer programs run.",
            NameLookup { .. } => "Check the host's name in the URL, and this machine's DNS.",
            Refused { .. } => "Check the host and the port in the URL; the server may be down.",
            Unreachable { .. } | ConnectTime { .. } => "Check the URL and the network, and try again.",
            Proxy { variable, .. } => {
                return format!("Check the proxy, or unset {variable}; no_proxy lists hosts that need none.").into();
            }
            UnknownAuthority { .. } => {
                "If you trust its authority, name a file with that authority's certificate in SSL_CERT_FILE. If not, somebody may be in between."
            }
            CertificateTime { .. } => "Check this machine's clock; if it is right, tell the server's administrator.",
            CertificateName { .. } => "Check the host's name in the URL; if it is right, somebody may be in between.",
            Tls { .. } => "Try again; certificates for a private authority are named in SSL_CERT_FILE.",
            SshHostKey(_) => {
                "Compare the host's key with one that its owner publishes, and add that to ~/.ssh/known_hosts (see ssh-keyscan(1))."
            }
            Ssh(said) => return help_with_ssh(said).into(),
            HungUp => "Try again; if that does not help, check the URL.",
            Access(_) => "Check the URL; put user and password into ~/.netrc, or load the ssh key into the agent.",
            NoRepository(_) => "Check the URL.",
            Redirect(_) => "Find out the repository's present https address, and use that.",
            DumbHttp => {
                "Ask its owner for a git:// or ssh:// URL, or clone it with `git clone --bare`, and name the clone."
            }
            NoShallow => "Clone it with `git clone --bare`, and name the clone.",
            Protocol(_) | TooSlow => "Try again later, or clone the repository and name the clone.",
            Deadline(_) => "Try again, with a larger --timeout on a slow network.",
            Pack(_) => "Try again, or use another mirror.",
            Limit { .. } => "Try another mirror; a repository that is really this large can be cloned first.",
            Missing { .. } => "The repository is incomplete; use a complete clone or another mirror.",
            WrongHash { .. } | WrongKind { .. } => {
                "Do not build from it: the repository is damaged or forged. Compare with another mirror."
            }
            NotACommit { .. } => "Only tags of commits can be compared with a tarball; ask for the release's tag.",
            Lightweight { .. } => {
                "Ask the maintainer for a signed tag (`git tag -s`); where the commit is signed, see --resolve-unsigned-tag."
            }
            LightweightHere { name, folder, remote, .. } => {
                return help_with_checkout(name, folder, remote.as_ref()).into();
            }
            MalformedTag { .. } | TagHeader(_) => "Do not trust this tag; ask the maintainer for a well-formed one.",
        })
    }
}

/// ssh's exit code says nothing; its words are stable, and tell apart what people do about it.
fn help_with_ssh(said: &Foreign) -> &'static str {
    let said = String::from_utf8_lossy(said.as_bytes());
    let has = |words: &str| said.contains(words);
    if has("Permission denied") {
        "Load the key into the agent (`ssh-add`), and check the user in the URL; `ssh HOST` must work without a question."
    } else if has("Could not resolve hostname") {
        "Check the host's name in the URL, and this machine's DNS."
    } else if has("Connection refused") || has("timed out") || has("No route to host") {
        "Check the host and the port in the URL, and the network."
    } else {
        "Check the URL; `ssh HOST` must work without a question."
    }
}

/// CI fetches a commit under the tag's name, and then the tag that the maintainer signed is not in the checkout.
fn help_with_checkout(name: &TagName, folder: &Foreign, remote: Option<&Foreign>) -> String {
    let fetch = match remote {
        Some(_) => {
            format!(
                "A checkout may have replaced the signed tag: run `git -C {folder} fetch --force origin refs/tags/{name}:refs/tags/{name}`"
            )
        }
        None => "A checkout may have replaced the signed tag: fetch it from the repository that has it".to_owned(),
    };
    let url = remote.map(|url| format!(", or name its remote {url} as REPO")).unwrap_or_default();
    format!("{fetch}{url}. If it is lightweight there too, ask the maintainer for a signed tag (`git tag -s`).")
}
