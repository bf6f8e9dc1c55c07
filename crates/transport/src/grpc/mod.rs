//! gRPC's own framing over HTTP/2, shared by the server and the client.
//!
//! Messages are kept as the bytes they came in: no codec, and no copy where one DATA frame holds a message.

mod deframe;
mod encoding;
mod status;
mod timeout;

pub(crate) use deframe::Deframer;
pub(crate) use encoding::ACCEPTED;
pub use encoding::Encoding;
pub(crate) use status::{error_of, status_of, trailers_of, trailers_ok};
pub(crate) use timeout::{format_timeout, parse_timeout};

use bytes::{BufMut, Bytes, BytesMut};
use tidegate_core::{Error, ErrorKind, Request};
use tidegate_proto::encode_request_split;

/// The length of what stands before each message: a flag, and the length in four bytes.
pub(crate) const PREFIX_LEN: usize = 5;

/// The content type of every call.
pub(crate) const CONTENT_TYPE: &str = "application/grpc";

/// A message with its prefix, in one piece or two (the second may be empty).
pub(crate) type Framed = [Bytes; 2];

/// Frames a request or an answer, compressed if `encoding` says so.
pub(crate) fn frame_request(
    request: &Request,
    encoding: Option<Encoding>,
) -> Result<Framed, Error> {
    let mut encoded = encode_request_split(request, PREFIX_LEN);
    if let Some(encoding) = encoding {
        return frame_compressed(&[&encoded.head[PREFIX_LEN..], &encoded.tail], encoding);
    }
    let len = message_len(encoded.head.len() - PREFIX_LEN + encoded.tail.len())?;
    encoded.head[1..PREFIX_LEN].copy_from_slice(&len.to_be_bytes());
    Ok([encoded.head.freeze(), encoded.tail])
}

/// Frames a message that is encoded already.
pub(crate) fn frame_bytes(message: Bytes, encoding: Option<Encoding>) -> Result<Framed, Error> {
    if let Some(encoding) = encoding {
        return frame_compressed(&[&message], encoding);
    }
    let len = message_len(message.len())?;
    let small = message.len() < 4096;
    let mut head = BytesMut::with_capacity(PREFIX_LEN + if small { message.len() } else { 0 });
    head.put_u8(0);
    head.put_u32(len);
    if !small {
        return Ok([head.freeze(), message]);
    }
    head.extend_from_slice(&message);
    Ok([head.freeze(), Bytes::new()])
}

fn frame_compressed(pieces: &[&[u8]], encoding: Encoding) -> Result<Framed, Error> {
    let mut head = vec![1, 0, 0, 0, 0];
    encoding.compress(pieces, &mut head)?;
    let len = message_len(head.len() - PREFIX_LEN)?;
    head[1..PREFIX_LEN].copy_from_slice(&len.to_be_bytes());
    Ok([Bytes::from(head), Bytes::new()])
}

fn message_len(len: usize) -> Result<u32, Error> {
    u32::try_from(len).map_err(|_| {
        Error::new(
            ErrorKind::TooLarge,
            format!("a message of {len} bytes is over gRPC's limit of 4 GiB"),
        )
    })
}
