//! Whether files are the blobs that the trees name: small files are hashed on further threads, while the comparison goes on.
//!
//! The verdict stays the one of a single thread: everything that was handed over is hashed before there is one, and the
//! first entry that is wrong is the one that is told.

use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use gix_hash::ObjectId;
use gix_object::Kind;
use gix_object::bstr::ByteSlice as _;

use super::container::Container;
use super::decode::BUFFER;
use super::error::Error;
use super::stream::Slice;
use crate::limits;

// So that a file is in two buffers at most, and a batch and what waits behind it never holds all of them.
const _: () = assert!(limits::HASHED_AT_ONCE <= BUFFER as u64);

/// The hash of a blob's bytes as they come, and the id that it should be.
pub struct BlobHash {
    hasher: gix_hash::Hasher,
    id: ObjectId,
}

impl BlobHash {
    /// For a blob of `size` bytes.
    pub fn new(id: ObjectId, size: u64) -> Self {
        let mut hasher = gix_hash::hasher(id.kind());
        hasher.update(&gix_object::encode::loose_header(Kind::Blob, size));
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

    /// Whether it would be right with line feeds in the place of its CR LF, as a git with core.autocrlf makes them.
    fn is_right_with_line_feeds(&self) -> bool {
        let content: Vec<u8> = self.content.iter().flat_map(|slice| slice.bytes()).copied().collect();
        let content = content.replace(b"\r\n", b"\n");
        let mut hash = BlobHash::new(self.id, content.len() as u64);
        hash.update(&content);
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

/// An entry that is not what it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Its place in the archive.
    pub entry: usize,
    /// Whether it is the blob, if its CR LF are LF.
    pub only_line_ends: bool,
}

/// The first entry that is not what it has to be.
#[derive(Clone)]
struct FirstWrong {
    /// Its place; `usize::MAX` for none. Read often.
    entry: Arc<AtomicUsize>,
    /// The same, with what is to be said of it.
    wrong: Arc<Mutex<Option<Wrong>>>,
}

impl FirstWrong {
    fn new() -> Self {
        FirstWrong { entry: Arc::new(AtomicUsize::new(usize::MAX)), wrong: Arc::default() }
    }

    fn is_there(&self) -> bool {
        self.entry.load(Ordering::Acquire) != usize::MAX
    }

    fn get(&self) -> Option<Wrong> {
        *self.wrong.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, claim: &Claim) {
        let only_line_ends = claim.is_right_with_line_feeds();
        let mut first = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if first.is_none_or(|first| claim.entry < first.entry) {
            *first = Some(Wrong { entry: claim.entry, only_line_ends });
            self.entry.store(claim.entry, Ordering::Release);
        }
    }

    /// How many of these are right.
    fn prove(&self, batch: &[Claim]) -> usize {
        let mut right = 0;
        for claim in batch {
            if claim.is_right() {
                right += 1;
            } else {
                self.add(claim);
            }
        }
        right
    }
}

impl Proofs {
    /// For a tarball of this kind: the cores that the comparison and a decompressor leave idle are used.
    pub fn of(container: Container) -> Self {
        let cores = thread::available_parallelism().map_or(1, |count| count.get());
        let busy = if container == Container::Tar { 1 } else { 2 };
        Self::on_threads(cores.saturating_sub(busy).min(limits::HASHING_THREADS))
    }

    fn on_threads(most_threads: usize) -> Self {
        let first_wrong = FirstWrong::new();
        Proofs { most_threads, batch: Vec::new(), handed_over: 0, proven: 0, first_wrong, threads: None }
    }

    /// One more file, behind all the earlier ones.
    pub fn add(&mut self, claim: Claim) {
        self.batch.push(claim);
        let ends = self.batch.first().zip(self.batch.last());
        if ends.is_some_and(|(first, last)| !last.is_in_buffer_of(first)) {
            self.hand_over();
        }
    }

    /// Whether a wrong file was found: there is no use in going on.
    pub fn has_failed(&self) -> bool {
        self.first_wrong.is_there()
    }

    /// What there is goes to a thread that has time; where none has, it is hashed here.
    pub fn hand_over(&mut self) {
        let mut batch = mem::take(&mut self.batch);
        if batch.is_empty() {
            return;
        }
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
    pub fn finish(&mut self) -> Result<Option<Wrong>, Error> {
        let last = mem::take(&mut self.batch);
        self.handed_over += last.len();
        self.proven += self.first_wrong.prove(&last);
        for Hashing { batches, thread } in self.threads.take().into_iter().flatten() {
            drop(batches);
            self.proven += thread.join().map_err(|_| Error::ThreadEnded)?;
        }
        match self.first_wrong.get() {
            // A thread that is gone would have been noticed above; but nothing unproven may pass.
            None if self.proven != self.handed_over => Err(Error::ThreadEnded),
            wrong => Ok(wrong),
        }
    }
}

/// This many threads; where the system refuses one, there are fewer.
fn start(count: usize, first_wrong: &FirstWrong) -> Vec<Hashing> {
    (0..count).filter_map(|_| begin(first_wrong.clone()).ok()).collect()
}

fn begin(first_wrong: FirstWrong) -> std::io::Result<Hashing> {
    let (batches, received): (_, Receiver<Vec<Claim>>) = sync_channel(1);
    let work = move || received.iter().map(|batch| first_wrong.prove(&batch)).sum();
    let thread = thread::Builder::new().name("hash".into()).spawn(work)?;
    Ok(Hashing { batches, thread })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Tarball;
    use super::*;

    /// What a comparison does, except for the headers: files of these sizes, of which some are wrong.
    fn first_wrong(sizes: &[usize], wrong: &[usize], threads: usize) -> Result<Option<Wrong>, Error> {
        let files = sizes.iter().enumerate().map(|(at, size)| vec![at as u8; *size]);
        let files: Vec<Vec<u8>> = files.collect();
        let reader = Box::new(std::io::Cursor::new(files.concat()));
        let mut tarball = Tarball::from_reader(reader, 0, Some(Container::Tar), &[])?;
        let mut proofs = Proofs::on_threads(threads);
        for (entry, file) in files.iter().enumerate() {
            let mut content = Vec::new();
            let mut left = file.len() as u64;
            while let Some(slice) = tarball.take_shared(left)? {
                left -= slice.bytes().len() as u64;
                content.push(slice);
            }
            let said: &[u8] = if wrong.contains(&entry) { b"something else" } else { file };
            let id = gix_object::compute_hash(gix_hash::Kind::Sha1, Kind::Blob, said).expect("no collision");
            proofs.add(Claim { entry, id, content });
        }
        proofs.finish()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn every_file_is_hashed_and_the_first_wrong_one_is_told(
            sizes in prop::collection::vec(1usize..=limits::HASHED_AT_ONCE as usize, 1..80),
            wrong in prop::collection::vec(0usize..80, 0..4),
            threads in 0usize..4,
        ) {
            let expected = wrong.iter().copied().filter(|at| *at < sizes.len()).min();
            let found = first_wrong(&sizes, &wrong, threads).expect("threads");
            prop_assert_eq!(found.map(|wrong| wrong.entry), expected);
        }
    }
}
