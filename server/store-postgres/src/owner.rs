//! Whose database it is, and whether it is one: that of relays with one identity. Asked at the start, and of each connection that is made later: what answers
//! under its name may be another one by then, and a relay that went on there would let people into a service that is not theirs.

use crate::OpenError;
use crate::sql::{Cells as _, Conn, Sql, by, one, only, params, run};
use std::sync::{Arc, OnceLock};

const KEPT: &str = "SELECT public_key FROM identity WHERE id = 1";

/// Their public key, once it is known. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Owner(Arc<OnceLock<[u8; 32]>>);

impl Owner {
    /// Whether it is theirs who have this public key; the first one's is kept.
    pub(crate) fn take(&self, conn: &Conn, public: &[u8; 32]) -> Result<(), OpenError> {
        run(conn, "INSERT INTO identity (id, public_key) VALUES (1, $1) ON CONFLICT (id) DO NOTHING", params![by(public)])?;
        if *public != only(conn, KEPT, params![], |r| r.id::<[u8; 32]>(0))? {
            return Err(OpenError::Identity);
        }
        let _known = self.0.set(*public);
        Ok(())
    }

    /// Whether it still is, on a new connection; and whole: it may have gone back to when a store was being moved into it.
    pub(crate) fn check(&self, conn: &Conn) -> Result<(), OpenError> {
        let Some(public) = self.0.get() else { return Ok(()) };
        if one(conn, KEPT, params![], |r| r.id::<[u8; 32]>(0))?.as_ref() == Some(public) {
            return refuse_half(conn);
        }
        tracing::error!(
            "ANOTHER DATABASE answers under this name: it is empty, or belongs to relays with another identity key. Nothing is read or \
             written there; put the right one back"
        );
        Err(OpenError::Identity)
    }
}

/// Whether a store is being moved here, and not all of it is.
pub(crate) fn is_half(conn: &Conn) -> Sql<bool> {
    Ok(!conn.rows("SELECT 1 FROM moved WHERE NOT whole", params![])?.is_empty())
}

/// A half of a store is none.
pub(crate) fn refuse_half(conn: &Conn) -> Result<(), OpenError> {
    if is_half(conn)? { Err(OpenError::HalfMoved) } else { Ok(()) }
}
