//! Why a Commit is void: what reads one and what judges it say the same.

/// Why a Commit is void for everyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// The GroupContext has no readable conversation context.
    #[error("the group context is not a conversation's")]
    Context,
    /// A proposal by reference, or of a type that conversations do not use.
    #[error("a proposal of a kind that conversations do not use")]
    Proposal,
    /// Only an admin may do this.
    #[error("only an admin may add, remove or change")]
    NotAdmin,
    /// An added credential is not account and device, or its device is a member already.
    #[error("an added device is not well-formed or already there")]
    Added,
    /// A leaf would be replaced by a key package that its device did not make for that.
    #[error("a device would be replaced that did not ask for it")]
    Consent,
    /// A key to encrypt to is not as long as its suite's keys are.
    #[error("a key of another length than its suite has")]
    Key,
    /// A third person in a conversation of two.
    #[error("a conversation of two has two people")]
    Two,
    /// Nobody would be left who may remove and change; or an admin would be no member.
    #[error("the group would have no admin, or one that is no member")]
    Admins,
    /// More devices than a group may have.
    #[error("a group has at most 1,000 devices")]
    Full,
    /// The path leaf is another member's or has another key.
    #[error("the committer's leaf changed its identity")]
    Leaf,
}
