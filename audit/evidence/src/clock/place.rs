//! Where a dispatch happens: a zone of the bundled IANA table and, for regional holidays, a comuna.

use core::fmt;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use lacre_ground::time::Millis;
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
    /// Date and time on the wall there. None past the year 9999, or if the bundled table lacks the zone.
    #[must_use]
    pub fn wall(self, at: Millis) -> Option<DateTime> {
        static TABLE: OnceLock<[Option<TimeZone>; 4]> = OnceLock::new();
        let table = TABLE.get_or_init(|| {
            let bundled = TimeZoneDatabase::bundled();
            Self::ALL.map(|z| bundled.get(z.name()).ok())
        });
        let [santiago, coyhaique, punta_arenas, easter] = table;
        let zone = match self {
            Zone::Santiago => santiago,
            Zone::Coyhaique => coyhaique,
            Zone::PuntaArenas => punta_arenas,
            Zone::Easter => easter,
        };
        let stamp = jiff::Timestamp::from_millisecond(i64::try_from(at.get()).ok()?).ok()?;
        zone.as_ref().map(|z| z.to_datetime(stamp))
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
    /// Five digits. That the region exists is checked; the list of comunas is not kept here.
    pub fn parse(text: &str) -> Result<Self, PlaceError> {
        let digits: [u8; 5] = text.as_bytes().try_into().map_err(|_| PlaceError::Comuna)?;
        let region: u8 = text.get(..2).and_then(|r| r.parse().ok()).ok_or(PlaceError::Comuna)?;
        let good = digits.iter().all(u8::is_ascii_digit) && (1..=16).contains(&region);
        if good { Ok(Self(digits)) } else { Err(PlaceError::Comuna) }
    }
    /// The five digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
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
