//! Every member gives a seal the same verdict.
//!
//! *Void*: anyone who has the epoch's keys sees that it is bad; the conversation goes on in the same channel.
//! *Binding*: anything else; the epoch is over, also for a member who cannot apply it: he asks to be re-added.
//! The table is PROTOCOL.md's; [`judge_error`] is its code.
//!
//! | OpenMLS 0.9.2 says | verdict | why |
//! |---|---|---|
//! | does not open under `entry_key`, is no MLSMessage, no PrivateMessage, no Commit, another group or epoch | void | public to members |
//! | `ValidationError::UnableToDecrypt` (message keys come from the secret tree that all share) | void | |
//! | `ValidationError::*` but lifetimes: signature, sender, membership, path, extension | void | |
//! | `InvalidCommit` before path secrets: proposals, leaf node, parent hash, path length, missing path or tag | void | |
//! | `InvalidCommit(UpdatePathError(UnableToDecrypt / PathMismatch / MissingCiphertext))`, `MissingDecryptionKey`, `OwnKeyNotFound` | binding | needs a private key |
//! | `InvalidCommit(ConfirmationTagMismatch)` | binding | follows from the path secret |
//! | any `Lifetime` inside | binding | needs a clock |
//! | the roles of the GroupContext are broken, a proposal by reference or of another kind | void | public to members |
//! | `LibraryError`, `StorageError` | neither | load again and retry; a library error that stays is binding |

use openmls::group::{ProcessMessageError, StageCommitError, ValidationError};
use openmls::prelude::KeyPackageVerifyError;
use openmls::treesync::errors::{ApplyUpdatePathError, LeafNodeValidationError};

/// What all members think of a seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Ignored by everyone, with the reason.
    Void(String),
    /// The epoch ends, and this member cannot follow.
    Binding(String),
    /// Neither: storage or library. Load the group again and retry.
    Again(String),
}

/// The table above, for what `process_message` answers to a Commit.
#[must_use]
pub fn judge_error<S: std::fmt::Display>(error: &ProcessMessageError<S>) -> Verdict {
    let text = error.to_string();
    match error {
        ProcessMessageError::LibraryError(_) | ProcessMessageError::StorageError(_) => Verdict::Again(text),
        ProcessMessageError::ValidationError(e) => validation(e, text),
        ProcessMessageError::InvalidCommit(e) => commit(e, text),
        ProcessMessageError::GroupStateError(_) => Verdict::Binding(text),
        ProcessMessageError::IncompatibleWireFormat
        | ProcessMessageError::UnauthorizedExternalApplicationMessage
        | ProcessMessageError::UnauthorizedExternalCommitMessage
        | ProcessMessageError::UnsupportedProposalType
        | ProcessMessageError::MalformedSafeAad => Verdict::Void(text),
    }
}

fn validation(error: &ValidationError, text: String) -> Verdict {
    match error {
        ValidationError::LibraryError(_) => Verdict::Again(text),
        ValidationError::KeyPackageVerifyError(KeyPackageVerifyError::LifetimeError(_)) => Verdict::Binding(text),
        ValidationError::KeyPackageVerifyError(KeyPackageVerifyError::LibraryError(_)) => Verdict::Again(text),
        _ => Verdict::Void(text),
    }
}

fn commit(error: &StageCommitError, text: String) -> Verdict {
    use openmls::group::ProposalValidationError as P;
    match error {
        StageCommitError::LibraryError(_) => Verdict::Again(text),
        StageCommitError::ConfirmationTagMismatch
        | StageCommitError::MissingDecryptionKey
        | StageCommitError::OwnKeyNotFound
        | StageCommitError::OwnCommitMismatch
        | StageCommitError::LeafNodeValidation(LeafNodeValidationError::Lifetime(_))
        | StageCommitError::ProposalValidationError(P::LeafNodeValidation(LeafNodeValidationError::Lifetime(_))) => {
            Verdict::Binding(text)
        }
        StageCommitError::UpdatePathError(e) => match e {
            ApplyUpdatePathError::UnableToDecrypt
            | ApplyUpdatePathError::PathMismatch
            | ApplyUpdatePathError::MissingCiphertext
            | ApplyUpdatePathError::MissingOwnLeaf => Verdict::Binding(text),
            ApplyUpdatePathError::LibraryError(_) => Verdict::Again(text),
            ApplyUpdatePathError::PathLengthMismatch
            | ApplyUpdatePathError::ParentHashMismatch
            | ApplyUpdatePathError::MissingParentHash
            | ApplyUpdatePathError::MissingSender
            | ApplyUpdatePathError::TreeFull
            | ApplyUpdatePathError::InconsistentSenderIndex => Verdict::Void(text),
        },
        _ => Verdict::Void(text),
    }
}
