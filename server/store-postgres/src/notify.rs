//! Wake-ups between relays: after each commit a relay tells the others in which channels there is something new.
//!
//! Telling and hearing have connections of their own, beside the writer's: nothing waits for them. A wake-up is a hint: when
//! one is lost, or a connection is, followers look at their channels at the next heartbeat (I6), and whoever hears again after
//! a break is told so, having begun to listen before.

use crate::connect::{Heard, PgOptions};
use crate::{OpenError, Threads};
use lacre_ground::ids::ChannelId;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// What is listened to.
const TOPIC: &str = "lacre_stored";
/// Hexadecimal digits of a process, and of a channel.
const RELAY_DIGITS: usize = 32;
const CHANNEL_DIGITS: usize = 64;
/// Channels in one notification: it must be shorter than 8,000 bytes.
const TOGETHER: usize = (7_999 - RELAY_DIGITS) / CHANNEL_DIGITS;
/// How long a broken connection is left alone before the next one is tried.
const PAUSE: Duration = Duration::from_millis(500);
/// Batches that wait to be told of; what comes above it is left to heartbeats.
const WAITING: usize = 256;

/// What somebody who follows hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken<'a> {
    /// another relay stored something in these
    In(&'a [ChannelId]),
    /// something may have been missed: it is listened again from now on
    Missed,
}

fn digits(bytes: &[u8], to: &mut String) {
    for byte in bytes {
        let _ = write!(to, "{byte:02x}");
    }
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Texts of notifications, each below the limit.
fn texts(relay: &[u8; 16], channels: &[ChannelId]) -> Vec<String> {
    let part = |part: &[ChannelId]| {
        let mut text = String::with_capacity(RELAY_DIGITS + part.len() * CHANNEL_DIGITS);
        digits(relay, &mut text);
        part.iter().for_each(|channel| digits(channel.as_bytes(), &mut text));
        text
    };
    channels.chunks(TOGETHER).map(part).collect()
}

/// What another process than this one told.
fn read(relay: &[u8; 16], text: &str) -> Vec<ChannelId> {
    let from: Option<[u8; 16]> = bytes(text);
    if from.is_none_or(|from| from == *relay) {
        return Vec::new();
    }
    let rest = text.get(RELAY_DIGITS..).unwrap_or_default();
    (0..rest.len() / CHANNEL_DIGITS).filter_map(|n| bytes(rest.get(n * CHANNEL_DIGITS..)?).map(ChannelId::new)).collect()
}

/// Tells others what this relay stored.
pub(crate) struct Teller(mpsc::Sender<Vec<ChannelId>>);

impl Teller {
    pub(crate) fn start(options: PgOptions, relay: [u8; 16], runtime: &Handle) -> Self {
        let (told, tells) = mpsc::channel(WAITING);
        runtime.spawn(tell(options, relay, tells));
        Self(told)
    }
    /// Never waits.
    pub(crate) fn tell(&self, channels: Vec<ChannelId>) {
        if !channels.is_empty() && self.0.try_send(channels).is_err() {
            tracing::debug!("a wake-up of other relays is left to their heartbeats");
        }
    }
}

async fn tell(options: PgOptions, relay: [u8; 16], mut tells: mpsc::Receiver<Vec<ChannelId>>) {
    let mut line = None;
    while let Some(first) = tells.recv().await {
        // what came meanwhile goes together
        let mut channels: BTreeSet<ChannelId> = first.into_iter().collect();
        while let Ok(more) = tells.try_recv() {
            channels.extend(more);
        }
        let channels: Vec<ChannelId> = channels.into_iter().collect();
        if line.as_ref().is_none_or(tokio_postgres::Client::is_closed) {
            line = match options.client(Heard::Nothing).await {
                Ok((client, _)) => Some(client),
                Err(e) => {
                    tracing::warn!(cause = %e, "other relays are not told what is new: their heartbeats will look");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
        }
        let Some(client) = &line else { continue };
        for text in texts(&relay, &channels) {
            if let Err(e) = client.execute("SELECT pg_notify($1, $2)", &[&TOPIC, &text]).await {
                tracing::warn!(cause = %e, "other relays were not told what is new: their heartbeats will look");
                line = None;
                break;
            }
        }
    }
}

/// Hears what other relays stored, until it is dropped.
pub struct Listener {
    _threads: Arc<Threads>,
    task: tokio::task::JoinHandle<()>,
}

impl Listener {
    pub(crate) fn start(
        options: PgOptions,
        relay: [u8; 16],
        threads: &Arc<Threads>,
        woken: impl Fn(Woken<'_>) + Send + Sync + 'static,
    ) -> Result<Self, OpenError> {
        let task = threads.handle()?.spawn(listen(options, relay, Arc::new(woken)));
        Ok(Self { _threads: Arc::clone(threads), task })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(options: PgOptions, relay: [u8; 16], woken: Arc<dyn Fn(Woken<'_>) + Send + Sync>) {
    loop {
        let hears = Arc::clone(&woken);
        let heard = Heard::Notifications(Box::new(move |text| {
            let channels = read(&relay, text);
            if !channels.is_empty() {
                hears(Woken::In(&channels));
            }
        }));
        match options.client(heard).await {
            Ok((client, ended)) => match client.batch_execute(&format!("LISTEN {TOPIC}")).await {
                Ok(()) => {
                    // from here on nothing is missed: who follows looks at what came before
                    woken(Woken::Missed);
                    let _ = ended.await;
                }
                Err(e) => tracing::warn!(cause = %e, "what other relays store is not heard"),
            },
            Err(e) => tracing::warn!(cause = %e, "what other relays store is not heard: heartbeats look"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read_by_others_and_each_text_fits() {
        let channels: Vec<ChannelId> = (0..300u16).map(|n| ChannelId::new([u8::try_from(n % 251).unwrap(); 32])).collect();
        let texts = texts(&[1; 16], &channels);
        assert_eq!(texts.iter().map(|text| text.len() < 8_000).collect::<Vec<_>>(), [true; 3]);
        let read_by = |relay| texts.iter().flat_map(|text| read(relay, text)).collect::<Vec<_>>();
        assert_eq!(read_by(&[2; 16]), channels);
        assert_eq!(read_by(&[1; 16]), [], "one's own");
        assert!([read(&[2; 16], ""), read(&[2; 16], "zz"), read(&[2; 16], &"ñ".repeat(48))].iter().all(Vec::is_empty));
    }
}
