//! Why a body's program did not do something, and what to do.

use lacre_core::network::NetError;
use lacre_evidence::Fault;
use lacre_evidence::build::ComposeError;
use lacre_evidence::otherwise::StepError;
use lacre_ground::note::NoteError;
use lacre_ground::time::Millis;
use lacre_profile::StoreError;

/// Why.
#[derive(Debug, thiserror::Error)]
pub enum BodyTrouble {
    /// The relay was not reached, or said no to the whole call.
    #[error(transparent)]
    Network(#[from] NetError),
    /// The profile could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of evidence could not be read or written.
    #[error("evidence could not be kept or read: {0}")]
    Archive(#[from] std::io::Error),
    /// Enrol first.
    #[error("this profile is of no body yet: enrol it with the operator's code")]
    NotEnrolled,
    /// The profile is another body's, or of another relay.
    #[error("this profile belongs to a body at {0}")]
    Elsewhere(String),
    /// The relay or its registrar answered something that does not verify: tell the operator, send nothing.
    #[error("the answer does not verify: {0}")]
    Unproven(String),
    /// The body's certificate ended, and the operator has not renewed it.
    #[error("the certificate ended at {until}")]
    CertificateEnded {
        /// when
        until: Millis,
    },
    /// The files are more than evidence can hold.
    #[error("the files have {bytes} bytes together, and evidence holds {most}")]
    Together {
        /// of all files
        bytes: u64,
        /// [`crate::MAX_TOGETHER`]
        most: u64,
    },
    /// The notice is not of its form.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// A term of so many days is surely a mistake.
    #[error("a term of {days} business days: the longest is {most}")]
    LongTerm {
        /// that was asked for
        days: u16,
        /// [`crate::LONGEST_TERM`]
        most: u16,
    },
    /// A line of the notice is not of its form.
    #[error("{name}: one line of 1 to {most} bytes, without spaces at its ends")]
    Line {
        /// the option
        name: &'static str,
        /// most bytes, or most of them
        most: usize,
    },
    /// This computer's clock is not the registrar's: a notice with such a time proves nothing. Nothing was sent.
    #[error("this computer's clock differs by {by_ms} ms")]
    Clock {
        /// or behind
        ahead: bool,
        /// by so much
        by_ms: u64,
    },
    /// No body of the notice, or too many files, or one too long.
    #[error("a notice has 1 to 32 files of at most 100 MiB each")]
    Files,
    /// The relay did not take the row.
    #[error("the relay did not take it: {reason} {limit}")]
    Refused {
        /// a name of `lacre_proto::reasons`
        reason: String,
        /// of LIMIT: its name
        limit: String,
    },
    /// The answer of the registrar is older than an hour, and the notice is not stored: nothing was sent; send anew.
    #[error("the registrar's answer is too old, and nothing was sent")]
    TooLate,
    /// Nothing can be said about an earlier notice that was not delivered and proved, or was a trial.
    #[error("the earlier notice was not delivered, or was a trial")]
    NotDelivered,
    /// Nothing that came has this number, or it is no reply.
    #[error("no such reply")]
    NoSuchReply,
    /// Unknown to this profile.
    #[error("no such notice")]
    NoSuchNotice,
    /// No template of this name, or no such version of it.
    #[error("no such template")]
    NoSuchTemplate,
    /// Unknown to this profile, or a row of it is not what was kept.
    #[error("no such batch")]
    NoSuchBatch,
    /// Nothing more can be sent of it: it is done, or was cancelled.
    #[error("the batch has ended")]
    BatchEnded,
    /// The batch has no row of this number: look at it.
    #[error("the batch has {rows} rows, and no row {row}")]
    NoSuchRow {
        /// that was named
        row: u64,
        /// that it has
        rows: u64,
    },
    /// A table without rows.
    #[error("the table has no rows")]
    NoRows,
    /// A longer table: part it.
    #[error("a batch has at most {most} rows")]
    TooManyRows {
        /// [`crate::MAX_ROWS`]
        most: u64,
    },
    /// A file that every row has is not in the archive as it was seen: put it back.
    #[error("the attachment {0} is gone or was changed")]
    AttachmentGone(String),
    /// A row of the table cannot be written.
    #[error("line {line}: {why}")]
    Row {
        /// of the table, from 1
        line: u64,
        /// what is wrong with it
        why: String,
    },
    /// This body has officials: one drafts, others approve. Make a batch of it.
    #[error("this body has officials: what it sends is drafted by one and approved by others")]
    FourEyes,
    /// It has none: a list of roles is to be used first.
    #[error("this body has no officials yet")]
    NoOfficials,
    /// The list of roles does not say that she drafts: name one who does.
    #[error("not drafted by one of the drafters")]
    Drafter {
        /// accounts of those who may
        drafters: Vec<String>,
    },
    /// Lists or approvals are not what they must be.
    #[error("{}: {}", .0.part, .0.detail)]
    Approvals(Fault),
    /// The lists do not go on from those that are in force here: use the newest file.
    #[error("these lists of roles do not go on from those in force")]
    OtherRoles,
    /// Not enough officials approved it: nothing was asked, nothing sent.
    #[error("{has} of {needed} approvers")]
    NotApproved {
        /// so many did
        has: usize,
        /// so many must
        needed: usize,
        /// who drafted it did not sign that
        drafter_missing: bool,
    },
    /// An official's clock is ahead: nobody sends before it was approved.
    #[error("approved at {at}, which is later than now")]
    ApprovedLater {
        /// by her device's clock
        at: Millis,
    },
    /// A batch is longer than a package: leave out the rows' own attachments, or part it.
    #[error("the package would have more than {most} bytes")]
    PackageLong {
        /// [`crate::package::MAX_PACKAGE`]
        most: u64,
    },
    /// It would end before it begins, or has ended already.
    #[error("the batch ends before it begins")]
    BatchTimes,
    /// Of this notice only the registrar's answer was kept: send it again.
    #[error("what it says was not kept")]
    NotKept,
    /// What was done does not fit what was recorded.
    #[error(transparent)]
    Step(StepError),
    /// It was recorded as done on another day. What is recorded stays.
    #[error("that was recorded already, as done at {at}")]
    OtherDay {
        /// when it was done, by the record
        at: Millis,
    },
    /// Nothing was done with a notice before it was made.
    #[error("the notice was made at {made}")]
    StepEarly {
        /// when
        made: Millis,
    },
    /// What was done lies in the future.
    #[error("that is later than now")]
    StepLater,
    /// The file of evidence is not where it was kept, or is another: put it back.
    #[error("the evidence {0} is missing or was changed: put it back")]
    NoEvidence(String),
}

impl From<NoteError> for BodyTrouble {
    fn from(e: NoteError) -> Self {
        Self::Unproven(e.to_string())
    }
}

/// An answer of the relay or its registrar that does not verify.
pub(crate) fn unproven(what: &str) -> BodyTrouble {
    BodyTrouble::Unproven(what.to_owned())
}
