//! Two people's everyday: an answer, a sign, a correction, what was received and read, what disappears, whose keys they are.

use super::story::{ANA, BRUNO, Story, trouble};
use crate::people::pause;
use lacre_core::MessageTrouble;
use lacre_core::view::{Body, ConversationId, Message, Settings};
use lacre_core::{Client, Environment, Query, Trouble};
use lacre_profile::Secret;
use lacre_words::failure::Failure;
use lacre_words::words;
use std::time::Duration;

/// How long the message stays that is shown to disappear.
const STAYS: Duration = Duration::from_secs(1);
/// Looks at most so often whether it is gone, a quarter of a second apart.
const LOOKS: u32 = 40;

impl Story<'_> {
    /// Everything is checked in both profiles.
    pub(super) fn daily(&mut self) -> Result<(), Failure> {
        let with = [self.conversation_with(ANA, BRUNO)?, self.conversation_with(BRUNO, ANA)?];
        self.changes(&with)?;
        self.receipts(&with)?;
        self.found()?;
        self.gone(&with)?;
        self.same_keys()?;
        self.harmless()
    }

    fn last_text(&mut self, who: usize, at: &ConversationId) -> Result<Message, Failure> {
        let found = self.of(who, |p| p.history(at))?.into_iter().rfind(|m| matches!(m.body, Body::Text(_)));
        found.ok_or_else(|| trouble(self.ctx, Trouble::Message(MessageTrouble::NoSuchMessage)))
    }

    fn changes(&mut self, [of_ana, of_bruno]: &[ConversationId; 2]) -> Result<(), Failure> {
        let say = |key| self.ctx.words.say(key);
        let [wrong, right, answer] = [say("demo-text-wrong"), say("demo-text-right"), say("demo-text-reply")];
        self.write(ANA, of_ana, &wrong)?;
        self.settle()?;
        let own = self.last_text(ANA, of_ana)?;
        self.of(ANA, |p| p.client.edit(&own, &right))?;
        self.settle()?;
        let theirs = self.last_text(BRUNO, of_bruno)?;
        self.of(BRUNO, |p| p.client.react(&theirs, "👍"))?;
        self.of(BRUNO, |p| p.client.reply(&theirs, &answer).map(drop))?;
        self.settle()?;
        for (who, at) in [(ANA, of_ana), (BRUNO, of_bruno)] {
            let all = self.of(who, |p| p.history(at))?;
            let edited = all.iter().find(|m| m.id == own.id);
            let good =
                edited.is_some_and(|m| m.body == Body::Text(right.clone()) && m.edited_at.is_some() && m.reactions.len() == 1);
            let answers =
                |m: &Message| m.reply_to.as_ref().is_some_and(|q| q.id == own.id) && m.body == Body::Text(answer.clone());
            self.claim(good && all.iter().any(answers), words::key("demo-claim-changes"))?;
        }
        self.good("demo-claim-changes", &[]);
        Ok(())
    }

    fn receipts(&mut self, [of_ana, of_bruno]: &[ConversationId; 2]) -> Result<(), Failure> {
        let own = |all: Vec<Message>| all.into_iter().rfind(|m| m.own && matches!(m.body, Body::Text(_)));
        let before = self.of(ANA, |p| p.history(of_ana)).map(own)?;
        let came = before.is_some_and(|m| m.receipts.iter().any(|r| !r.read));
        self.of(BRUNO, |p| p.client.set_settings(Settings { read_receipts: true, ..Settings::default() }))?;
        self.of(BRUNO, |p| p.client.mark_read(of_bruno, u64::MAX))?;
        self.settle()?;
        let after = self.of(ANA, |p| p.history(of_ana)).map(own)?;
        let read = after.is_some_and(|m| m.receipts.iter().any(|r| r.read));
        self.claim(came && read, words::key("demo-claim-receipts"))?;
        self.good("demo-claim-receipts", &[]);
        Ok(())
    }

    fn gone(&mut self, [of_ana, of_bruno]: &[ConversationId; 2]) -> Result<(), Failure> {
        let secret = self.ctx.words.say("demo-text-gone");
        self.of(ANA, |p| p.client.let_vanish(of_ana, Some(STAYS)))?;
        self.settle()?;
        self.write(ANA, of_ana, &secret)?;
        self.settle()?;
        let came = self.of(BRUNO, |p| p.texts(of_bruno))?.contains(&secret);
        self.claim(came, words::key("demo-claim-gone"))?;
        self.of(BRUNO, |p| p.client.mark_read(of_bruno, u64::MAX))?;
        for (who, at) in [(ANA, of_ana), (BRUNO, of_bruno)] {
            let mut looks = 0;
            while self.of(who, |p| p.texts(at))?.contains(&secret) && looks < LOOKS {
                pause(Duration::from_millis(250));
                looks += 1;
            }
            let held = self.of(who, |p| p.client.held_contents())?;
            let kept = held.iter().any(|row| row.windows(secret.len()).any(|w| w == secret.as_bytes()));
            self.claim(!kept, words::key("demo-claim-gone"))?;
        }
        self.of(ANA, |p| p.client.let_vanish(of_ana, None))?;
        self.settle()?;
        self.good("demo-claim-gone", &[]);
        Ok(())
    }

    fn found(&mut self) -> Result<(), Failure> {
        let words = self.ctx.words.say("demo-text-right").to_uppercase();
        let query = Query { words, ..Query::default() };
        let found = self.of(BRUNO, |p| p.client.search(&query, 10))?;
        self.claim(found.total == 1, words::key("demo-claim-found"))?;
        self.good("demo-claim-found", &[]);
        Ok(())
    }

    /// Ana's profile, as whoever forces her to open it sees it.
    fn harmless(&mut self) -> Result<(), Failure> {
        const SECOND: &str = "una frase de ejemplo";
        let dir = self.of(ANA, |p| Ok(p.client.profile().directory().map(std::path::Path::to_owned)))?.unwrap_or_default();
        let set = self.of(ANA, |p| Ok(p.client.set_second_passphrase(SECOND).is_ok()))?;
        let seen = Client::open(&dir, Secret::Passphrase(SECOND), Environment::system()).ok().map(|mut opened| {
            let nobody = opened.whoami().is_ok_and(|who| who.is_none());
            // asked without an account, there is no list at all
            nobody && opened.conversations().map_or(true, |all| all.is_empty())
        });
        self.claim(set && seen == Some(true), words::key("demo-claim-harmless"))?;
        self.good("demo-claim-harmless", &[]);
        Ok(())
    }

    fn same_keys(&mut self) -> Result<(), Failure> {
        let (ana, bruno) = (self.of(ANA, |p| Ok(p.account))?, self.of(BRUNO, |p| Ok(p.account))?);
        let shown = self.of(ANA, |p| p.client.safety(&bruno))?.number;
        let read = self.of(BRUNO, |p| p.client.safety(&ana))?.number;
        self.claim(shown == read, words::key("demo-claim-safety"))?;
        self.of(ANA, |p| p.client.safety_confirm(&bruno, &shown).map(drop))?;
        self.good("demo-claim-safety", &[]);
        Ok(())
    }
}
