//! What the person did that shows that she knew the act by then (Ley 19.880, art. 47), and what may follow from it earlier.

use lacre_evidence::clock::{Calendar, LegalDates, RuleId, legal_dates};
use lacre_evidence::{Act, ProvenNotice};

/// The dates counted from there, where they are earlier than without: whoever wants to be safe goes by them. Whether it does show that
/// she knew it a court decides.
pub(super) fn earlier(sent: &ProvenNotice, dates: &LegalDates) -> Option<LegalDates> {
    let Act::Notification { term, .. } = sent.notice.act else { return None };
    let (progress, replied) = (&sent.progress, sent.replies.iter().map(|reply| reply.accepted_at));
    let answered = [progress.acknowledged, progress.refused, progress.in_person].into_iter().flatten();
    let at = answered.chain(replied).min()?.max(sent.consigned_at);
    let calendar = Calendar::named(&sent.notice.calendar.id)?;
    let known = legal_dates(at, sent.notice.place, RuleId::ClCounter.rule(), term, calendar).ok()?;
    let deemed = known.readings().next()?.deemed;
    (deemed < dates.safe_for_citizen().deemed).then_some(known)
}
