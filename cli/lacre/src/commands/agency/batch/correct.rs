//! `lacre agency correct BATCH [--rows 3,7-9] [--template NAME]`: rows that were sent, drafted again by the newest version of a template,
//! each in the place of the notice before.

use super::{find, short, value};
use crate::commands::agency::official::account;
use crate::commands::agency::own::{self, Evidence};
use crate::context::{Context, Outcome};
use lacre_agency::template::TemplateName;
use lacre_agency::{BodyTrouble, Counts};
use lacre_ground::ids::AccountId;
use lacre_words::failure::Exit;
use lacre_words::usage::Forms;
use std::ops::RangeInclusive;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "BATCH")]
    batch: String,
    #[arg(long, value_name = "3,7-9", value_parser = rows)]
    rows: Option<Rows>,
    #[arg(long, value_name = "NAME")]
    template: Option<String>,
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    drafter: Option<AccountId>,
}

/// Numbers of rows, from 1.
#[derive(Clone, Debug)]
struct Rows(Vec<RangeInclusive<u64>>);

fn rows(text: &str) -> Result<Rows, Forms> {
    let number = |text: &str| text.trim().parse::<u64>().ok().filter(|n| *n > 0);
    let range = |part: &str| match part.split_once('-') {
        Some((from, to)) => Some(number(from)?..=number(to)?).filter(|range| !range.is_empty()),
        None => number(part).map(|n| n..=n),
    };
    text.split(',').map(range).collect::<Option<_>>().map(Rows).ok_or(Forms("3, 3-9, 3,7-9"))
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let (mut body, mut evidence) = (own::open(ctx)?, Evidence::of(ctx)?);
    let _turn = evidence.turn(ctx)?;
    let before = find(ctx, &mut body, &args.batch)?;
    let name = TemplateName::parse(args.template.as_deref().unwrap_or(&before.template)).ok_or(BodyTrouble::NoSuchTemplate);
    let template = name.and_then(|name| body.template(&name, None)).map_err(|e| own::trouble(ctx, e))?;
    let named = args.rows.as_ref().map(|rows| rows.0.as_slice());
    let drafted = body.correct(&mut evidence, before.id, template, args.drafter, named);
    let batch = drafted.map_err(|e| match e {
        BodyTrouble::NoSuchRow { row, rows } => {
            let said = [("id", short(&before).into()), ("row", row.to_string().into()), ("rows", rows.to_string().into())];
            ctx.failure("error-correct-no-row", Exit::Usage, &said)
        }
        BodyTrouble::NoRows => ctx.failure("error-correct-none", Exit::No, &[("id", short(&before).into())]),
        other => own::trouble(ctx, other),
    })?;
    let counts = Counts { waiting: batch.rows, ..Counts::default() };
    let said = [
        ("id", short(&batch).into()),
        ("rows", batch.rows.to_string().into()),
        ("before", short(&before).into()),
        ("drafter", if batch.drafter.is_some() { "one" } else { "none" }.into()),
    ];
    ctx.result(&ctx.words.say_with("batch-corrects", &said), &value(&batch, &counts));
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_numbers_and_ranges_from_one_on() {
        assert_eq!(rows("3, 7-9").unwrap().0, [3..=3, 7..=9]);
        for bad in ["", "0", "9-7", "x", "3,,4", "-3"] {
            assert!(rows(bad).is_err(), "{bad}");
        }
    }
}
