//! Checksums that the file must have: of all of its bytes, compressed as they are.

use std::fmt;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::Blake2b512;
use foreign::Foreign;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::error::Error;

/// The bytes that are read from a file at a time.
const CHUNK: usize = 256 << 10;

/// What computes a checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// SHA-384, of the same family; only `--integrity` has it.
    Sha384,
    /// SHA-512.
    Sha512,
    /// BLAKE2b with 512 bits: what `b2sum` prints.
    Blake2b,
}

impl Algorithm {
    /// What messages call it.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Sha384 => "SHA-384",
            Algorithm::Sha512 => "SHA-512",
            Algorithm::Blake2b => "BLAKE2b",
        }
    }

    /// One word, for JSON and `--integrity`.
    pub fn word(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha384 => "sha384",
            Algorithm::Sha512 => "sha512",
            Algorithm::Blake2b => "b2",
        }
    }

    fn length(self) -> usize {
        match self {
            Algorithm::Sha256 => 32,
            Algorithm::Sha384 => 48,
            Algorithm::Sha512 | Algorithm::Blake2b => 64,
        }
    }
}

/// How people write a checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Hex,
    Sri,
}

/// One checksum that the file must have, or one of several by one algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    algorithm: Algorithm,
    form: Form,
    any_of: Vec<Vec<u8>>,
}

/// Why a text is no checksum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// Of the wrong length, or not hexadecimal.
    #[error("{} hexadecimal digits", .0.length() * 2)]
    Hex(Algorithm),
    /// [SRI](https://www.w3.org/TR/sri-2/#grammardef-hash-with-options).
    #[error("sha256-, sha384- or sha512- and the checksum in base64, not {0}")]
    Sri(Foreign),
}

impl Pin {
    /// From hexadecimal digits.
    ///
    /// # Errors
    /// [`PinError::Hex`]
    pub fn from_hex(algorithm: Algorithm, hex: &str) -> Result<Self, PinError> {
        let mut bytes = vec![0; algorithm.length()];
        let is_whole = hex.len() == 2 * bytes.len();
        let decoded = faster_hex::hex_decode(hex.as_bytes(), &mut bytes);
        if !is_whole || decoded.is_err() {
            return Err(PinError::Hex(algorithm));
        }
        Ok(Pin { algorithm, form: Form::Hex, any_of: vec![bytes] })
    }

    /// As npm, Nix and browsers write it: of several, one by the strongest algorithm must hold.
    ///
    /// # Errors
    /// [`PinError::Sri`], also if nothing in it is by an algorithm that is good today.
    pub fn from_sri(text: &str) -> Result<Self, PinError> {
        let wrong = || PinError::Sri(Foreign::from(text));
        let mut found = Vec::new();
        for word in text.split_ascii_whitespace() {
            let (algorithm, rest) = word.split_once('-').ok_or_else(wrong)?;
            let all = [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512];
            let Some(algorithm) = all.into_iter().find(|known| known.word() == algorithm) else {
                // Beside a good one, weak ones are usual, and say nothing.
                if matches!(algorithm, "sha1" | "md5") {
                    continue;
                }
                return Err(wrong());
            };
            let encoded = rest.split('?').next().unwrap_or_default();
            let bytes = STANDARD.decode(encoded).ok().filter(|bytes| bytes.len() == algorithm.length());
            found.push((algorithm, bytes.ok_or_else(wrong)?));
        }
        let algorithm = found.iter().map(|(algorithm, _)| *algorithm).max().ok_or_else(wrong)?;
        let any_of = found.into_iter().filter(|(other, _)| *other == algorithm).map(|(_, bytes)| bytes).collect();
        Ok(Pin { algorithm, form: Form::Sri, any_of })
    }

    fn written(&self, bytes: &[u8]) -> String {
        match self.form {
            Form::Hex => faster_hex::hex_string(bytes),
            Form::Sri => format!("{}-{}", self.algorithm.word(), STANDARD.encode(bytes)),
        }
    }
}

/// `ALGORITHM:HEX`, for reports.
impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self.any_of.iter().map(|bytes| faster_hex::hex_string(bytes)).collect();
        write!(f, "{}:{}", self.algorithm.word(), all.join(" or "))
    }
}

/// Checksums in the making, each once.
pub struct Digests {
    sha256: Option<Sha256>,
    sha384: Option<Sha384>,
    sha512: Option<Sha512>,
    blake2b: Option<Blake2b512>,
}

/// Checksums of a whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digested(Vec<(Algorithm, Vec<u8>)>);

impl Digests {
    /// Those that are asked for.
    pub fn of(pins: &[Pin]) -> Self {
        let is_asked = |algorithm: Algorithm| pins.iter().any(|pin| pin.algorithm == algorithm);
        Digests {
            sha256: is_asked(Algorithm::Sha256).then(Sha256::new),
            sha384: is_asked(Algorithm::Sha384).then(Sha384::new),
            sha512: is_asked(Algorithm::Sha512).then(Sha512::new),
            blake2b: is_asked(Algorithm::Blake2b).then(Blake2b512::new),
        }
    }

    /// The next bytes of the file.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.iter_mut().for_each(|digest| digest.update(bytes));
        self.sha384.iter_mut().for_each(|digest| digest.update(bytes));
        self.sha512.iter_mut().for_each(|digest| digest.update(bytes));
        self.blake2b.iter_mut().for_each(|digest| digest.update(bytes));
    }

    /// There are no more.
    pub fn finish(self) -> Digested {
        let all = [
            self.sha256.map(|digest| (Algorithm::Sha256, digest.finalize().to_vec())),
            self.sha384.map(|digest| (Algorithm::Sha384, digest.finalize().to_vec())),
            self.sha512.map(|digest| (Algorithm::Sha512, digest.finalize().to_vec())),
            self.blake2b.map(|digest| (Algorithm::Blake2b, digest.finalize().to_vec())),
        ];
        Digested(all.into_iter().flatten().collect())
    }
}

impl Digested {
    /// Whether the file has all of these.
    ///
    /// # Errors
    /// [`Error::Pin`] with what it has instead.
    pub fn check(&self, pins: &[Pin]) -> Result<(), Error> {
        for pin in pins {
            let found = self.0.iter().find(|(algorithm, _)| *algorithm == pin.algorithm);
            // Nothing was computed: that is not a yes.
            let found = found.map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
            if !pin.any_of.iter().any(|bytes| bytes == found) {
                let pinned = pin.any_of.iter().map(|bytes| pin.written(bytes)).collect::<Vec<_>>().join(" or ");
                return Err(Error::Pin { algorithm: pin.algorithm.name(), pinned, found: pin.written(found) });
            }
        }
        Ok(())
    }
}

/// Whether a file has these checksums, whatever else is wrong with it. It is read once more.
///
/// # Errors
/// [`Error::Pin`], or that it cannot be read.
pub fn check_file(path: &Path, pins: &[Pin]) -> Result<(), Error> {
    if pins.is_empty() { Ok(()) } else { check(&mut File::open(path)?, pins) }
}

/// The same for a file that is open, from where it is to its end.
pub fn check(file: &mut File, pins: &[Pin]) -> Result<(), Error> {
    if pins.is_empty() {
        return Ok(());
    }
    let mut digests = Digests::of(pins);
    let mut file = BufReader::with_capacity(CHUNK, file);
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            return digests.finish().check(pins);
        }
        digests.update(bytes);
        let length = bytes.len();
        file.consume(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digested(pins: &[Pin], bytes: &[u8]) -> Digested {
        let mut digests = Digests::of(pins);
        digests.update(bytes);
        digests.finish()
    }

    /// Of the empty file, as sha256sum, sha384sum, sha512sum and b2sum print them.
    #[test]
    fn of_nothing() {
        for (algorithm, hex) in [
            (Algorithm::Sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (
                Algorithm::Sha512,
                "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce\
                 47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
            ),
            (
                Algorithm::Blake2b,
                "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419\
                 d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce",
            ),
        ] {
            let pin = Pin::from_hex(algorithm, &hex.to_uppercase()).expect("a checksum");
            assert_eq!(pin.to_string(), format!("{}:{hex}", algorithm.word()));
            let pins = [pin];
            assert!(digested(&pins, b"").check(&pins).is_ok());
            assert!(digested(&pins, b"x").check(&pins).is_err());
            // One that was not computed is not there.
            assert!(digested(&[], b"").check(&pins).is_err());
        }
    }

    #[test]
    fn as_npm_and_nix_write_them() {
        let good = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let other = "sha256-AAAAQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        for text in [good.to_owned(), format!("{other} {good}?x"), format!("sha1-x {good}")] {
            let pins = [Pin::from_sri(&text).expect("a checksum")];
            assert!(digested(&pins, b"").check(&pins).is_ok(), "{text}");
        }
        // The strongest decides.
        let strong = format!("{good} sha512-{}", STANDARD.encode([0; 64]));
        let pins = [Pin::from_sri(&strong).expect("a checksum")];
        assert!(digested(&pins, b"").check(&pins).is_err());
        for bad in ["", "sha1-x", "sha256", "sha256-", "sha256-47DE", "sha999-47DE", &good[..good.len() - 1]] {
            assert!(Pin::from_sri(bad).is_err(), "{bad}");
        }
    }
}
