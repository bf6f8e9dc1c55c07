//! What closes a batch, one reason at a time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use bytes::Bytes;
use tidegate_executor::{
    Batcher, Event, Left, Member, Part, QUEUES, Reason, Rule, Slice, Weight, Weights,
};

const MS: Duration = Duration::from_millis(1);

fn rule() -> Rule {
    Rule {
        preferred: Weight::of_documents(4),
        timeout: 100 * MS,
        flush_all: false,
        side_by_side: 1,
    }
}

struct Kit {
    now: Instant,
    batcher: Batcher,
    next: u64,
}

impl Kit {
    fn new(rule: Rule) -> Self {
        Self {
            now: Instant::now(),
            batcher: Batcher::new([Some(rule)]),
            next: 0,
        }
    }

    fn arrive(&mut self, documents: usize) -> u64 {
        self.arrive_as(b"", Weights::Count(documents), None)
    }

    fn arrive_as(&mut self, key: &[u8], weights: Weights, left: Option<Duration>) -> u64 {
        let id = self.next;
        self.next += 1;
        let member = Member {
            id,
            weights,
            deadline: left.map(|left| self.now + left),
        };
        self.batcher
            .arrive(self.now, 0, Bytes::copy_from_slice(key), member);
        id
    }

    fn after(&mut self, time: Duration) -> Option<Slice> {
        self.now += time;
        match self.batcher.next(self.now) {
            Some(Event::Run(slice)) => Some(slice),
            Some(other) => panic!("{other:?}"),
            None => None,
        }
    }

    fn slice(&mut self) -> Slice {
        self.after(Duration::ZERO).expect("a slice is due")
    }

    fn end(&mut self, slice: &Slice) -> Vec<u64> {
        let ended = self.batcher.ended(slice.id, self.now, false);
        ended.iter().map(|one| one.id).collect()
    }
}

fn part(member: u64, range: std::ops::Range<usize>) -> Part {
    let is_first = range.start == 0;
    Part {
        member,
        range,
        is_first,
    }
}

#[test]
fn by_size_at_once_and_the_timer_goes_with_its_batch() {
    let mut kit = Kit::new(rule());
    (0..4).for_each(|_| _ = kit.arrive(1));
    let full = kit.slice();
    assert_eq!(full.reason, Reason::Size);
    assert_eq!(kit.end(&full), [0, 1, 2, 3]);
    // Jina's timer of the batch before closes this one after 30 ms.
    assert!(kit.after(70 * MS).is_none());
    kit.arrive(1);
    assert!(kit.after(99 * MS).is_none());
    let lone = kit.after(MS).expect("its own time is over");
    assert_eq!(lone.reason, Reason::Time);
    assert_eq!(kit.end(&lone), [4]);
}

#[test]
fn a_request_is_split_and_its_rest_takes_along_who_has_come() {
    let mut kit = Kit::new(rule());
    kit.arrive(6);
    let first = kit.slice();
    assert_eq!(first.parts, [part(0, 0..4)]);
    assert!(kit.after(Duration::ZERO).is_none(), "one after another");
    kit.arrive(1);
    assert!(kit.end(&first).is_empty());
    let second = kit.slice();
    assert_eq!(second.reason, Reason::Rest);
    assert_eq!(second.parts, [part(0, 4..6), part(1, 0..1)]);
    assert_eq!(kit.end(&second), [0, 1]);
}

#[test]
fn flush_all_takes_everything() {
    let mut kit = Kit::new(Rule {
        flush_all: true,
        ..rule()
    });
    kit.arrive(3);
    kit.arrive(9);
    let slice = kit.slice();
    assert_eq!(slice.parts, [part(0, 0..3), part(1, 0..9)]);
}

#[test]
fn an_urgent_member_closes_its_batch_early_going_by_the_last_calls() {
    let mut kit = Kit::new(rule());
    (0..4).for_each(|_| _ = kit.arrive(1));
    let before = kit.slice();
    kit.now += 16 * MS;
    kit.end(&before);
    kit.arrive(1);
    kit.arrive_as(b"", Weights::Count(1), Some(50 * MS));
    // 16 ms and an eighth, and 10 ms of slack, before the deadline.
    assert!(kit.after(21 * MS).is_none());
    let urgent = kit.after(MS).expect("it is time");
    assert_eq!(urgent.reason, Reason::Deadline);
    assert_eq!(urgent.parts.len(), 2);
}

#[test]
fn who_is_out_of_time_leaves_and_the_others_go_on() {
    let mut kit = Kit::new(rule());
    kit.arrive_as(b"", Weights::Count(4), None);
    let running = kit.slice();
    let late = kit.arrive_as(b"", Weights::Count(2), Some(10 * MS));
    let other = kit.arrive(3);
    kit.now += 10 * MS;
    assert_eq!(
        kit.batcher.next(kit.now),
        Some(Event::Expired {
            id: late,
            begun: false,
            abandoned: vec![]
        })
    );
    kit.end(&running);
    assert!(kit.after(MS).is_none(), "three are left, four make a batch");
    kit.arrive(1);
    assert_eq!(kit.slice().parts[0], part(other, 0..3));
}

#[test]
fn a_slice_that_nobody_waits_for_is_given_up() {
    let mut kit = Kit::new(rule());
    let (one, other) = (kit.arrive(2), kit.arrive(2));
    let slice = kit.slice();
    assert_eq!(kit.batcher.leave(one), Left::Begun(vec![]));
    assert_eq!(kit.batcher.leave(other), Left::Begun(vec![slice.id]));
    assert_eq!(kit.batcher.leave(other), Left::Unknown);
    assert!(kit.end(&slice).is_empty());
    assert!(kit.batcher.is_idle());
}

#[test]
fn documents_that_weigh_nothing_go_with_the_others() {
    let mut kit = Kit::new(rule());
    let nothing = || Weights::Each([Weight::ZERO; 3].into());
    kit.arrive_as(b"", nothing(), None);
    let slice = kit.after(100 * MS).expect("its time is over");
    assert_eq!(slice.reason, Reason::Time);
    assert_eq!(kit.end(&slice), [0]);
    let six = Weight::of_metric(6.0).expect("a number");
    let heavy = Weights::Each([six, six, Weight::ZERO].into());
    kit.arrive_as(b"", heavy, None);
    let slice = kit.slice();
    assert_eq!(slice.parts, [part(1, 0..1)], "too heavy for company");
    kit.end(&slice);
    let slice = kit.slice();
    assert_eq!(slice.parts, [part(1, 1..2)]);
    kit.end(&slice);
    assert_eq!(kit.slice().parts, [part(1, 2..3)]);
}

#[test]
fn an_empty_request_is_not_taken() {
    let mut kit = Kit::new(rule());
    let member = Member {
        id: 0,
        weights: Weights::Count(0),
        deadline: None,
    };
    assert!(!kit.batcher.arrive(kit.now, 0, Bytes::new(), member));
    assert!(kit.batcher.is_idle());
}

#[test]
fn one_set_of_parameters_too_many_closes_the_oldest_batch() {
    let mut kit = Kit::new(rule());
    for n in 0..QUEUES {
        kit.arrive_as(&n.to_le_bytes(), Weights::Count(1), None);
    }
    assert!(kit.after(MS).is_none());
    kit.arrive_as(b"one more", Weights::Count(1), None);
    let oldest = kit.slice();
    assert_eq!(oldest.reason, Reason::Parameters);
    assert_eq!(oldest.parts, [part(0, 0..1)]);
    kit.end(&oldest);
    assert_eq!(kit.batcher.queues(), QUEUES);
}

#[test]
fn closing_runs_what_waits_and_counts_say_why() {
    let mut kit = Kit::new(rule());
    kit.arrive(1);
    kit.batcher.close();
    let slice = kit.slice();
    assert_eq!(slice.reason, Reason::Close);
    kit.end(&slice);
    kit.arrive(5);
    let slice = kit.slice();
    assert_eq!(slice.reason, Reason::Size);
    let counts = kit.batcher.counts(0).expect("it is batched");
    let by_reason = Reason::ALL.map(|reason| counts.of(reason));
    assert_eq!((by_reason, counts.documents), ([1, 0, 0, 0, 0, 1], 5));
    assert!(kit.batcher.counts(1).is_none());
}

#[test]
fn many_that_leave_take_no_room() {
    let mut kit = Kit::new(Rule {
        preferred: Weight::of_documents(usize::MAX),
        timeout: Duration::MAX,
        ..rule()
    });
    kit.arrive(1);
    for _ in 0..10_000 {
        let id = kit.arrive(1);
        assert_eq!(kit.batcher.leave(id), Left::Waiting);
    }
    assert_eq!(kit.batcher.waiting(), 1);
}
