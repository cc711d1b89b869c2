//! What `check` finds of a database.

use super::backup::places;
use super::check_rows;
use super::findings::{Findings, Kind};
use lacre_ground::time::Millis;
use lacre_relay::blob_files::BLOBS_FOLDER;
use lacre_relay::config::NodeConfig;
use lacre_relay::deletions::SHARED_LIST;
use lacre_relay::folder::{STORE_FILE, StartError};
use lacre_relay::identity::IdentityKey;
use lacre_relay::moved::Moved;
use lacre_store_postgres::{OpenError, PgOptions, look};

/// A database, and whether a start would work on it; what the registrar's key is known by there.
pub(crate) fn database(
    config: &NodeConfig,
    postgres: &PgOptions,
    runs: bool,
    now: Millis,
    digests: bool,
    findings: &mut Findings<'_>,
) -> Option<[u8; 32]> {
    let here = config.data.join(STORE_FILE);
    match Moved::read(&config.data) {
        Some(Moved::Whole) => {}
        Some(Moved::UnderWay) => findings.wrong(StartError::HalfMoved(config.data.clone())),
        None if here.exists() => findings.wrong(StartError::StoreHere(here)),
        None => {}
    }
    let seen = match look(postgres) {
        Ok(seen) => seen,
        Err(e) => {
            findings.wrong(e);
            return None;
        }
    };
    let apart = seen.now.get().abs_diff(now.get());
    if apart > APART_MS {
        let values = [("database", seen.now.to_string()), ("now", now.to_string())];
        findings.add(Kind::Wrong, "check-database-clock", &values.each_ref().map(|(name, value)| (*name, value.as_str())));
    }
    let versions = [("found", seen.version.to_string()), ("known", seen.known.to_string())];
    let versions = versions.each_ref().map(|(name, value)| (*name, value.as_str()));
    let Some(inside) = seen.inside else {
        if seen.version > seen.known {
            findings.wrong(OpenError::Newer { found: seen.version, known: seen.known });
        } else {
            findings.wrong(OpenError::Older { found: seen.version, known: seen.known });
        }
        return None;
    };
    findings.add(Kind::Good, "check-database", &versions);
    if inside.half_moved {
        findings.wrong(OpenError::HalfMoved);
    }
    let c = &inside.counts;
    let counts = [("channels", c.channels), ("entries", c.entries), ("accounts", c.accounts), ("blobs", c.blobs)];
    let counts = counts.map(|(name, n)| (name, n.to_string()));
    findings.add(Kind::Good, "check-database-holds", &counts.each_ref().map(|(name, n)| (*name, n.as_str())));
    check_rows::faults(&inside.faults, findings);
    let list = postgres.shared_blobs.as_ref().map(|shared| shared.join(SHARED_LIST));
    match list.filter(|list| inside.run_key_check.is_some() && !list.exists()) {
        // no blob is missing where the folder is
        Some(list) => findings.wrong(StartError::ListMissing(list)),
        None => {
            let own = config.data.join(BLOBS_FOLDER);
            check_rows::blobs(postgres.shared_blobs.as_ref().unwrap_or(&own), &inside.blobs, digests, findings);
        }
    }
    let relays = inside.relays + u64::from(!runs);
    let needed = relays.saturating_mul(u64::from(postgres.readers) + WRITING);
    let values = [("relays", relays), ("needed", needed), ("most", seen.connections)].map(|(name, n)| (name, n.to_string()));
    let values = values.each_ref().map(|(name, n)| (*name, n.as_str()));
    if needed > seen.connections {
        findings.add(Kind::Wrong, "check-database-connections", &values);
    } else {
        findings.add(Kind::Good, "check-database-relays", &values);
    }
    let own = IdentityKey::load(&places(config).identity(&config.data)).ok().map(|key| key.public());
    if let (Some(known), Some(own)) = (inside.identity, own)
        && known != *own.as_bytes()
    {
        findings.wrong(OpenError::Identity);
    }
    inside.run_key_check
}

/// A relay's clock and the database's may be so far apart.
const APART_MS: u64 = 60_000;
/// Connections of a relay beside those for reading: for writing, for telling and for hearing what is new.
const WRITING: u64 = 3;
