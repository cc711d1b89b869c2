//! Replies, edits, deletions and reactions: what every member ends with (PROTOCOL.md, 17).
use lacre_core::MessageTrouble;
use lacre_core::limits::{MAX_QUERY, MAX_SIGN, MAX_TEXT};
use lacre_core::view::{Body, ConversationId, Delivery, Happening, Message, Suite};
use lacre_core::{Query, Trouble};
use lacre_ground::random::SystemRng;
use lacre_tests::world::{Person, World, befriend, settle};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// Ana, Bruno and Carla in one group, and the group.
fn three(world: &World) -> (Person, Person, Person, ConversationId) {
    let (mut ana, mut bruno, mut carla) = (world.person("ana"), world.person("bruno"), world.person("carla"));
    befriend(&mut ana, &mut bruno);
    befriend(&mut ana, &mut carla);
    let members = [bruno.account(), carla.account()];
    let group = ana.client.create_group("mesa", &members, Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut bruno, &mut carla]);
    (ana, bruno, carla, group)
}

fn said(person: &mut Person, group: &ConversationId, text: &str) -> Message {
    let is = |m: &Message| matches!(&m.body, Body::Text(t) if t == text);
    person.history(group).into_iter().find(is).unwrap_or_else(|| panic!("nobody said {text}"))
}

/// What it says, whether it was edited, who put which sign beside it.
type Seen = (Body, bool, Vec<(String, String)>);

/// What a reader sees of the contents.
fn seen(person: &mut Person, group: &ConversationId) -> Vec<Seen> {
    let contents = person.history(group).into_iter();
    let contents = contents.filter(|m| matches!(m.body, Body::Text(_) | Body::File { .. } | Body::Deleted { .. }));
    let signs = |m: &Message| m.reactions.iter().map(|r| (r.handle.as_ref().unwrap().to_string(), r.sign.clone())).collect();
    contents.map(|m| (m.body.clone(), m.edited_at.is_some(), signs(&m))).collect()
}

#[test]
fn everybody_ends_with_the_same_texts_signs_and_deletions() {
    let world = World::new();
    let (mut ana, mut bruno, mut carla, group) = three(&world);
    ana.say(&group, "hola");
    ana.say(&group, "esto sobra");
    bruno.say(&group, "buenas");
    settle(&mut [&mut ana, &mut bruno, &mut carla]);

    let (hola, extra) = (said(&mut ana, &group, "hola"), said(&mut ana, &group, "esto sobra"));
    ana.client.edit(&hola, "hola a todos").unwrap();
    ana.client.delete(&extra).unwrap();
    let to_bruno = said(&mut bruno, &group, "hola");
    bruno.client.react(&to_bruno, "👍").unwrap();
    let to_carla = said(&mut carla, &group, "hola");
    carla.client.react(&to_carla, "👎").unwrap();
    carla.client.react(&to_carla, "🇨🇱").unwrap();
    carla.client.reply(&to_carla, "aquí estoy").unwrap();
    settle(&mut [&mut ana, &mut bruno, &mut carla]);

    let expected = seen(&mut ana, &group);
    assert!(expected.iter().any(|(body, edited, signs)| {
        *body == Body::Text("hola a todos".into())
            && *edited
            && signs.len() == 2
            && signs.contains(&("@bruno".into(), "👍".into()))
            && signs.contains(&("@carla".into(), "🇨🇱".into()))
    }));
    assert!(expected.iter().any(|(body, ..)| *body == Body::Deleted { here_only: false }));
    assert_eq!(seen(&mut bruno, &group), expected);
    assert_eq!(seen(&mut carla, &group), expected);
    let answer = said(&mut bruno, &group, "aquí estoy").reply_to.unwrap();
    assert_eq!(answer.message.unwrap().2, Body::Text("hola a todos".into()), "an answer shows what it answers, as it is now");
    assert_eq!(world_keeps(&mut bruno, "esto sobra"), 0, "nothing of a deleted text is kept");
}

/// How many rows of a profile hold this text in clear, once opened.
fn world_keeps(person: &mut Person, text: &str) -> usize {
    let held = person.client.held_contents().unwrap();
    held.iter().filter(|row| row.windows(text.len()).any(|w| w == text.as_bytes())).count()
}

#[test]
fn a_change_of_somebody_elses_message_changes_nothing_at_anybody_and_is_told() {
    let world = World::new();
    let (mut ana, mut bruno, mut carla, group) = three(&world);
    ana.say(&group, "lo que dije");
    settle(&mut [&mut ana, &mut bruno, &mut carla]);
    let theirs = said(&mut bruno, &group, "lo que dije");
    assert!(matches!(bruno.client.edit(&theirs, "otra cosa"), Err(Trouble::Message(MessageTrouble::NotYours))));
    assert!(matches!(bruno.client.delete(&theirs), Err(Trouble::Message(MessageTrouble::NotYours))));

    // a program that does not ask: it calls the message its own
    let forged = Message { own: true, ..theirs };
    bruno.client.edit(&forged, "otra cosa").unwrap();
    bruno.client.delete(&forged).unwrap();
    settle(&mut [&mut ana, &mut bruno, &mut carla]);

    for person in [&mut ana, &mut bruno, &mut carla] {
        assert_eq!(said(person, &group, "lo que dije").body, Body::Text("lo que dije".into()));
        let told = person.client.events(0, usize::MAX).unwrap();
        let refused = told.iter().filter(|e| matches!(&e.what, Happening::Unreadable { reason, .. } if reason.contains("else")));
        assert_eq!(refused.count(), 2);
    }
}

#[test]
fn one_account_has_one_sign_beside_a_message_though_it_sends_ten_thousand() {
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let group = ana.with("bruno");
    ana.say(&group, "hola");
    settle(&mut [&mut ana, &mut bruno]);
    let hola = said(&mut bruno, &group, "hola");

    for n in 0..10_000 {
        bruno.client.react(&hola, if n % 2 == 0 { "👍" } else { "❤" }).unwrap();
        if n % 2_500 == 2_499 {
            bruno.sync();
        }
    }
    settle(&mut [&mut ana, &mut bruno]);
    assert_eq!(ana.history(&group).len(), 1, "signs are no lines");
    assert_eq!(said(&mut ana, &group, "hola").reactions.len(), 1);
    assert_eq!(said(&mut ana, &group, "hola").reactions[0].sign, "❤");
    bruno.client.react(&hola, "").unwrap();
    settle(&mut [&mut ana, &mut bruno]);

    assert_eq!(said(&mut ana, &group, "hola").reactions, []);
    let family = "👨‍👩‍👧‍👦";
    assert!(bruno.client.react(&hola, family).is_ok(), "one character as people count them");
    for bad in ["no", "👍👍", " ", "\u{1b}", &format!("a{}", "\u{301}".repeat(MAX_SIGN))] {
        assert!(matches!(bruno.client.react(&hola, bad), Err(Trouble::Message(MessageTrouble::NotASign))), "{bad:?}");
    }
}

#[test]
fn what_waits_is_changed_in_its_order_and_a_deleted_one_is_not_sent() {
    let mut world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let group = ana.with("bruno");
    world.stop_relay();

    let first = ana.client.send_text(&group, "uno").unwrap();
    let second = ana.client.send_text(&group, "dos").unwrap();
    assert_eq!((first.delivery, second.position), (Delivery::Waiting, None));
    ana.client.edit(&first, "uno y medio").unwrap();
    ana.client.delete(&second).unwrap();
    world.start_relay();
    settle(&mut [&mut ana, &mut bruno]);

    assert_eq!(bruno.texts(&group), ["uno y medio"]);
    assert_eq!(bruno.history(&group).iter().filter(|m| matches!(m.body, Body::Deleted { .. })).count(), 0);
}

#[test]
fn forgetting_is_for_this_device_only() {
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let group = ana.with("bruno");
    ana.say(&group, "un secreto");
    settle(&mut [&mut ana, &mut bruno]);

    let secret = said(&mut bruno, &group, "un secreto");
    bruno.client.forget(&secret).unwrap();
    settle(&mut [&mut ana, &mut bruno]);

    assert_eq!(bruno.client.message(&group, secret.id).unwrap().unwrap().body, Body::Deleted { here_only: true });
    assert_eq!(world_keeps(&mut bruno, "un secreto"), 0);
    assert_eq!(ana.texts(&group), ["un secreto"]);
}

#[test]
fn an_edit_has_the_bounds_of_a_text_and_only_texts_are_edited() {
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let group = ana.with("bruno");
    let file = ana.client.send_file(&group, "a.txt", &mut b"hola".as_slice(), 4).unwrap();
    let text = ana.client.send_text(&group, "hola").unwrap();

    assert!(matches!(ana.client.edit(&file, "x"), Err(Trouble::Message(MessageTrouble::NotChangeable))));
    assert!(matches!(ana.client.edit(&text, ""), Err(Trouble::Message(MessageTrouble::Empty))));
    assert!(matches!(ana.client.edit(&text, &"x".repeat(MAX_TEXT + 1)), Err(Trouble::Message(MessageTrouble::TooLong { .. }))));
    ana.client.edit(&text, &"x".repeat(MAX_TEXT)).unwrap();
    ana.client.react(&file, "❤").unwrap();
    settle(&mut [&mut ana, &mut bruno]);

    assert_eq!(bruno.texts(&group)[0].len(), MAX_TEXT);
    assert_eq!(bruno.history(&group).iter().filter(|m| !m.reactions.is_empty()).count(), 1);
}

#[test]
fn a_search_finds_words_without_their_accents_and_nothing_that_is_no_longer_there() {
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let group = ana.with("bruno");
    for text in ["El camión llega el martes", "otro CAMION", "feliz año", "un error", "algo privado"] {
        ana.say(&group, text);
    }
    ana.client.send_file(&group, "Informe de camiones.pdf", &mut b"x".as_slice(), 1).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    let (wrong, private) = (said(&mut ana, &group, "un error"), said(&mut bruno, &group, "algo privado"));
    ana.client.edit(&wrong, "un acierto").unwrap();
    bruno.client.forget(&private).unwrap();
    settle(&mut [&mut ana, &mut bruno]);

    let mut found = |words: &str| {
        let query = Query { words: words.into(), ..Query::default() };
        bruno.client.search(&query, 10).unwrap().total
    };
    assert_eq!((found("camion"), found("CAMIÓN"), found("camión martes")), (3, 3, 1));
    assert_eq!((found("año"), found("ano"), found("amion")), (1, 0, 0), "ñ is a letter, and words are found by their beginnings");
    assert_eq!((found("error"), found("acierto"), found("privado")), (0, 1, 0));
    let by_bruno = Query { words: "camion".into(), from: Some(bruno.account()), ..Query::default() };
    assert_eq!(bruno.client.search(&by_bruno, 10).unwrap().total, 0);
    let one = Query { words: "camion".into(), conversation: Some(group), ..Query::default() };
    let found = bruno.client.search(&one, 1).unwrap();
    assert_eq!((found.messages.len(), found.total), (1, 3));
    let too_long = Query { words: "x".repeat(MAX_QUERY + 1), ..Query::default() };
    assert!(matches!(bruno.client.search(&too_long, 1), Err(Trouble::Message(MessageTrouble::TooLong { .. }))));
    let longest = Query { words: "x".repeat(MAX_QUERY), ..Query::default() };
    assert_eq!(bruno.client.search(&longest, 1).unwrap().total, 0);
    assert!(matches!(
        bruno.client.search(&Query { words: " ¿? ".into(), ..Query::default() }, 1),
        Err(Trouble::Message(MessageTrouble::Empty))
    ));
}

/// Random histories of several hundred messages, searched in between, so that most of them stand gathered when they change.
#[test]
fn what_is_found_is_what_the_history_shows_however_it_changed_between_searches() {
    const WORDS: [&str; 5] = ["camión", "plaza", "jueves", "Ñandú", "acta"];
    let seed = SystemRng.next_u64();
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let group = ana.with("bruno");
    for round in 0..6 {
        for n in 0..70 {
            let mut pick = || WORDS[usize::try_from(rng.next_u32() % 5).unwrap()];
            ana.say(&group, &format!("{} {} {round}-{n}", pick(), pick()));
        }
        settle(&mut [&mut ana, &mut bruno]);
        for _ in 0..8 {
            let own: Vec<Message> = ana.history(&group).into_iter().filter(|m| matches!(m.body, Body::Text(_))).collect();
            let one = &own[usize::try_from(rng.next_u32()).unwrap() % own.len()];
            match rng.next_u32() % 4 {
                0 => ana.client.edit(one, "otra plaza").unwrap(),
                1 => ana.client.delete(one).unwrap(),
                2 => ana.client.forget(one).unwrap(),
                _ => ana.client.react(one, "👍").unwrap(),
            }
        }
        settle(&mut [&mut ana, &mut bruno]);

        for person in [&mut ana, &mut bruno] {
            let shown = person.texts(&group);
            for word in WORDS {
                let query = Query { words: word.to_lowercase(), ..Query::default() };
                let found = person.client.search(&query, 1_000).unwrap();
                let expected = shown.iter().filter(|text| text.to_lowercase().contains(&query.words)).count();
                assert_eq!(
                    (found.total, found.messages.len()),
                    (expected as u64, expected),
                    "{word}, round {round}, seed {seed}"
                );
            }
        }
    }
}

#[test]
fn a_text_that_was_gathered_for_searching_is_in_no_row_once_it_is_gone() {
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let group = ana.with("bruno");
    for n in 0..40 {
        ana.say(&group, &format!("asunto {n} reservadísimo{n}"));
    }
    settle(&mut [&mut ana, &mut bruno]);
    let query = Query { words: "reservadisimo7".into(), ..Query::default() };
    let rows_with = |bruno: &mut Person, word: &str| {
        let has = |row: &[u8]| row.windows(word.len()).any(|w| w == word.as_bytes());
        bruno.client.held_contents().unwrap().iter().filter(|row| has(row)).count()
    };
    assert_eq!(bruno.client.search(&query, 10).unwrap().total, 1);
    assert_eq!(rows_with(&mut bruno, "reservadisimo7"), 1, "it was gathered, folded");

    let message = said(&mut bruno, &group, "asunto 7 reservadísimo7");
    bruno.client.forget(&message).unwrap();
    assert_eq!((rows_with(&mut bruno, "reservadisimo7"), rows_with(&mut bruno, "reservadísimo7")), (0, 0));
    assert_eq!(bruno.client.search(&query, 10).unwrap().total, 0);
    assert_eq!(rows_with(&mut bruno, "reservadisimo7"), 0, "nor is it gathered again");
    let taken_back = said(&mut ana, &group, "asunto 8 reservadísimo8");
    ana.client.delete(&taken_back).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    assert_eq!(rows_with(&mut bruno, "reservadisimo8"), 0);
}
