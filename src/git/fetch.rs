//! Fetch just enough from a server: the tag, its commit and the trees, at depth 1 and without blobs.
//!
//! Blobs that git converts on the way out are asked for by id in one more request. Where a server cannot filter, or does
//! not hand out blobs by id, everything at depth 1 is fetched.

use std::io::Read;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use foreign::Foreign;
use gix_hash::ObjectId;
use gix_protocol::fetch::{Arguments, Response};
use gix_protocol::ls_refs::RefPrefixes;
use gix_protocol::transport::{Protocol, Service};
use gix_protocol::{Command, LsRefsCommand};

use super::error::Error;
use super::error::Why;
use super::near::Near;
use super::object::Object;
use super::repository::{Event, Events, Repository, Step, Wanted};
use super::source::Source;
use super::store::{Given, MemoryPack};
use super::tag_name::TagName;
use super::transport::{Connection, Route};
use super::watchdog::{Meter, Phase, Span, supervise};
use crate::limits::{self, PackLimits, Packs};

/// A repository on a server, with what was fetched from it so far.
pub struct Remote<'a> {
    source: Source,
    limits: Packs,
    span: Span,
    events: Events<'a>,
    meter: Arc<Meter>,
    /// How to get there, found out once.
    route: Option<Arc<Route>>,
    session: Option<Session>,
    /// The tag or commit that was asked for.
    start: Option<ObjectId>,
    packs: Vec<MemoryPack>,
    given: Given,
}

impl<'a> Remote<'a> {
    /// Nothing is sent before the first question.
    pub fn new(source: Source, limits: Packs, deadline: Instant, events: Events<'a>) -> Self {
        let (meter, span) = (Arc::new(Meter::default()), Span::until(deadline));
        let (packs, given) = (Vec::new(), Given::default());
        Remote { source, limits, span, events, meter, route: None, session: None, start: None, packs, given }
    }

    fn supervised<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(Arc<Meter>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let meter = self.meter.clone();
        supervise(&self.meter, self.span, self.events, move || work(meter))
    }

    /// What this machine says about the way is read once, and is no reason to try again.
    fn route(&mut self) -> Result<Arc<Route>, Error> {
        if let Some(route) = &self.route {
            return Ok(route.clone());
        }
        let (source, end) = (self.source.clone(), self.span.end);
        let route = Arc::new(self.supervised(move |meter| Route::find(&source, &meter, end))?);
        self.route = Some(route.clone());
        Ok(route)
    }

    /// The same for work that begins with a connection: where that fails before anything was received, once more, after a
    /// while.
    fn connected<T: Send + 'static>(
        &mut self,
        work: impl Fn(&Route, &Arc<Meter>) -> Result<T, Error> + Send + Sync + 'static,
    ) -> Result<T, Error> {
        let route = self.route()?;
        let (work, before) = (Arc::new(work), self.meter.received());
        let attempt = |remote: &mut Self| {
            let (work, route) = (work.clone(), route.clone());
            remote.supervised(move |meter| work(&route, &meter))
        };
        let mut pause = limits::RETRY_AFTER;
        for _ in 0..limits::RETRIES {
            match attempt(self) {
                Err(error) if self.meter.received() == before && self.is_worth_another_try(&error, pause) => {
                    (self.events)(Event::Note(format!("no connection ({error}): trying again")));
                    std::thread::sleep(pause);
                    pause *= 2;
                }
                outcome => return outcome,
            }
        }
        attempt(self)
    }

    /// A git daemon that hangs up does not say why. ssh may ask for passwords and count failures: it is not tried again.
    fn is_worth_another_try(&self, error: &Error, pause: Duration) -> bool {
        let is_of_the_moment = match self.source {
            Source::Http(_) | Source::Daemon { .. } => match error {
                Error::NameLookup { .. }
                | Error::Refused { .. }
                | Error::Unreachable { .. }
                | Error::ConnectTime { .. }
                | Error::Proxy { .. }
                | Error::Tls { .. }
                | Error::HungUp => true,
                Error::Protocol(_) => matches!(self.source, Source::Daemon { .. }),
                _ => false,
            },
            Source::Ssh { .. } | Source::Path(_) => false,
        };
        is_of_the_moment && Instant::now() + pause < self.span.end
    }

    fn has(&self, id: &gix_hash::oid) -> bool {
        self.given.contains(id) || self.packs.iter().any(|pack| pack.contains(id))
    }

    /// One request for these blobs, on the connection that is open.
    fn fetch_blobs(&mut self, wanted: Vec<ObjectId>) -> Result<(), Error> {
        let Some(mut session) = self.session.take().filter(|session| session.version == Protocol::V2) else {
            return Err(Error::Protocol("the server speaks an old protocol".into()));
        };
        (self.events)(Event::Note(format!("blobs asked for by id: {}", wanted.len())));
        let (session, pack) = self.supervised(move |meter| {
            let pack = session.fetch(&wanted, Extent::Objects, &meter)?;
            Ok((session, pack))
        })?;
        self.session = Some(session);
        self.packs.push(pack);
        Ok(())
    }

    /// Everything that the tag or commit needs, on a new connection.
    fn fetch_everything(&mut self, start: ObjectId) -> Result<(), Error> {
        let packs = self.limits;
        let pack = self.connected(move |route, meter| {
            let mut session = Session::open(route, packs, meter)?;
            session.fetch(&[start], Extent::Everything, meter)
        })?;
        self.packs.push(pack);
        Ok(())
    }
}

impl Repository for Remote<'_> {
    fn find(&mut self, wanted: &Wanted) -> Result<Option<ObjectId>, Error> {
        let wanted = wanted.clone();
        // From here on a rate can be told.
        (self.events)(Event::Received(0));
        let packs = self.limits;
        let (session, start, pack) = self.connected(move |route, meter| {
            let mut session = Session::open(route, packs, meter)?;
            let start = match &wanted {
                Wanted::Tag(name) => session.find_tag(name, meter)?,
                Wanted::Commit(id) => Some(*id).filter(|id| id.kind() == session.hash),
            };
            let extent = if session.can_filter() {
                Extent::WithoutBlobs
            } else {
                meter.tell(Event::Note("the server cannot leave out blobs: fetching everything at depth 1".into()));
                Extent::Everything
            };
            let pack = start.map(|start| session.fetch(&[start], extent, meter)).transpose()?;
            Ok((session, start, pack))
        })?;
        self.session = Some(session);
        self.packs.extend(pack);
        self.start = start;
        Ok(start)
    }

    fn prepare(&mut self, blobs: &[ObjectId], given: Vec<Object>) -> Result<(), Error> {
        self.given.add(given);
        let wanted: Vec<_> = blobs.iter().filter(|id| !self.has(id)).copied().collect();
        let Some(start) = self.start.filter(|_| !wanted.is_empty()) else { return Ok(()) };
        let outcome = self.fetch_blobs(wanted.clone());
        let reason = match outcome {
            Ok(()) if wanted.iter().all(|id| self.has(id)) => return Ok(()),
            Ok(()) => "it left some out".to_owned(),
            Err(error @ (Error::Deadline(_) | Error::TooSlow)) => return Err(error),
            Err(error) => error.to_string(),
        };
        (self.events)(Event::Note(format!("no blobs by id ({reason}): fetching everything at depth 1")));
        self.fetch_everything(start)
    }

    fn prepare_history(&mut self, commits: &[ObjectId]) -> Result<(), Error> {
        let Some(mut session) = self.session.take().filter(|session| session.version == Protocol::V2) else {
            return Err(Error::Protocol("the server speaks an old protocol".into()));
        };
        // A history with all its files would be too much: then the commits alone.
        let extent = if session.can_filter() { Extent::History } else { Extent::Everything };
        let commits: Vec<_> = commits.iter().filter(|id| extent == Extent::History || !self.has(id)).copied().collect();
        let (session, pack) = self.supervised(move |meter| {
            let pack = session.fetch(&commits, extent, &meter)?;
            Ok((session, pack))
        })?;
        self.session = Some(session);
        self.packs.push(pack);
        Ok(())
    }

    fn tags_of(&mut self, commit: ObjectId) -> Result<Option<Vec<Vec<u8>>>, Error> {
        let Some(mut session) = self.session.take() else { return Ok(None) };
        let (session, tags) = self.supervised(move |meter| {
            meter.enter(Phase::Answer);
            meter.allow(limits::HANDSHAKE_BYTES);
            // An old protocol has listed everything already.
            if session.version == Protocol::V2 {
                session.list(["refs/tags/".to_owned()])?;
            }
            let tags = session.refs.iter().flatten().filter_map(|reference| {
                let (name, target, peeled) = reference.unpack();
                let leads_there = peeled.or(target).is_some_and(|id| *id == *commit);
                name.strip_prefix(b"refs/tags/").filter(|_| leads_there).map(<[u8]>::to_vec)
            });
            let tags = tags.collect();
            Ok((session, tags))
        })?;
        self.session = Some(session);
        Ok(Some(tags))
    }

    fn near(&mut self, name: &TagName) -> Result<Near, Error> {
        let Some(mut session) = self.session.take() else { return Ok(Near::default()) };
        let name = name.clone();
        self.supervised(move |meter| {
            meter.enter(Phase::Answer);
            meter.allow(limits::HANDSHAKE_BYTES);
            // An old protocol has listed everything already.
            if session.version == Protocol::V2 {
                session.list(["refs/tags/".to_owned(), format!("refs/heads/{}", name.short())])?;
            }
            let names = session.refs.iter().flatten().map(|reference| {
                let (name, ..) = reference.unpack();
                let name: &[u8] = name;
                name
            });
            Ok(Near::among(&name, names))
        })
    }

    fn held_bytes(&self) -> u64 {
        self.packs.iter().map(MemoryPack::bytes).sum()
    }

    fn read(&self, id: ObjectId, limit: usize) -> Result<Object, Error> {
        if let Some(object) = self.given.read(id, limit)? {
            return Ok(object);
        }
        for pack in &self.packs {
            if let Some(object) = pack.read(id, limit)? {
                return Ok(object);
            }
        }
        Err(Error::Missing { id })
    }
}

/// What a request asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// Tag, commit and trees.
    WithoutBlobs,
    /// Tag, commit, trees and blobs.
    Everything,
    /// Only the named objects.
    Objects,
    /// Commits, and those before them.
    History,
}

/// A connection after its handshake.
struct Session {
    limits: Packs,
    connection: Connection,
    version: Protocol,
    capabilities: gix_protocol::transport::client::Capabilities,
    refs: Option<Vec<gix_protocol::handshake::Ref>>,
    hash: gix_hash::Kind,
}

impl Session {
    fn open(route: &Route, packs: Packs, meter: &Arc<Meter>) -> Result<Self, Error> {
        meter.enter(Phase::Answer);
        meter.allow(limits::HANDSHAKE_BYTES);
        let mut connection = route.connect(meter)?;
        let refuse_to_ask = |_| -> gix_error::Result<Option<gix_credentials::protocol::Outcome>> { Ok(None) };
        let handshake = gix_protocol::handshake(
            &mut connection,
            Service::UploadPack,
            refuse_to_ask,
            Vec::new(),
            &mut gix_utils::progress::Discard,
        )
        .map_err(|error| from_gix(&error))?;
        let format = handshake.capabilities.capability("object-format").and_then(|format| format.value());
        let hash = match format.map(|format| format.to_vec()).as_deref() {
            None | Some(b"sha1") => gix_hash::Kind::Sha1,
            Some(b"sha256") => gix_hash::Kind::Sha256,
            Some(_) => return Err(Error::Protocol("the repository uses an unknown hash".into())),
        };
        Ok(Session {
            limits: packs,
            connection,
            version: handshake.server_protocol_version,
            capabilities: handshake.capabilities,
            refs: handshake.refs,
            hash,
        })
    }

    /// The id of exactly `refs/tags/NAME`; a server may list more than was asked for.
    fn find_tag(&mut self, name: &TagName, meter: &Meter) -> Result<Option<ObjectId>, Error> {
        let full = name.full();
        if self.refs.is_none() {
            meter.tell(Event::Step(Step::Asking));
            self.list([full.clone()])?;
        }
        let refs = self.refs.iter().flatten();
        let id = refs.map(|reference| reference.unpack()).find(|(found, ..)| *found == full.as_str());
        match id.and_then(|(_, id, _)| id) {
            Some(id) if id.kind() != self.hash => {
                Err(Error::Protocol("the tag's id is of another hash than the repository".into()))
            }
            id => Ok(id.map(ToOwned::to_owned)),
        }
    }

    /// Ask for the refs whose names begin so.
    fn list<const N: usize>(&mut self, names: [String; N]) -> Result<(), Error> {
        let mut prefixes = RefPrefixes::new();
        prefixes.extend(names.map(Into::into));
        let refs = LsRefsCommand::new(Some(prefixes), &self.capabilities, agent())
            .invoke_blocking(&mut self.connection, &mut gix_utils::progress::Discard, false)
            .map_err(|error| from_gix(&error))?;
        self.refs = Some(refs);
        Ok(())
    }

    fn can_filter(&self) -> bool {
        self.features().iter().any(|(name, _)| *name == "filter")
    }

    fn features(&self) -> Vec<gix_protocol::command::Feature> {
        let mut features = Command::Fetch.default_features(self.version, &self.capabilities);
        if self.version != Protocol::V2 {
            // With deepen-relative, "deepen 1" would mean one more than nothing, and bring the whole history.
            features.retain(|(name, _)| !matches!(*name, "deepen-relative" | "deepen-since" | "deepen-not"));
            if self.capabilities.contains("object-format") {
                features.push(("object-format", Some(self.hash.to_string())));
            }
        }
        if self.version == Protocol::V2 || self.capabilities.contains("agent") {
            features.push(agent());
        }
        features
    }

    /// One request, and the pack that answers it.
    fn fetch(&mut self, wanted: &[ObjectId], extent: Extent, meter: &Arc<Meter>) -> Result<MemoryPack, Error> {
        let (pack_limits, filter) = match extent {
            Extent::WithoutBlobs => (self.limits.without_blobs, Some("blob:none")),
            Extent::History => (self.limits.without_blobs, Some("tree:0")),
            Extent::Objects | Extent::Everything => (self.limits.with_blobs, None),
        };
        let mut arguments = Arguments::new(self.version, self.features(), false);
        if self.version == Protocol::V2 || self.capabilities.contains("no-progress") {
            arguments.add_feature("no-progress");
        }
        if extent != Extent::Objects {
            if !arguments.can_use_deepen() {
                return Err(Error::NoShallow);
            }
            arguments.deepen(if extent == Extent::History { limits::HISTORY_COMMITS } else { 1 });
        }
        if let Some(filter) = filter {
            arguments.filter(filter);
        }
        for id in wanted {
            arguments.want(id);
        }
        meter.enter(Phase::ServerWorks);
        meter.tell(Event::Step(Step::Preparing));
        meter.allow(pack_limits.pack_bytes + limits::HANDSHAKE_BYTES);
        let mut reader = arguments.send(&mut self.connection, true).map_err(|error| from_any(&error))?;
        let response =
            Response::from_line_reader(self.version, &mut reader, true, false).map_err(|error| from_gix(&error))?;
        if !response.has_pack() {
            return Err(Error::Protocol("the server sent no pack".into()));
        }
        let failure = Arc::new(Mutex::new(None));
        let (talk, failed) = (meter.clone(), failure.clone());
        reader.set_progress_handler(Some(Box::new(move |is_error, text| {
            if is_error {
                *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Foreign::from(text));
            } else {
                talk.tell(Event::Server(Foreign::from(text.trim_ascii())));
            }
            ControlFlow::Continue(())
        })));
        let bytes = read_pack(&mut reader, pack_limits, meter);
        drop(reader);
        if let Some(said) = failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(Error::Protocol(Why::Said(said)));
        }
        meter.enter(Phase::OwnWork);
        meter.tell(Event::Step(Step::Indexing));
        MemoryPack::index(bytes?, self.hash, pack_limits, &meter.stop)
    }
}

fn agent() -> gix_protocol::command::Feature {
    ("agent", Some(concat!("git/auth-tarball-from-git-", env!("CARGO_PKG_VERSION")).into()))
}

/// The pack as the server sends it, to the end of the answer.
fn read_pack(reader: &mut dyn Read, limits: PackLimits, meter: &Meter) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let length = reader.read(&mut buffer).map_err(|error| from_any(&error))?;
        if length == 0 {
            return Ok(bytes);
        }
        if bytes.is_empty() {
            meter.tell(Event::Step(Step::Receiving));
        }
        meter.enter(Phase::Answer);
        if (bytes.len() + length) as u64 > limits.pack_bytes {
            return Err(Error::Limit { what: "the size of a pack" });
        }
        bytes.extend_from_slice(&buffer[..length]);
    }
}

/// Our own error, where one travelled through gix; otherwise what gix says, in one line.
fn from_gix(error: &gix_error::Error) -> Error {
    let found = error.iter_errors().find_map(find_own);
    found.unwrap_or_else(|| in_one_line(error.iter_errors().map(ToString::to_string)))
}

fn from_any(error: &(dyn std::error::Error + 'static)) -> Error {
    let chain = std::iter::successors(Some(error), |error| error.source());
    find_own(error).unwrap_or_else(|| in_one_line(chain.map(ToString::to_string)))
}

/// Layers often repeat what is inside of them: each reason once.
fn in_one_line(causes: impl Iterator<Item = String>) -> Error {
    let mut said: Vec<String> = Vec::new();
    for cause in causes.filter(|cause| !cause.is_empty()) {
        if said.iter().any(|before| before.contains(&cause)) {
            continue;
        }
        said.retain(|before| !cause.contains(before.as_str()));
        said.push(cause);
    }
    Error::Protocol(Why::said(said.join(": ")))
}

/// Look through the layers that gix and I/O errors put around an error of ours.
fn find_own(error: &(dyn std::error::Error + 'static)) -> Option<Error> {
    std::iter::successors(Some(error), |error| error.source()).find_map(|error| {
        if let Some(own) = error.downcast_ref::<Error>() {
            return Some(own.clone());
        }
        if let Some(nested) = error.downcast_ref::<gix_error::Error>() {
            return nested.iter_errors().filter(|inner| !inner.is::<gix_error::Error>()).find_map(find_own);
        }
        let inner = error.downcast_ref::<std::io::Error>()?.get_ref()?;
        find_own(inner)
    })
}
