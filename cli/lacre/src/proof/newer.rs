//! What a newer calendar says of dates that were counted by the one that a notice names: shown beside them where it is something else.

use super::long_day;
use lacre_evidence::clock::{Calendar, LegalDates, Reading};
use lacre_words::shown::shown;
use lacre_words::words::Words;

/// Nothing where both say the same.
pub(crate) fn lines(words: &Words, dates: &LegalDates, newest: &Calendar) -> Vec<String> {
    let Some(other) = dates.otherwise_by(newest) else { return Vec::new() };
    let names = [("named", shown(&dates.calendar).into()), ("newest", shown(newest.id()).into())];
    let one = |reading: &Reading| {
        let last = reading.last_day.map_or_else(|| words.say("notice-no-term"), |day| long_day(words, day));
        let args = [
            ("rule", reading.rule.id.name().into()),
            ("law", reading.rule.law.as_str().into()),
            ("day", long_day(words, reading.deemed).into()),
            ("last", last.into()),
        ];
        words.say_with("notice-by-rule", &args)
    };
    core::iter::once(words.say_with("newer-calendar", &names)).chain(other.readings().map(one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_evidence::clock::{Place, RuleId, Term, Zone, legal_dates};
    use lacre_ground::time::Millis;
    use lacre_words::lang::Lang;

    #[test]
    fn a_newer_calendar_is_said_with_its_dates_where_they_are_others() {
        let place = Place { zone: Zone::Santiago, comuna: None };
        let dispatch = Millis::parse("2026-07-06T14:00:00.000Z").unwrap();
        let dates = legal_dates(dispatch, place, RuleId::Cl46.rule(), Term::business_days(5), Calendar::chile()).unwrap();
        let text = Calendar::CHILE.replace("id CL-2026.1", "id CL-2026.2");
        let newer = text + "day once 2026-07-13 | 2026-2026 | CL | De ejemplo | Example | Ley de ejemplo\n";
        let words = crate::words(Lang::Es);

        let said = lines(&words, &dates, &Calendar::parse(&newer).unwrap());

        assert!(said.len() == 3 && said[0].contains("CL-2026.2") && said[1].contains("20 de julio"), "{said:?}");
        assert_eq!(lines(&words, &dates, Calendar::newest()), Vec::<String>::new());
    }
}
