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
