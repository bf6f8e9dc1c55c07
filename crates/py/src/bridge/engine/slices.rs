//! How a batch begins, and how what it gave comes back to the requests in it.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use pyo3::exceptions::asyncio::CancelledError;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tidegate_core::{Error, ErrorKind};
use tidegate_executor::Slice;
use tidegate_transport::frames::Lane;

use super::batches::Held;
use super::start::First;
use super::sync_lane::Work;
use super::{Engine, State};
use crate::bridge::answer::Stop;
use crate::bridge::callback::Callback;
use crate::bridge::calls::Outcome;
use crate::bridge::endpoint::{Entry, Table};
use crate::bridge::exception::error_from;
use crate::document::{
    PyDocument, PyDocumentArray, Received, Wire, batch_of, documents_of, struct_to_py,
};

/// A slice that has been handed to user code, or to the threads for it.
pub(super) enum RunningSlice {
    Task {
        task: Py<PyAny>,
        begun: BegunSlice,
        stopped: Option<Stop>,
    },
    Sync,
}

/// A slice that has begun.
pub(super) struct BegunSlice {
    id: u64,
    endpoint: usize,
    array: Py<PyDocumentArray>,
    given: Vec<Py<PyDocument>>,
    /// Whose the Documents are: request, its Documents, and where they begin in the batch.
    places: Vec<(u64, Range<usize>, usize)>,
}

/// What a Document of a batch is made of.
enum Source {
    Made(Py<PyDocument>),
    Received(Received, usize),
}

impl Engine {
    pub(super) fn start_slice(
        self: &Arc<Self>,
        py: Python<'_>,
        slice: Slice,
        within_task: bool,
    ) -> PyResult<()> {
        let Some(entry) = self.table.entries.get(slice.endpoint) else {
            return Ok(());
        };
        if !entry.is_async {
            self.state
                .lock()
                .batches
                .running
                .insert(slice.id, RunningSlice::Sync);
            return self.hand_to_thread(py, Work::Slice(slice));
        }
        let Some((keywords, begun)) = self.begin_slice(py, Lane::Async, entry, slice) else {
            return Ok(());
        };
        let ended = match self.first_step(entry, &keywords, within_task) {
            Ok(First::Returned(value)) => Ok(value),
            Ok(First::Suspended(task)) => return self.keep_slice(task, begun),
            Err(raised) => Err(raised),
        };
        self.end_slice(py, begun, ended, None);
        Ok(())
    }

    /// Runs a slice on a thread for sync methods.
    pub(super) fn run_slice(&self, py: Python<'_>, slice: Slice) {
        let Some(entry) = self.table.entries.get(slice.endpoint) else {
            return;
        };
        let id = slice.id;
        if let Some((keywords, begun)) = self.begin_slice(py, Lane::Sync, entry, slice) {
            let ended = self.own_context(py).and_then(|context| {
                context.call_method(intern!(py, "run"), (&entry.handler,), Some(&keywords))
            });
            self.end_slice(py, begun, ended, None);
        }
        let running = self.state.lock().batches.running.remove(&id);
        drop(running);
    }

    /// Makes the arguments of a batch. `None`: there is nothing to run, and whoever waited has been answered.
    fn begin_slice<'py>(
        &self,
        py: Python<'py>,
        lane: Lane,
        entry: &Entry,
        slice: Slice,
    ) -> Option<(Bound<'py, PyDict>, BegunSlice)> {
        let id = slice.id;
        let mut sources = Vec::new();
        let mut places = Vec::with_capacity(slice.parts.len());
        {
            let state = self.state.lock();
            for part in slice.parts {
                // Those that have left meanwhile are left out.
                let Some(held) = state.batches.held.get(&part.member) else {
                    continue;
                };
                let at = sources.len();
                for index in part.range.clone() {
                    sources.push(match held.documents.get(index) {
                        Some(Some(document)) => Source::Made(document.clone_ref(py)),
                        _ => Source::Received(held.received.clone(), index),
                    });
                }
                places.push((part.member, part.range, at));
            }
        }
        let starts = places.iter().map(|(member, ..)| *member);
        let noted = starts
            .map(|member| self.replies.starting(lane, member))
            .collect::<std::io::Result<Vec<()>>>();
        let made = match noted {
            Err(error) => {
                let message = "the start of the call could not be written down";
                Err(Error::new(ErrorKind::Internal, message).with_source(error))
            }
            Ok(_) if places.is_empty() => {
                self.answer_slice(py, id, places, Ok(Vec::new()), &[]);
                return None;
            }
            Ok(_) => arguments(py, entry, sources, &slice.parameters).map_err(|raised| {
                let message = format!("the request cannot be read: {}", raised.value(py));
                Error::new(ErrorKind::InvalidInput, message)
            }),
        };
        match made {
            Ok((keywords, array, given)) => Some((
                keywords,
                BegunSlice {
                    id,
                    endpoint: slice.endpoint,
                    array,
                    given,
                    places,
                },
            )),
            Err(error) => {
                self.answer_slice(py, id, places, Err(error), &[]);
                None
            }
        }
    }

    fn keep_slice(self: &Arc<Self>, task: Bound<'_, PyAny>, begun: BegunSlice) -> PyResult<()> {
        let py = task.py();
        let id = begun.id;
        let running = RunningSlice::Task {
            task: task.clone().unbind(),
            begun,
            stopped: None,
        };
        self.state.lock().batches.running.insert(id, running);
        let engine = Arc::clone(self);
        let finish = Callback::new(py, move |py, _| {
            let running = engine.state.lock().batches.running.remove(&id);
            if let Some(RunningSlice::Task {
                task,
                begun,
                stopped,
            }) = running
            {
                let ended = task.bind(py).call_method0(intern!(py, "result"));
                engine.end_slice(py, begun, ended, stopped);
            }
            engine.schedule_turn(py)
        })?;
        let keywords = PyDict::new(py);
        keywords.set_item(intern!(py, "context"), &self.quiet_context)?;
        task.call_method(intern!(py, "add_done_callback"), (finish,), Some(&keywords))?;
        Ok(())
    }

    /// Tells running slices to stop.
    pub(super) fn stop_slices(&self, py: Python<'_>, slices: &[u64], stop: Stop) -> PyResult<()> {
        for id in slices {
            let task = match self.state.lock().batches.running.get_mut(id) {
                Some(RunningSlice::Task { task, stopped, .. }) => {
                    *stopped = Some(stop);
                    task.clone_ref(py)
                }
                _ => continue,
            };
            task.bind(py).call_method0(intern!(py, "cancel"))?;
        }
        Ok(())
    }

    /// Takes what a handler gave or raised for a batch.
    fn end_slice(
        &self,
        py: Python<'_>,
        begun: BegunSlice,
        ended: PyResult<Bound<'_, PyAny>>,
        stopped: Option<Stop>,
    ) {
        let outcome = ended.and_then(|returned| documents(&self.table, &begun, &returned));
        let outcome = outcome.map_err(|raised| match stopped {
            Some(stop) if raised.is_instance_of::<CancelledError>(py) => stop.error(),
            _ => error_from(py, &raised, &self.table.executor),
        });
        self.answer_slice(py, begun.id, begun.places, outcome, &begun.given);
    }

    /// Gives each request its Documents back, and answers those that have all of theirs.
    fn answer_slice(
        &self,
        py: Python<'_>,
        id: u64,
        places: Vec<(u64, Range<usize>, usize)>,
        outcome: Result<Vec<Py<PyDocument>>, Error>,
        given: &[Py<PyDocument>],
    ) {
        let mut before: Vec<Option<Py<PyDocument>>> = Vec::new();
        let ended: Vec<(u64, bool, Option<Held>)> = {
            let mut state = self.state.lock();
            if let Ok(documents) = &outcome {
                for (member, range, at) in places {
                    if let Some(held) = state.batches.held.get_mut(&member) {
                        let back = documents.iter().zip(given).skip(at);
                        for (place, (document, given)) in held.documents[range].iter_mut().zip(back)
                        {
                            held.moved |= !document.is(given);
                            before.push(place.replace(document.clone_ref(py)));
                        }
                    }
                }
            }
            state.slice_ended(id, outcome.is_err())
        };
        drop(before);
        for (member, failed, held) in ended {
            let answer = match (&outcome, held) {
                (Err(error), _) if failed => Err(again(error)),
                (_, Some(held)) => self.payload(py, held),
                (_, None) => Ok(Outcome::default()),
            };
            self.replies.reply(member, answer);
        }
    }

    fn payload(&self, py: Python<'_>, held: Held) -> Result<Outcome, Error> {
        let documents: Vec<_> = held.documents.into_iter().flatten().collect();
        let array = held.received.array(py, documents, held.moved);
        let wire = array.and_then(|array| self.table.wire(&array));
        let wire = wire.map_err(|raised| error_from(py, &raised, &self.table.executor))?;
        Ok(Outcome {
            payload: match wire {
                Wire::Unchanged(_) => None,
                Wire::Encoded(bytes) => Some(bytes),
            },
            results: None,
        })
    }
}

impl State {
    fn slice_ended(&mut self, id: u64, failed: bool) -> Vec<(u64, bool, Option<Held>)> {
        let ended = self.batches.batcher.ended(id, Instant::now(), failed);
        let held = &mut self.batches.held;
        ended
            .into_iter()
            .map(|one| (one.id, one.failed, held.remove(&one.id)))
            .collect()
    }
}

type Made<'py> = (Bound<'py, PyDict>, Py<PyDocumentArray>, Vec<Py<PyDocument>>);

fn arguments<'py>(
    py: Python<'py>,
    entry: &Entry,
    sources: Vec<Source>,
    parameters: &[u8],
) -> PyResult<Made<'py>> {
    let given = sources
        .into_iter()
        .map(|source| match source {
            Source::Made(document) => Ok(document),
            Source::Received(received, index) => received.document(py, index),
        })
        .collect::<PyResult<Vec<_>>>()?;
    let array = batch_of(py, &given)?;
    let keywords = PyDict::new(py);
    let wanted = entry.wanted;
    if wanted.docs {
        keywords.set_item(intern!(py, "docs"), &array)?;
    }
    if wanted.parameters {
        let parameters = struct_to_py(py, parameters)?;
        keywords.set_item(intern!(py, "parameters"), parameters)?;
    }
    if wanted.docs_matrix {
        keywords.set_item(intern!(py, "docs_matrix"), py.None())?;
    }
    if wanted.docs_map {
        keywords.set_item(intern!(py, "docs_map"), py.None())?;
    }
    if wanted.tracing_context {
        keywords.set_item(intern!(py, "tracing_context"), py.None())?;
    }
    Ok((keywords, array, given))
}

/// The Documents that a batch has given back: as many as it was given.
fn documents(
    table: &Table,
    begun: &BegunSlice,
    returned: &Bound<'_, PyAny>,
) -> PyResult<Vec<Py<PyDocument>>> {
    let py = returned.py();
    let array = if returned.is_none() {
        begun.array.bind(py)
    } else if let Ok(array) = returned.cast::<PyDocumentArray>() {
        array
    } else {
        let kind = returned.get_type().name()?;
        return Err(PyTypeError::new_err(format!(
            "{} returned {kind}; with dynamic batching it may return None (the Documents as they are) or a \
             DocumentArray of as many Documents",
            place(table, begun.endpoint, py)
        )));
    };
    let documents = documents_of(array)?;
    if documents.len() != begun.given.len() {
        return Err(PyValueError::new_err(format!(
            "{} was given a batch of {} Documents and left {}; with dynamic batching each Document has to \
             come back, at its place",
            place(table, begun.endpoint, py),
            begun.given.len(),
            documents.len()
        )));
    }
    Ok(documents)
}

/// The handler of an endpoint, and the line that it begins in.
fn place(table: &Table, endpoint: usize, py: Python<'_>) -> String {
    let Some(entry) = table.entries.get(endpoint) else {
        return "the handler".to_owned();
    };
    let line = || -> PyResult<String> {
        let handler = entry.handler.bind(py);
        let code = py
            .import("inspect")?
            .call_method1("unwrap", (handler,))?
            .getattr("__code__")?;
        let name = handler.getattr("__qualname__")?;
        let file = code.getattr("co_filename")?;
        let line = code.getattr("co_firstlineno")?;
        Ok(format!("`{name}` ({file}:{line})"))
    };
    line().unwrap_or_else(|_| format!("the endpoint '{}' of {}", entry.name, table.executor))
}

/// The same error for one more request.
fn again(error: &Error) -> Error {
    let mut same = Error::new(error.kind(), error.message()).with_retry(error.retry());
    for (key, value) in error.context() {
        same = same.with_context(key, value.clone());
    }
    if let Some(hint) = error.hint() {
        same = same.with_hint(hint);
    }
    if let Some(exception) = error.exception() {
        same = same.with_exception(exception.clone());
    }
    same
}
