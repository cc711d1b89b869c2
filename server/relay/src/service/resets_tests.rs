//! What the relay tells of resets.

use super::world_tests::{World, refused};
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, Handle, TokenHash};
use lacre_proto::relay::v1 as wire;
use lacre_store::accounts::{Enroll, IssueCode, Recover, RunHash, StateDevice};
use lacre_store::counter::By;
use lacre_store::rules::Rules;

/// Something of 32 bytes that no other number has.
fn bytes(n: u32) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    bytes
}

fn device(n: u32) -> Vec<StateDevice> {
    vec![StateDevice { id: DeviceId::new([1; 16]), inbox: ChannelId::new(bytes(n)) }]
}

#[tokio::test]
async fn all_resets_are_told_to_whoever_asks_in_pages_and_without_a_stamp() {
    let w = World::new(Rules::default()).await;
    let page = |from| {
        let mut directory = w.directory();
        async move { directory.resets(wire::ResetsRequest { from }).await.map(tonic::Response::into_inner) }
    };
    assert_eq!(refused(page(0).await), "BAD_FIELD");
    assert_eq!((page(1).await.unwrap().notes.len(), page(1).await.unwrap().head), (0, 0));
    // one person, an example, who comes back again and again
    let (run, handle) = (RunHash::new([1; 32]), Handle::parse("ana").unwrap());
    let issue = |n| IssueCode { by: By::Operator, run, code: TokenHash::new(bytes(n)), recover: n > 0 };
    let (code, account, state) = (TokenHash::new(bytes(0)), AccountId::new(bytes(0)), "state".to_owned());
    w.context.writer.submit(issue(0)).await.unwrap().unwrap();
    let first = Enroll { code, handle: handle.clone(), account, state, devices: device(0), binding: String::new() };
    w.context.writer.submit(first).await.unwrap().unwrap();
    for n in 1..=300u32 {
        w.context.writer.submit(issue(n)).await.unwrap().unwrap();
        let recover = Recover {
            code: TokenHash::new(bytes(n)),
            before: AccountId::new(bytes(n - 1)),
            handle: handle.clone(),
            account: AccountId::new(bytes(n)),
            state: format!("state {n}"),
            devices: device(n),
            binding: String::new(),
            reset: format!("reset {n}"),
            closing: lacre_store::closing::Closing::default(),
        };
        w.context.writer.submit(recover).await.unwrap().unwrap();
    }

    let (first, second, third) = (page(1).await.unwrap(), page(257).await.unwrap(), page(301).await.unwrap());

    let made: Vec<String> = (1..=300).map(|n| format!("reset {n}")).collect();
    assert_eq!((first.notes.as_slice(), first.head), (&made[..256], 300));
    assert_eq!((second.notes.as_slice(), second.head), (&made[256..], 300));
    assert_eq!((third.notes.len(), third.head), (0, 300));
    assert_eq!(first.generation, w.context.reads.generation().as_bytes());
}
