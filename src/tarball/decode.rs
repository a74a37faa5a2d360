//! Decompression, on a thread of its own: it goes on while what came out is hashed.
//!
//! A few buffers go around between the threads, so that memory stays the same whatever the size of the tarball.

use std::io::{BufRead, BufReader, Read};
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use foreign::Foreign;

use super::container::Container;
use super::error::Error;
use super::kind::is_tar_header;
use super::pins::{Digested, Digests};
use crate::archive::header::RECORD;
use crate::limits;

/// The bytes that are read from the file at a time.
const INPUT: usize = 256 << 10;
/// The bytes of one buffer. Smaller ones wake the other thread too often, larger ones do not stay in a core's cache.
pub const BUFFER: usize = 512 << 10;
/// How many there are: enough to begin with while a local repository is read.
pub const BUFFERS: usize = 8;

/// The file itself: how far it was read, and its checksums as far as they are asked for.
struct Counted {
    file: Box<dyn Read + Send>,
    bytes: Arc<AtomicU64>,
    digests: Digests,
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let length = self.file.read(buf)?;
        self.bytes.fetch_add(length as u64, Ordering::Relaxed);
        self.digests.update(&buf[..length]);
        Ok(length)
    }
}

/// The file, whose next bytes can be looked at across the borders of its buffer.
struct Input {
    file: BufReader<Counted>,
    /// What was looked at, and from where on it was not yet read.
    ahead: Vec<u8>,
    at: usize,
}

impl Input {
    fn new(file: Counted) -> Self {
        Input { file: BufReader::with_capacity(INPUT, file), ahead: Vec::new(), at: 0 }
    }

    /// The next `count` bytes without reading them; fewer only at the file's end. `count` is small.
    fn peek(&mut self, count: usize) -> std::io::Result<&[u8]> {
        self.ahead.drain(..self.at);
        self.at = 0;
        while self.ahead.len() < count {
            let bytes = self.file.fill_buf()?;
            let taken = bytes.len().min(count - self.ahead.len());
            if taken == 0 {
                break;
            }
            self.ahead.extend_from_slice(&bytes[..taken]);
            self.file.consume(taken);
        }
        Ok(&self.ahead)
    }

    /// Read zeros as far as there are any; returns how many.
    fn skip_zeros(&mut self) -> std::io::Result<u64> {
        let mut count = 0;
        loop {
            let bytes = self.fill_buf()?;
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            if zeros == 0 {
                return Ok(count);
            }
            self.consume(zeros);
            count += zeros as u64;
        }
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.at < self.ahead.len() { Ok(&self.ahead[self.at..]) } else { self.file.fill_buf() }
    }

    fn consume(&mut self, amount: usize) {
        if self.at < self.ahead.len() {
            self.at += amount;
        } else {
            self.file.consume(amount);
        }
    }
}

impl Read for Input {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let length = self.fill_buf()?.read(buf)?;
        self.consume(length);
        Ok(length)
    }
}

/// A decoder of one compressed stream; a file may hold several, one after the other.
enum Decoder {
    Tar(Input),
    Gzip(flate2::bufread::GzDecoder<Input>),
    Xz(liblzma::bufread::XzDecoder<Input>),
    Bzip2(bzip2::bufread::BzDecoder<Input>),
    Zstd(zstd::stream::read::Decoder<'static, Input>),
}

impl Decoder {
    fn new(container: Container, input: Input) -> std::io::Result<Self> {
        Ok(match container {
            // The bytes of a zip archive are no tar, as the comparison will see.
            Container::Tar | Container::Zip => Decoder::Tar(input),
            Container::Gzip => Decoder::Gzip(flate2::bufread::GzDecoder::new(input)),
            Container::Xz => Decoder::Xz(liblzma::bufread::XzDecoder::new_stream(input, xz_stream()?)),
            Container::Bzip2 => Decoder::Bzip2(bzip2::bufread::BzDecoder::new(input)),
            Container::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?.single_frame();
                decoder.window_log_max(limits::ZSTD_WINDOW_LOG)?;
                Decoder::Zstd(decoder)
            }
        })
    }

    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Decoder::Tar(decoder) => decoder.read(buf),
            Decoder::Gzip(decoder) => decoder.read(buf),
            Decoder::Xz(decoder) => decoder.read(buf),
            Decoder::Bzip2(decoder) => decoder.read(buf),
            Decoder::Zstd(decoder) => decoder.read(buf),
        }
    }

    fn into_input(self) -> Input {
        match self {
            Decoder::Tar(decoder) => decoder,
            Decoder::Gzip(decoder) => decoder.into_inner(),
            Decoder::Xz(decoder) => decoder.into_inner(),
            Decoder::Bzip2(decoder) => decoder.into_inner(),
            Decoder::Zstd(decoder) => decoder.finish(),
        }
    }
}

/// The streams of a file, decoded one after the other as gzip, xz, bzip2 and zstd do: compressors that use several cores
/// write many (pigz and bgzip, pixz, pbzip2, pzstd).
struct Streams {
    container: Container,
    /// `None` behind the last one, and after an error.
    decoder: Option<Decoder>,
    /// What is left of the file behind the last stream.
    rest: Option<Input>,
    count: usize,
}

impl Streams {
    fn begin(container: Container, input: Input) -> std::io::Result<Self> {
        Ok(Streams { container, decoder: Some(Decoder::new(container, input)?), rest: None, count: 1 })
    }

    /// Fill the buffer, to its end or that of the last stream.
    fn fill(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        let mut length = 0;
        while length < buf.len() {
            let Some(decoder) = &mut self.decoder else { break };
            match decoder.read(&mut buf[length..]) {
                Ok(0) => self.go_on()?,
                Ok(bytes) => length += bytes,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(length)
    }

    /// After the end of a stream: to the next one, if there is one.
    fn go_on(&mut self) -> Result<(), Error> {
        let Some(decoder) = self.decoder.take() else { return Ok(()) };
        let mut input = decoder.into_input();
        // Padding, as xz (section 2.2 of its format) and gzip allow it.
        let zeros = match self.container {
            Container::Xz | Container::Gzip => input.skip_zeros()?,
            Container::Tar | Container::Zip | Container::Bzip2 | Container::Zstd => 0,
        };
        if self.container == Container::Xz && !zeros.is_multiple_of(4) {
            return Err(Error::TrailingData { place: "after the compressed archive" });
        }
        let is_another = self.container != Container::Tar
            && Container::recognise(input.peek(Container::MAGIC_BYTES)?) == self.container
            // gzip's padding ends the file.
            && (self.container != Container::Gzip || zeros == 0);
        if !is_another {
            self.rest = Some(input);
            return Ok(());
        }
        self.count += 1;
        if self.count > limits::STREAMS {
            return Err(Error::Limit { what: "the number of compressed streams in the file" });
        }
        self.decoder = Some(Decoder::new(self.container, input)?);
        Ok(())
    }
}

/// Files with several blocks are decompressed on several threads, as long as their buffers fit into the limit.
fn xz_stream() -> std::io::Result<liblzma::stream::Stream> {
    let threads = thread::available_parallelism().map_or(1, |count| count.get().min(limits::XZ_THREADS));
    let mut builder = liblzma::stream::MtStreamBuilder::new();
    builder.threads(threads as u32).memlimit_threading(limits::XZ_PARALLEL_MEMORY).memlimit_stop(limits::XZ_MEMORY);
    Ok(builder.decoder()?)
}

/// A full buffer. It goes back to the decompressor when its last reader lets go of it.
pub struct Buffer {
    bytes: Vec<u8>,
    spare: SyncSender<Vec<u8>>,
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // Where the decompressor is gone it needs no buffers.
        let _ = self.spare.send(std::mem::take(&mut self.bytes));
    }
}

/// What comes from the thread.
pub enum Piece {
    /// The next bytes of the tar.
    Bytes(Buffer),
    /// There are no more.
    End(End),
    /// There are no more, and there should be.
    Failed(Error),
}

/// The end of the compressed stream.
#[derive(Clone)]
pub struct End {
    /// Whether the file goes on behind it.
    pub is_followed: bool,
    /// The checksums of the file up to here that were asked for.
    pub digested: Digested,
}

/// This side of a thread that decompresses.
pub struct Decompression {
    /// What it is compressed with.
    pub container: Container,
    pieces: Receiver<Piece>,
    bytes: Arc<AtomicU64>,
}

impl Decompression {
    /// Look at the first bytes of the file, and begin.
    ///
    /// # Errors
    /// Where it cannot be read, or is not of the asserted kind.
    pub fn begin(file: Box<dyn Read + Send>, asserted: Option<Container>, digests: Digests) -> Result<Self, Error> {
        let bytes = Arc::new(AtomicU64::new(0));
        let mut input = Input::new(Counted { file, bytes: bytes.clone(), digests });
        let container = Container::recognise(input.peek(Container::MAGIC_BYTES)?);
        if let Some(asserted) = asserted.filter(|asserted| *asserted != container) {
            return Err(Error::Format { asserted: asserted.extension(), found: container.extension() });
        }
        // GNU tar looks for a tar first, and a header of gzip or zstd has room for one.
        if container != Container::Tar && is_tar_header(input.peek(RECORD)?) {
            return Err(Error::Unclear {
                path: Foreign::from("the tarball"),
                what: "is compressed, and begins as a tar that is not",
            });
        }
        let streams = Streams::begin(container, input)?;
        let (full, pieces) = sync_channel(BUFFERS);
        let (spare, empty) = sync_channel(BUFFERS);
        for _ in 0..BUFFERS {
            // Both ends are here, and it has room for them.
            let _ = spare.send(Vec::new());
        }
        let work = move || decompress(streams, &full, &spare, &empty);
        let no_thread = |error: std::io::Error| Error::Thread { why: Foreign::said(error) };
        thread::Builder::new().name("decompress".into()).spawn(work).map_err(no_thread)?;
        Ok(Decompression { container, pieces, bytes })
    }

    /// How many bytes of the file were read.
    pub fn bytes_read(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The next piece. There is one as long as some buffer is free, or will be.
    pub fn next(&mut self) -> Piece {
        // A thread that ended without a word panicked.
        self.pieces.recv().unwrap_or(Piece::Failed(Error::ThreadEnded))
    }
}

/// Until the end, or until nobody wants more: every buffer comes back, and the next full one finds no taker.
fn decompress(mut streams: Streams, full: &SyncSender<Piece>, spare: &SyncSender<Vec<u8>>, empty: &Receiver<Vec<u8>>) {
    while let Ok(mut buffer) = empty.recv() {
        if buffer.is_empty() {
            // Only when it is needed: most tarballs fill few, and pages that nobody writes to cost nothing.
            buffer = vec![0; BUFFER];
        }
        buffer.resize(BUFFER, 0);
        let piece = match streams.fill(&mut buffer) {
            Ok(0) => break,
            Ok(length) => {
                buffer.truncate(length);
                Piece::Bytes(Buffer { bytes: buffer, spare: spare.clone() })
            }
            Err(error) => {
                let _ = full.send(Piece::Failed(error));
                return;
            }
        };
        if full.send(piece).is_err() {
            return;
        }
    }
    let end = match streams.rest.take().map(|mut input| (input.fill_buf().map(|rest| !rest.is_empty()), input)) {
        Some((Ok(is_followed), mut input)) => {
            let digests = std::mem::replace(&mut input.file.get_mut().digests, Digests::of(&[]));
            Piece::End(End { is_followed, digested: digests.finish() })
        }
        Some((Err(error), _)) => Piece::Failed(error.into()),
        None => Piece::Failed(Error::ThreadEnded),
    };
    let _ = full.send(end);
}
