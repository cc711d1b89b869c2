//! Notifications on the desktop, without content: "a new message", and never whose or what.
//!
//! They are handed to `notify-send`. A name or a text would stand in its arguments, which every user of the machine can
//! read, and on a locked screen, which everybody in the room can.

use crate::context::Context;
use std::process::{Command, Stdio};

/// The program that shows them.
pub(crate) const PROGRAM: &str = "notify-send";

/// Where notifications go.
pub(crate) enum Desktop {
    /// to the desktop
    There,
    /// nowhere
    Quiet,
}

/// Of what the desktop is told. All that it is told is this word's sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// a message, a request
    Something,
    /// an official notice came
    Notice,
    /// the last day to answer one is near
    Term,
    /// the profile is locked: nobody looks
    Locked,
}

impl Desktop {
    /// As the person chose (`none`, `that`); says it once if there is no desktop to tell.
    pub(crate) fn find(ctx: &Context, choice: &str) -> Self {
        if choice == "none" {
            return Desktop::Quiet;
        }
        let there = Self::there();
        if matches!(there, Desktop::Quiet) {
            ctx.note(&ctx.words.say("no-desktop"));
        }
        there
    }

    /// The desktop, if there is one that can be told.
    pub(crate) fn there() -> Self {
        let session = ["DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY"];
        let session = session.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
        if session && in_path(PROGRAM) { Desktop::There } else { Desktop::Quiet }
    }

    /// Whether anything is told to anybody.
    pub(crate) const fn is_there(&self) -> bool {
        matches!(self, Desktop::There)
    }

    /// Something is new. A desktop that does not answer is no failure, and nobody waits for it.
    pub(crate) fn tell(&self, ctx: &Context, news: News) {
        if matches!(self, Desktop::Quiet) {
            return;
        }
        let sentence = match news {
            News::Something => ctx.words.say("notification"),
            News::Notice => ctx.words.say("notification-notice"),
            News::Term => ctx.words.say("notification-term"),
            News::Locked => ctx.words.say("notification-locked"),
        };
        let mut command = Command::new(PROGRAM);
        command.args(["--app-name=Lacre", "--", "Lacre"]).arg(sentence);
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        if let Ok(mut child) = started {
            // Waited for elsewhere, so that it does not stay behind as a zombie.
            std::thread::spawn(move || child.wait());
        }
    }
}

/// Whether a program of this name is installed.
pub(crate) fn in_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}
