//! What things weigh: the numbers of RUNNING.md, and what an answer takes.

use crate::limits::{PAGE_BYTES, PAGE_ENTRIES};

/// What a call counts for beside its bytes: HTTP/2's state, its headers, a task, buffers for one message each way.
pub const CALL: usize = 8 * 1024;
/// A relay before anybody calls (some 20 MiB), what its readers and its allocator need at most, handshakes under way.
pub const BASE: usize = 64 * 1024 * 1024;
/// What an open connection costs beside what is counted (measured: bench `memory`).
pub const CONNECTION: usize = 40 * 1024;
/// What a followed channel counts for: its rows in the hub and in its stream (measured: bench `memory`).
pub const FOLLOWED: usize = 640;
/// An answer of this many bytes or more was written into a buffer that may be twice as large.
pub const LARGE: usize = 32 * 1024;
/// Readings that bring bytes at a time, of all connections; fewer where the bound is small ([`Memory::new`]).
pub const READINGS: usize = 16;
/// And of one connection.
pub const READINGS_OF_ONE: usize = 4;
/// One network has no more than this part of all turns: a thousand followers of one log wait for each other.
pub(super) const NETWORK_PART: usize = 2;
/// Readings at a time, in the worst case, take no more than this part of the bound.
pub(super) const READING_PART: usize = 4;
/// What an entry takes beside its ciphertext, while it is read and encoded.
const ENTRY: usize = 512;
/// A page that is full, before and while it is encoded: its last entry passes the bound.
pub const PAGE_WORST: usize = weight(2 * PAGE_BYTES as usize, PAGE_ENTRIES as usize);

/// What an answer takes with so many bytes in so many parts: as it was read, and the buffer that it is encoded into, which
/// may be twice as large.
pub(crate) const fn weight(bytes: usize, parts: usize) -> usize {
    3 * bytes + ENTRY * parts
}

/// The formula of RUNNING.md: bytes that a relay takes at most, with so many connections of which so many have sent what
/// nobody reads yet, and this bound for what is counted.
#[must_use]
pub const fn formula(connections: usize, unread: usize, held: usize) -> usize {
    BASE + CONNECTION * connections + crate::limits::CONNECTION_WINDOW as usize * unread + held
}

/// What an encoded answer of so many bytes takes.
pub(super) fn encoded(bytes: usize) -> usize {
    if bytes < LARGE { bytes } else { 2 * bytes }
}
