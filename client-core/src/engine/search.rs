//! Search over the history that this profile has, read row by row.
//!
//! There is no index: one would be a second place where deleted words could stay, and its rows would show a thief of a
//! locked profile how often words are used. Nothing is on disk but the history itself, so an edited, deleted or forgotten
//! text cannot be found from the same transaction on.
//!
//! | written | finds |
//! |---|---|
//! | `camion` or `camión` | camion, camión, CAMIÓN, camiones: the beginning of a word, without accents or case |
//! | `año` | año, AÑO; not ano, as `ano` does not find año: ñ is a letter of its own |
//! | `plaza martes` | texts that have both, anywhere |

use super::records::Stored;
use super::view::{Body, ConversationId, Message};
use super::{Client, Trouble};
use crate::profile::Table;
use lacre_audit::ids::AccountId;
use lacre_audit::time::Millis;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::canonical_combining_class;

/// Bytes of what is searched for.
pub const MAX_QUERY: usize = 1_000;
/// Messages that one search gives.
pub const MAX_FOUND: usize = 1_000;
/// Messages that are read in one step: the profile's lock is not held for longer.
const PAGE: usize = 1_000;

/// What is searched for. All of it must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// beginnings of words, between spaces; at most [`MAX_QUERY`] bytes, with a letter or digit
    pub words: String,
    /// in this conversation only
    pub conversation: Option<ConversationId>,
    /// by this account only
    pub from: Option<AccountId>,
    /// accepted by the relay at this instant or later
    pub since: Option<Millis>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// the newest, by the relay's clock, the newest last
    pub messages: Vec<Message>,
    /// how many there are in all
    pub total: u64,
}

/// The part of a [`Stored`] that is searched; what else the row has is passed over.
#[derive(Deserialize)]
struct Searched {
    sender: AccountId,
    accepted_at: Millis,
    body: Body,
}

impl Query {
    fn holds(&self, words: &[String], row: &Searched) -> bool {
        if self.since.is_some_and(|since| row.accepted_at < since) || self.from.is_some_and(|from| row.sender != from) {
            return false;
        }
        match &row.body {
            Body::Text(text) | Body::File { name: text, .. } => {
                let text = fold(text);
                words.iter().all(|word| has_word(&text, word))
            }
            _ => false,
        }
    }
}

impl Client {
    /// The messages and names of files that have all these words; at most `limit` ([`MAX_FOUND`]) of the newest. What
    /// still waits in the outbox is not searched.
    ///
    /// # Errors
    /// [`Trouble::Empty`] without a letter or digit, [`Trouble::TooLong`] above [`MAX_QUERY`], [`Trouble::NoSuchConversation`].
    pub fn search(&mut self, query: &Query, limit: usize) -> Result<Found, Trouble> {
        if query.words.len() > MAX_QUERY {
            return Err(Trouble::TooLong { limit: 1_000 });
        }
        let words = words_of(&query.words);
        if words.is_empty() {
            return Err(Trouble::Empty);
        }
        self.vanish_due()?;
        let limit = limit.min(MAX_FOUND);
        let conversations: Vec<Vec<u8>> = match &query.conversation {
            Some(one) => {
                self.run(|cx| cx.conv(&one.0))?;
                vec![one.0.clone()]
            }
            None => self.run(|cx| cx.conversation_ids())?,
        };

        let mut hits: Vec<(Millis, usize, u64)> = Vec::new();
        let mut total = 0u64;
        for (at, id) in conversations.iter().enumerate() {
            let mut from = 0;
            loop {
                let page: Vec<(u64, Searched)> = self.run(|cx| Ok(cx.s.scan(Table::Message, id, from, PAGE)?))?;
                let Some((last, _)) = page.last() else { break };
                from = last + 1;
                let found = page.iter().filter(|(_, row)| query.holds(&words, row));
                hits.extend(found.map(|(position, row)| (row.accepted_at, at, *position)).inspect(|_| total += 1));
                // the newest only, in memory too
                if hits.len() > 2 * MAX_FOUND {
                    newest(&mut hits, limit);
                }
            }
        }
        newest(&mut hits, limit);

        let mut messages = Vec::with_capacity(hits.len());
        for (_, at, position) in hits {
            let Some(id) = conversations.get(at) else { continue };
            messages.extend(self.run(|cx| {
                let rows: Vec<(u64, Stored)> = cx.s.scan(Table::Message, id, position, 1)?;
                let members = cx.members(id)?;
                // it may have been changed since it was met: what is shown is what is there now
                let same = rows.into_iter().filter(|(place, _)| *place == position);
                let shown: Result<Vec<Message>, _> = same.map(|(p, stored)| cx.message_view(id, &members, p, stored)).collect();
                shown
            })?);
        }
        Ok(Found { messages, total })
    }
}

fn newest(hits: &mut Vec<(Millis, usize, u64)>, limit: usize) {
    hits.sort_unstable();
    hits.drain(..hits.len().saturating_sub(limit));
}

/// Small letters without their marks; ñ keeps its tilde.
fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.nfkd().flat_map(char::to_lowercase).nfd() {
        match c {
            '\u{303}' if out.ends_with('n') => {
                out.pop();
                out.push('ñ');
            }
            c if canonical_combining_class(c) != 0 => {}
            c => out.push(c),
        }
    }
    out
}

fn words_of(text: &str) -> Vec<String> {
    let folded = fold(text);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// Does a word of this folded text begin so? Where a script puts no spaces between words, every letter may begin one.
fn has_word(text: &str, word: &str) -> bool {
    let spaceless = word.chars().next().is_some_and(|c| matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}'));
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        spaceless || before.is_none_or(|c| !c.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(words: &str, text: &str) -> bool {
        let row = Searched { sender: AccountId::new([0; 32]), accepted_at: Millis::new(0), body: Body::Text(text.to_owned()) };
        Query::default().holds(&words_of(words), &row)
    }

    #[test]
    fn accents_and_case_are_the_same_in_both_directions_and_in_both_ways_of_writing_them() {
        for text in ["el camión rojo", "EL CAMIÓN ROJO", "el camion rojo", "el camio\u{301}n rojo", "(camión)"] {
            for words in ["camión", "camion", "CAMIÓN", "camio\u{301}n", "cami", "rojo camion"] {
                let bare = text != "(camión)" || !words.contains("rojo");
                assert_eq!(finds(words, text), bare, "{words:?} in {text:?}");
            }
        }
    }

    #[test]
    fn the_letter_enye_is_its_own_letter_however_it_is_written() {
        for enye in ["año", "AÑO", "an\u{303}o", "AN\u{303}O"] {
            assert!(finds("año", enye) && finds("an\u{303}o", enye) && !finds("ano", enye), "{enye:?}");
        }
        assert!(finds("ano", "Ano") && !finds("año", "ano"));
        assert!(finds("sao", "São Paulo"), "other letters lose their tilde");
    }

    #[test]
    fn words_are_found_by_their_beginnings_and_all_of_them_must_be_there() {
        assert!(finds("plaza mar", "el martes en la Plaza"));
        assert!(!finds("plaza jueves", "el martes en la Plaza"));
        assert!(!finds("laza", "Plaza"), "not in the middle");
        assert!(finds("plaza", "aplaza la plaza"), "the second place counts too");
        assert!(finds("42", "sala 42b") && finds("東京", "我在東京"));
        assert!(finds("l'eau", "de l'eau") && finds("eau", "de l'eau"));
    }

    #[test]
    fn folding_hostile_text_ends() {
        let marks = format!("a{}", "\u{301}".repeat(20_000));
        assert!(finds("a", &marks));
        assert!(!finds("b", &"\u{fdfa}".repeat(5_000)), "characters that become eighteen");
    }
}
