//! A conversation as evidence, with the receipts that the relay is asked for.

use super::vanishing;
use crate::history::Stored;
use crate::messages::{Export, ExportedAccount, ExportedMessage};
use crate::network::{Lane, Network, Reason};
use crate::shelf::{Cx, Engine, Known, Members};
use crate::words::{Body, ConversationId, StepError, Trouble};
use crate::{messages, shelf, views};
use lacre_ground::ids::{AccountId, ChannelId, Token};
use lacre_profile::Table;
use lacre_proto::relay::v1 as wire;
use std::collections::{BTreeMap, BTreeSet};

/// Messages that are read in one step.
const PAGE: usize = 500;

/// A conversation with its proofs. Without a relay everything but the receipts.
pub(crate) fn export(engine: &mut Engine, net: Option<&mut dyn Network>, id: &ConversationId) -> Result<Export, Trouble> {
    vanishing::vanish_due(engine)?;
    let conversation = views::conversation(engine, id)?;
    let (relay, tokens) = engine.run(|cx| {
        let conv = shelf::conv(cx, id)?;
        let mut tokens: BTreeMap<ChannelId, Token> = BTreeMap::new();
        tokens.insert(conv.channel.id, conv.channel.read.clone());
        for previous in conv.earlier.iter().chain(&conv.previous) {
            tokens.insert(previous.id, previous.read.clone());
        }
        Ok((conv.authority.clone(), tokens))
    })?;
    let mut messages = Vec::new();
    let mut from = 0;
    loop {
        let page = engine.run(|cx| {
            let rows: Vec<(u64, Stored)> = cx.s.scan(Table::Message, id.as_bytes(), from, PAGE)?;
            let members = shelf::members(cx, id)?;
            let mut page = Vec::with_capacity(rows.len());
            for (position, stored) in rows {
                page.push(line(cx, id, &members, position, stored)?);
            }
            Ok(page)
        })?;
        let Some(last) = page.last().and_then(|m| m.message.position) else { break };
        from = last + 1;
        messages.extend(page);
    }
    // another relay than the own one is not asked: its conversations rest, without receipts
    if let Some(net) = net
        && engine.run(|cx| shelf::is_ours(cx, &relay))?
    {
        let at = engine.run(|cx| shelf::ours(cx, &relay))?;
        for proof in messages.iter_mut().filter_map(|m| m.proof.as_mut()) {
            let Some(token) = tokens.get(&proof.channel) else { continue };
            let (channel, token) = (proof.channel.as_bytes().to_vec(), token.expose().to_vec());
            // in a log the token is enough
            let ask = wire::StatusRequest { channel, seq: proof.seq, token, entry_id: Vec::new() };
            match net.status(&at, Lane::Conversations, ask) {
                Ok(answer) => {
                    proof.receipt = Some(answer.receipt);
                    // a relay that was restored may have another entry there
                    if proof.stored_at(&relay).is_err() {
                        proof.receipt = None;
                    }
                }
                // no longer kept: the signature stands without it
                Err(e) if matches!(e.reason(), Some(Reason::NoEntry | Reason::NotPermitted)) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }
    for ExportedMessage { message, proof } in &mut messages {
        // without the relay's word it is this device's, who is no witness of its own; of an edited one the word is the edit's
        if proof.as_ref().is_some_and(|p| p.receipt.is_none()) && message.edited_at.is_none() {
            message.accepted_at = None;
        }
    }
    let wrote = messages.iter().filter(|m| m.proof.is_some()).map(|m| m.message.sender);
    let who: BTreeSet<AccountId> = wrote.chain(conversation.members.iter().map(|m| m.account)).collect();
    let accounts = engine.run(|cx| {
        let own = shelf::own(cx)?.account;
        let mut all = Vec::new();
        for account in who {
            let known = if account == own { shelf::own_known(cx)? } else { shelf::known(cx, account)? };
            all.extend(known.map(|Known { account, handle, states, binding, .. }| ExportedAccount {
                account,
                handle,
                states,
                binding,
            }));
        }
        Ok(all)
    })?;
    Ok(Export { conversation, relay, accounts, messages })
}

/// A line with its proof, if there is something to prove: ids as their writers chose them, not as this profile calls them, and
/// nothing beside it that nobody signed.
fn line(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    members: &Members,
    position: u64,
    stored: Stored,
) -> Result<ExportedMessage, StepError> {
    let said = stored.is_content() || stored.body == Body::Leaves;
    let proof = stored.proof.clone().filter(|_| said).map(messages::exported);
    let (own_id, answers) = (stored.id, stored.place.reply_to);
    let mut message = views::message_view(cx, id, members, position, stored)?;
    message.id = own_id;
    if let (Some(quoted), Some(answers)) = (&mut message.reply_to, answers) {
        quoted.id = answers;
    }
    message.reactions.clear();
    message.receipts.clear();
    Ok(ExportedMessage { message, proof })
}
