//! Requests that wait to be handled together, and what has been done for them so far.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tidegate_core::{Error, ErrorKind, Retry};
use tidegate_doc::{Map, Value, structure};
use tidegate_executor::{Batcher, Event, Left, Member, Reason, Slice, Weight, Weights};

use super::slices::RunningSlice;
use super::{Engine, Limits, State};
use crate::bridge::answer::Stop;
use crate::bridge::callback::Callback;
use crate::bridge::calls::{Call, Outcome};
use crate::bridge::endpoint::{Batching, Table};
use crate::bridge::exception::error_from;
use crate::document::{PyDocument, Received};

/// The parameter in which the results of Executors before travel. It differs from request to request, so
/// that it is left out of what a batch is given.
const RESULTS: &str = "__results__";

/// The part of the engine's state that is about batches.
#[derive(Default)]
pub(super) struct Batches {
    pub(super) batcher: Batcher,
    pub(super) held: HashMap<u64, Held>,
    pub(super) running: HashMap<u64, RunningSlice>,
    /// Slices that have been cut and are to be started on the loop.
    pub(super) ready: Vec<Slice>,
    /// When the loop's timer looks at the batcher.
    timer: Option<Instant>,
}

/// A request that is being batched.
pub(super) struct Held {
    pub(super) received: Received,
    /// The Documents that were made of it, or came back for it.
    pub(super) documents: Vec<Option<Py<PyDocument>>>,
    /// Whether one of them is not the one that was given.
    pub(super) moved: bool,
}

impl Batches {
    pub(super) fn new(table: &Table, limits: Limits) -> Self {
        let rules = table.entries.iter().map(|entry| {
            let at_once = if entry.is_async {
                limits.side_by_side
            } else {
                limits.sync_threads
            };
            entry
                .batching
                .as_ref()
                .map(|batching| batching.rule(at_once))
        });
        Self {
            batcher: Batcher::new(rules),
            ..Self::default()
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.batcher.is_idle() && self.running.is_empty() && self.ready.is_empty()
    }
}

/// What the batcher wants done next.
pub(super) enum Due {
    Run(Slice),
    Expired {
        id: u64,
        begun: bool,
        held: Option<Held>,
        tasks: Vec<u64>,
    },
}

impl State {
    /// The slice that is due, where nothing else is to be done before it.
    pub(super) fn due_slice(&mut self, now: Instant) -> Option<Slice> {
        self.batches.batcher.next_slice(now)
    }

    /// The next thing that the batcher wants done.
    pub(super) fn due(&mut self, now: Instant) -> Option<Due> {
        if let Some(slice) = self.batches.ready.pop() {
            return Some(Due::Run(slice));
        }
        Some(match self.batches.batcher.next(now)? {
            Event::Run(slice) => Due::Run(slice),
            Event::Expired {
                id,
                begun,
                abandoned,
            } => Due::Expired {
                id,
                begun,
                held: self.batches.held.remove(&id),
                tasks: abandoned,
            },
        })
    }
}

impl Engine {
    /// Puts a call to a batched endpoint where it waits for company, or answers it at once.
    pub(super) fn admit_batched(&self, py: Python<'_>, batching: &Batching, call: Call) {
        let (id, endpoint, deadline) = (call.id, call.endpoint, call.deadline);
        let made = self.member(py, batching, call);
        let (parameters, weights, held) = match made {
            Ok(Some(made)) => made,
            // Nothing to handle.
            Ok(None) => return self.replies.reply(id, Ok(Outcome::default())),
            Err(error) => {
                return self
                    .replies
                    .reply(id, Err(error.with_retry(Retry::NeverStarted)));
            }
        };
        let member = Member {
            id,
            weights,
            deadline,
        };
        let mut state = self.state.lock();
        let limit = self
            .limits
            .max_queue
            .saturating_add(batching.preferred_documents());
        if state.batches.batcher.waiting() >= limit {
            drop(state);
            return self.overloaded(id);
        }
        state.batches.held.insert(id, held);
        state
            .batches
            .batcher
            .arrive(Instant::now(), endpoint, parameters, member);
    }

    /// What a call is as a member of batches; `None` where it has no Documents.
    fn member(
        &self,
        py: Python<'_>,
        batching: &Batching,
        call: Call,
    ) -> Result<Option<(Bytes, Weights, Held)>, Error> {
        let received = Received::scan(joined(call.branches))?;
        let count = received.len();
        if count == 0 {
            return Ok(None);
        }
        let parameters = shared_parameters(&call.parameters)?;
        let mut documents: Vec<Option<Py<PyDocument>>> = Vec::new();
        documents.resize_with(count, || None);
        let weights = match &batching.metric {
            None => Weights::Count(count),
            Some(metric) => {
                let mut weigh = || -> PyResult<Box<[Weight]>> {
                    let mut weights = Vec::with_capacity(count);
                    let context = self.own_context(py)?;
                    for (index, place) in documents.iter_mut().enumerate() {
                        let document = received.document(py, index)?;
                        let given =
                            context.call_method1(intern!(py, "run"), (metric, &document))?;
                        weights.push(weight_of(&given)?);
                        *place = Some(document);
                    }
                    Ok(weights.into())
                };
                let weights =
                    weigh().map_err(|raised| error_from(py, &raised, &self.table.executor))?;
                Weights::Each(weights)
            }
        };
        let held = Held {
            received,
            documents,
            moved: false,
        };
        Ok(Some((parameters, weights, held)))
    }

    /// What became of the batches so far: endpoint → reason → how many, and `documents`.
    pub(crate) fn batch_counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        for (index, entry) in self.table.entries.iter().enumerate() {
            let counts = self.state.lock().batches.batcher.counts(index);
            let Some(counts) = counts else { continue };
            let told = PyDict::new(py);
            for reason in Reason::ALL {
                told.set_item(reason.name(), counts.of(reason))?;
            }
            told.set_item("documents", counts.documents)?;
            all.set_item(&entry.name, told)?;
        }
        Ok(all)
    }

    /// Answers a request that ran out of time while it waited for company.
    pub(super) fn expired(&self, id: u64, begun: bool) {
        let message = if begun {
            "the deadline passed when a part of the request had been handled"
        } else {
            "the deadline passed before the call was started"
        };
        let error = Error::new(ErrorKind::DeadlineExceeded, message);
        let retry = if begun {
            Retry::default()
        } else {
            Retry::NeverStarted
        };
        self.replies.reply(id, Err(error.with_retry(retry)));
    }

    /// Lets a member go; false where there is none of that id.
    pub(super) fn leave_batch(&self, py: Python<'_>, id: u64, stop: Stop) -> PyResult<bool> {
        let mut state = self.state.lock();
        let left = state.batches.batcher.leave(id);
        let held = state.batches.held.remove(&id);
        drop(state);
        drop(held);
        match left {
            Left::Unknown => return Ok(false),
            Left::Waiting => self.never_started(id, stop),
            Left::Begun(abandoned) => {
                self.replies.reply(id, Err(stop.error()));
                self.stop_slices(py, &abandoned, stop)?;
            }
        }
        Ok(true)
    }

    /// Has the loop look at the batcher again when something is due and there is room for it.
    pub(super) fn arm_timer(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        if self.replies.is_congested() {
            return Ok(());
        }
        let after = {
            let mut state = self.state.lock();
            if state.at_work() >= self.limits.max_in_flight {
                // Whoever ends looks at the batcher.
                return Ok(());
            }
            let Some(at) = state.batches.batcher.wake_at() else {
                return Ok(());
            };
            if state.batches.timer.is_some_and(|armed| armed <= at) {
                return Ok(());
            }
            state.batches.timer = Some(at);
            at.saturating_duration_since(Instant::now())
        };
        let engine = Arc::clone(self);
        let look = Callback::new(py, move |py, _| {
            engine.state.lock().batches.timer = None;
            engine.turn(py)
        })?;
        let keywords = PyDict::new(py);
        keywords.set_item(intern!(py, "context"), &self.quiet_context)?;
        self.looper.bind(py).call_method(
            intern!(py, "call_later"),
            (whole_milliseconds(after), look),
            Some(&keywords),
        )?;
        Ok(())
    }
}

/// As seconds, not less than the time: some loops round down to milliseconds.
fn whole_milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).ceil().max(1.0) / 1000.0
}

fn weight_of(given: &Bound<'_, PyAny>) -> PyResult<Weight> {
    let number: f64 = given.extract()?;
    Weight::of_metric(number).ok_or_else(|| {
        PyValueError::new_err(format!(
            "the metric of a batch gave {number} for a Document; it gives a number from 0 on"
        ))
    })
}

/// The Documents of all branches one after another.
fn joined(mut branches: Vec<(Bytes, Bytes)>) -> Bytes {
    if branches.len() < 2 {
        return branches.pop().map_or_else(Bytes::new, |(_, one)| one);
    }
    let mut all = BytesMut::new();
    branches
        .iter()
        .for_each(|(_, one)| all.extend_from_slice(one));
    all.freeze()
}

/// Parameters as those who share a batch have them: written alike where they are alike.
fn shared_parameters(wire: &Bytes) -> Result<Bytes, Error> {
    if wire.is_empty() {
        return Ok(Bytes::new());
    }
    tidegate_doc::scan_struct(wire).map_err(|error| {
        let message = format!("the request cannot be read: parameters cannot be read: {error}");
        Error::new(ErrorKind::InvalidInput, message)
    })?;
    let mut fields = structure::to_map(wire);
    fields.retain(|name, _| name != RESULTS);
    Ok(structure::from_map(&sorted(fields), true).into())
}

fn sorted(fields: Map) -> Map {
    let mut fields: Vec<(String, Value)> = fields.into_iter().collect();
    fields.sort_by(|(one, _), (other, _)| one.cmp(other));
    let each = fields.into_iter();
    each.map(|(name, value)| (name, sorted_within(value)))
        .collect()
}

fn sorted_within(value: Value) -> Value {
    match value {
        Value::Map(fields) => Value::Map(sorted(fields)),
        Value::List(items) => Value::List(items.into_iter().map(sorted_within).collect()),
        other => other,
    }
}
