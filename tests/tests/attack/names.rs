//! An id is its maker's choice: whoever takes another one's takes nothing away, and what names a message says whose it is.
use lacre_core::view::{Body, ConversationId, Message, Suite};
use lacre_proto::content::v1::content::Kind;
use lacre_proto::content::v1::{Reaction, Text};
use lacre_tests::hostile;
use lacre_tests::world::{Person, World, befriend, settle};

struct Table {
    ana: Person,
    beto: Person,
    mala: Person,
    group: ConversationId,
    _world: World,
}

/// Ana is admin; beto and mala are members.
fn table() -> Table {
    let world = World::new();
    let [mut ana, mut beto, mut mala] = ["ana", "beto", "mala"].map(|handle| world.person(handle));
    befriend(&mut ana, &mut beto);
    befriend(&mut ana, &mut mala);
    let members = [beto.account(), mala.account()];
    let group = ana.client.create_group("Mesa", &members, Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut mala]);
    Table { ana, beto, mala, group, _world: world }
}

impl Table {
    fn settle(&mut self) {
        settle(&mut [&mut self.ana, &mut self.beto, &mut self.mala]);
    }

    /// What mala says past her program leaves its keys as they were: the next one needs others.
    fn next_epoch(&mut self) {
        self.settle();
        self.ana.client.renew_keys(&self.group).unwrap();
        self.settle();
    }
}

fn text(text: &str) -> Kind {
    Kind::Text(Text { text: text.to_owned(), ..Text::default() })
}

fn said(person: &mut Person, group: &ConversationId, what: &str) -> Message {
    let all = person.history(group);
    all.into_iter().find(|m| m.body == Body::Text(what.to_owned())).unwrap_or_else(|| panic!("nobody has said {what:?}"))
}

#[test]
fn an_id_that_was_taken_before_takes_no_message_away() {
    let mut t = table();
    let group = t.group.clone();

    // a relay that keeps beto's message back, and a member who knows its id
    let waiting = t.beto.client.send_text(&group, "the true one").unwrap();
    hostile::say_as(&mut t.mala, &group, waiting.id.as_bytes(), text("the false one"));
    t.settle();

    for person in [&mut t.ana, &mut t.beto] {
        assert_eq!(person.texts(&group), ["the false one", "the true one"]);
        for each in person.history(&group) {
            let found = person.client.find_message(&each.id.to_string()).unwrap();
            assert_eq!((found.body, found.sender, found.position), (each.body, each.sender, each.position), "each has a name");
        }
    }
}

#[test]
fn what_names_a_message_means_its_makers_and_no_other_of_that_id() {
    let mut t = table();
    let group = t.group.clone();
    let waiting = t.beto.client.send_text(&group, "the true one").unwrap();
    hostile::say_as(&mut t.mala, &group, waiting.id.as_bytes(), text("the false one"));
    t.settle();

    let [true_one, false_one] = ["the true one", "the false one"].map(|what| said(&mut t.ana, &group, what));
    t.ana.client.react(&true_one, "👍").unwrap();
    t.ana.client.reply(&false_one, "to the false one").unwrap();
    let own = said(&mut t.beto, &group, "the true one");
    t.beto.client.edit(&own, "the true one, and better").unwrap();
    t.settle();

    let beto = t.beto.account();
    for person in [&mut t.ana, &mut t.beto] {
        let better = said(person, &group, "the true one, and better");
        assert_eq!((better.reactions.len(), better.edited_at.is_some(), better.sender), (1, true, beto));
        let other = said(person, &group, "the false one");
        assert_eq!((other.reactions.len(), other.edited_at), (0, None));
        let answer = said(person, &group, "to the false one").reply_to.expect("it answers");
        assert_eq!((answer.id, answer.message.map(|(_, _, body)| body)), (other.id, Some(other.body)));
    }
    let receipts = said(&mut t.beto, &group, "the true one, and better").receipts;
    assert!(receipts.iter().any(|r| r.account == t.ana.account()) || receipts.is_empty(), "nobody else's word");
}

#[test]
fn one_id_in_two_conversations_leaves_both_messages_addressable() {
    let mut t = table();
    let group = t.group.clone();
    let mala = t.mala.account();
    let other = t.ana.client.create_group("Otra", &[mala], Suite::XWing).unwrap();
    t.settle();

    hostile::say_as(&mut t.mala, &group, &[7; 16], text("in one"));
    hostile::say_as(&mut t.mala, &other, &[7; 16], text("in the other"));
    t.settle();

    for (conversation, what) in [(&group, "in one"), (&other, "in the other")] {
        let message = said(&mut t.ana, conversation, what);
        let found = t.ana.client.find_message(&message.id.to_string()).unwrap();
        assert_eq!((found.conversation, found.body), (conversation.clone(), Body::Text(what.to_owned())));
        assert!(t.ana.client.message(conversation, message.id).unwrap().is_some());
    }
}

#[test]
fn a_text_under_the_id_of_a_line_stands_beside_it_and_changes_nothing_of_it() {
    let mut t = table();
    let group = t.group.clone();
    let line = t.ana.history(&group).into_iter().find(|m| matches!(m.body, Body::Added { .. })).expect("a line");

    // mala has looked over ana's shoulder
    hostile::say_as(&mut t.mala, &group, line.id.as_bytes(), text("under its id"));
    t.next_epoch();
    let target = line.id.as_bytes().to_vec();
    let target_by = line.sender.as_bytes().to_vec();
    hostile::say(&mut t.mala, &group, Kind::Reaction(Reaction { target, target_by, sign: "👎".into() }));
    t.ana.sync();

    assert_eq!(t.ana.texts(&group), ["under its id"]);
    let after = t.ana.client.message(&group, line.id).unwrap().expect("the line");
    assert_eq!((after.body, after.reactions.len()), (line.body, 0));
}

#[test]
fn what_names_no_maker_means_the_only_one_who_has_said_that() {
    let mut t = table();
    let group = t.group.clone();
    t.beto.say(&group, "once");
    t.settle();
    let once = said(&mut t.ana, &group, "once");
    let reaction = |sign: &str| {
        Kind::Reaction(Reaction { target: once.id.as_bytes().to_vec(), target_by: Vec::new(), sign: sign.to_owned() })
    };

    // as 0.1.0 writes it
    hostile::say(&mut t.mala, &group, reaction("👍"));
    t.settle();
    let at = group.clone();
    let signs = |person: &mut Person| said(person, &at, "once").reactions.into_iter().map(|r| r.sign).collect::<Vec<_>>();
    assert_eq!(signs(&mut t.ana), ["👍"]);

    t.next_epoch();
    hostile::say_as(&mut t.mala, &group, once.id.as_bytes(), text("twice"));
    t.next_epoch();
    hostile::say(&mut t.mala, &group, reaction("👎"));
    t.settle();
    assert_eq!(signs(&mut t.ana), ["👍"], "it might be the one or the other");
    let twice = said(&mut t.ana, &group, "twice");
    assert_eq!(twice.reactions.len(), 0);
}
