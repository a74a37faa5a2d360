//! Pax records: those before one entry, and those for all that follow.

use gix_object::bstr::ByteSlice;

use super::super::error::Error;
use super::unclear;

/// What the records before an entry say of it.
#[derive(Debug, Default)]
pub struct Records {
    /// `path`
    pub path: Option<Vec<u8>>,
    /// `linkpath`
    pub target: Option<Vec<u8>>,
    /// `size`
    pub size: Option<u64>,
}

/// Keys that change nothing of what is compared here: names, links, executable bits and contents.
const IDLE_KEYS: [&[u8]; 15] = [
    b"atime",
    b"ctime",
    b"mtime",
    b"uid",
    b"gid",
    b"uname",
    b"gname",
    b"comment",
    b"LIBARCHIVE.creationtime",
    b"SCHILY.dev",
    b"SCHILY.ino",
    b"SCHILY.nlink",
    b"SCHILY.devminor",
    b"LIBARCHIVE.xattr.com.apple.provenance",
    b"SCHILY.xattr.com.apple.provenance",
];

/// The values that tell of names in UTF-8 or as they are: what everybody assumes who knows no other.
const CHARSETS: [&[u8]; 2] = [b"BINARY", b"ISO-IR 10646 2000 UTF-8"];

impl Records {
    /// The records of one entry. Each key may stand there once.
    pub fn of_entry(data: &[u8]) -> Result<Self, Error> {
        let mut records = Records::default();
        each(data, |key, value| {
            match key {
                b"path" => records.path = Some(value.to_vec()),
                b"linkpath" => records.target = Some(value.to_vec()),
                b"size" => records.size = Some(number(value).ok_or(UNREADABLE)?),
                b"hdrcharset" if CHARSETS.contains(&value) => {}
                key => idle(key, value)?,
            }
            Ok(())
        })?;
        Ok(records)
    }

    /// Records for all entries that follow may not change what is extracted.
    pub fn global(data: &[u8]) -> Result<(), Error> {
        each(data, idle)
    }
}

const UNREADABLE: &str = "has a record that cannot be read";

fn idle(key: &[u8], value: &[u8]) -> Result<(), &'static str> {
    // Programs stumble over numbers that are none.
    let is_number = match key {
        b"atime" | b"ctime" | b"mtime" | b"LIBARCHIVE.creationtime" => is_time(value),
        b"uid" | b"gid" => value.len() <= 10 && number(value).is_some(),
        _ => true,
    };
    if !is_number {
        return Err(UNREADABLE);
    }
    if IDLE_KEYS.contains(&key) {
        return Ok(());
    }
    Err(if key.starts_with(b"GNU.sparse.") || matches!(key, b"SCHILY.realsize" | b"SUN.holesdata") {
        "is a sparse file"
    } else if key.contains_str("xattr") || key.contains_str("acl") {
        "has extended attributes or access lists"
    } else {
        "has a record that this program does not know"
    })
}

/// Seconds, and a fraction.
fn is_time(value: &[u8]) -> bool {
    let value = value.strip_prefix(b"-").unwrap_or(value);
    let (seconds, fraction) = value.split_once_str(b".").unwrap_or((value, b"0"));
    let are_digits = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
    (1..=12).contains(&seconds.len()) && are_digits(seconds) && fraction.len() <= 20 && are_digits(fraction)
}

/// Every record, with nothing between them; a refusal names the key.
fn each<'a>(data: &'a [u8], mut see: impl FnMut(&'a [u8], &'a [u8]) -> Result<(), &'static str>) -> Result<(), Error> {
    let mut rest = data;
    let mut seen: Vec<&[u8]> = Vec::new();
    while !rest.is_empty() {
        let (key, value, after) = take(rest).ok_or_else(|| unclear(b"a pax header", UNREADABLE))?;
        let place = [b"pax header with ", key].concat();
        if seen.contains(&key) || seen.len() >= crate::limits::PAX_RECORDS {
            return Err(unclear(&place, "says one thing twice, or too much"));
        }
        see(key, value).map_err(|what| unclear(&place, what))?;
        seen.push(key);
        rest = after;
    }
    Ok(())
}

/// `<length> <key>=<value>\n`, with the length in decimal digits and no leading zero.
fn take(data: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (digits, _) = data.split_once_str(b" ")?;
    let length = usize::try_from(number(digits)?).ok()?;
    let (record, rest) = data.split_at_checked(length)?;
    let (key, value) = record.get(digits.len() + 1..)?.strip_suffix(b"\n")?.split_once_str(b"=")?;
    (!key.is_empty() && !value.contains(&0)).then_some((key, value, rest))
}

fn number(digits: &[u8]) -> Option<u64> {
    let is_plain = digits.iter().all(u8::is_ascii_digit) && (digits.len() == 1 || digits.first() != Some(&b'0'));
    std::str::from_utf8(digits).ok().filter(|_| is_plain)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Records;

    #[test]
    fn records_are_read_strictly() {
        let good = Records::of_entry(b"12 path=a/b\n20 mtime=1700000000\n").unwrap();
        assert_eq!(good.path.as_deref(), Some(&b"a/b"[..]));
        for bad in [
            &b"12 path=a/b\n12 path=c/d\n"[..],
            b"13 path=a/b\n",
            b"11 path=a/b\n",
            b"012 path=a/b\n",
            b"12 path=a\0b\n",
            b"12 path=a/b\n\0",
            b"22 GNU.sparse.major=1\n",
            b"9 x=more\n",
            b"11 size=07\n",
            b"31 SCHILY.xattr.user.test=yes!!\n",
        ] {
            assert!(Records::of_entry(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
        assert!(Records::global(b"16 comment=abcd\n").is_ok());
        assert!(Records::global(b"12 path=a/b\n").is_err());
        assert!(Records::global(b"9 size=7\n").is_err());
    }
}
