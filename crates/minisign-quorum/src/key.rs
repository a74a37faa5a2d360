//! Public keys of minisign: base64 of `Ed`, the key id and the Ed25519 key; files of them.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use foreign::{Meaning, Problem};

use crate::limits;

/// Eight random bytes that minisign gives a key, in each of its signatures too. Nothing signs them: they are a hint as
/// to which key to try, and prove nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub(crate) [u8; 8]);

impl KeyId {
    /// The bytes as files have them.
    pub fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

/// As minisign prints it.
impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", u64::from_le_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A public key that can be told from every other by its 32 bytes.
///
/// Keys are compared without their ids: one key under two ids is one key.
#[derive(Clone)]
pub struct PublicKey {
    id: KeyId,
    key: VerifyingKey,
}

/// Why something is not a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The 56 characters that minisign prints.
    #[error("is not the base64 of a minisign public key")]
    Encoding,
    /// Its first two bytes.
    #[error("is a key for another algorithm than Ed25519")]
    Algorithm,
    /// No point of the curve, not the one way to write it down, or one that accepts signatures that nobody made.
    #[error("is not a proper Ed25519 key")]
    Point,
    /// A file of two lines, or of the key alone.
    #[error("is not a minisign public key file: two lines, a comment and the key")]
    File,
}

impl Problem for KeyError {
    fn code(&self) -> &'static str {
        match self {
            KeyError::Encoding => "public-key-encoding",
            KeyError::Algorithm => "public-key-algorithm",
            KeyError::Point => "public-key-improper",
            KeyError::File => "public-key-file",
        }
    }

    fn meaning(&self) -> Meaning {
        Meaning::NotChecked
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            KeyError::Point => "Ask its owner for the key: this one is not what a key generator makes.".into(),
            _ => "Take the file that minisign -G or keygen wrote, or the 56 characters of its second line.".into(),
        }
    }
}

impl PublicKey {
    /// The text of `-P`, of a policy, and of the second line of a key file.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn parse(text: &[u8]) -> Result<Self, KeyError> {
        // 42 bytes are 56 characters without padding.
        if text.len() != 56 {
            return Err(KeyError::Encoding);
        }
        let bytes = STANDARD.decode(text).map_err(|_| KeyError::Encoding)?;
        let (algorithm, rest) = bytes.split_first_chunk::<2>().ok_or(KeyError::Encoding)?;
        let (id, key) = rest.split_first_chunk::<8>().ok_or(KeyError::Encoding)?;
        if algorithm != b"Ed" {
            return Err(KeyError::Algorithm);
        }
        Self::new(KeyId(*id), key.try_into().map_err(|_| KeyError::Encoding)?)
    }

    /// A key of 32 bytes.
    ///
    /// Refused are, as by libsodium, points of small order and other ways of writing a point; and, beyond libsodium,
    /// points outside the group of prime order, which no key generator makes: beside a good key there are seven such
    /// points, each with signatures in common with it.
    ///
    /// # Errors
    /// [`KeyError::Point`]
    pub fn new(id: KeyId, bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Point)?;
        let point = key.to_edwards();
        if key.is_weak() || !point.is_torsion_free() || point.compress().as_bytes() != bytes {
            return Err(KeyError::Point);
        }
        Ok(PublicKey { id, key })
    }

    /// A key file: an untrusted comment and the key, or the key alone.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn parse_file(text: &[u8]) -> Result<Self, KeyError> {
        if text.len() as u64 > limits::KEY_FILE_BYTES {
            return Err(KeyError::File);
        }
        let mut lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        if lines.any(|line| !line.is_empty()) {
            return Err(KeyError::File);
        }
        if !second.is_empty() {
            return Self::parse(second);
        }
        // The key alone is what people copy from a web page.
        Self::parse(first).map_err(|error| if error == KeyError::Encoding { KeyError::File } else { error })
    }

    /// The id under which the key is known.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What makes it this key and no other.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Strict in the same way as libsodium: one form of the number, no points of small order.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

/// The base64 that minisign prints.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [b"Ed".as_slice(), &self.id.0, self.as_bytes()].concat();
        f.write_str(&STANDARD.encode(bytes))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for PublicKey {}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyError, KeyId, PublicKey};

    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    #[test]
    fn written_as_it_was_read() {
        let key = PublicKey::parse(KEY.as_bytes()).unwrap();
        assert_eq!((key.to_string().as_str(), key.id().to_string().as_str()), (KEY, "E7620F1842B4E81F"));
        for end in ["", "\n", "\r\n"] {
            let file = format!("untrusted comment: minisign public key E7620F1842B4E81F\n{KEY}{end}");
            assert_eq!(PublicKey::parse_file(file.as_bytes()), Ok(key.clone()));
        }
    }

    /// A bare base64 key is a key file.
    #[test]
    fn a_key_alone_in_a_file() {
        for end in ["", "\n", "\r\n", "\n\n"] {
            assert!(PublicKey::parse_file(format!("{KEY}{end}").as_bytes()).is_ok(), "{end:?}");
        }
    }

    #[test]
    fn one_key_under_two_ids_is_one_key() {
        let key = PublicKey::parse(KEY.as_bytes()).unwrap();
        assert_eq!(PublicKey::new(KeyId([7; 8]), key.as_bytes()), Ok(key));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "RWQ", &KEY[1..], &format!("{KEY}="), &KEY.replace('5', " "), &format!("{}==", &KEY[..54])] {
            assert_eq!(PublicKey::parse(text.as_bytes()), Err(KeyError::Encoding), "{text}");
        }
        let other = KEY.replacen("RWQ", "RUQ", 1);
        assert_eq!(PublicKey::parse(other.as_bytes()), Err(KeyError::Algorithm));
        for file in
            ["", "a\n", &KEY[1..], &format!("a\n{KEY}\nmore"), &format!("a\nb\n{KEY}"), &format!("{KEY}\n{KEY}\n{KEY}")]
        {
            assert!(PublicKey::parse_file(file.as_bytes()).is_err(), "{file}");
        }
    }

    /// Points of small order, another writing of one, and no point at all.
    #[test]
    fn improper_points_are_refused() {
        let mut one = [0; 32];
        one[0] = 1;
        let mut minus_one = [0xff; 32];
        (minus_one[0], minus_one[31]) = (0xec, 0x7f);
        let mut one_again = [0xff; 32];
        (one_again[0], one_again[31]) = (0xee, 0x7f);
        let mut no_point = [0; 32];
        no_point[0] = 2;
        // Canonical, of large order, and 8 torsion points away from the prime-order group: y = 3.. until one is found.
        let outside = (3..=255).map(|y| {
            let mut bytes = [0; 32];
            bytes[0] = y;
            bytes
        });
        let refused = outside.filter(|bytes| PublicKey::new(KeyId([0; 8]), bytes).is_err()).count();
        assert!(refused > 200, "only one point in sixteen is in the group: {refused}");
        for bytes in [[0; 32], one, minus_one, one_again, no_point] {
            assert_eq!(PublicKey::new(KeyId([0; 8]), &bytes), Err(KeyError::Point), "{bytes:x?}");
        }
    }
}
