//! What devices put, files beside an entry, a restore, return channels.

use super::world::*;
use crate::service::world_tests::{World, parts, reason, refused};
use lacre_evidence::grant::{Grant, GrantKind};
use lacre_evidence::record::Record;
use lacre_evidence::{Designation, envelope};
use lacre_ground::address::Authority;
use lacre_ground::ids::Token;
use lacre_ground::note::NoteSigner;
use lacre_ground::receipt::RELAY;
use lacre_ground::signed::{NoteText as _, Signed};
use lacre_proto::relay::v1 as wire;
use lacre_store::rules::Rules;
use sha2::{Digest as _, Sha256};

#[tokio::test]
async fn what_a_device_puts_is_looked_at_before_anybody_relies_on_it() {
    let w = World::new(Rules::default()).await;
    let (ana, session, mut stamps) = w.ana(3).await;
    let casilla = Casilla::new(1);
    w.open_kept(wire::ChannelClass::Casilla, &casilla, &[(1, true)], stamps.remove(0)).await;
    let put = |grant: wire::SealedGrant| {
        let request = wire::PutGrantsRequest { session: session.clone(), once: vec![grant], ..Default::default() };
        async { w.accounts().put_grants(request).await }
    };
    let good = w.grant(&ana, &casilla, 1, GrantKind::Once);

    assert_eq!(refused(put(good.clone()).await), "NOT_DESIGNATED");
    let eva = w.person(2);
    assert_eq!(refused(w.designate(&eva, &session, true).await), "BAD_NOTE");
    let foreign = Designation { account: eva.account, made_at: at(&w), statement: "x".into() }.sign(&ana.signer).unwrap();
    let request = wire::DesignateRequest { session: session.clone(), designation: foreign };
    assert_eq!(refused(w.accounts().designate(request).await), "BAD_NOTE");
    w.designate(&ana, &session, true).await.unwrap();
    let resigned = |change: &dyn Fn(&mut Grant)| {
        let mut grant = Signed::<Grant>::verify(&good.grant, &[ana.signer.public()]).unwrap().into_value();
        change(&mut grant);
        wire::SealedGrant { grant: grant.sign(&ana.signer).unwrap(), ..good.clone() }
    };
    let elsewhere = Authority::new("otro.example.org", 7443, w.context.identity).unwrap();
    for bad in [
        wire::SealedGrant { token: vec![9; 32], ..good.clone() },
        wire::SealedGrant { grant: good.grant.replace("once", "last resort"), ..good.clone() },
        resigned(&|g| g.kind = GrantKind::LastResort),
        resigned(&|g| g.account = eva.account),
        resigned(&|g| g.casilla.authority = elsewhere.clone()),
        resigned(&|g| g.until = g.from.plus(400 * DAY + 1)),
        resigned(&|g| g.until = at(&w)),
    ] {
        assert_eq!(refused(put(bad).await), "BAD_NOTE");
    }
    w.pause_notices(&session, true).await;
    assert_eq!(refused(put(good.clone()).await), "PAUSED");
    w.pause_notices(&session, false).await;
    assert_eq!(put(good).await.unwrap().into_inner().remaining, 1);
}

#[tokio::test]
async fn nobody_closes_the_casilla_of_another_by_a_grant_that_names_it() {
    let w = World::new(Rules::default()).await;
    w.office(1).await;
    let (.., casilla) = w.address().await;
    let token = w.look_up_one(1, 1).await.right.unwrap().token;
    let mallory = w.person(2);
    w.enroll(&mallory, STRANGER, "mallory").await.unwrap();
    let session = w.login(&mallory).await;
    w.designate(&mallory, &session, true).await.unwrap();

    assert_eq!(refused(w.put_grants(&mallory, &session, &casilla, &[1], &[]).await), "BAD_NOTE");
    w.pause_notices(&session, true).await;

    assert!(w.deliver_one(1, row(&casilla, &token, 1, b"x")).await.is_ok());
}

#[tokio::test]
async fn a_file_beside_the_entry_must_be_whole_and_is_kept_as_long() {
    let w = World::new(Rules::default()).await;
    w.office(1).await;
    let (ana, session, casilla) = w.address().await;
    let stamp = w.stamps(&session, 1).await.unwrap().remove(0);
    let (content, read) = (b"a sealed file".to_vec(), Token::new([8; 32]));
    let mut sent = row(&casilla, casilla.token(1).expose(), 1, b"body");
    let beside = wire::SealedFile { place: Some(wire::sealed_file::Place::Blob(vec![6; 32])) };
    sent.envelope.as_mut().unwrap().files.push(beside);

    assert_eq!(w.deliver_one(1, sent.clone()).await.unwrap_err(), "NO_BLOB ");
    let header = crate::service::world_tests::header(6, &content, &read, &stamp);
    let ends = w.put(parts(header, &content)).await.unwrap();
    let record = w.deliver_one(1, sent).await.unwrap();

    let relay = NoteSigner::new(RELAY, &[7; 32]).unwrap().public();
    let digests: [[u8; 32]; 2] = [Sha256::digest(b"body").into(), Sha256::digest(&content).into()];
    let read_back = Record::verify(&record, |_| vec![relay]).unwrap();
    assert_eq!(read_back.envelope, envelope::digest(b"sealed header", digests.iter()));
    assert_eq!(ends, at(&w).plus(30 * DAY).get());
    w.later(399 * DAY);
    crate::service::blobs::expire(&w.context, &w.files).await.unwrap();
    assert_eq!(w.get([6; 32], &read, 0).await.unwrap().1, content);
    assert!(w.fetch(&casilla).await.len() == 1, "{}", ana.n);
}

#[tokio::test]
async fn after_a_restore_the_first_record_stays_the_one_that_counts() {
    let before = World::new(Rules::default()).await;
    before.office(1).await;
    let (.., casilla) = before.address().await;
    let sent = row(&casilla, casilla.token(1).expose(), 1, b"body");
    let first = before.deliver_one(1, sent.clone()).await.unwrap();
    // the same relay, and nothing of it was in the backup
    let w = World::new(Rules::default()).await;
    w.office(1).await;
    let (.., casilla) = w.address().await;
    w.later(77_000);

    for (text, bytes) in [(first.replace("time 2027", "time 2026"), b"body"), (first.clone(), b"else")] {
        let mut shown = row(&casilla, casilla.token(1).expose(), 1, bytes);
        shown.first_record = text;
        assert_eq!(w.deliver_one(1, shown).await.unwrap_err(), "BAD_FIELD ");
    }
    let shown = wire::DeliverRow { first_record: first.clone(), ..sent.clone() };
    assert_eq!(w.deliver_one(1, shown).await.unwrap(), first);
    assert_eq!(w.deliver_one(1, sent).await.unwrap(), first, "and from then on without showing it");
}

#[tokio::test]
async fn nobody_appends_to_a_casilla_and_a_return_channel_takes_so_much_by_each_right() {
    let w = World::new(Rules { return_appends_per_token: 2, ..Rules::default() }).await;
    let (_, _, mut stamps) = w.ana(3).await;
    let (casilla, back) = (Casilla::new(1), Casilla::back(2));
    w.open_kept(wire::ChannelClass::Casilla, &casilla, &[(1, false)], stamps.remove(0)).await;
    w.open_kept(wire::ChannelClass::Return, &back, &[(1, false)], stamps.remove(0)).await;
    let append = |to: &Casilla, id: u8, text: &[u8]| wire::AppendRequest {
        channel: to.channel.as_bytes().to_vec(),
        append_token: to.token(1).expose().to_vec(),
        entry_id: vec![id; 16],
        ciphertext: text.to_vec().into(),
        ..Default::default()
    };

    assert_eq!(refused(w.channels().append(append(&casilla, 1, b"x")).await), "NOT_PERMITTED");
    let first = w.channels().append(append(&back, 1, b"one")).await.unwrap().into_inner();
    w.channels().append(append(&back, 2, b"two")).await.unwrap();
    let over = w.channels().append(append(&back, 3, b"three")).await.unwrap_err();

    assert_eq!((reason(&over), w.fetch(&back).await.len()), ("LIMIT".to_owned(), 2));
    let w = w.restart().await;
    w.later(5 * DAY);
    assert_eq!(w.channels().append(append(&back, 1, b"one")).await.unwrap().into_inner(), first, "ids are remembered");
    assert_eq!(refused(w.channels().append(append(&back, 1, b"other")).await), "CONFLICT");
    assert_eq!(refused(w.channels().append(append(&back, 3, b"three")).await), "LIMIT");
}
