//! Days of the proleptic Gregorian calendar, and moments in UTC.

use std::fmt;

/// The seconds of a day.
pub const DAY: u64 = 86_400;
/// 9999-12-31T23:59:59Z, the last second whose year has four digits.
pub const LAST: u64 = 253_402_300_799;

/// A moment as seconds since 1970, shown in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub u64);

/// RFC 3339, to the second.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Time(seconds) = *self;
        if seconds > LAST {
            return write!(f, "{seconds} seconds after 1970");
        }
        let rest = seconds % DAY;
        let Day { year, month, day_of_month: day, .. } = Day::of((seconds / DAY) as i64);
        let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// 0 and less are before the common era.
    pub year: i64,
    /// 1 to 12
    pub month: usize,
    /// 1 to 31
    pub day_of_month: i64,
    /// 0 is Thursday, as 1970-01-01 was.
    pub weekday: usize,
}

impl Day {
    /// From whole days since 1970-01-01; not negative, and less than 2^60.
    pub fn of(days: i64) -> Self {
        // Years are counted from March 0000 on, so that leap days come last in their year.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let day_of_month = day_of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        Day { year, month: month as usize, day_of_month, weekday: (days % 7) as usize }
    }
}

/// `None` before 1970 and for days that are not in the calendar.
pub fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return None,
    };
    if day == 0 || day > length || year < 1970 {
        return None;
    }
    // Years begin in March here, so that the leap day is the last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    days.checked_sub(719_468)
}
