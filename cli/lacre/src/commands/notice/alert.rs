//! `lacre notice alert [on|off|status]`: a service of this user's that tells the desktop of official notices, without what they say.

use crate::context::{Context, Outcome};
use crate::desktop;
use crate::service::{self, Found, Service, for_shell};
use crate::trouble::open_failure;
use lacre_profile::{OpenError, exists};
use lacre_words::cause::cause;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "on|off|status", value_parser = ["on", "off", "status"], default_value = "status", hide_possible_values = true)]
    choice: String,
}

/// What systemd did with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    Yes,
    /// it is there and did not
    No,
    /// there is no systemd, or none that can be asked
    NotThere,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let profile = whole(ctx, &ctx.profile_dir()?)?;
    let service = Service::of(&profile, &ctx.config_home()?);
    match args.choice.as_str() {
        "on" => on(ctx, &service, &profile),
        "off" => off(ctx, &service),
        _ => status(ctx, &service),
    }
}

fn on(ctx: &Context, service: &Service, profile: &Path) -> Outcome {
    if !exists(profile) {
        return Err(open_failure(&ctx.words, &OpenError::Missing, profile));
    }
    // an address of a proxy may have a password in it, and without the proxy the service would show where the person is
    if ctx.global.proxy.is_some() {
        return Err(ctx.failure("error-alert-proxy", Exit::Usage, &[]));
    }
    let command = command(ctx, profile)?;
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    service.write(&service::unit(&words)).map_err(|e| not_written(ctx, service, &e))?;
    let name = service.name.as_str();
    let taken = match desktop::in_path(service::PROGRAM) {
        false => Taken::NotThere,
        true if Service::ask(&["daemon-reload"]) && Service::ask(&["enable", "--now", name]) => Taken::Yes,
        true => Taken::No,
    };
    let path = ("path", shown(&service.path.display().to_string()).into());
    let said = match taken {
        Taken::Yes => ctx.words.say_with("alert-on", &[path]),
        Taken::No => ctx.words.say_with("alert-type", &[path, ("service", name.into())]),
        Taken::NotThere => {
            let line: Vec<String> = command.iter().map(|word| for_shell(word)).collect();
            ctx.words.say_with("alert-no-systemd", &[path, ("command", shown(&line.join(" ")).into())])
        }
    };
    let mut text = vec![said];
    if !desktop::in_path(desktop::PROGRAM) {
        text.push(ctx.words.say("alert-no-notify"));
    }
    if ctx.global.key_file.is_none() && ctx.global.passphrase_file.is_none() {
        text.push(ctx.words.say("alert-while-locked"));
    }
    ctx.result(&text.join("\n"), &object(service, true, Some(taken)));
    Ok(Exit::Done)
}

fn off(ctx: &Context, service: &Service) -> Outcome {
    let failed = |e: &io::Error| not_written(ctx, service, e);
    let found = service.found().map_err(|e| failed(&e))?;
    if found == Found::Anothers {
        return Err(failed(&io::ErrorKind::AlreadyExists.into()));
    }
    let mut taken = None;
    if found == Found::Ours {
        let systemd = desktop::in_path(service::PROGRAM);
        // asked first: it finds what it has enabled by this file
        let done = systemd && Service::ask(&["disable", "--now", &service.name]);
        std::fs::remove_file(&service.path).map_err(|e| failed(&e))?;
        let done = done && Service::ask(&["daemon-reload"]);
        taken = Some(if done {
            Taken::Yes
        } else if systemd {
            Taken::No
        } else {
            Taken::NotThere
        });
    }
    let said = match taken {
        None => ctx.words.say("alert-was-off"),
        Some(Taken::Yes) => ctx.words.say("alert-off"),
        Some(Taken::No | Taken::NotThere) => ctx.words.say("alert-off-still-runs"),
    };
    ctx.result(&said, &object(service, false, taken));
    Ok(Exit::Done)
}

fn status(ctx: &Context, service: &Service) -> Outcome {
    let there = service.found().map_err(|e| not_written(ctx, service, &e))? == Found::Ours;
    let runs = match there && desktop::in_path(service::PROGRAM) {
        false => None,
        true if Service::ask(&["is-active", "--quiet", &service.name]) => Some(Taken::Yes),
        true => Some(Taken::No),
    };
    let path = ("path", shown(&service.path.display().to_string()).into());
    let mut text = vec![match (there, runs) {
        (false, _) => ctx.words.say("alert-is-off"),
        (true, Some(Taken::Yes)) => ctx.words.say_with("alert-runs", &[path]),
        (true, _) => ctx.words.say_with("alert-runs-not", &[path, ("service", service.name.as_str().into())]),
    }];
    if there && !desktop::in_path(desktop::PROGRAM) {
        text.push(ctx.words.say("alert-no-notify"));
    }
    ctx.result(&text.join("\n"), &object(service, there, runs));
    Ok(Exit::Done)
}

/// The command line of the service: with whole paths, and no secret.
fn command(ctx: &Context, profile: &Path) -> Result<Vec<String>, Failure> {
    let global = &ctx.global;
    let program = std::env::current_exe().map_err(|e| crate::files::unusable(ctx, Path::new("lacre"), &e))?;
    let text = |path: &Path| {
        let not_text = io::Error::from(io::ErrorKind::InvalidFilename);
        service::text(path).ok_or_else(|| crate::files::unusable(ctx, path, &not_text))
    };
    let mut out = vec![text(&program)?, "--profile".to_owned(), text(profile)?];
    for (flag, path) in [("--key-file", &global.key_file), ("--passphrase-file", &global.passphrase_file)] {
        if let Some(path) = path {
            out.extend([flag.to_owned(), text(&whole(ctx, path)?)?]);
        }
    }
    out.extend(["--lang", ctx.words.lang().code(), "watch", "--alert"].map(str::to_owned));
    Ok(out)
}

/// The path from the root on: a service has another folder.
fn whole(ctx: &Context, path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|e| crate::files::unusable(ctx, path, &e))
}

fn not_written(ctx: &Context, service: &Service, why: &io::Error) -> Failure {
    let name = ("name", shown(&service.path.display().to_string()).into());
    if why.kind() == io::ErrorKind::AlreadyExists {
        return ctx.failure("error-output-taken", Exit::CouldNotAsk, &[name]);
    }
    ctx.failure("error-output", Exit::CouldNotAsk, &[name, ("why", cause(&ctx.words, why).into())])
}

fn object(service: &Service, on: bool, systemd: Option<Taken>) -> Value {
    let systemd = match systemd {
        Some(Taken::Yes) => Some(true),
        Some(Taken::No) => Some(false),
        Some(Taken::NotThere) | None => None,
    };
    json!({
        "on": on, "service": service.name, "path": service.path.display().to_string(), "systemd": systemd,
        "desktop": desktop::in_path(desktop::PROGRAM),
    })
}
