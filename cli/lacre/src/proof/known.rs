//! What the person did that shows that she knew the act by then (Ley 19.880, art. 47), and what may follow from it earlier.

use lacre_evidence::ProvenNotice;
use lacre_evidence::clock::LegalDates;
use lacre_evidence::effect;

/// The dates counted from there, where they are earlier than without. "Not me" is a refusal, too: it was read.
pub(super) fn earlier(sent: &ProvenNotice, dates: &LegalDates) -> Option<LegalDates> {
    let (progress, replied) = (&sent.progress, sent.replies.iter().map(|reply| reply.accepted_at));
    let answered = [progress.acknowledged, progress.refused, progress.in_person].into_iter().flatten();
    let at = answered.chain(replied).min()?;
    effect::earlier(effect::if_known(&sent.notice, sent.consigned_at, at), dates)
}
