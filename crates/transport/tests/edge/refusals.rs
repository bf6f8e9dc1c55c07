//! Requests that the server or its service refuses.

use bytes::Bytes;
use http_body_util::StreamBody;
use tidegate_core::ErrorKind;
use tidegate_proto::encode_request;
use tidegate_transport::Encoding;
use tidegate_transport::client::{CallOptions, Channel, ChannelOptions};
use tidegate_transport::server::{Server, ServerOptions};
use tower::ServiceExt;

use crate::services::{Site, request, within};

fn small() -> ServerOptions {
    ServerOptions {
        max_message_bytes: 10_000,
        ..ServerOptions::default()
    }
}

#[tokio::test]
async fn a_refusal_concerns_one_request_of_a_stream() {
    let site = Site::start(ServerOptions::default()).await;
    let options = CallOptions {
        results_in_order: true,
        ..CallOptions::default()
    };
    let (sender, mut receiver) = site.channel().call_stream(&options).unwrap();
    tokio::spawn(async move {
        for (id, endpoint) in [("1", "/x"), ("2", "/overloaded"), ("3", "/x")] {
            sender
                .send(encode_request(&request(id, endpoint, b"docs")))
                .await
                .unwrap();
        }
        // The header says who asks, and the rest is no protobuf.
        let mut broken = encode_request(&request("4", "/x", b"docs")).to_vec();
        broken.extend([0xff; 12]);
        sender.send(broken.into()).await.unwrap();
    });
    let mut answers = Vec::new();
    while let Some(answer) = within(receiver.next()).await {
        answers.push(answer.unwrap());
    }
    let failed: Vec<_> = answers
        .iter()
        .map(|answer| {
            answer
                .header
                .status
                .as_ref()
                .is_some_and(tidegate_core::Status::is_error)
        })
        .collect();
    assert_eq!(failed, [false, true, false, true]);
    let refused = &answers[1];
    let status = refused.header.status.as_ref().unwrap();
    assert!(
        status.description.starts_with("RESOURCE_EXHAUSTED: "),
        "{}",
        status.description
    );
    let exception = status.exception.as_ref().unwrap();
    assert_eq!(
        (exception.name.as_str(), exception.executor.as_str()),
        ("OverloadedError", "")
    );
    assert_eq!(refused.payload.as_ref().unwrap().0, &b"docs"[..]);
    assert_eq!(refused.header.endpoint.as_deref(), Some("/overloaded"));
    let broken = answers[3].header.status.as_ref().unwrap();
    assert_eq!(answers[3].header.request_id, "4");
    assert!(
        broken.description.starts_with("INVALID_ARGUMENT: "),
        "{}",
        broken.description
    );
}

#[tokio::test]
async fn a_refusal_of_a_unary_call_is_its_status() {
    let site = Site::start(ServerOptions::default()).await;
    let asked = encode_request(&request("1", "/overloaded", b""));
    let error = within(site.channel().unary(asked, &CallOptions::default()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    assert_eq!(error.message(), "10000 requests are waiting");
}

#[tokio::test]
async fn a_request_over_the_limit_names_its_size_and_the_setting() {
    let site = Site::start(small()).await;
    let channel = site.channel();
    let asked = encode_request(&request("1", "/x", &[7; 20_000]));
    let size = asked.len().to_string();
    let error = within(channel.unary(asked.clone(), &CallOptions::default()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    for part in [&*size, "10000", "`max_message_bytes`"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    // On a stream, what came before is answered first.
    let (sender, mut receiver) = channel.call_stream(&CallOptions::default()).unwrap();
    tokio::spawn(async move {
        sender
            .send(encode_request(&request("0", "/x", b"")))
            .await
            .unwrap();
        sender.send(asked).await.unwrap();
    });
    assert_eq!(
        within(receiver.next())
            .await
            .unwrap()
            .unwrap()
            .header
            .request_id,
        "0"
    );
    let error = within(receiver.next()).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().contains(&size), "{error}");
}

#[tokio::test]
async fn decompressed_bytes_count_too() {
    let site = Site::start(small()).await;
    for compression in [Encoding::Gzip, Encoding::Deflate] {
        let options = CallOptions {
            compression: Some(compression),
            ..CallOptions::default()
        };
        let asked = encode_request(&request("1", "/x", &vec![0; 5_000_000]));
        let error = within(site.channel().unary(asked, &options))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
        assert!(error.to_string().contains("`max_message_bytes`"), "{error}");
    }
}

#[tokio::test]
async fn a_request_over_the_limit_is_refused_before_it_comes() {
    let site = Site::start(small()).await;
    let channel =
        tonic::transport::Endpoint::from_shared(format!("http://127.0.0.1:{}", site.port))
            .unwrap()
            .connect_lazy();
    // A prefix that announces 1 GiB, and then nothing, for ever.
    let prefix = Bytes::from_static(&[0, 0x40, 0, 0, 0]);
    let announced =
        futures_util::stream::iter([Ok::<_, tonic::Status>(http_body::Frame::data(prefix))]);
    let never = futures_util::stream::pending();
    let body = StreamBody::new(futures_util::StreamExt::chain(announced, never));
    let asked = http::Request::post("/jina.JinaSingleDataRequestRPC/process_single_data")
        .header("content-type", "application/grpc")
        .body(tonic::body::Body::new(body))
        .unwrap();
    let answer = within(channel.oneshot(asked)).await.unwrap();
    assert_eq!(answer.headers()["grpc-status"], "8");
    let message = answer.headers()["grpc-message"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        message.contains("1073741824") && message.contains("max_message_bytes"),
        "{message}"
    );
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let site = Site::start(ServerOptions::default()).await;
    let error = Server::bind("127.0.0.1", site.port).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let expected = format!("port {} on 127.0.0.1 is in use", site.port);
    assert_eq!(error.message(), expected);
    assert!(error.hint().is_some());
}

#[tokio::test]
async fn what_is_not_there_is_unavailable_and_named() {
    // A port that is taken, so that nobody else gets it, and that nobody listens on.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.local_addr().unwrap().port();
    let channel = Channel::connect("127.0.0.1", port, false, &ChannelOptions::default()).unwrap();
    let asked = encode_request(&request("1", "/x", b""));
    let error = within(channel.unary(asked.clone(), &CallOptions::default()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(
        error.to_string().contains(&format!("127.0.0.1:{port}")),
        "{error}"
    );
    let (sender, mut receiver) = channel.call_stream(&CallOptions::default()).unwrap();
    let (_, answer) = tokio::join!(sender.send(asked), within(receiver.next()));
    assert_eq!(answer.unwrap().unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(Channel::connect("a b", 1, false, &ChannelOptions::default()).is_err());
}
