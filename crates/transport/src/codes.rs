//! The one table from a kind of error to gRPC's codes and to the names of Python's classes.

use tidegate_core::ErrorKind;
use tonic::Code;

/// The trailer that carries [`ErrorKind::as_str`], since several kinds share a code.
pub const KIND_TRAILER: &str = "tidegate-error-kind";

/// The gRPC code of a kind.
#[must_use]
pub fn grpc_code(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::InvalidInput => Code::InvalidArgument,
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::TooLarge | ErrorKind::Overloaded => Code::ResourceExhausted,
        ErrorKind::Unavailable | ErrorKind::Startup => Code::Unavailable,
        ErrorKind::DeadlineExceeded => Code::DeadlineExceeded,
        ErrorKind::Cancelled => Code::Cancelled,
        ErrorKind::Config => Code::FailedPrecondition,
        ErrorKind::NotSupported => Code::Unimplemented,
        // `ErrorKind` grows: what this table does not know is a defect of ours until it does.
        _ => Code::Internal,
    }
}

/// The kind that a code of a peer stands for, where the peer does not say which.
#[must_use]
pub fn kind_of(code: Code, message: &str) -> ErrorKind {
    match code {
        Code::InvalidArgument
        | Code::OutOfRange
        | Code::AlreadyExists
        | Code::FailedPrecondition => ErrorKind::InvalidInput,
        Code::NotFound => ErrorKind::NotFound,
        // grpcio refuses a long message with this code too, and says so only in words.
        Code::ResourceExhausted if message.contains("larger than") => ErrorKind::TooLarge,
        Code::ResourceExhausted => ErrorKind::Overloaded,
        Code::Unavailable => ErrorKind::Unavailable,
        Code::DeadlineExceeded => ErrorKind::DeadlineExceeded,
        Code::Cancelled | Code::Aborted => ErrorKind::Cancelled,
        Code::Unimplemented => ErrorKind::NotSupported,
        Code::Unknown => ErrorKind::Executor,
        Code::Ok | Code::Internal | Code::DataLoss => ErrorKind::Internal,
        Code::PermissionDenied | Code::Unauthenticated => ErrorKind::InvalidInput,
    }
}

/// The kind whose [`ErrorKind::as_str`] is `name`.
#[must_use]
pub fn kind_named(name: &str) -> Option<ErrorKind> {
    ErrorKind::ALL
        .iter()
        .copied()
        .find(|kind| kind.as_str() == name)
}

/// A code's name in gRPC's documents, such as `RESOURCE_EXHAUSTED`.
#[must_use]
pub fn code_name(code: Code) -> &'static str {
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

/// The name of the Python class that a kind is raised as.
#[must_use]
pub fn python_class(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidInput => "BadClientInput",
        ErrorKind::NotFound => "NotFoundError",
        ErrorKind::TooLarge => "MessageTooLargeError",
        ErrorKind::Overloaded => "OverloadedError",
        ErrorKind::Unavailable => "UnavailableError",
        ErrorKind::DeadlineExceeded => "DeadlineExceededError",
        ErrorKind::Cancelled => "CancelledCallError",
        ErrorKind::Executor => "ExecutorError",
        ErrorKind::Protocol => "ProtocolError",
        ErrorKind::Config => "ConfigError",
        ErrorKind::Startup => "RuntimeFailToStart",
        ErrorKind::NotSupported => "NotSupportedError",
        _ => "InternalError",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_code_a_class_and_a_way_back() {
        let mut classes = std::collections::HashSet::new();
        for &kind in ErrorKind::ALL {
            let code = grpc_code(kind);
            assert_ne!(code, Code::Ok, "{kind}");
            assert_ne!(code_name(code), "OK", "{kind}");
            assert!(
                classes.insert(python_class(kind)),
                "{kind} shares its Python class"
            );
            assert_eq!(kind_named(kind.as_str()), Some(kind));
            assert_eq!(
                grpc_code(kind_of(code, "")) == code,
                !matches!(kind, ErrorKind::Config)
            );
        }
        assert_eq!(kind_named("none of ours"), None);
    }
}
