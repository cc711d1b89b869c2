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
    /// Not one to nine digits, a hyphen and a check digit.
    #[error("not a RUN: write it with its hyphen and check digit, as 12345678-5")]
    Shape,
    /// The check digit belongs to another number: a typing error.
    #[error("the check digit does not fit: look at the RUN again")]
    CheckDigit,
}

impl Run {
    /// The one reader of RUNs, from people and from peers: the number, a hyphen, the check digit. The number has all its dots
    /// (`12.345.678-5`) or none (`12345678-5`), and no leading zero; `k` is `K`. Without the hyphen a number whose check digit
    /// was forgotten could be another person's RUN.
    pub fn parse(text: &str) -> Result<Self, RunError> {
        let (body, digit) = text.split_once('-').ok_or(RunError::Shape)?;
        let plain = if body.contains('.') { undotted(body).ok_or(RunError::Shape)? } else { body.to_owned() };
        let &[last @ (b'0'..=b'9' | b'K' | b'k')] = digit.as_bytes() else { return Err(RunError::Shape) };
        let written = (1..=9).contains(&plain.len()) && !plain.starts_with('0') && plain.bytes().all(|b| b.is_ascii_digit());
        let number: u32 = plain.parse().ok().filter(|_| written).ok_or(RunError::Shape)?;
        let digit = check_digit(number);
        if digit == last.to_ascii_uppercase() { Ok(Self { number, digit }) } else { Err(RunError::CheckDigit) }
    }

    /// `12345678-5`, the one spelling that is hashed.
    #[must_use]
    pub fn canonical(&self) -> String {
        format!("{}-{}", self.number, char::from(self.digit))
    }
}

/// The digits of a number with a dot before each three of them, counted from the right.
fn undotted(body: &str) -> Option<String> {
    let (first, rest) = body.split_once('.')?;
    let good = (1..=3).contains(&first.len()) && rest.split('.').all(|group| group.len() == 3);
    good.then(|| body.split('.').collect())
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
            ("33333351-1", "33333351-1"),
            ("1000005-K", "1000005-K"),
            ("1.000.005-k", "1000005-K"),
        ] {
            assert_eq!(Run::parse(text).map(|r| r.canonical()), Ok(canonical.to_owned()), "{text}");
        }
    }

    /// `45123006` is a number whose check digit was forgotten, and its last digit fits to the rest of it.
    #[test]
    fn a_forgotten_check_digit_never_makes_another_person() {
        assert!(Run::parse("4512300-6").is_ok(), "else this shows nothing");
        for text in ["45123006", "45.123.006", "4.512.300.6", "45123006-", "-45123006", "4512300 6", "4512300\u{2013}6"] {
            assert!(matches!(Run::parse(text), Err(RunError::Shape)), "{text}");
        }
    }

    #[test]
    fn wrong_digits_and_shapes_are_told_apart() {
        assert!(matches!(Run::parse("12345678-9"), Err(RunError::CheckDigit)));
        for text in [
            "",
            "5",
            "-",
            "12a45678-5",
            "1234567890-1",
            "0-0",
            "ñ",
            "012345678-5",
            "12.345678-5",
            "1234.5678-5",
            ".12345678-5",
            "12345678.-5",
            "12..345.678-5",
            " 12345678-5",
            "12345678-5\n",
            "12345678-55",
            "12345678--5",
            "+2345678-5",
        ] {
            assert!(matches!(Run::parse(text), Err(RunError::Shape)), "{text}");
        }
    }
}
