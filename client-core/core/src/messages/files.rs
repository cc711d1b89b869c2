//! Files: encrypted once into the profile, uploaded from there, fetched and checked on saving.
//!
//! A large file is fetched into the profile first, as the relay has it, row by row: what breaks off goes on there, also after
//! the program was killed. Nothing is written before its digest fits. An upload that breaks off goes on where the relay says:
//! what it keeps is found to be right by the digest over the whole, or thrown away there, and then all of it is sent again.

use super::texts;
use crate::crypt::blob::{BlobError, BlobKey, BlobOpener};
use crate::history::Stored;
use crate::network::{NetError, Network, Reason};
use crate::queue::{ROW, Rows};
use crate::shelf::{Cargo, Cx, Engine, LocalBlob};
use crate::words::{Body, ConversationId, FileTrouble, Message, MessageTrouble, StepError, Trouble, WaitingKind};
use crate::{account, history, queue, shelf, views};
use lacre_ground::address::Authority;
use lacre_ground::ids::BlobId;
use lacre_profile::{StoreError, Table};
use lacre_proto::bounds::Bounded;
use lacre_proto::content::v1 as content;
use lacre_proto::relay::v1 as wire;
use prost::Message as _;
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};
use std::io;
use std::io::{Read, Write};

/// Bytes of a file.
pub const MAX_FILE: u64 = 100 * 1024 * 1024;
/// Bytes of a file's name.
pub const MAX_NAME: usize = 255;
/// From so many bytes on a fetch that breaks off is gone on with; an upload too.
pub const RESUMED_FROM: u64 = 1024 * 1024;
/// So many rows of a fetch are written before the profile's log is copied into its file.
const ROWS_IN_LOG: u64 = 4;
/// What a fetch takes of the disk beside its bytes, at most: that log, twice while it is copied.
const LOG: u64 = 3 * 1024 * 1024;

/// A file to be sent. `size` is what `content` gives, exactly.
pub struct Outgoing<'a> {
    /// what its readers see
    pub name: &'a str,
    /// its bytes
    pub content: &'a mut dyn Read,
    /// how many
    pub size: u64,
}

fn check(file: &Outgoing<'_>) -> Result<(), Trouble> {
    if file.size > MAX_FILE {
        return Err(FileTrouble::TooLarge { limit: MAX_FILE }.into());
    }
    if file.name.is_empty() || file.name.len() > MAX_NAME {
        return Err(FileTrouble::BadName { limit: 255 }.into());
    }
    Ok(())
}

/// Puts a text and files into a conversation's queue, all of them or, on any error, none: one step.
pub(crate) fn send_all(
    engine: &mut Engine,
    conversation: &ConversationId,
    text: Option<&str>,
    files: Vec<Outgoing<'_>>,
) -> Result<Vec<Message>, Trouble> {
    text.map_or(Ok(()), texts::check_text)?;
    files.iter().try_for_each(check)?;
    engine.run(|cx| {
        let mut sent = Vec::new();
        if let Some(text) = text {
            sent.push(texts::queue_text(cx, conversation, text, None)?);
        }
        for file in files {
            sent.push(queue_file(cx, conversation, file)?);
        }
        Ok(sent)
    })
}

/// Encrypts a file into the profile and puts it into the conversation's queue, inside a step.
fn queue_file(cx: &mut Cx<'_, '_>, id: &ConversationId, file: Outgoing<'_>) -> Result<Message, StepError> {
    let Outgoing { name, content, size } = file;
    let conv = shelf::writable(cx, id)?;
    shelf::ours(cx, &conv.authority)?;
    queue::has_room(cx, Some(id))?;
    let reference = queue::encrypt_blob(cx, &conv.authority, content, size)?;
    let blob = BlobId::try_from(reference.blob.as_slice()).map_err(|e| StepError::Again(e.to_string()))?;
    let cargo = Cargo::Upload { authority: conv.authority.clone(), blob };
    queue::enqueue(cx, Some(id), WaitingKind::File, cargo)?;
    let encoded = ByteBuf::from(reference.encode_to_vec());
    let (name, blob) = (name.to_owned(), Some(reference));
    let kind = content::content::Kind::File(content::File { name, size, blob, ..Default::default() });
    let sent = queue::enqueue_content(cx, id, WaitingKind::File, kind, Some(encoded))?;
    cx.reached("file: stored")?;
    views::queued_message(cx, id, sent)
}

/// Fetches the file of a message, checks it, and writes its content; gives its length. From [`RESUMED_FROM`] bytes on
/// a further try goes on where one before broke off.
pub(crate) fn save_file(
    engine: &mut Engine,
    net: &mut dyn Network,
    message: &Message,
    to: &mut dyn Write,
) -> Result<u64, Trouble> {
    let stored = engine.run(|cx| history::called(cx, &message.conversation, message.id))?;
    let stored: Stored = stored.ok_or(MessageTrouble::NoSuchMessage)?;
    let raw = stored.blob.ok_or(FileTrouble::NotAFile)?;
    let reference = content::BlobRef::decode(raw.as_slice()).map_err(|e| Trouble::File(FileTrouble::Damaged(e.to_string())))?;
    let mut written = Counting { to, written: 0 };
    let blob = BlobId::try_from(reference.blob.as_slice()).map_err(|e| Trouble::File(FileTrouble::Damaged(e.to_string())))?;
    // an own upload of that name has its rows there
    if reference.size < RESUMED_FROM || engine.run(|cx| Ok(cx.s.get::<LocalBlob>(Table::Blob, blob.as_bytes())?))?.is_some() {
        fetch_blob(engine, net, &reference, &mut written)?;
    } else {
        download(engine, net, &reference, blob)?;
        let opened = open_download(engine, &reference, blob, &mut written);
        match opened {
            // what does not fit is of no use for a further try; what could not be written is
            Ok(()) | Err(Trouble::File(FileTrouble::Damaged(_))) => {
                engine.run(|cx| Ok(cx.s.delete_scope(Table::BlobChunk, blob.as_bytes())?))?;
            }
            Err(_) => {}
        }
        opened?;
    }
    let written = written.written;
    match stored.body {
        Body::File { size, .. } if size == written => Ok(written),
        _ => Err(Trouble::File(FileTrouble::Damaged("another length than its sender said".into()))),
    }
}

/// The ciphertext of a file into the profile, from where the last try ended.
fn download(engine: &mut Engine, net: &mut dyn Network, reference: &content::BlobRef, blob: BlobId) -> Result<(), Trouble> {
    reference.check().map_err(|e| Trouble::File(FileTrouble::Damaged(e.to_string())))?;
    let at = engine.run(|cx| shelf::ours(cx, &reference.authority))?;
    let rows = engine.run(|cx| Ok(cx.s.count(Table::BlobChunk, blob.as_bytes())?))?;
    // every row but the last is full, and the last is only stored when all has come
    let offset = rows.saturating_mul(u64::try_from(ROW).unwrap_or(u64::MAX));
    if offset >= reference.size {
        return Ok(());
    }
    let left = reference.size - offset;
    engine.profile.takes(left.saturating_add(LOG))?;
    let request = wire::GetRequest { blob: reference.blob.clone(), read_token: reference.read_token.clone(), offset };
    let mut kept = Kept { engine: &mut *engine, blob, next: rows, buffer: Vec::with_capacity(ROW), left, failed: None };
    let got = net.get_blob(&at, request, &mut kept);
    let whole = match (kept.failed.take(), got) {
        // the network knows of it, in words that are for logs
        (Some(own), _) => Err(own),
        (None, Err(e)) => Err(e.into()),
        (None, Ok(_)) if kept.left > 0 => Err(Trouble::File(FileTrouble::Damaged("shorter than its sender said".into()))),
        (None, Ok(_)) => kept.store(),
    };
    if let Err(Trouble::Store(StoreError::Full)) = &whole {
        give_room_back(engine, blob);
    }
    whole
}

/// Somebody else has filled the disk meanwhile: what came of the file goes again, row by row, so that the room for other steps is
/// enough. When that fails the next try goes on from what is there.
fn give_room_back(engine: &mut Engine, blob: BlobId) {
    let mut row = || {
        engine.profile.checkpoint()?;
        engine.run(|cx| {
            let Some(last) = cx.s.count(Table::BlobChunk, blob.as_bytes())?.checked_sub(1) else { return Ok(false) };
            Ok(cx.s.delete(Table::BlobChunk, &history::chunk_key(blob, last)).map(|_| true)?)
        })
    };
    while row().is_ok_and(|more| more) {}
}

/// Checks and decrypts what [`fetch_blob`] has brought.
fn open_download(engine: &mut Engine, reference: &content::BlobRef, blob: BlobId, to: &mut dyn Write) -> Result<(), Trouble> {
    let key: [u8; 32] = reference.key.as_slice().try_into().map_err(|_| Trouble::File(FileTrouble::Damaged("its key".into())))?;
    let mut digest = Sha256::new();
    let mut next = 0;
    while let Some(row) = engine.run(|cx| Ok(cx.s.get::<ByteBuf>(Table::BlobChunk, &history::chunk_key(blob, next))?))? {
        digest.update(&row);
        next += 1;
    }
    if digest.finalize().as_slice() != reference.sha256 {
        return Err(Trouble::File(FileTrouble::Damaged("its digest is another".into())));
    }
    let mut out = Refusing { to, failed: None };
    let mut opener = BlobOpener::new(&BlobKey::new(key), &mut out);
    let copied = io::copy(&mut Rows::behind(engine, blob, 0), &mut opener);
    let finished = copied
        .map_err(|e| Trouble::File(FileTrouble::Damaged(e.to_string())))
        .and_then(|_| opener.finish().map(drop).map_err(damaged));
    match out.failed {
        Some(why) => Err(Trouble::File(FileTrouble::Io(why))),
        None => finished,
    }
}

/// Fetches from the own relay, checks the digest and decrypts.
pub(crate) fn fetch_blob(
    engine: &mut Engine,
    net: &mut dyn Network,
    reference: &content::BlobRef,
    to: &mut dyn Write,
) -> Result<u64, Trouble> {
    reference.check().map_err(|e| Trouble::File(FileTrouble::Damaged(e.to_string())))?;
    let at = engine.run(|cx| shelf::ours(cx, &reference.authority))?;
    let key: [u8; 32] = reference.key.as_slice().try_into().map_err(|_| Trouble::File(FileTrouble::Damaged("its key".into())))?;
    let request = wire::GetRequest { blob: reference.blob.clone(), read_token: reference.read_token.clone(), offset: 0 };
    let mut out = Refusing { to, failed: None };
    let opener = BlobOpener::new(&BlobKey::new(key), &mut out);
    let mut checked = Checked { opener, digest: Sha256::new(), left: reference.size };
    let got = net.get_blob(&at, request, &mut checked).map_err(|e| match e {
        NetError::Body { why } => Trouble::File(FileTrouble::Damaged(why)),
        other => other.into(),
    });
    let whole = got.and_then(|_| {
        if checked.digest.finalize().as_slice() != reference.sha256 {
            return Err(Trouble::File(FileTrouble::Damaged("its digest is another".into())));
        }
        let length = checked.opener.content_len().unwrap_or(0);
        checked.opener.finish().map_err(damaged)?;
        Ok(length)
    });
    match out.failed {
        Some(why) => Err(Trouble::File(FileTrouble::Io(why))),
        None => whole,
    }
}

/// Uploads one blob of the outbox.
pub(crate) fn upload(engine: &mut Engine, net: &mut dyn Network, number: u64, at: &str, blob: BlobId) -> Result<(), Trouble> {
    let at = engine.run(|cx| shelf::ours(cx, at))?;
    let Some(local) = engine.run(|cx| Ok(cx.s.get::<LocalBlob>(Table::Blob, blob.as_bytes())?))? else {
        return engine.run(|cx| shelf::drop_item(cx, number));
    };
    let mut offset = if local.size < RESUMED_FROM { 0 } else { kept(net, &at, &local, blob)? };
    loop {
        // what is gone on with was paid for when it began
        let stamp = if offset > 0 { None } else { Some(account::stamp(engine, net)?) };
        let header = wire::PutHeader {
            blob: blob.as_bytes().to_vec(),
            read_token_hash: local.read_token.hash().as_bytes().to_vec(),
            size: local.size,
            sha256: local.sha256.to_vec(),
            stamp: stamp.as_ref().map(|stamp| stamp.expose().to_vec()).unwrap_or_default(),
            offset,
        };
        match net.put_blob(&at, header, &mut Rows::behind(engine, blob, offset)) {
            Err(e) if e.reason() == Some(Reason::StampRefused) => {}
            // the relay has less of it than it said, or what it has is spoiled
            Err(e) if offset > 0 && matches!(e.reason(), Some(Reason::WrongDigest | Reason::BadField)) => {}
            Err(e) => {
                if let Some(stamp) = stamp {
                    engine.run(|cx| account::push_stamp(cx, &stamp))?;
                }
                // another program on this profile may have stored it meanwhile, and its rows are gone
                if engine.run(|cx| Ok(cx.s.get::<LocalBlob>(Table::Blob, blob.as_bytes())?))?.is_none() {
                    return engine.run(|cx| shelf::drop_item(cx, number));
                }
                return Err(e.into());
            }
            Ok(_) => break,
        }
        offset = 0;
    }
    engine.run(|cx| {
        queue::sent(cx, number)?;
        cx.reached("blob: uploaded")
    })
}

/// How much of a blob the relay keeps of an earlier try.
fn kept(net: &mut dyn Network, at: &Authority, local: &LocalBlob, blob: BlobId) -> Result<u64, NetError> {
    let asked = wire::KeptRequest {
        blob: blob.as_bytes().to_vec(),
        read_token_hash: local.read_token.hash().as_bytes().to_vec(),
        size: local.size,
        sha256: local.sha256.to_vec(),
    };
    match net.kept(at, asked) {
        Ok(answer) => Ok(answer.bytes),
        // a relay that does not know the call keeps nothing
        Err(NetError::Protocol(_)) => Ok(0),
        Err(e) => Err(e),
    }
}

fn damaged(e: BlobError) -> Trouble {
    Trouble::File(FileTrouble::Damaged(e.to_string()))
}

pub(crate) struct Checked<W: Write> {
    opener: BlobOpener<W>,
    digest: Sha256,
    left: u64,
}

impl<W: Write> Write for Checked<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = u64::try_from(buf.len()).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(n).ok_or_else(|| io::Error::other("longer than its sender said"))?;
        self.digest.update(buf);
        self.opener.write_all(buf)?;
        Ok(buf.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.opener.flush()
    }
}

/// What comes of a blob, into full rows, one step for each.
pub(crate) struct Kept<'a> {
    engine: &'a mut Engine,
    blob: BlobId,
    next: u64,
    buffer: Vec<u8>,
    left: u64,
    /// why a row was not stored
    failed: Option<Trouble>,
}

impl Kept<'_> {
    fn store(&mut self) -> Result<(), Trouble> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let row = ByteBuf::from(std::mem::take(&mut self.buffer));
        let (blob, index) = (self.blob, self.next);
        let put = |cx: &mut Cx<'_, '_>| {
            cx.s.put(Table::BlobChunk, &history::chunk_key(blob, index), blob.as_bytes(), index, &row)?;
            cx.reached("blob: row kept")
        };
        self.engine.profile.takes(u64::try_from(ROW).unwrap_or(u64::MAX))?;
        self.engine.run(put)?;
        self.next += 1;
        if self.next.is_multiple_of(ROWS_IN_LOG) {
            self.engine.profile.checkpoint()?;
        }
        Ok(())
    }
}

impl Write for Kept<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let some = buf.len().min(ROW - self.buffer.len());
        let n = u64::try_from(some).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(n).ok_or_else(|| io::Error::other("longer than its sender said"))?;
        self.buffer.extend_from_slice(buf.get(..some).unwrap_or_default());
        if self.buffer.len() == ROW
            && self.left > 0
            && let Err(why) = self.store()
        {
            let text = why.to_string();
            self.failed = Some(why);
            return Err(io::Error::other(text));
        }
        Ok(some)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Remembers that writing failed: that is no fault of what is written.
pub(crate) struct Refusing<'a> {
    to: &'a mut dyn Write,
    failed: Option<String>,
}

impl Write for Refusing<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.to.write(buf).inspect_err(|e| self.failed = Some(e.to_string()))
    }
    fn flush(&mut self) -> io::Result<()> {
        self.to.flush().inspect_err(|e| self.failed = Some(e.to_string()))
    }
}

pub(crate) struct Counting<'a> {
    to: &'a mut dyn Write,
    written: u64,
}

impl Write for Counting<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.to.write_all(buf)?;
        self.written += u64::try_from(buf.len()).unwrap_or(0);
        Ok(buf.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
