//! What `check` finds of a store's rows, in whichever engine: against its rules, and against the files of blobs.

use super::findings::{Findings, Kind};
use lacre_relay::blob_files::digest_of;
use lacre_store::blobs::BlobRow;
use lacre_store_sqlite::inspect::Fault;
use std::path::Path;

/// What breaks the rules of a store.
pub(crate) fn faults(faults: &[Fault], findings: &mut Findings<'_>) {
    for fault in faults {
        let id = format!("fault-{}", fault.rule);
        findings.add(Kind::Wrong, &id, &[("n", &fault.rows.to_string()), ("cause", &fault.detail)]);
    }
}

/// Files against rows. A running relay writes files before their rows, and removes them after.
pub(crate) fn blobs(folder: &Path, rows: &[BlobRow], digests: bool, findings: &mut Findings<'_>) {
    let (mut missing, mut changed) = (0_u64, 0_u64);
    for row in rows {
        let path = folder.join(row.file.to_string());
        match path.metadata() {
            Err(_) => missing += 1,
            Ok(found) if found.len() != row.size => changed += 1,
            Ok(_) if digests => changed += u64::from(!digest_of(&path).is_ok_and(|digest| digest == row.sha256)),
            Ok(_) => {}
        }
    }
    if missing > 0 {
        findings.add(Kind::Wrong, "check-blobs-missing", &[("n", &missing.to_string())]);
    }
    if changed > 0 {
        findings.add(Kind::Wrong, "check-blobs-changed", &[("n", &changed.to_string())]);
    }
    if missing + changed == 0 {
        findings.add(Kind::Good, "check-blobs", &[("n", &rows.len().to_string())]);
    }
}
