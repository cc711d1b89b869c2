//! Lines for people, broken between words where their terminal ends.

use unicode_width::UnicodeWidthStr;

/// Sentences broken between words where the person's terminal ends, at 80 columns elsewhere; what follows in a paragraph
/// begins `hang` columns to the right.
pub fn wrap(text: &str, hang: usize) -> String {
    wrap_at(text, hang, columns())
}

/// Columns of the terminal that words go to: at least 20, at most 80, which is where lines are read well.
fn columns() -> usize {
    wide(std::io::stderr()).unwrap_or(80).clamp(20, 80)
}

/// How wide a terminal is; some do not say (0).
fn wide(terminal: impl std::os::fd::AsFd) -> Option<usize> {
    rustix::termios::tcgetwinsize(terminal).ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// A result, broken between words where the terminal that it goes to ends; what follows of a row of a table begins two
/// columns to the right of it.
pub fn wrap_result(text: &str) -> String {
    let columns = wide(std::io::stdout()).unwrap_or(80).max(20);
    let hang = |line: &str| {
        let inside = line.trim_start_matches(' ');
        line.len() - inside.len() + if inside.contains("  ") { 2 } else { 0 }
    };
    text.split('\n').map(|line| wrap_at(line, hang(line), columns)).collect::<Vec<_>>().join("\n")
}

/// A text that somebody else wrote, behind its label or margin: broken before the terminal that results go to ends, also inside
/// words, so that nothing of it stands where the program's own lines begin. All lines but the first begin with `margin`. In a pipe lines
/// end where those of the person's terminal do, and after 80 columns at the latest: a pager shows them there.
#[must_use]
pub fn apart(text: &str, margin: &str) -> String {
    let columns = wide(std::io::stdout()).unwrap_or_else(|| wide(std::io::stderr()).map_or(80, |columns| columns.min(80)));
    apart_at(text, margin, columns.max(20))
}

fn apart_at(text: &str, margin: &str, columns: usize) -> String {
    let mut lines = Vec::new();
    for (at, line) in text.split('\n').enumerate() {
        let (mut before, mut rest) = (if at == 0 { "" } else { margin }, line);
        while let Some(cut) = cut_of(rest, columns.saturating_sub(before.len())) {
            let (now, then) = rest.split_at(cut);
            lines.push(format!("{before}{}", now.trim_end_matches(' ')));
            (before, rest) = (margin, then.trim_start_matches(' '));
        }
        lines.push(format!("{before}{rest}"));
    }
    lines.join("\n")
}

/// Where a text that is wider than this is cut: behind the last blank that fits, else where it must be.
fn cut_of(text: &str, columns: usize) -> Option<usize> {
    let (mut used, mut blank, mut begun) = (0, None, false);
    for (at, c) in text.char_indices() {
        used += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used > columns {
            return Some(blank.unwrap_or(at)).filter(|cut| *cut > 0);
        }
        if c == ' ' && begun {
            blank = Some(at + 1);
        }
        begun |= c != ' ';
    }
    None
}

fn wrap_at(text: &str, hang: usize, columns: usize) -> String {
    // a narrow terminal has no room to give away
    let hang = hang.min(columns / 4);
    let mut out = String::new();
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let (mut column, mut begins) = (0, true);
        for word in line.split(' ') {
            let width = visible(word);
            if !begins && column + 1 + width > columns && column > hang {
                let kept = out.trim_end_matches(' ').len();
                out.truncate(kept);
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', hang));
                (column, begins) = (hang, true);
            }
            if begins && word.is_empty() && column == hang && column > 0 {
                continue; // what stood between two columns of a table
            }
            if !begins {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            (column, begins) = (column + width, false);
        }
    }
    out
}

/// Columns of a word, without the signs that give it a colour.
fn visible(word: &str) -> usize {
    let after_sign = |piece: &str| piece.split_once('m').map_or(0, |(_, rest)| rest.width());
    let mut pieces = word.split('\u{1b}');
    pieces.next().map_or(0, UnicodeWidthStr::width) + pieces.map(after_sign).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_from_outside_stands_where_our_lines_begin() {
        let imitation = format!("{}\u{a0}Último\u{a0}día: nunca", "x".repeat(79));
        let blanks = format!("x{}Último día: nunca", "\u{2003}".repeat(300));
        let wide = "漢".repeat(100);
        for text in [&imitation, &blanks, &wide, "", "corto", " ", &"una frase larga, ".repeat(30), &" ".repeat(500)] {
            for columns in [20, 80] {
                for (begin, margin) in [("Asunto: ", "    "), ("    ", "    ")] {
                    let shown = apart_at(&format!("{begin}{text}\n{text}"), margin, columns);
                    assert!(
                        shown.lines().skip(1).all(|line| line.is_empty() || line.starts_with(margin) || line.trim().is_empty()),
                        "{shown}"
                    );
                    assert!(shown.lines().all(|line| line.width() <= columns), "{shown}");
                    let kept = |t: &str| t.chars().filter(|c| !matches!(c, ' ' | '\n')).collect::<String>();
                    assert_eq!(kept(&shown), kept(&format!("{begin}{text}{text}")));
                }
            }
        }
    }

    #[test]
    fn wrapping_changes_only_where_lines_end() {
        let text = "  Qué hacer: ".to_owned() + &"una frase larga, ".repeat(12) + "\ncorta\n" + &"x".repeat(100);
        let wrapped = wrap_at(&text, 13, 80);
        let words = |t: &str| t.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&wrapped), words(&text));
        assert!(wrapped.lines().all(|l| l.width() <= 80 || !l.contains(' ')), "{wrapped}");
        assert!(wrapped.lines().nth(1).unwrap().starts_with("             una"), "{wrapped}");
        assert_eq!(wrap_at("", 3, 80), "");
        assert_eq!(wrap_at("  a  b", 3, 80), "  a  b");
        assert_eq!(wrap_at("e978e86c  Mesa de vecinos  20:28  2 nuevos", 2, 26), "e978e86c  Mesa de vecinos\n  20:28  2 nuevos");
        let bold = "\u{1b}[1m@bruno\u{1b}[0m: a las ocho";
        assert_eq!(wrap_at(bold, 2, 18), bold, "colours take no room");
        assert_eq!(wrap_at(bold, 2, 17), "\u{1b}[1m@bruno\u{1b}[0m: a las\n  ocho");
        for columns in [20, 40] {
            let narrow = wrap_at(&text, 13, columns);
            assert_eq!(words(&narrow), words(&text));
            assert!(narrow.lines().all(|l| l.width() <= columns || !l.trim().contains(' ')), "{columns}: {narrow}");
        }
    }
}
