//! Official notices at the second client, which knows of them what PROTOCOL.md and audit/FORMAT.md say.
use crate::official::{body, send, status, text, verdict};
use crate::second_client::Second;
use lacre_evidence::envelope::Header;
use lacre_evidence::{Answer, Certificate, Event, Lookup, Reason};
use lacre_ground::account::REGISTRAR;
use lacre_ground::ids::{AccountId, EntryId, LookupId};
use lacre_ground::note::{self, NoteSigner, UnverifiedNote};
use lacre_ground::random::SystemRng;
use lacre_ground::receipt::RELAY;
use lacre_ground::run::Run;
use lacre_ground::signed::{NoteText as _, Signed};
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_proto::relay::v1::sealed_file::Place;
use lacre_relay::registrar_key::{self, Registrar};
use lacre_tests::notices_body::{self, Right, Writing, Written};
use lacre_tests::real_body::RealBody;
use lacre_tests::terminal::Town;
use lacre_tests::world::World;
use serde_json::{Value, json};

const WORDS: &str = "Recibo aquí las notificaciones oficiales (ejemplo).";

fn designate(second: &mut Second) {
    assert_eq!(second.ask(json!({ "do": "address", "statement": WORDS })), json!({ "once": 16 }));
}

/// Everything that came to it, after it has looked.
fn notices(second: &mut Second) -> Vec<Value> {
    second.ask(json!({ "do": "notices" }))["notices"].as_array().unwrap().clone()
}

/// Both programs of a body at its terminal, and the second client at the person's.
#[test]
fn a_body_notifies_a_person_of_the_second_client_and_its_answers_are_filed_and_prove_something() {
    let town = Town::new();
    let body = body(&town, "AO001");
    let mut second = Second::by(&town.invitation(0), "otra");
    designate(&mut second);
    std::fs::write(body.home.join("plano.txt"), "x".repeat(200_000)).unwrap();

    let sent = send(&body, 0, &["--file", "plano.txt"]).done_json();

    let came = notices(&mut second);
    let [notice] = came.as_slice() else { panic!("one notice: {came:?}") };
    assert_eq!((&notice["invalid"], text(&notice["agency"])), (&Value::Null, "AO001"), "{notice}");
    assert_eq!((text(&notice["type"]), &notice["term"]), ("NT end", &json!(5)));
    assert_eq!(text(&notice["subject"]), "Se resuelve su solicitud (ejemplo)");
    let files: Vec<&Value> = notice["files"].as_array().unwrap().iter().map(|f| &f["text"]).collect();
    assert!(text(files[0]).contains("Se acoge la solicitud.") && text(files[1]).len() == 200_000, "in the entry, and beside it");
    let id = text(&notice["id"]).to_owned();
    second.ask(json!({ "do": "acknowledge", "notice": id }));
    second.ask(json!({ "do": "reply", "notice": id, "text": "Interpongo recurso de reposición." }));
    let (_, answers, aside) = status(&body, 0);
    assert_eq!((answers, aside), (["ContentHandover", "ConsignmentAcceptance", "reply"].map(str::to_owned).to_vec(), json!([])));
    let proved = verdict(&body, text(&sent["evidence"])).done_json();
    assert_eq!(text(&proved["verdict"]), "VALID", "{proved}");
    let said = proved.to_string();
    assert!(said.contains("ContentHandover") && said.contains("ConsignmentAcceptance"), "{said}");
    let [reply] = proved["proven"]["replies"].as_array().unwrap().as_slice() else { panic!("one reply: {proved}") };
    assert_eq!((text(&reply["text"]), text(&reply["within"])), ("Interpongo recurso de reposición.", "all"), "{reply}");
    assert_eq!(notices(&mut second).len(), 1);
}

/// A body on the wire, and a registrar whose key somebody has: of both each thing that can be wrong.
struct Liars {
    world: World,
    run: Run,
    second: Second,
    office: RealBody,
    other: RealBody,
    registrar: NoteSigner,
    /// how far the relay's clock was put forward
    ahead_ms: u64,
}

impl Liars {
    fn new() -> Self {
        let world = World::new();
        let run = world.run();
        let mut second = Second::by(&world.invite(&run).expose(), "otra");
        designate(&mut second);
        let [office, other] = ["AO001", "AO002"].map(|code| RealBody::enrolled(&world, code));
        let identity = lacre_relay::identity::IdentityKey::load(&world.data().join(lacre_relay::folder::IDENTITY_FILE)).unwrap();
        let key = registrar_key::place(&world.data().with_file_name("run.key"));
        let relay = identity.signer(RELAY).unwrap();
        let registrar = Registrar::open(&key, &world.data(), &relay, SystemClock.now(), &mut SystemRng).unwrap().signer;
        Self { world, run, second, office, other, registrar, ahead_ms: 0 }
    }

    fn right(&mut self) -> Right {
        self.office.look_up(self.run).expect("an address")
    }

    fn write(&self, run: Run, right: &Right) -> Written {
        let now = SystemClock.now().plus(self.ahead_ms);
        self.office.body.write(run, right, &self.office.keys, &Writing::decision(now))
    }

    /// A notice about which the registrar says something else, with this key.
    fn said(&mut self, signer: Option<NoteSigner>, change: impl FnOnce(&mut Lookup)) -> (Right, Written) {
        let right = self.right();
        let mut lookup = Lookup::parse(UnverifiedNote::parse(&right.lookup).unwrap().unverified_text()).unwrap();
        change(&mut lookup);
        let lookup = lookup.sign(signer.as_ref().unwrap_or(&self.registrar)).unwrap();
        let lied = Right { lookup, ..right.clone() };
        let strange = signer.map(|s| s.public());
        self.office.keys.registrars.extend(strange);
        let written = self.write(self.run, &lied);
        self.office.keys.registrars.truncate(1);
        (right, written)
    }

    fn named(&mut self, change: impl FnOnce(&mut AccountId, &mut u64, &mut [u8; 32], &mut [u8; 32])) -> (Right, Written) {
        self.said(None, |lookup| {
            if let Answer::Account { account, state, grant, designation, .. } = &mut lookup.answer {
                change(account, state, grant, designation);
            }
        })
    }

    /// A notice in whose header something else stands than what its N was made with.
    fn headed(&mut self, change: impl FnOnce(&mut Self, &mut Header)) -> (Right, Written) {
        let right = self.right();
        let mut written = self.write(self.run, &right);
        let so_far = &written.sent.so_far;
        let mut header = Header {
            notice: so_far.notice.clone().unwrap(),
            seed: written.seed.clone(),
            certificate: so_far.certificate.clone().unwrap(),
            lookup: right.lookup.clone(),
            designation: right.designation.clone(),
            salt: right.salt,
            return_token: Some(self.office.body.token.clone()),
        };
        change(self, &mut header);
        let grant = lacre_evidence::Grant::verify(&right.grant, &notices_body::devices(&right.states)).unwrap();
        written.sent.envelope.header = header.seal_for(&grant).unwrap();
        written.envelope.header = written.sent.envelope.header.clone();
        (right, written)
    }
}

type Lie = (&'static str, &'static str, fn(&mut Liars) -> (Right, Written));

const LIES: [Lie; 17] = [
    ("another person's RUN", "commitment", |liars| {
        let (right, other) = (liars.right(), liars.world.run());
        let written = liars.write(other, &right);
        (right, written)
    }),
    ("an answer that another body was given", "other-agency", |liars| {
        let right = liars.other.look_up(liars.run).unwrap();
        let written = liars.write(liars.run, &right);
        (right, written)
    }),
    ("another answer about her than N names", "notice-link", |liars| {
        liars.headed(|liars, header| {
            let text = UnverifiedNote::parse(&header.lookup).unwrap().unverified_text().to_owned();
            let lookup = Lookup { id: LookupId::new([5; 16]), ..Lookup::parse(&text).unwrap() };
            header.lookup = lookup.sign(&liars.registrar).unwrap();
        })
    }),
    ("another salt", "commitment", |liars| liars.headed(|_, header| header.salt = lacre_evidence::Salt::new([5; 32]))),
    ("another body's certificate", "other-agency", |liars| {
        liars.headed(|liars, header| header.certificate = liars.other.body.certificate.raw().to_owned())
    }),
    ("a certificate that no registrar of this relay signed", "signature", |liars| {
        liars.headed(|liars, header| {
            let certificate: &Certificate = &liars.office.body.certificate;
            let nobody = NoteSigner::new(REGISTRAR, &[9; 32]).unwrap();
            header.certificate = Signed::sign(certificate, &nobody).unwrap().raw().to_owned();
        })
    }),
    ("an answer that no registrar of this relay signed", "signature", |liars| {
        liars.said(Some(NoteSigner::new(REGISTRAR, &[9; 32]).unwrap()), |_| ())
    }),
    ("an N of another body", "signature", |liars| {
        liars.headed(|liars, header| {
            let n = UnverifiedNote::parse(&header.notice).unwrap();
            header.notice = note::sign(n.unverified_text(), &[&liars.other.body.signer]).unwrap();
        })
    }),
    ("another grant of hers than N names", "notice-link", |liars| {
        let (right, other) = (liars.right(), liars.right());
        let written = liars.write(liars.run, &Right { grant: other.grant, ..right.clone() });
        (right, written)
    }),
    ("a grant that she did not make", "other-grant", |liars| liars.named(|_, _, grant, _| *grant = [5; 32])),
    ("another account", "other-account", |liars| liars.named(|account, _, _, _| *account = AccountId::new([5; 32]))),
    ("a state that she never had", "other-state", |liars| liars.named(|_, state, _, _| *state = 7)),
    ("a designation that she did not make", "other-designation", |liars| liars.named(|_, _, _, made| *made = [5; 32])),
    ("an answer from before the certificate", "certificate-period", |liars| {
        liars.said(None, |lookup| lookup.asked_at = lacre_ground::time::Millis::new(lookup.asked_at.get() - 7_200_000))
    }),
    ("another file than N names", "file", |liars| {
        let right = liars.right();
        let mut written = liars.write(liars.run, &right);
        written.envelope.files[1].place = Some(Place::Here(vec![5; 528]));
        written.sent.envelope.files[1] = vec![5; 528];
        (right, written)
    }),
    ("an entry of another id than its seed gives", "envelope", |liars| {
        let right = liars.right();
        let written = Written { entry: EntryId::new([3; 16]), ..liars.write(liars.run, &right) };
        (right, written)
    }),
    ("an answer of an hour ago", "lookup-stale", |liars| {
        let right = liars.right();
        liars.world.forward(3_600_001);
        let written = liars.write(liars.run, &right);
        liars.ahead_ms = 3_600_001;
        (right, written)
    }),
];

#[test]
fn a_notice_of_which_one_thing_is_wrong_is_refused_by_the_second_client_with_its_code_and_the_body_is_told() {
    let mut liars = Liars::new();
    for (n, (what, code, lie)) in LIES.into_iter().enumerate() {
        let (right, written) = lie(&mut liars);
        liars.office.deliver(&written, &right.token).unwrap_or_else(|why| panic!("{what}: {why}"));

        let came = notices(&mut liars.second);
        assert_eq!((came.len(), text(&came[n]["invalid"])), (n + 1, code), "{what}");
        let id = came[n]["id"].clone();
        let refused = liars.second.try_ask(&json!({ "do": "acknowledge", "notice": id }));
        assert!(refused.is_err(), "{what}");
        let told = notices_body::answers(&written, liars.office.body.back, &liars.office.returned());
        let [told] = told.as_slice() else { panic!("{what}: one answer") };
        let told = notices_body::record(&written, &right.states, told).expect("a record");
        assert_eq!((told.event, told.reasons.as_slice()), (Event::ContentHandoverFailure, [Reason::DoesNotMatch].as_slice()));
    }

    // and none of them stands in the way of a good one
    let right = liars.right();
    let written = liars.write(liars.run, &right);
    liars.office.deliver(&written, &right.token).unwrap();
    let last = notices(&mut liars.second).pop().unwrap();
    assert_eq!((&last["invalid"], &last["said"]), (&Value::Null, &json!(["ContentHandover"])), "{last}");
}
