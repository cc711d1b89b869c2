//! Whose account was reset at the counter: the registrar's notes (PROTOCOL.md, 8, "Resets").
//!
//! From the instant of a reset on nothing is believed of the old account's devices: whoever has the lost phone, and a program of
//! his own, acknowledges nothing and appeals against nothing in the person's name. What came before stays.
//!
//! A page of answers is fetched first, and the notes are asked for then: a reset of before an answer was taken is among them.

use crate::dispatch::Dispatch;
use crate::own::Own;
use crate::trouble::unproven;
use crate::{Body, BodyTrouble};
use lacre_core::network::Network as _;
use lacre_core::network::resets::{Known, Told, Walk};
use lacre_ground::account::{REGISTRAR, Reset};
use lacre_ground::ids::{AccountId, Generation, NoticeId};
use lacre_ground::note::NoteKey;
use lacre_ground::time::Millis;
use lacre_profile::Table;
use lacre_transport::GrpcNetwork;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The row of how far the relay was asked.
const ASKED: &[u8] = b"resets asked";
/// The scope of the rows of resets.
const RESETS: &[u8] = b"resets";
/// Pages of notes at a time, a million of them: a relay that has more of them makes them up.
const PAGES: u32 = 4_096;

/// How far this profile knows the relay's resets.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    through: u64,
    last: Option<[u8; 32]>,
    of: Option<Generation>,
}

impl From<Known> for Asked {
    fn from(Known { through, last, of }: Known) -> Self {
        Self { through, last, of }
    }
}

impl From<Asked> for Known {
    fn from(Asked { through, last, of }: Asked) -> Self {
        Self { through, last, of }
    }
}

/// That another account stands in the place of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetOf {
    /// since when nothing is believed of the old one
    pub at: Millis,
    /// the new one
    pub by: AccountId,
}

fn row_key(account: AccountId) -> Vec<u8> {
    [b"reset ".as_slice(), account.as_bytes()].concat()
}

impl Body {
    /// Asks for what is new. Without an answer nothing may be judged: a relay that keeps notes back keeps answers back, too.
    pub(crate) fn ask_resets(&mut self, net: &mut GrpcNetwork, own: &Own) -> Result<(), BodyTrouble> {
        let registrar = NoteKey::new(REGISTRAR, own.relay.identity().as_bytes())?;
        let mut known =
            self.profile.step(|step| Ok::<_, BodyTrouble>(step.get::<Asked>(Table::Meta, ASKED)?))?.unwrap_or_default();
        let mut walk = Walk::from(known.into());
        for _ in 0..PAGES {
            let page = net.resets(&own.relay, walk.request())?;
            let (news, now, end) = match walk.read(page)? {
                Told::Anew => continue,
                Told::News { notes, known, end } => (notes, Asked::from(known), end),
            };
            if now != known {
                self.profile.step(|step| {
                    for note in &news {
                        // one that is not the registrar's is passed over, as by persons' programs
                        let Ok(reset) = Reset::verify(note, &registrar) else { continue };
                        let key = row_key(reset.replaces);
                        // the first note about an account is the one that counts
                        if reset.account != reset.replaces && step.get::<ResetOf>(Table::Meta, &key)?.is_none() {
                            let row = ResetOf { at: reset.reset_at, by: reset.account };
                            step.put(Table::Meta, &key, RESETS, 0, &row)?;
                        }
                    }
                    Ok::<_, BodyTrouble>(step.put(Table::Meta, ASKED, b"", 0, &now)?)
                })?;
                known = now;
            }
            if end {
                return Ok(());
            }
        }
        Err(unproven("resets without end"))
    }

    /// Whether an account was reset, as far as the relay was asked.
    pub(crate) fn reset_of(&mut self, account: AccountId) -> Result<Option<ResetOf>, BodyTrouble> {
        self.profile.step(|step| Ok(step.get::<ResetOf>(Table::Meta, &row_key(account))?))
    }

    /// Notices whose person was reset before anything showed that she knew of them, and of which no copy went: an official decides whether her new account
    /// gets a copy.
    pub fn lost_on_the_way(&mut self) -> Result<BTreeMap<NoticeId, ResetOf>, BodyTrouble> {
        let rows: Vec<Dispatch> = self.dispatches()?.into_iter().filter(Dispatch::is_delivered).collect();
        // an original and its copies say the same: the newest of them is what she may have
        let newest: BTreeMap<NoticeId, NoticeId> = rows.iter().map(|row| (row.original(), row.id)).collect();
        let mut lost = BTreeMap::new();
        for row in rows.into_iter().filter(|row| newest.get(&row.original()) == Some(&row.id)) {
            let Some(account) = row.account else { continue };
            if let Some(reset) = self.reset_of(account)?.filter(|reset| !row.was_known_before(reset.at)) {
                lost.insert(row.id, reset);
            }
        }
        Ok(lost)
    }
}
