//! Any schedule of arrivals, cancellations, errors and deadlines: every request ends once, and those that end
//! well had each Document handled once, in order.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use bytes::Bytes;
use proptest::prelude::*;
use tidegate_executor::{Batcher, Event, Left, Member, Reason, Rule, Slice, Weight, Weights};

const LONGEST: Duration = Duration::from_secs(3600);

#[derive(Debug, Clone)]
enum Step {
    /// Documents of these weights, under one of a few parameters; out of time after so many milliseconds.
    Arrive {
        endpoint: usize,
        parameters: u8,
        weights: Vec<u16>,
        counted: bool,
        deadline: Option<u64>,
    },
    /// One of the requests so far leaves, or one that is not here.
    Leave(usize),
    Wait(u64),
    /// One of the running slices ends, well or not.
    End {
        which: usize,
        failed: bool,
    },
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    let arrive = (
        0_usize..3,
        0_u8..3,
        prop::collection::vec(0_u16..6, 0..12),
        any::<bool>(),
        prop::option::of(0_u64..60),
    );
    prop_oneof![
        6 => arrive.prop_map(|(endpoint, parameters, weights, counted, deadline)| Step::Arrive {
            endpoint, parameters, weights, counted, deadline,
        }),
        2 => any::<usize>().prop_map(Step::Leave),
        3 => (0_u64..30).prop_map(Step::Wait),
        4 => (any::<usize>(), prop::bool::weighted(0.2))
            .prop_map(|(which, failed)| Step::End { which, failed }),
        1 => Just(Step::Close),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Handled,
    Failed,
    Left,
    Expired,
}

/// What a request was, and how much of it has been handed out and handled.
struct Request {
    endpoint: usize,
    parameters: Bytes,
    weights: Vec<u64>,
    deadline: Option<Instant>,
    handed: usize,
    handled: Vec<bool>,
    fate: Option<Fate>,
}

/// The world around a batcher: an executor that runs what it is given, and remembers.
struct World {
    now: Instant,
    batcher: Batcher,
    rules: [Option<Rule>; 3],
    requests: BTreeMap<u64, Request>,
    running: BTreeMap<u64, Slice>,
    side_by_side: HashMap<(usize, Bytes), usize>,
    abandoned: BTreeSet<u64>,
    closed: bool,
}

fn rule(preferred: usize, millis: u64, flush_all: bool, side_by_side: usize) -> Option<Rule> {
    Some(Rule {
        preferred: Weight::of_documents(preferred),
        timeout: Duration::from_millis(millis),
        flush_all,
        side_by_side,
    })
}

impl World {
    fn new(preferred: usize, flush_all: bool, side_by_side: usize) -> Self {
        let rules = [
            rule(preferred, 20, flush_all, side_by_side),
            rule(preferred * 2, 0, false, 1),
            None,
        ];
        Self {
            now: Instant::now(),
            batcher: Batcher::new(rules),
            rules,
            requests: BTreeMap::new(),
            running: BTreeMap::new(),
            side_by_side: HashMap::new(),
            abandoned: BTreeSet::new(),
            closed: false,
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Arrive {
                endpoint,
                parameters,
                weights,
                counted,
                deadline,
            } => self.arrive(endpoint, parameters, &weights, counted, deadline),
            Step::Leave(which) => {
                let id = (which % (self.requests.len() + 1)) as u64;
                self.leave(id);
            }
            Step::Wait(millis) => self.now += Duration::from_millis(millis),
            Step::End { which, failed } => {
                let ids: Vec<u64> = self.running.keys().copied().collect();
                if !ids.is_empty() {
                    self.end(ids[which % ids.len()], failed);
                }
            }
            Step::Close => {
                self.closed = true;
                self.batcher.close();
            }
        }
        self.run();
    }

    fn arrive(
        &mut self,
        endpoint: usize,
        parameters: u8,
        weights: &[u16],
        counted: bool,
        deadline: Option<u64>,
    ) {
        let id = self.requests.len() as u64;
        let parameters = Bytes::copy_from_slice(&[parameters]);
        let deadline = deadline.map(|after| self.now + Duration::from_millis(after));
        let member = Member {
            id,
            deadline,
            weights: if counted {
                Weights::Count(weights.len())
            } else {
                let each = weights.iter();
                Weights::Each(
                    each.map(|w| Weight::of_metric(f64::from(*w)).unwrap())
                        .collect(),
                )
            },
        };
        let taken = self
            .batcher
            .arrive(self.now, endpoint, parameters.clone(), member);
        assert_eq!(taken, endpoint < 2 && !weights.is_empty());
        let weigh = |w: &u16| if counted { 1 } else { u64::from(*w) };
        self.requests.insert(
            id,
            Request {
                endpoint,
                parameters,
                weights: weights.iter().map(weigh).collect(),
                deadline,
                handed: 0,
                handled: vec![false; weights.len()],
                fate: (!taken).then_some(Fate::Handled),
            },
        );
    }

    fn leave(&mut self, id: u64) {
        let left = self.batcher.leave(id);
        let Some(request) = self.requests.get_mut(&id).filter(|r| r.fate.is_none()) else {
            assert_eq!(left, Left::Unknown);
            return;
        };
        request.fate = Some(Fate::Left);
        match left {
            Left::Unknown => panic!("request {id} was here"),
            Left::Waiting => assert_eq!(request.handed, 0),
            Left::Begun(abandoned) => {
                assert!(request.handed > 0);
                self.abandon(abandoned);
            }
        }
    }

    /// Slices are given up once, when none of their requests is waited for.
    fn abandon(&mut self, slices: Vec<u64>) {
        for id in slices {
            assert!(self.abandoned.insert(id));
            for part in &self.running[&id].parts {
                assert!(self.requests[&part.member].fate.is_some());
            }
        }
    }

    fn run(&mut self) {
        while let Some(event) = self.batcher.next(self.now) {
            match event {
                Event::Run(slice) => self.begin(slice),
                Event::Expired {
                    id,
                    begun,
                    abandoned,
                } => {
                    let request = self.requests.get_mut(&id).unwrap();
                    assert_eq!(request.fate.replace(Fate::Expired), None);
                    assert!(request.deadline.unwrap() <= self.now);
                    assert_eq!(begun, request.handed > 0);
                    self.abandon(abandoned);
                }
            }
        }
    }

    fn begin(&mut self, slice: Slice) {
        let rule = self.rules[slice.endpoint].unwrap();
        let mut weight = 0;
        let mut count = 0;
        assert!(!slice.parts.is_empty());
        for part in &slice.parts {
            let request = self.requests.get_mut(&part.member).unwrap();
            assert_eq!(request.fate, None);
            assert_eq!(request.endpoint, slice.endpoint);
            assert_eq!(request.parameters, slice.parameters);
            assert_eq!(part.is_first, request.handed == 0);
            assert_eq!(part.range.start, request.handed);
            assert!(part.range.start < part.range.end && part.range.end <= request.weights.len());
            request.handed = part.range.end;
            weight += request.weights[part.range.clone()].iter().sum::<u64>();
            count += part.range.len();
        }
        let fits = Weight::of_documents(usize::try_from(weight).unwrap()) <= rule.preferred;
        assert!(fits || count == 1 || rule.flush_all);
        assert!(slice.reason != Reason::Close || self.closed);
        let key = (slice.endpoint, slice.parameters.clone());
        let now_running = self.side_by_side.entry(key).or_default();
        *now_running += 1;
        assert!(*now_running <= rule.side_by_side);
        self.running.insert(slice.id, slice);
    }

    fn end(&mut self, id: u64, failed: bool) {
        let slice = self.running.remove(&id).unwrap();
        self.abandoned.remove(&id);
        *self
            .side_by_side
            .get_mut(&(slice.endpoint, slice.parameters.clone()))
            .unwrap() -= 1;
        for part in slice.parts.iter().filter(|_| !failed) {
            let request = self.requests.get_mut(&part.member).unwrap();
            for place in &mut request.handled[part.range.clone()] {
                assert!(!std::mem::replace(place, true), "handled twice");
            }
        }
        let ended = self.batcher.ended(id, self.now, failed);
        for one in &ended {
            let request = self.requests.get_mut(&one.id).unwrap();
            assert_eq!(one.failed, failed);
            if !failed {
                assert!(request.handled.iter().all(|handled| *handled));
            }
            let fate = if failed { Fate::Failed } else { Fate::Handled };
            assert_eq!(request.fate.replace(fate), None, "ended twice");
        }
        if failed {
            // Exactly those that had a Document in it.
            for part in &slice.parts {
                assert!(self.requests[&part.member].fate.is_some());
            }
            assert!(ended.len() <= slice.parts.len());
        }
    }

    /// Time goes on and slices end well, until there is nothing left to wait for.
    fn finish(&mut self) {
        let last = self.now + LONGEST;
        while let Some(at) = self.batcher.wake_at().filter(|at| *at < last) {
            self.now = self.now.max(at);
            self.run();
            self.end_all();
        }
        self.end_all();
        assert_eq!(self.batcher.wake_at(), None);
    }

    fn end_all(&mut self) {
        while let Some(id) = self.running.keys().next().copied() {
            self.end(id, false);
            self.run();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_request_ends_once_with_its_own_documents(
        steps in prop::collection::vec(step(), 1..120),
        preferred in 1_usize..10,
        flush_all in any::<bool>(),
        side_by_side in 1_usize..4,
    ) {
        let mut world = World::new(preferred, flush_all, side_by_side);
        steps.into_iter().for_each(|step| world.step(step));
        world.finish();
        for (id, request) in &world.requests {
            prop_assert!(request.fate.is_some(), "request {} never ended", id);
            if request.fate == Some(Fate::Handled) && request.endpoint < 2 {
                prop_assert!(request.handled.iter().all(|handled| *handled));
            }
        }
        prop_assert!(world.batcher.is_idle());
        prop_assert_eq!(world.batcher.waiting(), 0);
        prop_assert_eq!(world.batcher.queues(), 0, "queues are freed");
    }

    #[test]
    fn nobody_waits_longer_than_the_timeout_while_there_is_room(
        steps in prop::collection::vec((0_u64..30, 1_usize..5), 1..60),
    ) {
        let mut now = Instant::now();
        let mut batcher = Batcher::new([rule(1000, 20, false, 1)]);
        let mut arrived: BTreeMap<u64, Instant> = BTreeMap::new();
        for (id, (wait, count)) in (0_u64..).zip(steps) {
            let until = now + Duration::from_millis(wait);
            while let Some(at) = batcher.wake_at().filter(|at| *at <= until) {
                while let Some(Event::Run(slice)) = batcher.next(at) {
                    prop_assert_eq!(slice.reason, Reason::Time);
                    let first = arrived[&slice.parts[0].member];
                    prop_assert_eq!(at, first + Duration::from_millis(20));
                    batcher.ended(slice.id, at, false);
                }
            }
            now = until;
            arrived.insert(id, now);
            let member = Member { id, weights: Weights::Count(count), deadline: None };
            prop_assert!(batcher.arrive(now, 0, Bytes::new(), member));
        }
    }
}
