//! Days of the proleptic Gregorian calendar, as far as git's dates reach: to the year 2^31.

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
