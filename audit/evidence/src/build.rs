//! Making evidence: what an agency's program does to send a notice, and to put its bundle together.
//!
//! In order: ask the registrar (answer note, designation, grant, account states, salt), [`compose`] with a fresh seed, append the
//! envelope, take the relay's receipt, [`Sent::bundle`]; add records as they come.

use super::approved::{ApprovedRow, NotApproved};
use super::bundle::{Bundle, FilePart};
use super::certificate::Certificate;
use super::designation::Designation;
use super::envelope::{self, Envelope, Header, Seed};
use super::grant::Grant;
use super::lookup::{Answer, Lookup, Salt};
use super::notice::{Act, Electronic, Notice, Standing, TextRef};
use super::opening::Opening;
use super::trust::Keys;
use crate::clock::{Calendar, Rule};
use lacre_ground::ids::{ChannelId, NoticeId, Token};
use lacre_ground::note::{NoteError, NoteSigner};
use lacre_ground::run::Run;
use lacre_ground::seal::SealError;
use lacre_ground::signed::{NoteText, Signed};
use lacre_ground::time::Millis;

/// Why a notice cannot be composed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// The registrar's answer names no account: notify otherwise.
    #[error("the person has no account or is exempt: notify otherwise")]
    NoElectronicNotice,
    /// The registrar's answer names an account: send it there.
    #[error("the person can be notified electronically")]
    Electronic,
    /// A field is not of its form: change it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The grant's key takes nothing: ask the registrar for another grant.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// It is not what officials approved: have it approved again.
    #[error(transparent)]
    NotApproved(#[from] NotApproved),
}

/// A file to send.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// file name without folders
    pub name: &'a str,
    /// media type
    pub media: &'a str,
    /// its bytes
    pub bytes: &'a [u8],
}

/// What the agency writes.
#[derive(Clone, Copy)]
pub struct Draft<'a> {
    /// the notice's id
    pub id: NoticeId,
    /// what it is beside others
    pub standing: Standing,
    /// type of act
    pub act: Act,
    /// case file (IUIe)
    pub case: &'a str,
    /// procedure
    pub procedure: &'a str,
    /// subject
    pub subject: &'a str,
    /// description
    pub description: &'a str,
    /// persistent URIs
    pub uris: &'a [&'a str],
    /// the body, then attachments
    pub files: &'a [File<'a>],
    /// the rule that the agency holds to be the law
    pub rule: &'a Rule,
    /// the calendar
    pub calendar: &'a Calendar,
    /// where the person's devices answer, and the right to write there
    pub answers_to: Option<(ChannelId, &'a Token)>,
    /// the row of an approved batch that it is; none: everybody will be told that nobody is shown to have approved it
    pub approved: Option<ApprovedRow<'a>>,
}

impl Draft<'_> {
    /// N, not signed yet.
    fn notice(
        &self,
        lookup: &Signed<Lookup>,
        run: Run,
        certificate: &Signed<Certificate>,
        made_at: Millis,
        seed: &Seed,
        electronic: Option<Electronic>,
    ) -> Notice {
        let files = self.files.iter().enumerate();
        Notice {
            id: self.id,
            agency: certificate.code.clone(),
            certificate: certificate.note_hash(),
            lookup: lookup.note_hash(),
            made_at,
            place: certificate.place,
            calendar: TextRef::of_calendar(self.calendar),
            run,
            electronic,
            standing: self.standing,
            approvals: self.approved.map(|row| row.by.hash()),
            return_channel: self.answers_to.map(|(channel, _)| channel),
            case: self.case.to_owned(),
            procedure: self.procedure.to_owned(),
            act: self.act,
            subject: self.subject.to_owned(),
            description: self.description.to_owned(),
            uris: self.uris.iter().map(|u| (*u).to_owned()).collect(),
            files: files.map(|(i, f)| envelope::entry(seed, i, f.bytes, f.media, f.name)).collect(),
        }
    }
}

/// What the registrar gave for one person.
#[derive(Clone, Copy)]
pub struct Addressee<'a> {
    /// the answer
    pub lookup: &'a Signed<Lookup>,
    /// the RUN that was asked for
    pub run: Run,
    /// opens the commitment in the answer
    pub salt: Salt,
    /// account states as they came
    pub states: &'a [String],
    /// the grant
    pub grant: &'a Signed<Grant>,
    /// the person's designation
    pub designation: &'a Signed<Designation>,
}

/// A composed notice: append the envelope, keep the rest for the evidence.
#[derive(Clone)]
pub struct Sent {
    /// what the relay takes
    pub envelope: Envelope,
    /// everything of the bundle but the receipt
    pub so_far: Bundle,
}

impl Sent {
    /// The bundle, once the relay has given its receipt. `records` are further ones, in any order.
    #[must_use]
    pub fn bundle(&self, receipt: &str, records: &[String]) -> Bundle {
        let mut events = vec![receipt.to_owned()];
        events.extend_from_slice(records);
        Bundle { events, ..self.so_far.clone() }
    }
}

/// Signs and seals a notice.
pub fn compose(
    draft: &Draft<'_>,
    to: &Addressee<'_>,
    certificate: &Signed<Certificate>,
    agency: &NoteSigner,
    keys: &Keys,
    made_at: Millis,
    seed: &Seed,
) -> Result<Sent, ComposeError> {
    let Answer::Account { account, state, state_hash, .. } = &to.lookup.answer else {
        return Err(ComposeError::NoElectronicNotice);
    };
    let electronic = Electronic {
        rule: TextRef::of_rule(draft.rule),
        account: *account,
        state: (*state, *state_hash),
        grant: to.grant.note_hash(),
    };
    let notice = draft.notice(to.lookup, to.run, certificate, made_at, seed, Some(electronic));
    // what we would not read ourselves, nobody gets
    let notice = Notice::verify(&notice.sign(agency)?, certificate)?;
    if let Some(row) = draft.approved {
        row.by.holds(&notice, row.place, 0)?;
    }
    let return_token = draft.answers_to.map(|(_, token)| token.clone());
    let header = Header {
        notice: notice.raw().to_owned(),
        seed: seed.clone(),
        certificate: certificate.raw().to_owned(),
        lookup: to.lookup.raw().to_owned(),
        designation: to.designation.raw().to_owned(),
        salt: to.salt,
        return_token: return_token.clone(),
    };
    let envelope = Envelope {
        header: header.seal_for(to.grant)?,
        files: draft.files.iter().enumerate().map(|(i, f)| envelope::seal_file(seed, i, f.bytes)).collect(),
    };
    let opening = Opening { run: to.run, salt: to.salt, seed: Some(seed.clone()), return_token };
    let so_far = Bundle {
        keys: Some(keys.text()),
        certificate: Some(certificate.raw().to_owned()),
        lookup: Some(to.lookup.raw().to_owned()),
        opening: Some(opening.text()),
        designation: Some(to.designation.raw().to_owned()),
        states: to.states.to_vec(),
        grant: Some(to.grant.raw().to_owned()),
        notice: Some(notice.raw().to_owned()),
        events: Vec::new(),
        files: draft.files.iter().map(|f| FilePart::Here(f.bytes.to_vec())).collect(),
        later: Vec::new(),
        approvals: draft.approved.map_or_else(Vec::new, |row| row.by.raw().parts(row.place)),
        replies: Vec::new(),
        reserved: Vec::new(),
    };
    Ok(Sent { envelope, so_far })
}

/// A person whom the registrar's answer calls unreachable.
#[derive(Clone, Copy)]
pub struct Unreachable<'a> {
    /// the answer
    pub lookup: &'a Signed<Lookup>,
    /// the RUN that was asked for
    pub run: Run,
    /// opens the commitment in the answer
    pub salt: Salt,
}

/// Signs a notice that goes to nobody electronically, and keeps it for counter or letter. The draft's rule is not named: what was
/// done says by which the law counts.
pub fn keep(
    draft: &Draft<'_>,
    to: &Unreachable<'_>,
    certificate: &Signed<Certificate>,
    agency: &NoteSigner,
    keys: &Keys,
    made_at: Millis,
    seed: &Seed,
) -> Result<Bundle, ComposeError> {
    if matches!(to.lookup.answer, Answer::Account { .. }) {
        return Err(ComposeError::Electronic);
    }
    let notice = draft.notice(to.lookup, to.run, certificate, made_at, seed, None);
    let notice = Notice::verify(&notice.sign(agency)?, certificate)?;
    if let Some(row) = draft.approved {
        row.by.holds(&notice, row.place, 0)?;
    }
    let return_token = draft.answers_to.map(|(_, token)| token.clone());
    let opening = Opening { run: to.run, salt: to.salt, seed: Some(seed.clone()), return_token };
    Ok(Bundle {
        keys: Some(keys.text()),
        certificate: Some(certificate.raw().to_owned()),
        lookup: Some(to.lookup.raw().to_owned()),
        opening: Some(opening.text()),
        notice: Some(notice.raw().to_owned()),
        files: draft.files.iter().map(|f| FilePart::Here(f.bytes.to_vec())).collect(),
        approvals: draft.approved.map_or_else(Vec::new, |row| row.by.raw().parts(row.place)),
        ..Bundle::default()
    })
}

/// The bundle that proves that a person was exempt or had no account when the agency asked.
#[must_use]
pub fn not_reachable(certificate: &Signed<Certificate>, lookup: &Signed<Lookup>, run: Run, salt: Salt, keys: &Keys) -> Bundle {
    let keys = Keys { relays: Vec::new(), gateways: Vec::new(), ..keys.clone() };
    Bundle {
        keys: Some(keys.text()),
        certificate: Some(certificate.raw().to_owned()),
        lookup: Some(lookup.raw().to_owned()),
        opening: Some(Opening { run, salt, seed: None, return_token: None }.text()),
        ..Bundle::default()
    }
}

impl Bundle {
    /// The same evidence without body and attachments: their digests stay in N, and it still verifies.
    #[must_use]
    pub fn without_files(&self) -> Self {
        Self { files: self.files.iter().map(|_| FilePart::LeftOut).collect(), ..self.clone() }
    }
}
