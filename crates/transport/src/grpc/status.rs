//! gRPC's status, in trailers.

use http::{HeaderMap, HeaderValue};
use tidegate_core::{Error, ErrorKind};
use tonic::Code;

use crate::codes::{KIND_TRAILER, grpc_code, kind_named, kind_of};

const STATUS: &str = "grpc-status";
const MESSAGE: &str = "grpc-message";
/// A longer text would not fit the peer's limit for headers.
const MAX_MESSAGE: usize = 4096;

/// The trailers of a call that went well.
pub(crate) fn trailers_ok() -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert(STATUS, HeaderValue::from_static("0"));
    trailers
}

/// The trailers of a call that ends with `error`.
pub(crate) fn trailers_of(error: &Error) -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(3);
    trailers.insert(STATUS, HeaderValue::from(grpc_code(error.kind()) as i32));
    trailers.insert(
        KIND_TRAILER,
        HeaderValue::from_static(error.kind().as_str()),
    );
    if let Ok(message) = HeaderValue::from_str(&percent_encode(&error.to_string())) {
        trailers.insert(MESSAGE, message);
    }
    trailers
}

/// The status that headers or trailers hold: nothing, good, or an error.
pub(crate) fn status_of(headers: &HeaderMap) -> Option<Result<(), Error>> {
    let code = headers.get(STATUS)?;
    let code = Code::from_bytes(code.as_bytes());
    if code == Code::Ok {
        return Some(Ok(()));
    }
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let message = percent_decode(text(MESSAGE).unwrap_or_default());
    Some(Err(error_of(code, text(KIND_TRAILER), message)))
}

/// The error that a peer's code, and the kind where it told it, stand for.
pub(crate) fn error_of(code: Code, kind: Option<&str>, message: String) -> Error {
    let kind = kind
        .and_then(kind_named)
        .unwrap_or_else(|| kind_of(code, &message));
    let message = if message.is_empty() {
        code.description().to_owned()
    } else {
        message
    };
    let kind = if kind == ErrorKind::Executor {
        ErrorKind::Internal
    } else {
        kind
    };
    Error::new(kind, message)
}

/// Percent-encodes a message as gRPC has it: all but printable ASCII, and `%` itself.
fn percent_encode(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    for &byte in message.as_bytes() {
        if out.len() > MAX_MESSAGE {
            break;
        }
        match byte {
            b' '..=b'~' if byte != b'%' => out.push(char::from(byte)),
            _ => {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
    out
}

/// The inverse of [`percent_encode`], for anything a peer may send.
fn percent_decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let digit = |i: usize| {
            tail.get(i)
                .and_then(|&digit| char::from(digit).to_digit(16))
        };
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            _ => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_every_kind_travels_as_itself() {
        for &kind in ErrorKind::ALL {
            let sent = Error::new(kind, "100 % of “it”\nfailed");
            let got = status_of(&trailers_of(&sent)).unwrap().unwrap_err();
            let expected = if kind == ErrorKind::Executor {
                ErrorKind::Internal
            } else {
                kind
            };
            assert_eq!((got.kind(), got.message()), (expected, sent.message()));
        }
        assert!(status_of(&trailers_ok()).unwrap().is_ok());
        assert!(status_of(&HeaderMap::new()).is_none());
    }

    #[test]
    fn stray_percent_signs_are_kept() {
        assert_eq!(percent_decode("5% of %zz %4"), "5% of %zz %4");
    }
}
