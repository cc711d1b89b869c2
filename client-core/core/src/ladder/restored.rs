//! That a relay forgot: its generation is another.

use crate::shelf::Cx;
use crate::words::{ConversationId, Happening, StepError};
use crate::{queue, shelf};
use lacre_ground::ids::Generation;

/// The first answer of a generation is noted; another one afterwards means that the relay was restored.
pub(crate) fn saw_generation(cx: &mut Cx<'_, '_>, id: &ConversationId, generation: &[u8]) -> Result<bool, StepError> {
    let generation = Generation::try_from(generation).map_err(|e| StepError::Skip(e.to_string()))?;
    let mut conv = shelf::take_conv(cx, id)?;
    match conv.channel.generation {
        Some(known) if known == generation => return Ok(conv.put_back),
        Some(_) => {
            (conv.put_back, conv.restored) = (true, Some(cx.now));
            conv.channel.opened = false;
        }
        None => {}
    }
    conv.channel.generation = Some(generation);
    let restored = conv.put_back;
    shelf::put_conv(cx, id, conv)?;
    Ok(restored)
}

/// Told once for each new generation of the own relay.
pub(crate) fn own_relay_restored(cx: &mut Cx<'_, '_>, generation: Generation) -> Result<bool, StepError> {
    let mut own = shelf::take_own(cx)?;
    let known = own.generation;
    if known == Some(generation) {
        return Ok(false);
    }
    own.generation = Some(generation);
    if known.is_some() {
        (own.session, own.login_due) = (None, true);
        own.renew_key_packages = true;
        own.restored = Some(cx.now);
    }
    shelf::put_own(cx, own)?;
    if known.is_some() {
        queue::repeat_sent(cx)?;
        shelf::event(cx, Happening::RelayRestored)?;
    }
    Ok(known.is_some())
}
