//! How far clocks may be apart.

use lacre_ground::time::Millis;

/// How far the clocks of registrar, agency, relay and devices may be apart.
pub const SKEW_MS: u64 = 60_000;

/// Whether it can have been before the other, as far as clocks tell.
pub(crate) fn not_after(early: Millis, late: Millis) -> bool {
    early <= late.plus(SKEW_MS)
}
