//! Business days of a country, made from a versioned text of rules. No holiday is pasted from a table.
//!
//! A line is `day KIND ARGUMENT | YEARS | PLACE | SPANISH | ENGLISH | LAW`:
//!
//! | kind | argument | the day |
//! |---|---|---|
//! | `fixed` | month-day | that day |
//! | `once` | date | that day, once |
//! | `easter` | days | Easter Sunday (Gregorian) plus so many days |
//! | `weekday` | month-day, Mon or Fri … | that day if it is that weekday |
//! | `monday` | month-day | Tue, Wed, Thu: Monday of that week; Fri: Monday after; else itself (Ley 19.668) |
//! | `evangelical` | month-day | Tue: Friday before; Wed: Friday after; else itself (Ley 20.299) |
//! | `solstice` | month | the 20th in the years of the line `solstice-20`, else the 21st (Ley 21.357, at UTC-4) |
//!
//! The years of `solstice-20` were computed by the method of Meeus, *Astronomical Algorithms*, chapter 27; the tests
//! compute them again from the Earth's heliocentric longitude (chapters 25 and 32).

use super::place::Comuna;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use lacre_ground::note::{Lines, NoteError};
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

/// Why a text is no calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// A line is missing or not of its form.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The last day is before the first.
    #[error("the calendar ends before it begins")]
    Range,
}

/// Where a holiday holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Where {
    Country,
    /// comunas whose code begins with one of these
    Codes(Vec<String>),
}

impl Where {
    fn holds(&self, comuna: Option<Comuna>) -> bool {
        match (self, comuna) {
            (Where::Country, _) => true,
            (Where::Codes(codes), Some(c)) => codes.iter().any(|code| c.as_str().starts_with(code.as_str())),
            (Where::Codes(_), None) => false,
        }
    }
}

/// A legal holiday on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// the day
    pub date: Date,
    /// its name in Spanish
    pub es: String,
    /// its name in English
    pub en: String,
    /// source of law
    pub law: String,
    place: Where,
}

impl Holiday {
    /// Does it hold in some regions or comunas only?
    #[must_use]
    pub fn is_regional(&self) -> bool {
        self.place != Where::Country
    }
}

/// The calendar: which days of its range are business days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    id: String,
    sha256: [u8; 32],
    from: Date,
    through: Date,
    /// by date
    holidays: Vec<Holiday>,
}

enum Kind {
    Fixed(i8, i8),
    Once(Date),
    Easter(i32),
    IfWeekday(i8, i8, Weekday),
    Monday(i8, i8),
    Evangelical(i8, i8),
    Solstice(i8),
}

impl Calendar {
    /// Chile, 2018 to 2050: the text is part of the program.
    #[expect(clippy::expect_used, reason = "the text is part of the program, and tests read it")]
    #[must_use]
    pub fn chile() -> &'static Calendar {
        static CHILE: OnceLock<Calendar> = OnceLock::new();
        CHILE.get_or_init(|| Calendar::parse(Self::CHILE).expect("the built-in calendar"))
    }
    /// All that were ever published, the newest last: they stay, so that old evidence verifies for ever.
    fn published() -> [&'static Calendar; 1] {
        [Self::chile()]
    }
    /// The calendar of this name.
    #[must_use]
    pub fn named(id: &str) -> Option<&'static Calendar> {
        Self::published().into_iter().find(|c| c.id() == id)
    }
    /// The last that was published.
    #[must_use]
    pub fn newest() -> &'static Calendar {
        let [.., newest] = Self::published();
        newest
    }
    /// The text of [`Calendar::chile`].
    pub const CHILE: &'static str = include_str!("data/CL-2026.1.txt");

    /// From its text: a closed format.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let mut lines = Lines::new(text);
        lines.exactly("lacre calendar v1")?;
        let id = lines.value("id")?.to_owned();
        let from: Date = lines.parsed("from", |v| v.parse().ok())?;
        let through: Date = lines.parsed("through", |v| v.parse().ok())?;
        if through < from {
            return Err(CalendarError::Range);
        }
        let on_20: Vec<i16> = lines.parsed("solstice-20", |v| v.split(' ').map(|y| y.parse().ok()).collect())?;
        let mut holidays = Vec::new();
        while lines.next_is("day") {
            lines.parsed("day", |v| read_day(v, &on_20, &mut holidays))?;
        }
        lines.end()?;
        holidays.retain(|h| from <= h.date && h.date <= through);
        holidays.sort_by_key(|h| h.date);
        Ok(Self { id, sha256: Sha256::digest(text).into(), from, through, holidays })
    }
    /// Its name and version.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
    /// SHA-256 of its text.
    #[must_use]
    pub const fn sha256(&self) -> [u8; 32] {
        self.sha256
    }
    /// First and last day that it knows.
    #[must_use]
    pub const fn range(&self) -> (Date, Date) {
        (self.from, self.through)
    }
    /// The holidays of one day in one place.
    pub fn on(&self, day: Date, comuna: Option<Comuna>) -> impl Iterator<Item = &Holiday> {
        let first = self.holidays.partition_point(|h| h.date < day);
        let rest = self.holidays.get(first..).unwrap_or_default();
        rest.iter().take_while(move |h| h.date == day).filter(move |h| h.place.holds(comuna))
    }
    /// The holidays of one year in one place, by date. None outside the range.
    #[must_use]
    pub fn year(&self, year: i16, comuna: Option<Comuna>) -> Option<Vec<&Holiday>> {
        if year < self.from.year() || year > self.through.year() {
            return None;
        }
        Some(self.holidays.iter().filter(|h| h.date.year() == year && h.place.holds(comuna)).collect())
    }
    /// Is it a business day there? None outside the range: never a guess.
    #[must_use]
    pub fn is_business_day(&self, day: Date, comuna: Option<Comuna>) -> Option<bool> {
        if day < self.from || day > self.through {
            return None;
        }
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        Some(!weekend && self.on(day, comuna).next().is_none())
    }
    /// The n-th business day after this day; the day itself for 0. None outside the range.
    #[must_use]
    pub fn business_day_after(&self, day: Date, n: u16, comuna: Option<Comuna>) -> Option<Date> {
        let (mut day, mut left) = (day, n);
        self.is_business_day(day, comuna)?;
        while left > 0 {
            day = day.tomorrow().ok()?;
            left -= u16::from(self.is_business_day(day, comuna)?);
        }
        Some(day)
    }
    /// The n-th business day before this day; the day itself for 0. None outside the range.
    #[must_use]
    pub fn business_day_before(&self, day: Date, n: u16, comuna: Option<Comuna>) -> Option<Date> {
        let (mut day, mut left) = (day, n);
        self.is_business_day(day, comuna)?;
        while left > 0 {
            day = day.yesterday().ok()?;
            left -= u16::from(self.is_business_day(day, comuna)?);
        }
        Some(day)
    }
    /// The first business day from this day on. None outside the range.
    #[must_use]
    pub fn roll_forward(&self, day: Date, comuna: Option<Comuna>) -> Option<Date> {
        if self.is_business_day(day, comuna)? { Some(day) } else { self.business_day_after(day, 1, comuna) }
    }
}

fn read_day(line: &str, on_20: &[i16], out: &mut Vec<Holiday>) -> Option<()> {
    let fields: Vec<&str> = line.split(" | ").collect();
    let [what, years, place, es, en, law] = fields.as_slice() else { return None };
    let kind = read_kind(what)?;
    let (first, last) = years.split_once('-')?;
    let (first, last): (i16, i16) = (first.parse().ok()?, last.parse().ok()?);
    if !(1900..=9000).contains(&first) || last < first || last > first.saturating_add(1000) {
        return None;
    }
    let digits = |c: &&str| (2..=5).contains(&c.len()) && c.bytes().all(|b| b.is_ascii_digit());
    let place = match *place {
        "CL" => Where::Country,
        codes => {
            let codes: Vec<&str> = codes.split(',').collect();
            if !codes.iter().all(digits) {
                return None;
            }
            Where::Codes(codes.into_iter().map(str::to_owned).collect())
        }
    };
    for year in first..=last {
        if let Some(date) = kind.date(year, on_20)? {
            let (es, en, law) = ((*es).to_owned(), (*en).to_owned(), (*law).to_owned());
            out.push(Holiday { date, es, en, law, place: place.clone() });
        }
    }
    Some(())
}

fn read_kind(text: &str) -> Option<Kind> {
    let month_day = |v: &str| {
        let (m, d) = v.split_once('-')?;
        let (m, d) = (m.parse().ok()?, d.parse().ok()?);
        Date::new(2024, m, d).ok().map(|_| (m, d))
    };
    let words: Vec<&str> = text.split(' ').collect();
    match words.as_slice() {
        ["fixed", v] => month_day(v).map(|(m, d)| Kind::Fixed(m, d)),
        ["once", v] => v.parse().ok().map(Kind::Once),
        ["easter", v] => v.parse().ok().filter(|n: &i32| n.abs() < 100).map(Kind::Easter),
        ["weekday", v, day] => {
            let weekday = match *day {
                "Mon" => Weekday::Monday,
                "Tue" => Weekday::Tuesday,
                "Wed" => Weekday::Wednesday,
                "Thu" => Weekday::Thursday,
                "Fri" => Weekday::Friday,
                _ => return None,
            };
            month_day(v).map(|(m, d)| Kind::IfWeekday(m, d, weekday))
        }
        ["monday", v] => month_day(v).map(|(m, d)| Kind::Monday(m, d)),
        ["evangelical", v] => month_day(v).map(|(m, d)| Kind::Evangelical(m, d)),
        ["solstice", v] => v.parse().ok().filter(|m| (1..=12).contains(m)).map(Kind::Solstice),
        _ => None,
    }
}

impl Kind {
    /// Outer none: no such date; inner none: not in this year.
    fn date(&self, year: i16, on_20: &[i16]) -> Option<Option<Date>> {
        let shifted = |m, d, shift: fn(Weekday) -> i32| {
            let date = Date::new(year, m, d).ok()?;
            date.checked_add(shift(date.weekday()).days()).ok()
        };
        Some(match *self {
            Kind::Fixed(m, d) => Some(Date::new(year, m, d).ok()?),
            Kind::Once(date) => (date.year() == year).then_some(date),
            Kind::Easter(days) => Some(easter(year)?.checked_add(days.days()).ok()?),
            Kind::IfWeekday(m, d, weekday) => Some(Date::new(year, m, d).ok()?).filter(|date| date.weekday() == weekday),
            Kind::Monday(m, d) => Some(shifted(m, d, |w| match w {
                Weekday::Tuesday => -1,
                Weekday::Wednesday => -2,
                Weekday::Thursday => -3,
                Weekday::Friday => 3,
                Weekday::Saturday | Weekday::Sunday | Weekday::Monday => 0,
            })?),
            Kind::Evangelical(m, d) => Some(shifted(m, d, |w| match w {
                Weekday::Tuesday => -4,
                Weekday::Wednesday => 2,
                Weekday::Thursday | Weekday::Friday | Weekday::Saturday | Weekday::Sunday | Weekday::Monday => 0,
            })?),
            Kind::Solstice(m) => Some(Date::new(year, m, if on_20.contains(&year) { 20 } else { 21 }).ok()?),
        })
    }
}

/// Easter Sunday, Gregorian (the anonymous algorithm of 1876; Meeus, chapter 8).
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::new(year, i8::try_from(n / 31).ok()?, i8::try_from(n % 31 + 1).ok()?).ok()
}
