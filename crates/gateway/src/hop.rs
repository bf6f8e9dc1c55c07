//! A hop: one call of one Executor, and what comes of it.

use std::sync::Arc;
use std::time::Instant;

use tidegate_core::graph::Index;
use tidegate_core::{
    Branch, Call, CallReply, CallRequest, Error, ErrorKind, Payload, Route, Status, StatusCode,
    Timestamp,
};

use crate::join;

/// A hop that is over.
#[derive(Debug)]
pub(crate) struct Landed {
    /// The node's place in the Plan.
    pub(crate) index: Index,
    /// What went in, of each branch.
    pub(crate) sent: Sent,
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
    pub(crate) answer: Result<CallReply, Error>,
}

/// Calls the Executor `name` and waits for its answer, or until the deadline.
pub(crate) async fn fly(call: &dyn Call, name: &str, index: Index, request: CallRequest) -> Landed {
    let sent = Sent::of(&request.branches);
    let start = Some(Timestamp::now());
    let answer = within_deadline(call, name, request).await;
    Landed {
        index,
        sent,
        start,
        end: Some(Timestamp::now()),
        answer,
    }
}

async fn within_deadline(
    call: &dyn Call,
    name: &str,
    request: CallRequest,
) -> Result<CallReply, Error> {
    let Some(deadline) = request.deadline else {
        return call.call(request).await;
    };
    let id = Arc::clone(&request.request_id);
    let expired = |place: &str| {
        let said = format!("the deadline of request '{id}' passed {place} Executor '{name}'");
        Error::new(ErrorKind::DeadlineExceeded, said)
    };
    if deadline <= Instant::now() {
        return Err(expired("before it reached"));
    }
    match tokio::time::timeout_at(deadline.into(), call.call(request)).await {
        Ok(answer) => answer,
        Err(_) => Err(expired("in")),
    }
}

/// The Documents that an Executor was given.
#[derive(Debug)]
pub(crate) enum Sent {
    One(Payload),
    /// Of branches that nothing has merged.
    Several(Vec<Payload>),
}

impl Sent {
    fn of(branches: &[Branch]) -> Self {
        match branches {
            [one] => Self::One(one.payload.clone()),
            all => Self::Several(all.iter().map(|branch| branch.payload.clone()).collect()),
        }
    }

    /// All of them, one after another.
    pub(crate) fn whole(self) -> Payload {
        match self {
            Self::One(payload) => payload,
            Self::Several(payloads) => join::concatenated(payloads.into_iter()),
        }
    }
}

impl Landed {
    /// The hop as it stands in the answer's routes.
    pub(crate) fn route(&self, name: &str, status: Option<Status>) -> Route {
        Route {
            executor: name.to_owned(),
            start: self.start,
            end: self.end,
            status,
        }
    }
}

/// The status of a request whose Executor raised.
pub(crate) fn failure(error: &Error) -> Status {
    Status {
        code: StatusCode::Error,
        description: error.message().to_owned(),
        exception: error.exception().cloned(),
    }
}

/// Says which Executor it was about, where the error does not.
pub(crate) fn named(error: Error, name: &str) -> Error {
    if error.to_string().contains(name) {
        error
    } else {
        error.with_context("executor", name)
    }
}
