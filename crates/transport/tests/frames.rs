//! What is encoded comes back, however the stream is cut.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use tidegate_core::{Error, ErrorKind, RemoteException, Retry};
use tidegate_transport::frames::{
    Decoder, Frame, ReplyFrame, StartFrame, encode_error, encode_reply, encode_reply_head,
    encode_start, error_from_frame, sections,
};

const LIMIT: u64 = 1 << 30;

/// Every frame of `stream`, fed to a decoder in pieces of `step` bytes at most.
fn frames(stream: &[u8], step: usize) -> Vec<Frame> {
    let mut decoder = Decoder::new(LIMIT);
    let mut found = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(step.min(decoder.wanted()).min(rest.len()));
        rest = later;
        decoder.buffer().extend_from_slice(piece);
        while let Some(frame) = decoder.frame().unwrap() {
            found.push(frame);
        }
    }
    assert!(!decoder.is_partial());
    found
}

fn bytes(most: usize) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..most).prop_map(Bytes::from)
}

/// Now and then longer than a chunk of the decoder.
fn payload() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        4 => bytes(200),
        1 => (any::<u8>(), 60_000_usize..200_000).prop_map(|(byte, len)| vec![byte; len].into()),
    ]
}

fn start() -> impl Strategy<Value = StartFrame> {
    let branches = vec((bytes(20), payload()), 0..4);
    let deadline = option::of(1_u64..);
    (
        any::<u64>(),
        any::<u16>(),
        deadline,
        bytes(40),
        bytes(80),
        branches,
    )
        .prop_map(
            |(id, endpoint, deadline_us, request_id, parameters, branches)| StartFrame {
                id,
                endpoint,
                deadline_us,
                request_id,
                parameters,
                branches,
            },
        )
}

fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..20).prop_map(String::from_iter)
}

fn error() -> impl Strategy<Value = Error> {
    let exception = (text(), vec(text(), 0..5), vec(text(), 0..5), text());
    let exception = exception.prop_map(|(name, args, stacks, executor)| RemoteException {
        name,
        args,
        stacks,
        executor,
    });
    let kind = prop::sample::select(ErrorKind::ALL);
    (kind, text(), option::of(exception), any::<bool>()).prop_map(
        |(kind, message, exception, never_started)| {
            let mut error = Error::new(kind, message);
            if let Some(exception) = exception {
                error = error.with_exception(exception);
            }
            if never_started {
                error = error.with_retry(Retry::NeverStarted);
            }
            error
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn starts_come_back(starts in vec(start(), 1..5), step in 1_usize..100_000) {
        let mut stream = Vec::new();
        for start in &starts {
            encode_start(start, &mut stream).unwrap();
        }
        let back: Vec<_> = frames(&stream, step)
            .into_iter()
            .map(|frame| StartFrame::try_from(frame).unwrap())
            .collect();
        prop_assert_eq!(back, starts);
    }

    #[test]
    fn replies_come_back(
        id in any::<u64>(),
        results in option::of(bytes(80)),
        payload in option::of(payload()),
        step in 1_usize..100_000,
    ) {
        let mut stream = Vec::new();
        encode_reply(id, results.as_deref(), payload.as_deref(), &mut stream).unwrap();
        let mut pieces = Vec::new();
        let len = payload.as_ref().map(Bytes::len);
        encode_reply_head(id, results.as_deref(), len, &mut pieces).unwrap();
        if let Some(payload) = &payload {
            pieces.extend_from_slice(payload);
            pieces.resize(pieces.len() + sections::padding(payload.len()), 0);
        }
        prop_assert_eq!(&pieces, &stream);
        let frame = frames(&stream, step).pop().unwrap();
        prop_assert_eq!(frame.header.id, id);
        prop_assert_eq!(ReplyFrame::try_from(frame).unwrap(), ReplyFrame { results, payload });
    }

    #[test]
    fn errors_come_back(id in any::<u64>(), error in error(), step in 1_usize..1000) {
        let mut stream = Vec::new();
        encode_error(id, &error, &mut stream).unwrap();
        let back = error_from_frame(&frames(&stream, step).pop().unwrap()).unwrap();
        prop_assert_eq!(back.kind(), error.kind());
        prop_assert_eq!(back.message(), error.message());
        prop_assert_eq!(back.retry(), error.retry());
        prop_assert_eq!(back.exception(), error.exception());
    }

    #[test]
    fn sections_begin_where_a_tensor_may_be_viewed(parts in vec(payload(), 0..6)) {
        let slices: Vec<&[u8]> = parts.iter().map(|part| &part[..]).collect();
        let mut body = Vec::new();
        sections::encode(&slices, &mut body);
        prop_assert_eq!(body.len(), sections::encoded_len(&slices));
        let body = Bytes::from(body);
        let back = sections::decode(&body, "any").unwrap();
        for part in &back {
            let at = part.as_ptr() as usize - body.as_ptr() as usize;
            prop_assert_eq!(at % sections::ALIGN, 0);
        }
        prop_assert_eq!(back, parts);
    }
}
