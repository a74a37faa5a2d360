//! Moments in UTC, and the days and times that people write.

use std::fmt;
use std::time::{Duration, SystemTime};

use jiff::SignedDuration;
use jiff::civil::{self, DateTime};

/// The seconds of a day.
pub const DAY: u64 = 86_400;
/// 9999-12-31T23:59:59Z, the last second whose year has four digits.
pub const LAST: u64 = 253_402_300_799;
const EPOCH: DateTime = civil::date(1970, 1, 1).at(0, 0, 0, 0);

/// A moment as seconds since 1970, shown in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub u64);

impl Time {
    /// Now, if the clock is not before 1970.
    pub fn now() -> Option<Self> {
        Self::of(SystemTime::now())
    }

    /// The same moment, if it is not before 1970; parts of a second are dropped.
    pub fn of(time: SystemTime) -> Option<Self> {
        time.duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| Time(since.as_secs()))
    }

    /// The same moment, if the system can hold it.
    pub fn to_system(self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(self.0))
    }
}

/// RFC 3339, to the second.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not jiff's timestamps, which end a day before the year 10000 does.
        let since = i64::try_from(self.0).ok().map(SignedDuration::from_secs);
        match since.and_then(|since| EPOCH.checked_add(since).ok()) {
            Some(shown) => write!(f, "{shown}Z"),
            None => write!(f, "{} seconds after 1970", self.0),
        }
    }
}

impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The moment of a day of the calendar, 1970 and later, and a time of day in UTC; `None` where there is no such moment.
pub fn moment((year, month, day): (u16, u8, u8), (hour, minute, second): (u8, u8, u8)) -> Option<Time> {
    let [month, day, hour, minute, second] = [month, day, hour, minute, second].map(|part| i8::try_from(part).ok());
    let date = civil::Date::new(i16::try_from(year).ok()?, month?, day?).ok()?;
    let time = civil::Time::new(hour?, minute?, second?, 0).ok()?;
    u64::try_from(date.to_datetime(time).duration_since(EPOCH).as_secs()).ok().map(Time)
}

/// The first and the last second of `YYYY-MM-DD`, or twice the second of `YYYY-MM-DDThh:mm:ssZ`.
pub fn parse_date(text: &str) -> Option<(Time, Time)> {
    let digits = |from: usize, to: usize| {
        let digits = text.get(from..to).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        digits?.parse::<u16>().ok()
    };
    let pair = |from: usize| digits(from, from + 2).and_then(|number| u8::try_from(number).ok());
    let day = (digits(0, 4)?, pair(5)?, pair(8)?);
    let is_day = text.len() == 10;
    let time = if is_day { (0, 0, 0) } else { (pair(11)?, pair(14)?, pair(17)?) };
    let first = moment(day, time)?;
    // What is written again must be what was read: the separators are right, and nothing follows.
    let written = first.to_string();
    let written = if is_day { written.get(..10)? } else { &written };
    (written == text).then_some((first, if is_day { Time(first.0 + DAY - 1) } else { first }))
}

#[cfg(test)]
mod tests {
    use super::{Time, parse_date};

    #[test]
    fn days_and_moments() {
        assert_eq!(parse_date("1970-01-01"), Some((Time(0), Time(86_399))));
        assert_eq!(parse_date("2024-02-29"), Some((Time(1_709_164_800), Time(1_709_251_199))));
        assert_eq!(parse_date("2024-02-29T12:34:56Z"), Some((Time(1_709_210_096), Time(1_709_210_096))));
        assert_eq!(parse_date("9999-12-31T23:59:59Z"), Some((Time(253_402_300_799), Time(253_402_300_799))));
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
            assert_eq!(parse_date(text), None, "{text}");
        }
    }
}
