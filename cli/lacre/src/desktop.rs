//! Notifications on the desktop, without content: "a new message", and never whose or what.
//!
//! They are handed to `notify-send`. A name or a text would stand in its arguments, which every user of the machine can
//! read, and on a locked screen, which everybody in the room can.

use crate::context::Context;
use std::process::{Command, Stdio};

/// Where notifications go.
pub(crate) enum Desktop {
    /// to the desktop
    There,
    /// nowhere
    Quiet,
}

impl Desktop {
    /// As the person chose (`none`, `that`); says it once if there is no desktop to tell.
    pub(crate) fn find(ctx: &Context, choice: &str) -> Self {
        if choice == "none" {
            return Desktop::Quiet;
        }
        let session = ["DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY"];
        let session = session.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
        let program =
            std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|d| d.join("notify-send").is_file()));
        if session && program {
            return Desktop::There;
        }
        ctx.note(&ctx.words.say("no-desktop"));
        Desktop::Quiet
    }

    /// Something is new. A desktop that does not answer is no failure, and nobody waits for it.
    pub(crate) fn tell(&self, ctx: &Context) {
        if matches!(self, Desktop::Quiet) {
            return;
        }
        let mut command = Command::new("notify-send");
        command.args(["--app-name=Lacre", "--", "Lacre"]).arg(ctx.words.say("notification"));
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        if let Ok(mut child) = started {
            // Waited for elsewhere, so that it does not stay behind as a zombie.
            std::thread::spawn(move || child.wait());
        }
    }
}
