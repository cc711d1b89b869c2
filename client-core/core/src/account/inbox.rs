//! The own inbox and the rights to append to it.

use super::rights::{TOKENS, TOKENS_AT_ONCE};
use super::{rights, stamps};
use crate::network::{Lane, NetError, Network};
use crate::shelf;
use crate::shelf::{Cx, Engine, Own, Stage, TokenChange};
use crate::words::{Happening, StepError, Trouble};
use lacre_ground::address::Authority;
use lacre_ground::ids::Token;
use lacre_proto::relay::v1 as wire;

pub(crate) const FEW_TOKENS: usize = 8;

pub(crate) fn open_inbox(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
    let own = engine.own()?;
    let mut rights = if own.nobody_new { Vec::new() } else { vec![rights::public_right(&own.public_token)] };
    let tokens: Vec<&Token> = own.spare_tokens.iter().chain(&own.given_tokens).collect();
    rights.extend(tokens.iter().take(TOKENS_AT_ONCE).map(|t| rights::free_right(t)));
    let answer = stamps::with_stamp(engine, net, |net, stamp| {
        let request = wire::OpenRequest {
            class: wire::ChannelClass::Inbox.into(),
            channel: own.inbox.as_bytes().to_vec(),
            append: rights.clone(),
            read_token_hash: own.inbox_read.hash().as_bytes().to_vec(),
            stamp,
        };
        net.open(at, Lane::Inbox, request)
    })?;
    for block in tokens.chunks(TOKENS_AT_ONCE) {
        let request = wire::ChangeTokensRequest {
            channel: own.inbox.as_bytes().to_vec(),
            read_token: own.inbox_read.expose().to_vec(),
            add: block.iter().map(|t| rights::free_right(t)).collect(),
            remove: Vec::new(),
        };
        net.change_tokens(at, Lane::Inbox, request)?;
    }
    engine.run(|cx| {
        let mut own = shelf::take_own(cx)?;
        own.inbox_cursor = own.inbox_cursor.min(answer.head);
        own.inbox_trimmed = own.inbox_trimmed.min(answer.head);
        shelf::put_own(cx, own)
    })
}

pub(crate) fn add_tokens(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
    let (own, fresh) = engine.run(|cx| {
        let fresh: Vec<Token> = (0..TOKENS).map(|_| Token::random(cx.rng)).collect();
        Ok((shelf::own(cx)?, fresh))
    })?;
    let request = wire::ChangeTokensRequest {
        channel: own.inbox.as_bytes().to_vec(),
        read_token: own.inbox_read.expose().to_vec(),
        add: fresh.iter().map(rights::free_right).collect(),
        remove: Vec::new(),
    };
    net.change_tokens(at, Lane::Inbox, request)?;
    engine.run(|cx| {
        let mut own = shelf::take_own(cx)?;
        own.spare_tokens.extend(fresh);
        shelf::put_own(cx, own)
    })
}

/// Rights that were withdrawn or given back since the relay was last told.
pub(crate) fn tell_token_changes(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
    loop {
        let own = engine.own()?;
        let some: Vec<&TokenChange> = own.token_changes.iter().take(TOKENS_AT_ONCE).collect();
        if some.is_empty() {
            return Ok(());
        }
        // in their order, and each alone if need be: a right may be withdrawn and given back
        let Some(first) = some.first() else { return Ok(()) };
        let alike = |change: &&&TokenChange| std::mem::discriminant(**change) == std::mem::discriminant(*first);
        let some: Vec<&TokenChange> = some.iter().take_while(alike).copied().collect();
        let (mut add, mut remove) = (Vec::new(), Vec::new());
        for change in &some {
            match change {
                TokenChange::Withdraw(token) => remove.push(token.hash().as_bytes().to_vec()),
                TokenChange::Public(token) => add.push(rights::public_right(token)),
            }
        }
        let request = wire::ChangeTokensRequest {
            channel: own.inbox.as_bytes().to_vec(),
            read_token: own.inbox_read.expose().to_vec(),
            add,
            remove,
        };
        net.change_tokens(at, Lane::Inbox, request)?;
        let public_told = some.iter().any(|change| {
            let (TokenChange::Withdraw(token) | TokenChange::Public(token)) = change;
            token.expose() == own.public_token.expose()
        });
        let (told, before) = (some.len(), own.changes_told);
        engine.run(|cx| {
            let mut own = shelf::take_own(cx)?;
            // another program on this profile may have told the relay meanwhile: what waits now may be something else
            if own.changes_told == before {
                let told = told.min(own.token_changes.len());
                own.token_changes.drain(..told);
                own.changes_told += 1;
            } else if public_told {
                // and what was told just now may have come last, and undone it
                let public = own.public_token.clone();
                let now = if own.nobody_new { TokenChange::Withdraw(public) } else { TokenChange::Public(public) };
                own.token_changes.push(now);
            }
            shelf::put_own(cx, own)?;
            cx.reached("reach: told")
        })?;
    }
}

/// The relay said how many rights the own inbox has. When some are missing, others could no longer write here and nobody
/// would be told: they are given back, once in the life of a program. `before` is the own record as it was before the
/// relay was asked.
pub(crate) fn mend_inbox(
    engine: &mut Engine,
    net: &mut dyn Network,
    at: &Authority,
    before: &Own,
    rights: u32,
) -> Result<(), Trouble> {
    let own = engine.own()?;
    let settled = own.changes_told == before.changes_told && own.token_changes.is_empty() && before.token_changes.is_empty();
    let expected = rights::rights_of(&own);
    let missing = u64::try_from(expected.len()).unwrap_or(u64::MAX).saturating_sub(rights.into());
    // another program on this profile may have changed them meanwhile; and before enrolment is done nothing is there
    if missing == 0 || !settled || rights::rights_of(before).len() != expected.len() || own.stage != Stage::Ready || engine.mended
    {
        return Ok(());
    }
    engine.mended = true;
    for block in expected.chunks(TOKENS_AT_ONCE) {
        let request = wire::ChangeTokensRequest {
            channel: own.inbox.as_bytes().to_vec(),
            read_token: own.inbox_read.expose().to_vec(),
            add: block.to_vec(),
            remove: Vec::new(),
        };
        match net.change_tokens(at, Lane::Inbox, request) {
            Ok(_) => {}
            // it takes no more: what is missing stays missing, and nothing else waits for that
            Err(NetError::Refused(_)) => return Ok(()),
            Err(e) => return Err(e.into()),
        }
    }
    engine.run(|cx| {
        // what was withdrawn while this was under way stays withdrawn
        let mut now = shelf::take_own(cx)?;
        let given: Vec<&Token> = own.spare_tokens.iter().chain(&own.given_tokens).chain([&own.public_token]).collect();
        let mut again: Vec<Token> = now.withdrawn_tokens.clone();
        again.extend(now.nobody_new.then(|| now.public_token.clone()));
        again.retain(|token| given.iter().any(|given| given.expose() == token.expose()));
        now.token_changes.extend(again.into_iter().map(TokenChange::Withdraw));
        shelf::put_own(cx, now)?;
        shelf::event(cx, Happening::InboxMended { rights: missing })?;
        cx.reached("reach: mended")
    })
}

/// A restored relay may know rights that were withdrawn since its backup.
pub(crate) fn withdraw_again(cx: &mut Cx<'_, '_>) -> Result<(), StepError> {
    let mut own = shelf::take_own(cx)?;
    let withdrawn: Vec<TokenChange> = own.withdrawn_tokens.iter().cloned().map(TokenChange::Withdraw).collect();
    own.token_changes.extend(withdrawn);
    if own.nobody_new {
        let public = own.public_token.clone();
        own.token_changes.push(TokenChange::Withdraw(public));
    }
    own.pause_untold |= own.paused;
    shelf::put_own(cx, own)
}
