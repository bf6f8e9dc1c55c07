//! A [`Request`] to bytes.

use bytes::{BufMut, Bytes, BytesMut};
use tidegate_core::{Header, RemoteException, Request, Route, Status, StatusCode, Timestamp};

/// From this size on Documents are not copied into the message but follow it as they are.
const SPLIT_FROM: usize = 16 * 1024;

/// The number of the field that makes room before the Documents; other readers skip it.
pub(crate) const ROOM: u32 = 1001;
/// Where the Documents of a message begin is a multiple of this, for tensors to be viewed where they lie.
const ALIGN: usize = 64;
/// From this many bytes of Documents on that is worth the room.
const LARGE: usize = 2048;

/// An encoded message in one piece or two: `head`, then `tail`.
#[derive(Debug, Clone, Default)]
pub struct Encoded {
    /// The room that was asked for, then everything up to the Documents, or all of it.
    pub head: BytesMut,
    /// The Documents, shared with the request, or nothing.
    pub tail: Bytes,
}

/// Encodes a request in one buffer of exactly the right size.
#[must_use]
pub fn encode_request(request: &Request) -> Bytes {
    let mut out = BytesMut::with_capacity(encoded_len(request));
    put_head(&mut out, request);
    out.extend_from_slice(documents(request));
    out.freeze()
}

/// Encodes a request, leaving `room` zero bytes in front; large Documents are shared, not copied.
#[must_use]
pub fn encode_request_split(request: &Request, room: usize) -> Encoded {
    let tail = match &request.payload {
        Some(payload) if payload.0.len() >= SPLIT_FROM => payload.0.clone(),
        _ => Bytes::new(),
    };
    let mut head = BytesMut::with_capacity(room + encoded_len(request) - tail.len());
    head.put_bytes(0, room);
    put_head(&mut head, request);
    if tail.is_empty() {
        head.extend_from_slice(documents(request));
    }
    Encoded { head, tail }
}

/// How many bytes [`encode_request`] makes.
#[must_use]
pub fn encoded_len(request: &Request) -> usize {
    let mut len = field_len(header_len(&request.header)) + request.unknown.len();
    if !request.parameters.is_empty() {
        len += field_len(request.parameters.len());
    }
    len += request
        .routes
        .iter()
        .map(|route| field_len(route_len(route)))
        .sum::<usize>();
    if request.payload.is_some() {
        len += room_before_documents(len, documents(request).len());
        len += field_len(field_len(documents(request).len()));
    }
    len
}

/// How much room goes before the `data` field of a message that has `at` bytes so far, for Documents of
/// `len` bytes to begin at a multiple of [`ALIGN`]: an unknown field of at least three bytes.
fn room_before_documents(at: usize, len: usize) -> usize {
    if len < LARGE {
        return 0;
    }
    let documents = at + (field_len(field_len(len)) - len);
    match documents.next_multiple_of(ALIGN) - documents {
        0 => 0,
        short @ 1..3 => short + ALIGN,
        room => room,
    }
}

fn documents(request: &Request) -> &[u8] {
    request.payload.as_ref().map_or(&[], |payload| &payload.0)
}

/// Everything but the Documents themselves, which come last.
fn put_head(out: &mut BytesMut, request: &Request) {
    let start = out.len();
    put_tag_len(out, 1, header_len(&request.header));
    put_header(out, &request.header);
    if !request.parameters.is_empty() {
        put_len_field(out, 2, &request.parameters);
    }
    for route in &request.routes {
        put_tag_len(out, 3, route_len(route));
        put_route(out, route);
    }
    out.extend_from_slice(&request.unknown);
    if request.payload.is_some() {
        let len = documents(request).len();
        if let Some(zeros) = room_before_documents(out.len() - start, len).checked_sub(3) {
            put_tag_len(out, u64::from(ROOM), zeros);
            out.put_bytes(0, zeros);
        }
        put_tag_len(out, 4, field_len(len));
        put_tag_len(out, 1, len);
    }
}

fn header_len(header: &Header) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, |text| field_len(text.len()));
    text_len(&header.request_id)
        + header
            .status
            .as_ref()
            .map_or(0, |status| field_len(status_len(status)))
        + text(&header.endpoint)
        + text(&header.target)
        + header
            .timeout
            .map_or(0, |timeout| 1 + varint_len(u64::from(timeout)))
}

fn put_header(out: &mut BytesMut, header: &Header) {
    put_text(out, 1, &header.request_id);
    if let Some(status) = &header.status {
        put_tag_len(out, 2, status_len(status));
        put_status(out, status);
    }
    if let Some(endpoint) = &header.endpoint {
        put_len_field(out, 3, endpoint.as_bytes());
    }
    if let Some(target) = &header.target {
        put_len_field(out, 4, target.as_bytes());
    }
    if let Some(timeout) = header.timeout {
        put_varint(out, 5 << 3);
        put_varint(out, u64::from(timeout));
    }
}

fn route_len(route: &Route) -> usize {
    let time = |time: &Option<Timestamp>| time.map_or(0, |time| field_len(timestamp_len(time)));
    text_len(&route.executor)
        + time(&route.start)
        + time(&route.end)
        + route
            .status
            .as_ref()
            .map_or(0, |status| field_len(status_len(status)))
}

fn put_route(out: &mut BytesMut, route: &Route) {
    put_text(out, 1, &route.executor);
    for (number, time) in [(2, route.start), (3, route.end)] {
        if let Some(time) = time {
            put_tag_len(out, number, timestamp_len(time));
            put_timestamp(out, time);
        }
    }
    if let Some(status) = &route.status {
        put_tag_len(out, 4, status_len(status));
        put_status(out, status);
    }
}

#[allow(clippy::cast_sign_loss)] // protobuf: a negative number is its two's complement in 64 bits
fn timestamp_fields(time: Timestamp) -> [(u64, u64); 2] {
    [(1, time.seconds as u64), (2, i64::from(time.nanos) as u64)]
}

fn timestamp_len(time: Timestamp) -> usize {
    timestamp_fields(time)
        .iter()
        .map(|&(_, value)| if value == 0 { 0 } else { 1 + varint_len(value) })
        .sum()
}

fn put_timestamp(out: &mut BytesMut, time: Timestamp) {
    for (number, value) in timestamp_fields(time) {
        if value != 0 {
            put_varint(out, number << 3);
            put_varint(out, value);
        }
    }
}

fn status_len(status: &Status) -> usize {
    let code = if status.code == StatusCode::Error {
        2
    } else {
        0
    };
    code + text_len(&status.description)
        + status
            .exception
            .as_ref()
            .map_or(0, |exception| field_len(exception_len(exception)))
}

fn put_status(out: &mut BytesMut, status: &Status) {
    if status.code == StatusCode::Error {
        out.extend_from_slice(&[1 << 3, 1]);
    }
    put_text(out, 2, &status.description);
    if let Some(exception) = &status.exception {
        put_tag_len(out, 3, exception_len(exception));
        put_exception(out, exception);
    }
}

fn exception_len(exception: &RemoteException) -> usize {
    let many = |texts: &[String]| {
        texts
            .iter()
            .map(|text| field_len(text.len()))
            .sum::<usize>()
    };
    text_len(&exception.name)
        + many(&exception.args)
        + many(&exception.stacks)
        + text_len(&exception.executor)
}

fn put_exception(out: &mut BytesMut, exception: &RemoteException) {
    put_text(out, 1, &exception.name);
    for arg in &exception.args {
        put_len_field(out, 2, arg.as_bytes());
    }
    for stack in &exception.stacks {
        put_len_field(out, 3, stack.as_bytes());
    }
    put_text(out, 4, &exception.executor);
}

/// A string field without presence: nothing where it is empty.
fn put_text(out: &mut BytesMut, number: u64, text: &str) {
    if !text.is_empty() {
        put_len_field(out, number, text.as_bytes());
    }
}

fn text_len(text: &str) -> usize {
    if text.is_empty() {
        0
    } else {
        field_len(text.len())
    }
}

pub(crate) fn put_len_field(out: &mut BytesMut, number: u64, content: &[u8]) {
    put_tag_len(out, number, content.len());
    out.extend_from_slice(content);
}

/// The tag and length of a length-delimited field; `number` is at most 15.
pub(crate) fn put_tag_len(out: &mut BytesMut, number: u64, len: usize) {
    put_varint(out, number << 3 | 2);
    put_varint(out, len as u64);
}

/// The size of a length-delimited field with a one-byte tag.
fn field_len(content: usize) -> usize {
    1 + varint_len(content as u64) + content
}

fn put_varint(out: &mut BytesMut, mut value: u64) {
    while value >= 0x80 {
        out.put_u8((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}

fn varint_len(value: u64) -> usize {
    let bits = 64 - (value | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}
