//! The limits that can refuse a call: the closed list that relay, client and PROTOCOL.md 20 share.
//!
//! A limit stands in the metadata of the reason LIMIT as `limit`, with `value`, and in the relay's metrics. Most are fields
//! of the relay's rules, by the same name.

use core::fmt;

/// Notes in one answer of `Directory.Resets`, at most: some 100 KB.
pub const RESETS_IN_A_PAGE: u32 = 256;

macro_rules! limits {
    ($($(#[$doc:meta])* $limit:ident = $name:literal;)*) => {
        /// A limit, as a refusal and a metric name it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Limit {
            $($(#[$doc])* $limit,)*
        }
        impl Limit {
            /// All of them.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$limit),*];
            /// Its name on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$limit => $name,)* }
            }
        }
    };
}

limits! {
    /// key-package claims on one account within an hour
    ClaimsPerHour = "claims_per_hour";
    /// public bodies, those included that were revoked
    MaxAgencies = "max_agencies";
    /// answers to one body within a day, whether persons can be notified
    RoutesPerAgencyDay = "routes_per_agency_day";
    /// answers to one body within a day about persons, with the registrar's note
    LookupsPerAgencyDay = "lookups_per_agency_day";
    /// notices of one body within a day
    DeliversPerAgencyDay = "delivers_per_agency_day";
    /// stamps of one body within a day
    StampsPerAgencyDay = "stamps_per_agency_day";
    /// grants of one kind of an account
    GrantsPerAccount = "grants_per_account";
    /// entries that a casilla or a return channel keeps
    MaxKeptEntries = "max_kept_entries";
    /// bytes that a casilla or a return channel keeps
    MaxKeptBytes = "max_kept_bytes";
    /// append rights of one casilla or return channel
    MaxKeptTokens = "max_kept_tokens";
    /// entries by the last-resort right of one casilla within a day
    LastResortPerDay = "last_resort_per_day";
    /// of these by one body
    LastResortPerAgencyDay = "last_resort_per_agency_day";
    /// entries by one right of a return channel
    ReturnAppendsPerToken = "return_appends_per_token";
    /// acts of one clerk within an hour
    ClerkActsPerHour = "clerk_acts_per_hour";
    /// acts of one clerk within a day
    ClerkActsPerDay = "clerk_acts_per_day";
    /// recovery codes of one clerk within a day
    ClerkResetsPerDay = "clerk_resets_per_day";
    /// what was refused to one clerk within a day
    ClerkRefusalsPerDay = "clerk_refusals_per_day";
    /// appends by one token to one inbox within a window
    InboxAppendsPerToken = "inbox_appends_per_token";
    /// one-time key packages of one device in one suite
    KeyPackagesPerDevice = "key_packages_per_device";
    /// lookups of one account within an hour
    LookupsPerHour = "lookups_per_hour";
    /// channels on one Attach stream
    MaxAttached = "max_attached";
    /// bytes of all blobs together
    MaxBlobDiskBytes = "max_blob_disk_bytes";
    /// bytes of all states of one account
    MaxChainBytes = "max_chain_bytes";
    /// clerks, those included that were revoked
    MaxClerks = "max_clerks";
    /// bytes that an inbox keeps
    MaxInboxBytes = "max_inbox_bytes";
    /// entries that an inbox keeps
    MaxInboxEntries = "max_inbox_entries";
    /// append tokens of one inbox; 0 for one that is closed
    MaxInboxTokens = "max_inbox_tokens";
    /// bytes that a log keeps
    MaxLogBytes = "max_log_bytes";
    /// entries that a log keeps
    MaxLogEntries = "max_log_entries";
    /// the last seq that a channel can have
    MaxSeq = "max_seq";
    /// sessions at a time
    MaxSessions = "max_sessions";
    /// bytes of all entries, and of what is kept beside them
    MaxStoreBytes = "max_store_bytes";
    /// bytes that unfinished blobs will have
    MaxUnfinishedBytes = "max_unfinished_bytes";
    /// unfinished blobs
    MaxUnfinishedUploads = "max_unfinished_uploads";
    /// uploads of blobs at a time
    MaxUploads = "max_uploads";
    /// pause between seals
    SealPauseMs = "seal_pause_ms";
    /// stamps that one account may take in a day
    StampsPerDay = "stamps_per_day";
    /// MLS suites of one device
    SuitesPerDevice = "suites_per_device";
    /// names of others that one code may ask for within an hour
    NamesPerCode = "names_per_code";
    /// an upload that sends nothing for so long is given up
    UploadIdleMs = "upload_idle_ms";
    /// bytes a second that an upload must bring
    UploadLeastRate = "upload_least_rate";
    /// uploads at a time on one connection
    UploadsPerConnection = "uploads_per_connection";
    /// uploads at a time for one stamp or blob
    UploadsPerStamp = "uploads_per_stamp";
}

impl Limit {
    /// From its name on the wire.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.as_str() == name)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Limit;
    use std::collections::BTreeSet;

    #[test]
    fn every_limit_has_a_name_of_its_own_and_reads_back_from_it() {
        let names: BTreeSet<&str> = Limit::ALL.iter().map(|l| l.as_str()).collect();
        assert_eq!(names.len(), Limit::ALL.len());
        for limit in Limit::ALL {
            assert_eq!(Limit::parse(limit.as_str()), Some(limit));
        }
        assert_eq!(Limit::parse("max_log"), None);
    }
}
