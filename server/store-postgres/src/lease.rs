//! Who removes what is past its time: of several relays one. The lock that says so is held on the connection that it writes with.
//!
//! So a relay that was frozen or cut off can remove nothing after another has begun: its transactions and its lock end together,
//! with that connection, and there is no number to compare.

use crate::batch::{Lease, Work};
use crate::sql::{Cells as _, Sql, only, params};
use lacre_store::channels::Retired;
use lacre_store::{Answer, Ask};

/// Held until the connection ends.
const LEAD: &str = "SELECT pg_try_advisory_lock(x'4C454144'::bigint)";

impl Work {
    /// What is answered to an ask that removes, when another relay does that.
    pub(crate) fn left_to_another(&mut self, ask: &Ask) -> Sql<Option<Answer>> {
        let nothing = match ask {
            Ask::Retire(_) => Answer::Retire(Retired::default()),
            Ask::SweepAccounts(_) => Answer::SweepAccounts(false),
            Ask::ExpireBlobs(_) => Answer::ExpireBlobs(Vec::new()),
            _ => return Ok(None),
        };
        let removes = match self.lease {
            Lease::Alone | Lease::Shared { held: true } => true,
            Lease::Shared { held: false } => self.try_to_lead()?,
        };
        Ok((!removes).then_some(nothing))
    }

    fn try_to_lead(&mut self) -> Sql<bool> {
        let held = only(&self.conn, LEAD, params![], |r| r.cell(0))?;
        if held {
            tracing::info!("of the relays on this database this one removes what is past its time");
            self.lease = Lease::Shared { held };
        }
        Ok(held)
    }
}
