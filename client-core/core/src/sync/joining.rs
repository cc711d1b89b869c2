//! Invitations that wait: each is tried again with pauses, and given up by time.

use super::apart::{LINE_IS_DOWN, Round};
use super::tending;
use crate::network::Network;
use crate::receive::{NoPlace, Read};
use crate::shelf::{Engine, PendingJoin};
use crate::words::{ConversationId, FileTrouble, StepError, Synced, Trouble};
use crate::{messages, receive};
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use prost::Message as _;

/// Why an invitation is not taken now.
pub(crate) enum NotNow {
    /// it never will be
    Refused(String),
    /// try again later
    Wait(String),
    /// read this conversation to its end first
    ReadFirst(ConversationId),
    /// the relay cannot be reached: nothing was learnt of it
    Offline,
}

impl NotNow {
    /// Only the profile's own failure ends more than this invitation.
    fn of(e: StepError) -> Result<Self, Trouble> {
        match e {
            StepError::Trouble(t @ Trouble::Store(_)) => Err(t),
            StepError::Trouble(t) => Ok(Self::Refused(t.to_string())),
            StepError::Skip(why) => Ok(Self::Refused(why)),
            StepError::Again(why) => Ok(Self::Wait(why)),
        }
    }
}

/// Takes what invitations wait, as far as it can be taken now. One that cannot is no matter of the others.
pub(super) fn join_pending(
    engine: &mut Engine,
    net: &mut dyn Network,
    round: &mut Round,
    synced: &mut Synced,
) -> Result<bool, Trouble> {
    let pending: Vec<(u64, PendingJoin)> = engine.run(|cx| Ok(cx.s.scan(Table::Join, b"", 0, usize::MAX)?))?;
    let mut moved = false;
    let mut away = 0;
    for (_, pending) in pending {
        if receive::join_rests(&pending, engine.clock.now()) {
            continue;
        }
        let mut taken = try_to_join(engine, net, &pending, Read::Perhaps)?;
        if let Err(NotNow::ReadFirst(id)) = taken {
            taken = match tending::tend(engine, net, round, &id, true, synced) {
                Ok(_) => try_to_join(engine, net, &pending, Read::ToTheEnd)?,
                Err(t @ Trouble::Store(_)) => return Err(t),
                Err(away) if away.is_away() => Err(NotNow::Offline),
                Err(why) => Err(NotNow::Wait(why.to_string())),
            };
        }
        match taken {
            Ok(()) => {
                synced.received += 1;
                moved = true;
            }
            Err(NotNow::Offline) => {
                away += 1;
                if away >= LINE_IS_DOWN {
                    break;
                }
            }
            Err(NotNow::Refused(why)) => engine.run(|cx| receive::drop_join(cx, pending.envelope, &why))?,
            Err(NotNow::Wait(why)) => engine.run(|cx| receive::retry_join(cx, pending.envelope, &why))?,
            Err(NotNow::ReadFirst(_)) => {
                engine.run(|cx| receive::retry_join(cx, pending.envelope, "the conversation was not read to its end"))?;
            }
        }
    }
    Ok(moved)
}

fn try_to_join(
    engine: &mut Engine,
    net: &mut dyn Network,
    pending: &PendingJoin,
    read: Read,
) -> Result<Result<(), NotNow>, Trouble> {
    let mut found = None;
    // looking into a Welcome uses up its key package: nothing of this step is kept
    let looked: Result<(), StepError> = engine.step(|cx| {
        found = Some(receive::look_at_invitation(cx, pending, read));
        Err(StepError::Again("only looked at".into()))
    });
    let reference = match (found, looked) {
        (_, Err(StepError::Trouble(t @ Trouble::Store(_)))) => return Err(t),
        (Some(Ok(reference)), _) => reference,
        (Some(Err(NoPlace::ReadFirst(id))), _) => return Ok(Err(NotNow::ReadFirst(id))),
        (Some(Err(NoPlace::Step(e))), _) | (None, Err(e)) => return NotNow::of(e).map(Err),
        (None, Ok(())) => return Ok(Err(NotNow::Wait("not looked at".into()))),
    };
    let mut bytes = Vec::new();
    match messages::fetch_blob(engine, net, &reference, &mut bytes) {
        Ok(_) => {}
        Err(t @ Trouble::Store(_)) => return Err(t),
        Err(away) if away.is_away() => return Ok(Err(NotNow::Offline)),
        // it will not fit another time either
        Err(why @ Trouble::File(FileTrouble::Damaged(_))) => return Ok(Err(NotNow::Refused(why.to_string()))),
        Err(why) => return Ok(Err(NotNow::Wait(why.to_string()))),
    }
    let state = match content::JoinState::decode(bytes.as_slice()) {
        Ok(state) => state,
        Err(e) => return Ok(Err(NotNow::Refused(e.to_string()))),
    };
    match engine.step(|cx| receive::join(cx, pending, &state, read)) {
        Ok(()) => Ok(Ok(())),
        Err(e) => NotNow::of(e).map(Err),
    }
}
