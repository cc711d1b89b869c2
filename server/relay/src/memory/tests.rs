//! Who is closed, who waits, and what counts.

use super::end::lock;
use super::shares::Memory;
use super::weights::{NETWORK_PART, PAGE_WORST, READING_PART, READINGS, READINGS_OF_ONE, formula};
use crate::network::Network;
use prost::bytes::Bytes;
use std::task::{Context, Waker};

#[test]
fn the_unit_gives_the_relay_what_the_formula_says_and_not_twice_as_much() {
    let unit = include_str!("../../../systemd/lacre-relay.service");
    let most = unit.lines().find_map(|line| line.strip_prefix("MemoryMax=")?.strip_suffix('G')?.parse::<usize>().ok());
    let (most, formula) = (most.unwrap() << 30, formula(crate::limits::MAX_CONNECTIONS, 0, crate::limits::HELD));
    assert!(most >= formula && most < 2 * formula, "{most} and {formula}");
}

#[test]
fn at_the_bound_nobody_is_closed_and_above_it_who_holds_most() {
    let memory = Memory::new(100);
    let (small, big, late) =
        (memory.connection(Network::NONE), memory.connection(Network::NONE), memory.connection(Network::NONE));

    let one = small.holder().hold(40);
    let two = big.holder().hold(50);
    let three = late.holder().hold(10);
    assert_eq!((memory.held(), memory.closed().get()), (100, 0));
    let four = late.holder().hold(1);

    assert_eq!([small.is_over(), big.is_over(), late.is_over()], [false, true, false]);
    assert_eq!((memory.held(), memory.closed().get()), (101, 1), "it counts until it is gone");
    drop(two);
    assert_eq!(memory.held(), 51);
    drop((one, three, four));
    assert_eq!(memory.held(), 0, "what the closed one held was taken off once");
}

#[test]
fn who_asks_for_more_than_everything_is_closed_itself_when_it_holds_the_most() {
    let memory = Memory::new(100);
    let (small, big) = (memory.connection(Network::NONE), memory.connection(Network::NONE));
    let _small = small.holder().hold(60);

    let mut hold = big.holder().hold(10);
    hold.set(30);
    hold.set(101);

    assert_eq!([small.is_over(), big.is_over()], [false, true]);
    let _more = big.holder().hold(1_000);
    assert_eq!((memory.held(), memory.closed().get()), (1_161, 1), "a closed one closes nobody else");
    assert!(!small.is_over());
}

#[test]
fn what_is_held_counts_until_it_is_dropped_and_bytes_until_their_last_part_is() {
    let memory = Memory::new(100);
    let connection = memory.connection(Network::NONE);
    let mut hold = connection.holder().hold(10);
    let mut bytes = connection.holder().hold_bytes(Bytes::from(vec![7; 20]));

    let part = bytes.split_off(5);
    hold.set(15);
    assert_eq!((memory.held(), &part[..]), (35, &[7; 15][..]));
    drop(bytes);
    hold.set(4);
    assert_eq!(memory.held(), 24);
    drop((part, hold));
    assert_eq!(memory.held(), 0);

    let left = connection.holder().hold(30);
    let holder = connection.holder();
    drop(connection);
    assert_eq!((memory.held(), holder.is_over()), (30, true), "what outlives its connection counts");
    drop(left);
    assert_eq!(memory.held(), 0);
    assert!(lock(&memory.shares).of.is_empty(), "a connection that is gone leaves nothing behind");
}

/// Whether it is done at the first look.
fn ready<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        std::task::Poll::Ready(done) => Some(done),
        std::task::Poll::Pending => None,
    }
}

#[tokio::test]
async fn a_reading_is_counted_with_its_worst_case_before_it_begins_and_with_what_it_was_afterwards() {
    let memory = Memory::new(100);
    let connection = memory.connection(Network::NONE);

    let reserved = connection.holder().reserve(90).await.unwrap();
    assert_eq!(memory.held(), 90);
    let hold = reserved.read(7);
    assert_eq!(memory.held(), 7);
    drop(hold);
    assert!(connection.holder().reserve(101).await.is_none(), "who asks for more than everything is closed");
    assert!(connection.is_over() && memory.held() == 0);
}

#[tokio::test]
async fn so_many_readings_go_on_at_a_time_of_all_and_of_one_and_the_rest_waits_with_nothing() {
    let memory = Memory::new(READING_PART * PAGE_WORST * READINGS);
    let (greedy, other) = (memory.connection(Network::NONE), memory.connection(Network::NONE));
    let mut turns = Vec::new();
    for _ in 0..READINGS_OF_ONE {
        turns.push(greedy.holder().reserve(10).await.unwrap());
    }
    let holder = greedy.holder();
    let mut further = std::pin::pin!(holder.reserve(10));
    assert!(ready(further.as_mut()).is_none() && memory.held() == 10 * READINGS_OF_ONE);
    drop(other.holder().reserve(10).await.unwrap());

    let mut others = Vec::new();
    for _ in READINGS_OF_ONE..READINGS / NETWORK_PART {
        let connection = memory.connection(Network::NONE);
        others.push((connection.holder().reserve(10).await.unwrap(), connection));
    }
    let holder = other.holder();
    let mut late = std::pin::pin!(holder.reserve(10));
    assert!(ready(late.as_mut()).is_none() && memory.held() == 10 * READINGS / NETWORK_PART, "its network has no more");
    let elsewhere = crate::network::Networks::default().of("192.0.2.1".parse().unwrap());
    for _ in READINGS / NETWORK_PART..READINGS {
        let connection = memory.connection(elsewhere);
        others.push((connection.holder().reserve(10).await.unwrap(), connection));
    }
    assert_eq!(memory.held(), 10 * READINGS);
    drop(turns.pop().unwrap().read(3));
    assert!(ready(late.as_mut()).is_some_and(|turn| turn.is_some()));
}

#[tokio::test]
async fn nothing_begins_in_the_place_of_what_is_being_closed_before_that_is_gone() {
    let memory = Memory::new(100);
    let (big, small) = (memory.connection(Network::NONE), memory.connection(Network::NONE));
    let held = big.holder().hold(95);
    let holder = small.holder();
    let mut reading = std::pin::pin!(holder.set_aside(10));

    assert!(ready(reading.as_mut()).is_none());
    assert_eq!([big.is_over(), small.is_over()], [true, false]);
    drop(held);
    let hold = ready(reading.as_mut()).flatten().unwrap();
    assert_eq!((memory.held(), lock(&memory.shares).waiting), (10, 0));
    drop(hold);
}

#[tokio::test]
async fn who_is_closed_while_it_waits_for_its_turn_is_told_and_lets_go() {
    let memory = Memory::new(100);
    let (other, closed) = (memory.connection(Network::NONE), memory.connection(Network::NONE));
    let turn = other.holder().reserve(1).await.unwrap();
    let holder = closed.holder();
    let mut waits = std::pin::pin!(holder.reserve(10));
    assert!(ready(waits.as_mut()).is_none(), "one turn is all there is under such a bound");

    drop(closed);

    assert!(ready(waits.as_mut()).is_some_and(|turn| turn.is_none()));
    assert_eq!(memory.held(), 1);
    drop(turn);
}
