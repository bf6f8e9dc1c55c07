//! What travels through a Flow: a header, parameters, a payload, and the hops it has made.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use crate::error::RemoteException;

/// Who the request is and where it wants to go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// The caller's id for it; echoed in the response.
    pub request_id: String,
    /// The endpoint, such as `/index`; `None` where the caller named none.
    pub endpoint: Option<String>,
    /// A regular expression over whole Executor names, or `None` for all.
    pub target: Option<String>,
    /// The outcome, on the way back.
    pub status: Option<Status>,
    /// Jina's `timeout` field, kept as it came.
    pub timeout: Option<u32>,
}

/// Documents as they stand: encoded, and decoded only by whoever must look inside.
///
/// The bytes are a serialised `DocumentArrayProto`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Payload(pub Bytes);

/// One request, and its answer: Jina uses one message for both.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Id, endpoint, target, outcome.
    pub header: Header,
    /// A serialised `google.protobuf.Struct`, as the caller sent it.
    pub parameters: Bytes,
    /// The Documents; `None` where the message carried no `data` at all.
    pub payload: Option<Payload>,
    /// The hops made so far.
    pub routes: Vec<Route>,
    /// When the caller stops waiting.
    pub deadline: Option<Instant>,
    /// Fields of the message that we do not know, to be sent on as they came.
    pub unknown: Bytes,
}

/// A hop: which Executor, when, and how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The name of the Executor, or `gateway`.
    pub executor: String,
    /// When the hop began.
    pub start: Option<Timestamp>,
    /// When it ended.
    pub end: Option<Timestamp>,
    /// How it went; `None` means well.
    pub status: Option<Status>,
}

/// The outcome of a request or a hop.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Success or error.
    pub code: StatusCode,
    /// `repr` of the exception, or what else went wrong.
    pub description: String,
    /// The exception that user code raised.
    pub exception: Option<RemoteException>,
}

/// Success or error: all that Tidegate emits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StatusCode {
    /// It went well.
    #[default]
    Success,
    /// It failed; the description says how.
    Error,
}

impl Status {
    /// Reads a status as it stands on the wire.
    ///
    /// Jina renumbered its codes without a version change: 1 and 2 are `PENDING` and `READY` for an old
    /// peer and an error for a new one, so they count as an error only when a reason comes with them. Any
    /// other code is an error by itself, and is its own reason where none comes with it.
    #[must_use]
    pub fn from_wire(
        code: i32,
        mut description: String,
        exception: Option<RemoteException>,
    ) -> Self {
        let told = !description.is_empty() || exception.is_some();
        let code = match code {
            0 => StatusCode::Success,
            1 | 2 if !told => StatusCode::Success,
            other => {
                if !told {
                    description = format!("status code {other} without a reason");
                }
                StatusCode::Error
            }
        };
        Self {
            code,
            description,
            exception,
        }
    }

    /// Whether it is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.code == StatusCode::Error
    }
}

/// A point in time, as protobuf has it: seconds and nanoseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp {
    /// Whole seconds.
    pub seconds: i64,
    /// Nanoseconds, 0 to 999,999,999.
    pub nanos: i32,
}

impl Timestamp {
    /// The present, by the system's clock. For people to read, never for deadlines.
    #[must_use]
    pub fn now() -> Self {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Self {
            seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            nanos: i32::try_from(since.subsec_nanos()).unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_old_and_new_peers() {
        let status = |code, text: &str| Status::from_wire(code, text.into(), None).is_error();
        assert!(!status(0, "") && !status(1, "") && !status(2, ""));
        assert!(status(1, "ValueError('boom')") && status(3, ""));
        // It is written as 1, which is an error only with a reason.
        let reason = Status::from_wire(3, String::new(), None).description;
        assert_eq!(reason, "status code 3 without a reason");
    }
}
