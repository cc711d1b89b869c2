//! What every store promises of blobs: what they cost, how many bytes there may be, and when they go.

use super::Backend;
use super::accounts::*;
use super::channels::hash;
use crate::blobs::{BlobBegun, BlobHeader, BlobKept, ExpireBlobs, FileName, FinishBlob, ForgetBlob, KeepBlobRefused};
use crate::rules::Limit;

promises! { $ blobs_contract in blobs:
    fn a_blob_costs_one_stamp_and_its_name_is_never_given_twice<B>() {
        let mut w = World::<B>::new();
        let (a, b) = (w.stamp(), w.stamp());
        let header = blob(1, 10);
        let expires_at = w.now.plus(w.rules.blob_retention_ms);
        assert_eq!(w.keep(header, 1, None), Err(KeepBlobRefused::Stamp));
        assert_eq!(w.keep(header, 1, Some(hash("none", 0))), Err(KeepBlobRefused::Stamp));
        assert_eq!(w.keep(header, 1, Some(a)), Ok(BlobKept::New { expires_at }));
        w.later(1);
        assert_eq!(w.keep(header, 2, Some(b)), Ok(BlobKept::Again { expires_at }));
        assert_eq!(w.keep(BlobHeader { size: 11, ..header }, 3, Some(b)), Err(KeepBlobRefused::Conflict));
        assert_eq!(w.keep(BlobHeader { read: hash("x", 0), ..header }, 3, Some(b)), Err(KeepBlobRefused::Conflict));
        assert!(w.unspent(&b) && !w.unspent(&a));
        w.backend.reopen();
        let stored = w.backend.reads().blob(&header.blob).unwrap().unwrap();
        assert!(stored.header == header && stored.file == FileName::new([1; 16]) && stored.expires_at == expires_at);
        assert!(w.backend.reads().blob_file_known(&FileName::new([1; 16])).unwrap());
        assert!(!w.backend.reads().blob_file_known(&FileName::new([2; 16])).unwrap());
    }

    fn blobs_fill_the_disks_share_and_expired_ones_make_room<B>() {
        let mut w = World::<B>::new();
        w.rules.max_blob_disk_bytes = 100;
        let keep = |w: &mut World<B>, n: u8, size: u64| {
            let stamp = w.stamp();
            w.keep(blob(n.into(), size), n, Some(stamp))
        };
        keep(&mut w, 1, 60).unwrap();
        w.later(1);
        keep(&mut w, 2, 40).unwrap();
        assert!(matches!(keep(&mut w, 3, 1), Err(KeepBlobRefused::Limit(l)) if l.limit == Limit::MaxBlobDiskBytes));
        assert_eq!(w.backend.reads().blob_bytes().unwrap(), 100);
        w.later(w.rules.blob_retention_ms - 1);
        let now = w.now;
        assert!(w.ask(ExpireBlobs { over_at: now, limit: 10 }) == [FileName::new([1; 16])]);
        assert_eq!(w.backend.reads().blob_bytes().unwrap(), 40);
        assert!(w.backend.reads().blob(&blob(1, 60).blob).unwrap().is_none());
        keep(&mut w, 3, 60).unwrap();
        w.later(w.rules.blob_retention_ms);
        let now = w.now;
        assert!(w.ask(ExpireBlobs { over_at: now, limit: 1 }) == [FileName::new([2; 16])]);
        assert!(w.ask(ExpireBlobs { over_at: now, limit: 1 }) == [FileName::new([3; 16])]);
        assert!(w.ask(ExpireBlobs { over_at: now, limit: 1 }).is_empty());
    }

    fn an_unfinished_blob_is_paid_for_and_counted_from_its_beginning_and_becomes_whole_once<B>() {
        let mut w = World::<B>::new();
        let (a, b) = (w.stamp(), w.stamp());
        let (header, file) = (blob(1, 10), FileName::new([1; 16]));
        assert_eq!(w.begin(header, 1, None), Err(KeepBlobRefused::Stamp));
        assert_eq!(w.begin(header, 1, Some(a)), Ok(BlobBegun::Unfinished));
        assert!(!w.unspent(&a));
        assert_eq!(w.begin(header, 2, None), Ok(BlobBegun::Again));
        assert_eq!(w.begin(BlobHeader { size: 11, ..header }, 2, Some(b)), Err(KeepBlobRefused::Conflict));
        assert_eq!(w.keep(header, 2, Some(b)), Err(KeepBlobRefused::Conflict), "another file is under way");
        assert!(w.unspent(&b));
        w.backend.reopen();
        let reads = w.backend.reads();
        let stored = reads.blob(&header.blob).unwrap().unwrap();
        assert!(!stored.whole && stored.file == file && stored.expires_at == w.now.plus(w.rules.unfinished_retention_ms));
        assert!(reads.blob_file_known(&file).unwrap() && reads.blob_bytes().unwrap() == 10 && reads.counts().unwrap().blobs == 0);

        w.later(5);
        let (now, rules) = (w.now, w.rules.clone());
        let whole = now.plus(rules.blob_retention_ms);
        assert_eq!(w.ask(FinishBlob(FileName::new([2; 16]))), None);
        assert_eq!(w.ask(FinishBlob(file)), Some(whole));
        assert_eq!(w.ask(FinishBlob(file)), None);
        w.ask(ForgetBlob(file));
        assert_eq!(w.keep(header, 3, Some(b)), Ok(BlobKept::Again { expires_at: whole }));
        assert_eq!((w.backend.reads().blob_bytes().unwrap(), w.backend.reads().counts().unwrap().blobs), (10, 1));
    }

    fn unfinished_blobs_have_a_bound_of_number_and_one_of_bytes_and_go_when_they_are_wrong_or_late<B>() {
        let mut w = World::<B>::new();
        (w.rules.max_unfinished_uploads, w.rules.max_unfinished_bytes, w.rules.max_blob_disk_bytes) = (3, 100, 130);
        let begin = |w: &mut World<B>, n: u8, size: u64| {
            let stamp = w.stamp();
            let begun = w.begin(blob(n.into(), size), n, Some(stamp));
            if let Err(KeepBlobRefused::Limit(l)) = begun {
                assert!(w.unspent(&stamp));
                return Some(l.limit);
            }
            assert_eq!(begun, Ok(BlobBegun::Unfinished));
            None
        };
        assert_eq!(begin(&mut w, 1, 60), None);
        assert_eq!(begin(&mut w, 2, 41), Some(Limit::MaxUnfinishedBytes));
        assert_eq!(begin(&mut w, 2, 39), None);
        w.later(1);
        assert_eq!(begin(&mut w, 3, 1), None);
        assert_eq!(begin(&mut w, 4, 1), Some(Limit::MaxUnfinishedUploads));
        w.ask(ForgetBlob(FileName::new([1; 16])));
        assert_eq!(w.backend.reads().blob_bytes().unwrap(), 40);
        let stamp = w.stamp();
        w.keep(blob(5, 60), 5, Some(stamp)).unwrap();
        assert_eq!(begin(&mut w, 1, 31), Some(Limit::MaxBlobDiskBytes));
        assert_eq!(begin(&mut w, 1, 30), None);
        w.later(w.rules.unfinished_retention_ms - 1);
        let now = w.now;
        assert!(w.ask(ExpireBlobs { over_at: now, limit: 10 }) == [FileName::new([2; 16])]);
        assert_eq!(w.backend.reads().blob_bytes().unwrap(), 91);
    }
}
