//! The machine's randomness, at one place of this crate.

use rand_core::{TryCryptoRng, TryRng};

/// The system's generator. Stops the process when the system has none: a relay without randomness must not go on.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRng;

impl TryRng for SystemRng {
    type Error = core::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut b = [0; 4];
        self.try_fill_bytes(&mut b)?;
        Ok(u32::from_le_bytes(b))
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut b = [0; 8];
        self.try_fill_bytes(&mut b)?;
        Ok(u64::from_le_bytes(b))
    }
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for randomness")]
    #[expect(clippy::panic, reason = "no randomness: nothing that the relay does would be safe")]
    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
        if let Err(e) = getrandom::fill(dst) {
            panic!("the system gives no randomness: {e}");
        }
        Ok(())
    }
}

impl TryCryptoRng for SystemRng {}
