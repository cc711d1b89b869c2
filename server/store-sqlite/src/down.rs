//! What becomes of an error of SQLite: whose trouble it is.

use lacre_store::StoreDown;
use rusqlite::{ErrorCode, ffi};

/// Of SQLite's I/O errors those that one place of the file has.
const UNREADABLE: [i32; 4] =
    [ffi::SQLITE_IOERR_READ, ffi::SQLITE_IOERR_SHORT_READ, ffi::SQLITE_IOERR_DATA, ffi::SQLITE_IOERR_CORRUPTFS];

/// [`StoreDown`] inside this crate: SQLite's errors become it.
#[derive(Debug)]
pub struct Down(StoreDown);

impl From<rusqlite::Error> for Down {
    fn from(e: rusqlite::Error) -> Self {
        Self(match e.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreDown::full(e),
            // a page that is none, an index that does not fit its table
            Some(
                ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::ConstraintViolation
                | ErrorCode::TypeMismatch
                | ErrorCode::TooBig,
            ) => StoreDown::damaged(e),
            // a sector that cannot be read
            Some(ErrorCode::SystemIoFailure) if e.sqlite_error().is_some_and(|e| UNREADABLE.contains(&e.extended_code)) => {
                StoreDown::damaged(e)
            }
            Some(_) => StoreDown::new(e),
            // a row without what it must have
            None => StoreDown::damaged(e),
        })
    }
}

impl From<StoreDown> for Down {
    fn from(down: StoreDown) -> Self {
        Self(down)
    }
}

impl From<Down> for StoreDown {
    fn from(down: Down) -> Self {
        down.0
    }
}
