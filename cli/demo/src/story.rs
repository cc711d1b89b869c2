//! What happens, told while it happens. Each claim is checked; the first that does not hold ends the demo with exit 1.

use super::input::{Input, input_files};
use super::keys::{self, Held};
use super::people::{Alarm, EXAMPLES, LATER, NotEnrolled, Person, Unsettled, settle};
use super::relay::{Relay, kill};
use super::scan::{self, Needle};
use crate::Args;
use fluent_bundle::FluentValue;
use lacre::trouble::{self, open_failure};
use lacre_core::Trouble;
use lacre_core::view::{Body, ConversationId, Message, Standing, Suite, Waiting, WaitingKind};
use lacre_core::{ContactTrouble, MessageTrouble};
use lacre_ground::ids::Handle;
use lacre_ground::time::{Clock, SystemClock};
use lacre_words::failure::{Exit, Failure};
use lacre_words::screen::{Outcome, Screen, size};
use lacre_words::shown::shown;
use lacre_words::words;
use serde_json::json as object;
use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

/// Messages that are under way when the relay is killed.
const UNDER_WAY: usize = 30;
/// After so many acknowledgements it is killed.
const UNTIL_KILL: u64 = 10;

/// Plays it.
pub(crate) fn play(ctx: &Screen, args: &Args) -> Outcome {
    let began = SystemClock.now();
    let files = input_files(ctx, args.input.as_deref())?;
    let folder = tempfile::Builder::new().prefix("lacre-demo-").tempdir().map_err(|e| machine(ctx, &e))?;
    let mut story = Story::begin(ctx, folder.path(), files, args)?;
    let mut told = story.tell();
    let ms = SystemClock.now().since(began);
    story.relay.kill();
    drop(story);
    if args.keep {
        let path = folder.keep();
        ctx.lines_unless_json(&ctx.words.say_with("demo-kept", &[("dir", path.display().to_string().into())]));
        if let Ok(told) = &mut told
            && let Some(o) = told.as_object_mut()
        {
            o.insert("kept".into(), path.display().to_string().into());
        }
    }
    let mut told = told?;
    if let Some(o) = told.as_object_mut() {
        o.insert("milliseconds".into(), ms.into());
    }
    let seconds = format!("{}{}{}", ms / 1000, ctx.words.say("decimal-point"), ms % 1000 / 100);
    ctx.result(&format!("\n{}", ctx.words.say_with("demo-end", &[("seconds", seconds.into())])), &told);
    Ok(Exit::Done)
}

/// A client's trouble in the person's language.
pub(super) fn trouble(ctx: &Screen, trouble: Trouble) -> Failure {
    trouble::failure(&ctx.words, trouble)
}

fn machine(ctx: &Screen, why: &std::io::Error) -> Failure {
    ctx.failure("error-demo-machine", Exit::CouldNotAsk, &[("why", shown(&why.to_string()).into())])
}

pub(super) struct Story<'a> {
    pub(super) ctx: &'a Screen,
    pub(super) folder: &'a Path,
    pub(super) files: Vec<Input>,
    pub(super) relay: Relay,
    pub(super) people: Vec<Person>,
    pub(super) alarm: Arc<Alarm>,
    /// everything that was said
    pub(super) texts: Vec<String>,
    /// everything that Diego's profile ever held
    diego: Held,
    /// the only act that is told, and the one that is played
    acts: (Option<u32>, Cell<u32>),
}

pub(super) const ANA: usize = 0;
pub(super) const BRUNO: usize = 1;
pub(super) const CARLA: usize = 2;
pub(super) const DIEGO: usize = 3;

impl<'a> Story<'a> {
    fn begin(ctx: &'a Screen, folder: &'a Path, files: Vec<Input>, args: &Args) -> Result<Self, Failure> {
        let relay = Relay::new(folder).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => {
                ctx.failure("error-demo-no-relay", Exit::CouldNotAsk, &[("program", shown(&e.to_string()).into())])
            }
            _ => machine(ctx, &e),
        })?;
        Ok(Self {
            ctx,
            folder,
            files,
            relay,
            people: Vec::new(),
            alarm: Alarm::new(),
            texts: Vec::new(),
            diego: Held::default(),
            acts: (args.act, Cell::new(0)),
        })
    }

    fn tell(&mut self) -> Result<serde_json::Value, Failure> {
        self.line(&self.ctx.words.say("demo-title"));
        self.chapter(1, words::key("demo-relay"));
        self.start_relay()?;
        self.chapter(2, words::key("demo-enrol"));
        self.enrol()?;
        self.chapter(3, words::key("demo-two"));
        self.two()?;
        self.chapter(4, words::key("demo-daily"));
        self.daily()?;
        self.chapter(5, words::key("demo-group"));
        let group = self.group()?;
        self.chapter(6, words::key("demo-cut"));
        let acknowledged = self.cut(&group)?;
        self.chapter(7, words::key("demo-removal"));
        let after = self.removal(&group)?;
        self.chapter(8, words::key("demo-apart"));
        let proved = self.apart()?;
        self.chapter(9, words::key("demo-notices"));
        let mut office = self.office()?;
        let changed = self.notices(&mut office)?;
        self.chapter(10, words::key("demo-batch"));
        let sent = self.batch(office)?;
        self.chapter(11, words::key("demo-proof"));
        let messages = self.same_history(&group, after)?;
        let (files, bytes, needles) = self.nothing_on_disk()?;
        let (keys, entries) = self.no_key_opens(&group)?;
        Ok(object!({
            "people": self.people.iter().map(|p| p.handle.to_string()).collect::<Vec<_>>(),
            "files_sent": self.files.len(),
            "messages": messages,
            "under_way": UNDER_WAY,
            "acknowledged_before_kill": acknowledged,
            "after_removal": after,
            "proved": proved,
            "evidence_changed": changed,
            "batch_sent": sent,
            "relay_files": files,
            "relay_bytes": bytes,
            "searched_for": needles,
            "keys_tried": keys,
            "entries_tried": entries,
        }))
    }

    fn start_relay(&mut self) -> Result<(), Failure> {
        self.relay.start().map_err(|e| machine(self.ctx, &e))?;
        let port = self.relay.authority.as_ref().map_or(0, lacre_ground::address::Authority::port);
        self.say("demo-relay-runs", &[("port", port.into())]);
        Ok(())
    }

    fn enrol(&mut self) -> Result<(), Failure> {
        EXAMPLES.into_iter().try_for_each(|example| self.enrol_one(example))
    }

    pub(super) fn enrol_one(&mut self, (name, handle, run): (&str, &str, &str)) -> Result<(), Failure> {
        let invitation = self.relay.invitation(run).map_err(|e| self.machine(&e))?;
        let handle =
            Handle::parse(handle).map_err(|_| self.ctx.failure("error-handle", Exit::Usage, &[("value", handle.into())]))?;
        let dir = self.folder.join(handle.as_str());
        let person = Person::enrolled(&dir, &handle, &invitation, self.alarm.clone()).map_err(|e| self.not_enrolled(e, &dir))?;
        self.people.push(person);
        self.good("demo-enrolled", &[("name", name.into()), ("handle", handle.to_string().into()), ("run", run.into())]);
        Ok(())
    }

    pub(super) fn machine(&self, why: &std::io::Error) -> Failure {
        machine(self.ctx, why)
    }

    pub(super) fn not_enrolled(&self, why: NotEnrolled, dir: &Path) -> Failure {
        match why {
            NotEnrolled::Open(e) => open_failure(&self.ctx.words, &e, dir),
            NotEnrolled::Trouble(t) => trouble(self.ctx, t),
            NotEnrolled::Network(e) => self.machine(&e),
        }
    }

    /// Ana and Bruno become contacts and write to each other.
    fn two(&mut self) -> Result<(), Failure> {
        let request = self.ctx.words.say("demo-text-request");
        self.texts.push(request.clone());
        let [hello, answer] = [self.ctx.words.say("demo-text-hello"), self.ctx.words.say("demo-text-answer")];
        self.befriend(ANA, BRUNO, &request)?;
        let with_bruno = self.conversation_with(ANA, BRUNO)?;
        let with_ana = self.conversation_with(BRUNO, ANA)?;
        self.write(ANA, &with_bruno, &hello)?;
        self.settle()?;
        self.write(BRUNO, &with_ana, &answer)?;
        self.settle()?;
        for (who, id) in [(ANA, &with_bruno), (BRUNO, &with_ana)] {
            let read = self.of(who, |p| p.texts(id))?;
            self.claim(read == [hello.as_str(), answer.as_str()], words::key("demo-claim-two"))?;
        }
        for (who, text) in [(ANA, &hello), (BRUNO, &answer)] {
            let handle = self.people.get(who).map(|p| p.handle.to_string()).unwrap_or_default();
            self.say("demo-quote", &[("who", handle.into()), ("text", shown(text).into())]);
        }
        self.good("demo-claim-two", &[]);
        Ok(())
    }

    /// The four in a group; everybody gets every file, the same to the last byte.
    fn group(&mut self) -> Result<ConversationId, Failure> {
        let request = self.ctx.words.say("demo-text-request");
        for friend in [CARLA, DIEGO] {
            self.befriend(ANA, friend, &request)?;
        }
        let name = self.ctx.words.say("demo-group-name");
        let others: Vec<_> = [BRUNO, CARLA, DIEGO].iter().filter_map(|i| self.people.get(*i)).map(|p| p.account).collect();
        let group = self.of(ANA, |p| p.client.create_group(&name, &others, Suite::XWing))?;
        self.settle()?;
        self.say("demo-group-made", &[("name", name.as_str().into())]);
        let texts: Vec<String> = [
            self.ctx.words.say("demo-text-group-1"),
            self.ctx.words.say("demo-text-group-2"),
            self.ctx.words.say("demo-text-group-3"),
            self.ctx.words.say("demo-text-group-4"),
        ]
        .into();
        for (who, text) in texts.iter().enumerate() {
            self.write(who, &group, text)?;
        }
        for (at, file) in self.files.iter().enumerate() {
            let size = u64::try_from(file.content.len()).unwrap_or(u64::MAX);
            if let Some(person) = self.people.get_mut(at % EXAMPLES.len()) {
                let sent = person.client.send_file(&group, &file.name, &mut file.content.as_slice(), size);
                sent.map_err(|t| trouble(self.ctx, t))?;
            }
        }
        self.settle()?;
        let mut same = 0;
        for person in &mut self.people {
            for message in person.history(&group).map_err(|t| trouble(self.ctx, t))? {
                let Body::File { name, .. } = &message.body else { continue };
                let mut got = Vec::new();
                person.client.save_file(&mut person.network, &message, &mut got).map_err(|t| trouble(self.ctx, t))?;
                same += usize::from(self.files.iter().any(|f| f.name == *name && f.content == got));
            }
        }
        self.claim(same == self.files.len() * EXAMPLES.len(), words::key("demo-claim-files"))?;
        let bytes = self.files.iter().map(|f| u64::try_from(f.content.len()).unwrap_or(0)).sum();
        let names: Vec<String> = self.files.iter().map(|f| shown(&f.name)).collect();
        self.say("demo-file-names", &[("names", names.join(" · ").into())]);
        let size = size(&self.ctx.words, bytes);
        self.good("demo-claim-files", &[("count", self.files.len().into()), ("size", size.into())]);
        Ok(group)
    }

    /// Ana sends many messages; the relay is killed while they are under way, and comes back.
    fn cut(&mut self, group: &ConversationId) -> Result<usize, Failure> {
        let texts: Vec<String> = (1..=UNDER_WAY)
            .map(|n| self.ctx.words.say_with("demo-text-many", &[("n", n.into()), ("total", UNDER_WAY.into())]))
            .collect();
        for text in &texts {
            self.write(ANA, group, text)?;
        }
        let (bell, rung) = std::sync::mpsc::sync_channel(1);
        let running = self.relay.running();
        // From another thread, so that it strikes while a message is on its way.
        let killer = std::thread::spawn(move || {
            let rang = rung.recv().is_ok();
            kill(&running);
            rang
        });
        self.alarm.set(UNTIL_KILL, bell);
        let outcome = self.people.get_mut(ANA).map(Person::sync);
        self.alarm.silence();
        let killed = killer.join().unwrap_or(false);
        let waits = |w: &Waiting| w.conversation.as_ref() == Some(group) && w.what == WaitingKind::Text;
        let waiting = self.of(ANA, |p| p.client.outbox())?.iter().filter(|w| waits(w)).count();
        self.relay.kill();
        self.claim(killed && (1..UNDER_WAY).contains(&waiting), words::key("demo-claim-killed"))?;
        if let Some(Err(other)) = outcome
            && !other.is_away()
        {
            return Err(trouble(self.ctx, other));
        }
        let acknowledged = UNDER_WAY.saturating_sub(waiting);
        self.say(
            "demo-cut-dead",
            &[("acknowledged", acknowledged.into()), ("total", UNDER_WAY.into()), ("waiting", waiting.into())],
        );
        self.relay.start().map_err(|e| machine(self.ctx, &e))?;
        self.say("demo-cut-back", &[]);
        self.settle()?;
        for who in 0..EXAMPLES.len() {
            let all = self.of(who, |p| p.texts(group))?;
            let arrived: Vec<&String> = all.iter().filter(|t| texts.contains(t)).collect();
            self.claim(arrived == texts.iter().collect::<Vec<_>>(), words::key("demo-claim-cut"))?;
        }
        self.good("demo-claim-cut", &[("total", UNDER_WAY.into())]);
        Ok(acknowledged)
    }

    /// Diego is removed; what the others write then is not for him.
    fn removal(&mut self, group: &ConversationId) -> Result<usize, Failure> {
        let diego = self.people.get(DIEGO).map(|p| p.account);
        self.of(ANA, |p| p.client.group_remove(group, diego.as_slice()))?;
        self.settle()?;
        let after = [
            self.ctx.words.say("demo-text-after-1"),
            self.ctx.words.say("demo-text-after-2"),
            self.ctx.words.say("demo-text-after-3"),
        ];
        for (who, text) in after.iter().enumerate() {
            self.write(who, group, text)?;
        }
        self.settle()?;
        let read = self.of(CARLA, |p| p.texts(group))?;
        self.claim(after.iter().all(|t| read.contains(t)), words::key("demo-claim-after"))?;
        let read = self.of(DIEGO, |p| p.texts(group))?;
        let standing = self.of(DIEGO, |p| p.client.conversation(group))?.standing;
        self.claim(standing == Standing::Removed && !after.iter().any(|t| read.contains(t)), words::key("demo-claim-removed"))?;
        self.good("demo-claim-after", &[]);
        self.good("demo-claim-removed", &[]);
        Ok(after.len())
    }

    /// The same messages in the same order for everybody; for Diego, up to his removal.
    fn same_history(&mut self, group: &ConversationId, after: usize) -> Result<usize, Failure> {
        let mut histories = Vec::new();
        for who in 0..EXAMPLES.len() {
            let said = |m: Message| match m.body {
                Body::Text(_) | Body::File { .. } => Some((m.id, m.sender, m.body)),
                _ => None,
            };
            histories.push(self.of(who, |p| p.history(group))?.into_iter().filter_map(said).collect::<Vec<_>>());
        }
        let [ana, bruno, carla, diego] = histories.as_slice() else { return Ok(0) };
        self.claim(!ana.is_empty() && ana == bruno && ana == carla, words::key("demo-claim-same"))?;
        let until = ana.len().saturating_sub(after);
        self.claim(ana.get(..until) == Some(diego.as_slice()), words::key("demo-claim-same-until"))?;
        self.good("demo-claim-same", &[("count", ana.len().into())]);
        self.good("demo-claim-same-until", &[("count", diego.len().into())]);
        Ok(ana.len())
    }

    /// Nothing of all that is in the relay's files or its log; what must be there is found by the same search.
    fn nothing_on_disk(&self) -> Result<(usize, u64, usize), Failure> {
        let words = &self.ctx.words;
        let mut needles: Vec<Needle> = Vec::new();
        self.texts.iter().for_each(|t| needles.extend(scan::text_needles(t, t)));
        for (name, _, run) in EXAMPLES.into_iter().chain([LATER]) {
            needles.extend(scan::text_needles(name, name));
            needles.extend(scan::run_needles(run));
        }
        let group = words.say("demo-group-name");
        needles.extend(scan::text_needles(&group, &group));
        for file in &self.files {
            needles.extend(scan::text_needles(&file.name, &file.name));
            needles.extend(scan::content_needles(&file.name, &file.content));
        }
        let places = [self.relay.data.as_path(), self.relay.log.as_path()];
        let search = |needles: &[Needle]| scan::search(&places, needles).map_err(|e| machine(self.ctx, &e));
        let seen = search(&needles)?;
        if let Some((what, path)) = seen.found.first() {
            let args = [("what", shown(what).into()), ("path", shown(&path.display().to_string()).into())];
            return Err(self.ctx.failure("error-demo-found", Exit::No, &args));
        }
        let count: FluentValue<'_> = needles.len().into();
        let size = size(words, seen.bytes);
        self.good("demo-claim-nothing", &[("count", count), ("files", seen.files.into()), ("size", size.into())]);
        // A search that finds nothing proves nothing unless it can find: the public names must be there.
        for (_, handle, _) in EXAMPLES {
            let found = search(&scan::text_needles(handle, handle))?.found;
            self.claim(!found.is_empty(), words::key("demo-claim-canary"))?;
        }
        self.good("demo-claim-canary", &[]);
        Ok((seen.files, seen.bytes, needles.len()))
    }

    /// Nothing that Diego's device ever held opens what the relay stored for the others afterwards.
    fn no_key_opens(&mut self, group: &ConversationId) -> Result<(usize, usize), Failure> {
        let (channel, entries) = self.of(CARLA, |p| p.client.stored_entries(&mut p.network, group))?;
        let tried = keys::try_all(&self.diego, channel, &entries);
        self.claim(!entries.is_empty() && tried.opened == 0, words::key("demo-claim-keys"))?;
        self.good("demo-claim-keys", &[("keys", tried.keys.into()), ("entries", entries.len().into())]);
        // The same search through the profile of somebody who stayed must find the key.
        let mut carla = Held::default();
        carla.add(self.of(CARLA, |p| p.client.held_contents())?.iter().map(|c| c.to_vec()));
        let found = keys::try_all(&carla, channel, &entries);
        self.claim(found.opened == entries.len(), words::key("demo-claim-keys-canary"))?;
        self.good("demo-claim-keys-canary", &[]);
        Ok((tried.keys, entries.len()))
    }

    /// Two people become contacts.
    fn befriend(&mut self, asks: usize, says_yes: usize, text: &str) -> Result<(), Failure> {
        let handle = self.people.get(says_yes).map(|p| p.handle.clone());
        let account = self.people.get(asks).map(|p| p.account);
        let (Some(handle), Some(account)) = (handle, account) else { return Ok(()) };
        self.of(asks, |p| p.client.contact_add(&mut p.network, &handle, text).map(drop))?;
        self.settle()?;
        self.of(says_yes, |p| p.client.contact_accept(&account).map(drop))?;
        self.settle()
    }

    pub(super) fn conversation_with(&mut self, who: usize, other: usize) -> Result<ConversationId, Failure> {
        let account = self.people.get(other).map(|p| p.account);
        let contacts = self.of(who, |p| p.client.contacts())?;
        let found = contacts.into_iter().find(|c| Some(c.account) == account).and_then(|c| c.conversation);
        found.ok_or_else(|| trouble(self.ctx, Trouble::Message(MessageTrouble::NoSuchConversation)))
    }

    pub(super) fn write(&mut self, who: usize, to: &ConversationId, text: &str) -> Result<(), Failure> {
        self.texts.push(text.to_owned());
        self.of(who, |p| p.client.send_text(to, text).map(drop))
    }

    /// What one of them does.
    pub(super) fn of<T>(&mut self, who: usize, f: impl FnOnce(&mut Person) -> Result<T, Trouble>) -> Result<T, Failure> {
        let person =
            self.people.get_mut(who).ok_or_else(|| trouble(self.ctx, Trouble::Contact(ContactTrouble::NoSuchAccount)))?;
        f(person).map_err(|t| trouble(self.ctx, t))
    }

    pub(super) fn settle(&mut self) -> Result<(), Failure> {
        settle(&mut self.people).map_err(|e| match e {
            Unsettled::Trouble(t) => trouble(self.ctx, t),
            Unsettled::TooLong => self.ctx.failure("error-demo-slow", Exit::No, &[]),
        })?;
        // Keys are deleted as the conversation goes on: what Diego holds is noted each time.
        let contents = self.of(DIEGO, |p| p.client.held_contents())?;
        self.diego.add(contents.iter().map(|c| c.to_vec()));
        Ok(())
    }

    /// As [`Story::settle`] between few, where nothing waits for its time: no patience is needed.
    pub(super) fn settle_between(&mut self, some: [usize; 2]) -> Result<(), Failure> {
        for _ in 0..100 {
            let mut moved = false;
            for who in some {
                let round = self.of(who, Person::sync)?;
                moved |= round.received + round.delivered + round.waiting > 0;
            }
            if !moved {
                return Ok(());
            }
        }
        Err(self.ctx.failure("error-demo-slow", Exit::No, &[]))
    }

    /// Ends the demo if this does not hold.
    pub(super) fn claim(&self, holds: bool, key: &'static str) -> Result<(), Failure> {
        if holds {
            return Ok(());
        }
        let claim = self.ctx.words.attribute(key, "claim", &[]).unwrap_or_default();
        Err(self.ctx.failure("error-demo-claim", Exit::No, &[("claim", claim.into())]))
    }

    fn chapter(&self, n: u32, key: &str) {
        self.acts.1.set(n);
        self.line(&format!("\n{n}. {}", self.ctx.words.say(key)));
    }

    pub(super) fn say(&self, key: &str, args: &words::Args<'_>) {
        self.line(&format!("   {}", self.ctx.words.say_with(key, args)));
    }

    pub(super) fn good(&self, key: &str, args: &words::Args<'_>) {
        self.line(&format!("   ✓ {}", self.ctx.words.say_with(key, args)));
    }

    /// The acts build upon each other: all are played, and one alone may be told.
    fn line(&self, text: &str) {
        let (told, played) = (self.acts.0, self.acts.1.get());
        if told.is_none_or(|told| told == played) {
            self.ctx.lines_unless_json(text);
        }
    }
}
