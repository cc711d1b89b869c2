//! What `check` finds.

use super::{Failed, sentence};
use lacre_words::words::Words;

/// What a finding asks of the operator: nothing, to know it, to mend it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Good,
    Change,
    Wrong,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Change => "change",
            Self::Wrong => "wrong",
        }
    }
}

/// All that was found, in its order.
pub(crate) struct Findings<'a> {
    pub(crate) words: &'a Words,
    pub(crate) found: Vec<(Kind, String, String)>,
}

impl Findings<'_> {
    pub(crate) fn add(&mut self, kind: Kind, id: &str, values: &[(&'static str, &str)]) {
        self.found.push((kind, id.to_owned(), sentence(self.words, id, values)));
    }
    pub(crate) fn wrong(&mut self, failed: impl Into<Failed>) {
        let failed = failed.into();
        self.found.push((Kind::Wrong, failed.id.to_owned(), failed.sentence(self.words)));
    }
}
