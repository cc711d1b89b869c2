//! Official notices over a socket, on the relay's own store: bodies, designations, grants, answers, deliveries.

mod after;
mod world;

use crate::service::sessions_tests::next;
use crate::service::world_tests::{World, reason, refused};
use lacre_evidence::certificate::Certificate;
use lacre_evidence::grant::Grant;
use lacre_evidence::lookup::{Answer, ExemptReason, Lookup, Salt};
use lacre_evidence::record::{Issuer, Record};
use lacre_evidence::{Designation, envelope};
use lacre_ground::account::REGISTRAR;
use lacre_ground::agency::Ask;
use lacre_ground::head::{HeadNote, Ids};
use lacre_ground::ids::{Code, EntryId, Token};
use lacre_ground::note::NoteSigner;
use lacre_ground::receipt::RELAY;
use lacre_ground::registrar::RegistrarKey;
use lacre_ground::run::Run;
use lacre_ground::signed::NoteText as _;
use lacre_proto::relay::v1 as wire;
use lacre_store::rules::Rules;
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use world::*;

#[tokio::test]
async fn a_body_is_who_got_the_code_and_nobody_else() {
    let w = World::new(Rules::default()).await;
    let code = w.body_code("MUNI-1").await;

    let first = w.enroll_body(1, &code).await.unwrap();
    w.later(5_000);
    let again = w.enroll_body(1, &code).await.unwrap();

    assert_eq!(first, again, "a lost answer is given again, byte by byte");
    let registrar = RegistrarKey::verify(&first.registrar, &w.context.identity).unwrap().note_key().unwrap();
    let certificate = Certificate::verify(&first.certificate, std::slice::from_ref(&registrar)).unwrap();
    assert_eq!((certificate.code.as_str(), certificate.place.comuna.unwrap().to_string()), ("MUNI-1", "13101".to_owned()));
    assert_eq!(certificate.key, NoteSigner::new("any", &[1; 32]).unwrap().public().key());
    let info = w.channels().get_info(wire::GetInfoRequest {}).await.unwrap().into_inner();
    assert_eq!(info.registrar, first.registrar);
    let identity = NoteSigner::new(REGISTRAR, &[7; 32]).unwrap().public();
    assert!(Certificate::verify(&first.certificate, &[identity]).is_err(), "the registrar has a key of its own");

    assert_eq!(refused(w.enroll_body(2, &code).await), "CODE_REFUSED", "it was used");
    assert_eq!(refused(w.enroll_body(2, &Code::new([9; 16])).await), "CODE_REFUSED");
    let other = w.body_code("MUNI-2").await;
    assert_eq!(refused(w.enroll_body(1, &other).await), "CODE_REFUSED", "a key is one body's");
    let request = wire::IssueAgencyCodeRequest {
        code: "MUNI-1".into(),
        name: "Otra".into(),
        zone: "America/Santiago".into(),
        comuna: String::new(),
    };
    assert_eq!(refused(w.registrar().issue_agency_code(request.clone()).await), "AGENCY_EXISTS");
    let bad = wire::IssueAgencyCodeRequest { zone: "Europe/Berlin".into(), ..request };
    assert_eq!(refused(w.registrar().issue_agency_code(bad).await), "BAD_VALUE");
}

#[tokio::test]
async fn a_body_proves_itself_for_each_ask_and_a_revoked_one_gets_nothing() {
    let w = World::new(Rules::default()).await;
    w.office(1).await;
    let certificate = |proof| wire::AgencyCertificateRequest { proof: Some(proof) };
    let asked = w.proof(1, Ask::Certificate).await;

    let before = w.notices().certificate(certificate(asked.clone())).await.unwrap().into_inner().certificate;
    w.later(10_000);
    let renew = wire::RenewAgencyRequest { code: "MUNI-1".into() };
    let until = w.registrar().renew_agency(renew).await.unwrap().into_inner().until_ms;
    let after = w.notices().certificate(certificate(asked.clone())).await.unwrap().into_inner().certificate;

    let read = |raw: &str| Certificate::verify(raw, &[w.registrar_key()]).unwrap();
    assert!(read(&before).until < read(&after).until && read(&after).until.get() == until);
    let other_ask = w.proof(1, Ask::Routes).await;
    assert_eq!(refused(w.notices().certificate(certificate(other_ask)).await), "LOGIN_REFUSED");
    let nobody = w.proof(2, Ask::Certificate).await;
    assert_eq!(refused(w.notices().certificate(certificate(nobody)).await), "LOGIN_REFUSED");
    w.later(Rules::default().challenge_lifetime_ms);
    assert_eq!(refused(w.notices().certificate(certificate(asked)).await), "LOGIN_REFUSED", "a minute is over");
    let stamps = wire::AgencyStampsRequest { proof: Some(w.proof(1, Ask::Stamps(3)).await), count: 3 };
    assert_eq!(w.notices().take_stamps(stamps).await.unwrap().into_inner().stamps.len(), 3);

    w.registrar().revoke_agency(wire::RevokeAgencyRequest { code: "MUNI-1".into() }).await.unwrap();
    let asked = w.proof(1, Ask::Certificate).await;
    assert_eq!(refused(w.notices().certificate(certificate(asked)).await), "LOGIN_REFUSED");
    assert_eq!(refused(w.routes(1, &[RUN]).await), "LOGIN_REFUSED");
    assert_eq!(refused(w.look_up(1, 1, &[(0, RUN)]).await), "LOGIN_REFUSED");
    assert_eq!(refused(w.deliver(1, vec![]).await), "LOGIN_REFUSED");
    let list = w.registrar().list_agencies(wire::ListAgenciesRequest {}).await.unwrap().into_inner().agencies;
    assert_eq!((list.len(), list[0].revoked), (1, true));
    assert_eq!(refused(w.registrar().revoke_agency(wire::RevokeAgencyRequest { code: "NO".into() }).await), "NO_AGENCY");
}

#[tokio::test]
async fn a_notice_goes_from_the_answer_to_the_casilla_and_its_record_is_byte_equal_for_ever() {
    let w = World::new(Rules::default()).await;
    w.office(1).await;
    let (ana, _, casilla) = w.address().await;

    let answer = w.look_up_one(1, 1).await;
    let right = answer.right.clone().unwrap();
    let sent = row(&casilla, &right.token, 1, b"sealed body");
    let looks = wire::DeliverRow { look: true, ..sent.clone() };
    assert_eq!(w.deliver_one(1, looks.clone()).await.unwrap_err(), "NO_ENTRY ");
    let record = w.deliver_one(1, sent.clone()).await.unwrap();
    assert_eq!(w.deliver_one(1, looks.clone()).await.unwrap(), record);
    let other = row(&casilla, &right.token, 1, b"other");
    assert_eq!(w.deliver_one(1, wire::DeliverRow { look: true, ..other }).await.unwrap_err(), "NO_ENTRY ");

    let lookup = Lookup::verify(&answer.lookup, &[w.registrar_key()]).unwrap();
    let salt = Salt::new(answer.salt.clone().try_into().unwrap());
    assert_eq!(lookup.person, salt.commit(&Run::parse(RUN).unwrap()));
    let grant = Grant::verify(&right.grant, &ana.state.devices).unwrap();
    let Answer::Account { account, state, state_hash, grant: granted, designation } = &lookup.answer else { panic!() };
    assert_eq!((*account, *state, *state_hash, *granted), (ana.account, 0, ana.state.hash(), grant.note_hash()));
    let designated = Designation::verify(&right.designation, [&ana.state].into_iter()).unwrap();
    assert_eq!((designated.note_hash(), right.states), (*designation, vec![ana.raw.clone()]));
    assert_eq!(Token::try_from(right.token.as_slice()).unwrap().hash(), grant.append);

    let entries = w.fetch(&casilla).await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].ciphertext, sent.envelope.as_ref().unwrap().encode_to_vec());
    let relay = NoteSigner::new(RELAY, &[7; 32]).unwrap().public();
    let read = Record::verify(&record, |_| vec![relay.clone()]).unwrap();
    let digest = envelope::digest(b"sealed header", [Sha256::digest(b"sealed body").into()].iter());
    assert_eq!((read.envelope, read.time.get()), (digest, entries[0].accepted_at_ms));
    let authority = w.context.authority.read().unwrap().clone();
    assert_eq!(read.issuer, Issuer::Relay(authority));
    assert_eq!(read.submission.as_ref().unwrap().channel, casilla.channel);

    w.later(5_000);
    assert_eq!(w.deliver_one(1, sent.clone()).await.unwrap(), record, "again");
    let other = wire::DeliverRow { entry_id: vec![9; 16], ..sent.clone() };
    assert_eq!(w.deliver_one(1, other).await.unwrap_err(), "NOT_PERMITTED ", "a once right is spent");
    assert_eq!(w.deliver_one(1, row(&casilla, &right.token, 1, b"other")).await.unwrap_err(), "CONFLICT ");
    let w = w.restart().await;
    w.later(5_000);
    assert_eq!(w.deliver_one(1, sent.clone()).await.unwrap(), record, "by another process");
    assert_eq!(w.deliver_one(1, row(&casilla, &right.token, 1, b"other")).await.unwrap_err(), "CONFLICT ");
    let trim = wire::TrimRequest {
        channel: casilla.channel.as_bytes().to_vec(),
        read_token: casilla.read.expose().to_vec(),
        through_seq: 1,
    };
    w.channels().trim(trim).await.unwrap();
    assert_eq!(w.deliver_one(1, sent).await.unwrap(), record, "also of an entry that is gone");
    assert_eq!(w.fetch(&casilla).await.len(), 0);
}

#[tokio::test]
async fn a_head_note_names_every_notice_that_the_casilla_took_and_only_its_reader_gets_one() {
    let w = World::new(Rules::default()).await;
    w.office(1).await;
    let (_, _, casilla) = w.address().await;
    let head = async |w: &World, c: &Casilla| {
        let request = wire::HeadRequest { channel: c.channel.as_bytes().to_vec(), read_token: c.read.expose().to_vec() };
        w.channels().head(request).await.map(|answer| HeadNote::verify(&answer.into_inner().note).unwrap())
    };
    let before = head(&w, &casilla).await.unwrap();
    let token = w.look_up_one(1, 1).await.right.unwrap().token;
    w.later(5_000);
    let sent = row(&casilla, &token, 1, b"sealed body");
    let record = w.deliver_one(1, sent.clone()).await.unwrap();
    w.later(5_000);
    let after = head(&w, &casilla).await.unwrap();

    let relay = NoteSigner::new(RELAY, &[7; 32]).unwrap().public();
    let accepted = Record::verify(&record, |_| vec![relay.clone()]).unwrap().time;
    let taken = EntryId::try_from(sent.entry_id.as_slice()).unwrap();
    assert_eq!((before.ids, after.ids), (Ids::of([]), Ids::of([taken])));
    assert!(before.time < accepted && accepted < after.time);
    assert_eq!(after.relay, w.context.authority.read().unwrap().clone());
    assert_eq!((after.channel, after.generation), (casilla.channel, w.context.reads.generation()));
    let stranger = Casilla { read: Token::new([9; 32]), ..casilla };
    assert_eq!(reason(&head(&w, &stranger).await.unwrap_err()), "NOT_PERMITTED");
}

#[tokio::test]
async fn whoever_is_an_address_no_more_is_written_to_by_nobody() {
    type Leaves = &'static str;
    let all: [Leaves; 6] = ["pause", "designation", "exempt", "device", "recover", "delete"];
    for leaves in all {
        let w = World::new(Rules::default()).await;
        w.office(1).await;
        let (ana, session, casilla) = w.address().await;
        let token = w.look_up_one(1, 1).await.right.unwrap().token;
        let before = w.deliver_one(1, row(&casilla, &token, 1, b"before")).await.unwrap();
        let [second, last] = [w.look_up_one(1, 2).await, w.look_up_one(1, 3).await].map(|a| a.right.unwrap().token);

        match leaves {
            "pause" => w.pause_notices(&session, true).await,
            "designation" => w.designate(&ana, &session, false).await.unwrap(),
            "exempt" => w.exempt(RUN, "law").await,
            "device" => {
                // her device gets another key: what the old one signed is good for nothing
                let mut device = ana.state.devices[0].clone();
                device.signature_key = NoteSigner::new("any", &[77; 32]).unwrap().public().key();
                w.put_state(&session, &next(&ana.state, &[&device]).sign(&ana.signer).unwrap()).await.unwrap();
            }
            "recover" => {
                let code = w.issue_code(RUN, true).await.unwrap().code.expose().to_vec();
                let request = wire::RecoverRequest { code, state: w.person(5).raw };
                w.accounts().recover(request).await.unwrap();
            }
            _ => drop(w.accounts().delete_account(wire::DeleteAccountRequest { session: session.clone() }).await.unwrap()),
        }

        for token in [&second, &last] {
            let refused = w.deliver_one(1, row(&casilla, token, 2, b"a second later")).await.unwrap_err();
            assert_eq!(refused, "NOT_PERMITTED ", "{leaves}");
        }
        assert_eq!(w.fetch(&casilla).await.len(), 1, "{leaves}: nothing was stored");
        let expected = if leaves == "exempt" { Answer::Exempt(ExemptReason::Law) } else { Answer::NoAccount };
        assert_eq!(w.found(&w.look_up_one(1, 4).await), expected, "{leaves}");
        assert_eq!(
            w.deliver_one(1, row(&casilla, &token, 1, b"before")).await.unwrap(),
            before,
            "{leaves}: what came stays proved"
        );
    }
}

#[tokio::test]
async fn a_refused_row_ends_nothing_and_the_same_row_gets_the_same_answer() {
    let w = World::new(Rules::default()).await;
    w.office(1).await;
    let (_, session, casilla) = w.address().await;
    w.exempt(STRANGER, "minor").await;

    let rows = [(7, RUN), (8, "40.123.456-1"), (9, STRANGER), (10, "40123457-8")];
    let first = w.look_up(1, 1, &rows).await.unwrap();
    let again = w.look_up(1, 1, &rows).await.unwrap();

    assert_eq!(first.iter().map(|a| a.row).collect::<Vec<_>>(), [7, 8, 9, 10]);
    assert_eq!(first[1].refused, "BAD_RUN");
    assert_eq!([&first[2], &first[3]].map(|a| w.found(a)), [Answer::Exempt(ExemptReason::Minor), Answer::NoAccount]);
    assert_eq!(first, again);
    let address = |session: Vec<u8>| async { w.accounts().notice_address(wire::NoticeAddressRequest { session }).await };
    let seen = address(session.clone()).await.unwrap().into_inner();
    assert_eq!((seen.remaining, seen.paused, seen.answers.len()), (1, false, 1));
    assert_eq!((seen.answers[0].month, seen.answers[0].count), (202_701, 1), "the repeated one is not counted");
    w.later(3_600_000);
    let later = w.look_up(1, 1, &rows[..1]).await.unwrap();
    assert_ne!(first[0].lookup, later[0].lookup, "an hour later it is another ask");

    let token = first[0].right.clone().unwrap().token;
    let bad = wire::DeliverRow { entry_id: vec![1], ..row(&casilla, &token, 1, b"x") };
    let sent = vec![bad, row(&casilla, &[5; 32], 2, b"x"), row(&casilla, &token, 3, b"x")];
    let told: Vec<_> = w.deliver(1, sent).await.unwrap().into_iter().map(|a| (a.row, a.refused)).collect();
    assert_eq!(told, [(1, "BAD_FIELD".to_owned()), (2, "NOT_PERMITTED".to_owned()), (3, String::new())]);

    let told = w.routes(1, &[RUN, "x-y", STRANGER, "40123457-8"]).await.unwrap();
    let routes: Vec<_> = told.into_iter().map(|a| (a.route(), a.reason, a.refused)).collect();
    let of = |route, reason: &str, refused: &str| (route, reason.to_owned(), refused.to_owned());
    let none = wire::Route::NoAccount;
    let expected = [of(wire::Route::Electronic, "", ""), of(wire::Route::Unspecified, "", "BAD_RUN")];
    assert_eq!(routes, [expected.to_vec(), vec![of(wire::Route::Exempt, "minor", ""), of(none, "", "")]].concat());
}

#[tokio::test]
async fn grants_are_handed_out_once_then_the_last_resort_and_then_there_is_no_account() {
    let w = World::new(Rules { last_resort_per_agency_day: 1, last_resort_per_day: 2, ..Rules::default() }).await;
    w.office(1).await;
    w.office(2).await;
    w.office(3).await;
    let (ana, session, casilla) = w.address().await;

    let mut tokens = Vec::new();
    for batch in 1..6 {
        tokens.push(w.look_up_one(1, batch).await.right.unwrap().token);
    }

    let expected: Vec<_> = [1, 2, 3, 3, 3].iter().map(|n| casilla.token(*n).expose().to_vec()).collect();
    assert_eq!(tokens, expected);
    assert_eq!(w.put_grants(&ana, &session, &casilla, &[1, 2], &[3]).await.unwrap(), 0, "what was handed out is not put again");
    let last = casilla.token(3).expose().to_vec();
    assert!(w.deliver_one(1, row(&casilla, &last, 1, b"a")).await.is_ok());
    assert_eq!(w.deliver_one(1, row(&casilla, &last, 2, b"b")).await.unwrap_err(), "LIMIT last_resort_per_agency_day");
    assert!(w.deliver_one(2, row(&casilla, &last, 3, b"c")).await.is_ok());
    assert_eq!(w.deliver_one(3, row(&casilla, &last, 4, b"d")).await.unwrap_err(), "LIMIT last_resort_per_day");
    assert!(w.deliver_one(1, row(&casilla, &last, 1, b"a")).await.is_ok(), "repeating is free");
    w.later(DAY);
    assert!(w.deliver_one(1, row(&casilla, &last, 2, b"b")).await.is_ok());
    w.later(395 * DAY);
    w.registrar().renew_agency(wire::RenewAgencyRequest { code: "MUNI-1".into() }).await.unwrap();
    assert_eq!(w.found(&w.look_up_one(1, 9).await), Answer::NoAccount, "all have ended");
}

#[tokio::test]
async fn a_body_has_so_much_in_a_day_of_each_kind() {
    let w = World::new(Rules::default()).await;
    w.office(1).await;
    let (.., casilla) = w.address().await;
    w.registrar().limit_agency(wire::LimitAgencyRequest { code: "MUNI-1".into(), per_day: 2 }).await.unwrap();

    let answers = w.look_up(1, 1, &[(0, RUN), (1, STRANGER), (2, RUN)]).await.unwrap();
    let routes = w.routes(1, &[RUN, RUN, RUN]).await.unwrap();
    let rows = (1..4).map(|n| row(&casilla, casilla.token(3).expose(), n, b"x")).collect();
    let delivered = w.deliver(1, rows).await.unwrap();

    // rows are worked on side by side: which one is above the limit is chance
    let mut refused: Vec<_> = answers.iter().map(|a| a.refused.as_str()).collect();
    refused.sort_unstable();
    assert_eq!(refused, ["", "", "LIMIT"]);
    let mut refused: Vec<_> = routes.iter().map(|a| a.refused.as_str()).collect();
    refused.sort_unstable();
    assert_eq!(refused, ["", "", "LIMIT"]);
    let mut told: Vec<_> = delivered.iter().map(|a| (a.refused.as_str(), a.limit.as_str())).collect();
    told.sort_unstable();
    assert_eq!(told, [("", ""), ("", ""), ("LIMIT", "delivers_per_agency_day")]);
    w.later(DAY);
    assert_eq!(w.look_up(1, 2, &[(0, STRANGER)]).await.unwrap()[0].refused, "");
}
