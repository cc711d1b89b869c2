//! A notice about an earlier one of this body: a copy for a person's new account, a correction, or what is said to a reply.
//!
//! A copy has the earlier one's subject, body and files, starts no term, and has the dates of its original. For these its last file is
//! the original's evidence, without the files: the account that it goes to has never seen the original.

use crate::archive::{Archive, evidence_name, kept};
use crate::dispatch::{Beside, Stage};
use crate::own::Own;
use crate::proven::sent_of;
use crate::written::{NewFile, NewNotice};
use crate::{Body, BodyTrouble};
use lacre_evidence::notice::MAX_FILES;
use lacre_evidence::{Bundle, FilePart, Notice, Standing};
use lacre_ground::ids::NoticeId;
use lacre_ground::run::Run;
use lacre_ground::signed::Signed;

/// What the original's evidence is called beside a copy.
pub const ORIGINAL: &str = "original.lacre";
/// Its media type.
const ORIGINAL_MEDIA: &str = "application/octet-stream";

impl Body {
    /// The same again, to the account that the person has now. Send it: the registrar is asked anew.
    pub fn copy_of(&mut self, archive: &dyn Archive, id: NoticeId) -> Result<NewNotice, BodyTrouble> {
        let own = self.own()?;
        let of = self.dispatch(id)?.original();
        let (bundle, notice) = self.delivered(archive, &own, of)?;
        let mut files = Vec::new();
        for (line, part) in notice.files.iter().zip(&bundle.files) {
            let FilePart::Here(bytes) = part else { return Err(BodyTrouble::NoEvidence(evidence_name(of))) };
            files.push(NewFile { name: line.name.clone(), media: line.media.clone(), bytes: bytes.clone() });
        }
        if files.len() < MAX_FILES {
            let bytes = bundle.without_files().to_bytes();
            files.push(NewFile { name: ORIGINAL.to_owned(), media: ORIGINAL_MEDIA.to_owned(), bytes });
        }
        Ok(NewNotice {
            run: notice.run,
            beside: Beside::Copy(of),
            act: notice.act,
            case: notice.case.clone(),
            procedure: notice.procedure.clone(),
            subject: notice.subject.clone(),
            description: notice.description.clone(),
            uris: notice.uris.clone(),
            files,
            answers: notice.return_channel.is_some(),
        })
    }

    /// To whom an earlier notice went, and of which case and procedure it is.
    pub fn about(&mut self, archive: &dyn Archive, id: NoticeId) -> Result<(Run, String, String), BodyTrouble> {
        let own = self.own()?;
        let (_, notice) = self.delivered(archive, &own, id)?;
        Ok((notice.run, notice.case.clone(), notice.procedure.clone()))
    }

    /// What a notice is beside others, as N says it.
    pub(crate) fn standing(&mut self, archive: &dyn Archive, own: &Own, beside: Beside) -> Result<Standing, BodyTrouble> {
        let mut hash = |id| Ok::<_, BodyTrouble>(self.delivered(archive, own, id)?.1.note_hash());
        Ok(match beside {
            // what is said to a reply is a notice of its own, of the same case
            Beside::Nothing | Beside::Answers(_) => Standing::Original,
            Beside::Trial => Standing::Trial,
            Beside::Copy(of) => Standing::Copy(hash(of)?),
            Beside::Corrects(of) => Standing::Corrects(hash(of)?),
        })
    }

    /// A notice that was delivered and is proved. Nothing is said about another, or about a trial.
    fn delivered(&mut self, archive: &dyn Archive, own: &Own, id: NoticeId) -> Result<(Bundle, Signed<Notice>), BodyTrouble> {
        let row = self.dispatch(id)?;
        if row.stage != Stage::Sent || row.unproven || row.beside == Beside::Trial {
            return Err(BodyTrouble::NotDelivered);
        }
        let bundle = kept(archive, id)?;
        let sent = sent_of(own, &bundle).map_err(|_| BodyTrouble::NoEvidence(evidence_name(id)))?;
        Ok((bundle, sent.notice))
    }
}
