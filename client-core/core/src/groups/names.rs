//! What a group may be called. People type names where they also type `@ana` and the beginnings of ids: a name that reads as
//! either, or that reads other than it is, would stand in the space of commands.

use crate::words::{GroupTrouble, NameFault, Trouble};
use unicode_normalization::UnicodeNormalization as _;

/// Bytes of a group's name.
pub const MAX_GROUP_NAME: usize = 200;
/// From so many hexadecimal digits on a name reads as the beginning of an id.
pub const ID_DIGITS: usize = 4;

/// The name as it is kept: composed (NFC), so that the same letters are the same bytes, without blanks around it.
///
/// A rule for who makes or renames a group. Receivers take what comes: a hostile maker is bound by nothing, so what they
/// type is judged where it is typed.
pub(crate) fn group_name(typed: &str) -> Result<String, Trouble> {
    let name: String = typed.trim().nfc().collect();
    match fault(&name) {
        Some(fault) => Err(GroupTrouble::NotAName(fault).into()),
        None => Ok(name),
    }
}

fn fault(name: &str) -> Option<NameFault> {
    if name.is_empty() {
        return Some(NameFault::Empty);
    }
    if name.len() > MAX_GROUP_NAME {
        return Some(NameFault::Long);
    }
    if name.chars().any(|c| c.is_control() || moves_or_hides(c)) {
        return Some(NameFault::Control);
    }
    // the wide and the small sign are read as the same one
    if name.starts_with(['@', '\u{ff20}', '\u{fe6b}']) {
        return Some(NameFault::Handle);
    }
    (name.len() >= ID_DIGITS && name.bytes().all(|b| b.is_ascii_hexdigit())).then_some(NameFault::Id)
}

/// Ends a line, turns the reading direction, or is not seen. The joiners of Persian, Indic scripts and emoji are none of
/// these.
const fn moves_or_hides(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_reads_as_a_person_or_an_id_or_as_nothing_is_none() {
        let faulty = |typed: &str| match group_name(typed) {
            Err(Trouble::Group(GroupTrouble::NotAName(fault))) => Some(fault),
            Ok(_) => None,
            Err(other) => panic!("{typed:?}: {other}"),
        };
        for typed in ["", "  ", "\u{a0}"] {
            assert_eq!(faulty(typed), Some(NameFault::Empty), "{typed:?}");
        }
        for typed in ["@carla", " @carla", "\u{ff20}carla", "\u{fe6b}x", "@"] {
            assert_eq!(faulty(typed), Some(NameFault::Handle), "{typed:?}");
        }
        for typed in ["3f2a", "3F2A9C1B", "cafe", "2026", &"0".repeat(64)] {
            assert_eq!(faulty(typed), Some(NameFault::Id), "{typed:?}");
        }
        for typed in ["a\nb", "a\u{1b}[2J", "a\u{202e}b", "\u{200b}", "Mesa\u{2066}", "\u{e0041}x"] {
            assert_eq!(faulty(typed), Some(NameFault::Control), "{typed:?}");
        }
        for typed in ["Mesa", "3f2", "café", "cafe 1", "Año 2026", "ana@casa", "👩\u{200d}👩\u{200d}👧", "#vecinos", "-"]
        {
            assert_eq!(faulty(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn the_same_letters_are_the_same_name() {
        assert_eq!(group_name(" pen\u{303}a ").unwrap(), "peña");
        assert_eq!(group_name("peña").unwrap(), "peña");
        assert_eq!(group_name(&"x".repeat(MAX_GROUP_NAME)).unwrap().len(), MAX_GROUP_NAME);
        let longer = group_name(&"x".repeat(MAX_GROUP_NAME + 1));
        assert!(matches!(longer, Err(Trouble::Group(GroupTrouble::NotAName(NameFault::Long)))));
    }
}
