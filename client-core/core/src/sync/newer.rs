//! Messages of a kind that the program did not know when they came: kept as they were signed, and taken again by the first
//! program that knows the kind.
//!
//! What it is then stands in its old place, marked as changed; what makes no line (an edit, a reaction) does what it does, and
//! its place stays empty. Whether its writer might say it was judged when it came, by rules that count what is unknown as
//! speech: else a kind that nobody knows yet would be a way to write where one may not.

use crate::history::{Line, Place, Said, Stored};
use crate::shelf::{Cx, Engine};
use crate::words::{Body, ConversationId, Happening, StepError, Trouble};
use crate::{history, receive, shelf};
use lacre_profile::Table;
use lacre_proto::bounds::Bounded as _;
use lacre_proto::content::v1 as content;
use prost::Message as _;

/// How many kinds of content this program knows: more than the one that looked last, and it looks again.
const KINDS: u64 = 8;
/// The Meta row with that number.
pub(crate) const LOOKED: &[u8] = b"kinds";
/// Messages that are looked at in one step.
const PAGE: usize = 64;

/// After an update of the program: what it knows now is shown as what it is. Whatever shows messages does this first.
pub(super) fn take_newer(engine: &mut Engine) -> Result<(), Trouble> {
    let mut next = 0;
    while let Some(from) = engine.run(|cx| take_some_newer(cx, next))? {
        next = from;
    }
    Ok(())
}

/// Some of them from this number on; gives the number to go on with.
fn take_some_newer(cx: &mut Cx<'_, '_>, from: u64) -> Result<Option<u64>, StepError> {
    if cx.s.get::<u64>(Table::Meta, LOOKED)? == Some(KINDS) {
        return Ok(None);
    }
    let page: Vec<(u64, Place)> = cx.s.scan(Table::Newer, b"", from, PAGE)?;
    let Some((last, _)) = page.last() else {
        cx.s.put(Table::Meta, LOOKED, b"", 0, &KINDS)?;
        return Ok(None);
    };
    let next = last + 1;
    for (_, place) in page {
        let stored = history::of_place(cx, &place)?.filter(|stored| stored.body == Body::Newer);
        let done = match stored {
            Some(stored) => take_again(cx, place.conversation(), stored)?,
            // it disappeared
            None => true,
        };
        if done {
            cx.s.delete(Table::Newer, &place.key())?;
        }
    }
    cx.reached("newer: taken again")?;
    Ok(Some(next))
}

/// False for a kind that this program does not know either.
fn take_again(cx: &mut Cx<'_, '_>, id: &ConversationId, mut stored: Stored) -> Result<bool, StepError> {
    let Some(proof) = stored.proof.clone() else { return Ok(true) };
    if shelf::conv_or_none(cx, id)?.is_none() {
        return Ok(true);
    }
    let mut conv = shelf::take_conv(cx, id)?;
    let content = content::Content::decode(proof.content.as_slice()).map_err(|e| e.to_string());
    // its fields had no bounds when it came
    let line = match content.and_then(|c| c.check().map(|()| c).map_err(|e| e.to_string())) {
        Err(why) => Some(Line { body: Body::Unreadable(why), blob: None, reply_to: None }),
        Ok(content::Content { kind: None, .. }) => return Ok(false),
        Ok(content::Content { kind: Some(kind), .. }) => {
            let said = Said { account: stored.sender, device: proof.device, at: stored.accepted_at, allowed: true };
            receive::meaning(cx, id, &mut conv, &said, kind, Some(&proof))?
        }
    };
    shelf::put_conv(cx, id, conv)?;
    let position = stored.place.position;
    match line {
        Some(line) => {
            stored.body = line.body;
            stored.blob = line.blob;
            stored.place.reply_to = line.reply_to.map(|target| target.id);
            stored.place.reply_to_by = line.reply_to.and_then(|target| target.by);
            history::put_stored(cx, id, &stored)?;
        }
        None => history::remove(cx, id, &stored)?,
    }
    shelf::event(cx, Happening::Changed { conversation: id.clone(), position })?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::KINDS;
    use prost::Message as _;

    #[test]
    fn a_program_that_knows_another_number_of_kinds_looks_again() {
        let files = prost_types::FileDescriptorSet::decode(lacre_proto::DESCRIPTORS).unwrap().file;
        let content = files.iter().flat_map(|f| &f.message_type).find(|m| m.name() == "Content").unwrap();
        let kinds = content.field.iter().filter(|f| f.oneof_index.is_some()).count();
        assert_eq!(KINDS, kinds as u64);
    }
}
