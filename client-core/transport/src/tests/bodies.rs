//! Blobs: whole, resumed, refused, cut, and when the caller's own side fails.

use super::World;
use super::relay::Give;
use lacre_core::network::{NetError, Network, Reason};
use lacre_proto::relay::v1 as wire;
use std::io::{Read, Write};

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

fn header(name: u8, size: usize) -> wire::PutHeader {
    wire::PutHeader { blob: vec![name; 32], size: u64::try_from(size).unwrap(), stamp: vec![1; 32], ..Default::default() }
}

fn request(name: u8, offset: u64) -> wire::GetRequest {
    wire::GetRequest { blob: vec![name; 32], read_token: vec![0; 32], offset }
}

struct Counted<R>(R, usize);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.0.read(buf)?;
        self.1 += n;
        Ok(n)
    }
}

#[test]
fn a_blob_comes_back_as_it_went_whole_and_from_an_offset() {
    let mut w = World::new();
    for (name, size) in [(1, 1), (2, 65_536), (3, 65_537), (4, 3_000_003)] {
        let sent = content(size);
        w.network.put_blob(&w.at, header(name, size), &mut sent.as_slice()).unwrap();
        let mut got = Vec::new();
        assert_eq!(w.network.get_blob(&w.at, request(name, 0), &mut got).unwrap(), u64::try_from(size).unwrap());
        assert_eq!(got, sent);
    }
    let mut tail = Vec::new();
    w.network.get_blob(&w.at, request(4, 2_999_000), &mut tail).unwrap();
    assert_eq!(tail, content(3_000_003)[2_999_000..]);
}

#[test]
fn an_upload_goes_on_where_the_relay_says_and_a_relay_that_says_too_much_breaks_the_protocol() {
    let mut w = World::new();
    let sent = content(200_000);
    let asked = wire::KeptRequest { blob: vec![1; 32], size: 200_000, ..Default::default() };
    assert_eq!(w.network.kept(&w.at, asked.clone()).unwrap().bytes, 0);
    w.relay.script.halves.lock().unwrap().insert(vec![1; 32], sent[..70_001].to_vec());
    assert_eq!(w.network.kept(&w.at, asked.clone()).unwrap().bytes, 70_001);
    let too_much = w.network.kept(&w.at, wire::KeptRequest { size: 70_000, ..asked });
    assert!(matches!(too_much, Err(NetError::Protocol(_))), "{too_much:?}");

    let mut body = Counted(&sent[70_000..], 0);
    let header = wire::PutHeader { offset: 70_000, stamp: vec![], ..header(1, 200_000) };
    w.network.put_blob(&w.at, header, &mut body).unwrap();

    assert_eq!(body.1, 130_000);
    assert_eq!(w.relay.script.blobs.lock().unwrap()[&vec![1; 32]], sent);
}

#[test]
fn an_answer_before_the_end_stops_the_reading() {
    let mut w = World::new();
    let size = 20_000_000;
    w.relay.script.blobs.lock().unwrap().insert(vec![9; 32], vec![1]);

    let mut body = Counted(std::io::repeat(5), 0);
    w.network.put_blob(&w.at, header(9, size), &mut body).unwrap();
    assert!(body.1 < size, "the relay has it: {} bytes read", body.1);

    let mut body = Counted(std::io::repeat(5), 0);
    let unpaid = wire::PutHeader { stamp: vec![], ..header(8, size) };
    let error = w.network.put_blob(&w.at, unpaid, &mut body).unwrap_err();
    assert_eq!(error.reason(), Some(Reason::StampRefused));
    assert!(body.1 < size, "refused: {} bytes read", body.1);
}

#[test]
fn a_blob_that_breaks_off_can_be_taken_up_and_one_too_long_is_the_relays_fault() {
    let mut w = World::new();
    let sent = content(500_000);
    w.network.put_blob(&w.at, header(1, sent.len()), &mut sent.as_slice()).unwrap();

    *w.relay.script.give.lock().unwrap() = Give::CutAfter(250_000);
    let mut got = Vec::new();
    let cut = w.network.get_blob(&w.at, request(1, 0), &mut got);
    assert!(matches!(cut, Err(NetError::Unreachable { .. })), "{cut:?}");
    assert_eq!(got.len(), 250_000);

    *w.relay.script.give.lock().unwrap() = Give::All;
    w.network.get_blob(&w.at, request(1, 250_000), &mut got).unwrap();
    assert_eq!(got, sent);

    *w.relay.script.give.lock().unwrap() = Give::TooMuch;
    let long = w.network.get_blob(&w.at, request(1, 0), &mut Vec::new());
    assert!(matches!(long, Err(NetError::Protocol(_))), "{long:?}");
    let unknown = w.network.get_blob(&w.at, request(2, 0), &mut Vec::new());
    assert_eq!(unknown.unwrap_err().reason(), Some(Reason::NotPermitted));
}

#[test]
fn when_the_callers_own_file_fails_the_relay_is_not_blamed_and_keeps_nothing() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut w = World::new();
    let short = content(100_000);
    let outcome = w.network.put_blob(&w.at, header(1, 200_000), &mut short.as_slice());
    assert!(matches!(outcome, Err(NetError::Body { .. })), "{outcome:?}");
    assert!(w.relay.script.blobs.lock().unwrap().is_empty());

    w.network.put_blob(&w.at, header(2, 100_000), &mut short.as_slice()).unwrap();
    let outcome = w.network.get_blob(&w.at, request(2, 0), &mut Full);
    assert!(matches!(outcome, Err(NetError::Body { .. })), "{outcome:?}");
}
