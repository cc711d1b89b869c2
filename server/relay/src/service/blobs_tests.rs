//! The calls of blobs: what is uploaded comes back, what is refused leaves nothing.

use super::blobs::expire;
use super::world_tests::{World, header, parts, reason, refused};
use lacre_ground::ids::Token;
use lacre_ground::time::Clock as _;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::put_request::Part;
use lacre_store::rules::Rules;
use tonic::Status;
use tonic_types::StatusExt as _;

#[tokio::test]
async fn a_blob_comes_back_whole_and_from_any_offset_to_who_has_its_token() {
    let w = World::new(Rules::default()).await;
    let (_, _, stamps) = w.ana(2).await;
    let token = Token::new([5; 32]);
    let content: Vec<u8> = (0..700_001u32).map(|n| (n % 251) as u8).collect();
    let put = parts(header(1, &content, &token, &stamps[0]), &content);
    let expires = w.put(put.clone()).await.unwrap();
    assert_eq!(expires, w.clock.now().get() + w.context.rules.blob_retention_ms);
    assert_eq!(w.put(put[..1].to_vec()).await.unwrap(), expires, "known by its header");
    for offset in [0, 1, 131_072, 700_000, 700_001] {
        let (size, got) = w.get([1; 32], &token, offset).await.unwrap();
        assert!(size == 700_001 && got == content[usize::try_from(offset).unwrap()..], "{offset}");
    }
    assert_eq!(refused(w.get([1; 32], &token, 700_002).await), "BAD_FIELD");
    let wrong = w.get([1; 32], &Token::new([6; 32]), 0).await.unwrap_err();
    let unknown = w.get([2; 32], &token, 0).await.unwrap_err();
    w.later(w.context.rules.blob_retention_ms);
    let expired = w.get([1; 32], &token, 0).await.unwrap_err();
    for status in [&unknown, &expired] {
        assert_eq!(reason(status), "NOT_PERMITTED");
        assert_eq!((status.code(), status.message(), status.details()), (wrong.code(), wrong.message(), wrong.details()));
    }
    assert_eq!(expire(&w.context, &w.files).await.unwrap(), 1);
    assert_eq!(w.blob_files(), 0);
}

#[tokio::test]
async fn a_refused_upload_leaves_no_file_and_spends_no_stamp() {
    let w = World::new(Rules { max_blob_disk_bytes: 1_000, ..Rules::default() }).await;
    let (_, _, stamps) = w.ana(2).await;
    let token = Token::new([5; 32]);
    let content = [7; 600];
    let good = header(1, &content, &token, &stamps[0]);
    let unpaid = wire::PutHeader { stamp: Vec::new(), ..good.clone() };
    assert_eq!(refused(w.put(parts(unpaid, &content)).await), "STAMP_REFUSED");
    assert_eq!(refused(w.put(parts(good.clone(), &content[1..])).await), "WRONG_DIGEST");
    assert_eq!(refused(w.put(parts(good.clone(), &[7; 601])).await), "WRONG_DIGEST");
    assert_eq!(refused(w.put(parts(good.clone(), &[8; 600])).await), "WRONG_DIGEST");
    assert_eq!(refused(w.put(parts(good.clone(), &content)[1..].to_vec()).await), "BAD_FIELD");
    let mut twice = parts(good.clone(), &content);
    twice.push(Part::Header(good.clone()));
    assert_eq!(refused(w.put(twice).await), "BAD_FIELD");
    let big = [1; 1_001];
    assert_eq!(refused(w.put(parts(header(3, &big, &token, &stamps[0]), &big)).await), "LIMIT");
    assert_eq!(w.blob_files(), 0);
    assert_eq!(refused(w.put(parts(good.clone(), &content)).await), "taken", "the stamp is good still");
    let other = wire::PutHeader { stamp: stamps[1].clone(), sha256: vec![0; 32], ..good };
    assert_eq!(refused(w.put(parts(other, &content)).await), "CONFLICT");
    let more = header(2, &content, &token, &stamps[1]);
    assert_eq!(refused(w.put(parts(more, &content)).await), "LIMIT", "the disk's share is full");
    assert_eq!(w.blob_files(), 1);
}

#[tokio::test]
async fn uploads_have_so_many_places_and_each_stamp_one_of_them() {
    let w = World::new(Rules { max_uploads: 2, ..Rules::default() }).await;
    let (_, _, stamps) = w.ana(3).await;
    let token = Token::new([5; 32]);
    let content = [7; 600];
    let begun = |n: u8, stamp: usize| vec![Part::Header(header(n, &content, &token, &stamps[stamp]))];
    let limit = |status: &Status| status.get_error_details().error_info().unwrap().metadata["limit"].clone();

    let (_first, older) = w.begin(begun(1, 0)).await;
    w.uploading(1).await;
    let (second, newer) = w.begin(begun(1, 0)).await;
    let replaced = older.await.unwrap().unwrap_err();
    w.uploading(1).await;
    let (_third, other) = w.begin(begun(2, 1)).await;
    w.uploading(2).await;
    let full = w.put(parts(header(3, &content, &token, &stamps[2]), &content)).await.unwrap_err();
    second.send(wire::PutRequest { part: Some(Part::Chunk(content.to_vec().into())) }).await.unwrap();
    drop(second);
    newer.await.unwrap().unwrap();
    let then = w.put(parts(header(3, &content, &token, &stamps[2]), &content)).await;

    assert_eq!((reason(&replaced), limit(&replaced)), ("LIMIT".into(), "uploads_per_stamp".into()));
    assert_eq!((reason(&full), limit(&full)), ("LIMIT".into(), "max_uploads".into()));
    assert!(full.get_details_retry_info().is_some());
    assert!(then.is_ok() && !other.is_finished());
}

#[tokio::test]
async fn an_upload_that_sends_nothing_is_given_up_and_leaves_nothing() {
    let w = World::new(Rules { upload_idle_ms: 50, upload_least_rate: 0, ..Rules::default() }).await;
    let (_, _, stamps) = w.ana(1).await;
    let (token, content) = (Token::new([5; 32]), [7; 600]);
    let first = vec![Part::Header(header(1, &content, &token, &stamps[0])), Part::Chunk(content[..1].to_vec().into())];

    let (_open, silent) = w.begin(first).await;
    let given_up = silent.await.unwrap().unwrap_err();

    assert_eq!(given_up.get_error_details().error_info().unwrap().metadata["limit"], "upload_idle_ms");
    w.uploading(0).await;
    assert!(w.put(parts(header(1, &content, &token, &stamps[0]), &content)).await.is_ok(), "the stamp is good still");
}

/// The disk lost it, or another program.
#[tokio::test]
async fn a_blob_whose_file_was_lost_is_taken_again_for_nothing_and_comes_back() {
    for size in [600, 70_000] {
        let w = World::new(Rules { unfinished_from_bytes: 10_000, ..Rules::default() }).await;
        let (_, _, stamps) = w.ana(1).await;
        let (token, content) = (Token::new([5; 32]), vec![7; size]);
        let put = parts(header(1, &content, &token, &stamps[0]), &content);
        let expires = w.put(put.clone()).await.unwrap();
        let file = || std::fs::read_dir(w.folder.path().join("data/blobs")).unwrap().next().unwrap().unwrap().path();
        assert!(!w.context.writer.health().is_damaged());
        std::fs::remove_file(file()).unwrap();
        w.later(1_000);

        // as one whose time is over, so that its reader asks for it again; the operator hears what it is
        assert_eq!(refused(w.get([1; 32], &token, 0).await), "NOT_PERMITTED");
        assert!(w.context.writer.health().is_damaged());

        assert_eq!(refused(w.put(parts(header(1, &content, &token, &stamps[0]), &vec![8; size])).await), "WRONG_DIGEST");
        assert_eq!(w.blob_files(), 0);
        assert_eq!(w.put(put.clone()).await.unwrap(), expires, "the day that was promised");
        assert_eq!(w.get([1; 32], &token, 0).await.unwrap().1, content);
        assert_eq!((w.put(put[..1].to_vec()).await.unwrap(), w.blob_files()), (expires, 1), "it is there");

        // and one that was cut short
        std::fs::write(file(), b"short").unwrap();
        assert_eq!(refused(w.get([1; 32], &token, 0).await), "NOT_PERMITTED");
        assert_eq!(w.put(put.clone()).await.unwrap(), expires);
        assert_eq!(w.get([1; 32], &token, 0).await.unwrap().1, content);
    }
}
