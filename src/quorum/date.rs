//! Dates of policies: days and moments in UTC. `docs/quorum.md`, section 5.

use crate::calendar::{DAY, Time, days_since_1970};

/// The first and the last second of `YYYY-MM-DD`, or twice the second of `YYYY-MM-DDThh:mm:ssZ`.
pub fn parse(text: &str) -> Option<(Time, Time)> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let midnight = DAY * days_since_1970(number(0, 4)?, number(5, 7)?, number(8, 10)?)?;
    let is_day = text.len() == 10;
    let seconds = if is_day { 0 } else { number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)? };
    let first = Time(midnight + seconds);
    // What is written again must be what was read.
    let written = first.to_string();
    let written = if is_day { &written[..10] } else { &written };
    (written == text).then_some((first, if is_day { Time(midnight + DAY - 1) } else { first }))
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
