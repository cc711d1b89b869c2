//! What sessions promise, wherever they are kept: of two handles that take turns.

use crate::rules::{Limit, Rules};
use crate::sessions::{Opening, Sessions};
use crate::speaker::Speaker;
use lacre_ground::ids::{AccountId, DeviceId, TokenHash};
use lacre_ground::time::Millis;

fn who(n: u8) -> Speaker {
    Speaker { account: AccountId::new([n; 32]), device: DeviceId::new([n; 16]) }
}

fn at(ms: u64) -> Millis {
    Millis::new(1_000_000 + ms)
}

fn token(n: u16) -> TokenHash {
    let [high, low] = n.to_be_bytes();
    let mut bytes = [high; 32];
    bytes[31] = low;
    TokenHash::new(bytes)
}

pub fn a_session_ends_with_its_time_and_with_its_device([here, there]: [&dyn Sessions; 2]) {
    let rules = Rules::default();
    let (a, b) = (token(1), token(2));
    let second = Speaker { device: DeviceId::new([9; 16]), ..who(1) };
    here.open(at(0), &rules, &Opening { who: who(1), key: [1; 32], token: a }).unwrap().unwrap();
    let ends = there.open(at(1), &rules, &Opening { who: second, key: [9; 32], token: b }).unwrap().unwrap();
    assert_eq!(there.who(at(2), &a), Ok(Some(who(1))));
    here.keep_only(&who(1).account, &[(second.device, [9; 32])]).unwrap();
    assert_eq!(there.who(at(2), &a), Ok(None), "its device was removed at the other");
    assert_eq!(here.who(at(2), &b), Ok(Some(second)));
    assert_eq!(here.who(ends, &b), Ok(None));
    there.keep_only(&who(1).account, &[(second.device, [8; 32])]).unwrap();
    assert_eq!(here.who(at(2), &b), Ok(None), "the device has another key");
    here.open(at(3), &rules, &Opening { who: who(1), key: [1; 32], token: a }).unwrap().unwrap();
    there.close(&a).unwrap();
    assert_eq!(here.who(at(3), &a), Ok(None));
    assert_eq!(here.who(at(3), &token(3)), Ok(None));
}

/// Leaves one session behind.
pub fn sessions_are_bounded_by_device_and_in_all([here, there]: [&dyn Sessions; 2]) {
    let rules = Rules { max_sessions: 5, sessions_per_device: 2, ..Rules::default() };
    for n in 0..200 {
        let opening = Opening { who: who(1), key: [1; 32], token: token(n) };
        let turn = if n.is_multiple_of(2) { here } else { there };
        turn.open(at(n.into()), &rules, &opening).unwrap().unwrap();
    }
    assert_eq!(here.who(at(200), &token(197)), Ok(None));
    for n in [198, 199] {
        assert_eq!(there.who(at(200), &token(n)), Ok(Some(who(1))), "{n}");
    }
    let of = |n: u8| Opening { who: who(n), key: [1; 32], token: token(1_000 + u16::from(n)) };
    for n in 2..5 {
        here.open(at(200), &rules, &of(n)).unwrap().unwrap();
    }
    let full = there.open(at(200), &rules, &of(5)).unwrap().unwrap_err();
    assert_eq!(full.limit, Limit::MaxSessions);
    let later = at(200 + rules.session_lifetime_ms);
    here.open(later, &rules, &of(5)).unwrap().unwrap();
    assert_eq!(there.who(later, &of(5).token), Ok(Some(who(5))));
    assert_eq!(there.who(later, &of(4).token), Ok(None));
}
