//! The calls of `Channels`; their streams have files of their own.

use super::Context;
use super::append::{self, BatchAnswers};
use super::attach::{self, AttachEvents};
use super::fields::{id, seq, stamp, token, wire_entry};
use super::reading::{answer, page_weight};
use crate::border::{IntoStatus, bad_value, checked, crossed, store_down};
use crate::limits::{PAGE_BYTES, PAGE_ENTRIES};
use crate::memory::{Holder, PAGE_WORST, weight};
use lacre_ground::ids::{ChannelClass, ChannelId, Seq};
use lacre_proto::relay::v1 as wire;
use lacre_store::channels::{Admitted, Asked, ChangeTokens, NotPermitted, Open, Page, PageLimits, Right, StoredEntry, Trim};
use std::sync::Arc;
use tonic::{Request, Response, Status, Streaming};

/// Append rights that fit a page of the store.
const RIGHTS_OF_A_PAGE: usize = 128;

/// The service.
#[derive(Clone)]
pub struct ChannelsService {
    context: Arc<Context>,
}

impl ChannelsService {
    /// Over what every service works with.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    fn generation(&self) -> Vec<u8> {
        self.context.reads.generation().as_bytes().to_vec()
    }
}

fn rights(wire: &[wire::AppendRight]) -> Result<Vec<Right>, Status> {
    let right = |r: &wire::AppendRight| Ok(Right { token: id("token_hash", &r.token_hash)?, stamped: r.stamped, once: r.once });
    wire.iter().map(right).collect()
}

fn open_of(r: &wire::OpenRequest) -> Result<Open, Status> {
    let (channel, read, paid) = (id("channel", &r.channel)?, id("read_token_hash", &r.read_token_hash)?, stamp(&r.stamp)?);
    let append = rights(&r.append)?;
    let class = match r.class() {
        wire::ChannelClass::Log => ChannelClass::Log,
        wire::ChannelClass::Inbox | wire::ChannelClass::Unspecified => ChannelClass::Inbox,
        wire::ChannelClass::Casilla => ChannelClass::Casilla,
        wire::ChannelClass::Return => ChannelClass::Return,
    };
    if class != ChannelClass::Casilla && append.iter().any(|right| right.once) {
        return Err(bad_value("once", "false but in a casilla", "true"));
    }
    if matches!(class, ChannelClass::Casilla | ChannelClass::Return) && append.iter().any(|right| right.stamped) {
        return Err(bad_value("stamped", "false but in an inbox", "true"));
    }
    let open = match (class, append.as_slice()) {
        (ChannelClass::Log, [one]) if !one.stamped => Open::log(channel, one.token, read, paid),
        (ChannelClass::Log, [_]) => return Err(bad_value("stamped", "false in a log", "true")),
        (ChannelClass::Log, many) => return Err(bad_value("append", "1 item in a log", &format!("{} items", many.len()))),
        (ChannelClass::Inbox, rights) => Open::inbox(channel, rights, read, paid),
        (ChannelClass::Casilla, rights) => Open::casilla(channel, rights, read, paid),
        (ChannelClass::Return, rights) => Open::back(channel, rights, read, paid),
    };
    open.map_err(IntoStatus::into_status)
}

#[tonic::async_trait]
impl wire::channels_server::Channels for ChannelsService {
    async fn open(&self, request: Request<wire::OpenRequest>) -> Result<Response<wire::OpenResponse>, Status> {
        let open = open_of(&checked(request.into_inner())?)?;
        self.context.room.take(1 + open.append().len() / RIGHTS_OF_A_PAGE, 0).map_err(IntoStatus::into_status)?;
        let opened = crossed(self.context.writer.submit(open).await)?;
        let head = opened.head.map_or(0, Seq::get);
        Ok(Response::new(wire::OpenResponse { generation: self.generation(), head, spent: opened.spent }))
    }

    async fn append(&self, request: Request<wire::AppendRequest>) -> Result<Response<wire::AppendResponse>, Status> {
        let wire::Appended { seq, accepted_at_ms, receipt } = append::one(&self.context, request.into_inner()).await?;
        Ok(Response::new(wire::AppendResponse { generation: self.generation(), seq, accepted_at_ms, receipt }))
    }

    type AppendBatchStream = BatchAnswers;

    async fn append_batch(
        &self,
        request: Request<Streaming<wire::AppendBatchRequest>>,
    ) -> Result<Response<Self::AppendBatchStream>, Status> {
        Ok(Response::new(append::batches(Arc::clone(&self.context), request.into_inner())))
    }

    type AttachStream = AttachEvents;

    async fn attach(&self, request: Request<Streaming<wire::AttachRequest>>) -> Result<Response<Self::AttachStream>, Status> {
        let holder = request.extensions().get::<Holder>().cloned();
        Ok(Response::new(attach::start(Arc::clone(&self.context), holder, request.into_inner())))
    }

    async fn fetch(&self, request: Request<wire::FetchRequest>) -> Result<Response<wire::FetchResponse>, Status> {
        let holder = request.extensions().get::<Holder>().cloned();
        let request = checked(request.into_inner())?;
        let (channel, token) = (id("channel", &request.channel)?, token("read_token", &request.read_token)?);
        let from = seq("from_seq", request.from_seq)?;
        let limits = PageLimits { entries: request.max_entries.min(PAGE_ENTRIES), bytes: PAGE_BYTES };
        let (now, rules) = (self.context.clock.now(), self.context.rules.clone());
        let weigh = |read: &Result<(_, Page, _), _>| read.as_ref().map_or(0, |(_, page, _)| page_weight(page));
        let read = self
            .context
            .reading(holder.as_ref(), PAGE_WORST, weigh, move |reads| match reads.admit(now, &rules, &channel, &token)? {
                Ok(admitted) => {
                    let rights = if admitted.inbox { reads.rights(admitted.key)? } else { 0 };
                    Ok(Ok((admitted, reads.page(admitted.key, from, limits)?, rights)))
                }
                Err(refused) => Ok(Err(refused)),
            })
            .await;
        let (read, hold) = read.map_err(store_down)?;
        let (admitted, page, append_rights): (Admitted, Page, u32) = crossed::<_, NotPermitted>(Ok(read))?;
        self.context.touch(admitted);
        let page = wire::FetchResponse {
            generation: self.generation(),
            entries: page.entries.into_iter().map(wire_entry).collect(),
            head: page.head,
            gone_through: page.gone_through,
            append_rights,
        };
        Ok(answer(page, hold))
    }

    async fn status(&self, request: Request<wire::StatusRequest>) -> Result<Response<wire::StatusResponse>, Status> {
        let holder = request.extensions().get::<Holder>().cloned();
        let request = checked(request.into_inner())?;
        let channel: ChannelId = id("channel", &request.channel)?;
        let named = if request.entry_id.is_empty() { None } else { Some(id("entry_id", &request.entry_id)?) };
        let asked = Asked { channel, token: token("token", &request.token)?, seq: seq("seq", request.seq)?, named };
        let bytes = |read: &Result<StoredEntry, _>| read.as_ref().map_or(0, |e| e.ciphertext.len());
        let worst = weight(usize::try_from(self.context.rules.max_entry_bytes).unwrap_or(usize::MAX), 1);
        let read = self.context.reading(holder.as_ref(), worst, bytes, move |reads| reads.entry(&asked)).await;
        let (entry, _hold) = read.map_err(store_down)?;
        let entry = crossed(Ok(entry))?;
        let receipt = self.context.receipt(channel, &entry)?;
        Ok(Response::new(wire::StatusResponse { generation: self.generation(), receipt }))
    }

    async fn trim(&self, request: Request<wire::TrimRequest>) -> Result<Response<wire::TrimResponse>, Status> {
        let r = checked(request.into_inner())?;
        let (channel, token) = (id("channel", &r.channel)?, token("read_token", &r.read_token)?);
        let trim = Trim { channel, token, through: seq("through_seq", r.through_seq)? };
        let trimmed = self.context.writer.submit(trim).await.inspect_err(|down| self.context.room.removal_was_told(down));
        crossed(trimmed)?;
        Ok(Response::new(wire::TrimResponse { generation: self.generation() }))
    }

    async fn change_tokens(
        &self,
        request: Request<wire::ChangeTokensRequest>,
    ) -> Result<Response<wire::ChangeTokensResponse>, Status> {
        let r = checked(request.into_inner())?;
        let (channel, token) = (id("channel", &r.channel)?, token("read_token", &r.read_token)?);
        let remove = r.remove.iter().map(|t| id("remove", t)).collect::<Result<_, _>>()?;
        let change = ChangeTokens { channel, token, add: rights(&r.add)?, remove };
        crossed(self.context.writer.submit(change).await)?;
        Ok(Response::new(wire::ChangeTokensResponse { generation: self.generation() }))
    }

    async fn head(&self, request: Request<wire::HeadRequest>) -> Result<Response<wire::HeadResponse>, Status> {
        let holder = request.extensions().get::<Holder>().cloned();
        let request = checked(request.into_inner())?;
        let (channel, token) = (id("channel", &request.channel)?, token("read_token", &request.read_token)?);
        let note = super::heads::head(&self.context, holder.as_ref(), channel, token).await?;
        Ok(Response::new(wire::HeadResponse { generation: self.generation(), note }))
    }

    async fn get_info(&self, _: Request<wire::GetInfoRequest>) -> Result<Response<wire::GetInfoResponse>, Status> {
        let rules = &self.context.rules;
        let limits = wire::Limits {
            max_entry_bytes: rules.max_entry_bytes,
            max_blob_bytes: rules.max_blob_bytes,
            max_lag: rules.max_lag,
            max_attached: rules.max_attached,
            heartbeat_ms: u32::try_from(rules.heartbeat_ms).unwrap_or(u32::MAX),
            entry_retention_ms: rules.entry_retention_ms,
            blob_retention_ms: rules.blob_retention_ms,
            max_inbox_tokens: rules.max_inbox_tokens,
            key_packages_per_device: rules.key_packages_per_device,
            stamps_per_day: rules.stamps_per_day,
        };
        Ok(Response::new(wire::GetInfoResponse {
            registrar: self.context.registrar.note.clone(),
            generation: self.generation(),
            identity: self.context.identity.as_bytes().to_vec(),
            protocols: vec!["lacre.relay.v1".into()],
            oldest_client: "0.1.0".into(),
            now_ms: self.context.clock.now().get(),
            limits: Some(limits),
        }))
    }
}
