//! Every limit and every retention that the relay applies, as one value.
//!
//! Apart from the node's configuration: later the policy of the council provides it (ARCHITECTURE.md, Seams). Times are
//! milliseconds.

use lacre_ground::time::Millis;
pub use lacre_proto::limits::Limit;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The rules in force. Clients are told what they need of it by `GetInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// bytes of one entry's ciphertext
    pub max_entry_bytes: u32,
    /// an append whose `read_to` is further behind the head is refused with CATCH_UP (bounds the lookup of I3)
    pub max_lag: u32,
    /// entries that a log keeps; seals have room beyond it (I4)
    pub max_log_entries: u64,
    /// how long an entry of a casilla or a return channel is kept, read or not; blobs of a notice as long
    pub kept_retention_ms: u64,
    /// entries that a casilla or a return channel keeps: more than all rights of a casilla may make in that time
    pub max_kept_entries: u64,
    /// bytes that a casilla or a return channel keeps
    pub max_kept_bytes: u64,
    /// append rights of one casilla or return channel
    pub max_kept_tokens: u32,
    /// entries by the last-resort rights of one casilla within a day
    pub last_resort_per_day: u32,
    /// of these by one body
    pub last_resort_per_agency_day: u32,
    /// entries by one right of a return channel, in all
    pub return_appends_per_token: u32,
    /// once grants of one account
    pub grants_per_account: u32,
    /// how long a grant must still hold to be handed out: as long as the answer is good for
    pub grant_rest_ms: u64,
    /// public bodies, those included that were revoked
    pub max_agencies: u32,
    /// routes, lookups and notices of one body within a day, of each, unless the operator set another number
    pub agency_per_day: u32,
    /// stamps of one body within a day
    pub stamps_per_agency_day: u32,
    /// entries that an inbox keeps until its reader trims it
    pub max_inbox_entries: u64,
    /// bytes of ciphertext that a log keeps: so many does the stamp pay for that opened it. Beyond, seals come slower
    pub max_log_bytes: u64,
    /// bytes of ciphertext that an inbox keeps until its reader trims it
    pub max_inbox_bytes: u64,
    /// bytes of all entries together, and of what the store keeps beside them; beyond, nothing is opened or appended
    pub max_store_bytes: u64,
    /// append tokens of one inbox
    pub max_inbox_tokens: u32,
    /// appends by one token to one inbox within [`Rules::inbox_window_ms`]
    pub inbox_appends_per_token: u32,
    /// the window of that quota
    pub inbox_window_ms: u64,
    /// seals in a log that are taken without pause; after them one each [`Rules::seal_pause_ms`]
    pub free_seals: u32,
    /// pause between seals after the free ones
    pub seal_pause_ms: u64,
    /// the pause instead of that in a log that keeps [`Rules::max_log_bytes`]
    pub full_seal_pause_ms: u64,
    /// how long an entry is kept; at least 48 hours (I7)
    pub entry_retention_ms: u64,
    /// how long a channel's row outlives its last use (I8): two years, and 31 days because last use is kept coarsely
    pub channel_retention_ms: u64,
    /// the last use of an inbox by its reader is written when it is this much older than what is stored
    pub reader_use_ms: u64,
    /// ids of recent appends to inboxes that the process remembers (I3)
    pub recent_inbox_ids: u32,
    /// channels on one Attach stream
    pub max_attached: u32,
    /// pause after which an Attach stream sends a heartbeat and looks whether a wake-up was lost
    pub heartbeat_ms: u64,
    /// bytes of one blob's ciphertext
    pub max_blob_bytes: u64,
    /// how long a blob is kept
    pub blob_retention_ms: u64,
    /// bytes of all blobs together
    pub max_blob_disk_bytes: u64,
    /// one-time key packages of one device in one suite
    pub key_packages_per_device: u32,
    /// MLS suites that one device may have key packages in
    pub suites_per_device: u32,
    /// bytes of all states of one account: a directory entry must fit into an answer
    pub max_chain_bytes: u64,
    /// stamps that one account may take in a day
    pub stamps_per_day: u32,
    /// stamps that are made in one such period of the calendar work until the end of the next one
    pub stamp_period_ms: u64,
    /// key-package claims on one account within an hour
    pub claims_per_hour: u32,
    /// lookups of one account within an hour
    pub lookups_per_hour: u32,
    /// how long a one-time code works
    pub code_lifetime_ms: u64,
    /// clerks, those included that were revoked
    pub max_clerks: u32,
    /// acts of one clerk at the counter within an hour, refused ones included
    pub clerk_acts_per_hour: u32,
    /// the same within a day
    pub clerk_acts_per_day: u32,
    /// recovery codes of one clerk within a day: each puts an account in the place of another
    pub clerk_resets_per_day: u32,
    /// what was refused to one clerk within a day: each tells something of a person
    pub clerk_refusals_per_day: u32,
    /// names of others that one code may ask for within an hour
    pub names_per_code: u32,
    /// how long a login challenge works
    pub challenge_lifetime_ms: u64,
    /// how long a session works
    pub session_lifetime_ms: u64,
    /// sessions at a time, of all accounts
    pub max_sessions: u32,
    /// sessions at a time of one device: a further one ends the oldest
    pub sessions_per_device: u32,
    /// uploads of blobs at a time
    pub max_uploads: u32,
    /// an upload that sends nothing for so long is given up
    pub upload_idle_ms: u64,
    /// uploads at a time on one connection
    pub uploads_per_connection: u32,
    /// bytes a second that an upload must bring on the average, after its first [`Rules::upload_idle_ms`]; 0: none
    pub upload_least_rate: u64,
    /// what came of a blob of this many bytes or more is kept when its upload breaks off
    pub unfinished_from_bytes: u64,
    /// for so long, from its first byte on
    pub unfinished_retention_ms: u64,
    /// blobs of which a part is kept; what comes beyond is not kept when it breaks off
    pub max_unfinished_uploads: u32,
    /// bytes that those blobs will have when they are whole; beyond: the same
    pub max_unfinished_bytes: u64,
}

impl Rules {
    /// Until when a stamp works that is made now: for between one and two periods.
    #[must_use]
    pub const fn stamps_end(&self, now: Millis) -> Millis {
        match now.get().checked_div(self.stamp_period_ms) {
            Some(periods) => Millis::new(periods.saturating_add(2).saturating_mul(self.stamp_period_ms)),
            None => now,
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            max_entry_bytes: 256 * 1024,
            max_lag: 1_024,
            max_log_entries: 100_000,
            kept_retention_ms: 400 * DAY,
            max_kept_entries: 16 + 64 * 365,
            max_kept_bytes: 1024 * 1024 * 1024,
            max_kept_tokens: 512,
            last_resort_per_day: 64,
            last_resort_per_agency_day: 8,
            return_appends_per_token: 64,
            grants_per_account: 64,
            grant_rest_ms: HOUR,
            max_agencies: 1_024,
            agency_per_day: 5_000,
            stamps_per_agency_day: 10_000,
            max_inbox_entries: 4_096,
            max_log_bytes: 64 * 1024 * 1024,
            max_inbox_bytes: 64 * 1024 * 1024,
            max_store_bytes: 256 * 1024 * 1024 * 1024,
            max_inbox_tokens: 512,
            inbox_appends_per_token: 240,
            inbox_window_ms: HOUR,
            free_seals: 3,
            seal_pause_ms: SECOND,
            full_seal_pause_ms: MINUTE,
            entry_retention_ms: 30 * DAY,
            channel_retention_ms: (2 * 365 + 1 + 31) * DAY,
            reader_use_ms: 30 * DAY,
            recent_inbox_ids: 65_536,
            max_attached: 16_384,
            heartbeat_ms: 25 * SECOND,
            max_blob_bytes: 104 * 1024 * 1024,
            blob_retention_ms: 30 * DAY,
            max_blob_disk_bytes: 64 * 1024 * 1024 * 1024,
            key_packages_per_device: 128,
            suites_per_device: 4,
            max_chain_bytes: 768 * 1024,
            stamps_per_day: 512,
            stamp_period_ms: 30 * DAY,
            claims_per_hour: 240,
            lookups_per_hour: 1_200,
            code_lifetime_ms: 7 * DAY,
            max_clerks: 1_024,
            clerk_acts_per_hour: 60,
            clerk_acts_per_day: 240,
            clerk_resets_per_day: 24,
            clerk_refusals_per_day: 12,
            names_per_code: 16,
            challenge_lifetime_ms: MINUTE,
            session_lifetime_ms: 10 * MINUTE,
            max_sessions: 100_000,
            sessions_per_device: 4,
            max_uploads: 256,
            upload_idle_ms: 30 * SECOND,
            uploads_per_connection: 16,
            upload_least_rate: 1_024,
            unfinished_from_bytes: 1024 * 1024,
            unfinished_retention_ms: DAY,
            max_unfinished_uploads: 1_024,
            max_unfinished_bytes: 16 * 1024 * 1024 * 1024,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_of_one_period_end_together_and_each_works_for_a_whole_period_and_less_than_two() {
        let (rules, begins) = (Rules::default(), 600 * 30 * DAY);
        let end = |ms| rules.stamps_end(Millis::new(ms)).get();
        assert_eq!(end(begins), begins + 60 * DAY);
        assert_eq!(end(begins + 30 * DAY - 1), begins + 60 * DAY, "30 days and a millisecond");
        assert_eq!(end(begins + 30 * DAY), begins + 90 * DAY);
    }
}
