//! A refused notice is kept for counter or letter, once the registrar says that its person cannot be reached.

use crate::archive::{Archive, evidence_name, kept};
use crate::dispatch::{Dispatch, Stage};
use crate::done::Kept;
use crate::own::Own;
use crate::send::{As, reason_of};
use crate::written::{NewFile, NewNotice};
use crate::{Body, BodyTrouble};
use lacre_evidence::clock::Calendar;
use lacre_evidence::{ApprovedRow, Bundle, Certificate, FileEntry, FilePart, Notice, Opening, Verdict, verify};
use lacre_ground::ids::NoticeId;
use lacre_transport::GrpcNetwork;
use sha2::{Digest as _, Sha256};

/// What a refused notice's evidence is called, once another N was kept in its place.
const REFUSED: &str = "refused.lacre";

/// What the registrar says of somebody whose notice was refused, asked once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// it is kept for counter or letter
    Kept,
    /// she can be reached electronically by now: send it anew
    Reachable,
}

impl Body {
    /// A notice that the relay refused, or that came too late, is no proof that she cannot be reached: the registrar is asked once more,
    /// and if it says so now, N is kept for counter or letter.
    pub fn ask_again(&mut self, net: &mut GrpcNetwork, archive: &mut dyn Archive, id: NoticeId) -> Result<Asked, BodyTrouble> {
        let (mut row, own) = (self.dispatch(id)?, self.own()?);
        if row.kept.is_some() {
            return Ok(Asked::Kept);
        }
        if row.stage != Stage::Refused {
            return Err(BodyTrouble::NotKept);
        }
        let bundle = kept(archive, id)?;
        // the key signs again what it signed before, and nothing that somebody put into the folder since
        let notice = signed_by(&own, &row, &bundle).filter(|notice| has_its_files(notice, &bundle));
        let notice = notice.ok_or_else(|| BodyTrouble::NoEvidence(evidence_name(id)))?;
        if notice.electronic.is_none() {
            // the program ended when N was kept and the row did not say so yet
            let opening = bundle.opening.as_deref().and_then(|text| Opening::parse(text).ok());
            row.seed = opening.and_then(|opening| opening.seed).map(|seed| *seed.expose());
            row.kept = Some(Kept { answer: answer_of(&own, &bundle)?, ..Kept::default() });
            self.keep_dispatch(&row)?;
            return Ok(Asked::Kept);
        }
        let new = new_of(&row, &notice, &bundle).ok_or_else(|| BodyTrouble::NoEvidence(evidence_name(id)))?;
        let relay = self.look_at_relay(net, &own)?;
        self.same_clock(relay)?;
        let back = match (self.returns()?.into_iter().find(|channel| row.returns == Some(channel.number)), row.back.clone()) {
            (Some(channel), Some(token)) => (channel, token),
            _ => self.return_right(net, &own)?,
        };
        (row.returns, row.back) = (Some(back.0.number), Some(back.1.clone()));
        self.keep_dispatch(&row)?;
        let given = self.ask(net, &own, &new.run)?;
        if given.right.is_some() {
            return Ok(Asked::Reachable);
        }
        let approved = self.approved_row(archive, &own, &row)?;
        let approved = approved.as_ref().map(|(by, place)| ApprovedRow { by, place });
        let as_ = As { id, standing: notice.standing, rule: None, calendar: Calendar::chile(), approved };
        let (paper, whole) = self.written(&own, &new, as_, given, Some(back))?;
        archive.keep(&format!("{id}.{REFUSED}"), &bundle.to_bytes())?;
        archive.keep(&evidence_name(id), &whole.to_bytes())?;
        (row.asked_at, row.seed) = (paper.asked_at, paper.seed);
        row.kept = paper.kept.map(|kept| Kept { answer: paper.reason, ..kept });
        self.keep_dispatch(&row)?;
        Ok(Asked::Kept)
    }
}

/// N of kept evidence, if this body's key signed it and it is the row's. Files of evidence can be changed by whoever has the folder.
pub(super) fn signed_by(own: &Own, row: &Dispatch, bundle: &Bundle) -> Option<Notice> {
    let certificate = Certificate::verify(bundle.certificate.as_deref()?, &own.registrars).ok()?;
    let notice = Notice::verify(bundle.notice.as_deref()?, &certificate).ok()?.into_value();
    let own_row = notice.id == row.id && notice.run.canonical() == row.run && notice.case == row.case;
    (certificate.key == own.key && own_row).then_some(notice)
}

/// What the registrar answered, by evidence that verifies.
fn answer_of(own: &Own, bundle: &Bundle) -> Result<String, BodyTrouble> {
    let Verdict::Valid(proven) = verify(&bundle.to_bytes(), Some(&own.trust()?)) else { return Ok(String::new()) };
    Ok(reason_of(&proven.lookup.answer))
}

fn has_its_files(notice: &Notice, bundle: &Bundle) -> bool {
    let same = |(line, part): (&FileEntry, &FilePart)| match part {
        FilePart::Here(bytes) => Sha256::digest(bytes).as_slice() == line.sha256,
        FilePart::LeftOut => false,
    };
    notice.files.len() == bundle.files.len() && notice.files.iter().zip(&bundle.files).all(same)
}

/// The same again.
fn new_of(row: &Dispatch, notice: &Notice, bundle: &Bundle) -> Option<NewNotice> {
    let file = |(line, part): (&FileEntry, &FilePart)| match part {
        FilePart::Here(bytes) => Some(NewFile { name: line.name.clone(), media: line.media.clone(), bytes: bytes.clone() }),
        FilePart::LeftOut => None,
    };
    Some(NewNotice {
        run: notice.run,
        beside: row.beside,
        act: notice.act,
        case: notice.case.clone(),
        procedure: notice.procedure.clone(),
        subject: notice.subject.clone(),
        description: notice.description.clone(),
        uris: notice.uris.clone(),
        files: notice.files.iter().zip(&bundle.files).map(file).collect::<Option<Vec<_>>>()?,
        answers: true,
    })
}
