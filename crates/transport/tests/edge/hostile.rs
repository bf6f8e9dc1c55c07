//! Clients that mean no good, or know no better.

use std::time::Duration;

use futures_util::future::join_all;
use tidegate_proto::encode_request;
use tidegate_transport::client::CallOptions;
use tidegate_transport::server::ServerOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::services::{Site, request, within};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Soon tired of clients that say nothing, and yet no danger to one that is slow because the machine is.
fn impatient() -> ServerOptions {
    ServerOptions {
        header_timeout: Duration::from_millis(50),
        keepalive_interval: Duration::from_millis(50),
        keepalive_timeout: Duration::from_secs(3),
        ..ServerOptions::default()
    }
}

/// Sends `bytes` and returns once the server has closed the connection; it did not answer with more than
/// a few words.
async fn closed_after(site: &Site, bytes: &[u8]) {
    let mut stream = TcpStream::connect(("127.0.0.1", site.port)).await.unwrap();
    // The server may close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = within(stream.read_to_end(&mut answer)).await;
    assert!(answer.len() < 1000, "{} bytes", answer.len());
}

async fn still_serves(site: &Site) {
    let asked = encode_request(&request("1", "/x", b"docs"));
    within(site.channel().unary(asked, &CallOptions::default()))
        .await
        .unwrap();
}

/// Numbers that look random and are the same in every run.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len).map(|_| next()).collect()
}

#[tokio::test]
async fn clients_that_say_nothing_are_closed() {
    let site = Site::start(impatient()).await;
    let said = [
        &b""[..],
        b"P",
        &PREFACE[..20],
        b"G",
        b"POST /x HTTP/1.1\r\nhost: a\r\n",
        PREFACE,
    ];
    join_all(said.map(|said| closed_after(&site, said))).await;
    still_serves(&site).await;
}

#[tokio::test]
async fn noise_is_closed_and_others_are_unharmed() {
    let site = Site::start(impatient()).await;
    let channel = site.channel();
    let held = encode_request(&request("held", "/hold", b""));
    let other = tokio::spawn(async move { channel.unary(held, &CallOptions::default()).await });
    site.echo.wait_running(1).await;
    let attacks = (0..60).flat_map(|seed| {
        let noise = noise(seed, 1 + usize::try_from(seed * 37 % 5000).unwrap());
        // The same within HTTP/2: frames of any kind, length and stream.
        let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        let framed = [PREFACE, &settings, &noise].concat();
        [noise, framed]
    });
    let attacks = attacks.map(|bytes| {
        let site = &site;
        async move { closed_after(site, &bytes).await }
    });
    join_all(attacks).await;
    site.echo.permits.add_permits(1);
    within(other).await.unwrap().unwrap();
}

#[tokio::test]
async fn headers_without_end_are_closed() {
    let site = Site::start(impatient()).await;
    let mut head = b"POST /x HTTP/1.1\r\n".to_vec();
    for i in 0..5000 {
        head.extend(format!("x-{i}: {i}\r\n").bytes());
    }
    closed_after(&site, &head).await;
    still_serves(&site).await;
}

#[tokio::test]
async fn headers_over_the_limit_are_refused() {
    let site = Site::start(ServerOptions::default()).await;
    let metadata = vec![("long".to_owned(), "x".repeat(20_000))];
    let options = CallOptions {
        metadata,
        ..CallOptions::default()
    };
    let asked = encode_request(&request("1", "/x", b""));
    within(site.channel().unary(asked, &options))
        .await
        .unwrap_err();
    still_serves(&site).await;
}

#[tokio::test]
async fn a_message_that_ends_early_is_refused() {
    let site = Site::start(ServerOptions::default()).await;
    let channel =
        tonic::transport::Endpoint::from_shared(format!("http://127.0.0.1:{}", site.port))
            .unwrap()
            .connect_lazy();
    for sent in [
        &[0, 0, 0, 0, 9, 1, 2][..],
        &[0, 0],
        &[7, 0, 0, 0, 1, 0],
        &[1, 0, 0, 0, 1, 0],
    ] {
        for path in [
            "/jina.JinaRPC/Call",
            "/jina.JinaSingleDataRequestRPC/process_single_data",
        ] {
            let body = http_body_util::Full::new(bytes::Bytes::copy_from_slice(sent));
            let asked = http::Request::post(path)
                .header("content-type", "application/grpc")
                .body(tonic::body::Body::new(body))
                .unwrap();
            let answer = within(tower::ServiceExt::oneshot(channel.clone(), asked))
                .await
                .unwrap();
            let head = answer.headers().get("grpc-status").cloned();
            let body = within(http_body_util::BodyExt::collect(answer.into_body()))
                .await
                .unwrap();
            let status = head
                .or_else(|| body.trailers()?.get("grpc-status").cloned())
                .unwrap();
            assert_eq!(status, "13", "{sent:?} to {path}");
        }
    }
    still_serves(&site).await;
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const GO_AWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = vec![len[1], len[2], len[3], kind, flags];
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// The head of a unary call, each field written out.
fn unary_head() -> Vec<u8> {
    let path = b"/jina.JinaSingleDataRequestRPC/process_single_data";
    let mut block = vec![0x83, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
    block.extend_from_slice(path);
    block.extend_from_slice(b"\x01\x01a\x0f\x10\x10application/grpc\x00\x02te\x08trailers");
    block
}

/// The kinds of the frames that come until the connection ends.
async fn kinds(mut stream: tokio::net::tcp::OwnedReadHalf) -> Vec<u8> {
    let (mut seen, mut bytes) = (Vec::new(), Vec::new());
    while within(stream.read_buf(&mut bytes)).await.unwrap_or(0) > 0 {
        while bytes.len() >= 9 {
            let len = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]) as usize;
            if bytes.len() < 9 + len {
                break;
            }
            seen.push(bytes[3]);
            bytes.drain(..9 + len);
        }
    }
    seen
}

#[tokio::test]
async fn a_client_may_end_its_requests_late_as_often_as_it_likes() {
    const AT_ONCE: u32 = 90;
    const ROUNDS: u32 = 30;
    let site = Site::start(ServerOptions::default()).await;
    let stream = TcpStream::connect(("127.0.0.1", site.port)).await.unwrap();
    let (read, mut write) = stream.into_split();
    let read = tokio::spawn(kinds(read));
    write.write_all(PREFACE).await.unwrap();
    write.write_all(&frame(4, 0, 0, &[])).await.unwrap();
    // Room for all answers.
    let window = (1u32 << 30).to_be_bytes();
    write.write_all(&frame(8, 0, 0, &window)).await.unwrap();
    let message = encode_request(&request("1", "/x", b""));
    let mut data = vec![0];
    data.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    data.extend_from_slice(&message);
    for round in 0..ROUNDS {
        let streams = (0..AT_ONCE).map(|call| 1 + 2 * (round * AT_ONCE + call));
        for stream in streams.clone() {
            let mut bytes = frame(HEADERS, END_HEADERS, stream, &unary_head());
            bytes.extend(frame(DATA, 0, stream, &data));
            write.write_all(&bytes).await.unwrap();
        }
        // Only when all have been handled come the ends: more than a thousand in all, which is where
        // HTTP/2 gives a connection up if each counts as a fault.
        let begun = usize::try_from((round + 1) * AT_ONCE).unwrap();
        site.echo.wait_begun(begun).await;
        site.echo.wait_running(0).await;
        for stream in streams {
            let end = frame(DATA, END_STREAM, stream, &[]);
            write.write_all(&end).await.unwrap();
        }
    }
    still_serves(&site).await;
    write.shutdown().await.unwrap();
    let seen = within(read).await.unwrap();
    assert!(
        !seen.contains(&GO_AWAY),
        "the server gave the connection up"
    );
    let answers = seen.iter().filter(|kind| **kind == DATA).count();
    assert_eq!(answers, usize::try_from(AT_ONCE * ROUNDS).unwrap());
}
