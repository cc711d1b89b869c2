//! Official notices: the address for them, what came, what is answered.

use super::Client;
use crate::network::Network;
use crate::notices;
use crate::shelf;
use crate::words::{
    CasillaMisfit, HeadsExport, NoticeAddress, NoticeAnswer, NoticeExport, NoticeFile, NoticeRef, OfficialNotice, Reminder,
    ReplyFile, Trouble,
};
use lacre_evidence::{BatchText, Office, Official, Role, Roles};
use lacre_ground::note::NoteKey;
use lacre_ground::time::Millis;

impl Client {
    /// The account as an address for official notices.
    pub fn notice_address(&mut self) -> Result<NoticeAddress, Trouble> {
        notices::address(&mut self.engine)
    }

    /// The registrar is asked about the address with the next synchronisation, however lately it was.
    pub fn ask_about_notices(&mut self) -> Result<(), Trouble> {
        self.engine.run(notices::ask_soon)
    }

    /// From now on official notices reach the person here, and terms run whether she reads them or not. `statement` is what she was
    /// shown, on one line of at most [`MAX_STATEMENT`](crate::limits::MAX_STATEMENT) bytes: it is signed. The relay is told with the
    /// next synchronisation.
    pub fn designate(&mut self, statement: &str) -> Result<(), Trouble> {
        notices::designate(&mut self.engine, statement)
    }

    /// The office that this account is, as far as the registrar has said so to this profile; none for a private one.
    pub fn office(&mut self) -> Result<Option<Office>, Trouble> {
        notices::office(&mut self.engine)
    }

    /// Asks the registrar whether this is an office account now. What it gives, others know the official by.
    ///
    /// # Errors
    /// [`NoticeTrouble::NotAnOffice`](crate::NoticeTrouble::NotAnOffice).
    pub fn ask_office(&mut self, network: &mut dyn Network) -> Result<Official, Trouble> {
        notices::ask_office(&mut self.engine, network)
    }

    /// Signs a batch, as its drafter or as an approver. Ask [`Client::ask_office`] first: the registrar's word must be of now. What is
    /// signed is the digest of this text, in which the root of the rows stands: compute that from the rows that were shown.
    ///
    /// # Errors
    /// Of [`NoticeTrouble`](crate::NoticeTrouble): a private account, another body's batch, one's own draft, another's.
    pub fn approve(&mut self, batch: &BatchText, roles: [u8; 32], role: Role) -> Result<String, Trouble> {
        notices::approve(&mut self.engine, batch, roles, role)
    }

    /// Signs a list of roles of the body; `before` is the same list with the signatures that it has already.
    pub fn sign_roles(&mut self, roles: &Roles, before: Option<&str>) -> Result<String, Trouble> {
        notices::sign_roles(&mut self.engine, roles, before)
    }

    /// The registrar's keys that the relay has introduced to this profile.
    pub fn registrar_keys(&mut self) -> Result<Vec<NoteKey>, Trouble> {
        notices::registrar_keys(&mut self.engine)
    }

    /// The time of what an official makes now: not ahead of the relay's.
    pub fn office_time(&mut self) -> Result<Millis, Trouble> {
        notices::office_now(&mut self.engine)
    }

    /// They reach her here no longer, once the relay was told. What came stays.
    pub fn take_back_designation(&mut self) -> Result<(), Trouble> {
        notices::take_back(&mut self.engine)
    }

    /// Notices pause, or come again, once the relay was told.
    ///
    /// # Errors
    /// [`NoticeTrouble::NotDesignated`](crate::NoticeTrouble::NotDesignated).
    pub fn pause_notices(&mut self, on: bool) -> Result<(), Trouble> {
        notices::pause(&mut self.engine, on)
    }

    /// Whether bodies are told when a notice was opened.
    pub fn tell_opened(&mut self, on: bool) -> Result<(), Trouble> {
        notices::tell_opened(&mut self.engine, on)
    }

    /// Whether the person is reminded of terms before they end.
    pub fn remind(&mut self, on: bool) -> Result<(), Trouble> {
        notices::set_reminders(&mut self.engine, on)
    }

    /// Reminders that no program has said to the person yet, the earliest last day first. Each is given once: whoever takes it says
    /// it. (Programs read [`Happening::NoticeReminder`](crate::view::Happening::NoticeReminder).)
    pub fn take_reminders(&mut self) -> Result<Vec<Reminder>, Trouble> {
        notices::take_reminders(&mut self.engine)
    }

    /// Whether the desktop is still to be told of an event about official notices. Each is told by the program that takes it: two on
    /// one profile do not both tell.
    pub fn take_alert(&mut self, event: u64) -> Result<bool, Trouble> {
        notices::take_alert(&mut self.engine, event)
    }

    /// All notices, the newest first; the invalid ones too.
    pub fn notices(&mut self) -> Result<Vec<OfficialNotice>, Trouble> {
        notices::all(&mut self.engine)
    }

    /// One of them.
    pub fn notice(&mut self, id: NoticeRef) -> Result<OfficialNotice, Trouble> {
        notices::one(&mut self.engine, id)
    }

    /// The notice that a person means by at least four characters of its name.
    ///
    /// # Errors
    /// [`NoticeTrouble::NoSuchNotice`](crate::NoticeTrouble::NoSuchNotice), [`NoticeTrouble::AmbiguousPrefix`](crate::NoticeTrouble::AmbiguousPrefix).
    pub fn notice_called(&mut self, beginning: &str) -> Result<NoticeRef, Trouble> {
        notices::called(&mut self.engine, beginning)
    }

    /// The time that an answer given now bears: this device's, never ahead of the relay's as far as that is known.
    pub fn answer_time(&mut self) -> Result<Millis, Trouble> {
        let own = self.engine.own()?;
        Ok(shelf::not_ahead(&own, self.engine.clock.now()))
    }

    /// The person reads it now. The body is told only if she allows it, and later.
    pub fn notice_opened(&mut self, id: NoticeRef) -> Result<(), Trouble> {
        notices::opened(&mut self.engine, id)
    }

    /// A file of a notice, 0 is the body; none if it is not here and there is no network to fetch it.
    pub fn notice_file(
        &mut self,
        net: Option<&mut dyn Network>,
        id: NoticeRef,
        number: usize,
    ) -> Result<Option<NoticeFile>, Trouble> {
        notices::file(&mut self.engine, net, id, number)
    }

    /// What the person says to it, once. It counts as knowledge of the notice (Ley 19.880, art. 47).
    ///
    /// # Errors
    /// [`NoticeTrouble::AlreadyAnswered`](crate::NoticeTrouble::AlreadyAnswered), [`NoticeTrouble::TakesNoAnswers`](crate::NoticeTrouble::TakesNoAnswers), [`NoticeTrouble::Invalid`](crate::NoticeTrouble::Invalid).
    pub fn answer_notice(&mut self, id: NoticeRef, what: NoticeAnswer) -> Result<(), Trouble> {
        notices::answer(&mut self.engine, id, what)
    }

    /// A text and files to the body, an appeal, say. When the relay takes it, its receipt is kept.
    ///
    /// # Errors
    /// As [`Client::answer_notice`], and [`NoticeTrouble::TooLong`](crate::NoticeTrouble::TooLong), [`NoticeTrouble::TooManyFiles`](crate::NoticeTrouble::TooManyFiles).
    pub fn reply_to_notice(&mut self, id: NoticeRef, text: &str, files: &[ReplyFile<'_>]) -> Result<(), Trouble> {
        notices::reply(&mut self.engine, id, text, files)
    }

    /// What the relay said of casillas that did not fit what it gave, the oldest first: to be shown wherever faults are.
    pub fn casilla_misfits(&mut self) -> Result<Vec<CasillaMisfit>, Trouble> {
        notices::misfits(&mut self.engine)
    }

    /// The relay's words for what the casillas hold: proof that nothing was there, and against a relay that kept something back.
    pub fn export_heads(&mut self) -> Result<HeadsExport, Trouble> {
        notices::export_heads(&mut self.engine)
    }

    /// What proves a notice to others.
    pub fn export_notice(&mut self, id: NoticeRef, with_files: bool) -> Result<NoticeExport, Trouble> {
        notices::export(&mut self.engine, id, with_files)
    }
}
