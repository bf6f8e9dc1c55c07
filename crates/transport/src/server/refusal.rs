//! Answers to requests that the service refuses.

use bytes::Bytes;
use tidegate_core::{Error, RemoteException, Request, Route, Status, StatusCode, Timestamp};
use tidegate_proto::{decode_request, request_header};

use crate::codes::{code_name, grpc_code, python_class};

/// The answer that says `error` in the stream, so that the stream's other requests go on: the request as
/// it came, with the status of an error.
///
/// # Errors
/// `error` itself, where the request does not even tell its id: nobody could know which it was.
pub(crate) fn refuse_in_band(raw: Bytes, error: Error) -> Result<Request, Error> {
    let mut response = match decode_request(raw.clone()) {
        Ok(request) => request,
        Err(_) => Request {
            header: request_header(&raw),
            ..Request::default()
        },
    };
    if response.header.request_id.is_empty() && response.payload.is_none() {
        return Err(error);
    }
    let status = status_of_refusal(&error);
    let now = Timestamp::now();
    if response.routes.is_empty() {
        response.routes.push(Route {
            executor: "gateway".to_owned(),
            start: Some(now),
            end: Some(now),
            status: Some(status.clone()),
        });
    }
    response.header.status = Some(status);
    Ok(response)
}

/// The status that stands in a response for an error of our own: it names the gRPC code and our class.
#[must_use]
pub fn status_of_refusal(error: &Error) -> Status {
    let exception = error
        .exception()
        .cloned()
        .unwrap_or_else(|| RemoteException {
            name: python_class(error.kind()).to_owned(),
            args: vec![error.to_string()],
            ..RemoteException::default()
        });
    Status {
        code: StatusCode::Error,
        description: format!("{}: {error}", code_name(grpc_code(error.kind()))),
        exception: Some(exception),
    }
}
