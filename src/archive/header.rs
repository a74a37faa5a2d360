//! Header blocks and pax records (specification, section 2).

use std::borrow::Cow;

use gix_hash::ObjectId;

use super::entry::EntryKind;

/// A tar record; everything is padded to whole ones.
pub const RECORD: usize = 512;
/// The whole stream is padded to whole blocks.
pub const BLOCK: u64 = 10240;
/// What the size and time fields can hold: 11 octal digits.
const LARGEST_NUMBER: u64 = 0o77777777777;
/// Names and link targets up to this length go into the header itself.
pub const NAME_BYTES: usize = 100;
/// The longest path that is searched for a place to split, plus one.
const PREFIX_BYTES: usize = 155;

/// How older gits wrote headers (section 10). Each rule is on its own: forges have mixed them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    /// Before git 1.8.1.1, and at GitHub until September 2017: a directory's own slash may split its path.
    pub split_at_last_slash: bool,
    /// Before git 2.24: the length of some long pax records is one too small.
    pub short_pax_length: bool,
}

impl Dialect {
    /// All of them, today's first.
    pub const ALL: [Dialect; 4] = [
        Dialect { split_at_last_slash: false, short_pax_length: false },
        Dialect { split_at_last_slash: true, short_pax_length: false },
        Dialect { split_at_last_slash: false, short_pax_length: true },
        Dialect { split_at_last_slash: true, short_pax_length: true },
    ];
}

/// What one entry's header says.
pub struct Header<'a> {
    /// Prefix and path; directories and submodules end in a slash.
    pub path: &'a [u8],
    /// What kind of entry.
    pub kind: EntryKind,
    /// Permission bits, the umask applied.
    pub mode: u32,
    /// Bytes of content; 0 for everything but files.
    pub size: u64,
    /// Seconds since the epoch, of any size.
    pub time: u64,
    /// The object that names generated pax names.
    pub id: ObjectId,
    /// Where a symbolic link points to; empty for everything else.
    pub target: &'a [u8],
}

/// The global pax header at the start: the commit id, and a time that no header can hold.
pub fn global(commit: ObjectId, time: u64) -> Vec<u8> {
    // These records are far too short for dialects to matter.
    let today = Dialect::default();
    let mut records = pax_record("comment", commit.to_string().as_bytes(), today);
    if time > LARGEST_NUMBER {
        records.extend(pax_record("mtime", time.to_string().as_bytes(), today));
    }
    let mut blocks = block(b"pax_global_header", b"", 0o666, records.len() as u64, time, b'g', b"").to_vec();
    append_padded(&mut blocks, &records);
    blocks
}

impl Header<'_> {
    /// Whether gits of different age may write it in different ways: only long names are ever split or put into records.
    pub fn depends_on_dialect(&self) -> bool {
        self.path.len() > NAME_BYTES || self.target.len() > NAME_BYTES
    }

    /// All blocks up to the entry's content: its pax header where it needs one, and the header itself.
    pub fn blocks(&self, dialect: Dialect) -> Vec<u8> {
        let mut records = Vec::new();
        let (name, prefix) = match split(self.path, dialect) {
            Some((name, prefix)) => (Cow::from(name), prefix),
            None => {
                records.extend(pax_record("path", self.path, dialect));
                (Cow::from(format!("{}.data", self.id).into_bytes()), &b""[..])
            }
        };
        let link = if self.target.len() > NAME_BYTES {
            records.extend(pax_record("linkpath", self.target, dialect));
            Cow::from(format!("see {}.paxheader", self.id).into_bytes())
        } else {
            Cow::from(self.target)
        };
        let mut size = self.size;
        if size > LARGEST_NUMBER {
            records.extend(pax_record("size", size.to_string().as_bytes(), dialect));
            size = 0;
        }
        let mut blocks = Vec::new();
        if !records.is_empty() {
            let name = format!("{}.paxheader", self.id);
            let length = records.len() as u64;
            blocks.extend(block(name.as_bytes(), b"", 0o666, length, self.time, b'x', b""));
            append_padded(&mut blocks, &records);
        }
        blocks.extend(block(&name, prefix, self.mode, size, self.time, self.kind.typeflag(), &link));
        blocks
    }
}

/// How many zero bytes follow content of this length.
pub fn padding(length: u64) -> usize {
    let over = (length % RECORD as u64) as usize;
    if over == 0 { 0 } else { RECORD - over }
}

/// How many zero bytes end a stream that is `length` bytes long without them (2.11).
pub fn trailer(length: u64) -> u64 {
    let over = length % BLOCK;
    let fill = BLOCK - over;
    if fill < 2 * RECORD as u64 { fill + BLOCK } else { fill }
}

fn append_padded(blocks: &mut Vec<u8>, content: &[u8]) {
    blocks.extend_from_slice(content);
    blocks.resize(blocks.len() + padding(content.len() as u64), 0);
}

/// The name and prefix fields for a path, `None` where it needs a pax record (2.4).
fn split(path: &[u8], dialect: Dialect) -> Option<(&[u8], &[u8])> {
    if path.len() <= NAME_BYTES {
        return Some((path, b""));
    }
    let own_slash = if dialect.split_at_last_slash { None } else { path.strip_suffix(b"/") };
    let end = own_slash.unwrap_or(path).len().min(PREFIX_BYTES);
    let slash = path[..end].iter().rposition(|byte| *byte == b'/').filter(|at| *at > 0)?;
    let (prefix, name) = (&path[..slash], &path[slash + 1..]);
    (name.len() <= NAME_BYTES).then_some((name, prefix))
}

/// `<length> <key>=<value>\n`, the length counting itself (2.7).
fn pax_record(key: &str, value: &[u8], dialect: Dialect) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    if dialect.short_pax_length {
        length = rest + length.to_string().len();
    }
    while !dialect.short_pax_length && rest + length.to_string().len() != length {
        length = rest + length.to_string().len();
    }
    let mut record = format!("{length} {key}=").into_bytes();
    record.extend_from_slice(value);
    record.push(b'\n');
    record
}

/// One ustar header (the table of section 2).
fn block(name: &[u8], prefix: &[u8], mode: u32, size: u64, time: u64, typeflag: u8, link: &[u8]) -> [u8; RECORD] {
    let mut block = [0; RECORD];
    put(&mut block[0..100], name);
    octal(&mut block[100..107], u64::from(mode & 0o7777));
    put(&mut block[108..116], b"0000000");
    put(&mut block[116..124], b"0000000");
    octal(&mut block[124..135], size);
    octal(&mut block[136..147], time.min(LARGEST_NUMBER));
    put(&mut block[148..156], b"        ");
    block[156] = typeflag;
    put(&mut block[157..257], link);
    put(&mut block[257..263], b"ustar");
    put(&mut block[263..265], b"00");
    put(&mut block[265..297], b"root");
    put(&mut block[297..329], b"root");
    put(&mut block[329..337], b"0000000");
    put(&mut block[337..345], b"0000000");
    put(&mut block[345..500], prefix);
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    octal(&mut block[148..155], u64::from(sum));
    block[155] = 0;
    block
}

/// A number in as many octal digits as the field has room for.
fn octal(field: &mut [u8], mut value: u64) {
    for digit in field.iter_mut().rev() {
        *digit = b'0' + (value & 7) as u8;
        value >>= 3;
    }
}

fn put(field: &mut [u8], value: &[u8]) {
    field[..value.len()].copy_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of section 2.4.
    #[test]
    fn paths_are_split_at_one_slash_only() {
        let n = |count| "n".repeat(count);
        let cases = [
            (format!("A2/{}", n(98)), Some(2)),
            (format!("A3/{}", n(100)), Some(2)),
            (format!("A4/{}", n(101)), None),
            (format!("{}/{}", "C".repeat(154), n(100)), Some(154)),
            (format!("{}/{}", "D".repeat(155), n(100)), None),
            (format!("{}/{}/{}/{}", "F".repeat(50), "f".repeat(60), "f".repeat(60), n(50)), None),
            (format!("{}/", "H".repeat(99)), Some(0)),
            (format!("{}/", "I".repeat(100)), None),
            (format!("/{}", n(100)), None),
        ];
        for (path, expected) in cases {
            let found = split(path.as_bytes(), Dialect::default());
            assert_eq!(found.map(|(_, prefix)| prefix.len()), expected, "{path}");
        }
        let old = Dialect { split_at_last_slash: true, ..Dialect::default() };
        let folder = format!("{}/", "I".repeat(100));
        assert_eq!(split(folder.as_bytes(), old), Some((&b""[..], folder.trim_end_matches('/').as_bytes())));
    }

    #[test]
    fn pax_records_count_their_own_length() {
        let today = Dialect::default();
        assert_eq!(pax_record("comment", &[b'0'; 40], today).len(), 52);
        assert!(pax_record("comment", &[b'0'; 64], today).starts_with(b"76 comment="));
        assert_eq!(pax_record("mtime", b"8589934592", today), b"20 mtime=8589934592\n");
        let old = Dialect { short_pax_length: true, ..today };
        for (length, now, then) in [(988, "998", "998"), (991, "1002", "1001"), (992, "1003", "1003")] {
            let value = vec![b'x'; length];
            assert!(pax_record("path", &value, today).starts_with(format!("{now} path=").as_bytes()), "{length}");
            assert!(pax_record("path", &value, old).starts_with(format!("{then} path=").as_bytes()), "{length}");
        }
        for length in 0..2000 {
            let record = pax_record("path", &vec![b'x'; length], today);
            let digits = record.iter().position(|byte| *byte == b' ').unwrap();
            let said: usize = std::str::from_utf8(&record[..digits]).unwrap().parse().unwrap();
            assert_eq!(said, record.len());
        }
    }

    /// The examples of section 2.11.
    #[test]
    fn the_end_is_padded_to_whole_blocks() {
        let whole = |length| length + trailer(length);
        assert_eq!((whole(9728), whole(9216), whole(0), whole(10240)), (20480, 10240, 10240, 20480));
    }
}
