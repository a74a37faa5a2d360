//! How git reads text: as C does, byte by byte, without a locale.
//!
//! Each function names the one of git or of C that it follows, and reads what that reads: neither more nor less.

/// Blank space to git: its own `isspace` (git-compat-util.h), which is less than C's.
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Blank space to C's number readers, which git calls as they are: `isspace` of the C locale.
fn is_c_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// The text without blank space before it: `strbuf_ltrim`.
pub fn trim_start(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !is_space(*byte)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

/// The text without blank space behind it: `strbuf_rtrim`.
pub fn trim_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !is_space(*byte)).map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}

/// Both: `strbuf_trim`.
pub fn trim(text: &[u8]) -> &[u8] {
    trim_start(trim_end(text))
}

/// The first word, and what follows it with its blank space: `strcspn` with git's blanks (attr.c).
pub fn take_word(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| is_space(*byte)).unwrap_or(text.len()))
}

/// The text up to its first NUL, where git takes it for a C string.
pub fn up_to_nul(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// The decimal digits at the beginning, and what follows them: `isdigit` in `split_ident_line`.
pub fn take_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

/// Blank space, a sign and at least one digit; whether there is a minus, the digits, and what follows. `strtol` in base 10.
fn take_number(text: &[u8]) -> Option<(bool, &[u8], &[u8])> {
    let start = text.iter().position(|byte| !is_c_space(*byte))?;
    let (is_negative, rest) = match text.get(start..)? {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (digits, rest) = take_digits(rest);
    (!digits.is_empty()).then_some((is_negative, digits, rest))
}

/// The number at the beginning, as C's `strtol` reads it and git puts it into an `int`: the lower 32 bits. And what follows.
/// `None` where there is no digit.
pub fn strtol(text: &[u8]) -> Option<(i32, &[u8])> {
    let (is_negative, digits, rest) = take_number(text)?;
    let sign = if is_negative { -1 } else { 1 };
    let add = |value: i64, digit: &u8| value.saturating_mul(10).saturating_add(sign * i64::from(digit - b'0'));
    Some((digits.iter().fold(0i64, add) as i32, rest))
}

/// The number at the beginning, as C's `strtoul` and `strtoumax` read it: saturating, and a minus wraps around. And what
/// follows. `None` where there is no digit.
pub fn strtoul(text: &[u8]) -> Option<(u64, &[u8])> {
    let (is_negative, digits, rest) = take_number(text)?;
    let add = |value: u64, digit: &u8| value.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    let value = digits.iter().fold(0u64, add);
    let is_wrapped = is_negative && value != u64::MAX;
    Some((if is_wrapped { value.wrapping_neg() } else { value }, rest))
}

/// A commit's time, behind the last `>` of its committer line: `parse_commit_date`. 0 where no number stands there.
pub fn commit_time(text: &[u8]) -> u64 {
    let text = trim_start(text);
    let begins_well = text.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-');
    strtoul(text).filter(|_| begins_well).map_or(0, |(value, _)| value)
}

/// A digit of a hexadecimal number, in any case: `hexval`.
pub fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// The byte that two hexadecimal digits at the beginning stand for: `hex2chr`.
pub fn hex_byte(text: &[u8]) -> Option<u8> {
    let [high, low, ..] = text else { return None };
    Some(hex_digit(*high)? << 4 | hex_digit(*low)?)
}

/// What git's configuration takes for true or false: `git_parse_maybe_bool`. `None` for anything else.
pub fn boolean(value: &[u8]) -> Option<bool> {
    let is = |words: [&str; 3]| words.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()));
    if is(["true", "yes", "on"]) {
        return Some(true);
    }
    if is(["false", "no", "off"]) || value.is_empty() {
        return Some(false);
    }
    // `git_parse_int`: a number with a unit.
    let number = std::str::from_utf8(value).ok()?.to_ascii_lowercase();
    let number = number.strip_suffix(['k', 'm', 'g']).unwrap_or(&number);
    let digits = number.strip_prefix(['+', '-']).unwrap_or(number);
    // As in C: 0x10 and 010 are 16 and 8.
    let parsed = match (digits.strip_prefix("0x"), digits.strip_prefix('0')) {
        (Some(hex), _) => i32::from_str_radix(hex, 16),
        (None, Some(octal)) if !octal.is_empty() => i32::from_str_radix(octal, 8),
        _ => digits.parse(),
    };
    parsed.ok().filter(|_| !digits.starts_with(['+', '-'])).map(|number| number != 0)
}

/// A quoted word and what follows its closing quote: `unquote_c_style`. `None` where it is not quoted, or badly.
pub fn unquote(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = text.strip_prefix(b"\"")?;
    let mut out = Vec::new();
    loop {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        match byte {
            b'"' => return Some((out, rest)),
            b'\\' => {
                let (&escaped, after) = rest.split_first()?;
                rest = after;
                out.push(match escaped {
                    b'a' => 7,
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'v' => 11,
                    b'\\' | b'"' => escaped,
                    b'0'..=b'3' => {
                        let (digits, after) = rest.split_at_checked(2)?;
                        rest = after;
                        digits.iter().try_fold(escaped - b'0', |value, digit| {
                            matches!(digit, b'0'..=b'7').then(|| value << 3 | (digit - b'0'))
                        })?
                    }
                    _ => return None,
                });
            }
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_space_is_gits_and_not_cs() {
        assert_eq!(trim(b" \t\r\n\x0ba\x0c \n"), b"\x0ba\x0c");
        assert_eq!((trim_start(b"  "), trim_end(b"  ")), (&b""[..], &b""[..]));
        assert_eq!(take_word(b"one two"), (&b"one"[..], &b" two"[..]));
        assert_eq!(take_word(b"one"), (&b"one"[..], &b""[..]));
        assert_eq!((up_to_nul(b"a\0b\0"), up_to_nul(b"ab"), up_to_nul(b"\0")), (&b"a"[..], &b"ab"[..], &b""[..]));
    }

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        for (text, expected) in [
            ("12)", Some((12, ")"))),
            ("\x0b\x0c +7,", Some((7, ","))),
            ("-3", Some((-3, ""))),
            ("4294967297x", Some((1, "x"))),
            ("99999999999999999999", Some((-1, ""))),
            ("-99999999999999999999", Some((0, ""))),
            ("", None),
            ("   ", None),
            ("-x", None),
            ("+-1", None),
        ] {
            let expected = expected.map(|(value, rest): (i32, &str)| (value, rest.as_bytes()));
            assert_eq!(strtol(text.as_bytes()), expected, "{text}");
        }
        for (text, expected) in [
            ("12)", Some((12, ")"))),
            (" -1", Some((u64::MAX, ""))),
            ("99999999999999999999", Some((u64::MAX, ""))),
            ("-99999999999999999999", Some((u64::MAX, ""))),
            (",", None),
        ] {
            let expected = expected.map(|(value, rest): (u64, &str)| (value, rest.as_bytes()));
            assert_eq!(strtoul(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn times_of_commits_are_numbers_or_0() {
        for (text, time) in
            [(" 12 +0100", 12), ("-1 ", u64::MAX), ("+5", 0), ("x", 0), ("", 0), ("\x0b5", 0), ("- 5", 0)]
        {
            assert_eq!(commit_time(text.as_bytes()), time, "{text}");
        }
    }

    #[test]
    fn hexadecimal_is_in_any_case() {
        assert_eq!(hex_byte(b"aFx"), Some(0xaf));
        assert_eq!((hex_byte(b"a"), hex_byte(b"g0"), hex_byte(b"+1")), (None, None, None));
    }

    #[test]
    fn booleans_of_the_configuration() {
        for (text, expected) in [
            ("", Some(false)),
            ("On", Some(true)),
            ("off", Some(false)),
            ("0x0", Some(false)),
            ("010", Some(true)),
            ("-1k", Some(true)),
            ("0g", Some(false)),
            ("+-1", None),
            ("yep", None),
            ("99999999999", None),
        ] {
            assert_eq!(boolean(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn quoted_words_have_the_escapes_of_c() {
        assert_eq!(unquote(b"\"a\\tb\\303\\251\"rest"), Some(("a\tb\u{e9}".as_bytes().to_vec(), &b"rest"[..])));
        for bad in ["a", "\"a", "\"\\x41\"", "\"\\400\"", "\"\\39\"", "\"\\"] {
            assert_eq!(unquote(bad.as_bytes()), None, "{bad}");
        }
    }
}
