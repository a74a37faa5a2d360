//! Time and speed limits of the network part, whatever the transport.
//!
//! The work runs on a thread of its own. This side looks at the clock and at a counter of received bytes; where a limit
//! is reached, it cuts the connection and goes on without waiting for the thread, which may hang in a system call.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::error::Error;
use super::error::Why;
use super::repository::Event;
use crate::limits;

const TICK: Duration = Duration::from_millis(50);

/// What the working thread waits for, and so which limit counts.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// An answer that should just flow: the minimum speed counts.
    Answer,
    /// A server that makes up a pack, and sends signs of life at most: its silence counts.
    ServerWorks,
    /// Our own inflating and hashing: only the deadline counts.
    OwnWork,
}

/// What the working thread tells, and how it is stopped.
#[derive(Default)]
pub struct Meter {
    received: AtomicU64,
    ceiling: AtomicU64,
    phase: AtomicU8,
    /// Set when the work is to end.
    pub stop: AtomicBool,
    cut: Mutex<Vec<Box<dyn FnOnce() + Send>>>,
    events: Mutex<Vec<Event>>,
}

impl Meter {
    /// This many more bytes have come in.
    ///
    /// # Errors
    /// Where that is more than was [allowed](Self::allow).
    pub fn add(&self, bytes: usize) -> Result<(), Error> {
        let received = self.received.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        if received > self.ceiling.load(Ordering::Relaxed) {
            return Err(Error::Limit { what: "the number of bytes that a server may send" });
        }
        Ok(())
    }

    /// How many bytes have come in.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// From here on at most this many bytes may come in.
    pub fn allow(&self, bytes: u64) {
        self.ceiling.store(self.received.load(Ordering::Relaxed) + bytes, Ordering::Relaxed);
    }

    /// What is being waited for from now on.
    pub fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// Say how the connection can be cut from another thread.
    pub fn on_stop(&self, cut: impl FnOnce() + Send + 'static) {
        lock(&self.cut).push(Box::new(cut));
    }

    /// Something to tell; dropped where nobody keeps up.
    pub fn tell(&self, event: Event) {
        let mut events = lock(&self.events);
        if events.len() < limits::WAITING_EVENTS {
            events.push(event);
        }
    }

    fn end(&self) {
        self.stop.store(true, Ordering::Relaxed);
        for cut in std::mem::take(&mut *lock(&self.cut)) {
            cut();
        }
    }
}

/// A lock that a panicking thread left behind is still good: these lists have no broken state.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The time that some work may take.
#[derive(Clone, Copy)]
pub struct Span {
    /// How much it is in all, for people.
    pub whole: Duration,
    /// When it is over.
    pub end: Instant,
}

impl Span {
    /// From now on.
    pub fn until(end: Instant) -> Self {
        Span { whole: end.saturating_duration_since(Instant::now()), end }
    }
}

/// All of the time is over.
pub fn deadline(whole: Duration) -> Error {
    Error::Deadline(whole.as_secs_f64().round() as u64)
}

/// Run `work` on a thread until it is done or a limit is reached.
pub fn supervise<T: Send + 'static>(
    meter: &Arc<Meter>,
    span: Span,
    events: &dyn Fn(Event),
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::Builder::new()
        .name("fetch".into())
        .spawn(move || sender.send(work()))
        .map_err(|error| Error::Thread(Why::said(error)))?;
    let mut pace = Pace::new(meter);
    loop {
        let message = receiver.recv_timeout(TICK);
        for event in std::mem::take(&mut *lock(&meter.events)) {
            events(event);
        }
        // What is here already comes in from nowhere.
        if meter.received() > 0 {
            events(Event::Received(meter.received()));
        }
        match message {
            Ok(result) => return result,
            // The thread is gone without an answer: it panicked.
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::Protocol("the data could not be understood".into()));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if Instant::now() >= span.end {
            meter.end();
            return Err(deadline(span.whole));
        }
        if pace.is_too_slow(meter) {
            meter.end();
            return Err(Error::TooSlow);
        }
    }
}

/// Bytes per span, and the time since the last byte.
struct Pace {
    span_began: Instant,
    span_bytes: u64,
    heard: Instant,
    seen: u64,
}

impl Pace {
    fn new(meter: &Meter) -> Self {
        let seen = meter.received.load(Ordering::Relaxed);
        Pace { span_began: Instant::now(), span_bytes: seen, heard: Instant::now(), seen }
    }

    fn is_too_slow(&mut self, meter: &Meter) -> bool {
        let now = Instant::now();
        let phase = meter.phase.load(Ordering::Relaxed);
        if phase == Phase::OwnWork as u8 {
            *self = Pace::new(meter);
            return false;
        }
        let received = meter.received.load(Ordering::Relaxed);
        if received != self.seen {
            (self.heard, self.seen) = (now, received);
        }
        if phase == Phase::ServerWorks as u8 {
            (self.span_began, self.span_bytes) = (now, received);
            return now - self.heard >= limits::LONGEST_SILENCE;
        }
        let span_is_over = now - self.span_began >= limits::SLOWEST_SPAN;
        let slow = span_is_over && received - self.span_bytes < limits::SLOWEST_BYTES;
        if span_is_over {
            (self.span_began, self.span_bytes) = (now, received);
        }
        slow
    }
}
