// What must be true of any bytes that arrive as a request.

use bytes::Bytes;
use tidegate_core::Request;
use tidegate_proto::{decode_request, encode_request, encoded_len, request_header};

/// Decodes `input` or refuses it; what was decoded survives being encoded and decoded again.
pub fn check(input: &[u8]) {
    let input = Bytes::copy_from_slice(input);
    let header = request_header(&input);
    let Ok(request) = decode_request(input) else {
        return;
    };
    assert_eq!(header, request.header);
    let bytes = encode_request(&request);
    assert_eq!(bytes.len(), encoded_len(&request));
    let again = decode_request(bytes.clone()).expect("what we encode can be decoded");
    assert_eq!(fields(&again), fields(&request));
    assert_eq!(encode_request(&again), bytes);
}

fn fields(request: &Request) -> impl PartialEq + std::fmt::Debug + '_ {
    let Request {
        header,
        parameters,
        payload,
        routes,
        unknown,
        ..
    } = request;
    (header, parameters, payload, routes, unknown)
}
