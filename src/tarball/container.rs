//! What a tar is compressed with.

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
    /// A zip archive, which has no tar inside: only a grade can be given to it.
    Zip,
}

impl Container {
    /// How many of a file's first bytes tell what it is.
    pub const MAGIC_BYTES: usize = 6;

    /// From the first [`MAGIC_BYTES`](Self::MAGIC_BYTES) of a file.
    pub fn recognise(start: &[u8]) -> Container {
        let magics: [(&[u8], Container); 4] = [
            (b"\x1f\x8b", Container::Gzip),
            (b"\xfd7zXZ\0", Container::Xz),
            (b"BZh", Container::Bzip2),
            (b"\x28\xb5\x2f\xfd", Container::Zstd),
        ];
        // A skippable frame of zstd (RFC 8878, 3.1.2), with which pzstd begins.
        if let [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] = start {
            return Container::Zstd;
        }
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
            Container::Zip => "zip",
        }
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
