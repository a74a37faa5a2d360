//! The pinned file as the stream of bytes that was compressed into it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::Error;
use crate::foreign::Foreign;
use crate::limits;

/// How the tar is wrapped up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Container {
    /// Not at all.
    Tar,
    /// RFC 1952
    Gzip,
    /// The .xz format
    Xz,
    /// bzip2
    Bzip2,
    /// RFC 8878
    Zstd,
}

impl Container {
    /// From the first bytes of a file.
    pub fn recognise(start: &[u8]) -> Container {
        let magics: [(&[u8], Container); 4] = [
            (b"\x1f\x8b", Container::Gzip),
            (b"\xfd7zXZ\0", Container::Xz),
            (b"BZh", Container::Bzip2),
            (b"\x28\xb5\x2f\xfd", Container::Zstd),
        ];
        magics.iter().find(|(magic, _)| start.starts_with(magic)).map_or(Container::Tar, |(_, container)| *container)
    }

    /// From a word like `tar.gz`, with the short forms in use.
    pub fn from_extension(word: &str) -> Option<Container> {
        Some(match word.strip_prefix("tar.").unwrap_or(word) {
            "tar" => Container::Tar,
            "gz" | "tgz" => Container::Gzip,
            "xz" | "txz" => Container::Xz,
            "bz2" | "tbz2" | "tbz" => Container::Bzip2,
            "zst" | "tzst" => Container::Zstd,
            _ => return None,
        })
    }

    /// The extension in common use.
    pub fn extension(self) -> &'static str {
        match self {
            Container::Tar => "tar",
            Container::Gzip => "tar.gz",
            Container::Xz => "tar.xz",
            Container::Bzip2 => "tar.bz2",
            Container::Zstd => "tar.zst",
        }
    }
}

type Input = BufReader<Counted>;

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
            Container::Tar => Decoder::Tar(input),
            Container::Gzip => Decoder::Gzip(flate2::bufread::GzDecoder::new(input)),
            Container::Xz => {
                let stream = liblzma::stream::Stream::new_stream_decoder(limits::XZ_MEMORY, 0)?;
                Decoder::Xz(liblzma::bufread::XzDecoder::new_stream(input, stream))
            }
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

    fn input(&mut self) -> &mut Input {
        match self {
            Decoder::Tar(decoder) => decoder,
            Decoder::Gzip(decoder) => decoder.get_mut(),
            Decoder::Xz(decoder) => decoder.get_mut(),
            Decoder::Bzip2(decoder) => decoder.get_mut(),
            Decoder::Zstd(decoder) => decoder.get_mut(),
        }
    }
}

/// The file itself: how far it was read, and its checksum where one is asked for.
struct Counted {
    file: Box<dyn Read>,
    bytes: u64,
    digest: Option<Sha256>,
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let length = self.file.read(buf)?;
        self.bytes += length as u64;
        if let Some(digest) = &mut self.digest {
            digest.update(&buf[..length]);
        }
        Ok(length)
    }
}

/// A tarball that is being read, once, from its first to its last byte.
pub struct Tarball {
    decoder: Decoder,
    container: Container,
    pin: Option<[u8; 32]>,
    size: u64,
    position: u64,
}

impl Tarball {
    /// Open a file. `container` is an assertion about it; `pin` is its SHA-256.
    ///
    /// # Errors
    /// Where it is not a file that can be read, is empty, or is of another kind.
    pub fn open(path: &Path, container: Option<Container>, pin: Option<[u8; 32]>) -> Result<Self, Error> {
        let unreadable = |why: &str| Error::Unreadable {
            path: Foreign::from(path.as_os_str().as_encoded_bytes()),
            why: Foreign::from(why),
        };
        let file = File::open(path).map_err(|error| unreadable(&error.to_string()))?;
        let metadata = file.metadata().map_err(|error| unreadable(&error.to_string()))?;
        if metadata.is_dir() {
            return Err(unreadable("it is a directory"));
        }
        if metadata.is_file() && metadata.len() == 0 {
            return Err(unreadable("it is empty"));
        }
        Self::from_reader(Box::new(file), metadata.len(), container, pin)
    }

    /// The same for bytes from anywhere; `size` is for progress bars.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_reader(
        file: Box<dyn Read>,
        size: u64,
        container: Option<Container>,
        pin: Option<[u8; 32]>,
    ) -> Result<Self, Error> {
        let damaged = |error: std::io::Error| Error::Damaged { why: Foreign::from(&error.to_string()) };
        let digest = pin.map(|_| Sha256::new());
        let mut input = BufReader::with_capacity(256 << 10, Counted { file, bytes: 0, digest });
        let found = Container::recognise(input.fill_buf().map_err(damaged)?);
        if let Some(asserted) = container.filter(|asserted| *asserted != found) {
            return Err(Error::Format { asserted: asserted.extension(), found: found.extension() });
        }
        let decoder = Decoder::new(found, input).map_err(damaged)?;
        Ok(Tarball { decoder, container: found, pin, size, position: 0 })
    }

    /// How the tar is wrapped up.
    pub fn container(&self) -> Container {
        self.container
    }

    /// The file's size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How many bytes of the file were read.
    pub fn bytes_read(&mut self) -> u64 {
        self.decoder.input().get_ref().bytes
    }

    /// How many bytes of the tar were read.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Fill `buf` from the tar; less only at its end.
    ///
    /// # Errors
    /// Where the file cannot be read or decompressed, or the tar is too large.
    pub fn fill(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        let mut length = 0;
        while length < buf.len() {
            match self.decoder.read(&mut buf[length..]) {
                Ok(0) => break,
                Ok(bytes) => length += bytes,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Damaged { why: Foreign::from(&error.to_string()) }),
            }
        }
        self.position += length as u64;
        if self.position > limits::TAR_BYTES {
            return Err(Error::Limit { what: "the size of the tar" });
        }
        Ok(length)
    }

    /// The tar must end here, and the file with it; then the pin is compared.
    ///
    /// # Errors
    /// Where anything follows, or the checksum is another.
    pub fn finish(mut self) -> Result<(), Error> {
        if self.fill(&mut [0])? > 0 {
            return Err(Error::TrailingData { place: "after the end of the archive" });
        }
        let input = self.decoder.input();
        let rest = input.fill_buf().map_err(|error| Error::Damaged { why: Foreign::from(&error.to_string()) })?;
        if !rest.is_empty() {
            return Err(Error::TrailingData { place: "after the compressed archive" });
        }
        let digest = input.get_mut().digest.take().map(|digest| <[u8; 32]>::from(digest.finalize()));
        if digest != self.pin {
            return Err(Error::Pin);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_have_names() {
        for container in [Container::Tar, Container::Gzip, Container::Xz, Container::Bzip2, Container::Zstd] {
            assert_eq!(Container::from_extension(container.extension()), Some(container));
        }
        assert_eq!(Container::from_extension("zip"), None);
        assert_eq!(Container::recognise(b"\x1f\x8b\x08"), Container::Gzip);
    }
}
