//! Body and attachments. What travelled in the entry is here; the rest is fetched when somebody asks for it, and kept from then on.
//! Nothing is given out whose digest is not the one that the body signed.

use super::arriving::registrars;
use super::showing::verified;
use crate::network::{NetError, Network};
use crate::shelf::{Engine, FilePlace};
use crate::words::{FileTrouble, NoticeFile, NoticeRef, NoticeTrouble, StepError, Trouble};
use crate::{shelf, words};
use lacre_evidence::{FileEntry, Seed, envelope};
use lacre_proto::relay::v1 as wire;
use sha2::{Digest as _, Sha256};
use std::io;
use std::io::Write;

/// One file of a notice: its line in N, and its bytes.
pub(crate) fn file(
    engine: &mut Engine,
    net: Option<&mut dyn Network>,
    id: NoticeRef,
    number: usize,
) -> Result<Option<NoticeFile>, Trouble> {
    let (line, seed, place, here) = engine.run(|cx| {
        let own = shelf::own(cx)?;
        let row = shelf::notice(cx, id)?.ok_or(NoticeTrouble::NoSuchNotice)?;
        let keys = registrars(&shelf::address(cx)?.registrars, &own.authority)?;
        let (_, notice) = verified(&row, &keys).map_err(|_| NoticeTrouble::Invalid)?;
        let line = notice.files.get(number).cloned().ok_or(NoticeTrouble::NoSuchFile)?;
        let place = row.files.get(number).copied().ok_or(NoticeTrouble::NoSuchFile)?;
        let header = row.header.as_ref().ok_or(NoticeTrouble::Invalid)?;
        Ok((line, Seed::new(header.seed.0), place, shelf::file_of(cx, id, number)?))
    })?;
    let sealed = match (here, net) {
        (Some(sealed), _) => sealed,
        (None, None) => return Ok(None),
        (None, Some(net)) => {
            let sealed = fetch(engine, net, &seed, number, &line)?;
            engine.run(|cx| {
                shelf::put_file(cx, id, number, &sealed)?;
                cx.reached("notice: file fetched")
            })?;
            sealed
        }
    };
    let damaged = |what: &str| Trouble::File(FileTrouble::Damaged(what.to_owned()));
    let plain = envelope::open_file(&seed, number, &sealed).map_err(|e| damaged(&e.to_string()))?;
    let sha256: [u8; 32] = Sha256::digest(&*plain).into();
    if sha256 != line.sha256 || u64::try_from(plain.len()) != Ok(line.len) {
        let whose = if place == FilePlace::Here { "its digest is another" } else { "its digest is not the one that was signed" };
        return Err(damaged(whose));
    }
    Ok(Some(NoticeFile { line, bytes: plain }))
}

fn fetch(engine: &mut Engine, net: &mut dyn Network, seed: &Seed, number: usize, line: &FileEntry) -> Result<Vec<u8>, Trouble> {
    let own = engine.own()?;
    let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    let (blob, token) = envelope::blob(seed, number);
    let request = wire::GetRequest { blob: blob.as_bytes().to_vec(), read_token: token.expose().to_vec(), offset: 0 };
    // padding adds an eighth at most, and there is a least size
    let most = line.len.saturating_add(line.len / 8).saturating_add(1024);
    let mut sealed = Bounded { bytes: Vec::new(), most: usize::try_from(most).unwrap_or(usize::MAX) };
    net.get_blob(&at, request, &mut sealed).map_err(|e| match e {
        NetError::Body { why } => Trouble::File(FileTrouble::Damaged(why)),
        other => other.into(),
    })?;
    let sha256: [u8; 32] = Sha256::digest(&sealed.bytes).into();
    if sha256 != line.sealed_sha256 {
        return Err(Trouble::File(FileTrouble::Damaged("the relay has other bytes under its name".to_owned())));
    }
    Ok(sealed.bytes)
}

/// Takes no more than a file of that length can have.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl Write for Bounded {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.bytes.len().saturating_add(buf.len()) > self.most {
            return Err(io::Error::other("longer than the body signed"));
        }
        self.bytes.extend_from_slice(buf);
        Ok(buf.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
