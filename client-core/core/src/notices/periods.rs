//! Casillas and grants. A device makes them before the relay hears of them: key, channel, rights and notes are stored, then told, as
//! often as need be, with the same bytes.
//!
//! | a new casilla is made | why |
//! |---|---|
//! | with each month, UTC | its notice key is one for a month: who gets it later reads no other |
//! | when the account has another state | a device that went may know the key |
//! | when the relay came from a backup | grants may have been handed out that it forgot |
//! | after a pause | the relay closed all that were open |
//! | when it has as many rights as a casilla may have | |

use super::address::{note_signer, own_states};
use crate::account::CLOCKS_DIFFER_MS;
use crate::shelf::{Cx, GrantRow, Key32, Own, PeriodRow, Taken};
use crate::words::StepError;
use crate::{shelf, words};
use lacre_evidence::{Grant, GrantKind};
use lacre_ground::address::Address;
use lacre_ground::ids::{ChannelId, GrantId, Token};
use lacre_ground::random;
use lacre_ground::seal::SealSecret;
use lacre_ground::signed::Signed;
use lacre_ground::time::Millis;

/// Grants that are handed out once, of which the registrar has so many at most.
pub const GRANTS: u32 = 16;
/// More are made when fewer than this are left.
pub const FEW_GRANTS: u32 = 4;
/// How long a grant of kind once is good, milliseconds: one of the last day of a month, too, until the next are there.
pub const ONCE_MS: u64 = 40 * 86_400_000;
/// How long the last-resort grant is good, milliseconds: a device may be away for a year.
pub const LAST_RESORT_MS: u64 = 396 * 86_400_000;
/// Most grants of one casilla: it has 512 rights.
const MOST_GRANTS: usize = 480;

/// Year times 100 plus month, UTC.
pub(super) fn month_of(at: Millis) -> u32 {
    // the text is of a fixed form: 2026-07-06T…
    let text = at.to_string();
    let part = |range: core::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<u32>().ok()).unwrap_or(0);
    part(0..4) * 100 + part(5..7)
}

/// The casilla for which grants are made now; a new one where there is none, or another is due.
pub(super) fn present(cx: &mut Cx<'_, '_>) -> Result<PeriodRow, StepError> {
    let own = shelf::own(cx)?;
    let month = month_of(shelf::by_relay(&own, cx.now));
    let state = newest_state(cx)?;
    if let Some(newest) = shelf::periods(cx)?.pop() {
        let same = newest.month == month && newest.state == state && newest.made_in == own.generation;
        if same && !newest.closed && shelf::grants(cx, newest.channel)?.len() < MOST_GRANTS {
            return Ok(newest);
        }
    }
    let read = Token::random(cx.rng);
    let key = SealSecret::random(cx.rng);
    let row = PeriodRow {
        number: shelf::number(cx)?,
        channel: ChannelId::of_casilla(&read.hash()),
        read,
        key: Key32(*key.expose()),
        month,
        state,
        made_in: own.generation,
        opened_in: None,
        replaces: true,
        closed: false,
        cursor: 0,
        ends: Millis::new(0),
    };
    let mut row = shelf::new_period(cx, row)?;
    make_grants(cx, &own, &mut row, GrantKind::Once, GRANTS)?;
    make_grants(cx, &own, &mut row, GrantKind::LastResort, 1)?;
    let made = PeriodRow::clone(&row);
    shelf::put_period(cx, row)?;
    cx.reached("notices: casilla made")?;
    Ok(made)
}

fn newest_state(cx: &mut Cx<'_, '_>) -> Result<u64, StepError> {
    Ok(own_states(cx)?.last().map_or(0, |state| state.number))
}

/// So many more grants of kind once for the present casilla.
pub(super) fn top_up(cx: &mut Cx<'_, '_>, channel: ChannelId, left: u32) -> Result<(), StepError> {
    let own = shelf::own(cx)?;
    let waiting = shelf::grants(cx, channel)?.iter().filter(|g| g.once && !g.told).count();
    let missing = GRANTS.saturating_sub(left).saturating_sub(u32::try_from(waiting).unwrap_or(u32::MAX));
    if let Some(mut row) = shelf::take_period(cx, channel)? {
        make_grants(cx, &own, &mut row, GrantKind::Once, missing)?;
        shelf::put_period(cx, row)?;
    }
    cx.reached("notices: grants made")
}

fn make_grants(
    cx: &mut Cx<'_, '_>,
    own: &Own,
    period: &mut Taken<PeriodRow>,
    kind: GrantKind,
    count: u32,
) -> Result<(), StepError> {
    let again = |e: String| StepError::Again(e);
    let signer = note_signer(cx)?;
    let key = SealSecret::new(period.key.0).public().map_err(|e| again(e.to_string()))?;
    let now = shelf::by_relay(own, cx.now);
    let good_for = match kind {
        GrantKind::Once => ONCE_MS,
        GrantKind::LastResort => LAST_RESORT_MS,
    };
    // a clock that is a little ahead makes no grant that is not good yet
    let (from, until) = (Millis::new(now.get().saturating_sub(CLOCKS_DIFFER_MS)), now.plus(good_for));
    for _ in 0..count {
        let token = Token::random(cx.rng);
        let grant = Grant {
            id: GrantId::new(random::bytes(cx.rng)),
            account: own.account,
            kind,
            casilla: Address { authority: words::authority(&own.authority)?, channel: period.channel },
            append: token.hash(),
            key: key.clone(),
            from,
            until,
        };
        let signed = Signed::sign(&grant, &signer).map_err(|e| again(e.to_string()))?;
        let row = GrantRow {
            number: shelf::number(cx)?,
            hash: signed.note_hash(),
            channel: period.channel,
            note: signed.raw().to_owned(),
            token,
            once: kind == GrantKind::Once,
            until,
            right_in: None,
            told: false,
        };
        shelf::put_grant(cx, &row)?;
    }
    period.ends = period.ends.max(until);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_year_and_month_of_utc() {
        for (text, month) in
            [("2026-07-06T14:00:00.000Z", 202_607), ("2026-12-31T23:59:59.999Z", 202_612), ("2027-01-01T00:00:00.000Z", 202_701)]
        {
            assert_eq!(month_of(Millis::parse(text).unwrap()), month, "{text}");
        }
    }
}
