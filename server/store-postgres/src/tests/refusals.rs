//! What a server must be like, and which schema.

use super::{open, quotas, server, server_with};
use crate::own_server::OwnServer;
use crate::{Migrated, OpenError, PgOptions, PgStore, migrate};
use lacre_ground::random::SystemRng;

fn refused(options: PgOptions) -> String {
    PgStore::open(options, quotas(), &mut SystemRng).err().map_or_else(|| "opened".to_owned(), |e| e.to_string())
}

#[test]
fn a_server_that_may_forget_what_it_acknowledged_is_refused_by_the_name_of_its_setting() {
    if server().is_none() {
        return;
    }
    for setting in [
        "fsync=off",
        "full_page_writes=off",
        "synchronous_commit=off",
        "synchronous_commit=local",
        "synchronous_commit=remote_write",
    ] {
        let (name, value) = setting.split_once('=').unwrap();
        let server = OwnServer::with(&[setting]).unwrap().unwrap();
        assert_eq!(refused(server.options()), format!("the database has {name} = {value}: what it acknowledges can be lost"));
    }
    let server = server_with(&["synchronous_commit=remote_apply"]).unwrap();
    assert_eq!(refused(server.options()), "opened");
    assert!(refused(PgOptions { loses_on_failover: false, ..server.options() }).contains("no synchronous replica"));
}

#[test]
fn a_database_that_sorts_by_words_is_refused() {
    let Some(server) = server() else { return };
    let (store, _) = open(&server.options());
    store.work.conn.simple("CREATE DATABASE words TEMPLATE template0 LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'").unwrap();
    let said = refused(PgOptions { database: "words".into(), ..server.options() });
    assert!(said.contains("collation C.UTF-8"), "{said}");
}

#[test]
fn only_migrate_migrates_and_it_does_so_once() {
    let Some(server) = server() else { return };
    let (store, _) = open(&server.options());
    store.work.conn.simple("CREATE DATABASE fresh").unwrap();
    store.work.conn.simple("CREATE DATABASE theirs").unwrap();
    let fresh = PgOptions { database: "fresh".into(), ..server.options() };

    assert!(matches!(PgStore::open(fresh.clone(), quotas(), &mut SystemRng), Err(OpenError::Older { found: 0, known: 6 })));
    assert_eq!(migrate(&fresh, &mut SystemRng).unwrap(), Migrated { from: 0, to: 6 });
    assert_eq!(migrate(&fresh, &mut SystemRng).unwrap(), Migrated { from: 6, to: 6 });
    let (one, other) = (open(&fresh).0, open(&fresh).0);
    assert_eq!(one.generation(), other.generation());
    assert_ne!(one.generation(), store.generation(), "each store has its own");

    for (version, opens) in [(7, true), (8, false)] {
        one.work.conn.simple(&format!("INSERT INTO schema_version (version) VALUES ({version})")).unwrap();
        assert_eq!(refused(fresh.clone()) == "opened", opens, "version n works on n and n+1");
    }
    assert!(migrate(&fresh, &mut SystemRng).unwrap_err().to_string().contains("newer"));

    let theirs = PgOptions { database: "theirs".into(), ..server.options() };
    one.work.conn.simple("SELECT 1").unwrap();
    let into_theirs = {
        let (conn, _) = (theirs.connect(store.threads.handle().unwrap()).unwrap(), ());
        conn.simple("CREATE TABLE something (id bigint)").unwrap();
        migrate(&theirs, &mut SystemRng)
    };
    assert!(matches!(into_theirs, Err(OpenError::NotOurs)));
}

#[test]
fn over_a_network_no_connection_is_made_without_an_authority_that_vouches_for_the_server() {
    let Some(server) = server() else { return };
    let far = PgOptions { hosts: vec!["127.0.0.1".into()], ..server.options() };
    assert!(refused(far.clone()).contains("no ca_file"));
    let mixed = PgOptions { hosts: vec!["127.0.0.1".into(), "/tmp".into()], ..far };
    assert!(refused(mixed).contains("either names or one folder"));
}

/// An authority, and a certificate of it for this name with its key.
fn certified(name: &str) -> [String; 3] {
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = rcgen::CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate().unwrap()).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    [authority.pem(), leaf.pem(), key.serialize_pem()]
}

#[test]
fn over_a_network_the_server_is_believed_by_its_authority_and_under_its_name_only() {
    let [authority, certificate, key] = certified("localhost");
    let Some(server) = OwnServer::over_tls(&certificate, &key).unwrap() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        Some(folder.path().join(name))
    };
    let by = |host: &str, ca_file| PgOptions { hosts: vec![host.into()], ca_file, ..server.options() };
    let ours = file("ours.pem", &authority);

    assert_eq!(refused(by("localhost", ours.clone())), "opened");
    let other = refused(by("localhost", file("other.pem", &certified("localhost")[0])));
    assert!(other.contains("certificate"), "another authority: {other}");
    let named = refused(by("127.0.0.1", ours.clone()));
    assert!(named.contains("certificate"), "another name: {named}");
    let half = PgOptions { client_cert: file("half.pem", &certificate), ..by("localhost", ours.clone()) };
    assert!(refused(half).contains("goes with its key"));
    let nothing = refused(by("localhost", file("nothing.pem", "")));
    assert!(nothing.contains("certificate") || nothing.contains("cannot be read"), "{nothing}");
    let (store, _) = open(&by("localhost", file("ours.pem", &authority)));
    let of = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert!(super::text(&store.work.conn, of).starts_with("TLSv1."));
}
