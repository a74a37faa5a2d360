//! `%ar`, `%ah` and those of the committer: dates as they were when the archive was made (specification 6.5).

/// What `show_date_relative` makes of a date. It depends on the clock alone.
const UNITS: [(&str, u32, u32); 7] = [
    ("second", 0, 89),
    ("minute", 1, 89),
    ("hour", 1, 35),
    ("day", 1, 13),
    ("week", 1, 10),
    ("month", 1, 12),
    ("year", 1, 9999),
];

/// The ways in which `%ah` shows a date that is not of today, nearest first: git leaves out what goes without saying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Human(Vec<Vec<u8>>);

impl Human {
    /// From the date in full, `Thu Apr 7 15:13:13 2005 -0700`, and without a zone where that is -0001.
    pub fn of(full: &str) -> Self {
        let words: Vec<&str> = full.split(' ').collect();
        let [weekday, month, day, time, year, ..] = words.as_slice() else { return Human(Vec::new()) };
        let minutes = time.rsplit_once(':').map_or(*time, |(minutes, _)| minutes);
        let recent = format!("{weekday} {minutes}");
        let elsewhere = words.get(5).map(|zone| format!("{recent} {zone}"));
        let ways = [format!("{weekday} {month} {day} {minutes}"), format!("{month} {day} {year}")];
        Human([recent].into_iter().chain(elsewhere).chain(ways).map(String::into_bytes).collect())
    }

    /// The lengths of those that `rest` begins with.
    pub fn lengths(&self, rest: &[u8]) -> impl Iterator<Item = usize> {
        self.0.iter().filter(|text| rest.starts_with(text)).map(Vec::len)
    }
}

/// `3 days ago`, `1 year, 2 months ago`.
pub fn relative(rest: &[u8]) -> Vec<usize> {
    let text = rest.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    if text.starts_with("in the future") {
        return vec!["in the future".len()];
    }
    let Some((unit, mut after)) = span(text) else { return Vec::new() };
    if let Some((("month", 1..12), rest)) = after.strip_prefix(", ").and_then(span)
        && matches!(unit, ("year", 1..=5))
    {
        after = rest;
    }
    after.strip_prefix(" ago").map(|end| text.len() - end.len()).into_iter().collect()
}

/// `3 days`, and what follows.
fn span(text: &str) -> Option<((&'static str, u32), &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits.min(5))?;
    let is_short = number == "0" || !number.starts_with('0');
    let number: u32 = number.parse().ok().filter(|_| is_short)?;
    let rest = rest.strip_prefix(' ')?;
    let (unit, least, most) = UNITS.into_iter().find(|(unit, ..)| rest.starts_with(unit))?;
    let after = rest.strip_prefix(unit)?;
    // Old gits wrote "1 seconds".
    let after = match after.strip_prefix('s') {
        Some(after) => after,
        None if number == 1 => after,
        None => return None,
    };
    (least..=most).contains(&number).then_some(((unit, number), after))
}
