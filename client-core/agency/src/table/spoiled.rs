//! What a spreadsheet writes where a value was lost: an error in the place of a formula's result, a number that does not fit.
//!
//! | in the cell | what happened |
//! |---|---|
//! | `#N/A`, `#REF!`, `#VALUE!` … , in Spanish `#N/D`, `#¡REF!`, `#¡VALOR!` …; `Err:508` of LibreOffice | a formula has no result |
//! | `########` | the column was too narrow for a date or a number when the table was saved |
//! | `4,1E+07` | a long number was shown with an exponent, and its last digits are gone |

/// Names of errors between `#` and its end, without `¡` and `¿`: of Excel and LibreOffice, in English and Spanish.
const ERRORS: [&str; 22] = [
    "N/A",
    "N/D",
    "REF!",
    "VALUE!",
    "VALOR!",
    "DIV/0!",
    "NAME?",
    "NOMBRE?",
    "NULL!",
    "NULO!",
    "NUM!",
    "SPILL!",
    "DESBORDAMIENTO!",
    "CALC!",
    "CALCULO!",
    "CÁLCULO!",
    "GETTING_DATA",
    "OBTENIENDO_DATOS",
    "FIELD!",
    "CAMPO!",
    "BLOCKED!",
    "BLOQUEADO!",
];

/// A formula had no result, or the column was too narrow.
pub(super) fn is_error(cell: &str) -> bool {
    let number = |text: &str| text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
    if cell.strip_prefix("Err:").is_some_and(number) {
        return true;
    }
    let Some(name) = cell.strip_prefix('#') else { return false };
    if !name.is_empty() && name.chars().all(|c| c == '#') {
        return true;
    }
    let name = name.trim_start_matches(['¡', '¿']).to_uppercase();
    ERRORS.contains(&name.as_str())
}

/// A number with an exponent: `4.1E+07`, `4,1e7`.
pub(super) fn is_shortened(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let Some((number, exponent)) = cell.split_once(['E', 'e']) else { return false };
    let (whole, rest) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    digits(whole) && digits(rest) && digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_lost_is_known_and_what_people_write_is_not_taken_for_it() {
        let lost = [
            "#N/A",
            "#N/D",
            "#¡REF!",
            "#REF!",
            "#VALUE!",
            "#¡VALOR!",
            "#DIV/0!",
            "#¡DIV/0!",
            "#NAME?",
            "#¿NOMBRE?",
            "#NULL!",
            "#¡NULO!",
            "#NUM!",
            "#¡NUM!",
            "#n/a",
            "########",
            "Err:508",
            "#¡CÁLCULO!",
        ];
        for cell in lost {
            assert!(is_error(cell), "{cell}");
        }
        for cell in ["", "#", "# 3", "#12", "N/A", "No hay #REF!", "#Becas", "Err: 508", "Err:5", "depto #4"] {
            assert!(!is_error(cell), "{cell}");
        }
        for cell in ["4,1E+07", "4.1234567E+07", "4E7", "41e-3"] {
            assert!(is_shortened(cell), "{cell}");
        }
        for cell in ["", "E", "41000001-5", "4,1", "4E", "E7", "4,,1E7", "4K"] {
            assert!(!is_shortened(cell), "{cell}");
        }
    }
}
