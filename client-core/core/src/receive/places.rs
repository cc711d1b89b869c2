//! Whether an invitation has a place here, and how sure that is before the rest was read.

use crate::words::{ConversationId, StepError};

/// How far the person's own copy of a conversation was read when an invitation into it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// perhaps not to its end
    Perhaps,
    /// to its end, just now
    ToTheEnd,
}

/// Why an invitation has no place here.
pub(crate) enum NoPlace {
    /// as any step fails
    Step(StepError),
    /// read this conversation to its end first, then judge again
    ReadFirst(ConversationId),
}

impl From<StepError> for NoPlace {
    fn from(e: StepError) -> Self {
        Self::Step(e)
    }
}
