//! Official notices, as an application sees them.

use jiff::civil::Date;
use lacre_evidence::clock::LegalDates;
use lacre_evidence::{Certificate, Effect, FaultCode, FileEntry, Notice};
use lacre_ground::time::Millis;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What a notice is called on this profile. Of a valid one it is the hash of N, so that the same N is one notice; of an invalid one the
/// digest of what came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NoticeRef(#[serde(with = "serde_bytes")] [u8; 32]);

impl NoticeRef {
    pub(crate) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// In hexadecimal; any unique beginning of at least four characters names the notice.
    #[must_use]
    pub fn to_hex(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }
}

/// An official notice that came.
#[derive(Clone)]
pub struct OfficialNotice {
    /// what it is called here
    pub id: NoticeRef,
    /// digest of its envelope, which the relay's record of the delivery names
    pub envelope: [u8; 32],
    /// when the relay took it: from then the law counts
    pub accepted_at: Millis,
    /// when it came to this device
    pub came_at: Millis,
    /// what it says, or why it is not to be believed
    pub content: Result<Box<Genuine>, NotGenuine>,
    /// when it was first read here
    pub opened_at: Option<Millis>,
    /// what the person said to it, and when
    pub answer: Option<(NoticeAnswer, Millis)>,
    /// the replies sent from here, the oldest first
    pub replies: Vec<NoticeReply>,
    /// answers to the body that the relay has not taken yet
    pub waiting: u64,
}

/// A notice that a body of the registrar's wrote to this person.
#[derive(Clone)]
pub struct Genuine {
    /// who sent it
    pub certificate: Certificate,
    /// what it says
    pub notice: Notice,
    /// what follows by law; none where this program cannot count. Of a copy its original's, if that is here
    pub effect: Option<Effect>,
    /// the dates if the person's own answer counts as knowledge of it (Ley 19.880, art. 47): only where they are earlier
    pub known: Option<LegalDates>,
    /// it can be answered
    pub takes_answers: bool,
}

/// Why a notice is shown as invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotGenuine {
    /// the code of a verdict; none of one that only a newer program knows
    pub code: Option<FaultCode>,
    /// the part that is wrong
    pub part: String,
    /// more, for developers
    pub detail: String,
}

/// What a person says to a notice, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeAnswer {
    /// she has taken note of it
    Acknowledged,
    /// she refuses it; that stops no term
    Refused,
    /// she is not the person that it is meant for
    NotMe,
}

/// A reply that was written here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeReply {
    /// what was written
    pub text: String,
    /// names of its files
    pub files: Vec<String>,
    /// when, by this device's clock
    pub made_at: Millis,
    /// when the relay took it, by its receipt: proof that it was in time
    pub accepted_at: Option<Millis>,
}

/// A reply to be sent.
#[derive(Clone, Copy)]
pub struct ReplyFile<'a> {
    /// name without folders
    pub name: &'a str,
    /// media type
    pub media: &'a str,
    /// its bytes
    pub bytes: &'a [u8],
}

/// A file of a notice, its digest checked.
#[derive(Clone)]
pub struct NoticeFile {
    /// what the body signed of it
    pub line: FileEntry,
    /// its bytes
    pub bytes: Zeroizing<Vec<u8>>,
}

/// The account as an address for official notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeAddress {
    /// official notices reach the person here
    pub on: bool,
    /// since when, by the designation
    pub since: Option<Millis>,
    /// the words that were signed
    pub statement: Option<String>,
    /// they pause
    pub paused: bool,
    /// the relay was told so
    pub told: bool,
    /// bodies are told when a notice was opened
    pub tell_opened: bool,
    /// she is reminded of terms before they end
    pub reminders: bool,
    /// grants that were left when the registrar last said so
    pub remaining: Option<u32>,
    /// how many answers about this person bodies were given: (year times 100 plus month, count), the newest first
    pub answers: Vec<(u32, u32)>,
    /// why notices do not reach her here all the same, if the registrar has noted that: `law`, `legal-person`, `minor`, `dead`
    pub exempt: Option<String>,
    /// when the registrar said so
    pub said_at: Option<Millis>,
}

/// What does not fit in the relay's word for what a casilla holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MisfitKind {
    /// it counts more than it gave: it keeps something back
    More,
    /// it counts fewer than it gave, or than it said before
    Fewer,
    /// as many, but others
    Others,
    /// it is earlier than what it said before, or old
    Earlier,
    /// it is not signed by this relay, or of something else
    NotItsWord,
}

/// The relay's word for what a casilla holds did not fit what it gave, and still did not when that was read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CasillaMisfit {
    /// what does not fit
    pub kind: MisfitKind,
    /// entries that the relay says there are
    pub says: u64,
    /// entries that it gave
    pub gave: u64,
    /// since when
    pub since: Millis,
    /// when it fitted again
    pub until: Option<Millis>,
}

/// The relay's words for what casillas hold, as a file for others.
#[derive(Clone)]
pub struct HeadsExport {
    /// the file
    pub bytes: Vec<u8>,
    /// casillas of which it says something
    pub casillas: u64,
    /// head notes in it
    pub notes: u64,
    /// when the newest was signed
    pub newest: Option<Millis>,
}

/// That the last day to answer a notice is near.
#[derive(Clone)]
pub struct Reminder {
    /// of which notice
    pub notice: OfficialNotice,
    /// the last day by which she is safe
    pub last_day: Date,
    /// the business days before it on which this was due
    pub before: u16,
}

/// What proves a notice to others, as files for one folder.
#[derive(Clone)]
pub struct NoticeExport {
    /// name and bytes of each
    pub files: Vec<(String, Vec<u8>)>,
    /// numbers of files that the notice has and that are not here, 0 is the body
    pub left_out: Vec<usize>,
}
