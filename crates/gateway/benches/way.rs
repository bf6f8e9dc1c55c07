//! What a small request costs on its way: CPU of the thread that runs gateway and server.
//!
//! `cargo bench -p tidegate-gateway`. The worker and the client have threads of their own, whose CPU
//! does not count. Three stretches: the link alone, gateway and pool before it, and the server in front.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tidegate_core::{Branch, Call, CallRequest, Payload, Request};
use tidegate_gateway::{Gateway, GatewayOptions};
use tidegate_proto::encode_request;
use tidegate_transport::channel::{LinkLimits, WorkerLink};
use tidegate_transport::client::{CallOptions, Channel, ChannelOptions};
use tidegate_transport::frames::{Decoder, Hello, HelloEndpoint, Kind, Ledger, encode_reply};
use tidegate_transport::pool::{Pool, PoolLimits};
use tidegate_transport::server::{Server, ServerOptions, Shutdown};
use tokio::runtime::Builder;

const CALLS: usize = 100_000;

/// A Document of 64 bytes of text.
fn payload() -> Payload {
    let mut bytes = vec![0x0a, 66, 0x22, 64];
    bytes.resize(68, b'x');
    Payload(Bytes::from(bytes))
}

/// Answers every Start at once with no change, as many as a read brings.
fn worker(mut stream: UnixStream) {
    let mut decoder = Decoder::new(1 << 30);
    let (mut out, mut piece) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        while let Some(frame) = decoder.frame().unwrap() {
            if frame.header.kind == Kind::Start {
                encode_reply(frame.header.id, None, None, &mut out).unwrap();
            }
        }
        if stream.write_all(&out).is_err() {
            return;
        }
        out.clear();
        let wanted = decoder.wanted().min(piece.len());
        let Ok(count @ 1..) = stream.read(&mut piece[..wanted]) else {
            return;
        };
        decoder.buffer().extend_from_slice(&piece[..count]);
    }
}

fn link() -> Arc<WorkerLink> {
    let (ours, theirs) = UnixStream::pair().unwrap();
    thread::spawn(move || worker(theirs));
    let mut hello = Hello::ours();
    hello.endpoints = vec![HelloEndpoint {
        name: "/default".into(),
        sync: false,
    }];
    let (ledger, limits) = (Ledger::create().unwrap(), LinkLimits::default());
    WorkerLink::connect(ours, ledger, hello, "x/rep-0".into(), limits).unwrap()
}

fn gateway() -> Arc<Gateway> {
    let pool = Pool::new("x", PoolLimits::default());
    pool.insert(0, link());
    Gateway::chain(vec![("x".into(), pool)], GatewayOptions::default()).unwrap()
}

fn request() -> Request {
    let mut request = Request::default();
    request.header.request_id = "0123456789abcdef0123456789abcdef".to_owned();
    request.header.endpoint = Some("/".to_owned());
    request.parameters = Bytes::from_static(b"\x0a\x11\x0a\x0b__results__\x12\x02\x2a\x00");
    request.payload = Some(payload());
    request
}

fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Keeps `in_flight` of `work` going, `calls` in all.
async fn drive<F: Future>(calls: usize, in_flight: usize, work: impl Fn() -> F) {
    let mut running: FuturesUnordered<F> = (0..in_flight.min(calls)).map(|_| work()).collect();
    let mut begun = running.len();
    while running.next().await.is_some() {
        if begun < calls {
            running.push(work());
            begun += 1;
        }
    }
}

fn report(what: &str, in_flight: usize, cpu: Duration, wall: Duration) {
    let each = |time: Duration| time.as_secs_f64() * 1e6 / CALLS as f64;
    println!(
        "{what:<22} {in_flight:>3} in flight: {:>6.2} us CPU, {:>6.2} us wall",
        each(cpu),
        each(wall)
    );
}

/// In this thread: what is measured and what drives it.
fn inside(in_flight: usize) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let link = link();
        let call = || CallRequest {
            request_id: "0123456789abcdef0123456789abcdef".into(),
            endpoint: "/".into(),
            parameters: Bytes::new(),
            branches: vec![Branch {
                from: "gateway".into(),
                payload: payload(),
            }],
            deadline: None,
        };
        let (began, before) = (Instant::now(), cpu());
        drive(CALLS, in_flight, || link.call(call())).await;
        report("link", in_flight, cpu() - before, began.elapsed());

        let gateway = gateway();
        let (began, before) = (Instant::now(), cpu());
        drive(CALLS, in_flight, || gateway.handle(request())).await;
        report(
            "gateway, pool, link",
            in_flight,
            cpu() - before,
            began.elapsed(),
        );
    });
}

/// A server on a thread of its own, the client on this one.
fn served(in_flight: usize, stream: bool) {
    let (told, port) = std::sync::mpsc::channel();
    let (asked, question) =
        tokio::sync::mpsc::unbounded_channel::<std::sync::mpsc::Sender<Duration>>();
    let shutdown = Shutdown::new();
    let stop = shutdown.clone();
    let server = thread::spawn(move || {
        let mut question = question;
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let bound = Server::bind("127.0.0.1", 0).await.unwrap();
            told.send(bound.local_addr().port()).unwrap();
            tokio::spawn(bound.serve(gateway(), ServerOptions::default(), stop));
            while let Some(answer) = question.recv().await {
                answer.send(cpu()).unwrap();
            }
        });
    });
    let server_cpu = || {
        let (sender, receiver) = std::sync::mpsc::channel();
        asked.send(sender).unwrap();
        receiver.recv().unwrap()
    };
    let port = port.recv().unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let channel =
            Channel::connect("127.0.0.1", port, false, &ChannelOptions::default()).unwrap();
        let (message, options) = (encode_request(&request()), CallOptions::default());
        let unary = || async { channel.unary(message.clone(), &options).await.unwrap() };
        drive(1000, in_flight, unary).await;
        let (began, before) = (Instant::now(), server_cpu());
        if stream {
            let (sender, mut receiver) = channel.call_stream(&options).unwrap();
            let permits = tokio::sync::Semaphore::new(in_flight);
            let send = async {
                for _ in 0..CALLS {
                    permits.acquire().await.unwrap().forget();
                    sender.send(message.clone()).await.unwrap();
                }
                drop(sender);
            };
            let receive = async {
                while let Some(answer) = receiver.next().await {
                    answer.unwrap();
                    permits.add_permits(1);
                }
            };
            tokio::join!(send, receive);
        } else {
            drive(CALLS, in_flight, unary).await;
        }
        let what = if stream {
            "server, Call stream"
        } else {
            "server, unary"
        };
        report(what, in_flight, server_cpu() - before, began.elapsed());
    });
    drop(asked);
    server.join().unwrap();
}

fn main() {
    for in_flight in [1, 64] {
        inside(in_flight);
        served(in_flight, false);
        served(in_flight, true);
    }
}
