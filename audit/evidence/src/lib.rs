//! Evidence: what proves a notice, offline, without relay and without client. The format is told in `FORMAT.md`.
//!
//! | part of a bundle | who signs | what it proves |
//! |---|---|---|
//! | [`Certificate`] | registrar | this body has this code, key and place |
//! | [`Lookup`] | registrar | whoever opens the commitment has this account, state and grant, or is exempt, or has none |
//! | [`Opening`] | nobody | opens the commitment to the RUN, and the seed of the envelope |
//! | [`Designation`] | a device | official notices reach the person at this account |
//! | account states | devices | the account's keys |
//! | [`Grant`] | a device | this channel and notice key are the person's |
//! | [`Notice`] (N) | agency | what was written to whom |
//! | [`Approvals`] | officials' devices, administrators', registrar | who of the body approved it, where N says that somebody did |
//! | [`Record`] of SubmissionAcceptance | relay | these bytes were in that channel at that time |
//! | further records | as [`Event::signers`] says | what happened then |
//! | files | digests in N | body and attachments |
//!
//! Who is exempt or has no account is notified at a counter or by letter: N is kept without a grant, and the body's records of what it
//! did stand beside it ([`otherwise`]).
//!
//! Beside a bundle stand [`heads`], a relay's words for what a casilla holds: they convict one that kept an entry back.
//!
//! [`verify()`] checks all of it and computes what follows by law, by the [`clock`]. [`build`] makes it; [`export`] gives it
//! ETSI's form.

pub mod approval;
pub mod approved;
pub mod arrival;
pub mod batch;
pub mod build;
pub mod bundle;
pub mod certificate;
pub mod clock;
mod container;
pub mod designation;
pub mod effect;
pub mod envelope;
pub mod event;
pub mod export;
mod fields;
pub mod four_eyes;
pub mod grant;
pub mod heads;
pub mod lookup;
pub mod notice;
pub mod office;
pub mod opening;
pub mod otherwise;
pub mod progress;
pub mod put_back;
pub mod record;
pub mod reply;
pub mod returned;
pub mod roles;
pub mod skew;
pub mod trust;
pub mod verdict;
pub mod verify;

pub use approval::Approval;
pub use approved::{Approvals, Approved, ApprovedRow, NotApproved, Official, RowPlace, SignedBy};
pub use arrival::Arrived;
pub use batch::{BatchText, Row, RowFile};
pub use bundle::{Bundle, FilePart};
pub use certificate::Certificate;
pub use container::ContainerError;
pub use designation::Designation;
pub use effect::Effect;
pub use envelope::{Envelope, Header, Seed};
pub use event::{Event, Reason, Signer};
pub use grant::{Grant, GrantKind};
pub use heads::{HeadSays, HeadsVerdict, ProvenHeads};
pub use lookup::{Answer, ExemptReason, Lookup, Salt};
pub use notice::{Act, Electronic, FileEntry, Notice, Stage, Standing};
pub use office::{Office, Post};
pub use opening::Opening;
pub use otherwise::{PaperEffect, Step};
pub use progress::Progress;
pub use put_back::PutBackError;
pub use record::{Issuer, Party, Record, Submission};
pub use reply::{Reply, TakenReply};
pub use roles::{Role, Roles};
pub use trust::{Keys, Trust};
pub use verdict::{
    Fault, FaultCode, Lack, LackCode, Outcome, Proven, ProvenNotice, ProvenOtherwise, ProvenReply, ProvenStep, Verdict,
};
pub use verify::{Beside, verify, verify_beside, verify_with_files};
