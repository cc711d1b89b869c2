//! Postal addresses for letters: one on the command line, or a table with a row for each person.

use super::super::rows;
use crate::context::Context;
use crate::proof::letter::ADDRESS_LINES;
use lacre_agency::Dispatch;
use lacre_ground::run::Run;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use std::collections::HashMap;
use std::path::Path;

/// Longest line of an address, characters: what the window shows in 12 points.
const LINE: usize = 60;
/// Between the lines of an address in one cell.
const BETWEEN: char = '|';

/// Where letters go.
pub(super) enum Addresses {
    /// nobody said
    None,
    /// all of them there
    One(Vec<String>),
    /// by notice id or RUN
    Table(HashMap<String, Vec<String>>),
}

impl Addresses {
    /// From the options.
    pub(super) fn of(ctx: &Context, one: Option<&str>, table: Option<&Path>) -> Result<Self, Failure> {
        match (one, table) {
            (Some(text), _) => {
                Ok(Self::One(lines(text).ok_or_else(|| ctx.failure("error-address", Exit::Usage, &[("line", 0_u32.into())]))?))
            }
            (None, Some(path)) => read(ctx, path).map(Self::Table),
            (None, None) => Ok(Self::None),
        }
    }

    /// Of this notice.
    pub(super) fn of_row(&self, row: &Dispatch) -> Option<&[String]> {
        match self {
            Self::None => None,
            Self::One(address) => Some(address),
            Self::Table(all) => all.get(&row.id.to_string()).or_else(|| all.get(&row.run)).map(Vec::as_slice),
        }
    }
}

/// Lines that fit into the window.
fn lines(text: &str) -> Option<Vec<String>> {
    let lines: Vec<String> = text.split(BETWEEN).map(|line| shown(line.trim())).filter(|line| !line.is_empty()).collect();
    let fits = (1..=ADDRESS_LINES).contains(&lines.len()) && lines.iter().all(|line| line.chars().count() <= LINE);
    fits.then_some(lines)
}

/// Columns `notice` or `run`, and `address`, or their Spanish names.
fn read(ctx: &Context, path: &Path) -> Result<HashMap<String, Vec<String>>, Failure> {
    const NOTICE: [&str; 3] = ["notice", "notificación", "notificacion"];
    const ADDRESS: [&str; 3] = ["address", "dirección", "direccion"];
    let table = rows::plain(ctx, path, &[&NOTICE[..], &ADDRESS, &["run"]].concat())?;
    let who = table.column(&NOTICE).or_else(|| table.column(&["run"]));
    let (Some(who), Some(address)) = (who, table.column(&ADDRESS)) else {
        let args = [("columns", ctx.words.say("address-columns").into()), ("name", shown(&path.display().to_string()).into())];
        return Err(ctx.failure("error-fallback-columns", Exit::Usage, &args));
    };
    let mut all = HashMap::new();
    for (line, row) in &table.rows {
        let wrong = || ctx.failure("error-address", Exit::Usage, &[("line", (*line).into())]);
        let found = lines(row.cell(address)).ok_or_else(wrong)?;
        let who = row.cell(who);
        // a RUN with dots or without is the same person's
        let who = Run::parse(who).map_or_else(|_| who.to_owned(), |run| run.canonical());
        all.insert(who, found);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_to_six_lines_that_the_window_shows() {
        assert_eq!(lines("Ana | Calle 1|| Ñuñoa "), Some(["Ana", "Calle 1", "Ñuñoa"].map(str::to_owned).to_vec()));
        assert_eq!(lines(" | "), None);
        assert_eq!(lines("1|2|3|4|5|6").map(|l| l.len()), Some(6));
        assert_eq!(lines("1|2|3|4|5|6|7"), None);
        assert!(lines(&"x".repeat(LINE)).is_some() && lines(&"x".repeat(LINE + 1)).is_none());
    }
}
