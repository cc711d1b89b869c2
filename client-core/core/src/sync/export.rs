//! A conversation as evidence, with the receipts that the relay is asked for.

use super::vanishing;
use crate::history::Stored;
use crate::messages::{Export, ExportedAccount, ExportedMessage};
use crate::network::{Lane, Network, Reason};
use crate::shelf::{Engine, Known};
use crate::words::{ConversationId, Trouble};
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
                let proof = stored.proof.clone().map(messages::exported);
                page.push(ExportedMessage { message: views::message_view(cx, id, &members, position, stored)?, proof });
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
                Ok(answer) => proof.receipt = Some(answer.receipt),
                // no longer kept: the signature stands without it
                Err(e) if matches!(e.reason(), Some(Reason::NoEntry | Reason::NotPermitted)) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }
    let who: BTreeSet<AccountId> = messages.iter().filter(|m| m.proof.is_some()).map(|m| m.message.sender).collect();
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
