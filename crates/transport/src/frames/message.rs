//! The frames of a call, as values.

use bytes::Bytes;
use tidegate_core::{Error, ErrorKind, RemoteException, Retry};

use super::{Frame, FrameError, FrameHeader, HEADER_LEN, Kind, flags, sections};

/// A Start, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartFrame {
    /// The call's id.
    pub id: u64,
    /// The endpoint's place in the worker's table.
    pub endpoint: u16,
    /// Microseconds left, or `None` for no deadline.
    pub deadline_us: Option<u64>,
    /// The caller's request id.
    pub request_id: Bytes,
    /// A serialised Struct.
    pub parameters: Bytes,
    /// For each branch the name of the Executor before, and a serialised `DocumentArrayProto`.
    pub branches: Vec<(Bytes, Bytes)>,
}

/// A Reply, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplyFrame {
    /// A serialised Struct: the dict that the endpoint returned.
    pub results: Option<Bytes>,
    /// The Documents, or `None` when they are those that were sent.
    pub payload: Option<Bytes>,
}

/// Appends a header and its sections to `out`.
fn append(mut header: FrameHeader, parts: &[&[u8]], out: &mut Vec<u8>) -> Result<(), FrameError> {
    let len = sections::encoded_len(parts);
    header.len = u32::try_from(len).map_err(|_| FrameError::TooLong {
        len: len as u64,
        limit: u64::from(u32::MAX),
    })?;
    out.reserve(HEADER_LEN + len);
    out.extend_from_slice(&header.to_bytes());
    sections::encode(parts, out);
    Ok(())
}

/// Appends a Start to `out`.
///
/// # Errors
/// [`FrameError::TooLong`] above 4 GiB.
pub fn encode_start(start: &StartFrame, out: &mut Vec<u8>) -> Result<(), FrameError> {
    let mut header = FrameHeader::new(Kind::Start, start.id);
    header.aux = start.endpoint;
    // A deadline that has just passed still is one.
    header.arg = start.deadline_us.map_or(0, |left| left.max(1));
    let mut parts: Vec<&[u8]> = Vec::with_capacity(2 + 2 * start.branches.len());
    parts.push(&start.request_id);
    parts.push(&start.parameters);
    for (from, payload) in &start.branches {
        parts.extend([&from[..], &payload[..]]);
    }
    append(header, &parts, out)
}

impl TryFrom<Frame> for StartFrame {
    type Error = FrameError;

    fn try_from(frame: Frame) -> Result<Self, FrameError> {
        let parts = sections::decode(&frame.body, "start")?;
        let mut parts = parts.into_iter();
        let mut next = || parts.next().ok_or(FrameError::Malformed("start"));
        let (request_id, parameters) = (next()?, next()?);
        let mut branches = Vec::with_capacity(parts.len() / 2);
        while let Some(from) = parts.next() {
            branches.push((from, parts.next().ok_or(FrameError::Malformed("start"))?));
        }
        Ok(Self {
            id: frame.header.id,
            endpoint: frame.header.aux,
            deadline_us: Some(frame.header.arg).filter(|left| *left > 0),
            request_id,
            parameters,
            branches,
        })
    }
}

/// Appends a Reply to `out`.
///
/// # Errors
/// [`FrameError::TooLong`] above 4 GiB.
pub fn encode_reply(
    id: u64,
    results: Option<&[u8]>,
    payload: Option<&[u8]>,
    out: &mut Vec<u8>,
) -> Result<(), FrameError> {
    let mut header = FrameHeader::new(Kind::Reply, id);
    header.flags = if results.is_some() { flags::RESULTS } else { 0 }
        | if payload.is_some() { flags::PAYLOAD } else { 0 };
    if header.flags == 0 {
        out.extend_from_slice(&header.to_bytes());
        return Ok(());
    }
    let parts = [results.unwrap_or_default(), payload.unwrap_or_default()];
    append(header, &parts, out)
}

/// Appends a Reply to `out`, all but its payload, which the caller writes from where it lies, followed by
/// [`sections::padding`] zero bytes. Without a payload the Reply is whole.
///
/// # Errors
/// [`FrameError::TooLong`] above 4 GiB.
pub fn encode_reply_head(
    id: u64,
    results: Option<&[u8]>,
    payload_len: Option<usize>,
    out: &mut Vec<u8>,
) -> Result<(), FrameError> {
    let Some(payload_len) = payload_len else {
        return encode_reply(id, results, None, out);
    };
    let mut header = FrameHeader::new(Kind::Reply, id);
    header.flags = if results.is_some() { flags::RESULTS } else { 0 } | flags::PAYLOAD;
    let results = results.unwrap_or_default();
    // The table of two sections fills one unit of alignment.
    let len = (sections::encoded_len(&[results, &[]]) + payload_len)
        .saturating_add(sections::padding(payload_len));
    let too_long = |len: usize| FrameError::TooLong {
        len: len as u64,
        limit: u64::from(u32::MAX),
    };
    header.len = u32::try_from(len).map_err(|_| too_long(len))?;
    let start = out.len() + HEADER_LEN;
    out.extend_from_slice(&header.to_bytes());
    sections::encode(&[results, &[]], out);
    let place = start + 8;
    let payload_len = u32::try_from(payload_len).map_err(|_| too_long(payload_len))?;
    if let Some(field) = out.get_mut(place..place + 4) {
        field.copy_from_slice(&payload_len.to_le_bytes());
    }
    Ok(())
}

impl TryFrom<Frame> for ReplyFrame {
    type Error = FrameError;

    fn try_from(frame: Frame) -> Result<Self, FrameError> {
        let bits = frame.header.flags;
        if bits & (flags::RESULTS | flags::PAYLOAD) == 0 {
            return Ok(Self::default());
        }
        let mut parts = sections::decode(&frame.body, "reply")?.into_iter();
        let mut next = || parts.next().ok_or(FrameError::Malformed("reply"));
        let (results, payload) = (next()?, next()?);
        Ok(Self {
            results: (bits & flags::RESULTS != 0).then_some(results),
            payload: (bits & flags::PAYLOAD != 0).then_some(payload),
        })
    }
}

/// Appends an Error to `out`; `id` 0 says that the worker could not start.
///
/// # Errors
/// [`FrameError::TooLong`] above 4 GiB.
pub fn encode_error(id: u64, error: &Error, out: &mut Vec<u8>) -> Result<(), FrameError> {
    let mut header = FrameHeader::new(Kind::Error, id);
    if error.retry() == Retry::NeverStarted {
        header.flags |= flags::NEVER_STARTED;
    }
    let kind = error.kind().as_str();
    let description = error.to_string();
    let mut parts: Vec<&[u8]> = vec![kind.as_bytes(), description.as_bytes()];
    if let Some(exception) = error.exception() {
        header.flags |= flags::EXCEPTION;
        let args = &exception.args[..exception.args.len().min(sections::MAX_SECTIONS / 2)];
        header.arg = args.len() as u64;
        parts.push(exception.name.as_bytes());
        parts.push(exception.executor.as_bytes());
        parts.extend(args.iter().map(String::as_bytes));
        let stacks = &exception.stacks[..exception.stacks.len().min(1024)];
        parts.extend(stacks.iter().map(String::as_bytes));
    }
    append(header, &parts, out)
}

/// Reads an Error frame.
///
/// # Errors
/// [`FrameError::Malformed`] where it is none.
pub fn error_from_frame(frame: &Frame) -> Result<Error, FrameError> {
    let parts = sections::decode(&frame.body, "error")?;
    let text = |part: &Bytes| String::from_utf8_lossy(part).into_owned();
    let [kind, description, rest @ ..] = &parts[..] else {
        return Err(FrameError::Malformed("error"));
    };
    let kind = ErrorKind::ALL
        .iter()
        .copied()
        .find(|known| known.as_str().as_bytes() == &kind[..])
        .unwrap_or(ErrorKind::Internal);
    let mut error = Error::new(kind, text(description));
    if frame.header.flags & flags::NEVER_STARTED != 0 {
        error = error.with_retry(Retry::NeverStarted);
    }
    if frame.header.flags & flags::EXCEPTION != 0 {
        let [name, executor, rest @ ..] = rest else {
            return Err(FrameError::Malformed("error"));
        };
        let count = usize::try_from(frame.header.arg)
            .unwrap_or(usize::MAX)
            .min(rest.len());
        error = error.with_exception(RemoteException {
            name: text(name),
            executor: text(executor),
            args: rest[..count].iter().map(text).collect(),
            stacks: rest[count..].iter().map(text).collect(),
        });
    }
    Ok(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::Decoder;

    fn one(bytes: &[u8]) -> Frame {
        let mut decoder = Decoder::new(1 << 30);
        let mut frame = None;
        for piece in bytes.chunks(7) {
            decoder.buffer().extend_from_slice(piece);
            if let Some(found) = decoder.frame().unwrap() {
                frame = Some(found);
            }
        }
        frame.unwrap()
    }

    #[test]
    fn start_comes_back() {
        let start = StartFrame {
            id: 9,
            endpoint: 2,
            deadline_us: Some(5),
            request_id: Bytes::from_static(b"r"),
            parameters: Bytes::new(),
            branches: vec![
                (Bytes::from_static(b"a"), Bytes::from(vec![1; 70_000])),
                (Bytes::new(), Bytes::from_static(b"x")),
            ],
        };
        let mut out = Vec::new();
        encode_start(&start, &mut out).unwrap();
        assert_eq!(StartFrame::try_from(one(&out)).unwrap(), start);
    }

    #[test]
    fn a_reply_in_two_pieces_is_the_same_as_in_one() {
        for results in [None, Some(&b"results"[..])] {
            for payload in [None, Some(&b""[..]), Some(&b"x"[..]), Some(&[7; 40][..])] {
                let (mut whole, mut pieces) = (Vec::new(), Vec::new());
                encode_reply(3, results, payload, &mut whole).unwrap();
                encode_reply_head(3, results, payload.map(<[u8]>::len), &mut pieces).unwrap();
                if let Some(payload) = payload {
                    pieces.extend_from_slice(payload);
                    pieces.resize(pieces.len() + sections::padding(payload.len()), 0);
                }
                assert_eq!(whole, pieces);
            }
        }
    }

    #[test]
    fn reply_and_error_come_back() {
        let mut out = Vec::new();
        encode_reply(1, None, Some(b"docs"), &mut out).unwrap();
        let reply = ReplyFrame::try_from(one(&out)).unwrap();
        assert_eq!(
            (reply.results, reply.payload.as_deref()),
            (None, Some(&b"docs"[..]))
        );

        let exception = RemoteException {
            name: "ValueError".into(),
            args: vec!["boom".into(), "3".into()],
            stacks: vec!["line".into()],
            executor: "E".into(),
        };
        let error = Error::executor("ValueError('boom', 3)", exception.clone());
        out.clear();
        encode_error(4, &error, &mut out).unwrap();
        let back = error_from_frame(&one(&out)).unwrap();
        assert_eq!(back.exception(), Some(&exception));
        assert_eq!(back.kind(), ErrorKind::Executor);
    }
}
