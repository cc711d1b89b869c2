//! Accounts: a chain of signed states, and the registrar's binding of a handle to it. Both are notes.
//!
//! State 0 is signed by its own device; state N+1 by a device of state N. The account id is the labelled hash of the
//! text of state 0. What may follow what is the table of [`Verified::follow`]:
//!
//! | state | signed by | previous | number |
//! |---|---|---|---|
//! | 0 | a device of its own | `none` | 0 |
//! | N+1 | a device of state N | hash of the text of state N | N+1 |
//!
//! Account and device are different things everywhere: a state lists its devices.

use crate::address::{Address, Authority};
use crate::ids::{AccountId, ChannelId, DeviceId, Handle, Token};
use crate::label::{self, Label};
use crate::note::{Lines, NoteError, NoteKey, UnverifiedNote};
use crate::seal::{self, SealPublic};
use crate::signed::{NoteText, Signed};
use crate::time::Millis;
use crate::verified::Verified;
use data_encoding::{BASE64, HEXLOWER};

/// Most devices in one state.
pub const MAX_DEVICES: usize = 16;
/// Name before a device's signatures.
pub const DEVICE: &str = "lacre-device";
/// Name before the registrar's signatures.
pub const REGISTRAR: &str = "lacre-registrar";

/// Why a state or a binding is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Not a note, or not signed by whom it must be.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Its number or previous hash does not follow the state before: fetch the account again.
    #[error("does not follow the state before it")]
    Chain,
    /// No device, too many, or two with one id or key.
    #[error("a state has 1 to 16 different devices")]
    Devices,
    /// The binding is of another account than the states.
    #[error("the binding names another account")]
    OtherAccount,
}

/// One installation, as others see it.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    /// its id within the account
    pub id: DeviceId,
    /// Ed25519 key: MLS leaf, notes, login
    pub signature_key: [u8; 32],
    /// where first contacts are sent
    pub inbox: Address,
    /// what they are sealed to
    pub inbox_key: SealPublic,
    /// right to write there for a stamp; none is "nobody new"
    pub public_token: Option<Token>,
}

impl Device {
    /// The key its notes are verified with.
    pub fn note_key(&self) -> Result<NoteKey, NoteError> {
        NoteKey::new(DEVICE, &self.signature_key)
    }
}

/// One state of an account.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountState {
    /// 0, 1, 2 …
    pub number: u64,
    /// labelled hash of the state before; none for state 0
    pub previous: Option<[u8; 32]>,
    /// when it was made, by the device's clock
    pub made_at: Millis,
    /// its devices, at least one
    pub devices: Vec<Device>,
}

impl NoteText for AccountState {
    type Error = AccountError;
    const KIND: &'static str = "lacre account v1";

    fn lines(&self) -> String {
        let mut out = format!("number {}\n", self.number);
        match &self.previous {
            Some(hash) => out.push_str(&format!("previous {}\n", HEXLOWER.encode(hash))),
            None => out.push_str("previous none\n"),
        }
        out.push_str(&format!("made {}\n", self.made_at));
        for d in &self.devices {
            let token = d.public_token.as_ref().map_or("none".to_owned(), |t| HEXLOWER.encode(t.expose()));
            out.push_str(&format!(
                "device {}\nsign ed25519 {}\ninbox {} {}\nseal {:04x} {}\npublic {token}\n",
                d.id,
                HEXLOWER.encode(&d.signature_key),
                d.inbox.authority,
                d.inbox.channel,
                seal::SUITE,
                BASE64.encode(d.inbox_key.as_bytes()),
            ));
        }
        out
    }

    fn read(lines: &mut Lines<'_>) -> Result<Self, AccountError> {
        let number = lines.parsed("number", |v| v.parse::<u64>().ok().filter(|n| n.to_string() == v))?;
        let previous = lines.parsed("previous", |v| match v {
            "none" => Some(None),
            hash => HEXLOWER.decode(hash.as_bytes()).ok()?.try_into().ok().map(Some),
        })?;
        let made_at = lines.parsed("made", |v| Millis::parse(v).ok())?;
        let mut devices: Vec<Device> = Vec::new();
        while lines.next_is("device") {
            let device = Device {
                id: lines.parsed("device", |v| DeviceId::from_hex(v).ok())?,
                signature_key: lines.parsed("sign", NoteKey::parse_key)?,
                inbox: lines.parsed("inbox", |v| {
                    let (authority, channel) = v.split_once(' ')?;
                    let address =
                        Address { authority: Authority::parse(authority).ok()?, channel: ChannelId::from_hex(channel).ok()? };
                    (address.authority.to_string() == authority).then_some(address)
                })?,
                inbox_key: lines.parsed("seal", |v| {
                    let (suite, key) = v.split_once(' ')?;
                    let known = suite == format!("{:04x}", seal::SUITE);
                    known.then(|| SealPublic::new(&BASE64.decode(key.as_bytes()).ok()?).ok()).flatten()
                })?,
                public_token: lines.parsed("public", |v| match v {
                    "none" => Some(None),
                    token => Token::try_from(HEXLOWER.decode(token.as_bytes()).ok()?.as_slice()).ok().map(Some),
                })?,
            };
            if devices.len() >= MAX_DEVICES
                || devices.iter().any(|d| d.id == device.id || d.signature_key == device.signature_key)
            {
                return Err(AccountError::Devices);
            }
            devices.push(device);
        }
        if devices.is_empty() {
            lines.end()?;
            return Err(AccountError::Devices);
        }
        Ok(Self { number, previous, made_at, devices })
    }
}

impl AccountState {
    fn keys(&self) -> Result<Vec<NoteKey>, AccountError> {
        self.devices.iter().map(|d| d.note_key().map_err(AccountError::from)).collect()
    }

    /// Verifies state 0: the account it starts.
    pub fn first(raw: &str) -> Result<(AccountId, Verified<Self>), AccountError> {
        let state = Signed::verify_claim(raw, Self::keys)?;
        if state.number != 0 || state.previous.is_some() {
            return Err(AccountError::Chain);
        }
        let id = AccountId::new(label::hash(Label::AccountId, &[state.note().text().as_bytes()]));
        Ok((id, Verified::new(state.into_value())))
    }

    /// The door from one's own store: reads again a note that [`AccountState::first`] or [`Verified::follow`] took before
    /// it was stored. It checks no signature: never for a note that came from outside.
    pub fn stored(raw: &str) -> Result<Verified<Self>, AccountError> {
        Self::parse(UnverifiedNote::parse(raw)?.unverified_text()).map(Verified::new)
    }

    /// What the state after this one names as previous.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        label::hash(Label::StateHash, &[self.text().as_bytes()])
    }

    /// The device with this id.
    #[must_use]
    pub fn device(&self, id: DeviceId) -> Option<&Device> {
        self.devices.iter().find(|d| d.id == id)
    }
}

impl Verified<AccountState> {
    /// Verifies the state after this one.
    pub fn follow(&self, raw: &str) -> Result<Self, AccountError> {
        let next = Signed::<AccountState>::verify(raw, &self.keys()?)?;
        let follows = self.number.checked_add(1) == Some(next.number) && next.previous == Some(self.hash());
        if follows { Ok(Self::new(next.into_value())) } else { Err(AccountError::Chain) }
    }
}

/// The registrar's word: this handle belongs to this account, whose owner is a verified person. No RUN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// the public name
    pub handle: Handle,
    /// the account
    pub account: AccountId,
    /// when the registrar bound them
    pub bound_at: Millis,
}

impl NoteText for Binding {
    type Error = NoteError;
    const KIND: &'static str = "lacre binding v1";

    fn lines(&self) -> String {
        let handle = self.handle.as_str();
        format!("handle {handle}\naccount {}\nkind verified person\nbound {}\n", self.account, self.bound_at)
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        let handle = lines.parsed("handle", |v| Handle::parse(v).ok().filter(|h| h.as_str() == v))?;
        let account = lines.parsed("account", |v| AccountId::from_hex(v).ok())?;
        lines.exactly("kind verified person")?;
        let bound_at = lines.parsed("bound", |v| Millis::parse(v).ok())?;
        Ok(Self { handle, account, bound_at })
    }
}

impl Binding {
    /// Verifies and reads it; `registrar` is the key of the relay that the account lives on.
    pub fn verify(raw: &str, registrar: &NoteKey) -> Result<Signed<Self>, NoteError> {
        Signed::verify(raw, core::slice::from_ref(registrar))
    }
}

/// The registrar's word: the person of this handle came to the counter, and this account stands in the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reset {
    /// the public name, which stays
    pub handle: Handle,
    /// the new account
    pub account: AccountId,
    /// the one before it; its devices speak for nobody any more
    pub replaces: AccountId,
    /// when
    pub reset_at: Millis,
}

impl NoteText for Reset {
    type Error = NoteError;
    const KIND: &'static str = "lacre reset v1";

    fn lines(&self) -> String {
        let handle = self.handle.as_str();
        format!("handle {handle}\naccount {}\nreplaces {}\nreset {}\n", self.account, self.replaces, self.reset_at)
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        let handle = lines.parsed("handle", |v| Handle::parse(v).ok().filter(|h| h.as_str() == v))?;
        let account = lines.parsed("account", |v| AccountId::from_hex(v).ok())?;
        let replaces = lines.parsed("replaces", |v| AccountId::from_hex(v).ok())?;
        let reset_at = lines.parsed("reset", |v| Millis::parse(v).ok())?;
        Ok(Self { handle, account, replaces, reset_at })
    }
}

impl Reset {
    /// Verifies and reads it; `registrar` is the key of the relay that the account lives on.
    pub fn verify(raw: &str, registrar: &NoteKey) -> Result<Signed<Self>, NoteError> {
        Signed::verify(raw, core::slice::from_ref(registrar))
    }
}

/// An account as the directory shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// its id
    pub id: AccountId,
    /// its public name
    pub handle: Handle,
    /// its newest state
    pub state: Verified<AccountState>,
}

/// An account whose chain of states and binding were checked.
pub type VerifiedAccount = Verified<Account>;

impl VerifiedAccount {
    /// Verifies states 0 to N and the binding; `registrar` is the key of the relay that the account lives on.
    pub fn verify(states: &[String], binding: &str, registrar: &NoteKey) -> Result<Self, AccountError> {
        let (first, rest) = states.split_first().ok_or(AccountError::Chain)?;
        let (id, mut state) = AccountState::first(first)?;
        for raw in rest {
            state = state.follow(raw)?;
        }
        let binding = Binding::verify(binding, registrar)?;
        if binding.account != id {
            return Err(AccountError::OtherAccount);
        }
        Ok(Self::new(Account { id, handle: binding.into_value().handle, state }))
    }

    /// The door from one's own store: an account that [`VerifiedAccount::verify`] made before it was stored, from its id, its
    /// name and the note of its newest state. It checks no signature: never for an account that came from outside.
    pub fn stored(id: AccountId, handle: Handle, newest: &str) -> Result<Self, AccountError> {
        Ok(Self::new(Account { id, handle, state: AccountState::stored(newest)? }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Identity;
    use crate::note::NoteSigner;
    use crate::seal::SealSecret;

    fn device(n: u8) -> (Device, NoteSigner) {
        let signer = NoteSigner::new(DEVICE, &[n; 32]).unwrap();
        let device = Device {
            id: DeviceId::new([n; 16]),
            signature_key: signer.public().key(),
            inbox: Address {
                authority: Authority::new("localhost", 7443, Identity::new([7; 32])).unwrap(),
                channel: ChannelId::new([n; 32]),
            },
            inbox_key: SealSecret::new([n; 32]).public().unwrap(),
            public_token: Some(Token::new([n; 32])),
        };
        (device, signer)
    }

    #[test]
    fn a_chain_is_followed_and_a_stranger_cannot_continue_it() {
        let (d0, s0) = device(1);
        let (d1, s1) = device(2);
        let zero = AccountState { number: 0, previous: None, made_at: Millis::new(1), devices: vec![d0.clone()] };
        let raw0 = zero.sign(&s0).unwrap();
        let (_, read) = AccountState::first(&raw0).unwrap();
        assert!(*read == zero && AccountState::stored(&raw0).unwrap() == read);
        let one = AccountState { number: 1, previous: Some(zero.hash()), made_at: Millis::new(2), devices: vec![d0, d1] };
        assert!(*read.follow(&one.sign(&s0).unwrap()).unwrap() == one);
        assert!(matches!(read.follow(&one.sign(&s1).unwrap()), Err(AccountError::Note(NoteError::NotSigned))));
        let skipped = AccountState { number: 2, ..one.clone() };
        assert!(matches!(read.follow(&skipped.sign(&s0).unwrap()), Err(AccountError::Chain)));
    }

    #[test]
    fn a_reset_is_the_registrars_word_only_and_reads_back() {
        let (registrar, other) = (NoteSigner::new(REGISTRAR, &[9; 32]).unwrap(), NoteSigner::new(REGISTRAR, &[8; 32]).unwrap());
        let (account, replaces) = (AccountId::new([1; 32]), AccountId::new([2; 32]));
        let reset = Reset { handle: Handle::parse("ana").unwrap(), account, replaces, reset_at: Millis::new(5) };
        let raw = reset.sign(&registrar).unwrap();
        assert_eq!(*Reset::verify(&raw, &registrar.public()).unwrap(), reset);
        assert_eq!(Reset::verify(&raw, &other.public()), Err(NoteError::NotSigned));
        let binding = Binding { handle: Handle::parse("ana").unwrap(), account, bound_at: Millis::new(5) };
        assert!(Reset::verify(&binding.sign(&registrar).unwrap(), &registrar.public()).is_err());
        assert!(Binding::verify(&raw, &registrar.public()).is_err());
    }

    #[test]
    fn a_binding_of_another_account_is_refused() {
        let (d0, s0) = device(1);
        let registrar = NoteSigner::new(REGISTRAR, &[9; 32]).unwrap();
        let raw0 = AccountState { number: 0, previous: None, made_at: Millis::new(1), devices: vec![d0] }.sign(&s0).unwrap();
        let (id, _) = AccountState::first(&raw0).unwrap();
        let bind = |account| {
            Binding { handle: Handle::parse("ana").unwrap(), account, bound_at: Millis::new(3) }.sign(&registrar).unwrap()
        };
        let key = registrar.public();
        assert!(VerifiedAccount::verify(std::slice::from_ref(&raw0), &bind(id), &key).is_ok());
        let other = bind(AccountId::new([0; 32]));
        assert!(matches!(VerifiedAccount::verify(&[raw0], &other, &key), Err(AccountError::OtherAccount)));
    }
}
