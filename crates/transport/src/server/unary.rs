//! The calls with one request and one answer.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use http::{HeaderMap, HeaderValue};
use hyper::body::Incoming;
use tidegate_core::{Error, ErrorKind, Request};
use tidegate_proto::decode_request;

use super::body::deadline_passed;
use super::service::Service;
use crate::grpc::{Deframer, Encoding, Framed, frame_request, trailers_ok};

/// Runs `work` until `deadline`, and drops it then.
pub(crate) async fn within<T>(
    deadline: Option<Instant>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(deadline) = deadline else {
        return work.await;
    };
    match tokio::time::timeout_at(deadline.into(), work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(deadline_passed()),
    }
}

/// The only message of a request.
pub(crate) async fn one_message(messages: &mut Deframer<Incoming>) -> Result<bytes::Bytes, Error> {
    match std::future::poll_fn(|cx| messages.poll_message(cx)).await {
        Some(message) => message,
        None => Err(Error::new(ErrorKind::Protocol, "the call has no message")),
    }
}

/// Waits until the client has said that no more messages come.
///
/// An answer before that would leave its last frame without a stream: HTTP/2 counts such frames as the
/// client's faults, and ends the connection over a thousand of them.
pub(crate) async fn no_more(mut messages: Deframer<Incoming>) -> Result<(), Error> {
    match std::future::poll_fn(|cx| messages.poll_message(cx)).await {
        None => Ok(()),
        Some(Err(error)) => Err(error),
        Some(Ok(_)) => Err(Error::new(
            ErrorKind::Protocol,
            "the call has more than one message",
        )),
    }
}

/// `JinaSingleDataRequestRPC/process_single_data`: the answer, and its trailers.
pub(crate) async fn process_single_data(
    service: Arc<dyn Service>,
    mut messages: Deframer<Incoming>,
    deadline: Option<Instant>,
    encoding: Option<Encoding>,
) -> Result<(Framed, HeaderMap), Error> {
    let mut request: Request = decode_request(one_message(&mut messages).await?)?;
    request.deadline = deadline;
    let response = service.handle(request).await?;
    no_more(messages).await?;
    let mut trailers = trailers_ok();
    if response
        .header
        .status
        .as_ref()
        .is_some_and(tidegate_core::Status::is_error)
    {
        trailers.insert("is-error", HeaderValue::from_static("true"));
    }
    Ok((frame_request(&response, encoding)?, trailers))
}
