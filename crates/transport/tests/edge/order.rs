//! When answers leave, and how many requests are in progress.

use std::sync::atomic::Ordering;

use tidegate_proto::encode_request;
use tidegate_transport::client::CallOptions;
use tidegate_transport::server::ServerOptions;

use crate::services::{Site, request, within};

/// Sends a slow request and a fast one; the slow one is let go when the fast one is done, and in
/// completion order only when its answer has been read.
async fn order_of_answers(results_in_order: bool) -> [String; 2] {
    let site = Site::start(ServerOptions::default()).await;
    let options = CallOptions {
        results_in_order,
        ..CallOptions::default()
    };
    let (sender, mut receiver) = site.channel().call_stream(&options).unwrap();
    let sending = async {
        sender
            .send(encode_request(&request("slow", "/hold", b"")))
            .await
            .unwrap();
        sender
            .send(encode_request(&request("fast", "/x", b"")))
            .await
            .unwrap();
        site.echo.wait_begun(2).await;
        site.echo.wait_running(1).await;
        if results_in_order {
            site.echo.permits.add_permits(1);
        }
    };
    let (first, ()) = tokio::join!(within(receiver.next()), sending);
    site.echo.permits.add_permits(1);
    let second = within(receiver.next()).await;
    [first, second].map(|answer| answer.unwrap().unwrap().header.request_id)
}

#[tokio::test]
async fn answers_leave_as_they_are_done_unless_the_caller_wants_order() {
    assert_eq!(order_of_answers(false).await, ["fast", "slow"]);
    assert_eq!(order_of_answers(true).await, ["slow", "fast"]);
}

#[tokio::test]
async fn prefetch_is_how_many_requests_of_a_stream_are_in_progress() {
    let site = Site::start(ServerOptions {
        prefetch: 3,
        ..ServerOptions::default()
    })
    .await;
    for prefetch in [None, Some(2)] {
        let most = prefetch.unwrap_or(3);
        let options = CallOptions {
            prefetch,
            ..CallOptions::default()
        };
        let (sender, mut receiver) = site.channel().call_stream(&options).unwrap();
        tokio::spawn(async move {
            for i in 0..20 {
                let held = encode_request(&request(&i.to_string(), "/hold", b""));
                sender.send(held).await.unwrap();
            }
        });
        let before = site.echo.begun.load(Ordering::SeqCst);
        for done in 0..20 {
            let reading = async { within(receiver.next()).await.unwrap().unwrap() };
            let releasing = async {
                site.echo.wait_running(most.min(20 - done)).await;
                let begun = site.echo.begun.load(Ordering::SeqCst) - before;
                assert_eq!(begun, (done + most).min(20));
                site.echo.permits.add_permits(1);
            };
            tokio::join!(reading, releasing);
        }
        assert!(within(receiver.next()).await.is_none());
    }
}
