//! Durations as people type them: `30s`, `5m`, `1h`, `2d`, `1h 30m`.

use crate::context::Context;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use std::time::Duration;

/// The longest that a profile may stay unlocked, or that a command watches.
pub(crate) const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// A positive duration, at most this one.
pub(crate) fn parse(ctx: &Context, text: &str, longest: Duration) -> Result<Duration, Failure> {
    let args = [("value", shown(text).into()), ("days", (longest.as_secs() / (24 * 3600)).into())];
    read(text, longest).ok_or_else(|| ctx.failure("error-duration", Exit::Usage, &args))
}

fn read(text: &str, longest: Duration) -> Option<Duration> {
    let span: jiff::Span = text.parse().ok()?;
    let duration = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    let duration = Duration::try_from(duration).ok()?;
    (!duration.is_zero() && duration <= longest).then_some(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_spellings_are_taken_and_others_are_not() {
        const HOUR: Duration = Duration::from_secs(3600);
        for (text, seconds) in [("30s", 30), ("5m", 300), ("1h", 3600), ("1h 30m", 5400), ("2d", 172_800), ("90 minutes", 5400)] {
            assert_eq!(read(text, MONTH), Some(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!((read("1h", HOUR), read("1h 1s", HOUR)), (Some(HOUR), None));
        for text in ["", "30", "-5m", "0s", "1y", "31d", "una hora", "1 mes", "5m5"] {
            assert_eq!(read(text, MONTH), None, "{text}");
        }
    }
}
