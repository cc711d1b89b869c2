//! What is counted in a window of time, by all relays together.
//!
//! A row's key is an HMAC of what is counted, of whom, and of the window, under a key that is not in the database: rows of two
//! windows cannot be told to be of one account, and a stolen database does not tell who was asked for.

use crate::sql::{Cells as _, Conn, Sql, by, int, one, params, run};
use lacre_ground::ids::{AccountId, ChannelId, TokenHash};
use lacre_ground::label::{self, Label};
use lacre_ground::time::Millis;
use lacre_store::bodies::BodyKey;
use lacre_store::channels::ChannelKey;
use lacre_store::quotas::{Kind, Question};
use zeroize::Zeroizing;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

/// What quotas are counted under: the same in all relays of one database, and nowhere in it.
#[derive(Clone)]
pub struct QuotaKey(Zeroizing<[u8; 32]>);

impl QuotaKey {
    /// Derived from what all relays of a database have, and the database has not: the secret half of their identity.
    #[must_use]
    pub fn of(identity: &Zeroizing<[u8; 32]>) -> Self {
        Self(Zeroizing::new(label::derive(identity, Label::Quota, &[])))
    }
}

/// What is counted, of whom.
#[derive(Clone, Copy)]
pub(crate) enum Counted {
    /// an account that is asked for, in an hour
    Asked(AccountId, Question),
    /// stamps that an account takes, on a day
    Stamps(AccountId),
    /// what a body has, on a day
    Body(BodyKey, Kind),
    /// entries of a body by the last-resort right of a casilla, on a day
    LastResort(BodyKey, ChannelId),
    /// appends of a token to an inbox, in a window of so many milliseconds
    Token(ChannelKey, TokenHash, u64),
}

impl Counted {
    const fn window_ms(self) -> u64 {
        match self {
            Self::Asked(..) => HOUR,
            Self::Stamps(_) | Self::Body(..) | Self::LastResort(..) => DAY,
            Self::Token(_, _, 0) => 1,
            Self::Token(_, _, ms) => ms,
        }
    }
    fn parts(self) -> (u8, Vec<u8>) {
        match self {
            Self::Asked(account, Question::Lookup) => (1, account.as_bytes().to_vec()),
            Self::Asked(account, Question::Claim) => (2, account.as_bytes().to_vec()),
            Self::Stamps(account) => (3, account.as_bytes().to_vec()),
            Self::Body(body, Kind::Route) => (4, body.0.to_vec()),
            Self::Body(body, Kind::Answer) => (5, body.0.to_vec()),
            Self::Body(body, Kind::Delivery) => (6, body.0.to_vec()),
            Self::Body(body, Kind::Stamps) => (7, body.0.to_vec()),
            Self::LastResort(body, casilla) => (8, [body.0.as_slice(), casilla.as_bytes()].concat()),
            Self::Token(channel, token, _) => (9, [channel.row().to_be_bytes().as_slice(), token.as_bytes()].concat()),
        }
    }
}

/// A row: its key, and when its window ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Window {
    pub(crate) key: [u8; 32],
    pub(crate) ends_ms: i64,
}

impl QuotaKey {
    pub(crate) fn window(&self, now: Millis, counted: Counted) -> Window {
        let ms = counted.window_ms();
        let number = now.get() / ms;
        let (what, whom) = counted.parts();
        let key = label::mac(&self.0, Label::Quota, &[&[what], &number.to_be_bytes(), &whom]);
        Window { key, ends_ms: int((number + 1).saturating_mul(ms)) }
    }
}

/// How many there were so far.
pub(crate) fn so_far(conn: &Conn, window: Window) -> Sql<u32> {
    let count = one(conn, "SELECT count FROM quota WHERE key = $1", params![by(&window.key)], |r| r.small(0))?;
    Ok(count.unwrap_or(0))
}

/// So many more. Rolled back with the transaction.
pub(crate) fn count(conn: &Conn, window: Window, more: u32) -> Sql<()> {
    let sql = "INSERT INTO quota (key, ends_ms, count) VALUES ($1, $2, $3)
               ON CONFLICT (key) DO UPDATE SET count = quota.count + excluded.count";
    run(conn, sql, params![by(&window.key), window.ends_ms, i64::from(more)]).map(drop)
}

/// Removes windows that are over.
pub(crate) fn sweep(conn: &Conn, now: i64, limit: i64) -> Sql<u64> {
    let sql = "DELETE FROM quota WHERE key IN (SELECT key FROM quota WHERE ends_ms <= $1 ORDER BY ends_ms LIMIT $2)";
    run(conn, sql, params![now, limit])
}
