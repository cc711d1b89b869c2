//! What arrives is all that there is.

use super::{server, text};
use lacre_store::moving::TABLES;
use std::collections::BTreeSet;

/// Made anew by whoever moves a store here, or forgotten with a process.
const NOT_CARRIED: [&str; 9] = ["meta", "gate", "relay", "recent_id", "quota", "session", "identity", "moved", "schema_version"];

#[test]
fn no_table_no_column_and_no_number_that_is_given_once_is_missing_when_a_store_arrives() {
    let Some(server) = server() else { return };
    let (store, _) = super::open(&server.options());
    let listed = |what: &str, which: &str| -> BTreeSet<String> {
        let sql = format!("SELECT string_agg({what}, ' ') FROM information_schema.columns WHERE table_schema = 'public'{which}");
        let all = text(&store.work.conn, &sql);
        let stays = |column: &str| NOT_CARRIED.iter().any(|table| column.split('.').next() == Some(table));
        all.split(' ').filter(|column| !stays(column)).map(str::to_owned).collect()
    };

    let columns = TABLES.iter().flat_map(|t| t.columns.iter().map(|(column, _)| format!("{}.{column}", t.name)));
    assert_eq!(columns.collect::<BTreeSet<_>>(), listed("table_name || '.' || column_name", ""));
    let numbered = TABLES.iter().filter(|t| t.numbered).map(|t| t.name.to_owned());
    assert_eq!(numbered.collect::<BTreeSet<_>>(), listed("table_name", " AND is_identity = 'YES'"));
}
