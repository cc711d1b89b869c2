//! `lacre group list`: the groups, their rules and members.

use super::rules;
use crate::context::{Context, Outcome};
use crate::{find, json, online, show, spoken};
use lacre_core::Client;
use lacre_core::view::Kind;
use lacre_words::failure::Exit;
use serde_json::json as object;

pub(crate) fn run(ctx: &Context, client: &mut Client) -> Outcome {
    let reached = online::round_to_read(ctx, client)?;
    let all = client.conversations().map_err(|t| ctx.trouble(t))?;
    let length = find::short_length(&all);
    let groups: Vec<_> = all.iter().filter(|c| c.kind == Kind::Group && !c.notes).collect();
    let mut text = Vec::new();
    for group in &groups {
        let standing = spoken::standing(&ctx.words, group.standing);
        let suite = show::suite(&ctx.words, group.suite);
        let head = [show::short(&group.id.to_hex(), length), show::title(&ctx.words, group), standing, suite];
        text.push(head.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  "));
        text.extend(rules(ctx, group).into_iter().map(|line| format!("    {line}")));
        let mut accounts: Vec<_> = group.members.iter().map(|m| (m.account, m.handle.as_ref(), m.admin)).collect();
        accounts.sort_by_key(|(account, ..)| *account);
        accounts.dedup_by_key(|(account, ..)| *account);
        for (account, handle, admin) in accounts {
            let admin = if admin { ctx.words.say("admin") } else { String::new() };
            text.push(format!("    {}  {admin}", show::name(&ctx.words, handle, account)).trim_end().to_owned());
        }
        text.extend(show::invited(&ctx.words, group).into_iter().map(|line| format!("    {line}")));
    }
    let json: Vec<json::Conversation> = groups.iter().copied().map(json::Conversation::from).collect();
    ctx.result(&text.join("\n"), &object!({ "groups": json, "relay_reached": reached.yes() }));
    if groups.is_empty() {
        ctx.note(&ctx.words.say("no-groups"));
    }
    Ok(Exit::Done)
}
