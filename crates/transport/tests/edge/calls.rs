//! Requests that go well, and those that end early.

use std::time::Duration;

use bytes::Bytes;
use tidegate_core::{ErrorKind, Request};
use tidegate_proto::encode_request;
use tidegate_transport::Encoding;
use tidegate_transport::client::{CallOptions, Receiver};
use tidegate_transport::server::ServerOptions;

use crate::services::{Site, request, within};

async fn rest(receiver: &mut Receiver) -> Vec<Request> {
    let mut answers = Vec::new();
    while let Some(answer) = within(receiver.next()).await {
        answers.push(answer.unwrap());
    }
    answers
}

fn ids(answers: &[Request]) -> Vec<&str> {
    answers
        .iter()
        .map(|answer| answer.header.request_id.as_str())
        .collect()
}

#[tokio::test]
async fn unary_and_the_small_services_answer() {
    let site = Site::start(ServerOptions::default()).await;
    let channel = site.channel();
    let options = CallOptions::default();
    let sent = request("a", "/x", b"docs");
    let got = within(channel.unary(encode_request(&sent), &options))
        .await
        .unwrap();
    assert_eq!((got.header, got.payload), (sent.header, sent.payload));
    assert_eq!(got.routes[0].executor, "gateway");
    assert!(!within(channel.dry_run(&options)).await.unwrap().is_error());
    assert_eq!(
        within(channel.endpoints(&options)).await.unwrap(),
        ["/default", "/hold"]
    );
    assert!(within(channel.health("", &options)).await.unwrap());
    assert!(
        within(channel.health("jina.JinaRPC", &options))
            .await
            .unwrap()
    );
    let unknown = within(channel.health("nobody", &options))
        .await
        .unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
    assert!(
        within(channel.info(&options))
            .await
            .unwrap()
            .jina
            .contains_key("tidegate")
    );
}

#[tokio::test]
async fn a_stream_answers_every_request() {
    let site = Site::start(ServerOptions::default()).await;
    let (sender, mut receiver) = site.channel().call_stream(&CallOptions::default()).unwrap();
    let sending = tokio::spawn(async move {
        for i in 0..500 {
            sender
                .send(encode_request(&request(&i.to_string(), "/x", &[7; 300])))
                .await
                .unwrap();
        }
    });
    let answers = rest(&mut receiver).await;
    sending.await.unwrap();
    let mut numbers: Vec<u32> = ids(&answers).iter().map(|id| id.parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..500).collect::<Vec<_>>());
}

#[tokio::test]
async fn compressed_requests_get_compressed_answers() {
    let site = Site::start(ServerOptions::default()).await;
    for compression in [Encoding::Gzip, Encoding::Deflate] {
        let options = CallOptions {
            compression: Some(compression),
            ..CallOptions::default()
        };
        let sent = request("z", "/x", &[1; 100_000]);
        let got = within(site.channel().unary(encode_request(&sent), &options))
            .await
            .unwrap();
        assert_eq!(got.payload, sent.payload);
        let (sender, mut receiver) = site.channel().call_stream(&options).unwrap();
        tokio::spawn(async move { sender.send(encode_request(&sent)).await });
        assert_eq!(rest(&mut receiver).await[0].payload, got.payload);
    }
}

#[tokio::test]
async fn a_deadline_ends_a_stream_and_a_unary_call() {
    let site = Site::start(ServerOptions::default()).await;
    let timeout = Some(Duration::from_millis(100));
    let options = CallOptions {
        timeout,
        ..CallOptions::default()
    };
    let held = encode_request(&request("a", "/hold", b""));
    let error = within(site.channel().unary(held.clone(), &options))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    let (sender, mut receiver) = site.channel().call_stream(&options).unwrap();
    sender.send(held).await.unwrap();
    let error = within(receiver.next()).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert!(within(receiver.next()).await.is_none());
    site.echo.wait_running(0).await;
}

#[tokio::test]
async fn bytes_that_are_no_request_are_refused() {
    let site = Site::start(ServerOptions::default()).await;
    let junk = Bytes::from_static(b"\xff\xff\xff");
    let error = within(site.channel().unary(junk, &CallOptions::default()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}
