//! Author and committer lines, and their dates as placeholders show them (specification 6.7).

use std::ops::Range;

use gix_object::bstr::ByteSlice;

use super::day::Day;
use crate::c_text;

/// A person line taken apart: ranges of the text that it is a line of.
#[derive(Clone, Debug)]
pub struct Person {
    /// Up to the first `<`.
    pub name: Range<usize>,
    /// Between that and the next `>`.
    pub mail: Range<usize>,
    /// The part of that before the first `@`.
    pub local: Range<usize>,
    /// The timestamp's digits, and the zone as a number.
    pub date: Option<Date>,
}

/// When, and in which zone.
#[derive(Clone, Debug)]
pub struct Date {
    /// The digits as written.
    pub digits: Range<usize>,
    /// As a number, where that is one of C's calendar.
    seconds: Option<i64>,
    zone: i64,
}

impl Person {
    /// `NAME <MAIL> SECONDS ZONE`, in this range of the text; `None` without angle brackets. `split_ident_line`
    pub fn parse(text: &[u8], line: Range<usize>) -> Option<Self> {
        let (at, line) = (line.start, text.get(line)?);
        let open = line.find_byte(b'<')?;
        let mail = &line[open + 1..];
        let mail = &mail[..mail.find_byte(b'>')?];
        let local = mail.find_byte(b'@').unwrap_or(mail.len());
        let name = c_text::trim_end(&line[..open]);
        let begin = at + open + 1;
        Some(Person {
            name: at..at + name.len(),
            mail: begin..begin + mail.len(),
            local: begin..begin + local,
            date: line.rfind_byte(b'>').and_then(|end| Date::parse(&line[end + 1..], at + end + 1)),
        })
    }
}

impl Date {
    /// `at` is where the text stands.
    fn parse(text: &[u8], at: usize) -> Option<Self> {
        let trimmed = c_text::trim_start(text);
        let (digits, rest) = c_text::take_digits(trimmed);
        let (sign, zone) = match c_text::trim_start(rest).split_first()? {
            (b'+', rest) => (1, rest),
            (b'-', rest) => (-1, rest),
            _ => return None,
        };
        let (zone, _) = c_text::take_digits(zone);
        if digits.is_empty() || zone.is_empty() {
            return None;
        }
        let zone = std::str::from_utf8(zone).ok()?.parse::<i32>().ok().filter(|zone| *zone < i32::MAX);
        let zone = zone.map_or(0, |zone| sign * i64::from(zone));
        let seconds = std::str::from_utf8(digits).ok()?.parse::<i64>().ok().filter(|seconds| *seconds < END_OF_TIME);
        let begin = at + text.len() - trimmed.len();
        Some(Date { digits: begin..begin + digits.len(), seconds, zone })
    }

    /// The date in the form of one of git's letters, `None` for a letter that has no form or a year before 1970.
    pub fn show(&self, form: u8) -> Option<String> {
        let (seconds, zone) = self.seconds.map_or((0, 0), |seconds| (seconds, self.zone));
        // git computes this in 32 bits, around the corner.
        let minutes = zone.signum() * (zone.abs() / 100 * 60 + zone.abs() % 100);
        let offset = (minutes as i32).wrapping_mul(60);
        let local = seconds.checked_add(offset.into()).filter(|local| *local >= 0)?;
        let day = Day::of(local / 86400);
        let (hour, minute, second) = (local / 3600 % 24, local / 60 % 60, local % 60);
        let time = format!("{hour:02}:{minute:02}:{second:02}");
        let zone_text = format!("{}{:04}", if zone < 0 { '-' } else { '+' }, zone.abs());
        let Day { year, month, day_of_month, weekday } = day;
        // C's calendar ends its years at 2^31.
        let year = year as i32;
        let (weekday, month_name) = (WEEKDAYS[weekday], MONTHS[month - 1]);
        let date = format!("{year:04}-{month:02}-{day_of_month:02}");
        Some(match form {
            b'd' if zone == -1 => format!("{weekday} {month_name} {day_of_month} {time} {year}"),
            b'd' => format!("{weekday} {month_name} {day_of_month} {time} {year} {zone_text}"),
            b'D' => format!("{weekday}, {day_of_month} {month_name} {year} {time} {zone_text}"),
            b'i' => format!("{date} {time} {zone_text}"),
            b'I' if zone == 0 => format!("{date}T{time}Z"),
            b'I' => {
                let sign = if zone < 0 { '-' } else { '+' };
                format!("{date}T{time}{sign}{:02}:{:02}", zone.abs() / 100, zone.abs() % 100)
            }
            b's' => date,
            _ => return None,
        })
    }
}

/// From the year 2^31 + 1900 on, C's calendar fails, and git shows 1970.
const END_OF_TIME: i64 = 67_768_036_191_676_800;

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    fn show(line: &str, form: u8) -> Option<String> {
        Person::parse(line.as_bytes(), 0..line.len())?.date?.show(form)
    }

    #[test]
    fn dates_have_all_their_forms() {
        let line = "A <a> 1112911993 -0700";
        assert_eq!(show(line, b'd').unwrap(), "Thu Apr 7 15:13:13 2005 -0700");
        assert_eq!(show(line, b'D').unwrap(), "Thu, 7 Apr 2005 15:13:13 -0700");
        assert_eq!(show(line, b'i').unwrap(), "2005-04-07 15:13:13 -0700");
        assert_eq!(show(line, b'I').unwrap(), "2005-04-07T15:13:13-07:00");
        assert_eq!(show(line, b's').unwrap(), "2005-04-07");
        assert_eq!(show("A <a> 951827696 +0000", b'I').unwrap(), "2000-02-29T12:34:56Z");
        assert_eq!(show("A <a> 0 -0001", b'd'), None);
        assert_eq!(show("A <a> 60 -0001", b'd').unwrap(), "Thu Jan 1 00:00:00 1970");
        assert_eq!(show("A <a> 99999999999999999999 +0100", b'i').unwrap(), "1970-01-01 00:00:00 +0000");
        assert_eq!(show("A <a> 67768036191676800 +0100", b's').unwrap(), "1970-01-01");
        assert_eq!(show("A <a> 1112911993-0700", b's').unwrap(), "2005-04-07");
        assert_eq!(show("A <a> 1112911993 +2147483647", b'i').unwrap(), "2005-04-07 22:13:13 +0000");
        assert_eq!(show("A <a> 1112911993 +2147483646", b'd').unwrap(), "Thu Apr 7 22:30:25 2005 +2147483646");
        assert_eq!(show("A <a> 1112911993", b'i'), None);
        assert_eq!(show("A <a> 253402300800 +0000", b's').unwrap(), "10000-01-01");
    }

    #[test]
    fn names_and_mails() {
        let line = "x A U Thor  <a@b> <c> 12 +0000";
        let person = Person::parse(line.as_bytes(), 2..line.len()).unwrap();
        assert_eq!((&line[person.name], &line[person.mail], &line[person.local]), ("A U Thor", "a@b", "a"));
        assert_eq!(&line[person.date.unwrap().digits], "12");
        assert_eq!(Person::parse(b" <x> 1 +0", 0..9).unwrap().name, 0..0);
        assert!(Person::parse(b"nobody", 0..6).is_none());
    }
}
