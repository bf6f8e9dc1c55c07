//! Requests to bytes and back, by the scan and by prost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use prost::Message;
use tidegate_core::{
    ErrorKind, Header, Payload, RemoteException, Request, Route, Status, StatusCode, Timestamp,
};
use tidegate_proto::jina::DataRequestProto;
use tidegate_proto::jina::data_request_proto::data_content_proto::Documents;
use tidegate_proto::{decode_request, encode_request, encode_request_split, encoded_len};

fn status() -> impl Strategy<Value = Status> {
    let exception = (".{0,9}", vec(".{0,9}", 0..3), vec(".{0,9}", 0..3), ".{0,9}").prop_map(
        |(name, args, stacks, executor)| RemoteException {
            name,
            args,
            stacks,
            executor,
        },
    );
    (any::<bool>(), ".{0,9}", of(exception)).prop_map(|(error, text, exception)| Status {
        // An error without a reason reads as success: see `Status::from_wire`.
        code: if error {
            StatusCode::Error
        } else {
            StatusCode::Success
        },
        description: if error { format!("{text}!") } else { text },
        exception: exception.filter(|_| error),
    })
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    (any::<i64>(), any::<i32>()).prop_map(|(seconds, nanos)| Timestamp { seconds, nanos })
}

fn route() -> impl Strategy<Value = Route> {
    (".{0,9}", of(timestamp()), of(timestamp()), of(status())).prop_map(
        |(executor, start, end, status)| Route {
            executor,
            start,
            end,
            status,
        },
    )
}

fn header() -> impl Strategy<Value = Header> {
    (
        ".{0,40}",
        of(".{0,9}"),
        of(".{0,9}"),
        of(status()),
        of(any::<u32>()),
    )
        .prop_map(|(request_id, endpoint, target, status, timeout)| Header {
            request_id,
            endpoint,
            target,
            status,
            timeout,
        })
}

/// Fields that no version knows, whose content is anything.
fn unknown() -> impl Strategy<Value = Bytes> {
    vec((5_u32..(1 << 29), vec(any::<u8>(), 0..20)), 0..3).prop_map(|fields| {
        let mut out = Vec::new();
        for (number, content) in fields {
            prost::encoding::bytes::encode(number, &content, &mut out);
        }
        out.into()
    })
}

fn request() -> impl Strategy<Value = Request> {
    let documents = prop_oneof![vec(any::<u8>(), 0..300), vec(any::<u8>(), 20_000..20_001)];
    (
        header(),
        vec(any::<u8>(), 0..200),
        of(documents),
        vec(route(), 0..4),
        unknown(),
    )
        .prop_map(|(header, parameters, documents, routes, unknown)| Request {
            header,
            parameters: parameters.into(),
            payload: documents.map(|documents| Payload(documents.into())),
            routes,
            deadline: None,
            unknown,
        })
}

fn assert_same(left: &Request, right: &Request) {
    assert_eq!(left.header, right.header);
    assert_eq!(left.parameters, right.parameters);
    assert_eq!(left.payload, right.payload);
    assert_eq!(left.routes, right.routes);
    assert_eq!(left.unknown, right.unknown);
}

proptest! {
    #[test]
    fn encode_and_decode_are_inverse(request in request()) {
        let bytes = encode_request(&request);
        prop_assert_eq!(bytes.len(), encoded_len(&request));
        assert_same(&decode_request(bytes.clone()).unwrap(), &request);
        let split = encode_request_split(&request, 5);
        let joined = [&split.head[5..], &split.tail].concat();
        prop_assert_eq!(joined, bytes);
    }

    #[test]
    fn anything_decodes_or_is_refused(bytes in vec(any::<u8>(), 0..200)) {
        if let Ok(request) = decode_request(bytes.into()) {
            let again = decode_request(encode_request(&request)).unwrap();
            assert_same(&again, &request);
        }
    }

    #[test]
    fn a_damaged_request_decodes_or_is_refused(
        request in request(), at in any::<prop::sample::Index>(), with in any::<u8>()
    ) {
        let mut bytes = encode_request(&request).to_vec();
        let at = at.index(bytes.len());
        bytes[at] = with;
        drop(decode_request(bytes.clone().into()));
        bytes.truncate(at);
        drop(decode_request(bytes.into()));
    }
}

/// The struct `{"a": 1.0}`.
const PARAMETERS: &[u8] = &[
    0x0a, 14, 0x0a, 1, b'a', 0x12, 9, 0x11, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f,
];

fn typical() -> Request {
    let status = Status {
        code: StatusCode::Error,
        description: "ValueError('boom')".into(),
        exception: Some(RemoteException {
            name: "ValueError".into(),
            args: vec!["boom".into(), String::new()],
            stacks: vec!["Traceback".into()],
            executor: "E".into(),
        }),
    };
    Request {
        header: Header {
            request_id: "abc".into(),
            endpoint: Some(String::new()),
            target: None,
            status: Some(status.clone()),
            timeout: Some(7),
        },
        parameters: Bytes::from_static(PARAMETERS),
        // One Document: { id: "x", text: "hi" }.
        payload: Some(Payload(Bytes::from_static(&[
            0x0a, 7, 0x0a, 1, b'x', 0x22, 2, b'h', b'i',
        ]))),
        routes: vec![Route {
            executor: "gateway".into(),
            start: Some(Timestamp {
                seconds: -1,
                nanos: 5,
            }),
            end: Some(Timestamp {
                seconds: 0,
                nanos: 0,
            }),
            status: Some(status),
        }],
        deadline: None,
        unknown: Bytes::new(),
    }
}

#[test]
fn prost_reads_what_the_scan_writes_and_the_other_way_round() {
    let request = typical();
    let bytes = encode_request(&request);
    let proto = DataRequestProto::decode(bytes).unwrap();
    let header = proto.header.as_ref().unwrap();
    assert_eq!(header.exec_endpoint.as_deref(), Some(""));
    assert_eq!(
        (header.target_executor.as_deref(), header.timeout),
        (None, Some(7))
    );
    let Some(Documents::Docs(docs)) = &proto.data.as_ref().unwrap().documents else {
        panic!("no docs");
    };
    assert_eq!(docs.docs[0].id, "x");
    assert_eq!(proto.routes[0].start_time.unwrap().seconds, -1);
    assert_same(
        &decode_request(proto.encode_to_vec().into()).unwrap(),
        &request,
    );
}

#[test]
fn what_occurs_twice_is_merged() {
    let head = |id: &str, endpoint: Option<&str>| {
        let mut request = Request::default();
        request.header.request_id = id.into();
        request.header.endpoint = endpoint.map(Into::into);
        request.parameters = PARAMETERS.into();
        request.payload = Some(Payload(Bytes::from_static(&[0x0a, 0])));
        encode_request(&request)
    };
    let twice = [head("a", Some("/x")), head("b", None)].concat();
    let merged = decode_request(twice.clone().into()).unwrap();
    assert_eq!(merged.header.request_id, "b");
    assert_eq!(merged.header.endpoint.as_deref(), Some("/x"));
    assert_eq!(merged.parameters, [PARAMETERS, PARAMETERS].concat());
    assert_eq!(merged.payload.unwrap().0, &[0x0a, 0, 0x0a, 0][..]);
    let prost = DataRequestProto::decode(&twice[..]).unwrap();
    assert_eq!(prost.header.unwrap().request_id, "b");
}

#[test]
fn unknown_fields_of_every_level_are_kept() {
    let mut header = vec![0x0a, 1, b'a'];
    header.extend([0x7a, 2, 8, 8]); // field 15
    let mut bytes = vec![0x0a, u8::try_from(header.len()).unwrap()];
    bytes.extend(&header);
    bytes.extend([0x22, 6, 0x0a, 0, 0x7d, 1, 2, 3]); // truncated on purpose below
    assert!(decode_request(bytes.clone().into()).is_err());
    let data = [0x0a, 0, 0x7d, 1, 2, 3, 4]; // docs, and a fixed32 of field 15
    bytes.truncate(2 + header.len());
    bytes.extend([0x22, 7]);
    bytes.extend(data);
    bytes.extend([0x80, 0x01, 5]); // field 16, varint
    bytes.extend([0x8b, 0x01, 0x93, 0x01, 0x94, 0x01, 0x8c, 0x01]); // group 17 with group 18 inside
    let request = decode_request(bytes.into()).unwrap();
    let again = encode_request(&request);
    assert_same(&decode_request(again.clone()).unwrap(), &request);
    for kept in [
        &[0x7a, 2, 8, 8][..],
        &[0x7d, 1, 2, 3, 4],
        &[0x80, 1, 5, 0x8b, 1],
    ] {
        assert!(
            again.windows(kept.len()).any(|window| window == kept),
            "{kept:?} in {again:?}"
        );
    }
    assert_eq!(request.payload.unwrap().0, &[][..]);
}

#[test]
fn large_documents_are_shared_both_ways() {
    let mut request = typical();
    request.payload = Some(Payload(vec![3; 100_000].into()));
    let split = encode_request_split(&request, 0);
    let documents = request.payload.unwrap().0;
    assert_eq!(split.tail.as_ptr(), documents.as_ptr());
    let bytes = Bytes::from([&split.head[..], &split.tail].concat());
    let decoded = decode_request(bytes.clone()).unwrap().payload.unwrap().0;
    let range = bytes.as_ptr_range();
    assert!(range.contains(&decoded.as_ptr()));
}

#[test]
fn refusals_name_the_field() {
    for (bytes, what) in [
        (&[0x0a, 3, 0x0a, 1, 0xff][..], "`request_id` is not UTF-8"),
        (&[0x0a, 3, 0x1a, 1, 0xff], "`exec_endpoint` is not UTF-8"),
        (&[0x08, 1], "`header` has another wire type"),
        (&[0x0a, 2, 0x2a, 0], "`timeout` has another wire type"),
        (&[0x0a, 9], "it ends in the middle"),
        (
            &[
                0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,
            ],
            "it ends in the middle",
        ),
        (
            &[
                0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,
            ],
            "a number that",
        ),
        (&[0x00, 0], "a field number out of range"),
        (&[0x7e], "wire type 6"),
        (&[0x7c], "wire type 4"),
        (&[0x22, 5, 0x12, 3, 0x80, 4, b'.'], "pickle"),
    ] {
        let error = decode_request(Bytes::copy_from_slice(bytes)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.to_string().contains(what), "{bytes:?}: {error}");
    }
}

#[test]
fn groups_nest_only_so_deep() {
    let nested = |depth: usize| {
        let mut bytes = vec![0x7b; depth];
        bytes.extend(vec![0x7c; depth]);
        decode_request(bytes.into())
    };
    assert!(nested(100).is_ok());
    assert!(nested(101).is_err());
    assert!(nested(1_000_000).is_err());
}

#[test]
fn bytes_instead_of_documents_are_taken_as_they_are() {
    let request = decode_request(Bytes::from_static(&[0x22, 4, 0x12, 2, 0x0a, 0])).unwrap();
    assert_eq!(request.payload.unwrap().0, &[0x0a, 0][..]);
}

#[test]
fn a_header_is_read_as_far_as_it_goes() {
    let mut bytes = encode_request(&typical()).to_vec();
    bytes.extend([0xff; 11]);
    assert!(decode_request(bytes.clone().into()).is_err());
    assert_eq!(
        tidegate_proto::request_header(&bytes.into()).request_id,
        "abc"
    );
}

#[test]
fn the_descriptors_hold_every_file() {
    let set = prost_types::FileDescriptorSet::decode(tidegate_proto::FILE_DESCRIPTOR_SET).unwrap();
    let names: Vec<_> = set.file.iter().map(|file| file.name()).collect();
    let at = |name| names.iter().position(|known| *known == name).expect(name);
    assert!(at("google/protobuf/struct.proto") < at("docarray.proto"));
    assert!(at("docarray.proto") < at("jina.proto"));
    let services: Vec<_> = set.file[at("jina.proto")]
        .service
        .iter()
        .map(|s| s.name())
        .collect();
    assert_eq!(services.len(), 12);
}
