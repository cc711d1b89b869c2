//! Randomness as an argument.

use rand_core::{CryptoRng, TryCryptoRng, TryRng};

/// A cryptographic generator. Blanket: every infallible `CryptoRng` of rand_core 0.10 is one.
pub trait Rng: CryptoRng + Send {}
impl<T: CryptoRng + Send> Rng for T {}

/// So many fresh bytes.
pub fn bytes<const N: usize>(rng: &mut dyn Rng) -> [u8; N] {
    let mut out = [0; N];
    rng.fill_bytes(&mut out);
    out
}

/// The system's generator. Stops the process when the system has none: nothing that went on would be safe.
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
    #[expect(clippy::panic, reason = "no randomness: nothing that went on would be safe")]
    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
        if let Err(e) = getrandom::fill(dst) {
            panic!("the system gives no randomness: {e}");
        }
        Ok(())
    }
}

impl TryCryptoRng for SystemRng {}

/// HKDF output read as a generator: the randomness of a seal that can be made again.
///
/// Block i (from 0, four bytes big-endian) is the HKDF expansion of the seed to 64 bytes under
/// [`Label::SealRandomness`](crate::label::Label::SealRandomness) with i as its one part; bytes are taken in order.
pub(crate) struct SeedRng {
    seed: zeroize::Zeroizing<[u8; 32]>,
    block: u32,
    buffer: zeroize::Zeroizing<[u8; 64]>,
    used: usize,
}

impl SeedRng {
    pub(crate) fn new(seed: &[u8; 32]) -> Self {
        Self { seed: zeroize::Zeroizing::new(*seed), block: 0, buffer: zeroize::Zeroizing::new([0; 64]), used: 64 }
    }
    fn next_byte(&mut self) -> u8 {
        if self.used >= 64 {
            let i = self.block.to_be_bytes();
            self.buffer = zeroize::Zeroizing::new(crate::label::derive(&self.seed, crate::label::Label::SealRandomness, &[&i]));
            self.block = self.block.wrapping_add(1);
            self.used = 0;
        }
        let byte = self.buffer.get(self.used).copied().unwrap_or_default();
        self.used += 1;
        byte
    }
}

impl TryRng for SeedRng {
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
    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
        for byte in dst {
            *byte = self.next_byte();
        }
        Ok(())
    }
}

impl TryCryptoRng for SeedRng {}
