//! What a lost account's device still does, and what becomes of a group for it.
//!
//! Its leaf is in a group's tree until an admin's device has taken it out, and MLS lets it go on. What it does is judged by the
//! relay's time of the entry and the registrar's note, which are the same for every member:
//!
//! | an entry of its, taken by the relay at or after the reset | what members do |
//! |---|---|
//! | text, file, edit, a newer kind | a line says that something by a lost phone is not shown |
//! | anything else that is said | nothing |
//! | a Commit that adds somebody (re-adds apart), or makes somebody an admin | the group ends here: whom it brings in is the thief's |
//! | any other Commit | it is followed: who ignored it would be alone |
//! | what leaves no admin in the tree but lost accounts | the group ends here: nobody may take them out, and no rule says who else might |
//!
//! Who learns of the reset only later has followed all of it, finds the same lines in the history, and ends where the others did.

use crate::history::Stored;
use crate::shelf::{Conv, Cx, ResetRow, Taken};
use crate::words::{Body, ConversationId, Happening, Kind, Standing, StepError};
use crate::{history, shelf};
use lacre_ground::ids::AccountId;
use lacre_ground::time::Millis;
use lacre_profile::Table;

/// Messages that are looked at together.
const TOGETHER: usize = 256;

/// Whether a Commit's changes are of those by which a thief takes a group over.
pub(crate) fn takes_over(
    cx: &mut Cx<'_, '_>,
    by: Option<AccountId>,
    bodies: &[Body],
    accepted_at: Millis,
) -> Result<bool, StepError> {
    let Some(by) = by else { return Ok(false) };
    Ok(bodies.iter().any(brings_in) && shelf::is_out(cx, by, accepted_at)?)
}

fn brings_in(body: &Body) -> bool {
    matches!(body, Body::Added { .. } | Body::AdminMade { .. })
}

/// Of a group whose admins in the tree are all lost: it is over.
pub(crate) fn ends_if_headless(cx: &mut Cx<'_, '_>, id: &ConversationId, conv: &mut Taken<Conv>) -> Result<(), StepError> {
    if conv.kind != Kind::Group || conv.lost.is_empty() || conv.standing == Standing::Ended {
        return Ok(());
    }
    let members = shelf::members(cx, id)?;
    let leads = |account: &AccountId| members.admins.contains(account) && !conv.lost.contains(account);
    if members.devices.iter().any(|(account, _)| leads(account)) {
        return Ok(());
    }
    end(cx, id, conv, cx.now)
}

/// The group is over here: nothing is read or written in it any more.
pub(crate) fn end(cx: &mut Cx<'_, '_>, id: &ConversationId, conv: &mut Taken<Conv>, at: Millis) -> Result<(), StepError> {
    conv.standing = Standing::Ended;
    let line = shelf::line_id(cx, &[id.as_bytes(), b"ended"])?;
    let stored = Stored::line(line, shelf::own(cx)?.account, at, Body::Ended);
    if let Some(position) = history::store_message(cx, id, conv, stored, false)? {
        shelf::event(cx, Happening::Message { conversation: id.clone(), position })?;
    }
    shelf::write_conv(cx, id, conv)?;
    let conversation = id.clone();
    shelf::event(cx, Happening::StandingChanged { conversation, standing: Standing::Ended })?;
    cx.reached("reset: group ended")
}

/// What is in the history already by a device that was out: it is nobody's, too. True when it brought somebody in.
pub(super) fn disbelieve(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    before: AccountId,
    reset: &ResetRow,
) -> Result<bool, StepError> {
    let mut brought_in = false;
    let mut from = 0;
    loop {
        let some: Vec<(u64, Stored)> = cx.s.scan(Table::Message, id.as_bytes(), from, TOGETHER)?;
        let Some((last, _)) = some.last() else { return Ok(brought_in) };
        from = last + 1;
        for (position, mut stored) in some.into_iter().filter(|(_, stored)| stored.sender == before) {
            let after = stored.accepted_at >= reset.at;
            brought_in |= after && brings_in(&stored.body);
            // an edit stands in the place of what the person wrote, which is not here any more
            let edited = stored.place.edited_at.is_some_and(|at| at >= reset.at);
            if (after || edited) && matches!(stored.body, Body::Text(_) | Body::File { .. } | Body::Newer) {
                history::drop_download(cx, &stored)?;
                (stored.body, stored.blob) = (Body::Lost, None);
                history::put_stored(cx, id, &stored)?;
                shelf::event(cx, Happening::Changed { conversation: id.clone(), position })?;
            }
        }
    }
}
