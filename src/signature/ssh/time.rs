//! Dates of allowed-signers files: `valid-after` and `valid-before` in ssh-keygen(1), TIME and ALLOWED SIGNERS.

use foreign::{Time, moment};

/// A date as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The moment, in UTC.
    pub time: Time,
    /// Whether it ends in `Z` or `UTC`; otherwise its writer left the zone open.
    pub has_zone: bool,
}

/// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, all digits, with `Z` or `UTC` behind it, or without.
///
/// OpenSSH takes a date without zone for local time on the machine that verifies, so that the same file and signature
/// are judged differently in Auckland and Honolulu. Here such a date is UTC everywhere, and the file gets a warning.
///
/// `None` are also dates that do not exist (OpenSSH turns 31 February into 3 March), and those up to 1970 (in which
/// OpenSSH since 10.4 sees a date in the far future).
pub fn parse(text: &[u8]) -> Option<Written> {
    let (digits, has_zone) = match text {
        [digits @ .., b'Z' | b'z'] => (digits, true),
        [digits @ .., b'U' | b'u', b'T' | b't', b'C' | b'c'] => (digits, true),
        digits => (digits, false),
    };
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = digits.get(from..to).unwrap_or_default();
        digits.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'))
    };
    // Each is a pair of digits.
    let pair = |from: usize| number(from, from + 2) as u8;
    let time = moment((number(0, 4), pair(4), pair(6)), (pair(8), pair(10), pair(12)))?;
    (time > Time(0)).then_some(Written { time, has_zone })
}

#[cfg(test)]
mod tests {
    use super::{Time, parse};
    use foreign::LAST;

    #[test]
    fn forms() {
        for (text, seconds, has_zone) in [
            ("20240229", 1_709_164_800, false),
            ("20240229Z", 1_709_164_800, true),
            ("20240229z", 1_709_164_800, true),
            ("20240229UTC", 1_709_164_800, true),
            ("20240229uTc", 1_709_164_800, true),
            ("202402291234Z", 1_709_210_040, true),
            ("20240229123456", 1_709_210_096, false),
            ("20240229123456Z", 1_709_210_096, true),
            ("19700101000001Z", 1, true),
            ("20000101Z", 946_684_800, true),
            ("99991231235959Z", LAST, true),
        ] {
            let written = parse(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((written.time, written.has_zone), (Time(seconds), has_zone), "{text}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "Z",
            "UTC",
            "2024",
            "202402",
            "2024022",
            "2024022912",
            "2024022912345",
            "202402291234567",
            "2024-02-29",
            "2024 229",
            "20230229",
            "21000229",
            "20240230",
            "20240431",
            "20241301",
            "20240001",
            "20240100",
            "20240132",
            "202401012400",
            "202401010060",
            "20240101000060",
            "20240101ZZ",
            "20240101 Z",
            "20240101GMT",
            "19700101Z",
            "19691231235959Z",
            "00000101",
            "+2024010",
            "2024010１",
            "always",
            "forever",
            "+1d",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn shown_as_it_was_read() {
        // Every day up to 2400, when the calendar begins anew, and some of the later ones.
        for days in (0..157_000).chain((157_000..=LAST / 86_400).step_by(97)) {
            let time = Time(days * 86_400 + 45_296);
            let digits: String = time.to_string().chars().filter(char::is_ascii_digit).collect();
            assert_eq!(parse(digits.as_bytes()).map(|written| written.time), Some(time), "{time}");
        }
        assert_eq!(Time(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Time(u64::MAX).to_string(), "18446744073709551615 seconds after 1970");
    }
}
