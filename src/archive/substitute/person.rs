//! Author and committer lines, and their dates as placeholders show them (specification 6.7).

use gix_object::bstr::ByteSlice;

use super::day::Day;
use crate::git::object::trim_blank_start;

/// A person line taken apart.
pub struct Person<'a> {
    /// Up to the first `<`.
    pub name: &'a [u8],
    /// Between that and the next `>`.
    pub mail: &'a [u8],
    /// The timestamp's digits, and the zone as a number.
    pub date: Option<Date<'a>>,
}

/// When, and in which zone.
#[derive(Clone, Copy)]
pub struct Date<'a> {
    digits: &'a [u8],
    zone: i64,
}

impl<'a> Person<'a> {
    /// `NAME <MAIL> SECONDS ZONE`; `None` without angle brackets.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let open = line.find_byte(b'<')?;
        let mail = &line[open + 1..];
        let mail = &mail[..mail.find_byte(b'>')?];
        let date = line.rfind_byte(b'>').and_then(|end| Date::parse(&line[end + 1..]));
        Some(Person { name: trim_blank_end(&line[..open]), mail, date })
    }
}

impl<'a> Date<'a> {
    fn parse(text: &'a [u8]) -> Option<Self> {
        let (digits, rest) = take_digits(trim_blank_start(text));
        let (sign, zone) = match trim_blank_start(rest).split_first()? {
            (b'+', rest) => (1, rest),
            (b'-', rest) => (-1, rest),
            _ => return None,
        };
        let (zone, _) = take_digits(zone);
        if digits.is_empty() || zone.is_empty() {
            return None;
        }
        let zone = std::str::from_utf8(zone).ok()?.parse::<i32>().ok().filter(|zone| *zone < i32::MAX);
        let zone = zone.map_or(0, |zone| sign * i64::from(zone));
        Some(Date { digits, zone })
    }

    /// The digits as written.
    pub fn timestamp(&self) -> &'a [u8] {
        self.digits
    }

    /// The date in the form of one of git's letters, `None` for a letter that has no form or a year before 1970.
    pub fn show(&self, form: u8) -> Option<String> {
        let seconds =
            std::str::from_utf8(self.digits).ok()?.parse::<i64>().ok().filter(|seconds| *seconds < END_OF_TIME);
        let (seconds, zone) = seconds.map_or((0, 0), |seconds| (seconds, self.zone));
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

fn trim_blank_end(text: &[u8]) -> &[u8] {
    text.trim_end_with(|c| matches!(c, ' ' | '\t' | '\n' | '\r'))
}

fn take_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    fn show(line: &str, form: u8) -> Option<String> {
        Person::parse(line.as_bytes())?.date?.show(form)
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
        let person = Person::parse(b"A U Thor  <a@b> <c> 1 +0000").unwrap();
        assert_eq!((person.name, person.mail), (&b"A U Thor"[..], &b"a@b"[..]));
        assert_eq!(Person::parse(b" <x> 1 +0").unwrap().name, b"");
        assert!(Person::parse(b"nobody").is_none());
    }
}
