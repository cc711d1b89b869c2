//! The row store inside a step: `(table, key) -> (scope, ord, value)`, everything encrypted.
//!
//! | column | holds |
//! |---|---|
//! | key, scope | the first 16 bytes of HMAC-SHA-256 under the lookup key, over [`Label::ProfileLookup`], "row" or "scope", the table's code and the bytes |
//! | ord | a number in clear: it shows order and, where it is a seq, a count |
//! | value | nonce, then XChaCha20-Poly1305 of (length, content, zeros up to a multiple of 64); its AAD is key, scope and ord: a row moved to another place does not open |
//!
//! The nonce is a MAC over place and content (a synthetic nonce): a step needs no randomness, a copied or rolled back
//! profile never uses one nonce for two contents, and the price is that a row written twice with the same content looks
//! the same twice.

use super::keys::ProfileKey;
use super::observer::{Interrupted, Observer};
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::AeadInOut;
use hmac::{Hmac, KeyInit, Mac};
use lacre_ground::label::{self, Label};
use rusqlite::{Connection, OptionalExtension, named_params};
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;
use std::cell::RefCell;
use zeroize::Zeroizing;

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// What a row belongs to. A closed list; a code is never used again.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Table { $($(#[$doc])* $name),* }
        impl Table {
            /// All of them.
            pub const ALL: &'static [Table] = &[$(Table::$name),*];
            /// The byte that stands in lookup keys.
            #[must_use]
            pub const fn code(self) -> u8 { match self { $(Table::$name => $code),* } }
        }
    };
}

tables! {
    /// state of OpenMLS
    Mls = 1,
    /// one row for each fact about the profile itself
    Meta = 2,
    /// conversations
    Conversation = 3,
    /// history
    Message = 4,
    /// what waits for the relay
    Outbox = 5,
    /// contacts and requests
    Contact = 7,
    /// other accounts' states
    Account = 8,
    /// events for the application
    Event = 9,
    /// files
    Blob = 10,
    /// encrypted pieces of files
    BlobChunk = 11,
    /// ids that were met
    Seen = 14,
    /// stamps to spend
    Stamp = 15,
    /// raw entries by their ids, as programs of before kept them
    RawEntry = 16,
    /// members of a conversation, as of its epoch
    Member = 17,
    /// ids of conversations, in the order of their making
    ConversationIndex = 18,
    /// invitations whose tree is not here yet
    Join = 20,
    /// messages by the beginning of their ids
    MessageIndex = 21,
    /// messages that disappear, by when
    Vanishing = 22,
    /// messages of a kind that the program did not know
    Newer = 23,
    /// pieces of large commits, met in the present channel
    Part = 30,
    /// conversations that go on in another MLS group
    Successor = 31,
    /// accounts that others stand in the place of
    Reset = 36,
    /// what opens this profile, and the second one that it made
    Lock = 32,
    /// texts of many messages together, for searching
    Gathered = 33,
    /// raw entries, to be put back after a relay's restore
    Raw = 34,
    /// official notices
    Notice = 37,
    /// sealed files of notices, and files of replies to them
    NoticeFile = 38,
    /// casillas, each with its notice key
    Period = 39,
    /// grants that this device made
    Grant = 40,
    /// ids that casillas gave, by their places
    Given = 44,
    /// head notes of casillas, by their days
    Head = 45,
    /// what the relay said of casillas last
    Held = 46,
}

/// Why a row could not be read or written. Whatever the variant: the step is rolled back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process held the profile's lock too long. Try again.
    #[error("the profile is locked by another process")]
    Busy,
    /// The disk is full. Make room, try again.
    #[error("no room left for the profile")]
    Full,
    /// The file system or SQLite failed. Look at the cause, try again.
    #[error("the profile's file failed: {why}")]
    Io {
        /// the technical cause
        why: String,
    },
    /// A row does not open or does not decode: the file was changed or damaged.
    #[error("a row of the profile is damaged: {what}")]
    Damaged {
        /// which check failed
        what: &'static str,
    },
    /// A value that cannot be stored: a place above 2^63 - 1, or content that does not encode. The caller's fault.
    #[error("this cannot be stored: {what}")]
    Unstorable {
        /// what about it
        what: &'static str,
    },
    /// The step observer ended the step (tests).
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => StoreError::Busy,
            Some(rusqlite::ErrorCode::DiskFull) => StoreError::Full,
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
                StoreError::Damaged { what: "SQLite's pages" }
            }
            Some(_) | None if grows_no_more(&error) => StoreError::Full,
            Some(_) | None => StoreError::Io { why: error.to_string() },
        }
    }
}

/// SQLite's index of its log could not be made as large as it must be: a full disk has a code of its own there.
pub(crate) fn grows_no_more(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

const NONCE: usize = 24;
const TAG: usize = 16;
const LENGTH: usize = 4;
/// Contents are padded to a multiple of this.
pub const PAD: usize = 64;

type Lookup = [u8; 16];
/// A row's content, wiped when dropped.
pub type Content = Zeroizing<Vec<u8>>;

/// The keys of the rows, ready to use.
pub(crate) struct RowKeys {
    lookup: Hmac<Sha256>,
    nonce: Hmac<Sha256>,
    cipher: XChaCha20Poly1305,
}

impl RowKeys {
    pub(crate) fn of(key: &ProfileKey) -> Self {
        let mac = |name: &[u8]| {
            <Hmac<Sha256> as KeyInit>::new_from_slice(&*key.subkey(name))
                .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"))
        };
        Self { lookup: mac(b"lookup"), nonce: mac(b"nonce"), cipher: XChaCha20Poly1305::new((&*key.subkey(b"rows")).into()) }
    }

    fn find(&self, kind: &[u8], table: Table, bytes: &[u8]) -> Lookup {
        let mut mac = self.lookup.clone();
        mac.update(&label::message(Label::ProfileLookup, &[kind, &[table.code()], bytes]));
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let mut out = Lookup::default();
        out.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
        out
    }

    fn nonce(&self, place: &[&[u8]], padded: &[u8]) -> [u8; NONCE] {
        let mut mac = self.nonce.clone();
        mac.update(&label::message(Label::ProfileNonce, place));
        mac.update(padded);
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let mut out = [0; NONCE];
        out.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
        out
    }

    fn seal(&self, key: &Lookup, scope: &Lookup, ord: i64, content: &[u8]) -> Result<Vec<u8>, StoreError> {
        let too_long = StoreError::Unstorable { what: "longer than 4 GiB" };
        let length = u32::try_from(content.len()).map_err(|_| too_long.clone())?;
        let padded_len = (LENGTH + content.len()).next_multiple_of(PAD);
        let ord = ord.to_be_bytes();
        let place: [&[u8]; 3] = [key, scope, &ord];
        let mut out = Vec::with_capacity(NONCE + padded_len + TAG);
        out.extend_from_slice(&[0; NONCE]);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(content);
        out.resize(NONCE + padded_len, 0);
        let (head, padded) = out.split_first_chunk_mut::<NONCE>().ok_or(too_long.clone())?;
        *head = self.nonce(&place, padded);
        let aad = label::message(Label::ProfileRow, &place);
        let tag = self.cipher.encrypt_inout_detached((&*head).into(), &aad, padded.into()).map_err(|_| too_long)?;
        out.extend_from_slice(&tag);
        Ok(out)
    }

    fn open(&self, key: &Lookup, scope: &Lookup, ord: i64, mut value: Vec<u8>) -> Result<Content, StoreError> {
        let damaged = || StoreError::Damaged { what: "a row does not open" };
        let aad = label::message(Label::ProfileRow, &[key, scope, &ord.to_be_bytes()]);
        let (nonce, rest) = value.split_first_chunk_mut::<NONCE>().ok_or_else(damaged)?;
        let (padded, tag) = rest.split_last_chunk_mut::<TAG>().ok_or_else(damaged)?;
        self.cipher.decrypt_inout_detached((&*nonce).into(), &aad, padded.into(), (&*tag).into()).map_err(|_| damaged())?;
        let mut value = Zeroizing::new(value);
        let length = value.get(NONCE..NONCE + LENGTH).and_then(|b| <[u8; 4]>::try_from(b).ok()).ok_or_else(damaged)?;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(|_| damaged())?;
        if length > value.len() - NONCE - LENGTH - TAG {
            return Err(damaged());
        }
        // the content, moved to the front of the same buffer
        value.copy_within(NONCE + LENGTH..NONCE + LENGTH + length, 0);
        value.truncate(length);
        Ok(value)
    }
}

/// One step of a device: an open transaction that holds the profile's lock.
///
/// The first error of any of its methods is kept: the step rolls back and gives that error, even when the caller, or a
/// library between, swallowed it.
pub struct Step<'a> {
    connection: &'a Connection,
    keys: &'a RowKeys,
    observer: &'a dyn Observer,
    failure: RefCell<Option<StoreError>>,
}

impl<'a> Step<'a> {
    pub(crate) fn new(connection: &'a Connection, keys: &'a RowKeys, observer: &'a dyn Observer) -> Self {
        Self { connection, keys, observer, failure: RefCell::new(None) }
    }

    /// The transaction, for the tables beside the rows.
    pub(super) const fn connection(&self) -> &'a Connection {
        self.connection
    }

    /// Says to the observer that something will be written beside the rows.
    pub(super) fn writing(&self) -> Result<(), StoreError> {
        self.kept(self.observer.writing().map_err(StoreError::from))
    }

    /// The same transaction, for the rows of the other profile in this file.
    pub(super) fn under<'b>(&'b self, keys: &'b RowKeys) -> Step<'b> {
        Step::new(self.connection, keys, self.observer)
    }

    /// Deletes every row that opens with these keys. Reads the whole file.
    pub(super) fn delete_everything(&self) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT id, key, scope, ord, value FROM row ORDER BY id")?;
        let mut rows = statement.query(())?;
        let mut own: Vec<i64> = Vec::new();
        while let Some(row) = rows.next()? {
            if self.keys.open(&row.get(1)?, &row.get(2)?, row.get(3)?, row.get(4)?).is_ok() {
                own.push(row.get(0)?);
            }
        }
        for id in own {
            self.observer.writing()?;
            self.connection.prepare_cached("DELETE FROM row WHERE id = ?1")?.execute([id])?;
        }
        Ok(())
    }

    /// The first error of this step, if there was one. Then nothing of it will be kept.
    #[must_use]
    pub fn failure(&self) -> Option<StoreError> {
        self.failure.borrow().clone()
    }

    fn kept<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &result {
            self.failure.borrow_mut().get_or_insert_with(|| error.clone());
        }
        result
    }

    /// Names a point to the observer.
    pub fn reached(&self, point: &'static str) -> Result<(), StoreError> {
        self.kept(self.observer.reached(point).map_err(StoreError::from))
    }

    /// The row's content, decoded.
    pub fn get<T: DeserializeOwned>(&self, table: Table, key: &[u8]) -> Result<Option<T>, StoreError> {
        let found = self.get_bytes(table, key)?;
        self.kept(found.map(|content| decode(&content)).transpose())
    }

    /// The row's content as it was given to [`Step::put_bytes`].
    pub fn get_bytes(&self, table: Table, key: &[u8]) -> Result<Option<Content>, StoreError> {
        self.kept(self.read(table, key))
    }

    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Content>, StoreError> {
        let key = self.keys.find(b"row", table, key);
        let found = self
            .connection
            .prepare_cached("SELECT scope, ord, value FROM row WHERE key = :key")?
            .query_row(named_params! {":key": key}, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        found.map(|(scope, ord, value)| self.keys.open(&key, &scope, ord, value)).transpose()
    }

    /// Inserts the row or replaces it, place and all. Content is encoded as CBOR (RFC 8949).
    pub fn put<T: Serialize>(&self, table: Table, key: &[u8], scope: &[u8], ord: u64, value: &T) -> Result<(), StoreError> {
        let content = self.kept(encode(value))?;
        self.put_bytes(table, key, scope, ord, &content)
    }

    /// As [`Step::put`], for content that is bytes already: read it with [`Step::get_bytes`] and [`Step::scan_bytes`].
    pub fn put_bytes(&self, table: Table, key: &[u8], scope: &[u8], ord: u64, content: &[u8]) -> Result<(), StoreError> {
        self.kept(self.write(table, key, scope, ord, content))
    }

    fn write(&self, table: Table, key: &[u8], scope: &[u8], ord: u64, content: &[u8]) -> Result<(), StoreError> {
        self.observer.writing()?;
        let ord = i64::try_from(ord).map_err(|_| StoreError::Unstorable { what: "a place above 2^63 - 1" })?;
        let key = self.keys.find(b"row", table, key);
        let scope = self.keys.find(b"scope", table, scope);
        let value = self.keys.seal(&key, &scope, ord, content)?;
        // most writes replace a row in its place: then no index is touched
        let replaced = self
            .connection
            .prepare_cached("UPDATE row SET value = :value WHERE key = :key AND scope = :scope AND ord = :ord")?
            .execute(named_params! {":value": value, ":key": key, ":scope": scope, ":ord": ord})?;
        if replaced == 0 {
            self.connection
                .prepare_cached(
                    "INSERT INTO row (key, scope, ord, value) VALUES (:key, :scope, :ord, :value)
                     ON CONFLICT (key) DO UPDATE SET scope = excluded.scope, ord = excluded.ord, value = excluded.value",
                )?
                .execute(named_params! {":value": value, ":key": key, ":scope": scope, ":ord": ord})?;
        }
        Ok(())
    }

    /// Deletes the row; says whether there was one.
    pub fn delete(&self, table: Table, key: &[u8]) -> Result<bool, StoreError> {
        let key = self.keys.find(b"row", table, key);
        self.kept(self.remove("DELETE FROM row WHERE key = ?1", &key).map(|n| n > 0))
    }

    /// Deletes all rows of a scope; says how many.
    pub fn delete_scope(&self, table: Table, scope: &[u8]) -> Result<u64, StoreError> {
        let scope = self.keys.find(b"scope", table, scope);
        self.kept(self.remove("DELETE FROM row WHERE scope = ?1", &scope))
    }

    fn remove(&self, sql: &str, lookup: &Lookup) -> Result<u64, StoreError> {
        self.observer.writing()?;
        let gone = self.connection.prepare_cached(sql)?.execute([lookup])?;
        Ok(u64::try_from(gone).unwrap_or(u64::MAX))
    }

    /// Rows of a scope in order of their places, from `from` on, at most `limit`. Rows in one place come in the order in
    /// which they were first put.
    pub fn scan<T: DeserializeOwned>(
        &self,
        table: Table,
        scope: &[u8],
        from: u64,
        limit: usize,
    ) -> Result<Vec<(u64, T)>, StoreError> {
        let rows = self.scan_bytes(table, scope, from, limit)?;
        self.kept(decode_all(rows))
    }

    /// As [`Step::scan`], backwards: from `from` down.
    pub fn scan_back<T: DeserializeOwned>(
        &self,
        table: Table,
        scope: &[u8],
        from: u64,
        limit: usize,
    ) -> Result<Vec<(u64, T)>, StoreError> {
        const BACK: &str = "SELECT key, ord, value FROM row WHERE scope = ?1 AND ord <= ?2 ORDER BY ord DESC, id DESC LIMIT ?3";
        self.kept(self.walk(BACK, table, scope, from, limit).and_then(decode_all))
    }

    /// As [`Step::scan`], for content that is bytes.
    pub fn scan_bytes(&self, table: Table, scope: &[u8], from: u64, limit: usize) -> Result<Vec<(u64, Content)>, StoreError> {
        const ON: &str = "SELECT key, ord, value FROM row WHERE scope = ?1 AND ord >= ?2 ORDER BY ord, id LIMIT ?3";
        self.kept(self.walk(ON, table, scope, from, limit))
    }

    fn walk(&self, sql: &str, table: Table, scope: &[u8], from: u64, limit: usize) -> Result<Vec<(u64, Content)>, StoreError> {
        let scope = self.keys.find(b"scope", table, scope);
        let from = i64::try_from(from).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query((scope, from, limit))?;
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            let (key, ord, value) = (row.get::<_, Lookup>(0)?, row.get::<_, i64>(1)?, row.get(2)?);
            let place = u64::try_from(ord).map_err(|_| StoreError::Damaged { what: "a place below zero" })?;
            out.push((place, self.keys.open(&key, &scope, ord, value)?));
        }
        Ok(out)
    }

    /// The content of every row of this profile, whatever its table: for proofs that search for keys. The other profile's
    /// rows in the same file do not open.
    #[cfg(feature = "laboratory")]
    pub fn every_content(&self) -> Result<Vec<Content>, StoreError> {
        let all = || -> Result<Vec<Content>, StoreError> {
            let mut statement = self.connection.prepare_cached("SELECT key, scope, ord, value FROM row ORDER BY id")?;
            let mut rows = statement.query(())?;
            let mut out = Vec::new();
            while let Some(row) = rows.next()? {
                let (key, scope) = (row.get::<_, Lookup>(0)?, row.get::<_, Lookup>(1)?);
                out.extend(self.keys.open(&key, &scope, row.get(2)?, row.get(3)?).ok());
            }
            Ok(out)
        };
        self.kept(all())
    }

    /// The greatest place in a scope.
    pub fn last_ord(&self, table: Table, scope: &[u8]) -> Result<Option<u64>, StoreError> {
        self.number("SELECT max(ord) FROM row WHERE scope = ?1", table, scope)
    }

    /// The least place in a scope.
    pub fn first_ord(&self, table: Table, scope: &[u8]) -> Result<Option<u64>, StoreError> {
        self.number("SELECT min(ord) FROM row WHERE scope = ?1", table, scope)
    }

    /// How many rows a scope has.
    pub fn count(&self, table: Table, scope: &[u8]) -> Result<u64, StoreError> {
        Ok(self.number("SELECT count(*) FROM row WHERE scope = ?1", table, scope)?.unwrap_or(0))
    }

    fn number(&self, sql: &str, table: Table, scope: &[u8]) -> Result<Option<u64>, StoreError> {
        let scope = self.keys.find(b"scope", table, scope);
        let ask = || -> Result<Option<i64>, StoreError> {
            Ok(self.connection.prepare_cached(sql)?.query_row([scope], |row| row.get(0))?)
        };
        let found = self.kept(ask())?;
        Ok(found.map(|n| u64::try_from(n).unwrap_or(0)))
    }

    /// A number that is another one after another process (or another open profile of this one) has written.
    pub fn changed_version(&self) -> Result<u64, StoreError> {
        self.kept(data_version(self.connection))
    }
}

pub(crate) fn data_version(connection: &Connection) -> Result<u64, StoreError> {
    let found: i64 = connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
    Ok(u64::try_from(found).unwrap_or(0))
}

pub(crate) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Content, StoreError> {
    // room for most rows at once, so that growing leaves no copies behind
    let mut content = Zeroizing::new(Vec::with_capacity(2048));
    ciborium::into_writer(value, &mut *content).map_err(|_| StoreError::Unstorable { what: "does not encode" })?;
    Ok(content)
}

fn decode<T: DeserializeOwned>(content: &[u8]) -> Result<T, StoreError> {
    ciborium::from_reader(content).map_err(|_| StoreError::Damaged { what: "a row does not decode" })
}

fn decode_all<T: DeserializeOwned>(rows: Vec<(u64, Content)>) -> Result<Vec<(u64, T)>, StoreError> {
    rows.into_iter().map(|(ord, content)| Ok((ord, decode(&content)?))).collect()
}
