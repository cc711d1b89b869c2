//! Durations as people type them: `30s`, `5m`, `1h`, `2d`, `1h 30m`.

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::shown::shown;
use std::time::Duration;

/// A positive duration, at most 30 days.
pub(crate) fn parse(ctx: &Context, text: &str) -> Result<Duration, Failure> {
    read(text).ok_or_else(|| ctx.failure("error-duration", Exit::Usage, &[("value", shown(text).into())]))
}

fn read(text: &str) -> Option<Duration> {
    const MOST: Duration = Duration::from_secs(30 * 24 * 3600);
    let span: jiff::Span = text.parse().ok()?;
    let duration = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    let duration = Duration::try_from(duration).ok()?;
    (!duration.is_zero() && duration <= MOST).then_some(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_spellings_are_taken_and_others_are_not() {
        for (text, seconds) in [("30s", 30), ("5m", 300), ("1h", 3600), ("1h 30m", 5400), ("2d", 172_800), ("90 minutes", 5400)] {
            assert_eq!(read(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "30", "-5m", "0s", "1y", "31d", "una hora", "1 mes", "5m5"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
