//! Ages and clocks in words, and when they will read differently.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// The present instant for one frame; remembers when the first of its words will change.
#[derive(Debug)]
pub struct Clock {
    now: Timestamp,
    zone: TimeZone,
    next: Cell<Option<Timestamp>>,
}

/// Words an age in seconds as kubectl does (`HumanDuration` of apimachinery's duration package): `97s`,
/// `4m30s`, `58m`, `7h15m`, `26h`, `3d4h`, `12d`, `2y10d`. Returns too how many seconds these words last.
pub fn human(seconds: i64) -> (String, i64) {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    let pair = |large: i64, one: char, small: i64, two: char| {
        if small == 0 { format!("{large}{one}") } else { format!("{large}{one}{small}{two}") }
    };
    let seconds = seconds.max(0);
    let (text, unit) = match seconds {
        s if s < 2 * MINUTE => (format!("{s}s"), 1),
        s if s < 10 * MINUTE => (pair(s / MINUTE, 'm', s % MINUTE, 's'), 1),
        s if s < 3 * HOUR => (format!("{}m", s / MINUTE), MINUTE),
        s if s < 8 * HOUR => (pair(s / HOUR, 'h', s % HOUR / MINUTE, 'm'), MINUTE),
        s if s < 2 * DAY => (format!("{}h", s / HOUR), HOUR),
        s if s < 8 * DAY => (pair(s / DAY, 'd', s % DAY / HOUR, 'h'), HOUR),
        s if s < 2 * YEAR => (format!("{}d", s / DAY), DAY),
        s if s < 8 * YEAR => (pair(s / YEAR, 'y', s % YEAR / DAY, 'd'), DAY),
        s => (format!("{}y", s / YEAR), YEAR),
    };
    (text, unit - seconds % unit)
}

impl Clock {
    /// A clock for one frame.
    pub fn new(now: Timestamp, zone: TimeZone) -> Self {
        Self { now, zone, next: Cell::new(None) }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// When the first of the words given out will read differently.
    pub fn next(&self) -> Option<Timestamp> {
        self.next.get()
    }

    /// Notes an instant at which something will look different.
    pub fn expect(&self, at: Timestamp) {
        if at > self.now {
            self.next.set(Some(self.next.get().map_or(at, |next| next.min(at))));
        }
    }

    /// How long ago an instant was.
    pub fn age(&self, since: Timestamp) -> String {
        let whole = self.now.as_second()
            - since.as_second()
            - i64::from(self.now.subsec_nanosecond() < since.subsec_nanosecond());
        let (text, lasts) = human(whole);
        let shown = whole.max(0) + lasts;
        if let Ok(at) = since.checked_add(SignedDuration::from_secs(shown)) {
            self.expect(at);
        }
        text
    }

    /// How long ago an instant was, or a dash.
    pub fn age_of(&self, since: Option<Timestamp>) -> String {
        since.map_or_else(|| "–".to_owned(), |since| self.age(since))
    }

    /// How long until an instant; empty once it is past.
    pub fn until(&self, at: Timestamp) -> String {
        let left = at.duration_since(self.now);
        if left <= SignedDuration::ZERO {
            return String::new();
        }
        let seconds = left.as_secs() + i64::from(left.subsec_nanos() > 0);
        // Words of a countdown end where the words of one second less begin.
        let (text, _) = human(seconds);
        let step = if seconds <= 600 { 1 } else { (seconds % 60).max(1) };
        if let Ok(change) = at.checked_sub(SignedDuration::from_secs(seconds - step)) {
            self.expect(change);
        }
        text
    }

    /// Hours and minutes of the present instant.
    pub fn time_of_day(&self) -> String {
        let seconds = 60 - self.now.as_second().rem_euclid(60);
        if let Ok(at) = Timestamp::from_second(self.now.as_second() + seconds) {
            self.expect(at);
        }
        self.stamp(self.now, "%H:%M")
    }

    /// An instant in the person's zone, by a format of strftime.
    pub fn stamp(&self, at: Timestamp, format: &str) -> String {
        at.to_zoned(self.zone.clone()).strftime(format).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_read_as_kubectl_writes_them() {
        for (seconds, text, lasts) in [
            (-5, "0s", 1),
            (0, "0s", 1),
            (119, "119s", 1),
            (120, "2m", 1),
            (150, "2m30s", 1),
            (599, "9m59s", 1),
            (600, "10m", 60),
            (10_799, "179m", 1),
            (10_800, "3h", 60),
            (11_100, "3h5m", 60),
            (28_800, "8h", 3600),
            (172_799, "47h", 1),
            (172_800, "2d", 3600),
            (180_000, "2d2h", 3600),
            (691_200, "8d", 86_400),
            (63_071_999, "729d", 1),
            (63_072_000, "2y", 86_400),
            (63_936_000, "2y10d", 86_400),
            (252_288_000, "8y", 31_536_000),
        ] {
            assert_eq!(human(seconds), (text.to_owned(), lasts), "{seconds}");
        }
    }

    #[test]
    fn a_clock_knows_when_its_words_change() {
        let now = Timestamp::from_second(1_795_000_010).unwrap();
        let clock = Clock::new(now, TimeZone::UTC);
        assert_eq!(clock.next(), None);
        let day_ago = Timestamp::from_second(1_795_000_010 - 86_400).unwrap();
        assert_eq!(clock.age(day_ago), "24h");
        assert_eq!(clock.next(), Timestamp::from_second(1_795_000_010 + 3600).ok());
        clock.time_of_day();
        assert_eq!(clock.next(), Timestamp::from_second(1_795_000_020).ok());
        assert_eq!(clock.until(Timestamp::from_second(1_795_000_050).unwrap()), "40s");
        assert_eq!(clock.next(), Timestamp::from_second(1_795_000_011).ok());
        assert_eq!(clock.until(day_ago), "");
    }
}
