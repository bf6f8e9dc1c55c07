//! What a lost connection means to a caller.

use std::error::Error as StdError;

use tidegate_core::{Error, ErrorKind};
use tonic::Code;

use crate::grpc::error_of;

/// The error of a call that has taken longer than its caller waits.
pub(super) fn deadline_passed() -> Error {
    Error::new(
        ErrorKind::DeadlineExceeded,
        "no answer came within the call's timeout",
    )
}

/// The error for whatever the connection says, which is `Unavailable` unless HTTP/2 knows better.
pub(super) fn transport_error(error: Box<dyn StdError + Send + Sync>) -> Error {
    let cause = root_cause(&*error);
    let status = tonic::Status::from_error(error);
    match status.code() {
        Code::Unavailable | Code::Unknown | Code::Internal | Code::Cancelled => Error::new(
            ErrorKind::Unavailable,
            format!("the server cannot be reached: {cause}"),
        ),
        code => error_of(code, None, cause),
    }
}

fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
