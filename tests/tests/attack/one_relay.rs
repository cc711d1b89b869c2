//! A client speaks to the relay of its own account and to nothing else, whatever address others write into what they send:
//! a contact, a member or a stranger learns neither where it is nor gets a stamp of it.
use lacre_core::AccountTrouble;
use lacre_core::view::{Body, ContactState, Happening, Suite};
use lacre_core::{Client, Trouble};
use lacre_ground::address::{Authority, ContactLink};
use lacre_ground::ids::{AccountId, Token};
use lacre_proto::content::v1 as content;
use lacre_proto::relay::v1 as wire;
use lacre_tests::hostile::{self, OwnGroup, context_of};
use lacre_tests::watched::Watched;
use lacre_tests::world::{Person, World, befriend, settle};
use prost::Message as _;
use std::net::TcpListener;

/// A host that takes connections and never says a word.
struct Silent(TcpListener);

impl Silent {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn connections(&self) -> usize {
        std::iter::from_fn(|| self.0.accept().ok()).count()
    }

    /// Under this relay's identity.
    fn as_if(&self, relay: &Authority) -> Authority {
        Authority::new("127.0.0.1", self.0.local_addr().unwrap().port(), relay.identity()).unwrap()
    }
}

/// Ana, her contacts beto and mala, and somebody called nadie whom she has never met; and two places that are not their relay.
struct Play {
    ana: Person,
    beto: Person,
    mala: Person,
    nadie: Person,
    silent: Silent,
    away: World,
    home: World,
    /// calls of ana to other places than her relay
    strange: Vec<String>,
    /// her calls for blobs
    blobs: usize,
    said: Vec<String>,
}

impl Play {
    fn new() -> Self {
        let home = World::new();
        let [mut ana, mut beto, mut mala, nadie] = ["ana", "beto", "mala", "nadie"].map(|handle| home.person(handle));
        befriend(&mut ana, &mut beto);
        befriend(&mut ana, &mut mala);
        let (silent, away) = (Silent::new(), World::new());
        Self { ana, beto, mala, nadie, silent, away, home, strange: Vec::new(), blobs: 0, said: Vec::new() }
    }

    /// Places that are not ana's relay, one with its identity.
    fn elsewhere(&self) -> [Authority; 3] {
        let (home, away) = (self.home.authority(), self.away.authority());
        [self.silent.as_if(home), self.silent.as_if(away), away.clone()]
    }

    /// Ana does this; her calls are watched.
    fn ana_does<T>(&mut self, act: impl FnOnce(&mut Client, &mut Watched<'_, lacre_transport::GrpcNetwork>) -> T) -> T {
        let (home, strange, blobs) = (self.home.authority().to_string(), &mut self.strange, &mut self.blobs);
        let mut net = Watched::new(&mut self.ana.net, |call, at| {
            *blobs += usize::from(call == "get_blob");
            if at.to_string() != home {
                strange.push(format!("{call} at {at}"));
            }
        });
        act(&mut self.ana.client, &mut net)
    }

    /// Two rounds of ana, in each of which a message of beto must come; nobody elsewhere hears of her.
    fn goes_on(&mut self, what: &str) {
        let (at_beto, at_ana) = (self.beto.with("ana"), self.ana.with("beto"));
        for _ in 0..2 {
            self.said.push(format!("{what}: {}", self.said.len()));
            self.beto.say(&at_beto, self.said.last().unwrap());
            self.beto.sync();
            let round = self.ana_does(|ana, net| ana.sync(net).map(drop).map_err(|e| e.to_string()));
            assert_eq!(self.strange, Vec::<String>::new(), "{what}: ana's round ended with {round:?}");
            assert_eq!(self.silent.connections(), 0, "{what}");
            assert_eq!(self.ana.texts(&at_ana), self.said, "{what}: ana's round ended with {round:?}");
        }
    }

    /// What could not be processed, so far.
    fn refusals(&mut self) -> usize {
        let events = self.ana.client.events(0, 10_000).unwrap();
        events.iter().filter(|e| matches!(e.what, Happening::Unreadable { .. })).count()
    }

    /// Mala invites ana into a group; its context and the reference of its tree are changed.
    fn invitation(
        &mut self,
        change: impl FnOnce(&mut content::ConversationContext),
        lead: impl FnOnce(&mut content::BlobRef),
        stored: bool,
    ) {
        invitation(&mut self.mala, &mut self.ana, change, lead, stored);
    }
}

fn invitation(
    by: &mut Person,
    whom: &mut Person,
    change: impl FnOnce(&mut content::ConversationContext),
    lead: impl FnOnce(&mut content::BlobRef),
    stored: bool,
) {
    let at = by.client.whoami().unwrap().unwrap().relay;
    let honest = by.client.create_group("Mesa", &[], Suite::XWing).unwrap();
    let mut context = context_of(by, &honest);
    change(&mut context);
    let id: [u8; 32] = lacre_ground::random::bytes(&mut lacre_ground::random::SystemRng);
    let (account, entry) = (whom.account(), whom.client.own_entry().unwrap());
    let mut group = OwnGroup::new(by, &id, &context);
    let package = hostile::claim(by, account);
    let welcome = group.add(by, vec![package]);
    let state = group.join_state(by).encode_to_vec();
    let mut reference = if stored { hostile::put_blob(by, &state) } else { hostile::blob(&at, &state).1 };
    lead(&mut reference);
    hostile::post(by, &entry, content::envelope_body::Kind::Join(content::Join { welcome, state: Some(reference) }));
}

#[test]
fn an_invitations_tree_is_fetched_from_no_other_place() {
    let mut p = Play::new();
    for at in p.elsewhere() {
        let before = p.refusals();
        p.invitation(|_| (), |reference| reference.authority = at.to_string(), false);
        p.goes_on(&format!("a tree at {at}"));
        assert!(p.refusals() > before, "and it is said");
    }
}

#[test]
fn a_conversation_lives_at_no_other_place() {
    let mut p = Play::new();
    for at in p.elsewhere() {
        let (before, groups) = (p.refusals(), p.ana.client.conversations().unwrap().len());
        p.invitation(|context| context.authority = at.to_string(), |_| (), true);
        p.goes_on(&format!("a conversation at {at}"));
        assert!(p.refusals() > before, "and it is said");
        assert_eq!(p.ana.client.conversations().unwrap().len(), groups, "ana is not in it");
    }
}

#[test]
fn a_file_is_fetched_from_no_other_place() {
    let mut p = Play::new();
    let (at_mala, at_ana) = (p.mala.with("ana"), p.ana.with("mala"));
    for at in p.elsewhere() {
        let before = p.refusals();
        let (_, reference) = hostile::blob(&at, &[5; 3_000]);
        let name = format!("{}.txt", at.port());
        let file = content::File { name, size: 3_000, blob: Some(reference), ..Default::default() };
        hostile::say(&mut p.mala, &at_mala, content::content::Kind::File(file));
        p.goes_on(&format!("a file at {at}"));

        let last = p.ana.history(&at_ana).into_iter().rev().find(|m| matches!(m.body, Body::File { .. }));
        let saved = last.map(|message| p.ana_does(|ana, net| ana.save_file(net, &message, &mut Vec::new())));
        assert_eq!(p.strange, Vec::<String>::new(), "a file at {at}: {saved:?}");
        assert_eq!(p.silent.connections(), 0, "a file at {at}");
        assert!(saved.is_some_and(|saved| saved.is_err()) || p.refusals() > before, "and it is said");
    }
}

/// Somebody's directory entry with a further state, in which the inbox lies at another place.
fn moved_to(by: &mut Person, at: &Authority) -> wire::DirectoryEntry {
    hostile::entry_with(by, |device| device.inbox.authority = at.clone())
}

#[test]
fn nothing_is_sent_to_an_inbox_at_another_place() {
    for which in 0..3 {
        let mut p = Play::new();
        let at = p.elsewhere()[which].clone();
        let (entry, ana, before) = (moved_to(&mut p.nadie, &at), p.ana.client.own_entry().unwrap(), p.refusals());
        let request = content::ContactRequest { text: "hello".into(), inbox_token: vec![5; 32] };
        hostile::post_as(&mut p.nadie, &entry, &ana, content::envelope_body::Kind::ContactRequest(request));
        p.goes_on(&format!("a request from {at}"));

        let nadie = p.nadie.account();
        if p.ana.client.contacts().unwrap().iter().any(|c| c.account == nadie && c.state == ContactState::Asking) {
            let _ = p.ana.client.contact_accept(&nadie);
        }
        p.goes_on(&format!("an answer to {at}"));
        assert!(p.refusals() > before, "and it is said");
    }
}

#[test]
fn a_contact_who_moves_to_another_place_is_not_followed_there() {
    for which in 0..3 {
        let mut p = Play::new();
        let at = p.elsewhere()[which].clone();
        let entry = moved_to(&mut p.mala, &at);
        let device = hostile::device(&entry).id.as_bytes().to_vec();
        let member = content::RosterEntry { device, account: Some(entry), inbox_token: Vec::new() };
        let (at_mala, mala, before) = (p.mala.with("ana"), p.mala.account(), p.refusals());
        hostile::say(&mut p.mala, &at_mala, content::content::Kind::Roster(content::Roster { members: vec![member] }));
        p.goes_on(&format!("a contact who says that she moved to {at}"));

        let beto = p.beto.account();
        p.ana.client.create_group("Mesa", &[beto, mala], Suite::XWing).unwrap();
        p.goes_on(&format!("an invitation to {at}"));
        assert!(p.refusals() > before, "and it is said");
        p.beto.sync();
        assert!(p.beto.client.conversations().unwrap().iter().any(|c| c.name == "Mesa"), "beto was invited");
    }
}

#[test]
fn a_link_leads_to_no_other_place() {
    let mut p = Play::new();
    let (handle, account) = (p.nadie.client.whoami().unwrap().unwrap().handle, p.nadie.account());
    for at in p.elsewhere() {
        let link = ContactLink { authority: at.clone(), handle: handle.clone(), account, token: Token::new([5; 32]) };
        let added = p.ana_does(|ana, net| ana.contact_add_by_link(net, &link, "hello").map(drop));
        assert!(matches!(added, Err(Trouble::Account(AccountTrouble::OtherRelay))), "{at}: {added:?}");
        p.goes_on(&format!("a link to {at}"));
    }
}

/// Envelopes that name a tree at ana's own relay: how often it was asked for.
fn fetched(p: &mut Play, what: &str, post: impl FnOnce(&mut Play)) -> usize {
    p.blobs = 0;
    post(p);
    p.goes_on(what);
    p.blobs
}

#[test]
fn a_tree_is_fetched_only_for_who_may_invite() {
    let mut p = Play::new();
    let mala: AccountId = p.mala.account();

    let by_contact = fetched(&mut p, "a contact", |p| p.invitation(|_| (), |_| (), true));
    let by_stranger = fetched(&mut p, "a stranger", |p| invitation(&mut p.nadie, &mut p.ana, |_| (), |_| (), true));
    p.ana.client.contact_block(&mala).unwrap();
    let by_blocked = fetched(&mut p, "who is blocked", |p| p.invitation(|_| (), |_| (), true));

    assert_eq!((by_contact, by_stranger, by_blocked), (1, 0, 0));
}

/// Seen red where a request is taken for the yes.
#[test]
fn nobody_leads_a_person_into_a_conversation_before_the_yes() {
    let mut p = Play::new();
    let (ana, nadie): (_, AccountId) = (p.ana.client.whoami().unwrap().unwrap().handle, p.nadie.account());
    let rooms = |p: &mut Play| p.ana.client.conversations().unwrap().len();
    let before = rooms(&mut p);
    for state in [None, Some(ContactState::Asking), Some(ContactState::Declined)] {
        match state {
            Some(ContactState::Asking) => drop(p.nadie.client.contact_add(&mut p.nadie.net, &ana, "soy yo").unwrap()),
            Some(_) => drop(p.ana.client.contact_decline(&nadie).unwrap()),
            None => {}
        }
        p.nadie.sync();
        p.ana.sync();
        let known = p.ana.client.contacts().unwrap().into_iter().find(|c| c.account == nadie).map(|c| c.state);
        assert_eq!(known, state);
        let refused = p.refusals();

        invitation(&mut p.nadie, &mut p.ana, |_| (), |_| (), true);
        p.goes_on(&format!("{state:?}"));

        assert_eq!(rooms(&mut p), before, "{state:?}");
        assert!(p.refusals() > refused, "{state:?}: and it is said");
    }
    p.nadie.client.contact_add(&mut p.nadie.net, &ana, "por favor").unwrap();
    p.nadie.sync();
    p.ana.sync();
    p.ana.client.contact_accept(&nadie).unwrap();
    settle(&mut [&mut p.ana, &mut p.nadie]);
    let befriended = rooms(&mut p);
    invitation(&mut p.nadie, &mut p.ana, |_| (), |_| (), true);
    p.goes_on("accepted");
    assert_eq!(rooms(&mut p), befriended + 1, "the same way of inviting leads somewhere after the yes");
}

#[test]
fn a_tree_of_absurd_size_is_not_fetched() {
    let mut p = Play::new();
    let before = p.refusals();
    let times = fetched(&mut p, "100 MiB", |p| p.invitation(|_| (), |reference| reference.size = 100 << 20, true));
    assert_eq!(times, 0);
    assert!(p.refusals() > before, "and it is said");
}
