//! One line from the person at the keyboard, or from standard input: what must not stand among a program's arguments, which
//! everybody on the machine can read, and a shell writes down.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

/// Most bytes of such a line: an invitation to a relay with the longest name is shorter.
const MOST: u64 = 512;

/// Why there is no line.
#[derive(Debug)]
pub enum NoLine {
    /// Nothing came.
    Nothing,
    /// More than one line came, or a very long one: which was meant is not guessed.
    Many,
    /// Standard input cannot be read.
    Io(io::Error),
}

/// The line, without blanks around it. At a terminal it is asked for with `prompt`; what else standard input is must hold this
/// one line and nothing else.
pub fn line(prompt: &str) -> Result<String, NoLine> {
    let input = io::stdin();
    if !input.is_terminal() {
        return only(input.lock());
    }
    let mut out = io::stderr();
    // nobody to tell that nobody can be asked: then nothing is typed
    let _closed = write!(out, "{prompt} ").and_then(|()| out.flush());
    let mut typed = String::new();
    input.lock().take(MOST).read_line(&mut typed).map_err(NoLine::Io)?;
    filled(&typed)
}

fn only(input: impl io::Read) -> Result<String, NoLine> {
    let mut text = String::new();
    input.take(MOST).read_to_string(&mut text).map_err(NoLine::Io)?;
    if text.trim().lines().nth(1).is_some() || text.len() as u64 == MOST { Err(NoLine::Many) } else { filled(&text) }
}

fn filled(text: &str) -> Result<String, NoLine> {
    let text = text.trim();
    if text.is_empty() { Err(NoLine::Nothing) } else { Ok(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_taken_and_what_else_could_be_meant_is_not_guessed() {
        assert_eq!(only(&b" 40123456-K\r\n\n"[..]).unwrap(), "40123456-K");
        assert_eq!(only(&b"40123456-K"[..]).unwrap(), "40123456-K");
        for nothing in ["", "\n", "  \n\n"] {
            assert!(matches!(only(nothing.as_bytes()), Err(NoLine::Nothing)), "{nothing:?}");
        }
        let long = "4".repeat(600);
        for many in ["40123456-K\n41000001-6\n", "40123456-K\n\n41000001-6", &long] {
            assert!(matches!(only(many.as_bytes()), Err(NoLine::Many)), "{many:?}");
        }
        assert!(matches!(only(&[0xff][..]), Err(NoLine::Io(_))));
    }
}
