//! `lacre agency official add|remove|sign|list`: who at a body drafts, approves and administers. The list is a file that two
//! administrators sign one after the other, each with her office account.

use super::office;
use super::own::{self, Evidence};
use crate::context::{Context, Outcome};
use crate::{ask, files, secret};
use lacre_agency::MOST_APPROVERS;
use lacre_agency::officials::{Card, RolesFile};
use lacre_core::Client;
use lacre_evidence::{Role, Roles};
use lacre_ground::ids::AccountId;
use lacre_ground::note::NoteKey;
use lacre_words::failure::{Exit, Failure};
use lacre_words::output;
use lacre_words::shown::shown;
use lacre_words::usage::Forms;
use lacre_words::words::key;
use serde_json::{Value, json as object};
use std::path::{Path, PathBuf};

/// Longest file: five hundred officials, and those who signed their lists.
const MOST: usize = 4 << 20;

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// a role
    Add(Change),
    /// no more
    Remove(Change),
    /// the second administrator
    Sign(Sign),
    /// who may what
    List(InFile),
    /// the body's machine goes by it
    Use(Use),
}

/// A role of an account.
#[derive(clap::Args, Debug)]
pub(crate) struct Change {
    #[arg(value_name = "ACCOUNT", value_parser = account)]
    account: AccountId,
    #[arg(value_name = "ROLE", value_parser = role)]
    role: Role,
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    #[arg(long)]
    yes: bool,
}

#[derive(clap::Args, Debug)]
pub(crate) struct Sign {
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    #[arg(long)]
    yes: bool,
}

#[derive(clap::Args, Debug)]
pub(crate) struct InFile {
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

#[derive(clap::Args, Debug)]
pub(crate) struct Use {
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    #[arg(long, value_name = "N", value_parser = approvers)]
    approvers: Option<u32>,
}

fn approvers(text: &str) -> Result<u32, Forms> {
    text.parse().ok().filter(|n| (1..=MOST_APPROVERS).contains(n)).ok_or(Forms("1-10"))
}

pub(super) fn account(text: &str) -> Result<AccountId, Forms> {
    AccountId::from_hex(text).map_err(|_| Forms("64 × 0-9 a-f"))
}

fn role(text: &str) -> Result<Role, Forms> {
    Role::parse(text).ok_or(Forms("administrator, approver, drafter"))
}

/// What lies there; nothing yet is an empty list.
pub(super) fn read(ctx: &Context, path: &Path) -> Result<RolesFile, Failure> {
    if !path.exists() {
        return Ok(RolesFile::default());
    }
    let bytes = files::bytes(ctx, path, MOST)?;
    let file = serde_json::from_slice(&bytes).ok().filter(|_| bytes.len() <= MOST);
    file.ok_or_else(|| ctx.failure("error-roles-file", Exit::Usage, &[("name", shown(&path.display().to_string()).into())]))
}

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    if let Command::Use(args) = command {
        return use_here(ctx, args);
    }
    let client = &mut secret::open(ctx)?;
    match command {
        Command::Add(args) => change(ctx, client, args, true),
        Command::Remove(args) => change(ctx, client, args, false),
        Command::Sign(args) => sign(ctx, client, args),
        Command::List(args) => list(ctx, client, &args.file),
        Command::Use(args) => use_here(ctx, args),
    }
}

fn change(ctx: &Context, client: &mut Client, args: &Change, given: bool) -> Outcome {
    let mut file = read(ctx, &args.file)?;
    let (office, official) = office::asked(ctx, client)?;
    let made_at = client.office_time().map_err(|t| ctx.trouble(t))?;
    let unreadable =
        |_| ctx.failure("error-roles-file", Exit::Usage, &[("name", shown(&args.file.display().to_string()).into())]);
    let keys = client.registrar_keys().map_err(|t| ctx.trouble(t))?;
    let typed = (args.account, args.role);
    let next = file.next(&office.agency, &keys, made_at, typed, given).map_err(unreadable)?;
    if next.with(Role::Administrator).count() < lacre_evidence::roles::ADMINISTRATORS {
        // nobody could sign the list after one that names fewer
        file.begin(&next);
        return told(ctx, client, &args.file, &file, key("roles-two-administrators"));
    }
    // the file passes through many hands: what she did not type she sees before she signs it
    let [gives, takes] = file.changes(&next);
    let as_typed = if given { gives == [typed] && takes.is_empty() } else { takes == [typed] && gives.is_empty() };
    if !as_typed && !agreed(ctx, args.yes, &file, &next, &keys) {
        return not_signed(ctx);
    }
    let raw = client.sign_roles(&next, None).map_err(|t| ctx.trouble(t))?;
    put(ctx, client, &args.file, file, raw, Card::from(official))
}

/// What this list changes, and whether she signs that.
fn agreed(ctx: &Context, yes: bool, file: &RolesFile, next: &Roles, keys: &[NoteKey]) -> bool {
    let [gives, takes] = file.changes(next);
    let line = |what: &'static str, (account, role): &(AccountId, Role)| {
        let handle = file.handle_of(account, keys).map_or_else(|| "none".to_owned(), |handle| handle.to_string());
        let args = [("account", account.to_string().into()), ("handle", handle.into()), ("role", role.name().into())];
        ctx.words.say_with(what, &args)
    };
    let mut lines = vec![ctx.words.say("roles-to-sign")];
    lines.extend(gives.iter().map(|official| line(key("roles-gives"), official)));
    lines.extend(takes.iter().map(|official| line(key("roles-takes"), official)));
    lines.iter().for_each(|line| ctx.note(line));
    ask::yes(ctx, yes, &ctx.words.say("roles-ask"))
}

fn not_signed(ctx: &Context) -> Outcome {
    ctx.result(&ctx.words.say("approve-not"), &object!({ "number": null, "officials": [], "waiting": null }));
    Ok(Exit::No)
}

/// The second administrator's signature.
fn sign(ctx: &Context, client: &mut Client, args: &Sign) -> Outcome {
    let path = args.file.as_path();
    let file = read(ctx, path)?;
    let (office, official) = office::asked(ctx, client)?;
    let keys = client.registrar_keys().map_err(|t| ctx.trouble(t))?;
    let waits = file.waiting_signed(&office.agency, &keys).zip(file.waiting.clone());
    let (next, before) = waits.ok_or_else(|| ctx.failure("error-roles-none-waits", Exit::No, &[]))?;
    if !agreed(ctx, args.yes, &file, &next, &keys) {
        return not_signed(ctx);
    }
    let raw = client.sign_roles(&next, Some(&before)).map_err(|t| ctx.trouble(t))?;
    put(ctx, client, path, file, raw, Card::from(official))
}

fn put(ctx: &Context, client: &mut Client, path: &Path, mut file: RolesFile, raw: String, by: Card) -> Outcome {
    let office = client.office().map_err(|t| ctx.trouble(t))?;
    let keys = client.registrar_keys().map_err(|t| ctx.trouble(t))?;
    let enough = office.is_some_and(|office| file.signed(raw, by, &office.agency, &keys));
    told(ctx, client, path, &file, if enough { key("roles-in-force") } else { key("roles-wait") })
}

fn told(ctx: &Context, client: &mut Client, path: &Path, file: &RolesFile, how: &str) -> Outcome {
    let json = serde_json::to_vec_pretty(file).unwrap_or_default();
    output::replace(path, &json).map_err(|why| files::unusable(ctx, path, &why))?;
    let value = value(ctx, client, file)?;
    ctx.result(&ctx.words.say(how), &value);
    Ok(Exit::Done)
}

/// The list in force, whose signatures are checked here, and the one that waits.
fn value(ctx: &Context, client: &mut Client, file: &RolesFile) -> Result<Value, Failure> {
    let in_force = in_force(ctx, client, file)?;
    let officials = |roles: &Roles| -> Vec<Value> {
        let line = |(account, role): &(AccountId, Role)| object!({ "account": account.to_string(), "role": role.name() });
        roles.officials.iter().map(line).collect()
    };
    Ok(object!({
        "number": in_force.as_ref().map(|roles| roles.number),
        "officials": in_force.as_ref().map(officials).unwrap_or_default(),
        "waiting": file.waiting().as_ref().map(officials),
    }))
}

/// None before the first list is signed by two.
fn in_force(ctx: &Context, client: &mut Client, file: &RolesFile) -> Result<Option<Roles>, Failure> {
    if file.lists.is_empty() {
        return Ok(None);
    }
    let office = client.office().map_err(|t| ctx.trouble(t))?;
    let office = office.ok_or_else(|| ctx.trouble(lacre_core::Trouble::Notice(lacre_core::NoticeTrouble::NotAnOffice)))?;
    let keys = client.registrar_keys().map_err(|t| ctx.trouble(t))?;
    file.in_force(&office.agency, &keys).map(|roles| Some(roles.into_value())).map_err(|fault| own::refused(ctx, &fault))
}

fn list(ctx: &Context, client: &mut Client, path: &Path) -> Outcome {
    let file = read(ctx, path)?;
    office::asked(ctx, client)?;
    let in_force = in_force(ctx, client, &file)?;
    let mut lines = Vec::new();
    if let Some(roles) = &in_force {
        let args = [("n", roles.number.to_string().into()), ("when", ctx.local_in(roles.made_at).into())];
        lines.push(ctx.words.say_with("roles-number", &args));
        lines.extend(rows(ctx, roles));
    } else {
        lines.push(ctx.words.say("roles-none"));
    }
    if let Some(waiting) = file.waiting() {
        lines.push(ctx.words.say("roles-wait"));
        lines.extend(rows(ctx, &waiting));
    }
    let value = value(ctx, client, &file)?;
    ctx.result(&lines.join("\n"), &value);
    Ok(Exit::Done)
}

/// From now on this list says at the body's machine who drafts and approves, and nobody sends alone.
fn use_here(ctx: &Context, args: &Use) -> Outcome {
    let file = read(ctx, &args.file)?;
    if file.lists.is_empty() {
        let name = shown(&args.file.display().to_string());
        return Err(ctx.failure("error-roles-unfinished", Exit::No, &[("name", name.into())]));
    }
    let (mut body, evidence) = (own::open(ctx)?, Evidence::of(ctx)?);
    // not in the middle of a block that another command sends
    let _turn = evidence.turn(ctx)?;
    let in_force = body.use_officials(file, args.approvers).map_err(|e| own::trouble(ctx, e))?;
    let approvers = body.officials().map_err(|e| own::trouble(ctx, e))?.map_or(1, |officials| officials.approvers);
    let mut lines =
        vec![ctx.words.say_with(
            "roles-number",
            &[("n", in_force.number.to_string().into()), ("when", ctx.local_in(in_force.made_at).into())],
        )];
    lines.extend(rows(ctx, &in_force));
    lines.push(ctx.words.say_with("roles-used", &[("approvers", approvers.into())]));
    let officials: Vec<Value> = in_force
        .officials
        .iter()
        .map(|(account, role)| object!({ "account": account.to_string(), "role": role.name() }))
        .collect();
    let value = object!({ "number": in_force.number, "officials": officials, "approvers": approvers });
    ctx.result(&lines.join("\n"), &value);
    Ok(Exit::Done)
}

fn rows(ctx: &Context, roles: &Roles) -> Vec<String> {
    let row = |(account, role): &(AccountId, Role)| {
        let args = [("account", account.to_string().into()), ("role", role.name().into())];
        format!("  {}", ctx.words.say_with("roles-row", &args))
    };
    roles.officials.iter().map(row).collect()
}
