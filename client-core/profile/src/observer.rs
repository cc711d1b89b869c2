//! The step observer: where tests put crashes and storage errors.

/// The observer ends the step here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted by the step observer")]
pub struct Interrupted;

/// Sees every named point and every row write of every step. A program uses [`NoObserver`].
///
/// An error from [`Observer::reached`] or [`Observer::writing`] rolls the step back, except at [`COMMITTED`], where it only
/// keeps the caller from learning that the step is done: as a crash at that moment would.
pub trait Observer: Send + Sync {
    /// A named point of a step; [`BEGUN`], [`COMMIT`], [`COMMITTED`] and those that a caller names.
    fn reached(&self, point: &'static str) -> Result<(), Interrupted>;
    /// Before each row that is written or deleted.
    fn writing(&self) -> Result<(), Interrupted>;
}

/// The lock is held, nothing is done yet.
pub const BEGUN: &str = "step: begun";
/// Everything is written, nothing is durable yet.
pub const COMMIT: &str = "step: before commit";
/// Everything is durable.
pub const COMMITTED: &str = "step: committed";

/// Lets everything pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn reached(&self, _point: &'static str) -> Result<(), Interrupted> {
        Ok(())
    }
    fn writing(&self) -> Result<(), Interrupted> {
        Ok(())
    }
}
