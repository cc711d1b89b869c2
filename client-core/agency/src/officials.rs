//! What officials pass between them as files: lists of roles, and approvals. Nothing here is believed: [`gather`] puts together what
//! a batch's approvals are, and `lacre_evidence::four_eyes` says whether they are enough.

use lacre_evidence::{Approval, Approvals, BatchText, Fault, Office, Official, Role, Roles, four_eyes};
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, Handle};
use lacre_ground::label::{self, Label};
use lacre_ground::note::{NoteError, NoteKey, UnverifiedNote};
use lacre_ground::signed::{NoteText as _, Signed};
use lacre_ground::time::Millis;
use serde::{Deserialize, Serialize};

/// An official, as others know her: the registrar's note and the states of her office account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// the note
    pub office: String,
    /// the states
    pub states: Vec<String>,
}

impl From<Official> for Card {
    fn from(Official { office, states }: Official) -> Self {
        Self { office, states }
    }
}

/// The body's lists of roles with those who signed them, and one that waits for a second administrator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolesFile {
    /// lists from number 0 on, signed
    pub lists: Vec<String>,
    /// who signed them
    pub officials: Vec<Card>,
    /// the next one, with the signatures that it has
    pub waiting: Option<String>,
    /// roles given before there are two administrators to sign them
    #[serde(default)]
    pub begun: Vec<(String, String)>,
}

/// One official's approval, and who she is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalFile {
    /// the note
    pub approval: String,
    /// who signed it
    pub official: Card,
}

impl ApprovalFile {
    /// Note hash of the list of roles by which she signed, as she says it.
    pub(crate) fn list(&self) -> Option<[u8; 32]> {
        let note = UnverifiedNote::parse(&self.approval).ok()?;
        Approval::parse(note.unverified_text()).ok().map(|approval| approval.roles)
    }
}

fn text(raw: &str) -> Result<Roles, NoteError> {
    Roles::parse(UnverifiedNote::parse(raw)?.unverified_text())
}

/// Note hash, of a note as it came.
pub(crate) fn hash(raw: &str) -> Result<[u8; 32], NoteError> {
    Ok(label::hash(Label::NoteHash, &[UnverifiedNote::parse(raw)?.unverified_text().as_bytes()]))
}

impl RolesFile {
    /// The list in force, whose signatures were checked.
    pub fn in_force(&self, agency: &AgencyCode, registrars: &[NoteKey]) -> Result<Signed<Roles>, Fault> {
        four_eyes::roles_in_force(&self.lists, &self.known(), agency, registrars)
    }
    /// The one that waits, if there is one that can be read.
    #[must_use]
    pub fn waiting(&self) -> Option<Roles> {
        text(self.waiting.as_ref()?).ok()
    }
    fn known(&self) -> Vec<Official> {
        self.officials.iter().map(|card| Official { office: card.office.clone(), states: card.states.clone() }).collect()
    }

    /// The next list: what waits, if an administrator signed it, else what is in force, with a role given or taken. It is to be signed
    /// by two administrators; what waited before is replaced by it. Whoever signs looks at [`RolesFile::changes`] first.
    pub fn next(
        &self,
        agency: &AgencyCode,
        registrars: &[NoteKey],
        made_at: Millis,
        change: (AccountId, Role),
        given: bool,
    ) -> Result<Roles, NoteError> {
        let before = self.lists.last().map(|raw| Ok::<_, NoteError>((text(raw)?, hash(raw)?))).transpose()?;
        let mut officials = match (self.waiting_signed(agency, registrars), &before) {
            (Some(waiting), _) => waiting.officials,
            (None, Some((roles, _))) => roles.officials.clone(),
            (None, None) => Vec::new(),
        };
        if before.is_none() {
            officials.extend(self.begun());
        }
        officials.retain(|official| *official != change);
        if given {
            officials.push(change);
        }
        officials.sort();
        officials.dedup();
        let (number, previous) = before.map_or((0, None), |(roles, hash)| (roles.number.saturating_add(1), Some(hash)));
        Ok(Roles { agency: agency.clone(), number, previous, made_at, officials })
    }

    /// The list that waits, if an administrator signed exactly it: the file passes through many hands.
    #[must_use]
    pub fn waiting_signed(&self, agency: &AgencyCode, registrars: &[NoteKey]) -> Option<Roles> {
        let raw = self.waiting.as_ref()?;
        let waits = four_eyes::signed_by_one(&self.lists, raw, &self.known(), agency, registrars);
        waits.ok().map(Signed::into_value)
    }

    fn begun(&self) -> impl Iterator<Item = (AccountId, Role)> {
        self.begun.iter().filter_map(|(account, role)| Some((AccountId::from_hex(account).ok()?, Role::parse(role)?)))
    }

    /// What this list gives and takes beside the one in force: what its signers put into force.
    #[must_use]
    pub fn changes(&self, next: &Roles) -> [Vec<(AccountId, Role)>; 2] {
        let before = self.lists.last().and_then(|raw| text(raw).ok()).map(|roles| roles.officials).unwrap_or_default();
        let beside =
            |all: &[(AccountId, Role)], of: &[(AccountId, Role)]| all.iter().filter(|o| !of.contains(o)).copied().collect();
        [beside(&next.officials, &before), beside(&before, &next.officials)]
    }

    /// What the registrar calls this account, where a card of it is here.
    #[must_use]
    pub fn handle_of(&self, account: &AccountId, registrars: &[NoteKey]) -> Option<Handle> {
        let offices = self.officials.iter().filter_map(|card| Office::verify(&card.office, registrars).ok());
        offices.filter(|office| office.account == *account).map(|office| office.handle.clone()).next_back()
    }

    /// Leaves out every card without which the lists are in force all the same: they stand in all evidence.
    pub fn only_signers(&mut self, agency: &AgencyCode, registrars: &[NoteKey]) {
        let mut at = 0;
        while at < self.officials.len() {
            let card = self.officials.remove(at);
            let in_force =
                self.lists.is_empty() || four_eyes::roles_in_force(&self.lists, &self.known(), agency, registrars).is_ok();
            if !in_force || self.lists.is_empty() {
                self.officials.insert(at, card);
                at += 1;
            }
        }
    }

    /// What waits has a signature more, by this official. True when it is enough of them, and it is in force from now on.
    pub fn signed(&mut self, raw: String, by: Card, agency: &AgencyCode, registrars: &[NoteKey]) -> bool {
        self.begun.clear();
        if !self.officials.contains(&by) {
            self.officials.push(by);
        }
        let lists = [self.lists.clone(), vec![raw.clone()]].concat();
        let enough = four_eyes::roles_in_force(&lists, &self.known(), agency, registrars).is_ok();
        if enough {
            (self.lists, self.waiting) = (lists, None);
            self.only_signers(agency, registrars);
        } else {
            self.waiting = Some(raw);
        }
        enough
    }

    /// Keeps a list that cannot be signed yet: it names fewer than two administrators.
    pub fn begin(&mut self, roles: &Roles) {
        self.begun = roles.officials.iter().map(|(account, role)| (account.to_string(), role.name().to_owned())).collect();
    }

    /// Note hash of the list in force, which approvals name.
    pub fn hash(&self) -> Option<[u8; 32]> {
        hash(self.lists.last()?).ok()
    }
}

/// The approvals of a batch, as a bundle will have them.
#[must_use]
pub fn gather(batch: &BatchText, roles: &RolesFile, approvals: &[ApprovalFile]) -> Approvals {
    let mut officials = roles.known();
    for ApprovalFile { official, .. } in approvals {
        let official = Official { office: official.office.clone(), states: official.states.clone() };
        if !officials.contains(&official) {
            officials.push(official);
        }
    }
    let approvals = approvals.iter().map(|file| file.approval.clone()).collect();
    Approvals { batch: batch.text(), roles: roles.lists.clone(), officials, approvals }
}
