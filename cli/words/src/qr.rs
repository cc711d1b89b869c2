//! A QR code in the terminal: two squares in each character, one above the other.

use crate::screen::Screen;
use anstyle::{AnsiColor, Style};
use qrcode::{Color, EcLevel, QrCode};

/// Light squares around the code. The standard asks for four; programs that read screens need two, and so the code of a
/// safety number fits into 40 columns.
const QUIET: usize = 2;

/// The code of a text; none if it is too long for one, or nobody looks.
pub fn terminal(screen: &Screen, text: &str) -> Option<String> {
    if screen.plain {
        return None;
    }
    // with colours: black on white. Without: what is light is drawn, as most terminals are dark
    let paper = Style::new().fg_color(Some(AnsiColor::Black.into())).bg_color(Some(AnsiColor::BrightWhite.into()));
    let drawn = if screen.colours() { Color::Dark } else { Color::Light };
    let lines = lines(text, drawn)?;
    Some(lines.iter().map(|line| screen.painted(paper, line)).collect::<Vec<_>>().join("\n"))
}

fn lines(text: &str, drawn: Color) -> Option<Vec<String>> {
    // a screen is not torn or stained: the weakest correction makes the smallest code
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let (width, colors) = (code.width(), code.to_colors());
    let color = |x: usize, y: usize| {
        let place = x.checked_sub(QUIET).filter(|x| *x < width).zip(y.checked_sub(QUIET).filter(|y| *y < width));
        place.and_then(|(x, y)| colors.get(y * width + x)).copied().unwrap_or(Color::Light)
    };
    let side = width + 2 * QUIET;
    let square = |x: usize, y: usize| match (color(x, y) == drawn, y + 1 < side && color(x, y + 1) == drawn) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    Some((0..side).step_by(2).map(|y| (0..side).map(|x| square(x, y)).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The squares of printed lines: true where something is drawn.
    fn squares(lines: &[String]) -> Vec<Vec<bool>> {
        let rows = |line: &String| {
            let upper = line.chars().map(|c| matches!(c, '█' | '▀')).collect();
            let lower = line.chars().map(|c| matches!(c, '█' | '▄')).collect();
            [upper, lower]
        };
        lines.iter().flat_map(rows).collect()
    }

    #[test]
    fn the_printed_squares_are_the_code_with_a_light_edge_both_ways_round() {
        // a longest safety number: every syllable with two consonants
        let number = ["BRACHOKLU"; 12].join(" ");
        let code = QrCode::with_error_correction_level(&number, EcLevel::L).unwrap();
        let (width, colors) = (code.width(), code.to_colors());
        for drawn in [Color::Dark, Color::Light] {
            let printed = squares(&lines(&number, drawn).unwrap());
            for (y, row) in printed.iter().take(width + 2 * QUIET).enumerate() {
                for (x, square) in row.iter().enumerate() {
                    let inside = (QUIET..QUIET + width).contains(&x) && (QUIET..QUIET + width).contains(&y);
                    let color = if inside { colors[(y - QUIET) * width + x - QUIET] } else { Color::Light };
                    assert_eq!(*square, color == drawn, "{x} {y}");
                }
            }
        }
    }

    #[test]
    fn the_code_of_a_safety_number_fits_into_forty_columns() {
        // twelve words of seven letters are the middle; 114 characters are the most that this size takes
        let number = ["BRACHOLU"; 12].join(" ");
        assert_eq!(lines(&number, Color::Dark).unwrap()[0].chars().count(), 37);
        assert!(lines(&"x".repeat(4_000), Color::Dark).is_none());
    }
}
