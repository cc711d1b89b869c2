//! Search over the history that this profile has.
//!
//! There is no index of words: its rows would show a thief of a locked profile how often words are used. What is searched
//! are the texts themselves; so that not every message is a row to find and to open, a search *gathers* the folded texts of
//! [`TOGETHER`] places of a conversation into one row, and the next search reads that. Whatever changes or removes a message
//! removes the row that it was gathered in, in the same transaction: from then on it cannot be found, and stands nowhere.
//! Sending and receiving know nothing of it.
//!
//! | written | finds |
//! |---|---|
//! | `camion` or `camión` | camion, camión, CAMIÓN, camiones: the beginning of a word, without accents or case |
//! | `año` | año, AÑO; not ano, as `ano` does not find año: ñ is a letter of its own |
//! | `plaza martes` | texts that have both, anywhere |

use crate::history::{Gathered, Searched, Stored, TOGETHER, Text};
use crate::shelf::{Cx, Engine};
use crate::words::{ConversationId, Message, MessageTrouble, StepError, Trouble};
use crate::{history, shelf, views};
use lacre_ground::ids::AccountId;
use lacre_ground::time::Millis;
use lacre_profile::Table;

/// Bytes of what is searched for.
pub const MAX_QUERY: usize = 1_000;
/// Messages that one search gives.
pub const MAX_FOUND: usize = 1_000;
/// Messages that are read one by one before it is worth gathering them.
const ENOUGH: usize = 32;
/// Rows with gathered texts that are read in one step: the profile's lock is not held for longer.
const AT_ONCE: u64 = 16;

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

impl Query {
    fn holds(&self, words: &[String], row: &Text) -> bool {
        self.since.is_none_or(|since| row.accepted_at >= since)
            && self.from.is_none_or(|from| row.sender == from)
            && words.iter().all(|word| has_word(&row.text, word))
    }
}

/// The texts of one row's places: those that are gathered, and those behind them, which are not yet.
fn texts(cx: &Cx<'_, '_>, conversation: &ConversationId, row: u64) -> Result<(Gathered, Vec<Text>), StepError> {
    let gathered: Option<Gathered> = cx.s.get(Table::Gathered, &history::gathered_key(conversation, row))?;
    let mut gathered = gathered.unwrap_or_else(|| Gathered { through: row * TOGETHER, ..Gathered::default() });
    let end = (row + 1) * TOGETHER;
    let most = usize::try_from(end.saturating_sub(gathered.through)).unwrap_or(0);
    let rest: Vec<(u64, Searched)> = match most {
        0 => Vec::new(),
        most => cx.s.scan(Table::Message, conversation.as_bytes(), gathered.through + 1, most)?,
    };
    // where messages are gone, a scan goes on behind the end
    let rest: Vec<(u64, Searched)> = rest.into_iter().take_while(|(position, _)| *position <= end).collect();
    gathered.through = rest.last().map_or(gathered.through, |(position, _)| *position);
    Ok((gathered, rest.into_iter().filter_map(|(position, row)| Text::of(position, row)).collect()))
}

/// Puts the texts of one row's places together.
fn gather(cx: &Cx<'_, '_>, conversation: &ConversationId, row: u64) -> Result<(), StepError> {
    let (mut gathered, rest) = texts(cx, conversation, row)?;
    gathered.texts.extend(rest);
    Ok(cx.s.put(Table::Gathered, &history::gathered_key(conversation, row), conversation.as_bytes(), row, &gathered)?)
}

/// The messages and names of files that have all these words; at most `limit` ([`MAX_FOUND`]) of the newest.
pub(crate) fn search(engine: &mut Engine, query: &Query, limit: usize) -> Result<Found, Trouble> {
    if query.words.len() > MAX_QUERY {
        return Err(MessageTrouble::TooLong { limit: 1_000 }.into());
    }
    let words = words_of(&query.words);
    if words.is_empty() {
        return Err(MessageTrouble::Empty.into());
    }
    let limit = limit.min(MAX_FOUND);
    let conversations: Vec<ConversationId> = match &query.conversation {
        Some(one) => {
            engine.run(|cx| shelf::conv(cx, one))?;
            vec![one.clone()]
        }
        None => engine.run(|cx| shelf::conversation_ids(cx))?,
    };

    let mut hits: Vec<(Millis, usize, u64)> = Vec::new();
    let mut total = 0u64;
    for (at, id) in conversations.iter().enumerate() {
        let rows =
            engine.run(|cx| Ok(cx.s.last_ord(Table::Message, id.as_bytes())?))?.map_or(0, |last| history::row_of(last) + 1);
        let mut row = 0;
        while row < rows {
            let some = row..rows.min(row + AT_ONCE);
            row = some.end;
            let mut to_gather = Vec::new();
            engine.run(|cx| {
                for row in some {
                    let (gathered, rest) = texts(cx, id, row)?;
                    if rest.len() >= ENOUGH {
                        to_gather.push(row);
                    }
                    let found = gathered.texts.iter().chain(&rest).filter(|text| query.holds(&words, text));
                    hits.extend(found.map(|text| (text.accepted_at, at, text.position)).inspect(|_| total += 1));
                }
                Ok(())
            })?;
            // the newest only, in memory too
            if hits.len() > 2 * MAX_FOUND {
                newest(&mut hits, limit);
            }
            for row in to_gather {
                // a full disk is no reason to find nothing: then the next search reads them one by one again
                let _slower = engine.run(|cx| gather(cx, id, row));
            }
        }
    }
    newest(&mut hits, limit);

    let mut messages = Vec::with_capacity(hits.len());
    for (_, at, position) in hits {
        let Some(id) = conversations.get(at) else { continue };
        messages.extend(engine.run(|cx| {
            let rows: Vec<(u64, Stored)> = cx.s.scan(Table::Message, id.as_bytes(), position, 1)?;
            let members = shelf::members(cx, id)?;
            // it may have been changed since it was met: what is shown is what is there now
            let same = rows.into_iter().filter(|(place, _)| *place == position);
            let shown: Result<Vec<Message>, _> =
                same.map(|(p, stored)| views::message_view(cx, id, &members, p, stored)).collect();
            shown
        })?);
    }
    Ok(Found { messages, total })
}

fn newest(hits: &mut Vec<(Millis, usize, u64)>, limit: usize) {
    hits.sort_unstable();
    hits.drain(..hits.len().saturating_sub(limit));
}

fn words_of(text: &str) -> Vec<String> {
    let folded = history::fold(text);
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
    use crate::words::Body;
    use lacre_ground::ids::AccountId;

    fn finds(words: &str, text: &str) -> bool {
        let row = Searched { sender: AccountId::new([0; 32]), accepted_at: Millis::new(0), body: Body::Text(text.to_owned()) };
        Query::default().holds(&words_of(words), &Text::of(1, row).unwrap())
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
