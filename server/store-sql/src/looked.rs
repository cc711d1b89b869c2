//! What is true of every store, asked in SQL: for whoever looks at one without changing it.

use crate::rows::Cells as _;
use crate::{Db, Sql};
use lacre_store::blobs::{BlobRow, FileName};

/// Something that must not be. Named in the catalogues as `fault-…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// which rule
    pub rule: &'static str,
    /// how many rows break it
    pub rows: u64,
    /// what the engine said of a page; empty for our own rules
    pub detail: String,
}

/// Our own rules: tables that they need, and how many rows break each. `{times}` is the order in which accept times never go back.
const RULES: &[(&str, &[&str], &str)] = &[
    (
        "seqs-not-dense",
        &["channel", "entry"],
        "SELECT count(*) FROM channel c JOIN (SELECT channel, min(seq) low, max(seq) high, count(*) n FROM entry GROUP BY channel) e \
         ON e.channel = c.channel WHERE e.low <> c.gone_through + 1 OR e.high - e.low + 1 <> e.n",
    ),
    (
        "entries-without-channel",
        &["channel", "entry"],
        "SELECT count(*) FROM entry WHERE NOT EXISTS (SELECT 1 FROM channel c WHERE c.channel = entry.channel)",
    ),
    (
        "accept-times-go-back",
        &["entry"],
        "SELECT count(*) FROM (SELECT accepted_ms < lag(accepted_ms) OVER ({times}) AS back FROM entry) t WHERE back",
    ),
    (
        "seals-not-counted",
        &["channel", "entry"],
        "SELECT count(*) FROM channel c WHERE c.seal_count < (SELECT count(*) FROM entry e WHERE e.channel = c.channel AND e.seal) \
         OR c.seal_seq < (SELECT coalesce(max(e.seq), 0) FROM entry e WHERE e.channel = c.channel AND e.seal)",
    ),
    (
        "rights-without-channel",
        &["channel", "append_right"],
        "SELECT count(*) FROM append_right r WHERE NOT EXISTS (SELECT 1 FROM channel c WHERE c.channel = r.channel)",
    ),
    (
        "logs-without-right",
        &["channel", "append_right"],
        "SELECT count(*) FROM channel c WHERE c.class = 1 AND (SELECT count(*) FROM append_right r WHERE r.channel = c.channel) <> 1",
    ),
    (
        "states-without-account",
        &["account", "account_state"],
        "SELECT count(*) FROM account_state s WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account = s.account)",
    ),
    (
        "devices-without-account",
        &["account", "device"],
        "SELECT count(*) FROM device d WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account = d.account)",
    ),
    (
        "packages-without-device",
        &["device", "key_package"],
        "SELECT count(*) FROM key_package k WHERE NOT EXISTS (SELECT 1 FROM device d WHERE d.device = k.device)",
    ),
    (
        "inboxes-without-account",
        &["account", "inbox"],
        "SELECT count(*) FROM inbox i WHERE i.owner IS NOT NULL AND NOT EXISTS (SELECT 1 FROM account a WHERE a.account = i.owner)",
    ),
    (
        "closed-inboxes-with-rights",
        &["append_right", "channel", "inbox"],
        "SELECT count(*) FROM append_right r JOIN channel c USING (channel) JOIN inbox i ON i.name = c.name \
         WHERE NOT i.named AND c.class = 2",
    ),
    (
        "kept-seqs-not-dense",
        &["channel", "kept_entry"],
        "SELECT count(*) FROM channel c JOIN (SELECT channel, min(seq) low, max(seq) high, count(*) n FROM kept_entry GROUP BY channel) e \
         ON e.channel = c.channel WHERE e.low <> c.gone_through + 1 OR e.high - e.low + 1 <> e.n",
    ),
    (
        "kept-entries-without-channel",
        &["channel", "kept_entry"],
        "SELECT count(*) FROM kept_entry WHERE NOT EXISTS (SELECT 1 FROM channel c WHERE c.channel = kept_entry.channel AND c.class > 2)",
    ),
    (
        "kept-accept-times-go-back",
        &["kept_entry"],
        "SELECT count(*) FROM (SELECT accepted_ms < lag(accepted_ms) OVER ({times}) AS back FROM kept_entry) t WHERE back",
    ),
    (
        "kept-entries-without-id",
        &["kept_entry", "kept_id"],
        "SELECT count(*) FROM kept_entry e WHERE NOT EXISTS (SELECT 1 FROM kept_id i WHERE i.channel = e.channel AND i.entry_id = e.entry_id)",
    ),
    (
        "notices-without-record",
        &["channel", "kept_id", "notice_record"],
        "SELECT count(*) FROM kept_id i JOIN channel c USING (channel) WHERE c.class = 3 AND NOT EXISTS \
         (SELECT 1 FROM notice_record r WHERE r.channel = i.channel AND r.entry_id = i.entry_id)",
    ),
    (
        "grants-without-account",
        &["account", "kept_grant", "kept_casilla"],
        "SELECT (SELECT count(*) FROM kept_grant g WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account = g.account)) \
         + (SELECT count(*) FROM kept_casilla k WHERE k.account IS NOT NULL AND NOT EXISTS (SELECT 1 FROM account a WHERE a.account = k.account))",
    ),
    ("resets-not-dense", &["reset"], "SELECT coalesce(max(number), 0) - count(*) FROM reset"),
    (
        "blob-bytes-not-counted",
        &["blob", "blob_total"],
        "SELECT count(*) FROM blob_total WHERE bytes <> (SELECT coalesce(sum(size), 0) FROM blob)",
    ),
];

/// What breaks our own rules; those are asked whose tables are all there.
pub fn faults<D: Db>(db: &D, has: impl Fn(&str) -> bool) -> Sql<Vec<Fault>, D> {
    let mut faults = Vec::new();
    for (rule, _, sql) in RULES.iter().filter(|(_, tables, _)| tables.iter().all(|table| has(table))) {
        let rows = db.only(&sql.replace("{times}", D::TIMES), &[], |r| r.number(0))?;
        if rows > 0 {
            faults.push(Fault { rule, rows, detail: String::new() });
        }
    }
    Ok(faults)
}

/// Rows of whole blobs, in the order in which they came; files of unfinished ones.
pub fn blobs<D: Db>(db: &D) -> Sql<(Vec<BlobRow>, Vec<FileName>), D> {
    let sql = "SELECT file, size, sha256, whole FROM blob ORDER BY blob";
    let row = |file, size, sha256| BlobRow { file: FileName::new(file), size, sha256 };
    let rows = db.all(sql, &[], |r| Ok((row(r.id(0)?, r.number(1)?, r.id(2)?), r.flag(3)?)))?;
    let (whole, unfinished): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, whole)| *whole);
    Ok((whole.into_iter().map(|(row, _)| row).collect(), unfinished.into_iter().map(|(row, _)| row.file).collect()))
}
