//! Time as an argument: an instant, a clock, and how both are written.

use core::fmt;

/// An instant: milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Millis(u64);

/// Why a text is no instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an instant as 2026-11-22T10:00:00.000Z")]
pub struct TimeError;

impl Millis {
    /// The last instant that can be written: 9999-12-31T23:59:59.999Z (less a day for zones).
    pub const MAX: Millis = Millis(253_402_207_200_000);
    /// From a number; later than [`Millis::MAX`] is cut to it.
    #[must_use]
    pub const fn new(ms: u64) -> Self {
        if ms > Self::MAX.0 { Self::MAX } else { Self(ms) }
    }
    /// As a number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
    /// Later by so many milliseconds.
    #[must_use]
    pub const fn plus(self, ms: u64) -> Self {
        Self::new(self.0.saturating_add(ms))
    }
    /// Milliseconds since an earlier instant, 0 if it is later.
    #[must_use]
    pub const fn since(self, earlier: Millis) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
    /// Whether a pause that ends at this instant, and is never longer than so many milliseconds, goes on. One that would take longer
    /// was set by a clock that was wrong: it is over.
    #[must_use]
    pub const fn is_ahead(self, now: Millis, longest_ms: u64) -> bool {
        self.0 > now.0 && self.0 - now.0 <= longest_ms
    }
    /// Whether so many milliseconds have gone by since this instant; also if it is still to come: a clock that was wrong set it.
    #[must_use]
    pub const fn is_over(self, now: Millis, ms: u64) -> bool {
        self.0 > now.0 || now.0 - self.0 >= ms
    }
    /// From RFC 3339 in UTC with three decimals, exactly as [`fmt::Display`] writes it.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let stamp: jiff::Timestamp = text.parse().map_err(|_| TimeError)?;
        let ms = u64::try_from(stamp.as_millisecond()).map_err(|_| TimeError)?;
        let back = Self::new(ms);
        if back.to_string() == text { Ok(back) } else { Err(TimeError) }
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = i64::try_from(self.0).unwrap_or(i64::MAX);
        let stamp = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX);
        write!(f, "{stamp:.3}")
    }
}

/// What time it is. Everything that needs to know takes one.
pub trait Clock: Send + Sync {
    /// Now; may jump, forwards and back: callers that need order keep their own greatest.
    fn now(&self) -> Millis;
    /// Milliseconds since some moment, by a clock that never jumps: two readings tell how long something took. A clock that is
    /// turned by hand runs as it is turned.
    fn ran_ms(&self) -> u64 {
        self.now().get()
    }
}

/// Of the process; where [`Clock::ran_ms`] of the machine's clock begins.
static BEGAN: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Millis {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Millis::new(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn ran_ms(&self) -> u64 {
        let ran = BEGAN.get_or_init(std::time::Instant::now).elapsed();
        u64::try_from(ran.as_millis()).unwrap_or(u64::MAX)
    }
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now(&self) -> Millis {
        (**self).now()
    }
    fn ran_ms(&self) -> u64 {
        (**self).ran_ms()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_reads_back_as_written_and_no_other_spelling_is_taken() {
        let t = Millis::new(1_783_346_400_000);
        assert_eq!(t.to_string(), "2026-07-06T14:00:00.000Z");
        assert_eq!(Millis::parse("2026-07-06T14:00:00.000Z"), Ok(t));
        for other in ["2026-07-06T14:00:00Z", "2026-07-06T10:00:00.000-04:00", "2026-07-06 14:00:00.000Z", ""] {
            assert_eq!(Millis::parse(other), Err(TimeError), "{other}");
        }
        assert!(Millis::parse(&Millis::MAX.to_string()).is_ok());
    }

    #[test]
    fn no_instant_that_a_wrong_clock_set_makes_a_pause_longer_than_the_longest() {
        let now = Millis::new(1_783_346_400_000);
        for (at, goes_on) in
            [(now, false), (now.plus(1), true), (now.plus(50), true), (now.plus(51), false), (Millis::MAX, false)]
        {
            assert_eq!(at.is_ahead(now, 50), goes_on, "{at}");
        }
        for (since, ago, over) in
            [(now, 0, false), (now, 49, false), (now, 50, true), (now.plus(1), 0, true), (Millis::MAX, 50, true)]
        {
            assert_eq!(since.is_over(now.plus(ago), 50), over, "{since}");
        }
    }
}
