//! Channels in which persons' devices answer: one for many notices, a right for each.

use crate::own::Own;
use crate::trouble::unproven;
use crate::{Body, BodyTrouble};
use lacre_core::network::{Lane, Network as _};
use lacre_ground::ids::{ChannelId, Token};
use lacre_profile::Table;
use lacre_proto::relay::v1 as wire;
use lacre_transport::GrpcNetwork;
use serde::{Deserialize, Serialize};

/// Notices that share a return channel: it takes so many rights, one for each (PROTOCOL.md 20, `max_kept_tokens`).
pub const ROWS: u32 = 512;
/// Rights of one call.
pub(crate) const RIGHTS_AT_ONCE: usize = 64;
/// The scope of their rows, whose ord is the channel's number.
pub(crate) const RETURNS: &[u8] = b"returns";

/// A return channel.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ReturnChannel {
    pub(crate) number: u64,
    pub(crate) read: Token,
    /// the relay has it
    pub(crate) opened: bool,
    /// rights that were made
    pub(crate) used: u32,
    /// entries through this were filed
    pub(crate) cursor: u64,
}

impl ReturnChannel {
    pub(crate) fn channel(&self) -> ChannelId {
        ChannelId::of_return(&self.read.hash())
    }
}

fn key(number: u64) -> Vec<u8> {
    [b"return ".as_slice(), &number.to_be_bytes()].concat()
}

impl Body {
    pub(crate) fn keep_return(&mut self, row: &ReturnChannel) -> Result<(), BodyTrouble> {
        self.profile.step(|step| Ok(step.put(Table::Meta, &key(row.number), RETURNS, row.number, row)?))
    }

    /// All of them, oldest first.
    pub(crate) fn returns(&mut self) -> Result<Vec<ReturnChannel>, BodyTrouble> {
        self.profile.step(|step| {
            let rows: Vec<(u64, ReturnChannel)> = step.scan(Table::Meta, RETURNS, 0, usize::MAX)?;
            Ok(rows.into_iter().map(|(_, row)| row).collect())
        })
    }

    /// A channel that takes another right, and the right; the relay knows both when this returns.
    pub(crate) fn return_right(&mut self, net: &mut GrpcNetwork, own: &Own) -> Result<(ReturnChannel, Token), BodyTrouble> {
        let (row, mut rights) = self.return_rights(net, own, 1)?;
        Ok((row, rights.pop().ok_or_else(|| unproven("no right"))?))
    }

    /// The same for so many notices: perhaps fewer, and one at least.
    pub(crate) fn return_rights(
        &mut self,
        net: &mut GrpcNetwork,
        own: &Own,
        wanted: usize,
    ) -> Result<(ReturnChannel, Vec<Token>), BodyTrouble> {
        let newest = self.newest_return()?;
        let number = newest.as_ref().map_or(1, |row| row.number.saturating_add(1));
        let mut row = match newest.filter(|row| row.used < ROWS) {
            Some(row) => row,
            None => {
                let read = Token::random(self.rng.as_mut());
                let row = ReturnChannel { number, read, opened: false, used: 0, cursor: 0 };
                self.keep_return(&row)?;
                row
            }
        };
        if !row.opened {
            open(net, own, &row)?;
            row.opened = true;
        }
        let room = usize::try_from(ROWS.saturating_sub(row.used)).unwrap_or(0);
        let count = wanted.clamp(1, RIGHTS_AT_ONCE).min(room);
        row.used = row.used.saturating_add(u32::try_from(count).unwrap_or(ROWS));
        // counted before they are made: a right that nobody uses is lost, and none is given twice
        self.keep_return(&row)?;
        let tokens: Vec<Token> = (0..count).map(|_| Token::random(self.rng.as_mut())).collect();
        give(net, own, &row, &tokens.iter().collect::<Vec<_>>())?;
        Ok((row, tokens))
    }

    fn newest_return(&mut self) -> Result<Option<ReturnChannel>, BodyTrouble> {
        self.profile.step(|step| {
            let Some(number) = step.last_ord(Table::Meta, RETURNS)? else { return Ok(None) };
            Ok(step.get(Table::Meta, &key(number))?)
        })
    }

    /// A restored relay may have lost the channels, their newest rights, or answers that this has read: all is given again, and all
    /// is read again. What was filed is not filed twice.
    pub(crate) fn give_returns_again(&mut self, net: &mut GrpcNetwork, own: &Own) -> Result<(), BodyTrouble> {
        for mut row in self.returns()?.into_iter().filter(|row| row.opened) {
            open(net, own, &row)?;
            let sent = self.answered_in(row.number)?;
            let rights: Vec<&Token> = sent.iter().filter_map(|d| d.back.as_ref()).collect();
            for block in rights.chunks(RIGHTS_AT_ONCE) {
                give(net, own, &row, block)?;
            }
            row.cursor = 0;
            self.keep_return(&row)?;
        }
        Ok(())
    }
}

/// The relay has it when this returns, also if it had it before.
fn open(net: &mut GrpcNetwork, own: &Own, row: &ReturnChannel) -> Result<(), BodyTrouble> {
    let request = wire::OpenRequest {
        class: wire::ChannelClass::Return.into(),
        channel: row.channel().as_bytes().to_vec(),
        append: Vec::new(),
        read_token_hash: row.read.hash().as_bytes().to_vec(),
        stamp: net.body_stamps(&own.relay, &own.seed, &own.key, 1)?.pop().unwrap_or_default(),
    };
    net.open(&own.relay, Lane::Inbox, request)?;
    Ok(())
}

fn give(net: &mut GrpcNetwork, own: &Own, row: &ReturnChannel, rights: &[&Token]) -> Result<(), BodyTrouble> {
    let right = |token: &&Token| wire::AppendRight { token_hash: token.hash().as_bytes().to_vec(), stamped: false, once: false };
    let request = wire::ChangeTokensRequest {
        channel: row.channel().as_bytes().to_vec(),
        read_token: row.read.expose().to_vec(),
        add: rights.iter().map(right).collect(),
        remove: Vec::new(),
    };
    net.change_tokens(&own.relay, Lane::Inbox, request)?;
    Ok(())
}
