//! What every store promises of what goes when its time is over.

use super::Backend;
use super::channels::*;
use crate::channels::*;
use lacre_ground::ids::Seq;
use lacre_ground::time::Millis;

promises! { $ retention_contract in retention:
    fn retention_removes_the_oldest_entries_and_the_name_outlives_them<B>() {
        let mut w = World::<B>::new();
        let (c, d) = (w.log(1), w.inbox(2));
        for n in 1..=6 {
            w.stored(&entry(c, n, n - 1));
            w.stored(&entry(d, n, 0));
            w.later(1_000);
        }
        let keep = w.rules.entry_retention_ms;
        // the third of each is just at the end of its time
        w.now = Millis::new(1_800_000_000_000 + 2_000 + keep);

        assert_eq!(w.retire(4), Retired { entries: 4, channels: 0 });
        assert_eq!(w.retire(4), Retired { entries: 2, channels: 0 });
        assert_eq!(w.retire(4), Retired::default());
        for c in [c, d] {
            let page = w.page(c, 1);
            assert_eq!((page.gone_through, page.head), (3, 6));
            assert_eq!(page.entries.first().unwrap().seq.get(), 4);
        }
        // the relay can no longer know an id that is gone
        assert_eq!(w.append(&entry(c, 9, 2)), Err(AppendRefused::CatchUp { head: 6 }));
        let status = w.status(c, c.read, 1, None);
        assert_eq!(status, Err(StatusRefused::NoEntry { gone_through: 3, head: 6 }));
        w.later(10_000);
        assert_eq!(w.retire(100), Retired { entries: 6, channels: 0 });
        w.backend.reopen();
        assert_eq!(w.page(c, 1), Page { entries: vec![], head: 6, gone_through: 6 });
        assert_eq!(w.stored(&entry(c, 9, 6)), 7);
    }

    fn a_round_of_retention_removes_no_more_rows_than_it_may_and_appends_go_on_between<B>() {
        let mut w = World::<B>::new();
        let (c, d) = (w.log(1), w.inbox(2));
        // channels that end with the entries, each two rows with its right
        for n in 10..20 {
            w.log(n);
        }
        for n in 1..=9 {
            w.stored(&entry(c, n, n - 1));
        }
        w.later(w.rules.channel_retention_ms);
        w.stored(&entry(d, 1, 0));
        let (mut rounds, mut head) = (Vec::new(), 9);
        loop {
            let retired = w.retire(4);
            if retired == Retired::default() {
                break;
            }
            rounds.push((retired.entries, retired.channels));
            // in the middle of it a sender is told what is gone, and gets his next place
            let behind = w.page(c, 1).gone_through - 1;
            assert_eq!(w.append(&entry(c, 100 + head, behind)), Err(AppendRefused::CatchUp { head }));
            assert_eq!(w.stored(&entry(c, 200 + head, head)), head + 1);
            head += 1;
        }

        assert_eq!(rounds, [(4, 0), (4, 0), (1, 1), (0, 2), (0, 2), (0, 2), (0, 2), (0, 1)]);
        assert_eq!(w.page(c, 1).entries.len(), 8);
        assert!(w.admit(c).is_ok() && w.admit(d).is_ok());
    }

    fn a_channel_is_forgotten_two_years_after_its_last_use_and_not_before<B>() {
        const YEARS: u64 = 2 * 365 * 24 * 60 * 60 * 1000;
        let mut w = World::<B>::new();
        let (unused, written, read) = (w.log(1), w.log(2), w.inbox(3));
        w.later(w.rules.reader_use_ms);
        w.stored(&entry(written, 1, 0));
        let admitted = w.admit(read).unwrap();
        assert!(admitted.touch);
        w.ask(Touch(admitted.key));
        assert!(!w.admit(read).unwrap().touch);
        let used = w.now;
        assert_eq!(w.retire(100), Retired::default());

        w.now = Millis::new(1_800_000_000_000).plus(YEARS);
        assert_eq!(w.retire(100), Retired { entries: 1, channels: 0 });
        assert!(w.admit(unused).is_ok());
        w.now = Millis::new(1_800_000_000_000).plus(w.rules.channel_retention_ms);
        assert_eq!(w.retire(100), Retired { entries: 0, channels: 1 });
        assert_eq!(w.admit(unused), Err(NotPermitted));
        assert!(w.admit(written).is_ok() && w.admit(read).is_ok());
        w.now = used.plus(w.rules.channel_retention_ms);
        assert_eq!(w.retire(100), Retired { entries: 0, channels: 2 });
        assert_eq!(w.append(&entry(written, 2, 1)), Err(AppendRefused::NotPermitted));
        // a cursor of a forgotten channel sees nothing, also not another channel's entries
        for n in 10..20 {
            let next = w.log(n);
            w.stored(&entry(next, 1, 0));
        }
        let page = w.backend.reads().page(admitted.key, Seq::FIRST, PageLimits { entries: 9, bytes: 9 }).unwrap();
        assert_eq!(page, Page { entries: vec![], head: 0, gone_through: 0 });
    }
}
