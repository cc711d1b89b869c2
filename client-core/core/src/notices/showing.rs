//! What a person sees of notices. Signatures are verified each time, and what follows by law is computed each time: nothing of it is
//! stored, so that a row that was changed shows as invalid, and a later calendar counts further.

use super::answering::takes_answers;
use super::arriving::registrars;
use crate::shelf;
use crate::shelf::{Cx, Engine, NoticeRow, SaidTo};
use crate::words::{
    Genuine, NotGenuine, NoticeAnswer, NoticeRef, NoticeReply, NoticeTrouble, OfficialNotice, StepError, Trouble,
};
use lacre_evidence::clock::{LegalDates, Reading};
use lacre_evidence::{Certificate, Effect, FaultCode, Notice, Reply, Standing, arrival, effect};
use lacre_ground::note::{NoteKey, UnverifiedNote};
use lacre_ground::signed::{NoteText as _, Signed};
use lacre_ground::time::Millis;

/// Least characters that name a notice.
const SHORTEST: usize = 4;

impl Genuine {
    /// The dates if the person is taken to know of it from then on (Ley 19.880, art. 47); none where no term starts, or this program
    /// cannot count.
    #[must_use]
    pub fn if_known(&self, at: Millis) -> Option<LegalDates> {
        let Some(Effect::Notified(_)) = &self.effect else { return None };
        effect::if_known(&self.notice, at, at)
    }

    /// By what a person is safe: the earliest reading, counting her own answer. None where nothing starts.
    #[must_use]
    pub fn safe(&self) -> Option<&Reading> {
        let Some(Effect::Notified(dates)) = &self.effect else { return None };
        let by_law = dates.safe_for_citizen();
        let known = self.known.as_ref().and_then(|dates| dates.readings().next());
        Some(known.filter(|known| known.deemed < by_law.deemed).unwrap_or(by_law))
    }
}

/// The rows with what their checks need.
pub(super) struct Checked {
    keys: Vec<NoteKey>,
    pub(super) rows: Vec<NoticeRow>,
}

pub(super) fn checked(cx: &mut Cx<'_, '_>) -> Result<Checked, StepError> {
    let own = shelf::own(cx)?;
    Ok(Checked { keys: registrars(&shelf::address(cx)?.registrars, &own.authority)?, rows: shelf::notices(cx)? })
}

/// All notices, the newest first.
pub(crate) fn all(engine: &mut Engine) -> Result<Vec<OfficialNotice>, Trouble> {
    engine.run(|cx| {
        let checked = checked(cx)?;
        Ok(checked.rows.iter().rev().map(|row| checked.view(row)).collect())
    })
}

/// One of them.
pub(crate) fn one(engine: &mut Engine, id: NoticeRef) -> Result<OfficialNotice, Trouble> {
    engine.run(|cx| {
        let checked = checked(cx)?;
        let row = checked.rows.iter().find(|row| row.id == id).ok_or(NoticeTrouble::NoSuchNotice)?;
        Ok(checked.view(row))
    })
}

/// The notice that a person means by the beginning of its name.
pub(crate) fn called(engine: &mut Engine, beginning: &str) -> Result<NoticeRef, Trouble> {
    let beginning = beginning.to_ascii_lowercase();
    engine.run(|cx| {
        let rows = shelf::notices(cx)?;
        let mut found = rows.iter().filter(|row| beginning.len() >= SHORTEST && row.id.to_hex().starts_with(&beginning));
        match (found.next(), found.next()) {
            (Some(row), None) => Ok(row.id),
            (Some(_), Some(_)) => Err(NoticeTrouble::AmbiguousPrefix.into()),
            (None, _) => Err(NoticeTrouble::NoSuchNotice.into()),
        }
    })
}

/// Certificate and N of a row, verified.
pub(super) fn verified(row: &NoticeRow, keys: &[NoteKey]) -> Result<(Signed<Certificate>, Signed<Notice>), NotGenuine> {
    if let Some(fault) = &row.fault {
        let code = FaultCode::ALL.iter().copied().find(|c| c.code() == fault.code);
        return Err(NotGenuine { code, part: fault.part.clone(), detail: fault.detail.clone() });
    }
    let changed = |part: &str, detail: String| NotGenuine { code: Some(FaultCode::Signature), part: part.to_owned(), detail };
    let header = row.header.as_ref().ok_or_else(|| changed("envelope", "its header is not here".to_owned()))?;
    let certificate = Certificate::verify(&header.certificate, keys).map_err(|e| changed("certificate", e.to_string()))?;
    let notice = Notice::verify(&header.notice, &certificate).map_err(|e| changed("notice", e.to_string()))?;
    Ok((certificate, notice))
}

impl Checked {
    pub(super) fn view(&self, row: &NoticeRow) -> OfficialNotice {
        let content = verified(row, &self.keys).map(|(certificate, notice)| Box::new(self.genuine(row, certificate, notice)));
        let waiting = row.records.iter().filter(|r| r.stored.is_none()).count()
            + row.replies.iter().filter(|r| r.receipt.is_none()).count();
        OfficialNotice {
            id: row.id,
            envelope: row.digest,
            accepted_at: row.accepted_at,
            came_at: row.came_at,
            content,
            opened_at: row.opened_at,
            answer: row.said.map(|(said, at)| (answer(said), at)),
            replies: row.replies.iter().map(reply).collect(),
            waiting: u64::try_from(waiting).unwrap_or(u64::MAX),
        }
    }

    fn genuine(&self, row: &NoticeRow, certificate: Signed<Certificate>, notice: Signed<Notice>) -> Genuine {
        let effect = match notice.standing {
            // its dates are its original's
            Standing::Copy(hash) => self.original(hash).or_else(|| arrival::effect(&notice, row.accepted_at)),
            Standing::Original | Standing::Corrects(_) | Standing::Trial => arrival::effect(&notice, row.accepted_at),
        };
        let takes_answers = takes_answers(row);
        let (certificate, notice) = (certificate.into_value(), notice.into_value());
        let mut genuine = Genuine { certificate, notice, effect, known: None, takes_answers };
        if let Some(Effect::Notified(by_law)) = &genuine.effect {
            genuine.known = effect::earlier(known_from(row).and_then(|at| genuine.if_known(at)), by_law);
        }
        genuine
    }

    fn original(&self, hash: [u8; 32]) -> Option<Effect> {
        let row = self.rows.iter().find(|row| row.id == NoticeRef::new(hash))?;
        let (_, notice) = verified(row, &self.keys).ok()?;
        arrival::effect(&notice, row.accepted_at)
    }
}

/// When the person first showed that she knows of it.
fn known_from(row: &NoticeRow) -> Option<Millis> {
    let said = row.said.map(|(_, at)| at);
    let replied = row.replies.iter().map(|r| r.accepted_at.unwrap_or(r.made_at)).min();
    said.into_iter().chain(replied).min().map(|at| at.max(row.accepted_at))
}

const fn answer(said: SaidTo) -> NoticeAnswer {
    match said {
        SaidTo::Acknowledged => NoticeAnswer::Acknowledged,
        SaidTo::Refused => NoticeAnswer::Refused,
        SaidTo::NotMe => NoticeAnswer::NotMe,
    }
}

fn reply(row: &shelf::ReplyRow) -> NoticeReply {
    let note = UnverifiedNote::parse(&row.note).ok().and_then(|note| Reply::parse(note.unverified_text()).ok());
    NoticeReply {
        text: row.text.clone(),
        files: note.map(|n| n.files.into_iter().map(|f| f.name).collect()).unwrap_or_default(),
        made_at: row.made_at,
        accepted_at: row.accepted_at,
    }
}
