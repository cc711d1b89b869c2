//! What one call holds of the relay's memory ([`crate::memory`]): its own weight until its answer is on its way, its request
//! until it is answered, its answer until it is sent.

use crate::border::store_down;
use crate::limits::MAX_REQUEST;
use crate::memory::{Call, Hold, Holder};
use hyper::body::{Body, Frame, SizeHint};
use lacre_store::StoreDown;
use prost::bytes::Bytes;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use tonic::codegen::http;

/// Bytes in front of each message of a call: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// A message of more bytes is refused while others hold all that may be held; a smaller one weighs little more than its call.
const LARGE: usize = 16 * 1024;

/// One call.
pub(super) struct Held {
    holder: Holder,
    request: Mutex<Hold>,
    _call: Call,
}

impl Held {
    /// Of the call with this request, whose bytes are counted as they come; none when its connection is not counted.
    pub(super) fn call(request: &mut http::Request<tonic::body::Body>) -> Option<Arc<Self>> {
        let holder = request.extensions().get::<Holder>()?.clone();
        let held = Arc::new(Self { request: Mutex::new(holder.hold(0)), _call: holder.call(), holder });
        let inner = std::mem::take(request.body_mut());
        let counted = Incoming { inner, held: Arc::clone(&held), message: Message::default() };
        *request.body_mut() = tonic::body::Body::new(counted);
        Some(held)
    }

    fn request(&self, bytes: usize) {
        self.request.lock().unwrap_or_else(PoisonError::into_inner).set(bytes);
    }

    /// The request was dealt with, as far as it has come.
    pub(super) fn answered(&self) {
        self.request(0);
    }

    /// A part of the answer.
    pub(super) fn answer(&self, part: Bytes) -> Bytes {
        self.holder.hold_bytes(part)
    }
}

/// The message of a stream that has begun and is not whole.
#[derive(Default)]
struct Message {
    prefix: [u8; PREFIX],
    /// of it and its prefix
    come: usize,
    /// of the message alone
    left: usize,
}

impl Message {
    /// Further bytes have come.
    fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let wanted = if self.come < PREFIX { PREFIX - self.come } else { self.left };
            let (now, later) = bytes.split_at(wanted.min(bytes.len()));
            if let Some(place) = self.prefix.get_mut(self.come..self.come + now.len()).filter(|_| self.come < PREFIX) {
                place.copy_from_slice(now);
            } else {
                self.left -= now.len();
            }
            let in_prefix = self.come < PREFIX;
            self.come += now.len();
            bytes = later;
            if in_prefix && self.come == PREFIX {
                let [_, length @ ..] = self.prefix;
                self.left = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
            }
            if self.come >= PREFIX && self.left == 0 {
                self.come = 0;
            }
        }
    }

    /// Bytes that are set aside for it once its length is known; none for a length that no call takes.
    fn announced(&self) -> usize {
        let all = self.come + self.left;
        if self.come < PREFIX || all > PREFIX + MAX_REQUEST { self.come } else { all }
    }
}

/// A request on its way in. Whoever asks for more has dealt with every message that was whole.
struct Incoming {
    inner: tonic::body::Body,
    held: Arc<Held>,
    message: Message,
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            let begun = self.message.come;
            self.message.pass(data);
            let announced = self.message.announced();
            self.held.request((begun + data.len()).max(announced));
            // behind this the decoder sets aside what was announced
            if announced > LARGE && !self.held.holder.has_room() {
                let down = StoreDown::new("what all connections may hold is held");
                return Poll::Ready(Some(Err(store_down(down))));
            }
        }
        Poll::Ready(frame)
    }
    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unfinished_message_is_known_however_its_bytes_are_cut() {
        let mut stream = Vec::new();
        for length in [0u32, 1, 7, 300, 0, 2] {
            stream.push(0);
            stream.extend(length.to_be_bytes());
            stream.extend(vec![9; length as usize]);
        }
        stream.extend([0, 0, 0, 1, 0, 5, 5, 5]);
        for cut in 1..stream.len() {
            let mut message = Message::default();

            stream.chunks(cut).for_each(|bytes| message.pass(bytes));

            assert_eq!((message.come, message.left), (8, 253), "cut every {cut}");
            assert_eq!(message.announced(), PREFIX + 256);
        }
    }

    #[test]
    fn what_is_announced_counts_from_the_announcement_on_unless_no_call_takes_so_much() {
        for (length, counts) in [(MAX_REQUEST, PREFIX + MAX_REQUEST), (MAX_REQUEST + 1, PREFIX)] {
            let mut message = Message::default();
            let prefix = [&[0][..], &u32::try_from(length).unwrap().to_be_bytes()].concat();

            message.pass(&prefix[..4]);
            let before = message.announced();
            message.pass(&prefix[4..]);

            assert_eq!((before, message.announced()), (4, counts));
        }
    }
}
