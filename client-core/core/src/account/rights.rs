//! Rights to append to the own inbox, as the relay is told of them.

use crate::shelf::Own;
use lacre_ground::ids::Token;
use lacre_proto::relay::v1 as wire;

/// Inbox tokens made known to the relay at once, so that a new contact costs no call that would tell of him.
pub(super) const TOKENS: usize = 32;
/// Rights in one call.
pub(super) const TOKENS_AT_ONCE: usize = 60;

/// The rights that the own inbox should have.
pub(super) fn rights_of(own: &Own) -> Vec<wire::AppendRight> {
    let public = (!own.nobody_new).then(|| public_right(&own.public_token));
    public.into_iter().chain(own.spare_tokens.iter().chain(&own.given_tokens).map(free_right)).collect()
}

/// One that costs nothing: made for a contact, a conversation or a link.
pub(super) fn free_right(token: &Token) -> wire::AppendRight {
    wire::AppendRight { token_hash: token.hash().as_bytes().to_vec(), stamped: false, once: false }
}

/// The one in the directory: each use costs a stamp.
pub(super) fn public_right(token: &Token) -> wire::AppendRight {
    wire::AppendRight { token_hash: token.hash().as_bytes().to_vec(), stamped: true, once: false }
}
