//! One line that is written over and over while a command makes many things; gone at its end.

use crate::context::Context;
use core::cell::Cell;
use lacre_ground::time::Millis;
use std::io::{IsTerminal as _, Write as _};

/// From one line to the next.
const PAUSE_MS: u64 = 200;

/// How far a command is, for a person who looks at a terminal.
pub(crate) struct Progress<'a> {
    ctx: &'a Context,
    text: &'static str,
    of: usize,
    shown: Cell<Option<Millis>>,
}

impl<'a> Progress<'a> {
    /// `text` says `{ $n }` of `{ $of }`.
    pub(crate) const fn of(ctx: &'a Context, text: &'static str, of: usize) -> Self {
        Self { ctx, text, of, shown: Cell::new(None) }
    }

    /// So many are done. The first one is not told: what is over in a moment needs no line.
    pub(crate) fn at(&self, n: usize) {
        let now = self.ctx.clock.now();
        let began = self.shown.get();
        if began.is_none() {
            self.shown.set(Some(now));
        }
        let due = began.is_some_and(|last| now.since(last) >= PAUSE_MS);
        if due && self.is_seen() {
            self.shown.set(Some(now));
            let text = self.ctx.words.say_with(self.text, &[("n", n.into()), ("of", self.of.into())]);
            self.put(&text);
        }
    }

    fn is_seen(&self) -> bool {
        !self.ctx.global.json && !self.ctx.plain && std::io::stderr().is_terminal()
    }

    fn put(&self, text: &str) {
        let mut out = std::io::stderr().lock();
        let _closed = write!(out, "\r\x1b[2K{text}").and_then(|()| out.flush());
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if self.shown.get().is_some() && self.is_seen() {
            self.put("");
        }
    }
}
