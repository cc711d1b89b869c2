//! Who is to be left alone, what is lost, and what is to be proved: blocking, a new account in the place of a lost one, and a
//! conversation as evidence.

use super::people::{LATER, Person};
use super::story::{ANA, BRUNO, DIEGO, Story, trouble};
use lacre_core::ContactTrouble;
use lacre_core::Trouble;
use lacre_core::view::{Body, ContactState, ConversationId};
use lacre_words::failure::Failure;
use lacre_words::words;

/// Elena, who comes later than the others.
const ELENA: usize = 4;

impl Story<'_> {
    /// Gives how many messages the evidence proves.
    pub(super) fn apart(&mut self) -> Result<usize, Failure> {
        self.blocked()?;
        self.lost()?;
        self.evidence()
    }

    fn holds(&mut self, who: usize, text: &str) -> Result<bool, Failure> {
        let held = self.of(who, |p| p.client.held_contents())?;
        Ok(held.iter().any(|row| row.windows(text.len()).any(|w| w == text.as_bytes())))
    }

    /// Ana keeps Diego away; he writes all the same.
    fn blocked(&mut self) -> Result<(), Failure> {
        let text = self.ctx.words.say("demo-text-blocked");
        let diego = self.of(DIEGO, |p| Ok(p.account))?;
        let with_ana = self.conversation_with(DIEGO, ANA)?;
        self.of(ANA, |p| p.client.contact_block(&diego).map(drop))?;
        self.settle_between([ANA, DIEGO])?;
        self.write(DIEGO, &with_ana, &text)?;
        self.settle_between([ANA, DIEGO])?;
        let left = self.of(DIEGO, |p| p.client.outbox())?.is_empty();
        let came = self.holds(ANA, &text)?;
        self.claim(left && !came, words::key("demo-claim-blocked"))?;
        self.good("demo-claim-blocked", &[]);
        Ok(())
    }

    /// Elena loses her phone and gets a new code at the counter; Ana is warned before anything goes to the new account.
    fn lost(&mut self) -> Result<(), Failure> {
        let (_, _, run) = LATER;
        let say = |key| self.ctx.words.say(key);
        let [request, again, welcome] = [say("demo-text-request"), say("demo-text-again"), say("demo-text-welcome")];
        self.enrol_one(LATER)?;
        let (elena, account) = (self.of(ELENA, |p| Ok(p.handle.clone()))?, self.of(ANA, |p| Ok(p.account))?);
        self.of(ANA, |p| p.client.contact_add(&mut p.network, &elena, &request).map(drop))?;
        self.settle_between([ANA, ELENA])?;
        self.of(ELENA, |p| p.client.contact_accept(&account).map(drop))?;
        self.settle_between([ANA, ELENA])?;
        let (before, old) = (self.of(ELENA, |p| Ok(p.account))?, self.conversation_with(ANA, ELENA)?);
        let ana = self.of(ANA, |p| Ok(p.handle.clone()))?;
        let from_the_thief = self.conversation_with(ELENA, ANA)?;
        let thief = self.people.pop();
        self.say("demo-lost", &[("handle", elena.to_string().into())]);
        let code = self.relay.recovery(run).map_err(|e| self.machine(&e))?;
        let dir = self.folder.join("elena-again");
        let person = Person::recovered(&dir, &elena, &code, self.alarm.clone()).map_err(|e| self.not_enrolled(e, &dir))?;
        self.people.push(person);
        if let Some(thief) = thief {
            self.thief(thief, &from_the_thief, &old)?;
        }
        self.of(ELENA, |p| p.client.contact_add(&mut p.network, &ana, &again).map(drop))?;
        self.texts.push(again);
        // what Ana wrote waits for her yes: they do not come to rest before
        for who in [ELENA, ANA, ELENA] {
            self.of(who, Person::sync)?;
        }
        let contacts = self.of(ANA, |p| p.client.contacts())?;
        let warned = contacts.iter().any(|c| c.account == before && c.new_account.is_some());
        let stopped = self
            .of(ANA, |p| Ok(matches!(p.client.send_text(&old, &welcome), Err(Trouble::Contact(ContactTrouble::NewAccount)))))?;
        self.claim(warned && stopped, words::key("demo-claim-warned"))?;
        self.good("demo-claim-warned", &[]);
        self.of(ANA, |p| p.client.accept_reset(&mut p.network, &before).map(drop))?;
        self.settle_between([ANA, ELENA])?;
        let accepted = self.of(ANA, |p| p.client.contacts())?.into_iter().filter(|c| c.handle == elena);
        let accepted: Vec<ContactState> = accepted.map(|c| c.state).collect();
        let [with_elena, with_ana] = [self.conversation_with(ANA, ELENA)?, self.conversation_with(ELENA, ANA)?];
        self.write(ANA, &with_elena, &welcome)?;
        self.settle_between([ANA, ELENA])?;
        let read = self.of(ELENA, |p| p.texts(&with_ana))?;
        let careless = self.ctx.words.say("demo-text-careless");
        self.claim(accepted == [ContactState::Accepted] && read == [careless, welcome], words::key("demo-claim-back"))?;
        self.good("demo-claim-back", &[]);
        Ok(())
    }

    /// Somebody has Elena's phone, and writes with it after she was at the counter: Ana's program, which nobody has told anything,
    /// asks the relay first.
    fn thief(&mut self, mut thief: Person, to: &ConversationId, here: &ConversationId) -> Result<(), Failure> {
        let (theft, careless) = (self.ctx.words.say("demo-text-thief"), self.ctx.words.say("demo-text-careless"));
        let written = thief.client.send_text(to, &theft).and_then(|_| thief.sync());
        written.map_err(|t| trouble(self.ctx, t))?;
        let stored = thief.client.outbox().map_err(|t| trouble(self.ctx, t))?.is_empty();
        // written before Ana's program knows, and not sent yet
        self.write(ANA, here, &careless)?;
        self.of(ANA, Person::sync)?;
        thief.sync().map_err(|t| trouble(self.ctx, t))?;
        let (read, got) = (self.of(ANA, |p| p.texts(here))?, thief.texts(to).map_err(|t| trouble(self.ctx, t))?);
        let waits = self.of(ANA, |p| p.client.pending(here))?.len() == 1;
        self.texts.push(theft.clone());
        self.claim(stored && waits && !read.contains(&theft) && !got.contains(&careless), words::key("demo-claim-thief"))?;
        self.good("demo-claim-thief", &[]);
        Ok(())
    }

    /// What Ana and Bruno wrote, checked as somebody else would who has the file and no keys.
    fn evidence(&mut self) -> Result<usize, Failure> {
        let signed = self.ctx.words.say("demo-text-signed");
        let with_ana = self.conversation_with(BRUNO, ANA)?;
        self.write(BRUNO, &with_ana, &signed)?;
        self.settle_between([ANA, BRUNO])?;
        let with_bruno = self.conversation_with(ANA, BRUNO)?;
        let export = self.of(ANA, |p| p.client.export(Some(&mut p.network), &with_bruno))?;
        let written = |body: &Body| matches!(body, Body::Text(_) | Body::File { .. });
        let lines: Vec<_> = export.messages.iter().filter(|m| written(&m.message.body)).collect();
        let proved = lines.iter().filter(|line| export.check(line).is_ok()).count();
        let newest = lines.last().is_some_and(|line| {
            line.message.body == Body::Text(signed.clone()) && export.check(line).is_ok_and(|proven| proven.stored_at.is_some())
        });
        self.claim(newest && proved == lines.len(), words::key("demo-claim-evidence"))?;
        self.good("demo-claim-evidence", &[("count", proved.into())]);
        // a check that says yes to everything proves nothing
        for line in lines {
            let mut changed = line.clone();
            if let Body::Text(text) | Body::File { name: text, .. } = &mut changed.message.body {
                text.push('!');
            }
            self.claim(export.check(&changed).is_err(), words::key("demo-claim-evidence-canary"))?;
        }
        self.good("demo-claim-evidence-canary", &[]);
        Ok(proved)
    }
}
