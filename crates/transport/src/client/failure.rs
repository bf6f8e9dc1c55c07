//! What a lost connection means to a caller.

use std::error::Error as StdError;

use tidegate_core::{Error, ErrorKind, Retry};
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
    let never_sent = is_refused(&*error);
    let status = tonic::Status::from_error(error);
    match status.code() {
        Code::Unavailable | Code::Unknown | Code::Internal | Code::Cancelled => {
            let what = format!("the server cannot be reached: {cause}");
            let error = Error::new(ErrorKind::Unavailable, what);
            if never_sent {
                error.with_retry(Retry::NeverSent)
            } else {
                error
            }
        }
        code => error_of(code, None, cause),
    }
}

/// Whether there was no connection to begin with, so that nothing can have been sent.
fn is_refused(error: &(dyn StdError + 'static)) -> bool {
    use std::io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable,
    };
    let mut at = Some(error);
    while let Some(error) = at {
        let kind = error
            .downcast_ref::<std::io::Error>()
            .map(std::io::Error::kind);
        let refused = [
            ConnectionRefused,
            HostUnreachable,
            NetworkUnreachable,
            AddrNotAvailable,
        ];
        if kind.is_some_and(|kind| refused.contains(&kind)) {
            return true;
        }
        at = error.source();
    }
    false
}

fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
