//! The notice note N: the minimum data of Decreto 8 art. 13, to whom, and the digests of every file. The agency signs it.
//!
//! | type | what it is | starts a term |
//! |---|---|---|
//! | `NT` start, inquiry, end | notification, by the stage of the procedure (1, 2, 3) | yes |
//! | `CP` | personal communication | no |
//! | `CI` | institutional communiqué | no |

use super::certificate::Certificate;
use super::fields;
use super::lookup::state_line;
use crate::clock::{Calendar, Place, Rule, Term};
use data_encoding::HEXLOWER;
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, ChannelId, NoticeId};
use lacre_ground::note::{Lines, NoteError, UnverifiedNote};
use lacre_ground::run::Run;
use lacre_ground::signed::{NoteText, Signed};
use lacre_ground::time::Millis;

/// Most files in a notice; the first is the body.
pub const MAX_FILES: usize = 32;
/// Most persistent URIs.
pub const MAX_URIS: usize = 8;
/// Longest file, bytes.
pub const MAX_FILE: u64 = 100 << 20;

/// The stage of the procedure that a notification belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// 1
    Start,
    /// 2
    Inquiry,
    /// 3
    End,
}

/// The type of act (Decreto 8 art. 13 no. 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// NT: it starts a term.
    Notification {
        /// of the procedure
        stage: Stage,
        /// how long one may appeal; none where there is no appeal
        term: Option<Term>,
    },
    /// CP: it starts none.
    PersonalCommunication,
    /// CI: it starts none.
    Communique,
}

impl Act {
    /// Type and term, as they stand in N.
    #[must_use]
    pub fn words(self) -> (&'static str, String) {
        match self {
            Act::Notification { stage, term } => {
                let stage = match stage {
                    Stage::Start => "NT start",
                    Stage::Inquiry => "NT inquiry",
                    Stage::End => "NT end",
                };
                (stage, term.map_or("none".to_owned(), |t| t.days().to_string()))
            }
            Act::PersonalCommunication => ("CP", "none".to_owned()),
            Act::Communique => ("CI", "none".to_owned()),
        }
    }
}

/// What a notice is beside others. Only an original and a correction start a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// one of its own
    Original,
    /// a copy, for instance for a new device, of the notice with this note hash: its dates are that one's
    Copy([u8; 32]),
    /// it stands in the place of the notice with this note hash, and has dates of its own
    Corrects([u8; 32]),
    /// a trial: nothing follows from it
    Trial,
}

impl Standing {
    /// From N.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            None if text == "original" => Some(Self::Original),
            None if text == "trial" => Some(Self::Trial),
            Some(("copy", hash)) => fields::hex32(hash).map(Self::Copy),
            Some(("corrects", hash)) => fields::hex32(hash).map(Self::Corrects),
            _ => None,
        }
    }
    /// As it stands in N.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Original => "original".to_owned(),
            Self::Copy(hash) => format!("copy {}", HEXLOWER.encode(hash)),
            Self::Corrects(hash) => format!("corrects {}", HEXLOWER.encode(hash)),
            Self::Trial => "trial".to_owned(),
        }
    }
    /// May a term start with it?
    #[must_use]
    pub const fn counts(&self) -> bool {
        matches!(self, Self::Original | Self::Corrects(_))
    }
}

/// A rule or calendar, by id and by the hash of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextRef {
    /// its id
    pub id: String,
    /// SHA-256 of its text
    pub sha256: [u8; 32],
}

impl TextRef {
    /// How a notice names this rule.
    #[must_use]
    pub fn of_rule(rule: &Rule) -> Self {
        Self { id: rule.id.name().to_owned(), sha256: rule.sha256 }
    }
    /// How a notice names this calendar.
    #[must_use]
    pub fn of_calendar(calendar: &Calendar) -> Self {
        Self { id: calendar.id().to_owned(), sha256: calendar.sha256() }
    }
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (id, hash) = text.split_once(' ')?;
        Some(Self { id: fields::plain(id, 64)?, sha256: fields::hex32(hash)? })
    }
    pub(crate) fn text(&self) -> String {
        format!("{} {}", self.id, HEXLOWER.encode(&self.sha256))
    }
}

/// What only a notice has that goes to a casilla.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Electronic {
    /// the rule that the agency holds to be the law
    pub rule: TextRef,
    /// the account
    pub account: AccountId,
    /// number and hash of its state
    pub state: (u64, [u8; 32]),
    /// note hash of the grant
    pub grant: [u8; 32],
}

/// A file of the notice. Number 0 is the body, the others are attachments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// SHA-256 of the file
    pub sha256: [u8; 32],
    /// its bytes
    pub len: u64,
    /// SHA-256 of the file padded and encrypted
    pub sealed_sha256: [u8; 32],
    /// media type, such as `application/pdf`
    pub media: String,
    /// file name without folders
    pub name: String,
}

/// The notice.
#[derive(Clone, PartialEq, Eq)]
pub struct Notice {
    /// its id
    pub id: NoticeId,
    /// code of the body (art. 13 no. 1)
    pub agency: AgencyCode,
    /// note hash of its certificate
    pub certificate: [u8; 32],
    /// note hash of the registrar's answer
    pub lookup: [u8; 32],
    /// when it was signed, by the agency's clock
    pub made_at: Millis,
    /// the agency's place
    pub place: Place,
    /// the calendar that it counts with
    pub calendar: TextRef,
    /// to whom (no. 2)
    pub run: Run,
    /// by which rule it goes to which account; none where the registrar said that it cannot: kept for counter or letter
    pub electronic: Option<Electronic>,
    /// what it is beside other notices
    pub standing: Standing,
    /// hash of the officials' approvals; its place is kept, nobody approves yet
    pub approvals: Option<[u8; 32]>,
    /// channel on the grant's relay that takes what the person's devices answer
    pub return_channel: Option<ChannelId>,
    /// case file, IUIe (no. 3)
    pub case: String,
    /// procedure (no. 4)
    pub procedure: String,
    /// type (no. 5)
    pub act: Act,
    /// subject (no. 6)
    pub subject: String,
    /// description (no. 6)
    pub description: String,
    /// persistent URIs (no. 7)
    pub uris: Vec<String>,
    /// body and attachments (no. 7)
    pub files: Vec<FileEntry>,
}

impl NoteText for Notice {
    type Error = NoteError;
    const KIND: &'static str = "lacre notice v2";

    fn lines(&self) -> String {
        let hex = |b: &[u8; 32]| HEXLOWER.encode(b);
        let (kind, term) = self.act.words();
        let (rule, account, state, grant) = match &self.electronic {
            Some(e) => (e.rule.text(), e.account.to_string(), format!("{} {}", e.state.0, hex(&e.state.1)), hex(&e.grant)),
            None => ("none".to_owned(), "none".to_owned(), "none".to_owned(), "none".to_owned()),
        };
        let mut out = format!(
            "id {}\nagency {}\ncertificate {}\nlookup {}\nmade {}\nplace {}\nrule {}\ncalendar {}\n",
            self.id,
            self.agency,
            hex(&self.certificate),
            hex(&self.lookup),
            self.made_at,
            fields::place_text(self.place),
            rule,
            self.calendar.text(),
        );
        out.push_str(&format!(
            "run {}\naccount {account}\nstate {state}\ngrant {grant}\nstanding {}\napprovals {}\nreturn {}\n",
            self.run,
            self.standing.text(),
            fields::or_none(self.approvals.as_ref()),
            fields::or_none(self.return_channel.as_ref().map(ChannelId::as_bytes)),
        ));
        out.push_str(&format!("case {}\nprocedure {}\ntype {kind}\nterm {term}\n", self.case, self.procedure));
        out.push_str(&format!("subject {}\ndescription {}\n", self.subject, self.description));
        for uri in &self.uris {
            out.push_str(&format!("uri {uri}\n"));
        }
        for f in &self.files {
            let (plain, sealed) = (hex(&f.sha256), hex(&f.sealed_sha256));
            out.push_str(&format!("file {plain} {} {sealed} {} {}\n", f.len, f.media, f.name));
        }
        out
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        let id = lines.parsed("id", |v| NoticeId::from_hex(v).ok())?;
        let agency = lines.parsed("agency", AgencyCode::parse)?;
        let certificate = lines.parsed("certificate", fields::hex32)?;
        let lookup = lines.parsed("lookup", fields::hex32)?;
        let made_at = lines.parsed("made", |v| Millis::parse(v).ok())?;
        let place = lines.parsed("place", fields::place)?;
        let rule = lines.parsed("rule", or_none(TextRef::parse))?;
        let calendar = lines.parsed("calendar", TextRef::parse)?;
        let run = lines.parsed("run", |v| Run::parse(v).ok().filter(|r| r.canonical() == v))?;
        let account = lines.parsed("account", or_none(|v| AccountId::from_hex(v).ok()))?;
        let state = lines.parsed("state", or_none(state_line))?;
        let grant = lines.parsed("grant", fields::hex32_or_none)?;
        let electronic = match (rule, account, state, grant) {
            (Some(rule), Some(account), Some(state), Some(grant)) => Some(Electronic { rule, account, state, grant }),
            (None, None, None, None) => None,
            _ => return Err(lines.wrong("rule, account, state and grant, or none of them")),
        };
        let standing = lines.parsed("standing", Standing::parse)?;
        let approvals = lines.parsed("approvals", fields::hex32_or_none)?;
        let return_channel = lines.parsed("return", fields::hex32_or_none)?.map(ChannelId::new);
        let case = lines.parsed("case", |v| fields::plain(v, 64))?;
        let procedure = lines.parsed("procedure", |v| fields::plain(v, 64))?;
        let kind = lines.value("type")?;
        let term = lines.parsed("term", |v| match v {
            "none" => Some(None),
            n => Term::business_days(u16::try_from(fields::number(n)?).ok()?).map(Some),
        })?;
        let act = match (kind, term) {
            ("NT start", term) => Act::Notification { stage: Stage::Start, term },
            ("NT inquiry", term) => Act::Notification { stage: Stage::Inquiry, term },
            ("NT end", term) => Act::Notification { stage: Stage::End, term },
            ("CP", None) => Act::PersonalCommunication,
            ("CI", None) => Act::Communique,
            _ => return Err(lines.wrong("NT with a stage, or CP or CI without a term")),
        };
        let subject = lines.parsed("subject", |v| fields::plain(v, 400))?;
        let description = lines.parsed("description", |v| fields::plain(v, 4000))?;
        let mut uris = Vec::new();
        while lines.next_is("uri") && uris.len() < MAX_URIS {
            uris.push(lines.parsed("uri", |v| fields::plain(v, 1000))?);
        }
        let mut files = vec![lines.parsed("file", file_line)?];
        while lines.next_is("file") && files.len() < MAX_FILES {
            files.push(lines.parsed("file", file_line)?);
        }
        Ok(Self {
            id,
            agency,
            certificate,
            lookup,
            made_at,
            place,
            calendar,
            run,
            electronic,
            standing,
            approvals,
            return_channel,
            case,
            procedure,
            act,
            subject,
            description,
            uris,
            files,
        })
    }
}

impl Notice {
    /// Number of the account's state that it names; 0 where it names no account.
    #[must_use]
    pub fn state_number(&self) -> u64 {
        self.electronic.as_ref().map_or(0, |electronic| electronic.state.0)
    }
    /// Verifies and reads it; `agency` is the verified certificate of whoever sent it.
    pub fn verify(raw: &str, agency: &Certificate) -> Result<Signed<Self>, NoteError> {
        Signed::verify(raw, &[agency.note_key()?])
    }

    /// The door from one's own archive: reads again a note that was verified before it was kept. It checks no signature: never for a
    /// note that came from outside.
    #[must_use]
    pub fn kept(raw: &str) -> Option<Self> {
        Self::parse(UnverifiedNote::parse(raw).ok()?.unverified_text()).ok()
    }
}

/// A value, or `none`.
fn or_none<T>(form: impl Fn(&str) -> Option<T>) -> impl Fn(&str) -> Option<Option<T>> {
    move |text| if text == "none" { Some(None) } else { form(text).map(Some) }
}

fn file_line(text: &str) -> Option<FileEntry> {
    let mut words = text.splitn(5, ' ');
    Some(FileEntry {
        sha256: fields::hex32(words.next()?)?,
        len: fields::number(words.next()?).filter(|n| *n <= MAX_FILE)?,
        sealed_sha256: fields::hex32(words.next()?)?,
        media: fields::plain(words.next()?, 100)?,
        name: fields::plain(words.next()?, 255)?,
    })
}
