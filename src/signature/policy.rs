//! What signatures must fulfil beside being good.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use foreign::{DAY, Time};
use sequoia_openpgp::policy::StandardPolicy;

/// What a caller asks of signatures, in the words of sqv.
#[derive(Clone, Debug)]
pub struct Conditions {
    /// `--policy-as-of`: the day whose algorithms are good enough; `None` for today.
    pub policy_as_of: Option<SystemTime>,
    /// `--signatures`: of this many distinct certificates or SSH keys; at least 1.
    pub signatures: usize,
    /// `--not-before`: not made earlier.
    pub not_before: Option<SystemTime>,
    /// `--not-after`: not made later.
    pub not_after: Option<SystemTime>,
}

impl Default for Conditions {
    fn default() -> Self {
        Conditions { policy_as_of: None, signatures: 1, not_before: None, not_after: None }
    }
}

/// [`Conditions`] made ready.
pub struct Policy {
    /// Which of OpenPGP's algorithms are good enough.
    pub(super) algorithms: StandardPolicy<'static>,
    conditions: Conditions,
}

impl Policy {
    /// Today's policy, or that of an earlier day.
    pub fn new(conditions: Conditions) -> Self {
        let algorithms = conditions.policy_as_of.map_or_else(StandardPolicy::new, StandardPolicy::at);
        Policy { algorithms, conditions }
    }

    /// Whether a signature of this time counts.
    pub(super) fn accepts_time(&self, time: SystemTime) -> bool {
        self.conditions.not_before.is_none_or(|first| first <= time)
            && self.conditions.not_after.is_none_or(|last| time <= last)
    }

    /// The latest day before this policy's own, if there is one, whose rules would be content.
    ///
    /// Rules become stricter from day to day, so that looking into the middle is enough.
    pub(super) fn latest_day(&self, mut is_content: impl FnMut(&Policy) -> bool) -> Option<Day> {
        let own = self.conditions.policy_as_of.unwrap_or_else(SystemTime::now);
        let midnight = |day: u64| UNIX_EPOCH + Duration::from_secs(day * DAY);
        let mut accepts = |day: u64| {
            is_content(&Policy::new(Conditions { policy_as_of: Some(midnight(day)), ..self.conditions.clone() }))
        };
        let (mut good, mut bad) = (FIRST_DAY, Time::of(own)?.0 / DAY);
        if bad <= good || !accepts(good) {
            return None;
        }
        while good + 1 < bad {
            let middle = good.midpoint(bad);
            if accepts(middle) { good = middle } else { bad = middle }
        }
        u32::try_from(good).ok().map(Day)
    }

    /// How many must have signed.
    pub(super) fn signatures(&self) -> usize {
        self.conditions.signatures.max(1)
    }
}

/// A day, as the days since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(u32);

/// `YYYY-MM-DD`
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // RFC 3339 begins with the day.
        let midnight = Time(u64::from(self.0) * DAY).to_string();
        f.write_str(midnight.split('T').next().unwrap_or_default())
    }
}

/// 1998-01-01, in days since 1970. Before that, MD5 was good enough: no day to advise.
const FIRST_DAY: u64 = 10_227;
