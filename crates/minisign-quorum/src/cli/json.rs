//! JSON is data: exact values, neither cut nor escaped beyond what JSON itself escapes.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::Material;

/// Bytes from outside: a string if they are UTF-8, else `{"base64": "..."}`.
pub struct Data(pub Vec<u8>);

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Ok(text) = std::str::from_utf8(&self.0) {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("base64", &STANDARD.encode(&self.0))?;
        map.end()
    }
}

/// A material's fields, decoded.
pub struct Fields(pub Material);

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.fields().into_iter().map(|(key, value)| (key, Data(value))))
    }
}

/// One object on a stream, and nothing in it but ASCII: a terminal may be looking.
pub fn write(value: &impl Serialize, out: &mut dyn Write) -> std::io::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() && c != '\u{7f}' {
            ascii.push(c);
        } else {
            // Outside of strings, JSON has nothing but ASCII.
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| ascii.push_str(&format!("\\u{unit:04x}")));
        }
    }
    writeln!(out, "{ascii}")
}

#[cfg(test)]
mod tests {
    use super::{Data, write};

    #[test]
    fn exact_and_harmless() {
        let long = "x".repeat(10_000);
        for text in ["a\\b", "\u{e9}\u{202e}\u{1f600}\u{7f}\u{1b}[31m\n", "100%25", &long] {
            let mut out = Vec::new();
            write(&Data(text.as_bytes().to_vec()), &mut out).unwrap();
            assert!(out.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n')), "{out:?}");
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
        let mut out = Vec::new();
        write(&Data(b"\xff".to_vec()), &mut out).unwrap();
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&out).unwrap(), serde_json::json!({"base64": "/w=="}));
    }
}
