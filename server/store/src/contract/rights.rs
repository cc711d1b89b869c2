//! What every store promises of who may do what with a channel, and of what each is shown.

use super::Backend;
use super::channels::*;
use crate::channels::*;
use crate::rules::Limit;
use lacre_ground::ids::{Seq, TokenHash};

promises! { $ rights_contract in rights:
    fn only_the_reader_of_an_inbox_trims_and_what_is_gone_stays_gone<B>() {
        let mut w = World::<B>::new();
        let (c, l) = (w.inbox(1), w.log(2));
        w.stored(&entry(l, 1, 0));
        for n in 1..=5 {
            w.stored(&entry(c, n, 0));
        }

        assert_eq!(w.trim(l, 1), Err(TrimRefused::NotAnInbox));
        assert_eq!(w.trim(c, 6), Err(TrimRefused::Ahead { head: 5 }));
        assert_eq!(w.trim(c, 3), Ok(()));
        assert_eq!(w.trim(c, 3), Ok(()));
        assert_eq!(w.trim(c, 1), Ok(()));
        let page = w.page(c, 1);
        assert_eq!((page.gone_through, page.head, page.entries.len()), (3, 5, 2));
        assert_eq!(w.trim(c, 5), Ok(()));
        w.backend.reopen();
        let page = w.page(c, 1);
        assert_eq!((page.gone_through, page.head, page.entries.len()), (5, 5, 0));
        assert_eq!(w.stored(&entry(c, 6, 0)), 6);
    }

    fn the_reader_of_an_inbox_says_who_may_append<B>() {
        let mut w = World::<B>::new();
        w.rules.max_inbox_tokens = 2;
        let (c, l) = (w.inbox(1), w.log(2));
        let friend = Channel { append: hash("friend", 1), ..c };
        let change = |add: &[TokenHash], remove: &[TokenHash]| ChangeTokens {
            channel: c.id,
            token: c.read,
            add: add.iter().map(|t| Right { token: *t, stamped: false, once: false }).collect(),
            remove: remove.to_vec(),
        };

        let log_change = ChangeTokens { channel: l.id, token: l.read, add: vec![], remove: vec![] };
        assert_eq!(w.change(&log_change), Err(ChangeRefused::NotAnInbox));
        assert_eq!(w.append(&entry(friend, 1, 0)), Err(AppendRefused::NotPermitted));
        assert_eq!(w.change(&change(&[friend.append], &[])), Ok(()));
        assert_eq!(w.change(&change(&[friend.append], &[])), Ok(()));
        w.stored(&entry(friend, 1, 0));
        let limit = Limited { limit: Limit::MaxInboxTokens, value: 2, retry_after_ms: None };
        assert_eq!(w.change(&change(&[hash("third", 1)], &[])), Err(ChangeRefused::Limit(limit)));
        assert_eq!(w.change(&change(&[hash("third", 1)], &[c.append])), Ok(()));
        w.backend.reopen();
        assert_eq!(w.append(&entry(c, 2, 0)), Err(AppendRefused::NotPermitted));
        w.stored(&entry(friend, 2, 0));
        assert_eq!(w.change(&change(&[], &[friend.append, hash("third", 1)])), Ok(()));
        assert_eq!(w.append(&entry(friend, 3, 0)), Err(AppendRefused::NotPermitted));
    }

    fn a_receipt_is_for_whoever_holds_either_token<B>() {
        let mut w = World::<B>::new();
        let (log, inbox) = (w.log(1), w.inbox(2));
        for (c, token) in [(log, log.append), (log, log.read), (inbox, inbox.read)] {
            if c.append == token || c.id == inbox.id {
                w.stored(&entry(c, 1, 0));
            }
            // whatever id comes with it
            for named in [None, Some(1), Some(9)] {
                let found = w.status(c, token, 1, named).unwrap();
                assert_eq!((found.entry_id, found.seal), (entry_id(1), false));
                let beyond = w.status(c, token, 2, named);
                assert_eq!(beyond, Err(StatusRefused::NoEntry { gone_through: 0, head: 1 }));
            }
        }
    }

    // Seen red without the id's check, and with a check that looks at the id and not at its place.
    fn an_append_right_of_an_inbox_shows_the_entry_that_it_names_and_nothing_else<B>() {
        let mut w = World::<B>::new();
        let c = w.inbox(1);
        assert_eq!(w.status(c, c.append, 1, Some(1)), Err(StatusRefused::NotNamed), "empty");
        for n in 1..=6 {
            w.stored(&entry(c, n, 0));
        }
        w.trim(c, 2).unwrap();

        for seq in [1, 2, 3, 4, 6, 7, 1_000, Seq::MAX] {
            for named in [None, Some(1), Some(2), Some(5), Some(9)] {
                assert_eq!(w.status(c, c.append, seq, named), Err(StatusRefused::NotNamed), "{seq} {named:?}");
            }
        }
        let found = w.status(c, c.append, 5, Some(5)).unwrap();
        w.trim(c, 6).unwrap();

        assert_eq!((found.seq.get(), found.entry_id), (5, entry_id(5)));
        assert_eq!(w.status(c, c.append, 5, Some(5)), Err(StatusRefused::NotNamed), "trimmed");
        assert_eq!(w.status(c, c.read, 5, Some(5)), Err(StatusRefused::NoEntry { gone_through: 6, head: 6 }));
    }

    fn an_inbox_says_how_many_rights_it_has_and_a_log_has_one<B>() {
        let mut w = World::<B>::new();
        let (inbox, log) = (w.inbox(1), w.log(2));
        let rights = |w: &World<B>, c: Channel| w.backend.reads().rights(w.admit(c).unwrap().key).unwrap();
        let change = |add: &[u64], remove: Vec<TokenHash>| ChangeTokens {
            channel: inbox.id,
            token: inbox.read,
            add: add.iter().map(|n| Right { token: hash("more", *n), stamped: false, once: false }).collect(),
            remove,
        };

        assert_eq!((rights(&w, inbox), rights(&w, log)), (1, 1));
        w.change(&change(&[1, 2, 2], vec![])).unwrap();
        assert_eq!(rights(&w, inbox), 3);
        w.change(&change(&[], vec![inbox.append, hash("more", 1), hash("more", 2)])).unwrap();
        assert_eq!(rights(&w, inbox), 0);
        assert!(w.admit(inbox).unwrap().inbox && !w.admit(log).unwrap().inbox);
    }
}
