//! What is printed: N and its files, as they were kept, verified again.

use super::Why;
use crate::archive::{Archive, evidence_name, kept};
use crate::{Body, BodyTrouble};
use lacre_evidence::{Certificate, FilePart, Notice, Verdict, verify};
use lacre_ground::ids::NoticeId;
use lacre_ground::signed::Signed;

/// A notice to be printed.
pub struct ToPrint {
    /// who sends it
    pub certificate: Signed<Certificate>,
    /// what it says
    pub notice: Signed<Notice>,
    /// its files; none of one that is not in the evidence
    pub files: Vec<Option<Vec<u8>>>,
    /// why it goes on paper
    pub why: Why,
}

impl Body {
    /// What is kept of somebody who is not reached electronically.
    pub fn to_print(&mut self, archive: &dyn Archive, id: NoticeId) -> Result<ToPrint, BodyTrouble> {
        let (own, row) = (self.own()?, self.dispatch(id)?);
        let why = Why::of(&row).filter(|_| row.kept.is_some()).ok_or(BodyTrouble::NotKept)?;
        let bundle = kept(archive, id)?;
        let gone = || BodyTrouble::NoEvidence(evidence_name(id));
        let Verdict::Valid(proven) = verify(&bundle.to_bytes(), Some(&own.trust()?)) else { return Err(gone()) };
        let kept = proven.otherwise.ok_or_else(gone)?;
        let files = bundle.files.into_iter().map(|part| match part {
            FilePart::Here(bytes) => Some(bytes),
            FilePart::LeftOut => None,
        });
        Ok(ToPrint { certificate: proven.agency, notice: kept.notice, files: files.collect(), why })
    }
}
