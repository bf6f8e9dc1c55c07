//! Clients that read slowly, leave, or send a lot.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tidegate_core::ErrorKind;
use tidegate_proto::encode_request;
use tidegate_transport::client::{CallOptions, Channel, ChannelOptions};
use tidegate_transport::server::ServerOptions;

use crate::services::{Site, request, within};

#[tokio::test]
async fn a_client_that_does_not_read_is_not_read_ahead_for() {
    let prefetch = 8;
    let site = Site::start(ServerOptions {
        prefetch,
        ..ServerOptions::default()
    })
    .await;
    let (sender, mut slow) = site.channel().call_stream(&CallOptions::default()).unwrap();
    tokio::spawn(async move {
        for i in 0..100 {
            sender
                .send(encode_request(&request(&i.to_string(), "/large", b"")))
                .await
                .unwrap();
        }
    });
    within(slow.next()).await.unwrap().unwrap();
    // Nothing is read from here on: what fits the client's window leaves, and no more is begun.
    site.echo.wait_begun(prefetch).await;
    let others = site.channel();
    for i in 0..200 {
        let asked = encode_request(&request(&i.to_string(), "/x", b"docs"));
        within(others.unary(asked, &CallOptions::default()))
            .await
            .unwrap();
    }
    let begun = site.echo.begun.load(Ordering::SeqCst) - 200;
    // The window is 4 MiB and an answer 1 MiB; one more is at hand in hyper, one in the client.
    assert!(
        begun <= 1 + prefetch + 4 + 2,
        "{begun} requests were begun for nobody"
    );
    let mut answers = 1;
    while let Some(answer) = within(slow.next()).await {
        answer.unwrap();
        answers += 1;
    }
    assert_eq!(answers, 100);
}

#[tokio::test]
async fn what_lies_unsent_is_bounded_over_all_streams() {
    let site = Site::start(ServerOptions {
        max_unsent_bytes: 8 << 20,
        ..ServerOptions::default()
    })
    .await;
    let (sender, mut hog) = site.channel().call_stream(&CallOptions::default()).unwrap();
    // An answer is 1 MiB and the client's window takes 4 of them; no more than one is read. The first
    // request ends only with its stream.
    tokio::spawn(async move {
        for i in 0..60 {
            let endpoint = if i == 0 { "/hold" } else { "/large" };
            let asked = encode_request(&request(&i.to_string(), endpoint, b""));
            if sender.send(asked).await.is_err() {
                break;
            }
        }
    });
    let mut next = within(hog.next()).await;
    site.echo.wait_running(0).await;
    let others = site.channel();
    for _ in 0..20 {
        let asked = encode_request(&request("1", "/large", b""));
        let (sender, mut other) = others.call_stream(&CallOptions::default()).unwrap();
        within(sender.send(asked)).await.unwrap();
        within(other.next()).await.unwrap().unwrap();
    }
    let mut answers = 0;
    let error = loop {
        match next {
            Some(Ok(_)) => answers += 1,
            Some(Err(error)) => break error,
            None => panic!("{answers} answers, and no error"),
        }
        next = within(hog.next()).await;
    };
    assert_eq!(error.kind(), ErrorKind::Overloaded, "{error}");
    assert!(error.message().contains("does not read its answers"));
    assert!(answers < 20, "{answers}");
}

#[tokio::test]
async fn requests_go_on_while_their_client_does_not_read() {
    let site = Site::start(ServerOptions::default()).await;
    let (sender, mut slow) = site.channel().call_stream(&CallOptions::default()).unwrap();
    for i in 0..20 {
        let asked = encode_request(&request(&i.to_string(), "/large", b""));
        let sending = sender.send(asked);
        if i == 0 {
            let (answer, sent) = tokio::join!(within(slow.next()), sending);
            answer.unwrap().unwrap();
            sent.unwrap();
        } else {
            within(sending).await.unwrap();
        }
    }
    site.echo.wait_begun(20).await;
    site.echo.wait_running(0).await;
}

#[tokio::test]
async fn a_caller_that_leaves_cancels_what_it_asked_for() {
    let site = Site::start(ServerOptions::default()).await;
    let channel = site.channel();
    let held = encode_request(&request("a", "/hold", b""));
    let mut streams = Vec::new();
    for _ in 0..100 {
        let (sender, mut receiver) = channel.call_stream(&CallOptions::default()).unwrap();
        sender.send(held.clone()).await.unwrap();
        let task = tokio::spawn(async move { receiver.next().await });
        // Half of them have said that no more comes, half have not.
        streams.push((task, (streams.len() % 2 == 0).then_some(sender)));
    }
    let unary: Vec<_> = (0..100)
        .map(|_| {
            let (channel, held) = (channel.clone(), held.clone());
            tokio::spawn(async move { channel.unary(held, &CallOptions::default()).await })
        })
        .collect();
    site.echo.wait_running(200).await;
    streams.iter().for_each(|(task, _)| task.abort());
    unary.iter().for_each(|task| task.abort());
    site.echo.wait_running(0).await;
    assert_eq!(site.echo.begun.load(Ordering::SeqCst), 200);
    let again = encode_request(&request("b", "/x", b""));
    within(channel.unary(again, &CallOptions::default()))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_connection_that_breaks_cancels_what_came_over_it() {
    let site = Site::start(ServerOptions::default()).await;
    let port = site.port;
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let client = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let channel = {
            let _inside = runtime.enter();
            Channel::connect("127.0.0.1", port, false, &ChannelOptions::default()).unwrap()
        };
        for _ in 0..10 {
            let held = encode_request(&request("a", "/hold", b""));
            let channel = channel.clone();
            runtime.spawn(async move { channel.unary(held, &CallOptions::default()).await });
        }
        runtime.block_on(async {
            tokio::task::spawn_blocking(move || stopped.recv())
                .await
                .unwrap()
                .ok();
        });
        runtime.shutdown_background();
    });
    site.echo.wait_running(10).await;
    stop.send(()).unwrap();
    site.echo.wait_running(0).await;
    client.join().unwrap();
}

#[tokio::test]
async fn a_stream_may_be_idle_only_while_a_request_is_in_progress() {
    let stream_idle = std::time::Duration::from_millis(50);
    let site = Site::start(ServerOptions {
        stream_idle,
        ..ServerOptions::default()
    })
    .await;
    let channel = site.channel();
    let (sender, mut busy) = channel.call_stream(&CallOptions::default()).unwrap();
    sender
        .send(encode_request(&request("a", "/hold", b"")))
        .await
        .unwrap();
    let busy = tokio::spawn(async move { (busy.next().await, busy.next().await) });
    site.echo.wait_running(1).await;
    let (idle_sender, mut idle) = channel.call_stream(&CallOptions::default()).unwrap();
    idle_sender
        .send(encode_request(&request("b", "/x", b"")))
        .await
        .unwrap();
    within(idle.next()).await.unwrap().unwrap();
    let ended = within(idle.next()).await.unwrap().unwrap_err();
    assert_eq!(ended.kind(), ErrorKind::Unavailable);
    assert!(ended.to_string().contains("idle"), "{ended}");
    site.echo.permits.add_permits(1);
    let (answer, end) = within(busy).await.unwrap();
    answer.unwrap().unwrap();
    assert_eq!(end.unwrap().unwrap_err().kind(), ErrorKind::Unavailable);
    drop((sender, idle_sender));
}

#[tokio::test]
async fn fifty_megabytes_go_there_and_back() {
    let site = Site::start(ServerOptions::default()).await;
    let document: Arc<[u8]> = (0..50_000_000_u32).map(|i| (i % 251) as u8).collect();
    let asked = encode_request(&request("big", "/x", &document));
    let channel = site.channel();
    let got = within(channel.unary(asked.clone(), &CallOptions::default()))
        .await
        .unwrap();
    assert!(got.payload.unwrap().0 == document[..]);
    let (sender, mut receiver) = channel.call_stream(&CallOptions::default()).unwrap();
    let (answer, sent) = tokio::join!(within(receiver.next()), sender.send(asked));
    sent.unwrap();
    assert!(answer.unwrap().unwrap().payload.unwrap().0 == document[..]);
}
