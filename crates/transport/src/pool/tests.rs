use std::collections::HashMap;
use std::future::Future;
use std::task::Poll;

use bytes::Bytes;
use futures_util::future::{join_all, poll_fn};
use futures_util::stream::{FuturesUnordered, StreamExt};
use proptest::prelude::*;

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("in time")
}

type Outcome = Result<CallReply, Error>;

/// A replica whose answers the test gives, one by one.
#[derive(Default)]
struct Puppet {
    waiting: Mutex<Vec<(String, oneshot::Sender<Outcome>)>>,
    seen: Mutex<Vec<String>>,
    /// Answers at once with its number.
    immediate: Option<u8>,
}

impl Puppet {
    fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    fn immediate(number: u8) -> Arc<Self> {
        Arc::new(Self {
            immediate: Some(number),
            ..Self::default()
        })
    }

    /// How many calls it holds; those that were cancelled are gone.
    fn holds(&self) -> usize {
        let mut waiting = self.waiting.lock();
        waiting.retain(|(_, sender)| !sender.is_closed());
        waiting.len()
    }

    fn answer(&self, outcome: Outcome) -> String {
        let (id, sender) = self.waiting.lock().remove(0);
        let _ = sender.send(outcome);
        id
    }

    fn answer_all(&self, outcome: impl Fn() -> Outcome) {
        for (_, sender) in std::mem::take(&mut *self.waiting.lock()) {
            let _ = sender.send(outcome());
        }
    }
}

impl Call for Puppet {
    fn call(&self, request: CallRequest) -> CallFuture<'_> {
        let id = request.request_id.to_string();
        self.seen.lock().push(id.clone());
        if let Some(number) = self.immediate {
            let payload = tidegate_core::Payload(Bytes::from(vec![number]));
            let reply = CallReply {
                payload: Some(payload),
                ..CallReply::default()
            };
            return Box::pin(std::future::ready(Ok(reply)));
        }
        let (sender, receiver) = oneshot::channel();
        self.waiting.lock().push((id, sender));
        Box::pin(async move { receiver.await.unwrap() })
    }

    fn serves(&self, _: &str) -> bool {
        true
    }

    fn endpoints(&self) -> Vec<String> {
        vec!["/a".to_owned()]
    }
}

fn request(id: &str) -> CallRequest {
    CallRequest {
        request_id: Arc::from(id),
        endpoint: Arc::from("/a"),
        parameters: Bytes::new(),
        branches: Vec::new(),
        deadline: None,
    }
}

fn died(retry: Retry) -> Outcome {
    Err(Error::new(ErrorKind::Unavailable, "died").with_retry(retry))
}

fn done() -> Outcome {
    Ok(CallReply::default())
}

fn pool(limits: PoolLimits, puppets: &[&Arc<Puppet>]) -> Arc<Pool> {
    let pool = Pool::new("x", limits);
    for (number, puppet) in (0..).zip(puppets) {
        pool.insert(number, Arc::clone(puppet) as _);
    }
    pool
}

async fn begin<'a>(pool: &'a Pool, id: &str) -> CallFuture<'a> {
    let mut call = pool.call(request(id));
    step(&mut call).await;
    call
}

async fn step(call: &mut CallFuture<'_>) {
    poll_fn(|cx| {
        assert!(call.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
}

#[tokio::test]
async fn one_after_another_visits_all_in_turn() {
    let puppets: Vec<_> = (0..3).map(Puppet::immediate).collect();
    let pool = pool(PoolLimits::default(), &puppets.iter().collect::<Vec<_>>());
    let mut visited = Vec::new();
    for _ in 0..6 {
        let reply = within(pool.call(request("r"))).await.unwrap();
        visited.push(reply.payload.unwrap().0[0]);
    }
    assert_eq!(visited, [0, 1, 2, 0, 1, 2]);
    // A restarted replica rejoins.
    pool.remove(1);
    pool.insert(1, Puppet::immediate(7));
    let mut visited = Vec::new();
    for _ in 0..3 {
        visited.push(
            within(pool.call(request("r")))
                .await
                .unwrap()
                .payload
                .unwrap()
                .0[0],
        );
    }
    visited.sort_unstable();
    assert_eq!(visited, [0, 2, 7]);
}

#[tokio::test]
async fn the_least_loaded_takes_the_next() {
    let (a, b) = (Puppet::new(), Puppet::new());
    let pool = pool(PoolLimits::default(), &[&a, &b]);
    let calls = [
        begin(&pool, "1").await,
        begin(&pool, "2").await,
        begin(&pool, "3").await,
    ];
    assert_eq!((a.holds(), b.holds()), (2, 1));
    a.answer(done());
    a.answer(done());
    let [first, _second, third] = calls;
    within(first).await.unwrap();
    within(third).await.unwrap();
    let _fourth = begin(&pool, "4").await;
    let _fifth = begin(&pool, "5").await;
    assert_eq!((a.holds(), b.holds()), (1, 2));
    assert_eq!(pool.replicas(), [(0, 1), (1, 2)]);
}

#[tokio::test]
async fn what_is_beyond_waits_in_order_and_then_is_refused() {
    let puppet = Puppet::new();
    let limits = PoolLimits {
        in_flight: 2,
        queue: 3,
        ..PoolLimits::default()
    };
    let pool = pool(limits, &[&puppet]);
    let mut calls = Vec::new();
    for id in ["1", "2", "3", "4", "5"] {
        calls.push(begin(&pool, id).await);
    }
    assert_eq!((pool.in_flight(), pool.queued()), (2, 3));
    let error = within(pool.call(request("6"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    assert!(
        error.to_string().contains("'x'") && error.to_string().contains('3'),
        "{error}"
    );
    // One of those that wait leaves, and makes room.
    drop(calls.remove(3));
    assert_eq!(pool.queued(), 2);
    calls.push(begin(&pool, "7").await);
    let puppeteer = async {
        let mut order = Vec::new();
        while order.len() < 5 {
            if puppet.holds() > 0 {
                order.push(puppet.answer(done()));
            }
            tokio::task::yield_now().await;
        }
        order
    };
    let (outcomes, order) = within(async { tokio::join!(join_all(calls), puppeteer) }).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(order, ["1", "2", "3", "5", "7"]);
    assert_eq!((pool.in_flight(), pool.queued()), (0, 0));
}

#[tokio::test]
async fn what_was_not_started_goes_to_another_and_what_was_does_not() {
    let (a, b) = (Puppet::new(), Puppet::new());
    let pool = pool(PoolLimits::default(), &[&a, &b]);
    let mut first = begin(&pool, "1").await;
    a.answer(died(Retry::NeverStarted));
    step(&mut first).await;
    assert_eq!((a.holds(), b.holds()), (0, 1));
    // The dead one gets no more, though nobody has removed it yet.
    let second = begin(&pool, "2").await;
    assert_eq!((a.holds(), b.holds()), (0, 2));
    b.answer(done());
    b.answer(died(Retry::Never));
    within(first).await.unwrap();
    assert_eq!(
        within(second).await.unwrap_err().kind(),
        ErrorKind::Unavailable
    );
}

#[tokio::test]
async fn what_was_not_started_waits_for_the_next_worker() {
    let (a, b) = (Puppet::new(), Puppet::new());
    let pool = pool(PoolLimits::default(), &[&a]);
    let mut call = begin(&pool, "1").await;
    a.answer(died(Retry::NeverStarted));
    step(&mut call).await;
    pool.remove(0);
    assert_eq!((pool.queued(), pool.in_flight()), (1, 0));
    assert!(pool.ready().is_err());
    pool.insert(0, Arc::clone(&b) as _);
    step(&mut call).await;
    b.answer(done());
    within(call).await.unwrap();
}

#[tokio::test]
async fn a_call_that_met_two_deaths_is_not_tried_again() {
    let puppets: Vec<_> = (0..4).map(|_| Puppet::new()).collect();
    let pool = pool(PoolLimits::default(), &puppets.iter().collect::<Vec<_>>());
    let mut call = begin(&pool, "poisoned").await;
    // Not having been sent is nothing against it.
    puppets[0].answer(died(Retry::NeverSent));
    step(&mut call).await;
    puppets[1].answer(died(Retry::NeverStarted));
    step(&mut call).await;
    puppets[2].answer(died(Retry::NeverStarted));
    let error = within(call).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.to_string().contains("poisoned"), "{error}");
    assert!(error.to_string().contains("poison: true"), "{error}");
    assert_eq!(puppets[3].holds(), 0);
}

#[tokio::test]
async fn other_errors_are_not_retried() {
    let (a, b) = (Puppet::new(), Puppet::new());
    let pool = pool(PoolLimits::default(), &[&a, &b]);
    let call = begin(&pool, "1").await;
    let late = Error::new(ErrorKind::DeadlineExceeded, "late").with_retry(Retry::NeverStarted);
    a.answer(Err(late));
    assert_eq!(
        within(call).await.unwrap_err().kind(),
        ErrorKind::DeadlineExceeded
    );
    assert_eq!(pool.replicas().len(), 2);
    assert!(b.seen.lock().is_empty());
}

#[tokio::test]
async fn a_crash_loop_answers_all_until_a_replica_comes() {
    let pool = pool(PoolLimits::default(), &[]);
    let waiting = begin(&pool, "1").await;
    let crash = || Error::new(ErrorKind::Startup, "x crashed 5 times").with_hint("see above");
    pool.fail(crash());
    let error = within(waiting).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (ErrorKind::Startup, crash().to_string())
    );
    assert_eq!(
        within(pool.call(request("2"))).await.unwrap_err().kind(),
        ErrorKind::Startup
    );
    assert_eq!(pool.ready().unwrap_err().kind(), ErrorKind::Startup);
    pool.insert(0, Puppet::immediate(1));
    assert!(within(pool.call(request("3"))).await.is_ok() && pool.ready().is_ok());
}

#[tokio::test(start_paused = true)]
async fn without_any_replica_a_call_does_not_wait_for_ever() {
    let pool = pool(PoolLimits::default(), &[]);
    let began = tokio::time::Instant::now();
    let error = pool.call(request("1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("no worker for 60 s"), "{error}");
    assert_eq!(began.elapsed().as_secs(), 60);
    assert_eq!(pool.queued(), 0);
}

#[tokio::test(start_paused = true)]
async fn behind_busy_replicas_a_call_waits_as_long_as_it_takes() {
    let puppet = Puppet::new();
    let limits = PoolLimits {
        in_flight: 1,
        ..PoolLimits::default()
    };
    let pool = pool(limits, &[&puppet]);
    let running = begin(&pool, "1").await;
    let waiting = pool.call(request("2"));
    let later = async {
        tokio::time::sleep(Duration::from_secs(500)).await;
        puppet.answer(done());
        while puppet.holds() == 0 {
            tokio::task::yield_now().await;
        }
        puppet.answer(done());
    };
    let (first, second, ()) = tokio::join!(running, waiting, later);
    assert!(first.is_ok() && second.is_ok());
}

#[tokio::test]
async fn a_deadline_holds_in_the_queue() {
    let puppet = Puppet::new();
    let limits = PoolLimits {
        in_flight: 1,
        ..PoolLimits::default()
    };
    let pool = pool(limits, &[&puppet]);
    let _running = begin(&pool, "1").await;
    let mut soon = request("2");
    soon.deadline = Some(Instant::now() + Duration::from_millis(20));
    let error = within(pool.call(soon)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(pool.queued(), 0);
    assert_eq!(puppet.seen.lock().len(), 1);
}

#[tokio::test]
async fn leaving_gives_the_place_to_the_next() {
    let puppet = Puppet::new();
    let limits = PoolLimits {
        in_flight: 1,
        ..PoolLimits::default()
    };
    let pool = pool(limits, &[&puppet]);
    let running = begin(&pool, "1").await;
    let second = begin(&pool, "2").await;
    let mut third = begin(&pool, "3").await;
    drop(running);
    // The second has been given the place, and leaves before it takes it.
    drop(second);
    step(&mut third).await;
    assert_eq!(*puppet.seen.lock(), ["1", "3"]);
    puppet.answer_all(done);
    within(third).await.unwrap();
    assert_eq!((pool.in_flight(), pool.queued()), (0, 0));
}

/// What happens next in a random schedule.
#[derive(Debug, Clone)]
enum Event {
    Send,
    Answer(usize),
    /// The replica's first calls were started, the rest were not.
    Die(usize, usize),
    Restart(usize),
    Leave(usize),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Send),
        4 => (0..3_usize).prop_map(Event::Answer),
        1 => ((0..3_usize), (0..4_usize)).prop_map(|(n, started)| Event::Die(n, started)),
        2 => (0..3_usize).prop_map(Event::Restart),
        1 => (0..8_usize).prop_map(Event::Leave),
    ]
}

/// One call, which may be told to leave.
async fn send(
    pool: Arc<Pool>,
    id: usize,
    leave: oneshot::Receiver<()>,
) -> (usize, Option<Outcome>) {
    let call = pool.call(request(&id.to_string()));
    tokio::select! {
        outcome = call => (id, Some(outcome)),
        Ok(()) = leave => (id, None),
    }
}

async fn settle(
    calls: &mut FuturesUnordered<impl Future<Output = (usize, Option<Outcome>)>>,
) -> Vec<(usize, Option<Outcome>)> {
    let mut done = Vec::new();
    for _ in 0..4 {
        poll_fn(|cx| {
            while let Poll::Ready(Some(outcome)) = calls.poll_next_unpin(cx) {
                done.push(outcome);
            }
            Poll::Ready(())
        })
        .await;
    }
    done
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_call_is_lost_or_run_twice(events in proptest::collection::vec(event(), 1..120)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async move {
            let limits = PoolLimits { in_flight: 2, queue: 5, ..PoolLimits::default() };
            let pool = Pool::new("x", limits);
            let mut replicas: [Option<Arc<Puppet>>; 3] = [None, None, None];
            let mut calls = FuturesUnordered::new();
            let mut leavers = Vec::new();
            let mut outcomes: HashMap<usize, Option<Outcome>> = HashMap::new();
            // How often user code ran each call.
            let mut ran: HashMap<String, u32> = HashMap::new();
            let mut sent = 0;
            for event in events {
                match event {
                    Event::Send => {
                        let (leaver, leave) = oneshot::channel();
                        leavers.push(leaver);
                        calls.push(send(Arc::clone(&pool), sent, leave));
                        sent += 1;
                    }
                    Event::Answer(n) => if let Some(puppet) = &replicas[n] && puppet.holds() > 0 {
                        *ran.entry(puppet.answer(done())).or_default() += 1;
                    },
                    Event::Die(n, started) => if let Some(puppet) = replicas[n].take() {
                        pool.remove(n as u32);
                        for at in 0..puppet.holds() {
                            let retry = if at < started { Retry::Never } else { Retry::NeverStarted };
                            let id = puppet.answer(died(retry));
                            if at < started { *ran.entry(id).or_default() += 1 }
                        }
                    },
                    Event::Restart(n) => if replicas[n].is_none() {
                        let puppet = Puppet::new();
                        pool.insert(n as u32, Arc::clone(&puppet) as _);
                        replicas[n] = Some(puppet);
                    },
                    Event::Leave(back) => if leavers.len() > back {
                        let at = leavers.len() - 1 - back;
                        let _ = leavers.remove(at).send(());
                    },
                }
                outcomes.extend(settle(&mut calls).await);
                let loads = pool.replicas();
                assert!(loads.iter().all(|(_, load)| *load <= 2), "{loads:?}");
            }
            // Whoever still waits is served by a worker that answers at once.
            pool.insert(9, Puppet::immediate(0));
            for puppet in replicas.iter().flatten() {
                puppet.answer_all(done);
            }
            while outcomes.len() < sent {
                let next = settle(&mut calls).await;
                for puppet in replicas.iter().flatten() { puppet.answer_all(done); }
                outcomes.extend(next);
            }
            assert!(ran.values().all(|times| *times <= 1), "{ran:?}");
            assert_eq!((pool.in_flight(), pool.queued()), (0, 0));
        });
    }
}
