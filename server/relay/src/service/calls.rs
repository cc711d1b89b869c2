//! Stands around every call: counts it, gives it a random id, and writes that id into the refusal and the operator's log.

use super::Context;
use super::held::Held;
use super::reading::UntilEncoded;
use crate::border::{Reason, unread};
use crate::counters::{Refusals, moment};
use crate::metrics::Metrics;
use hyper::body::{Body, Frame, SizeHint};
use lacre_proto::limits::Limit;
use prost::Message as _;
use prost::bytes::Bytes;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task;
use tonic::codegen::http;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use tracing::Instrument as _;

/// Paths of all calls, from the descriptors; what else a peer asks for is counted as `other`.
static CALLS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let files = prost_types::FileDescriptorSet::decode(lacre_proto::DESCRIPTORS).unwrap_or_default().file;
    let services = files.iter().flat_map(|f| f.service.iter().map(move |s| (f.package(), s)));
    services.flat_map(|(package, s)| s.method.iter().map(move |m| format!("/{package}.{}/{}", s.name(), m.name()))).collect()
});

/// gRPC over HTTP/2: `application/grpc`, alone or with what the message is.
fn is_grpc(headers: &http::HeaderMap) -> bool {
    let kind = headers.get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.strip_prefix("application/grpc").is_some_and(|rest| rest.is_empty() || rest.starts_with(['+', ';']))
}

/// What gRPC's own page says of anything else.
fn no_grpc<B: Body<Data = Bytes> + Default>(refusals: Refusals, id: String, span: tracing::Span) -> http::Response<Watched<B>> {
    let mut answer = http::Response::new(Watched { inner: B::default(), first: None, held: None, refusals, id, span });
    *answer.status_mut() = http::StatusCode::UNSUPPORTED_MEDIA_TYPE;
    answer
}

fn call_of(path: &str) -> &'static str {
    CALLS.get(path).map_or("other", String::as_str)
}

/// Stands around every call.
#[derive(Clone)]
pub struct CallLayer {
    /// where it counts
    pub metrics: Arc<Metrics>,
    /// where ids come from
    pub context: Arc<Context>,
}

impl<S> tower::Layer<S> for CallLayer {
    type Service = Calls<S>;
    fn layer(&self, inner: S) -> Self::Service {
        Calls { layer: self.clone(), inner }
    }
}

/// See [`CallLayer`].
#[derive(Clone)]
pub struct Calls<S> {
    layer: CallLayer,
    inner: S,
}

impl<S, B> tower::Service<http::Request<tonic::body::Body>> for Calls<S>
where
    S: tower::Service<http::Request<tonic::body::Body>, Response = http::Response<B>>,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Default + Unpin + Send,
    B::Error: Send,
{
    type Response = http::Response<Watched<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> task::Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: http::Request<tonic::body::Body>) -> Self::Future {
        let (call, begun) = (call_of(request.uri().path()), moment());
        let id = data_encoding::HEXLOWER.encode(&self.layer.context.random::<8>());
        let span = tracing::error_span!("call", call, id);
        let (metrics, refusals) = (Arc::clone(&self.layer.metrics), self.layer.context.refusals.clone());
        if !is_grpc(request.headers()) {
            metrics.answered(call, "UNKNOWN", begun);
            return Box::pin(async move { Ok(no_grpc(refusals, id, span)) });
        }
        let held = Held::call(&mut request);
        let answering = span.in_scope(|| self.inner.call(request));
        Box::pin(
            async move {
                let answer = answering.await?;
                if let Some(held) = &held {
                    held.answered();
                }
                // a success says so behind its message
                let status = Status::from_header_map(answer.headers()).filter(|s| s.code() != Code::Ok).map(named);
                metrics.answered(call, status.as_ref().map_or("OK", |s| code_name(s.code())), begun);
                let answer = match status {
                    Some(status) => refused(&refusals, &id, &status).into_http(),
                    None => answer,
                };
                let (mut head, inner) = answer.into_parts();
                let read = head.extensions.remove::<UntilEncoded>();
                let mut answer = Watched { inner, first: None, held, refusals, id, span: tracing::Span::current() };
                answer.begin().await;
                drop(read);
                Ok(http::Response::from_parts(head, answer))
            }
            .instrument(span),
        )
    }
}

/// Every refusal of the relay has a reason.
fn named(status: Status) -> Status {
    if status.get_error_details().error_info().is_some() { status } else { unread(&status).unwrap_or(status) }
}

/// Counts a refusal and puts the call's id into its details.
fn refused(refusals: &Refusals, id: &str, status: &Status) -> Status {
    let mut details = status.get_error_details();
    let told = details.error_info().map(|info| info.reason.as_str());
    let reason = told.and_then(Reason::parse);
    refusals.refused(reason, details.error_info().and_then(|info| Limit::parse(info.metadata.get("limit")?)));
    tracing::debug!(reason = reason.map(Reason::as_str), "refused");
    details.set_request_info(id, "");
    Status::with_error_details_and_metadata(status.code(), status.message(), details, status.metadata().clone())
}

/// An answer on its way: a stream can be refused at its end, too. What of it waits for its reader is counted.
pub struct Watched<B: Body> {
    inner: B,
    /// what was ready at once, be it the end
    first: Option<Option<Result<Frame<Bytes>, B::Error>>>,
    held: Option<Arc<Held>>,
    refusals: Refusals,
    id: String,
    span: tracing::Span,
}

impl<B: Body<Data = Bytes> + Unpin> Watched<B> {
    /// Makes the first part of the answer if it can be made: unless it is counted, nobody knows how much a peer that does
    /// not read has waiting.
    async fn begin(&mut self) {
        if !self.inner.is_end_stream() {
            let ready = |cx: &mut task::Context<'_>| match self.next(cx) {
                task::Poll::Ready(part) => task::Poll::Ready(Some(part)),
                task::Poll::Pending => task::Poll::Ready(None),
            };
            self.first = std::future::poll_fn(ready).await;
        }
    }

    fn next(&mut self, cx: &mut task::Context<'_>) -> task::Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let part = task::ready!(Pin::new(&mut self.inner).poll_frame(cx));
        let Some(held) = &self.held else { return task::Poll::Ready(part) };
        task::Poll::Ready(part.map(|part| part.map(|frame| frame.map_data(|data| held.answer(data)))))
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Watched<B>
where
    B::Error: Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
    ) -> task::Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut polled = match self.first.take() {
            Some(first) => task::Poll::Ready(first),
            None => self.next(cx),
        };
        if let task::Poll::Ready(Some(Ok(frame))) = &mut polled
            && let Some(trailers) = frame.trailers_mut()
            && let Some(status) = Status::from_header_map(trailers).filter(|s| s.code() != Code::Ok).map(named)
        {
            let told = self.span.in_scope(|| refused(&self.refusals, &self.id, &status));
            // what does not fit a header leaves the refusal as it was
            let _ = told.add_header(trailers);
        }
        polled
    }
    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.inner.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        if self.first.is_none() { self.inner.size_hint() } else { SizeHint::default() }
    }
}

const fn code_name(code: tonic::Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
