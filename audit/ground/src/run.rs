//! The RUN (*Rol Único Nacional*): digits and a check digit, modulus 11, weights 2 to 7 from the right.

use core::fmt;

/// A RUN whose check digit is right. No `Debug`: it names a person.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Run {
    number: u32,
    digit: u8,
}

/// Why a text is no RUN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// Not one to nine digits and a check digit.
    #[error("not a RUN: write it as 12345678-5")]
    Shape,
    /// The check digit belongs to another number: a typing error.
    #[error("the check digit does not fit: look at the RUN again")]
    CheckDigit,
}

impl Run {
    /// Accepts dots, the hyphen and a small k.
    pub fn parse(text: &str) -> Result<Self, RunError> {
        let plain: String = text.chars().filter(|c| !matches!(c, '.' | '-' | ' ')).collect();
        let (last, body) = match plain.char_indices().next_back() {
            Some((at, c)) => (c.to_ascii_uppercase(), plain.get(..at).unwrap_or_default()),
            None => return Err(RunError::Shape),
        };
        if body.is_empty() || body.len() > 9 || !body.bytes().all(|b| b.is_ascii_digit()) {
            return Err(RunError::Shape);
        }
        if !(last.is_ascii_digit() || last == 'K') {
            return Err(RunError::Shape);
        }
        let number: u32 = body.parse().map_err(|_| RunError::Shape)?;
        let digit = check_digit(number);
        if number == 0 {
            return Err(RunError::Shape);
        }
        if char::from(digit) == last { Ok(Self { number, digit }) } else { Err(RunError::CheckDigit) }
    }

    /// `12345678-5`, the one spelling that is hashed.
    #[must_use]
    pub fn canonical(&self) -> String {
        format!("{}-{}", self.number, char::from(self.digit))
    }
}

fn check_digit(mut number: u32) -> u8 {
    let mut sum = 0;
    for weight in (2..=7).cycle() {
        if number == 0 {
            break;
        }
        sum += weight * (number % 10);
        number /= 10;
    }
    match 11 - sum % 11 {
        11 => b'0',
        10 => b'K',
        d => b'0' + u8::try_from(d).unwrap_or(0),
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_runs_are_taken_in_every_spelling() {
        for (text, canonical) in [
            ("12345678-5", "12345678-5"),
            ("12.345.678-5", "12345678-5"),
            ("111111111", "11111111-1"),
            ("33333351-1", "33333351-1"),
            ("1000005-K", "1000005-K"),
            ("1.000.005-k", "1000005-K"),
        ] {
            assert_eq!(Run::parse(text).map(|r| r.canonical()), Ok(canonical.to_owned()), "{text}");
        }
    }

    #[test]
    fn wrong_digits_and_shapes_are_told_apart() {
        assert!(matches!(Run::parse("12345678-9"), Err(RunError::CheckDigit)));
        for text in ["", "5", "-", "12a45678-5", "1234567890-1", "0-0", "ñ"] {
            assert!(matches!(Run::parse(text), Err(RunError::Shape)), "{text}");
        }
    }
}
