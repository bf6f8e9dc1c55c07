//! From a client over gRPC through server, gateway, pool and frames to a worker, and back.

use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{BufMut, Bytes};
use tidegate_core::{Error, ErrorKind, Payload, RemoteException, Request};
use tidegate_gateway::{Gateway, GatewayOptions};
use tidegate_proto::encode_request;
use tidegate_transport::channel::{LinkLimits, WorkerLink};
use tidegate_transport::client::{CallOptions, Channel, ChannelOptions};
use tidegate_transport::frames::{
    Decoder, Hello, HelloEndpoint, Kind, Lane, Ledger, StartFrame, encode_error, encode_reply,
};
use tidegate_transport::pool::{Pool, PoolLimits};
use tidegate_transport::server::{Server, ServerOptions, Shutdown};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

use crate::executors::{request, within};
use crate::structs::{encode, number, results, text};

const ENDPOINTS: [&str; 4] = ["/echo", "/boom", "/hold", "/die"];

/// What a worker of these tests has seen.
#[derive(Default)]
struct Sight {
    started: AtomicUsize,
    cancelled: AtomicUsize,
    /// Parameters of the last call.
    parameters: std::sync::Mutex<Bytes>,
    /// Told whenever one of them has changed.
    changed: watch::Sender<()>,
}

impl Sight {
    async fn wait(&self, until: impl Fn(&Self) -> bool) {
        let mut changed = self.changed.subscribe();
        within(changed.wait_for(|()| until(self))).await.unwrap();
    }
}

/// A worker without an Executor: what it does stands in the endpoint.
struct Worker {
    stream: tokio::net::UnixStream,
    ledger: Ledger,
    sight: Arc<Sight>,
    held: HashMap<u64, StartFrame>,
}

impl Worker {
    /// Until the channel closes, or a call of `/die`.
    async fn run(mut self) {
        let mut decoder = Decoder::new(1 << 30);
        loop {
            let mut out = Vec::new();
            while let Some(frame) = decoder.frame().unwrap() {
                match frame.header.kind {
                    Kind::Start => {
                        let start = StartFrame::try_from(frame).unwrap();
                        self.ledger.start(Lane::Async, start.id).unwrap();
                        *self.sight.parameters.lock().unwrap() = start.parameters.clone();
                        self.sight.started.fetch_add(1, Ordering::SeqCst);
                        if !self.answer(start, &mut out) {
                            return;
                        }
                    }
                    Kind::Cancel => {
                        if self.held.remove(&frame.header.id).is_some() {
                            self.sight.cancelled.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                    Kind::Drain => return,
                    Kind::Flush => {}
                    other => panic!("{other:?}"),
                }
                self.sight.changed.send_replace(());
            }
            if self.stream.write_all(&out).await.is_err() {
                return;
            }
            let wanted = decoder.wanted();
            if self
                .stream
                .read_buf(&mut decoder.buffer().limit(wanted))
                .await
                .unwrap_or(0)
                == 0
            {
                return;
            }
        }
    }

    /// Whether it lives on.
    fn answer(&mut self, start: StartFrame, out: &mut Vec<u8>) -> bool {
        match ENDPOINTS[usize::from(start.endpoint)] {
            "/echo" => {
                let dict = encode(&[("len", number(start.branches[0].1.len() as f64))]);
                encode_reply(start.id, Some(&dict), None, out).unwrap();
            }
            "/boom" => {
                let exception = RemoteException {
                    name: "ValueError".into(),
                    args: vec!["boom".into()],
                    executor: "E".into(),
                    ..RemoteException::default()
                };
                encode_error(
                    start.id,
                    &Error::executor("ValueError('boom')", exception),
                    out,
                )
                .unwrap();
            }
            "/hold" => drop(self.held.insert(start.id, start)),
            _ => return false,
        }
        true
    }
}

/// Starts a worker and lets it into the pool.
fn worker(pool: &Pool, replica: u32) -> Arc<Sight> {
    let (ours, theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    let ledger = Ledger::create().unwrap();
    let sight = Arc::new(Sight::default());
    let worker = Worker {
        stream: tokio::net::UnixStream::from_std(theirs).unwrap(),
        ledger: Ledger::from_fd(ledger.as_fd().try_clone_to_owned().unwrap()),
        sight: Arc::clone(&sight),
        held: HashMap::new(),
    };
    tokio::spawn(worker.run());
    let mut hello = Hello::ours();
    let endpoint = |name: &&str| HelloEndpoint {
        name: (*name).to_owned(),
        sync: false,
    };
    hello.endpoints = ENDPOINTS.iter().map(endpoint).collect();
    let pod = Arc::from(format!("{}/rep-{replica}", pool.name()));
    let link = WorkerLink::connect(ours, ledger, hello, pod, LinkLimits::default()).unwrap();
    pool.insert(replica, link);
    sight
}

struct Site {
    channel: Channel,
    pool: Arc<Pool>,
    workers: Vec<Arc<Sight>>,
    gateway: Arc<Gateway>,
    _shutdown: Shutdown,
}

async fn site(replicas: u32) -> Site {
    let pool = Pool::new("x", PoolLimits::default());
    let workers = (0..replicas)
        .map(|replica| worker(&pool, replica))
        .collect();
    let node = (Arc::from("x"), Arc::clone(&pool) as _);
    let gateway = Gateway::chain(vec![node], GatewayOptions::default()).unwrap();
    let bound = Server::bind("127.0.0.1", 0).await.unwrap();
    let port = bound.local_addr().port();
    let shutdown = Shutdown::new();
    let service = Arc::clone(&gateway) as _;
    tokio::spawn(bound.serve(service, ServerOptions::default(), shutdown.clone()));
    let options = ChannelOptions::default();
    let channel = Channel::connect("127.0.0.1", port, false, &options).unwrap();
    Site {
        channel,
        pool,
        workers,
        gateway,
        _shutdown: shutdown,
    }
}

async fn unary(site: &Site, request: Request) -> Result<Request, Error> {
    within(
        site.channel
            .unary(encode_request(&request), &CallOptions::default()),
    )
    .await
}

#[tokio::test]
async fn a_request_comes_back_with_its_results() {
    let site = site(2).await;
    for replica in ["x/rep-0", "x/rep-1"] {
        let mut sent = request("/echo", "");
        // A DocumentArray of one Document with the text "hi".
        sent.payload = Some(Payload(Bytes::from_static(b"\x0a\x04\x22\x02hi")));
        sent.parameters = encode(&[("x__k", text("v")), ("y__k", text("w"))]);
        let answer = unary(&site, sent.clone()).await.unwrap();
        assert_eq!(answer.header.request_id, "r1");
        assert_eq!(answer.payload, sent.payload);
        let results = results(&answer.parameters);
        assert_eq!(results.fields.keys().collect::<Vec<_>>(), [replica]);
        let names: Vec<_> = answer
            .routes
            .iter()
            .map(|route| route.executor.as_str())
            .collect();
        assert_eq!(names, ["gateway", "x"]);
    }
    for worker in &site.workers {
        assert_eq!(
            *worker.parameters.lock().unwrap(),
            encode(&[("k", text("v"))])
        );
    }
    assert_eq!(site.gateway.endpoints(), ENDPOINTS);
}

#[tokio::test]
async fn a_stream_of_many_is_answered_whole() {
    let site = site(2).await;
    let options = CallOptions {
        results_in_order: true,
        ..CallOptions::default()
    };
    let (sender, mut receiver) = site.channel.call_stream(&options).unwrap();
    let send = async move {
        for n in 0..2000 {
            let mut sent = request(if n % 10 == 3 { "/boom" } else { "/echo" }, "");
            sent.header.request_id = n.to_string();
            sender.send(encode_request(&sent)).await.unwrap();
        }
    };
    let receive = async {
        let mut n = 0;
        while let Some(answer) = receiver.next().await {
            let answer = answer.unwrap();
            assert_eq!(answer.header.request_id, n.to_string());
            let failed = answer.header.status.is_some_and(|status| status.is_error());
            assert_eq!(failed, n % 10 == 3);
            n += 1;
        }
        assert_eq!(n, 2000);
    };
    within(async { tokio::join!(send, receive) }).await;
    let both = site
        .workers
        .iter()
        .map(|worker| worker.started.load(Ordering::SeqCst));
    assert!(both.clone().sum::<usize>() == 2000 && both.min() > Some(500));
    assert_eq!(site.pool.in_flight(), 0);
}

#[tokio::test]
async fn a_client_that_leaves_cancels_what_runs() {
    let site = site(1).await;
    let options = CallOptions::default();
    let message = encode_request(&request("/hold", ""));
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let (channel, message, options) =
                (site.channel.clone(), message.clone(), options.clone());
            tokio::spawn(async move { channel.unary(message, &options).await })
        })
        .collect();
    site.workers[0]
        .wait(|sight| sight.started.load(Ordering::SeqCst) == 100)
        .await;
    for call in &calls {
        call.abort();
    }
    site.workers[0]
        .wait(|sight| sight.cancelled.load(Ordering::SeqCst) == 100)
        .await;
    assert_eq!(site.pool.in_flight(), 0);
}

#[tokio::test]
async fn a_deadline_reaches_the_worker_and_the_caller() {
    let site = site(1).await;
    let options = CallOptions {
        timeout: Some(Duration::from_millis(100)),
        ..CallOptions::default()
    };
    let message = encode_request(&request("/hold", ""));
    let error = within(site.channel.unary(message, &options))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    site.workers[0]
        .wait(|sight| sight.cancelled.load(Ordering::SeqCst) == 1)
        .await;
}

#[tokio::test]
async fn a_worker_that_dies_takes_only_what_it_had_started() {
    let site = site(1).await;
    let held = encode_request(&request("/hold", ""));
    let channel = site.channel.clone();
    let running = tokio::spawn(async move { channel.unary(held, &CallOptions::default()).await });
    site.workers[0]
        .wait(|sight| sight.started.load(Ordering::SeqCst) == 1)
        .await;
    let error = unary(&site, request("/die", "")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("died"), "{error}");
    assert_eq!(
        within(running).await.unwrap().unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    // The next waits for the next worker.
    let channel = site.channel.clone();
    let echo = encode_request(&request("/echo", ""));
    let waiting = tokio::spawn(async move { channel.unary(echo, &CallOptions::default()).await });
    within(async {
        while site.pool.queued() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    site.pool.remove(0);
    worker(&site.pool, 0);
    assert!(within(waiting).await.unwrap().is_ok());
}

#[tokio::test]
async fn health_and_dry_run_follow_the_workers() {
    let site = site(1).await;
    let options = CallOptions::default();
    assert!(
        !within(site.channel.dry_run(&options))
            .await
            .unwrap()
            .is_error()
    );
    assert_eq!(
        within(site.channel.endpoints(&options)).await.unwrap(),
        ENDPOINTS
    );
    site.pool.fail(Error::new(
        ErrorKind::Startup,
        "x crashed 5 times in a minute",
    ));
    let status = within(site.channel.dry_run(&options)).await.unwrap();
    assert!(
        status.is_error() && status.description.contains("crashed"),
        "{status:?}"
    );
    let error = unary(&site, request("/echo", "")).await.unwrap_err();
    assert!(error.to_string().contains("crashed"), "{error}");
}
