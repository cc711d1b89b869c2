//! What a verifier says, and what it has found proven.

use super::approved::Approved;
use super::certificate::Certificate;
use super::designation::Designation;
use super::effect::Effect;
use super::grant::Grant;
use super::lookup::Lookup;
use super::notice::{Electronic, Notice};
use super::otherwise::{PaperEffect, Step};
use super::progress::Progress;
use super::record::Record;
use super::reply::WholeReply;
use super::trust::Keys;
use lacre_ground::account::{AccountError, AccountState};
use lacre_ground::note::NoteError;
use lacre_ground::receipt::Receipt;
use lacre_ground::run::Run;
use lacre_ground::signed::Signed;
use lacre_ground::time::Millis;
use lacre_ground::verified::Verified;

macro_rules! codes {
    ($(#[$top:meta])* $type:ident { $($name:ident = $text:literal $doc:literal;)* }) => {
        $(#[$top])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type { $(#[doc = $doc] $name),* }
        impl $type {
            /// All of them.
            pub const ALL: &'static [$type] = &[$($type::$name),*];
            /// The code, the same in every language and program.
            #[must_use]
            pub const fn code(self) -> &'static str { match self { $($type::$name => $text),* } }
        }
    };
}

codes! {
    /// What is wrong. FORMAT.md has the same table.
    FaultCode {
        Container = "container" "the file is not of a bundle's form";
        Checksum = "checksum" "the digest at the end is of other bytes: changed or cut";
        Note = "note" "a text is not of its form";
        Keys = "keys" "made with a key that the trust file does not name";
        Signature = "signature" "not signed by whom it must be signed";
        CertificatePeriod = "certificate-period" "outside the period of the agency's certificate";
        OtherAgency = "other-agency" "the registrar answered another agency, or one with another certificate";
        Commitment = "commitment" "RUN and salt do not open the registrar's commitment";
        Exempt = "exempt" "the registrar said that no electronic notice takes effect, yet one is shown";
        AccountChain = "account-chain" "the account's states do not follow each other";
        OtherAccount = "other-account" "of another account than the registrar named";
        OtherState = "other-state" "not the account state that the registrar named";
        OtherDesignation = "other-designation" "not the designation that the registrar named";
        OtherGrant = "other-grant" "not the grant that the registrar handed out";
        NoticeLink = "notice-link" "the notice names another certificate, answer, person, account, state, grant or place";
        Approval = "approval" "an approval is not by an official who may, or of another batch, or the notice names other ones";
        ApprovalRow = "approval-row" "the notice is not what was approved, or was made at another time";
        ApprovalFew = "approval-few" "fewer officials approved it than so many rows need";
        Rule = "rule" "the rule or calendar has another text than its name says, does not fit an electronic notice, or was no law that day";
        NoReceipt = "no-receipt" "the first record is not a relay's SubmissionAcceptance";
        OtherRelay = "other-relay" "received by another relay than the grant names";
        OtherChannel = "other-channel" "received in another channel than the grant names";
        ReceiptEarly = "receipt-early" "received before the registrar's answer or before the notice was made";
        LookupStale = "lookup-stale" "the registrar's answer was too old when the relay received it";
        GrantPeriod = "grant-period" "received outside the grant's period";
        File = "file" "a file is not the one whose digest the agency signed";
        Envelope = "envelope" "sealed again, the notice gives other bytes than the relay received";
        Event = "event" "a record may not be signed by its issuer, is of another notice, sender or recipient, or comes before what must precede it";
        Reply = "reply" "a reply, or what stands in its place behind a record of counter or letter, is not of this notice, or not what the relay gave its receipt for";
        Withheld = "withheld" "the relay signed a receipt for the entry, and later that it is not there";
        Ids = "ids" "a list is not of the entries that a head note counts";
        Contradiction = "contradiction" "the relay accepted the notice, and says in another record that it did not, or lost it";
    }
}

codes! {
    /// What is missing. FORMAT.md has the same table.
    LackCode {
        Version = "version" "another version of the format: with 1 nothing was sent, for a later one use a newer verifier";
        Missing = "missing" "a part is missing";
        RuleUnknown = "rule-unknown" "this verifier does not have the rule or calendar";
        CalendarRange = "calendar-range" "the calendar does not reach that far";
        Reserved = "reserved" "something whose place is kept, and which this version cannot check";
        Ledger = "ledger" "the trust file demands a proof from the ledger";
        Trust = "trust" "nobody has said whom to trust: compare the fingerprints";
    }
}

/// What is wrong, and in which part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// what
    pub code: FaultCode,
    /// the part, as it is named in the bundle
    pub part: String,
    /// more, for developers
    pub detail: String,
}

/// What is missing.
#[derive(Clone, Debug)]
pub struct Lack {
    /// what
    pub code: LackCode,
    /// the parts or things, as they are named in the format
    pub what: Vec<String>,
    /// keys that the bundle claims to be made with
    pub fingerprints: Vec<(&'static str, String)>,
    /// what would be proven if those keys are the right ones
    pub if_trusted: Option<Box<Proven>>,
}

/// The verdict.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// All is proven.
    Valid(Box<Proven>),
    /// Something is wrong.
    Invalid(Fault),
    /// Nothing is wrong, something is missing.
    Incomplete(Box<Lack>),
}

impl Verdict {
    /// VALID, INVALID or INCOMPLETE.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Verdict::Valid(_) => "VALID",
            Verdict::Invalid(_) => "INVALID",
            Verdict::Incomplete(_) => "INCOMPLETE",
        }
    }
    /// The code of what is wrong or missing.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Verdict::Valid(_) => None,
            Verdict::Invalid(fault) => Some(fault.code.code()),
            Verdict::Incomplete(lack) => Some(lack.code.code()),
        }
    }
}

/// What a bundle proves.
#[derive(Clone)]
pub struct Proven {
    /// SHA-256 of the file
    pub digest: [u8; 32],
    /// the agency
    pub agency: Signed<Certificate>,
    /// the registrar's answer
    pub lookup: Signed<Lookup>,
    /// the person
    pub run: Run,
    /// the keys that signed
    pub keys: Keys,
    /// what came of it
    pub outcome: Outcome,
    /// where nothing went electronically: what the body kept for counter or letter, and says was done
    pub otherwise: Option<Box<ProvenOtherwise>>,
}

impl core::fmt::Debug for Proven {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Proven").field("digest", &data_encoding::HEXLOWER.encode(&self.digest)).finish_non_exhaustive()
    }
}

/// The outcomes of Decreto 8 art. 15 that evidence can prove.
#[derive(Clone)]
pub enum Outcome {
    /// The person is exempt: notify otherwise.
    Exempt,
    /// The person has no account: notify otherwise.
    NoAccount,
    /// Sent.
    Sent(Box<ProvenNotice>),
}

/// A notice in the casilla.
#[derive(Clone)]
pub struct ProvenNotice {
    /// the person's designation
    pub designation: Signed<Designation>,
    /// the account's state
    pub state: Verified<AccountState>,
    /// the grant
    pub grant: Signed<Grant>,
    /// N
    pub notice: Signed<Notice>,
    /// what N names: rule, account, state, grant
    pub to: Electronic,
    /// the officials' approvals; none: it was made by whoever held the body's key alone, and that must be said
    pub approved: Option<Approved>,
    /// the relay's receipt
    pub receipt: Signed<Record>,
    /// the instant of ContentConsignment, which the law counts from: computed
    pub consigned_at: Millis,
    /// all records that the bundle has, the receipt first: each is its issuer's word, and further ones may have been left out
    pub records: Vec<Signed<Record>>,
    /// how far it has come
    pub progress: Progress,
    /// what the person replied, as far as the bundle has it
    pub replies: Vec<ProvenReply>,
    /// for each file of N, whether the bundle has it or it was put back: then what it says is what the relay took. If not, both
    /// its digests are the agency's word alone: show it as not proven
    pub files_here: Vec<bool>,
    /// what follows by law
    pub effect: Effect,
}

/// A reply of the person, and when the relay took it.
#[derive(Clone)]
pub struct ProvenReply {
    /// a device's note, with its text and files
    pub reply: WholeReply,
    /// the relay's receipt for the entry that carried it
    pub receipt: Signed<Receipt>,
    /// when the relay took it: its word, as the time of the notice is
    pub accepted_at: Millis,
}

impl ProvenNotice {
    /// The records that speak against the delivery, or say that something went wrong: to be shown before all others.
    pub fn against(&self) -> impl Iterator<Item = &Signed<Record>> {
        self.records.iter().filter(|r| r.event.speaks_against())
    }
}

/// A notice that is kept for counter or letter, and what was done.
#[derive(Clone)]
pub struct ProvenOtherwise {
    /// N
    pub notice: Signed<Notice>,
    /// the officials' approvals, as of a notice that was sent
    pub approved: Option<Approved>,
    /// in the order of their recording
    pub steps: Vec<ProvenStep>,
    /// for each file of N, whether the bundle has it
    pub files_here: Vec<bool>,
    /// what follows by law, by the body's own word: the earliest day first. Nothing of a notice to the dead
    pub effects: Vec<PaperEffect>,
}

impl ProvenOtherwise {
    /// Steps by which something went wrong.
    pub fn against(&self) -> impl Iterator<Item = &ProvenStep> {
        self.steps.iter().filter(|step| step.step.speaks_against())
    }
}

/// A step, and since when the relay has had its record.
#[derive(Clone)]
pub struct ProvenStep {
    /// what was done
    pub step: Step,
    /// the body's record
    pub record: Signed<Record>,
    /// the relay's receipt for it: the record is not younger
    pub receipt: Signed<Receipt>,
    /// the record came to the relay more than a business day after what it says happened
    pub late: bool,
}

/// What a note that is not taken is called.
pub(crate) const fn note_code(e: &NoteError) -> FaultCode {
    match e {
        NoteError::WrongSignature(_) | NoteError::NotSigned => FaultCode::Signature,
        NoteError::Shape(_) | NoteError::Line { .. } => FaultCode::Note,
    }
}

/// What an account state that is not taken is called.
pub(crate) fn account_fault(part: &str, e: AccountError) -> Fault {
    let fault = |code, detail: &str| Fault { code, part: part.to_owned(), detail: detail.to_owned() };
    match e {
        AccountError::Note(e) => fault(note_code(&e), &e.to_string()),
        AccountError::Chain => fault(FaultCode::AccountChain, "does not follow"),
        AccountError::Devices => fault(FaultCode::Note, "devices"),
        AccountError::OtherAccount => fault(FaultCode::OtherAccount, "another account"),
    }
}
