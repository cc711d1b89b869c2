//! Rules: what a law counts. Each is a text with its source and period of force; its hash goes into evidence.

use core::fmt;
use jiff::civil::Date;
use lacre_ground::note::{Lines, NoteError};
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

/// A rule's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleId {
    /// Third business day counted from dispatch.
    Cl46,
    /// Three business days elapsed from dispatch.
    ClD4,
    /// Certified letter.
    ClLetter,
    /// In person.
    ClCounter,
}

impl RuleId {
    /// All of them.
    pub const ALL: [RuleId; 4] = [RuleId::Cl46, RuleId::ClD4, RuleId::ClLetter, RuleId::ClCounter];
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            RuleId::Cl46 => "CL-46-2026",
            RuleId::ClD4 => "CL-D4-27",
            RuleId::ClLetter => "CL-letter",
            RuleId::ClCounter => "CL-counter",
        }
    }
    /// From its name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == text)
    }
    /// The rule by which electronic notices count from dispatch that is the law on this day.
    #[must_use]
    pub fn of_day(day: Date) -> Self {
        if RuleId::Cl46.rule().in_force(day) { RuleId::Cl46 } else { RuleId::ClD4 }
    }
    /// The rule itself.
    #[must_use]
    pub fn rule(self) -> &'static Rule {
        static RULES: OnceLock<[Rule; 4]> = OnceLock::new();
        let [a, b, c, d] = RULES.get_or_init(|| {
            [
                Rule::built_in(include_str!("data/CL-46-2026.txt")),
                Rule::built_in(include_str!("data/CL-D4-27.txt")),
                Rule::built_in(include_str!("data/CL-letter.txt")),
                Rule::built_in(include_str!("data/CL-counter.txt")),
            ]
        });
        match self {
            RuleId::Cl46 => a,
            RuleId::ClD4 => b,
            RuleId::ClLetter => c,
            RuleId::ClCounter => d,
        }
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The fact that a rule counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountsFrom {
    /// The notice is in the person's casilla.
    Dispatch,
    /// The letter is received at the post office.
    PostOffice,
    /// The notice is handed over at a counter.
    Handover,
}

/// How the business days are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// On the last of them.
    OnDay,
    /// When all of them have elapsed: on the business day after the last.
    Elapsed,
    /// At once; no day is counted.
    AtOnce,
}

/// A rule, read from its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// its name
    pub id: RuleId,
    /// the other reading of the same law, which is always computed too
    pub beside: Option<RuleId>,
    /// source of law
    pub law: String,
    /// first day in force
    pub from: Date,
    /// last day in force; none while it is
    pub through: Option<Date>,
    /// what it counts from
    pub counts_from: CountsFrom,
    /// how many business days
    pub days: u16,
    /// how they are counted
    pub counting: Counting,
    /// in plain Spanish
    pub es: String,
    /// in plain English
    pub en: String,
    /// SHA-256 of the text
    pub sha256: [u8; 32],
}

impl Rule {
    /// From its text: a closed format.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = Lines::new(text);
        lines.exactly("lacre rule v1")?;
        let rule = Self {
            id: lines.parsed("id", RuleId::parse)?,
            beside: lines.parsed("beside", |v| if v == "none" { Some(None) } else { RuleId::parse(v).map(Some) })?,
            law: lines.value("law")?.to_owned(),
            from: lines.parsed("from", |v| v.parse().ok())?,
            through: lines.parsed("through", |v| if v == "none" { Some(None) } else { v.parse().ok().map(Some) })?,
            counts_from: lines.parsed("counts-from", |v| match v {
                "dispatch" => Some(CountsFrom::Dispatch),
                "post-office" => Some(CountsFrom::PostOffice),
                "handover" => Some(CountsFrom::Handover),
                _ => None,
            })?,
            days: lines.parsed("business-days", |v| v.parse().ok())?,
            counting: lines.parsed("reading", |v| match v {
                "on-day" => Some(Counting::OnDay),
                "elapsed" => Some(Counting::Elapsed),
                "at-once" => Some(Counting::AtOnce),
                _ => None,
            })?,
            es: lines.value("es")?.to_owned(),
            en: lines.value("en")?.to_owned(),
            sha256: Sha256::digest(text).into(),
        };
        lines.end()?;
        Ok(rule)
    }

    #[expect(clippy::expect_used, reason = "the four texts are part of the program, and a test reads each of them")]
    fn built_in(text: &str) -> Self {
        Self::parse(text).expect("a built-in rule")
    }

    /// Was it in force on this day?
    #[must_use]
    pub fn in_force(&self, on: Date) -> bool {
        self.from <= on && self.through.is_none_or(|last| on <= last)
    }
    /// This rule and the other reading that stands beside it, in the order of [`RuleId::ALL`].
    #[must_use]
    pub fn readings(&self) -> Vec<&'static Rule> {
        RuleId::ALL.into_iter().filter(|id| *id == self.id || Some(*id) == self.beside).map(RuleId::rule).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_reads_and_has_its_own_name_and_hash() {
        for id in RuleId::ALL {
            assert_eq!(id.rule().id, id);
            assert_eq!(RuleId::parse(id.name()), Some(id));
            if let Some(other) = id.rule().beside {
                assert_eq!(other.rule().beside, Some(id));
            }
            for other in RuleId::ALL {
                assert_eq!(id == other, id.rule().sha256 == other.rule().sha256);
            }
        }
    }
}
