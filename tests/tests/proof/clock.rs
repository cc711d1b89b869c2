//! The legal clock: equal to an independent table for 2018 to 2030, to a second way of computing for 2031 to 2050, to
//! the vectors of the reference page, and well-behaved for every dispatch.

use jiff::civil::{Date, Weekday, date};
use jiff::{Timestamp, ToSpan};
use lacre_evidence::clock::{Calendar, ClockError, Comuna, Mark, Place, RuleId, Term, Zone, day_by_day, legal_dates};
use lacre_ground::time::Millis;
use proptest::prelude::*;
use std::collections::BTreeSet;

const ORACLE: &str = include_str!("../../vectors/clock/holidays-cl-2018-2030.csv");

fn at(text: &str) -> Millis {
    let stamp: Timestamp = text.parse().unwrap();
    Millis::new(stamp.as_millisecond().try_into().unwrap())
}

fn place(zone: Zone, comuna: Option<&str>) -> Place {
    Place { zone, comuna: comuna.map(|c| Comuna::parse(c).unwrap()) }
}

fn days(from: Date, through: Date) -> impl Iterator<Item = Date> {
    from.series(1.day()).take_while(move |d| *d <= through)
}

#[test]
fn the_calendar_equals_the_independent_table_on_every_day_of_2018_to_2030() {
    let table: Vec<(Date, &str)> = ORACLE
        .lines()
        .filter(|l| !l.starts_with('#') && *l != "date,name")
        .map(|l| l.split_once(',').unwrap())
        .map(|(d, name)| (d.parse().unwrap(), name))
        .collect();
    assert_eq!(table.len(), 214);
    let calendar = Calendar::chile();
    for day in days(date(2018, 1, 1), date(2030, 12, 31)) {
        let ours: Vec<&str> = calendar.on(day, None).map(|h| h.es.as_str()).collect();
        let theirs: Vec<&str> = table.iter().filter(|(d, _)| *d == day).map(|(_, n)| *n).collect();
        assert_eq!(ours, theirs, "{day}");
        let business = !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && theirs.is_empty();
        assert_eq!(calendar.is_business_day(day, None), Some(business), "{day}");
    }
}

/// The second way: for each day of the year the question "is it one?", from the law's words, without the calendar's
/// rules, its Easter or its table of solstices.
fn is_holiday_second_way(day: Date, comuna: Option<&str>) -> bool {
    let (y, w) = (day.year(), day.weekday());
    let fixed = [(1, 1), (5, 1), (5, 21), (7, 16), (8, 15), (9, 18), (9, 19), (11, 1), (12, 8), (12, 25)];
    let md = (day.month(), day.day());
    let easter = easter_by_gauss(y);
    // Ley 19.668: which day does the Monday that we look at stand for?
    let moved_to_monday = |m, d| {
        let original = date(y, m, d);
        match original.weekday() {
            Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday => {
                w == Weekday::Monday && day < original && original.duration_since(day).as_hours() <= 72
            }
            Weekday::Friday => day == original.checked_add(3.days()).unwrap(),
            _ => day == original,
        }
    };
    let reformation = date(y, 10, 31);
    let evangelical = match reformation.weekday() {
        Weekday::Tuesday => day == date(y, 10, 27),
        Weekday::Wednesday => day == date(y, 11, 2),
        _ => day == reformation,
    };
    fixed.contains(&md)
        || easter.checked_sub(2.days()).unwrap() == day
        || easter.checked_sub(1.day()).unwrap() == day
        || moved_to_monday(6, 29)
        || moved_to_monday(10, 12)
        || evangelical
        || day == solstice_day(y, solstice_by_longitude(y))
        || (md == (1, 2) && w == Weekday::Monday)
        || (md == (9, 17) && (w == Weekday::Monday || w == Weekday::Friday))
        || (md == (9, 20) && w == Weekday::Friday)
        || (md == (6, 7) && comuna.is_some_and(|c| c.starts_with("15")))
        || (md == (8, 20) && comuna.is_some_and(|c| c == "16101" || c == "16103"))
}

/// Gauss's rule with its two exceptions (valid 1900 to 2099).
fn easter_by_gauss(year: i16) -> Date {
    let (a, b, c) = (year % 19, year % 4, year % 7);
    let d = (19 * a + 24) % 30;
    let e = (2 * b + 4 * c + 6 * d + 5) % 7;
    let n = 22 + d + e;
    let easter = if n <= 31 { date(year, 3, n.try_into().unwrap()) } else { date(year, 4, (n - 31).try_into().unwrap()) };
    let late = easter == date(year, 4, 26) || (easter == date(year, 4, 25) && d == 28 && e == 6 && a > 10);
    if late { easter.checked_sub(7.days()).unwrap() } else { easter }
}

const J2000: f64 = 2_451_545.0;
/// TT minus UTC, seconds: 69 in 2020, below 100 until 2050; every solstice is minutes away from midnight at UTC-4.
const DELTA_T: f64 = 75.0;

/// Meeus, Astronomical Algorithms, chapter 27: Julian day (UTC) of the June solstice.
fn solstice_by_polynomial(year: i16) -> f64 {
    const TERMS: [(f64, f64, f64); 24] = [
        (485.0, 324.96, 1934.136),
        (203.0, 337.23, 32964.467),
        (199.0, 342.08, 20.186),
        (182.0, 27.85, 445267.112),
        (156.0, 73.14, 45036.886),
        (136.0, 171.52, 22518.443),
        (77.0, 222.54, 65928.934),
        (74.0, 296.72, 3034.906),
        (70.0, 243.58, 9037.513),
        (58.0, 119.81, 33718.147),
        (52.0, 297.17, 150.678),
        (50.0, 21.02, 2281.226),
        (45.0, 247.54, 29929.562),
        (44.0, 325.15, 31555.956),
        (29.0, 60.93, 4443.417),
        (18.0, 155.12, 67555.328),
        (17.0, 288.79, 4562.452),
        (16.0, 198.04, 62894.029),
        (14.0, 199.76, 31436.921),
        (12.0, 95.39, 14577.848),
        (12.0, 287.11, 31931.756),
        (12.0, 320.81, 34777.259),
        (9.0, 227.73, 1222.114),
        (8.0, 15.45, 16859.074),
    ];
    let y = (f64::from(year) - 2000.0) / 1000.0;
    let mean = 2_451_716.567_67 + 365_241.626_03 * y + 0.003_25 * y * y + 0.008_88 * y.powi(3) - 0.000_30 * y.powi(4);
    let t = (mean - J2000) / 36525.0;
    let w = (35_999.373 * t - 2.47).to_radians();
    let lambda = 1.0 + 0.0334 * w.cos() + 0.0007 * (2.0 * w).cos();
    let s: f64 = TERMS.iter().map(|(a, b, c)| a * (b + c * t).to_radians().cos()).sum();
    mean + 0.000_01 * s / lambda - DELTA_T / 86400.0
}

/// The second way: the instant when the sun's apparent longitude is 90 degrees, from the Earth's heliocentric longitude
/// (the main terms of VSOP87 in Meeus, appendix and chapters 22, 25 and 32), by bisection.
fn solstice_by_longitude(year: i16) -> f64 {
    let (mut low, mut high) = (solstice_by_polynomial(year) - 3.0, solstice_by_polynomial(year) + 3.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if apparent_longitude(middle + DELTA_T / 86400.0) < 90.0 { low = middle } else { high = middle }
    }
    low
}

fn apparent_longitude(jde: f64) -> f64 {
    const L0: [(f64, f64, f64); 44] = [
        (175347046.0, 0.0, 0.0),
        (3341656.0, 4.6692568, 6283.07585),
        (34894.0, 4.6261, 12566.1517),
        (3497.0, 2.7441, 5753.3849),
        (3418.0, 2.8289, 3.5231),
        (3136.0, 3.6277, 77713.7715),
        (2676.0, 4.4181, 7860.4194),
        (2343.0, 6.1352, 3930.2097),
        (1324.0, 0.7425, 11506.7698),
        (1273.0, 2.0371, 529.691),
        (1199.0, 1.1096, 1577.3435),
        (990.0, 5.233, 5884.927),
        (902.0, 2.045, 26.298),
        (857.0, 3.508, 398.149),
        (780.0, 1.179, 5223.694),
        (753.0, 2.533, 5507.553),
        (505.0, 4.583, 18849.228),
        (492.0, 4.205, 775.523),
        (357.0, 2.92, 0.067),
        (317.0, 5.849, 11790.629),
        (284.0, 1.899, 796.298),
        (271.0, 0.315, 10977.079),
        (243.0, 0.345, 5486.778),
        (206.0, 4.806, 2544.314),
        (205.0, 1.869, 5573.143),
        (202.0, 2.458, 6069.777),
        (156.0, 0.833, 213.299),
        (132.0, 3.411, 2942.463),
        (126.0, 1.083, 20.775),
        (115.0, 0.645, 0.98),
        (103.0, 0.636, 4694.003),
        (102.0, 0.976, 15720.839),
        (102.0, 4.267, 7.114),
        (99.0, 6.21, 2146.17),
        (98.0, 0.68, 155.42),
        (86.0, 5.98, 161000.69),
        (85.0, 1.3, 6275.96),
        (85.0, 3.67, 71430.7),
        (80.0, 1.81, 17260.15),
        (79.0, 3.04, 12036.46),
        (75.0, 1.76, 5088.63),
        (74.0, 3.5, 3154.69),
        (74.0, 4.68, 801.82),
        (70.0, 0.83, 9437.76),
    ];
    const L1: [(f64, f64, f64); 6] = [
        (628331966747.0, 0.0, 0.0),
        (206059.0, 2.678235, 6283.07585),
        (4303.0, 2.6351, 12566.1517),
        (425.0, 1.59, 3.523),
        (119.0, 5.796, 26.298),
        (109.0, 2.966, 1577.344),
    ];
    const L2: [(f64, f64, f64); 3] = [(52919.0, 0.0, 0.0), (8720.0, 1.0721, 6283.0758), (309.0, 0.867, 12566.152)];
    let tau = (jde - J2000) / 365_250.0;
    let series = |terms: &[(f64, f64, f64)]| terms.iter().map(|(a, b, c)| a * (b + c * tau).cos()).sum::<f64>();
    let earth = (series(&L0) + series(&L1) * tau + series(&L2) * tau * tau) / 1e8;
    let t = tau * 10.0;
    let node = (125.04452 - 1934.136261 * t).to_radians();
    let mean_sun = (280.4665 + 36000.7698 * t).to_radians();
    let nutation = -17.20 * node.sin() - 1.32 * (2.0 * mean_sun).sin();
    let radius = 1.000_140 - 0.016_708 * (6.240_06 + 6283.01955 * tau).cos();
    let aberration = -20.4898 / radius;
    (earth.to_degrees() + 180.0 + (nutation + aberration - 0.09033) / 3600.0).rem_euclid(360.0)
}

/// The date of a Julian day at UTC-4 (Ley 21.357: as the astronomical service publishes it).
fn solstice_day(year: i16, jd: f64) -> Date {
    let since_june_1 = jd - 4.0 / 24.0 - julian_day_of_june_1(year);
    date(year, 6, 1).checked_add((since_june_1.floor() as i64).days()).unwrap()
}

fn julian_day_of_june_1(year: i16) -> f64 {
    let days = date(year, 6, 1).since((jiff::Unit::Day, date(2000, 1, 1))).unwrap().get_days();
    2_451_544.5 + f64::from(days)
}

#[test]
fn the_solstice_is_the_same_day_by_two_methods_and_in_the_calendar_until_2050() {
    let calendar = Calendar::chile();
    for year in 2018..=2050 {
        let (a, b) = (solstice_by_polynomial(year), solstice_by_longitude(year));
        let minutes = (a - b).abs() * 1440.0;
        assert!(minutes < 3.0, "{year}: the methods differ by {minutes} minutes");
        let midnight = ((a - 4.0 / 24.0 - 0.5).rem_euclid(1.0) * 1440.0 + 5.0).rem_euclid(1440.0);
        assert!(midnight > 10.0, "{year}: within 5 minutes of midnight, the methods cannot decide");
        assert_eq!(solstice_day(year, a), solstice_day(year, b), "{year}");
        let ours: Vec<Date> = calendar
            .year(year, None)
            .unwrap()
            .iter()
            .filter(|h| h.es == "Día Nacional de los Pueblos Indígenas")
            .map(|h| h.date)
            .collect();
        match year {
            ..=2020 => assert!(ours.is_empty(), "{year}"),
            2021 => assert_eq!(ours, [date(2021, 6, 21)], "named by the law itself"),
            _ => assert_eq!(ours, [solstice_day(year, b)], "{year}"),
        }
    }
}

#[test]
fn the_calendar_equals_a_second_way_of_computing_on_every_day_of_2031_to_2050() {
    let calendar = Calendar::chile();
    for comuna in [None, Some("13101"), Some("15101"), Some("15202"), Some("16101"), Some("16102"), Some("16103")] {
        let code = comuna.map(|c| Comuna::parse(c).unwrap());
        for day in days(date(2031, 1, 1), date(2050, 12, 31)) {
            let ours = calendar.on(day, code).next().is_some();
            assert_eq!(ours, is_holiday_second_way(day, comuna), "{day} {comuna:?}");
        }
    }
}

#[test]
fn the_last_of_december_is_a_business_day_and_no_weekday_is_listed_for_being_a_weekend() {
    let calendar = Calendar::chile();
    for year in 2018..=2050 {
        assert!(calendar.on(date(year, 12, 31), None).next().is_none(), "{year}");
        let list = calendar.year(year, None).unwrap();
        assert!((15..=18).contains(&list.len()), "{year}: {}", list.len());
        let unique: BTreeSet<Date> = list.iter().map(|h| h.date).collect();
        assert_eq!(unique.len(), list.len(), "{year}: one day twice");
    }
}

#[test]
fn the_vectors_of_the_reference_page_hold() {
    // dispatch, zone, comuna, deemed on the third day, deemed when three have elapsed
    for (dispatch, comuna, third, elapsed) in [
        ("2026-07-06T14:00:00Z", None, date(2026, 7, 9), date(2026, 7, 10)),
        ("2026-09-15T15:00:00Z", None, date(2026, 9, 21), date(2026, 9, 22)),
        ("2026-03-05T02:30:00Z", None, date(2026, 3, 9), date(2026, 3, 10)),
        ("2026-12-28T15:00:00Z", None, date(2026, 12, 31), date(2027, 1, 4)),
        ("2027-06-02T15:00:00Z", Some("15101"), date(2027, 6, 8), date(2027, 6, 9)),
        ("2027-06-02T15:00:00Z", Some("13101"), date(2027, 6, 7), date(2027, 6, 8)),
    ] {
        for rule in [RuleId::Cl46, RuleId::ClD4] {
            let place = place(Zone::Santiago, comuna);
            let dates = legal_dates(at(dispatch), place, rule.rule(), None, Calendar::chile()).unwrap();
            let deemed: Vec<(RuleId, Date)> = dates.readings().map(|r| (r.rule.id, r.deemed)).collect();
            assert_eq!(deemed, [(RuleId::Cl46, third), (RuleId::ClD4, elapsed)], "{dispatch}, both, whichever is named");
            assert_eq!(dates.safe_for_agency().deemed, elapsed);
            assert_eq!(dates.safe_for_citizen().deemed, third);
        }
    }
    let term = Term::business_days(5);
    let santiago = place(Zone::Santiago, None);
    let dates = legal_dates(at("2026-07-06T14:00:00Z"), santiago, RuleId::Cl46.rule(), term, Calendar::chile()).unwrap();
    assert_eq!(dates.safe_for_citizen().last_day, Some(date(2026, 7, 17)));
    assert_eq!(dates.safe_for_agency().last_day, Some(date(2026, 7, 20)));
}

#[test]
fn letter_and_counter_have_one_reading_each() {
    let santiago = place(Zone::Santiago, None);
    let one = |rule: RuleId| {
        let dates = legal_dates(at("2026-07-06T14:00:00Z"), santiago, rule.rule(), None, Calendar::chile()).unwrap();
        dates.readings().map(|r| (r.rule.id, r.deemed)).collect::<Vec<_>>()
    };
    assert_eq!(one(RuleId::ClLetter), [(RuleId::ClLetter, date(2026, 7, 9))]);
    assert_eq!(one(RuleId::ClCounter), [(RuleId::ClCounter, date(2026, 7, 6))]);
}

#[test]
fn a_rule_says_whether_it_was_in_force() {
    let santiago = place(Zone::Santiago, None);
    let force = |dispatch: &str| {
        let dates = legal_dates(at(dispatch), santiago, RuleId::Cl46.rule(), None, Calendar::chile()).unwrap();
        dates.readings().map(|r| r.in_force).collect::<Vec<_>>()
    };
    assert_eq!(force("2026-06-30T15:00:00Z"), [false, true]);
    assert_eq!(force("2026-07-01T15:00:00Z"), [true, true]);
    assert_eq!(force("2026-07-01T03:00:00Z"), [false, true], "still June in Santiago");
}

#[test]
fn an_instant_or_a_day_outside_the_calendar_is_an_error_and_never_a_guess() {
    let santiago = place(Zone::Santiago, None);
    let ask = |dispatch: &str, term| {
        legal_dates(at(dispatch), santiago, RuleId::Cl46.rule(), Term::business_days(term), Calendar::chile())
    };
    for (dispatch, term) in [
        ("2018-01-01T02:00:00Z", 1), // still 2017 in Santiago
        ("2050-12-29T15:00:00Z", 1), // the third business day is in 2051
        ("2050-12-20T15:00:00Z", 20),
        ("2051-06-01T15:00:00Z", 1),
        ("9999-12-30T22:00:00Z", 1),
    ] {
        assert!(matches!(ask(dispatch, term), Err(ClockError::OutOfRange { .. })), "{dispatch}");
    }
    assert!(ask("2018-01-01T15:00:00Z", 1).is_ok());
    assert!(ask("2050-12-20T15:00:00Z", 2).is_ok());
    assert_eq!(Term::business_days(0), None);
    assert_eq!(Term::business_days(1001), None);
}

#[test]
fn midnight_is_the_local_one_in_all_four_zones_also_where_clocks_are_changed() {
    // the last second of a local day and the first of the next one, in UTC
    for (zone, last, first, day) in [
        (Zone::Santiago, "2026-07-07T03:59:59Z", "2026-07-07T04:00:00Z", date(2026, 7, 6)),
        (Zone::Santiago, "2026-12-02T02:59:59Z", "2026-12-02T03:00:00Z", date(2026, 12, 1)),
        // the night of the change in April 2026: 24:00 is 23:00 again, so the day has 25 hours
        (Zone::Santiago, "2026-04-05T03:59:59Z", "2026-04-05T04:00:00Z", date(2026, 4, 4)),
        // the night of the change in September 2026: 24:00 is 1:00 of the next day
        (Zone::Santiago, "2026-09-06T03:59:59Z", "2026-09-06T04:00:00Z", date(2026, 9, 5)),
        (Zone::Easter, "2026-07-07T05:59:59Z", "2026-07-07T06:00:00Z", date(2026, 7, 6)),
        (Zone::Easter, "2026-12-02T04:59:59Z", "2026-12-02T05:00:00Z", date(2026, 12, 1)),
        (Zone::PuntaArenas, "2026-07-07T02:59:59Z", "2026-07-07T03:00:00Z", date(2026, 7, 6)),
        (Zone::PuntaArenas, "2026-12-02T02:59:59Z", "2026-12-02T03:00:00Z", date(2026, 12, 1)),
        // Aysén keeps UTC-3 all year since 2025; before that it went with Santiago
        (Zone::Coyhaique, "2026-07-07T02:59:59Z", "2026-07-07T03:00:00Z", date(2026, 7, 6)),
        (Zone::Coyhaique, "2024-07-02T03:59:59Z", "2024-07-02T04:00:00Z", date(2024, 7, 1)),
    ] {
        assert_eq!(zone.date(at(last)), Some(day), "{zone} {last}");
        assert_eq!(zone.date(at(first)), Some(day.tomorrow().unwrap()), "{zone} {first}");
    }
}

#[test]
fn the_days_told_one_by_one_are_the_days_counted() {
    let arica = place(Zone::Santiago, Some("15101"));
    let calendar = Calendar::chile();
    let dates = legal_dates(at("2027-06-02T15:00:00Z"), arica, RuleId::Cl46.rule(), Term::business_days(2), calendar).unwrap();
    let told: Vec<(i8, Mark)> =
        day_by_day(&dates, dates.safe_for_citizen(), calendar).iter().map(|d| (d.date.day(), d.mark)).collect();
    assert_eq!(
        told,
        [
            (2, Mark::Start),
            (3, Mark::Counted(1)),
            (4, Mark::Counted(2)),
            (5, Mark::Skipped),
            (6, Mark::Skipped),
            (7, Mark::Skipped),
            (8, Mark::Deemed(3)),
            (9, Mark::Term(1)),
            (10, Mark::Last(2)),
        ]
    );
}

fn any_place() -> impl Strategy<Value = Place> {
    let comunas = prop::option::of(prop::sample::select(vec!["13101", "15101", "16101", "11201", "12101", "05201"]));
    (prop::sample::select(Zone::ALL.to_vec()), comunas).prop_map(|(zone, comuna)| place(zone, comuna))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_later_dispatch_never_gives_an_earlier_date(
        start in 1_514_900_000_000u64..2_540_000_000_000,
        gap in prop_oneof![0u64..7_200_000, 0u64..1_000_000_000],
        place in any_place(),
        rule in prop::sample::select(RuleId::ALL.to_vec()),
        term in 1u16..60,
    ) {
        let ask = |ms| legal_dates(Millis::new(ms), place, rule.rule(), Term::business_days(term), Calendar::chile()).unwrap();
        let (early, late) = (ask(start), ask(start + gap));
        for (a, b) in early.readings().zip(late.readings()) {
            prop_assert!(a.deemed <= b.deemed && a.last_day <= b.last_day);
        }
    }

    #[test]
    fn no_date_falls_on_a_day_that_is_not_a_business_day_but_the_hand_over_itself(
        dispatch in 1_514_900_000_000u64..2_540_000_000_000,
        place in any_place(),
        rule in prop::sample::select(RuleId::ALL.to_vec()),
        term in 1u16..60,
    ) {
        let calendar = Calendar::chile();
        let dates = legal_dates(Millis::new(dispatch), place, rule.rule(), Term::business_days(term), calendar).unwrap();
        for r in dates.readings() {
            let at_once = rule == RuleId::ClCounter && r.deemed == dates.local_date;
            prop_assert!(at_once || calendar.is_business_day(r.deemed, place.comuna) == Some(true));
            let last = r.last_day.unwrap();
            prop_assert_eq!(calendar.is_business_day(last, place.comuna), Some(true));
            // the term, counted by a plain filter over the days
            let counted = days(r.deemed.tomorrow().unwrap(), last).filter(|d| calendar.is_business_day(*d, place.comuna) == Some(true));
            prop_assert_eq!(counted.count(), usize::from(term));
        }
    }

    #[test]
    fn the_two_readings_are_one_business_day_apart(dispatch in 1_514_900_000_000u64..2_540_000_000_000, place in any_place()) {
        let calendar = Calendar::chile();
        let dates = legal_dates(Millis::new(dispatch), place, RuleId::Cl46.rule(), None, calendar).unwrap();
        let deemed: Vec<Date> = dates.readings().map(|r| r.deemed).collect();
        prop_assert_eq!(Some(deemed[1]), calendar.business_day_after(deemed[0], 1, place.comuna));
    }

    #[test]
    fn no_text_makes_the_readers_of_calendars_and_rules_panic(text in "(lacre calendar v1\n)?(id a\nfrom 2018-01-01\nthrough 20[0-9]{2}-12-31\nsolstice-20 2020\n)?(day (fixed|once|easter|weekday|monday|evangelical|solstice) [-0-9]{0,5}( Mon)? \\| [-0-9]{0,9} \\| (CL|[0-9,]{0,6}) \\| a \\| b \\| c\n){0,3}") {
        let _ = Calendar::parse(&text);
        let _ = lacre_evidence::clock::Rule::parse(&text);
    }
}
