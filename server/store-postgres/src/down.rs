//! What becomes of an error of the database: what its caller does next.

use lacre_store::StoreDown;
use tokio_postgres::error::SqlState;

/// What is to be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// nothing: it will be so again
    Tell,
    /// judge all of it again: two relays met
    Again,
    /// connect anew: nobody knows what became of the last statement
    Connect,
}

/// [`StoreDown`] inside this crate: the database's errors become it.
#[derive(Debug)]
pub struct Down {
    pub(crate) down: StoreDown,
    next: Next,
}

impl Down {
    /// The connection is gone.
    pub(crate) fn lost(cause: &str) -> Self {
        Self { down: StoreDown::new(cause), next: Next::Connect }
    }
    /// Somebody else was first: look again.
    pub(crate) fn met(cause: &str) -> Self {
        Self { down: StoreDown::new(cause), next: Next::Again }
    }
    pub(crate) fn is_lost(&self) -> bool {
        self.next == Next::Connect
    }
    /// Whether all of the transaction may be judged again at once.
    pub(crate) fn again(&self) -> bool {
        self.next != Next::Tell
    }
}

/// The server ended the session, or is about to.
fn ends(code: &SqlState) -> bool {
    let begins = |class: &str| code.code().starts_with(class);
    begins("08") || [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW].contains(code)
}

impl From<tokio_postgres::Error> for Down {
    fn from(e: tokio_postgres::Error) -> Self {
        let Some(db) = e.as_db_error() else {
            // neither an answer nor a row that cannot be read: the line broke
            let strange = std::error::Error::source(&e).is_some_and(|s| s.is::<tokio_postgres::types::WrongType>());
            let down = if strange { StoreDown::damaged(&e) } else { StoreDown::new(chain(&e)) };
            return Self { down, next: if strange { Next::Tell } else { Next::Connect } };
        };
        let code = db.code();
        let cause = format!("{} ({})", db.message(), code.code());
        let class = |class: &str| code.code().starts_with(class);
        let met = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::UNIQUE_VIOLATION];
        let (down, next) = if met.contains(code) {
            (StoreDown::new(cause), Next::Again)
        } else if ends(code) {
            (StoreDown::new(cause), Next::Connect)
        } else if *code == SqlState::DISK_FULL {
            (StoreDown::full(cause), Next::Tell)
        } else if class("22") || class("23") || [SqlState::DATA_CORRUPTED, SqlState::INDEX_CORRUPTED].contains(code) {
            (StoreDown::damaged(cause), Next::Tell)
        } else {
            (StoreDown::new(cause), Next::Tell)
        };
        Self { down, next }
    }
}

/// An error with what caused it.
fn chain(e: &dyn std::error::Error) -> String {
    match e.source() {
        Some(source) => format!("{e}: {}", chain(source)),
        None => e.to_string(),
    }
}

impl From<StoreDown> for Down {
    fn from(down: StoreDown) -> Self {
        Self { down, next: Next::Tell }
    }
}

impl From<Down> for StoreDown {
    fn from(down: Down) -> Self {
        down.down
    }
}
