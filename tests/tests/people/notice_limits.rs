//! Limits of official notices, each from both sides, at a real relay with the rules that it has by default.
//!
//! | limit (PROTOCOL.md 20 and 24) | where |
//! |---|---|
//! | 8 of a last-resort right a day of one body, 64 of all | here |
//! | 512 rights of a channel, and so many notices of one return channel | here; `crash::restored_notices` |
//! | 480 grants of a casilla; 16 at a time | here; `people::notices` |
//! | 23,376 entries, bytes, once grants of an account, daily rules | the store's contract, scaled down |
//! | 256 stamps at a time, 10,000 a day; 32 files; 64 KiB in the entry, header and all files | here |
//! | 64 answers; 8 files and the bytes of a reply; the statement | here |
//! | terms above 200 days; lengths of lines | `people::official` |
use crate::notices::{Scene, WORDS};
use crate::notices_again::casilla_of;
use lacre_agency::{BodyTrouble, NewFile, Outcome};
use lacre_core::view::ReplyFile;
use lacre_core::{NoticeTrouble, Trouble, limits};
use lacre_evidence::Grant;
use lacre_evidence::notice::{MAX_FILES, MAX_URIS};
use lacre_evidence::reply::MAX_REPLY_FILES;
use lacre_evidence::returned::MAX_ANSWERS;
use lacre_ground::ids::{ChannelId, EntryId, Token};
use lacre_ground::note::UnverifiedNote;
use lacre_ground::random::{self, SystemRng};
use lacre_ground::run::Run;
use lacre_ground::signed::NoteText;
use lacre_proto::relay::v1 as wire;
use lacre_tests::office::{Office, decision};
use lacre_tests::real_body::RealBody;
use lacre_tests::world::{Person, World};

fn addressee(world: &World) -> (Person, Run) {
    let run = world.run();
    let mut ana = world.person_with("ana", &run);
    ana.client.designate(WORDS).unwrap();
    ana.sync();
    (ana, run)
}

fn here(bytes: usize) -> wire::SealedFile {
    wire::SealedFile { place: Some(wire::sealed_file::Place::Here(vec![7; bytes])) }
}

/// A row that the relay judges by its form alone: it opens nothing.
fn row(channel: ChannelId, token: &Token, header: usize, files: Vec<wire::SealedFile>) -> wire::DeliverRow {
    wire::DeliverRow {
        row: 0,
        channel: channel.as_bytes().to_vec(),
        append_token: token.expose().to_vec(),
        entry_id: EntryId::new(random::bytes(&mut SystemRng)).as_bytes().to_vec(),
        envelope: Some(wire::NoticeEnvelope { header: vec![9; header], files }),
        ..Default::default()
    }
}

#[test]
fn a_last_resort_right_takes_8_notices_a_day_of_one_body_and_64_of_all() {
    let world = World::new();
    let (_ana, run) = addressee(&world);
    let mut bodies: Vec<RealBody> = (1..=9).map(|n| RealBody::enrolled(&world, &format!("AL00{n}"))).collect();
    let rights: Vec<_> = (0..17).map(|_| bodies[0].look_up(run).expect("an address")).collect();
    let last = rights.last().unwrap();
    assert!(last.token == bodies[1].look_up(run).unwrap().token, "16 once, then the same for everybody");
    let channel = casilla_of(last);
    let mut deliver = |n: usize| bodies[n].deliver_row(row(channel, &last.token, 500, vec![here(100)]));

    for n in 0..8 {
        for _ in 0..8 {
            assert!(deliver(n).is_ok());
        }
        assert_eq!(deliver(n).unwrap_err(), "LIMIT last_resort_per_agency_day", "{n}");
    }
    assert_eq!(deliver(8).unwrap_err(), "LIMIT last_resort_per_day");
    assert!(bodies[8].deliver_row(row(channel, &rights[0].token, 500, vec![here(100)])).is_ok(), "a once right has no day");
}

#[test]
fn a_return_channel_has_512_rights_and_a_body_takes_256_stamps_at_a_time_and_10000_a_day() {
    let world = World::new();
    let mut body = RealBody::enrolled(&world, "AL010");
    let mut rights = 1;
    while rights < 512 {
        let more = (512 - rights).min(64);
        body.give_rights(more).unwrap();
        rights += more;
    }
    let over = body.give_rights(1).unwrap_err();

    assert!(format!("{over:?}").contains("max_kept_tokens"), "{over:?}");
    assert!(body.stamps(257).is_err());
    // one was spent on its return channel
    let mut taken = 1;
    while taken < 10_000 {
        let more = (10_000 - taken).min(256);
        assert_eq!(body.stamps(more).unwrap().len() as u32, more);
        taken += more;
    }
    let over = format!("{:?}", body.stamps(1).unwrap_err());
    assert!(over.contains("stamps_per_agency_day"), "{over}");
}

#[test]
fn an_envelope_has_32_files_and_64_kib_and_not_one_more() {
    let world = World::new();
    let (_ana, run) = addressee(&world);
    let mut body = RealBody::enrolled(&world, "AL011");
    let right = body.look_up(run).expect("an address");
    let channel = casilla_of(&right);
    let mut tried = |header, files| body.deliver_row(row(channel, &right.token, header, files));

    for (header, files) in [
        (500, vec![]),
        (0, vec![here(1)]),
        (65_537, vec![here(1)]),
        (500, vec![here(0)]),
        (500, vec![here(65_537)]),
        (500, vec![here(1); 33]),
        (500, vec![here(65_536), here(65_536)]),
        (500, vec![wire::SealedFile { place: None }]),
        (500, vec![wire::SealedFile { place: Some(wire::sealed_file::Place::Blob(vec![1; 31])) }]),
    ] {
        let what = format!("{header} and {:?}", files.iter().map(prost::Message::encoded_len).collect::<Vec<_>>());
        assert_eq!(tried(header, files), Err("BAD_FIELD".to_owned()), "{what}");
    }
    // the right is not spent by any of these
    assert!(tried(65_536, vec![here(65_536)]).is_ok());
    let right = body.look_up(run).expect("an address");
    assert!(body.deliver_row(row(channel, &right.token, 1, vec![here(2_000); 32])).is_ok());
}

#[test]
fn a_body_writes_up_to_32_files_and_8_addresses_and_nothing_is_asked_for_more() {
    let world = World::new();
    let (mut ana, run) = addressee(&world);
    let mut office = Office::enrolled(&world, "AL012");
    let file = |n: usize| NewFile { name: format!("anexo{n}.csv"), media: "text/csv".to_owned(), bytes: vec![b'1'; 10] };
    let mut new = decision(run, "Con anexos (ejemplo)");
    new.files.extend((1..MAX_FILES).map(file));
    new.uris = (0..MAX_URIS).map(|n| format!("https://ejemplo.test/{n}")).collect();
    let mut more = new.clone();
    more.files.push(file(99));
    let mut further = new.clone();
    further.uris.push("https://ejemplo.test/99".to_owned());

    assert!(matches!(office.send(&more), Err(BodyTrouble::Files)));
    assert!(matches!(office.send(&further), Err(BodyTrouble::Line { name: "--uri", .. })));
    assert!(office.rows().is_empty());
    assert!(matches!(office.send(&new).unwrap().1, Outcome::Sent(_)));
    ana.sync();
    let content = ana.client.notices().unwrap().remove(0).content.unwrap_or_else(|not| panic!("{not:?}"));
    assert_eq!((content.notice.files.len(), content.notice.uris.len()), (MAX_FILES, MAX_URIS));
}

#[test]
fn a_notice_takes_64_answers_a_reply_8_files_and_so_many_bytes_and_the_body_files_them_all() {
    let world = World::new();
    let (mut ana, run) = addressee(&world);
    let mut office = Office::enrolled(&world, "AL013");
    office.send(&decision(run, "Con muchas respuestas (ejemplo)")).unwrap();
    ana.sync();
    let id = ana.client.notices().unwrap().remove(0).id;
    let file = |bytes| ReplyFile { name: "recurso.pdf", media: "application/pdf", bytes };

    let nine = [file(b"1"); MAX_REPLY_FILES + 1];
    assert!(matches!(ana.client.reply_to_notice(id, "", &nine), Err(Trouble::Notice(NoticeTrouble::TooManyFiles { .. }))));
    let much = vec![0; limits::MAX_REPLY];
    let long = ana.client.reply_to_notice(id, "", &[file(&much)]);
    assert!(matches!(long, Err(Trouble::Notice(NoticeTrouble::TooLong { .. }))));
    ana.client.reply_to_notice(id, "", &[file(&much[..limits::MAX_REPLY - 1_500])]).unwrap();
    ana.client.reply_to_notice(id, "Con ocho.", &nine[1..]).unwrap();
    // the first of all was that it was handed over
    for n in 3..MAX_ANSWERS {
        ana.client.reply_to_notice(id, &format!("Respuesta {n}"), &[]).unwrap();
    }
    let over = ana.client.reply_to_notice(id, "Una más", &[]);
    assert!(matches!(over, Err(Trouble::Notice(NoticeTrouble::TooManyAnswers { limit: 64 }))));
    ana.sync();
    let collected = office.collect();

    assert_eq!((collected.filed.len(), collected.aside.len()), (MAX_ANSWERS as usize, 0));
    assert_eq!(ana.client.notices().unwrap()[0].waiting, 0);
    let (longest, eight) = (
        office.papers.0.iter().filter(|(name, _)| name.contains(".file.")).map(|(_, bytes)| bytes.len()).max().unwrap(),
        format!("{:?}", office.papers.0.keys()),
    );
    assert!(longest == limits::MAX_REPLY - 1_500 && eight.contains("file.7"), "{longest}");
}

#[test]
fn a_statement_of_a_thousand_bytes_is_signed_and_a_longer_one_or_two_lines_are_not() {
    let world = World::new();
    let mut ana = world.person("ana");
    for bad in ["x".repeat(limits::MAX_STATEMENT + 1), "dos\nlíneas".to_owned(), String::new()] {
        assert!(ana.client.designate(&bad).is_err(), "{} bytes", bad.len());
        assert!(!ana.client.notice_address().unwrap().on);
    }
    ana.client.designate(&"x".repeat(limits::MAX_STATEMENT)).unwrap();
    ana.sync();
    assert!(ana.client.notice_address().unwrap().told);
}

#[test]
fn a_casilla_that_has_had_480_grants_is_followed_by_another_and_both_are_read() {
    let mut scene = Scene::new();
    scene.early_in_a_month();
    let first = casilla_of(&scene.right());
    let mut made = 17;
    loop {
        while scene.desk.once.len() >= 4 {
            scene.right();
        }
        scene.ana.clock.forward(limits::ADDRESS_EVERY_MS);
        let before = scene.desk.once.len();
        scene.sync();
        if scene.desk.once.iter().any(|grant| casilla_in(grant) != first) {
            break;
        }
        made += scene.desk.once.len() - before;
        assert!(made < 600, "grants without end");
    }
    let most = scene.desk.channels[first.as_bytes().as_slice()].rights.len();
    assert!((480..=512).contains(&most), "{most} rights");
    let next = scene.right();
    assert_ne!(casilla_of(&next), first);
}

fn casilla_in(grant: &wire::SealedGrant) -> ChannelId {
    let note = UnverifiedNote::parse(&grant.grant).unwrap();
    <Grant as NoteText>::parse(note.unverified_text()).unwrap().casilla.channel
}
