//! What evidence proves that is kept here, by the keys of this body's relay and its registrar.

use crate::archive::{Archive, kept};
use crate::own::Own;
use crate::{Body, BodyTrouble};
use lacre_evidence::{Bundle, Outcome, ProvenNotice, Verdict, verify};
use lacre_ground::ids::NoticeId;

/// The notice of a bundle that verifies; else why it does not.
pub(crate) fn sent_of(own: &Own, bundle: &Bundle) -> Result<Box<ProvenNotice>, String> {
    let trust = own.trust().map_err(|e| e.to_string())?;
    match verify(&bundle.to_bytes(), Some(&trust)) {
        Verdict::Invalid(fault) => Err(format!("{} ({})", fault.code.code(), fault.part)),
        Verdict::Incomplete(lack) => Err(lack.code.code().to_owned()),
        Verdict::Valid(proven) => match proven.outcome {
            Outcome::Sent(sent) => Ok(sent),
            Outcome::Exempt | Outcome::NoAccount => Err("nothing was sent".to_owned()),
        },
    }
}

impl Body {
    /// What is kept of a notice, whole: with the files that it shares with others.
    pub fn evidence(&mut self, archive: &dyn Archive, id: NoticeId) -> Result<Vec<u8>, BodyTrouble> {
        Ok(kept(archive, id)?.to_bytes())
    }

    /// Whether these bytes are evidence of this notice: files of evidence can be changed by whoever has the folder.
    pub fn proves(&mut self, id: NoticeId, bytes: &[u8]) -> Result<bool, BodyTrouble> {
        let own = self.own()?;
        Ok(match verify(bytes, Some(&own.trust()?)) {
            Verdict::Valid(proven) => match proven.outcome {
                Outcome::Sent(sent) => sent.notice.id == id,
                Outcome::Exempt | Outcome::NoAccount => proven.otherwise.is_none_or(|kept| kept.notice.id == id),
            },
            Verdict::Invalid(_) | Verdict::Incomplete(_) => false,
        })
    }
}
