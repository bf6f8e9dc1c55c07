//! Dynamic batching: Documents of several requests are handled in one call.
//!
//! Requests with the same endpoint and the same parameters wait in one queue. A slice of it is due when what
//! waits weighs the preferred size, when the oldest request has waited for the timeout, or when the most
//! urgent one would else miss its deadline, going by how long calls took of late. It is cut only when it is
//! about to run, so a queue whose turn has not come goes on growing; a request may be split over slices, and
//! then its rest is due at once. The slices of a queue run one after another unless the [`Rule`] allows more;
//! those of different queues do not wait for each other.
//!
//! A queue is dropped with its last request. An endpoint has no more than [`QUEUES`] of them waiting: for one
//! more set of parameters the oldest queue is closed early.
//!
//! Nothing here reads a clock: the same calls with the same times give the same slices.

mod queue;
mod recent;
mod rule;
mod slice;

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use bytes::Bytes;

use self::queue::{Key, Queue, Waiting};
use self::recent::Recent;
pub use self::rule::{Rule, Weight, Weights};
pub use self::slice::{Counts, Ended, Event, Left, Part, Reason, Slice};

/// The most sets of parameters of one endpoint that wait at once.
pub const QUEUES: usize = 1024;

/// A request that comes to be batched.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its number: no other request here has it.
    pub id: u64,
    /// What its Documents weigh.
    pub weights: Weights,
    /// When it is out of time.
    pub deadline: Option<Instant>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Batcher {
    endpoints: Vec<Option<Endpoint>>,
    queues: HashMap<u64, Queue>,
    by_key: HashMap<Key, u64>,
    members: HashMap<u64, Held>,
    running: HashMap<u64, Running>,
    /// When each queue is due, the soonest first.
    due: BTreeSet<(Instant, u64)>,
    /// When each request of which something waits is out of time.
    expiring: BTreeSet<(Instant, u64)>,
    /// How many requests there are of which something waits.
    waiting: usize,
    next_queue: u64,
    next_slice: u64,
    closing: bool,
}

#[derive(Debug)]
struct Endpoint {
    rule: Rule,
    recent: Recent,
    counts: Counts,
    queues: usize,
}

/// A request that is here.
#[derive(Debug)]
struct Held {
    queue: u64,
    weights: Weights,
    deadline: Option<Instant>,
    /// How many of its Documents have been handed out.
    handed: usize,
    /// The slices that have some of it and run.
    slices: Vec<u64>,
}

impl Held {
    fn waits(&self) -> bool {
        self.handed < self.weights.len()
    }
}

#[derive(Debug)]
struct Running {
    queue: u64,
    endpoint: usize,
    began: Instant,
    members: Vec<u64>,
    /// How many of them are still waited for.
    wanted: usize,
}

impl Batcher {
    /// A batcher for endpoints in the order of a table; those without a rule are not batched.
    #[must_use]
    pub fn new(rules: impl IntoIterator<Item = Option<Rule>>) -> Self {
        let endpoint = |rule| Endpoint {
            rule,
            recent: Recent::default(),
            counts: Counts::default(),
            queues: 0,
        };
        Self {
            endpoints: rules.into_iter().map(|rule| rule.map(endpoint)).collect(),
            ..Self::default()
        }
    }

    /// Whether requests to the endpoint are batched.
    #[must_use]
    pub fn batches(&self, endpoint: usize) -> bool {
        self.endpoints.get(endpoint).is_some_and(Option::is_some)
    }

    /// Takes a request. One without Documents, or to an endpoint that is not batched, has nothing to wait
    /// for and is not taken: `false`.
    pub fn arrive(
        &mut self,
        now: Instant,
        endpoint: usize,
        parameters: Bytes,
        member: Member,
    ) -> bool {
        if member.weights.is_empty() || !self.batches(endpoint) {
            return false;
        }
        let queue_id = self.queue_for((endpoint, parameters));
        if let Some(queue) = self.queues.get_mut(&queue_id) {
            queue.line.push_back(Waiting {
                id: member.id,
                arrived: now,
                begun: false,
            });
            queue.weight = queue.weight.plus(member.weights.from(0));
            if let Some(deadline) = member.deadline {
                queue.deadlines.insert((deadline, member.id));
                self.expiring.insert((deadline, member.id));
            }
        }
        self.waiting += 1;
        self.members.insert(
            member.id,
            Held {
                queue: queue_id,
                weights: member.weights,
                deadline: member.deadline,
                handed: 0,
                slices: Vec::new(),
            },
        );
        self.settle(queue_id);
        true
    }

    /// What is to be done by `now`; to be asked until there is nothing.
    pub fn next(&mut self, now: Instant) -> Option<Event> {
        self.expired(now)
            .or_else(|| self.next_slice(now).map(Event::Run))
    }

    /// The slice that is due by `now`, where no request is out of time.
    pub fn next_slice(&mut self, now: Instant) -> Option<Slice> {
        if self.expiring.first().is_some_and(|(at, _)| *at <= now) {
            return None;
        }
        while let Some(&(at, queue_id)) = self.due.first() {
            if at > now {
                return None;
            }
            match self.cut(queue_id, now) {
                Some(slice) => return Some(slice),
                None => self.due.pop_first(),
            };
        }
        None
    }

    /// When [`Batcher::next`] has something to say if nothing happens before.
    #[must_use]
    pub fn wake_at(&self) -> Option<Instant> {
        let due = self.due.first().map(|(at, _)| *at);
        let expiring = self.expiring.first().map(|(at, _)| *at);
        match (due, expiring) {
            (Some(due), Some(expiring)) => Some(due.min(expiring)),
            (one, other) => one.or(other),
        }
    }

    /// Notes that a slice has ended, and tells which requests have ended with it. Where it failed, those are
    /// all that had Documents in it and are still here; what else they had waiting is not handled any more.
    pub fn ended(&mut self, slice: u64, now: Instant, failed: bool) -> Vec<Ended> {
        let Some(running) = self.running.remove(&slice) else {
            return Vec::new();
        };
        if let Some(Some(endpoint)) = self.endpoints.get_mut(running.endpoint) {
            let took = now.saturating_duration_since(running.began);
            endpoint.recent.note(took);
        }
        if let Some(queue) = self.queues.get_mut(&running.queue) {
            queue.running -= 1;
        }
        let mut ended = Vec::with_capacity(running.members.len());
        for id in running.members {
            let Some(held) = self.members.get_mut(&id) else {
                continue;
            };
            held.slices.retain(|other| *other != slice);
            if failed || (!held.waits() && held.slices.is_empty()) {
                self.remove(id);
                ended.push(Ended { id, failed });
            }
        }
        self.settle(running.queue);
        ended
    }

    /// Lets a request go that nobody waits for any more.
    pub fn leave(&mut self, id: u64) -> Left {
        let Some((held, abandoned)) = self.remove(id) else {
            return Left::Unknown;
        };
        self.settle(held.queue);
        if held.handed == 0 {
            Left::Waiting
        } else {
            Left::Begun(abandoned)
        }
    }

    /// Has everything that waits, and whatever comes, run without waiting for company.
    pub fn close(&mut self) {
        self.closing = true;
        let all: Vec<u64> = self.queues.keys().copied().collect();
        all.into_iter().for_each(|queue| self.settle(queue));
    }

    /// Every request of which something waits.
    #[must_use]
    pub fn all_waiting(&self) -> Vec<u64> {
        let mut waiting: Vec<u64> = self
            .members
            .iter()
            .filter_map(|(id, held)| held.waits().then_some(*id))
            .collect();
        waiting.sort_unstable();
        waiting
    }

    /// How many requests there are of which something waits.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether nothing waits and nothing runs.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.members.is_empty() && self.running.is_empty()
    }

    /// How many queues there are.
    #[must_use]
    pub fn queues(&self) -> usize {
        self.queues.len()
    }

    /// What became of the batches of an endpoint so far; `None` where it is not batched.
    #[must_use]
    pub fn counts(&self, endpoint: usize) -> Option<Counts> {
        let endpoint = self.endpoints.get(endpoint)?.as_ref()?;
        Some(endpoint.counts)
    }

    /// The queue of an endpoint and parameters, made where there is none.
    fn queue_for(&mut self, key: Key) -> u64 {
        if let Some(id) = self.by_key.get(&key) {
            return *id;
        }
        let endpoint = key.0;
        if let Some(Some(of)) = self.endpoints.get_mut(endpoint) {
            of.queues += 1;
            if of.queues > QUEUES {
                self.press_oldest(endpoint);
            }
        }
        let id = self.next_queue;
        self.next_queue += 1;
        self.queues.insert(id, Queue::new(key.clone()));
        self.by_key.insert(key, id);
        id
    }

    fn press_oldest(&mut self, endpoint: usize) {
        let candidates = self.queues.iter().filter(|(_, queue)| {
            queue.key.0 == endpoint && !queue.pressed && !queue.line.is_empty()
        });
        let oldest = candidates.min_by_key(|(id, queue)| {
            let arrived = queue.line.front().map(|first| first.arrived);
            (arrived, **id)
        });
        if let Some(id) = oldest.map(|(id, _)| *id) {
            if let Some(queue) = self.queues.get_mut(&id) {
                queue.pressed = true;
            }
            self.settle(id);
        }
    }

    fn expired(&mut self, now: Instant) -> Option<Event> {
        let &(at, id) = self.expiring.first()?;
        if at > now {
            return None;
        }
        let (held, abandoned) = self.remove(id)?;
        self.settle(held.queue);
        Some(Event::Expired {
            id,
            begun: held.handed > 0,
            abandoned,
        })
    }

    /// Cuts the slice that a queue has due; `None` where it has none after all.
    fn cut(&mut self, queue_id: u64, now: Instant) -> Option<Slice> {
        let reason = self.when_due(queue_id)?.1;
        let queue = self.queues.get_mut(&queue_id)?;
        let endpoint = self.endpoints.get_mut(queue.key.0)?.as_mut()?;
        let id = self.next_slice;
        self.next_slice += 1;
        let mut room = endpoint.rule.preferred;
        let mut parts: Vec<Part> = Vec::new();
        while let Some(first) = queue.line.front_mut() {
            let Some(held) = self.members.get_mut(&first.id) else {
                queue.line.pop_front();
                queue.gone -= 1;
                continue;
            };
            let (mut fit, mut weight) = if endpoint.rule.flush_all {
                let left = held.weights.len() - held.handed;
                (left, held.weights.from(held.handed))
            } else {
                held.weights.fitting(held.handed, room)
            };
            // A Document that is heavier than a slice may be goes alone.
            let alone = fit == 0;
            if alone {
                if !parts.is_empty() {
                    break;
                }
                (fit, weight) = (1, held.weights.at(held.handed));
            }
            parts.push(Part {
                member: first.id,
                range: held.handed..held.handed + fit,
                is_first: held.handed == 0,
            });
            held.handed += fit;
            held.slices.push(id);
            room = room.minus(weight);
            queue.weight = queue.weight.minus(weight);
            if held.waits() {
                first.begun = true;
                break;
            }
            if let Some(deadline) = held.deadline {
                queue.deadlines.remove(&(deadline, first.id));
                self.expiring.remove(&(deadline, first.id));
            }
            self.waiting -= 1;
            queue.line.pop_front();
            if alone {
                break;
            }
        }
        queue.pressed = false;
        queue.running += 1;
        let slice = Slice {
            id,
            endpoint: queue.key.0,
            parameters: queue.key.1.clone(),
            parts,
            reason,
        };
        endpoint.counts.note(&slice);
        let members: Vec<u64> = slice.parts.iter().map(|part| part.member).collect();
        self.running.insert(
            id,
            Running {
                queue: queue_id,
                endpoint: slice.endpoint,
                began: now,
                wanted: members.len(),
                members,
            },
        );
        self.settle(queue_id);
        Some(slice)
    }

    /// Takes a request out of everything, and gives the running slices that only it waited for.
    fn remove(&mut self, id: u64) -> Option<(Held, Vec<u64>)> {
        let held = self.members.remove(&id)?;
        if held.waits() {
            self.waiting -= 1;
            if let Some(queue) = self.queues.get_mut(&held.queue) {
                queue.weight = queue.weight.minus(held.weights.from(held.handed));
                queue.gone += 1;
                if let Some(deadline) = held.deadline {
                    queue.deadlines.remove(&(deadline, id));
                }
            }
            if let Some(deadline) = held.deadline {
                self.expiring.remove(&(deadline, id));
            }
        }
        let mut abandoned = Vec::new();
        for slice in &held.slices {
            if let Some(running) = self.running.get_mut(slice) {
                running.wanted -= 1;
                if running.wanted == 0 {
                    abandoned.push(*slice);
                }
            }
        }
        Some((held, abandoned))
    }

    fn when_due(&self, queue_id: u64) -> Option<queue::Due> {
        let queue = self.queues.get(&queue_id)?;
        let endpoint = self.endpoints.get(queue.key.0)?.as_ref()?;
        let urgent = queue.deadlines.first();
        let urgent = urgent.map(|(deadline, _)| endpoint.recent.start_for(*deadline));
        queue.due(&endpoint.rule, urgent, self.closing)
    }

    /// Brings the index up to date with a queue, and drops the queue where it is of no use any more.
    fn settle(&mut self, queue_id: u64) {
        if let Some(queue) = self.queues.get_mut(&queue_id) {
            queue.tidy(|id| self.members.contains_key(&id));
        }
        let at = self.when_due(queue_id).map(|(at, _)| at);
        let Some(queue) = self.queues.get_mut(&queue_id) else {
            return;
        };
        if queue.indexed != at {
            if let Some(old) = std::mem::replace(&mut queue.indexed, at) {
                self.due.remove(&(old, queue_id));
            }
            if let Some(at) = at {
                self.due.insert((at, queue_id));
            }
        }
        if queue.is_unused()
            && let Some(queue) = self.queues.remove(&queue_id)
        {
            self.by_key.remove(&queue.key);
            if let Some(Some(endpoint)) = self.endpoints.get_mut(queue.key.0) {
                endpoint.queues -= 1;
            }
        }
    }
}
