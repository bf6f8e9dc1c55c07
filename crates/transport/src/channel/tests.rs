use std::future::Future;
use std::os::fd::AsFd;
use std::task::Poll;

use bytes::{BufMut, Bytes};
use futures_util::future::{join_all, poll_fn};
use tidegate_core::{Branch, Payload, Retry};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::frames::{
    Decoder, Frame, FrameHeader, HelloEndpoint, Kind, StartFrame, encode_error, encode_reply,
};

/// How long anything may take before the test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("in time")
}

/// The worker's end, played by the test.
struct Peer {
    stream: tokio::net::UnixStream,
    decoder: Decoder,
    ledger: Ledger,
}

impl Peer {
    async fn frame(&mut self) -> Option<Frame> {
        within(async {
            loop {
                if let Some(frame) = self.decoder.frame().unwrap() {
                    return Some(frame);
                }
                let wanted = self.decoder.wanted();
                let mut buffer = self.decoder.buffer().limit(wanted);
                if self.stream.read_buf(&mut buffer).await.unwrap() == 0 {
                    return None;
                }
            }
        })
        .await
    }

    async fn start(&mut self) -> StartFrame {
        let frame = self.frame().await.unwrap();
        assert_eq!(frame.header.kind, Kind::Start);
        StartFrame::try_from(frame).unwrap()
    }

    async fn send(&mut self, bytes: &[u8]) {
        within(self.stream.write_all(bytes)).await.unwrap();
    }

    async fn reply(&mut self, id: u64, payload: &[u8]) {
        let mut out = Vec::new();
        encode_reply(id, None, Some(payload), &mut out).unwrap();
        self.send(&out).await;
    }
}

fn hello(endpoints: &[(&str, bool)]) -> Hello {
    let mut hello = Hello::ours();
    hello.endpoints = endpoints
        .iter()
        .map(|(name, sync)| HelloEndpoint {
            name: (*name).to_owned(),
            sync: *sync,
        })
        .collect();
    hello
}

fn linked(limits: LinkLimits) -> (Arc<WorkerLink>, Peer) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    let ledger = Ledger::create().unwrap();
    let peer = Peer {
        stream: tokio::net::UnixStream::from_std(theirs).unwrap(),
        decoder: Decoder::new(1 << 30),
        ledger: Ledger::from_fd(ledger.as_fd().try_clone_to_owned().unwrap()),
    };
    let hello = hello(&[("/a", false), ("/s", true), ("/b", false)]);
    let link = WorkerLink::connect(ours, ledger, hello, Arc::from("x/rep-0"), limits).unwrap();
    (link, peer)
}

fn request(endpoint: &str, payload: impl Into<Bytes>) -> CallRequest {
    CallRequest {
        request_id: Arc::from("r"),
        endpoint: Arc::from(endpoint),
        parameters: Bytes::new(),
        branches: vec![Branch {
            from: Arc::from("before"),
            payload: Payload(payload.into()),
        }],
        deadline: None,
    }
}

/// Lets a call future make its first step.
async fn begin(call: &mut CallFuture<'_>) {
    poll_fn(|cx| {
        assert!(call.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
}

#[tokio::test]
async fn replies_out_of_order_reach_their_callers() {
    let (link, mut peer) = linked(LinkLimits::default());
    let calls = (0..100_u8).map(|n| link.call(request("/b", vec![n; 10])));
    let worker = async {
        let mut starts = Vec::new();
        for expected in 1..=100 {
            let start = peer.start().await;
            assert_eq!((start.id, start.endpoint), (expected, 2));
            starts.push(start);
        }
        for start in starts.iter().rev() {
            peer.reply(start.id, &start.branches[0].1).await;
        }
        peer
    };
    let (answers, _peer) = within(async { tokio::join!(join_all(calls), worker) }).await;
    for (n, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.unwrap().payload.unwrap().0, vec![n as u8; 10]);
    }
    assert_eq!(link.in_flight(), 0);
}

#[tokio::test]
async fn results_and_errors_come_as_they_are() {
    let (link, mut peer) = linked(LinkLimits::default());
    let calls = async { tokio::join!(link.call(request("/a", "")), link.call(request("/s", ""))) };
    let worker = async {
        let (first, second) = (peer.start().await, peer.start().await);
        let mut out = Vec::new();
        encode_reply(first.id, Some(b"dict"), None, &mut out).unwrap();
        let exception = tidegate_core::RemoteException {
            name: "ValueError".into(),
            ..Default::default()
        };
        let error = Error::executor("ValueError()", exception);
        encode_error(second.id, &error, &mut out).unwrap();
        peer.send(&out).await;
        peer
    };
    let ((reply, error), _peer) = within(async { tokio::join!(calls, worker) }).await;
    let results = reply.unwrap().results.remove(0);
    assert_eq!(
        (&*results.pod, &results.dict[..]),
        ("x/rep-0", &b"dict"[..])
    );
    assert_eq!(error.unwrap_err().exception().unwrap().name, "ValueError");
}

#[tokio::test]
async fn what_has_no_endpoint_passes_through() {
    let (link, _peer) = linked(LinkLimits::default());
    assert!(link.serves("/a") && !link.serves("/x"));
    let reply = within(link.call(request("/x", "docs"))).await.unwrap();
    assert!(reply.payload.is_none() && reply.results.is_empty());
}

#[tokio::test]
async fn a_dropped_call_is_cancelled() {
    let (link, mut peer) = linked(LinkLimits::default());
    let mut call = link.call(request("/a", ""));
    begin(&mut call).await;
    let id = peer.start().await.id;
    assert_eq!(link.in_flight(), 1);
    drop(call);
    assert_eq!(link.in_flight(), 0);
    let cancel = peer.frame().await.unwrap();
    assert_eq!((cancel.header.kind, cancel.header.id), (Kind::Cancel, id));
    // A late answer harms nobody.
    peer.reply(id, b"late").await;
    let mut call = link.call(request("/a", ""));
    begin(&mut call).await;
    let id = peer.start().await.id;
    peer.reply(id, b"next").await;
    assert_eq!(within(call).await.unwrap().payload.unwrap().0, "next");
}

#[tokio::test]
async fn a_deadline_that_passes_is_answered_and_cancels() {
    let (link, mut peer) = linked(LinkLimits::default());
    let mut late = request("/a", "");
    late.deadline = Some(Instant::now());
    assert_eq!(
        within(link.call(late)).await.unwrap_err().kind(),
        ErrorKind::DeadlineExceeded
    );

    let mut soon = request("/a", "");
    soon.deadline = Some(Instant::now() + Duration::from_millis(50));
    let error = within(link.call(soon)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    // The first was never sent.
    let start = peer.start().await;
    assert_eq!(start.id, 1);
    assert!(
        start
            .deadline_us
            .is_some_and(|left| left > 0 && left <= 50_000)
    );
    assert_eq!(peer.frame().await.unwrap().header.kind, Kind::Cancel);
    assert_eq!(link.in_flight(), 0);
}

#[tokio::test]
async fn a_hang_up_tells_started_from_not_started() {
    let (link, mut peer) = linked(LinkLimits::default());
    let mut calls = Vec::new();
    for endpoint in ["/a", "/s", "/a", "/s", "/b"] {
        let mut call = link.call(request(endpoint, ""));
        begin(&mut call).await;
        calls.push(call);
    }
    for _ in 0..5 {
        peer.start().await;
    }
    peer.ledger.start(Lane::Async, 1).unwrap();
    peer.ledger.start(Lane::Async, 3).unwrap();
    peer.ledger.start(Lane::Sync, 2).unwrap();
    peer.reply(1, b"done").await;
    drop(peer);
    let outcomes = within(join_all(calls)).await;
    assert!(outcomes[0].is_ok());
    let error = |n: usize| outcomes[n].as_ref().unwrap_err();
    for started in [1, 2] {
        assert_eq!(error(started).kind(), ErrorKind::Unavailable);
        assert_eq!(error(started).retry(), Retry::Never);
        assert!(
            error(started).to_string().contains("outcome: unknown"),
            "{}",
            error(started)
        );
    }
    for waiting in [3, 4] {
        assert_eq!(error(waiting).retry(), Retry::NeverStarted);
    }
    assert_eq!(within(link.closed()).await, Closed::HungUp);
    let after = within(link.call(request("/a", ""))).await.unwrap_err();
    assert_eq!(
        (after.kind(), after.retry()),
        (ErrorKind::Unavailable, Retry::NeverSent)
    );
    assert!(link.ready().is_err());
}

#[tokio::test]
async fn nonsense_closes_the_link_and_is_named() {
    let header = |kind: u8, len: u32, flags: u8, id: u64| {
        let mut bytes = FrameHeader::new(Kind::Reply, id).to_bytes();
        bytes[..4].copy_from_slice(&len.to_le_bytes());
        (bytes[4], bytes[5]) = (kind, flags);
        bytes.to_vec()
    };
    let reply = Kind::Reply as u8;
    let cases = [
        (header(99, 0, 0, 1), "unknown kind 99"),
        (header(reply, u32::MAX, 2, 1), "over the limit"),
        (header(reply, 0, 64, 1), "unknown flags"),
        (header(reply, 0, 2, 1), "malformed reply"),
        (header(Kind::Start as u8, 0, 0, 1), "unknown kind 3"),
        (header(reply, 0, 0, 77), "never made"),
        (header(Kind::Error as u8, 0, 0, 1), "malformed error"),
        (
            (0..200)
                .map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
                .collect(),
            "frame",
        ),
    ];
    for (bytes, named) in cases {
        let (link, mut peer) = linked(LinkLimits::default());
        let mut call = link.call(request("/a", ""));
        begin(&mut call).await;
        peer.start().await;
        peer.send(&bytes).await;
        let Closed::Refused(reason) = within(link.closed()).await else {
            panic!("{named}")
        };
        assert!(reason.contains(named), "{reason}: {named}");
        let error = within(call).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.retry()),
            (ErrorKind::Protocol, Retry::Never),
            "{error}"
        );
        assert!(error.to_string().contains(named), "{error}");
        assert!(peer.frame().await.is_none(), "the connection is closed");
    }
}

#[tokio::test]
async fn a_worker_that_gives_up_says_why_and_one_that_turns_away_has_not_died() {
    let (link, mut peer) = linked(LinkLimits::default());
    let mut calls = Vec::new();
    for _ in 0..2 {
        let mut call = link.call(request("/a", ""));
        begin(&mut call).await;
        calls.push((peer.start().await.id, call));
    }
    let mut out = Vec::new();
    let ending = Error::new(ErrorKind::Unavailable, "ending").with_retry(Retry::NeverStarted);
    encode_error(1, &ending, &mut out).unwrap();
    encode_error(
        0,
        &Error::new(ErrorKind::Internal, "the loop is gone"),
        &mut out,
    )
    .unwrap();
    peer.send(&out).await;
    let mut outcomes = join_all(calls.into_iter().map(|(_, call)| within(call))).await;
    let given_up = outcomes.remove(1).unwrap_err();
    assert!(
        given_up.to_string().contains("the loop is gone"),
        "{given_up}"
    );
    let turned_away = outcomes.remove(0).unwrap_err();
    assert_eq!(
        (turned_away.kind(), turned_away.retry()),
        (ErrorKind::Unavailable, Retry::NeverSent)
    );
}

#[tokio::test]
async fn an_unknown_kind_that_may_be_ignored_is() {
    let (link, mut peer) = linked(LinkLimits::default());
    let mut call = link.call(request("/a", ""));
    begin(&mut call).await;
    let id = peer.start().await.id;
    for kind in [99, Kind::Credit as u8] {
        let mut ignorable = FrameHeader::new(Kind::Reply, 0).to_bytes();
        (ignorable[4], ignorable[5]) = (kind, crate::frames::flags::IGNORABLE);
        peer.send(&ignorable).await;
    }
    peer.reply(id, b"ok").await;
    assert!(within(call).await.is_ok());
}

#[tokio::test]
async fn a_truncated_frame_is_a_hang_up() {
    let (link, mut peer) = linked(LinkLimits::default());
    let mut call = link.call(request("/a", ""));
    begin(&mut call).await;
    let id = peer.start().await.id;
    let mut out = Vec::new();
    encode_reply(id, None, Some(&[1; 5000]), &mut out).unwrap();
    peer.send(&out[..2000]).await;
    drop(peer);
    assert_eq!(within(call).await.unwrap_err().retry(), Retry::NeverStarted);
    assert_eq!(within(link.closed()).await, Closed::HungUp);
}

#[tokio::test]
async fn a_peer_that_does_not_read_holds_callers_back() {
    let limits = LinkLimits {
        high_water: 64 * 1024,
        ..LinkLimits::default()
    };
    let (link, mut peer) = linked(limits);
    let mut calls: Vec<_> = (0..2000_u32)
        .map(|n| link.call(request("/a", n.to_le_bytes().repeat(250))))
        .collect();
    for call in &mut calls {
        begin(call).await;
        tokio::task::yield_now().await;
    }
    // About twice the mark, and what the socket holds.
    let sent = link.in_flight();
    assert!(sent > 10 && sent < 1500, "{sent} of 2000 were sent");
    let worker = async {
        for _ in 0..2000 {
            let start = peer.start().await;
            peer.reply(start.id, &start.branches[0].1).await;
        }
        peer
    };
    let (answers, _peer) = within(async { tokio::join!(join_all(calls), worker) }).await;
    for (n, answer) in (0_u32..).zip(answers) {
        assert_eq!(
            answer.unwrap().payload.unwrap().0,
            n.to_le_bytes().repeat(250)
        );
    }
}

#[tokio::test]
async fn held_back_callers_may_leave_or_run_out_of_time() {
    let limits = LinkLimits {
        high_water: 1024,
        ..LinkLimits::default()
    };
    let (link, peer) = linked(limits);
    let mut calls: Vec<_> = (0..400)
        .map(|_| link.call(request("/a", vec![0; 4096])))
        .collect();
    for call in &mut calls {
        begin(call).await;
        tokio::task::yield_now().await;
    }
    let mut soon = request("/a", "");
    soon.deadline = Some(Instant::now() + Duration::from_millis(20));
    let error = within(link.call(soon)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    drop(calls.split_off(100));
    drop(peer);
    for outcome in within(join_all(calls)).await {
        assert_ne!(outcome.unwrap_err().retry(), Retry::Never);
    }
}

#[tokio::test]
async fn a_large_payload_goes_and_comes() {
    let (link, mut peer) = linked(LinkLimits::default());
    let large = Bytes::from((0..50_000_000_u32).map(|n| n as u8).collect::<Vec<u8>>());
    let call = link.call(request("/a", large.clone()));
    let worker = async {
        let start = peer.start().await;
        assert!(start.branches[0].1 == large);
        peer.reply(start.id, &start.branches[0].1).await;
        peer
    };
    let (answer, _peer) = within(async { tokio::join!(call, worker) }).await;
    assert!(answer.unwrap().payload.unwrap().0 == large);
}

#[tokio::test]
async fn what_is_over_the_limit_is_not_sent() {
    let limits = LinkLimits {
        max_message_bytes: 1 << 20,
        ..LinkLimits::default()
    };
    let (link, mut peer) = linked(limits);
    let error = within(link.call(request("/a", vec![0; 2 << 20])))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(
        error.to_string().contains("max_message_bytes (1048576)"),
        "{error}"
    );
    let mut call = link.call(request("/a", ""));
    begin(&mut call).await;
    assert_eq!(peer.start().await.id, 1);
}

#[tokio::test]
async fn draining_takes_no_new_calls_and_waits_for_those_that_run() {
    let (link, mut peer) = linked(LinkLimits::default());
    let mut call = link.call(request("/a", ""));
    begin(&mut call).await;
    let id = peer.start().await.id;
    link.drain(Duration::from_secs(3));
    let frame = peer.frame().await.unwrap();
    assert_eq!(
        (frame.header.kind, frame.header.arg),
        (Kind::Drain, 3_000_000)
    );
    let refused = within(link.call(request("/a", ""))).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.retry()),
        (ErrorKind::Unavailable, Retry::NeverSent)
    );
    peer.reply(id, b"last").await;
    assert_eq!(within(call).await.unwrap().payload.unwrap().0, "last");
    drop(peer);
    assert_eq!(within(link.closed()).await, Closed::HungUp);
}

#[tokio::test]
async fn a_link_that_is_let_go_hangs_up() {
    let (link, mut peer) = linked(LinkLimits::default());
    drop(link);
    assert!(peer.frame().await.is_none());
}

#[tokio::test]
async fn hanging_up_reads_what_was_sent_first() {
    let (link, mut peer) = linked(LinkLimits::default());
    let mut calls = Vec::new();
    for _ in 0..2 {
        let mut call = link.call(request("/a", ""));
        begin(&mut call).await;
        peer.start().await;
        calls.push(call);
    }
    // A child of the dead worker holds its end.
    let _held = peer.stream.as_fd().try_clone_to_owned().unwrap();
    peer.ledger.start(Lane::Async, 2).unwrap();
    peer.reply(1, b"done").await;
    drop(peer);
    link.hang_up();
    let outcomes = within(join_all(calls)).await;
    assert!(outcomes[0].is_ok());
    assert_eq!(outcomes[1].as_ref().unwrap_err().retry(), Retry::Never);
}

#[test]
fn a_runtime_that_ends_leaves_no_caller_hanging() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (link, _peer) = runtime.block_on(async { linked(LinkLimits::default()) });
    let call = link.call(request("/a", ""));
    let waiting = std::thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let other = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            other.unwrap().block_on(within(call))
        });
        let start = Instant::now();
        while link.in_flight() == 0 && start.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        drop(runtime);
        waiter.join().unwrap()
    });
    assert!(waiting.is_err());
}
