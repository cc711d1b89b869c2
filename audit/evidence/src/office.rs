//! The office note: the registrar's word that an account is the office account of somebody who holds a post at a body now.
//!
//! It names the account's newest state, as an answer to a body does, so that a device which left it signs nothing any more; and it
//! holds for a month only, because a post may end.

use super::lookup::state_line;
use data_encoding::HEXLOWER;
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, Handle};
use lacre_ground::note::{Lines, NoteError, NoteKey};
use lacre_ground::signed::{NoteText, Signed};
use lacre_ground::time::Millis;

/// How long a registrar lets one hold: 31 days.
pub const GOOD_FOR_MS: u64 = 31 * 24 * 60 * 60 * 1000;

/// What the registrar knows of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Post {
    /// one of those whom the body named to it: they say who else does what
    Administrator,
    /// an official, whose roles are for the administrators to say
    Official,
}

impl Post {
    /// As it stands in a note.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Official => "official",
        }
    }
    /// From a note.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Administrator, Self::Official].into_iter().find(|post| post.name() == text)
    }
}

/// The note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// the body
    pub agency: AgencyCode,
    /// the office account
    pub account: AccountId,
    /// its public name
    pub handle: Handle,
    /// number and hash of its newest state
    pub state: (u64, [u8; 32]),
    /// what the post is
    pub post: Post,
    /// when the registrar said it
    pub from: Millis,
    /// until when it holds
    pub until: Millis,
}

impl NoteText for Office {
    type Error = NoteError;
    const KIND: &'static str = "lacre office v1";

    fn lines(&self) -> String {
        format!(
            "agency {}\naccount {}\nhandle {}\nstate {} {}\npost {}\nfrom {}\nuntil {}\n",
            self.agency,
            self.account,
            self.handle.as_str(),
            self.state.0,
            HEXLOWER.encode(&self.state.1),
            self.post.name(),
            self.from,
            self.until
        )
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        Ok(Self {
            agency: lines.parsed("agency", AgencyCode::parse)?,
            account: lines.parsed("account", |v| AccountId::from_hex(v).ok())?,
            handle: lines.parsed("handle", |v| Handle::parse(v).ok().filter(|h| h.as_str() == v))?,
            state: lines.parsed("state", state_line)?,
            post: lines.parsed("post", Post::parse)?,
            from: lines.parsed("from", |v| Millis::parse(v).ok())?,
            until: lines.parsed("until", |v| Millis::parse(v).ok())?,
        })
    }
}

impl Office {
    /// Verifies and reads it; `registrars` are the trusted ones.
    pub fn verify(raw: &str, registrars: &[NoteKey]) -> Result<Signed<Self>, NoteError> {
        Signed::verify(raw, registrars)
    }
}
