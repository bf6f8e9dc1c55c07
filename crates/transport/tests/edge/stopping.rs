//! How a server ends.

use std::time::Duration;

use tidegate_core::ErrorKind;
use tidegate_proto::encode_request;
use tidegate_transport::client::CallOptions;
use tidegate_transport::server::ServerOptions;
use tokio::net::TcpStream;

use crate::services::{PATIENCE, Site, request, within};

#[tokio::test]
async fn what_is_in_progress_is_finished() {
    let site = Site::start(ServerOptions::default()).await;
    let channel = site.channel();
    let held = encode_request(&request("a", "/hold", b""));
    let unary = {
        let (channel, held) = (channel.clone(), held.clone());
        tokio::spawn(async move { channel.unary(held, &CallOptions::default()).await })
    };
    let (sender, mut receiver) = channel.call_stream(&CallOptions::default()).unwrap();
    sender.send(held).await.unwrap();
    let stream = tokio::spawn(async move {
        let answer = receiver.next().await.unwrap();
        (answer, receiver.next().await)
    });
    site.echo.wait_running(2).await;
    site.shutdown.begin(PATIENCE);
    // The port is given back at once, so that a successor may have it.
    let taken = async {
        while TcpStream::connect(("127.0.0.1", site.port)).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    within(taken).await;
    site.echo.permits.add_permits(2);
    within(unary).await.unwrap().unwrap();
    let (answer, end) = within(stream).await.unwrap();
    answer.unwrap();
    // Its sender is still there, so the stream's end is the server's.
    assert_eq!(end.unwrap().unwrap_err().kind(), ErrorKind::Unavailable);
    drop(sender);
    within(site.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_takes_too_long_is_cut() {
    let site = Site::start(ServerOptions::default()).await;
    let channel = site.channel();
    let held = encode_request(&request("a", "/hold", b""));
    let (sender, mut receiver) = channel.call_stream(&CallOptions::default()).unwrap();
    sender.send(held.clone()).await.unwrap();
    let stream = tokio::spawn(async move { receiver.next().await });
    let unary = tokio::spawn(async move { channel.unary(held, &CallOptions::default()).await });
    site.echo.wait_running(2).await;
    site.shutdown.begin(PATIENCE);
    site.shutdown.begin(Duration::ZERO);
    within(site.task).await.unwrap().unwrap();
    site.echo.wait_running(0).await;
    assert_eq!(
        within(unary).await.unwrap().unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    let cut = within(stream).await.unwrap().unwrap().unwrap_err();
    assert_eq!(cut.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn an_idle_server_ends_at_once() {
    let site = Site::start(ServerOptions::default()).await;
    // One client that has said nothing, one whose connection is idle, one whose stream is.
    let silent = TcpStream::connect(("127.0.0.1", site.port)).await.unwrap();
    let channel = site.channel();
    assert!(
        within(channel.health("", &CallOptions::default()))
            .await
            .unwrap()
    );
    let (sender, mut receiver) = site.channel().call_stream(&CallOptions::default()).unwrap();
    sender
        .send(encode_request(&request("a", "/x", b"")))
        .await
        .unwrap();
    within(receiver.next()).await.unwrap().unwrap();
    site.shutdown.begin(PATIENCE * 10);
    within(site.task).await.unwrap().unwrap();
    assert_eq!(
        within(receiver.next()).await.unwrap().unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    drop((silent, sender));
}
