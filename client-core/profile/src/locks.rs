//! What opens what in a profile's file: up to two profiles, each with a secret of its own, and nothing that shows whether
//! there is a second one.
//!
//! | | holds |
//! |---|---|
//! | header, in clear | one salt and one cost for all secrets: a try takes one run of Argon2id, whatever it opens |
//! | 256 places, in clear | a wrapped profile key, or random bytes from the beginning; a try looks at all of them |
//! | a row of each profile | its own place; and, in the first one, place and key of the second |
//!
//! The rows of both lie in the same table of the same file, under keys of their own: size and times of the file are the
//! same because it is the same file. The second profile is there from the beginning, empty, in a place that no secret
//! opens; setting its passphrase changes the bytes of that place. It does not know of the first: should a second passphrase
//! be set *in it*, it takes a random place, and the first profile's is one of 255.
//!
//! What remains for an expert (`audit/documents`): rows stand in groups, and several copies of the file over time show
//! which places and rows change.

use super::Options;
use super::keys::{BadCost, PassphraseCost, ProfileKey, Secret, WRAPPED, WrappingKey};
use super::observer::NoObserver;
use super::rows::{RowKeys, Step, StoreError, Table};
use super::{OpenError, Profile};
use lacre_ground::random::{self, Rng};
use rusqlite::{Connection, named_params};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The row of [`Known`].
const KNOWN: &[u8] = b"places";

/// Why what opens a profile could not be changed. Nothing was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It opens something here already: choose another.
    #[error("this secret is in use here already")]
    Taken,
    /// There is a second passphrase: remove it first.
    #[error("there is a second passphrase already")]
    SecondExists,
    /// There is none that this profile knows of.
    #[error("there is no second passphrase")]
    NoSecond,
    /// The numbers for Argon2id in the file are outside their bounds.
    #[error("the cost of the passphrase is outside its bounds")]
    Cost,
    /// The file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<BadCost> for SecretError {
    fn from(_: BadCost) -> Self {
        SecretError::Cost
    }
}

/// What a profile knows of the places.
#[derive(Serialize, Deserialize)]
struct Known {
    /// none: only the profile key itself opens it
    own: Option<u8>,
    second: Option<Second>,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Second {
    place: u8,
    #[serde(with = "serde_bytes")]
    key: [u8; 32],
    /// a passphrase opens it
    open: bool,
}

impl Second {
    fn key(&self) -> ProfileKey {
        ProfileKey::new(self.key)
    }

    /// An empty profile that nothing opens yet.
    fn fresh(place: u8, step: &Step<'_>, rng: &mut dyn Rng) -> Result<Self, StoreError> {
        let key = ProfileKey::random(rng);
        Known { own: Some(place), second: None }.write(&step.under(&RowKeys::of(&key)))?;
        Ok(Self { place, key: *key.expose(), open: false })
    }
}

/// Makes header and places, and this profile's knowledge of them; to be called once, in the transaction that makes the file.
pub(super) fn make(
    to: &Connection,
    secret: &Secret<'_>,
    options: Options,
    master: &ProfileKey,
    rng: &mut dyn Rng,
) -> Result<(), OpenError> {
    let (salt, cost) = (random::bytes(rng), options.cost);
    to.execute(
        "INSERT INTO header (id, salt, memory_kib, passes, lanes) VALUES (1, :salt, :memory, :passes, :lanes)",
        named_params! {":salt": salt, ":memory": cost.memory_kib, ":passes": cost.passes, ":lanes": cost.lanes},
    )?;
    for place in 0..=u8::MAX {
        put(to, place, random::bytes(rng))?;
    }
    let own = WrappingKey::of(secret, &salt, cost)?.map(|wrapping| (random::bytes::<1>(rng), wrapping));
    let own = own.map(|([place], wrapping)| (place, wrapping.wrap(place, master, rng)));
    if let Some((place, wrapped)) = own {
        put(to, place, wrapped)?;
    }
    let keys = RowKeys::of(master);
    let step = Step::new(to, &keys, &NoObserver);
    let mut known = Known { own: own.map(|(place, _)| place), second: None };
    known.second = Some(Second::fresh(known.free_place(rng), &step, rng)?);
    Ok(known.write(&step)?)
}

/// The key of the profile that this secret opens. Takes as long whatever it opens.
pub(super) fn open(from: &Connection, secret: &Secret<'_>) -> Result<ProfileKey, OpenError> {
    let Some(wrapping) = wrapping(from, secret)? else {
        let Secret::Raw(key) = secret else { return Err(OpenError::WrongSecret) };
        let known = Known::read(&Step::new(from, &RowKeys::of(key), &NoObserver))?;
        return if known.is_some() { Ok((*key).clone()) } else { Err(OpenError::WrongSecret) };
    };
    let found = find(from, &wrapping)?;
    found.map(|(_, key)| key).ok_or(OpenError::WrongSecret)
}

fn wrapping(from: &Connection, secret: &Secret<'_>) -> Result<Option<WrappingKey>, OpenError> {
    let (salt, cost) = from.query_row("SELECT salt, memory_kib, passes, lanes FROM header WHERE id = 1", [], |row| {
        Ok((row.get(0)?, PassphraseCost { memory_kib: row.get(1)?, passes: row.get(2)?, lanes: row.get(3)? }))
    })?;
    Ok(WrappingKey::of(secret, &salt, cost)?)
}

/// The place that this key opens. It looks at all of them, also after it found one.
fn find(from: &Connection, wrapping: &WrappingKey) -> Result<Option<(u8, ProfileKey)>, StoreError> {
    let mut statement = from.prepare_cached("SELECT place, wrapped FROM lock ORDER BY place")?;
    let mut rows = statement.query(())?;
    let mut found = None;
    while let Some(row) = rows.next()? {
        let place = row.get(0)?;
        if let Some(key) = wrapping.unwrap_key(place, &row.get(1)?) {
            found = Some((place, key));
        }
    }
    Ok(found)
}

fn put(to: &Connection, place: u8, wrapped: [u8; WRAPPED]) -> Result<(), StoreError> {
    to.prepare_cached(
        "INSERT INTO lock (place, wrapped) VALUES (?1, ?2) ON CONFLICT (place) DO UPDATE SET wrapped = excluded.wrapped",
    )?
    .execute((place, wrapped))?;
    Ok(())
}

impl Known {
    fn read(step: &Step<'_>) -> Result<Option<Self>, StoreError> {
        step.get(Table::Lock, KNOWN)
    }

    fn write(&self, step: &Step<'_>) -> Result<(), StoreError> {
        step.put(Table::Lock, KNOWN, b"", 0, self)
    }

    /// A place that is neither this profile's nor that of the second one that it knows of.
    fn free_place(&self, rng: &mut dyn Rng) -> u8 {
        loop {
            let [place] = random::bytes(rng);
            if self.own != Some(place) && self.second.as_ref().is_none_or(|second| second.place != place) {
                return place;
            }
        }
    }
}

impl Profile {
    /// Sets the passphrase or key file that opens this profile from now on; the one before no longer does. The rows stay as
    /// they are: whoever has an old copy of the file and its old secret reads all of it, old and new. With
    /// [`Secret::Raw`] only the profile key itself opens it, and it must be that.
    pub fn change_secret(&mut self, secret: &Secret<'_>, rng: &mut dyn Rng) -> Result<(), SecretError> {
        if let Secret::Raw(key) = secret
            && **key != self.master
        {
            return Err(SecretError::Taken);
        }
        let wrapping = self.wrapping(secret)?;
        let master = self.master.clone();
        self.step(|step| {
            let mut known = Known::read(step)?.ok_or(StoreError::Damaged { what: "the profile's places" })?;
            let new = match &wrapping {
                None => None,
                Some(wrapping) if find(step.connection(), wrapping)?.is_some() => return Err(SecretError::Taken),
                Some(wrapping) => {
                    let place = known.own.unwrap_or_else(|| known.free_place(rng));
                    Some((place, wrapping.wrap(place, &master, rng)))
                }
            };
            step.writing()?;
            match (new, known.own) {
                (Some((place, wrapped)), _) => put(step.connection(), place, wrapped)?,
                (None, Some(place)) => put(step.connection(), place, random::bytes(rng))?,
                (None, None) => {}
            }
            known.own = new.map(|(place, _)| place);
            Ok(known.write(step)?)
        })
    }

    /// From now on this passphrase opens the second, empty profile of the same file: for a person whom somebody forces to
    /// open it. Nothing in the file shows that it was set.
    pub fn set_second(&mut self, passphrase: &str, rng: &mut dyn Rng) -> Result<(), SecretError> {
        let Some(wrapping) = self.wrapping(&Secret::Passphrase(passphrase))? else { return Err(SecretError::Cost) };
        self.step(|step| {
            let mut known = Known::read(step)?.ok_or(StoreError::Damaged { what: "the profile's places" })?;
            if known.second.as_ref().is_some_and(|second| second.open) {
                return Err(SecretError::SecondExists);
            }
            if find(step.connection(), &wrapping)?.is_some() {
                return Err(SecretError::Taken);
            }
            let mut second = match known.second.take() {
                Some(second) => second,
                None => Second::fresh(known.free_place(rng), step, rng)?,
            };
            step.writing()?;
            put(step.connection(), second.place, wrapping.wrap(second.place, &second.key(), rng))?;
            second.open = true;
            known.second = Some(second);
            Ok(known.write(step)?)
        })
    }

    /// Removes the second profile with all its rows. False when its rows are still in SQLite's log, because another process
    /// reads: they go at the next pause.
    pub fn remove_second(&mut self, rng: &mut dyn Rng) -> Result<bool, SecretError> {
        self.step(|step| {
            let mut known = Known::read(step)?.ok_or(StoreError::Damaged { what: "the profile's places" })?;
            let second = known.second.take().filter(|second| second.open).ok_or(SecretError::NoSecond)?;
            step.under(&RowKeys::of(&second.key())).delete_everything()?;
            step.writing()?;
            put(step.connection(), second.place, random::bytes(rng))?;
            known.second = Some(Second::fresh(second.place, step, rng)?);
            Ok::<_, SecretError>(known.write(step)?)
        })?;
        Ok(self.tidy()?)
    }

    /// Whether a passphrase opens the second profile that this one made.
    pub fn has_second(&mut self) -> Result<bool, StoreError> {
        self.step(|step| Ok(Known::read(step)?.is_some_and(|known| known.second.is_some_and(|second| second.open))))
    }

    fn wrapping(&self, secret: &Secret<'_>) -> Result<Option<WrappingKey>, SecretError> {
        wrapping(&self.connection, secret).map_err(|error| match error {
            OpenError::Store(error) => SecretError::Store(error),
            _ => SecretError::Cost,
        })
    }
}
