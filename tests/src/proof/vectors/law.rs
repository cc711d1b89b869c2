//! Many days, places and rules: each VALID row is a day on which one wrong idea of the calendar gives another date.

use super::vector::*;
use crate::proof::*;

/// Term, or none; whether the rule is the one that elapses.
type Row = (&'static str, &'static str, Zone, Option<&'static str>, RuleId, u16, &'static str);

const SCL: Zone = Zone::Santiago;
const NEW: RuleId = RuleId::Cl46;
const OLD: RuleId = RuleId::ClD4;

fn setup(at: &str, zone: Zone, comuna: Option<&str>, rule: RuleId, term: u16) -> Setup {
    let mut setup = Setup::at(Cast::HONEST, Millis::parse(at).unwrap());
    setup.certificate.place = Place { zone, comuna: comuna.map(|c| Comuna::parse(c).unwrap()) };
    setup.rule = rule;
    setup.act = Act::Notification { stage: Stage::End, term: Term::business_days(term) };
    setup
}

pub(super) fn all(out: &mut Vec<Vector>) {
    const RM: Option<&str> = Some("13101");
    let valid: [Row; 35] = [
        ("law-late-evening", "2027-03-05T02:30:00.000Z", SCL, RM, NEW, 5, "in Santiago it is still the day before"),
        ("law-midnight", "2027-06-16T04:00:00.000Z", SCL, RM, NEW, 5, "the first instant of a day in Santiago, in winter"),
        ("law-before-midnight", "2027-06-16T03:59:59.999Z", SCL, RM, NEW, 5, "the last instant of the day before"),
        ("law-easter-island", "2027-03-05T04:30:00.000Z", Zone::Easter, Some("05201"), NEW, 5, "two hours behind Santiago"),
        ("law-punta-arenas", "2027-06-16T03:30:00.000Z", Zone::PuntaArenas, Some("12101"), NEW, 5, "no winter time there"),
        ("law-coyhaique", "2027-06-16T03:30:00.000Z", Zone::Coyhaique, Some("11101"), NEW, 5, "none since 2025 there either"),
        ("law-arica", "2027-06-02T15:00:00.000Z", SCL, Some("15101"), NEW, 5, "7 June is a holiday of the region"),
        ("law-putre", "2027-06-02T15:00:00.000Z", SCL, Some("15201"), NEW, 5, "in all its comunas"),
        ("law-elsewhere", "2027-06-02T15:00:00.000Z", SCL, RM, NEW, 5, "and nowhere else"),
        ("law-no-comuna", "2027-06-02T15:00:00.000Z", SCL, None, NEW, 5, "without a comuna national days count only"),
        ("law-iquique", "2027-06-02T15:00:00.000Z", SCL, Some("01101"), NEW, 5, "the first region"),
        ("law-term-of-one", "2027-01-04T15:00:00.000Z", SCL, RM, NEW, 1, "a term of one business day"),
        ("law-chillan", "2027-08-18T15:00:00.000Z", SCL, Some("16101"), NEW, 5, "20 August is a holiday in Chillán"),
        ("law-chillan-viejo", "2027-08-18T15:00:00.000Z", SCL, Some("16103"), NEW, 5, "and in Chillán Viejo"),
        ("law-bulnes", "2027-08-18T15:00:00.000Z", SCL, Some("16102"), NEW, 5, "and not in the comuna beside them"),
        ("law-good-friday", "2027-03-24T15:00:00.000Z", SCL, RM, NEW, 2, "Easter 2027 is on 28 March"),
        ("law-late-easter", "2038-04-21T15:00:00.000Z", SCL, RM, NEW, 2, "the latest Easter of all, 25 April"),
        ("law-peter-tuesday", "2027-06-24T15:00:00.000Z", SCL, RM, NEW, 3, "29 June is a Tuesday: the Monday before"),
        ("law-columbus-thursday", "2028-10-06T15:00:00.000Z", SCL, RM, NEW, 3, "12 October is a Thursday: the Monday before"),
        ("law-columbus-friday", "2029-10-09T15:00:00.000Z", SCL, RM, NEW, 3, "12 October is a Friday: the Monday after"),
        ("law-peter-wednesday", "2033-06-23T15:00:00.000Z", SCL, RM, NEW, 3, "29 June is a Wednesday: the Monday before"),
        ("law-reformation-tuesday", "2028-10-24T15:00:00.000Z", SCL, RM, NEW, 3, "31 October is a Tuesday: the Friday before"),
        ("law-reformation-wednesday", "2029-10-26T15:00:00.000Z", SCL, RM, NEW, 3, "a Wednesday: the Friday after"),
        ("law-solstice-21", "2027-06-17T15:00:00.000Z", SCL, RM, NEW, 3, "21 June 2027"),
        ("law-solstice-20", "2028-06-15T15:00:00.000Z", SCL, RM, NEW, 3, "20 June 2028, the year after"),
        ("law-2-january", "2033-12-29T15:00:00.000Z", SCL, RM, NEW, 3, "2 January 2034 is a Monday"),
        ("law-17-september-friday", "2027-09-14T15:00:00.000Z", SCL, RM, NEW, 3, "17 September 2027 is a Friday"),
        ("law-17-september-monday", "2029-09-12T15:00:00.000Z", SCL, RM, NEW, 3, "17 September 2029 is a Monday"),
        ("law-20-september", "2030-09-16T15:00:00.000Z", SCL, RM, NEW, 3, "20 September 2030 is a Friday"),
        ("law-31-december", "2026-12-28T15:00:00.000Z", SCL, RM, NEW, 3, "a business day, though banks are closed"),
        ("law-one-day-by-law", "2022-09-12T15:00:00.000Z", SCL, RM, OLD, 3, "16 September 2022, and one reading was in force"),
        ("law-first-day", "2026-07-01T04:00:00.000Z", SCL, RM, NEW, 5, "the first instant of the rule's first day, there"),
        ("law-day-before", "2026-07-01T03:59:59.999Z", SCL, RM, OLD, 5, "the day before: the other reading alone"),
        ("law-old-rules-first-day", "2021-12-11T03:00:00.000Z", SCL, RM, OLD, 5, "the first day of the other rule, a Saturday"),
        ("law-long-term", "2027-01-04T15:00:00.000Z", SCL, Some("15101"), NEW, 1000, "a term of 1,000 business days"),
    ];
    for (name, at, zone, comuna, rule, term, why) in valid {
        let bytes = setup(at, zone, comuna, rule, term).play().bundle.to_bytes();
        add(out, name, TrustFile::Honest, "VALID", "", why, bytes);
    }
    let no_law = [
        ("law-not-yet", "2026-07-01T03:59:59.999Z", NEW, "a rule on the day before its first"),
        ("law-of-2020", "2020-05-04T15:00:00.000Z", NEW, "the law of 2026 in 2020"),
        ("law-old-rule-not-yet", "2021-12-11T02:59:59.999Z", OLD, "the other rule on the day before its first"),
    ];
    for (name, at, rule, why) in no_law {
        add(out, name, TrustFile::Honest, "INVALID", "rule", why, setup(at, SCL, RM, rule, 5).play().bundle.to_bytes());
    }
    let mut communication = setup("2025-05-05T15:00:00.000Z", SCL, RM, NEW, 5);
    communication.act = Act::PersonalCommunication;
    let bytes = communication.play().bundle.to_bytes();
    add(out, "law-not-yet-communication", TrustFile::Honest, "INVALID", "rule", "a rule is named as law, term or none", bytes);
    let beyond = [
        ("law-term-beyond", "2050-12-01T15:00:00.000Z", 30, "the term ends after the calendar"),
        ("law-elapsed-beyond", "2050-12-27T15:00:00.000Z", 0, "the third day is in the calendar, the fourth is not"),
    ];
    for (name, at, term, why) in beyond {
        let bytes = setup(at, SCL, RM, NEW, term).play().bundle.to_bytes();
        add(out, name, TrustFile::Honest, "INCOMPLETE", "calendar-range", why, bytes);
    }
    let mut late = setup("2050-12-30T15:00:00.000Z", SCL, RM, NEW, 0);
    late.act = Act::Communique;
    let bytes = late.play().bundle.to_bytes();
    add(out, "law-last-days", TrustFile::Honest, "VALID", "", "a communiqué needs no day of the calendar", bytes);

    let standing: [(&'static str, Standing, &'static str); 3] = [
        ("standing-copy", Standing::Copy([1; 32]), "a copy starts no term"),
        ("standing-corrects", Standing::Corrects([1; 32]), "a correction has dates of its own"),
        ("standing-trial", Standing::Trial, "nothing follows from a trial"),
    ];
    for (name, standing, why) in standing {
        let mut setup = Setup::example(Cast::HONEST);
        setup.standing = standing;
        add(out, name, TrustFile::Honest, "VALID", "", why, setup.play().bundle.to_bytes());
    }
    for (name, stage) in [("valid-start", Stage::Start), ("valid-inquiry", Stage::Inquiry)] {
        let mut setup = Setup::example(Cast::HONEST);
        setup.act = Act::Notification { stage, term: None };
        add(out, name, TrustFile::Honest, "VALID", "", "a notification without a term", setup.play().bundle.to_bytes());
    }
}
