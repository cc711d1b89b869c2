//! What was done at the counter or by letter, as the row of a notice knows it.

use lacre_evidence::Step;
use lacre_ground::time::Millis;
use serde::{Deserialize, Serialize};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// handed over at the counter
    HandedOver,
    /// a certified letter was posted
    Posted,
    /// the post office that delivers has it
    Received,
    /// the letter came back
    Returned,
}

impl What {
    /// As a record says it; none without the reference that a letter needs.
    pub(crate) fn step(self, reference: Option<&str>) -> Option<Step> {
        let reference = reference.map(str::to_owned);
        match self {
            What::HandedOver => Some(Step::HandedOver),
            What::Posted => reference.map(Step::Posted),
            What::Received => reference.map(Step::Received),
            What::Returned => reference.map(Step::Returned),
        }
    }
}

/// A record that the relay has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    /// what was done
    pub what: What,
    /// the post's reference
    pub reference: Option<String>,
    /// when
    pub at: Millis,
    /// since when the relay has the record
    pub receipt_at: Millis,
    pub(crate) place: u32,
}

impl Done {
    pub(crate) fn step(&self) -> Option<Step> {
        self.what.step(self.reference.as_deref())
    }
}

/// A record that is kept, and that the relay may not have.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) raw: String,
    /// sealed, as the relay gets it
    pub(crate) entry: Vec<u8>,
    pub(crate) done: Done,
}

/// What is kept of a notice that goes to nobody electronically.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Kept {
    /// in the order of their recording
    pub done: Vec<Done>,
    pub(crate) pending: Option<Pending>,
    /// where the next record goes
    pub(crate) place: u32,
    /// what the registrar answered when it was asked once more, behind a refusal: a reason's name; empty if it was not
    #[serde(default)]
    pub(crate) answer: String,
}

impl Kept {
    /// A record that the relay may not have yet.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.pending.is_some()
    }

    /// How far it is.
    #[must_use]
    pub fn state(&self) -> State {
        let has = |what: What| self.done.iter().filter(move |done| done.what == what);
        let back = |done: &&Done| has(What::Returned).any(|returned| returned.reference == done.reference);
        if has(What::HandedOver).next().is_some() {
            return State::HandedOver;
        }
        if has(What::Received).any(|done| !back(&done)) {
            return State::Received;
        }
        if has(What::Posted).any(|done| !back(&done)) {
            return State::Posted;
        }
        if has(What::Posted).next().is_some() { State::CameBack } else { State::Nothing }
    }

    /// Whether an entry of the return channel is one of its own records.
    pub(crate) fn put(&self, place: u32) -> bool {
        let mut own = self.done.iter().map(|done| done.place).chain(self.pending.iter().map(|pending| pending.done.place));
        own.any(|there| there == place)
    }
}

/// How far counter or letter are, by the body's own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// nothing is recorded
    Nothing,
    /// posted, and not received yet
    Posted,
    /// the post office has it
    Received,
    /// every letter came back
    CameBack,
    /// handed over at the counter
    HandedOver,
}

impl State {
    /// As programs read it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            State::Nothing => "nothing",
            State::Posted => "posted",
            State::Received => "received",
            State::CameBack => "returned",
            State::HandedOver => "handed-over",
        }
    }
    /// Somebody still has to do something.
    #[must_use]
    pub const fn open(self) -> bool {
        matches!(self, State::Nothing | State::Posted | State::CameBack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_notified_by_what_was_handed_over_or_received_and_did_not_come_back() {
        let of = |steps: &[(What, &str)]| {
            let done = |(what, reference): &(What, &str)| Done {
                what: *what,
                reference: Some((*reference).to_owned()),
                at: Millis::new(1),
                receipt_at: Millis::new(2),
                place: 0,
            };
            Kept { done: steps.iter().map(done).collect(), ..Kept::default() }.state()
        };
        use What::{HandedOver, Posted, Received, Returned};
        let (a, b) = ("RE 1", "RE 2");
        assert_eq!(of(&[]), State::Nothing);
        assert_eq!(of(&[(Posted, a)]), State::Posted);
        assert_eq!(of(&[(Posted, a), (Received, a)]), State::Received);
        assert_eq!(of(&[(Posted, a), (Received, a), (Returned, a)]), State::CameBack);
        assert_eq!(of(&[(Posted, a), (Returned, a), (Posted, b)]), State::Posted);
        assert_eq!(of(&[(Posted, a), (Returned, a), (Posted, b), (Received, b)]), State::Received);
        assert_eq!(of(&[(Posted, a), (Returned, a), (HandedOver, "")]), State::HandedOver);
        let open = [State::Nothing, State::Posted, State::CameBack].map(State::open);
        assert_eq!((open, State::Received.open(), State::HandedOver.open()), ([true; 3], false, false));
    }
}
