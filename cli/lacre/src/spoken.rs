//! What the person's language says of values, with nothing else known.

use lacre_core::view::Standing;
use lacre_words::words::{Words, key};

/// A standing in words; nothing while all is well.
pub(crate) fn standing(words: &Words, standing: Standing) -> String {
    match standing {
        Standing::Active => String::new(),
        Standing::AskingToBeReAdded => words.say("standing-asking"),
        Standing::Removed => words.say("standing-removed"),
        Standing::InUseElsewhere => words.say("standing-elsewhere"),
        Standing::Blocked => words.say("standing-blocked"),
        Standing::OtherRelay => words.say("standing-other-relay"),
        Standing::Replaced => words.say("standing-replaced"),
        Standing::Ended => words.say("standing-ended"),
    }
}

/// `1 semana`, `1 día 12 horas`: at most the two largest units, rounded down.
pub(crate) fn spoken_seconds(words: &Words, seconds: u32) -> String {
    let units = [
        (key("time-weeks"), 604_800),
        (key("time-days"), 86_400),
        (key("time-hours"), 3_600),
        (key("time-minutes"), 60),
        (key("time-seconds"), 1),
    ];
    let mut left = seconds;
    let mut parts = Vec::new();
    for (unit, size) in units {
        if left >= size {
            parts.push(words.say_with(unit, &[("count", (left / size).into())]));
            left %= size;
        }
    }
    parts.truncate(2);
    parts.join(" ")
}
