//! What an entry is when it is opened: a message, whole or in parts, and who says it.

use crate::mls::parts::Frame;
use crate::mls::{group, parts};
use crate::network::Entry;
use crate::shelf::{Conv, Cx};
use crate::words::{Author, StepError};
use lacre_profile::Table;
use openmls::group::MlsGroup;
use openmls::prelude::{MlsMessageIn, ProcessedMessage, ProcessedMessageContent, ProtocolMessage, Sender};
use serde_bytes::ByteBuf;
use tls_codec::Deserialize as _;

/// Keeps a piece of a large commit, own ones too; false for any other entry.
pub(super) fn keep_piece(cx: &mut Cx<'_, '_>, conv: &Conv, entry: &Entry, opened: &[u8]) -> Result<bool, StepError> {
    let Some(Frame::Piece(piece)) = parts::read(opened) else { return Ok(false) };
    let channel = conv.channel.id.as_bytes();
    let key = [channel.as_slice(), &parts::hash(piece)].concat();
    cx.s.put(Table::Part, &key, channel, entry.seq.get(), &ByteBuf::from(piece))?;
    Ok(true)
}

/// The message of an entry; that of a seal in parts is put together from the pieces met before it.
pub(super) fn message_in(cx: &Cx<'_, '_>, conv: &Conv, entry: &Entry, opened: &[u8]) -> Result<ProtocolMessage, StepError> {
    let skip = |e: &dyn std::fmt::Display| StepError::Skip(e.to_string());
    let bytes = match parts::read(opened) {
        Some(Frame::Message(bytes)) => bytes.to_vec(),
        Some(Frame::Seal { pieces, rest }) if entry.seal => {
            let mut whole = Vec::new();
            for hash in pieces {
                let key = [conv.channel.id.as_bytes().as_slice(), &hash].concat();
                let piece: Option<ByteBuf> = cx.s.get(Table::Part, &key)?;
                whole.extend_from_slice(&piece.ok_or_else(|| skip(&"a part of the seal does not stand before it"))?);
            }
            [&whole, rest].concat()
        }
        _ => return Err(skip(&"neither a message nor a seal in parts")),
    };
    message(&bytes).map_err(StepError::Skip)
}

fn message(bytes: &[u8]) -> Result<ProtocolMessage, String> {
    let message = MlsMessageIn::tls_deserialize_exact(bytes).map_err(|e| e.to_string())?;
    match message.try_into_protocol_message() {
        Ok(message @ ProtocolMessage::PrivateMessage(_)) => Ok(message),
        Ok(_) => Err("not a private message".into()),
        Err(e) => Err(e.to_string()),
    }
}

pub(super) fn application(mls: &MlsGroup, processed: ProcessedMessage) -> Result<(Author, Vec<u8>), String> {
    let index = match processed.sender() {
        Sender::Member(index) => *index,
        _ => return Err("a message by no member".into()),
    };
    let member = mls.member_at(index).ok_or("a message by no member")?;
    let (account, device) = group::who(&member.credential).ok_or("a member without account")?;
    match processed.into_content() {
        ProcessedMessageContent::ApplicationMessage(message) => {
            Ok((Author { account, device, key: member.signature_key }, message.into_bytes()))
        }
        ProcessedMessageContent::OwnPrivateMessage => Err("an entry that claims to be this device's own, but is not".into()),
        _ => Err("not an application message".into()),
    }
}
