//! Dates of policies: days and moments in UTC. `docs/quorum.md`, section 5.

use std::fmt;

use crate::calendar::Day;

const DAY: u64 = 86_400;
/// The last second of the year 9999.
const LAST: u64 = 253_402_300_799;

/// A moment as seconds since 1970, shown in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub u64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Time(seconds) = *self;
        if seconds > LAST {
            return write!(f, "{seconds} seconds after 1970");
        }
        let (day, rest) = (day(seconds / DAY), seconds % DAY);
        write!(f, "{day}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
    }
}

impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn day(days: u64) -> String {
    let Day { year, month, day_of_month, .. } = Day::of(i64::try_from(days).unwrap_or(i64::MAX >> 4));
    format!("{year:04}-{month:02}-{day_of_month:02}")
}

/// The first and the last second of `YYYY-MM-DD`, or twice the second of `YYYY-MM-DDThh:mm:ssZ`.
pub fn parse(text: &str) -> Option<(Time, Time)> {
    let (date, time) = match text.split_once('T') {
        None => (text, None),
        Some((date, time)) => (date, Some(time)),
    };
    // A year has at most 366 days: few steps lead to the day, and what is written again is what was read.
    let year: u64 = date.get(..4)?.parse().ok()?;
    let mut days = year.checked_sub(1970)? * 365;
    let last = days + year / 4 + 366;
    while day(days) != date {
        days += 1;
        if days > last {
            return None;
        }
    }
    let midnight = days * DAY;
    let Some(time) = time else { return Some((Time(midnight), Time(midnight + DAY - 1))) };
    let number = |from: usize| time.get(from..from + 2)?.parse::<u64>().ok();
    let seconds = number(0)?.min(24) * 3600 + number(3)?.min(60) * 60 + number(6)?.min(60);
    let time = Time(midnight + seconds);
    (time.to_string() == text).then_some((time, time))
}

#[cfg(test)]
mod tests {
    use super::{Time, parse};

    #[test]
    fn days_and_moments() {
        assert_eq!(parse("1970-01-01"), Some((Time(0), Time(86_399))));
        assert_eq!(parse("2024-02-29"), Some((Time(1_709_164_800), Time(1_709_251_199))));
        assert_eq!(parse("2024-02-29T12:34:56Z"), Some((Time(1_709_210_096), Time(1_709_210_096))));
        assert_eq!(parse("9999-12-31T23:59:59Z"), Some((Time(253_402_300_799), Time(253_402_300_799))));
        assert_eq!(Time(u64::MAX).to_string(), "18446744073709551615 seconds after 1970");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "2024",
            "2024-2-29",
            "2024-02-30",
            "2023-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-01-00",
            "1969-12-31",
            "20240229",
            "2024-02-29 ",
            "2024-02-29T",
            "2024-02-29T12:34Z",
            "2024-02-29T12:34:56",
            "2024-02-29T24:00:00Z",
            "2024-02-29T00:60:00Z",
            "2024-02-29T00:00:60Z",
            "2024-02-29T+1:00:00Z",
            "+024-02-29",
            "\u{ff12}024-02-29",
            "10000-01-01",
            "2024-02-29T12:34:56z",
            "2024-02-29T12:34:56Z ",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
