//! A word before a term ends: on its days, once, of what starts a term, and of nothing else.
use crate::notices::Scene;
use jiff::civil::Date;
use lacre_core::view::{Event, Happening, NoticeAnswer, OfficialNotice};
use lacre_evidence::Standing;
use lacre_evidence::clock::Calendar;
use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_tests::notices_body::{Writing, place};
use lacre_tests::world::Person;

const DAY_MS: u64 = 86_400_000;

/// Clocks of everybody show this day at the body's place, somewhen in the middle of it.
fn go_to(scene: &mut Scene, day: Date) {
    let noon = day.at(12, 0, 0, 0).in_tz("America/Santiago").unwrap().timestamp().as_millisecond();
    let ahead = Millis::new(noon.cast_unsigned()).since(scene.ana.clock.now());
    scene.ana.clock.forward(ahead);
    scene.world.forward(ahead);
    scene.desk.now = Some(scene.ana.clock.now());
}

/// It learns what time it is at the relay, which asks it to log in again.
fn log_in(scene: &mut Scene) {
    scene.ana.restart();
    scene.ana.client.set_paused(true).unwrap();
    let _ = scene.try_sync();
}

fn reminded(person: &mut Person) -> Vec<(u16, String)> {
    let one = |e: Event| match e.what {
        Happening::NoticeReminder { before, last_day, .. } => Some((before, last_day)),
        _ => None,
    };
    person.client.events(0, 999).unwrap().into_iter().filter_map(one).collect()
}

fn last_day(notice: &OfficialNotice) -> Date {
    notice.content.as_ref().expect("genuine").safe().unwrap().last_day.unwrap()
}

fn business_days_before(last: Date, n: u16) -> Date {
    Calendar::chile().business_day_before(last, n, place().comuna).unwrap()
}

#[test]
fn a_term_is_reminded_of_three_business_days_and_one_before_its_last_safe_day_and_each_is_told_once() {
    let mut scene = Scene::new();
    scene.notify();
    scene.sync();
    let last = last_day(&scene.only());
    let (three, one) = (business_days_before(last, 3), business_days_before(last, 1));

    let mut told = Vec::new();
    let mut day = place().zone.date(scene.ana.clock.now()).unwrap();
    while day < last.tomorrow().unwrap() {
        day = day.tomorrow().unwrap();
        go_to(&mut scene, day);
        for _ in 0..2 {
            // a month later its session has ended, and nobody answers: a term runs all the same
            let _ = scene.try_sync();
            let said = scene.ana.client.take_reminders().unwrap();
            told.extend(said.into_iter().map(|r| (day, r.before, r.last_day)));
        }
    }

    assert_eq!(told, [(three, 3, last), (one, 1, last)]);
    assert_eq!(reminded(&mut scene.ana), [(3, last.to_string()), (1, last.to_string())]);
}

#[test]
fn who_was_away_is_told_the_nearer_day_alone_and_nothing_once_it_is_over() {
    for (before, told) in [(2, vec![3]), (0, vec![1])] {
        let mut scene = Scene::new();
        scene.notify();
        scene.sync();
        let last = last_day(&scene.only());
        go_to(&mut scene, business_days_before(last, before));
        let _ = scene.try_sync();
        assert_eq!(reminded(&mut scene.ana).into_iter().map(|(before, _)| before).collect::<Vec<_>>(), told);
    }
    let mut scene = Scene::new();
    scene.notify();
    scene.sync();
    let last = last_day(&scene.only());
    go_to(&mut scene, last.tomorrow().unwrap());
    let _ = scene.try_sync();

    assert!(reminded(&mut scene.ana).is_empty() && scene.ana.client.take_reminders().unwrap().is_empty());
}

#[test]
fn copies_trials_what_starts_no_term_and_what_is_not_to_be_believed_remind_of_nothing() {
    let mut scene = Scene::new();
    let original = scene.notify();
    scene.sync();
    let hash = scene.only().id.to_hex();
    let hash: [u8; 32] = data_encoding::HEXLOWER.decode(hash.as_bytes()).unwrap().try_into().unwrap();
    let now = SystemClock.now();
    for what in [
        Writing { standing: Standing::Copy(hash), ..Writing::decision(now) },
        Writing { standing: Standing::Trial, ..Writing::decision(now) },
        Writing { act: lacre_evidence::Act::PersonalCommunication, ..Writing::decision(now) },
    ] {
        let right = scene.right();
        let written = scene.write(&right, &what);
        assert!(scene.desk.deliver(&written, &right.token));
    }
    let right = scene.right();
    let mut forged = scene.write(&right, &Writing::decision(now));
    forged.entry = lacre_ground::ids::EntryId::new([9; 16]);
    scene.desk.put(&forged, forged.bytes());
    scene.sync();
    let all = scene.ana.client.notices().unwrap();
    assert_eq!((all.len(), all.iter().filter(|n| n.content.is_err()).count()), (5, 1));
    let last = last_day(&all[4]);
    assert!(all[4].content.as_ref().unwrap().notice == original.notice());

    go_to(&mut scene, last);
    let _ = scene.try_sync();

    let told = scene.ana.client.events(0, 999).unwrap().into_iter().filter_map(|e| match e.what {
        Happening::NoticeReminder { notice, .. } => Some(notice),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [all[4].id], "the original alone");
}

#[test]
fn who_says_that_it_is_not_for_her_is_not_reminded_and_who_replied_is_told_of_the_day_that_she_moved() {
    let mut scene = Scene::new();
    scene.notify();
    scene.notify();
    scene.sync();
    let [not_hers, replied] = [0, 1].map(|n| scene.ana.client.notices().unwrap()[n].id);
    let by_law = last_day(&scene.ana.client.notice(replied).unwrap());
    scene.ana.client.answer_notice(not_hers, NoticeAnswer::NotMe).unwrap();
    scene.ana.client.reply_to_notice(replied, "¿Qué es esto?", &[]).unwrap();
    scene.sync();
    let moved = last_day(&scene.ana.client.notice(replied).unwrap());
    assert!(moved < by_law);

    go_to(&mut scene, moved);
    let _ = scene.try_sync();

    let said = scene.ana.client.take_reminders().unwrap();
    assert_eq!(said.iter().map(|r| (r.notice.id, r.last_day, r.before)).collect::<Vec<_>>(), [(replied, moved, 1)]);
    assert!(!said[0].notice.replies.is_empty(), "whoever says it can say that she replied");
}

#[test]
fn two_programs_on_one_profile_do_not_both_say_it_and_a_crash_tells_it_once() {
    let mut scene = Scene::new();
    scene.notify();
    scene.sync();
    let last = last_day(&scene.only());
    go_to(&mut scene, last);
    let mut second = Person::again(scene.ana.dir());
    second.clock.forward(scene.ana.clock.now().since(second.clock.now()));
    let mut sprang = 0;
    for n in 0..60 {
        scene.ana.trap.arm_point(n);
        let _ = scene.try_sync();
        sprang += u32::from(scene.ana.trap.disarm());
        scene.ana.restart();
    }
    let _ = second.client.sync(&mut second.net);

    assert!(sprang > 2, "only {sprang} crashes");
    assert_eq!(reminded(&mut scene.ana), [(1, last.to_string())]);
    assert_eq!(reminded(&mut second), [(1, last.to_string())], "each reader of the stream has it");
    let both = [&mut scene.ana, &mut second].map(|p| p.client.take_reminders().unwrap().len());
    assert_eq!(both, [1, 0], "words are said by whoever takes them first");
}

#[test]
fn who_does_not_want_to_be_reminded_is_not_until_she_wants_it_again() {
    let mut scene = Scene::new();
    scene.notify();
    scene.sync();
    let last = last_day(&scene.only());
    scene.ana.client.remind(false).unwrap();
    go_to(&mut scene, last);
    let _ = scene.try_sync();
    assert!(reminded(&mut scene.ana).is_empty() && !scene.ana.client.notice_address().unwrap().reminders);

    scene.ana.client.remind(true).unwrap();
    let _ = scene.try_sync();

    assert_eq!(scene.ana.client.take_reminders().unwrap().len(), 1);
}

#[test]
fn a_clock_that_is_behind_and_a_relay_that_lies_about_the_time_keep_no_reminder_back() {
    let mut scene = Scene::new();
    scene.notify();
    scene.sync();
    let last = last_day(&scene.only());
    // the relay is at the last day, the device thirteen hours and more behind it
    let ahead = {
        let noon = last.at(12, 0, 0, 0).in_tz("America/Santiago").unwrap().timestamp().as_millisecond();
        Millis::new(noon.cast_unsigned()).since(scene.ana.clock.now())
    };
    scene.world.forward(ahead);
    scene.desk.now = Some(scene.ana.clock.now().plus(ahead));
    log_in(&mut scene);
    let _ = scene.try_sync();
    assert_eq!(reminded(&mut scene.ana).len(), 1, "by the relay's clock");

    // and a relay that says that it is long ago, or long over
    let mut scene = Scene::new();
    scene.notify();
    scene.sync();
    scene.world.forward(400 * DAY_MS);
    log_in(&mut scene);
    let _ = scene.try_sync();
    let ahead = ahead.max(DAY_MS);
    scene.ana.clock.forward(ahead);
    let _ = scene.try_sync();

    assert_eq!(reminded(&mut scene.ana).len(), 1, "by the device's own");
}
