//! What the law says of a notice, and whether it is proved. No profile, no network.

pub(crate) mod calendar;
pub(crate) mod clock;
mod heads;
pub(crate) mod verify;

use crate::context::Context;
use crate::proof::day;
use lacre_evidence::clock::{Comuna, PlaceError};
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;

/// The comuna that was typed, by its official code. One that was retired is answered with its successor.
fn comuna(ctx: &Context, typed: Option<&str>) -> Result<Option<Comuna>, Failure> {
    let Some(text) = typed else { return Ok(None) };
    let code = ("code", shown(text).into());
    match Comuna::parse(text) {
        Ok(comuna) => Ok(Some(comuna)),
        Err(PlaceError::Retired { successor, name, on, .. }) => {
            let args =
                [code, ("successor", successor.to_string().into()), ("name", name.into()), ("on", day(&ctx.words, on).into())];
            Err(ctx.failure("error-comuna-retired", Exit::Usage, &args))
        }
        Err(PlaceError::Unknown | PlaceError::Comuna | PlaceError::Zone) => {
            Err(ctx.failure("error-comuna-unknown", Exit::Usage, &[code]))
        }
    }
}
