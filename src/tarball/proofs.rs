//! Whether files are the blobs that the trees name: small files are hashed on further threads, while the comparison goes on.
//!
//! The verdict stays the one of a single thread: everything that was handed over is hashed before there is one, and the
//! first entry that is wrong is the one that is told.

use std::mem;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use gix::ObjectId;
use gix::objs::Kind;

use super::container::Container;
use super::stream::Slice;
use super::{Error, damaged};
use crate::limits;

/// The hash of a blob's bytes as they come, and the id that it should be.
pub struct BlobHash {
    hasher: gix::hash::Hasher,
    id: ObjectId,
}

impl BlobHash {
    /// For a blob of `size` bytes.
    pub fn new(id: ObjectId, size: u64) -> Self {
        let mut hasher = gix::hash::hasher(id.kind());
        hasher.update(&gix::objs::encode::loose_header(Kind::Blob, size));
        BlobHash { hasher, id }
    }

    /// The next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    /// Whether these were all, and the right ones.
    pub fn matches(self) -> bool {
        // An error is a SHA-1 collision attack: not this blob.
        self.hasher.try_finalize().is_ok_and(|id| id == self.id)
    }
}

/// The bytes of a file, and the blob that they have to be.
pub struct Claim {
    /// Which entry of the archive it is.
    pub entry: usize,
    /// The blob.
    pub id: ObjectId,
    /// The file, in order and not empty.
    pub content: Vec<Slice>,
}

impl Claim {
    fn is_right(&self) -> bool {
        let size = self.content.iter().map(|slice| slice.bytes().len() as u64).sum();
        let mut hash = BlobHash::new(self.id, size);
        self.content.iter().for_each(|slice| hash.update(slice.bytes()));
        hash.matches()
    }

    /// Whether it ends in the buffer in which the other one begins.
    fn is_in_buffer_of(&self, first: &Claim) -> bool {
        match (self.content.last(), first.content.first()) {
            (Some(last), Some(first)) => last.is_in_buffer_of(first),
            _ => false,
        }
    }
}

/// The claims of one comparison.
pub struct Proofs {
    /// How many threads may hash beside this one.
    most_threads: usize,
    /// Those that are still to be handed over. Their buffers are missing in the round of the decompressor, so that they
    /// are handed over as soon as one is in another buffer than the first.
    batch: Vec<Claim>,
    handed_over: usize,
    /// Those that were proven on this thread.
    proven: usize,
    first_wrong: FirstWrong,
    threads: Option<Vec<Hashing>>,
}

/// A thread that hashes. In the end it says how many claims it has proven.
struct Hashing {
    batches: SyncSender<Vec<Claim>>,
    thread: JoinHandle<usize>,
}

/// The first entry that is not what it has to be.
#[derive(Clone)]
struct FirstWrong(Arc<AtomicUsize>);

impl FirstWrong {
    fn get(&self) -> Option<usize> {
        Some(self.0.load(Ordering::Acquire)).filter(|entry| *entry != usize::MAX)
    }

    /// How many of these are right.
    fn prove(&self, batch: &[Claim]) -> usize {
        let (right, wrong): (Vec<_>, Vec<_>) = batch.iter().partition(|claim| claim.is_right());
        for claim in wrong {
            self.0.fetch_min(claim.entry, Ordering::AcqRel);
        }
        right.len()
    }
}

impl Proofs {
    /// For a tarball of this kind: the cores that the comparison and a decompressor leave idle are used.
    pub fn of(container: Container) -> Self {
        let cores = thread::available_parallelism().map_or(1, |count| count.get());
        let busy = if container == Container::Tar { 1 } else { 2 };
        let most_threads = cores.saturating_sub(busy).min(limits::HASHING_THREADS);
        let first_wrong = FirstWrong(Arc::new(AtomicUsize::new(usize::MAX)));
        Proofs { most_threads, batch: Vec::new(), handed_over: 0, proven: 0, first_wrong, threads: None }
    }

    /// One more file, behind all the earlier ones; `Break` where there is no use in going on.
    pub fn add(&mut self, claim: Claim) -> ControlFlow<()> {
        let is_in_same_buffer = self.batch.first().is_none_or(|first| claim.is_in_buffer_of(first));
        self.batch.push(claim);
        if !is_in_same_buffer {
            self.hand_over();
        }
        match self.first_wrong.get() {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    }

    /// To a thread that has time; where none has, it is hashed here.
    fn hand_over(&mut self) {
        let mut batch = mem::take(&mut self.batch);
        self.handed_over += batch.len();
        for hashing in self.threads.get_or_insert_with(|| start(self.most_threads, &self.first_wrong)) {
            match hashing.batches.try_send(batch) {
                Ok(()) => return,
                Err(TrySendError::Full(back) | TrySendError::Disconnected(back)) => batch = back,
            }
        }
        self.proven += self.first_wrong.prove(&batch);
    }

    /// The first entry that is not what it has to be, after all of them were hashed.
    ///
    /// # Errors
    /// Where a thread ended before its time.
    pub fn finish(&mut self) -> Result<Option<usize>, Error> {
        let last = mem::take(&mut self.batch);
        self.handed_over += last.len();
        self.proven += self.first_wrong.prove(&last);
        let died = || damaged(std::io::Error::other("its files could not be hashed"));
        for Hashing { batches, thread } in self.threads.take().into_iter().flatten() {
            drop(batches);
            self.proven += thread.join().map_err(|_| died())?;
        }
        match self.first_wrong.get() {
            None if self.proven != self.handed_over => Err(died()),
            entry => Ok(entry),
        }
    }
}

/// So many threads; where the system refuses one, there are fewer.
fn start(count: usize, first_wrong: &FirstWrong) -> Vec<Hashing> {
    (0..count).filter_map(|_| begin(first_wrong.clone()).ok()).collect()
}

fn begin(first_wrong: FirstWrong) -> std::io::Result<Hashing> {
    let (batches, received): (_, Receiver<Vec<Claim>>) = sync_channel(1);
    let work = move || received.iter().map(|batch| first_wrong.prove(&batch)).sum();
    let thread = thread::Builder::new().name("hash".into()).spawn(work)?;
    Ok(Hashing { batches, thread })
}
