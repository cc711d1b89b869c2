//! What is kept of large blobs whose upload broke off: how much, for whom, how long, and how many of them.

use super::blobs::expire;
use super::world_tests::{World, header, parts, reason, refused};
use lacre_ground::ids::Token;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::put_request::Part;
use lacre_store::rules::Rules;
use tonic::Status;
use tonic_types::StatusExt as _;

const SIZE: usize = 700_001;
const READ: Token = Token::new([5; 32]);

/// Blobs of 1,000 bytes or more are large here.
fn rules() -> Rules {
    Rules { unfinished_from_bytes: 1_000, ..Rules::default() }
}

fn content() -> Vec<u8> {
    (0..SIZE).map(|n| u8::try_from(n * n / 3 % 251).unwrap()).collect()
}

fn kept(header: &wire::PutHeader) -> wire::KeptRequest {
    let wire::PutHeader { blob, read_token_hash, size, sha256, .. } = header.clone();
    wire::KeptRequest { blob, read_token_hash, size, sha256 }
}

impl World {
    async fn kept(&self, header: &wire::PutHeader) -> Result<u64, Status> {
        Ok(self.blobs().kept(kept(header)).await?.into_inner().bytes)
    }
    /// Sends so many bytes and breaks off, once they are there.
    async fn break_off(&self, header: wire::PutHeader, bytes: &[u8]) {
        let first = header.offset;
        let (open, sent) = self.begin(parts(header.clone(), bytes)).await;
        while self.kept(&header).await.unwrap() != first + bytes.len() as u64 {
            assert!(!sent.is_finished());
            tokio::task::yield_now().await;
        }
        sent.abort();
        drop(open);
    }
}

fn from(offset: usize, header: &wire::PutHeader) -> wire::PutHeader {
    wire::PutHeader { offset: offset as u64, stamp: Vec::new(), ..header.clone() }
}

fn limit(status: &Status) -> String {
    status.get_error_details().error_info().unwrap().metadata["limit"].clone()
}

#[tokio::test]
async fn an_upload_that_broke_off_goes_on_where_it_was_for_one_stamp() {
    let w = World::new(rules()).await;
    let (_, _, stamps) = w.ana(1).await;
    let content = content();
    let head = header(1, &content, &READ, &stamps[0]);
    assert_eq!(w.kept(&head).await.unwrap(), 0);

    w.break_off(head.clone(), &content[..300_000]).await;
    assert_eq!(refused(w.get([1; 32], &READ, 0).await), "NOT_PERMITTED", "nobody reads what is not whole");
    w.break_off(from(300_000, &head), &content[300_000..400_000]).await;
    // a sender may know of less than is there: what is behind is forgotten
    w.put(parts(from(399_999, &head), &content[399_999..])).await.unwrap();

    assert_eq!(w.kept(&head).await.unwrap(), SIZE as u64);
    assert!(w.get([1; 32], &READ, 0).await.unwrap() == (SIZE as u64, content.clone()));
    assert_eq!(w.blob_files(), 1);
    w.put(parts(from(SIZE, &head), &[])).await.unwrap();
    let other = header(2, &content, &READ, &stamps[0]);
    assert_eq!(refused(w.put(parts(other, &content)).await), "STAMP_REFUSED", "it is spent");
}

#[tokio::test]
async fn whoever_says_too_much_or_another_header_is_refused_and_leaves_it_as_it_was() {
    let w = World::new(rules()).await;
    let (_, _, stamps) = w.ana(2).await;
    let content = content();
    let head = header(1, &content, &READ, &stamps[0]);
    assert_eq!(refused(w.put(parts(wire::PutHeader { offset: 1, ..head.clone() }, &content[1..])).await), "BAD_FIELD");
    w.break_off(head.clone(), &content[..300_000]).await;

    assert_eq!(refused(w.put(parts(from(300_001, &head), &content[300_001..])).await), "BAD_FIELD");
    let others = [
        wire::PutHeader { sha256: vec![1; 32], ..head.clone() },
        wire::PutHeader { size: 700_000, ..head.clone() },
        wire::PutHeader { read_token_hash: vec![1; 32], ..head.clone() },
    ];
    for other in others {
        assert_eq!(refused(w.kept(&other).await), "CONFLICT");
        assert_eq!(refused(w.put(parts(from(300_000, &other), &content[300_000..])).await), "CONFLICT");
        let paid = wire::PutHeader { stamp: stamps[1].clone(), ..other };
        assert_eq!(refused(w.put(parts(paid, &content)).await), "CONFLICT");
    }

    assert_eq!(w.kept(&head).await.unwrap(), 300_000);
    w.put(parts(from(300_000, &head), &content[300_000..])).await.unwrap();
}

#[tokio::test]
async fn a_half_that_is_found_to_be_wrong_is_forgotten_and_the_next_try_begins_anew() {
    let w = World::new(rules()).await;
    let (_, _, stamps) = w.ana(3).await;
    let content = content();
    for (n, (half, rest)) in
        [(vec![9; 300_000], &content[300_000..]), (content[..300_000].to_vec(), &content[1..])].into_iter().enumerate()
    {
        let head = header(1, &content, &READ, &stamps[n]);
        w.break_off(head.clone(), &half).await;
        assert_eq!(refused(w.put(parts(from(300_000, &head), rest)).await), "WRONG_DIGEST");
        assert_eq!((w.kept(&head).await.unwrap(), w.blob_files()), (0, 0));
        assert_eq!(w.context.reads.blob_bytes().unwrap(), 0);
    }
    w.put(parts(header(1, &content, &READ, &stamps[2]), &content)).await.unwrap();
}

#[tokio::test]
async fn what_ends_before_its_size_is_kept_as_after_any_other_break() {
    let w = World::new(rules()).await;
    let (_, _, stamps) = w.ana(1).await;
    let content = content();
    let head = header(1, &content, &READ, &stamps[0]);

    assert_eq!(refused(w.put(parts(head.clone(), &content[..SIZE - 1])).await), "WRONG_DIGEST");

    assert_eq!(w.kept(&head).await.unwrap(), SIZE as u64 - 1);
    w.put(parts(from(SIZE - 1, &head), &content[SIZE - 1..])).await.unwrap();
}

#[tokio::test]
async fn of_two_uploads_of_one_blob_the_newer_goes_on() {
    let w = World::new(rules()).await;
    let (_, _, stamps) = w.ana(1).await;
    let content = content();
    let head = header(1, &content, &READ, &stamps[0]);
    let (older, first) = w.begin(parts(head.clone(), &content[..300_000])).await;
    while w.kept(&head).await.unwrap() < 300_000 {
        tokio::task::yield_now().await;
    }

    let (newer, second) = w.begin(vec![Part::Header(from(300_000, &head))]).await;
    let replaced = first.await.unwrap().unwrap_err();
    assert!(older.send(wire::PutRequest { part: Some(Part::Chunk(vec![9; 1_000].into())) }).await.is_err());
    for part in parts(head.clone(), &content[300_000..]).into_iter().skip(1) {
        newer.send(wire::PutRequest { part: Some(part) }).await.unwrap();
    }
    drop(newer);
    second.await.unwrap().unwrap();

    assert_eq!(limit(&replaced), "uploads_per_stamp");
    assert!(w.get([1; 32], &READ, 0).await.unwrap().1 == content);
}

#[tokio::test]
async fn a_half_goes_after_its_day_and_so_does_one_that_was_gone_on_with() {
    let w = World::new(rules()).await;
    let (_, _, stamps) = w.ana(2).await;
    let content = content();
    let head = header(1, &content, &READ, &stamps[0]);
    w.break_off(head.clone(), &content[..300_000]).await;
    w.later(w.context.rules.unfinished_retention_ms - 1);
    assert_eq!(expire(&w.context, &w.files).await.unwrap(), 0);
    let (open, late) = w.begin(parts(from(300_000, &head), &content[300_000..400_000])).await;
    while w.kept(&head).await.unwrap() < 400_000 {
        tokio::task::yield_now().await;
    }

    w.later(1);
    assert_eq!(expire(&w.context, &w.files).await.unwrap(), 1);

    assert_eq!((w.kept(&head).await.unwrap(), w.blob_files()), (0, 0));
    for part in parts(head.clone(), &content[400_000..]).into_iter().skip(1) {
        open.send(wire::PutRequest { part: Some(part) }).await.unwrap();
    }
    drop(open);
    assert_eq!(reason(&late.await.unwrap().unwrap_err()), "STAMP_REFUSED");
    assert_eq!((w.blob_files(), w.context.reads.blob_bytes().unwrap()), (0, 0));
    w.put(parts(wire::PutHeader { stamp: stamps[1].clone(), ..head }, &content)).await.unwrap();
}

#[tokio::test]
async fn what_is_small_or_beyond_the_bounds_is_taken_and_not_kept_when_it_breaks_off() {
    let w = World::new(Rules { max_unfinished_uploads: 1, unfinished_from_bytes: SIZE as u64, ..rules() }).await;
    let (_, _, stamps) = w.ana(4).await;
    let content = content();
    w.break_off(header(1, &content, &READ, &stamps[0]), &content[..300_000]).await;
    let second = header(2, &content, &READ, &stamps[1]);
    let small = header(3, &content[..SIZE - 1], &READ, &stamps[2]);

    for head in [&second, &small] {
        let (open, sent) = w.begin(parts(head.clone(), &content[..300_000])).await;
        w.uploading(2).await;
        assert_eq!(w.kept(head).await.unwrap(), 0);
        sent.abort();
        drop(open);
        w.uploading(1).await;
        assert_eq!(refused(w.put(parts(wire::PutHeader { offset: 1, ..head.clone() }, &content[1..])).await), "BAD_FIELD");
    }

    w.put(parts(second, &content)).await.unwrap();
    w.put(parts(small, &content[..SIZE - 1])).await.unwrap();
    // one that is whole makes room for one that is not
    w.put(parts(from(300_000, &header(1, &content, &READ, &[])), &content[300_000..])).await.unwrap();
    w.break_off(header(4, &content, &READ, &stamps[3]), &content[..300_000]).await;
}
